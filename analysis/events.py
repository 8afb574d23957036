"""Events: the accounts of all documents joined into attacks."""

from collections.abc import Sequence

from analysis.actors import JoinedActors
from analysis.collection import Attack, SourceRecords
from analysis.corrections import Correction


def join_accounts(
    sources: Sequence[SourceRecords],
    actors: JoinedActors,
    corrections: Sequence[Correction] = (),
) -> tuple[Attack, ...]:
    """Return the attacks that the accounts of `sources` tell of, in order of time."""
    return ()
