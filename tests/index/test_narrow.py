"""Filters by actor, attack, strategy and event period let the right passages through."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import index.snapshot
from analysis.collection import (
    Actor,
    Assertion,
    Attack,
    AttributedTo,
    Dated,
    Evidence,
    NameUse,
    Records,
    Strategy,
    Told,
)
from analysis.names import NameRegister
from analysis.records import (
    Account,
    ActorKind,
    Asserter,
    AttackKind,
    Ladder,
    Precision,
    Span,
    StrategyKind,
)
from index.catalogue import Catalogue
from index.ingestion import ingest
from index.search import Filters, QueryError
from index.snapshot import Snapshot
from index.store import Store

PADDING = " ".join(f"Sentence {n} of this paragraph is about winter only." for n in range(20))
NOTE = (
    "A note on the Heron Front\n\n"
    f"The Heron Front was founded in spring. {PADDING}\n\n"
    f"In May 2021 the group bombed the market in an attack. {PADDING}\n\n"
    f"An attack on the river in March 2022 is laid on the Otter League. {PADDING}\n\n"
    f"The group wants to frighten traders. {PADDING}\n"
)
LETTER = f"A letter\n\nThe Herons are named here, too, after an attack. {PADDING}\n"


def place(document_id: str, text: str, words: str) -> Evidence:
    start = text.index(words)
    return Evidence(document_id, start, start + len(words))


def told(where: Evidence, kind: AttackKind = AttackKind.BOMBING) -> Told:
    span = Span(where.start, where.end)
    return Told(where.document_id, "A note", None, None, Account(kind, span, span), span)


def make_records(catalogue: Catalogue, register: NameRegister) -> Records:
    ids = {info.title: info.id for info in catalogue.documents()}
    note, letter = ids["A note on the Heron Front"], ids["A letter"]
    bombing = place(note, NOTE, "In May 2021 the group bombed the market")
    on_river = place(note, NOTE, "An attack on the river in March 2022")
    aim = place(note, NOTE, "The group wants to frighten traders")
    herons = Actor(
        "heron-front",
        "Heron Front",
        ActorKind.GROUP,
        (
            NameUse("Heron Front", (place(note, NOTE, "The Heron Front was"),)),
            NameUse("Herons", (place(letter, LETTER, "Herons"),)),
        ),
    )
    otters = Actor(
        "otter-league",
        "Otter League",
        ActorKind.GROUP,
        (NameUse("Otter League", (place(note, NOTE, "Otter League"),)),),
    )
    attacks = (
        Attack(
            "market-2021",
            "Bombing of the market",
            AttackKind.BOMBING,
            (told(bombing),),
            dates=(
                Dated("May 2021", Precision.MONTH, date(2021, 5, 1), date(2021, 5, 31), bombing),
            ),
            perpetrators=(AttributedTo("heron-front", "the group", Ladder.STATED, bombing),),
            actors=("heron-front",),
        ),
        Attack(
            "river",
            "Attack on the river",
            AttackKind.BOMBING,
            (told(on_river),),
            dates=(
                Dated("March 2022", Precision.MONTH, date(2022, 3, 1), date(2022, 3, 31), on_river),
            ),
            actors=("otter-league",),
        ),
        Attack(
            "old", "An undated attack", AttackKind.BOMBING, (told(place(note, NOTE, "winter")),)
        ),
    )
    strategies = (
        Strategy(
            "heron-front-fear",
            "spreading fear",
            "heron-front",
            (Assertion(StrategyKind.PURPOSE, Asserter.AUTHOR, None, aim, None, None),),
        ),
    )
    return Records((herons, otters), attacks, strategies, notes={}, register=register)


@pytest.fixture
def with_records(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Snapshot]:
    """A store of two reports whose records were made by hand."""
    monkeypatch.setattr(index.snapshot, "build_records", make_records)
    for name, text in (("note", NOTE), ("letter", LETTER)):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    ingest(store, [tmp_path / "note.txt", tmp_path / "letter.txt"])
    return store.snapshot


def found(snapshot: Snapshot, filters: Filters) -> set[str]:
    """Return which of the telling words the passages hold that `filters` let through."""
    telling = ("founded", "bombed", "river", "frighten", "named here")
    texts = [hit.passage.text for hit in snapshot.search("attack", 100, filters)]
    assert all(any(word in text for word in telling) for text in texts)
    return {word for word in telling for text in texts if word in text}


def test_an_actor_lets_through_what_names_it_and_what_tells_of_it_by_another_word(
    with_records: Callable[[], Snapshot],
) -> None:
    with with_records() as snapshot:
        expected = {"founded", "bombed", "frighten", "named here"}
        assert found(snapshot, Filters(actor=("heron-front",))) == expected
        assert found(snapshot, Filters(actor=("otter-league",))) == {"river"}
        both = Filters(actor=("heron-front", "otter-league"))
        assert found(snapshot, both) == expected | {"river"}


def test_a_name_is_matched_and_the_explanation_says_as_what_and_why(
    with_records: Callable[[], Snapshot],
) -> None:
    with with_records() as snapshot:
        by_name = Filters(actor=("herons",))
        assert found(snapshot, by_name) == found(snapshot, Filters(actor=("heron-front",)))
        assert snapshot.explain(by_name) == (
            "Matched ‘herons’ as Heron Front because the documents call it ‘Herons’.",
            "Kept to what names Heron Front or tells of it: 4 passages.",
        )


def test_attack_and_strategy_let_through_the_passages_that_tell_them(
    with_records: Callable[[], Snapshot],
) -> None:
    with with_records() as snapshot:
        assert found(snapshot, Filters(attack=("market-2021",))) == {"bombed"}
        assert found(snapshot, Filters(attack=("attack on the RIVER",))) == {"river"}
        assert found(snapshot, Filters(strategy=("spreading fear",))) == {"frighten"}


def test_a_period_of_events_meets_the_dates_of_attacks_and_no_others(
    with_records: Callable[[], Snapshot],
) -> None:
    with with_records() as snapshot:
        assert found(snapshot, Filters(event_from=date(2021, 5, 31))) == {"bombed", "river"}
        assert found(snapshot, Filters(event_from=date(2021, 6, 1))) == {"river"}
        assert found(snapshot, Filters(event_to=date(2022, 2, 28))) == {"bombed"}
        day = Filters(event_from=date(2021, 5, 9), event_to=date(2021, 5, 9))
        assert found(snapshot, day) == {"bombed"}
        assert snapshot.explain(day) == (
            "Kept to what tells of one attack dated from 2021-05-09 to 2021-05-09 (when it "
            "happened, not when reports came out): 1 passage.",
            "1 of 3 attacks have no known date and are left out.",
        )


def test_filters_combine_and_an_empty_result_is_told_apart_in_words(
    with_records: Callable[[], Snapshot],
) -> None:
    with with_records() as snapshot:
        herons_2021 = Filters(actor=("heron-front",), event_from=date(2021, 1, 1))
        assert found(snapshot, herons_2021) == {"bombed"}
        apart = Filters(actor=("otter-league",), event_to=date(2021, 12, 31))
        assert snapshot.search("attack", 5, apart) == []
        assert "together, though each lets some through" in snapshot.explain(apart)[-1]
        nothing = Filters(event_from=date(1999, 1, 1), event_to=date(1999, 12, 31))
        assert snapshot.search("attack", 5, nothing) == []
        assert snapshot.explain(nothing)[0].startswith("No attack is dated from 1999-01-01")
        letter = next(info.id for info in snapshot.documents() if info.title == "A letter")
        outside = Filters(document=(letter,), attack=("river",))
        assert snapshot.search("attack", 5, outside) == []
        assert snapshot.explain(outside) == (
            "What tells of ‘Attack on the river’ stands in no passage of the documents that other "
            "filters leave.",
        )


def test_unknown_and_ambiguous_records_and_empty_periods_are_refused_with_what_is_known(
    with_records: Callable[[], Snapshot],
) -> None:
    with with_records() as snapshot:
        with pytest.raises(QueryError, match="unknown actor: 'Badgers'") as error:
            snapshot.search("attack", 5, Filters(actor=("Badgers",)))
        assert "Heron Front (heron-front)" in error.value.hint
        with pytest.raises(QueryError, match="unknown attack") as error:
            snapshot.search("attack", 5, Filters(attack=("bombing of the markt",)))
        assert error.value.hint.startswith("known are: Bombing of the market (market-2021)")
        with pytest.raises(QueryError, match="unknown strategy"):
            snapshot.search("attack", 5, Filters(strategy=("x",)))
        with pytest.raises(QueryError, match="period of events") as error:
            snapshot.search(
                "attack", 5, Filters(event_from=date(2022, 1, 1), event_to=date(2021, 1, 1))
            )
        assert "earlier" in error.value.hint


def test_no_filter_by_records_builds_no_records(
    store: Store, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(store, [reports])
    monkeypatch.delattr(index.snapshot, "build_records")
    with store.snapshot() as snapshot:
        assert snapshot.search("attack", 5, Filters(published_from=date(2020, 1, 1))) == []
        assert snapshot.explain(Filters(published_from=date(2020, 1, 1))) == (
            "No document passes the filters on documents together.",
        )
