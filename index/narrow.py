"""Narrow: which documents and passages filters let through, and in words why.

Filters by document, source, language and publication period choose documents; those by actor,
attack, strategy and event period choose passages, for a report that tells of forty attacks is
evidence for one of them in two places only:

- `actor`: the passages that name it, and those that tell of it by another word ("the group"): its
  roles, relations and statements, attacks in which it takes part, strategies asserted of it;
- `attack`: the passages of each account of it;
- `strategy`: the passages that assert it;
- `event_from`, `event_to`: the passages that tell of an attack for which an operator set a date, or
  else any account gives one, that may lie in the period. When the report was published plays no
  part.

A passage must pass every filter that is set.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from analysis.collection import Actor, Attack, Evidence, Records
from analysis.lookup import Lookup, Meant, NotMeant
from index.catalogue import Catalogue
from index.search import Filters, QueryError


@dataclass(frozen=True, slots=True)
class Scope:
    """What filters let through: passages of these rows, or of these documents; None: no limit."""

    document_rows: tuple[int, ...] | None = None
    passage_rows: tuple[int, ...] | None = None
    """In order; where it is set, it already keeps to `document_rows`."""
    explanations: tuple[str, ...] = ()
    """How the filters were understood and what they left, in sentences."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One filter's share: the passages with its evidence, and what it says of itself."""

    evidence: frozenset[Evidence]
    matched: tuple[str, ...]
    kept: str
    """Says what the passages do, after "what"."""
    nothing: str
    """Says that there is no such passage."""
    note: str = ""
    """A sentence to add."""


def narrow(
    filters: Filters,
    document_rows: Sequence[int] | None,
    catalogue: Catalogue,
    lookup: Callable[[], Lookup],
) -> Scope:
    """Return what the filters by records leave of `document_rows` (None: of all).

    `lookup` is called only if there is a filter by records: bringing them together takes time.

    Raises QueryError if a filter names something unknown, or something that may mean several, or
    if the period of events is empty.
    """
    documents = None if document_rows is None else tuple(document_rows)
    says = [] if documents != () else ["No document passes the filters on documents together."]
    period = filters.event_from, filters.event_to
    if not any((filters.actor, filters.attack, filters.strategy, *period)):
        return Scope(documents, None, tuple(says))
    found = lookup()
    parts = (
        _actors(filters.actor, found),
        _attacks(filters.attack, found),
        _strategies(filters.strategy, filters.actor, found),
        _events(*period, found.records),
    )
    left: set[int] | None = None
    for part in filter(None, parts):
        rows = _rows(part.evidence, catalogue, documents)
        says += part.matched
        says.append(_kept(len(rows), part, documents))
        if part.note:
            says.append(part.note)
        alone = bool(rows)
        left = rows if left is None else left & rows
        if alone and not left:
            says.append("No passage passes these filters together, though each lets some through.")
            break
    return Scope(documents, tuple(sorted(left or ())), tuple(says))


def _kept(count: int, part: _Part, documents: tuple[int, ...] | None) -> str:
    if count:
        return f"Kept to what {part.kept}: {count:,} passage{'s' if count != 1 else ''}."
    if not part.evidence:
        return f"{part.nothing}."
    where = "passage" if documents is None else "passage of the documents that other filters leave"
    return f"What {part.kept} stands in no {where}."


def _actors(wanted: Sequence[str], lookup: Lookup) -> _Part | None:
    if not wanted:
        return None
    records = lookup.records
    meant = [_look_up("actor", value, lookup.actor) for value in wanted]
    actors = [records.actor[key] for each in meant for key in each.ids]
    ids = {actor.id for actor in actors}
    evidence = {place for actor in actors for place in _evidence_of(actor)}
    for attack in records.attacks:
        if ids & set(attack.actors):
            evidence.update(attack.evidence)
    for strategy in records.strategies:
        if strategy.actor in ids:
            evidence.update(strategy.evidence)
    names = _either(actor.name for actor in actors)
    return _Part(
        frozenset(evidence),
        _matched(wanted, meant, {actor.id: actor.name for actor in actors}),
        f"names {names} or tells of it",
        f"No passage names {names} or tells of it",
    )


def _evidence_of(actor: Actor) -> Iterable[Evidence]:
    yield from actor.evidence
    for role in actor.roles:
        yield role.evidence
    for relation in actor.relations:
        yield from relation.evidence
    for said in actor.statements:
        yield said.evidence


def _attacks(wanted: Sequence[str], lookup: Lookup) -> _Part | None:
    if not wanted:
        return None
    records = lookup.records
    meant = [_look_up("attack", value, lookup.attack) for value in wanted]
    attacks = [records.attack[key] for each in meant for key in each.ids]
    titles = {attack.id: attack.title for attack in attacks}
    named = _either(f"‘{title}’" for title in titles.values())
    return _Part(
        frozenset(place for attack in attacks for place in attack.evidence),
        _matched(wanted, meant, titles),
        f"tells of {named}",
        f"No passage tells of {named}",
    )


def _strategies(wanted: Sequence[str], actors: Sequence[str], lookup: Lookup) -> _Part | None:
    if not wanted:
        return None
    records = lookup.records
    meant = [_look_up("strategy", value, lookup.strategy) for value in wanted]
    of = {key for actor in actors for key in _look_up("actor", actor, lookup.actor).ids}
    # A theme beside an actor means what that one does under it.
    meant = [
        replace(each, ids=own)
        if each.because
        and (own := tuple(key for key in each.ids if records.strategy[key].actor in of))
        else each
        for each in meant
    ]
    strategies = [records.strategy[key] for each in meant for key in each.ids]
    titles = {each.id: f"{each.theme}, of {records.actor[each.actor].name}" for each in strategies}
    named = _either(f"‘{title}’" for title in titles.values())
    return _Part(
        frozenset(place for each in strategies for place in each.evidence),
        _matched(wanted, meant, titles),
        f"asserts {named}",
        f"No passage asserts {named}",
    )


def _events(first: date | None, last: date | None, records: Records) -> _Part | None:
    if first is None and last is None:
        return None
    if first is not None and last is not None and first > last:
        raise QueryError(
            f"the period of events from {first} to {last} is empty", "give the earlier day first"
        )
    attacks = [attack for attack in records.attacks if happened_within(attack, first, last)]
    undated = sum(attack.first is None and attack.last is None for attack in records.attacks)
    period = " ".join(
        f"{word} {day}" for word, day in (("from", first), ("to", last)) if day is not None
    )
    period += " (when it happened, not when reports came out)"
    many = f"{len(attacks):,} attacks" if len(attacks) != 1 else "one attack"
    return _Part(
        frozenset(place for attack in attacks for place in attack.evidence),
        (),
        f"tells of {many} dated {period}",
        f"No attack is dated {period}",
        f"{undated:,} of {len(records.attacks):,} attacks have no known date and are left out."
        if undated
        else "",
    )


def happened_within(attack: Attack, first: date | None, last: date | None) -> bool:
    """Whether a date of `attack` may lie between the two days, both included.

    That is the operator's date where one is set, else any account's.
    """
    return any(
        (first is None or (each.last or each.first or date.min) >= first)
        and (last is None or (each.first or each.last or date.max) <= last)
        for each in attack.dates_in_force
        if each.first is not None or each.last is not None
    )


def _look_up(name: str, value: str, find: Callable[[str], Meant]) -> Meant:
    try:
        return find(value)
    except NotMeant as problem:
        if not problem.choices:
            raise QueryError(
                problem.problem, f"no {name} is known; leave the filter out"
            ) from problem
        rest = f", and {problem.unlisted:,} more" if problem.unlisted else ""
        raise QueryError(
            problem.problem, f"known are: {', '.join(problem.choices)}{rest}"
        ) from problem


def _matched(
    wanted: Sequence[str], meant: Sequence[Meant], titles: dict[str, str]
) -> tuple[str, ...]:
    """Say of each value that is no id what it was taken for, and why."""
    return tuple(
        f"Matched ‘{value}’ as {_and(titles[key] for key in each.ids)} because {each.because}."
        for value, each in zip(wanted, meant, strict=True)
        if each.because
    )


def _either(names: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(names))


def _and(names: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(names))


def _rows(
    evidence: Iterable[Evidence], catalogue: Catalogue, documents: tuple[int, ...] | None
) -> set[int]:
    """Return the rows of the passages that overlap any of `evidence`, within `documents`."""
    by_document: dict[str, list[tuple[int, int]]] = {}
    for place in sorted(evidence):
        spans = by_document.setdefault(place.document_id, [])
        if spans and place.start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], place.end))
        else:
            spans.append((place.start, place.end))
    ends = {document_id: [end for _, end in spans] for document_id, spans in by_document.items()}
    allowed = None if documents is None else set(documents)
    rows: set[int] = set()
    for row, document_row, document_id, start, end in catalogue.passage_spans(by_document):
        if allowed is not None and document_row not in allowed:
            continue
        # The first stretch that ends after the passage begins is the only one to look at.
        at = bisect_right(ends[document_id], start)
        spans = by_document[document_id]
        if at < len(spans) and spans[at][0] < end:
            rows.add(row)
    return rows
