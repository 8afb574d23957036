"""What a short text says of actors, for the tests of this folder."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from analysis.actors import JoinedActors, join_actors
from analysis.collection import Actor, SourceRecords
from analysis.corrections import Correction
from analysis.mentions import FoundActors, find_actors
from analysis.names import SHIPPED_NAMES, NameRegister
from analysis.records import DocumentRecords
from analysis.tagger import tag
from ingest.document import Document


@lru_cache(maxsize=1)
def shipped() -> NameRegister:
    """Return the register that comes with Dossier."""
    return NameRegister.load(SHIPPED_NAMES)


NOBODY = NameRegister(())
"""A register without names: what is found then comes from the text."""


class Told(NamedTuple):
    """A document and the actors found in it."""

    document: Document
    actors: FoundActors

    def names(self) -> list[tuple[str, str]]:
        """Return each name with its kind, in text order."""
        return [(each.text, each.kind.value) for each in self.actors.mentions]

    def ties(self) -> list[tuple[str, str, str]]:
        """Return each tie as its two names and its reason."""
        mentions = self.actors.mentions
        return [
            (mentions[tie.one].text, mentions[tie.other].text, tie.reason.value)
            for tie in self.actors.ties
        ]

    def relations(self) -> list[tuple[str, str, str]]:
        """Return each relation as a short sentence in three parts."""
        mentions = self.actors.mentions
        return [
            (mentions[each.subject].text, each.kind.value, mentions[each.object].text)
            for each in self.actors.relations
        ]


def told(
    text: str,
    register: NameRegister = NOBODY,
    *,
    published: date | None = None,
    language: str | None = "en",
) -> Told:
    """Return the actors of a text."""
    document = Document(text=text, title="A report", language=language, published=published)
    return Told(document, find_actors(document, tag(document), register))


def source(report: Told, origin: str | None = None) -> SourceRecords:
    """Return a document's actors as they are joined."""
    actors = report.actors
    return SourceRecords(
        document_id=report.document.id,
        title="A report",
        source=None,
        published=report.document.published,
        origin=origin or report.document.id,
        records=DocumentRecords(
            mentions=actors.mentions,
            ties=actors.ties,
            roles=actors.roles,
            relations=actors.relations,
            statements=actors.statements,
            deaths=actors.deaths,
        ),
    )


def joined(
    *reports: Told,
    register: NameRegister = NOBODY,
    corrections: Sequence[Correction] = (),
) -> JoinedActors:
    """Return the actors of several documents, whatever their order."""
    ordered = sorted(map(source, reports), key=lambda each: each.document_id)
    return join_actors(ordered, register, corrections)


def actor(found: JoinedActors, name: str) -> Actor:
    """Return the one actor that bears `name`."""
    [only] = [each for each in found.actors if name in {use.text for use in each.names}]
    return only
