"""Roles: which post or part a person has, in or over whom, since when and until when.

A role noun with what belongs to it ("governor of Nangarhar province") is tied to a name by the
words between them: a title before the name, an apposition, "was", "became", "served as"; or by a
verb that says it ("led", "commands").
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from analysis import cues
from analysis.marked import BODY, PERSON, MarkedSentence
from analysis.records import (
    ActorKind,
    Hedge,
    Mention,
    Precision,
    Qualifier,
    Relation,
    RelationKind,
    Role,
    When,
)

_NOUN = "|".join(
    sorted(
        (noun for noun in cues.ROLE_NOUNS if not noun.endswith(("leaders", "members", "manders"))),
        key=lambda noun: (-len(noun), noun),
    )
)
_NAME = r"[A-ZÀ-Þ][\w’'-]*"
_MONTHS = (
    "(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"abroad|order|addition|response|turn|the\s+(?:past|last|first|same|face|middle|end))\b"
)
_SMALL = (
    "former|then|new|old|senior|top|key|important|influential|local|regional|provincial|current|"
    "interim|acting|temporary|deputy|vice|prime|foreign|interior|defen[cs]e|finance|military|"
    "political|science|spiritual|religious|supreme|overall|shadow|chief|main|media|press|critical|"
    "intelligence|operations?|security|police|district|province|governor|army|naval|air|force|"
    "general|executive|managing|founding|leading|prominent|western|sunni|shia|islamist|terrorist|"
    "organization|group|water|affairs|judiciary|propaganda|recruitment|co|ex|late|researcher|"
    "second|first|long-time|longtime|high-ranking|high-level|self-proclaimed|so-called|alleged|"
    "suspected|reputed|council|union|business|university|human|rights|independent|freelance"
)
_BEFORE = rf"(?:(?!{_MONTHS})(?:(?i:{_SMALL})|{_NAME}|{BODY}(?:[’']s)?|and|[a-z-]+ist)[\s-]+)"
_THING = (
    r"(?:the\s+|a\s+|an\s+|its\s+|their\s+)?(?:terrorist\s+organi[sz]ation\s+|affairs\s+of\s+the\s+)?"
    rf"(?:(?:{BODY}(?:[’']s)?|{_NAME}|[\w-]+)(?=[\s,.;:)”\"]|$))"
)
_AFTER = (
    rf"(?:\s+(?:of|for(?=\s+(?:the\s|[A-Z\ue000]))|at|in\s+charge\s+of|in|over|to)\s+(?!{_MONTHS}){_THING}"
    rf"(?:\s+(?:{BODY}(?:[’']s)?|{_NAME}|(?:province|district|forces|troops|training|mines|"
    r"extremism|department|system|council|affairs|fighters|wing|branch|studies|staff)\b))*)"
)
_ROLE = re.compile(
    rf"(?<![\w’'-])(?P<title>{_BEFORE}{{0,6}}(?P<head>(?i:{_NOUN}))\b(?![’'-])"
    rf"(?:\s+(?:and|or)\s+(?:{_NOUN})\b)?{_AFTER}{{0,3}})",
)
_DETERMINER = r"(?:(?:the|a|an|its|their|his|her|one\s+of\s+the|one\s+of)\s+)?"
_TO_NAME_AFTER = re.compile(
    rf"^(?:\s*,?\s*(?:the\s+)?(?:(?:{_NAME})\s+)?(?:named\s+|called\s+)?[“\"]?)(?P<holder>{PERSON})"
)
_NAME_BEFORE = re.compile(
    rf"(?P<holder>{PERSON})(?:[”\"]?\s*\([^)]{{1,40}}\))?[”\"]?\s*"
    rf"(?:,\s*(?:who\s+(?:is|was|became)\s+|(?:then|once|also|now)\s+)?{_DETERMINER}"
    rf"|(?:\s*,\s+who\s[^.;]{{1,90}}?)?,?(?:\s+(?:who|which))?(?:\s+(?:also|once|then|later|now|had|has|have|been|reportedly|"
    rf"recently|long|previously))*\s+(?:is|was|were|be|been|became|becomes|remained|remains)"
    rf"(?:\s+(?:also|once|then|the\s+time\s+being|for|,|only|still|known\s+as|described\s+as|"
    rf"regarded\s+as|considered|appointed|named|made|elected|recently|promoted\s+to|reportedly|said"
    rf"\s+to\s+be|believed\s+to\s+be|as))*\s+{_DETERMINER}"
    rf"|(?:\s+(?:also|once|then|later|had|has|who))*\s+(?:served|serves|worked|works|acted|acts|"
    rf"passed|rose|described\s+(?:him|her))\s+(?:as|for|to)\s+{_DETERMINER}"
    rf"|,?\s+(?:whom|who)\s+(?:the\s+)?{BODY}\s+(?:\w+\s+)?(?:made|appointed|named|considers?|calls?)"
    rf"\s+{_DETERMINER}"
    rf"|,?\s+known\s+as\s+{_DETERMINER})$",
)
_VERB_ROLE = re.compile(
    rf"(?P<holder>{PERSON})(?:\s*,\s*[^,.;]{{1,60}},)?,?(?:\s+(?:who|once|also|then|has|had|now|"
    rf"reportedly))*\s+(?P<title>(?P<verb>led|leads|headed|heads|commanded|commands|chaired|chairs|"
    rf"directed|directs|founded|co-founded|ran|runs|sat\s+on|joined|belonged\s+to)"
    rf"\s+(?:(?:the|its|a)\s+)?(?:[\w-]+\s+){{0,4}}?(?P<of>{BODY})"
    rf"(?:[’']s(?:\s+[A-Z][\w-]*)*\s+[a-z][\w-]*)?(?:\s+in\s+{_NAME})?"
    r"|(?:was|is|were)\s+(?:responsible\s+for|in\s+charge\s+of)\s+(?:(?:the|its)\s+)?[\w\s]{3,60}"
    rf"(?:{BODY}(?:\s+in\s+(?:the\s+)?[\w\s]{{3,40}})?)?)"
)
LEADING = frozenset(
    "leader head chief commander chairman chairwoman chair director president emir caliph founder "
    "co-founder led leads headed heads commanded commands chaired chairs directed directs founded "
    "king premier chancellor warlord general-secretary ran runs".split()
)
"""Words of a role whose holder is said to lead what it is a role in."""
_NO_MEMBER = frozenset(
    "expert analyst researcher lecturer specialist journalist historian economist author victim "
    "correspondent reporter brother sister son daughter father mother cousin uncle nephew wife "
    "husband widow successor predecessor envoy ambassador negotiator mediator prosecutor "
    "candidate figure student professor teacher editor scholar".split()
)
_KIN = frozenset(
    "brother sister son daughter father mother cousin uncle nephew wife husband widow "
    "brother-in-law father-in-law successor predecessor figure".split()
)
_HEDGES = (
    (re.compile(r"\b(?:reportedly|(?:is|are|was|were)\s+reported|said\s+to)\b"), Hedge.REPORTED),
    (
        re.compile(
            r"\b(?:allegedly|alleged|(?:is|are|was)\s+(?:also\s+)?(?:claimed|alleged)|suspected)\b"
        ),
        Hedge.ALLEGED,
    ),
    (re.compile(r"\b(?:denied|denies|deny|rejected|rejects)\b"), Hedge.DENIED),
)


def hedges_in(sentence: MarkedSentence, start: int, end: int) -> tuple[Qualifier, ...]:
    """Return the hedges that `text[start:end]` of a sentence holds."""
    return tuple(
        Qualifier(kind, sentence.span_of(*match.span()))
        for pattern, kind in _HEDGES
        for match in pattern.finditer(sentence.text, start, end)
    )


def find_roles(
    text: str,
    sentences: Sequence[MarkedSentence],
    mentions: Sequence[Mention],
    whens: Sequence[When],
) -> tuple[Role, ...]:
    """Return the roles that the sentences give to persons, in text order, each once."""
    starts = [when.span.start for when in whens]
    found: dict[tuple[int, int, int], Role] = {}
    for sentence in sentences:
        if not any(
            mentions[int(sign.group(1))].kind is ActorKind.PERSON for sign in sentence.signs()
        ):
            continue
        here = whens[
            bisect_right(starts, sentence.span.start - 1) : bisect_right(starts, sentence.span.end)
        ]
        for role in (*_by_nouns(text, sentence, mentions), *_by_verbs(text, sentence, mentions)):
            role = _dated(text, role, sentence, here)
            found.setdefault((role.holder, role.span.start, role.span.end), role)
    return tuple(found[key] for key in sorted(found, key=lambda key: (key[1], key[2], key[0])))


def _by_nouns(text: str, sentence: MarkedSentence, mentions: Sequence[Mention]) -> Iterator[Role]:
    phrases = [
        (*_trimmed(match), match.group("head").lower()) for match in _ROLE.finditer(sentence.text)
    ]
    holders = [_holder(sentence.text, start, end) for start, end, _ in phrases]
    # "head of the judiciary and chief in Balkh": two roles of one, before or after his name.
    for this in range(1, len(phrases)):
        between = sentence.text[phrases[this - 1][1] : phrases[this][0]]
        if _AND.fullmatch(between):
            holders[this] = holders[this] or holders[this - 1]
    for this in range(len(phrases) - 1, 0, -1):
        between = sentence.text[phrases[this - 1][1] : phrases[this][0]]
        if _AND.fullmatch(between):
            holders[this - 1] = holders[this - 1] or holders[this]
    for (start, end, head), holder in zip(phrases, holders, strict=True):
        if holder is None or head in _KIN:
            continue
        span = sentence.span_of(start, end)
        yield Role(
            holder=sentence.mention(holder),
            title=text[span.start : span.end],
            span=span,
            of=_of(sentence, start, end, mentions),
            qualifiers=hedges_in(sentence, max(0, start - _HEDGED_CHARS), start),
        )


_HEDGED_CHARS = 48
_AND = re.compile(r"[^.;:]{0,40}?\s*,?\s*\band\s+(?:the\s+|a\s+|an\s+)?")


def _holder(text: str, start: int, end: int) -> str | None:
    """Return the sign of the person whom the words around a role's phrase give it to."""
    before = _NAME_BEFORE.search(text[:start])
    after = None if before is not None else _TO_NAME_AFTER.match(text[end:])
    found = before or after
    return found.group("holder") if found is not None else None


def _trimmed(match: re.Match[str]) -> tuple[int, int]:
    """Return a role's phrase without the small words that it may begin or end with."""
    phrase = match.group("title")
    start = match.start("title")
    lead = re.match(
        r"(?:(?:and|of|the|The|including|In|On|When|After|As|Their|Its|His|Her)\s+)+", phrase
    )
    return start + (lead.end() if lead else 0), start + len(phrase.rstrip())


def _of(sentence: MarkedSentence, start: int, end: int, mentions: Sequence[Mention]) -> int | None:
    """Return the group or body that a role's phrase names, or that "its" before it means."""
    for sign in sentence.signs(start, end):
        if mentions[int(sign.group(1))].kind is not ActorKind.PERSON:
            return int(sign.group(1))
    before = _OF_BEFORE.search(sentence.text[max(0, start - 60) : start])
    before = before or _APPOINTED_BY.match(sentence.text[end : end + 60])
    return sentence.mention(before.group(1)) if before else None


_OF_BEFORE = re.compile(
    rf"({BODY})(?:(?:[’']s)?|\s+\w+,?\s+including(?:\s+the)?|\s+(?:made|appointed|named|elected))\s*$"
)
_APPOINTED_BY = re.compile(rf"\s+(?:appointed|named|installed|chosen)\s+by\s+(?:the\s+)?({BODY})")


def _by_verbs(text: str, sentence: MarkedSentence, mentions: Sequence[Mention]) -> Iterator[Role]:
    for match in _VERB_ROLE.finditer(sentence.text):
        span = sentence.span_of(*match.span("title"))
        yield Role(
            holder=sentence.mention(match.group("holder")),
            title=text[span.start : span.end],
            span=span,
            of=_of(sentence, *match.span("title"), mentions),
            qualifiers=hedges_in(sentence, max(0, match.start() - _HEDGED_CHARS), match.end()),
        )


_SINCE = re.compile(r"\b(?:since|appointed|became|becomes|took\s+over|elected|named|from)\b")
_UNTIL = re.compile(r"\b(?:until|till)\s+(?:[\w\s]{0,40})$")


@dataclass(frozen=True, slots=True)
class _Period:
    since: When | None = None
    until: When | None = None


def _dated(text: str, role: Role, sentence: MarkedSentence, whens: Sequence[When]) -> Role:
    """Return the role with the dates that its sentence gives for its beginning and end."""
    period = _Period()
    for when in whens:
        before = text[sentence.span.start : when.span.start]
        if when.span.start - role.span.end > _NEAR_CHARS:
            continue
        if when.precision is Precision.RANGE:
            period = _Period(when, when)
        elif _UNTIL.search(before):
            period = replace(period, until=when)
        elif _SINCE.search(text, max(role.span.start - 40, sentence.span.start), when.span.start):
            period = replace(period, since=period.since or when)
    return replace(role, since=period.since, until=period.until)


_NEAR_CHARS = 60


def relations_of_roles(roles: Sequence[Role], mentions: Sequence[Mention]) -> Iterator[Relation]:
    """Yield what a role says of its holder and the group or body that it is a role in.

    Who leads a part of a group ("head of its judiciary", "military commander") is its member.
    """
    for role in roles:
        if role.of is None:
            continue
        title = role.title.lower()
        nouns = [noun for noun in re.findall(r"[\w-]+", title) if noun in _NOUNS or noun in LEADING]
        if not nouns or nouns[-1] in _NO_MEMBER or nouns[0] in _NO_MEMBER:
            continue
        of = re.escape(mentions[role.of].text.lower())
        leads = any(
            re.search(
                rf"\b{noun}(?:\s+of)?\s+(?:the\s+|its\s+|their\s+)?(?:{of}|group|terrorist|organi)"
                rf"|(?:{of})(?:[’']s)?\s+{noun}\b",
                title,
            )
            for noun in nouns
            if noun in LEADING
        )
        leads = leads or "leader" in nouns
        kind = RelationKind.LEADER_OF if leads else RelationKind.MEMBER_OF
        yield Relation(kind, role.holder, role.of, role.span, qualifiers=role.qualifiers)


_NOUNS = frozenset(_NOUN.split("|"))
