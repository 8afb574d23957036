"""Dates, numbers and capitalised names as a text writes them, with what they mean."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MONTH_NAMES = (
    "january february march april may june july august september october november december"
).split()
_MONTH = "(?:" + "|".join(MONTH_NAMES) + "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:1[89]|20)\d\d"

_DATE = re.compile(
    rf"""\b(?:
        (?:(?:early|mid|late|the\ end\ of|the\ beginning\ of)[\s-])?
        (?:
            (?P<m1>{_MONTH})\.?\s+(?P<d1>{_DAY})\b(?:,?\s+(?P<y1>{_YEAR}))?
          | (?P<d2>{_DAY})\s+(?:of\s+)?(?P<m2>{_MONTH})\b\.?(?:,?\s+(?P<y2>{_YEAR}))?
          | (?P<y5>{_YEAR})-(?P<m5>0[1-9]|1[0-2])-(?P<d5>[0-3]\d)
          | (?P<m3>{_MONTH})\.?,?\s+(?P<y3>{_YEAR})
          | (?P<y4>{_YEAR})(?:\s*[-–]\s*{_YEAR})?
        )
    )(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)
_MONTH_ALONE = re.compile(
    rf"\b(?:in|since|until|of|by|last|early|late)\s+({_MONTH})\b", re.IGNORECASE
)

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "dozen": 12}
_VAGUE = "dozens|scores|hundreds|thousands|tens\\ of\\ thousands|several|many"
_WORD_NUMBER = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_UNITS[1:10])}))?|{'|'.join(_UNITS)})"
_HEDGE = (
    r"(?:at\ least|at\ most|more\ than|less\ than|fewer\ than|over|about|around|nearly|almost|"
    r"as\ many\ as|up\ to|some|approximately|roughly)"
)
_RANGE = r"(?:(?:\s*[-–]\s*|\s+to\s+)\d[\d,]*)?"
_NUMBER = re.compile(
    rf"""\b(?:{_HEDGE}\s+)?
    (?:
        \d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?{_RANGE}
      | \d+(?:\.\d+)?{_RANGE}
      | {_WORD_NUMBER}
      | (?:{_VAGUE})\b
    )
    (?:\s+(?:{"|".join(_SCALES)}))?(?!\w)(?:\s*(?:%|per\ cent|percent))?""",
    re.IGNORECASE | re.VERBOSE,
)

# A name: capitalised words, with the particles that names of this field carry between them.
_NAME_WORD = r"[A-ZÀ-ÖØ-ÞŞĞİÇÖÜ][\w’'-]*"
_NAME = re.compile(
    rf"{_NAME_WORD}(?:\s+(?:(?:al|ul|el|bin|ibn|of|of\s+the|de|van|von)\s+(?={_NAME_WORD}))?"
    rf"(?:(?:al|ul|el)-)?{_NAME_WORD}|\s+(?:al|ul|el)-{_NAME_WORD})*"
)


class ValueKind(StrEnum):
    """What sort of value an expression states."""

    DATE = "date"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Value:
    """An expression `text[start:end]` and what it means, comparable across spellings.

    A date's `key` is (year, month, day) with None for what is not stated; a number's is its digits'
    value, or its bounds for a range; a vague number ("hundreds") has its own word as key.
    """

    kind: ValueKind
    start: int
    end: int
    key: tuple[int | float | str | None, ...]


def find_dates(text: str) -> list[Value]:
    """Return the dates in `text`, in order; parts that are not written are None in the key."""
    dates = []
    for match in _DATE.finditer(text):
        parts = match.groupdict()

        def part(letter: str, parts: dict[str, str | None] = parts) -> str | None:
            return next((v for n, v in parts.items() if n[0] == letter and v is not None), None)

        year, month, day = part("y"), part("m"), part("d")
        # "may 5" without a capital is a verb more often than a month.
        if month == "may" and year is None:
            continue
        dates.append(
            Value(
                ValueKind.DATE,
                match.start(),
                match.end(),
                (
                    int(year) if year else None,
                    month_number(month) if month else None,
                    int(re.sub(r"\D", "", day)) if day else None,
                ),
            )
        )
    return dates


def mentions_month(text: str) -> set[int]:
    """Return the months that `text` names, with or without a day or a year."""
    months = {value.key[1] for value in find_dates(text)}
    months |= {month_number(match.group(1)) for match in _MONTH_ALONE.finditer(text)}
    return {month for month in months if isinstance(month, int)}


def find_numbers(text: str) -> list[Value]:
    """Return the numbers in `text` outside dates, each with its hedge and per cent sign."""
    taken = [(value.start, value.end) for value in find_dates(text)]
    numbers = []
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if any(start < taken_end and taken_start < end for taken_start, taken_end in taken):
            continue
        # "[3]" is a note's number, "IS-3" part of a name.
        if text[start - 1 : start] in {"[", "-", "‘", "'"} or text[end : end + 1] == "]":
            continue
        numbers.append(Value(ValueKind.NUMBER, start, end, _number_key(match.group())))
    return numbers


def find_names(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of capitalised names in `text`, sentence-initial words included."""
    for match in _NAME.finditer(text):
        yield match.span()


def dates_agree(one: Value, other: Value) -> bool:
    """Whether two dates can mean the same day, month or year: no part stated by both differs."""
    return all(a is None or b is None or a == b for a, b in zip(one.key, other.key, strict=True))


def month_number(name: str) -> int:
    """Return 1 to 12 for a month's name, its abbreviation or its digits."""
    if name.isdigit():
        return int(name)
    return next(i for i, month in enumerate(MONTH_NAMES, 1) if month.startswith(name.lower()[:3]))


def number_of(written: str) -> float | None:
    """Return the one number that `written` states ("at least six"); None for "dozens", "10-12"."""
    key = _number_key(written)
    return key[0] if len(key) == 1 and isinstance(key[0], float) else None


def _number_key(written: str) -> tuple[int | float | str | None, ...]:
    words = re.sub(rf"^{_HEDGE}\s+", "", written.lower(), flags=re.VERBOSE)
    scale = next((factor for word, factor in _SCALES.items() if words.endswith(word)), 1)
    digits = [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", words)]
    if digits:
        return tuple(number * scale for number in digits)
    total = 0
    for word in re.split(r"[\s-]+", words):
        if word in _UNITS:
            total += _UNITS.index(word)
        elif word in _TENS:
            total += 10 * (_TENS.index(word) + 2)
        elif word in _SCALES:
            total *= _SCALES[word]
        else:
            return (words.strip(),)
    return (float(total),)
