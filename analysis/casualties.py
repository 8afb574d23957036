"""Casualties: how many people came to which harm, as a sentence counts them."""

import re

from analysis.cues import ROLE_NOUNS
from analysis.parties import PEOPLE
from analysis.records import Casualties, Harm, Hedge, Qualifier, Span
from analysis.states import demonyms
from analysis.values import find_numbers

_HARMS = (
    (
        Harm.KILLED,
        r"kill(?:ed|ing)|dead|died|deaths?|(?:lost|cost|claim\w+)[^.;]{0,30}?\blives"
        r"|execut(?:e|es|ed|ing|ions?)|put[^.;]{0,60}?\bto\s+death|murder\w*|slain|assassinat\w+|fatalities|behead\w+|shot\s+dead",
    ),
    (Harm.WOUNDED, r"wound(?:ed|ing)|injur(?:ed|ing|ies)|hurt"),
    (Harm.ARRESTED, r"arrest(?:ed|s|ing)?|detain(?:ed|ing)|captur(?:ed|ing)|taken\s+prisoner"),
    (
        Harm.FREED,
        r"freed|freeing|releas(?:ed|ing)|set\s+free|escap(?:ed|ing)|walk\s+out|let\s+out|liberat\w+",
    ),
)
_HARM = re.compile("|".join(rf"(?P<h{i}>\b(?:{p})\b)" for i, (_, p) in enumerate(_HARMS)), re.I)
_HEDGES = (
    (Hedge.AT_LEAST, re.compile(r"at least|as many as", re.I)),
    (Hedge.MORE_THAN, re.compile(r"more than|over\b|upwards of", re.I)),
    (Hedge.AT_MOST, re.compile(r"at most|up to|less than|fewer than|no more than", re.I)),
    (Hedge.ABOUT, re.compile(r"about|around|nearly|almost|some\b|approximately|roughly", re.I)),
)
_VAGUE = {"dozens": 24, "scores": 40, "hundreds": 200, "thousands": 2000, "several": 3}
"""The least that a vague number can mean; what it means at most it leaves open."""
_PEOPLE = re.compile(
    r"""(?:\s+(?:of|other|more|further|another)\b)*
    (?P<who>(?:\s+(?:(?:its|their|his|her|the|other|of|senior|key|Daesh|US)\s+)*[\w’'-]+){1,5})""",
    re.VERBOSE,
)
_NO_PEOPLE = re.compile(
    r"^\s*(?:days?|weeks?|months?|years?|hours?|minutes?|mosques?|schools?|attacks?|raids?|provinces?"
    r"|per|percent|operations?|attempts?|times|kilomet\w+|miles|places|points|bombs?|suicide\s+attack"
    r"|different|separate|and|to|in|of\s+the\s+(?:three|two)|\|)",
    re.I,
)
_LIVES = frozenset({"lives", "casualties", "bodies", "guests", "attackers", "bombers", "refugees"})
_WHO_THEY_WERE = re.compile(
    r"\s+of\s+(?:the\s+dead|them|whom|these|those)\s+(?:were|was)\s+(?P<who>[\w’'-]+(?:\s+[\w’'-]+){0,2})"
)
_STOP = re.compile(
    r"(?:^|\s+)(?:were|was|are|had|have|who|that|which|in|on|at|by|when|during|and|from|after|as|while|"
    r"taken|lost|died|dead|killed|injured|wounded|hurt|arrested|for|with|to|but|took|met|escaped)\b.*",
    re.I | re.S,
)


_DEAD = r"(?:killed|killing|dead|slain|deaths?|kill)"
_HURT = r"(?:wounded|wounding|injured|injuring|hurt|injuries|wound|injure)"
_JOINT = re.compile(
    rf"\b(?:{_DEAD}\s+(?:and|or)\s+{_HURT}|{_HURT}\s+(?:and|or)\s+{_DEAD}|casualties)\b", re.I
)
_AND = re.compile(r",?\s+(?:and|along\s+with|together\s+with|as\s+well\s+as|besides)\s+$", re.I)


_NEAR, _CLAUSE = 60, 300
"""How far before a number is read, so that a list without a full stop takes no time."""


def find_casualties(text: str, start: int, end: int, offset: int) -> list[Casualties]:
    """Return what `text[start:end]`, one clause or sentence, counts of people who came to harm.

    Each number of people takes the harm that is told nearest to it within its clause; `offset` is
    where `text` begins in the document.
    """
    sentence = text[start:end]
    harms = [
        (match.start(), match.end(), _HARMS[int(match.lastgroup[1:])][0])
        for match in _HARM.finditer(sentence)
        if match.lastgroup
    ]
    if not harms:
        return []
    found: list[Casualties] = []
    for number in find_numbers(sentence):
        after = sentence[number.end :]
        if _NO_PEOPLE.match(after):
            continue
        people = _PEOPLE.match(after)
        who = _STOP.sub("", people["who"]).strip() if people else ""
        if not who and _is_age(sentence, number.start, after):
            continue
        if number.key == (1.0,) and not re.match(r"(?i)one\s+\w", sentence[number.start :]):
            continue
        parts = _WHO_THEY_WERE.match(after)
        if parts:
            who = parts["who"]
        if who and not _are_people(who):
            continue
        if not who and number.key == (1.0,):
            continue
        harm = _harm_of(number.start, number.end, harms, sentence, found, offset + start)
        if harm is None:
            continue
        span = Span(
            offset + start + number.start,
            offset + start + number.end + (after.find(who) + len(who) if who else 0),
        )
        least, most, qualifiers = _bounds(
            sentence[number.start : number.end], number.key, offset + start + number.start
        )
        if _is_of_several_harms(sentence, number.start, number.end, after):
            # "Nine killed and wounded" says neither how many died nor how many did not.
            least = None
        written = text[span.start - offset : span.end - offset]
        beside = _is_beside(sentence, number.start, harms)
        found.append(Casualties(harm, written, span, least, most, who or None, qualifiers, beside))
    return found


def _is_age(sentence: str, start: int, after: str) -> bool:
    """Whether the number stands behind a name between commas: "Reed, 23, of Leeds"."""
    named = re.search(r"\b[A-Z][\w’'-]+,\s+$", sentence[max(0, start - _NEAR) : start])
    return named is not None and re.match(r"\s*(?:,|$)", after) is not None


def _is_of_several_harms(sentence: str, start: int, end: int, after: str) -> bool:
    """Whether the number counts the dead and the wounded together."""
    before = _JOINT.search(sentence, max(0, start - _NEAR), start)
    if before is not None:
        return bool(re.fullmatch(r"\s*(?:of\s+|to\s+)?", sentence[before.end() : start]))
    behind = _JOINT.search(sentence, end, end + _NEAR)
    if behind is None:
        return False
    between = sentence[end : behind.start()]
    return not re.search(r"[.;,:|\d]", between) and not _HARM.search(between)


def _is_beside(sentence: str, start: int, harms: list[tuple[int, int, Harm]]) -> bool:
    """Whether "and" or "with" adds the number to somebody to whom the same was done.

    That the harm was told before the "and", or of nobody before it, tells this from another clause:
    "the bomb killed nine and two were wounded".
    """
    joined = _AND.search(sentence, max(0, start - _NEAR), start)
    if joined is None:
        return False
    clause = re.split(r"[.;:|]", sentence[max(0, joined.start() - _CLAUSE) : joined.start()])[-1]
    if not re.search(r"\w", clause):
        return False
    first, last = joined.start() - len(clause), joined.start()
    told = [harm for begin, end, harm in harms if first <= begin and end <= last]
    next_told = next((begin for begin, _, _ in harms if begin >= start), None)
    if next_told is None or re.search(r"[.,;:|]", sentence[start:next_told]):
        return bool(told)
    return not told


def _are_people(described: str) -> bool:
    """Whether what is counted are people: "senior men", "members of IS-K", "American soldiers"."""
    words = re.split(r"\bof\b", described)[0].lower().split()
    return any(
        word in PEOPLE
        or word in _LIVES
        or word in ROLE_NOUNS
        or word.removesuffix("s") in ROLE_NOUNS
        for word in words
    ) or any(word in demonyms() for word in described.split())


def _harm_of(
    start: int,
    end: int,
    harms: list[tuple[int, int, Harm]],
    sentence: str,
    before: list[Casualties],
    offset: int,
) -> Harm | None:
    """Return the harm that a number belongs to: the next after it in its clause, or else before.

    "Including" and "among them" break a number into parts, which share the harm of the whole.
    """
    part = re.search(
        r"(?:including|among them|of (?:whom|them)|of the dead)[^.;]{0,20}$", sentence[:start]
    )
    if part and before:
        return before[-1].harm
    around = next((h for first, last, h in harms if first <= start and end <= last), None)
    if around is not None:
        return around
    # Verbs of killing with an object stand before the number: "killing 13", "arrested seven".
    behind = [
        (end - harm_start, harm)
        for harm_start, harm_end, harm in harms
        if harm_start >= end and not re.search(r"[.;:|]|\band\b|\bbut\b", sentence[end:harm_start])
    ]
    ahead = [
        (start - harm_end, harm)
        for harm_start, harm_end, harm in harms
        if harm_end <= start and not re.search(r"[.;|]", sentence[harm_end:start])
    ]
    if ahead and min(ahead)[0] <= 25 and not (behind and _is_passive(sentence, end, behind)):
        return min(ahead)[1]
    if behind:
        return max(behind)[1]
    return min(ahead)[1] if ahead and min(ahead)[0] <= 80 else None


def _is_passive(sentence: str, end: int, behind: list[tuple[int, Harm]]) -> bool:
    distance = -max(behind)[0]
    between = sentence[end : end + distance]
    return bool(re.search(r"\b(?:were|was|been|lost)\b", between)) or distance <= 30


def _bounds(
    written: str, key: tuple[int | float | str | None, ...], offset: int
) -> tuple[int | None, int | None, tuple[Qualifier, ...]]:
    numbers = [int(each) for each in key if isinstance(each, int | float)]
    hedge = next(
        ((kind, match) for kind, pattern in _HEDGES if (match := pattern.match(written))), None
    )
    qualifiers = (
        (Qualifier(hedge[0], Span(offset + hedge[1].start(), offset + hedge[1].end())),)
        if hedge
        else ()
    )
    if not numbers:
        word = next((each for each in _VAGUE if each in written.lower()), None)
        return (_VAGUE[word] if word else None), None, qualifiers
    least, most = min(numbers), max(numbers)
    if hedge is None:
        return least, most, qualifiers
    if hedge[0] is Hedge.AT_LEAST:
        return least, None, qualifiers
    if hedge[0] is Hedge.MORE_THAN:
        return least + 1, None, qualifiers
    if hedge[0] is Hedge.AT_MOST:
        return None, most, qualifiers
    # "About" leaves both ends open; a tenth either way is how such numbers are rounded.
    return round(least * 0.9), round(most * 1.1), qualifiers
