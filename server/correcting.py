"""Correcting: an operator's decision checked against what is stored, before it is kept."""

from collections.abc import Sequence
from datetime import UTC, datetime

from analysis.collection import Actor, Attack
from analysis.corrections import CorrectedPlace, Correction, CorrectionKind
from analysis.records import Asserter, AttackKind
from server.errors import ApiError
from server.record_schemas import (
    ACCOUNT_FIELDS,
    REJECTED,
    STRATEGY_FIELDS,
    CorrectionRequest,
    Place,
)
from server.records import Reader
from server.selection import choices, nearest

NEEDS = {
    CorrectionKind.MERGE: "two names or more",
    CorrectionKind.SPLIT: "two names or more, of which the first stays",
    CorrectionKind.JOIN_ATTACKS: "the places of two accounts or more",
    CorrectionKind.PART_ATTACKS: "the places of two accounts or more, the parted one first",
    CorrectionKind.REJECT: f"a place, and as field one of {', '.join(REJECTED)}",
    CorrectionKind.SET: "the place of the record (and, if some words say so, theirs), a value, and "
    f"as field one of {', '.join((*ACCOUNT_FIELDS, *STRATEGY_FIELDS))}",
}


def checked(request: CorrectionRequest, reader: Reader) -> Correction:
    """Return the correction that is asked for, dated now; number 0 until it is kept.

    Raises ApiError 422 if it lacks what its kind needs or names what is not in the collection.
    """
    names, places = list(dict.fromkeys(request.names)), list(request.places)
    by_name = request.kind in (CorrectionKind.MERGE, CorrectionKind.SPLIT)
    written = _as_written(names, reader)
    complete = {
        CorrectionKind.MERGE: len(written) > 1,
        CorrectionKind.SPLIT: len(written) > 1,
        CorrectionKind.JOIN_ATTACKS: len(places) > 1,
        CorrectionKind.PART_ATTACKS: len(places) > 1,
        CorrectionKind.REJECT: bool(places) and request.field in REJECTED,
        CorrectionKind.SET: len(places) in (1, 2)
        and request.field in (*ACCOUNT_FIELDS, *STRATEGY_FIELDS)
        and bool((request.value or "").strip()),
    }[request.kind]
    if not complete or (places if by_name else names):
        without = "places" if by_name else "names"
        raise ApiError(
            422,
            "incomplete_correction",
            f"This correction ({request.kind}) needs {NEEDS[request.kind]}, and no {without}.",
            "Correct what is named; /docs shows examples.",
        )
    for place in places:
        _check_place(place, reader)
    if request.kind is CorrectionKind.SET:
        _check_value(request.field or "", (request.value or "").strip(), places[0], reader)
    sets = request.kind in (CorrectionKind.REJECT, CorrectionKind.SET)
    return Correction(
        number=0,
        kind=request.kind,
        made_by=request.made_by,
        made_at=datetime.now(UTC).replace(microsecond=0),
        names=written,
        places=tuple(CorrectedPlace(p.document, p.start, p.end) for p in places),
        field=request.field if sets else None,
        value=(request.value or "").strip() if request.kind is CorrectionKind.SET else None,
        note=(request.note or "").strip() or None,
    )


def _as_written(names: Sequence[str], reader: Reader) -> tuple[str, ...]:
    """Return names as documents write them: one that only the register has, as most write it.

    Raises ApiError 422 for a name that no actor has.
    """
    known: dict[str, str] = {}
    for actor in reader.records.actors:
        written = [name.text for name in actor.names]
        if written:
            known.setdefault(actor.name, max(actor.names, key=lambda n: len(n.evidence)).text)
        known |= {text: text for text in written}
    for name in names:
        if name not in known:
            near = nearest(name, known)
            raise ApiError(
                422,
                "unknown_value",
                f"No actor has the name {name[:80]!r}.",
                choices("name", near, len(known) - len(near)),
            )
    return tuple(dict.fromkeys(known[name] for name in names))


def _check_place(place: Place, reader: Reader) -> None:
    length = len(reader.text(place.document))
    if not length:
        raise ApiError(
            422,
            "unknown_value",
            f"There is no document {place.document[:80]!r}.",
            "GET /api/documents lists them.",
        )
    if not place.start < place.end <= length:
        raise ApiError(
            422,
            "invalid_place",
            f"Characters {place.start} to {place.end} are no stretch of this document.",
            f"Its text has {length:,} characters; give start before end.",
        )


def _check_value(field: str, value: str, place: Place, reader: Reader) -> None:
    """Raise ApiError 422 unless a record with such a field stands there and can have the value."""
    where = CorrectedPlace(place.document, place.start, place.end)
    stated = any(
        where == CorrectedPlace(each.document_id, each.start, each.end)
        for strategy in reader.records.strategies
        for each in strategy.evidence
    )
    if field in STRATEGY_FIELDS:
        stands = stated
    else:
        # A kind set at a place that is a statement's, too, would be taken for the statement's.
        stands = attack_at(where, reader) is not None and not (field == "kind" and stated)
    if not stands:
        record = "statement of strategy" if field in STRATEGY_FIELDS else "account of an attack"
        raise ApiError(
            422,
            "no_such_record",
            f"No {record} whose {field} could be set stands at this place.",
            "Give the place as the record's citation has it.",
        )
    known: Sequence[str] = {
        "kind": [*AttackKind],
        "asserter": [*Asserter],
        "actor": [*reader.records.actor],
    }.get(field, [value])
    if value not in known:
        near = nearest(value, known)
        raise ApiError(
            422,
            "unknown_value",
            f"There is no {field} {value[:80]!r}.",
            choices(field, near, len(known) - len(near)),
        )


def actor_named(name: str, reader: Reader) -> Actor | None:
    """Return the actor that most places call by this name, spelled just so."""
    found = [
        (len(use.evidence), actor.id, actor)
        for actor in reader.records.actors
        for use in actor.names
        if use.text == name
    ]
    return max(found)[2] if found else None


def attack_at(place: CorrectedPlace, reader: Reader) -> Attack | None:
    """Return the attack that is told at a place."""
    for attack in reader.records.attacks:
        for told in attack.evidence:
            if told.document_id == place.document_id and (
                told.start < place.end and place.start < told.end
            ):
                return attack
    return None
