"""Strategies: what reports assert that armed groups aim at and how they proceed.

A statement is found where the grammar says intention, not where a theme is mentioned: a verb of
aiming or targeting whose subject is a group, a purpose that is called one, a clause "in order to",
an effect that its attacks are said to have, a charge that it makes. Each belongs to the group that
the subject stands for (analysis.focus) and to whoever asserts it: the author, the group itself, or
an official of anybody else. What is told as one dated event is an attack, not a strategy.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TypeVar

from spacy.tokens import Token

from analysis.actors import JoinedActors, slug
from analysis.collection import Assertion, Evidence, SourceRecords, Strategy
from analysis.corrections import Correction, CorrectionKind
from analysis.focus import DEEDS, Focus, branches, ruling
from analysis.names import NameRegister
from analysis.records import (
    ActorKind,
    Asserter,
    Hedge,
    Mention,
    Party,
    Qualifier,
    Span,
    StrategyKind,
    StrategyStatement,
)
from analysis.tagger import Tagged
from analysis.terms import stem
from analysis.themes import OTHER, theme_of
from analysis.values import find_dates
from ingest.document import Document
from ingest.sentences import sentence_spans


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in text.split())


_AIMING = _stems(
    "aim seek try attempt want hope intend wish strive mean plan prepare endeavour endeavor work "
    "struggle vow promise pledge threaten announce swear swore need tend serve sought meant strove"
)
"""With a complement these say what the subject is after."""
_OUTRIGHT = _stems("aim seek sought intend strive strove endeavour endeavor vow threaten")
"""Of these, those that do so whatever it is; the others need the words of a theme."""
_OWN_WORD = _stems("vow promise pledge threaten announce swear swore declare claim")
"""What a group does with these it says itself."""
_TARGETING = _stems(
    "target single pick select choose chose chosen focus turn concentrate direct hit begin began "
    "start"
)
_CARRYING_OUT = _stems(
    "carry carried conduct stage launch organise organize mount commit perpetrate"
)
"""With attacks in the plural and whom they hit, these say whom the subject chooses."""
_DIRECTED = _stems("target direct focus concentrate")
_STRIKING = _stems("attack strike bomb kill assassinate")
_MODALS = frozenset({"could", "may", "might", "can", "will", "would"})
_TOWARDS = frozenset("at on to against after for with out towards toward".split())
_GOING_AFTER = frozenset({"went", "go", "gone", "going", "goes"})
_CHARGING = _stems(
    "accuse describe call paint mock scoff criticize criticise reproach denounce brand portray "
    "label depict present condemn ridicule reject blame declare"
)
"""What a group says of others, or of itself, is a method: propaganda."""
_EFFECT = _stems(
    "show serve deepen increase tell send put support undermine weaken provide make raise prove "
    "demonstrate gain disturb frighten strengthen damage deter erode spread cause create bring "
    "signal convey hurt isolate force provoke inflame fuel exploit use deliver set reveal shift "
    "polish attract open repay avenge help sow stoke seek aim challenge discredit read interpret "
    "destabilize destabilise told sent made gave brought proved drew drag"
)
_PURPOSE_NOUNS = frozenset(
    "aim aims purpose purposes goal goals objective objectives intention intentions motive motives "
    "ambition ambitions priority priorities agenda".split()
)
_METHOD_NOUNS = frozenset(
    "strategy strategies tactic tactics method methods policy policies modus campaign".split()
)
_TARGET_NOUNS = frozenset({"target", "targets"})
_CAPACITIES = frozenset(
    "ability capability capabilities capacity intent intention intentions desire will means "
    "willingness readiness potential".split()
)
"""Whoever has these to do something is who would do it."""
_READY = frozenset("ready prepared willing determined eager keen poised able capable".split())
_MESSAGE_NOUNS = frozenset("message messages signal signals warning warnings".split())
_REPLIES = re.compile(
    r"\b(?:retaliat\w+|reveng\w+|aveng\w+|reprisals?|counter moves|repl(?:y|ies) to|answer to|"
    r"(?:in|as a) response to|respond(?:s|ed|ing)? to)\b",
    re.IGNORECASE,
)
_METHODS = re.compile(
    r"\b(?:sleeper cells?|prox(?:y|ies)\b|lone wol\w+|hit-and-run|safe haven|human shields?|"
    r"suicide squads?|foreign fighters|refuge|sanctuar(?:y|ies)|hide-?outs?)\b",
    re.IGNORECASE,
)
_PURPOSE_CLAUSE = re.compile(
    r"\b(?:in order (?:to|that)|so as to|with the (?:aim|purpose|goal|intention|objective) of|"
    r"for the purpose of|with a view to|aim(?:ed|ing) (?:to|at)|in an? (?:effort|attempt|bid) to|"
    r"looking for ways? to|efforts? to|attempts? to|designed to|meant to|intended to)\b",
    re.IGNORECASE,
)

_SPEECH = _stems(
    "say tell state announce claim add warn explain describe judge believe think argue note report "
    "hold accuse allege assert suggest acknowledge admit call put insist maintain recount predict "
    "expect see promise vow declare remark complain confirm stress link interpret read consider "
    "said told held thought saw"
)
_READERS = re.compile(
    r"\b(?:expert|researcher|analyst|lecturer|observer|author|comment|scholar|specialist|stud(?:y|ies)|"
    r"professor|academic|director|desk|note|report|journalist|institute|cent(?:re|er)|survey)",
    re.IGNORECASE,
)
_OFFICIALS = re.compile(
    r"\b(?:general|minister|ministry|spokes\w+|commander|officials?|governor|president|ambassador|"
    r"authorit|intelligence|military|army|police|government|forces|estimates|united nations|un\b|"
    r"u\.?n\.? |secretary|embassy|white house|pentagon|states|administration|chief|senator|envoy)",
    re.IGNORECASE,
)
_ACCORDING = re.compile(r"\b(?:according to|in the (?:view|words|eyes) of|by) $", re.IGNORECASE)

_HEDGES: tuple[tuple[Hedge, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"\b(?:{words})\b", re.IGNORECASE))
    for kind, words in (
        (Hedge.REPORTED, r"reportedly|(?:is|are|was|were) (?:said|reported|known|seen) to"),
        (
            Hedge.ALLEGED,
            r"allegedly|it is alleged|(?:is|are|was|were) alleged to|supposedly|seems? to|"
            r"appears? to|looks? like|it is (?:said|claimed|believed|thought)",
        ),
        (
            Hedge.POSSIBLE,
            r"may|might|could|possibl[ey]|likely|perhaps|probably|it can be (?:said|argued|claimed|"
            r"predicted)|can be (?:read|interpreted|seen|understood)|it is possible to",
        ),
        (Hedge.PLANNED, r"plan(?:s|ned|ning)? to|prepar(?:e|es|ed|ing) (?:to|attacks?)"),
        (Hedge.DENIED, r"den(?:y|ies|ied)|does not|do not|did not|never|no longer"),
    )
)

_PARTY = 80
"""Longer noun phrases go on to say something else of whoever asserts."""
MAX_STATEMENTS = 2_000
"""Per document; a text with more is a list, and a reader of it is served by the first."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A trigger in a paragraph: the clause that states it, and whose strategy it is."""

    kind: StrategyKind
    trigger: Token
    subject: Token
    actor: int
    aim: str
    """The words that say what is aimed at; the theme is theirs first."""
    outright: bool
    """Whether it is a statement of strategy even where no theme's cue is in it."""
    own_word: bool = False


def find_statements(
    document: Document,
    paragraphs: Sequence[Tagged],
    mentions: Sequence[Mention],
    register: NameRegister,
) -> tuple[StrategyStatement, ...]:
    """Return the statements of strategy in `document`, in text order."""
    focus = Focus(
        paragraphs,
        mentions,
        ruling(register, mentions),
        document.title,
        branches(register, mentions),
    )
    statements: list[StrategyStatement] = []
    for paragraph in paragraphs:
        if paragraph.region is None:
            statements.extend(_of_paragraph(document, paragraph, focus))
        if len(statements) >= MAX_STATEMENTS:
            break
    return tuple(statements[:MAX_STATEMENTS])


def _of_paragraph(
    document: Document, paragraph: Tagged, focus: Focus
) -> Iterator[StrategyStatement]:
    text = paragraph.text
    words = list(paragraph.doc)
    starts = [word.idx for word in words]
    for start, end in sentence_spans(text):
        tokens = words[bisect_left(starts, start) : bisect_left(starts, end)]
        taken: list[tuple[Span, str]] = []
        for found in _triggers(paragraph, tokens, focus):
            sentence = text[start:end]
            # An effect must itself be of a theme: "made him governor" beside a theme is none.
            effect = found.kind is StrategyKind.EFFECT
            theme = theme_of(found.aim) if effect else theme_of(found.aim, sentence)
            if theme is None and not found.outright:
                continue
            theme = theme or OTHER
            if found.kind is not StrategyKind.MESSAGE and _is_event(sentence, found):
                continue
            first, last = _trimmed(text, start, end)
            span = Span(paragraph.start + first, paragraph.start + last)
            if any(
                theme == other and (span.start < held.end and held.start < span.end)
                for held, other in taken
            ):
                continue
            taken.append((span, theme))
            asserter, by = _asserter(paragraph, tokens, found, focus)
            yield StrategyStatement(
                kind=found.kind,
                theme=theme,
                span=span,
                actor=found.actor,
                asserter=asserter,
                by=by,
                qualifiers=_qualifiers(text[first:last], span.start),
            )


def _triggers(paragraph: Tagged, tokens: Sequence[Token], focus: Focus) -> Iterator[_Found]:
    """Yield what in a sentence says a strategy, the plainest first."""
    found: list[_Found] = []
    for token in tokens:
        if token.pos_ in ("VERB", "AUX"):
            found.extend(_of_verb(paragraph, token, focus))
        else:
            found.extend(_of_noun(paragraph, token, focus))
    if not found:
        found.extend(_of_phrases(paragraph, tokens, focus))
    yield from sorted(found, key=lambda each: (not each.outright, each.trigger.i))


def _of_verb(paragraph: Tagged, verb: Token, focus: Focus) -> Iterator[_Found]:
    subject, passive = _subject(verb)
    if subject is not None and subject.lower_ in _CAPACITIES:
        subject, passive = _possessor(subject), False
    elif subject is None and _is_within_power(verb):
        subject, passive = _subject(verb.head.head)
    if subject is None or any(child.lower_ == "whether" for child in verb.children):
        return
    form = stem(verb.lower_)
    aim = _text_after(verb)
    if passive and subject.lower_ not in DEEDS:
        doer = _doer(paragraph, verb, focus) if form in _TARGETING else None
        if doer is None and form in _TARGETING | _STRIKING and _has_modal(verb):
            # Whoever "could be hit" could be by whom the paragraph tells of.
            doer = focus.described(paragraph, verb)
        if doer is not None:
            aim = " ".join(word.text for word in verb.subtree)
            yield _Found(StrategyKind.TARGETING, verb, subject, doer, aim, outright=False)
        return
    actor = focus.group(paragraph, subject)
    if actor is None:
        return
    deed = subject.lower_ in DEEDS
    relations = {child.dep_ for child in verb.children}
    towards = {c.lower_ for c in verb.children if c.dep_ in ("prep", "prt", "agent")} & _TOWARDS

    def statement(kind: StrategyKind, *, outright: bool = False, own_word: bool = False) -> _Found:
        return _Found(kind, verb, subject, actor, aim, outright, own_word)

    if form in _CHARGING and not deed and verb.dep_ == "parataxis":
        # "The victory, it scoffs, was a gift": what it says stands around it.
        aim = " ".join(word.text for word in verb.sent)
        yield statement(StrategyKind.METHOD, own_word=True)
    elif form in _CHARGING and not deed and relations & {"oprd", "prep", "ccomp", "dobj"}:
        yield statement(StrategyKind.METHOD, own_word=True)
    elif form in _AIMING and relations & _complements(form) and not _would_need(verb, form):
        own_word = form in _OWN_WORD and not deed
        yield statement(StrategyKind.PURPOSE, outright=form in _OUTRIGHT, own_word=own_word)
    elif form in _TARGETING and ("dobj" in relations or towards or "xcomp" in relations):
        # "The attack hit the ministry" tells an attack, "the group hits ministries" a choice.
        if not deed or form in _DIRECTED:
            yield statement(StrategyKind.TARGETING)
    elif (
        (form in _STRIKING and not deed and (_has_modal(verb) or _is_within_power(verb)))
        or (verb.lower_ in _GOING_AFTER and "after" in towards)
        or (form in _CARRYING_OUT and _has_attacks_on(verb))
    ):
        yield statement(StrategyKind.TARGETING)
    elif form in _EFFECT and (relations & {"dobj", "ccomp", "xcomp", "prep", "acomp", "attr"}):
        yield statement(StrategyKind.EFFECT)
    purpose = _purpose_of(verb)
    if purpose is not None:
        aim = " ".join(word.text for word in purpose.subtree)
        yield _Found(StrategyKind.PURPOSE, verb, subject, actor, aim, outright=False)


def _doer(paragraph: Tagged, verb: Token, focus: Focus) -> int | None:
    """Return the group by which, or in whose attacks, something is done ("was targeted by …")."""
    for child in verb.children:
        if child.dep_ in ("agent", "prep") and child.lower_ in ("by", "in", "through", "with"):
            for noun in child.children:
                if noun.dep_ == "pobj":
                    found = focus.group(paragraph, noun)
                    if found is not None:
                        return found
    return None


def _complements(form: str) -> frozenset[str]:
    """Return what a verb of aiming must govern; "announced that …" reports anything."""
    if form in _OWN_WORD:
        return frozenset({"xcomp", "dobj"})
    return frozenset({"xcomp", "ccomp", "prep", "dobj", "advcl"})


def _would_need(verb: Token, form: str) -> bool:
    return form == stem("need") and _has_modal(verb)


def _has_attacks_on(verb: Token) -> bool:
    """Whether the verb's object is attacks, more than one, on somebody."""
    return any(
        child.dep_ == "dobj"
        and child.lower_ in DEEDS
        and child.tag_ == "NNS"
        and any(word.lower_ in ("on", "against", "targeting") for word in child.subtree)
        for child in verb.children
    )


def _has_modal(verb: Token) -> bool:
    return any(child.lower_ in _MODALS for child in verb.children)


def _is_within_power(verb: Token) -> bool:
    """Whether it is only told that somebody is able or wants to do it."""
    return verb.head.lower_ in _CAPACITIES | _READY and any(
        child.dep_ == "aux" and child.lower_ == "to" for child in verb.children
    )


def _possessor(noun: Token) -> Token | None:
    """Return who has what the noun names: "its ability", "the group has the ability"."""
    owner = next((child for child in noun.children if child.dep_ == "poss"), None)
    return owner if owner is not None else _subject(_verb_over(noun))[0]


def _purpose_of(verb: Token) -> Token | None:
    """Return the verb of a clause that says what `verb` is done for ("… in order to frighten")."""
    for word in verb.subtree:
        if word.i > verb.i and any(c.dep_ == "aux" and c.lower_ == "to" for c in word.children):
            before = word.doc[max(verb.i, word.i - 4) : word.i + 1].text
            if (word.dep_ == "advcl" and word.head.i == verb.i) or _PURPOSE_CLAUSE.search(before):
                return word
    return None


def _of_noun(paragraph: Tagged, noun: Token, focus: Focus) -> Iterator[_Found]:
    word = noun.lower_
    kinds = (
        (StrategyKind.PURPOSE, _PURPOSE_NOUNS),
        (StrategyKind.METHOD, _METHOD_NOUNS),
        (StrategyKind.MESSAGE, _MESSAGE_NOUNS),
        (StrategyKind.TARGETING, _TARGET_NOUNS),
    )
    kind = next((kind for kind, nouns in kinds if word in nouns), None)
    if kind is None or noun.pos_ not in ("NOUN", "PROPN"):
        return
    if word == "target" and any(c.lower_ in ("the", "this", "that") for c in noun.children):
        # "The target was the governor" tells an attack; "a target" and "targets" say whom it picks.
        return
    subject, _ = _subject(_verb_over(noun))
    actor = focus.named(paragraph, noun)
    if actor is None:
        owner = next((c for c in noun.children if c.dep_ == "poss"), None)
        actor = focus.group(paragraph, owner) if owner is not None else None
    if actor is None and subject is not None and subject.i != noun.i:
        actor = focus.group(paragraph, subject)
    if actor is None and (
        (subject is not None and subject.i == noun.i)
        or any(token.lower_ in DEEDS for token in noun.sent)
    ):
        actor = focus.described(paragraph, noun)
    if actor is not None:
        sentence = " ".join(token.text for token in noun.sent if token.i >= noun.i)
        outright = kind is StrategyKind.PURPOSE and (
            noun.dep_ == "nsubj" and noun.head.lower_ in ("is", "was", "are", "were", "be")
        )
        # A deed that is "read as a message" is one, whatever the message.
        outright |= (
            kind is StrategyKind.MESSAGE and noun.dep_ == "pobj" and noun.head.lower_ == "as"
        )
        yield _Found(kind, noun, subject or noun, actor, sentence, outright)


def _of_phrases(paragraph: Tagged, tokens: Sequence[Token], focus: Focus) -> Iterator[_Found]:
    """Yield what set phrases say: a reply to losses, a method that has a name."""
    if not tokens:
        return
    first, last = tokens[0].idx, tokens[-1].idx + len(tokens[-1].text)
    sentence = paragraph.text[first:last]
    for pattern, kind in ((_REPLIES, StrategyKind.PURPOSE), (_METHODS, StrategyKind.METHOD)):
        match = pattern.search(sentence)
        if match is None:
            continue
        trigger = next(t for t in tokens if t.idx + len(t.text) > first + match.start())
        subject, _ = _subject(_verb_over(trigger))
        actor = focus.group(paragraph, subject) if subject is not None else None
        if actor is None and (
            kind is StrategyKind.PURPOSE or any(focus.names_group(paragraph, t) for t in tokens)
        ):
            actor = focus.described(paragraph, trigger)
        if actor is not None:
            yield _Found(kind, trigger, subject or trigger, actor, match.group(), outright=False)
            return


def _verb_over(token: Token) -> Token:
    """Return the verb that `token` depends on, the root of its sentence where there is none."""
    at = token
    while at.head.i != at.i and (at.i == token.i or at.pos_ not in ("VERB", "AUX")):
        at = at.head
    return at


def _subject(verb: Token) -> tuple[Token | None, bool]:
    """Return the verb's subject, by itself or through the verb that it leans on, and if passive."""
    at = verb
    for _ in range(8):
        for child in at.children:
            if child.dep_ in ("nsubj", "nsubjpass"):
                passive = child.dep_ == "nsubjpass"
                if child.tag_ in ("WDT", "WP") and at.dep_ == "relcl":
                    return at.head, passive
                return child, passive
        if at.dep_ in ("acl", "relcl"):
            return at.head, at.tag_ == "VBN"
        if at.dep_ not in ("conj", "xcomp", "advcl", "pcomp", "ccomp", "prep") or at.head.i == at.i:
            return None, False
        at = at.head
    return None, False


def _text_after(verb: Token) -> str:
    """Return the verb with the words that depend on it after it: what it is about."""
    return " ".join(token.text for token in verb.subtree if token.i >= verb.i)


def _is_event(sentence: str, found: _Found) -> bool:
    """Whether the sentence tells of one dated deed and not of what is usual or intended."""
    if found.kind not in (StrategyKind.TARGETING, StrategyKind.EFFECT, StrategyKind.METHOD):
        return False
    return any(date.key[2] is not None for date in find_dates(sentence))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the sentence without the spaces around it: what is cited has to speak for itself."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _asserter(
    paragraph: Tagged, tokens: Sequence[Token], found: _Found, focus: Focus
) -> tuple[Asserter, Party | None]:
    """Return whose word the statement is, and the words that name him; None for the author."""
    speaker = _speaker(found.trigger, tokens)
    if speaker is None:
        if found.own_word:
            return Asserter.GROUP, _party(paragraph, found.subject, focus)
        return Asserter.AUTHOR, None
    speaker = _antecedent(paragraph, speaker, focus)
    by = _party(paragraph, speaker, focus)
    place = by.mention
    phrase = by.text
    if place is not None and focus.mentions[place].kind is ActorKind.PERSON:
        phrase += focus.description(place)
    group = focus.group(paragraph, speaker)
    if group is not None:
        same = focus.key(group) == focus.key(found.actor)
        return (Asserter.GROUP if same else Asserter.OFFICIAL), by
    if _READERS.search(phrase):
        return Asserter.AUTHOR, by
    institution = place is not None and focus.mentions[place].kind is ActorKind.INSTITUTION
    if institution or _OFFICIALS.search(phrase):
        return Asserter.OFFICIAL, by
    return Asserter.AUTHOR, by


def _antecedent(paragraph: Tagged, speaker: Token, focus: Focus) -> Token:
    """Return whom "they" means who say something, where the sentence before has others as subject.

    "American estimates were careful. They held that …" is no group's word.
    """
    start = speaker.sent.start
    if speaker.lower_ != "they" or start == 0:
        return speaker
    before = paragraph.doc[start - 1].sent
    told = next((child for child in before.root.children if child.dep_ == "nsubj"), None)
    if told is None or told.tag_ not in ("NNS", "NNPS") or focus.group(paragraph, told) is not None:
        return speaker
    return told


def _speaker(trigger: Token, tokens: Sequence[Token]) -> Token | None:
    """Return who says the clause of `trigger`: the subject of a verb of saying around it.

    Of a passive one that is whoever it is said by: in "it is believed" and "the group is said to
    want" nobody but the author speaks.
    """
    at = trigger
    while at.head.i != at.i:
        if at.dep_ in ("ccomp", "parataxis") and stem(at.head.lower_) in _SPEECH:
            subject, passive = _subject(at.head)
            if subject is not None:
                return _agent(at.head) if passive else subject
        at = at.head
    for child in at.children:
        if child.dep_ in ("ccomp", "parataxis") and stem(child.lower_) in _SPEECH:
            subject, passive = _subject(child)
            if subject is not None:
                return _agent(child) if passive else subject
    for token in tokens:
        if token.lower_ == "according":
            for preposition in token.children:
                for noun in preposition.children:
                    if noun.dep_ == "pobj":
                        return noun
    return None


def _agent(verb: Token) -> Token | None:
    """Return by whom something is done or said, where the passive tells."""
    for child in verb.children:
        if child.dep_ in ("agent", "prep") and child.lower_ == "by":
            return next((noun for noun in child.children if noun.dep_ == "pobj"), None)
    return None


def _party(paragraph: Tagged, head: Token, focus: Focus) -> Party:
    """Return the noun phrase under `head` as whoever asserts something."""
    place = focus.covering(paragraph, head)
    if head.lower_ in ("he", "she"):
        place = focus.last_person(paragraph, head)
    left, right = head.left_edge.idx, head.idx + len(head.text)
    for child in head.children:
        end = child.right_edge.idx + len(child.right_edge.text)
        if child.dep_ in ("compound", "appos", "prep") and head.i < child.i and end - left < _PARTY:
            right = max(right, end)
    text = paragraph.text[left:right].rstrip(" ,\n")
    start = paragraph.start + left
    return Party(text, Span(start, start + len(text)), place)


def _qualifiers(text: str, offset: int) -> tuple[Qualifier, ...]:
    found = [
        Qualifier(kind, Span(offset + match.start(), offset + match.end()))
        for kind, pattern in _HEDGES
        for match in pattern.finditer(text)
    ]
    return tuple(sorted(found, key=lambda each: each.span))


def group_statements(
    sources: Sequence[SourceRecords],
    actors: JoinedActors,
    corrections: Sequence[Correction] = (),
) -> tuple[Strategy, ...]:
    """Return the strategies by actor and theme, in alphabetical order; statements by publication.

    A correction REJECT takes the statement at its place out; SET gives it another theme, actor (by
    id) or asserter.
    """
    found: list[tuple[str, str, Assertion]] = []
    for source in sources:
        for statement in source.records.strategies:
            place = Evidence(source.document_id, statement.span.start, statement.span.end)
            fields = _corrected(place, corrections)
            if fields is None:
                continue
            actor = fields.get("actor", actors.of_mention[source.document_id, statement.actor])
            assertion = Assertion(
                kind=_known(StrategyKind, fields.get("kind"), statement.kind),
                asserter=_known(Asserter, fields.get("asserter"), statement.asserter),
                by=_by(source.document_id, statement.by, actors),
                evidence=place,
                source=source.source,
                published=source.published,
                hedges=tuple(dict.fromkeys(each.kind for each in statement.qualifiers)),
            )
            found.append((actor, fields.get("theme", statement.theme), assertion))
    found.sort(key=lambda each: (each[0], each[1], _order(each[2])))
    return tuple(
        Strategy(
            id=f"{actor}-{slug(theme)}",
            theme=theme,
            actor=actor,
            assertions=tuple(assertion for _, _, assertion in members),
        )
        for (actor, theme), members in groupby(found, key=lambda each: each[:2])
    )


def _order(assertion: Assertion) -> tuple[str, Evidence]:
    # Undated reports come last.
    return str(assertion.published or "9999"), assertion.evidence


def _by(document_id: str, party: Party | None, actors: JoinedActors) -> str | None:
    if party is None:
        return None
    if party.mention is not None:
        return actors.of_mention[document_id, party.mention]
    return party.text


Kind = TypeVar("Kind", bound=StrEnum)


def _known(kinds: type[Kind], value: str | None, otherwise: Kind) -> Kind:
    """Return what a correction set; a value meant for an attack there changes nothing."""
    return kinds(value) if value in set(kinds) else otherwise


def _corrected(place: Evidence, corrections: Sequence[Correction]) -> dict[str, str] | None:
    """Return the fields that the operator set for the statement at `place`; None if rejected."""
    fields: dict[str, str] = {}
    for correction in sorted(corrections, key=lambda each: each.number):
        if not correction.places:
            continue
        where = correction.places[0]
        if Evidence(where.document_id, where.start, where.end) != place:
            continue
        if correction.kind is CorrectionKind.REJECT and correction.field in (None, "strategy"):
            return None
        if correction.kind is CorrectionKind.SET and correction.field and correction.value:
            fields[correction.field] = correction.value
    return fields
