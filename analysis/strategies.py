"""Strategies: what reports assert that actors aim at and how they proceed."""

from collections.abc import Sequence

from analysis.actors import JoinedActors
from analysis.collection import SourceRecords, Strategy
from analysis.corrections import Correction
from analysis.records import Mention, StrategyStatement
from analysis.tagger import Tagged
from ingest.document import Document


def find_statements(
    document: Document, paragraphs: Sequence[Tagged], mentions: Sequence[Mention]
) -> tuple[StrategyStatement, ...]:
    """Return the statements of strategy in `document`, in text order."""
    return ()


def group_statements(
    sources: Sequence[SourceRecords],
    actors: JoinedActors,
    corrections: Sequence[Correction] = (),
) -> tuple[Strategy, ...]:
    """Return the strategies by actor and theme."""
    return ()
