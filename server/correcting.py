"""Correcting: an operator's decision checked against what is stored, before it is kept."""

from collections.abc import Sequence
from datetime import UTC, datetime

from analysis.account_places import account_meant
from analysis.collection import Attack
from analysis.corrections import CorrectedPlace, Correction, CorrectionKind
from analysis.decided import DateError, actor_named, read_date
from analysis.lookup import NotMeant
from analysis.records import Asserter, AttackKind, Ladder
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
NEEDS_OF_DOER = (
    "the place of the account (and, if some words say so, theirs), one name, and as value one of "
    f"{', '.join(Ladder)}"
)


def checked(request: CorrectionRequest, reader: Reader) -> Correction:
    """Return the correction that is asked for, dated now; number 0 until it is kept.

    Raises ApiError 422 if it lacks what its kind needs or names what is not in the collection.
    """
    names, places = list(dict.fromkeys(request.names)), list(request.places)
    value = (request.value or "").strip()
    by_name = request.kind in (CorrectionKind.MERGE, CorrectionKind.SPLIT)
    of_doer = request.kind is CorrectionKind.SET and request.field == "perpetrator"
    written = (
        tuple(_name_of_doer(name, reader) for name in names)
        if of_doer
        else _as_written(names, reader)
    )
    complete = {
        CorrectionKind.MERGE: len(written) > 1,
        CorrectionKind.SPLIT: len(written) > 1,
        CorrectionKind.JOIN_ATTACKS: len(places) > 1,
        CorrectionKind.PART_ATTACKS: len(places) > 1,
        CorrectionKind.REJECT: bool(places) and request.field in REJECTED,
        CorrectionKind.SET: len(places) in (1, 2)
        and request.field in (*ACCOUNT_FIELDS, *STRATEGY_FIELDS)
        and bool(value)
        and len(names) == of_doer,
    }[request.kind]
    if not complete or (places if by_name else names and not of_doer):
        needed = f"{NEEDS[request.kind]}, and no {'places' if by_name else 'names'}"
        raise ApiError(
            422,
            "incomplete_correction",
            f"This correction ({request.kind}) needs {NEEDS_OF_DOER if of_doer else needed}.",
            "Correct what is named; /docs shows examples.",
        )
    for place in places:
        _check_place(place, reader)
    for place in _of_accounts(request):
        _check_one_account(place, reader)
    if request.kind is CorrectionKind.SET:
        _check_value(request.field or "", value, places[0], reader)
    sets = request.kind in (CorrectionKind.REJECT, CorrectionKind.SET)
    return Correction(
        number=0,
        kind=request.kind,
        made_by=request.made_by,
        made_at=datetime.now(UTC).replace(microsecond=0),
        names=written,
        places=tuple(CorrectedPlace(p.document, p.start, p.end) for p in places),
        field=request.field if sets else None,
        value=value if request.kind is CorrectionKind.SET else None,
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


def _name_of_doer(name: str, reader: Reader) -> str:
    """Return the name, as documents write it, by which an actor will be found again.

    Ids change with what is ingested; names as written do not. Raises ApiError 422, listing what is
    known, for an id or a name that means no actor, or several.
    """
    try:
        meant = reader.lookup.actor(name)
    except NotMeant as problem:
        raise ApiError(
            422,
            "unknown_value",
            f"{problem}.",
            choices("actor", problem.choices, problem.unlisted),
        ) from None
    actors = reader.records.actors
    for actor in (reader.records.actor[each] for each in meant.ids[:1] if len(meant.ids) == 1):
        uses = sorted(actor.names, key=lambda use: -len(use.evidence))
        for written in (name, *(use.text for use in uses)):
            if actor_named(written, actors) == actor:
                return written
    raise ApiError(
        422,
        "ambiguous_value",
        f"{name[:80]!r} does not tell one actor from others of the same name.",
        choices("actor", nearest(name, reader.records.actor)),
    )


def _of_accounts(request: CorrectionRequest) -> Sequence[Place]:
    """Return the places that must each mean one account."""
    match request.kind:
        case CorrectionKind.JOIN_ATTACKS | CorrectionKind.PART_ATTACKS:
            return request.places
        case CorrectionKind.REJECT if request.field == "account":
            return request.places
        case CorrectionKind.SET if request.field in ACCOUNT_FIELDS:
            return request.places[:1]
        case _:
            return ()


def _check_one_account(place: Place, reader: Reader) -> None:
    """Raise ApiError 422 if the place means accounts of several attacks."""
    where = CorrectedPlace(place.document, place.start, place.end)
    found = attacks_at(where, reader)
    if len(found) > 1:
        named = ", ".join(f"“{attack.title[:100]}”" for attack in found)
        raise ApiError(
            422,
            "ambiguous_place",
            f"{len(found)} attacks are told at this place: {named}.",
            "Give the place of one account's named_by, as GET /api/attacks has it.",
        )


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
        stands = bool(attacks_at(where, reader)) and not (field == "kind" and stated)
    if not stands:
        record = "statement of strategy" if field in STRATEGY_FIELDS else "account of an attack"
        raise ApiError(
            422,
            "no_such_record",
            f"No {record} whose {field} could be set stands at this place.",
            "Give the place as the record's citation has it.",
        )
    if field == "date":
        try:
            read_date(value)
        except DateError as error:
            raise ApiError(422, "invalid_date", str(error), error.hint) from None
    known: Sequence[str] = {
        "kind": [*AttackKind],
        "perpetrator": [*Ladder],
        "asserter": [*Asserter],
        "actor": [*reader.records.actor],
    }.get(field, [value])
    if value not in known:
        near = nearest(value, known)
        what = "rung of the ladder" if field == "perpetrator" else field
        raise ApiError(
            422,
            "unknown_value",
            f"There is no {what} {value[:80]!r}.",
            choices(what, near, len(known) - len(near)),
        )


def attacks_at(place: CorrectedPlace, reader: Reader) -> list[Attack]:
    """Return the attacks whose account a place means: one, or all that its sentences tell of."""
    held = [
        (attack, told)
        for attack in reader.records.attacks
        for told in attack.accounts
        if told.document_id == place.document_id
    ]
    found = account_meant(place, [(told.naming, told.account.span) for _, told in held])
    return [*{held[number][0].id: held[number][0] for number in found}.values()]
