"""Coverage: what the reports tell of whom, where and when, so that silence can be read.

"No attack is told" is a finding only where reports speak of the actor and of the place at all. So
each pair of them is one of four: attacks are told; documents name both and tell of none; those that
name both were not wholly searched; or no document names both. Nothing follows from the last two.
What was not wholly searched, and why, is listed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from analysis.collection import Actor, Attack
from server.record_schemas import (
    CoverageActor,
    CoverageBody,
    CoverageParameters,
    CoveragePlace,
    CoverageYear,
    EventParameters,
)
from server.records import Reader
from server.selection import places_of, select_attacks

MAX_READ_DOCUMENTS = 2_000
"""Beyond, documents are not searched for places: a page should not take seconds."""
TOLD, NAMED, SILENT, UNREAD = "told", "named", "not covered", "not told"
NOT_SEARCHED = "not searched"


def coverage(
    reader: Reader, parameters: CoverageParameters, documents: Sequence[str]
) -> CoverageBody:
    """Return how often each actor's attacks are told by place and year, and who is named where."""
    chosen = select_attacks(
        reader.records,
        reader.lookup,
        EventParameters(actor=parameters.actor, place=parameters.place),
        documents,
    )
    actors = _actors(reader, chosen.records, parameters)
    shown = {actor.id for actor in actors}
    attacks = [attack for attack in chosen.records if shown & set(attack.actors)]
    places = _places(attacks or reader.records.attacks, parameters)
    naming = {actor.id: {place.document_id for place in actor.evidence} for actor in actors}
    where = _documents_naming(places, {each for held in naming.values() for each in held}, reader)
    years = sorted(
        {attack.first.year for attack in attacks if attack.first}
        | {
            published.year
            for held in naming.values()
            for each in held
            if (published := reader.published(each))
        }
    )
    return CoverageBody(
        explanation=chosen.explanation,
        places=places,
        years=years,
        searched=where is not None,
        not_searched=reader.not_searched(),
        actors=[
            CoverageActor(
                actor=reader.reference(actor.id),
                documents=len(naming[actor.id]),
                attacks=sum(actor.id in attack.actors for attack in attacks),
                by_place=[
                    _place(
                        place,
                        [
                            attack
                            for attack in attacks
                            if actor.id in attack.actors and _stands(place, attack)
                        ],
                        None if where is None else where[place] & naming[actor.id],
                        reader,
                    )
                    for place in places
                ],
                by_year=[
                    CoverageYear(
                        year=year,
                        attacks=sum(
                            attack.first is not None
                            and attack.first.year == year
                            and actor.id in attack.actors
                            for attack in attacks
                        ),
                        documents=sum(
                            published.year == year
                            for each in naming[actor.id]
                            if (published := reader.published(each))
                        ),
                    )
                    for year in years
                ],
            )
            for actor in actors
        ],
    )


def _actors(
    reader: Reader, attacks: Sequence[Attack], parameters: CoverageParameters
) -> list[Actor]:
    """Return the actors that are asked for, or the busiest, those of most documents first."""
    counts = Counter(each for attack in attacks for each in attack.actors)
    known = reader.records.actor
    if parameters.actor:
        ids = {key for value in parameters.actor for key in reader.lookup.actor(value).ids}
    else:
        ids = {key for key in counts if key in known}
    ordered = sorted(ids, key=lambda key: (-counts[key], -known[key].documents, key))
    return [known[key] for key in ordered[: parameters.limit]]


def _places(attacks: Iterable[Attack], parameters: CoverageParameters) -> list[str]:
    """Return the places that are asked for, or those of most attacks."""
    if parameters.place:
        return [*dict.fromkeys(parameters.place)]
    spelled: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for attack in attacks:
        for name in {name.casefold(): name for name in places_of(attack)}.values():
            counts[name.casefold()] += 1
            spelled.setdefault(name.casefold(), name)
    busiest = sorted(counts, key=lambda name: (-counts[name], name))
    return [spelled[name] for name in busiest[: parameters.places]]


def _documents_naming(
    places: Sequence[str], documents: set[str], reader: Reader
) -> dict[str, set[str]] | None:
    """Return the documents whose text names each place; None where there are too many to read."""
    if len(documents) > MAX_READ_DOCUMENTS:
        return None
    found: dict[str, set[str]] = {place: set() for place in places}
    patterns = {
        place: re.compile(rf"(?<!\w){re.escape(place)}(?!\w)", re.IGNORECASE) for place in places
    }
    for document_id in documents:
        text = reader.text(document_id)
        for place, pattern in patterns.items():
            if pattern.search(text):
                found[place].add(document_id)
    return found


def _stands(place: str, attack: Attack) -> bool:
    return place.casefold() in {name.casefold() for name in places_of(attack)}


def _place(
    place: str, attacks: Sequence[Attack], documents: set[str] | None, reader: Reader
) -> CoveragePlace:
    not_searched = documents & reader.records.notes.keys() if documents else set()
    years = Counter(attack.first.year for attack in attacks if attack.first)
    if attacks:
        status = TOLD
    elif documents is None:
        status = UNREAD
    elif documents:
        status = NAMED if documents - not_searched else NOT_SEARCHED
    else:
        status = SILENT
    return CoveragePlace(
        place=place,
        status=status,
        attacks=len(attacks),
        years=dict(sorted(years.items())),
        undated=sum(attack.first is None for attack in attacks),
        documents=None if documents is None else len(documents),
        not_searched=len(not_searched),
    )
