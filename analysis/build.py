"""Build: the records of all documents brought together.

From the documents' records, the register of names and the operator's corrections, and from nothing
else, so that the same three always give the same records in whatever order the documents came.
"""

from collections.abc import Sequence

from analysis.actors import join_actors
from analysis.collection import Records, SourceRecords
from analysis.corrections import Correction
from analysis.events import join_accounts
from analysis.names import NameRegister
from analysis.strategies import group_statements


def build(
    sources: Sequence[SourceRecords],
    register: NameRegister,
    corrections: Sequence[Correction] = (),
) -> Records:
    """Return the records of `sources`; their order makes no difference."""
    ordered = sorted(sources, key=lambda source: source.document_id)
    joined = join_actors(ordered, register, corrections)
    return Records(
        joined.actors,
        join_accounts(ordered, joined, corrections),
        group_statements(ordered, joined, corrections),
        notes={s.document_id: s.records.notes for s in ordered if s.records.notes},
        register=register,
    )
