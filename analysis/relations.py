"""Relations: how the text says that two actors stand to each other, and who says so."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from analysis.marked import ACTOR, BODY, GROUP, PERSON, MarkedSentence
from analysis.records import (
    OPERATIONS,
    Account,
    ActorKind,
    AttackKind,
    Hedge,
    Ladder,
    Mention,
    Party,
    Qualifier,
    Relation,
    RelationKind,
    Role,
    Span,
    Statement,
)
from analysis.roles import hedges_in, relations_of_roles

_PEOPLE_WORDS = (
    "fighters|militants|members|forces|troops|soldiers|units|gunmen|militia|commanders|"
    "administration|government|elements|leaders|officials|targets|positions|shelters|aircraft|"
    "hideouts|supporters|rulers|group|organi[sz]ation|movement|military|army|air"
)
_PEOPLE = rf"(?:\s+(?:{_PEOPLE_WORDS}))*"
_SUBJECT = rf"(?P<one>{BODY})(?:[’']s(?=\s+(?:{_PEOPLE_WORDS})\b))?{_PEOPLE}(?![’']s)"
_OBJECT = rf"(?P<other>{BODY})"
_GAP = (
    r"(?:(?!\ue000|\bthat\s+(?!they\b|it\b|he\b)|\b(?:countries|states|message|those|others|people)"
    r"\b)[^.;:?!“”\"]){0,70}?"
)
_KILLING = (
    r"(?:killed|kills|executed|executes|assassinated|murdered|beheaded|shot\s+dead|slain|eliminated|"
    r"neutrali[sz]ed|hanged)"
)

_PATTERNS: tuple[tuple[RelationKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        # IS-K, the Afghanistan branch of the Islamic State
        (
            RelationKind.BRANCH_OF,
            rf"(?P<one>{GROUP})(?:\s*\([^)]{{1,60}}\))?,?\s+(?:(?:is|was|as|the|an?|its|most|self-\w+|"
            rf"successful|which|[A-Z][\w-]*|\w+ern|and|regional|local|became)\s+){{0,10}}?(?:branch|arm|wing|affiliate"
            rf"|offshoot|franchise|faction|chapter|province)\s+of\s+(?:the\s+)?(?:so-called\s+|"
            rf"self-proclaimed\s+|terrorist\s+organi[sz]ation\s+)*(?P<other>{GROUP})",
        ),
        # the Khorasan branch of the Islamic State (ISKP)
        (
            RelationKind.BRANCH_OF,
            rf"(?:branch|arm|wing|affiliate|offshoot|chapter)\s+of\s+(?:the\s+)?(?P<other>{GROUP})"
            rf"\s*[,(]\s*(?:known\s+as\s+|the\s+)?(?P<one>{GROUP})",
        ),
        # the Emirate of Khorasan (ISKP) of the terrorist organization DEAS
        (
            RelationKind.BRANCH_OF,
            rf"(?P<one>{GROUP})\s*(?:\([^)]{{1,60}}\)\s*)(?:of|by)\s+(?:the\s+)?(?:so-called\s+)?"
            rf"(?:terrorist\s+(?:organi[sz]ation|group)\s+)?(?P<other>{GROUP})",
        ),
        # Daesh, in the form of its Khorasan branch (ISKP)
        (
            RelationKind.BRANCH_OF,
            rf"(?P<other>{GROUP})(?:[’']s|,\s+in\s+the\s+form\s+of\s+\S+)\s+(?:[\w-]+\s+){{0,2}}"
            rf"(?:branch|arm|wing|affiliate|offshoot)\s*[,(]?\s*(?P<one>{GROUP})",
        ),
        (
            RelationKind.BROTHER_OF,
            rf"(?P<one>{PERSON})(?:\s+(?:is|was)|,)\s+(?:the\s+|a\s+)?(?:\w+\s+)?brother\s+of\s+"
            rf"(?P<other>{PERSON})",
        ),
        (
            RelationKind.BROTHER_OF,
            rf"(?P<other>{PERSON})[’']s\s+(?:\w+\s+)?brother\s*,?\s*(?P<one>{PERSON})",
        ),
        (
            RelationKind.SUCCESSOR_OF,
            rf"(?P<one>{ACTOR}){_GAP}(?:successor|heir)\s+(?:to|of)\s+(?P<other>{ACTOR})",
        ),
        (
            RelationKind.SUCCESSOR_OF,
            rf"(?P<one>{PERSON})(?:\s+\w+){{0,3}}\s+(?:succeeded|replaced)\s+(?P<other>{PERSON})",
        ),
        (
            RelationKind.SUCCESSOR_OF,
            rf"(?P<other>{PERSON})(?:\s+\w+){{0,3}}\s+was\s+(?:succeeded|replaced)\s+by\s+"
            rf"(?P<one>{PERSON})",
        ),
        # the Taliban on September 8 killed …, also across "members, including …"
        (
            RelationKind.KILLED_BY,
            rf"(?P<other>{BODY}){_PEOPLE}{_GAP}\b{_KILLING}\b(?:(?!\b(?:by|after|when|while)\b)[^.;?!])"
            rf"{{0,110}}?(?P<one>{PERSON})",
        ),
        (
            RelationKind.KILLED_BY,
            rf"(?P<one>{PERSON})(?:(?!\ue000P)[^.;?!]){{0,80}}?\b(?:{_KILLING}|execution|killing|death)"
            rf"\s+by\s+(?:the\s+)?(?P<other>{BODY})",
        ),
        (
            RelationKind.KILLED_BY,
            rf"(?P<one>{PERSON})(?:(?!\ue000P)[^.;?!]){{0,60}}?\b(?:when|until)\s+(?:the\s+)?"
            rf"(?P<other>{BODY}){_PEOPLE}\s+{_KILLING}\s+(?P<again>{PERSON})",
        ),
        # an attack killed Muzammil, and ISKP said that it was responsible
        (
            RelationKind.KILLED_BY,
            rf"\bkilled\b(?:(?!\ue000P)[^.;?!]){{0,80}}(?P<one>{PERSON})[^.;?!]{{0,80}}?(?P<other>{GROUP})"
            r"\s+(?:said\s+that\s+it\s+was\s+responsible|claimed|took\s+responsibility)",
        ),
        (
            RelationKind.MEMBER_OF,
            rf"(?P<other>{GROUP})(?:\s+\w+){{0,3}}\s+(?:loss|losses)\s+of\s+(?P<one>{PERSON})",
        ),
        (
            RelationKind.ALLIED_WITH,
            rf"{_SUBJECT}{_GAP}\b(?:alliance|allied?|allies|ally\s+themselves|cooperat\w+|"
            rf"coordinat\w+|join(?:ed)?\s+forces|collaborat\w+|close\s+(?:ties|contact|relations)|"
            rf"sided?)\s+(?:\w+\s+){{0,2}}?with\s+(?:the\s+)?{_OBJECT}",
        ),
        (
            RelationKind.ALLIED_WITH,
            rf"{_SUBJECT}{_GAP}\b(?:pledged\s+(?:allegiance|loyalty|support)\s+to|swore\s+allegiance"
            rf"\s+to|(?:once\s+|had\s+)?helped|support(?:s|ed|ing)?|backs|backed)\s+(?:the\s+)?{_OBJECT}",
        ),
        (
            RelationKind.FIGHTS,
            rf"{_SUBJECT}{_GAP}\b(?:attack(?:s|ed|ing)?|fight(?:s|ing)?|fought|target(?:s|ed|ing)?|"
            rf"kill(?:s|ed|ing)?|executed?|raid(?:s|ed)?|hunt(?:s|ing|ed)?(?:\s+down)?|track\s+down|"
            rf"crack(?:s|ed|ing)?\s+down\s+on|defeat(?:s|ed|ing)?|bombed|struck|clash(?:ed|es)?\s+with|"
            rf"battl(?:es|ed|ing)|expelled|combat(?:s|ing)?|arrested)\s+"
            rf"(?:(?:on|with|against|the|many|about|some|three|two|more|than|over|several|\d+)\s+){{0,4}}"
            rf"{_OBJECT}",
        ),
        (
            RelationKind.FIGHTS,
            rf"(?P<one>{BODY})(?:[’']s)?{_PEOPLE}{_GAP}\b(?:war|fight|struggle|campaign|operations?|raids?|attacks?|moves|"
            rf"offensive|conflict|confrontation|crackdown|terror)\s+(?:\w+\s+){{0,3}}?(?:against|on|with)"
            rf"\s+(?:both\s+)?(?:the\s+)?{_OBJECT}",
        ),
        (
            RelationKind.FIGHTS,
            rf"(?:war|conflict|struggle|fight(?:ing)?|enmity|hostility|clash(?:es)?|rivalry|battle)"
            rf"{_GAP}\bbetween\s+(?:the\s+)?(?P<one>{BODY})\s+and\s+(?:the\s+)?(?P<other>{BODY})",
        ),
        (
            RelationKind.FIGHTS,
            rf"(?P<one>{BODY})\s+(?:is|was|as|are|were|,)\s*(?:also\s+)?(?:an?\s+|the\s+)?(?:\w+\s+)?"
            rf"enem(?:y|ies)\s+of\s+(?:the\s+)?(?P<other>{BODY})",
        ),
        (
            RelationKind.MEMBER_OF,
            rf"(?P<other>{GROUP})\s+(?:[a-z-]+\s+){{0,3}}?(?:member|leader|commander|fighter|figure|"
            rf"militant|ideologist|operative|official)s?\s+(?:named|called|identified\s+as)\s+"
            rf"(?P<one>{PERSON})",
        ),
    )
)
_POSSIBLE = re.compile(r"\b(?:could|may|might|would|likely|probably|if|potential)\b")
_NEGATED = re.compile(r"\b(?:not|never|no\s+longer|n’t|n't|without)\b")


def find_relations(
    text: str,
    sentences: Sequence[MarkedSentence],
    mentions: Sequence[Mention],
    roles: Sequence[Role],
    statements: Sequence[Statement],
) -> tuple[Relation, ...]:
    """Return the relations that the sentences state, in text order, each once where it stands.

    What somebody is told to have said of actors is asserted by him, all else by the author.
    """
    found = [*relations_of_roles(roles, mentions)]
    starts = [statement.span.start for statement in statements]
    for sentence in sentences:
        if len(list(sentence.signs())) > 1:
            found.extend(_stated(sentence, mentions))
    unique: dict[tuple[RelationKind, int, int], Relation] = {}
    for relation in sorted(found, key=lambda each: (each.span, each.kind)):
        last = bisect_right(starts, relation.span.start)
        relation = _asserted(text, relation, mentions, statements[max(0, last - _NESTED) : last])
        unique.setdefault((relation.kind, relation.subject, relation.object), relation)
    return tuple(sorted(unique.values(), key=lambda each: (each.span, each.kind, each.subject)))


_NESTED = 3
"""How many statements back one may still go on: a long quotation around shorter ones."""


def _stated(sentence: MarkedSentence, mentions: Sequence[Mention]) -> Iterator[Relation]:
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(sentence.text):
            if _NEGATED.search(match.group()):
                continue
            one, other = (sentence.mention(match.group(name)) for name in ("one", "other"))
            if one == other or _key(mentions[one]) == _key(mentions[other]):
                continue
            qualifiers = hedges_in(sentence, 0, match.end())
            possible = _POSSIBLE.search(sentence.text, 0, match.end())
            if possible is not None and kind in _OPEN_KINDS:
                span = sentence.span_of(*possible.span())
                qualifiers = (*qualifiers, Qualifier(Hedge.POSSIBLE, span))
            span = sentence.span_of(*match.span())
            yield Relation(kind, one, other, span, qualifiers=qualifiers)


def with_killings(
    relations: Sequence[Relation], accounts: Sequence[Account], mentions: Sequence[Mention]
) -> tuple[Relation, ...]:
    """Return the relations with who was killed by whom according to the accounts, in text order.

    An account joins what several sentences say: who died, and who says that he did it. Whoever
    only announces a death says so where the account tells of an operation.
    """
    found = {(each.kind, each.subject, each.object): each for each in relations}
    for account in accounts:
        if not account.fatal or account.kind in _NO_KILLINGS:
            continue
        for victim in account.victims:
            for each in account.attributions:
                killed, killer = victim.mention, each.actor.mention
                if (
                    killed is None
                    or killer is None
                    or mentions[killed].kind is not ActorKind.PERSON
                    or mentions[killer].kind is ActorKind.PERSON
                    or each.ladder in (Ladder.SUSPECTED, Ladder.DENIED)
                    or any(q.kind is Hedge.POSSIBLE for q in each.actor.qualifiers)
                    or (each.by is not None and account.kind not in OPERATIONS)
                ):
                    continue
                relation = Relation(
                    RelationKind.KILLED_BY,
                    killed,
                    killer,
                    account.span,
                    each.by,
                    each.actor.qualifiers,
                )
                found.setdefault((relation.kind, killed, killer), relation)
    return tuple(sorted(found.values(), key=lambda each: (each.span, each.kind, each.subject)))


_NO_KILLINGS = frozenset({AttackKind.ARREST, AttackKind.KIDNAPPING, AttackKind.PRISON_BREAK})
"""Whoever dies in one of these need not have been killed by its doer."""
_OPEN_KINDS = frozenset({RelationKind.ALLIED_WITH, RelationKind.FIGHTS, RelationKind.SUCCESSOR_OF})


def _key(mention: Mention) -> str:
    return mention.canonical or mention.text.casefold()


def _asserted(
    text: str, relation: Relation, mentions: Sequence[Mention], statements: Sequence[Statement]
) -> Relation:
    """Return the relation with who asserts it, where it stands within somebody's statement."""
    for statement in statements:
        if relation.span.end <= statement.span.end:
            if statement.speaker in (relation.subject, relation.object) and not _is_quoted(
                text, relation.span
            ):
                continue
            speaker = mentions[statement.speaker]
            return replace(relation, by=Party(speaker.text, speaker.span, statement.speaker))
    return relation


def _is_quoted(text: str, span: Span) -> bool:
    opened = text.rfind("“", 0, span.start)
    return opened >= 0 and text.rfind("”", opened, span.start) < 0
