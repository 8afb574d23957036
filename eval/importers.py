"""Question sets of other makers, as documents for `dossier ingest` and a gold set over them.

Documents are written as JSON Lines. Their ids, which the gold set names, are not computed here but
asked of the ingest itself, so that the two cannot drift apart.
"""

import csv
import gzip
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval.errors import EvalError
from eval.gold import Evidence, GoldQuestion, Kind, Part, write_gold
from eval.normalise import stands_in, tokens
from ingest.decode import clean_characters
from ingest.load import load_bytes
from ingest.outcome import Limits
from ingest.sentences import sentence_spans

Place = tuple[str, int, int]
"""A document's key within its set, start, end."""


class ImportFailure(EvalError):
    """A set that cannot be imported; the message names file, place, finding and remedy."""


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A document of the set; `text` has clean characters, so that offsets survive the ingest."""

    key: str
    text: str
    title: str | None = None
    source: str | None = None
    url: str | None = None
    published: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class SourceQuestion:
    """A question of the set, its evidence by the documents' keys."""

    id: str
    kind: Kind
    question: str
    parts: tuple[tuple[tuple[str, ...], tuple[Place, ...]], ...]
    near_miss: bool = False
    verbatim: bool = True
    about: str | None = None
    """The key of the document that it was asked of, for questions without evidence."""


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Documents, the questions over them, and what was left out with the reason."""

    judged_by: str
    documents: tuple[SourceDocument, ...]
    questions: tuple[SourceQuestion, ...]
    left_out: tuple[str, ...] = field(default=())


def read_squad(path: Path, language: str | None = None) -> QuestionSet:
    """Return a SQuAD 1.1 or 2.0 file: a document an article, its paragraphs as paragraphs.

    The evidence is the sentence that the answer stands in. Where the file says that an answer's
    place is not certain (`ambiguous_offset`), any sentence of the paragraph that holds it will do.
    Impossible questions are near misses: they were written to look answerable.
    """
    data = _json(path)
    documents, questions, left_out = [], [], []
    seen: dict[str, int] = {}
    try:
        for article in data["data"]:
            title = article["title"].replace("_", " ")
            seen[title] = seen.get(title, 0) + 1
            key = title if seen[title] == 1 else f"{title} ({seen[title]})"
            text = ""
            for paragraph in article["paragraphs"]:
                context = _one_line(paragraph["context"])
                text += "\n\n" if text else ""
                start = len(text)
                text += context
                for item in paragraph["qas"]:
                    question = _squad_question(item, key, context, start)
                    if isinstance(question, str):
                        left_out.append(question)
                    else:
                        questions.append(question)
            documents.append(SourceDocument(key, text, title, language=language))
    except (KeyError, TypeError, AttributeError) as error:
        raise ImportFailure(
            f"{path}: not SQuAD's form ({type(error).__name__}: {error}); expected "
            '{"data": [{"title", "paragraphs": [{"context", "qas": […]}]}]}'
        ) from error
    return QuestionSet(path.name, tuple(documents), tuple(questions), tuple(left_out))


def read_beir(folder: Path, split: str | None = None) -> QuestionSet:
    """Return a BEIR folder: `corpus.jsonl`, `queries.jsonl` and `qrels/*.tsv` (or one `split`).

    Each relevant document is a part of its own, so that recall counts documents as BEIR does, and
    its whole text is evidence; grades above 0 count alike. Queries without a relevant document are
    left out: unjudged is not unanswerable.
    """
    corpus, queries = _beside(folder, "corpus.jsonl"), _beside(folder, "queries.jsonl")
    documents = []
    lengths: dict[str, int] = {}
    for number, record in _json_lines(corpus):
        key = _text(record, "_id", corpus, number)
        title = str(record.get("title") or "")
        text = _clean(str(record.get("text") or "")) or _clean(title)
        if text.strip():
            lengths[key] = len(text)
            documents.append(SourceDocument(key, text, title or key))
    texts = {
        _text(record, "_id", queries, number): _text(record, "text", queries, number)
        for number, record in _json_lines(queries)
    }
    relevant = _qrels(folder, split)
    questions, left_out = [], []
    for query_id, text in texts.items():
        judged = [key for key in relevant.get(query_id, []) if key in lengths]
        if judged:
            parts = tuple(((), ((key, 0, lengths[key]),)) for key in judged)
            questions.append(SourceQuestion(query_id, Kind.FACT, text, parts))
        else:
            left_out.append(f"query {query_id}: no relevant document is judged")
    return QuestionSet(folder.name, tuple(documents), tuple(questions), tuple(left_out))


def read_multihop(folder: Path) -> QuestionSet:
    """Return MultiHop-RAG-like files: `*corpus*` and `*queries*`, JSON or JSON Lines, maybe gzip.

    Each evidence's `fact`, found in the article of its URL or title, is a part of its own. Answers
    ("Yes", a name put together from several articles) stand in no one place, so the set measures
    search and, by its null queries, refusal. Evidence whose fact is not in its article, in the same
    words, is left out; so is a question that keeps none.
    """
    corpus, queries = _matching(folder, "corpus"), _matching(folder, "queries")
    documents = []
    key_of: dict[str, str] = {}
    texts: dict[str, str] = {}
    for number, record in _json_lines(corpus):
        key = str(record.get("url") or record.get("title") or number)
        text = _clean(_text(record, "body", corpus, number))
        texts[key] = text
        key_of |= {str(record[name]): key for name in ("url", "title") if record.get(name)}
        documents.append(
            SourceDocument(
                key,
                text,
                title=record.get("title"),
                source=record.get("source"),
                url=record.get("url"),
                published=_day(record.get("published_at")),
            )
        )
    questions, left_out = [], []
    for number, record in _json_lines(queries):
        question_id = f"q{number:05d}"
        parts = []
        for item in record.get("evidence_list") or []:
            document = key_of.get(item.get("url", "")) or key_of.get(item.get("title", ""))
            span = find_words(texts.get(document or "", ""), _clean(item.get("fact", "")))
            if document is None or span is None:
                left_out.append(f"{question_id}: a fact is not in its article in the same words")
            else:
                parts.append(((), ((document, *span),)))
        question = _text(record, "query", queries, number)
        if not record.get("evidence_list"):
            questions.append(SourceQuestion(question_id, Kind.UNANSWERABLE, question, ()))
        elif parts:
            kind = Kind.SEVERAL if len(parts) > 1 else Kind.FACT
            questions.append(SourceQuestion(question_id, kind, question, tuple(parts)))
        else:
            left_out.append(f"{question_id}: no fact of it could be placed")
    return QuestionSet(folder.name, tuple(documents), tuple(questions), tuple(left_out))


def read_wikicontradict(path: Path) -> QuestionSet:
    """Return WikiContradict: each of two contexts is a document, each answer a part of a conflict.

    An answer need not be in its context's words ("Yes"), and a context is evidence as a whole.
    """
    documents: dict[str, SourceDocument] = {}
    questions = []
    for number, record in _json_lines(path):
        parts = []
        for side in ("1", "2"):
            text = _clean(_text(record, f"context{side}", path, number)).strip()
            # The same context may stand under several questions: one text, one document.
            documents.setdefault(text, SourceDocument(text, text, _opening(text)))
            answer = _text(record, f"answer{side}", path, number)
            parts.append(((answer,), ((text, 0, len(text)),)))
        questions.append(
            SourceQuestion(
                f"w{number:04d}",
                Kind.CONFLICT,
                _text(record, "question", path, number),
                tuple(parts),
                verbatim=False,
            )
        )
    return QuestionSet(path.name, tuple(documents.values()), tuple(questions))


IMPORTERS: Mapping[str, Callable[[Path], QuestionSet]] = {
    "squad": read_squad,
    "beir": read_beir,
    "multihop": read_multihop,
    "wikicontradict": read_wikicontradict,
}


def write_question_set(question_set: QuestionSet, folder: Path) -> list[GoldQuestion]:
    """Write `documents.jsonl` and `gold.jsonl` into `folder` and return the gold questions."""
    folder.mkdir(parents=True, exist_ok=True)
    ids: dict[str, str] = {}
    partial = folder / "documents.jsonl.partial"
    with partial.open("wb") as file:
        for document in question_set.documents:
            line = _document_line(document)
            ids[document.key] = _id_after_ingest(document, line)
            file.write(line)
    os.replace(partial, folder / "documents.jsonl")
    questions = [
        _gold_question(question, ids, question_set.judged_by) for question in question_set.questions
    ]
    write_gold(folder / "gold.jsonl", questions)
    return questions


def find_words(text: str, wanted: str) -> tuple[int, int] | None:
    """Return where the words of `wanted` first stand in `text`, spacing aside; None if nowhere."""
    words = wanted.split()
    if not words:
        return None
    match = re.search(r"\s+".join(map(re.escape, words)), text)
    return match.span() if match else None


def _squad_question(
    item: Mapping[str, Any], key: str, context: str, start: int
) -> SourceQuestion | str:
    question_id, question = str(item["id"]), " ".join(item["question"].split())
    if not question:
        return f"{question_id}: the question is blank"
    if item.get("is_impossible"):
        return SourceQuestion(
            question_id, Kind.UNANSWERABLE, question, (), near_miss=True, about=key
        )
    sentences = sentence_spans(context)
    verbatim = True
    answers: dict[str, None] = {}
    places: dict[Place, None] = {}
    for answer in item["answers"]:
        text = _one_line(answer["text"]).strip()
        begin = int(answer["answer_start"])
        # Annotators' slips: a lone full stop says nothing.
        if not tokens(text) or text not in context:
            continue
        if context[begin : begin + len(text)] != text:
            begin = min(_occurrences(context, text), key=lambda place: abs(place - begin))
        begins = _occurrences(context, text) if answer.get("ambiguous_offset") else [begin]
        answers[text] = None
        for place in begins:
            low, high = _around(sentences, place, place + len(text))
            places[key, start + low, start + high] = None
            # Some answers are parts of words, "50" of "1950s"; those can't be looked for as words.
            verbatim &= stands_in(text, context[low:high])
    if not answers:
        return f"{question_id}: no answer stands in its paragraph"
    kind = Kind.WHY if question.lower().startswith("why") else Kind.FACT
    parts = ((tuple(answers), tuple(places)),)
    return SourceQuestion(question_id, kind, question, parts, verbatim=verbatim, about=key)


def _around(sentences: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    touched = [span for span in sentences if span[0] < end and start < span[1]]
    low = min([start, *(span[0] for span in touched)])
    high = max([end, *(span[1] for span in touched)])
    return low, high


def _occurrences(text: str, wanted: str) -> list[int]:
    """Return where `wanted` stands as whole words or, failing that, at all."""
    whole = [match.start() for match in re.finditer(rf"(?<!\w){re.escape(wanted)}(?!\w)", text)]
    return whole or [match.start() for match in re.finditer(re.escape(wanted), text)]


def _qrels(folder: Path, split: str | None) -> dict[str, list[str]]:
    files = sorted((folder / "qrels").glob(f"{split or '*'}.tsv"))
    if not files:
        raise ImportFailure(
            f"{folder}/qrels has no {split or '*'}.tsv; a BEIR folder has corpus.jsonl, "
            "queries.jsonl and qrels/SPLIT.tsv"
        )
    relevant: dict[str, list[str]] = {}
    for path in files:
        with path.open(encoding="utf-8", newline="") as file:
            for number, fields in enumerate(csv.reader(file, delimiter="\t"), start=1):
                if number == 1 and fields[-1:] == ["score"]:
                    continue
                if len(fields) != 3 or not fields[2].lstrip("-").isdigit():
                    raise ImportFailure(
                        f"{path}:{number}: {fields!r}; expected query-id, corpus-id and a whole "
                        "number, parted by tabs"
                    )
                if int(fields[2]) > 0:
                    relevant.setdefault(fields[0], []).append(fields[1])
    return relevant


def _gold_question(
    question: SourceQuestion, ids: Mapping[str, str], judged_by: str
) -> GoldQuestion:
    return GoldQuestion(
        id=question.id,
        kind=question.kind,
        question=question.question,
        parts=tuple(
            Part(
                answers,
                tuple(Evidence(ids[key], start, end) for key, start, end in places),
                question.verbatim,
            )
            for answers, places in question.parts
        ),
        judged_by=judged_by,
        near_miss=question.near_miss,
    )


def _document_line(document: SourceDocument) -> bytes:
    record = {
        "id": document.key[:200],
        "text": document.text,
        "title": document.title,
        "source": document.source,
        "url": document.url,
        "published": document.published,
        "language": document.language,
    }
    stated = {name: value for name, value in record.items() if value}
    return json.dumps(stated, ensure_ascii=False).encode("utf-8") + b"\n"


def _id_after_ingest(document: SourceDocument, line: bytes) -> str:
    (loaded,) = load_bytes(line, ".jsonl", document.key, Limits()).documents
    if len(loaded.text) != len(document.text):
        raise ImportFailure(
            f"document {document.key!r} has {len(document.text)} code points and "
            f"{len(loaded.text)} after ingest, so offsets would be wrong; report this"
        )
    return loaded.id


def _clean(text: str) -> str:
    return clean_characters(text)[0]


def _one_line(text: str) -> str:
    return _clean(text).replace("\n", " ")


def _opening(text: str, max_words: int = 8) -> str:
    return " ".join(text.split()[:max_words])


def _day(value: object) -> str | None:
    match = re.match(r"\d{4}-\d{2}-\d{2}", str(value or ""))
    return match.group() if match else None


def _beside(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise ImportFailure(f"{folder} has no {name}; give the folder that holds it")


def _matching(folder: Path, word: str) -> Path:
    found = [
        path
        for path in sorted(folder.glob(f"*{word}*"))
        if path.name.removesuffix(".gz").endswith((".json", ".jsonl"))
    ]
    if len(found) != 1:
        raise ImportFailure(
            f"{folder} has {len(found)} files *{word}*.json or .jsonl; expected one, for example "
            f"{word}.jsonl"
        )
    return found[0]


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ImportFailure(f"{path}: cannot be read ({error}); check the file") from error


def _json(path: Path) -> Any:
    try:
        return json.loads(_read(path))
    except json.JSONDecodeError as error:
        raise ImportFailure(f"{path}:{error.lineno}: not JSON ({error.msg})") from error


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    text = _read(path)
    if text.lstrip().startswith("["):
        records: Iterable[tuple[int, Any]] = enumerate(_json(path), start=1)
    else:
        records = _parsed_lines(path, text)
    for number, record in records:
        if not isinstance(record, dict):
            raise ImportFailure(f"{path}:{number}: not a JSON object")
        yield number, record


def _parsed_lines(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError as error:
                raise ImportFailure(f"{path}:{number}: not JSON ({error.msg})") from error


def _text(record: Mapping[str, Any], key: str, path: Path, number: int) -> str:
    value = record.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ImportFailure(f"{path}:{number}: {key} is {value!r}; expected a string")
    return value
