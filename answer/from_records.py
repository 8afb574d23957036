"""Answers from records: lists and counts of attacks and who led a group, each item cited.

The records were made at ingest from the same documents, and every item rests on their exact words;
so the answer is a citation for each item, in order of time, and its `answer` is the first one's
words. A number is counted only where no text states it.

`confidence` is the expected share of right items: RIGHT for each, lowered by HEDGED where the
report itself hedges or only suspects who did it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from analysis.collection import (
    Actor,
    Attack,
    AttributedTo,
    Dated,
    Evidence,
    FieldValue,
    Records,
    SetPerpetrator,
    Told,
)
from analysis.records import Hedge, Ladder, RelationKind, Span
from analysis.terms import words
from analysis.values import find_dates
from answer.answer import Citation, Conflict
from answer.question import Expects, Question
from answer.record_question import Form, RecordQuestion, place_key, read_record_question
from index.narrow import happened_within
from index.search import Filters
from index.snapshot import Snapshot
from ingest.chunk import Passage
from ingest.sentences import sentence_spans

RIGHT = 0.85
"""Least share of right items that records are built to hold. Of the sample reports' attacks all are
right, but the rules were made on them: other reports will be told less plainly."""
HEDGED = 0.8
MAX_ITEMS = 200
"""A longer list is a table: it is cut here, and the explanation says so."""
_ANSWER_CHARS = 160
# Characters before a role in which "once the" or "a former" stands.
_BESIDE = 20
_ASKED = frozenset({"dates", "perpetrators", "places"})
"""What a list is asked by; where accounts differ on it, each is cited."""
_FIELDS = {
    Expects.DATE: ("dates",),
    Expects.NUMBER: ("killed", "wounded", "arrested", "freed"),
    Expects.PLACE: ("places",),
    Expects.PERSON: ("perpetrators", "victims"),
    Expects.GROUP: ("perpetrators", "targets"),
}
"""Which fields of an attack a question may ask for; any other question, for the outcome."""
_FORMER = re.compile(r"\b(?:former(?:ly)?|once|ex|previous(?:ly)?|then)\b", re.IGNORECASE)
_DOUBTS = frozenset({Hedge.REPORTED, Hedge.ALLEGED, Hedge.POSSIBLE, Hedge.DENIED, Hedge.PLANNED})


@dataclass(frozen=True, slots=True)
class FromRecords:
    """What the records say to a question; no citations where they say nothing."""

    citations: tuple[Citation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    confidence: float = 0.0
    explanations: tuple[str, ...] = ()


def answer_from_records(
    snapshot: Snapshot, question: str, filters: Filters | None = None, *, stated: bool = False
) -> FromRecords:
    """Return what the records of `snapshot` that pass `filters` answer to `question`.

    Nothing where it is no question for records or they hold nothing for it: then the sentences of
    the reports may still answer. `stated` says that a text states the number that is asked for: it
    wins over a count, and the explanation says so.
    """
    if _ASKS.match(question) is None:
        return FromRecords()
    records = snapshot.records
    asked = read_record_question(question, records, snapshot.lookup)
    if asked is None:
        return FromRecords()
    shelf = _Shelf(snapshot, filters or Filters())
    if asked.form is Form.LEADERS:
        return _leaders(records, asked, shelf)
    found = _attacks(records, asked, shelf)
    if asked.form is Form.COUNT and stated:
        return FromRecords(
            explanations=("The number is the text’s own; recorded events were not counted.",)
        )
    return found


_ASKS = re.compile(
    r"^\W*(?:which|what|how many|(?:the )?number of|list|name|give|show|tell|who|enumerate|all)\b",
    re.IGNORECASE,
)
"""How questions begin for which it is worth bringing the records together."""


class _Shelf:
    """Cuts citations from the documents that filters let through; each document is read once."""

    def __init__(self, snapshot: Snapshot, filters: Filters) -> None:
        self._snapshot = snapshot
        self._filters = filters
        self._texts: dict[str, str] = {}
        self._passages: dict[str, list[Passage]] = {}

    def cite(
        self, number: int, document_id: str, answer: Span, around: Span | None = None
    ) -> Citation | None:
        """Return the sentences that hold `answer` as a citation; None if filters keep them out.

        With `around`, the sentences that hold that are quoted, too.
        """
        passage = self._passage(document_id, answer)
        info = self._snapshot.info(document_id)
        if passage is None or info is None:
            return None
        text = self._texts[document_id]
        held = around or answer
        held = Span(min(answer.start, held.start), max(answer.end, held.end))
        start, end = _sentences(passage, held)
        return Citation(
            number=number,
            document=info,
            passage_id=passage.id,
            start=start,
            end=end,
            quote=text[start:end],
            answer_start=answer.start,
            answer_end=answer.end,
        )

    def text(self, document_id: str) -> str:
        """Return a document's text."""
        if document_id not in self._texts:
            document = self._snapshot.document(document_id)
            # Records and documents come from one snapshot.
            assert document is not None
            self._texts[document_id] = document.text
        return self._texts[document_id]

    def _passage(self, document_id: str, answer: Span) -> Passage | None:
        self.text(document_id)
        if document_id not in self._passages:
            self._passages[document_id] = self._snapshot.passages_within(document_id, self._filters)
        for passage in self._passages[document_id]:
            if passage.start <= answer.start < passage.end:
                return passage
        return None


def _sentences(passage: Passage, held: Span) -> tuple[int, int]:
    """Return the sentences of the passage that hold `held`, which may reach beyond it."""
    spans = [(passage.start + s, passage.start + e) for s, e in sentence_spans(passage.text)]
    starts = [start for start, _ in spans]
    first = spans[max(0, bisect_right(starts, held.start) - 1)]
    last = spans[max(0, bisect_right(starts, held.end - 1) - 1)]
    return min(first[0], held.start), max(last[1], held.end)


def _attacks(records: Records, asked: RecordQuestion, shelf: _Shelf) -> FromRecords:
    perpetrators, relations = _with_kin(records, asked.perpetrators)
    targets, _ = _with_kin(records, asked.targets)
    fitting = [
        attack
        for attack in records.attacks
        if attack.kind in asked.kinds and _fits(attack, asked, perpetrators, targets)
    ]
    period = asked.first is not None or asked.last is not None
    dated = [a for a in fitting if not period or happened_within(a, asked.first, asked.last)]
    undated = [a for a in fitting if period and a.first is None and a.last is None]
    citations: list[Citation] = []
    conflicts: list[Conflict] = []
    shares: list[float] = []
    cited: list[Attack] = []
    for attack in sorted(dated, key=_in_time)[:MAX_ITEMS]:
        found = _cite_attack(attack, shelf, len(citations))
        if not found:
            continue
        citations += found
        conflicts += _conflicts(attack, found)
        doubted = bool(_DOUBTS & set(attack.hedges)) or _only_suspected(attack, perpetrators)
        shares.append(RIGHT * (HEDGED if doubted else 1.0))
        cited.append(attack)
    if not citations:
        return FromRecords()
    says = [*asked.because, *relations]
    noun = "event" if len(cited) == 1 else "events"
    if asked.form is Form.COUNT:
        says.append(
            f"No number stated for this was found, so recorded {noun} are counted: {len(cited):,}."
        )
    else:
        says.append(f"Answered from the records: {len(cited):,} {noun}, in order of time.")
    if undated:
        says.append(f"{len(undated):,} more without a known date are left out.")
    if len(dated) > MAX_ITEMS:
        says.append(f"Only the first {MAX_ITEMS} of {len(dated):,} are shown.")
    return FromRecords(
        tuple(citations),
        tuple(conflicts),
        sum(shares) / len(shares),
        tuple(says),
    )


def with_disputes(
    snapshot: Snapshot,
    asked: Question,
    citations: Sequence[Citation],
    filters: Filters | None = None,
) -> tuple[tuple[Citation, ...], tuple[Conflict, ...]]:
    """Return the citations with those of other accounts of what was asked, and the conflicts.

    Where a citation's answer is a recorded value on which accounts differ, be it in one document or
    in words, each other value is cited, too. The given citations come first, unchanged.
    """
    if not citations:
        return (), ()
    shelf = _Shelf(snapshot, filters or Filters())
    cited = list(citations)
    conflicts = []
    for about, values in _disputed(snapshot.records, asked, citations, shelf):
        numbered = {}
        for text, places in values.items():
            numbers = {_number_of(place, cited, shelf) for place in places} - {None}
            if numbers:
                numbered[text] = tuple(sorted(number for number in numbers if number))
        if len(numbered) > 1:
            conflicts.append(Conflict(about, tuple(numbered.items())))
    return tuple(cited), tuple(conflicts)


def _disputed(
    records: Records, asked: Question, citations: Sequence[Citation], shelf: _Shelf
) -> Iterator[tuple[str, dict[str, list[Evidence]]]]:
    """Yield what accounts differ on and the citations answer with: the values, each with places."""
    for attack in records.attacks:
        for name in attack.differing:
            if name not in _FIELDS.get(asked.expects, ("outcome",)):
                continue
            values = _values_of(attack, name)
            if any(_answers(c, place) for c in citations for _, each in values for place in each):
                by_text: dict[str, list[Evidence]] = {}
                for text, places in values:
                    by_text.setdefault(text, []).extend(places)
                yield f"{attack.title}: {name}", by_text
    for actor in records.actors:
        for dispute in actor.disputes:
            if len(dispute.evidence) > 1 and any(
                _answers(citation, place) and _names(actor, f"{asked.text} {citation.answer}")
                for citation in citations
                for place in dispute.evidence
            ):
                by_text = {}
                for place in dispute.evidence:
                    by_text.setdefault(_worded(asked, place, shelf), []).append(place)
                yield f"{actor.name}: {dispute.note}", by_text


def _values_of(attack: Attack, name: str) -> list[tuple[str, tuple[Evidence, ...]]]:
    """Return the values of a field as written, each with its places."""
    if name == "dates":
        # "August" excludes neither the 15th nor the 16th: what holds another date is left out.
        return [
            (each.text, (each.evidence,))
            for each in attack.dates
            if not any(_holds(each, other) for other in attack.dates if other is not each)
        ]
    if name == "perpetrators":
        return [(each.text, (each.evidence,)) for each in attack.perpetrators]
    found: tuple[FieldValue, ...] = getattr(attack, name)
    return [(each.value, each.evidence) for each in found]


def _holds(one: Dated, other: Dated) -> bool:
    """Whether all days that `other` can mean are among those of `one`, which can mean more."""
    if one.first is None or one.last is None or other.first is None or other.last is None:
        return False
    return (
        one.first <= other.first
        and other.last <= one.last
        and ((one.first, one.last) != (other.first, other.last))
    )


def _answers(citation: Citation, place: Evidence) -> bool:
    """Whether the citation's answer and the place share words."""
    return (
        citation.document.id == place.document_id
        and citation.answer_start < place.end
        and place.start < citation.answer_end
    )


def _names(actor: Actor, text: str) -> bool:
    """Whether `text` has all words of one of the actor's names.

    The sentence that tells of a death may answer how many gunmen there were, too.
    """
    said = {word.form for word in words(text)}
    return any({word.form for word in words(name.text)} <= said for name in actor.names)


def _worded(asked: Question, place: Evidence, shelf: _Shelf) -> str:
    """Return the words at `place` that answer: its date where one is asked for, else all."""
    text = shelf.text(place.document_id)[place.start : place.end].strip()
    dates = find_dates(text) if asked.expects is Expects.DATE else []
    return text[dates[0].start : dates[0].end] if dates else text


def _number_of(place: Evidence, cited: list[Citation], shelf: _Shelf) -> int | None:
    """Return the number of the citation that holds `place`, added to `cited` where none does."""
    for citation in cited:
        if citation.document.id == place.document_id and (
            citation.start <= place.start and place.end <= citation.end
        ):
            return citation.number
    added = shelf.cite(len(cited) + 1, place.document_id, Span(place.start, place.end))
    if added is None:
        return None
    cited.append(added)
    return added.number


def _with_kin(records: Records, ids: Sequence[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the actors with their branches, and those whose names reports use for them, too.

    Also what was added, in sentences: an analyst must be able to object.
    """
    found = dict.fromkeys(ids)
    says = []
    for key in ids:
        name = records.actor[key].name
        branches = [each for each in records.actors if each.parent == key]
        if branches:
            found |= dict.fromkeys(each.id for each in branches)
            says.append(f"Branches of {name} are included: {_named(branches)}.")
        used = _used_for(records, name)
        if used:
            found |= dict.fromkeys(each.id for each in used)
            says.append(
                f"What is laid on {_named(used)} is included, for reports use that name for {name}."
            )
    return frozenset(found), tuple(says)


def _used_for(records: Records, name: str) -> list[Actor]:
    """Return the actors whose names, as the register says, reports also use for `name`."""
    entries = {entry.canonical for entry in records.register.entries if name in entry.also_used_for}
    return [actor for actor in records.actors if actor.name in entries]


def _named(actors: Iterable[Actor]) -> str:
    return ", ".join(actor.name for actor in actors)


def _fits(
    attack: Attack, asked: RecordQuestion, perpetrators: frozenset[str], targets: frozenset[str]
) -> bool:
    if perpetrators and not any(
        _laid_on(each, asked, perpetrators) for each in attack.perpetrators_in_force
    ):
        return False
    if targets and not any(value.actor in targets for value in (*attack.targets, *attack.victims)):
        return False
    if asked.places:
        places = {place_key(value.value) for value in attack.places}
        places |= {place_key(wider) for wider in attack.within}
        if not places & set(asked.places):
            return False
    return True


def _laid_on(
    each: AttributedTo | SetPerpetrator, asked: RecordQuestion, perpetrators: frozenset[str]
) -> bool:
    if each.actor not in perpetrators or each.ladder is Ladder.DENIED:
        return False
    return not asked.claimed or each.ladder is Ladder.CLAIMED


def _only_suspected(attack: Attack, perpetrators: frozenset[str]) -> bool:
    rungs = {each.ladder for each in attack.perpetrators_in_force if each.actor in perpetrators}
    return rungs == {Ladder.SUSPECTED}


def _in_time(attack: Attack) -> tuple[date, str]:
    return attack.first or attack.last or date.max, attack.id


def _cite_attack(attack: Attack, shelf: _Shelf, before: int) -> list[Citation]:
    """Return a citation of the account that says most, of two the earlier report's.

    Where accounts differ on what lists are asked by, each document's is cited. Nothing where
    filters keep all accounts out.
    """
    found: list[Citation] = []
    tellers = sorted(attack.accounts, key=_best_teller)
    differ = bool(_ASKED & set(attack.differing))
    for told in tellers:
        if found and (not differ or told.document_id in {c.document.id for c in found}):
            continue
        span = _telling(told, shelf.text(told.document_id))
        citation = shelf.cite(before + len(found) + 1, told.document_id, span)
        if citation is not None:
            found.append(citation)
    return found


def _best_teller(told: Told) -> tuple[int, date, str]:
    return -_says(told), told.published or date.max, told.document_id


def _says(told: Told) -> int:
    """Return how much an account says of when, where, by whom and against whom."""
    account = told.account
    return sum(
        map(bool, (account.when, account.places, account.attributions, account.targets))
    ) + bool(account.victims)


def _telling(told: Told, text: str) -> Span:
    """Return the words that name the event: the trigger with what it was aimed at, in one piece."""
    account = told.account
    start, end = account.trigger.start, account.trigger.end
    for party in sorted((*account.targets, *account.victims), key=lambda each: each.span):
        first, last = min(start, party.span.start), max(end, party.span.end)
        between = text[first:last]
        if last - first <= _ANSWER_CHARS and not re.search(r"[.!?]\s", between):
            start, end = first, last
    return Span(start, end)


def _conflicts(attack: Attack, citations: Sequence[Citation]) -> Iterator[Conflict]:
    """Yield the fields on which accounts differ, each value with the citations of who gives it."""
    for name in attack.differing:
        values: dict[str, set[int]] = {}
        for text, evidence in _values_of(attack, name):
            documents = {place.document_id for place in evidence}
            numbers = {each.number for each in citations if each.document.id in documents}
            if numbers:
                values.setdefault(text, set()).update(numbers)
        if len(values) > 1:
            yield Conflict(
                f"{attack.title}: {name}",
                tuple((text, tuple(sorted(numbers))) for text, numbers in values.items()),
            )


def _leaders(records: Records, asked: RecordQuestion, shelf: _Shelf) -> FromRecords:
    (group,) = asked.perpetrators
    citations: list[Citation] = []
    shares: list[float] = []
    for actor, places, doubted in _who_led(records, group):
        if asked.still and _leads_no_more(actor, group, shelf):
            continue
        for place in places:
            answer = _name_near(actor, place, shelf.text(place.document_id))
            said = Span(place.start, place.end)
            citation = shelf.cite(len(citations) + 1, place.document_id, answer, said)
            if citation is not None:
                citations.append(citation)
                shares.append(RIGHT * (HEDGED if doubted else 1.0))
                break
    if not citations:
        return FromRecords()
    name = records.actor[group].name
    people = f"{len(citations)} {'person' if len(citations) == 1 else 'people'}"
    says = f"Answered from the records: {people} whom reports call leader of {name}"
    says += ", neither former nor told dead." if asked.still else "."
    return FromRecords(tuple(citations), (), sum(shares) / len(shares), (*asked.because, says))


def _who_led(records: Records, group: str) -> Iterator[tuple[Actor, list[Evidence], bool]]:
    """Yield whoever is said to lead the group, where that is said, and whether with a hedge."""
    for actor in records.actors:
        relations = [
            each
            for each in actor.relations
            if each.kind is RelationKind.LEADER_OF and each.other == group and not each.inverse
        ]
        if relations:
            places = [place for each in relations for place in each.evidence]
            yield actor, places, all(_DOUBTS & set(each.hedges) for each in relations)


def _leads_no_more(actor: Actor, group: str, shelf: _Shelf) -> bool:
    """Whether reports tell the actor's death, or that a role in the group is over."""
    if actor.deaths:
        return True
    for role in actor.roles:
        place = role.evidence
        before = shelf.text(place.document_id)[max(0, place.start - _BESIDE) : place.start]
        former = _FORMER.search(before) or _FORMER.search(role.title)
        if role.of == group and (role.until is not None or former):
            return True
    return False


def _name_near(actor: Actor, place: Evidence, text: str) -> Span:
    """Return the actor's name nearest to `place` in its paragraph, else the words of `place`."""
    first = text.rfind("\n", 0, place.start) + 1
    last = text.find("\n", place.end)
    last = len(text) if last < 0 else last
    near = [
        each
        for each in actor.evidence
        if each.document_id == place.document_id and first <= each.start and each.end <= last
    ]
    if not near:
        return Span(place.start, place.end)
    best = min(near, key=lambda e: (max(0, e.start - place.end, place.start - e.end), e.start))
    return Span(best.start, best.end)
