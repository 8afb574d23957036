"""Collection: actors, attacks and strategies over all documents, each field with its citations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from analysis.corrections import Correction
from analysis.names import NameRegister
from analysis.records import (
    Account,
    ActorKind,
    Asserter,
    AttackKind,
    DocumentRecords,
    Hedge,
    Ladder,
    Precision,
    Reason,
    RelationKind,
    Span,
    StrategyKind,
)


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """A stretch of a stored document; the words there are what a field rests on."""

    document_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SourceRecords:
    """A document's records with what the collection has to know of the document."""

    document_id: str
    title: str
    source: str | None
    published: date | None
    origin: str
    """Documents of one origin repeat each other: the lowest id among its near-duplicates."""
    records: DocumentRecords


@dataclass(frozen=True, slots=True)
class NameUse:
    """A name of an actor, and everywhere that it stands for it."""

    text: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """Why two names are one actor's: the reason and what it rests on.

    `evidence` is empty where no text says so (the register, the operator): then `said_by` does.
    `certain` is False for a probable join, shown as such.
    """

    one: str
    other: str
    reason: Reason
    evidence: tuple[Evidence, ...] = ()
    said_by: str | None = None
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Dispute:
    """Another actor that may be this one and was kept apart, or facts that exclude each other."""

    note: str
    other: str | None = None
    """The other actor's id."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Dated:
    """A period with its precision; `text` as one document writes it."""

    text: str
    precision: Precision
    first: date | None
    last: date | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role of an actor, in or over the actor whose id is `of`."""

    title: str
    of: str | None
    evidence: Evidence
    since: Dated | None = None
    until: Dated | None = None
    hedges: tuple[Hedge, ...] = ()


@dataclass(frozen=True, slots=True)
class RelatedActor:
    """A relation, seen from one of its two sides: this actor is `kind` `other`.

    `inverse` turns that round: `other` is `kind` this actor.
    """

    kind: RelationKind
    other: str
    inverse: bool
    evidence: tuple[Evidence, ...]
    hedges: tuple[Hedge, ...] = ()
    by: str | None = None
    """The id of the actor who asserts it; None for the author."""


@dataclass(frozen=True, slots=True)
class Said:
    """A statement made by an actor, or about one."""

    speaker: str
    about: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Actor:
    """A group, person or institution under all its names."""

    id: str
    name: str
    kind: ActorKind
    names: tuple[NameUse, ...]
    joins: tuple[Join, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    parent: str | None = None
    """The id of the group that it is a branch of."""
    roles: tuple[HeldRole, ...] = ()
    relations: tuple[RelatedActor, ...] = ()
    statements: tuple[Said, ...] = ()
    deaths: tuple[Evidence, ...] = ()
    """The sentences that tell of its death."""
    documents: int = 0
    """How many documents name it."""
    origins: int = 0
    """How many of them are independent of each other."""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Everywhere that it is named, in order."""
        return tuple(sorted(place for name in self.names for place in name.evidence))


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value of a field as some accounts give it, normalised for comparison, with their words."""

    value: str
    evidence: tuple[Evidence, ...]
    hedges: tuple[Hedge, ...] = ()
    actor: str | None = None
    """The id of the actor that the value names, where it names one."""


@dataclass(frozen=True, slots=True)
class AttributedTo:
    """A perpetrator with the rung of the ladder, and who says so (None: the author)."""

    actor: str | None
    text: str
    ladder: Ladder
    evidence: Evidence
    by: str | None = None
    hedges: tuple[Hedge, ...] = ()


@dataclass(frozen=True, slots=True)
class SetDate:
    """When an attack happened, as an operator decided."""

    text: str
    precision: Precision
    first: date
    last: date
    correction: Correction
    evidence: Evidence | None = None
    """The words that the operator names for it, if any."""


@dataclass(frozen=True, slots=True)
class SetPerpetrator:
    """Who did it, as an operator decided, with the rung of the ladder."""

    actor: str
    text: str
    """The actor's name."""
    ladder: Ladder
    correction: Correction
    evidence: Evidence | None = None
    """The words that the operator names for it, if any."""


@dataclass(frozen=True, slots=True)
class Told:
    """One document's account of an attack."""

    document_id: str
    title: str
    source: str | None
    published: date | None
    account: Account
    naming: Span
    """The words that tell it from other accounts of the same sentences."""
    revises: str | None = None
    """The id of an earlier document of the same source whose account this one revises."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One event with all accounts of it.

    A field holds each different value once with all that say so; where there are several, the
    accounts differ and `differing` names the field. Nothing is averaged, no value wins. An
    operator's date and perpetrator stand beside those of the accounts; lists, filters and drawings
    go by them.
    """

    id: str
    title: str
    kind: AttackKind
    accounts: tuple[Told, ...]
    dates: tuple[Dated, ...] = ()
    perpetrators: tuple[AttributedTo, ...] = ()
    places: tuple[FieldValue, ...] = ()
    within: tuple[str, ...] = ()
    """Wider places, the nearest first."""
    targets: tuple[FieldValue, ...] = ()
    victims: tuple[FieldValue, ...] = ()
    killed: tuple[FieldValue, ...] = ()
    wounded: tuple[FieldValue, ...] = ()
    arrested: tuple[FieldValue, ...] = ()
    freed: tuple[FieldValue, ...] = ()
    weapons: tuple[FieldValue, ...] = ()
    outcome: tuple[FieldValue, ...] = ()
    attacks: tuple[FieldValue, ...] = ()
    """Of how many attacks it consisted, where accounts say so."""
    hedges: tuple[Hedge, ...] = ()
    differing: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    """Ids of all actors that take part, whatever their part; of perpetrators, those in force."""
    joined_because: tuple[str, ...] = ()
    """For several accounts, what they agree on."""
    date_set: SetDate | None = None
    perpetrator_set: SetPerpetrator | None = None

    @property
    def dates_in_force(self) -> Sequence[Dated | SetDate]:
        """The operator's date, or else the accounts' dates."""
        return self.dates if self.date_set is None else (self.date_set,)

    @property
    def perpetrators_in_force(self) -> Sequence[AttributedTo | SetPerpetrator]:
        """The operator's perpetrator, or else the accounts' perpetrators."""
        return self.perpetrators if self.perpetrator_set is None else (self.perpetrator_set,)

    @property
    def first(self) -> date | None:
        """The earliest day that a date in force allows; None where none is resolved."""
        return min((each.first for each in self.dates_in_force if each.first), default=None)

    @property
    def last(self) -> date | None:
        """The latest day that a date in force allows; None where none is resolved."""
        return max((each.last for each in self.dates_in_force if each.last), default=None)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where each account tells it."""
        return tuple(
            Evidence(told.document_id, told.account.span.start, told.account.span.end)
            for told in self.accounts
        )


@dataclass(frozen=True, slots=True)
class Assertion:
    """One statement of a strategy: who asserts it, of which kind, where and when."""

    kind: StrategyKind
    asserter: Asserter
    by: str | None
    """The id or the description of who asserts it; None for the author."""
    evidence: Evidence
    source: str | None
    published: date | None
    hedges: tuple[Hedge, ...] = ()


@dataclass(frozen=True, slots=True)
class Strategy:
    """What reports assert of one actor under one theme, in order of publication."""

    id: str
    theme: str
    actor: str
    assertions: tuple[Assertion, ...]

    @property
    def first(self) -> date | None:
        """When a report first asserts it; None where no report states its date."""
        return min((each.published for each in self.assertions if each.published), default=None)

    @property
    def last(self) -> date | None:
        """When a report last asserts it; None where no report states its date."""
        return max((each.published for each in self.assertions if each.published), default=None)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where it is asserted."""
        return tuple(each.evidence for each in self.assertions)


class Records:
    """All actors, attacks and strategies of a collection."""

    def __init__(
        self,
        actors: Sequence[Actor],
        attacks: Sequence[Attack],
        strategies: Sequence[Strategy],
        *,
        notes: Mapping[str, tuple[str, ...]],
        register: NameRegister,
    ) -> None:
        """Take what `build` made; `notes` say by document id what was left out, and why."""
        self.actors = tuple(actors)
        self.attacks = tuple(attacks)
        self.strategies = tuple(strategies)
        self.notes = notes
        self.register = register

    @cached_property
    def actor(self) -> Mapping[str, Actor]:
        """Actors by id."""
        return {each.id: each for each in self.actors}

    @cached_property
    def attack(self) -> Mapping[str, Attack]:
        """Attacks by id."""
        return {each.id: each for each in self.attacks}

    @cached_property
    def strategy(self) -> Mapping[str, Strategy]:
        """Strategies by id."""
        return {each.id: each for each in self.strategies}
