"""Conflicts: citations that give different values for the one date or number that is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.values import Value, ValueKind, dates_agree, find_dates, find_numbers, number_of
from answer.answer import Citation, Conflict
from answer.question import PEOPLE, Expects, Question
from answer.spans import part_counted


@dataclass(slots=True)
class _Stated:
    """A date or number, which part of the people it counts (none: everybody), and who states it."""

    value: Value
    count: float | None
    part: frozenset[str]
    written: str
    citations: list[int]


def conflicts_on_value(asked: Question, citations: Sequence[Citation]) -> tuple[Conflict, ...]:
    """Return the disagreement among citations on the one date or number that was asked for."""
    find = {Expects.DATE: find_dates, Expects.NUMBER: find_numbers}.get(asked.expects)
    if find is None or asked.several:
        return ()
    values: list[_Stated] = []
    for citation in citations:
        found = find(citation.answer)
        if not found:
            continue
        # What is counted may stand behind the answer, but in its quote.
        said = citation.quote[citation.answer_start - citation.start :]
        part = part_counted(said, found[0]) if asked.counted == PEOPLE else frozenset()
        same = next((v for v in values if v.part == part and _agree(v.value, found[0])), None)
        if same is not None:
            same.citations.append(citation.number)
            continue
        count = number_of(said[found[0].start : found[0].end])
        values.append(_Stated(found[0], count, part, citation.answer, [citation.number]))
    disputed = [one for one in values if any(_disagree(one, other) for other in values)]
    if not disputed:
        return ()
    return (
        Conflict(
            about=asked.text,
            values=tuple((value.written, tuple(value.citations)) for value in disputed),
        ),
    )


def _disagree(one: _Stated, other: _Stated) -> bool:
    """Whether two values cannot both be right.

    Some of the dead may be fewer than all of them; of two parts nothing is known.
    """
    if one is other:
        return False
    if one.part == other.part:
        return True
    part, whole = (one, other) if one.part else (other, one)
    if whole.part or part.count is None or whole.count is None:
        return False
    return part.count > whole.count


def _agree(one: Value, other: Value) -> bool:
    return dates_agree(one, other) if one.kind is ValueKind.DATE else one.key == other.key
