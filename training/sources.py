"""Read the public question sets, and keep whole articles and passages aside for measuring."""

import csv
import gzip
import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HELD_OUT_ARTICLES = 8
REPORTS = "reports"
"""The source of the paragraphs written for this recipe."""
_REPORTS_FOLDER = Path(__file__).parent / "reports"
_REPORTS_PER_HELD_OUT = 6  # one report in so many is kept for measuring
COLLECTION = 5
"""So many paragraphs under one title tell of the same events; a few may share it by chance."""
_SPLIT_SALT = "dossier-reader-1"


class SourceError(Exception):
    """A data file is missing or isn't what the recipe expects."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question about one paragraph; `answers` are half-open code points, empty if it has none."""

    question_id: str
    text: str
    answers: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of an article with the questions asked about it; `source` names the data set."""

    source: str
    article: str
    text: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A question, a text, and whether the text answers it; `span` marks the answer when known."""

    question: str
    text: str
    answerable: bool
    span: tuple[int, int] | None = None


def _open(path: Path) -> str:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        raise SourceError(f"{path}: {error}. Name the data sets' folder with --data.") from error


_WORD = re.compile(r"\w+")


def _occurrence_nearest_the_question(text: str, answer: str, question: str) -> int:
    """Return where `answer` stands in the stretch that shares most words with `question`."""
    words = set(_WORD.findall(question.casefold()))
    places = [match.start() for match in re.finditer(re.escape(answer), text)]

    def shared(place: int) -> int:
        return len(words & set(_WORD.findall(text[max(0, place - 120) : place + 120].casefold())))

    return max(places, key=shared)


def _answers(raw: dict[str, Any], text: str) -> tuple[tuple[int, int], ...]:
    spans = []
    for answer in raw["answers"]:
        stripped = answer["text"].strip()
        if not stripped:
            continue
        start = answer["answer_start"] + answer["text"].index(stripped)
        if answer.get("ambiguous_offset") and stripped in text:
            start = _occurrence_nearest_the_question(text, stripped, raw["question"])
        if text[start : start + len(stripped)] == stripped:
            spans.append((start, start + len(stripped)))
    return tuple(spans)


def read_squad(path: Path) -> list[Paragraph]:
    """Return the paragraphs of a gzipped file in SQuAD's JSON, in file order.

    An answer whose offset doesn't point at its text is left out. Raises SourceError.
    """
    paragraphs = []
    for article in json.loads(_open(path))["data"]:
        for raw in article["paragraphs"]:
            questions = []
            for asked in raw["qas"]:
                answers = _answers(asked, raw["context"])
                if answers or asked.get("is_impossible", False):
                    questions.append(Question(asked["id"], asked["question"].strip(), answers))
            source, title = path.name.split(".")[0], article["title"]
            paragraphs.append(Paragraph(source, title, raw["context"], tuple(questions)))
    return paragraphs


def digest(text: str) -> str:
    """Return the hash by which texts are drawn into parts, the same everywhere and for ever."""
    return hashlib.sha256(f"{_SPLIT_SALT}:{text}".encode()).hexdigest()


def held_out_titles(squad2: list[Paragraph]) -> tuple[str, ...]:
    """Return the article titles kept for measuring: the eight with the lowest salted digests.

    Their order is the digests' too, so the first four and the last four are two random halves.
    """
    return tuple(sorted({p.article for p in squad2}, key=digest)[:HELD_OUT_ARTICLES])


def read_reports(folder: Path = _REPORTS_FOLDER) -> tuple[list[Paragraph], list[Paragraph]]:
    """Return the (training, measuring) parts of the reports written for this recipe.

    They tell of invented actors in the manner of the reports that Dossier is for, so that no
    question about real ones has been trained on. Each line of a file is a paragraph with its
    questions; an answer is a stretch of its text, null where the text states none. Split by
    article. Raises SourceError naming the line that is no such paragraph.
    """
    training: list[Paragraph] = []
    measuring: list[Paragraph] = []
    for path in _report_files(folder):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                record = json.loads(line)
                text, article = record["text"], record["article"]
                questions = tuple(
                    Question(
                        f"{path.stem}-{number}-{index}",
                        asked["question"].strip(),
                        _only_answer(text, asked["answer"], asked["question"]),
                    )
                    for index, asked in enumerate(record["questions"], 1)
                )
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise SourceError(
                    f"{path}, line {number}: {error!r}; expected a JSON object with article, text "
                    "and questions, each with its question and an answer out of the text or null"
                ) from error
            held = int(digest(article), 16) % _REPORTS_PER_HELD_OUT == 0
            part = measuring if held else training
            part.append(Paragraph(REPORTS, article, text, questions))
    # So that two halves of them are random ones, whoever wrote which.
    return training, sorted(measuring, key=lambda paragraph: digest(paragraph.article))


def reports_digest(folder: Path = _REPORTS_FOLDER) -> str:
    """Return the SHA-256 of all the reports, by which a run says what it was trained on."""
    digest = hashlib.sha256()
    for path in _report_files(folder):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _report_files(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise SourceError(f"{folder}: no reports (*.jsonl); restore the folder")
    return files


def _only_answer(text: str, answer: str | None, question: str) -> tuple[tuple[int, int], ...]:
    if answer is None:
        return ()
    if not answer or answer not in text:
        raise ValueError(f"the text does not hold the answer {answer!r}")
    start = _occurrence_nearest_the_question(text, answer, question)
    return ((start, start + len(answer)),)


def usual_answer(question: Question, text: str) -> tuple[int, int]:
    """Return the answer most annotators gave; the shortest, then the first, among equals."""
    votes = Counter(question.answers)
    return min(votes, key=lambda span: (-votes[span], span[1] - span[0], span[0]))


# CLAPnq comes tokenised in the Penn Treebank's manner; reports don't.
_DETOKENISE = (
    (re.compile(r"``\s?|\s?''"), '"'),
    (re.compile(r"\s+([.,;:!?%)\]}])"), r"\1"),
    (re.compile(r"([(\[{$])\s+"), r"\1"),
    (re.compile(r"\s+('s|'re|'ve|'ll|'d|'m|n't|')(?=\W)"), r"\1"),
    (re.compile(r"\s-\s"), "-"),
    (re.compile(r"\s--\s"), " – "),
)


def detokenise(text: str) -> str:
    """Return text tokenised in the Penn Treebank's manner as it is usually written."""
    for pattern, replacement in _DETOKENISE:
        text = pattern.sub(replacement, text)
    return text.strip()


def read_clapnq(folder: Path) -> tuple[list[Judged], list[Judged]]:
    """Return CLAPnq's (training, measuring) halves, split by the passage's title.

    An answer of consecutive sentences gives the span; others only say that the passage answers.
    Raises SourceError.
    """
    training: list[Judged] = []
    measuring: list[Judged] = []
    for name, answerable in (("clapnq-answerable", True), ("clapnq-unanswerable", False)):
        for line in _open(folder / f"{name}.jsonl.gz").splitlines():
            record = json.loads(line)
            passage = record["passages"][0]
            text = detokenise(passage["text"])
            span = None
            if answerable:
                wanted = detokenise(" ".join(record["output"][0]["selected_sentences"]))
                start = text.find(wanted)
                span = (start, start + len(wanted)) if wanted and start >= 0 else None
            half = training if int(digest(passage["title"]), 16) % 2 else measuring
            half.append(Judged(record["input"], text, answerable, span))
    return training, measuring


def read_trecqa(path: Path) -> dict[str, list[Judged]]:
    """Return TREC QA's candidate sentences by question, in file order. Raises SourceError."""
    by_question: dict[str, list[Judged]] = {}
    for row in csv.DictReader(_open(path).splitlines()):
        judged = Judged(detokenise(row["qtext"]), detokenise(row["atext"]), row["label"] == "1")
        by_question.setdefault(row["qtext"], []).append(judged)
    return by_question
