"""How right the records are: actors' names joined, attacks and strategies found, each with P and R.

What is counted, over the documents of a hand-made inventory (`eval.records_gold`) alone:

- **Mentions.** A found name is a labelled one when the two share at least half of the longer. What
  stands in a marked region (a title, a caption, a footnote) is neither asked nor held against
  anybody, and so are names that are optional in the inventory.
- **Joins**, by names: each form of each actor is one thing, whatever number of times it is
  mentioned, and belongs to the found actor that has most of its mentions. Precision is the share of
  right pairs among the pairs of forms that one found actor has; recall the share of labelled pairs
  that one found actor has. A found form that is no labelled name at all makes wrong pairs, too.
- **Joins**, by mentions (B-cubed): the same for each mention in turn, averaged, so that an actor
  with one name only counts as well; a mention that was not found has recall 0.
- A mention that may name two actors ("Daesh" for the parent or its branch) counts in no join; it is
  counted apart whether it went to one of the two. Probable joins are accepted either way.
- **Relations** between labelled actors, wherever they are said: who leads, belongs to, is a branch
  or brother of, was killed by, is allied with or fights whom. Leading a group is belonging to it.
- **Attacks.** Found and labelled events are matched one to one: an account must overlap; among
  those, the same date, perpetrator and place decide. An attack is right when date and perpetrator
  are: a found date equals a labelled one at the labelled precision, no other found date
  contradicts all labelled ones, and every actor that it is laid on is an accepted one. Series of
  attacks ("115 attacks") and what is optional are neither asked nor held against anybody.
- **Differences.** An event whose accounts differ is flagged where any field is; a flagged field is
  right where the inventory says that the accounts differ in it.
- **Strategies.** A found statement is right when it shares half of the shorter with a labelled one
  and has its actor and its kind of asserter; matched one to one. An expert's reading is `source` in
  the inventory and the author's in the records, which know three kinds.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from typing import TypeVar

import numpy as np
from scipy.optimize import linear_sum_assignment

from analysis.collection import Attack, Records
from analysis.records import Asserter, Ladder, Precision
from eval.gold import Evidence
from eval.records_gold import (
    GoldActor,
    GoldAsserter,
    GoldAttack,
    GoldDate,
    GoldMention,
    GoldPrecision,
    GoldStrategy,
    Inventory,
    RecordsError,
)

MENTION_OVERLAP = 0.5
"""Share of the longer of two names that they must have in common to be one mention."""
STATEMENT_OVERLAP = 0.5
"""Share of the shorter of two statements that they must have in common to be one."""


@dataclass(frozen=True, slots=True)
class FoundMention:
    """A name as a system has it."""

    place: Evidence
    form: str


@dataclass(frozen=True, slots=True)
class FoundActor:
    """An actor as a system has it: every name where it stands."""

    id: str
    mentions: tuple[FoundMention, ...]


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date as a system has it; without days where it could not be resolved."""

    text: str
    precision: GoldPrecision
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class FoundAttack:
    """An event as a system has it."""

    id: str
    accounts: tuple[Evidence, ...]
    dates: tuple[FoundDate, ...] = ()
    perpetrators: tuple[tuple[str | None, str], ...] = ()
    """Who did it (None: nobody by name) and how it is laid on them, denials left out."""
    places: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundStrategy:
    """A statement of strategy as a system has it."""

    place: Evidence
    actor: str
    asserter: GoldAsserter
    theme: str = ""


@dataclass(frozen=True, slots=True)
class FoundRelation:
    """That one found actor stands in a relation to another."""

    kind: str
    subject: str
    object: str


@dataclass(frozen=True, slots=True)
class Found:
    """All records of a system."""

    actors: tuple[FoundActor, ...] = ()
    attacks: tuple[FoundAttack, ...] = ()
    strategies: tuple[FoundStrategy, ...] = ()
    relations: tuple[FoundRelation, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """So many out of so many; 0 out of 0 is no value."""

    hits: float
    total: float

    @property
    def value(self) -> float | None:
        """The share, or None where nothing was counted."""
        return self.hits / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, to be read: what, and where in the documents."""

    what: str
    label: str
    """The labelled record's id, or the found one's where none fits."""
    place: Evidence | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RecordsScore:
    """Every share by name, and all that is wrong."""

    shares: Mapping[str, Share]
    findings: tuple[Finding, ...]


def found_in(records: Records) -> Found:
    """Return the records of a collection as they are scored."""
    return Found(
        actors=tuple(
            FoundActor(
                actor.id,
                tuple(
                    FoundMention(Evidence(place.document_id, place.start, place.end), name.text)
                    for name in actor.names
                    for place in name.evidence
                ),
            )
            for actor in records.actors
        ),
        attacks=tuple(_found_attack(attack) for attack in records.attacks),
        strategies=tuple(
            FoundStrategy(
                Evidence(each.evidence.document_id, each.evidence.start, each.evidence.end),
                strategy.actor,
                _ASSERTERS[each.asserter],
                strategy.theme,
            )
            for strategy in records.strategies
            for each in strategy.assertions
        ),
        relations=tuple(
            FoundRelation(related.kind.value, related.other, actor.id)
            if related.inverse
            else FoundRelation(related.kind.value, actor.id, related.other)
            for actor in records.actors
            for related in actor.relations
        ),
    )


def _found_attack(attack: Attack) -> FoundAttack:
    return FoundAttack(
        id=attack.id,
        accounts=tuple(
            Evidence(place.document_id, place.start, place.end) for place in attack.evidence
        ),
        dates=tuple(
            FoundDate(each.text, _PRECISIONS[each.precision], each.first, each.last)
            for each in attack.dates
        ),
        perpetrators=tuple(
            (each.actor, each.ladder.value)
            for each in attack.perpetrators
            if each.ladder is not Ladder.DENIED
        ),
        places=tuple(each.value for each in attack.places),
        differing=attack.differing,
    )


_PRECISIONS = {
    Precision.DAY: GoldPrecision.DAY,
    Precision.MONTH: GoldPrecision.MONTH,
    Precision.YEAR: GoldPrecision.YEAR,
    Precision.RANGE: GoldPrecision.RANGE,
    Precision.UNRESOLVED: GoldPrecision.UNKNOWN,
}
_ASSERTERS = {
    Asserter.AUTHOR: GoldAsserter.AUTHOR,
    Asserter.GROUP: GoldAsserter.GROUP,
    Asserter.OFFICIAL: GoldAsserter.OFFICIAL,
}


def score_records(
    inventory: Inventory, found: Found, regions: Mapping[str, Sequence[tuple[int, int]]]
) -> RecordsScore:
    """Return how right `found` is; `regions` are the marked stretches of each document.

    Raises RecordsError where `regions` lacks a document of the inventory, for then it was not read.
    """
    missing = inventory.documents - regions.keys()
    if missing:
        raise RecordsError(
            [f"the collection has no document {name}; ingest it" for name in sorted(missing)]
        )
    found = _within(found, inventory.documents, regions)
    findings: list[Finding] = []
    actors, actor_of = _score_actors(inventory.actors, found.actors, findings)
    shares = (
        actors
        | _score_relations(inventory.actors, found.relations, actor_of, findings)
        | _score_attacks(inventory.attacks, found.attacks, actor_of, findings)
        | _score_strategies(inventory.strategies, found.strategies, actor_of, findings)
    )
    return RecordsScore(shares, tuple(findings))


def _within(
    found: Found, documents: Iterable[str], regions: Mapping[str, Sequence[tuple[int, int]]]
) -> Found:
    """Return what is in the author's own text of these documents."""
    wanted = set(documents)

    def counts(place: Evidence) -> bool:
        return place.document in wanted and not any(
            start < place.end and place.start < end for start, end in regions[place.document]
        )

    actors = (
        replace(actor, mentions=tuple(each for each in actor.mentions if counts(each.place)))
        for actor in found.actors
    )
    attacks = (
        replace(attack, accounts=tuple(filter(counts, attack.accounts))) for attack in found.attacks
    )
    return Found(
        tuple(actor for actor in actors if actor.mentions),
        tuple(attack for attack in attacks if attack.accounts),
        tuple(each for each in found.strategies if counts(each.place)),
        found.relations,
    )


def _common(one: Evidence, other: Evidence) -> int:
    if one.document != other.document:
        return 0
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def _length(place: Evidence) -> int:
    return place.end - place.start


_Left = TypeVar("_Left")
_Right = TypeVar("_Right")


def _match(
    left: Sequence[_Left], right: Sequence[_Right], weight: Callable[[_Left, _Right], float]
) -> list[tuple[int, int]]:
    """Return the one-to-one pairs of greatest total weight (Kuhn-Munkres); weight 0 is no pair."""
    if not left or not right:
        return []
    weights = np.array([[weight(one, other) for other in right] for one in left])
    rows, columns = linear_sum_assignment(-weights)
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if weights[row, column] > 0
    ]


# Actors


_Labelled = Sequence[tuple[GoldActor, GoldMention]]


def _score_actors(
    actors: Sequence[GoldActor], found: Sequence[FoundActor], findings: list[Finding]
) -> tuple[dict[str, Share], dict[str, Counter[str]]]:
    """Return the shares, and for each found actor how often it is which labelled one."""
    owner_of, spurious = _align(actors, found)
    labelled = [(actor, mention) for actor in actors for mention in actor.mentions]
    asked = [
        (actor, mention) for actor, mention in labelled if mention.asked and not actor.optional
    ]
    clear = [(actor, mention) for actor, mention in asked if not mention.others]
    either = [
        (actor, mention) for actor, mention in asked if mention.others and mention.place in owner_of
    ]
    for actor, mention in asked:
        if mention.place not in owner_of:
            findings.append(Finding("name not found", actor.id, mention.place, mention.form))
    for owner, each in spurious:
        findings.append(Finding("no name", owner, each.place, each.form))
    hits = sum(mention.place in owner_of for _, mention in asked)

    actor_of: dict[str, Counter[str]] = defaultdict(Counter)
    for actor, mention in labelled:
        if mention.place in owner_of and not mention.others:
            actor_of[owner_of[mention.place]][actor.id] += 1
    for actor, mention in either:
        owner = owner_of[mention.place]
        if owner not in actor_of:
            actor_of[owner] = Counter([actor.id])
    right_either = sum(
        bool({_best(actor_of.get(owner_of[mention.place]))} & {actor.id, *mention.others})
        for actor, mention in either
    )

    probable = {frozenset((actor.id, other)) for actor in actors for other in actor.probable}
    shares = {
        "mention precision": Share(hits, hits + len(spurious)),
        "mention recall": Share(hits, len(asked)),
        **_by_names(clear, owner_of, spurious, probable, findings),
        **_by_mentions(clear, owner_of, probable),
        "either-or names": Share(right_either, len(either)),
        **_apart(actors, actor_of, findings),
    }
    return shares, dict(actor_of)


def _align(
    actors: Sequence[GoldActor], found: Sequence[FoundActor]
) -> tuple[dict[Evidence, str], list[tuple[str, FoundMention]]]:
    """Return which found actor has each labelled mention, and the found names that are none."""
    labelled: dict[str, list[Evidence]] = defaultdict(list)
    for actor in actors:
        for mention in actor.mentions:
            labelled[mention.place.document].append(mention.place)
    named: dict[str, list[tuple[str, FoundMention]]] = defaultdict(list)
    for each in found:
        for one in each.mentions:
            named[one.place.document].append((each.id, one))
    owner_of: dict[Evidence, str] = {}
    spurious = []
    for document, mentions in named.items():
        pairs = sorted(
            (
                (-_common(gold, one.place) / max(_length(gold), _length(one.place)), row, column)
                for row, gold in enumerate(labelled[document])
                for column, (_, one) in enumerate(mentions)
                if _common(gold, one.place)
            ),
        )
        used: set[int] = set()
        for share, row, column in pairs:
            gold = labelled[document][row]
            if -share >= MENTION_OVERLAP and gold not in owner_of and column not in used:
                owner_of[gold] = mentions[column][0]
                used.add(column)
        spurious += [each for column, each in enumerate(mentions) if column not in used]
    return owner_of, spurious


def _best(counts: Counter[str] | None) -> str | None:
    """Return the commonest, the first in order among equals."""
    if not counts:
        return None
    return min(counts, key=lambda name: (-counts[name], name))


def _by_names(
    clear: _Labelled,
    owner_of: Mapping[Evidence, str],
    spurious: Sequence[tuple[str, FoundMention]],
    probable: set[frozenset[str]],
    findings: list[Finding],
) -> dict[str, Share]:
    """Return precision and recall over pairs of names."""
    owners: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    place_of: dict[tuple[str, str], Evidence] = {}
    for actor, mention in clear:
        name = (actor.id, mention.form)
        place_of.setdefault(name, mention.place)
        owners[name].update([owner_of[mention.place]] if mention.place in owner_of else [])
    unit_owner = {name: _best(counts) for name, counts in owners.items()}
    labelled = right = joined = 0
    for one, other in combinations(sorted(unit_owner), 2):
        if frozenset((one[0], other[0])) in probable:
            continue
        same = unit_owner[one] is not None and unit_owner[one] == unit_owner[other]
        labelled += one[0] == other[0]
        right += same and one[0] == other[0]
        joined += same
        if same != (one[0] == other[0]):
            what = "wrongly joined" if same else "not joined"
            findings.append(Finding(what, one[0], place_of[one], f"{one[1]} / {other[1]}"))
    known = Counter(owner for owner in unit_owner.values() if owner is not None)
    strange = Counter(owner for owner, _ in {(owner, each.form) for owner, each in spurious})
    # A form that is no name makes a wrong pair with each other form of its actor.
    joined += sum(
        count * known[owner] + count * (count - 1) // 2
        for owner, count in strange.items()
        if known[owner]
    )
    return {
        "join precision, names": Share(right, joined),
        "join recall, names": Share(right, labelled),
    }


def _by_mentions(
    clear: _Labelled, owner_of: Mapping[Evidence, str], probable: set[frozenset[str]]
) -> dict[str, Share]:
    """Return B-cubed precision and recall over mentions (Bagga and Baldwin 1998)."""
    sizes = Counter(actor.id for actor, _ in clear)
    together: dict[str, Counter[str]] = defaultdict(Counter)
    for actor, mention in clear:
        if mention.place in owner_of:
            together[owner_of[mention.place]][actor.id] += 1
    precision = recall = 0.0
    for counts in together.values():
        for name, count in counts.items():
            strangers = sum(
                other_count
                for other, other_count in counts.items()
                if other != name and frozenset((name, other)) not in probable
            )
            precision += count * count / (count + strangers)
            recall += count * count / sizes[name]
    return {
        "join precision, mentions": Share(
            precision, sum(sum(counts.values()) for counts in together.values())
        ),
        "join recall, mentions": Share(recall, len(clear)),
    }


def _apart(
    actors: Sequence[GoldActor], actor_of: Mapping[str, Counter[str]], findings: list[Finding]
) -> dict[str, Share]:
    """Return how many pairs that must stay apart do, among those of which both were found."""
    owners: dict[str, Counter[str]] = defaultdict(Counter)
    for owner, counts in actor_of.items():
        for name, count in counts.items():
            owners[name][owner] += count
    pairs = {
        (min(actor.id, other), max(actor.id, other)) for actor in actors for other in actor.apart
    }
    both = sorted(pair for pair in pairs if owners[pair[0]] and owners[pair[1]])
    joined = [pair for pair in both if _best(owners[pair[0]]) == _best(owners[pair[1]])]
    for one, other in joined:
        findings.append(Finding("must stay apart", one, None, other))
    return {"kept apart": Share(len(both) - len(joined), len(both))}


_ActorOf = Mapping[str, Counter[str]]


def _score_relations(
    actors: Sequence[GoldActor],
    found: Sequence[FoundRelation],
    actor_of: _ActorOf,
    findings: list[Finding],
) -> dict[str, Share]:
    """Return precision and recall over relations between labelled actors that are asked for."""
    asked = {actor.id for actor in actors if not actor.optional}
    labelled = [
        [_ordered(each.kind, actor.id, other) for other in each.others]
        for actor in actors
        for each in actor.relations
        if each.kind in _RELATIONS and actor.id in asked and each.others[0] in asked
    ]
    labelled = list({tuple(each): each for each in labelled}.values())
    triples = {
        _ordered(each.kind, subject, target)
        for each in found
        if each.kind in _RELATIONS
        and (subject := _best(actor_of.get(each.subject))) in asked
        and (target := _best(actor_of.get(each.object))) in asked
        and subject is not None
        and target is not None
    }
    accepted = {triple for each in labelled for triple in each}
    # Whoever leads a group belongs to it.
    implied = {("member of", *rest) for kind, *rest in accepted if kind == "leader of"}
    right = [each for each in labelled if triples & {*each, *_leading(each)}]
    for each in labelled:
        if each not in right:
            kind, one, other = each[0]
            findings.append(Finding("relation not found", one, None, f"{kind} {other}"))
    wrong = sorted(triples - accepted - implied)
    for kind, one, other in wrong:
        findings.append(Finding("no relation", one, None, f"{kind} {other}"))
    return {
        "relation precision": Share(len(triples) - len(wrong), len(triples)),
        "relation recall": Share(len(right), len(labelled)),
    }


_Triple = tuple[str, str, str]
_RELATIONS = frozenset(
    {"leader of", "member of", "branch of", "brother of", "killed by", "allied with", "fights"}
)
_SYMMETRIC = frozenset({"brother of", "allied with", "fights"})


def _ordered(kind: str, one: str, other: str) -> _Triple:
    if kind in _SYMMETRIC and one > other:
        return kind, other, one
    return kind, one, other


def _leading(triples: Iterable[_Triple]) -> set[_Triple]:
    """Return the triples that say more than these: leading a group is belonging to it."""
    return {("leader of", one, other) for kind, one, other in triples if kind == "member of"}


def _score_attacks(
    attacks: Sequence[GoldAttack],
    found: Sequence[FoundAttack],
    actor_of: _ActorOf,
    findings: list[Finding],
) -> dict[str, Share]:
    pairs = _match(attacks, found, lambda one, other: _likeness(one, other, actor_of))
    matched = {column: attacks[row] for row, column in pairs}
    for attack in attacks:
        if attack.asked and attack not in matched.values():
            findings.append(Finding("attack not found", attack.id, attack.accounts[0].spans[0]))
    counted = right = dated = blamed = rungs = told = differing = flagged = 0
    fields = rightly = 0
    for column, each in enumerate(found):
        fit = matched.get(column)
        if fit is None:
            if not _is_optional(each, attacks):
                counted += 1
                again = any(_overlap(one, each) for one in attacks)
                what = "attack told twice" if again else "no attack"
                findings.append(Finding(what, each.id, each.accounts[0]))
            continue
        if not fit.asked:
            continue
        attack = fit
        counted += 1
        date_right = is_date_right(attack.dates, each.dates)
        by_right = is_perpetrator_right(attack, each, actor_of)
        dated += date_right
        blamed += by_right
        right += date_right and by_right
        if not date_right:
            given = ", ".join(one.text for one in each.dates) or "no date"
            findings.append(Finding("attack's date", attack.id, each.accounts[0], given))
        if not by_right:
            named = [
                _best(actor_of.get(one or "")) or one or "nobody" for one, _ in each.perpetrators
            ]
            given = ", ".join(named) or "nobody"
            findings.append(Finding("attack's perpetrator", attack.id, each.accounts[0], given))
        rungs += by_right and _is_rung_right(attack, each)
        documents = {account.document for account in attack.accounts}
        told += len(documents & {place.document for place in each.accounts})
        flagged += bool(each.differing) and bool(attack.differ)
        differ = {_field(name) for name in attack.differ}
        fields += len(each.differing)
        rightly += sum(_field(name) in differ for name in each.differing)
    asked = [attack for attack in attacks if attack.asked]
    accounts = sum(len({account.document for account in attack.accounts}) for attack in asked)
    differing = sum(bool(attack.differ) for attack in asked)
    matches = sum(attack.asked for attack in matched.values())
    return {
        "attack precision": Share(right, counted),
        "attack recall": Share(right, len(asked)),
        "attacks found": Share(matches, len(asked)),
        "attacks' dates": Share(dated, matches),
        "attacks' perpetrators": Share(blamed, matches),
        "attribution rungs": Share(rungs, blamed),
        "accounts joined": Share(told, accounts),
        "differences flagged": Share(flagged, differing),
        "differing fields right": Share(rightly, fields),
    }


def _field(name: str) -> str:
    """Return a field's name as the inventory has it: records name fields in the plural."""
    return name.removesuffix("s")


def _name(actor_of: _ActorOf, found: str | None) -> str:
    """Return the labelled actor that the found one is, else its own id, for a reader."""
    return "somebody without a name" if found is None else _best(actor_of.get(found)) or found


def _overlap(attack: GoldAttack, found: FoundAttack) -> float:
    """Return the largest share of a found account that lies where the event is told, 0 to 1."""
    return max(
        _common(span, place) / _length(place)
        for account in attack.accounts
        for span in account.spans
        for place in found.accounts
    )


def _likeness(attack: GoldAttack, found: FoundAttack, actor_of: _ActorOf) -> float:
    """Return 0 where no account overlaps; else more for each field that agrees.

    Right in full outweighs any agreement in part, and a labelled event that is asked for takes what
    fits it before a series does that is told in the same words.
    """
    overlap = _overlap(attack, found)
    if not overlap:
        return 0.0
    date_right = is_date_right(attack.dates, found.dates)
    by_right = is_perpetrator_right(attack, found, actor_of)
    words = {word for place in attack.places for word in _words(place)}
    placed = any(words & _words(place) for place in found.places)
    documents = {account.document for account in attack.accounts}
    told = sum(place.document in documents for place in found.accounts)
    return (
        overlap
        + 8 * (date_right and by_right)
        + 2 * date_right
        + by_right
        + placed
        + 0.5 * attack.asked
        + 0.1 * told
    )


def _is_optional(found: FoundAttack, attacks: Sequence[GoldAttack]) -> bool:
    """Tell whether every account of it lies in what is not asked for, and in nothing that is."""
    places = [
        [
            attack.asked
            for attack in attacks
            if any(
                _common(span, place) * 2 >= min(_length(span), _length(place))
                for account in attack.accounts
                for span in account.spans
            )
        ]
        for place in found.accounts
    ]
    return all(asked and not any(asked) for asked in places)


def is_date_right(labelled: Sequence[GoldDate], found: Sequence[FoundDate]) -> bool:
    """Tell whether a found date is a labelled one and no other contradicts all labelled ones.

    A date without days is right where no date is known or, by its words, where the document writes
    none but day and month. A wider date ("March 2023") contradicts no day in it.
    """
    resolved = [each for each in found if each.first is not None and each.last is not None]
    if not resolved:
        if any(each.precision is GoldPrecision.UNKNOWN for each in labelled):
            return True
        return any(
            _is_day_named(gold, each.text)
            for gold in labelled
            for each in found
            if not gold.year_stated
        )
    if not any(
        (each.precision, each.first, each.last) == (gold.precision, gold.first, gold.last)
        for gold in labelled
        for each in resolved
    ):
        return False
    return all(
        any(
            gold.first is not None
            and gold.last is not None
            and each.first <= gold.first
            and gold.last <= each.last
            for gold in labelled
        )
        for each in resolved
        if each.first is not None and each.last is not None
    )


_MONTHS = "January February March April May June July August September October November December"


def _is_day_named(gold: GoldDate, text: str) -> bool:
    if gold.first is None or gold.precision is not GoldPrecision.DAY:
        return False
    month = _MONTHS.split()[gold.first.month - 1]
    return bool(
        re.search(rf"\b{month[:3]}", text, re.IGNORECASE)
        and re.search(rf"\b0?{gold.first.day}(?!\d)", text)
    )


def is_perpetrator_right(attack: GoldAttack, found: FoundAttack, actor_of: _ActorOf) -> bool:
    """Tell whether everybody that it is laid on is an accepted actor, and somebody is.

    A perpetrator without a name ("the group") neither helps nor harms; nobody at all is right where
    the inventory accepts that nobody is named.
    """
    accepted = {actor for by in attack.perpetrators for actor in by.actors}
    named = {_best(actor_of.get(actor)) for actor, _ in found.perpetrators if actor is not None}
    return named <= accepted if named else None in accepted


def _is_rung_right(attack: GoldAttack, found: FoundAttack) -> bool:
    labelled = {by.attribution for by in attack.perpetrators} | {
        rung for account in attack.accounts for rung in account.attributions
    }
    told = {"stated" if rung in ("reported", "unknown") else rung for rung in labelled}
    return not found.perpetrators or bool(told & {rung for _, rung in found.perpetrators})


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def _score_strategies(
    strategies: Sequence[GoldStrategy],
    found: Sequence[FoundStrategy],
    actor_of: _ActorOf,
    findings: list[Finding],
) -> dict[str, Share]:
    # One sentence may be filed under several themes; it is one statement all the same.
    distinct = list({(each.place, each.actor, each.asserter): each for each in found}.values())

    def is_right(one: GoldStrategy, other: FoundStrategy) -> bool:
        return _best(actor_of.get(other.actor)) in one.actors and other.asserter in {
            _known_asserter(kind) for kind in one.asserters
        }

    def weight(one: GoldStrategy, other: FoundStrategy) -> float:
        share = _statement_overlap(one, other)
        return 0.0 if share == 0.0 else share + 4 * is_right(one, other) + one.asked

    pairs = _match(strategies, distinct, weight)
    matched = {column: strategies[row] for row, column in pairs}
    counted = right = whose = asserted = 0
    for column, each in enumerate(distinct):
        gold = matched.get(column)
        if gold is None:
            if any(
                _statement_overlap(one, each) and (not one.asked or is_right(one, each))
                for one in strategies
            ):
                continue
            counted += 1
            findings.append(Finding("no strategy", each.actor, each.place, each.theme))
            continue
        if not gold.asked:
            continue
        counted += 1
        right += is_right(gold, each)
        about = _best(actor_of.get(each.actor)) in gold.actors
        by = each.asserter in {_known_asserter(kind) for kind in gold.asserters}
        whose += about
        asserted += by
        if not about:
            given = _name(actor_of, each.actor)
            findings.append(Finding("strategy's actor", gold.id, each.place, given))
        if not by:
            findings.append(Finding("strategy's asserter", gold.id, each.place, each.asserter))
    asked = [strategy for strategy in strategies if strategy.asked]
    matches = [strategy for strategy in matched.values() if strategy.asked]
    for strategy in asked:
        if strategy not in matches:
            findings.append(
                Finding("strategy not found", strategy.id, strategy.place, strategy.theme)
            )
    return {
        "strategy precision": Share(right, counted),
        "strategy recall": Share(right, len(asked)),
        "strategies found": Share(len(matches), len(asked)),
        "strategies' actors": Share(whose, len(matches)),
        "strategies' asserters": Share(asserted, len(matches)),
    }


def _known_asserter(kind: GoldAsserter) -> GoldAsserter:
    return GoldAsserter.AUTHOR if kind is GoldAsserter.SOURCE else kind


def _statement_overlap(gold: GoldStrategy, found: FoundStrategy) -> float:
    common = _common(gold.place, found.place)
    share = common / min(_length(gold.place), _length(found.place))
    return share if share >= STATEMENT_OVERLAP else 0.0
