"""Ties: the words by which a document itself says that two names are one actor's."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from analysis import cues
from analysis.names import sound_alike, sound_key
from analysis.records import ActorKind, Mention, Reason, Span, Tie
from analysis.terms import words

MAX_GAP_CHARS = 90
"""Names further apart than this are not tied by the words between them."""

_NOISE = r"(?:[a-z][\w’'-]*\s+){0,6}?"
_QUOTE = r"[\s\"“”‘’'«»]*"
_KNOWN = re.compile(
    rf"""^{_QUOTE},?\s*(?:\(\s*)?{_NOISE}
    (?:
        (?:known|called|referred\ to|identified|nicknamed|dubbed|named|spelled|spelt|written
           |appears?\ in\ reports|appears?|listed)
        \s+(?:in\s+[\w\s]{{1,30}}?\s+)?(?:only\s+|simply\s+|also\s+)?(?:as|by)\s+{_NOISE}
      | (?:also|otherwise|better|sometimes|usually|once|commonly)\s+(?:called|named|spelled|spelt|)
        \s*
      | called\s+
      | nicknamed\s+
      | a\.?k\.?a\.?,?\s+
      | alias(?:es)?:?\s+
      | nom\ de\ guerre:?\s+
      | whose\s+(?:name|real\s+name|byname|name\s+\w+\s+(?:spells|writes))\s+(?:is|was)?\s*
      | (?:went|goes|going)\s+by\s+(?:the\s+)?(?:name|names|byname|alias)?\s*(?:of\s+)?
      | under\s+the\s+(?:pseudonym|name|alias|byname)\s+(?:of\s+)?
      | real\s+name:?\s+
      | (?:as\s+)?(?:they|it|he|she)\s+calls?\s+{_NOISE}
      | in\s+other\s+spellings?,?:?\s+
      | formerly\s+(?:known\s+as\s+)?{_NOISE}
      | short\s+for\s+(?:the\s+)?
      | abbreviated\s+(?:as\s+)?
    )(?:the\s+)?{_QUOTE}$""",
    re.VERBOSE,
)
_LISTED = re.compile(
    rf"^{_QUOTE},?\s*(?:(?:or|and|also|formerly|alias|aka|a\.k\.a\.|in\ other\ spellings?|simply)"
    rf"\s+)*"
    rf"(?:the\s+)?{_QUOTE}$"
)
_BY_OTHERS = re.compile(
    r"^,?\s*in\s+the\s+(?:language|words|terms|usage|reports|parlance)\s+of\s+(?:the\s+)?[\w\s’'-]+"
    r"[:,]\s*$"
)
_OPENS = re.compile(rf"^{_QUOTE}\s*\(\s*(?:the\s+|also\s+|or\s+|formerly\s+)*{_QUOTE}$")
_CLOSES = re.compile(rf"^{_QUOTE}\s*(?:\)|,|;)")
_OR = re.compile(r"^\s*,\s+or\s+(?:the\s+)?[“\"]?$")
_COMMA_THE = re.compile(r"^\s*[,–—-]\s*(?:the\s+)?$")
_PART_OF = re.compile(
    r"(?:branch|arm|wing|affiliate|offshoot|faction|chapter|cell|province|franchise|subsidiary|form|"
    r"part|section|unit)\s+(?:of|in)\s+(?:the\s+)?(?:self-proclaimed\s+|so-called\s+)?"
    r"(?:terrorist\s+organi[sz]ation\s+)?$"
)


def find_ties(text: str, mentions: Sequence[Mention]) -> tuple[Tie, ...]:
    """Return what ties the names of a document together, in the order of the first of each two.

    Only neighbouring names are compared by the words between them, and alike ones by an index of
    their sounds, so that many names take time in proportion to their number.
    """
    ties = [*_stated(text, mentions), *_in_tables(text, mentions)]
    ties += _short_forms(mentions)
    ties += _spellings(mentions)
    unique: dict[tuple[int, int], Tie] = {}
    for tie in ties:
        unique.setdefault((min(tie.one, tie.other), max(tie.one, tie.other)), tie)
    return tuple(sorted(unique.values(), key=lambda tie: (tie.one, tie.other)))


def _stated(text: str, mentions: Sequence[Mention]) -> Iterator[Tie]:
    for other in range(1, len(mentions)):
        one = other - 1
        gap = text[mentions[one].span.end : mentions[other].span.start]
        if len(gap) > MAX_GAP_CHARS or "\n" in gap:
            continue
        # In "the Khorasan branch of the Islamic State (ISKP)" the name between is the whole's.
        if other > 1 and (tie := _over_one(text, mentions, other)) is not None:
            yield tie
        reason = _reason(gap, mentions[one], mentions[other], text)
        if reason is None or _is_whole(text, mentions, one):
            continue
        if mentions[one].kind != mentions[other].kind and not _may_differ(mentions, one, other):
            continue
        span = Span(mentions[one].span.start, mentions[other].span.end)
        yield Tie(one, other, reason, span)


def _may_differ(mentions: Sequence[Mention], one: int, other: int) -> bool:
    """Whether two names of different kinds may be one's: a group's that was taken for a body's."""
    return ActorKind.PERSON not in (mentions[one].kind, mentions[other].kind)


def _reason(gap: str, one: Mention, other: Mention, text: str) -> Reason | None:
    after = text[other.span.end : other.span.end + 4]
    if _OPENS.match(gap):
        return Reason.EXPANSION if _CLOSES.match(after) else None
    listed = _LISTED.match(gap) or _BY_OTHERS.match(gap) or _KNOWN.match(gap)
    if listed and _in_parentheses(text, one, other):
        return Reason.ALSO_KNOWN_AS
    if _KNOWN.match(gap) and not re.search(r"[;?!]\s|(?<!k\.a)\.\s", gap):
        return Reason.ALSO_KNOWN_AS
    if _OR.match(gap) and re.match(r"[”\"’]?\s*[,.;)]", after):
        return Reason.APPOSITION
    if _COMMA_THE.match(gap) and (
        abbreviates(one.text, other.text) or abbreviates(other.text, one.text)
    ):
        return Reason.EXPANSION
    return None


def _in_parentheses(text: str, one: Mention, other: Mention) -> bool:
    opened = text.rfind("(", max(0, one.span.start - 200), one.span.start)
    if opened < 0 or text.find(")", opened, one.span.start) >= 0:
        return False
    closed = text.find(")", other.span.end, other.span.end + 200)
    return closed >= 0 and "\n" not in text[opened:closed]


def _is_whole(text: str, mentions: Sequence[Mention], place: int) -> bool:
    """Whether a name says of what something is a part: branch of the Islamic State."""
    start = mentions[place].span.start
    return _PART_OF.search(text, max(0, start - 70), start) is not None


def _over_one(text: str, mentions: Sequence[Mention], other: int) -> Tie | None:
    """Tie a name to the last but one where the name between is a whole's or a speaker's."""
    one, between = other - 2, mentions[other - 1]
    if mentions[one].kind != mentions[other].kind:
        return None
    span = Span(mentions[one].span.start, mentions[other].span.end)
    if span.end - span.start > 2 * MAX_GAP_CHARS or "\n" in text[span.start : span.end]:
        return None
    before = text[mentions[one].span.end : between.span.start]
    after = text[between.span.end : mentions[other].span.start]
    if _is_whole(text, mentions, other - 1) and _OPENS.match(after):
        if re.match(r"^\s+(?:\w+\s+){0,3}of\s+(?:the\s+)?$", before):
            return Tie(one, other, Reason.EXPANSION, span)
        if _CALLS.match(before):
            return Tie(one, other, Reason.ALSO_KNOWN_AS, span)
    if _BY_OTHERS.match(text[mentions[one].span.end : mentions[other].span.start]):
        return Tie(one, other, Reason.ALSO_KNOWN_AS, span)
    return None


_CALLS = re.compile(r"^,?\s*(?:as\s+(?:they|it|he|she|\w+)\s+calls?|the\s+name\s+\w+\s+for)\s")


def abbreviates(short: str, long: str) -> bool:
    """Whether the capitals of `short` are the first letters of words of `long`, in order."""
    letters = [char.lower() for char in short if char.isalpha()]
    if not 2 <= len(letters) <= 8 or sum(char.isupper() for char in short) < 2:
        return False
    initials = [word.form[0] for word in words(long)]
    if len(initials) < 2 or letters[0] != initials[0]:
        return False
    found = iter(initials)
    return all(letter in found for letter in letters)


_ALIAS_COLUMN = re.compile(
    r"\b(?:also known as|alias(?:es)?|a\.?k\.?a|other names?|byname)\b", re.I
)


def _in_tables(text: str, mentions: Sequence[Mention]) -> Iterator[Tie]:
    """Tie the names in a row of a table one of whose columns is headed "also known as"."""
    for header in _ALIAS_COLUMN.finditer(text):
        line_start = text.rfind("\n", 0, header.start()) + 1
        line_end = text.find("\n", header.end())
        if line_end < 0 or " | " not in text[line_start:line_end]:
            continue
        column = text[line_start : header.start()].count(" | ")
        yield from _rows(text, mentions, line_end + 1, column)


def _rows(text: str, mentions: Sequence[Mention], start: int, column: int) -> Iterator[Tie]:
    starts = {mention.span.start: place for place, mention in enumerate(mentions)}
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        row = text[start:end]
        if " | " not in row:
            return
        at = start
        cells: list[int | None] = []
        for cell in row.split(" | "):
            cells.append(starts.get(at + len(cell) - len(cell.lstrip())))
            at += len(cell) + 3
        if column < len(cells) and cells[0] is not None and cells[column] is not None and column:
            one, other = cells[0], cells[column]
            assert one is not None and other is not None
            span = Span(mentions[one].span.start, mentions[other].span.end)
            yield Tie(one, other, Reason.ALSO_KNOWN_AS, span)
        start = end + 1


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name by its parts: what is left of it when forms of address are taken away."""

    forms: tuple[str, ...]
    """Folded words without honorifics and articles; a father's name counts as one word."""

    @property
    def last(self) -> str:
        """The last word, by which a person is called for short."""
        return self.forms[-1]

    @property
    def whole(self) -> bool:
        """Whether it is more than a short form."""
        return len(self.forms) > 1


@lru_cache(maxsize=100_000)
def person_name(text: str) -> PersonName:
    """Return the parts of a person's name."""
    forms: list[str] = []
    for word in words(text):
        if word.form in _ARTICLES:
            continue
        if forms and forms[-1] in cues.KUNYAS:
            forms[-1] = "abu " + word.form
        else:
            forms.append(word.form)
    named = [form for form in forms if form not in cues.HONORIFICS]
    return PersonName(tuple(named or forms or [text.casefold()]))


def is_chosen_name(text: str) -> bool:
    """Whether a name is a fighter's chosen one: father of somebody, from somewhere (Abu Omar …i).

    Many men choose the same; likeness of two such names makes it only probable that one is meant.
    """
    forms = person_name(text).forms
    return forms[0].startswith("abu ") and len(forms) == 2 and forms[1].endswith("i")


_ARTICLES = frozenset("al el ul ad an ar as ash at az the".split())


def _short_forms(mentions: Sequence[Mention]) -> Iterator[Tie]:
    """Tie a last name to the nearest whole name before it that ends so, or the first after it."""
    wholes: dict[str, list[int]] = defaultdict(list)
    for place, mention in enumerate(mentions):
        if mention.kind is ActorKind.PERSON:
            name = person_name(mention.text)
            if name.whole:
                wholes[name.last].append(place)
    seen: dict[str, int] = {}
    for place, mention in enumerate(mentions):
        if mention.kind is not ActorKind.PERSON:
            continue
        name = person_name(mention.text)
        if name.whole:
            seen[name.last] = place
        elif name.last in wholes:
            one = seen.get(name.last, wholes[name.last][0])
            if person_name(mentions[one].text).forms != name.forms:
                yield Tie(one, place, Reason.SHORT_FORM, mention.span)


def _spellings(mentions: Sequence[Mention]) -> Iterator[Tie]:
    """Tie whole names of persons that sound alike to the first that does."""
    first: dict[tuple[str, ...], list[tuple[tuple[str, ...], int]]] = defaultdict(list)
    done: set[tuple[str, ...]] = set()
    for place, mention in enumerate(mentions):
        if mention.kind is not ActorKind.PERSON:
            continue
        forms = person_name(mention.text).forms
        if len(forms) < 2 or forms in done:
            continue
        done.add(forms)
        key = tuple(sound_key(part) for form in forms for part in form.split())
        for other, where in first[key][:_COMPARED]:
            if names_alike(forms, other):
                yield Tie(where, place, Reason.SPELLING, mention.span)
                break
        first[key].append((forms, place))


_COMPARED = 20
"""Names of one sound key that are compared with a new one: more would be a list of namesakes."""


def names_alike(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether two names have the same words but for the choices of transliteration."""
    left = [part for form in one for part in form.split()]
    right = [part for form in other for part in form.split()]
    return len(left) == len(right) and all(
        a == b or sound_alike(a, b) for a, b in zip(left, right, strict=True)
    )
