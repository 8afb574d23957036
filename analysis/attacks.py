"""Attacks: what one document tells of attacks and of operations against a group.

A word that names an event (`analysis.triggers`) opens an account where the clause tells it as done
and pins it down: by a date, a place, a target or a victim. The dependency parse says who did what
to whom; what the next sentences add to the same event goes into the same account. Talk of attacks
in general is no event.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from spacy.tokens import Span as Tokens
from spacy.tokens import Token

from analysis.casualties import find_casualties
from analysis.dates import find_whens, same_time
from analysis.grammar import (
    children,
    direct_objects,
    folded,
    is_doubtful,
    is_negated,
    is_passive,
    is_told_as_done,
    name_part,
    objects_of_preposition,
    subjects,
)
from analysis.names import NameRegister
from analysis.places import COUNTRIES, FoundPlace, chained, names_of_places
from analysis.records import (
    Account,
    ActorKind,
    AttackKind,
    Attribution,
    Casualties,
    Described,
    Hedge,
    Ladder,
    Mention,
    Outcome,
    Party,
    Place,
    Precision,
    Qualifier,
    Span,
    When,
)
from analysis.tagger import Tagged
from analysis.terms import stem
from analysis.triggers import LIGHT_VERBS, Trigger, manner_of, trigger_of
from ingest.document import Document

_CONTINUES_SENTENCES = 3
"""How many sentences back the event lies, at most, that "the attack" goes on about."""
_CARRIED_SENTENCES = 3
"""For how many sentences a date that opens one holds for the next ones of its paragraph."""

_T = TypeVar("_T")
_DEFINITE = frozenset({"the", "this", "that", "these", "those", "its", "their", "his", "her"})
_HABITS = frozenset(
    "often regularly usually repeatedly always frequently sometimes continually generally".split()
)
_ANNOUNCED = frozenset(
    stem(verb)
    for verb in "announce state say said report declare confirm reveal disclose tell told".split()
)
_GROUP_NOUNS = frozenset(
    "organization organisation group branch network movement militants".split()
)
_PERSON_PRONOUNS = frozenset("he him she her".split())
_GROUP_PRONOUNS = frozenset("it they them".split())
_EVENT_MEANS = frozenset("bomber attacker gunman gunmen assailant operation campaign".split())
_RULING = re.compile(
    r"\b(?:administration|government|army|forces?|police|military|ministry|ministers?|governors?"
    r"|authorities|regime|intelligence)\b",
    re.I,
)
_CLAIM = re.compile(
    r"\bclaim(?:ed|s|ing)?\s+(?:the\s+)?responsibility|\b(?:took|takes|taking|assumed|accepted)\s+"
    r"(?:the\s+)?(?:responsibility|charge\s+of\s+the\s+attack)|\bclaim(?:ed|ing)\s+(?:it|(?:the|this|that|"
    r"both|two|three)\s+(?:\w+\s+)?(?:attacks?|bombings?|operations?|assaults?|blasts?))\b"
    r"|\bsaid\s+(?:that\s+)?(?:it|they)\s+(?:was|were)\s+(?:responsible|behind)",
    re.I,
)
_REPORTED = re.compile(
    r"\breportedly|\breported\s+to\s+have|\b(?:is|are|was|were)\s+said\s+to|\baccording\s+to"
    r"|\bapparently",
    re.I,
)
_ALLEGED = re.compile(r"\ballegedly|\balleged\b|\bsuspected\s+of|\bis\s+believed\s+to", re.I)
_FAILED = re.compile(
    r"\bfail(?:ed|ure|s)?\b|\bunsuccessful(?:ly)?\b|\bmiscarried\b|\bsurvived\b|\bescaped\s+unhurt"
    r"|\bin\s+vain\b",
    re.I,
)
_FOILED = re.compile(r"\b(?:foiled|thwarted|prevented|averted|defused|intercepted)\b", re.I)
_WEAPON = re.compile(
    r"\b(?:(?:suicide|car|truck|roadside|vehicle|magnetic|sticky|remote-controlled)[\s-]+(?:bomb(?:er|ing|s"
    r"|ers)?|vests?|attack)|bombs?|explosives?|explosive\s+devices?|IEDs?|mines?|grenades?|rockets?"
    r"|mortars?|missiles?|drones?|guns?|rifles?|knives|knife|machetes?|suicide\s+(?:belts?|vests?)"
    r"|gunfire|air\s?strikes?|special\s+operation)\b",
    re.I,
)
_AMONG = re.compile(r"\bamong\s+(?:them|those|the\s+dead)|:\s|\bincluding\b|\bnamed\b", re.I)
_AGAIN = frozenset(stem(verb) for verb in "try tried strike struck attack".split())
_ATTACKS = frozenset(
    {
        AttackKind.ATTACK,
        AttackKind.BOMBING,
        AttackKind.SUICIDE_BOMBING,
        AttackKind.SHOOTING,
        AttackKind.ASSASSINATION,
        AttackKind.ARSON,
    }
)
_OPERATIONS = frozenset(
    {AttackKind.RAID, AttackKind.ARREST, AttackKind.EXECUTION, AttackKind.AIR_STRIKE}
)


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
    if not paragraphs:
        return ()
    scene = _Scene(document, mentions, register)
    told: list[_Event] = []
    number = 0
    for tagged in paragraphs:
        if tagged.region is not None:
            continue
        carried: tuple[When, int] | None = None
        scene.begin_paragraph()
        for sentence in tagged.doc.sents:
            if not sentence.text.strip():
                continue
            number += 1
            reader = _SentenceReader(sentence, tagged, scene, number)
            if carried and number - carried[1] > _CARRIED_SENTENCES:
                carried = None
            found = reader.events(carried[0] if carried else None)
            opened = reader.opening_date()
            if opened is not None:
                carried = (opened, number)
            elif reader.whens:
                carried = None
            _add(told, found, reader)
            scene.leave(reader)
    kept = [event for event in told if event.stands_alone()]
    return tuple(event.account(scene) for event in kept)


@dataclass
class _Event:
    """An account being drawn up."""

    kind: AttackKind
    exact: bool
    trigger: Span
    span: Span
    sentence: int
    when: When | None = None
    carried: bool = False
    places: list[Place] = field(default_factory=list)
    attributions: list[Attribution] = field(default_factory=list)
    targets: list[Party] = field(default_factory=list)
    victims: list[Party] = field(default_factory=list)
    casualties: list[Casualties] = field(default_factory=list)
    weapons: list[Described] = field(default_factory=list)
    outcome: Outcome = Outcome.CARRIED_OUT
    outcome_span: Span | None = None
    qualifiers: list[Qualifier] = field(default_factory=list)
    anaphoric: bool = False
    """Names an event that was told before: "the attack"."""
    plural: bool = False
    definite: bool = False
    counted: bool = False
    named: bool = False
    """Whether a target, victim or place below a country has a name."""
    by_announcement: bool = False
    last_sentence: int = 0

    def stands_alone(self) -> bool:
        """Whether it is pinned down as one event, and is no talk of events in general."""
        dated = self.when is not None and not self.carried
        if self.plural:
            exact = dated and self.when is not None and self.when.precision is Precision.DAY
            return exact or (self.named and self.definite and not self.counted)
        return dated or self.named or (self.carried and bool(self.targets or self.victims))

    def account(self, scene: "_Scene") -> Account:
        """Return what was drawn up."""
        return Account(
            kind=self.kind,
            trigger=self.trigger,
            span=self.span,
            when=self.when,
            places=tuple(_once(self.places)),
            attributions=tuple(_once(self.attributions)),
            targets=tuple(_once(self.targets)),
            victims=tuple(_once(self.victims)),
            casualties=tuple(_once(self.casualties)),
            weapons=tuple(_once(self.weapons)),
            outcome=self.outcome,
            outcome_span=self.outcome_span,
            qualifiers=tuple(_once(self.qualifiers)),
        )

    def take(self, other: "_Event") -> None:
        """Add what `other` tells of the same event."""
        if not self.exact and (other.exact or other.kind is not AttackKind.ATTACK):
            self.kind, self.exact = other.kind, other.exact
        if self.when is None or (self.carried and other.when is not None and not other.carried):
            self.when, self.carried = other.when, other.carried
        self.span = Span(min(self.span.start, other.span.start), max(self.span.end, other.span.end))
        for name in (
            "places",
            "attributions",
            "targets",
            "victims",
            "casualties",
            "weapons",
            "qualifiers",
        ):
            mine: list[object] = getattr(self, name)
            mine.extend(each for each in getattr(other, name) if each not in mine)
        if other.outcome_span is not None:
            self.outcome, self.outcome_span = other.outcome, other.outcome_span
        self.named |= other.named
        self.last_sentence = max(self.last_sentence, other.last_sentence)


def _once(items: Iterable[_T]) -> list[_T]:
    return list(dict.fromkeys(items))


def _add(told: list[_Event], found: Sequence[_Event], reader: "_SentenceReader") -> None:
    """Add the events of one sentence: what goes on about an earlier one joins it."""
    for event in found:
        earlier = next(
            (
                each
                for each in reversed(told[-6:])
                if event.sentence - each.last_sentence <= _CONTINUES_SENTENCES
                and each not in found
                and _goes_on(each, event)
            ),
            None,
        )
        if earlier is not None:
            earlier.take(event)
        else:
            told.append(event)
    if not found and told and reader.number - told[-1].last_sentence == 1:
        reader.complete(told[-1])


def _goes_on(earlier: _Event, event: _Event) -> bool:
    """Whether `event` may be what `earlier` tells of, told further."""
    if not (event.anaphoric or not event.stands_alone()):
        return False
    if not _fit(earlier.kind, earlier.exact, event.kind, event.exact):
        return False
    if earlier.when and event.when and not same_time(earlier.when, event.when):
        return False
    if event.when and not event.carried and earlier.when is None and not event.anaphoric:
        return False
    ours = {each.mention for each in earlier.victims if each.mention is not None}
    theirs = {each.mention for each in event.victims if each.mention is not None}
    return not (ours and theirs and not event.anaphoric)


def _fit(one: AttackKind, one_exact: bool, other: AttackKind, other_exact: bool) -> bool:
    """Whether two words can name one event: "the attack" and "the bombing", "killed" and "raid"."""
    if one is other or (not one_exact and one is AttackKind.ATTACK):
        return True
    if not other_exact and other is AttackKind.ATTACK:
        return True
    return (one in _ATTACKS and other in _ATTACKS) or (one in _OPERATIONS and other in _OPERATIONS)


class _Scene:
    """What the sentences of one document share: its actors, its dates, and whom it speaks of."""

    def __init__(
        self, document: Document, mentions: Sequence[Mention], register: NameRegister
    ) -> None:
        self.document = document
        self.mentions = mentions
        self.register = register
        self.whens = find_whens(document)
        self._starts = [mention.span.start for mention in mentions]
        self._when_starts = [when.span.start for when in self.whens]
        self.subject_group: int | None = None
        self.person: Party | None = None
        self.last_human: Party | None = None
        self._called = self._find_called()

    def begin_paragraph(self) -> None:
        self.person = None

    def leave(self, reader: "_SentenceReader") -> None:
        """Remember whom the sentence was about, for the pronouns of the next."""
        root = reader.sentence.root
        for token in subjects(root):
            party = reader.party(token)
            if party is not None and party.mention is not None:
                mention = self.mentions[party.mention]
                if mention.kind is not ActorKind.PERSON:
                    self.subject_group = party.mention
        persons = [
            place
            for place in reader.mention_places()
            if self.mentions[place].kind is ActorKind.PERSON
        ]
        if persons:
            mention = self.mentions[persons[0]]
            self.person = Party(mention.text, mention.span, persons[0])
        else:
            self.person = None
        self.last_human = reader.human_subject()

    def mention_at(self, start: int, end: int) -> int | None:
        """Return the place of the mention that overlaps `start` to `end` in the document."""
        at = bisect_left(self._starts, end) - 1
        if at >= 0 and self.mentions[at].span.end > start:
            return at
        return None

    def mentions_in(self, start: int, end: int) -> list[int]:
        """Return the places of the mentions that begin within `start` to `end`, in order."""
        return list(range(bisect_left(self._starts, start), bisect_left(self._starts, end)))

    def whens_in(self, start: int, end: int) -> list[When]:
        """Return the dates that begin within `start` to `end`."""
        first = bisect_left(self._when_starts, start)
        return self.whens[first : bisect_left(self._when_starts, end)]

    def name_of(self, place: int) -> str:
        """Return what the mention is compared by."""
        return self.mentions[place].canonical or self.mentions[place].text

    def _find_called(self) -> dict[str, set[str]]:
        """Return which groups the text itself calls a group, an organization, a movement."""
        called: dict[str, Counter[str]] = {"": Counter(), "ruling": Counter()}
        text = self.document.text
        for place, mention in enumerate(self.mentions):
            if mention.kind is ActorKind.PERSON:
                continue
            name = self.name_of(place)
            called[""][name] += 1
            around = (
                text[max(0, mention.span.start - 30) : mention.span.start],
                text[mention.span.end : mention.span.end + 25],
            )
            before = around[0].rsplit(".", 1)[-1].lower().split()[-2:]
            after = re.split(r"[.,;(]", around[1])[0].lower().split()[:2]
            for word in (*before, *after):
                word = word.strip("(“‘’”'s")
                if word in _GROUP_NOUNS:
                    called.setdefault(word.replace("isation", "ization"), Counter())[name] += 1
            if _RULING.search(" ".join((*before, *after))):
                called["ruling"][name] += 1
        ruling = called["ruling"]
        return {
            noun: {name for name, times in found.items() if noun != "ruling" or times >= 1}
            for noun, found in called.items()
        } | {"ruling": {name for name in ruling if ruling[name] >= 1}}

    def group_called(self, noun: str, at: int) -> int | None:
        """Return the group that "the organization" means at `at`: the last that may be called so.

        Who is called by that noun in the text comes first, then whoever does not rule: reports call
        an administration the government, and its enemy the group.
        """
        noun = noun.replace("isation", "ization")
        near = [
            place
            for place in self.mentions_in(max(0, at - 3000), at)
            if self.mentions[place].kind is ActorKind.GROUP
        ]
        called = self._called.get(noun, set())
        ruling = self._called["ruling"]
        named = [place for place in near if self.name_of(place) in called - ruling]
        others = [place for place in near if self.name_of(place) not in ruling]
        for found in (named, others, near):
            if found:
                return found[-1]
        return None

    def rules(self, place: int | None) -> bool:
        """Whether the text gives the actor an administration, forces or officials."""
        return place is not None and self.name_of(place) in self._called["ruling"]


class _SentenceReader:
    """One sentence, and the events that it tells."""

    def __init__(self, sentence: Tokens, tagged: Tagged, scene: _Scene, number: int) -> None:
        self.sentence = sentence
        self.scene = scene
        self.number = number
        self.offset = tagged.start
        self.text = tagged.doc.text
        self.span = _trimmed(
            scene.document.text,
            self.offset + sentence.start_char,
            self.offset + sentence.end_char,
        )
        self.whens = scene.whens_in(self.span.start, self.span.end)

    def mention_places(self) -> list[int]:
        """Return the places of the mentions in the sentence."""
        return self.scene.mentions_in(self.span.start, self.span.end)

    def opening_date(self) -> When | None:
        """Return the date that the sentence opens with and that the next ones may happen on."""
        for when in self.whens:
            before = self.scene.document.text[self.span.start : when.span.start].lower().strip()
            if before in ("", "on", "in", "for", "by", "early in", "late in", "on the", "also on"):
                return when
        return None

    def human_subject(self) -> Party | None:
        """Return the person that the sentence describes without naming: "the man who ran ..."."""
        for token in self.sentence:
            if token.dep_ in ("nsubj", "attr", "nsubjpass", "dobj") and token.lower_ in _HUMANS:
                start, end = name_part(token)
                last = max(token.subtree, key=lambda each: each.i)
                end = max(end, last.idx + len(last.text))
                return Party(self.text[start:end], Span(self.offset + start, self.offset + end))
        return None

    def events(self, carried: When | None) -> list[_Event]:
        """Return the events of the sentence; those without a date of their own take `carried`."""
        triggers = [
            (token, trigger)
            for token in self.sentence
            if (trigger := trigger_of(token)) is not None
        ]
        again = self._tried_again()
        if again is not None:
            triggers.append((again, Trigger(AttackKind.ATTACK, exact=False)))
        if not triggers:
            return []
        clusters = self._clusters(triggers)
        taken = [
            (m.span.start - self.offset, m.span.end - self.offset)
            for m in (self.scene.mentions[place] for place in self.mention_places())
        ]
        places = names_of_places(self.sentence, self.scene.register, taken)
        found: list[_Event] = []
        for cluster in clusters:
            found.extend(self._drawn_up(cluster, places, clusters, carried))
        return found

    def _tried_again(self) -> Token | None:
        for token in self.sentence:
            if (
                token.lower_ == "again"
                and token.head.pos_ == "VERB"
                and folded(token.head) in _AGAIN
                and trigger_of(token.head) is None
            ):
                return token.head
        return None

    def _clusters(
        self, triggers: Sequence[tuple[Token, Trigger]]
    ) -> list[list[tuple[Token, Trigger]]]:
        """Return the triggers by the event that they name, in text order."""
        by_token = dict(triggers)
        parent = {token.i: token.i for token in by_token}

        def root(at: int) -> int:
            while parent[at] != at:
                at = parent[at]
            return at

        for token in by_token:
            other = self._same_event(token, by_token)
            if other is not None:
                parent[root(token.i)] = root(other.i)
        clusters: dict[int, list[tuple[Token, Trigger]]] = {}
        for token, trigger in triggers:
            clusters.setdefault(root(token.i), []).append((token, trigger))
        return [sorted(cluster, key=lambda pair: pair[0].i) for cluster in clusters.values()]

    def _same_event(self, token: Token, triggers: dict[Token, Trigger]) -> Token | None:
        """Return another trigger of the event that `token` names, going up the parse."""
        at = token
        for _ in range(8):
            head = at.head
            if head.i == at.i:
                return None
            if at.dep_ in ("relcl", "acl") and head not in triggers and _is_people(head):
                return None
            if at.dep_ == "advcl" and any(
                c.dep_ in ("mark", "advmod") and c.lower_ in _ORDER for c in at.children
            ):
                return None
            if at.dep_ == "conj" and at in triggers and head in triggers:
                if at.pos_ in ("NOUN", "PROPN") and head.pos_ in ("NOUN", "PROPN"):
                    own = any(c.dep_ in ("prep", "compound", "poss") for c in at.children)
                    return None if own else head
                if self._own_dates(at) and self._own_dates(head):
                    return None
            if head in triggers:
                return head
            light = self._object_event(head, triggers)
            if light is not None and light.i != token.i and at.dep_ != "conj":
                return light
            at = head
        return None

    def _object_event(self, verb: Token, triggers: dict[Token, Trigger]) -> Token | None:
        """Return the event noun that a light verb ("carried out") has as its object or subject."""
        if folded(verb) not in LIGHT_VERBS:
            return None
        for noun in (*children(verb, "dobj", "nsubjpass"),):
            if noun in triggers:
                return noun
        return None

    def _own_dates(self, token: Token) -> bool:
        begin = self.offset + min(each.idx for each in token.subtree)
        end = self.offset + max(each.idx for each in token.subtree)
        return any(begin <= when.span.start <= end for when in self.whens)

    def _drawn_up(
        self,
        cluster: Sequence[tuple[Token, Trigger]],
        places: Sequence[FoundPlace],
        clusters: Sequence[Sequence[tuple[Token, Trigger]]],
        carried: When | None,
    ) -> list[_Event]:
        if not any(self._is_told(token, trigger) for token, trigger in cluster):
            return []
        event, victims, targets = self._with_parties(cluster)
        alone = len(clusters) == 1
        whens = [w for w in self.whens if alone or self._belongs(w.span.start, cluster, clusters)]
        own_places = [
            p for p in places if alone or self._belongs(self.offset + p.start, cluster, clusters)
        ]
        event.places = [
            place
            for place in chained(own_places, self.text, self.offset)
            if not self._inside(place.span, [*event.targets, *event.victims])
            or self._is_locative(place.span)
        ]
        event.named |= (
            any(
                place.within or (place.canonical or place.text) not in COUNTRIES
                for place in event.places
            )
            and not event.anaphoric
        )
        self._date(event, whens, carried)
        self._harm(event, cluster, alone)
        self._hedge(event)
        self._outcome(event)
        self._claim(event)
        return self._parted(event, whens, victims, targets)

    def _is_told(self, token: Token, trigger: Trigger) -> bool:
        if is_negated(token):
            return False
        if token.pos_ in ("NOUN", "PROPN"):
            if not is_doubtful(token):
                return True
            definite = any(child.lower_ in _DEFINITE for child in token.children)
            direct = {child.lower_ for child in token.children}
            return (
                definite
                and not direct & _UNREAL
                and bool(objects_of_preposition(token, "on", "against", "of"))
            )
        return is_told_as_done(token) and not any(
            child.lower_ in _HABITS for child in token.children
        )

    def _with_parties(
        self, cluster: Sequence[tuple[Token, Trigger]]
    ) -> tuple[_Event, list[Token], list[Token]]:
        """Return the event with who did it and to whom, and the heads of victims and targets."""
        event: _Event | None = None
        inside = {token for token, _ in cluster}
        agents: list[Token] = []
        victims: list[Token] = []
        targets: list[Token] = []
        for token, trigger in sorted(cluster, key=_prominence):
            span = Span(self.offset + token.idx, self.offset + token.idx + len(token.text))
            drawn = _Event(manner_of(token, trigger), trigger.exact, span, self.span, self.number)
            drawn.last_sentence = self.number
            if token.pos_ in ("NOUN", "PROPN") and token.tag_ != "VBN":
                doers, done_to = self._of_noun(token, trigger)
                drawn.plural = token.tag_ in ("NNS", "NNPS")
                drawn.definite = any(c.lower_ in _DEFINITE for c in token.children)
                drawn.counted = any(c.dep_ == "nummod" for c in token.children)
            else:
                doers, done_to = self._of_verb(token, trigger)
            agents.extend(each for each in doers if each not in inside)
            kept = [each for each in done_to if each not in inside and trigger_of(each) is None]
            (victims if trigger.to_people else targets).extend(kept)
            if event is None:
                event = drawn
            else:
                plural = event.plural and drawn.plural
                if not drawn.plural and token.pos_ == "VERB":
                    plural = event.plural
                event.take(drawn)
                event.plural = plural
        assert event is not None
        for token in _once(agents):
            party = self.party(token)
            if party is not None and token.lower_ not in _EVENT_MEANS:
                event.attributions.append(Attribution(party, Ladder.STATED, self.span))
        event.victims = self._parties(victims)
        event.targets = self._parties(targets)
        self._add_listed(event)
        nouns = [token for token, _ in cluster if token.pos_ in ("NOUN", "PROPN")]
        event.named = any(
            (
                party.mention is not None
                and self.scene.mentions[party.mention].kind is ActorKind.PERSON
            )
            or _is_specific(party.text)
            for party in (*event.victims, *event.targets)
        )
        event.anaphoric = (
            bool(nouns)
            and len(cluster) == len(nouns)
            and any(child.lower_ in _DEFINITE for child in nouns[0].children)
            and not event.victims
            and not event.targets
        )
        return event, victims, targets

    def _parties(self, tokens: Sequence[Token]) -> list[Party]:
        return [p for p in (self.party(token) for token in _once(tokens)) if p is not None]

    def _add_listed(self, event: _Event) -> None:
        """Add victims whom the sentence names after counting them: "three men died: A, B and C"."""
        if not event.victims or any(
            v.mention is not None and self._is_person(v.mention) for v in event.victims
        ):
            return
        last = max(victim.span.end for victim in event.victims)
        opened = _AMONG.search(self.scene.document.text, last, self.span.end)
        if opened is None:
            return
        for place in self.scene.mentions_in(opened.end(), self.span.end):
            if self._is_person(place):
                mention = self.scene.mentions[place]
                event.victims.append(Party(mention.text, mention.span, place))

    def _is_person(self, place: int) -> bool:
        return self.scene.mentions[place].kind is ActorKind.PERSON

    def _of_verb(self, verb: Token, trigger: Trigger) -> tuple[list[Token], list[Token]]:
        """Return who does what the verb says, and to whom."""
        subject = subjects(verb)
        if trigger.undergone:
            return objects_of_preposition(verb, "by"), subject
        if is_passive(verb):
            return objects_of_preposition(verb, "by"), subject
        return subject, direct_objects(verb) or objects_of_preposition(verb, "at", "on", "against")

    def _of_noun(self, noun: Token, trigger: Trigger) -> tuple[list[Token], list[Token]]:
        """Return who does what the noun names, and to whom."""
        agents = objects_of_preposition(noun, "by")
        done_to = objects_of_preposition(noun, "on", "against", "at", "targeting", "upon")
        owners = children(noun, "poss")
        if trigger.to_people:
            done_to.extend(objects_of_preposition(noun, "of"))
            done_to.extend(owners)
        else:
            agents.extend(owners)
        for child in children(noun, "compound", "nmod", "amod"):
            place = self.scene.mention_at(
                self.offset + child.idx, self.offset + child.idx + len(child.text)
            )
            if place is not None and not self._is_person(place):
                agents.append(child)
            elif child.dep_ == "compound" and folded(child) in _FACILITIES:
                done_to.append(child)
        verb = noun.head
        while verb.dep_ == "prep" or (verb.dep_ == "pobj"):
            verb = verb.head
        if noun.dep_ in ("dobj", "nsubjpass", "conj") and folded(verb) in LIGHT_VERBS:
            if is_passive(verb):
                agents.extend(objects_of_preposition(verb, "by"))
            else:
                agents.extend(subjects(verb))
        elif noun.dep_ == "conj":
            first = noun.head
            while first.dep_ == "conj":
                first = first.head
            if folded(first) in LIGHT_VERBS and first.pos_ == "VERB":
                agents.extend(subjects(first))
            elif first.dep_ == "dobj" and folded(first.head) in LIGHT_VERBS:
                agents.extend(subjects(first.head))
        for child in children(noun, "acl"):
            if folded(child) in LIGHT_VERBS:
                agents.extend(objects_of_preposition(child, "by"))
                done_to.extend(objects_of_preposition(child, "on", "against", "at"))
        return agents, done_to

    def party(self, token: Token) -> Party | None:
        """Return whoever `token` stands for; None where a pronoun's person is not known."""
        start, end = self.offset + token.idx, self.offset + token.idx + len(token.text)
        place = self.scene.mention_at(start, end)
        if place is not None:
            mention = self.scene.mentions[place]
            return Party(mention.text, mention.span, place)
        if token.lower_ in _PERSON_PRONOUNS:
            return self.scene.person or self.scene.last_human
        if token.lower_ in _GROUP_PRONOUNS:
            place = self._group_before(token)
            return None if place is None else Party(token.text, Span(start, end), place)
        if token.pos_ == "PRON":
            return None
        first, last = name_part(token)
        span = Span(self.offset + first, self.offset + last)
        text = self.scene.document.text[span.start : span.end]
        inside = self.scene.mentions_in(span.start, span.end)
        if token.lower_ in _GROUP_NOUNS and not inside:
            return Party(text, span, self.scene.group_called(token.lower_, span.start))
        for appositive in children(token, "appos"):
            named = self.scene.mention_at(
                self.offset + appositive.idx, self.offset + appositive.idx + len(appositive.text)
            )
            if named is not None and self._is_person(named):
                mention = self.scene.mentions[named]
                return Party(mention.text, mention.span, named)
        if token.dep_ != "appos" and token.head.dep_ != "appos":
            after = self.scene.mentions_in(span.end, min(span.end + 4, self.span.end))
            if after and self._is_person(after[0]) and token.lower_ in _HUMANS:
                mention = self.scene.mentions[after[0]]
                return Party(mention.text, mention.span, after[0])
        if token.dep_ == "appos":
            head = self.scene.mention_at(
                self.offset + token.head.idx, self.offset + token.head.idx + len(token.head.text)
            )
            if head is not None and self._is_person(head):
                mention = self.scene.mentions[head]
                return Party(mention.text, mention.span, head)
        groups = [each for each in inside if not self._is_person(each)]
        return Party(text, span, groups[0] if groups else None)

    def _group_before(self, pronoun: Token) -> int | None:
        """Return the group that "it" or "they" stands for: this clause's or the last subject."""
        for token in reversed(list(self.sentence)):
            if token.i < pronoun.i and token.dep_ in ("nsubj", "nsubjpass"):
                place = self.scene.mention_at(
                    self.offset + token.idx, self.offset + token.idx + len(token.text)
                )
                if place is not None and not self._is_person(place):
                    return place
                if token.lower_ in _GROUP_NOUNS:
                    return self.scene.group_called(token.lower_, self.offset + token.idx)
        return self.scene.subject_group

    def _belongs(
        self,
        start: int,
        cluster: Sequence[tuple[Token, Trigger]],
        clusters: Sequence[Sequence[tuple[Token, Trigger]]],
    ) -> bool:
        """Whether what begins at `start` of the document goes with this event of several.

        The nearest trigger above it in the parse has it; what hangs on none belongs to all.
        """
        at = next((t for t in self.sentence if self.offset + t.idx + len(t.text) > start), None)
        owners = {token.i: n for n, each in enumerate(clusters) for token, _ in each}
        mine = owners[cluster[0][0].i]
        while at is not None:
            if at.i in owners:
                return owners[at.i] == mine
            below = [
                owners[c.i]
                for c in children(at, "dobj", "nsubjpass", "nsubj", "ccomp", "xcomp")
                if c.i in owners
            ]
            if below and folded(at) in LIGHT_VERBS | _OCCURRED:
                return mine in below
            if at.head.i == at.i:
                return True
            at = at.head
        return True

    def _inside(self, span: Span, parties: Sequence[Party]) -> bool:
        return any(p.span.start <= span.start and span.end <= p.span.end for p in parties)

    def _is_locative(self, span: Span) -> bool:
        before = self.scene.document.text[self.span.start : span.start].lower().split()[-2:]
        return bool(set(before) & {"in", "at", "near", "outside", "inside", "on"})

    def _date(self, event: _Event, whens: Sequence[When], carried: When | None) -> None:
        order = {Precision.DAY: 0, Precision.MONTH: 1, Precision.RANGE: 2, Precision.YEAR: 3}
        ranked = sorted(
            whens,
            key=lambda when: (
                order.get(when.precision, 4),
                abs(when.span.start - event.trigger.start),
            ),
        )
        days = [when for when in ranked if when.precision is Precision.DAY]
        if len(days) > 1:
            ranked = sorted(days, key=lambda when: abs(when.span.start - event.trigger.start))
        if ranked:
            event.when = ranked[0]
        elif carried is not None and not event.anaphoric:
            event.when, event.carried = carried, True

    def _harm(self, event: _Event, cluster: Sequence[tuple[Token, Trigger]], alone: bool) -> None:
        start, end = self.sentence.start_char, self.sentence.end_char
        if not alone:
            tokens = [each for token, _ in cluster for each in token.subtree]
            start = max(start, min(each.idx for each in tokens))
            end = min(end, max(each.idx + len(each.text) for each in tokens))
        event.casualties = find_casualties(self.text, start, end, self.offset)
        for match in _WEAPON.finditer(self.text, start, end):
            span = Span(self.offset + match.start(), self.offset + match.end())
            event.weapons.append(Described(match.group(), span))
            if "suicide" in match.group().lower() and event.kind in _ATTACKS:
                event.kind, event.exact = AttackKind.SUICIDE_BOMBING, True

    def _hedge(self, event: _Event) -> None:
        for kind, pattern in ((Hedge.REPORTED, _REPORTED), (Hedge.ALLEGED, _ALLEGED)):
            match = pattern.search(self.scene.document.text, self.span.start, self.span.end)
            if match:
                event.qualifiers.append(Qualifier(kind, Span(*match.span())))

    def _outcome(self, event: _Event) -> None:
        for outcome, pattern in ((Outcome.FAILED, _FAILED), (Outcome.FOILED, _FOILED)):
            match = pattern.search(self.scene.document.text, self.span.start, self.span.end)
            if match:
                event.outcome, event.outcome_span = outcome, Span(*match.span())

    def _claim(self, event: _Event) -> None:
        match = _CLAIM.search(self.scene.document.text, self.span.start, self.span.end)
        if match is None:
            return
        verb = next(
            (t for t in self.sentence if self.offset + t.idx + len(t.text) > match.start()), None
        )
        if verb is None:
            return
        for token in subjects(verb):
            party = self.party(token)
            if party is not None:
                event.attributions.append(Attribution(party, Ladder.CLAIMED, self.span))

    def complete(self, event: _Event) -> None:
        """Add to `event`, told in the sentence before, what this one says without naming it."""
        before = (len(event.attributions), len(event.casualties), event.outcome_span)
        self._claim(event)
        event.casualties.extend(
            find_casualties(
                self.text, self.sentence.start_char, self.sentence.end_char, self.offset
            )
        )
        if before != (len(event.attributions), len(event.casualties), event.outcome_span):
            event.span = Span(event.span.start, self.span.end)
            event.last_sentence = self.number

    def _parted(
        self,
        event: _Event,
        whens: Sequence[When],
        victims: Sequence[Token],
        targets: Sequence[Token],
    ) -> list[_Event]:
        """Return the event, or several where its parties have dates or places of their own."""
        parties = event.victims or event.targets
        days = [when for when in whens if when.precision is Precision.DAY]
        if len(parties) > 1 and len(days) == len(parties):
            return [
                self._only(event, party, when)
                for party, when in zip(sorted(parties, key=lambda p: p.span), days, strict=True)
            ]
        if event.plural and len(event.targets) > 1:
            return [self._only(event, party, event.when) for party in event.targets]
        named = [p for p in event.victims if p.mention is not None and self._is_person(p.mention)]
        if len(named) > 1 and not event.places and not event.casualties:
            return [self._only(event, party, event.when) for party in named]
        return [event]

    def _only(self, event: _Event, party: Party, when: When | None) -> _Event:
        return replace(
            event,
            when=when,
            victims=[party] if party in event.victims else [],
            targets=[party] if party in event.targets else [],
            plural=False,
            places=list(event.places),
            attributions=list(event.attributions),
            casualties=list(event.casualties),
            weapons=list(event.weapons),
            qualifiers=list(event.qualifiers),
        )


_ORDER = frozenset("after before while since until once because when".split())
_OCCURRED = frozenset(stem(verb) for verb in "occur happen take took follow come came".split())
_UNREAL = frozenset("planned possible potential future new next further another alleged".split())
_FACILITIES = frozenset(
    stem(noun)
    for noun in """airport embassy hotel ministry mosque prison base hospital school market station
    church checkpoint university consulate palace convoy airfield headquarters""".split()
)
_HUMANS = frozenset(
    """man woman men people person official officials governor leader chief commander cleric preacher
    head minister spokesman judge officer soldier soldiers president secretary mayor journalist
    ideologist fighter fighters members member victim""".split()
)


def _prominence(pair: tuple[Token, Trigger]) -> tuple[bool, bool, int]:
    """Order an event's triggers: what is most exact, then nouns, then what comes first."""
    token, trigger = pair
    return not trigger.exact, token.pos_ not in ("NOUN", "PROPN"), token.i


def _is_people(noun: Token) -> bool:
    return noun.lower_ in _HUMANS or noun.ent_type_ in ("PERSON", "NORP", "ORG")


def _is_specific(text: str) -> bool:
    """Whether a description names one thing: a capital inside, or one building with an article."""
    words = text.split()
    if any(word[:1].isupper() for word in words[1:]) or (
        words and words[0][:1].isupper() and words[0].lower() not in _DEFINITE | {"a", "an"}
    ):
        return True
    return bool(words) and stem(words[-1].lower()) in _FACILITIES and not words[-1].endswith("s")


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
