"""Every expected number here is counted by hand on a world of bears and wolves."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analysis.collection import (
    Actor,
    Assertion,
    Attack,
    AttributedTo,
    Dated,
    FieldValue,
    NameUse,
    Records,
    RelatedActor,
    Strategy,
    Told,
)
from analysis.collection import Evidence as Words
from analysis.names import NameRegister
from analysis.records import (
    Account,
    ActorKind,
    Asserter,
    AttackKind,
    Ladder,
    Precision,
    RelationKind,
    Span,
    StrategyKind,
)
from eval.gold import Evidence
from eval.records import (
    Found,
    FoundActor,
    FoundAttack,
    FoundDate,
    FoundMention,
    FoundRelation,
    FoundStrategy,
    found_in,
    is_date_right,
    score_records,
)
from eval.records_gold import (
    GoldAccount,
    GoldActor,
    GoldAsserter,
    GoldAttack,
    GoldDate,
    GoldKind,
    GoldMention,
    GoldPerpetrator,
    GoldPrecision,
    GoldRelation,
    GoldStrategy,
    Inventory,
    RecordsError,
    read_inventory,
)

DOC = "d" * 64
OTHER = "e" * 64
DAY, MONTH = GoldPrecision.DAY, GoldPrecision.MONTH


def at(start: int, length: int = 5, document: str = DOC) -> Evidence:
    return Evidence(document, start, start + length)


def named(form: str, *starts: int, **more: Any) -> list[GoldMention]:
    return [GoldMention(at(start), form, **more) for start in starts]


def labelled(id: str, *mentions: list[GoldMention], **more: Any) -> GoldActor:
    flat = tuple(mention for group in mentions for mention in group)
    return GoldActor(id, GoldKind.GROUP, id, flat, **more)


def has(id: str, *names: tuple[str, int]) -> FoundActor:
    return FoundActor(id, tuple(FoundMention(at(start), form) for form, start in names))


def shares(
    inventory: Inventory, found: Found, regions: Sequence[tuple[int, int]] = ()
) -> dict[str, tuple[float, float]]:
    score = score_records(inventory, found, {DOC: regions, OTHER: ()})
    return {name: (share.hits, share.total) for name, share in score.shares.items()}


# Bears are also called Ursids and Browns; wolves are Wolves.
WORLD = Inventory(
    (
        labelled("bear", named("Bears", 0, 10), named("Ursids", 20), named("Brown", 30)),
        labelled("wolf", named("Wolves", 40), apart=("bear",)),
    ),
    (),
    (),
)
ALL = (("Bears", 0), ("Bears", 10), ("Ursids", 20), ("Brown", 30))


def test_everything_found_and_joined_rightly_is_perfect() -> None:
    found = shares(WORLD, Found((has("1", *ALL), has("2", ("Wolves", 40)))))
    assert found["mention precision"] == found["mention recall"] == (5, 5)
    # Three names of one actor are three pairs.
    assert found["join precision, names"] == found["join recall, names"] == (3, 3)
    assert found["join precision, mentions"] == found["join recall, mentions"] == (5, 5)
    assert found["kept apart"] == (1, 1)


def test_a_name_left_alone_costs_recall_only() -> None:
    found = shares(WORLD, Found((has("1", *ALL[:3]), has("3", ALL[3]), has("2", ("Wolves", 40)))))
    assert found["join precision, names"] == (1, 1)
    assert found["join recall, names"] == (1, 3)
    # Of the bear's four mentions three have three of four, one has one; the wolf's is whole.
    assert found["join recall, mentions"] == (3 * 3 / 4 + 1 / 4 + 1, 5)
    assert found["join precision, mentions"] == (5, 5)


def test_a_wrong_join_costs_precision_and_breaks_apart() -> None:
    found = shares(WORLD, Found((has("1", *ALL, ("Wolves", 40)),)))
    assert found["join precision, names"] == (3, 6)
    assert found["join recall, names"] == (3, 3)
    assert found["join precision, mentions"] == (16 / 5 + 1 / 5, 5)
    assert found["kept apart"] == (0, 1)


def test_a_name_that_is_none_costs_mention_precision_and_spoils_pairs() -> None:
    found = shares(WORLD, Found((has("1", *ALL, ("Trees", 60), ("Trees", 70)),)))
    assert found["mention precision"] == (4, 6)
    assert found["mention recall"] == (4, 5)
    assert found["join precision, names"] == (3, 6)


def test_names_are_the_same_mention_if_half_of_the_longer_is_shared() -> None:
    wolf = Inventory((labelled("wolf", named("Wolves", 40)),), (), ())
    near = Found((FoundActor("2", (FoundMention(at(38, 9), "a Wolves"),)),))
    far = Found((FoundActor("2", (FoundMention(at(20, 25), "the so called Wolves"),)),))
    assert shares(wolf, near)["mention recall"] == (1, 1)
    assert shares(wolf, far)["mention recall"] == (0, 1)
    assert shares(wolf, far)["mention precision"] == (0, 1)


def test_marked_regions_and_optional_actors_count_for_nobody() -> None:
    inventory = Inventory(
        (
            labelled("bear", named("Bears", 0), named("Bears", 10, asked=False)),
            labelled("press", named("Times", 50), optional=True),
        ),
        (),
        (),
    )
    found = Found((has("1", ("Bears", 0), ("Bears", 10), ("Trees", 12)), has("9", ("Times", 50))))
    result = shares(inventory, found, regions=[(10, 20)])
    assert result["mention precision"] == result["mention recall"] == (1, 1)


def test_a_name_of_either_of_two_counts_in_no_join() -> None:
    inventory = Inventory(
        (
            labelled("branch", named("Cubs", 0), named("Bears", 10, others=("bear",))),
            labelled("bear", named("Bears", 20)),
            labelled("wolf", named("Wolves", 40)),
        ),
        (),
        (),
    )
    ours = Found((has("1", ("Cubs", 0)), has("2", ("Bears", 10), ("Bears", 20))))
    strange = Found((has("2", ("Bears", 20)), has("3", ("Wolves", 40), ("Bears", 10))))
    assert shares(inventory, ours)["either-or names"] == (1, 1)
    assert shares(inventory, ours)["join precision, mentions"] == (2, 2)
    assert shares(inventory, strange)["either-or names"] == (0, 1)


@pytest.mark.parametrize("joined", [True, False])
def test_a_probable_join_is_accepted_either_way(joined: bool) -> None:
    inventory = Inventory(
        (
            labelled("omar", named("Omar K", 0), named("K", 10), probable=("umar",)),
            labelled("umar", named("Umar K", 20)),
        ),
        (),
        (),
    )
    one = has("1", ("Omar K", 0), ("K", 10), *([("Umar K", 20)] if joined else []))
    found = shares(inventory, Found((one, *([] if joined else [has("2", ("Umar K", 20))]))))
    assert found["join precision, names"] == found["join recall, names"] == (1, 1)
    assert found["join precision, mentions"] == (3, 3)


KIN = Inventory(
    (
        labelled(
            "bear",
            named("Bears", 0),
            relations=(GoldRelation("fights", ("wolf",)), GoldRelation("branch of", ("beast",))),
        ),
        labelled("wolf", named("Wolves", 40), relations=(GoldRelation("fights", ("bear",)),)),
        labelled("beast", named("Beasts", 50)),
        labelled("akela", named("Akela", 60), relations=(GoldRelation("member of", ("wolf",)),)),
        labelled("press", named("Times", 70), optional=True),
    ),
    (),
    (),
)


@pytest.mark.parametrize(
    ("relations", "precision", "recall"),
    [
        # Fighting goes both ways and is labelled twice: it is one of three.
        ([("fights", "1", "2"), ("branch of", "1", "3"), ("member of", "4", "2")], (3, 3), (3, 3)),
        ([("fights", "2", "1"), ("fights", "1", "2")], (1, 1), (1, 3)),
        ([("branch of", "3", "1")], (0, 1), (0, 3)),
        # Who is said to lead belongs, but was not labelled as leading.
        ([("leader of", "4", "2")], (0, 1), (1, 3)),
        ([("fights", "5", "1"), ("succeeds", "1", "2")], (0, 0), (0, 3)),
    ],
)
def test_relations_are_counted_between_actors_that_are_asked_for(
    relations: list[tuple[str, str, str]], precision: tuple[int, int], recall: tuple[int, int]
) -> None:
    actors = (
        has("1", ("Bears", 0)),
        has("2", ("Wolves", 40)),
        has("3", ("Beasts", 50)),
        has("4", ("Akela", 60)),
        has("5", ("Times", 70)),
    )
    found = Found(actors, relations=tuple(FoundRelation(*each) for each in relations))
    result = shares(KIN, found)
    assert result["relation precision"] == precision
    assert result["relation recall"] == recall


def gold_date(first: str, precision: GoldPrecision = DAY, **more: Any) -> GoldDate:
    start = date.fromisoformat(first)
    end = start if precision is DAY else date(start.year, start.month, 28)
    return GoldDate(precision, start, end, **more)


def found_date(first: str, precision: GoldPrecision = DAY) -> FoundDate:
    start = date.fromisoformat(first)
    end = start if precision is DAY else date(start.year, start.month, 28)
    return FoundDate(first, precision, start, end)


FEBRUARY = gold_date("2023-02-01", MONTH)
UNKNOWN = GoldDate(GoldPrecision.UNKNOWN)


@pytest.mark.parametrize(
    ("gold", "found", "right"),
    [
        ([gold_date("2023-02-14")], [found_date("2023-02-14")], True),
        ([gold_date("2023-02-14")], [found_date("2023-02-15")], False),
        ([gold_date("2023-02-14")], [], False),
        # A month is neither enough for a day nor a contradiction of it.
        ([gold_date("2023-02-14")], [found_date("2023-02-01", MONTH)], False),
        (
            [gold_date("2023-02-14")],
            [found_date("2023-02-14"), found_date("2023-02-01", MONTH)],
            True,
        ),
        ([gold_date("2023-02-14")], [found_date("2023-02-14"), found_date("2023-02-27")], False),
        (
            [gold_date("2023-02-14"), gold_date("2023-02-27")],
            [found_date("2023-02-14"), found_date("2023-02-27")],
            True,
        ),
        ([FEBRUARY], [found_date("2023-02-01", MONTH)], True),
        ([FEBRUARY], [found_date("2023-02-14")], False),
        ([UNKNOWN], [], True),
        ([UNKNOWN], [FoundDate("last year", GoldPrecision.UNKNOWN)], True),
        ([UNKNOWN], [found_date("2023-02-14")], False),
        (
            [gold_date("2021-09-05", year_stated=False)],
            [FoundDate("September 5", GoldPrecision.UNKNOWN)],
            True,
        ),
        (
            [gold_date("2021-09-05", year_stated=False)],
            [FoundDate("September 15", GoldPrecision.UNKNOWN)],
            False,
        ),
        ([gold_date("2021-09-05")], [FoundDate("September 5", GoldPrecision.UNKNOWN)], False),
    ],
)
def test_a_date_is_right_at_its_precision(
    gold: list[GoldDate], found: list[FoundDate], right: bool
) -> None:
    assert is_date_right(gold, found) is right


RAID = GoldAttack(
    "raid",
    "Raid",
    (gold_date("2023-03-08"),),
    ("Herat",),
    (GoldPerpetrator(("bear",), "claimed"),),
    (
        GoldAccount((at(100, 50),), ("claimed",)),
        GoldAccount((at(0, 40, OTHER),)),
    ),
    differ=("killed",),
)
LATER = replace(
    RAID,
    id="later",
    dates=(gold_date("2023-03-09"),),
    accounts=(GoldAccount((at(120, 50),)),),
    differ=(),
)
MANY = replace(RAID, id="many", accounts=(GoldAccount((at(300, 50),)),), asked=False)
EVENTS = Inventory(WORLD.actors, (RAID, LATER, MANY), ())
ACTORS = (has("1", *ALL), has("2", ("Wolves", 40)))


def told(
    id: str, start: int, *dates: str, by: str | None = "1", ladder: str = "claimed", **more: Any
) -> FoundAttack:
    return FoundAttack(
        id,
        (at(start, 40),),
        tuple(map(found_date, dates)),
        () if by is None else ((by, ladder),),
        **more,
    )


def test_an_attack_needs_its_date_and_its_perpetrator() -> None:
    right = told("a", 100, "2023-03-08")
    wrong_day = told("b", 130, "2023-03-10")
    assert shares(EVENTS, Found(ACTORS, (right, wrong_day)))["attack precision"] == (1, 2)
    by_wolves = replace(wrong_day, perpetrators=(("2", "claimed"),), dates=())
    found = shares(EVENTS, Found(ACTORS, (right, by_wolves)))
    assert found["attack recall"] == (1, 2)
    assert found["attacks found"] == (2, 2)
    assert found["attacks' dates"] == found["attacks' perpetrators"] == (1, 2)


def test_events_in_the_same_words_are_told_apart_by_their_date() -> None:
    # Both accounts overlap both events; the order in which they come must not matter.
    one, other = told("a", 122, "2023-03-08"), told("b", 108, "2023-03-09")
    for attacks in ((one, other), (other, one)):
        assert shares(EVENTS, Found(ACTORS, attacks))["attack recall"] == (2, 2)


def test_an_event_told_twice_is_right_once() -> None:
    twice = (told("a", 100, "2023-03-08"), told("b", 102, "2023-03-08"))
    only = Inventory(WORLD.actors, (RAID,), ())
    score = score_records(only, Found(ACTORS, twice), {DOC: (), OTHER: ()})
    assert score.shares["attack precision"].total == 2
    assert score.shares["attack precision"].hits == 1
    assert "attack told twice" in {finding.what for finding in score.findings}


def test_accounts_of_several_documents_are_counted_with_flagged_differences() -> None:
    both = replace(
        told("a", 100, "2023-03-08", differing=("killed",)),
        accounts=(at(100, 40), at(0, 40, OTHER)),
    )
    found = shares(EVENTS, Found(ACTORS, (both,)))
    assert found["accounts joined"] == (2, 3)
    assert found["differences flagged"] == (1, 1)
    assert found["attribution rungs"] == (1, 1)
    stated = replace(both, perpetrators=(("1", "stated"),))
    assert shares(EVENTS, Found(ACTORS, (stated,)))["attribution rungs"] == (0, 1)


def test_a_series_is_neither_asked_for_nor_held_against_anybody() -> None:
    series = told("m", 305)
    nowhere = told("n", 800, "2023-03-08")
    assert shares(EVENTS, Found(ACTORS, (series,)))["attack precision"] == (0, 0)
    assert shares(EVENTS, Found(ACTORS, (nowhere,)))["attack precision"] == (0, 1)


def test_nobody_is_right_only_where_nobody_is_named() -> None:
    nobody = told("a", 100, "2023-03-08", by=None)
    unnamed = replace(RAID, perpetrators=(GoldPerpetrator((None,), "unknown"),))
    for event, right in ((RAID, 0), (unnamed, 1)):
        only = Inventory(WORLD.actors, (event,), ())
        assert shares(only, Found(ACTORS, (nobody,)))["attack recall"] == (right, 1)


def statement(id: str, start: int, **more: Any) -> GoldStrategy:
    fields = {"asserters": (GoldAsserter.AUTHOR,), **more}
    return GoldStrategy(id, at(start, 40), ("bear",), theme="honey", kind="purpose", **fields)


AIMS = Inventory(
    WORLD.actors,
    (),
    (
        statement("s1", 100),
        statement("s2", 200, asserters=(GoldAsserter.SOURCE,)),
        statement("s3", 300, asked=False),
    ),
)


def says(
    start: int, actor: str = "1", asserter: GoldAsserter = GoldAsserter.AUTHOR, length: int = 40
) -> FoundStrategy:
    return FoundStrategy(at(start, length), actor, asserter)


@pytest.mark.parametrize(
    ("found", "precision", "recall"),
    [
        ((says(100), says(200)), (2, 2), (2, 2)),
        ((says(100, actor="2"),), (0, 1), (0, 2)),
        ((says(100, asserter=GoldAsserter.GROUP),), (0, 1), (0, 2)),
        # A clause of the sentence is the sentence; two clauses of it are one.
        ((says(110, length=10),), (1, 1), (1, 2)),
        ((says(105, length=10), says(120, length=10)), (1, 1), (1, 2)),
        ((says(135),), (0, 1), (0, 2)),
        ((says(300), says(300, actor="2")), (0, 0), (0, 2)),
        ((says(100), says(100)), (1, 1), (1, 2)),
    ],
)
def test_a_strategy_needs_its_words_its_actor_and_its_asserter(
    found: tuple[FoundStrategy, ...], precision: tuple[int, int], recall: tuple[int, int]
) -> None:
    result = shares(AIMS, Found(ACTORS, (), found))
    assert result["strategy precision"] == precision
    assert result["strategy recall"] == recall


def test_a_document_that_is_not_in_the_collection_is_named() -> None:
    with pytest.raises(RecordsError, match=f"no document {DOC}; ingest it"):
        score_records(WORLD, Found(), {})


def test_nothing_found_has_no_precision_and_recall_zero() -> None:
    score = score_records(WORLD, Found(), {DOC: ()})
    assert score.shares["mention precision"].value is None
    assert score.shares["mention recall"].value == 0.0


def test_records_of_a_collection_become_what_is_scored() -> None:
    account = Account(AttackKind.RAID, Span(3, 7), Span(0, 30))
    records = Records(
        [
            Actor(
                "a1",
                "Bears",
                ActorKind.GROUP,
                (NameUse("Bears", (Words(DOC, 0, 5),)),),
                relations=(
                    RelatedActor(RelationKind.FIGHTS, "a2", False, ()),
                    RelatedActor(RelationKind.LEADER_OF, "a3", True, ()),
                ),
            )
        ],
        [
            Attack(
                "x1",
                "Raid",
                AttackKind.RAID,
                (Told(DOC, "title", None, None, account, account.span),),
                dates=(
                    Dated(
                        "8 March",
                        Precision.DAY,
                        date(2023, 3, 8),
                        date(2023, 3, 8),
                        Words(DOC, 9, 12),
                    ),
                    Dated("then", Precision.UNRESOLVED, None, None, Words(DOC, 13, 17)),
                ),
                perpetrators=(
                    AttributedTo("a1", "Bears", Ladder.CLAIMED, Words(DOC, 0, 5)),
                    AttributedTo("a2", "Wolves", Ladder.DENIED, Words(DOC, 6, 9)),
                ),
                places=(FieldValue("Herat", (Words(DOC, 18, 23),)),),
                differing=("dates",),
            )
        ],
        [
            Strategy(
                "t1",
                "honey",
                "a1",
                (
                    Assertion(
                        StrategyKind.PURPOSE,
                        Asserter.OFFICIAL,
                        "a2",
                        Words(DOC, 0, 30),
                        None,
                        None,
                    ),
                ),
            )
        ],
        notes={},
        register=NameRegister([]),
    )
    assert found_in(records) == Found(
        (FoundActor("a1", (FoundMention(at(0), "Bears"),)),),
        (
            FoundAttack(
                "x1",
                (at(0, 30),),
                (
                    FoundDate("8 March", DAY, date(2023, 3, 8), date(2023, 3, 8)),
                    FoundDate("then", GoldPrecision.UNKNOWN),
                ),
                (("a1", "claimed"),),
                ("Herat",),
                ("dates",),
            ),
        ),
        (FoundStrategy(at(0, 30), "a1", GoldAsserter.OFFICIAL, "honey"),),
        (FoundRelation("fights", "a1", "a2"), FoundRelation("leader of", "a3", "a1")),
    )


@pytest.mark.parametrize("prefix", ["", "samples-"])
def test_each_inventory_scored_by_itself_is_perfect(prefix: str) -> None:
    folder = Path(__file__).parents[2] / "eval" / "gold" / "records"
    inventory = read_inventory(folder, prefix)
    found = Found(
        tuple(
            FoundActor(
                actor.id,
                tuple(FoundMention(mention.place, mention.form) for mention in actor.mentions),
            )
            for actor in inventory.actors
        ),
        tuple(
            FoundAttack(
                attack.id,
                tuple(span for account in attack.accounts for span in account.spans),
                tuple(FoundDate("", d.precision, d.first, d.last) for d in attack.dates),
                tuple((by.actors[0], by.attribution) for by in attack.perpetrators),
                attack.places,
                attack.differ,
            )
            for attack in inventory.attacks
        ),
        tuple(
            FoundStrategy(
                each.place,
                each.actors[0],
                GoldAsserter.AUTHOR
                if each.asserters[0] is GoldAsserter.SOURCE
                else each.asserters[0],
            )
            for each in inventory.strategies
        ),
        tuple(
            FoundRelation(each.kind, actor.id, each.others[0])
            for actor in inventory.actors
            for each in actor.relations
        ),
    )
    score = score_records(inventory, found, dict.fromkeys(inventory.documents, ()))
    assert score.findings == ()
    worst = Counter({name: share.value or 0.0 for name, share in score.shares.items()})
    del worst["attribution rungs"]  # "reported" is labelled, and is no rung
    assert min(worst.values()) == 1.0
