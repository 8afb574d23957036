import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.gold import (
    Evidence,
    GoldError,
    GoldQuestion,
    Kind,
    Part,
    check_gold,
    leaks,
    parse_question,
    question_to_json,
    read_gold,
    write_gold,
)
from eval.normalise import jaccard, tokens
from eval.reply import Outcome
from eval.systems import FileSystem
from ingest.document import Document, RegionKind
from ingest.load import Limits, load_file
from ingest.sentences import sentence_spans

TEXT = "The bridge fell in May. Rain had washed out its northern pier."
SHA = "a" * 64

PROJECT = Path(__file__).parents[2]
GOLD = PROJECT / "eval" / "gold"
DOCUMENTS = {"articles": "../shared/corpus/*.txt", "samples": "corpus/*"}
"""Where the documents are that a source's gold asks about."""

of_each_source = pytest.mark.parametrize("source", DOCUMENTS)
UNANSWERING = (
    RegionKind.BIOGRAPHY,
    RegionKind.FOOTNOTE,
    RegionKind.CAPTION,
    RegionKind.FURNITURE,
    RegionKind.HEADING,
)
COPIED_RUN = 12
"""So many words in a row are a passage of an article, and articles are not to be copied."""


def record(**changes: Any) -> dict[str, Any]:
    start = TEXT.index("The bridge")
    base: dict[str, Any] = {
        "id": "bridge",
        "kind": "fact",
        "question": "When did it collapse?",
        "parts": [{"answers": ["May"], "evidence": [{"document": SHA, "start": start, "end": 23}]}],
        "judged_by": "tests",
    }
    merged = base | changes
    return {key: value for key, value in merged.items() if value is not ...}


def problems_of(**changes: Any) -> str:
    with pytest.raises(GoldError) as caught:
        parse_question(json.dumps(record(**changes)))
    return str(caught.value)


def parts_with(**changes: Any) -> list[dict[str, Any]]:
    return [record()["parts"][0] | changes]


def evidence_with(**changes: Any) -> list[dict[str, Any]]:
    place = record()["parts"][0]["evidence"][0] | changes
    return parts_with(evidence=[place])


def test_a_written_set_reads_back_equal(tmp_path: Path) -> None:
    questions = [
        parse_question(json.dumps(record())),
        parse_question(
            json.dumps(record(id="next", kind="follow-up", turns=["When did the bridge fall?"]))
        ),
        parse_question(
            json.dumps(record(id="none", kind="unanswerable", near_miss=True, parts=[]))
        ),
    ]
    write_gold(tmp_path / "gold.jsonl", questions)
    assert read_gold(tmp_path / "gold.jsonl") == questions


words = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)
places = st.builds(
    lambda start, length: Evidence(SHA, start, start + length),
    st.integers(0, 10**6),
    st.integers(1, 10**4),
)
parts = st.builds(
    Part,
    st.lists(words, max_size=3).map(tuple),
    st.lists(places, min_size=1, max_size=3).map(tuple),
    st.booleans(),
)


@given(
    st.builds(
        GoldQuestion,
        id=words,
        kind=st.sampled_from([kind for kind in Kind if kind is not Kind.UNANSWERABLE]),
        question=words,
        parts=st.lists(parts, min_size=1, max_size=3).map(tuple),
        judged_by=words,
        turns=st.lists(words, min_size=1, max_size=2).map(tuple),
    )
)
def test_every_valid_question_survives_its_json(question: GoldQuestion) -> None:
    assert parse_question(json.dumps(question_to_json(question))) == question


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hint": "x"}, "unknown key 'hint'; known are id, kind"),
        ({"kind": "riddle"}, "kind is 'riddle'; use one of fact, why"),
        ({"kind": ...}, "kind is missing; give a string"),
        ({"id": 7}, "id is 7; give a string that is not blank"),
        ({"question": " "}, 'question is " "; give a string that is not blank'),
        ({"judged_by": ...}, "judged_by is missing"),
        ({"parts": []}, "a question of kind 'fact' has no parts"),
        ({"parts": ...}, "a question of kind 'fact' has no parts"),
        ({"parts": "x"}, 'parts is "x"; give a list'),
        ({"kind": "unanswerable"}, "an unanswerable question has parts"),
        ({"near_miss": True}, "near_miss is true on a question that is answerable"),
        ({"near_miss": 1}, "near_miss is 1; give true or false"),
        ({"kind": "follow-up"}, "a follow-up has no turns"),
        ({"turns": [" "]}, r'turns[0] is " "'),
        ({"parts": [3]}, "parts[0] is 3; write a JSON object"),
        ({"parts": parts_with(evidence=[])}, "parts[0] has no evidence"),
        ({"parts": parts_with(wording="x")}, "parts[0] has an unknown key 'wording'"),
        ({"parts": parts_with(answers=[""])}, 'parts[0]: answers[0] is ""'),
        (
            {"parts": evidence_with(document="x.txt")},
            "document is 'x.txt'; give the text's SHA-256",
        ),
        ({"parts": evidence_with(start=23)}, "start 23 is not before end 23"),
        ({"parts": evidence_with(start=-1)}, "start is -1; give a whole number from 0"),
        ({"parts": evidence_with(end=True)}, "end is true; give a whole number from 0"),
        ({"parts": evidence_with(end=2.0)}, "end is 2.0; give a whole number"),
        ({"parts": evidence_with(quote="x")}, "evidence[0] has an unknown key 'quote'"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(changes: dict[str, Any], message: str) -> None:
    assert message in problems_of(**changes)


def test_all_problems_of_a_file_are_told_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    lines = [
        json.dumps(record()),
        "",
        "{not json",
        json.dumps(record(kind="riddle", judged_by="")),
        json.dumps(record()),
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(GoldError) as caught:
        read_gold(path)
    assert [problem.split(" ")[0] for problem in caught.value.problems] == [
        f"{path}:3:",
        f"{path}:4:",
        f"{path}:4:",
        f"{path}:5:",
    ]
    assert "id 'bridge' stands on line 1 too" in caught.value.problems[3]


def test_a_line_separator_inside_a_question_does_not_shift_the_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    odd = json.dumps(record(question="When\u2028did it collapse?"), ensure_ascii=False)
    path.write_text(f"{odd}\nnot json\n", encoding="utf-8")
    with pytest.raises(GoldError, match=r"gold\.jsonl:2: not JSON"):
        read_gold(path)


def test_an_empty_missing_or_undecodable_file_is_an_error(tmp_path: Path) -> None:
    empty, latin = tmp_path / "empty.jsonl", tmp_path / "latin.jsonl"
    empty.write_text("\n")
    latin.write_bytes(b'{"id": "caf\xe9"}')
    with pytest.raises(GoldError, match="has no question"):
        read_gold(empty)
    with pytest.raises(GoldError, match="byte 11 is not UTF-8"):
        read_gold(latin)
    with pytest.raises(GoldError, match="cannot be read"):
        read_gold(tmp_path / "absent.jsonl")


def check(**changes: Any) -> list[str]:
    question = parse_question(json.dumps(record(**changes)))
    return [problem.what for problem in check_gold([question], {SHA: TEXT}.get)]


def test_a_true_question_has_no_problem() -> None:
    assert check() == []


def test_evidence_must_lie_in_a_document_that_is_there() -> None:
    assert "no such document" in check(parts=evidence_with(document="b" * 64))[0]
    assert "ends past the text's 62 code points" in check(parts=evidence_with(end=63))[0]
    assert "is white space" in check(parts=evidence_with(start=23, end=24))[0]


def test_each_place_of_a_verbatim_part_holds_an_answer() -> None:
    elsewhere = evidence_with(start=24, end=62)
    assert "holds none of the answers ['May']" in check(parts=elsewhere)[0]
    assert check(parts=[elsewhere[0] | {"verbatim": False}]) == []


def test_an_answer_visible_in_the_question_or_a_turn_is_found() -> None:
    assert "the answer 'May' can be read" in check(question="Did it fall in may?")[0]
    follow_up = check(kind="follow-up", turns=["What happened in May?"])
    assert "the answer 'May' can be read" in follow_up[0]
    assert check(question="What was dismayed?") == []


def test_a_conflict_with_one_side_is_found() -> None:
    assert check(kind="conflict") == ["a question of kind 'conflict' has one part"]


def test_the_same_question_in_two_parts_is_a_leak() -> None:
    first = parse_question(json.dumps(record(question="When did the old bridge fall down?")))
    same = parse_question(json.dumps(record(id="b", question="when did old bridge fall down")))
    other = parse_question(json.dumps(record(id="c", question="Why did the old bridge fall?")))
    assert leaks([first], [same, other]) == [("bridge", "b", 1.0)]
    assert [leak[1] for leak in leaks([first], [same, other], threshold=0.5)] == ["b", "c"]


def gold_part(source: str, name: str) -> list[GoldQuestion]:
    return read_gold(GOLD / f"{source}-{name}.jsonl")


def places_of(question: GoldQuestion) -> list[Evidence]:
    return [place for part in question.parts for place in part.evidence]


def overlap(first: Evidence, second: Evidence) -> bool:
    same = first.document == second.document
    return same and first.start < second.end and second.start < first.end


def alike_to(tune: list[GoldQuestion], others: list[GoldQuestion], threshold: float) -> list[str]:
    """Return the ids of tune questions that share so many words with one of the others, with the
    turns before them or without; only the ids, so that a failure shows nobody the others.
    """
    with_turns = {first for first, _, _ in leaks(tune, others, threshold)}
    return [
        question.id
        for question in tune
        if question.id in with_turns
        or any(jaccard(question.question, other.question) >= threshold for other in others)
    ]


@cache
def documents_of(source: str) -> dict[str, Document]:
    """Return a source's documents by the SHA-256 of their texts; skips the test without them."""
    paths = sorted(PROJECT.glob(DOCUMENTS[source]))
    if source == "articles" and not paths:
        pytest.skip("the articles are not here: they are not part of the project")
    loaded = [load_file(path, Limits()) for path in paths]
    documents = [document for file in loaded for document in file.documents]
    return {hashlib.sha256(item.text.encode()).hexdigest(): item for item in documents}


@of_each_source
def test_no_tune_question_rests_on_evidence_of_a_test_question(source: str) -> None:
    reported = [place for question in gold_part(source, "test") for place in places_of(question)]
    on_reported = [
        question.id
        for question in gold_part(source, "tune")
        if any(overlap(mine, theirs) for mine in places_of(question) for theirs in reported)
    ]
    assert on_reported == []


@pytest.mark.parametrize("source", ["articles", "samples"])
@pytest.mark.parametrize("reported", ["articles", "samples"])
def test_no_tune_question_shares_half_its_words_with_a_test_question(
    source: str, reported: str
) -> None:
    alike = alike_to(gold_part(source, "tune"), gold_part(reported, "test"), 0.5)
    assert alike == []


@of_each_source
def test_no_tune_question_is_a_dev_question_again(source: str) -> None:
    alike = alike_to(gold_part(source, "tune"), gold_part(source, "dev"), 0.9)
    assert alike == []


def test_no_id_is_used_in_two_parts_of_the_gold() -> None:
    ids = [
        question.id
        for source in DOCUMENTS
        for name in ("dev", "test", "tune")
        for question in gold_part(source, name)
    ]
    assert len(ids) == len(set(ids))


@of_each_source
def test_the_tune_questions_are_true_of_their_documents(source: str) -> None:
    texts = {sha: document.text for sha, document in documents_of(source).items()}
    assert check_gold(gold_part(source, "tune"), texts.get) == []


@of_each_source
def test_tune_evidence_begins_and_ends_on_text_that_may_answer(source: str) -> None:
    for question in gold_part(source, "tune"):
        for place in places_of(question):
            document = documents_of(source)[place.document]
            quoted = document.text[place.start : place.end]
            assert quoted == quoted.strip(), question.id
            touched = [
                region.kind
                for region in document.regions
                if region.start < place.end and place.start < region.end
            ]
            assert not set(touched) & set(UNANSWERING), question.id


@of_each_source
def test_accepted_answers_of_the_tune_part_are_short(source: str) -> None:
    for question in gold_part(source, "tune"):
        answers = [answer for part in question.parts for answer in part.answers]
        assert all(len(answer.split()) < COPIED_RUN for answer in answers), question.id


@cache
def article_runs() -> set[tuple[str, ...]]:
    """Return every run of COPIED_RUN words of the articles."""
    return {
        tuple(words[start : start + COPIED_RUN])
        for words in (tokens(document.text) for document in documents_of("articles").values())
        for start in range(len(words) - COPIED_RUN + 1)
    }


def copies(text: str) -> bool:
    words = tokens(text)
    return any(
        tuple(words[start : start + COPIED_RUN]) in article_runs() for start in range(len(words))
    )


def test_the_tune_part_copies_no_run_of_words_from_an_article() -> None:
    for question in gold_part("articles", "tune"):
        answers = [answer for part in question.parts for answer in part.answers]
        for text in (*question.turns, question.question, *answers):
            assert not copies(text), question.id


READINGS = [
    (source, name, reader)
    for source in DOCUMENTS
    for name in ("dev", "test")
    for reader in ("a", "b")
]


@pytest.mark.parametrize(("source", "name", "reader"), READINGS)
def test_each_reader_replied_to_each_question_with_whole_sentences(
    source: str, name: str, reader: str
) -> None:
    texts = {sha: document.text for sha, document in documents_of(source).items()}
    questions = gold_part(source, name)
    read = FileSystem(GOLD / "readers" / f"{source}-{name}-{reader}.jsonl", questions)
    for question in questions:
        reply = read.reply(question)
        assert reply.outcome is not Outcome.ERROR, question.id
        for cited in reply.citations:
            place = (cited.start, cited.end)
            assert place in sentence_spans(texts[cited.document]), question.id
            assert source != "articles" or not any(map(copies, cited.answers)), question.id
