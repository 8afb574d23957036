"""Statements: who is told to have said something, and about whom."""

import re
from bisect import bisect_left
from collections.abc import Sequence

from analysis import cues
from analysis.marked import ACTOR, MarkedSentence
from analysis.records import ActorKind, Mention, Span, Statement

_VERBS = "|".join(sorted(cues.SPEECH_VERBS, key=lambda verb: (-len(verb), verb)))
_SPEAKS = re.compile(
    rf"(?P<speaker>{ACTOR})(?:[’']s)?(?:\s+(?:spokes\w+|officials?|leaders?|government|administration|"
    rf"announcement|statement|report|side|elements?|leadership|itself|himself))?"
    rf"(?:\s*[,(][^.;“”]{{1,90}}?[,)])?"
    rf"(?:\s+(?:also|later|then|had|has|have|who|recently|further|on\s+\d*\s*\w+\s*\d*|regularly|"
    rf"once|however|strongly|sharply|once|at\s+a\s+press\s+conference|on|in|a|his|statement|its|"
    rf"September|August|\d+,?)){{0,8}}?\s*,?\s+(?P<verb>{_VERBS})\b"
)
_SAID_BY = re.compile(
    rf"(?:[Aa]ccording\s+to|(?:said|says|added|explained|warned|told)\s+by|(?:statement|announcement|"
    rf"claim|report|estimates?)\s+(?:made\s+)?(?:by|of|from)|[,”\"]\s*(?:said|says|added|explained))"
    rf"\s+(?:the\s+|an?\s+)?(?:(?!\ue000)[\w’'-]+\s+){{0,4}}?(?P<speaker>{ACTOR})"
)
_NO_SPEECH = re.compile(
    r"^(?:responded|add|adds|added|note|notes|report|reports|states|state|call|calls)$"
)
_WHOLE = re.compile(r"(?:branch|arm|wing|affiliate|offshoot)\s+of\s+(?:the\s+)?$")


def find_said(
    text: str, sentences: Sequence[MarkedSentence], mentions: Sequence[Mention]
) -> tuple[Statement, ...]:
    """Return the statements that the sentences attribute to named actors, in text order.

    A statement is the sentence, and what follows as long as a quotation in it goes on.
    """
    starts = [mention.span.start for mention in mentions]
    found = []
    for sentence in sentences:
        match = _SPEAKS.search(sentence.text)
        if match is not None and match.group("speaker")[1] != "P":
            match = None if _NO_SPEECH.match(match.group("verb")) else match
        match = match or _SAID_BY.search(sentence.text)
        if match is None:
            continue
        speaker = _speaker(sentence, match)
        span = Span(sentence.span.start, _end(text, sentence.span))
        spoken_of: dict[str, int] = {}
        for place in range(bisect_left(starts, span.start), bisect_left(starts, span.end)):
            key = _key(mentions[place])
            if key != _key(mentions[speaker]):
                spoken_of.setdefault(key, place)
        found.append(Statement(speaker, span, tuple(spoken_of.values())))
    return tuple(found)


def _speaker(sentence: MarkedSentence, match: re.Match[str]) -> int:
    """Return who speaks: the name before the verb, or the one that is put beside that name.

    In "the Khorasan branch of the Islamic State, ISKP, claimed" it is not the whole that speaks,
    in "a lecturer at Nangarhar University, named only as Khan, warns" not the university.
    """
    first = match.group("speaker")
    part = _WHOLE.search(
        sentence.text[max(0, match.start("speaker") - 60) : match.start("speaker")]
    )
    for sign in sentence.signs(match.end("speaker"), match.end()):
        beside = sign.group()
        if (part is not None and beside[1] == "G") or (first[1] == "I" and beside[1] == "P"):
            return sentence.mention(beside)
    return sentence.mention(first)


def _key(mention: Mention) -> str:
    if mention.canonical is None and mention.kind is ActorKind.PERSON:
        return mention.text.split()[-1].casefold()
    return mention.canonical or mention.text.casefold()


MAX_QUOTE_CHARS = 2_000
"""An opened quotation that does not close within this is taken for a stray sign."""


def _end(text: str, span: Span) -> int:
    """Return where a statement ends: with its sentence, or with a quotation that goes on."""
    end = span.end
    if text[span.start : end].rstrip().endswith((":", ":[2]")) or re.search(
        r":\s*(?:\[\d+\])?\s*$", text[span.start : end]
    ):
        quoted = re.match(r"\s*[“\"][^”\"]*[”\"]", text[end : end + MAX_QUOTE_CHARS])
        return end + quoted.end() if quoted else end
    for opening, closing in (("“", "”"), ('"', '"')):
        written = text[span.start : end]
        opened = (
            written.count(opening) > written.count(closing)
            if opening != closing
            else written.count(opening) % 2 == 1
        )
        if opened:
            paragraph_end = text.find("\n", end)
            limit = end + MAX_QUOTE_CHARS if paragraph_end < 0 else paragraph_end
            closed = text.find(closing, end, limit)
            return closed + 1 if closed >= 0 else end
    return end
