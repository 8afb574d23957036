"""Actors: the mentions of all documents joined into groups, persons and institutions.

A *bearer* is what bears one name in one document, or in all documents where the name is whole or
the register knows it. Bearers are joined for reasons that are kept: the register, a tie in a text,
the same name, a spelling, a role. A join that would make two known actors one is not made but
noted. Everything is looked up by folded words and sounds, so that time grows with the number of
mentions and not with its square.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

from analysis.collection import (
    Actor,
    Dated,
    Dispute,
    Evidence,
    HeldRole,
    Join,
    NameUse,
    RelatedActor,
    Said,
    SourceRecords,
)
from analysis.corrections import Correction, CorrectionKind
from analysis.cues import ROLE_NOUNS
from analysis.fates import conflicting_deaths, told_deaths
from analysis.names import NameRegister, sound_key
from analysis.records import (
    ActorKind,
    Hedge,
    Mention,
    Qualifier,
    Reason,
    RelationKind,
    Role,
    Span,
    When,
)
from analysis.terms import words
from analysis.ties import is_chosen_name, names_alike, person_name

NAMESAKES = 20
"""Names with a word and a sound in common that a new one is compared with; the rest are namesakes
of so common a name that likeness would prove nothing."""


@dataclass(frozen=True, slots=True)
class JoinedActors:
    """All actors, and which of them each mention names."""

    actors: tuple[Actor, ...]
    of_mention: Mapping[tuple[str, int], str]
    """Actor id by document id and place in that document's mentions."""


def join_actors(
    sources: Sequence[SourceRecords],
    register: NameRegister,
    corrections: Sequence[Correction] = (),
) -> JoinedActors:
    """Return the actors that the mentions of `sources` name."""
    joining = _Joining(sources, register)
    joining.by_register()
    joining.by_ties()
    joining.by_likeness()
    joining.by_last_name()
    drafts = joining.drafts()
    for correction in sorted(corrections, key=lambda each: each.number):
        if correction.kind is CorrectionKind.MERGE:
            _merge(drafts, correction)
        elif correction.kind is CorrectionKind.SPLIT:
            _split(drafts, correction)
    rejected = {
        (correction.field, Evidence(place.document_id, place.start, place.end))
        for correction in corrections
        if correction.kind is CorrectionKind.REJECT and correction.field in ("role", "relation")
        for place in correction.places
    }
    return _Describing(sources, register, drafts, rejected).joined()


_Bearer = tuple[str, ...]
"""("register", canonical), ("name", kind, words…) or ("in", document, words…)."""


@dataclass(slots=True)
class _Uses:
    """Where a bearer is named: place by spelling."""

    kind: ActorKind
    places: dict[str, list[tuple[str, int]]] = field(default_factory=dict)


@dataclass(slots=True)
class _Draft:
    """An actor while corrections are applied: its uses by spelling, and why they are one."""

    kind: ActorKind
    canonical: str | None
    places: dict[str, list[tuple[str, int]]]
    joins: list[Join]
    disputes: list[tuple[str, "_Draft | None", tuple[Evidence, ...]]]


class _Joining:
    """Joins bearers step by step; every step keeps its reasons."""

    def __init__(self, sources: Sequence[SourceRecords], register: NameRegister) -> None:
        self.sources = sources
        self.register = register
        self.mentions: dict[tuple[str, int], Mention] = {}
        self.bearers: dict[_Bearer, _Uses] = {}
        self.bearer_of: dict[tuple[str, int], _Bearer] = {}
        self.above: dict[_Bearer, _Bearer] = {}
        self.canonical: dict[_Bearer, str] = {}
        self.joins: dict[_Bearer, list[Join]] = defaultdict(list)
        self.disputes: list[tuple[str, _Bearer, _Bearer | None, tuple[Evidence, ...]]] = []
        self.roles: dict[tuple[_Bearer, str], dict[tuple[str, str], Evidence]] = defaultdict(dict)
        """What is told of a bearer's roles under each of its names, as noun and what it is in."""
        open_names = self._names_with_several_meanings()
        for source in sources:
            for place, mention in enumerate(source.records.mentions):
                where = (source.document_id, place)
                bearer = self._bearer(source.document_id, mention, open_names)
                self.mentions[where] = mention
                self.bearer_of[where] = bearer
                uses = self.bearers.setdefault(bearer, _Uses(mention.kind))
                uses.places.setdefault(mention.text, []).append(where)
                self.above.setdefault(bearer, bearer)
        for bearer in self.bearers:
            if bearer[0] == _REGISTER:
                self.canonical[bearer] = bearer[1]
        for source in sources:
            for role in source.records.roles:
                where = (source.document_id, role.holder)
                evidence = Evidence(source.document_id, role.span.start, role.span.end)
                told = self.roles[self.bearer_of[where], self.mentions[where].text]
                for key in self._role_keys(source, role):
                    told.setdefault(key, evidence)

    def _bearer(self, document_id: str, mention: Mention, open_names: set[str]) -> _Bearer:
        if mention.canonical is not None:
            return (_REGISTER, mention.canonical)
        if mention.kind is ActorKind.PERSON:
            name = person_name(mention.text)
            if not name.whole:
                return (_IN_DOCUMENT, document_id, *name.forms)
            return (_NAME, mention.kind, *name.forms)
        forms = self._body_forms(mention.text)
        if " ".join(forms) in open_names:
            return (_IN_DOCUMENT, document_id, *forms)
        return (_NAME, "organisation", *forms)

    def _body_forms(self, text: str) -> tuple[str, ...]:
        """Return a body's name for comparison: a state's armed forces are one by any name.

        US forces and the United States military are the same body, the Afghan army another.
        """
        known = self.register.mentions(text)
        first = known[0] if known and known[0].start == 0 else None
        rest = text[first.end :] if first is not None else text
        if first is None or not _FORCES.fullmatch(rest):
            return _group_forms(text)
        return (*_group_forms(first.canonical), "military")

    def _names_with_several_meanings(self) -> set[str]:
        """Return the short names of groups that documents expand to names that are not alike."""
        meant: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
        for source in self.sources:
            mentions = source.records.mentions
            for tie in source.records.ties:
                for short, long in ((tie.one, tie.other), (tie.other, tie.one)):
                    short_forms = _group_forms(mentions[short].text)
                    long_forms = _group_forms(mentions[long].text)
                    if (
                        mentions[short].kind is not ActorKind.PERSON
                        and len(long_forms) > len(short_forms) == 1
                    ):
                        known = meant[short_forms[0]]
                        known.setdefault(
                            mentions[long].canonical or " ".join(long_forms), long_forms
                        )
        return {
            short
            for short, longs in meant.items()
            if len(longs) > 1 and not _all_alike(list(longs.values()))
        }

    def _role_keys(self, source: SourceRecords, role: Role) -> list[tuple[str, str]]:
        """Return a role's noun with each place and group that it is said to be a role in."""
        head, *where = _role_words(role.title)
        if role.of is not None:
            of = self.bearer_of[source.document_id, role.of]
            where.append(" ".join(of[1:]))
        return [(head, each) for each in where] if head else []

    # Union and find

    def find(self, bearer: _Bearer) -> _Bearer:
        """Return who stands for all that `bearer` has been joined with."""
        root = bearer
        while self.above[root] != root:
            root = self.above[root]
        while self.above[bearer] != root:
            self.above[bearer], bearer = root, self.above[bearer]
        return root

    def join(self, one: _Bearer, other: _Bearer, join: Join) -> None:
        """Make two bearers one and keep why, unless the register knows them as two."""
        left, right = self.find(one), self.find(other)
        if left == right:
            self._keep(left, join)
            return
        known = self.canonical.get(left), self.canonical.get(right)
        if None not in known and known[0] != known[1]:
            note = (
                f"The text ties “{join.one}” to “{join.other}” ({join.reason}), but the register "
                f"knows {known[0]} and {known[1]} as two: kept apart."
            )
            self.disputes.append((note, left, right, join.evidence))
            return
        root, below = sorted((left, right), key=lambda each: (each not in self.canonical, each))
        self.above[below] = root
        for kept in self.joins.pop(below, []):
            self._keep(root, kept)
        self._keep(root, join)

    def _keep(self, root: _Bearer, join: Join) -> None:
        kept = self.joins[root]
        for place, known in enumerate(kept):
            same = {known.one, known.other} == {join.one, join.other}
            if same and known.reason is join.reason:
                kept[place] = replace(
                    known,
                    evidence=tuple(dict.fromkeys((*known.evidence, *join.evidence))),
                    certain=known.certain or join.certain,
                )
                return
        kept.append(join)

    # The steps

    def by_register(self) -> None:
        """Say of each name of a known actor that the register has it, or one like it."""
        for bearer, uses in self.bearers.items():
            if bearer[0] != _REGISTER:
                continue
            entry = self.register.entry(bearer[1])
            listed = {_group_forms(name.text) for name in entry.names}
            said_by = (
                f"register of names: {entry.said_by}" if entry.said_by else "register of names"
            )
            for text, places in uses.places.items():
                if _group_forms(text) == _group_forms(entry.canonical):
                    continue
                owner = next(iter(self.register.mentions(text)), None)
                evidence = tuple(self._evidence(place) for place in places[:SHOWN_PLACES])
                join = Join(entry.canonical, text, Reason.REGISTER, evidence, said_by)
                if owner is not None and owner.canonical != entry.canonical:
                    note = f"reports also use “{text}”, a name of {owner.canonical}, for it"
                    join = replace(join, said_by=f"{said_by}; {note}", certain=False)
                elif _group_forms(text) not in listed:
                    join = replace(join, reason=Reason.SPELLING, certain=not is_chosen_name(text))
                elif text in entry.probable:
                    join = replace(join, certain=False)
                else:
                    join = replace(join, evidence=())
                self._keep(bearer, join)
            self._keep_spellings(bearer, uses)

    def _keep_spellings(self, bearer: _Bearer, uses: _Uses) -> None:
        """Say what speaks for it, beside the register, that a person's spellings are one's."""
        if uses.kind is not ActorKind.PERSON:
            return
        wholes = [text for text in uses.places if person_name(text).whole]
        first, *others = wholes or [""]
        for other in others:
            if names_alike(person_name(first).forms, person_name(other).forms):
                for join in self._spelling_joins((bearer, first), (bearer, other)):
                    self._keep(bearer, join)

    def _spelling_joins(
        self, one: tuple[_Bearer, str], other: tuple[_Bearer, str]
    ) -> Iterator[Join]:
        """Yield the joins of two names that are spelled alike, with the roles that they share.

        Without a common role it is only probable that one person is meant, and with one, too, where
        the names are chosen ones that many bear.
        """
        places = (self.bearers[bearer].places[text][0] for bearer, text in (one, other))
        roles, telling = self._common_roles(one, other)
        chosen = is_chosen_name(one[1]) or is_chosen_name(other[1])
        join = Join(
            one[1],
            other[1],
            Reason.SPELLING,
            tuple(self._evidence(place) for place in places),
            certain=telling and not chosen,
        )
        yield join
        if roles:
            yield replace(join, reason=Reason.ROLE, evidence=roles)

    def _common_roles(
        self, one: tuple[_Bearer, str], other: tuple[_Bearer, str]
    ) -> tuple[tuple[Evidence, ...], bool]:
        """Return where two names are given one role, and whether few can have had that role."""
        for key, evidence in sorted(self.roles.get(one, {}).items()):
            again = self.roles.get(other, {}).get(key)
            if again is not None:
                return (evidence, again), key[0] not in _COMMON_ROLES
        return (), False

    def by_ties(self) -> None:
        """Join what the documents tie together."""
        for source in self.sources:
            for tie in source.records.ties:
                one, other = (source.document_id, tie.one), (source.document_id, tie.other)
                evidence = Evidence(source.document_id, tie.span.start, tie.span.end)
                left, right = self.mentions[one].text, self.mentions[other].text
                join = Join(left, right, tie.reason, (evidence,))
                if tie.reason is Reason.SPELLING:
                    both = (self._evidence(one), self._evidence(other))
                    join = replace(join, evidence=both, certain=not is_chosen_name(left))
                self.join(self.bearer_of[one], self.bearer_of[other], join)

    def by_likeness(self) -> None:
        """Join whole names of persons that are spelled alike, or one of which is in the other."""
        index: dict[tuple[str, str], list[_Bearer]] = defaultdict(list)
        for bearer in sorted(self.bearers):
            for forms in self._person_forms(bearer):
                parts = [part for form in forms for part in form.split() if part not in _KUNYA]
                keys = {(sound_key(part), sound_key(parts[-1])) for part in parts[:-1]}
                for other in dict.fromkeys(
                    each for key in sorted(keys) for each in index[key][:NAMESAKES]
                ):
                    self._join_alike(bearer, other)
                for key in keys:
                    if bearer not in index[key][-1:]:
                        index[key].append(bearer)

    def _person_forms(self, bearer: _Bearer) -> list[tuple[str, ...]]:
        uses = self.bearers[bearer]
        if uses.kind is not ActorKind.PERSON:
            return []
        forms = {person_name(text).forms for text in uses.places}
        return sorted(each for each in forms if len(each) > 1)

    def _join_alike(self, one: _Bearer, other: _Bearer) -> None:
        if self.find(one) == self.find(other):
            return
        known = self.canonical.get(self.find(one)), self.canonical.get(self.find(other))
        if None not in known:
            return
        for left in self._person_forms(one):
            for right in self._person_forms(other):
                if not (names_alike(left, right) or _is_within(left, right)):
                    continue
                texts = self._text_of(one, left), self._text_of(other, right)
                for join in self._spelling_joins((one, texts[0]), (other, texts[1])):
                    self.join(one, other, join)
                return

    def _text_of(self, bearer: _Bearer, forms: tuple[str, ...]) -> str:
        texts = self.bearers[bearer].places
        return next(text for text in texts if person_name(text).forms == forms)

    def by_last_name(self) -> None:
        """Join a last name that stands alone in its document with the one person who has it.

        With several such persons the name stays apart, and each is told so.
        """
        owners: dict[str, set[_Bearer]] = defaultdict(set)
        for bearer in self.bearers:
            for forms in self._person_forms(bearer):
                owners[forms[-1]].add(self.find(bearer))
        alone: dict[str, list[_Bearer]] = defaultdict(list)
        for bearer in sorted(self.bearers):
            is_person = self.bearers[bearer].kind is ActorKind.PERSON
            joined = self.find(bearer) != bearer or bearer in self.joins
            if bearer[0] == _IN_DOCUMENT and is_person and not joined:
                alone[bearer[-1]].append(bearer)
        for name, bearers in sorted(alone.items()):
            found = sorted({self.find(owner) for owner in owners.get(name, ())})
            for bearer in bearers:
                text, places = next(iter(self.bearers[bearer].places.items()))
                evidence = (self._evidence(places[0]),)
                if len(found) == 1:
                    whole = next(
                        text
                        for text in self._texts(found[0])
                        if person_name(text).whole and person_name(text).last == name
                    )
                    join = Join(whole, text, Reason.SHORT_FORM, evidence, certain=False)
                    self.join(found[0], bearer, join)
                for owner in found if len(found) > 1 else ():
                    note = (
                        f"“{text}” alone may be this person or {len(found) - 1} other: kept apart."
                    )
                    self.disputes.append((note, owner, bearer, evidence))
            if not found:
                self._join_same_short_name(bearers)

    def _join_same_short_name(self, bearers: Sequence[_Bearer]) -> None:
        """Join bearers of one last name in several documents if a role says so, else probably."""
        for one, other in pairwise(bearers):
            text, places = next(iter(self.bearers[one].places.items()))
            other_text, other_places = next(iter(self.bearers[other].places.items()))
            roles, telling = self._common_roles((one, text), (other, other_text))
            evidence = (self._evidence(places[0]), self._evidence(other_places[0]))
            join = Join(text, other_text, Reason.SAME_NAME, evidence, certain=telling)
            self.join(one, other, join)
            if roles:
                self.join(one, other, replace(join, reason=Reason.ROLE, evidence=roles))

    def _texts(self, root: _Bearer) -> list[str]:
        if self._members is None:
            self._members = defaultdict(list)
            for bearer in self.bearers:
                self._members[self.find(bearer)].append(bearer)
        return [text for each in self._members[root] for text in self.bearers[each].places]

    _members: dict[_Bearer, list[_Bearer]] | None = None

    def _evidence(self, place: tuple[str, int]) -> Evidence:
        span = self.mentions[place].span
        return Evidence(place[0], span.start, span.end)

    def drafts(self) -> list[_Draft]:
        """Return what has come together, with the joins and disputes of each."""
        made: dict[_Bearer, _Draft] = {}
        for bearer, uses in self.bearers.items():
            root = self.find(bearer)
            draft = made.get(root)
            if draft is None:
                canonical = self.canonical.get(root)
                draft = _Draft(uses.kind, canonical, {}, list(self.joins.get(root, ())), [])
                made[root] = draft
            for text, places in uses.places.items():
                draft.places.setdefault(text, []).extend(places)
        for note, one, other, evidence in self.disputes:
            left = made[self.find(one)]
            right = made[self.find(other)] if other is not None else None
            if right is not left:
                left.disputes.append((note, right, evidence))
                if right is not None:
                    right.disputes.append((note, left, evidence))
        for draft in made.values():
            for places in draft.places.values():
                places.sort()
            counts = Counter(
                self.mentions[place].kind for places in draft.places.values() for place in places
            )
            if draft.canonical is None:
                draft.kind = min(counts, key=lambda kind: (-counts[kind], kind))
        return list(made.values())


_THE = re.compile(r"^the\s+", re.IGNORECASE)
_REGISTER, _NAME, _IN_DOCUMENT = "register", "name", "in"
_FORCES = re.compile(r"\s+(?:military|forces|armed forces)", re.IGNORECASE)
_KUNYA = frozenset({"abu", "umm"})
SHOWN_PLACES = 5
"""How many mentions are kept as evidence of a join that rests on a spelling alone."""


@lru_cache(maxsize=100_000)
def _group_forms(text: str) -> tuple[str, ...]:
    forms = tuple(word.form for word in words(text) if word.form not in ("the", "of", "al", "el"))
    return forms or (text.casefold(),)


def _all_alike(names: Sequence[tuple[str, ...]]) -> bool:
    first = names[0]
    return all(set(name) <= set(first) or set(first) <= set(name) for name in names[1:])


def _is_within(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the words of the shorter name are among the longer's in order, the last the last."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < 2 or len(shorter) == len(longer):
        return False
    if not names_alike(shorter[-1:], longer[-1:]):
        return False
    rest = iter(longer)
    return all(any(names_alike((form,), (found,)) for found in rest) for form in shorter)


def _role_words(title: str) -> list[str]:
    """Return a role's noun and then the other words that tell it from others of its kind."""
    forms = [word.form for word in words(title)]
    nouns = [form for form in forms if form in ROLE_NOUNS]
    head = "leader" if nouns and nouns[0] in _LEADING else nouns[0] if nouns else ""
    named = [word.form for word in words(title) if title[word.start].isupper()]
    return [head, *(form for form in named if form not in ROLE_NOUNS and form not in _NO_PLACE)]


_NO_PLACE = frozenset("province provincial the of".split())
_LEADING = frozenset("leader head chief emir".split())
_COMMON_ROLES = frozenset("member fighter militant official officer figure leader".split())
"""Nouns of roles that several have at a time: to share one proves little."""


def _merge(drafts: list[_Draft], correction: Correction) -> None:
    """Make the actors that bear the correction's names one."""
    found = [_bearing(drafts, name) for name in correction.names]
    chosen = list(dict.fromkeys(id(each) for each in found if each is not None))
    if len(chosen) < 2:
        return
    by_id = {id(each): each for each in drafts}
    first, *others = (by_id[each] for each in chosen)
    for other in others:
        for text, places in other.places.items():
            first.places[text] = sorted({*first.places.get(text, ()), *places})
        first.canonical = first.canonical or other.canonical
        first.joins += other.joins
        first.disputes += other.disputes
        _replace_disputed(drafts, other, first)
        drafts.remove(other)
    for name in correction.names[1:]:
        first.joins.append(
            Join(correction.names[0], name, Reason.OPERATOR, said_by=correction.made_by)
        )


def _replace_disputed(drafts: Iterable[_Draft], old: _Draft, new: _Draft) -> None:
    for draft in drafts:
        draft.disputes = [
            (note, new if other is old else other, evidence)
            for note, other, evidence in draft.disputes
            if not (draft is new and other is old)
        ]


def _split(drafts: list[_Draft], correction: Correction) -> None:
    """Take the correction's further names from the actor that bears its first one."""
    kept = _bearing(drafts, correction.names[0]) if correction.names else None
    if kept is None:
        return
    keys = {_spelling(name) for name in correction.names[1:]}
    gone = {text: places for text, places in kept.places.items() if _spelling(text) in keys}
    if not gone or len(gone) == len(kept.places):
        return
    for text in gone:
        del kept.places[text]
    other = _Draft(kept.kind, None, gone, [], [])
    if kept.canonical is not None and kept.canonical in gone:
        kept.canonical, other.canonical = None, kept.canonical
    other.joins = [j for j in kept.joins if {j.one, j.other} <= gone.keys()]
    kept.joins = [j for j in kept.joins if not {j.one, j.other} & gone.keys()]
    note = f"Kept apart by {correction.made_by}" + (
        f": {correction.note}" if correction.note else "."
    )
    kept.disputes.append((note, other, ()))
    other.disputes.append((note, kept, ()))
    drafts.append(other)


def _bearing(drafts: Iterable[_Draft], name: str) -> _Draft | None:
    """Return the actor that a spelling stands for most often; None if it stands for none."""
    key = _spelling(name)
    counted = [
        (sum(len(places) for text, places in draft.places.items() if _spelling(text) == key), draft)
        for draft in drafts
    ]
    best = max(counted, key=lambda pair: pair[0], default=(0, None))
    return best[1] if best[0] else None


def _spelling(name: str) -> str:
    return " ".join(word.form for word in words(name)) or name.casefold()


class _Describing:
    """Gives the joined actors their ids and what the documents say of them."""

    def __init__(
        self,
        sources: Sequence[SourceRecords],
        register: NameRegister,
        drafts: Sequence[_Draft],
        rejected: Collection[tuple[str | None, Evidence]],
    ) -> None:
        self.sources = sources
        self.rejected = rejected
        self.by_document = {source.document_id: source for source in sources}
        self.register = register
        named = sorted(
            ((self._name(draft), _first_place(draft), draft) for draft in drafts),
            key=lambda each: each[:2],
        )
        self.ids: dict[int, str] = {}
        self.names: dict[int, str] = {}
        taken: Counter[str] = Counter()
        for name, _, draft in named:
            base = slug(name) or "actor"
            taken[base] += 1
            self.ids[id(draft)] = base if taken[base] == 1 else f"{base}-{taken[base]}"
            self.names[id(draft)] = name
        self.drafts = sorted(drafts, key=lambda draft: self.ids[id(draft)])
        self.of_mention = {
            place: self.ids[id(draft)]
            for draft in self.drafts
            for places in draft.places.values()
            for place in places
        }

    def _name(self, draft: _Draft) -> str:
        """Return the register's name, or the whole name that is used most often."""
        if draft.canonical is not None:
            return draft.canonical

        def rank(text: str) -> tuple[bool, int, int, str]:
            short = len(words(_THE.sub("", text))) == 1
            return (short, -len(draft.places[text]), -len(text), text)

        return min(draft.places, key=rank)

    _deaths: Mapping[str, Sequence[Dispute]]

    def joined(self) -> JoinedActors:
        """Return all actors in the order of their ids."""
        roles, relations, statements = self._roles(), self._relations(), self._statements()
        self._deaths = conflicting_deaths(self.sources, self.of_mention)
        told = told_deaths(self.sources, self.of_mention)
        parents = self._parents(relations)
        actors = []
        for draft in self.drafts:
            actor_id = self.ids[id(draft)]
            documents = {place[0] for places in draft.places.values() for place in places}
            actors.append(
                Actor(
                    id=actor_id,
                    name=self.names[id(draft)],
                    kind=draft.kind,
                    names=tuple(
                        NameUse(text, tuple(self._evidence(place) for place in places))
                        for text, places in sorted(
                            draft.places.items(), key=lambda item: (-len(item[1]), item[0])
                        )
                    ),
                    joins=tuple(
                        sorted(draft.joins, key=lambda join: (join.one, join.other, join.reason))
                    ),
                    disputes=self._disputes(draft),
                    parent=parents.get(actor_id),
                    roles=tuple(roles.get(actor_id, ())),
                    relations=tuple(relations.get(actor_id, ())),
                    statements=tuple(statements.get(actor_id, ())),
                    deaths=told.get(actor_id, ()),
                    documents=len(documents),
                    origins=len({self.by_document[document].origin for document in documents}),
                )
            )
        return JoinedActors(tuple(actors), self.of_mention)

    def _disputes(self, draft: _Draft) -> tuple[Dispute, ...]:
        found = {
            Dispute(note, self.ids.get(id(other)) if other is not None else None, evidence)
            for note, other, evidence in draft.disputes
        }
        found.update(self._deaths.get(self.ids[id(draft)], ()))
        return tuple(sorted(found, key=lambda each: (each.note, each.other or "", each.evidence)))

    def _evidence(self, place: tuple[str, int]) -> Evidence:
        span = self.by_document[place[0]].records.mentions[place[1]].span
        return Evidence(place[0], span.start, span.end)

    def _roles(self) -> dict[str, list[HeldRole]]:
        found: dict[str, list[HeldRole]] = defaultdict(list)
        for source in self.sources:
            for role in source.records.roles:
                place = _at(source, role.span)
                if ("role", place) in self.rejected:
                    continue
                of = None if role.of is None else self.of_mention[source.document_id, role.of]
                found[self.of_mention[source.document_id, role.holder]].append(
                    HeldRole(
                        role.title,
                        of,
                        place,
                        _dated(source, role.since),
                        _dated(source, role.until),
                        _hedges(role.qualifiers),
                    )
                )
        return found

    def _relations(self) -> dict[str, list[RelatedActor]]:
        gathered: dict[
            tuple[str, RelationKind, str, str, tuple[Hedge, ...]], dict[Evidence, None]
        ] = defaultdict(dict)
        for source in self.sources:
            for relation in source.records.relations:
                subject = self.of_mention[source.document_id, relation.subject]
                target = self.of_mention[source.document_id, relation.object]
                by = relation.by.mention if relation.by is not None else None
                says = self.of_mention[source.document_id, by] if by is not None else ""
                place = _at(source, relation.span)
                if subject != target and ("relation", place) not in self.rejected:
                    hedges = _hedges(relation.qualifiers)
                    gathered[subject, relation.kind, target, says, hedges][place] = None
        found: dict[str, list[RelatedActor]] = defaultdict(list)
        for (subject, kind, target, says, hedges), evidence in sorted(gathered.items()):
            told = RelatedActor(kind, target, False, tuple(evidence), hedges, says or None)
            found[subject].append(told)
            found[target].append(replace(told, other=subject, inverse=True))
        return found

    def _statements(self) -> dict[str, list[Said]]:
        found: dict[str, list[Said]] = defaultdict(list)
        for source in self.sources:
            for statement in source.records.statements:
                speaker = self.of_mention[source.document_id, statement.speaker]
                about = dict.fromkeys(
                    self.of_mention[source.document_id, place] for place in statement.about
                )
                said = Said(speaker, tuple(about), _at(source, statement.span))
                for actor in dict.fromkeys((speaker, *about)):
                    found[actor].append(said)
        return found

    def _parents(self, relations: Mapping[str, Sequence[RelatedActor]]) -> dict[str, str]:
        """Return each group's parent: the register's, or the one that texts name most often."""
        by_canonical = {
            draft.canonical: self.ids[id(draft)] for draft in self.drafts if draft.canonical
        }
        parents: dict[str, str] = {}
        for draft in self.drafts:
            actor_id = self.ids[id(draft)]
            entry = self.register.entry(draft.canonical) if draft.canonical else None
            told = [
                (-len(each.evidence), each.other)
                for each in relations.get(actor_id, ())
                if each.kind is RelationKind.BRANCH_OF and not each.inverse
            ]
            if draft.kind is not ActorKind.GROUP:
                continue
            if entry is not None and entry.parent is not None and entry.parent in by_canonical:
                parents[actor_id] = by_canonical[entry.parent]
            elif told and not _is_above(parents, min(told)[1], actor_id):
                parents[actor_id] = min(told)[1]
        return parents


_RelationKey = tuple[str, RelationKind, str, str, tuple[Hedge, ...]]
"""Who, how, to whom, who says so (empty: the author), and with which hedges."""


def _is_above(parents: Mapping[str, str], below: str, actor: str) -> bool:
    """Whether `actor` is already above `below`, so that it cannot be under it, too."""
    at: str | None = below
    while at is not None:
        if at == actor:
            return True
        at = parents.get(at)
    return False


def _first_place(draft: _Draft) -> tuple[str, int]:
    return min(place for places in draft.places.values() for place in places)


def _at(source: SourceRecords, span: Span) -> Evidence:
    return Evidence(source.document_id, span.start, span.end)


def _dated(source: SourceRecords, when: When | None) -> Dated | None:
    if when is None:
        return None
    return Dated(when.text, when.precision, when.first, when.last, _at(source, when.span))


def _hedges(qualifiers: Iterable[Qualifier]) -> tuple[Hedge, ...]:
    return tuple(sorted({each.kind for each in qualifiers}))


def slug(name: str) -> str:
    """Return a name as it stands in an address: lower case, hyphens for all that is no letter."""
    return re.sub(r"[^\w]+", "-", name.casefold()).strip("-")
