"""Drafts: an account being drawn up, and when two drafts are of one event."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from analysis.dates import same_time
from analysis.places import COUNTRIES
from analysis.records import (
    ATTACKS,
    OPERATIONS,
    Account,
    AttackKind,
    Attribution,
    Casualties,
    Counted,
    Described,
    Harm,
    Outcome,
    Party,
    Place,
    Precision,
    Qualifier,
    Span,
    When,
)

_ONCE_DAYS = 31
_T = TypeVar("_T")


@dataclass
class Draft:
    """What is known so far of one event."""

    kind: AttackKind
    exact: bool
    """False where the word fits several kinds: a man may be killed in any."""
    trigger: Span
    span: Span
    sentence: int
    """Number of the last sentence that tells of it."""
    when: When | None = None
    carried: bool = False
    """Whether the date is that of a sentence before."""
    places: list[Place] = field(default_factory=list)
    attributions: list[Attribution] = field(default_factory=list)
    targets: list[Party] = field(default_factory=list)
    victims: list[Party] = field(default_factory=list)
    casualties: list[Casualties] = field(default_factory=list)
    weapons: list[Described] = field(default_factory=list)
    attacks: list[Counted] = field(default_factory=list)
    outcome: Outcome = Outcome.CARRIED_OUT
    outcome_span: Span | None = None
    qualifiers: list[Qualifier] = field(default_factory=list)
    deadly: bool = False
    """Whether the words are of killing, not of an attack."""
    fatal: bool = False
    """Whether any of them says that somebody died."""
    quiet: bool = False
    """Whether they are of dying only, which takes no enemy."""
    anaphoric: bool = False
    """Whether it names nothing but an event told before: "the attack"."""
    plural: bool = False
    definite: bool = False
    counted: bool = False
    pinned: bool = False
    """Whether a person or a building is named to whom it was done."""
    placed: bool = False
    """Whether a place below a country is named."""
    told_before: bool = False
    """Whether it names the dead of an event that was told: "among those killed were ..."."""
    persons: frozenset[str] = frozenset()
    """Names of the persons to whom it was done, as they are compared."""
    group: int | None = None
    """The mention of whom "the group" means where it is told."""
    additional: bool = False
    """Whether it is told as one more of a kind: "was attacked as well"."""

    def stands_alone(self) -> bool:
        """Whether it is pinned down as one event, and is no talk of events in general."""
        when = self.when if self.when is not None and self.when.first is not None else None
        dated = when is not None and not self.carried
        exact = when is not None and when.precision in (Precision.DAY, Precision.MONTH)
        if self.plural:
            by_day = (
                dated
                and when is not None
                and when.precision is Precision.DAY
                and any(char.isdigit() for char in when.text)
            )
            numbered = any(each.least or each.most for each in self.casualties)
            told_once = self.definite and not self.counted
            if when is not None and when.last is not None and when.first is not None:
                # What lasts for months is a series.
                told_once &= (when.last - when.first).days <= _ONCE_DAYS
            return by_day or (self.pinned and told_once) or (self.placed and numbered)
        if self.quiet and not exact and not self.places:
            return False
        if self.pinned or self.placed:
            return True
        told = bool(self.attributions or self.casualties or self.targets or self.victims)
        return exact and told and not self.anaphoric

    def take(self, other: "Draft") -> None:
        """Add what `other` tells of the same event."""
        sharper = other.exact and not self.exact
        if sharper or (self.kind is AttackKind.ATTACK and self.deadly and not other.deadly):
            self.kind, self.exact = other.kind, other.exact
        vague = self.when is None or self.when.first is None
        if other.when is not None and (vague or (self.carried and not other.carried)):
            self.when, self.carried = other.when, other.carried
        self.span = Span(min(self.span.start, other.span.start), max(self.span.end, other.span.end))
        self.sentence = max(self.sentence, other.sentence)
        _extend(self.places, other.places)
        _extend(self.attributions, other.attributions)
        _extend(self.targets, other.targets)
        _extend(self.victims, other.victims)
        _extend(self.casualties, other.casualties)
        _extend(self.weapons, other.weapons)
        _extend(self.attacks, other.attacks)
        _extend(self.qualifiers, other.qualifiers)
        if other.outcome_span is not None:
            self.outcome, self.outcome_span = other.outcome, other.outcome_span
        self.pinned |= other.pinned
        self.placed |= other.placed
        self.persons |= other.persons
        self.deadly &= other.deadly
        self.fatal |= other.fatal
        self.quiet &= other.quiet
        self.anaphoric &= other.anaphoric

    def goes_on(self, event: "Draft") -> bool:
        """Whether `event`, told after it, may be the same, told further."""
        if not fit(self, event) or event.additional:
            return False
        if self.when and event.when and not same_time(self.when, event.when):
            return False
        if self.persons and event.persons:
            return bool(self.persons & event.persons)
        if event.told_before:
            return True
        if event.anaphoric:
            if event.plural and not self.plural:
                return self.shares_place(event)
            return not event.exact or event.kind is self.kind or not (self.exact or self.deadly)
        unnamed = not event.pinned and not event.placed and not event.persons
        if event.carried and unnamed and event.when == self.when:
            return True
        if any(party.text.lower().startswith(("a ", "an ")) for party in event.victims):
            return False
        return not event.stands_alone()

    def tells_in_general(self, event: "Draft") -> bool:
        """Whether the sentence before `event` told of deeds like it in general, by the same doers.

        "The rebels answered with raids. On 3 May they announced …": the author says it, too.
        """
        doers = {each.actor.mention for each in event.attributions}
        return (
            self.plural
            and not self.stands_alone()
            and event.sentence - self.sentence == 1
            and fit(self, event)
            and bool(doers & {each.actor.mention for each in self.attributions})
        )

    def shares_place(self, other: "Draft") -> bool:
        """Whether both name one place below a country, or places that lie in one."""
        ours, theirs = _names_of(self.places), _names_of(other.places)
        return bool(ours & theirs)

    def is_part_of(self, other: "Draft") -> bool:
        """Whether a sentence that tells both tells one event: nothing of this one is its own."""
        if not fit(self, other) or (self.persons and other.persons != self.persons):
            return False
        if self.anaphoric and self.deadly != other.deadly:
            return False
        if self.plural and (not other.plural or self.victims):
            return False
        if self.when and other.when and not same_time(self.when, other.when):
            return False
        if self.targets or (
            self.attributions
            and other.attributions
            and (
                {each.actor.mention for each in self.attributions}
                != {each.actor.mention for each in other.attributions}
            )
        ):
            return False
        return not self.places or self.shares_place(other)

    def only(self, party: Party, when: When | None) -> "Draft":
        """Return a draft of what was done to one of its parties alone."""
        return replace(
            self,
            when=when,
            victims=[each for each in self.victims if each == party],
            targets=[each for each in self.targets if each == party],
            plural=False,
            places=[
                place
                for place in self.places
                if not any(
                    other.span.start <= place.span.start and place.span.end <= other.span.end
                    for other in self.targets
                    if other != party
                )
            ],
            attributions=list(self.attributions),
            casualties=list(self.casualties),
            weapons=list(self.weapons),
            attacks=[],
            qualifiers=list(self.qualifiers),
        )

    def account(self) -> Account:
        """Return what was drawn up."""
        killed = any(each.harm is Harm.KILLED for each in self.casualties)
        return Account(
            # Who kills some and arrests others raids.
            kind=AttackKind.RAID if killed and self.kind is AttackKind.ARREST else self.kind,
            trigger=self.trigger,
            span=self.span,
            when=self.when,
            places=tuple(_once(self.places)),
            attributions=tuple(_once(self.attributions)),
            targets=tuple(_once(self.targets)),
            victims=tuple(_once(self.victims)),
            casualties=tuple(_once(self.casualties)),
            weapons=tuple(_once(self.weapons)),
            attacks=tuple(_once(self.attacks)),
            fatal=self.fatal and self.outcome is Outcome.CARRIED_OUT,
            outcome=self.outcome,
            outcome_span=self.outcome_span,
            qualifiers=tuple(_once(self.qualifiers)),
        )


def fit(one: Draft, other: Draft) -> bool:
    """Whether the words of two drafts can name one event: "the attack" and "the bombing"."""
    if one.kind is other.kind:
        return True
    for loose, firm in ((one, other), (other, one)):
        if loose.kind is AttackKind.RAID and not loose.exact and loose.definite:
            return True
        if loose.kind is AttackKind.ATTACK and not loose.exact:
            return loose.deadly or firm.kind in ATTACKS or firm.deadly or not firm.exact
    return any(one.kind in kinds and other.kind in kinds for kinds in (ATTACKS, OPERATIONS))


def _names_of(places: Iterable[Place]) -> set[str]:
    return {
        name
        for place in places
        for name in (place.canonical or place.text, *place.within)
        if name not in COUNTRIES
    }


def _extend(mine: list[_T], others: Iterable[_T]) -> None:
    mine.extend(each for each in others if each not in mine)


def _once(items: Iterable[_T]) -> list[_T]:
    return list(dict.fromkeys(items))
