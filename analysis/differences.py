"""Differences: the fields in which accounts of one event cannot both be right.

What can be true together differs in nothing: 13 dead are more than ten, a month holds its days,
American soldiers are some of the people killed. A later account of the same source revises the
earlier one and does not disagree with it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from analysis.dates import same_time
from analysis.places import FACILITIES
from analysis.records import (
    Account,
    AttackKind,
    Casualties,
    Counted,
    Harm,
    Ladder,
    Outcome,
    When,
)
from analysis.terms import stem, words

HARMS = (Harm.KILLED, Harm.WOUNDED, Harm.ARRESTED, Harm.FREED)


@dataclass(frozen=True, slots=True)
class Charge:
    """That somebody lays an event on an actor, or that the actor denies it."""

    by: str
    """Who does; empty for the author."""
    actors: frozenset[str]
    """Ids of the actor and of the group that it is a branch of."""
    ladder: Ladder


@dataclass(frozen=True, slots=True)
class Given:
    """What one account gives, for comparison with others of its event."""

    document_id: str
    source: str | None
    published: date | None
    account: Account
    persons: frozenset[str]
    """Ids of the persons to whom it was done."""
    charges: tuple[Charge, ...] = ()
    """Presumptions left out."""
    hit_elsewhere: frozenset[str] = frozenset()
    """Ids of persons whom the document names as dead in another event, or beside this one as whom
    another event hit: whoever this account describes is somebody else."""


def revisions(accounts: Sequence[Given]) -> Mapping[int, str]:
    """Return which accounts, by place, revise an earlier document of their source, and which.

    `accounts` are in order of publication.
    """
    found = {}
    for at, later in enumerate(accounts):
        for earlier in reversed(accounts[:at]):
            if _is_later(later, earlier) and differing_fields(earlier, later):
                found[at] = earlier.document_id
                break
    return found


def differing(accounts: Sequence[Given]) -> tuple[str, ...]:
    """Return the fields in which any two accounts exclude each other, revisions left out."""
    names: dict[str, None] = {}
    for account in accounts:
        names.update(dict.fromkeys(_at_odds_with_itself(account)))
    for one, other in combinations(accounts, 2):
        if not _is_later(other, one) and not _is_later(one, other):
            names.update(dict.fromkeys(differing_fields(one, other)))
    return tuple(names)


def _is_later(later: Given, earlier: Given) -> bool:
    """Whether an account is the same source's, published later: what changed in it is revised."""
    return (
        later.source is not None
        and later.source == earlier.source
        and later.published is not None
        and earlier.published is not None
        and earlier.published < later.published
    )


def differing_fields(one: Given, other: Given) -> list[str]:
    """Return the fields in which two accounts of one event exclude each other."""
    ours, theirs = one.account, other.account
    names = []
    if not times_fit(ours.when, theirs.when, 0):
        names.append("dates")
    if _blame_others(one, other):
        names.append("perpetrators")
    if _hit_others(one, other) or _hit_others(other, one):
        names.append("victims")
    if _exclude_buildings(ours, theirs):
        names.append("targets")
    names += [harm.value for harm in HARMS if _exclude_harm(ours, theirs, harm)]
    same_document = one.document_id == other.document_id
    if any(
        _exclude_numbers(left, right)
        for left in ours.attacks
        for right in theirs.attacks
        if not same_document or (left.outright and right.outright)
    ):
        names.append("attacks")
    if _missed_and_killed(one, other) or _missed_and_killed(other, one):
        names.append("outcome")
    return names


def _at_odds_with_itself(given: Given) -> Iterator[str]:
    """Yield the fields for which one account passes on what excludes each other."""
    outright = [each for each in given.account.attacks if each.outright]
    if any(_exclude_numbers(one, other) for one, other in combinations(outright, 2)):
        yield "attacks"
    named = [each for each in given.charges if each.by and each.ladder is not Ladder.DENIED]
    if _denied(given.charges, given.charges) or any(
        one.by != other.by and not one.actors & other.actors
        for one, other in combinations(named, 2)
    ):
        yield "perpetrators"


def times_fit(one: When | None, other: When | None, days: int) -> bool:
    """Whether two dates can mean one time, or lie no further apart than so many days."""
    if one is None or other is None or same_time(one, other):
        return True
    if one.first and one.last and other.first and other.last:
        gap = max((one.first - other.last).days, (other.first - one.last).days)
        return gap <= days
    return False


def _blame_others(one: Given, other: Given) -> bool:
    ours = {actor for each in _laid(one.charges) for actor in each.actors}
    theirs = {actor for each in _laid(other.charges) for actor in each.actors}
    if ours and theirs and not ours & theirs:
        return True
    return _denied(one.charges, other.charges) or _denied(other.charges, one.charges)


def _laid(charges: Sequence[Charge]) -> list[Charge]:
    return [each for each in charges if each.ladder is not Ladder.DENIED]


def _denied(denials: Sequence[Charge], charges: Sequence[Charge]) -> bool:
    """Whether somebody denies what is laid on him."""
    denied = {actor for each in denials if each.ladder is Ladder.DENIED for actor in each.actors}
    return any(each.actors & denied for each in _laid(charges))


def _hit_others(one: Given, other: Given) -> bool:
    """Whether whom `one` names is, by the other's document, not the one whom this event hit."""
    return bool((one.persons - other.persons) & other.hit_elsewhere)


def _exclude_buildings(one: Account, other: Account) -> bool:
    """Whether both name what was attacked, and these are buildings of different sorts."""
    ours, theirs = _buildings(one), _buildings(other)
    return bool(ours and theirs) and not ours & theirs


def _buildings(account: Account) -> set[str]:
    return {
        stemmed
        for party in account.targets
        for word in words(party.text)
        if (stemmed := stem(word.form)) in FACILITIES
    }


ANYBODY = frozenset({"", "peopl", "person", "other", "men", "man", "live", "dead", "member"})
"""Stems of nouns that say no more of the counted than that they are people."""


def head(count: Casualties) -> str:
    """Return the stem of the noun that is counted: "Daesh members" are members."""
    described = re.split(r"\bof\b", count.who or "")[0].split()
    return stem(described[-1].lower()) if described else ""


def _exclude_harm(one: Account, other: Account, harm: Harm) -> bool:
    """Whether the numbers of one harm exclude each other, those of one sort compared."""
    ours = [each for each in one.casualties if each.harm is harm]
    theirs = [each for each in other.casualties if each.harm is harm]
    # Of several numbers of one sort in an account the largest is the whole, the others its parts.
    return any(
        _exclude_counts(left, one, right, other)
        for left in _largest(ours)
        for right in _largest(theirs)
    )


def _largest(counts: Sequence[Casualties]) -> list[Casualties]:
    largest: dict[str, Casualties] = {}
    for each in counts:
        key = "" if head(each) in ANYBODY else head(each)
        known = largest.get(key)
        if known is None or (each.least or each.most or 0) > (known.least or known.most or 0):
            largest[key] = each
    return list(largest.values())


def _exclude_counts(left: Casualties, one: Account, right: Casualties, other: Account) -> bool:
    ours, theirs = _bounds(left, one), _bounds(right, other)
    # Six people may be six beside 13 soldiers: only numbers of one sort exclude each other.
    alike = head(left) == head(right) or {head(left), head(right)} <= ANYBODY
    return alike and (_below(ours, theirs) or _below(theirs, ours))


def _below(one: tuple[int, int | None], other: tuple[int, int | None]) -> bool:
    return one[1] is not None and one[1] < other[0]


def _bounds(count: Casualties, account: Account) -> tuple[int, int | None]:
    """Return how many at least and at most came to the harm, those counted beside others with them.

    The others are the account's further victims: each is one, unless a plural describes several.
    """
    least, most = count.least or 0, count.most
    if not count.beside:
        return least, most
    others = [each for each in account.victims if not _overlap(each.span.start, count)]
    single = all(each.mention is not None or _ONE.match(each.text) for each in others)
    if not others or not single:
        return least, None
    return least + 1, None if most is None else most + len(others)


_ONE = re.compile(r"(?:an?|its|his|their)\b(?!.*s$)", re.IGNORECASE)


def _overlap(start: int, count: Casualties) -> bool:
    return count.span.start <= start < count.span.end


def _exclude_numbers(one: Counted, other: Counted) -> bool:
    """Whether two numbers of attacks exclude each other; one attack may be of two explosions."""
    fewer, more = sorted((one, other), key=lambda each: each.number)
    if fewer.number == more.number:
        return False
    blasts = more.kind in (AttackKind.BOMBING, AttackKind.SUICIDE_BOMBING)
    return not (blasts and fewer.kind is AttackKind.ATTACK)


def _missed_and_killed(one: Given, other: Given) -> bool:
    """Whether one tells that an attempt on somebody failed and the other that he was killed."""
    return (
        one.account.outcome in (Outcome.FAILED, Outcome.FOILED)
        and other.account.outcome is Outcome.CARRIED_OUT
        and other.account.fatal
        and bool(one.persons & other.persons)
    )
