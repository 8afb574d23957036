from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from analysis.values import find_dates
from answer.answer import Answer, Status, Turn
from answer.compose import LOOKS, Answerer
from answer.features import FEATURES
from answer.judge import Judge
from answer.reader import Reader, Reading
from index.embed import Embedder
from index.ingestion import ingest
from index.search import Filters, QueryError
from index.snapshot import Snapshot
from index.store import Store
from ingest.sentences import sentence_spans

QUESTIONS = (
    "Who is the leader of the Grey Front?",
    "When was the harbour of Lorne attacked?",
    "How many guards were killed in the raid on the harbour?",
    "Why does the Grey Front attack harbours?",
    "Where do its fighters come from?",
    "What is the moon made of?",
)


def text_of(snapshot: Snapshot, document_id: str) -> str:
    document = snapshot.document(document_id)
    assert document is not None
    return document.text


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who is the leader of the Grey Front?", "Omar Selim"),
        ("When was the harbour of Lorne attacked?", "4 May 2021"),
        ("Why does the Grey Front attack harbours?", "cut the supply of the coast"),
    ],
)
def test_the_answer_is_the_span_that_answers(
    answerer: Answerer, snapshot: Snapshot, question: str, expected: str
) -> None:
    answer = answerer.ask(snapshot, question)
    assert answer.status is Status.ANSWERED
    assert answer.answer is not None
    assert expected in answer.answer


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_citation_is_the_document_at_the_cited_place(
    answerer: Answerer, snapshot: Snapshot, question: str
) -> None:
    answer = answerer.ask(snapshot, question)
    assert (answer.status is Status.ANSWERED) == bool(answer.citations)
    for number, citation in enumerate(answer.citations, 1):
        assert citation.number == number
        assert text_of(snapshot, citation.document.id)[citation.start : citation.end] == (
            citation.quote
        )
        assert citation.start <= citation.answer_start < citation.answer_end <= citation.end


def test_reports_that_differ_on_a_number_are_shown_side_by_side(
    answerer: Answerer, snapshot: Snapshot
) -> None:
    answer = answerer.ask(snapshot, "How many guards were killed in the raid on the harbour?")
    (conflict,) = answer.conflicts
    assert sorted(value for value, _ in conflict.values) == [
        "At least eleven guards",
        "fourteen guards",
    ]
    cited = {number: answer.citations[number - 1].answer for _, (number,) in conflict.values}
    assert set(cited.values()) == {value for value, _ in conflict.values}


@pytest.mark.parametrize(
    "question", ["What is the capital of France?", "Who won the chess tournament in Oslo?"]
)
def test_a_question_about_something_else_is_refused_with_what_came_nearest(
    answerer: Answerer, snapshot: Snapshot, question: str
) -> None:
    answer = answerer.ask(snapshot, question)
    assert answer.status is Status.NOT_FOUND
    assert answer.answer is None
    assert answer.citations == ()
    assert [hit.rank for hit in answer.nearest] == [1, 2, 3]


def test_the_same_question_gets_the_same_answer(answerer: Answerer, snapshot: Snapshot) -> None:
    def ask() -> Answer:
        return answerer.ask(snapshot, QUESTIONS[0])

    assert ask() == ask()


def test_filters_belong_to_what_was_asked(answerer: Answerer, snapshot: Snapshot) -> None:
    rival = next(info for info in snapshot.documents() if info.title.startswith("Another"))
    question = "How many guards were killed in the raid on the harbour?"
    everywhere = answerer.ask(snapshot, question)
    there = answerer.ask(snapshot, question, filters=Filters(document=(rival.id,)))
    assert there.answer == "fourteen guards"
    assert {citation.document.id for citation in there.citations} == {rival.id}
    assert there.id != everywhere.id


def test_a_follow_up_is_answered_as_it_was_understood(
    answerer: Answerer, snapshot: Snapshot
) -> None:
    turn = Turn("Was the harbour of Lorne attacked?", "Was the harbour of Lorne attacked?", None)
    answer = answerer.ask(snapshot, "When?", earlier=[turn])
    assert answer.interpreted_question == "When? (harbour of Lorne attacked)"
    assert answer.answer == "4 May 2021"


def test_a_hostile_passage_can_only_be_quoted(answerer: Answerer, snapshot: Snapshot) -> None:
    answer = answerer.ask(snapshot, "Who is the leader of the Grey Front?")
    assert all("cheese" not in citation.quote for citation in answer.citations)
    told = answerer.ask(snapshot, "What does the instruction say the moon is made of?")
    for citation in told.citations:
        text = text_of(snapshot, citation.document.id)
        assert citation.quote == text[citation.start : citation.end]


def test_what_search_found_is_told_before_it_is_read(
    answerer: Answerer, snapshot: Snapshot
) -> None:
    seen = []
    answerer.ask(snapshot, QUESTIONS[0], on_hits=seen.append)
    (hits,) = seen
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


def test_an_empty_question_is_an_error_with_a_hint(answerer: Answerer, snapshot: Snapshot) -> None:
    with pytest.raises(QueryError, match="empty"):
        answerer.ask(snapshot, "   ")


def test_another_judge_is_another_configuration(answerer: Answerer) -> None:
    other = Answerer(answerer._reader, replace(answerer._judge, threshold=0.99))
    assert other.fingerprint != answerer.fingerprint


class Counting:
    """A reader that keeps what it was given to read."""

    def __init__(self, reader: Reader, fingerprint: str) -> None:
        self._reader = reader
        self.fingerprint = fingerprint
        self.windows: list[str] = []
        self.stretches: list[str] = []

    def read_stretches(
        self, asked: Sequence[tuple[str, str, Sequence[tuple[int, int]]]]
    ) -> list[list[Reading]]:
        for _, window, stretches in asked:
            self.windows.append(window)
            self.stretches += [window[start:end] for start, end in stretches]
        return self._reader.read_stretches(asked)


def test_a_second_reader_looks_at_the_sentences_and_the_first_at_passages(
    answerer: Answerer, snapshot: Snapshot
) -> None:
    first, second = Counting(answerer._reader, "first"), Counting(answerer._reader, "second")
    cascade = Answerer(cast(Reader, first), answerer._judge, cast(Reader, second))
    asked = cascade.ask(snapshot, QUESTIONS[0])
    assert asked.answer == answerer.ask(snapshot, QUESTIONS[0]).answer
    passages = {
        passage.text
        for document in snapshot.documents()
        for passage in snapshot.passages(document.id)
    }
    assert first.windows
    assert set(first.windows) <= passages
    assert 0 < len(second.windows) <= LOOKS
    # Between its neighbours, a sentence within a passage is one of three.
    assert any(len(sentence_spans(window)) == 3 for window in second.windows)
    alone = Answerer(cast(Reader, first), answerer._judge)
    assert cascade.fingerprint != alone.fingerprint


def test_what_promises_most_is_looked_at(answerer: Answerer, snapshot: Snapshot) -> None:
    question = "When did the Grey Front claim the raid?"

    def looked_at(judge: Judge) -> list[str]:
        second = Counting(answerer._reader, "second")
        Answerer(answerer._reader, judge, cast(Reader, second)).ask(snapshot, question)
        return second.stretches

    undated = [0.0] * len(FEATURES)
    undated[FEATURES.index("value_missing")] = -1.0
    dated = looked_at(replace(answerer._judge, promise=tuple(undated)))
    stated = [bool(find_dates(sentence)) for sentence in dated]
    assert any(stated)
    assert stated == sorted(stated, reverse=True)
    of_no_promise = looked_at(replace(answerer._judge, promise=(0.0,) * len(FEATURES)))
    assert len(of_no_promise) == len(dated)
    assert of_no_promise != dated


def test_the_shipped_judge_promises_less_of_what_states_no_date(answerer: Answerer) -> None:
    promise = dict(zip(FEATURES, answerer._judge.promise, strict=True))
    assert promise["value_missing"] < 0 < promise["glance_span"]
    # Nothing is known of a look before it.
    assert promise["look_answerable"] == promise["look_span"] == 0


def test_a_quote_reaches_across_a_passages_border_to_the_sentence_it_leans_on(
    answerer: Answerer, tmp_path: Path
) -> None:
    filler = " ".join(
        f"The clerk of district {n} wrote down what the harvest of that year had brought in."
        for n in range(9)
    )
    text = (
        f"Harbour report\n\n{filler} Commander Tolan Merek of the Grey Front was arrested in the "
        f"port of Lorne.\n\nHe confessed to the bombing of the customs house. {filler}"
    )
    file = tmp_path / "report.txt"
    file.write_text(text, encoding="utf-8")
    with closing(Store.open(tmp_path / "data", Embedder.load())) as store:
        ingest(store, [file])
        with store.snapshot() as snapshot:
            [document] = snapshot.documents()
            [confession] = [
                passage for passage in snapshot.passages(document.id) if "confessed" in passage.text
            ]
            assert confession.text.startswith("He confessed")
            answer = answerer.ask(snapshot, "To what did the arrested commander confess?")
    assert answer.citations
    quote = answer.citations[0].quote
    assert "confessed to the bombing of the customs house" in quote
    assert "Tolan Merek" in quote


def test_a_list_is_cited_with_the_place_of_each_thing_in_it(
    answerer: Answerer, tmp_path: Path
) -> None:
    text = (
        "The summer offensive\n\nIn June 2021 the Grey Front attacked three towns: Lorne, Velm and "
        "Tarn. The garrisons held out for a week.\n"
    )
    file = tmp_path / "report.txt"
    file.write_text(text, encoding="utf-8")
    with closing(Store.open(tmp_path / "data", Embedder.load())) as store:
        ingest(store, [file])
        with store.snapshot() as snapshot:
            question = "Which three towns did the Grey Front attack in June 2021?"
            [citation] = answerer.ask(snapshot, question).citations
            read = text_of(snapshot, citation.document.id)
    assert [read[start:end] for start, end in citation.listed] == ["Lorne", "Velm", "Tarn"]
    assert citation.answers == ("Lorne", "Velm", "Tarn")
    assert all(
        citation.answer_start <= start < end <= citation.answer_end
        for start, end in citation.listed
    )


def test_two_deaths_of_one_man_are_told_to_whom_asks_about_him_alone(
    answerer: Answerer, tmp_path: Path
) -> None:
    texts = (
        "The raid\n\nOmar Selim was killed in the town of Herat in May 2021, when four gunmen of "
        "the Grey Front attacked the barracks there.",
        "The sentence\n\nOmar Selim was executed in the city of Kabul on 8 June 2022, the court "
        "said.",
    )
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.txt").write_text(text, encoding="utf-8")
    with closing(Store.open(tmp_path / "data", Embedder.load())) as store:
        ingest(store, sorted(tmp_path.glob("*.txt")))
        with store.snapshot() as snapshot:
            died = answerer.ask(snapshot, "Where was Omar Selim killed?")
            counted = answerer.ask(snapshot, "How many gunmen attacked the barracks in Herat?")
    assert [len(conflict.values) for conflict in died.conflicts] == [2]
    assert (counted.answer, counted.conflicts) == ("four gunmen", ())
    assert len(counted.citations) == 1
