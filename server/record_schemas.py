"""Bodies of requests and responses about actors, attacks, strategies and corrections."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic import model_validator as validator

from analysis.corrections import CorrectionKind
from analysis.records import ActorKind, AttackKind
from server.schemas import SAMPLE_ID, DocumentReference, IsoDate, Text, Values

ATTACK_SORTS = ("date", "title", "kind", "perpetrator", "place", "killed", "wounded", "accounts")
MAX_LIST = 1_000
MAX_NAME_CHARS = 5_000
MAX_WHO_CHARS = 100
MAX_NOTE_CHARS = 2_000
MAX_NOT_SEARCHED = 200
REJECTED = ("account", "strategy", "role", "relation")
ACCOUNT_FIELDS = (
    "title",
    "kind",
    "date",
    "perpetrator",
    "places",
    "targets",
    "victims",
    "killed",
    "wounded",
    "arrested",
    "freed",
    "weapons",
    "outcome",
)
STRATEGY_FIELDS = ("theme", "asserter", "actor")


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


Limit = Annotated[int, Field(ge=1, le=MAX_LIST, description="How many, at most.", examples=[100])]
Offset = Annotated[int, Field(ge=0, le=2**31, description="How many to pass over.", examples=[0])]
Actors = Annotated[
    Values, Field(description="Ids or any names of actors.", examples=[["iskp", "DAESH"]])
]
Documents = Annotated[Values, Field(description="Document ids.", examples=[[SAMPLE_ID]])]


class ExportFormat(StrEnum):
    """The forms that attacks are exported in."""

    CSV = "csv"
    JSON = "json"
    ICS = "ics"
    STIX = "stix"


class ActorParameters(BaseModel):
    """Which actors to list."""

    kind: Annotated[list[ActorKind], BeforeValidator(_as_list)] = Field(
        default=[], description="group, person, institution.", examples=[["group"]]
    )
    q: Text | None = Field(
        default=None,
        max_length=200,
        description="Words that a name of the actor must begin with, in any spelling of case.",
        examples=["khoras"],
    )
    document: Documents = []
    limit: Limit = 100
    offset: Offset = 0


class EventParameters(BaseModel):
    """Which attacks to take; several values of one filter are alternatives."""

    actor: Actors = []
    kind: Annotated[list[AttackKind], BeforeValidator(_as_list)] = Field(
        default=[],
        description=f"What happened: {', '.join(AttackKind)}.",
        examples=[["suicide bombing"]],
    )
    place: Values = Field(
        default=[],
        description="A place, or one that it lies in, as the list of known ones spells it.",
        examples=[["Kabul"]],
    )
    document: Documents = []
    event_from: IsoDate = Field(
        default=None,
        description="First day of the event, inclusive; what may have happened then is let "
        "through, what has no resolved date is not.",
        examples=["2021-01-01"],
    )
    event_to: IsoDate = Field(
        default=None, description="Last day of the event, inclusive.", examples=["2023-12-31"]
    )

    @validator(mode="after")
    def _in_order(self) -> Self:
        first, last = self.event_from, self.event_to
        if first and last and first > last:
            raise ValueError(f"event_from {first} is after event_to {last}; swap them")
        return self


class AttackParameters(EventParameters):
    """Which attacks to list, and how."""

    sort: str = Field(
        default="date",
        pattern=f"^-?({'|'.join(ATTACK_SORTS)})$",
        description=f"{', '.join(ATTACK_SORTS)}; with a hyphen before it, descending. What does "
        "not state the value comes last.",
        examples=["-killed"],
    )
    limit: Limit = 100
    offset: Offset = 0
    format: ExportFormat | None = Field(
        default=None,
        description="Export everything that the filters let through, without paging: csv (a line "
        "for each citation of each value), json (as in `attacks`), ics (iCalendar), stix (a "
        "STIX 2.1 bundle). Each holds the citations.",
        examples=["csv"],
    )


class TimelineParameters(EventParameters):
    """Which attacks to lay out in time."""

    lanes: Literal["perpetrator", "kind"] = Field(
        default="perpetrator", description="What each lane holds.", examples=["kind"]
    )


class StrategyParameters(BaseModel):
    """Which strategies to list."""

    actor: Actors = []
    theme: Values = Field(
        default=[], description="Themes, as the list spells them.", examples=[["target choice"]]
    )
    document: Documents = []
    limit: Limit = 100
    offset: Offset = 0


class CoverageParameters(BaseModel):
    """Whom and where the table of coverage is about."""

    actor: Actors = []
    place: Values = Field(
        default=[], description="Places; those of most attacks if left out.", examples=[["Kabul"]]
    )
    limit: int = Field(
        default=25, ge=1, le=200, description="How many actors, at most.", examples=[25]
    )
    places: int = Field(
        default=10, ge=1, le=100, description="How many places, at most.", examples=[10]
    )


class Words(BaseModel):
    """Words of a stored document: `text[start:end]` is `quote`, read when this was sent."""

    document: DocumentReference
    start: int
    end: int
    quote: str


class ActorReference(BaseModel):
    """An actor by id and name."""

    id: str
    name: str


class NameBody(BaseModel):
    """A name and where it stands for the actor."""

    text: str
    mentions: int = Field(description="How often; `citations` holds the first of them.")
    citations: list[Words]


class JoinBody(BaseModel):
    """Why two names are one actor's."""

    one: str
    other: str
    reason: str
    certain: bool = Field(description="false for a probable join.")
    said_by: str | None = Field(description="Who says so where no document does.")
    citations: list[Words]


class DisputeBody(BaseModel):
    """An actor kept apart that may be the same, or facts that exclude each other."""

    note: str
    other: ActorReference | None
    citations: list[Words]


class DateBody(BaseModel):
    """A date as written, and the days that it can mean."""

    text: str
    precision: str = Field(description="day, month, year, range or unresolved.")
    first: date | None
    last: date | None
    citation: Words


class RoleBody(BaseModel):
    """A post or part of the actor."""

    title: str
    of: ActorReference | None
    since: DateBody | None
    until: DateBody | None
    hedges: list[str]
    citation: Words


class RelationBody(BaseModel):
    """How the actor stands to another."""

    kind: str
    other: ActorReference
    inverse: bool = Field(description="true: the other is `kind` this actor.")
    reads: str = Field(description="The relation as a sentence.")
    hedges: list[str]
    citations: list[Words]


class StatementBody(BaseModel):
    """What somebody said, and about whom."""

    speaker: ActorReference
    about: list[ActorReference]
    citation: Words


class ActorSummary(ActorReference):
    """An actor in a list."""

    kind: str
    names: list[str] = Field(description="All names, the most used first.")
    parent: ActorReference | None = Field(description="The group that it is a branch of.")
    documents: int = Field(description="How many documents name it.")
    origins: int = Field(description="How many of these are independent of each other.")
    mentions: int
    attacks: int
    strategies: int


class ActorList(BaseModel):
    """A page of the list of actors."""

    total: int
    explanation: list[str] = Field(description="How the filters were understood.")
    actors: list[ActorSummary]


class ValueBody(BaseModel):
    """A value that accounts give."""

    value: str
    hedges: list[str]
    actor: ActorReference | None
    citations: list[Words] = Field(description="Empty where an operator set the value.")


class AttributionBody(BaseModel):
    """A perpetrator, how firmly it is named, and by whom."""

    actor: ActorReference | None
    text: str
    ladder: str = Field(description="claimed, attributed, stated, suspected or denied.")
    by: str | None = Field(description="Who says so; null for the author.")
    hedges: list[str]
    citation: Words


class SetDateBody(BaseModel):
    """A date that an operator set, and the correction that set it."""

    text: str
    precision: str = Field(description="day, month, year or range.")
    first: date
    last: date
    correction: int = Field(description="Number of the correction; withdrawing it takes this back.")
    made_by: str
    made_at: datetime
    citation: Words | None = Field(description="The words that the operator names for it.")


class SetPerpetratorBody(BaseModel):
    """A perpetrator that an operator set, and the correction that set it."""

    actor: ActorReference
    ladder: str = Field(description="claimed, attributed, stated, suspected or denied.")
    correction: int = Field(description="Number of the correction; withdrawing it takes this back.")
    made_by: str
    made_at: datetime
    citation: Words | None = Field(description="The words that the operator names for it.")


class AccountBody(BaseModel):
    """One document's account: the sentences that tell it."""

    kind: str
    citation: Words
    named_by: Words = Field(
        description="Words that name this event and, of several told by the same sentences, no "
        "other: a correction at their place is about this account alone."
    )
    revises: str | None = Field(description="Id of an earlier document of the same source.")


class AttackReference(BaseModel):
    """An attack in a list."""

    id: str
    title: str
    kind: str
    first: date | None = Field(
        description="Earliest day that the operator’s date or, without one, any account allows."
    )
    last: date | None = Field(description="Latest day, likewise.")
    differing: list[str] = Field(description="Fields in which accounts differ.")


class AttackBody(AttackReference):
    """An attack: each field holds every different value with all that say so.

    A date and a perpetrator that an operator set stand beside those of the accounts; filters,
    order, timeline and calendar go by them.
    """

    dates: list[DateBody]
    date_set: SetDateBody | None
    places: list[ValueBody]
    within: list[str] = Field(description="Wider places, the nearest first.")
    perpetrators: list[AttributionBody]
    perpetrator_set: SetPerpetratorBody | None
    targets: list[ValueBody]
    victims: list[ValueBody]
    killed: list[ValueBody]
    wounded: list[ValueBody]
    arrested: list[ValueBody]
    freed: list[ValueBody]
    weapons: list[ValueBody]
    outcome: list[ValueBody]
    attacks: list[ValueBody] = Field(
        description="Of how many attacks it consisted, where accounts say so."
    )
    hedges: list[str]
    actors: list[ActorReference]
    joined_because: list[str] = Field(description="What several accounts agree on.")
    accounts: list[AccountBody]

    @property
    def dates_in_force(self) -> Sequence[DateBody | SetDateBody]:
        """The operator's date, or else the accounts' dates."""
        return self.dates if self.date_set is None else [self.date_set]


class AttackList(BaseModel):
    """A page of the list of attacks."""

    total: int
    explanation: list[str] = Field(description="How the filters were understood.")
    attacks: list[AttackBody]


class TimelineEvent(AttackReference):
    """An attack on the timeline, at the operator's date or at each different one of accounts."""

    precision: str
    lane: str


class Timeline(BaseModel):
    """Attacks in time."""

    explanation: list[str]
    lanes: list[str]
    events: list[TimelineEvent] = Field(description="By first day, then title.")
    undated: list[AttackReference] = Field(description="Those without a resolved date.")


class CoveragePlace(BaseModel):
    """What is told of an actor at a place."""

    place: str
    status: str = Field(
        description="told: attacks are; named: documents name both and tell of no attack; not "
        "searched: those that name both were not wholly searched for attacks; not covered: no "
        "document names both; not told: too many documents to say which of these."
    )
    attacks: int
    years: dict[int, int] = Field(description="Attacks by year of their earliest date.")
    undated: int
    documents: int | None = Field(description="How many name both; null where not looked for.")
    not_searched: int = Field(description="How many of these were not wholly searched.")


class CoverageYear(BaseModel):
    """What is told of an actor's year."""

    year: int
    attacks: int = Field(description="Those whose earliest date lies in it.")
    documents: int = Field(description="Those published in it that name the actor.")


class CoverageActor(BaseModel):
    """An actor's row of the table."""

    actor: ActorReference
    documents: int
    attacks: int
    by_place: list[CoveragePlace]
    by_year: list[CoverageYear]


class NotSearchedDocument(BaseModel):
    """A document of which something was not searched for actors, attacks and strategies."""

    document: DocumentReference
    because: list[str] = Field(description="What was left out, and why.")


class NotSearched(BaseModel):
    """The documents that were not, or not wholly, searched: what they tell of may be missing."""

    total: int
    documents: list[NotSearchedDocument] = Field(
        description=f"By title, then id; the first {MAX_NOT_SEARCHED} of them."
    )


class CoverageBody(BaseModel):
    """Actor by place by year, telling "nothing found" from "not covered"."""

    explanation: list[str]
    places: list[str]
    years: list[int]
    searched: bool = Field(description="Whether documents were searched for the places.")
    actors: list[CoverageActor]
    not_searched: NotSearched


class AssertionBody(BaseModel):
    """One statement of a strategy."""

    kind: str
    asserter: str = Field(description="author, group or official: whose word it is.")
    by: str | None = Field(description="Who asserts it; null for the author.")
    hedges: list[str]
    citation: Words


class StrategyBody(BaseModel):
    """What reports assert of an actor under one theme, in order of publication."""

    id: str
    theme: str
    actor: ActorReference
    first: date | None = Field(description="When a report first asserts it.")
    last: date | None = Field(description="When a report last asserts it.")
    assertions: list[AssertionBody]


class StrategyList(BaseModel):
    """A page of the list of strategies."""

    total: int
    explanation: list[str] = Field(description="How the filters were understood.")
    strategies: list[StrategyBody]


class Place(BaseModel):
    """A stretch of a stored document, in code points of its text."""

    model_config = ConfigDict(extra="forbid")

    document: str = Field(description="Document id.", examples=[SAMPLE_ID])
    start: int = Field(ge=0, le=2**40)
    end: int = Field(ge=1, le=2**40)


Who = Annotated[Text, BeforeValidator(_stripped), Field(min_length=1, max_length=MAX_WHO_CHARS)]
Name = Annotated[Text, Field(min_length=1, max_length=MAX_NAME_CHARS)]


class CorrectionRequest(BaseModel):
    """What an operator decides against a record.

    - `merge`: `names` (two or more) are one actor's.
    - `split`: `names` are not one actor's: the first stays, the others become one of their own.
    - `join attacks`: the accounts at `places` (two or more) tell one event.
    - `part attacks`: the account at the first of `places` tells another event than the others.
    - `reject`: the record at `places` is wrong; `field` is account, strategy, role or relation.
    - `set`: the record at the first of `places` has `value` in `field`: of an account title, kind,
      date, perpetrator, places, targets, victims, killed, wounded, arrested, freed, weapons or
      outcome; of a statement of strategy theme, asserter or actor (by id). The words at a second of
      `places`, where given, say so. A date is a day (2022-03-14), a month (2022-03), a year (2022)
      or a period (2022-03-14/2022-03-20). Of a perpetrator, `names` is the actor, by id or any
      name, and `value` the rung: claimed, attributed, stated, suspected or denied.

    The place of an account is best its `named_by`: its sentences may tell of other attacks, too.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "merge",
                    "made_by": "Ann",
                    "names": ["Abu Omar Khorasani", "Abu Umar Khurasani"],
                    "note": "Same office, same death.",
                },
                {
                    "kind": "set",
                    "made_by": "Ann",
                    "places": [{"document": SAMPLE_ID, "start": 182, "end": 504}],
                    "field": "killed",
                    "value": "13",
                },
                {
                    "kind": "set",
                    "made_by": "Ann",
                    "places": [{"document": SAMPLE_ID, "start": 182, "end": 504}],
                    "field": "perpetrator",
                    "names": ["ISKP"],
                    "value": "claimed",
                },
            ]
        },
    )

    kind: CorrectionKind
    made_by: Who = Field(description="Who decides this; kept with it.")
    names: list[Name] = Field(default=[], max_length=100)
    places: list[Place] = Field(default=[], max_length=100)
    field: Text | None = Field(default=None, max_length=40)
    value: Text | None = Field(default=None, max_length=500)
    note: Text | None = Field(default=None, max_length=MAX_NOTE_CHARS, description="Why.")


class CorrectionBody(BaseModel):
    """A correction, and who took it back where somebody did."""

    number: int
    kind: str
    made_by: str
    made_at: datetime
    names: list[str]
    places: list[Place]
    citations: list[Words] = Field(description="The words at those places that are still stored.")
    field: str | None
    value: str | None
    note: str | None
    reads: str = Field(description="The decision as a sentence.")
    in_force: bool
    withdrawn_by: str | None
    withdrawn_at: str | None


class CorrectionList(BaseModel):
    """Corrections, oldest first."""

    total: int
    corrections: list[CorrectionBody]


class ActorBody(ActorReference):
    """An actor under all its names, every line cited."""

    kind: str
    parent: ActorReference | None
    documents: int = Field(description="How many documents name it.")
    origins: int = Field(description="How many of these are independent of each other.")
    mentions: int
    names: list[NameBody]
    joins: list[JoinBody]
    disputes: list[DisputeBody]
    roles: list[RoleBody]
    relations: list[RelationBody]
    attacks: list[AttackReference]
    strategies: list[StrategyBody]
    statements_made: list[StatementBody]
    statements_about: list[StatementBody]
    corrections: list[CorrectionBody] = Field(description="Those in force on its names.")
