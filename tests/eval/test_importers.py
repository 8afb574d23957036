import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from eval.gold import Kind, check_gold, read_gold
from eval.importers import (
    ImportFailure,
    find_words,
    read_beir,
    read_multihop,
    read_squad,
    read_wikicontradict,
    write_question_set,
)
from ingest.load import Limits, load_file

CONTEXT = "The pier stood until 1950s storms. It fell in May, and nobody\nwas hurt in May's flood."


def squad(*questions: dict[str, Any]) -> dict[str, Any]:
    paragraphs = [{"context": "An opening.", "qas": []}, {"context": CONTEXT, "qas": questions}]
    return {"data": [{"title": "The_pier", "paragraphs": paragraphs}]}


def item(name: str, answer: str, start: Any = None, **more: Any) -> dict[str, Any]:
    answers = [{"text": answer, "answer_start": CONTEXT.index(answer) if start is None else start}]
    return {"id": name, "question": f"What about {name}?", "answers": answers} | more


def loaded(folder: Path) -> dict[str, str]:
    documents = load_file(folder / "documents.jsonl", Limits()).documents
    return {document.id: document.text for document in documents}


def test_squad_offsets_hold_in_what_the_ingest_makes_of_it(tmp_path: Path) -> None:
    data = squad(
        item("pier", "It fell in May"),
        item("hurt", "nobody\nwas hurt"),
        item("impossible", "", 0, is_impossible=True),
    )
    (tmp_path / "set.json").write_text(json.dumps(data))
    write_question_set(read_squad(tmp_path / "set.json"), tmp_path / "out")
    gold = read_gold(tmp_path / "out" / "gold.jsonl")
    texts = loaded(tmp_path / "out")
    assert check_gold(gold, texts.get) == []
    place = gold[0].parts[0].evidence[0]
    sentence = texts[place.document][place.start : place.end]
    assert sentence == "It fell in May, and nobody was hurt in May's flood."
    assert (gold[2].kind, gold[2].near_miss, gold[2].parts) == (Kind.UNANSWERABLE, True, ())


def test_squad_is_read_from_gzip_with_offsets_as_strings(tmp_path: Path) -> None:
    data = json.dumps(squad(item("why", "May", "46", question="Why so?"))).encode()
    (tmp_path / "set.json.gz").write_bytes(gzip.compress(data))
    question_set = read_squad(tmp_path / "set.json.gz", language="tr")
    assert question_set.questions[0].kind is Kind.WHY
    assert question_set.documents[0].language == "tr"
    assert question_set.documents[0].title == "The pier"


def test_an_uncertain_place_accepts_every_sentence_with_the_answer(tmp_path: Path) -> None:
    context = "May came. Then June. In May it fell."
    answers = [{"text": "May", "answer_start": 0, "ambiguous_offset": True}]
    qas = [{"id": "x", "question": "When?", "answers": answers}]
    paragraphs = [{"context": context, "qas": qas}]
    (tmp_path / "s.json").write_text(
        json.dumps({"data": [{"title": "T", "paragraphs": paragraphs}]})
    )
    ((_, places),) = read_squad(tmp_path / "s.json").questions[0].parts
    assert [context[start:end] for _, start, end in places] == ["May came.", "In May it fell."]


def test_a_wrong_offset_is_moved_to_the_nearest_place(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps(squad(item("x", "May", 44))))
    ((_, places),) = read_squad(tmp_path / "s.json").questions[0].parts
    assert len(places) == 1


def test_an_answer_within_a_word_is_not_claimed_to_be_verbatim(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps(squad(item("x", "1950"))))
    assert not read_squad(tmp_path / "s.json").questions[0].verbatim


def test_an_answer_that_says_nothing_or_stands_nowhere_is_left_out(tmp_path: Path) -> None:
    data = squad(item("dot", "."), item("gone", "July", 3))
    (tmp_path / "s.json").write_text(json.dumps(data))
    question_set = read_squad(tmp_path / "s.json")
    assert question_set.questions == ()
    assert question_set.left_out == (
        "dot: no answer stands in its paragraph",
        "gone: no answer stands in its paragraph",
    )


def write_lines(path: Path, *records: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(record) for record in records))


def beir(folder: Path) -> Path:
    write_lines(
        folder / "corpus.jsonl",
        {"_id": "d1", "title": "Pier", "text": "The pier fell."},
        {"_id": "d2", "title": "Ferry only", "text": ""},
        {"_id": "d3", "title": "", "text": "Nobody was hurt."},
    )
    write_lines(
        folder / "queries.jsonl",
        {"_id": "q1", "text": "what fell"},
        {"_id": "q2", "text": "unjudged"},
    )
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t1\nq1\td3\t0\n"
    )
    return folder


def test_beir_counts_each_relevant_document_as_a_part(tmp_path: Path) -> None:
    question_set = read_beir(beir(tmp_path / "set"))
    (gold,) = write_question_set(question_set, tmp_path / "out")
    texts = loaded(tmp_path / "out")
    found = [texts[part.evidence[0].document] for part in gold.parts]
    assert found == ["The pier fell.", "Ferry only"]
    assert all(
        part.evidence[0].end == len(text) for part, text in zip(gold.parts, found, strict=True)
    )
    assert question_set.left_out == ("query q2: no relevant document is judged",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("corpus.jsonl", "{", r"corpus\.jsonl:1: not JSON"),
        ("queries.jsonl", '{"_id": 4, "text": "x"}', r"queries\.jsonl:1: _id is 4; expected a"),
        ("qrels/test.tsv", "q1\td1\n", r"test\.tsv:1: \['q1', 'd1'\]; expected query-id"),
        ("corpus.jsonl", None, r"has no corpus\.jsonl; give the folder"),
        ("qrels/test.tsv", None, r"qrels has no \*\.tsv"),
    ],
)
def test_a_bad_beir_folder_is_named_by_file_and_line(
    tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    folder = beir(tmp_path / "set")
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content)
    with pytest.raises(ImportFailure, match=message):
        read_beir(folder)


def test_multihop_evidence_is_found_in_its_article_and_null_queries_are_unanswerable(
    tmp_path: Path,
) -> None:
    article = {"url": "u1", "title": "Pier", "body": "Rain fell.\n\nThe pier  fell\nin May."}
    write_lines(tmp_path / "in" / "corpus.jsonl", article | {"published_at": "2023-05-02 08:00"})
    write_lines(
        tmp_path / "in" / "queries.jsonl",
        {"query": "What fell?", "evidence_list": [{"fact": "The pier fell in May.", "url": "u1"}]},
        {"query": "And the moon?", "evidence_list": []},
        {"query": "Lost?", "evidence_list": [{"fact": "It flew.", "url": "u1"}]},
    )
    question_set = read_multihop(tmp_path / "in")
    gold = write_question_set(question_set, tmp_path / "out")
    assert [question.kind for question in gold] == [Kind.FACT, Kind.UNANSWERABLE]
    place = gold[0].parts[0].evidence[0]
    text = loaded(tmp_path / "out")[place.document]
    assert text[place.start : place.end].split() == "The pier fell in May.".split()
    assert question_set.documents[0].published == "2023-05-02"
    assert "q00003: no fact of it could be placed" in question_set.left_out


def test_the_two_sides_of_a_contradiction_are_two_parts(tmp_path: Path) -> None:
    write_lines(
        tmp_path / "w.jsonl",
        {
            "question": "When did it fall?",
            "context1": "It fell in May.",
            "context2": "It fell in June.",
            "answer1": "May",
            "answer2": "In the sixth month",
        },
    )
    (gold,) = write_question_set(read_wikicontradict(tmp_path / "w.jsonl"), tmp_path / "out")
    assert gold.kind is Kind.CONFLICT
    assert [part.answers for part in gold.parts] == [("May",), ("In the sixth month",)]
    assert check_gold([gold], loaded(tmp_path / "out").get) == []


def test_what_is_not_squad_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"data": [{"title": "x"}]}')
    with pytest.raises(ImportFailure, match=r"not SQuAD's form \(KeyError: 'paragraphs'\)"):
        read_squad(tmp_path / "s.json")
    with pytest.raises(ImportFailure, match="cannot be read"):
        read_squad(tmp_path / "absent.json")


def test_words_are_found_whatever_their_spacing() -> None:
    assert find_words("a  b\nc", "b c") == (3, 6)
    assert find_words("abc", "b c") is None
    assert find_words("abc", " ") is None
