"""Focus: which armed group a word stands for, where the text says "the group", "it" or "he".

Rules over the parse, no learning: a name in the noun phrase; whose spokesman a person is said to
be; the group that the sentence, the paragraph or the whole report is about.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from spacy.tokens import Token

from analysis.names import NameRegister
from analysis.records import ActorKind, Mention
from analysis.tagger import Tagged
from analysis.terms import words

GROUP_NOUNS = frozenset(
    "group groups organization organisation movement branch faction militia network militants "
    "insurgents insurgency guerrillas rebels terrorists cartel gang army front outfit party".split()
)
_THINGS_OF_A_GROUP = frozenset(
    """member members fighter fighters leader leaders leadership commander commanders militant men
    supporter supporters element elements wing cell cells strategy tactic tactics method methods aim
    aims goal goals purpose objective objectives message messages propaganda campaign agenda
    programme program plan plans target targets activity activities action actions priorities
    efforts effort presence ideologue ideologues spokesman spokesperson regime administration
    government rulers authorities officials""".split()
)
DEEDS = frozenset(
    """attack attacks bombing bombings assault assaults operation operations killing killings raid
    raids assassination assassinations strike strikes violence explosion blast act acts action
    actions kidnapping kidnappings ambush ambushes murder murders shooting attempt attempts blow
    situation""".split()
)
_POINTING = frozenset("the this that these those such each every its their his".split())
_BELONGING = frozenset({"of", "by", "from"})
PARTS_OF_GROUPS = frozenset(
    "branch branches arm wing affiliate offshoot chapter province franchise subsidiary".split()
)
_IN_FORM_OF = re.compile(
    r"^,?\s*(?:in the form of|through|via|by way of|by means of|represented by)\b[^.;:]{0,40}$",
    re.IGNORECASE,
)
_PRONOUNS = frozenset({"it", "they", "its", "their", "them", "itself", "themselves"})
_SINGULAR_PRONOUNS = frozenset({"it", "its", "itself"})
_PERSON_PRONOUNS = frozenset({"he", "she", "his", "her", "him"})
# A group that is said to govern is not what a report calls "the group" beside another.
_GOVERNING = re.compile(
    r"^['’s]*\s+(?:administration|government|authorities|regime|rule\b|rulers|cabinet|ministry|"
    r"officials?|governor|foreign minist\w+|took (?:over|power)|takeover|(?:now )?runs? )",
    re.IGNORECASE,
)
_GOVERNED_BY = re.compile(
    r"\b(?:administration|government|authorities|regime|rule|rulers|officials?|governor|minister|"
    r"ministry)(?: \w+)? (?:of|by|formed by) (?:the )?$|"
    r"\b(?:appointed by|serves?) the $",
    re.IGNORECASE,
)
_OF_THE_GROUP = re.compile(
    r"\b(?:leader|emir|fighter|militant|member|ideolog\w+|"
    r"(?:of|for|in) the (?:group|organi[sz]ation|movement|network|branch))\b",
    re.IGNORECASE,
)
_RULES = re.compile(r"\b(?:administration|government)\b", re.IGNORECASE)
# Only an adverb may stand between: in "IS-K attacks have grown" the attacks are many.
_ADVERB = r"(?:(?:\w+ly|also|now|still|then|never|always|often|once|already|even|themselves)\s+)?"
_PLURAL = re.compile(rf"^,?\s+{_ADVERB}(?:are|were|have|want|do|see|show|make|find)\b")
_SINGULAR = re.compile(rf"^,?\s+{_ADVERB}(?:is|was|has|wants|does|sees|shows|makes|finds)\b")
# In "numbers about the group are" the numbers are many, in "the army and the group are" both.
_NO_SUBJECT = re.compile(
    r"\b(?:of|about|on|by|against|for|with|in|from|to|over|between|and|or|than|as|like|at)\s+"
    r"(?:the\s+)?$",
    re.IGNORECASE,
)
_KNOWN_RULER = 3
"""That a group is known to rule counts as this many words like "administration" beside it."""
_BEFORE = 60
_AFTER = 90
"""How many code points around a name say what its bearer is."""
OPERATIONS = frozenset(
    "raid raids operation operations crackdown arrest arrests execution executions".split()
)
"""Deeds of those who govern, where a report tells of both sides."""


@dataclass(slots=True)
class Focus:
    """Reads a report's paragraphs in order and knows at each word which group is meant."""

    paragraphs: Sequence[Tagged]
    mentions: Sequence[Mention]
    ruling: frozenset[str] = frozenset()
    """Keys of the groups that are known to govern whatever the report says of them."""
    title: str = ""
    branches: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Keys of the branches that a group is known to have, by its own key."""
    _starts: list[int] = field(init=False)
    _covering: dict[int, int] = field(init=False)
    """Place in `mentions` by code point of the document."""
    _group_of_person: dict[str, int] = field(init=False)
    _governing: str | None = field(init=False)
    _plural: set[str] = field(init=False)
    """Groups that the report speaks of in the plural: none of these is "it"."""
    _main: str | None = field(init=False)
    _group_places: list[int] = field(init=False)
    _group_ends: list[int] = field(init=False)

    def __post_init__(self) -> None:
        """Find which mention covers what, who governs and whom the report is about."""
        self._starts = [paragraph.start for paragraph in self.paragraphs]
        self._covering = {
            at: place
            for place, mention in enumerate(self.mentions)
            for at in range(mention.span.start, mention.span.end)
        }
        self._group_of_person = {}
        groups = [
            (place, mention)
            for place, mention in enumerate(self.mentions)
            if mention.kind is ActorKind.GROUP
        ]
        self._group_places = [place for place, _ in groups]
        self._group_ends = [mention.span.end for _, mention in groups]
        counts, governing, numbers = Counter[str](), Counter[str](), Counter[str]()
        for place, _ in groups:
            key = self.key(place)
            before, after = self._around(place)
            counts[key] += 1
            governing[key] += bool(_GOVERNING.match(after)) + bool(_GOVERNED_BY.search(before))
            governing[key] += _KNOWN_RULER if key in self.ruling else 0
            if not _NO_SUBJECT.search(before):
                numbers[key] += bool(_PLURAL.match(after)) - bool(_SINGULAR.match(after))
        self._plural = {key for key, number in numbers.items() if number > 0}
        most = max(governing.values(), default=0)
        self._governing = next((key for key in governing if most and governing[key] == most), None)
        free = {
            key: count
            for key, count in counts.items()
            if key != self._governing and key not in self._plural
        }
        if self._governing is None and free and self._plural:
            # Of two sides the one that is "they" is the one that holds the state.
            self._governing = max(self._plural, key=lambda key: (counts[key], key))
        titled = {self.key(place) for place, mention in groups if _says(self.title, mention.text)}
        self._main = max(
            free or counts, key=lambda key: (key in titled, counts[key], key), default=None
        )
        self._find_affiliations()

    def _around(self, place: int) -> tuple[str, str]:
        """Return what stands shortly before and after a mention in its paragraph."""
        span = self.mentions[place].span
        at = bisect_right(self._starts, span.start) - 1
        if at < 0:
            return "", ""
        start, text = self.paragraphs[at].start, self.paragraphs[at].text
        first, last = span.start - start, span.end - start
        return text[max(0, first - _BEFORE) : first], text[last : last + _AFTER]

    def description(self, place: int) -> str:
        """Return the words around a person's first mention, which say what he is."""
        last = words(self.mentions[place].text)[-1:]
        for number, mention in enumerate(self.mentions):
            if (
                mention.kind is ActorKind.PERSON
                and last
                and (words(mention.text)[-1:] and words(mention.text)[-1].form == last[0].form)
            ):
                before, after = self._around(number)
                return f"{before.rpartition('. ')[2]} {after.partition('. ')[0]}"
        return ""

    def key(self, place: int) -> str:
        """Return what two mentions of one group share."""
        mention = self.mentions[place]
        return mention.canonical or " ".join(word.form for word in words(mention.text))

    def covering(self, paragraph: Tagged, token: Token) -> int | None:
        """Return the mention that the token is part of, as a place in the mentions."""
        return self._covering.get(paragraph.start + token.idx)

    def names_group(self, paragraph: Tagged, token: Token) -> bool:
        """Whether the token is part of a group's name."""
        place = self.covering(paragraph, token)
        return place is not None and self.mentions[place].kind is ActorKind.GROUP

    def governs(self, place: int) -> bool:
        """Whether the report calls the group a government."""
        return self.key(place) == self._governing

    def _groups(self, start: int, end: int) -> Iterator[int]:
        """Yield the mentions of groups between two code points, the last first."""
        for at in range(bisect_right(self._group_ends, end) - 1, -1, -1):
            if self.mentions[self._group_places[at]].span.start < start:
                return
            yield self._group_places[at]

    def _find_affiliations(self) -> None:
        """Note whose man each person is, by a group's name in the noun phrase that names him."""
        for paragraph in self.paragraphs:
            for token in paragraph.doc:
                place = self.covering(paragraph, token)
                if place is None or self.mentions[place].kind is not ActorKind.PERSON:
                    continue
                group = self._named_in(paragraph, token)
                if group is None and token.dep_ == "appos":
                    group = self.group(paragraph, token.head)
                if group is None and token.dep_ == "nsubj":
                    # "Rashid was the treasurer of the group": a noun said of him, as in a phrase.
                    said = (child for child in token.head.children if child.dep_ == "attr")
                    group = next((g for each in said if (g := self.named(paragraph, each))), None)
                if group is None:
                    for child in token.children:
                        if child.dep_ == "appos":
                            group = self.named(paragraph, child)
                        elif child.dep_ == "relcl":
                            attributes = (a for a in child.children if a.dep_ in ("attr", "oprd"))
                            group = next(
                                (g for a in attributes if (g := self.named(paragraph, a))), None
                            )
                        if group is not None:
                            break
                if group is not None:
                    for word in words(self.mentions[place].text)[-1:]:
                        self._group_of_person.setdefault(word.form, group)

    def affiliation(self, place: int) -> int | None:
        """Return the group whose man the named person is said to be."""
        last = words(self.mentions[place].text)[-1:]
        return self._group_of_person.get(last[0].form) if last else None

    def named(self, paragraph: Tagged, token: Token) -> int | None:
        """Return the group that the noun phrase under `token` names as whose it is."""
        place = self.covering(paragraph, token)
        if place is not None:
            return place if self.mentions[place].kind is ActorKind.GROUP else None
        return self._named_in(paragraph, token)

    def _named_in(self, paragraph: Tagged, token: Token) -> int | None:
        for child in token.children:
            if child.dep_ in ("compound", "poss", "nmod", "amod", "appos") or (
                # The parser cuts "IS-K" into three words, of which any may depend on any.
                child.dep_ in ("nsubj", "npadvmod", "punct") and child.i < token.i
            ):
                found = self.covering(paragraph, child)
                if found is not None and self.mentions[found].kind is ActorKind.GROUP:
                    return found
                if child.dep_ in ("compound", "poss", "nmod", "appos"):
                    inner = self._named_in(paragraph, child)
                    if inner is not None:
                        return inner
            elif child.dep_ in ("prep", "agent") and child.lower_ in _BELONGING:
                for noun in child.children:
                    if noun.dep_ == "pobj":
                        found = self.named(paragraph, noun)
                        if found is not None:
                            return found
        return None

    def group(self, paragraph: Tagged, token: Token) -> int | None:
        """Return the mention of the group that `token`, a subject, stands for; None for no group.

        A group's members, aims and attacks stand for it; so does a person for the group whose man
        he is said to be. Of a group and a branch that one noun phrase names, the branch is meant.
        """
        place = self._group(paragraph, token)
        return place if place is None else self._branch_meant(paragraph, token, place)

    def _branch_meant(self, paragraph: Tagged, token: Token, place: int) -> int:
        """Return the branch of the group where the noun phrase says it: "X through its branch Y".

        "The northern branch of X" names X but is the branch that the report names elsewhere.
        """
        branches = self.branches.get(self.key(place))
        if not branches:
            return place
        end = self.mentions[place].span.end
        at = bisect_right(self._group_ends, end)
        following = self._group_places[at] if at < len(self._group_places) else None
        if following is not None and self.key(following) in branches:
            start = paragraph.start
            between = paragraph.text[end - start : self.mentions[following].span.start - start]
            if _IN_FORM_OF.match(between) or re.fullmatch(r"\s*\(\s*", between):
                return following
        if token.lower_ in PARTS_OF_GROUPS:
            near = self._groups(0, paragraph.start + len(paragraph.text))
            return next((each for each in near if self.key(each) in branches), place)
        return place

    def _group(self, paragraph: Tagged, token: Token) -> int | None:
        place = self.covering(paragraph, token)
        if place is not None:
            kind = self.mentions[place].kind
            if kind is ActorKind.GROUP:
                return place
            return self._side_of(paragraph, token, place) if kind is ActorKind.PERSON else None
        word = token.lower_
        if word in _PERSON_PRONOUNS:
            person = self.last_person(paragraph, token)
            return None if person is None else self._side_of(paragraph, token, person)
        if word in _PRONOUNS:
            return self._lately(paragraph, token)
        named = self._named_in(paragraph, token)
        if named is not None and (
            word in GROUP_NOUNS or word in _THINGS_OF_A_GROUP or word in DEEDS
        ):
            return named
        owner = next((c for c in token.children if c.dep_ == "poss"), None)
        if owner is not None and (word in _THINGS_OF_A_GROUP or word in DEEDS):
            return self.group(paragraph, owner)
        pointed = any(c.dep_ in ("det", "predet") and c.lower_ in _POINTING for c in token.children)
        if word in GROUP_NOUNS and pointed:
            return self.described(paragraph, token)
        if word in OPERATIONS and self._governing is not None:
            before = self._groups(0, paragraph.start + token.idx)
            return next((place for place in before if self.governs(place)), None)
        if word in DEEDS or (word in _THINGS_OF_A_GROUP and pointed):
            return self.described(paragraph, token)
        return None

    def _side_of(self, paragraph: Tagged, token: Token, person: int) -> int | None:
        """Return the group whose man a person is; the report's for "a leader of the group"."""
        group = self.affiliation(person)
        if group is None and _OF_THE_GROUP.search(self.description(person)):
            group = self.described(paragraph, token)
        return group

    def described(self, paragraph: Tagged, token: Token) -> int | None:
        """Return whom "the group" or "the attack" means: the report's group, or the paragraph's."""
        at = paragraph.start + token.idx
        here = list(self._groups(paragraph.start, at))
        before = list(self._groups(0, at))
        for places in (here, before):
            for place in places:
                if self.key(place) == self._main:
                    return place
            free = [
                place
                for place in places
                if not self.governs(place) and self.key(place) not in self._plural
            ]
            if free:
                return free[0]
        return before[0] if before else None

    def _lately(self, paragraph: Tagged, token: Token) -> int | None:
        """Return whom "it" or "they" means: the last subject that is a group, else the group.

        Of an earlier sentence the main clause counts first: who announced, not who was announced.
        """
        singular = token.lower_ in _SINGULAR_PRONOUNS
        earlier = [
            each
            for each in paragraph.doc[: token.i]
            if each.dep_ in ("nsubj", "nsubjpass") and each.lower_ not in _PRONOUNS
        ]
        own = token.sent.start
        earlier.sort(key=lambda e: (e.sent.start, e.i if e.i >= own else e.head.dep_ == "ROOT"))
        for each in reversed(earlier):
            found = self.named(paragraph, each)
            if found is None and each.lower_ in GROUP_NOUNS:
                found = self.described(paragraph, each)
            if found is not None:
                found = self._branch_meant(paragraph, each, found)
            if found is not None and not (singular and self.key(found) in self._plural):
                return found
        return self.described(paragraph, token)

    def last_person(self, paragraph: Tagged, token: Token) -> int | None:
        """Return the person that "he" means: the one named last."""
        at = paragraph.start + token.idx
        for place in range(len(self.mentions) - 1, -1, -1):
            mention = self.mentions[place]
            if mention.kind is ActorKind.PERSON and mention.span.end <= at:
                return place
        return None


def ruling(register: NameRegister, mentions: Sequence[Mention]) -> frozenset[str]:
    """Return the groups among the mentions that the register has a government's name for."""
    named = {mention.canonical for mention in mentions if mention.kind is ActorKind.GROUP}
    return frozenset(
        canonical
        for canonical in named
        if canonical is not None
        and any(_RULES.search(name) for name in register.variants(canonical))
    )


def _says(title: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", title) is not None


def branches(register: NameRegister, mentions: Sequence[Mention]) -> Mapping[str, frozenset[str]]:
    """Return which groups among the mentions the register knows as branches, by their parents."""
    found: dict[str, set[str]] = defaultdict(set)
    for canonical in {mention.canonical for mention in mentions}:
        parent = register.entry(canonical).parent if canonical is not None else None
        if canonical is not None and parent is not None:
            found[parent].add(canonical)
    return {parent: frozenset(those) for parent, those in found.items()}
