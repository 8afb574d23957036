"""Records: what one document says of actors, attacks and strategies, each field with its span.

A document's records are a function of its text, its regions, its publication date and the register
of names. What several documents say of one thing is brought together in `analysis.collection`.
All offsets are half-open and count code points of the document's text.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ingest.document import RegionKind

ANALYSIS_VERSION = 5
"""Raised whenever the rules change what is found: documents are then analysed again."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch `text[start:end]` of the document that the record belongs to."""

    start: int
    end: int


class ActorKind(StrEnum):
    """What an actor is; a state and its bodies are institutions."""

    GROUP = "group"
    PERSON = "person"
    INSTITUTION = "institution"


@dataclass(frozen=True, slots=True)
class Mention:
    """A name of an actor where the document says it; `text` is the document's at `span`."""

    span: Span
    text: str
    kind: ActorKind
    canonical: str | None = None
    """The register's entry that the name is listed for or sounds like; None where there is none."""
    region: RegionKind | None = None
    """Of which marked region it is part; None for the author's own argument."""


class Reason(StrEnum):
    """Why two names are taken for one actor's."""

    SAME_NAME = "same name"
    REGISTER = "register"
    EXPANSION = "expansion"
    ALSO_KNOWN_AS = "also known as"
    APPOSITION = "apposition"
    SPELLING = "spelling"
    ROLE = "role"
    SHORT_FORM = "short form"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Tie:
    """That two mentions of this document name one actor, and the words that say so.

    `one` and `other` are places in `DocumentRecords.mentions`.
    """

    one: int
    other: int
    reason: Reason
    span: Span


class Hedge(StrEnum):
    """How a statement or a number is qualified."""

    REPORTED = "reported"
    ALLEGED = "alleged"
    POSSIBLE = "possible"
    DENIED = "denied"
    PLANNED = "planned"
    AT_LEAST = "at least"
    MORE_THAN = "more than"
    AT_MOST = "at most"
    ABOUT = "about"


@dataclass(frozen=True, slots=True)
class Qualifier:
    """A hedge and the word or words that make it."""

    kind: Hedge
    span: Span


class Precision(StrEnum):
    """How exactly a date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    RANGE = "range"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class When:
    """A date as written and, where it can be told, the first and the last day that it can mean.

    An expression like "two days before" counts from another date of the text or from the document's
    own, where that is stated; `counted_from` says from what. Unresolved, it has no days.
    """

    text: str
    span: Span
    precision: Precision
    first: date | None = None
    last: date | None = None
    counted_from: str | None = None
    qualifiers: tuple[Qualifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A place as written, and what it lies in according to the text or the register."""

    text: str
    span: Span
    canonical: str | None = None
    within: tuple[str, ...] = ()
    """Wider places, the nearest first: district, province, country."""


@dataclass(frozen=True, slots=True)
class Party:
    """Whoever takes part: a named actor, or people as the text describes them."""

    text: str
    span: Span
    mention: int | None = None
    """Place in `DocumentRecords.mentions` where it is a named actor."""
    qualifiers: tuple[Qualifier, ...] = ()


class Ladder(StrEnum):
    """How firmly a deed is laid on somebody, from the doer's own word to its denial."""

    CLAIMED = "claimed"
    ATTRIBUTED = "attributed"
    STATED = "stated"
    SUSPECTED = "suspected"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who did it, how firmly that is said, and by whom (None: by the author)."""

    actor: Party
    ladder: Ladder
    span: Span
    """The words that say so."""
    by: Party | None = None


class Harm(StrEnum):
    """What was done to people who are counted."""

    KILLED = "killed"
    WOUNDED = "wounded"
    ARRESTED = "arrested"
    FREED = "freed"


@dataclass(frozen=True, slots=True)
class Casualties:
    """How many came to harm, and who; `least` and `most` bound the number (None: no bound said)."""

    harm: Harm
    text: str
    span: Span
    least: int | None
    most: int | None
    who: str | None = None
    qualifiers: tuple[Qualifier, ...] = ()
    beside: bool = False
    """Whether they are counted beside somebody who came to the same harm: "him and six others"."""


class AttackKind(StrEnum):
    """What kind of event it is: an actor's attack, or an operation against one."""

    ATTACK = "attack"
    BOMBING = "bombing"
    SUICIDE_BOMBING = "suicide bombing"
    SHOOTING = "shooting"
    ASSASSINATION = "assassination"
    KIDNAPPING = "kidnapping"
    ARSON = "arson"
    PRISON_BREAK = "prison break"
    CLASH = "clash"
    RAID = "raid"
    ARREST = "arrest"
    EXECUTION = "execution"
    AIR_STRIKE = "air strike"


ATTACKS = frozenset(
    {
        AttackKind.ATTACK,
        AttackKind.BOMBING,
        AttackKind.SUICIDE_BOMBING,
        AttackKind.SHOOTING,
        AttackKind.ASSASSINATION,
        AttackKind.KIDNAPPING,
        AttackKind.ARSON,
        AttackKind.PRISON_BREAK,
    }
)
"""What armed groups do."""
OPERATIONS = frozenset(
    {AttackKind.RAID, AttackKind.ARREST, AttackKind.EXECUTION, AttackKind.AIR_STRIKE}
)
"""What is done against them."""


class Outcome(StrEnum):
    """How an attack ended, where the text says so."""

    CARRIED_OUT = "carried out"
    FAILED = "failed"
    FOILED = "foiled"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class Described:
    """A field whose value is what the text says: a weapon, a method, an outcome's words."""

    text: str
    span: Span
    qualifiers: tuple[Qualifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """How many attacks the words make of one event: "two attacks", "a suicide bombing"."""

    text: str
    span: Span
    number: int
    kind: AttackKind
    outright: bool
    """Whether a numeral or "single" says so and not an article alone."""


@dataclass(frozen=True, slots=True)
class Account:
    """What this document tells of one attack or operation; `span` holds the sentences that do."""

    kind: AttackKind
    trigger: Span
    """The word that names the event."""
    span: Span
    when: When | None = None
    places: tuple[Place, ...] = ()
    attributions: tuple[Attribution, ...] = ()
    targets: tuple[Party, ...] = ()
    victims: tuple[Party, ...] = ()
    casualties: tuple[Casualties, ...] = ()
    weapons: tuple[Described, ...] = ()
    outcome: Outcome = Outcome.CARRIED_OUT
    outcome_span: Span | None = None
    """The words that say how it ended; None where it is simply told as done."""
    qualifiers: tuple[Qualifier, ...] = ()
    """Hedges on the event as a whole ("reportedly")."""
    attacks: tuple[Counted, ...] = ()
    """Of how many attacks it consisted, where the words say so."""
    fatal: bool = False
    """Whether the words say of those to whom it was done that they died."""


@dataclass(frozen=True, slots=True)
class Role:
    """A post or part that an actor has: `title` as written, in or over `of`."""

    holder: int
    title: str
    span: Span
    of: int | None = None
    """The group or institution, as a place in `DocumentRecords.mentions`."""
    since: When | None = None
    until: When | None = None
    qualifiers: tuple[Qualifier, ...] = ()


class RelationKind(StrEnum):
    """How one actor stands to another: read "subject is … object"."""

    LEADER_OF = "leader of"
    MEMBER_OF = "member of"
    BRANCH_OF = "branch of"
    BROTHER_OF = "brother of"
    SUCCESSOR_OF = "successor of"
    KILLED_BY = "killed by"
    ALLIED_WITH = "allied with"
    FIGHTS = "fights"


@dataclass(frozen=True, slots=True)
class Relation:
    """That two actors stand in a relation, and the words that say so."""

    kind: RelationKind
    subject: int
    object: int
    span: Span
    by: Party | None = None
    """Who asserts it; None for the author."""
    qualifiers: tuple[Qualifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Death:
    """That a person died, and when and where as far as the sentence `span` says so."""

    who: int
    span: Span
    when: When | None = None
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """That an actor said something, and about whom; `span` is the whole statement."""

    speaker: int
    span: Span
    about: tuple[int, ...] = ()


class StrategyKind(StrEnum):
    """What a statement of strategy is about."""

    PURPOSE = "purpose"
    METHOD = "method"
    TARGETING = "targeting"
    EFFECT = "effect"
    MESSAGE = "message"


class Asserter(StrEnum):
    """Whose word a statement of strategy is: three different things to an analyst."""

    AUTHOR = "author"
    GROUP = "group"
    OFFICIAL = "official"


@dataclass(frozen=True, slots=True)
class StrategyStatement:
    """What an actor aims at or how it proceeds, as somebody asserts it; `span` says it."""

    kind: StrategyKind
    theme: str
    """What it is grouped by: a theme of `analysis.strategies`."""
    span: Span
    actor: int
    """Whose strategy it is, as a place in `DocumentRecords.mentions`."""
    asserter: Asserter = Asserter.AUTHOR
    by: Party | None = None
    when: When | None = None
    qualifiers: tuple[Qualifier, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentRecords:
    """All records of one document; `mentions` in text order."""

    mentions: tuple[Mention, ...] = ()
    ties: tuple[Tie, ...] = ()
    roles: tuple[Role, ...] = ()
    relations: tuple[Relation, ...] = ()
    statements: tuple[Statement, ...] = ()
    deaths: tuple[Death, ...] = ()
    accounts: tuple[Account, ...] = ()
    strategies: tuple[StrategyStatement, ...] = ()
    notes: tuple[str, ...] = ()
    """What was left out and why: a bound that was reached, a language that is not read."""
