"""Questions that records answer: a list or a count of attacks, or who led a group.

A question counts as one only if nothing of it is left over: an opening that asks for a list or a
number, a word for a kind of attack, and names of actors, places and periods with the words between
them. A word that none of these explains ("recent", "whose", "first") is a condition that records
may not know, and the question goes the usual way, to the reports' sentences.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from analysis.collection import Records
from analysis.dates import find_whens
from analysis.lookup import Lookup, NotMeant
from analysis.records import AttackKind, Precision
from analysis.terms import STOP_WORDS, stem, words
from ingest.document import Document

OPERATIONS = frozenset(
    {
        AttackKind.RAID,
        AttackKind.ARREST,
        AttackKind.EXECUTION,
        AttackKind.AIR_STRIKE,
        AttackKind.CLASH,
    }
)
"""What is done against an armed group: an "operation", and no "attack" where that is asked for."""
ATTACKS = frozenset(AttackKind) - OPERATIONS
_BOMBINGS = frozenset({AttackKind.BOMBING, AttackKind.SUICIDE_BOMBING})

# Several words first: the longest that fits is what is meant.
_KINDS: dict[tuple[str, ...], frozenset[AttackKind]] = {
    tuple(stem(word) for word in written.split()): kinds
    for written, kinds in (
        ("suicide attacks", frozenset({AttackKind.SUICIDE_BOMBING})),
        ("suicide bombings", frozenset({AttackKind.SUICIDE_BOMBING})),
        ("terrorist attacks", ATTACKS),
        ("terror attacks", ATTACKS),
        ("bomb attacks", _BOMBINGS),
        ("prison breaks", frozenset({AttackKind.PRISON_BREAK})),
        ("air strikes", frozenset({AttackKind.AIR_STRIKE})),
        ("attacks", ATTACKS),
        ("assaults", ATTACKS),
        ("bombings", _BOMBINGS),
        ("explosions", _BOMBINGS),
        ("shootings", frozenset({AttackKind.SHOOTING})),
        ("assassinations", frozenset({AttackKind.ASSASSINATION})),
        ("kidnappings", frozenset({AttackKind.KIDNAPPING})),
        ("abductions", frozenset({AttackKind.KIDNAPPING})),
        ("arsons", frozenset({AttackKind.ARSON})),
        ("jailbreaks", frozenset({AttackKind.PRISON_BREAK})),
        ("clashes", frozenset({AttackKind.CLASH})),
        ("raids", frozenset({AttackKind.RAID})),
        ("arrests", frozenset({AttackKind.ARREST})),
        ("executions", frozenset({AttackKind.EXECUTION})),
        ("airstrikes", frozenset({AttackKind.AIR_STRIKE})),
        ("operations", OPERATIONS),
    )
}
_LONGEST_KIND = max(map(len, _KINDS))

_OPENERS = frozenset("which what list name give show tell enumerate all every the me of a".split())
_ASKS_LIST = frozenset("which what list name give show tell enumerate".split())
# Words that ask or link and add no condition of their own.
_LINKS = (
    (STOP_WORDS - frozenset(
        "no nor not only most more few other why how who whom whose where when because than if "
        "their his her its he she they them same both again too further before after until under "
        "above below against down off once own few just".split()
    ))
    | frozenset(
        "carried carry out committed commit conducted conduct staged stage launched launch "
        "perpetrated perpetrate mounted mount happened happen took take taken place occurred occur "
        "attributed attribute ascribed ascribe blamed blame laid lay claimed claim responsibility "
        "responsible known recorded documented total number many group organisation organization "
        "movement members fighters since until before after till through late early against may "
        "targeting targeted".split()
    )
)  # fmt: skip
_ON = frozenset({"against", "on", "targeting", "targeted"})
_BY_CLAIM = frozenset({"claim", "claimed"})
_LEADING = frozenset("led leads headed heads commanded".split())
_NOW = frozenset("leads heads are current present".split())
_LEADERS = frozenset("leaders heads chiefs emirs commanders leader".split())
_MAX_NAME_WORDS = 8


class Form(StrEnum):
    """What a question asks of the records."""

    ATTACKS = "attacks"
    COUNT = "count"
    LEADERS = "leaders"


@dataclass(frozen=True, slots=True)
class RecordQuestion:
    """Which records are asked for; what is empty or None is no condition."""

    form: Form
    kinds: frozenset[AttackKind] = ATTACKS
    perpetrators: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    """As folded words joined by spaces, see `place_key`."""
    first: date | None = None
    last: date | None = None
    still: bool = False
    """Whether those who lead now are asked for, not all who ever did."""
    claimed: bool = False
    """Whether only what the perpetrator itself claims is asked for."""
    because: tuple[str, ...] = field(default=())
    """How the names were understood, in sentences."""


def place_key(place: str) -> str:
    """Return what two writings of one place share."""
    return " ".join(word.form for word in words(place))


class _Reader:
    """Takes a question's words one by one until none is left to explain."""

    def __init__(self, text: str, records: Records, lookup: Lookup) -> None:
        self.text = text
        self.records = records
        self.lookup = lookup
        self.words = words(text)
        self.left = set(range(len(self.words)))
        self.because: list[str] = []
        self._listed = {(name.start, name.end) for name in records.register.mentions(text)}

    def forms(self) -> list[str]:
        return [word.form for word in self.words]

    def take(self, first: int, end: int) -> None:
        self.left -= set(range(first, end))

    def period(self) -> tuple[date | None, date | None] | None:
        """Take the dates; return the first and the last day, None where a date has no year."""
        first: date | None = None
        last: date | None = None
        for when in find_whens(Document(text=self.text, title="")):
            if when.precision is Precision.UNRESOLVED or when.first is None or when.last is None:
                return None
            inside = [
                at
                for at, word in enumerate(self.words)
                if when.span.start <= word.start < when.span.end
            ]
            self.left -= set(inside)
            before = self.words[inside[0] - 1].form if inside and inside[0] else ""
            if before in ("since", "from"):
                first = when.first
            elif before == "after":
                first = date.fromordinal(when.last.toordinal() + 1)
            elif before == "before":
                last = date.fromordinal(when.first.toordinal() - 1)
            elif before in ("until", "till", "to", "through", "by"):
                last = when.last
            else:
                first, last = when.first, when.last
        return first, last

    def names(self) -> Iterator[tuple[int, str]]:
        """Take the actors' names; yield the word before each and the actor."""
        at = 0
        while at < len(self.words):
            end, actor = self._name_at(at)
            if actor is None:
                at += 1
                continue
            yield at, actor
            self.take(at, end)
            at = end

    def _name_at(self, at: int) -> tuple[int, str | None]:
        for end in range(min(len(self.words), at + _MAX_NAME_WORDS), at, -1):
            if not self.left >= set(range(at, end)) or not self._is_name(at, end):
                continue
            typed = self.text[self.words[at].start : self.words[end - 1].end]
            try:
                meant = self.lookup.actor(typed, strictly=True)
            except NotMeant:
                continue
            name = self.records.actor[meant.ids[0]].name
            if name != typed:
                self.because.append(f"Matched ‘{typed}’ as {name} because {meant.because}.")
            return end, meant.ids[0]
        return at, None

    def _is_name(self, first: int, end: int) -> bool:
        """Whether the words may be a name: in the register, or with capitals at both ends."""
        each = [self.words[at] for at in (first, end - 1)]
        if (each[0].start, each[1].end) in self._listed:
            return True
        return all(self.text[word.start].isupper() for word in each) and (
            first > 0 or end - first > 1
        )

    def places(self) -> Iterator[str]:
        """Take the places that the records know; yield their keys."""
        known = {
            place_key(place)
            for attack in self.records.attacks
            for place in (*(each.value for each in attack.places), *attack.within)
        } - {""}
        at = 0
        while at < len(self.words):
            for end in range(min(len(self.words), at + _MAX_NAME_WORDS), at, -1):
                key = " ".join(word.form for word in self.words[at:end])
                if key in known and self.left >= set(range(at, end)):
                    self.take(at, end)
                    yield key
                    at = end - 1
                    break
            at += 1


def read_record_question(text: str, records: Records, lookup: Lookup) -> RecordQuestion | None:
    """Return what `text` asks of the records; None where it asks for something else, or for more.

    A list or a count needs a condition beside the kind of attack: an actor, a place or a period.
    """
    reader = _Reader(text, records, lookup)
    forms = reader.forms()
    if not forms:
        return None
    leaders = _leaders(reader, forms)
    if leaders is not None:
        return leaders
    head = _head(forms)
    if head is None:
        return None
    form, end, kinds = head
    reader.take(0, end)
    period = reader.period()
    if period is None:
        return None
    perpetrators: list[str] = []
    targets: list[str] = []
    # Places first: "in Kabul" is where, though an institution may have Kabul in its name.
    places = list(reader.places())
    for at, actor in reader.names():
        before = {forms[at - 1]} | ({forms[at - 2]} if forms[at - 1] == "the" else set())
        (targets if before & _ON else perpetrators).append(actor)
    unexplained = [at for at in reader.left if forms[at] not in _LINKS]
    conditions = (*perpetrators, *targets, *places, *(day for day in period if day is not None))
    if unexplained or not conditions:
        return None
    return RecordQuestion(
        form,
        kinds,
        tuple(dict.fromkeys(perpetrators)),
        tuple(dict.fromkeys(targets)),
        tuple(dict.fromkeys(places)),
        *period,
        claimed=bool(_BY_CLAIM & set(forms)),
        because=tuple(reader.because),
    )


def _head(forms: Sequence[str]) -> tuple[Form, int, frozenset[AttackKind]] | None:
    """Return what the opening asks for: the form, where its noun ends, and the kinds."""
    at = 0
    counts = forms[:2] == ["how", "many"]
    if counts:
        at = 2
    else:
        while at < len(forms) and forms[at] in _OPENERS:
            at += 1
        if forms[at : at + 2] == ["number", "of"]:
            counts, at = True, at + 2
        elif not set(forms[:at]) & _ASKS_LIST:
            return None
    for length in range(_LONGEST_KIND, 0, -1):
        noun = tuple(stem(form) for form in forms[at : at + length])
        # One attack is asked for by what is told of it, several by the list of them.
        if noun in _KINDS and forms[at + length - 1].endswith("s"):
            return (Form.COUNT if counts else Form.ATTACKS), at + length, _KINDS[noun]
    return None


def _leaders(reader: _Reader, forms: Sequence[str]) -> RecordQuestion | None:
    """Return the question who led a group, if it is one and nothing else."""
    asks_who = forms[0] == "who"
    verb = next((at for at, form in enumerate(forms) if form in _LEADING), None)
    noun = next((at for at, form in enumerate(forms) if form in _LEADERS), None)
    if asks_who and verb is not None and verb <= 2:
        reader.take(0, verb + 1)
    elif (
        noun is not None
        and forms[noun].endswith("s")
        and noun <= 4
        and (asks_who or forms[0] in _ASKS_LIST)
    ):
        reader.take(0, noun + 1)
    else:
        return None
    groups = [actor for _, actor in reader.names()]
    rest = [at for at in reader.left if forms[at] not in ("the", "of", "group", "organization")]
    if len(groups) != 1 or rest:
        return None
    return RecordQuestion(
        Form.LEADERS,
        perpetrators=(groups[0],),
        still=not _NOW.isdisjoint(forms),
        because=tuple(reader.because),
    )
