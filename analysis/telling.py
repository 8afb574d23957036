"""Telling: the events that one sentence tells, each with who, whom, when, where and how."""

import re
from collections.abc import Sequence
from dataclasses import replace

from spacy.tokens import Span as Tokens
from spacy.tokens import Token

from analysis.casualties import find_casualties
from analysis.dates import EARLIER
from analysis.drafts import Draft
from analysis.focus import GROUP_NOUNS
from analysis.grammar import (
    children,
    direct_objects,
    folded,
    is_doubtful,
    is_negated,
    is_passive,
    is_told_as_done,
    objects_of_preposition,
    subjects,
)
from analysis.names import NameKind
from analysis.parties import Parties, is_people
from analysis.places import COUNTRIES, FACILITIES, FoundPlace, chained, is_narrow, names_of_places
from analysis.records import (
    ATTACKS,
    ActorKind,
    AttackKind,
    Attribution,
    Counted,
    Described,
    Harm,
    Hedge,
    Ladder,
    Outcome,
    Party,
    Place,
    Precision,
    Qualifier,
    Span,
    When,
)
from analysis.states import demonyms, states
from analysis.tagger import Tagged
from analysis.terms import stem
from analysis.triggers import LIGHT_VERBS, Trigger, manner_of, trigger_of
from analysis.values import number_of

_DEFINITE = frozenset({"the", "this", "that", "these", "those", "its", "their", "his", "her"})
_AN = frozenset({"a", "an"})
_ONE = frozenset({"single", "lone", "sole"})
_AGAIN = frozenset("second third fourth other new similar earlier later".split())
_HABITS = frozenset(
    "often regularly usually repeatedly always frequently sometimes continually generally".split()
)
_AGAIN_AND_AGAIN = re.compile(
    r"\bagain and again\b|\btime and again\b|\bevery (?:day|week)\b", re.I
)
_ANNOUNCES = frozenset(
    stem(verb)
    for verb in "announce state say said report declare confirm reveal disclose tell told".split()
)
_OCCURS = frozenset(stem(verb) for verb in "occur happen take took follow come came".split())
_ANSWERS = frozenset(stem(verb) for verb in "answer respond reply react retaliate".split())
"""Whoever does so with a deed did it; "to" a deed, somebody else did."""
_FORCES = re.compile(
    r"\b(?:military|army|police|forces?|troops|guards?|navy|intelligence|corps|command|coalition|"
    r"defen[cs]e|interior|security)\b",
    re.IGNORECASE,
)
"""What in a body's name says that it uses force; a ministry of health only counts the dead."""
_MEANS = frozenset(
    "bomber bombers attacker attackers gunman gunmen assailant assailants campaign".split()
)
_NOT_WHEN = re.compile(r"\b(?:since|until|till|before|prior to)\s+(?:the\s+)?$", re.I)
_ORDER = frozenset("after before while since until once because when".split())
_UNREAL = frozenset("planned possible potential future next further another alleged".split())
_TARGETED = ("on", "against", "targeting", "upon")
_BESIDE = ("near", "outside", "at", "inside", "beside")
_CLAIM = re.compile(
    r"\bclaim(?:ed|s|ing)?\s+(?:the\s+)?responsibility|\b(?:took|takes|taking|assumed|accepted)\s+"
    r"(?:the\s+)?(?:responsibility|charge\s+of\s+the\s+attack)"
    r"|\bclaim(?:ed|ing)\s+(?:it|(?:the|this|that|both|two|three)\s+(?:\w+\s+)?"
    r"(?:attacks?|bombings?|operations?|assaults?|blasts?))\b"
    r"|\bsaid\s+(?:that\s+)?(?:it|they)\s+(?:was|were)\s+(?:responsible|behind)",
    re.I,
)
_DENIAL = re.compile(
    r"\bden(?:ied|ies|y|ying)\s+(?:\w+\s+){0,3}?(?:responsib|involve|carrying)", re.I
)
_BLAMED = re.compile(
    r"\b(?:blam(?:ed|es|ing)|accus(?:ed|es|ing))\s+(?P<who>(?:the\s+)?\w[\w-]*)", re.I
)
_ATTRIBUTED = re.compile(r"\b(?:attributed\s+to|put\s+down\s+to|blamed\s+on|laid\s+on)\b", re.I)
_REPORTED = re.compile(
    r"\breportedly|\breported\s+to\s+have|\b(?:is|are|was|were)\s+said\s+to|\baccording\s+to"
    r"|\bapparently",
    re.I,
)
_ALLEGED = re.compile(r"\ballegedly|\balleged\b|\bit\s+is\s+claimed\s+that", re.I)
_FAILED = re.compile(
    r"\bfail(?:ed|ure)?\b(?!\s+to\s+(?:stop|prevent))|\bunsuccessful(?:ly)?\b|\bmiscarried\b"
    r"|\bsurvived\b|\bescaped\s+unhurt|\bin\s+vain\b",
    re.I,
)
_FOILED = re.compile(r"\b(?:foiled|thwarted|averted|defused|intercepted)\b", re.I)
_WEAPON = re.compile(
    r"\b(?:(?:suicide|car|truck|roadside|vehicle|magnetic|sticky|remote-controlled)[\s-]+"
    r"(?:bomb(?:er|ing|s|ers)?|vests?|attack)|bombs?|explosives?|explosive\s+devices?|IEDs?|mines?"
    r"|grenades?|rockets?|mortars?|missiles?|drones?|guns?|rifles?|knives|knife|machetes?"
    r"|suicide\s+(?:belts?|vests?)|gunfire|air\s?strikes?|special\s+operation)\b",
    re.I,
)
_LISTED = re.compile(
    r"\bamong\s+(?:them|those|the\s+dead)|:\s|\bincluding\b|\bnamed\b|\bwere\s+identified\b", re.I
)
_AMONG_DEAD = re.compile(
    r"\b(?:among\s+(?:those|the)\s+(?:killed|dead|victims)|the\s+(?:dead|victims))\s+(?:were|was)\b",
    re.I,
)
_ONLY_LAST = re.compile(r"\bonly\s+the\s+last\b", re.I)
_TOOK_PART = re.compile(r"\b(?:took|taking|take)\s+part\b|\bparticipated\b", re.I)
_ORDINAL = re.compile(r"(?:The|the)\s+(?:first|second|third|fourth|other|last)\b", re.I)
_ALSO = re.compile(
    r"\bas\s+well\b|\balso\b(?!\s+(?:known|called))|\btoo\b|\bfollowed\b|\bsecond\b|\bthen\b", re.I
)
_TRIES = frozenset(stem(verb) for verb in "try tried strike struck attack".split())
_RIGHT_BEFORE = 3
"""How many words before an event's a date begins, at most, that is its own whatever the parse."""
_MODIFIERS = frozenset({"compound", "amod", "nmod", "poss"})
_ANNOUNCEMENTS = frozenset({"statement", "announcement", "report", "claim", "communique"})
_OF_EVENTS = frozenset(
    "series wave string one spate number claim responsibility result cause".split()
)
"""Nouns that stand before an event and name none: "one of the attacks"."""
_EARLIER = frozenset({"earlier", "previous"})
_PRECISE = (Precision.DAY, Precision.MONTH, Precision.RANGE, Precision.YEAR, Precision.UNRESOLVED)

MAX_SENTENCE_WORDS = 300
"""Longer ones are lists and tables without full stops, whose parse means nothing."""
_Told = tuple[Token, Trigger]


class SentenceReader:
    """One sentence, and the events that it tells."""

    def __init__(self, sentence: Tokens, tagged: Tagged, parties: Parties, number: int) -> None:
        """Take the sentence, the paragraph that it is part of, and its number in the document."""
        self.sentence = sentence
        self.tagged = tagged
        self.parties = parties
        self.number = number
        self.document_text = parties.document.text
        self.offset = tagged.start
        self.text = tagged.text
        start, end = self.offset + sentence.start_char, self.offset + sentence.end_char
        while start < end and self.document_text[start].isspace():
            start += 1
        while end > start and self.document_text[end - 1].isspace():
            end -= 1
        self.span = Span(start, end)
        self.whens = parties.whens_in(start, end)

    def carried_date(self) -> tuple[When, int] | None:
        """Return the date that the next sentences may go on with, and for how many of them.

        One that the sentence opens with holds for three, one that stands elsewhere in its main
        clause for one or two.
        """
        for when in self.whens:
            if when.first is None or _NOT_WHEN.search(
                self.document_text, max(0, when.span.start - 12), when.span.start
            ):
                continue
            before = re.findall(
                r"\w+", self.document_text[self.span.start : when.span.start].lower()
            )
            if len(before) <= 4 and set(before) <= _OPENINGS:
                return when, 3
        days = [when for when in self.whens if when.precision is Precision.DAY]
        if len(days) == 1 and not self._in_clause(days[0]):
            return days[0], 2
        return None

    def _in_clause(self, when: When) -> bool:
        """Whether the date stands in a relative clause or in brackets."""
        at = self._token_at(when.span.start)
        # Without a parse a word is its own head and no root, so its ancestors are none.
        for token in () if at is None else (at, *at.ancestors):
            announced = token.head.lower_ in _ANNOUNCEMENTS
            if token.dep_ in ("relcl", "acl", "appos") and not announced:
                return True
        return False

    def _token_at(self, start: int) -> Token | None:
        return next((t for t in self.sentence if self.offset + t.idx + len(t.text) > start), None)

    def narrow_places(self) -> list[Place]:
        """Return the places below a country that the sentence names."""
        places = names_of_places(self.sentence, self.parties.register, self._names())
        return list(filter(is_narrow, chained(places, self.text, self.offset)))

    def _names(self) -> list[tuple[int, int]]:
        """Return where actors are named, in code points of the paragraph."""
        return [
            (mention.span.start - self.offset, mention.span.end - self.offset)
            for mention in (
                self.parties.mentions[place]
                for place in self.parties.mentions_in(self.span.start, self.span.end)
            )
        ]

    def describes(self) -> Party | None:
        """Return the person that the sentence describes without naming: "the man who ran ..."."""
        for wanted in (("attr",), ("nsubj", "nsubjpass", "dobj")):
            for token in self.sentence:
                if token.dep_ in wanted and token.tag_ == "NN" and is_people(token):
                    start = self.offset + min(each.idx for each in token.subtree)
                    last = max(token.subtree, key=lambda each: each.i)
                    end = self.offset + last.idx + len(last.text)
                    return Party(self.document_text[start:end], Span(start, end))
        return None

    def events(self, carried: When | None) -> list[Draft]:
        """Return the events of the sentence; those without a date of their own take `carried`."""
        if len(self.sentence) > MAX_SENTENCE_WORDS:
            return []
        triggers = [
            (token, trigger)
            for token in self.sentence
            if (trigger := trigger_of(token)) is not None
        ]
        again = self._tried_again()
        if again is not None:
            triggers.append((again, Trigger(AttackKind.ATTACK, exact=False)))
        if not triggers or _AGAIN_AND_AGAIN.search(self.text, *self._bounds()):
            return []
        clusters = [
            cluster
            for cluster in self._clusters(triggers)
            if any(self._is_told(token, trigger) for token, trigger in cluster)
        ]
        if not clusters:
            return []
        places = names_of_places(self.sentence, self.parties.register, self._names())
        drawn = [
            event
            for cluster in clusters
            for event in self._drawn_up(cluster, places, clusters, carried)
        ]
        if len(drawn) > 1 and _ONLY_LAST.search(self.text, *self._bounds()):
            # "Only the last attempt failed" goes on about one of these, which has it already.
            drawn = [event for event in drawn if not event.anaphoric]
        return _united(drawn)

    def _bounds(self) -> tuple[int, int]:
        return self.sentence.start_char, self.sentence.end_char

    def _tried_again(self) -> Token | None:
        for token in self.sentence:
            if (
                token.lower_ == "again"
                and token.head.pos_ == "VERB"
                and folded(token.head) in _TRIES
                and trigger_of(token.head) is None
            ):
                return token.head
        return None

    def _clusters(self, triggers: Sequence[_Told]) -> list[list[_Told]]:
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
        clusters: dict[int, list[_Told]] = {}
        for token, trigger in triggers:
            clusters.setdefault(root(token.i), []).append((token, trigger))
        return [sorted(cluster, key=lambda told: told[0].i) for cluster in clusters.values()]

    def _same_event(self, token: Token, triggers: dict[Token, Trigger]) -> Token | None:
        """Return another trigger of the event that `token` names, going up the parse.

        The way stops at a clause of its own: of people ("members who attacked"), of another time
        ("after the group attacked"), or beside this one with a date or a person of its own.
        """
        at = token
        for _ in range(8):
            head = at.head
            if head.i == at.i:
                return None
            if at.dep_ in ("relcl", "acl") and head not in triggers and is_people(head):
                return None
            if at.dep_ == "relcl" and head not in triggers and children(at, "nsubj", "nsubjpass"):
                own = children(at, "nsubj", "nsubjpass")[0]
                if own.tag_ not in ("WDT", "WP"):
                    return None
            if at.dep_ == "advcl" and any(
                child.dep_ in ("mark", "advmod") and child.lower_ in _ORDER for child in at.children
            ):
                return None
            if at.dep_ == "prep" and at.lower_ in _ORDER:
                return None
            if at.dep_ == "ccomp" and folded(head) not in _ANNOUNCES and head not in triggers:
                return None
            if at.dep_ == "conj":
                if at in triggers and head in triggers and at.pos_ == "NOUN" == head.pos_:
                    own_parts = any(c.dep_ in ("prep", "compound", "poss") for c in at.children)
                    return None if own_parts else head
                if at.pos_ in ("VERB", "AUX") and self._has_own(at, at in triggers):
                    return None
            if head in triggers:
                return head
            if at.dep_ == "prep" and head.pos_ == "NOUN" and head.lower_ not in _OF_EVENTS:
                return None
            light = self._event_of(head, triggers)
            if light is not None and light.i != token.i and at.dep_ != "conj":
                return light
            at = head
        return None

    def _event_of(self, verb: Token, triggers: dict[Token, Trigger]) -> Token | None:
        """Return the event noun that a verb only says was done ("carried out", "occurred")."""
        if folded(verb) in LIGHT_VERBS | _OCCURS:
            for noun in children(verb, "dobj", "nsubjpass", "nsubj"):
                if noun in triggers:
                    return noun
        return None

    def _has_own(self, verb: Token, tells: bool) -> bool:
        """Whether a coordinated clause has a date or an actor of its own, or tells no harm."""
        if not tells and children(verb, "nsubj"):
            return True
        if not children(verb, "nsubj", "nsubjpass") and not children(verb, "dobj"):
            return False
        inside = [token for token in verb.subtree]
        first = self.offset + min(token.idx for token in inside)
        last = self.offset + max(token.idx + len(token.text) for token in inside)
        if self.parties.whens_in(first, last):
            return True
        named = self.parties.mentions_in(first, last)
        subject = children(verb, "nsubj", "nsubjpass")
        return bool(subject) and any(
            self.parties.mention_at(self.tagged, token) in named for token in subject
        )

    def _is_told(self, token: Token, trigger: Trigger) -> bool:
        """Whether the words tell an event that took place, or that was tried."""
        if is_negated(token):
            return False
        if token.pos_ in ("NOUN", "PROPN"):
            if not is_doubtful(token):
                return True
            # "The attack on the ministry can be read as ...": a named one is taken as known.
            direct = {child.lower_ for child in token.children}
            return (
                bool(direct & _DEFINITE)
                and not direct & _UNREAL
                and bool(
                    objects_of_preposition(token, *_TARGETED, "of")
                    or any(c.tag_ == "NNP" and c.dep_ == "compound" for c in token.children)
                )
            )
        if trigger.harm is Harm.FREED and not trigger.undergone and not self._frees_people(token):
            return False
        return is_told_as_done(token) and not any(
            child.lower_ in _HABITS for child in token.children
        )

    def _frees_people(self, verb: Token) -> bool:
        """Whether people are freed or released, not figures, a statement or a film."""
        freed = children(verb, "dobj", "nsubjpass")
        counted = [noun for each in freed for noun in objects_of_preposition(each, "of")]
        return not freed or any(
            is_people(noun)
            or noun.like_num
            or self.parties.mentions_in(
                self.offset + noun.left_edge.idx, self.offset + noun.idx + len(noun.text)
            )
            for noun in (*freed, *counted)
        )

    def _drawn_up(
        self,
        cluster: Sequence[_Told],
        places: Sequence[FoundPlace],
        clusters: Sequence[Sequence[_Told]],
        carried: When | None,
    ) -> list[Draft]:
        event = self._with_parties(cluster)
        alone = len(clusters) == 1
        whens = [
            when
            for when in self.whens
            if not _NOT_WHEN.search(
                self.document_text, max(0, when.span.start - 12), when.span.start
            )
            and self._nearness(when.span.start, cluster, clusters) > 0
        ]
        self._place(event, places, cluster, clusters)
        self._date(event, whens, carried, cluster, clusters)
        self._count(event, cluster, alone)
        # A number of people in a province is one event, though it has no name and no date.
        event.placed |= any(is_narrow(place) for place in event.places) and any(
            each.least or each.most for each in event.casualties
        )
        for kind, pattern in ((Hedge.REPORTED, _REPORTED), (Hedge.ALLEGED, _ALLEGED)):
            match = pattern.search(self.document_text, self.span.start, self.span.end)
            if match:
                event.qualifiers.append(Qualifier(kind, Span(*match.span())))
        self._end(event)
        self._lay_on(event)
        known = any(
            token.pos_ == "NOUN" and any(child.lower_ in _DEFINITE for child in token.children)
            for token, _ in cluster
        )
        event.additional = not known and bool(
            _ALSO.search(self.document_text, *self._span_bounds())
        )
        return self._parted(event, whens, chained(places, self.text, self.offset))

    def _span_bounds(self) -> tuple[int, int]:
        return self.span.start, self.span.end

    def _with_parties(self, cluster: Sequence[_Told]) -> Draft:
        """Return the event with who did it and to whom."""
        event: Draft | None = None
        inside = {token.i for token, _ in cluster}
        agents: list[Token] = []
        victims: list[Token] = []
        targets: list[Token] = []
        plural = True
        for token, trigger in sorted(cluster, key=_prominence):
            noun = token.pos_ in ("NOUN", "PROPN") and token.tag_ != "VBN"
            drawn = Draft(
                manner_of(token, trigger),
                trigger.exact,
                Span(self.offset + token.idx, self.offset + token.idx + len(token.text)),
                self.span,
                self.number,
                deadly=trigger.to_people and not trigger.exact,
                fatal=trigger.harm is Harm.KILLED and self._is_told(token, trigger),
                quiet=trigger.undergone and trigger.to_people,
            )
            if noun:
                doers, done_to = self._of_noun(token, trigger)
                drawn.definite = any(c.lower_ in _DEFINITE for c in token.children)
                drawn.counted = any(c.dep_ == "nummod" for c in token.children)
                if self._is_told(token, trigger):
                    drawn.attacks = self._counted(token, trigger)
                plural &= token.tag_ in ("NNS", "NNPS")
            else:
                doers, done_to = self._of_verb(token, trigger)
                # "The attacks killed nine" is as general as "the attacks".
                plural &= any(_is_event(doer) and doer.i in inside for doer in subjects(token))
            agents.extend(each for each in doers if each.i not in inside)
            kept = [each for each in done_to if each.i not in inside and not _is_event(each)]
            (victims if trigger.to_people else targets).extend(kept)
            if event is None:
                event = drawn
            else:
                event.take(drawn)
        assert event is not None
        event.plural = plural
        event.group = self.parties.group_meant(self.tagged, cluster[0][0])
        for token in dict.fromkeys(agents):
            if token.lower_ in _MEANS or _is_event(token):
                continue
            party = self.parties.party(self.tagged, token)
            if party is not None and self._acts(token, party):
                event.attributions.append(Attribution(party, Ladder.STATED, self.span))
        event.victims = self._resolved(victims)
        for party in self._resolved(targets):
            person = self.parties.is_person(party.mention)
            (event.victims if person else event.targets).append(party)
        self._add_listed(event)
        event.persons = frozenset(
            self.parties.focus.key(party.mention)
            for party in event.victims
            if party.mention is not None and self.parties.is_person(party.mention)
        )
        event.pinned = bool(event.persons) or any(self._is_specific(p) for p in event.targets)
        nouns = [token for token, _ in cluster if token.pos_ in ("NOUN", "PROPN")]
        event.anaphoric = (
            len(nouns) == len(cluster)
            and any(child.lower_ in _DEFINITE for child in nouns[0].children)
            and not event.victims
            and not event.targets
        )
        return event

    def _counted(self, noun: Token, trigger: Trigger) -> list[Counted]:
        """Return of how many attacks the words make the event: "two attacks", "a bombing"."""
        kind = manner_of(noun, trigger)
        direct = list(noun.children)
        others = any(child.lower_ in _AGAIN | _UNREAL for child in direct)
        if trigger.to_people or kind not in ATTACKS or others:
            return []
        says = next((c for c in direct if c.dep_ == "nummod" or c.lower_ in _ONE), None)
        outright = says is not None
        if says is None and noun.tag_ == "NN":
            says = next((child for child in direct if child.lower_ in _AN), None)
        if says is None or says.i > noun.i:
            return []
        number = 1.0 if says.lower_ in _AN | _ONE else number_of(says.lower_)
        if number is None or number < 1 or number != int(number):
            return []
        span = Span(self.offset + says.idx, self.offset + noun.idx + len(noun.text))
        text = " ".join(self.document_text[span.start : span.end].split())
        return [Counted(text, span, int(number), kind, outright)]

    def _acts(self, token: Token, party: Party) -> bool:
        """Whether the party can do deeds: an actor, people, or a nation's forces."""
        return (
            party.mention is not None
            or is_people(token)
            or token.lower_ in GROUP_NOUNS
            or any(child.text in demonyms() for child in token.children)
        )

    def _resolved(self, tokens: Sequence[Token]) -> list[Party]:
        found = (self.parties.party(self.tagged, token) for token in dict.fromkeys(tokens))
        return list(dict.fromkeys(party for party in found if party is not None))

    def _is_specific(self, party: Party) -> bool:
        """Whether a target is one thing: a building with a name or an article, no group."""
        if party.mention is not None:
            kind = self.parties.mentions[party.mention].kind
            if kind is ActorKind.GROUP and not set(map(stem, party.text.lower().split())) & (
                FACILITIES
            ):
                return False
        written = party.text.split()
        if not written:
            return False
        if stem(written[-1].lower()) in FACILITIES:
            return not written[-1].endswith("s") or any(w[:1].isupper() for w in written)
        return any(word[:1].isupper() for word in written[1:]) or bool(
            set(map(stem, party.text.lower().split())) & FACILITIES
            and written[0].lower() in _DEFINITE
        )

    def _add_listed(self, event: Draft) -> None:
        """Add victims whom the sentence names after counting them: "three men died: A, B and C"."""
        if any(self.parties.is_person(v.mention) for v in event.victims):
            return
        if event.victims:
            last = max(victim.span.end for victim in event.victims)
            opened = _LISTED.search(self.document_text, last, self.span.end)
        else:
            opened = _AMONG_DEAD.search(self.document_text, self.span.start, self.span.end)
            event.told_before = opened is not None
        if opened is not None:
            for place in self.parties.mentions_in(opened.end(), self.span.end):
                if self.parties.is_person(place):
                    event.victims.append(self.parties.named(place))

    def _of_verb(self, verb: Token, trigger: Trigger) -> tuple[list[Token], list[Token]]:
        """Return who does what the verb says, and to whom."""
        subject = subjects(verb)
        if trigger.undergone:
            return [], subject
        if is_passive(verb):
            return objects_of_preposition(verb, "by"), subject
        done_to = direct_objects(verb)
        if not done_to and not trigger.to_people:
            after = objects_of_preposition(verb, *_TARGETED, *_BESIDE)
            done_to = [token for token in after if token.i > verb.i]
        acting = [
            token
            for token in subject
            if (party := self.parties.party(self.tagged, token)) is not None
            and self._acts(token, party)
        ]
        return acting or _deed(subject) or self._group_before(verb), done_to

    def _group_before(self, verb: Token) -> list[Token]:
        """Return the group named last before a verb whose subject the parse does not show.

        "On 26 August 2021 Islamic State struck" reads to the parser like one long date.
        """
        for token in reversed(list(self.sentence)):
            if token.i < verb.i:
                if token.pos_ in ("VERB", "AUX"):
                    break
                place = self.parties.mention_at(self.tagged, token)
                if place is not None and not self.parties.is_person(place):
                    return [token]
        return []

    def _of_noun(self, noun: Token, trigger: Trigger) -> tuple[list[Token], list[Token]]:
        """Return who does what the noun names, and to whom."""
        agents = objects_of_preposition(noun, "by")
        done_to = objects_of_preposition(noun, *_TARGETED)
        if done_to:
            done_to.extend(self._more_after(noun, done_to))
        else:
            done_to = objects_of_preposition(noun, *_BESIDE)
        owners = children(noun, "poss")
        if trigger.to_people:
            done_to.extend(objects_of_preposition(noun, "of"))
            done_to.extend(owners)
        else:
            agents.extend(owners)
        for child in children(noun, "compound", "nmod", "amod"):
            place = self.parties.mention_at(self.tagged, child)
            if place is not None and not self.parties.is_person(place):
                agents.append(child)
            elif child.dep_ == "compound" and folded(child) in FACILITIES:
                done_to.append(child)
        first = noun
        while first.dep_ == "conj":
            first = first.head
        verb = first if first.pos_ == "VERB" else first.head
        if verb.dep_ in ("prep", "pobj") or verb.pos_ == "ADP":
            above = verb.head
            # "Claimed responsibility for the attack" lays it on the claimant by another way.
            verb = above.head if above.pos_ == "NOUN" else above
        if folded(verb) in _ANSWERS and first.head.lower_ == "with":
            agents.extend(subjects(verb))
        elif folded(verb) in LIGHT_VERBS and (first is verb or first.dep_ in _DONE):
            if is_passive(verb):
                agents.extend(objects_of_preposition(verb, "by"))
            else:
                agents.extend(subjects(verb))
            done_to.extend(objects_of_preposition(verb, "on", "against"))
        elif folded(verb) in _OCCURS:
            done_to.extend(objects_of_preposition(verb, *_BESIDE))
        for child in children(noun, "acl"):
            if folded(child) in LIGHT_VERBS:
                agents.extend(objects_of_preposition(child, "by"))
                done_to.extend(objects_of_preposition(child, "on", "against", "at"))
        return agents, done_to

    def _more_after(self, noun: Token, known: Sequence[Token]) -> list[Token]:
        """Return what "on" governs further on in the list: "on A, on B and on C".

        The parser hangs the second "on" now on the noun, now on whatever is above it.
        """
        found = []
        last = max(known, key=lambda token: token.i)
        for token in self.sentence:
            if token.i > last.i and token.lower_ in _TARGETED and token.dep_ in ("prep", "conj"):
                between = [t for t in self.sentence if last.i < t.i < token.i]
                if any(t.pos_ in ("VERB", "AUX") or t.text in ".;:" for t in between):
                    break
                for objective in children(token, "pobj"):
                    found.append(objective)
                    last = objective
        return [token for token in found if token not in known]

    def _nearness(
        self, start: int, cluster: Sequence[_Told], clusters: Sequence[Sequence[_Told]]
    ) -> int:
        """Return how closely what begins at `start` of the document goes with the event.

        2 where the parse hangs it on the event's words, 1 where on no event, 0 where on another.
        """
        owners = {token.i: n for n, each in enumerate(clusters) for token, _ in each}
        mine = owners[cluster[0][0].i]
        at = self._token_at(start)
        # The parser hangs "schools linked to IS-K, the Taliban on 8 September killed" wrongly.
        if at is not None and any(0 < token.i - at.i <= _RIGHT_BEFORE for token, _ in cluster):
            return 2
        described = False
        while at is not None:
            if at.i in owners:
                return 2 - described if owners[at.i] == mine else 0
            if folded(at) in LIGHT_VERBS | _OCCURS:
                below = [
                    owners[child.i]
                    for child in children(at, "dobj", "nsubjpass", "nsubj")
                    if child.i in owners
                ]
                if below:
                    return 2 if mine in below else 0
            # What stands in a clause about something else tells nothing of the event.
            if at.dep_ in ("acl", "relcl"):
                if at.head.i in owners:
                    return 2 if owners[at.head.i] == mine else 0
                timed = any(child.lower_ in _ORDER for child in at.children)
                if at.head.lower_ not in _ANNOUNCEMENTS and not timed:
                    return 0
            described |= at.dep_ == "appos" and is_people(at)
            if at.head.i == at.i:
                return 1
            at = at.head
        return 1

    def _place(
        self,
        event: Draft,
        places: Sequence[FoundPlace],
        cluster: Sequence[_Told],
        clusters: Sequence[Sequence[_Told]],
    ) -> None:
        """Give the event its places: those that the parse hangs on it, else all of the sentence."""
        ranked = [
            (self._nearness(self.offset + place.start, cluster, clusters), place)
            for place in places
            if not self._tells_time(self.offset + place.start) and not self._is_origin(place)
        ]
        best = max((nearness for nearness, _ in ranked), default=0)
        own = [place for nearness, place in ranked if nearness == best]
        if best == 0 and (len(own) > 1 or len(clusters) > 1):
            own = []
        chains = chained(own, self.text, self.offset)
        people = [*event.victims, *(a.actor for a in event.attributions)]
        where = [
            place
            for place in chains
            if not any(
                party.span.start <= place.span.start and place.span.end <= party.span.end
                for party in people
            )
        ]
        event.places = list(filter(is_narrow, where)) or where or list(filter(is_narrow, chains))
        for party in event.victims:
            if not event.places and not self.span.start <= party.span.start < self.span.end:
                event.places = self._places_named_in(party)
        event.placed = best > 0 and any(is_narrow(place) for place in where)

    def _is_origin(self, place: FoundPlace) -> bool:
        """Whether a country's name only says whose somebody is: "US soldiers"."""
        token = self._token_at(self.offset + place.start)
        name = place.canonical or self.text[place.start : place.end]
        return name in COUNTRIES and token is not None and token.dep_ in _MODIFIERS

    def _places_named_in(self, party: Party) -> list[Place]:
        found = [
            FoundPlace(name.start, name.end, name.canonical)
            for name in self.parties.register.mentions(party.text)
            if self.parties.register.entry(name.canonical).kind is NameKind.PLACE
        ]
        return chained(found, party.text, party.span.start)

    def _tells_time(self, start: int) -> bool:
        """Whether a place only tells a time: "on the very day of the successes in Kabul"."""
        token = self._token_at(start)
        while token is not None and token.head.i != token.i:
            token = token.head
            at = self.offset + token.idx
            if any(when.span.start <= at < when.span.end for when in self.whens):
                return True
        return False

    def _date(
        self,
        event: Draft,
        whens: Sequence[When],
        carried: When | None,
        cluster: Sequence[_Told],
        clusters: Sequence[Sequence[_Told]],
    ) -> None:
        def rank(when: When) -> tuple[int, int, int]:
            far = abs(when.span.start - event.trigger.start)
            near = self._nearness(when.span.start, cluster, clusters)
            return -near, _PRECISE.index(when.precision), far

        whens = [when for when in whens if not self._counts_to(when, cluster)]
        earlier = self._earlier(cluster)
        if whens:
            when = min(whens, key=rank)
            announced = self._announced(when)
            if announced is not None:
                when = replace(when, qualifiers=(*when.qualifiers, announced))
            event.when = when
        elif earlier is not None:
            event.when = earlier
        elif carried is not None and not self._is_known(cluster):
            event.when, event.carried = carried, True

    def _counts_to(self, when: When, cluster: Sequence[_Told]) -> bool:
        """Whether the date counts to the event and is not its own: "two days before he died"."""
        return when.first is None and any(
            token.i > 0
            and when.span.end <= self.offset + token.idx
            and any(
                c.dep_ in ("mark", "prep", "advmod") and c.lower_ in _ORDER for c in _above(token)
            )
            for token, _ in cluster
        )

    def _earlier(self, cluster: Sequence[_Told]) -> When | None:
        """Return "earlier" as the date of what is told as another, earlier event of its kind."""
        for token, _ in cluster:
            for child in token.children:
                noun = token.pos_ in ("NOUN", "PROPN")
                words = _EARLIER if noun else EARLIER
                if child.lower_ in words and child.dep_ in ("amod", "advmod"):
                    start = self.offset + child.idx
                    span = Span(start, start + len(child.text))
                    return When(child.text, span, Precision.UNRESOLVED)
        return None

    def _is_known(self, cluster: Sequence[_Told]) -> bool:
        """Whether the event is only spoken of: "the men behind the attack" tells nothing new."""
        return all(
            token.pos_ in ("NOUN", "PROPN")
            and any(child.lower_ in _DEFINITE for child in token.children)
            for token, _ in cluster
        )

    def _announced(self, when: When) -> Qualifier | None:
        """Return the word that makes the date that of an announcement and not of the event."""
        token = self._token_at(when.span.start)
        while token is not None and token.head.i != token.i:
            token = token.head
            if token.pos_ == "VERB":
                if folded(token) in _ANNOUNCES:
                    start = self.offset + token.idx
                    return Qualifier(Hedge.REPORTED, Span(start, start + len(token.text)))
                if token.head.lower_ not in _ANNOUNCEMENTS:
                    return None
        return None

    def _count(self, event: Draft, cluster: Sequence[_Told], alone: bool) -> None:
        start, end = self._bounds()
        if not alone:
            tokens = [each for token, _ in cluster for each in token.subtree]
            start = max(start, min(each.idx for each in tokens))
            end = min(end, max(each.idx + len(each.text) for each in tokens))
        event.casualties = find_casualties(self.text, start, end, self.offset)
        for match in _WEAPON.finditer(self.text, start, end):
            span = Span(self.offset + match.start(), self.offset + match.end())
            event.weapons.append(Described(match.group(), span))
            by_suicide = "suicide" in match.group().lower() and event.kind in ATTACKS
            if by_suicide and event.kind is not AttackKind.PRISON_BREAK:
                event.kind, event.exact = AttackKind.SUICIDE_BOMBING, True

    def _end(self, event: Draft) -> None:
        for outcome, pattern in ((Outcome.FAILED, _FAILED), (Outcome.FOILED, _FOILED)):
            match = pattern.search(self.document_text, self.span.start, self.span.end)
            if match:
                event.outcome, event.outcome_span = outcome, Span(*match.span())

    def _lay_on(self, event: Draft) -> None:
        """Add who claims the event, denies it, is blamed for it or announces it as his own."""
        for pattern, ladder in (
            (_CLAIM, Ladder.CLAIMED),
            (_DENIAL, Ladder.DENIED),
            (_TOOK_PART, Ladder.STATED),
        ):
            match = pattern.search(self.document_text, self.span.start, self.span.end)
            verb = self._token_at(match.start()) if match else None
            for token in subjects(verb) if verb is not None else ():
                party = self.parties.party(self.tagged, token)
                if party is not None and self._acts(token, party):
                    event.attributions.append(Attribution(party, ladder, self.span))
        blamed = _BLAMED.search(self.document_text, self.span.start, self.span.end)
        if blamed is not None:
            self._blame(event, self._token_at(blamed.start()), None)
        attributed = _ATTRIBUTED.search(self.document_text, self.span.start, self.span.end)
        if attributed is not None:
            self._blame(event, self._token_at(attributed.start()), attributed.end())
        if not event.attributions:
            self._announcer(event)

    def _blame(self, event: Draft, verb: Token | None, after: int | None) -> None:
        if verb is None:
            return
        by = next(iter(self._resolved(subjects(verb))), None) if after is None else None
        blamed = direct_objects(verb) if after is None else objects_of_preposition(verb, "to", "on")
        for party in self._resolved(blamed):
            if party.mention is not None:
                event.attributions.append(Attribution(party, Ladder.ATTRIBUTED, self.span, by))

    def _has_forces(self, side: int) -> bool:
        """Whether a side can have done it itself: a group, a state or forces, no other body."""
        mention = self.parties.mentions[side]
        return (
            mention.kind is not ActorKind.INSTITUTION
            or (mention.canonical or mention.text) in states()
            or _FORCES.search(mention.text) is not None
        )

    def _announcer(self, event: Draft) -> None:
        """Lay an operation on the government that announces it, with its own word for it."""
        if event.kind in ATTACKS and not event.deadly:
            return
        for verb in self.sentence:
            if verb.pos_ == "VERB" and folded(verb) in _ANNOUNCES:
                said_by = subjects(verb)
            elif verb.lower_ in _ANNOUNCEMENTS:
                said_by = [*objects_of_preposition(verb, "of", "by"), *children(verb, "poss")]
            else:
                continue
            for party in self._resolved(said_by):
                side = self.parties.side(party)
                if side is not None and self._has_forces(side) and self.parties.governs(party):
                    if any(self.parties.side(v) == side for v in event.victims):
                        continue
                    event.attributions.append(
                        Attribution(
                            self.parties.named(side) if side != party.mention else party,
                            Ladder.CLAIMED,
                            self.span,
                            party,
                        )
                    )
                    return

    def number_attacks(self, event: Draft) -> None:
        """Add to `event`, which the sentence goes on about, of how many attacks it says it was.

        Only a numeral counts: "an attack" may be any.
        """
        for token in self.sentence if event.kind in ATTACKS else ():
            trigger = trigger_of(token) if token.pos_ in ("NOUN", "PROPN") else None
            counted = self._counted(token, trigger) if trigger is not None else []
            event.attacks.extend(each for each in counted if each.outright)

    def complete(self, event: Draft) -> None:
        """Add to `event`, told shortly before, what this sentence says without naming it."""
        if len(self.sentence) > MAX_SENTENCE_WORDS:
            return
        known = len(event.attributions), len(event.casualties), len(event.victims)
        attributed = list(event.attributions)
        event.attributions = []
        self._lay_on(event)
        event.attributions = attributed + event.attributions
        event.casualties.extend(find_casualties(self.text, *self._bounds(), self.offset))
        self.number_attacks(event)
        opened = _ORDINAL.match(self.document_text, self.span.start)
        if opened is not None and event.victims and not event.persons:
            for place in self.parties.mentions_in(opened.end(), opened.end() + 30)[:1]:
                if self.parties.is_person(place):
                    event.victims.append(self.parties.named(place))
        if known != (len(event.attributions), len(event.casualties), len(event.victims)):
            event.span = Span(event.span.start, self.span.end)
            event.sentence = self.number

    def _by_place(self, event: Draft) -> list[Draft]:
        """Return an event for each party that has a place of its own, or for all one.

        "It attacked an official in Herat and the governors of Balkh and Nangarhar" tells three.
        """
        parties = sorted(event.victims + event.targets, key=lambda party: party.span)
        if len(parties) < 2 or any(party.span.start < self.span.start for party in parties):
            return []
        found: list[Draft] = []
        ends = [*(party.span.start for party in parties[1:]), self.span.end]
        for party, end in zip(parties, ends, strict=True):
            places = [p for p in event.places if party.span.start <= p.span.start < end]
            if not places or not all(map(is_narrow, places)):
                return []
            found.extend(replace(self._only(event, party, event.when), places=[p]) for p in places)
        names = [draft.places[0].canonical or draft.places[0].text for draft in found]
        if len(set(names)) < len(names):
            return []
        last = _ONLY_LAST.search(self.document_text, self.span.start, self.span.end)
        for draft in found[:-1] if last else ():
            draft.outcome, draft.outcome_span = Outcome.CARRIED_OUT, None
        return found

    def _parted(self, event: Draft, whens: Sequence[When], places: Sequence[Place]) -> list[Draft]:
        """Return the event, or several where its parties have dates or a building each.

        `places` are all of the sentence: those beside a party are its own.
        """
        parties = event.victims or event.targets
        days = [when for when in whens if when.precision is Precision.DAY]
        if len(days) > 1 and len(parties) == 1:
            # "A on 8 March and the governor of B one day later": the second has no name.
            parties = self._coordinated(parties[0]) or parties
        if len(parties) > 1 and len(days) == len(parties):
            ordered = sorted(parties, key=lambda party: party.span)
            ends = [*(party.span.start for party in ordered[1:]), self.span.end]
            apart = []
            for party, day, end in zip(ordered, days, ends, strict=True):
                draft = self._only(event, party, day)
                own = [p for p in places if party.span.start <= p.span.start < end]
                apart.append(replace(draft, places=own))
            return apart
        by_place = self._by_place(event)
        if by_place:
            return by_place
        specific = [party for party in event.targets if self._is_specific(party)]
        if event.plural and len(event.targets) > 1 and specific:
            return [self._only(event, party, event.when) for party in event.targets]
        return [event]

    def _only(self, event: Draft, party: Party, when: When | None) -> Draft:
        if party not in event.victims and party not in event.targets:
            event = replace(event, victims=[*event.victims, party])
        alone = event.only(party, when)
        named = party.mention if self.parties.is_person(party.mention) else None
        alone.persons = frozenset() if named is None else frozenset({self.parties.focus.key(named)})
        return alone

    def _coordinated(self, party: Party) -> list[Party]:
        token = self._token_at(party.span.end - 1)
        if token is None:
            return []
        others = self._resolved(children(token, "conj"))
        return [party, *others] if others else []


_OPENINGS = frozenset(
    "on in for by early late the also finally later then same and but only of".split()
)
_DONE = frozenset({"dobj", "nsubjpass", "conj", "pobj"})


def _deed(subject: Sequence[Token]) -> list[Token]:
    """Return the subject where it is an event or a means: an attack kills, a bomber attacks."""
    return [token for token in subject if _is_event(token) or token.lower_ in _MEANS]


def _united(drawn: list[Draft]) -> list[Draft]:
    """Return the events of one sentence, those that tell nothing of their own within another."""
    kept: list[Draft] = []
    for event in sorted(drawn, key=lambda draft: (not draft.pinned, draft.trigger)):
        whole = next((other for other in kept if event.is_part_of(other)), None)
        part = next((other for other in kept if other.is_part_of(event)), None)
        if whole is not None:
            whole.take(event)
            continue
        if part is not None:
            kept = [other for other in kept if other is not part]
            event.take(part)
        kept.append(event)
    return sorted(kept, key=lambda draft: draft.trigger)


def _above(token: Token) -> list[Token]:
    return [token, *token.children, *token.head.children]


def _prominence(told: _Told) -> tuple[bool, bool, int]:
    """Order an event's triggers: what is most exact, then nouns, then what comes first."""
    token, trigger = told
    return not trigger.exact, token.pos_ not in ("NOUN", "PROPN"), token.i


def _is_event(token: Token) -> bool:
    return token.pos_ in ("NOUN", "PROPN") and trigger_of(token) is not None
