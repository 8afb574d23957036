"""Mentions: where a document names actors, and what it says of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.names import NameKind, NameRegister
from analysis.records import ActorKind, Mention, Relation, Role, Span, Statement, Tie
from analysis.tagger import Tagged
from ingest.document import Document

_KINDS = {
    NameKind.GROUP: ActorKind.GROUP,
    NameKind.PERSON: ActorKind.PERSON,
    NameKind.INSTITUTION: ActorKind.INSTITUTION,
}


@dataclass(frozen=True, slots=True)
class FoundActors:
    """What one document says of actors; indices are places in `mentions`, which are in order."""

    mentions: tuple[Mention, ...]
    ties: tuple[Tie, ...] = ()
    roles: tuple[Role, ...] = ()
    relations: tuple[Relation, ...] = ()
    statements: tuple[Statement, ...] = ()
    notes: tuple[str, ...] = ()


def find_actors(
    document: Document, paragraphs: Sequence[Tagged], register: NameRegister
) -> FoundActors:
    """Return the actors that `document` names in its `paragraphs`."""
    mentions = []
    for paragraph in paragraphs:
        for name in register.mentions(paragraph.doc.text):
            kind = _KINDS.get(register.entry(name.canonical).kind)
            if kind is not None:
                span = Span(paragraph.start + name.start, paragraph.start + name.end)
                mentions.append(Mention(span, name.text, kind, name.canonical, paragraph.region))
    return FoundActors(tuple(mentions))
