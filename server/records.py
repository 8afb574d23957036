"""Records as they are sent: every field with the words it rests on, read from the store now."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property

from analysis.collection import (
    Actor,
    Attack,
    AttributedTo,
    Dated,
    Evidence,
    FieldValue,
    Records,
    SetDate,
    SetPerpetrator,
    Strategy,
)
from analysis.corrections import Correction, CorrectionKind
from analysis.decided import read_date
from analysis.lookup import Lookup
from index.analyses import corrections_of
from index.search import DocumentInfo
from index.store import Snapshot
from ingest.document import Document
from server.api import info_of
from server.record_schemas import (
    MAX_NOT_SEARCHED,
    AccountBody,
    ActorBody,
    ActorReference,
    ActorSummary,
    AssertionBody,
    AttackBody,
    AttackReference,
    AttributionBody,
    CorrectionBody,
    DateBody,
    DisputeBody,
    JoinBody,
    NameBody,
    NotSearched,
    NotSearchedDocument,
    Place,
    RelationBody,
    RoleBody,
    SetDateBody,
    SetPerpetratorBody,
    StatementBody,
    StrategyBody,
    ValueBody,
    Words,
)
from server.schemas import DocumentReference
from server.selection import actor_name, mentions

MAX_CITATIONS = 50
"""Of one name: a collection may name a group thousands of times."""
ASSERTERS = {
    "author": "The author’s reading",
    "group": "The group’s own claim",
    "official": "An official’s accusation",
}


class Reader:
    """Reads the records of one state of the collection; each document is read once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.records: Records = snapshot.records
        self._documents: dict[str, tuple[Document, DocumentReference] | None] = {}

    @property
    def lookup(self) -> Lookup:
        """What finds records by name."""
        return self._snapshot.lookup

    def words(self, evidence: Evidence) -> Words:
        """Return the words at a place that the records rest on."""
        stored = self._stored(evidence.document_id)
        assert stored is not None  # the records and the documents are of one state
        document, reference = stored
        return Words(
            document=reference,
            start=evidence.start,
            end=evidence.end,
            quote=document.text[evidence.start : evidence.end],
        )

    def text(self, document_id: str) -> str:
        """Return a document's text; empty if there is no such document."""
        stored = self._stored(document_id)
        return stored[0].text if stored else ""

    def published(self, document_id: str) -> date | None:
        """Return when a document was published, if it says so."""
        info = self._infos.get(document_id)
        return info.published if info else None

    def not_searched(self) -> NotSearched:
        """Return the documents of which something was not searched for records, and why."""
        infos = [info for key, info in self._infos.items() if key in self.records.notes]
        infos.sort(key=lambda info: (info.title.casefold(), info.id))
        return NotSearched(
            total=len(infos),
            documents=[
                NotSearchedDocument(
                    document=DocumentReference.of(info), because=[*self.records.notes[info.id]]
                )
                for info in infos[:MAX_NOT_SEARCHED]
            ],
        )

    @cached_property
    def _infos(self) -> dict[str, DocumentInfo]:
        return {info.id: info for info in self._snapshot.documents()}

    def _stored(self, document_id: str) -> tuple[Document, DocumentReference] | None:
        if document_id not in self._documents:
            document = self._snapshot.document(document_id)
            self._documents[document_id] = (
                (document, DocumentReference.of(info_of(document))) if document else None
            )
        return self._documents[document_id]

    def _all(self, places: Iterable[Evidence], limit: int | None = None) -> list[Words]:
        return [self.words(place) for place in [*places][:limit]]

    def reference(self, actor_id: str) -> ActorReference:
        """Return an actor's id and name."""
        return ActorReference(id=actor_id, name=actor_name(self.records, actor_id))

    def _maybe(self, actor_id: str | None) -> ActorReference | None:
        actor = self.records.actor.get(actor_id or "")
        return self.reference(actor.id) if actor else None

    def _who(self, by: str | None) -> str | None:
        """Return who says something, given as an actor's id or in words."""
        return None if by is None else actor_name(self.records, by)

    def actor_summary(self, actor: Actor) -> ActorSummary:
        """Return an actor as lists show it."""
        return ActorSummary(
            id=actor.id,
            name=actor.name,
            kind=actor.kind,
            names=[name.text for name in sorted(actor.names, key=lambda n: -len(n.evidence))],
            parent=self._maybe(actor.parent),
            documents=actor.documents,
            origins=actor.origins,
            mentions=mentions(actor),
            attacks=sum(actor.id in attack.actors for attack in self.records.attacks),
            strategies=sum(each.actor == actor.id for each in self.records.strategies),
        )

    def actor(self, actor: Actor) -> ActorBody:
        """Return all that is known of an actor."""
        statements = [
            StatementBody(
                speaker=self.reference(said.speaker),
                about=[self.reference(about) for about in said.about],
                citation=self.words(said.evidence),
            )
            for said in actor.statements
        ]
        names = {actor.name, *(name.text for name in actor.names)}
        return ActorBody(
            id=actor.id,
            name=actor.name,
            kind=actor.kind,
            parent=self._maybe(actor.parent),
            documents=actor.documents,
            origins=actor.origins,
            mentions=mentions(actor),
            names=[
                NameBody(
                    text=name.text,
                    mentions=len(name.evidence),
                    citations=self._all(name.evidence, MAX_CITATIONS),
                )
                for name in sorted(actor.names, key=lambda n: -len(n.evidence))
            ],
            joins=[
                JoinBody(
                    one=join.one,
                    other=join.other,
                    reason=join.reason,
                    certain=join.certain,
                    said_by=join.said_by,
                    citations=self._all(join.evidence, MAX_CITATIONS),
                )
                for join in actor.joins
            ],
            disputes=[
                DisputeBody(
                    note=dispute.note,
                    other=self._maybe(dispute.other),
                    citations=self._all(dispute.evidence, MAX_CITATIONS),
                )
                for dispute in actor.disputes
            ],
            roles=[
                RoleBody(
                    title=role.title,
                    of=self._maybe(role.of),
                    since=self._date(role.since) if role.since else None,
                    until=self._date(role.until) if role.until else None,
                    hedges=[*role.hedges],
                    citation=self.words(role.evidence),
                )
                for role in actor.roles
            ],
            relations=[
                RelationBody(
                    kind=relation.kind,
                    other=self.reference(relation.other),
                    inverse=relation.inverse,
                    reads=_relation(
                        actor.name,
                        relation.kind,
                        actor_name(self.records, relation.other),
                        inverse=relation.inverse,
                    ),
                    hedges=[*relation.hedges],
                    citations=self._all(relation.evidence, MAX_CITATIONS),
                )
                for relation in actor.relations
            ],
            attacks=[
                self.attack_reference(attack)
                for attack in self.records.attacks
                if actor.id in attack.actors
            ],
            strategies=[
                self.strategy(each) for each in self.records.strategies if each.actor == actor.id
            ],
            statements_made=[said for said in statements if said.speaker.id == actor.id],
            statements_about=[said for said in statements if said.speaker.id != actor.id],
            corrections=[body for body in self.corrections() if names.intersection(body.names)],
        )

    def attack_reference(self, attack: Attack) -> AttackReference:
        """Return an attack as other records name it."""
        return AttackReference(
            id=attack.id,
            title=attack.title,
            kind=attack.kind,
            first=attack.first,
            last=attack.last,
            differing=[*attack.differing],
        )

    def attack(self, attack: Attack) -> AttackBody:
        """Return an attack with all accounts of it."""
        return AttackBody(
            **self.attack_reference(attack).model_dump(),
            dates=[self._date(each) for each in attack.dates],
            date_set=self._set_date(attack.date_set) if attack.date_set else None,
            places=self._values(attack.places),
            within=[*attack.within],
            perpetrators=[self._attribution(each) for each in attack.perpetrators],
            perpetrator_set=self._set_perpetrator(attack.perpetrator_set)
            if attack.perpetrator_set
            else None,
            targets=self._values(attack.targets),
            victims=self._values(attack.victims),
            killed=self._values(attack.killed),
            wounded=self._values(attack.wounded),
            arrested=self._values(attack.arrested),
            freed=self._values(attack.freed),
            weapons=self._values(attack.weapons),
            outcome=self._values(attack.outcome),
            attacks=self._values(attack.attacks),
            hedges=[*attack.hedges],
            actors=[self.reference(each) for each in attack.actors],
            joined_because=[*attack.joined_because],
            accounts=[
                AccountBody(
                    kind=told.account.kind,
                    citation=self.words(place),
                    named_by=self.words(
                        Evidence(told.document_id, told.naming.start, told.naming.end)
                    ),
                    revises=told.revises,
                )
                for told, place in zip(attack.accounts, attack.evidence, strict=True)
            ],
        )

    def _date(self, dated: Dated) -> DateBody:
        return DateBody(
            text=dated.text,
            precision=dated.precision,
            first=dated.first,
            last=dated.last,
            citation=self.words(dated.evidence),
        )

    def _set_date(self, decided: SetDate) -> SetDateBody:
        return SetDateBody(
            text=decided.text,
            precision=decided.precision,
            first=decided.first,
            last=decided.last,
            correction=decided.correction.number,
            made_by=decided.correction.made_by,
            made_at=decided.correction.made_at,
            citation=self.words(decided.evidence) if decided.evidence else None,
        )

    def _set_perpetrator(self, decided: SetPerpetrator) -> SetPerpetratorBody:
        return SetPerpetratorBody(
            actor=self.reference(decided.actor),
            ladder=decided.ladder,
            correction=decided.correction.number,
            made_by=decided.correction.made_by,
            made_at=decided.correction.made_at,
            citation=self.words(decided.evidence) if decided.evidence else None,
        )

    def _values(self, values: Sequence[FieldValue]) -> list[ValueBody]:
        return [
            ValueBody(
                value=each.value,
                hedges=[*each.hedges],
                actor=self._maybe(each.actor),
                citations=self._all(each.evidence),
            )
            for each in values
        ]

    def _attribution(self, attributed: AttributedTo) -> AttributionBody:
        return AttributionBody(
            actor=self._maybe(attributed.actor),
            text=attributed.text,
            ladder=attributed.ladder,
            by=self._who(attributed.by),
            hedges=[*attributed.hedges],
            citation=self.words(attributed.evidence),
        )

    def strategy(self, strategy: Strategy) -> StrategyBody:
        """Return a strategy with who asserts it and where."""
        return StrategyBody(
            id=strategy.id,
            theme=strategy.theme,
            actor=self.reference(strategy.actor),
            first=strategy.first,
            last=strategy.last,
            assertions=[
                AssertionBody(
                    kind=each.kind,
                    asserter=each.asserter,
                    by=self._who(each.by),
                    hedges=[*each.hedges],
                    citation=self.words(each.evidence),
                )
                for each in strategy.assertions
            ],
        )

    def corrections(self, *, withdrawn: bool = False) -> list[CorrectionBody]:
        """Return the corrections in force, oldest first; with `withdrawn`, all there ever were."""
        rows = self._snapshot.corrections(withdrawn=withdrawn)
        return [
            self._correction(correction, row.withdrawn_by, row.withdrawn_at)
            for row, correction in zip(rows, corrections_of(rows), strict=True)
        ]

    def _correction(
        self, correction: Correction, withdrawn_by: str | None, withdrawn_at: str | None
    ) -> CorrectionBody:
        places = [
            Place(document=place.document_id, start=place.start, end=place.end)
            for place in correction.places
        ]
        stored = [
            Evidence(place.document_id, place.start, place.end)
            for place in correction.places
            if place.end <= len(self.text(place.document_id))
        ]
        return CorrectionBody(
            number=correction.number,
            kind=correction.kind,
            made_by=correction.made_by,
            made_at=correction.made_at,
            names=[*correction.names],
            places=places,
            citations=self._all(stored),
            field=correction.field,
            value=correction.value,
            note=correction.note,
            reads=_decision(correction),
            in_force=withdrawn_by is None,
            withdrawn_by=withdrawn_by,
            withdrawn_at=withdrawn_at,
        )


def _relation(name: str, kind: str, other: str, *, inverse: bool) -> str:
    subject, object_ = (other, name) if inverse else (name, other)
    # "fights" is a verb already; the others say what somebody is.
    verb = "" if kind == "fights" else "is "
    return f"{subject} {verb}{kind} {object_}"


def _decision(correction: Correction) -> str:
    """Say what a correction decides."""
    match correction.kind:
        case CorrectionKind.MERGE:
            return f"{_quoted(correction.names)} are one."
        case CorrectionKind.SPLIT:
            others = correction.names[1:]
            verb = "is" if len(others) == 1 else "are"
            return f"{_quoted(others)} {verb} not {_quoted(correction.names[:1])}."
        case CorrectionKind.JOIN_ATTACKS:
            return f"{len(correction.places)} accounts tell one event."
        case CorrectionKind.PART_ATTACKS:
            return "The first account tells another event than the others."
        case CorrectionKind.REJECT:
            return f"The {correction.field or 'record'} at this place is wrong."
        case CorrectionKind.SET if correction.field == "date":
            return f"The date is {read_date(correction.value or '').text}."
        case CorrectionKind.SET if correction.field == "perpetrator":
            return f"The perpetrator is {_quoted(correction.names)}, {correction.value}."
        case CorrectionKind.SET:
            return f"The {correction.field} is “{correction.value}”."


def _quoted(names: Sequence[str]) -> str:
    shown = [f"“{name if len(name) <= 100 else name[:100] + '…'}”" for name in names]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
