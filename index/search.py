"""Hit: a retrieved passage; Filters: which documents and passages may be retrieved from."""

from dataclasses import dataclass
from datetime import date

from ingest.chunk import Passage


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What is shown of a document beside its passages: all of it but the text."""

    id: str
    title: str
    source: str | None
    author: str | None
    language: str | None
    published: date | None
    url: str | None
    paths: tuple[str, ...]
    chars: int
    """Length of the text in code points."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its rank, from 1; its score orders one list and means nothing elsewhere."""

    rank: int
    score: float
    passage: Passage
    document: DocumentInfo
    highlights: tuple[tuple[int, int], ...]
    """Where the query's words stand: half-open spans in code points of the document's text."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which passages may be retrieved; several values of one field are alternatives.

    Fields combine with "and". `document`, `source`, `language` and the publication period choose
    documents, the others passages: see index.narrow. A document that does not state its publication
    date is outside every publication period, an attack whose date is not known outside every period
    of events.
    """

    document: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    published_from: date | None = None
    published_to: date | None = None
    actor: tuple[str, ...] = ()
    """Ids of actors, or any of their names."""
    attack: tuple[str, ...] = ()
    """Ids of attacks, or their titles."""
    strategy: tuple[str, ...] = ()
    """Ids of strategies, or themes."""
    event_from: date | None = None
    event_to: date | None = None


class QueryError(Exception):
    """A question that cannot be searched for: the message says what is wrong, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint
