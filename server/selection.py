"""Selection: which actors, attacks and strategies the parameters of a request choose, and why."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from rapidfuzz import fuzz, process

from analysis.collection import Actor, Attack, Dated, FieldValue, Records, SetDate, Strategy
from analysis.lookup import Lookup, Meant, NotMeant
from analysis.terms import words
from index.narrow import happened_within
from server.errors import ApiError
from server.record_schemas import (
    ActorParameters,
    DateBody,
    EventParameters,
    SetDateBody,
    StrategyParameters,
)

Record = TypeVar("Record")
SHOWN_CHOICES = 10


@dataclass(frozen=True, slots=True)
class Selected(Generic[Record]):
    """The records chosen, in order, and in sentences how the filters were understood."""

    records: list[Record]
    explanation: list[str]


def select_actors(
    records: Records, parameters: ActorParameters, documents: Iterable[str]
) -> Selected[Actor]:
    """Return the actors that most documents name first.

    Raises ApiError 422 for a document that is not among `documents`.
    """
    _known("document", parameters.document, documents)
    found = [
        actor
        for actor in records.actors
        if (not parameters.kind or actor.kind in parameters.kind)
        and (not parameters.document or any(mentions(actor, each) for each in parameters.document))
        and (not parameters.q or _begins(parameters.q, actor))
    ]
    found.sort(
        key=lambda actor: (
            -actor.documents,
            -mentions(actor),
            actor.name.casefold(),
            actor.id,
        )
    )
    return Selected(found, [])


def select_attacks(
    records: Records, lookup: Lookup, parameters: EventParameters, documents: Iterable[str]
) -> Selected[Attack]:
    """Return the attacks in order of time, those without a resolved date last.

    Raises ApiError 422, listing what is known, for a filter that names something unknown.
    """
    _known("document", parameters.document, documents)
    actors, explanation = _meant(parameters.actor, records, lookup)
    places = _folded_places(records)
    wanted = {name.casefold() for name in parameters.place}
    _known("place", parameters.place, places.values(), fold=str.casefold)
    period = parameters.event_from, parameters.event_to
    found = [
        attack
        for attack in records.attacks
        if (not actors or actors & set(attack.actors))
        and (not parameters.kind or attack.kind in parameters.kind)
        and (not wanted or wanted & {name.casefold() for name in places_of(attack)})
        and (
            not parameters.document
            or any(told.document_id in parameters.document for told in attack.accounts)
        )
    ]
    if any(period):
        undated = sum(attack.first is None and attack.last is None for attack in found)
        if undated:
            explanation.append(
                f"{undated:,} attack{'s' if undated > 1 else ''} without a resolved date "
                f"{'are' if undated > 1 else 'is'} left out of the period."
            )
        found = [attack for attack in found if happened_within(attack, *period)]
    found.sort(key=lambda attack: (attack.first or date.max, attack.title.casefold(), attack.id))
    return Selected(found, explanation)


def sort_attacks(attacks: Sequence[Attack], order: str, records: Records) -> list[Attack]:
    """Return attacks in an order of ATTACK_SORTS, descending with a hyphen before it.

    What does not state the value comes last either way; the given order breaks ties.
    """

    def perpetrator(attack: Attack) -> str | None:
        named = next(iter(attack.perpetrators_in_force), None)
        if named is None:
            return None
        actor = records.actor.get(named.actor or "")
        return (actor.name if actor else named.text).casefold()

    keys: dict[str, Callable[[Attack], Any]] = {
        "date": lambda attack: attack.first,
        "title": lambda attack: attack.title.casefold(),
        "kind": lambda attack: attack.kind.value,
        "perpetrator": perpetrator,
        "place": lambda attack: attack.places[0].value.casefold() if attack.places else None,
        "killed": lambda attack: _largest(attack.killed),
        "wounded": lambda attack: _largest(attack.wounded),
        "accounts": lambda attack: len({told.document_id for told in attack.accounts}),
    }
    key = keys[order.removeprefix("-")]
    stated = [attack for attack in attacks if key(attack) is not None]
    unknown = [attack for attack in attacks if key(attack) is None]
    return sorted(stated, key=key, reverse=order.startswith("-")) + unknown


def select_strategies(
    records: Records, lookup: Lookup, parameters: StrategyParameters, documents: Iterable[str]
) -> Selected[Strategy]:
    """Return the strategies by actor, then theme.

    Raises ApiError 422, listing what is known, for a filter that names something unknown.
    """
    _known("document", parameters.document, documents)
    _known("theme", parameters.theme, {each.theme for each in records.strategies})
    actors, explanation = _meant(parameters.actor, records, lookup)
    found = [
        each
        for each in records.strategies
        if (not actors or each.actor in actors)
        and (not parameters.theme or each.theme in parameters.theme)
        and (
            not parameters.document
            or any(place.document_id in parameters.document for place in each.evidence)
        )
    ]
    found.sort(key=lambda each: (actor_name(records, each.actor).casefold(), each.theme, each.id))
    return Selected(found, explanation)


def periods_of(
    dates: Iterable[Dated | SetDate | DateBody | SetDateBody],
) -> dict[tuple[date, date], str]:
    """Return the different periods that dates give, each with its precision.

    A wider one that holds another says the same less exactly, and is left out.
    """
    found = {
        (each.first, each.last or each.first): str(each.precision)
        for each in dates
        if each.first is not None
    }
    return {
        period: precision
        for period, precision in found.items()
        if not any(
            other != period and period[0] <= other[0] and other[1] <= period[1] for other in found
        )
    }


def mentions(actor: Actor, document_id: str | None = None) -> int:
    """Return how often documents name an actor; with `document_id`, how often that one does."""
    if document_id is None:
        return sum(len(name.evidence) for name in actor.names)
    return sum(place.document_id == document_id for name in actor.names for place in name.evidence)


def actor_name(records: Records, actor_id: str) -> str:
    """Return the name of an actor, or what stands for it where it is none."""
    actor = records.actor.get(actor_id)
    return actor.name if actor else actor_id


def places_of(attack: Attack) -> list[str]:
    """Return the places of an attack and those that they lie in."""
    return [*(place.value for place in attack.places), *attack.within]


def known_places(records: Records) -> list[str]:
    """Return all places of all attacks, one spelling of case each, sorted."""
    return sorted(_folded_places(records).values(), key=str.casefold)


def find_actor(records: Records, actor_id: str) -> Actor:
    """Return an actor; ApiError 404 if there is no such id."""
    return _found("actor", records.actor.get(actor_id), "/api/actors")


def find_attack(records: Records, attack_id: str) -> Attack:
    """Return an attack; ApiError 404 if there is no such id."""
    return _found("attack", records.attack.get(attack_id), "/api/attacks")


def _found(what: str, record: Record | None, listed: str) -> Record:
    if record is None:
        raise ApiError(
            404,
            f"unknown_{what}",
            f"There is no {what} with this id.",
            f"GET {listed} lists them; a correction or a new document can change an id.",
        )
    return record


def _folded_places(records: Records) -> dict[str, str]:
    found: dict[str, str] = {}
    for attack in records.attacks:
        for name in places_of(attack):
            found.setdefault(name.casefold(), name)
    return found


def _meant(
    wanted: Sequence[str], records: Records, lookup: Lookup
) -> tuple[frozenset[str], list[str]]:
    """Return the ids of the actors that are asked for, and why each name means which."""
    ids: set[str] = set()
    explanation = []
    for value in wanted:
        try:
            meant: Meant = lookup.actor(value)
        except NotMeant as problem:
            raise ApiError(
                422, "unknown_value", f"{problem}.", choices("actor", problem.choices)
            ) from None
        ids.update(meant.ids)
        if meant.because:
            named = " and ".join(actor_name(records, each) for each in meant.ids)
            explanation.append(f"Matched “{value}” as {named} because {meant.because}.")
    return frozenset(ids), explanation


def choices(what: str, near: Sequence[str], unlisted: int = 0) -> str:
    """Say what is known, for the hint of an error."""
    if not near:
        return f"No {what} is known; leave the filter out."
    rest = f", and {unlisted:,} more" if unlisted else ""
    return f"Known are: {', '.join(name[:100] for name in near)}{rest}."


def _known(
    what: str,
    wanted: Sequence[str],
    known: Iterable[str],
    fold: Callable[[str], str] = str,
) -> None:
    """Raise ApiError 422 for the first wanted value that is not known, listing the nearest."""
    if not wanted:
        return
    by_fold = {fold(name): name for name in known}
    for value in wanted:
        if fold(value) not in by_fold:
            near = [by_fold[name] for name in nearest(fold(value), by_fold)]
            raise ApiError(
                422,
                "unknown_value",
                f"There is no {what} {value[:80]!r}.",
                choices(what, near, len(by_fold) - len(near)),
            )


def nearest(value: str, known: Iterable[str]) -> list[str]:
    """Return the known values most like `value`, the most similar first."""
    found = process.extract(value[:200], list(known), scorer=fuzz.ratio, limit=SHOWN_CHOICES)
    return [name for name, _, _ in found]


def _begins(asked: str, actor: Actor) -> bool:
    """Whether each word that is asked for begins a word of one and the same name."""
    wanted = [word.form for word in words(asked)]
    if not wanted:
        return False
    return any(
        all(any(form.startswith(want) for form in forms) for want in wanted)
        for forms in (
            [word.form for word in words(text)]
            for text in (actor.name, *(name.text for name in actor.names))
        )
    )


def _largest(values: Sequence[FieldValue]) -> int | None:
    """Return the largest whole number among values, for sorting only."""
    numbers = [
        int(part)
        for value in values
        for part in value.value.replace(",", "").split()
        if part.isascii() and part.isdigit() and len(part) < 10
    ]
    return max(numbers, default=None)
