"""Fates: who is said to have died, and deaths of one person that exclude each other."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from analysis.collection import Dispute, Evidence, SourceRecords
from analysis.dates import same_time
from analysis.records import Death

MAX_COMPARED = 30
"""Different accounts of one death that are compared with one another; further ones are not."""


@dataclass(frozen=True, slots=True)
class _Told:
    death: Death
    places: frozenset[str]
    evidence: Evidence
    place_names: str


def told_deaths(
    sources: Sequence[SourceRecords], of_mention: Mapping[tuple[str, int], str]
) -> dict[str, tuple[Evidence, ...]]:
    """Return by actor id the sentences that tell of his death."""
    told: dict[str, list[Evidence]] = defaultdict(list)
    for source in sources:
        for death in source.records.deaths:
            told[of_mention[source.document_id, death.who]].append(
                Evidence(source.document_id, death.span.start, death.span.end)
            )
    return {actor: tuple(places) for actor, places in told.items()}


def conflicting_deaths(
    sources: Sequence[SourceRecords], of_mention: Mapping[tuple[str, int], str]
) -> dict[str, list[Dispute]]:
    """Return by actor id what excludes each other in where and when he is said to have died.

    Places that one sentence names together lie in one another, so they do not exclude each other.
    """
    told: dict[str, list[_Told]] = defaultdict(list)
    together: dict[str, set[str]] = defaultdict(set)
    for source in sources:
        for death in source.records.deaths:
            places = [place.canonical or place.text for place in death.places]
            for place in places:
                together[place].update(places)
            evidence = Evidence(source.document_id, death.span.start, death.span.end)
            names = " and ".join(dict.fromkeys(places))
            actor = of_mention[source.document_id, death.who]
            told[actor].append(_Told(death, frozenset(places), evidence, names))
    disputes: dict[str, list[Dispute]] = {}
    for actor, deaths in told.items():
        found = [
            Dispute(note, None, (one.evidence, other.evidence))
            for one, other in combinations(list(_different(deaths))[:MAX_COMPARED], 2)
            if (note := _conflict(one, other, together))
        ]
        if found:
            disputes[actor] = found
    return disputes


def _different(deaths: Iterable[_Told]) -> Iterable[_Told]:
    """Return one account of each place and date."""
    unique: dict[object, _Told] = {}
    for told in deaths:
        when = told.death.when
        key = (told.places, when.first if when else None, when.last if when else None)
        unique.setdefault(key, told)
    return unique.values()


def _conflict(one: _Told, other: _Told, together: Mapping[str, set[str]]) -> str:
    """Return why two deaths exclude each other, or nothing."""
    reasons = []
    near = {place for own in one.places for place in together[own]} | one.places
    if one.places and other.places and not near & other.places:
        reasons.append(f"in {one.place_names}, in {other.place_names}")
    left, right = one.death.when, other.death.when
    if left and right and not same_time(left, right):
        reasons.append(f"{left.text}, {right.text}")
    if not reasons:
        return ""
    return f"Two accounts of the death exclude each other: {'; '.join(reasons)}."
