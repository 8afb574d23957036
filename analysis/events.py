"""Events: the accounts of all documents joined into attacks.

Two accounts are of one event where nothing that both say excludes it and enough agrees: the same
person killed, or the same time with a place or a target in common, or a named target where one of
the two gives no time. Accounts are compared within blocks that share a name and a time, so that the
work grows with the number of accounts and not with its square.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256

from analysis.account_places import account_meant, naming_words
from analysis.actors import JoinedActors, slug
from analysis.collection import (
    Attack,
    AttributedTo,
    Dated,
    Evidence,
    FieldValue,
    SetDate,
    SetPerpetrator,
    SourceRecords,
    Told,
)
from analysis.corrections import CorrectedPlace, Correction, CorrectionKind
from analysis.decided import actor_named, read_date
from analysis.differences import Charge, Given, differing, head, revisions, times_fit
from analysis.places import COUNTRIES, FACILITIES
from analysis.records import (
    ATTACKS,
    OPERATIONS,
    Account,
    ActorKind,
    AttackKind,
    Harm,
    Hedge,
    Ladder,
    Party,
    Precision,
    Qualifier,
    Span,
    When,
)
from analysis.states import demonyms
from analysis.terms import STOP_WORDS, stem, words

NEIGHBOURS = 30
"""With how many accounts before it in a block, in order of time, an account is compared."""
_SAME_DEATH_DAYS = 45
"""How far apart two accounts may date one person's death: announcements follow by weeks."""
_NEAR_DAYS = 1
"""Reports of one event differ by a day where it happened at night or was reported the next one."""

_COMMON = frozenset(
    stem(word)
    for word in """
        attack target near surrounding premises building people person member man men number group
        several many other city town capital province district area region official senior leader
        security force forces local new old
    """.split()
)
"""Words of a target's description that tell no target from another."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """An account with what it is compared by."""

    source: SourceRecords
    account: Account
    naming: Span
    """The words that tell it from other accounts of the same sentences."""
    places: frozenset[str]
    """Names of places below a country, folded, those that they lie in included."""
    exact_places: frozenset[str]
    targets: frozenset[str]
    """Stems of the words that tell targets and described victims apart."""
    persons: frozenset[str]
    """Ids of the persons that it was done to."""
    doers: frozenset[str]
    """Ids of the actors that it is laid on, parents included."""
    charges: tuple[Charge, ...] = ()

    @property
    def place(self) -> Evidence:
        span = self.account.span
        return Evidence(self.source.document_id, span.start, span.end)

    @property
    def key(self) -> tuple[str, int]:
        return self.source.document_id, self.account.trigger.start


@dataclass
class _Cluster:
    """Accounts of one event, and why they are."""

    entries: list[_Entry]
    reasons: list[str] = field(default_factory=list)


def join_accounts(
    sources: Sequence[SourceRecords],
    actors: JoinedActors,
    corrections: Sequence[Correction] = (),
) -> tuple[Attack, ...]:
    """Return the attacks that the accounts of `sources` tell of, in order of time, undated last."""
    entries = _entries(sources, actors)
    clusters = _clusters(entries)
    corrections = sorted(corrections, key=lambda each: each.number)
    meant = _Meant(entries)
    clusters = _corrected(clusters, corrections, meant)
    describe = _Describing(actors, clusters)
    documents = {source.document_id for source in sources}
    settings: dict[int, list[Correction]] = defaultdict(list)
    for correction in corrections:
        if correction.kind is CorrectionKind.SET:
            for entry_id in meant(correction.places[:1]):
                settings[entry_id].append(correction)
    attacks = []
    for cluster in clusters:
        found = dict.fromkeys(c for entry in cluster.entries for c in settings[id(entry)])
        ordered_settings = sorted(found, key=lambda each: each.number)
        attack = describe.attack(cluster)
        attacks.append(_with_values_set(attack, ordered_settings, actors, documents))
    ordered = sorted(attacks, key=_order)
    return tuple(_with_ids(ordered))


def _order(attack: Attack) -> tuple[bool, date, date, str, Evidence]:
    first, last = attack.first or date.max, attack.last or date.max
    return attack.first is None, first, last, attack.title, attack.evidence[0]


def _entries(sources: Sequence[SourceRecords], actors: JoinedActors) -> list[_Entry]:
    kinds = {actor.id: actor.kind for actor in actors.actors}
    parents = {actor.id: actor.parent for actor in actors.actors}
    found = []
    for source in sorted(sources, key=lambda each: each.document_id):
        accounts = source.records.accounts
        for account, naming in zip(accounts, naming_words(accounts), strict=True):

            def of(party: Party, source: SourceRecords = source) -> str | None:
                if party.mention is None:
                    return None
                return actors.of_mention.get((source.document_id, party.mention))

            persons = {
                actor
                for party in (*account.victims, *account.targets)
                if (actor := of(party)) is not None and kinds.get(actor) is ActorKind.PERSON
            }
            doers = {actor for each in account.attributions if (actor := of(each.actor))}
            doers |= {parent for actor in doers if (parent := parents.get(actor))}
            charges = tuple(
                Charge(
                    (of(each.by) or each.by.text) if each.by is not None else "",
                    frozenset(filter(None, (actor, parents.get(actor)))),
                    each.ladder,
                )
                for each in account.attributions
                if (actor := of(each.actor)) is not None
                and not any(q.kind is Hedge.POSSIBLE for q in each.actor.qualifiers)
            )
            exact = frozenset(
                _folded(place.canonical or place.text)
                for place in account.places
                if (place.canonical or place.text) not in COUNTRIES
            )
            wider = {
                _folded(name)
                for place in account.places
                for name in place.within
                if name not in COUNTRIES
            }
            described = [
                party.text
                for party in (*account.targets, *account.victims)
                if of(party) not in persons
            ]
            near = [p.text for p in account.places if _stems(p.text) & FACILITIES]
            found.append(
                _Entry(
                    source,
                    account,
                    naming,
                    exact | wider,
                    exact,
                    _telling(" ".join((*described, *near))),
                    frozenset(persons),
                    frozenset(doers),
                    charges,
                )
            )
    return found


def _folded(name: str) -> str:
    return " ".join(word.form for word in words(name) if word.form != "the")


def _telling(text: str) -> frozenset[str]:
    """Return the stems that tell one target from another."""
    states_of = demonyms()
    text = " ".join(states_of.get(word, word) for word in text.split())
    return frozenset(
        stemmed
        for word in words(text)
        if word.form not in STOP_WORDS and not word.form.isdigit()
        if (stemmed := stem(word.form)) not in _COMMON
    )


def _stems(text: str) -> set[str]:
    return {stem(word.form) for word in words(text)}


def _clusters(entries: Sequence[_Entry]) -> list[_Cluster]:
    """Return the accounts by event: the most certain pairs are joined first."""
    pairs: dict[tuple[int, int], tuple[int, str]] = {}
    for one, other in _candidates(entries):
        agreed = _agreement(entries[one], entries[other])
        if agreed is not None:
            pairs[one, other] = agreed
    of = {n: _Cluster([entry]) for n, entry in enumerate(entries)}
    numbers = {id(entry): n for n, entry in enumerate(entries)}
    for (one, other), (_, reason) in sorted(pairs.items(), key=lambda p: (-p[1][0], p[0])):
        left, right = of[one], of[other]
        if left is right:
            continue
        if any(_excludes(a, b) for a in left.entries for b in right.entries):
            continue
        left.entries.extend(right.entries)
        left.reasons.extend([reason, *right.reasons])
        of.update((numbers[id(entry)], left) for entry in right.entries)
    unique = {id(cluster): cluster for cluster in of.values()}
    return list(unique.values())


def _candidates(entries: Sequence[_Entry]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of accounts that share a name, each once, near ones in time."""
    blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for n, entry in enumerate(entries):
        for kind, keys in (
            ("person", entry.persons),
            ("place", entry.places),
            ("target", entry.targets),
        ):
            for key in keys:
                blocks[kind, key].append(n)
        when = entry.account.when
        if when is not None and when.precision is Precision.DAY and when.first is not None:
            blocks["day", when.first.isoformat()].append(n)

    def in_time(n: int) -> tuple[date, int]:
        when = entries[n].account.when
        return (when.first if when and when.first else date.min), n

    seen = set()
    for block in blocks.values():
        ordered = sorted(block, key=in_time)
        for at, one in enumerate(ordered):
            for other in ordered[max(0, at - NEIGHBOURS) : at]:
                pair = (min(one, other), max(one, other))
                if pair not in seen:
                    seen.add(pair)
                    yield pair


def _agreement(one: _Entry, other: _Entry) -> tuple[int, str] | None:
    """Return how firmly two accounts agree, and on what; None where too little or not at all."""
    if _excludes(one, other):
        return None
    persons = one.persons & other.persons
    places = one.places & other.places
    targets = one.targets & other.targets
    dated = _dated(one.account.when) and _dated(other.account.when)
    exact = (
        dated
        and _exact(one.account.when)
        and _exact(other.account.when)
        and times_fit(one.account.when, other.account.when, _NEAR_DAYS)
    )
    said = []
    if dated:
        said.append("date")
    if persons:
        said.append("victim")
    if places:
        said.append("place")
    if targets:
        said.append("target")
    if not (persons or places or targets):
        return None
    alike = one.account.kind is other.account.kind is not AttackKind.ATTACK
    # Whoever two reports say to have died on different days may be two men, or one misplaced.
    timely = times_fit(one.account.when, other.account.when, 0)
    strength = (
        (4 if timely else 1) * bool(persons)
        + 2 * alike
        + 3 * exact
        + 2 * dated
        + 2 * min(len(targets), 2)
        + bool(places)
    )
    if persons or (exact and (places or targets)):
        return strength, " and ".join(said)
    if dated and "target" in said:
        return strength, " and ".join(said)
    if "target" in said and _shared_share(one.targets, other.targets) >= 0.5:
        return strength, " and ".join(said)
    return None


def _shared_share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / min(len(one), len(other))


def _dated(when: When | None) -> bool:
    return when is not None and when.first is not None


def _exact(when: When | None) -> bool:
    return when is not None and when.precision in (Precision.DAY, Precision.MONTH)


def _excludes(one: _Entry, other: _Entry) -> bool:
    """Whether the two accounts cannot be of one event.

    Those that one sentence told by the same words were told apart there.
    """
    if one.key == other.key or _is_before(one, other) or _is_before(other, one):
        return True
    if not _kinds_fit(one.account, other.account):
        return True
    death = one.persons & other.persons and _fatal(one.account) and _fatal(other.account)
    days = _SAME_DEATH_DAYS if death else _NEAR_DAYS if _near_alike(one, other) else 0
    if not times_fit(one.account.when, other.account.when, days):
        return True
    if one.persons and other.persons and not one.persons & other.persons:
        return not (
            _shared_share(one.targets, other.targets) if one.targets and other.targets else 0
        )
    if one.exact_places and other.exact_places and not one.places & other.places:
        return True
    if _other_building(one, other):
        return True
    if one.targets and other.targets and not one.targets & other.targets:
        # Two descriptions of people may be of the same; two buildings are not.
        return not (one.persons or other.persons) and bool(_buildings(one) and _buildings(other))
    return False


def _is_before(one: _Entry, other: _Entry) -> bool:
    """Whether one was published before the other's event: nobody reports what is to come."""
    published, when = one.source.published, other.account.when
    return (
        published is not None
        and when is not None
        and when.first is not None
        and when.first > published
    )


def _near_alike(one: _Entry, other: _Entry) -> bool:
    """Whether two accounts are so alike that a day's difference makes no other event of them."""
    return (
        one.account.kind is other.account.kind is not AttackKind.ATTACK
        and bool(one.places & other.places)
        and (not one.doers or not other.doers or bool(one.doers & other.doers))
    )


def _other_building(one: _Entry, other: _Entry) -> bool:
    """Whether both name a building of one sort by other names: two embassies, two airports."""
    shared = one.targets & other.targets
    return (
        bool(shared)
        and shared <= FACILITIES
        and bool(one.targets - shared)
        and bool(other.targets - shared)
        and not one.exact_places & other.exact_places
    )


def _buildings(entry: _Entry) -> bool:
    return bool(entry.account.targets)


def _fatal(account: Account) -> bool:
    return bool(account.victims) and account.kind is not AttackKind.ARREST


def _kinds_fit(one: Account, other: Account) -> bool:
    if one.kind is other.kind or AttackKind.ATTACK in (one.kind, other.kind):
        return True
    if AttackKind.CLASH in (one.kind, other.kind):
        return True
    return (one.kind in ATTACKS and other.kind in ATTACKS) or (
        one.kind in OPERATIONS and other.kind in OPERATIONS
    )


class _Meant:
    """Finds the accounts that places of corrections mean."""

    def __init__(self, entries: Iterable[_Entry]) -> None:
        self._of_document: dict[str, list[_Entry]] = defaultdict(list)
        for entry in entries:
            self._of_document[entry.source.document_id].append(entry)

    def __call__(self, places: Iterable[CorrectedPlace]) -> set[int]:
        """Return the identities of the entries."""
        return {entry_id for place in places for entry_id in self._entries_at(place)}

    def _entries_at(self, place: CorrectedPlace) -> list[int]:
        held = self._of_document.get(place.document_id, [])
        found = account_meant(place, [(entry.naming, entry.account.span) for entry in held])
        return [id(held[number]) for number in found]


def _corrected(
    clusters: list[_Cluster], corrections: Sequence[Correction], meant: _Meant
) -> list[_Cluster]:
    """Return the clusters as the operator wants them, later corrections winning over earlier."""
    for correction in corrections:
        if correction.kind is CorrectionKind.JOIN_ATTACKS:
            at = meant(correction.places)
            named = [c for c in clusters if any(id(e) in at for e in c.entries)]
            if len(named) > 1:
                joined = _Cluster(
                    [entry for cluster in named for entry in cluster.entries],
                    [f"joined by {correction.made_by}"],
                )
                clusters = [c for c in clusters if c not in named] + [joined]
        elif correction.kind is CorrectionKind.PART_ATTACKS and correction.places:
            at, rest = meant(correction.places[:1]), meant(correction.places[1:])
            for cluster in list(clusters):
                apart = [e for e in cluster.entries if id(e) in at]
                others = [e for e in cluster.entries if id(e) not in at]
                if apart and any(id(e) in rest for e in others):
                    clusters.remove(cluster)
                    clusters.extend((_Cluster(others, cluster.reasons), _Cluster(apart, [])))
        elif correction.kind is CorrectionKind.REJECT and correction.field in (None, "account"):
            at, kept = meant(correction.places), []
            for cluster in clusters:
                entries = [e for e in cluster.entries if id(e) not in at]
                if entries:
                    kept.append(_Cluster(entries, cluster.reasons))
            clusters = kept
    return clusters


def _with_values_set(
    attack: Attack,
    corrections: Sequence[Correction],
    actors: JoinedActors,
    documents: Collection[str],
) -> Attack:
    """Return the attack with what the operator set of it, a later value in an earlier one's place.

    Its title says what is set, too, unless that was itself set. Words in a document that is not
    among `documents` any more are left out.
    """
    title = None
    for correction in corrections:
        evidence = next(
            (
                Evidence(place.document_id, place.start, place.end)
                for place in correction.places[1:2]
                if place.document_id in documents
            ),
            None,
        )
        if correction.field == "title":
            title = correction.value
        else:
            attack = _set(attack, correction, evidence, actors)
    if attack.perpetrator_set is not None:
        overruled = {each.actor for each in attack.perpetrators}
        met = {each.actor for each in (*attack.targets, *attack.victims)}
        others = [each for each in attack.actors if each not in overruled or each in met]
        attack = replace(
            attack, actors=tuple(dict.fromkeys((attack.perpetrator_set.actor, *others)))
        )
    if corrections:
        attack = replace(attack, title=title or _title(attack))
    return attack


_SETTABLE = frozenset(
    "places targets victims killed wounded arrested freed weapons outcome".split()
)


def _set(
    attack: Attack, correction: Correction, evidence: Evidence | None, actors: JoinedActors
) -> Attack:
    value, name = correction.value or "", correction.field
    if name in _SETTABLE:
        changed = {name: (FieldValue(value, () if evidence is None else (evidence,)),)}
        differing = tuple(each for each in attack.differing if each != name)
        return replace(attack, differing=differing, **changed)  # type: ignore[arg-type]
    if name == "kind" and value in {kind.value for kind in AttackKind}:
        return replace(attack, kind=AttackKind(value))
    if name == "date":
        read = read_date(value)
        decided = SetDate(read.text, read.precision, read.first, read.last, correction, evidence)
        return replace(attack, date_set=decided)
    if name == "perpetrator":
        actor = actor_named(correction.names[0], actors.actors)
        if actor is None:
            return attack
        doer = SetPerpetrator(actor.id, actor.name, Ladder(value), correction, evidence)
        return replace(attack, perpetrator_set=doer)
    return attack


def _with_ids(attacks: Sequence[Attack]) -> Iterator[Attack]:
    """Yield the attacks with ids from their titles; those that share one by their first account."""
    titles = [slug(attack.title) for attack in attacks]
    for attack, name in zip(attacks, titles, strict=True):
        if titles.count(name) > 1:
            place = min(attack.evidence)
            mark = sha256(f"{place.document_id}:{place.start}".encode()).hexdigest()[:6]
            name = f"{name}-{mark}"
        yield replace(attack, id=name)


class _Describing:
    """Turns accounts of one event into a record with each value once and who says so."""

    def __init__(self, actors: JoinedActors, clusters: Iterable[_Cluster]) -> None:
        self._of = actors.of_mention
        self._actors = {actor.id: actor for actor in actors.actors}
        self._hit: dict[tuple[str, str], list[tuple[_Entry, _Cluster]]] = defaultdict(list)
        """In which events each document names each person as whom it hit."""
        for cluster in clusters:
            for entry in cluster.entries:
                for person in entry.persons:
                    self._hit[entry.source.document_id, person].append((entry, cluster))

    def attack(self, cluster: _Cluster) -> Attack:
        """Return the record of one event."""
        entries = sorted(cluster.entries, key=lambda e: (e.source.published or date.max, *e.key))
        given = [self._given(entry, cluster) for entry in entries]
        revises = revisions(given)
        told = tuple(
            Told(
                entry.source.document_id,
                entry.source.title,
                entry.source.source,
                entry.source.published,
                entry.account,
                entry.naming,
                revises.get(place),
            )
            for place, entry in enumerate(entries)
        )
        attack = Attack(
            id="",
            title="",
            kind=_kind(entries),
            accounts=told,
            dates=self._dates(entries),
            perpetrators=self._perpetrators(entries),
            places=self._places(entries),
            within=self._within(entries),
            targets=self._parties(entries, lambda account: account.targets),
            victims=self._parties(entries, lambda account: account.victims),
            killed=self._counts(entries, Harm.KILLED),
            wounded=self._counts(entries, Harm.WOUNDED),
            arrested=self._counts(entries, Harm.ARRESTED),
            freed=self._counts(entries, Harm.FREED),
            weapons=self._weapons(entries),
            outcome=self._outcome(entries),
            attacks=self._numbers(entries),
            hedges=_hedges(q for entry in entries for q in entry.account.qualifiers),
            joined_because=tuple(dict.fromkeys(cluster.reasons)),
        )
        actors = dict.fromkeys(
            actor
            for entry in entries
            for party in _all_parties(entry.account)
            if (actor := self._actor(entry, party)) is not None
        )
        attack = replace(attack, actors=tuple(actors), differing=differing(given))
        return replace(attack, title=_title(attack))

    def _actor(self, entry: _Entry, party: Party) -> str | None:
        if party.mention is None:
            return None
        return self._of.get((entry.source.document_id, party.mention))

    def _given(self, entry: _Entry, cluster: _Cluster) -> Given:
        document = entry.source.document_id
        return Given(
            document,
            entry.source.source,
            entry.source.published,
            entry.account,
            entry.persons,
            entry.charges,
            frozenset(
                person
                for person in {each for other in cluster.entries for each in other.persons}
                if (told := self._hit.get((document, person)))
                and all(there is not cluster for _, there in told)
                and any(
                    other.account.fatal or other.account.span == entry.account.span
                    for other, _ in told
                )
            ),
        )

    def _dates(self, entries: Sequence[_Entry]) -> tuple[Dated, ...]:
        found: dict[tuple[object, ...], Dated] = {}
        for entry in entries:
            when = entry.account.when
            if when is None:
                continue
            key = (when.first, when.last) if when.first else (when.text.casefold(),)
            found.setdefault(
                key,
                Dated(
                    when.text,
                    when.precision,
                    when.first,
                    when.last,
                    Evidence(entry.source.document_id, when.span.start, when.span.end),
                ),
            )
        return tuple(found.values())

    def _perpetrators(self, entries: Sequence[_Entry]) -> tuple[AttributedTo, ...]:
        found: dict[tuple[object, ...], AttributedTo] = {}
        for entry in entries:
            for each in entry.account.attributions:
                actor = self._actor(entry, each.actor)
                text = self._name(actor, each.actor.text)
                by = None
                if each.by is not None:
                    by = self._actor(entry, each.by) or each.by.text
                key = (actor or text.casefold(), each.ladder, by)
                evidence = Evidence(entry.source.document_id, each.span.start, each.span.end)
                found.setdefault(
                    key,
                    AttributedTo(
                        actor, text, each.ladder, evidence, by, _hedges(each.actor.qualifiers)
                    ),
                )
        return tuple(found.values())

    def _name(self, actor: str | None, text: str) -> str:
        return self._actors[actor].name if actor in self._actors else text

    def _places(self, entries: Sequence[_Entry]) -> tuple[FieldValue, ...]:
        return _values(
            (
                place.canonical or place.text,
                _folded(place.canonical or place.text),
                Evidence(entry.source.document_id, place.span.start, place.span.end),
                (),
                None,
            )
            for entry in entries
            for place in entry.account.places
        )

    def _within(self, entries: Sequence[_Entry]) -> tuple[str, ...]:
        names = dict.fromkeys(
            name for entry in entries for place in entry.account.places for name in place.within
        )
        return tuple(names)

    def _parties(
        self, entries: Sequence[_Entry], of: Callable[[Account], Sequence[Party]]
    ) -> tuple[FieldValue, ...]:
        def rows() -> Iterator[_Row]:
            for entry in entries:
                for party in of(entry.account):
                    actor = self._actor(entry, party)
                    named = actor is not None and _is_name(party, entry)
                    yield (
                        self._name(actor, party.text) if named else party.text,
                        str(actor) if named else " ".join(sorted(_telling(party.text))),
                        Evidence(entry.source.document_id, party.span.start, party.span.end),
                        _hedges(party.qualifiers),
                        actor,
                    )

        return _values(rows())

    def _counts(self, entries: Sequence[_Entry], harm: Harm) -> tuple[FieldValue, ...]:
        return _values(
            (
                " ".join(each.text.split()),
                f"{each.least} {each.most} {head(each)}"
                if each.least is not None or each.most is not None
                else each.text.casefold(),
                Evidence(entry.source.document_id, each.span.start, each.span.end),
                _hedges(each.qualifiers),
                None,
            )
            for entry in entries
            for each in entry.account.casualties
            if each.harm is harm
        )

    def _weapons(self, entries: Sequence[_Entry]) -> tuple[FieldValue, ...]:
        return _values(
            (
                each.text.lower(),
                " ".join(stem(word.form) for word in words(each.text)),
                Evidence(entry.source.document_id, each.span.start, each.span.end),
                _hedges(each.qualifiers),
                None,
            )
            for entry in entries
            for each in entry.account.weapons
        )

    def _numbers(self, entries: Sequence[_Entry]) -> tuple[FieldValue, ...]:
        return _values(
            (
                each.text,
                str(each.number),
                Evidence(entry.source.document_id, each.span.start, each.span.end),
                (),
                None,
            )
            for entry in entries
            for each in entry.account.attacks
        )

    def _outcome(self, entries: Sequence[_Entry]) -> tuple[FieldValue, ...]:
        return _values(
            (
                entry.account.outcome.value,
                entry.account.outcome.value,
                Evidence(entry.source.document_id, span.start, span.end),
                (),
                None,
            )
            for entry in entries
            for span in [entry.account.outcome_span or entry.account.trigger]
            if entry.account.outcome_span is not None
            or all(e.account.outcome_span is None for e in entries)
        )


_Row = tuple[str, str, Evidence, tuple[Hedge, ...], str | None]


def _values(rows: Iterable[_Row]) -> tuple[FieldValue, ...]:
    """Return each value once, with all that say so, in order of the first to say it."""
    found: dict[str, FieldValue] = {}
    for value, key, evidence, hedges, actor in rows:
        known = found.get(key)
        if known is None:
            found[key] = FieldValue(value, (evidence,), hedges, actor)
        elif evidence not in known.evidence:
            found[key] = replace(
                known,
                evidence=(*known.evidence, evidence),
                hedges=tuple(dict.fromkeys((*known.hedges, *hedges))),
            )
    return tuple(found.values())


def _hedges(qualifiers: Iterable[Qualifier]) -> tuple[Hedge, ...]:
    return tuple(dict.fromkeys(each.kind for each in qualifiers))


def _all_parties(account: Account) -> Iterator[Party]:
    for attribution in account.attributions:
        yield attribution.actor
        if attribution.by is not None:
            yield attribution.by
    yield from account.targets
    yield from account.victims


def _is_name(party: Party, entry: _Entry) -> bool:
    """Whether the party is the actor itself and not people of it ("Taliban fighters")."""
    if party.mention is None:
        return False
    mention = entry.source.records.mentions[party.mention]
    return mention.kind is ActorKind.PERSON or mention.text == party.text


def _kind(entries: Sequence[_Entry]) -> AttackKind:
    """Return the most telling kind that any account gives: the first that is no mere attack."""
    kinds = [entry.account.kind for entry in entries]
    for general in (AttackKind.ATTACK, AttackKind.BOMBING, AttackKind.RAID):
        telling = [kind for kind in kinds if kind is not general]
        kinds = telling or kinds
    return max(kinds, key=lambda kind: (kinds.count(kind), -kinds.index(kind)))


_KILLINGS = {
    AttackKind.ASSASSINATION: "Assassination of {}",
    AttackKind.EXECUTION: "Execution of {}",
    AttackKind.KIDNAPPING: "Kidnapping of {}",
    AttackKind.ARREST: "Arrest of {}",
}


def _title(attack: Attack) -> str:
    """Return what an analyst would call it: "Attack on the Longan Hotel, Kabul, December 2022"."""
    name = attack.kind.value.capitalize()
    person = next((v for v in attack.victims if v.actor and v.value[:1].isupper()), None)
    if attack.kind in _KILLINGS and attack.victims:
        name = _KILLINGS[attack.kind].format((person or attack.victims[0]).value)
    elif person is not None and not any(_stems(each.value) & FACILITIES for each in attack.targets):
        verb = "Killing of {}" if attack.kind is AttackKind.ATTACK else name + " that killed {}"
        name = verb.format(person.value)
    elif attack.targets and attack.kind is not AttackKind.PRISON_BREAK:
        name = f"{name} on {_ARTICLE.sub('the ', attack.targets[0].value)}"
    parts = [" ".join(name.split())]
    if attack.places:
        place = attack.places[0].value
        if place.casefold() not in parts[0].casefold():
            parts.append(place)
        if attack.within and attack.within[0] not in COUNTRIES:
            parts.append(attack.within[0])
    dated = next((d for d in sorted(attack.dates_in_force, key=_vagueness) if d.first), None)
    if dated is not None:
        parts.append(_written(dated))
    elif attack.dates:
        parts.append(attack.dates[0].text)
    return ", ".join(dict.fromkeys(parts))


_ARTICLE = re.compile(r"^The ")


def _vagueness(dated: Dated | SetDate) -> int:
    order = [Precision.DAY, Precision.MONTH, Precision.RANGE, Precision.YEAR, Precision.UNRESOLVED]
    return order.index(dated.precision)


def _written(dated: Dated | SetDate) -> str:
    assert dated.first is not None
    if dated.precision is Precision.DAY:
        return f"{dated.first.day} {dated.first:%B %Y}"
    if dated.precision is Precision.MONTH:
        return f"{dated.first:%B %Y}"
    if dated.precision is Precision.YEAR:
        return str(dated.first.year)
    return dated.text
