"""Attacks: what one document tells of attacks and of operations against a group.

A word that names an event (`analysis.triggers`) opens an account where the clause tells it as done
and pins it down: by a date, a place, a target or a victim. The dependency parse says who did what
to whom; what the next sentences add to the same event goes into the same account. Talk of attacks
in general is no event.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from analysis.dates import find_whens
from analysis.drafts import Draft
from analysis.names import NameKind, NameRegister
from analysis.parties import FAR_CHARS, Parties
from analysis.places import FoundPlace, chained
from analysis.records import (
    ATTACKS,
    Account,
    ActorKind,
    AttackKind,
    Attribution,
    Harm,
    Hedge,
    Ladder,
    Mention,
    Outcome,
    Party,
    Place,
    Qualifier,
    Span,
    When,
)
from analysis.tagger import Tagged
from analysis.telling import SentenceReader
from analysis.triggers import trigger_of
from ingest.document import Document

_CONTINUES_SENTENCES = 3
"""How many sentences back the event lies, at most, that "the attack" goes on about."""
_COMPLETES_SENTENCES = 3
"""How many sentences after an event may name its dead, or who claims it, and nothing else."""
_STATE_MEN = re.compile(
    r"\b(?:governors?|officials?|ministers?|police\w*|soldiers?|security|department|judges?|mayors?"
    r"|troops|officers?|diplomats?|ambassadors?)\b",
    re.I,
)
"""Whom armed groups kill, where a report does not say who did."""
_CELL = re.compile(r"\s*\|\s*")
_MIN_CELLS = 3
"""A line with fewer bars than this makes no row of a table."""


def find_accounts(
    document: Document,
    paragraphs: Sequence[Tagged],
    mentions: Sequence[Mention],
    register: NameRegister,
) -> tuple[Account, ...]:
    """Return what `document` tells of single attacks and operations, in text order.

    `mentions` are the document's actors in order; parties refer to them by place. Nothing is read
    but the author's argument: no captions, headings or notes.
    """
    body = [tagged for tagged in paragraphs if tagged.region is None]
    if not body:
        return ()
    parties = Parties(document, paragraphs, mentions, find_whens(document), register)
    told: list[Draft] = []
    number = 0
    end_of_last = 0
    for tagged in body:
        if len(_CELL.findall(tagged.text)) + 1 >= _MIN_CELLS:
            told.extend(_of_row(tagged, parties, number))
            number += _CONTINUES_SENTENCES + 1
            continue
        # Below a heading another story begins.
        last = next((draft for draft in reversed(told) if draft.stands_alone()), None)
        parted = last is None or _is_parted(document, end_of_last, tagged.start)
        in_paragraph = [] if parted or last is None else [last]
        end_of_last = tagged.start + len(tagged.text)
        first = len(in_paragraph)
        carried: _Carried | None = None
        parties.described = None
        for sentence in tagged.doc.sents:
            if not sentence.text.strip():
                continue
            number += 1
            reader = SentenceReader(sentence, tagged, parties, number)
            if carried is not None and number > carried.until:
                carried = None
            found = reader.events(carried.when if carried else None)
            for event in found:
                if carried is not None and event.carried and not event.places:
                    event.places = list(carried.places)
            opened = reader.carried_date()
            if opened is not None:
                places = [] if found else reader.narrow_places()[:1]
                carried = _Carried(opened[0], number + opened[1], places)
            _add(in_paragraph, first, found, reader)
            parties.described = reader.describes()
        told.extend(in_paragraph[first:])
        number += _CONTINUES_SENTENCES + 1
    accounts: list[Account] = []
    for draft in _presumed([d for d in told if d.stands_alone()], parties):
        accounts.extend(each.account() for each in _each_killing(draft, parties))
    return tuple(sorted(accounts, key=lambda account: account.trigger))


@dataclass(frozen=True, slots=True)
class _Carried:
    """When and where the story stands that a paragraph goes on with."""

    when: When
    until: int
    """Number of the last sentence that it holds for."""
    places: list[Place]


def _is_parted(document: Document, start: int, end: int) -> bool:
    """Whether a marked region, such as a heading, stands between two paragraphs."""
    return start == 0 or any(r.start < end and start < r.end for r in document.regions)


def _add(told: list[Draft], before: int, found: Sequence[Draft], reader: SentenceReader) -> None:
    """Add the events of one sentence to those of its paragraph; what goes on about one joins it.

    The first `before` of `told` are of the paragraph before.
    """
    known = list(reversed(told))
    for event in found:
        earlier = [
            each
            for each in known
            if each.goes_on(event)
            and (
                event.sentence - each.sentence <= _CONTINUES_SENTENCES
                or (event.definite and each.shares_place(event))
            )
        ]
        # "The attack" is rather an attack than a killing told since.
        whole = next((e for e in earlier if e.deadly == event.deadly), next(iter(earlier), None))
        if whole is not None:
            whole.take(event)
            if len(found) == 1:
                reader.number_attacks(whole)
            continue
        last = told[-1] if len(told) > before else None
        another = event.additional and event.kind in ATTACKS and not event.deadly
        if another and last is not None and last.kind in ATTACKS and not event.attributions:
            # "The embassy was attacked as well": by whoever did what was told before.
            event.attributions.extend(last.attributions)
        if last is not None and last.tells_in_general(event):
            event.attributions.extend(
                each for each in last.attributions if each not in event.attributions
            )
        told.append(event)
    if not found and told and reader.number - told[-1].sentence <= _COMPLETES_SENTENCES:
        reader.complete(told[-1])


def _presumed(told: Sequence[Draft], parties: Parties) -> Iterator[Draft]:
    """Yield the events; one that is laid on nobody gets whom the report makes its doer.

    Where a report tells of two sides, raids and killings of a group's men are its enemy's, attacks
    the group's. That is a reading of the report, so the doer carries a hedge: possible.
    """
    at_work = any(
        parties.governs(each.actor)
        for draft in told
        if draft.kind not in ATTACKS or draft.deadly
        for each in draft.attributions
    )
    for draft in told:
        if not draft.attributions and draft.kind is not AttackKind.AIR_STRIKE:
            place = _presumed_doer(draft, parties, at_work)
            if place is not None:
                party = parties.named(place)
                hedge = Qualifier(Hedge.POSSIBLE, party.span)
                draft.attributions.append(
                    Attribution(replace(party, qualifiers=(hedge,)), Ladder.STATED, draft.trigger)
                )
        yield draft


def _presumed_doer(draft: Draft, parties: Parties, at_work: bool) -> int | None:
    """Return the mention of the group that the report sets against those to whom it was done.

    `at_work` says that the report lays raids or killings on a government elsewhere.
    """
    sides = [
        place for v in (*draft.victims, *draft.targets) if (place := parties.side(v)) is not None
    ]
    hurt = [place for place in sides if not parties.focus.governs(place)]
    operation = draft.kind not in ATTACKS or (draft.deadly and (bool(hurt) or not sides))
    if draft.deadly and not hurt:
        if any(_STATE_MEN.search(party.text) for party in (*draft.victims, *draft.targets)):
            return draft.group
        if not sides and not at_work:
            return None
    before = [
        place
        for place in reversed(parties.mentions_in(draft.span.end - FAR_CHARS, draft.span.end))
        if parties.mentions[place].kind is ActorKind.GROUP
    ]
    if operation:
        return next((place for place in before if parties.focus.governs(place)), None)
    return draft.group


def _each_killing(draft: Draft, parties: Parties) -> list[Draft]:
    """Return an event for each man where several are only said to have been killed.

    "Ahangar and Fateh were killed" does not say that they died together; a place or a way does.
    """
    named = [victim for victim in draft.victims if parties.is_person(victim.mention)]
    keys = {parties.focus.key(v.mention) for v in named if v.mention is not None}
    if len(keys) < 2 or not draft.deadly or draft.places or draft.weapons:
        return [draft]
    return [draft.only(victim, draft.when) for victim in named]


def _of_row(tagged: Tagged, parties: Parties, number: int) -> Iterator[Draft]:
    """Yield the event that a table's row tells: a cell says what happened, the others to whom.

    A person's name in the row is the victim, or else the first cell that is no date and no place.
    """
    text, offset = tagged.text, tagged.start
    start, end = offset, offset + len(text.rstrip())
    told = next(
        (
            (token, trigger)
            for token in tagged.doc
            if (trigger := trigger_of(token)) is not None and token.tag_ in ("VBN", "VBD", "NN")
        ),
        None,
    )
    whens = parties.whens_in(start, end)
    if told is None or not whens:
        return
    token, trigger = told
    names = [
        FoundPlace(name.start, name.end, name.canonical)
        for name in parties.register.mentions(text)
        if parties.register.entry(name.canonical).kind is NameKind.PLACE
    ]
    places = chained(names, text, offset)
    persons = [place for place in parties.mentions_in(start, end) if parties.is_person(place)]
    draft = Draft(
        trigger.kind,
        trigger.exact,
        Span(offset + token.idx, offset + token.idx + len(token.text)),
        Span(start, end),
        number,
        when=whens[0],
        places=places,
        deadly=trigger.to_people and not trigger.exact,
        fatal=trigger.harm is Harm.KILLED,
        group=parties.group_meant(tagged, token),
    )
    if persons:
        draft.victims = [parties.named(persons[0])]
        draft.persons = frozenset({parties.focus.key(persons[0])})
        draft.pinned = True
    else:
        draft.victims = _described_in(text, offset, token.idx, whens, places)
    for place in parties.mentions_in(draft.trigger.end, end):
        if re.search(r"\bby\s+(?:the\s+)?$", text[: parties.mentions[place].span.start - offset]):
            party = parties.named(place)
            draft.attributions.append(Attribution(party, Ladder.STATED, draft.span))
    failed = re.search(r"\bfailed\b", text)
    if failed:
        draft.outcome = Outcome.FAILED
        draft.outcome_span = Span(offset + failed.start(), offset + failed.end())
    if draft.victims:
        yield draft


def _described_in(
    text: str, offset: int, told_at: int, whens: Sequence[When], places: Sequence[object]
) -> list[Party]:
    """Return the party that the first cell names which holds no date, place or event."""
    start = 0
    for cell in text.split("|"):
        end = start + len(cell)
        written = cell.strip()
        at = start + cell.find(written) if written else start
        dated = any(at <= when.span.start - offset < end for when in whens)
        placed = any(getattr(place, "text", "") == written for place in places)
        if written and not dated and not placed and not start <= told_at < end:
            return [Party(written, Span(offset + at, offset + at + len(written)))]
        start = end + 1
    return []
