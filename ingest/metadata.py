"""What a source states about itself: title, author, source, date; never what one could guess."""

import re
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from ingest.document import Region, RegionKind
from ingest.paragraphs import paragraph_spans

MAX_VALUE_CHARS = 300

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan ocak",
            "february feb şubat",
            "march mar mart",
            "april apr nisan",
            "may mayıs",
            "june jun haziran",
            "july jul temmuz",
            "august aug ağustos",
            "september sept sep eylül",
            "october oct ekim",
            "november nov kasım",
            "december dec aralık",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = r"(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?"
_DATE_PATTERNS = tuple(
    re.compile(_WEEKDAY + pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})(?:[T ]\d{2}:\d{2}\S*(?: UTC| GMT)?)?",
        r"(?P<year>\d{4})/(?P<number>\d{1,2})/(?P<day>\d{1,2})",
        r"(?P<day>\d{1,2})\.(?P<number>\d{1,2})\.(?P<year>\d{4})",
        r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+" + _MONTH + r",?\s+(?P<year>\d{4})",
        _MONTH + r"\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})",
        # Which of the two is the month only shows when the other is above 12.
        r"(?P<first>\d{1,2})[/-](?P<second>\d{1,2})[/-](?P<year>\d{4})",
    )
)

_KEYS = {
    "title": ("title", "headline", "başlık"),
    "author": ("author", "authors", "by", "written by", "byline", "yazar"),
    "source": ("source", "publisher", "publication", "outlet", "kaynak"),
    "published": (
        "published",
        "date",
        "publication date",
        "date published",
        "published on",
        "tarih",
    ),
    "url": ("url", "link", "permalink"),
    "language": ("language", "lang", "dil"),
}
_FIELD_OF_KEY = {key: name for name, keys in _KEYS.items() for key in keys}
_KEY_LINE = re.compile(r"([^\W\d_][\w -]{1,24}?)\s*:\s+(\S.*)")

# What programs write into their files' properties when nobody stated anything.
_NO_AUTHOR = re.compile(
    r"(?:python-docx|microsoft office user|user|admin|administrator|author|unknown|anonymous"
    r"|\(?anonymous\)?|windows user|owner)",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(
    r"(?:untitled.*|\(?anonymous\)?|word document|microsoft word - .*"
    r"|document\d*|title|\S+\.\w{3,4})",
    re.IGNORECASE,
)

_NAME = r"(?:(?:Dr|Prof|Mr|Mrs|Ms|Gen)\.\s+)?[^\W\d_][\w.’'-]*(?:\s+[^\W\d_][\w.’'-]*){0,5}"
_BY = re.compile(r"(?:By|by|BY|Written by|Reporting by|Yazan:?|Von|Par)\s+(?P<who>\S.{1,100})")
_SEPARATOR = re.compile(r"\s*(?:[·•|]|\s[–—-]\s)\s*")


@dataclass(frozen=True, slots=True)
class Stated:
    """Metadata as a source states it; None for what it does not state."""

    title: str | None = None
    author: str | None = None
    source: str | None = None
    published: date | None = None
    url: str | None = None
    language: str | None = None

    def or_else(self, other: "Stated") -> "Stated":
        """Return these values, and where one is None, that of `other`."""
        return Stated(
            **{
                item.name: getattr(self, item.name)
                if getattr(self, item.name) is not None
                else getattr(other, item.name)
                for item in fields(self)
            }
        )


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first lines of a text state, and the regions that these lines are."""

    stated: Stated = field(default_factory=Stated)
    regions: tuple[Region, ...] = ()
    end: int = 0
    """Where the header lines end; 0 where there are none."""


def parse_date(text: str) -> date | None:
    """Return the one full date that `text` is, or None.

    Day-month and month-day order in figures are told apart only by a figure above 12; a date that
    could be either is no statement.
    """
    stripped = text.strip().rstrip(".")
    for pattern in _DATE_PATTERNS:
        match = pattern.fullmatch(stripped)
        if match:
            return _date(match)
    return None


def _date(match: re.Match[str]) -> date | None:
    parts = match.groupdict()
    if "first" in parts:
        first, second = int(parts["first"]), int(parts["second"])
        if first == second or (first <= 12) != (second <= 12):
            day, month = (first, second) if second <= 12 else (second, first)
        else:
            return None
    else:
        day = int(parts["day"])
        month = int(parts["number"]) if "number" in parts else _MONTHS[parts["month"].lower()]
    try:
        return date(int(parts["year"]), month, day)
    except ValueError:
        return None


def clean_value(value: str | None) -> str | None:
    """Return a stated value in one line without surplus white space or quotes; None if blank."""
    if value is None:
        return None
    cleaned = " ".join(value.split()).strip()
    if len(cleaned) > 1 and cleaned[0] == cleaned[-1] and cleaned[0] in "\"'":
        cleaned = cleaned[1:-1].strip()
    return cleaned[:MAX_VALUE_CHARS] or None


def clean_language(value: str | None) -> str | None:
    """Return the two-letter code that a language tag such as `en-GB` begins with, or None."""
    match = re.match(r"([A-Za-z]{2})(?:[-_]|$)", (value or "").strip())
    return match.group(1).lower() if match else None


def clean_url(value: str | None) -> str | None:
    """Return an absolute http or https address, or None for anything else."""
    cleaned = clean_value(value)
    return cleaned if cleaned and re.match(r"https?://[^\s/]", cleaned, re.IGNORECASE) else None


def stated_from(values: dict[str, str | None]) -> Stated:
    """Return what the named values state, each cleaned; unknown names are ignored."""
    return Stated(
        title=clean_value(values.get("title")),
        author=clean_value(values.get("author")),
        source=clean_value(values.get("source")),
        published=parse_date(values.get("published") or ""),
        url=clean_url(values.get("url")),
        language=clean_language(values.get("language")),
    )


def property_title(value: str | None) -> str | None:
    """Return a title from a file's properties unless a program made it up."""
    cleaned = clean_value(value)
    return None if cleaned is None or _NO_TITLE.fullmatch(cleaned) else cleaned


def property_author(value: str | None) -> str | None:
    """Return an author from a file's properties unless a program made it up."""
    cleaned = clean_value(value)
    return None if cleaned is None or _NO_AUTHOR.fullmatch(cleaned) else cleaned


def field_of(key: str) -> str | None:
    """Return the field of `Stated` that a header's or front matter's key names, if any."""
    return _FIELD_OF_KEY.get(key.strip().casefold().replace("_", " "))


def parse_header(text: str) -> Opening:
    """Return what `Key: value` lines at the very top of `text` state.

    They are one run of lines, without a blank line among them, of which the first is known; a
    title may stand above them. The title's value, not its key, is the TITLE region; the other
    lines are furniture.
    """
    spans = paragraph_spans(text, 0, min(len(text), 20_000))[:20]
    values: dict[str, str | None] = {}
    regions: list[Region] = []
    end = 0
    for index, (start, stop) in enumerate(spans):
        line = text[start:stop]
        match = _KEY_LINE.fullmatch(line)
        name = field_of(match.group(1)) if match else None
        if name is not None and match is not None:
            values.setdefault(name, match.group(2))
            value_start = start + match.start(2)
            if name == "title":
                regions.append(Region(RegionKind.FURNITURE, start, value_start))
                regions.append(Region(RegionKind.TITLE, value_start, stop))
            else:
                regions.append(Region(RegionKind.FURNITURE, start, stop))
        elif match is not None and values and text[end:start].count("\n") == 1:
            regions.append(Region(RegionKind.FURNITURE, start, stop))
        elif index == 0 and _is_title_above_keys(text, spans):
            values["title"] = line
            regions.append(Region(RegionKind.TITLE, start, stop))
        else:
            break
        end = stop
    if not values or all(region.kind is RegionKind.TITLE for region in regions):
        return Opening()
    return Opening(stated_from(values), tuple(regions), end)


def _is_title_above_keys(text: str, spans: list[tuple[int, int]]) -> bool:
    if len(spans) < 2 or spans[0][1] - spans[0][0] > 200:
        return False
    match = _KEY_LINE.fullmatch(text[slice(*spans[1])])
    return match is not None and field_of(match.group(1)) not in (None, "title")


def parse_byline(line: str, author: str | None = None) -> Stated | None:
    """Return what a line that is nothing but a byline states; None for any other line.

    A byline is made of one or more of: "By NAME", the known `author`, "Source: X",
    "Published: DATE", a full date. Alone a date is a date line, which states the day of
    publication where it stands under a title.
    """
    stripped = " ".join(line.split())
    if not stripped or len(stripped) > 200:
        return None
    stated = Stated()
    found = False
    for part in _byline_parts(stripped, author):
        piece = _byline_piece(part, author)
        if piece is None:
            return None
        found = found or piece != Stated()
        stated = stated.or_else(piece)
    return stated if found else None


def _byline_parts(line: str, author: str | None) -> list[str]:
    if author and line.casefold().startswith(author.casefold()):
        head, tail = line[: len(author)], line[len(author) :]
        return [head, *_byline_parts(tail.lstrip(" ,.;·•|–—-"), None)] if tail.strip() else [head]
    parts = _SEPARATOR.split(line)
    split: list[str] = []
    for part in parts:
        split.extend(re.split(r"(?<=[^\s.][^\s.])\.\s+(?=[^\W\d_][\w ]{1,24}:\s)", part))
    return [part.strip() for part in split if part.strip()]


def _byline_piece(part: str, author: str | None) -> Stated | None:
    if author and part.casefold().strip(". ") == author.casefold().strip(". "):
        return Stated(author=author)
    published = parse_date(part)
    if published is not None:
        return Stated(published=published)
    match = _KEY_LINE.fullmatch(part)
    if match:
        name = field_of(match.group(1))
        return (
            replace(stated_from({name: match.group(2).rstrip(".")}) if name else Stated())
            if name
            else None
        )
    match = _BY.fullmatch(part)
    if match and _is_names(match.group("who")):
        return Stated(author=clean_value(match.group("who")))
    if re.fullmatch(r"(?:updated|last updated|modified)\b.{0,60}", part, re.IGNORECASE):
        return Stated()
    if re.fullmatch(r"\d{1,3} min(?:ute)?s?(?: read)?", part, re.IGNORECASE):
        return Stated()
    return None


def _is_names(text: str) -> bool:
    """Whether `text` is names only: every word but connectives begins with a capital."""
    if text.endswith((".", "!", "?", ":")) and not re.search(r"\b[A-Z]\.$", text):
        return False
    words = re.split(r"[\s,]+", text)
    connectives = {
        "and",
        "&",
        "de",
        "van",
        "von",
        "der",
        "bin",
        "al",
        "for",
        "of",
        "the",
        "desk",
        "ve",
    }
    return len(words) <= 12 and all(
        word[:1].isupper() or word.casefold() in connectives or word.startswith(("al-", "el-"))
        for word in words
        if word
    )


def readable_name(path: str) -> str:
    """Return a file's or address's name made readable, for a source that states no title."""
    name = unquote(urlsplit(path).path) if re.match(r"https?://", path) else path
    name = name.removeprefix("upload:")
    stem = PurePosixPath(name.rstrip("/")).stem
    words = re.sub(r"[_\s]+|(?<=[^\W\d_])-(?=\w)|(?<=\w)-(?=[^\W\d_])", " ", stem).strip()
    words = words or urlsplit(path).netloc or "Untitled"
    return (words[:1].upper() + words[1:])[:MAX_VALUE_CHARS]
