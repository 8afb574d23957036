"""Marked sentences: every name is one sign, so that patterns can speak of names.

"the Taliban killed Farooq Bengalzai" becomes "the ⟨G0⟩ killed ⟨P1⟩". A pronoun or "the group" that
stands for a name before it is a sign, too, and says so by its place in the text.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.cues import GROUP_NOUNS
from analysis.records import ActorKind, Mention, Span
from analysis.tagger import Tagged

_OPEN, _CLOSE = "\ue000", "\ue001"
_LETTER = {ActorKind.PERSON: "P", ActorKind.GROUP: "G", ActorKind.INSTITUTION: "I"}

PERSON = rf"{_OPEN}P\d+{_CLOSE}"
GROUP = rf"{_OPEN}G\d+{_CLOSE}"
ACTOR = rf"{_OPEN}[PGI]\d+{_CLOSE}"
BODY = rf"{_OPEN}[GI]\d+{_CLOSE}"
_SIGN = re.compile(rf"{_OPEN}[PGI](\d+){_CLOSE}")
_REFERENCE = re.compile(
    r"\b(?:(?P<he>[Hh]e|[Ss]he|[Hh]im|[Hh]is|[Hh]er)"
    rf"|(?P<group>[Tt]he\s+(?:terrorist\s+|same\s+)?(?:{'|'.join(sorted(GROUP_NOUNS - {'army'}))})"
    r"|[Ii]ts|[Tt]heir))\b"
)


@dataclass(frozen=True, slots=True)
class MarkedSentence:
    """A sentence with signs for names: `text` is what patterns read, spans are the document's."""

    text: str
    span: Span
    mentions: tuple[int, ...]
    """The names in it, as places in the document's mentions, in order; references left out."""
    _marked: tuple[int, ...]
    _written: tuple[int, ...]
    """From `_marked[i]` in `text` on, up to the next, the document goes on at `_written[i]`."""

    def span_of(self, start: int, end: int) -> Span:
        """Return where `text[start:end]`, which cuts no sign, stands in the document."""
        return Span(self._place(start), self._place(end))

    def _place(self, at: int) -> int:
        piece = bisect_right(self._marked, at) - 1
        return self._written[piece] + at - self._marked[piece]

    def mention(self, sign: str) -> int:
        """Return which mention a sign stands for."""
        found = _SIGN.fullmatch(sign)
        assert found is not None
        return int(found.group(1))

    def signs(self, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
        """Yield the signs of `text[start:end]` in order."""
        yield from _SIGN.finditer(self.text, start, len(self.text) if end is None else end)


def mark(
    text: str, paragraphs: Sequence[Tagged], mentions: Sequence[Mention]
) -> list[MarkedSentence]:
    """Return the sentences of the paragraphs that name somebody or refer back to somebody."""
    starts = [mention.span.start for mention in mentions]
    marked = []
    person: int | None = None
    opened: int | None = None
    groups: list[int] = []
    subject = _subject(text, mentions)
    for paragraph in paragraphs:
        for span in sentence_spans(paragraph):
            first = bisect_left(starts, span.start)
            end = bisect_left(starts, span.end)
            here = [place for place in range(first, end) if mentions[place].span.end <= span.end]
            sentence = _sentence(text, span, here, mentions, person, groups, subject, opened)
            if sentence.mentions or len(sentence._marked) > 1:
                marked.append(sentence)
            person = _person_in_mind(text, here, mentions, span, person)
            named = [place for place in here if mentions[place].kind is ActorKind.GROUP]
            opened = named[0] if named else opened
            groups = [*groups, *named][-LATELY:]
    return marked


def sentence_spans(paragraph: Tagged) -> Iterator[Span]:
    """Yield the sentences of a paragraph in the document's code points.

    They are the parser's, cut again where a full stop stands before a capital, which it misses
    after long sentences.
    """
    text = paragraph.text
    for sent in paragraph.doc.sents:
        start = sent.start_char
        for stop in _STOP.finditer(text, sent.start_char, sent.end_char):
            if not _ABBREVIATED.search(text, max(start, stop.start() - 8), stop.start() + 1):
                yield Span(paragraph.start + start, paragraph.start + stop.end())
                start = stop.end()
        if start < sent.end_char:
            yield Span(paragraph.start + start, paragraph.start + sent.end_char)


_STOP = re.compile(r"[.!?](?:\[\d+\])?[”\"]?\s+(?=[“\"]?[A-ZÀ-Þ])")
_ABBREVIATED = re.compile(
    r"(?:\b[A-Za-z]|\b(?:Mr|Mrs|Ms|Dr|Gen|Lt|Col|Maj|Sgt|St|No|vs|Prof|Sen|Gov))\.$"
)


def _person_in_mind(
    text: str,
    here: Sequence[int],
    mentions: Sequence[Mention],
    span: Span,
    before: int | None,
) -> int | None:
    """Return whom "he" would mean next: who opened the sentence, else who was named last.

    After a sentence about a man without a name, nobody.
    """
    persons = [place for place in here if mentions[place].kind is ActorKind.PERSON]
    if not persons:
        unnamed = _SOMEBODY.search(text, span.start, min(span.end, span.start + 2 * _OPENING_CHARS))
        return None if unnamed else before
    first = mentions[persons[0]].span
    return persons[0] if first.start - span.start < _OPENING_CHARS else persons[-1]


_OPENING_CHARS = 40
_SOMEBODY = re.compile(
    r"\b(?:[Tt]he|[Aa]n?|[Oo]ne)\s+(?:[\w-]+\s+){0,3}?(?:man|woman|victim|official|governor|leader|"
    r"commander|cleric|preacher|expert|analyst|lecturer|specialist|researcher|bomber|attacker)\b"
)


LATELY = 8
"""How many names of groups back "the group" may reach."""


def _sentence(
    text: str,
    span: Span,
    here: Sequence[int],
    mentions: Sequence[Mention],
    person: int | None,
    groups: Sequence[int],
    subject: str | None,
    opened: int | None,
) -> MarkedSentence:
    places: list[tuple[int, int, int]] = [
        (mentions[place].span.start, mentions[place].span.end, place) for place in here
    ]
    covered = [(start, end) for start, end, _ in places]
    for reference in _REFERENCE.finditer(text, span.start, span.end):
        start, end = reference.span()
        # "the terrorist organization ISKP" is named where it stands.
        if any(start < taken_end and taken_start <= end + 1 for taken_start, taken_end in covered):
            continue
        named = [place for place in here if mentions[place].span.end <= start]
        if reference.group("he"):
            persons = [place for place in named if mentions[place].kind is ActorKind.PERSON]
            meant = persons[0] if persons else person
        else:
            beside = [place for place in named if mentions[place].kind is ActorKind.GROUP]
            if reference.group().lower() in _POSSESSIVE:
                meant = beside[0] if beside else opened
            else:
                meant = _group_meant(beside, groups, mentions, subject)
        if meant is not None:
            places.append((start, end, meant))
    pieces: list[str] = []
    marked, written = [0], [span.start]
    length, at = 0, span.start
    for start, end, place in sorted(places):
        letter = _LETTER[mentions[place].kind]
        plain = _plain(text[at:start])
        sign = f"{_OPEN}{letter}{place}{_CLOSE}"
        word = text[start:end]
        whose = "’s" if word.lower() in _POSSESSIVE else ""
        pieces += [plain, sign, whose]
        marked += [length + len(plain), length + len(plain) + len(sign) + len(whose)]
        written += [start, end]
        length += len(plain) + len(sign) + len(whose)
        at = end
    pieces.append(_plain(text[at : span.end]))
    return MarkedSentence("".join(pieces), span, tuple(here), tuple(marked), tuple(written))


_POSSESSIVE = frozenset({"his", "its", "her", "their"})


def _plain(text: str) -> str:
    """Return text without what a sign is made of, as long as before."""
    if _OPEN in text or _CLOSE in text:
        return text.replace(_OPEN, " ").replace(_CLOSE, " ")
    return text


def _subject(text: str, mentions: Sequence[Mention]) -> str | None:
    """Return the group that the document is about and calls "the group".

    It goes by many names, it has members, leaders and branches; one that has an administration,
    ministers and governors is called a government sooner than a group.
    """
    weights: dict[str, float] = defaultdict(float)
    forms: dict[str, set[str]] = defaultdict(set)
    for mention in mentions:
        if mention.kind is not ActorKind.GROUP:
            continue
        key = _key(mention)
        weights[key] += 0.1
        forms[key].add(mention.text.casefold())
        before = text[max(0, mention.span.start - 40) : mention.span.start]
        if _GOVERNS.match(text, mention.span.end):
            weights[key] -= 1.5
        if _HAS_PEOPLE.match(text, mention.span.end) or _GROUP_BEFORE.search(before):
            weights[key] += 1
    ranked = [(weight + len(forms[key]), key) for key, weight in weights.items()]
    return max(ranked, default=(0, None))[1]


_GOVERNS = re.compile(
    r"(?:[’']s)?\s+(?:administration|government|authorities|regime|rule|rulers|cabinet|governor|"
    r"minist\w+|foreign\s+minist\w+|officials?|return\s+to\s+power|takeover|victory|invasion|"
    r"spokes\w+|announcement|announced)\b",
    re.IGNORECASE,
)
_HAS_PEOPLE = re.compile(
    r"(?:[’']s)?\s+(?:members?|militants?|elements?|cells?|leaders?|supporters|threat|branch|claimed)\b"
)
_GROUP_BEFORE = re.compile(
    r"\b(?:organi[sz]ation|group|leaders?|members?|branch|commander|ideologist|wing|arm)\s+"
    r"(?:of\s+)?(?:the\s+)?$"
)


def _key(mention: Mention) -> str:
    return mention.canonical or mention.text.casefold()


def _group_meant(
    beside: Sequence[int], before: Sequence[int], mentions: Sequence[Mention], subject: str | None
) -> int | None:
    """Return which of the groups named `beside` it or `before` it "the group" means.

    It means the one that the document is about if that was named lately; otherwise the one that
    opened the sentence, and where none did, the one named last.
    """
    for place in (*reversed(beside), *reversed(before)):
        if subject is not None and _key(mentions[place]) == subject:
            return place
    if beside:
        return beside[0]
    return before[-1] if before else None
