"""Dates: when something happened, as a document writes it and as it can be resolved.

A date without a year and an expression like "two days later" count from a neighbouring date of the
text or from the publication date; what they were counted from is kept. What cannot be resolved, or
is no day of any calendar, stays as written.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from analysis.records import Hedge, Precision, Qualifier, Span, When
from analysis.values import MONTH_NAMES, month_number, number_of
from ingest.document import Document, RegionKind

_MONTH = "(?:" + "|".join(name.capitalize() for name in MONTH_NAMES) + "|"
_MONTH += r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_WEEKDAY = "(?:" + "|".join(_WEEKDAYS) + ")"
_YEAR = r"(?:1[89]|20)\d\d"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_PART = (
    r"(?:early|mid|late|the\ (?:end|beginning|start|middle|first\ half|second\ half)\ of"
    r"|the\ (?:first|last)\ (?:days|week|weeks)\ of)"
)
_COUNT = (
    r"(?:\d{1,3}|a\ few|several|a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|"
    r"twelve|couple\ of)"
)
_UNIT = r"(?:day|week|month|year)s?"
_SEASONS = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "fall": (9, 11)}
_QUARTERS = {"first": (1, 3), "second": (4, 6), "third": (7, 9), "fourth": (10, 12)}

_EXPRESSION = re.compile(
    rf"""(?<![\w-])(?:
      (?P<iso>{_YEAR}-\d\d-\d\d)
    | (?:(?P<weekday>{_WEEKDAY}),?\s+(?:the\s+)?)?
      (?:(?P<d1>{_DAY})\s+(?:of\s+)?(?P<m1>{_MONTH})(?:,?\s+(?P<y1>{_YEAR}))?
        |(?P<m2>{_MONTH})\s+(?P<d2>{_DAY})(?![\d,]*\d)(?:,?\s+(?P<y2>{_YEAR}))?)
    | (?:(?P<part3>{_PART})[\s-]+)?(?P<m3>{_MONTH})(?:,?\s+(?:of\s+)?(?P<y3>{_YEAR}))
    | (?:the\s+)?(?P<season>spring|summer|autumn|fall)\s+of\s+(?P<y4>{_YEAR})
    | (?:the\s+)?(?P<quarter>first|second|third|fourth)\s+quarter\s+of\s+(?P<y5>{_YEAR})
    | (?P<y6>{_YEAR})\s?[-–]\s?(?P<y7>{_YEAR}|\d\d)(?![\w-])
    | (?:(?P<part8>{_PART})[\s-]+)?(?P<y8>{_YEAR})(?![\w-]|,\d|\s+(?:people|men|fighters|attacks))
    | (?P<lead>[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|[Dd]uring|[Oo]f|[Ll]ast|[Tt]his|{_PART})[\s-]+
      (?P<m9>{_MONTH})(?![\w-]|\s+\d|,?\s+(?:of\s+)?{_YEAR})
    | (?P<ago>(?i:{_COUNT}\s+{_UNIT}\s+(?:ago|earlier|later|before|after(?:wards)?)\b))
    | (?P<window>(?i:(?:the\s+)?(?:last|past)\s+(?:{_COUNT}\s+)?{_UNIT}(?!\s+of\b)))
    | (?P<same>(?i:the\s+(?:same|very\s+same)\s+(?:day|month|year)|(?:that|this)\s+(?:same\s+)?day
        |the\s+very\s+day|the\s+(?:next|following|previous)\s+(?:day|week|month|year)))
    | (?P<day>(?i:yesterday|today))
    | (?P<this>(?i:this\s+(?:week|month|year)))
    | (?P<on>(?:[Oo]n|[Ll]ast)\s+(?P<wd>{_WEEKDAY})(?!,?\s+(?:the\s+)?(?:\d|{_MONTH})))
    )""",
    re.VERBOSE,
)
_MONTHS = ("m1", "m2", "m9")
"""The groups for a month that may come without a year."""
_JOINED = re.compile(r"\s+(?:to|and|until|till|through)\s+|\s?[–-]\s?")
_BETWEEN = re.compile(
    r"(?:between|from)\s+(?:the\s+(?:middle|end|beginning|start)\s+of\s+)?$", re.I
)
_ABOUT = re.compile(r"\b(?:about|around|circa|approximately|some\s+time\s+in)\s+(?:the\s+)?$", re.I)
_UNREAD = frozenset({RegionKind.FURNITURE, RegionKind.BIOGRAPHY})
EARLIER = frozenset({"earlier", "previous", "before", "previously"})
"""Words that tell one event from another of its kind, and nothing else of its time."""
_NEAR_CHARS = 600
"""How far back, at most, the date stands that an expression counts from: some five sentences."""


@dataclass(frozen=True, slots=True)
class _Calendar:
    """What dates without a year count from in one document."""

    published: date | None
    latest_year: int | None
    """The latest year in which the text dates a day or a month."""


def find_whens(document: Document) -> list[When]:
    """Return the dates in `document` in order, resolved as far as can be; they do not overlap.

    Dates in site furniture and biographies are left out.
    """
    text, published = document.text, document.published
    unread = [r for r in document.regions if r.kind in _UNREAD]
    matches = [
        match
        for match in _EXPRESSION.finditer(text)
        if not any(region.start <= match.start() < region.end for region in unread)
    ]
    years = [
        int(year)
        for match in matches
        for year in (match["y1"], match["y2"], match["y3"], (match["iso"] or "")[:4])
        if year
    ]
    calendar = _Calendar(published, max(years, default=None))
    found: list[When] = []
    for match in matches:
        when = _resolve(match, text, found, calendar)
        between = text[found[-1].span.end : when.span.start] if found else ""
        if found and _JOINED.fullmatch(between):
            whole = _range(found[-1], when, text)
            if whole is not None:
                found[-1] = whole
                continue
        found.append(when)
    return found


def _range(one: When, other: When, text: str) -> When | None:
    """Return "between `one` and `other`" as one date, where the text means a period by them."""
    opened = _BETWEEN.search(text, max(0, one.span.start - 40), one.span.start)
    joined = text[one.span.end : other.span.start]
    if opened is None and (" and " in joined or " to " not in joined):
        return None
    span = Span(one.span.start, other.span.end)
    written = text[span.start : span.end]
    if one.counted_from is not None or one.first is None:
        match = _EXPRESSION.match(one.text)
        if match is not None and any(match[name] for name in _MONTHS):
            one = _with_year_of(one, match, other)
        elif opened is None:
            return None  # "extended last year to May 17"
    if one.first is None or other.last is None or other.last < one.first:
        return When(written, span, Precision.UNRESOLVED)
    return When(written, span, Precision.RANGE, one.first, other.last)


def _with_year_of(one: When, match: re.Match[str], other: When) -> When:
    """Return `one`, which has no year, in the year of `other`: "1 January to 11 August 2021"."""
    if other.first is None:
        return one
    dated = _month_day(match, other.first.year)
    return one if dated is None else When(one.text, one.span, *dated)


def _resolve(match: re.Match[str], text: str, before: list[When], calendar: _Calendar) -> When:
    start, end = match.span()
    if match["lead"]:
        kept = match["lead"].lower() not in ("in", "since", "until", "by", "during", "of")
        start = start if kept else match.start("m9")
    written = text[start:end]
    span = Span(start, end)
    about = _ABOUT.search(text, max(0, start - 30), start)
    hedges = (
        (
            Qualifier(
                Hedge.ABOUT, Span(about.start(), about.start() + len(about.group().split()[0]))
            ),
        )
        if about
        else ()
    )
    anchor = _anchor(before, start, text)
    counted_from: str | None = None
    dated: tuple[Precision, date, date] | None
    if match["iso"]:
        dated = _day(*map(int, match["iso"].split("-")))
    elif match["d1"] or match["d2"] or match["m9"]:
        year = match["y1"] or match["y2"]
        if year:
            dated = _month_day(match, int(year))
        else:
            dated, counted_from = _without_year(match, anchor, calendar)
    elif match["m3"]:
        dated = _part(match["part3"], _month(int(match["y3"]), month_number(match["m3"])))
    elif match["season"] or match["quarter"]:
        first, last = _SEASONS.get(match["season"] or "") or _QUARTERS[match["quarter"]]
        year_of = int(match["y4"] or match["y5"])
        dated = (Precision.RANGE, date(year_of, first, 1), _month(year_of, last)[2])
    elif match["y6"]:
        until = int(match["y7"]) if len(match["y7"]) == 4 else int(match["y6"][:2] + match["y7"])
        dated = (Precision.RANGE, date(int(match["y6"]), 1, 1), date(until, 12, 31))
        dated = dated if until >= int(match["y6"]) else None
    elif match["y8"]:
        dated = _part(match["part8"], _year(int(match["y8"])))
    else:
        dated, counted_from = _relative(match, anchor, calendar, text)
    if dated is None:
        return When(written, span, Precision.UNRESOLVED, qualifiers=hedges)
    return When(written, span, *dated, counted_from, hedges)


def _anchor(before: list[When], start: int, text: str) -> When | None:
    """Return the date shortly before `start` that a relative one counts from."""
    for when in reversed(before):
        if start - when.span.end > _NEAR_CHARS:
            return None
        if when.first is not None:
            return when
    return None


def _without_year(
    match: re.Match[str], anchor: When | None, calendar: _Calendar
) -> tuple[tuple[Precision, date, date] | None, str | None]:
    """Return a day or month in the year that it most likely has, and what that was counted from.

    A neighbouring date in the text that is known to the month wins: "In March 2015 ... on 3 May".
    Then the publication date: reports leave the year out of what lies less than a year back. Where
    none is stated, the latest year that the text dates anything in stands for the year of writing.
    """
    weekday = match["weekday"]
    candidates: list[tuple[int, str]] = []
    if anchor is not None and anchor.first and anchor.precision in (Precision.DAY, Precision.MONTH):
        candidates.append((anchor.first.year, anchor.counted_from or anchor.text))
    if calendar.published is not None:
        year = calendar.published.year
        dated = _month_day(match, year)
        if dated is not None and dated[1] > calendar.published:
            year -= 1
        candidates.append((year, f"published {calendar.published.isoformat()}"))
    elif calendar.latest_year is not None:
        candidates.append((calendar.latest_year, str(calendar.latest_year)))
    for year, source in candidates:
        dated = _month_day(match, year)
        if dated is None or (calendar.published and dated[1] > calendar.published):
            continue
        if weekday and dated[1].weekday() != _WEEKDAYS.index(weekday):
            continue
        if (match["lead"] or "").lower() == "last" and calendar.published is None:
            continue
        return dated, source
    return None, None


def _month_day(match: re.Match[str], year: int) -> tuple[Precision, date, date] | None:
    month = month_number(next(match[name] for name in _MONTHS if match[name]))
    day = match["d1"] or match["d2"]
    if day:
        return _day(year, month, int(re.sub(r"\D", "", day)))
    lead = match["lead"]
    part = lead if lead and lead.lower() not in ("last", "this") else None
    return _part(part, _month(year, month))


def _day(year: int, month: int, day: int) -> tuple[Precision, date, date] | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return Precision.DAY, found, found


def _month(year: int, month: int) -> tuple[Precision, date, date]:
    return Precision.MONTH, date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _year(year: int) -> tuple[Precision, date, date]:
    return Precision.YEAR, date(year, 1, 1), date(year, 12, 31)


def _part(part: str | None, whole: tuple[Precision, date, date]) -> tuple[Precision, date, date]:
    """Return the part of a month or year that "early", "mid" or "late" names: a third of it.

    "The end of" a month reaches into its last third, a quarter of a year into its last four months;
    writers are no more exact than that.
    """
    if part is None or part.lower() in _LEADS:
        return whole
    _, first, last = whole
    days = (last - first).days + 1
    word = part.lower()
    if "half" in word:
        cut = first + timedelta(days=days // 2)
        bounds = (first, cut) if "first" in word else (cut, last)
    elif "week" in word or "days" in word:
        seven = timedelta(days=6)
        bounds = (first, first + seven) if "first" in word else (last - seven, last)
    elif "mid" in word:
        bounds = (first + timedelta(days=days // 3), last - timedelta(days=days // 3))
    elif "early" in word or "beginning" in word or "start" in word:
        bounds = (first, first + timedelta(days=days // 3))
    else:
        bounds = (last - timedelta(days=days // 3), last)
    return Precision.RANGE, *bounds


_LEADS = frozenset("in since until by during of last this".split())


def _relative(
    match: re.Match[str], anchor: When | None, calendar: _Calendar, text: str
) -> tuple[tuple[Precision, date, date] | None, str | None]:
    """Return what a relative expression means, and what it was counted from."""
    published = calendar.published
    from_published = f"published {published.isoformat()}" if published else None
    written = match.group().lower()
    if match["ago"]:
        count, unit = _count(written)
        if written.endswith("ago"):
            return (_shift(published, -count, unit), from_published) if published else (None, None)
        # "Two days before his execution" counts from an event, not from a date.
        if re.search(r"before$|after$", written) and re.match(r"\s+\w", text[match.end() :]):
            return None, None
        if anchor is None or anchor.first is None or anchor.precision is not Precision.DAY:
            return None, None
        sign = 1 if re.search(r"later|after", written) else -1
        return _shift(anchor.first, sign * count, unit), _told(anchor)
    if match["same"]:
        if anchor is None or anchor.first is None or anchor.last is None:
            return None, None
        if re.match(r"\s+(?:of|that|when)\b", text[match.end() :]):
            return None, None
        unit = written.split()[-1]
        if re.search(r"next|following|previous", written):
            if anchor.precision is not Precision.DAY and unit == "day":
                return None, None
            step = -1 if "previous" in written else 1
            return _shift(anchor.first, step, unit), _told(anchor)
        if unit == "day":
            if anchor.precision is not Precision.DAY:
                return None, None
            return (anchor.precision, anchor.first, anchor.last), _told(anchor)
        whole = _month(anchor.first.year, anchor.first.month)
        return (whole if unit == "month" else _year(anchor.first.year)), _told(anchor)
    if published is None or from_published is None:
        # The year of writing is the latest that the text names; "last year" needs no more.
        if written == "last year" and calendar.latest_year is not None:
            return _year(calendar.latest_year - 1), str(calendar.latest_year)
        return None, None
    return _from_publication(match, published), from_published


def _told(anchor: When) -> str:
    """Return what to say of the date counted from: as written, or resolved where that is vague."""
    if anchor.counted_from is None or anchor.first is None:
        return anchor.text
    return anchor.first.isoformat()


def _from_publication(match: re.Match[str], published: date) -> tuple[Precision, date, date] | None:
    written = match.group().lower()
    if match["day"]:
        day = published - timedelta(days=written == "yesterday")
        return Precision.DAY, day, day
    if match["wd"]:
        back = (published.weekday() - _WEEKDAYS.index(match["wd"])) % 7
        day = published - timedelta(days=back or (7 if written.startswith("last") else 0))
        return Precision.DAY, day, day
    unit = written.split()[-1].rstrip("s")
    if match["this"]:
        if unit == "year":
            return Precision.YEAR, date(published.year, 1, 1), published
        if unit == "month":
            return Precision.MONTH, published.replace(day=1), published
        return Precision.RANGE, published - timedelta(days=published.weekday()), published
    words = written.removeprefix("the ").split()
    if len(words) == 2 and not written.endswith("s") and not written.startswith("the"):
        if unit == "year":
            return _year(published.year - 1)
        if unit == "month":
            before = published.replace(day=1) - timedelta(days=1)
            return _month(before.year, before.month)
        monday = published - timedelta(days=published.weekday() + 7)
        return Precision.RANGE, monday, monday + timedelta(days=6)
    count, unit = _count(" ".join(words[1:]))
    begin = _shift(published, -count, unit)
    return None if begin is None else (Precision.RANGE, begin[1], published)


def _count(written: str) -> tuple[int, str]:
    """Return the number and the unit of "two days ago"; "a few" counts as three."""
    words = written.split()
    unit = next(word.rstrip("s") for word in words if re.fullmatch(_UNIT, word))
    amount = re.split(_UNIT, written)[0].strip()
    if amount in ("a", "an", "", "the"):
        return 1, unit
    if amount in ("a few", "several", "few"):
        return 3, unit
    if amount == "couple of":
        return 2, unit
    return int(number_of(amount) or 1), unit


def _shift(day: date, count: int, unit: str) -> tuple[Precision, date, date] | None:
    """Return `day` moved by `count` units; by months and years only to the month or the year."""
    unit = unit.rstrip("s")
    try:
        if unit in ("day", "week"):
            moved = day + timedelta(days=count * (7 if unit == "week" else 1))
            return Precision.DAY, moved, moved
        if unit == "month":
            months = day.year * 12 + day.month - 1 + count
            return _month(months // 12, months % 12 + 1)
        return _year(day.year + count)
    except (ValueError, OverflowError):
        return None


def same_time(one: When, other: When) -> bool:
    """Whether two dates can mean the same time.

    Resolved ones overlap; one that lacks only its year agrees where the day or month does. One that
    says nothing of the calendar ("recently") agrees with all.
    """
    if one.first and one.last and other.first and other.last:
        return one.first <= other.last and other.first <= one.last
    if (one.text.lower() in EARLIER) != (other.text.lower() in EARLIER):
        return False
    for vague, exact in ((one, other), (other, one)):
        parts = next(iter(_calendar_parts(vague.text)), None)
        if vague.first is None and parts is not None:
            month, day = parts
            if exact.first is None or exact.last is None:
                others = next(iter(_calendar_parts(exact.text)), None)
                return others is None or (
                    others[0] == month and (not day or not others[1] or others[1] == day)
                )
            if exact.precision is Precision.DAY:
                return exact.first.month == month and (not day or exact.first.day == day)
            if exact.precision is Precision.MONTH:
                return exact.first.month == month
            return True
    return True


def _calendar_parts(written: str) -> Iterator[tuple[int, int | None]]:
    """Yield the month and the day, if any, that `written` names."""
    for match in _EXPRESSION.finditer(written):
        name = match["m1"] or match["m2"] or match["m3"] or match["m9"]
        if name:
            day = match["d1"] or match["d2"]
            yield month_number(name), int(re.sub(r"\D", "", day)) if day else None
