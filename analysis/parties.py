"""Parties: whom a word of a sentence stands for, by name, by description or as "they" and "he"."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from spacy.tokens import Token

from analysis.cues import ROLE_NOUNS
from analysis.focus import GROUP_NOUNS, Focus, branches, ruling
from analysis.grammar import RELATIVES, children, name_part
from analysis.names import NameRegister
from analysis.records import ActorKind, Mention, Party, Span, When
from analysis.states import demonyms
from analysis.tagger import Tagged
from ingest.document import Document

PEOPLE = frozenset(
    """man woman men women people person persons victim victims civilian civilians soldier soldiers
    troops police policeman policemen guard guards worker workers child children student students
    prisoner prisoners inmate inmates militant militants terrorist terrorists insurgent insurgents
    rebel rebels guerrilla guerrillas gunmen detainee detainees suspect suspects dead others
    elements mourners worshippers passengers pilgrims tourists foreigners citizens nationals
    personnel villagers residents peasants crowd crowds shiites sunnis hazaras christians""".split()
)
"""Words for people; with the roles that a person can have, what a man is called without a name."""
_PERSON_PRONOUNS = frozenset({"he", "him", "his", "she", "her"})
_GROUP_PRONOUNS = frozenset({"it", "they", "them", "its", "their"})
_BEFORE_NOUN = frozenset({"amod", "compound", "nmod"})
_TITLE_PARAGRAPHS = 3
"""As many paragraphs a name in the title counts when it is asked whom a report is about."""
FAR_CHARS = 20_000
"""How far before an event, at most, the group is named that is presumed to have done it."""
_BACK_CHARS = 600
"""How far before a pronoun, at most, the person stands that it means."""


def is_people(token: Token) -> bool:
    """Whether the word is one for people: "soldiers", "the governor", a person's name."""
    word = token.lower_
    return (
        word in PEOPLE
        or word in ROLE_NOUNS
        or word.removesuffix("s") in ROLE_NOUNS
        or token.ent_type_ == "PERSON"
        or token.text in demonyms()
    )


class Parties:
    """Resolves the words of one document to parties; places are those in its mentions."""

    def __init__(
        self,
        document: Document,
        paragraphs: Sequence[Tagged],
        mentions: Sequence[Mention],
        whens: Sequence[When],
        register: NameRegister,
    ) -> None:
        """Take the document with its mentions and dates, in order."""
        self.document = document
        self.mentions = mentions
        self.whens = whens
        self.register = register
        self.focus = Focus(
            paragraphs,
            mentions,
            ruling=ruling(register, mentions),
            branches=branches(register, mentions),
        )
        self.described: Party | None = None
        """Whom the sentence before describes without a name: "the man who ran ..."."""
        self._starts = [mention.span.start for mention in mentions]
        self._when_starts = [when.span.start for when in whens]
        self._main = self._group_written_about(paragraphs)

    def mention_at(self, tagged: Tagged, token: Token) -> int | None:
        """Return the mention that the token is part of."""
        start = tagged.start + token.idx
        at = bisect_left(self._starts, start + len(token.text)) - 1
        return at if at >= 0 and self.mentions[at].span.end > start else None

    def mentions_in(self, start: int, end: int) -> list[int]:
        """Return the mentions that begin within `start` to `end` of the document, in order."""
        return list(range(bisect_left(self._starts, start), bisect_left(self._starts, end)))

    def whens_in(self, start: int, end: int) -> list[When]:
        """Return the dates that begin within `start` to `end` of the document, in order."""
        first = bisect_left(self._when_starts, start)
        return list(self.whens[first : bisect_left(self._when_starts, end)])

    def is_person(self, place: int | None) -> bool:
        """Whether the mention names a person."""
        return place is not None and self.mentions[place].kind is ActorKind.PERSON

    def named(self, place: int) -> Party:
        """Return the party that a mention is."""
        mention = self.mentions[place]
        return Party(mention.text, mention.span, place)

    def governs(self, party: Party) -> bool:
        """Whether the text calls the party, or whose man it is, a government or its body."""
        place = party.mention
        if place is None:
            return False
        if self.is_person(place):
            place = self.focus.affiliation(place)
        if place is None:
            return False
        return self.mentions[place].kind is ActorKind.INSTITUTION or self.focus.governs(place)

    def side(self, party: Party) -> int | None:
        """Return the group that the party is, or that it belongs to; None where none is told."""
        place = party.mention
        return self.focus.affiliation(place) if place and self.is_person(place) else place

    def group_meant(self, tagged: Tagged, token: Token) -> int | None:
        """Return the last mention of the group that the report is mostly about, rulers left out.

        Where there is none before the word, whom "the group" would mean there.
        """
        at = tagged.start + token.idx
        before = self.mentions_in(at - FAR_CHARS, at)
        named = (place for place in reversed(before) if self._key_of_group(place) == self._main)
        return next(named, None) or self.focus.described(tagged, token)

    def _group_written_about(self, paragraphs: Sequence[Tagged]) -> str | None:
        """Return the key of the group named in most paragraphs, or in the title."""
        in_title = {name.canonical for name in self.register.mentions(self.document.title)}
        keys: Counter[str] = Counter()
        for tagged in paragraphs:
            here = self.mentions_in(tagged.start, tagged.start + len(tagged.text))
            keys.update({key for place in here if (key := self._key_of_group(place)) is not None})
        for key in keys:
            keys[key] += _TITLE_PARAGRAPHS * (key in in_title)
        return max(keys, key=lambda key: (keys[key], key), default=None)

    def _key_of_group(self, place: int) -> str | None:
        group = self.mentions[place].kind is ActorKind.GROUP
        return self.focus.key(place) if group and not self.focus.governs(place) else None

    def party(self, tagged: Tagged, token: Token) -> Party | None:
        """Return whoever the word stands for; None where that is nobody, or is not known."""
        if any(
            when.span.start <= tagged.start + token.idx < when.span.end
            for when in self.whens_in(tagged.start, tagged.start + token.idx + 1)[-1:]
        ):
            return None
        place = self.mention_at(tagged, token)
        if place is not None:
            return self.named(place)
        if token.lower_ in RELATIVES:
            above = (token, *token.ancestors)
            clause = next((each for each in above if each.dep_ == "relcl"), None)
            return None if clause is None else self.party(tagged, clause.head)
        if token.lower_ in _PERSON_PRONOUNS:
            return self._person_before(tagged, token)
        if token.lower_ in _GROUP_PRONOUNS:
            group = self.focus.group(tagged, token)
            span = Span(tagged.start + token.idx, tagged.start + token.idx + len(token.text))
            return None if group is None else Party(token.text, span, group)
        if token.pos_ == "PRON":
            return None
        return self._described(tagged, token)

    def _described(self, tagged: Tagged, token: Token) -> Party | None:
        for other in (*children(token, "appos"), *([token.head] if token.dep_ == "appos" else [])):
            place = self.mention_at(tagged, other)
            if place is not None and (self.is_person(place) or token.lower_ in GROUP_NOUNS):
                return self.named(place)
        first, last = name_part(token)
        if token.dep_ == "compound":
            # In "the military airport attack" all that stands before names the airport.
            before = token
            while (
                before.i > 0
                and (left := before.nbor(-1)).dep_ in _BEFORE_NOUN
                and (left.head.i in (token.i, token.head.i))
            ):
                before = left
            first = min(first, before.idx)
        start, end = tagged.start + first, tagged.start + last
        # "22 March three men": a date before the noun is none of its words.
        for when in self.whens_in(start, end):
            if when.span.start == start:
                if not is_people(token):
                    return None
                start = when.span.end
        text = self.document.text
        while start < end and not text[start].isalnum():
            start += 1
        if start >= end:
            return None
        span = Span(start, end)
        inside = self.mentions_in(start, end)
        # "The governor of Balkh, Mohammad Dawood" and "DAESH chief Kari Fateh" name a person.
        after = self.mentions_in(end, end + 3)
        if after and self.is_person(after[0]) and is_people(token):
            return self.named(after[0])
        # "The Khorasan branch of the Islamic State, ISKP": the name after it is the branch's own.
        if after and token.lower_ in GROUP_NOUNS:
            return self.named(after[0])
        group = next((place for place in inside if not self.is_person(place)), None)
        if group is None and is_people(token):
            # "Militants affiliated with ISIS"
            joined = [noun for clause in children(token, "acl") for noun in clause.subtree]
            places = (self.mention_at(tagged, noun) for noun in joined)
            group = next((p for p in places if p is not None and not self.is_person(p)), None)
        if group is None and token.lower_ in GROUP_NOUNS:
            group = self.focus.group(tagged, token)
        return Party(text[start:end], span, group)

    def _person_before(self, tagged: Tagged, token: Token) -> Party | None:
        at = tagged.start + token.idx
        here = [place for place in self.mentions_in(tagged.start, at) if self.is_person(place)]
        if here:
            return self.named(here[-1])
        if self.described is not None:
            return self.described
        before = [
            place for place in self.mentions_in(at - _BACK_CHARS, at) if self.is_person(place)
        ]
        return self.named(before[-1]) if before else None
