"""Deaths: that a person is said to have died, and where and when."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from analysis.marked import PERSON, MarkedSentence
from analysis.names import NameKind, NameRegister
from analysis.records import Death, Place, Precision, Role, Span, When
from analysis.states import states

_DONE = (
    r"(?:killed|executed|assassinated|murdered|beheaded|slain|hanged|martyred|shot\s+dead|"
    r"put\s+to\s+death|neutrali[sz]ed|eliminated)"
)
_DEATHS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<who>{PERSON})(?:(?!\ue000P)[^.;?!]){{0,90}}?\b(?:was|were|been|is|got)\s+"
        rf"(?:\w+ly\s+)?(?P<death>{_DONE})\b",
        rf"(?P<who>{PERSON})(?:(?!\ue000P)[^.;?!]){{0,40}}?\s(?P<death>died|fell\s+in|met\s+(?:his|her)\s+"
        r"death|lost\s+(?:his|her)\s+life)\b",
        rf"\b(?P<death>{_DONE})\s(?:(?!\b(?:by|after|when|while)\b)[^.;?!]){{0,120}}?(?P<who>{PERSON})"
        r"(?![’']s)",
        rf"\b(?P<death>execute|kill|assassinate)\s(?:[^.;?!]){{0,30}}?(?P<who>{PERSON})(?![’']s)",
        rf"\b(?P<death>death|killing|execution|assassination|loss)\s+of\s+(?:[^.;?!\ue000]){{0,60}}?"
        rf"(?P<who>{PERSON})",
        rf"(?P<who>{PERSON})(?:[’']s)?\s+(?P<death>death|killing|execution|assassination)\b",
    )
)
_NOT_DONE = re.compile(
    r"\b(?:not|never|failed|attempt(?:ed|s)?|tried|plann?\w*|threat\w*|would|could|might|may|if)\b"
)
_TOLD = re.compile(
    r"\b(?:announce\w*|made\s+public|report(?:ed|s)?|confirm\w*|statement|stated|said|declared|dated)\b"
)

_TOLD_ON = re.compile(rf"{_TOLD.pattern}\s+(?:on|in|of)?\s*$")


def find_deaths(
    text: str,
    sentences: Sequence[MarkedSentence],
    roles: Sequence[Role],
    whens: Sequence[When],
    register: NameRegister,
) -> tuple[Death, ...]:
    """Return the deaths of persons that the sentences tell, one for a person and a sentence.

    A date or place that belongs to the announcement or to the dead man's office is not his death's.
    """
    starts = [when.span.start for when in whens]
    role_starts = [role.span.start for role in roles]
    found: dict[tuple[int, Span], Death] = {}
    for sentence in sentences:
        if "\ue000P" not in sentence.text:
            continue
        for pattern in _DEATHS:
            for match in pattern.finditer(sentence.text):
                if _NOT_DONE.search(sentence.text, max(0, match.start("death") - 30), match.end()):
                    continue
                who = sentence.mention(match.group("who"))
                word = sentence.span_of(*match.span("death"))
                here = whens[
                    bisect_left(starts, sentence.span.start) : bisect_left(
                        starts, sentence.span.end
                    )
                ]
                when = _when(text, word, here)
                offices = roles[
                    bisect_left(role_starts, sentence.span.start) : bisect_left(
                        role_starts, sentence.span.end
                    )
                ]
                places = tuple(_places(text, sentence.span, offices, register))
                known = found.get((who, sentence.span))
                if known is None or not (known.when or known.places):
                    found[who, sentence.span] = Death(who, sentence.span, when, places)
    return tuple(found.values())


def _when(text: str, word: Span, whens: Sequence[When]) -> When | None:
    """Return the date nearest to the word that is the death's and not its announcement's."""
    dated: list[tuple[int, When]] = []
    for when in whens:
        first, last = sorted((when.span, word))
        before = text[max(0, when.span.start - 30) : when.span.start]
        told = _TOLD.search(text[first.end : last.start]) or _TOLD_ON.search(before)
        if when.precision is not Precision.UNRESOLVED and not told:
            dated.append((last.start - first.end, when))
    return min(dated, key=lambda pair: pair[0], default=(0, None))[1]


def _places(
    text: str, span: Span, roles: Sequence[Role], register: NameRegister
) -> Iterator[Place]:
    """Yield the register's places in the sentence that are no part of somebody's office."""
    for name in register.mentions(text[span.start : span.end]):
        if register.entry(name.canonical).kind is not NameKind.PLACE or not name.exact:
            continue
        place = Span(span.start + name.start, span.start + name.end)
        if name.canonical in states() or any(
            role.span.start <= place.start and place.end <= role.span.end for role in roles
        ):
            continue
        yield Place(name.text, place, name.canonical)
