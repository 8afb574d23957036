"""Decided: what an operator set as the date or the perpetrator of an attack, read and written out.

Decisions stand beside what the reports say and replace none of it; what is listed, filtered and
drawn goes by the decision.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from analysis.collection import Actor
from analysis.records import Precision

_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_FORMS = (
    "Give a day (2022-03-14), a month (2022-03), a year (2022), or a period from one to another, "
    "the earlier first (2022-03-14/2022-03-20)."
)


class DateError(ValueError):
    """What was given is no date; the message says why, `hint` what to give."""

    def __init__(self, message: str, hint: str = _FORMS) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class DecidedDate:
    """A day, a month, a year or a period: `text` for people, and the first and the last day."""

    text: str
    precision: Precision
    first: date
    last: date


def read_date(written: str) -> DecidedDate:
    """Return the date that is written as 2022-03-14, 2022-03, 2022 or two of these around a slash.

    A period runs from the first day of what it begins with to the last day of what it ends with.

    Raises DateError for anything else: another form, a day that no calendar has, a period that ends
    before it begins.
    """
    begin, slash, end = (part.strip() for part in written.partition("/"))
    one = _read_one(begin)
    if not slash or begin == end:
        return one
    other = _read_one(end)
    if one.first > other.last:
        raise DateError(
            f"The period {begin}/{end} ends before it begins.",
            f"Give the earlier first: {end}/{begin}.",
        )
    return DecidedDate(
        f"{one.text} to {other.text}",
        Precision.RANGE,
        one.first,
        max(one.last, other.last),
    )


def _read_one(written: str) -> DecidedDate:
    match = _DATE.fullmatch(written)
    if match is None:
        raise DateError(f"{written[:80]!r} is no date." if written else "A date is missing.")
    year, month, day = (int(part) if part else None for part in match.groups())
    if not year:
        raise DateError("There is no year 0000.")
    if month is None:
        return DecidedDate(str(year), Precision.YEAR, date(year, 1, 1), date(year, 12, 31))
    if not 1 <= month <= 12:
        raise DateError(f"There is no month {month:02} in {written}: months are 01 to 12.")
    days = monthrange(year, month)[1]
    first, last = date(year, month, 1), date(year, month, days)
    if day is None:
        return DecidedDate(f"{first:%B} {year}", Precision.MONTH, first, last)
    if not 1 <= day <= days:
        raise DateError(
            f"There is no day {day:02} in {written}: {first:%B} {year} has days 01 to {days}."
        )
    only = date(year, month, day)
    return DecidedDate(f"{day} {only:%B} {year}", Precision.DAY, only, only)


def actor_named(name: str, actors: Iterable[Actor]) -> Actor | None:
    """Return the actor that most places call by this name, spelled just so; None where none is."""
    found = [
        (len(use.evidence), actor.id, actor)
        for actor in actors
        for use in actor.names
        if use.text == name
    ]
    return max(found, key=lambda each: each[:2])[2] if found else None
