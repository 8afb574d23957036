"""Actors: the mentions of all documents joined into groups, persons and institutions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.collection import Actor, Evidence, NameUse, SourceRecords
from analysis.corrections import Correction
from analysis.names import NameRegister
from analysis.records import ActorKind


@dataclass(frozen=True, slots=True)
class JoinedActors:
    """All actors, and which of them each mention names."""

    actors: tuple[Actor, ...]
    of_mention: Mapping[tuple[str, int], str]
    """Actor id by document id and place in that document's mentions."""


def join_actors(
    sources: Sequence[SourceRecords],
    register: NameRegister,
    corrections: Sequence[Correction] = (),
) -> JoinedActors:
    """Return the actors that the mentions of `sources` name."""
    uses: dict[str, dict[str, list[Evidence]]] = {}
    kinds: dict[str, ActorKind] = {}
    of_mention: dict[tuple[str, int], str] = {}
    for source in sources:
        for place, mention in enumerate(source.records.mentions):
            name = mention.canonical or mention.text
            kinds.setdefault(name, mention.kind)
            evidence = Evidence(source.document_id, mention.span.start, mention.span.end)
            uses.setdefault(name, {}).setdefault(mention.text, []).append(evidence)
            of_mention[source.document_id, place] = slug(name)
    return JoinedActors(
        tuple(
            Actor(
                id=slug(name),
                name=name,
                kind=kinds[name],
                names=tuple(NameUse(text, tuple(found)) for text, found in sorted(names.items())),
                documents=len({e.document_id for found in names.values() for e in found}),
            )
            for name, names in sorted(uses.items())
        ),
        of_mention,
    )


def slug(name: str) -> str:
    """Return a name as it stands in an address: lower case, hyphens for all that is no letter."""
    return re.sub(r"[^\w]+", "-", name.casefold()).strip("-")
