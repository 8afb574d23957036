"""Corrections: what an operator decided against a record, kept with who and when.

A correction names things by what a new ingest leaves as it is: names by their spelling, places in
a document by its id and offsets. One whose things are not in the collection waits until they are.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CorrectionKind(StrEnum):
    """What can be corrected."""

    MERGE = "merge"
    """The names are one actor's."""
    SPLIT = "split"
    """The names are not one actor's: the first stays, the others become one of their own."""
    JOIN_ATTACKS = "join attacks"
    """The accounts that stand at `places` tell one event."""
    PART_ATTACKS = "part attacks"
    """The account at the first of `places` tells another event than those at the others."""
    REJECT = "reject"
    """The record that rests on `places` is wrong, and is not shown: an account, a statement of
    strategy, a role or a relation, as `field` says."""
    SET = "set"
    """The record at the first of `places` has `value` in `field`; the words at the second of
    `places`, where given, say so. Of a perpetrator, `names` holds the actor and `value` the rung of
    the ladder; of a date, `value` is written as `analysis.decided` reads it."""


@dataclass(frozen=True, slots=True)
class CorrectedPlace:
    """A stretch of a document that a correction is about."""

    document_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Correction:
    """One decision; `number` orders them, and a later one wins over an earlier one."""

    number: int
    kind: CorrectionKind
    made_by: str
    made_at: datetime
    names: tuple[str, ...] = ()
    places: tuple[CorrectedPlace, ...] = ()
    field: str | None = None
    value: str | None = None
    note: str | None = None
