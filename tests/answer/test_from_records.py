"""Lists and counts come from the records: complete, in order of time, every item cited."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

import index.snapshot
from analysis.collection import (
    Actor,
    Attack,
    AttributedTo,
    Dated,
    Evidence,
    FieldValue,
    HeldRole,
    NameUse,
    Records,
    RelatedActor,
    SetPerpetrator,
    Told,
)
from analysis.corrections import Correction, CorrectionKind
from analysis.names import NameRegister
from analysis.records import (
    Account,
    ActorKind,
    AttackKind,
    Ladder,
    Party,
    Precision,
    RelationKind,
    Span,
)
from answer.answer import Status
from answer.compose import Answerer
from answer.from_records import HEDGED, RIGHT, answer_from_records
from index.catalogue import Catalogue
from index.embed import Embedder
from index.ingestion import ingest
from index.search import Filters
from index.snapshot import Snapshot
from index.store import Store

CHRONICLE = (
    "Chronicle of the Grey Front\n\n"
    "On 4 May 2021 the Grey Front attacked the harbour of Lorne. A guard saw it. "
    "In 2022 the Grey Front is suspected of the bombing of the mill. "
    "The customs house was attacked by the Grey Front, nobody knows when. "
    "On 9 June 2022 the Red Band attacked the mill.\n\n"
    "Omar Selim led the Grey Front from the start. He was once the leader of the Grey Front.\n"
)
LETTER = (
    "A letter from Lorne\n\nThe Grey Front attacked the harbour on 5 May 2021, says the port. "
    "This year the Grey Front carried out twelve attacks in Dunmore.\n"
)


def make_records(catalogue: Catalogue, register: NameRegister) -> Records:
    texts = {"Chronicle of the Grey Front": CHRONICLE, "A letter from Lorne": LETTER}
    chronicle, letter = texts
    ids = {info.title: info.id for info in catalogue.documents()}

    def evidence(title: str, words: str) -> Evidence:
        start = texts[title].index(words)
        return Evidence(ids[title], start, start + len(words))

    def told(title: str, sentence: str, trigger: str, target: str) -> Told:
        whole = evidence(title, sentence)
        word, aim = (
            Span(whole.start + sentence.index(each), whole.start + sentence.index(each) + len(each))
            for each in (trigger, target)
        )
        account = Account(
            AttackKind.ATTACK, word, Span(whole.start, whole.end), targets=(Party(target, aim),)
        )
        published = date(2023, 1, 1) if title == chronicle else date(2023, 2, 1)
        return Told(whole.document_id, title, None, published, account, word)

    def dated(title: str, words: str, first: date, last: date) -> Dated:
        return Dated(words, Precision.DAY, first, last, evidence(title, words))

    by_front = evidence(chronicle, "Grey Front attacked")
    stated = AttributedTo("grey-front", "Grey Front", Ladder.STATED, by_front)
    suspected = AttributedTo("grey-front", "Grey Front", Ladder.SUSPECTED, by_front)
    by_band = AttributedTo("red-band", "Red Band", Ladder.STATED, evidence(chronicle, "Red Band"))
    harbour = "On 4 May 2021 the Grey Front attacked the harbour of Lorne"
    attacks = (
        Attack(
            "mill-2022",
            "Bombing of the mill",
            AttackKind.BOMBING,
            (
                told(
                    chronicle,
                    "In 2022 the Grey Front is suspected of the bombing of the mill",
                    "bombing",
                    "the mill",
                ),
            ),
            dates=(dated(chronicle, "2022", date(2022, 1, 1), date(2022, 12, 31)),),
            perpetrators=(suspected,),
        ),
        Attack(
            "harbour",
            "Attack on the harbour",
            AttackKind.ATTACK,
            (
                told(chronicle, harbour, "attacked", "the harbour of Lorne"),
                told(
                    letter,
                    "The Grey Front attacked the harbour on 5 May 2021",
                    "attacked",
                    "the harbour",
                ),
            ),
            dates=(
                dated(chronicle, "4 May 2021", date(2021, 5, 4), date(2021, 5, 4)),
                dated(letter, "5 May 2021", date(2021, 5, 5), date(2021, 5, 5)),
            ),
            perpetrators=(stated,),
            places=(FieldValue("Lorne", (by_front,)),),
            differing=("dates",),
        ),
        Attack(
            "customs",
            "Attack on the customs house",
            AttackKind.ATTACK,
            (
                told(
                    chronicle,
                    "The customs house was attacked by the Grey Front",
                    "attacked",
                    "The customs house",
                ),
            ),
            perpetrators=(stated,),
        ),
        Attack(
            "mill-band",
            "Attack on the mill",
            AttackKind.ATTACK,
            (
                told(
                    chronicle,
                    "On 9 June 2022 the Red Band attacked the mill",
                    "attacked",
                    "the mill",
                ),
            ),
            dates=(dated(chronicle, "9 June 2022", date(2022, 6, 9), date(2022, 6, 9)),),
            perpetrators=(by_band,),
        ),
    )
    led = evidence(chronicle, "led the Grey Front from the start")
    actors = (
        Actor("grey-front", "Grey Front", ActorKind.GROUP, (NameUse("Grey Front", (by_front,)),)),
        Actor(
            "red-band",
            "Red Band",
            ActorKind.GROUP,
            (NameUse("Red Band", (evidence(chronicle, "Red Band"),)),),
        ),
        Actor(
            "omar-selim",
            "Omar Selim",
            ActorKind.PERSON,
            (NameUse("Omar Selim", (evidence(chronicle, "Omar Selim"),)),),
            relations=(RelatedActor(RelationKind.LEADER_OF, "grey-front", False, (led,)),),
        ),
    )
    return Records(actors, attacks, [], notes={}, register=register)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Two made-up reports whose records were made by hand."""
    root = tmp_path_factory.mktemp("recorded")
    (root / "chronicle.txt").write_text(CHRONICLE, encoding="utf-8")
    (root / "letter.txt").write_text(LETTER, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index.snapshot, "build_records", make_records)
        with closing(Store.open(root / "data", Embedder.load())) as store:
            ingest(store, sorted(root.glob("*.txt")))
            with store.snapshot() as snapshot:
                yield snapshot


def test_a_list_is_complete_in_order_of_time_and_verbatim(
    answerer: Answerer, recorded: Snapshot
) -> None:
    answer = answerer.ask(recorded, "Which attacks are attributed to the Grey Front in 2021-2022?")
    assert answer.status is Status.ANSWERED
    assert [citation.answer for citation in answer.citations] == [
        "attacked the harbour of Lorne",
        "attacked the harbour",
        "bombing of the mill",
    ]
    assert answer.answer == "attacked the harbour of Lorne"
    assert [citation.number for citation in answer.citations] == [1, 2, 3]
    for citation in answer.citations:
        document = recorded.document(citation.document.id)
        assert document is not None
        assert document.text[citation.start : citation.end] == citation.quote
        assert citation.start <= citation.answer_start < citation.answer_end <= citation.end
        assert citation.passage_id in {
            passage.id for passage in recorded.passages(citation.document.id)
        }
    assert "2 events" in answer.explanation
    assert "1 more without a known date" in answer.explanation


def test_accounts_that_differ_are_each_cited_with_their_value(recorded: Snapshot) -> None:
    found = answer_from_records(recorded, "Which attacks did the Grey Front carry out in Lorne?")
    (conflict,) = found.conflicts
    assert conflict.about == "Attack on the harbour: dates"
    assert conflict.values == (("4 May 2021", (1,)), ("5 May 2021", (2,)))


def test_confidence_is_the_expected_share_of_right_items(recorded: Snapshot) -> None:
    found = answer_from_records(recorded, "Which bombings did the Grey Front carry out?")
    assert found.confidence == pytest.approx(RIGHT * HEDGED)
    both = answer_from_records(recorded, "Which attacks did the Grey Front carry out?")
    assert both.confidence == pytest.approx((2 * RIGHT + RIGHT * HEDGED) / 3)


def test_an_operators_perpetrator_decides_whose_attack_it_is(
    recorded: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_at = datetime(2026, 1, 2, tzinfo=UTC)
    correction = Correction(1, CorrectionKind.SET, "Ada", made_at, field="perpetrators")
    decided = SetPerpetrator("red-band", "Red Band", Ladder.CLAIMED, correction)
    records = recorded.records
    attacks = [
        replace(attack, perpetrator_set=decided) if attack.id == "harbour" else attack
        for attack in records.attacks
    ]
    changed = Records(
        records.actors, attacks, records.strategies, notes={}, register=recorded.names
    )
    monkeypatch.setattr(Snapshot, "records", property(lambda _: changed))
    by_band = answer_from_records(recorded, "Which attacks did the Red Band carry out in 2021?")
    assert [citation.answer for citation in by_band.citations] == [
        "attacked the harbour of Lorne",
        "attacked the harbour",
    ]
    by_front = answer_from_records(recorded, "Which attacks did the Grey Front carry out in 2021?")
    assert not by_front.citations


def test_a_count_counts_records_where_no_text_states_the_number(
    answerer: Answerer, recorded: Snapshot
) -> None:
    answer = answerer.ask(recorded, "How many attacks did the Red Band carry out in 2022?")
    assert [citation.answer for citation in answer.citations] == ["attacked the mill"]
    assert "counted: 1" in answer.explanation


def test_a_number_that_the_text_states_wins_over_a_count(recorded: Snapshot) -> None:
    question = "How many attacks did the Grey Front carry out?"
    assert answer_from_records(recorded, question).citations
    stated = answer_from_records(recorded, question, stated=True)
    assert stated.citations == ()
    assert "not counted" in stated.explanations[0]


def test_who_led_a_group_is_answered_with_the_name(answerer: Answerer, recorded: Snapshot) -> None:
    answer = answerer.ask(recorded, "Who led the Grey Front?")
    assert answer.answer == "Omar Selim"
    assert answer.citations[0].quote == "Omar Selim led the Grey Front from the start."


def test_who_leads_a_group_now_is_nobody_dead_or_former(
    recorded: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, ever = "Who leads the Grey Front?", "Who led the Grey Front?"
    asked = answer_from_records(recorded, now)
    assert [citation.answer for citation in asked.citations] == ["Omar Selim"]
    assert "neither former nor told dead" in asked.explanations[-1]
    records = recorded.records
    (selim,) = (actor for actor in records.actors if actor.name == "Omar Selim")
    (led,) = (relation.evidence[0] for relation in selim.relations)
    front = selim.relations[0].other
    once = CHRONICLE.index("leader of the")
    title = Evidence(led.document_id, once, once + len("leader of the Grey Front"))
    until = Dated("until 2020", Precision.YEAR, date(2020, 1, 1), date(2020, 12, 31), led)
    for changed, leads in (
        (replace(selim, roles=(HeldRole("leader", front, led),)), True),
        (replace(selim, roles=(HeldRole("leader", "red-band", led, until=until),)), True),
        (replace(selim, roles=(HeldRole("leader", front, led, until=until),)), False),
        (replace(selim, roles=(HeldRole("former leader", front, led),)), False),
        (replace(selim, roles=(HeldRole("leader of the Grey Front", front, title),)), False),
        (replace(selim, deaths=(led,)), False),
    ):
        others = [actor for actor in records.actors if actor is not selim]
        told = Records(
            [*others, changed],
            records.attacks,
            records.strategies,
            notes={},
            register=recorded.names,
        )
        monkeypatch.setattr(Snapshot, "records", property(lambda _, told=told: told))
        assert bool(answer_from_records(recorded, now).citations) == leads
        assert answer_from_records(recorded, ever).citations


def test_filters_keep_items_out(recorded: Snapshot) -> None:
    (letter,) = (info.id for info in recorded.documents() if info.title == "A letter from Lorne")
    filters = Filters(document=(letter,))
    found = answer_from_records(recorded, "Which attacks did the Grey Front carry out?", filters)
    assert [citation.document.id for citation in found.citations] == [letter]
    assert answer_from_records(recorded, "Who led the Grey Front?", filters).citations == ()


@pytest.mark.parametrize(
    "question",
    [
        "Why did the Grey Front attack the harbour?",
        "Which attacks did the Grey Front carry out in 1999?",
        "Which attacks did the Grey Front carry out in Atlantis?",
    ],
)
def test_what_records_do_not_hold_is_left_to_the_sentences(
    recorded: Snapshot, question: str
) -> None:
    assert answer_from_records(recorded, question).citations == ()


def test_accounts_that_differ_on_what_is_asked_are_each_given_even_in_other_documents(
    answerer: Answerer, recorded: Snapshot
) -> None:
    answer = answerer.ask(recorded, "When did the Grey Front attack the harbour of Lorne?")
    (conflict,) = answer.conflicts
    assert {value for value, _ in conflict.values} == {"4 May 2021", "5 May 2021"}
    quotes = {citation.number: citation.quote for citation in answer.citations}
    for value, numbers in conflict.values:
        assert all(value in quotes[number] for number in numbers)


def test_an_undisputed_answer_has_no_conflict(answerer: Answerer, recorded: Snapshot) -> None:
    answer = answerer.ask(recorded, "When did the Red Band attack the mill?")
    assert answer.answer == "9 June 2022"
    assert answer.conflicts == ()
