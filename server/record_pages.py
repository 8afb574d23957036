"""The pages of actors, attacks, strategies and corrections."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ValidationError

from analysis.collection import Attack, Records
from analysis.corrections import CorrectedPlace, Correction, CorrectionKind
from analysis.decided import actor_named
from analysis.records import ActorKind, AttackKind, Ladder
from index.search import DocumentInfo
from index.store import Snapshot
from server.api import SEVERAL_VALUES, ServiceParameter, refuse_unknown
from server.correcting import attacks_at, checked
from server.coverage import coverage
from server.drawing import graph_view, timeline_view
from server.errors import ApiError
from server.pages import form_fields, render
from server.present import record_href
from server.record_schemas import (
    ACCOUNT_FIELDS,
    ATTACK_SORTS,
    ActorParameters,
    AttackBody,
    AttackParameters,
    CorrectionBody,
    CorrectionRequest,
    CoverageParameters,
    ExportFormat,
    SetDateBody,
    SetPerpetratorBody,
    StrategyBody,
    StrategyParameters,
    Words,
)
from server.records import ASSERTERS, Reader
from server.records_api import timeline, unknown_correction
from server.security import local_target
from server.selection import (
    actor_name,
    find_actor,
    find_attack,
    known_places,
    select_actors,
    select_attacks,
    select_strategies,
    sort_attacks,
)

Parameters = TypeVar("Parameters", bound=BaseModel)
PAGE_SIZE = 100
MAX_OPTIONS = 300
"""A longer list of choices helps nobody; the fields take what is not listed, too."""
COLUMNS = {
    "date": "Date",
    "title": "Event",
    "kind": "Type",
    "perpetrator": "Perpetrator",
    "place": "Place",
    "killed": "Killed",
    "wounded": "Wounded",
    "accounts": "Told by",
}
RUNGS = {
    Ladder.CLAIMED: "Claimed",
    Ladder.ATTRIBUTED: "Attributed",
    Ladder.STATED: "Stated",
    Ladder.SUSPECTED: "Suspected",
    Ladder.DENIED: "Denied",
}
CORRECTION_FIELDS = (
    "apart",
    "back",
    "field",
    "kind",
    "made_by",
    "name",
    "note",
    "place",
    "until",
    "value",
)

router = APIRouter(include_in_schema=False)


@router.get("/actors")
async def actors(request: Request, service: ServiceParameter) -> HTMLResponse:
    """The list of actors."""
    given = _query(request, (*ActorParameters.model_fields, "page"))
    number, parameters = _page(given), _parameters(ActorParameters, given)

    def read(snapshot: Snapshot) -> HTMLResponse:
        reader = Reader(snapshot)
        chosen = select_actors(reader.records, parameters, snapshot.known()["document"])
        paging = _paging("/actors", given, number, len(chosen.records))
        return render(
            service,
            "actors.html",
            actors=[reader.actor_summary(actor) for actor in paging.cut(chosen.records)],
            counts=_kinds(reader.records),
            kinds=[*ActorKind],
            parameters=parameters,
            total=len(chosen.records),
            documents=_infos(snapshot),
            paging=paging,
        )

    return await service.with_snapshot(read)


@router.get("/actors/{actor_id}")
async def actor(actor_id: str, request: Request, service: ServiceParameter) -> HTMLResponse:
    """One actor, every line cited."""
    _query(request, ("corrected",))

    def read(snapshot: Snapshot) -> HTMLResponse:
        reader = Reader(snapshot)
        body = reader.actor(find_actor(reader.records, actor_id))
        others = [each for each in reader.records.actors if each.id != actor_id]
        others.sort(key=lambda each: (-each.documents, each.name.casefold()))
        return render(
            service,
            "actor.html",
            actor=body,
            graph=graph_view(body),
            others=others[:MAX_OPTIONS],
            strategies=_by_asserter(body.strategies),
            corrected="corrected" in request.query_params,
        )

    return await service.with_snapshot(read)


@router.get("/attacks")
async def attacks(request: Request, service: ServiceParameter) -> HTMLResponse:
    """The timeline and the table of attacks."""
    given = _query(request, (*AttackParameters.model_fields, "page", "lanes"))
    number = _page(given)
    lanes = _one(given, "lanes", "perpetrator")
    if lanes not in ("perpetrator", "kind"):
        raise ApiError(
            422, "unknown_lanes", "There are no such lanes.", "Known: perpetrator, kind."
        )
    parameters = _parameters(AttackParameters, given)

    def read(snapshot: Snapshot) -> HTMLResponse:
        reader = Reader(snapshot)
        known = snapshot.known()["document"]
        shown = timeline(reader, parameters, lanes, known)
        chosen = select_attacks(reader.records, reader.lookup, parameters, known)
        ordered = sort_attacks(chosen.records, parameters.sort, reader.records)
        paging = _paging("/attacks", given, number, len(ordered))
        infos = _infos(snapshot)
        return render(
            service,
            "attacks.html",
            attacks=[reader.attack(each) for each in paging.cut(ordered)],
            total=len(ordered),
            all_total=len(reader.records.attacks),
            timeline=timeline_view(shown.lanes, shown.events),
            undated=shown.undated,
            lanes=lanes,
            explanation=[
                *chosen.explanation,
                *_said(parameters, {info.id: info.title for info in infos}),
            ],
            parameters=parameters,
            kinds=[
                kind for kind in AttackKind if any(a.kind is kind for a in reader.records.attacks)
            ],
            actors=_perpetrators(reader.records),
            places=known_places(reader.records)[:MAX_OPTIONS],
            documents=infos,
            columns=[
                (name, title, _sorted_by(given, name, parameters.sort))
                for name, title in COLUMNS.items()
            ],
            exports=[
                (form, f"/api/attacks?{_address(given, format=form, page=None, lanes=None)}")
                for form in ExportFormat
            ],
            laned=[
                (name, f"/attacks?{_address(given, lanes=name)}")
                for name in ("perpetrator", "kind")
            ],
            paging=paging,
        )

    return await service.with_snapshot(read)


@router.get("/attacks/{attack_id}")
async def attack(attack_id: str, request: Request, service: ServiceParameter) -> HTMLResponse:
    """One attack: its accounts side by side."""
    _query(request, ("corrected",))

    def read(snapshot: Snapshot) -> HTMLResponse:
        reader = Reader(snapshot)
        found = find_attack(reader.records, attack_id)
        body = reader.attack(found)
        return render(
            service,
            "attack.html",
            attack=body,
            columns=_columns(body),
            rows=_rows(body),
            rungs=[
                (name, held)
                for rung, name in RUNGS.items()
                if (held := [each for each in body.perpetrators if each.ladder == rung])
            ],
            others=_nearest_in_time(found, reader.records),
            fields=[each for each in ACCOUNT_FIELDS if each not in ("date", "perpetrator")],
            ladder=[*RUNGS],
            actors=_by_documents(reader.records),
            corrections=[each for each in reader.corrections() if _is_about(each, found, reader)],
            corrected="corrected" in request.query_params,
        )

    return await service.with_snapshot(read)


@router.get("/strategies")
async def strategies(request: Request, service: ServiceParameter) -> HTMLResponse:
    """What reports assert of actors' strategies, by actor and theme."""
    given = _query(request, (*StrategyParameters.model_fields, "page"))
    number, parameters = _page(given), _parameters(StrategyParameters, given)

    def read(snapshot: Snapshot) -> HTMLResponse:
        reader = Reader(snapshot)
        known = snapshot.known()["document"]
        chosen = select_strategies(reader.records, reader.lookup, parameters, known)
        paging = _paging("/strategies", given, number, len(chosen.records))
        bodies = [reader.strategy(each) for each in paging.cut(chosen.records)]
        of_actor: dict[str, list[StrategyBody]] = {}
        for body in bodies:
            of_actor.setdefault(body.actor.id, []).append(body)
        held = {each.actor for each in reader.records.strategies}
        return render(
            service,
            "strategies.html",
            groups=[(found[0].actor, _by_asserter(found)) for found in of_actor.values()],
            total=len(chosen.records),
            explanation=chosen.explanation,
            parameters=parameters,
            themes=sorted({each.theme for each in reader.records.strategies}),
            actors=sorted(
                ((actor_name(reader.records, each), each) for each in held),
                key=lambda pair: pair[0].casefold(),
            ),
            documents=_infos(snapshot),
            paging=paging,
        )

    return await service.with_snapshot(read)


@router.get("/coverage")
async def coverage_page(request: Request, service: ServiceParameter) -> HTMLResponse:
    """Who is told of, where and when."""
    given = _query(request, tuple(CoverageParameters.model_fields))
    parameters = _parameters(CoverageParameters, given)

    def read(snapshot: Snapshot) -> HTMLResponse:
        reader = Reader(snapshot)
        body = coverage(reader, parameters, snapshot.known()["document"])
        most = max((each.attacks for row in body.actors for each in row.by_place), default=0)
        return render(
            service,
            "coverage.html",
            coverage=body,
            parameters=parameters,
            heat=lambda count: -(-4 * count // most) if most else 0,
            actors=_perpetrators(reader.records),
            places=known_places(reader.records)[:MAX_OPTIONS],
        )

    return await service.with_snapshot(read)


@router.get("/corrections")
async def corrections(request: Request, service: ServiceParameter) -> HTMLResponse:
    """All corrections, those taken back included."""
    _query(request, ("corrected",))

    def read(snapshot: Snapshot) -> HTMLResponse:
        found = Reader(snapshot).corrections(withdrawn=True)
        return render(
            service,
            "corrections.html",
            corrections=found[::-1],
            corrected="corrected" in request.query_params,
        )

    return await service.with_snapshot(read)


@router.post("/corrections")
async def correct(request: Request, service: ServiceParameter) -> RedirectResponse:
    """Keep a correction from a page's form; lead to where its record is now."""
    service.require_ready()
    fields = await form_fields(request, CORRECTION_FIELDS)
    given = dict(fields)
    asked = _request(fields)

    def write() -> str:
        with service.snapshot() as snapshot:
            correction = checked(asked, Reader(snapshot))
        service.correct(correction)
        with service.snapshot() as snapshot:
            return _where_now(correction, Reader(snapshot)) or local_target(given.get("back", "/"))

    target = await service.in_upload_thread(write)
    return RedirectResponse(f"{target}?corrected=1", 303)


@router.post("/corrections/{number}/withdraw")
async def withdraw(number: int, request: Request, service: ServiceParameter) -> RedirectResponse:
    """Take a correction back and return to the list."""
    service.require_ready()
    fields = dict(await form_fields(request, ("made_by",)))
    by = fields.get("made_by", "").strip()
    if not by or len(by) > 100:
        raise ApiError(
            422, "who_is_missing", "Nobody is named who takes this back.", "Give your name."
        )
    if not 0 < number < 2**31 or not await service.in_upload_thread(service.withdraw, number, by):
        raise unknown_correction()
    return RedirectResponse("/corrections?corrected=1", 303)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is shown, and the addresses of its neighbours."""

    page: int
    pages: int
    earlier: str | None
    later: str | None

    def cut(self, records: Sequence[Any]) -> Sequence[Any]:
        """Return the page's part of `records`."""
        return records[(self.page - 1) * PAGE_SIZE : self.page * PAGE_SIZE]


def _paging(path: str, given: dict[str, list[str]], page: int, total: int) -> Paging:
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(page, pages)

    def address(number: int) -> str | None:
        if not 1 <= number <= pages:
            return None
        return f"{path}?{_address(given, page=str(number))}"

    return Paging(page, pages, address(page - 1), address(page + 1))


def _query(request: Request, known: Sequence[str]) -> dict[str, list[str]]:
    """Return a page's parameters; an empty field of its form is one not filled in."""
    refuse_unknown(request.query_params.keys(), known)
    given: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        if value.strip():
            given.setdefault(name, []).append(value)
    return given


def _one(given: dict[str, list[str]], name: str, default: str) -> str:
    return given.get(name, [default])[-1]


def _page(given: dict[str, list[str]]) -> int:
    number = _one(given, "page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,6}", number):
        raise ApiError(422, "invalid_page", "The page is not a number from 1.", "Use the links.")
    return int(number)


def _parameters(kind: type[Parameters], given: dict[str, list[str]]) -> Parameters:
    """Return what a page's address asks for; ApiError 422 for what cannot be."""
    values = {
        name: held if name in SEVERAL_VALUES else held[-1]
        for name, held in given.items()
        if name in kind.model_fields
    }
    try:
        return kind(**values)
    except ValidationError as error:
        raise _refused(error) from None


def _refused(error: ValidationError) -> ApiError:
    problem = error.errors(include_input=False, include_url=False)[0]
    message = str(problem["msg"]).removeprefix("Value error, ")
    where = str(problem["loc"][0]) + ": " if problem["loc"] else ""
    return ApiError(422, "invalid_request", f"{where}{message}.", "Correct what is named.")


def _address(given: dict[str, list[str]], **changed: str | None) -> str:
    """Return the query of the same page with some parameters changed, or left out for None."""
    merged: dict[str, list[str]] = {**given}
    for name, value in changed.items():
        merged.pop(name, None)
        if value is not None:
            merged[name] = [value]
    return urlencode([(name, value) for name, held in merged.items() for value in held])


def _sorted_by(given: dict[str, list[str]], name: str, sort: str) -> tuple[str, str]:
    """Return the address that sorts by a column, and how it is sorted now, as ARIA says it."""
    assert name in ATTACK_SORTS
    now = {name: "ascending", f"-{name}": "descending"}.get(sort, "none")
    wanted = f"-{name}" if sort == name else name
    return f"/attacks?{_address(given, sort=wanted, page=None)}#table", now


def _infos(snapshot: Snapshot) -> list[DocumentInfo]:
    infos = sorted(snapshot.documents(), key=lambda info: (info.title.casefold(), info.id))
    return infos[:MAX_OPTIONS]


def _kinds(records: Records) -> dict[str, int]:
    return {kind: sum(actor.kind is kind for actor in records.actors) for kind in ActorKind}


def _perpetrators(records: Records) -> list[str]:
    """Return the names of the actors that take part in attacks, the busiest first."""
    counts: dict[str, int] = {}
    for found in records.attacks:
        for each in found.actors:
            counts[each] = counts.get(each, 0) + 1
    busiest = sorted(counts, key=lambda each: (-counts[each], each))[:MAX_OPTIONS]
    return [actor_name(records, each) for each in busiest]


def _said(parameters: AttackParameters, titles: dict[str, str]) -> list[str]:
    """Say in words what the filters let through."""
    parts = []
    if parameters.actor:
        parts.append(f"in which {_or(parameters.actor)} takes part")
    if parameters.kind:
        parts.append(f"of the type {_or([kind.value for kind in parameters.kind])}")
    if parameters.place:
        parts.append(f"in {_or(parameters.place)}")
    if parameters.document:
        parts.append(f"told by {_or([titles.get(each, each) for each in parameters.document])}")
    if parameters.event_from:
        parts.append(f"that may have happened on {parameters.event_from} or later")
    if parameters.event_to:
        parts.append(f"that may have happened on {parameters.event_to} or earlier")
    return [f"Only events {', '.join(parts)}."] if parts else []


def _or(values: Sequence[str]) -> str:
    return " or ".join(f"“{value}”" for value in values)


def _by_asserter(
    found: Sequence[StrategyBody],
) -> list[tuple[StrategyBody, list[tuple[str, list[Any]]]]]:
    """Return each strategy with its assertions under whose word they are."""
    return [
        (
            body,
            [
                (title, held)
                for asserter, title in ASSERTERS.items()
                if (held := [each for each in body.assertions if each.asserter == asserter])
            ],
        )
        for body in found
    ]


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as one document gives it."""

    text: str
    hedges: tuple[str, ...]
    words: Words
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A field of an attack, in each document's account."""

    name: str
    differs: bool
    cells: tuple[tuple[Cell, ...], ...]
    set_to: tuple[str, ...] = ()
    """What an operator set, where no words say so."""
    decided: SetDateBody | SetPerpetratorBody | None = None
    """What an operator set beside what the documents say."""


def _columns(body: AttackBody) -> list[list[Any]]:
    """Return the accounts by document, the earliest published first."""
    by_document: dict[str, list[Any]] = {}
    for account in body.accounts:
        by_document.setdefault(account.citation.document.id, []).append(account)
    return sorted(
        by_document.values(), key=lambda held: str(held[0].citation.document.published or "~")
    )


def _rows(body: AttackBody) -> list[Row]:
    """Return the fields that any account gives, each with every document's values."""
    order = [held[0].citation.document.id for held in _columns(body)]
    table: dict[str, list[Cell]] = {"date": [], "perpetrator": []}
    table["date"] = [Cell(each.text, (), each.citation) for each in body.dates]
    table["perpetrator"] = [
        Cell(
            each.actor.name if each.actor else each.text,
            (each.ladder + (f" by {each.by}" if each.by else ""), *each.hedges),
            each.citation,
            each.actor.id if each.actor else None,
        )
        for each in body.perpetrators
    ]
    several = {
        "place": body.places,
        "target": body.targets,
        "victim": body.victims,
        "killed": body.killed,
        "wounded": body.wounded,
        "arrested": body.arrested,
        "freed": body.freed,
        "weapon or method": body.weapons,
        "outcome": body.outcome,
        "attacks": body.attacks,
    }
    for name, values in several.items():
        table[name] = [
            Cell(value.value, tuple(value.hedges), words, value.actor.id if value.actor else None)
            for value in values
            for words in value.citations
        ]
    decisions: dict[str, SetDateBody | SetPerpetratorBody | None] = {
        "date": body.date_set,
        "perpetrator": body.perpetrator_set,
    }
    differing = {_singular(name) for name in body.differing}
    rows = []
    for name, cells in table.items():
        set_to = tuple(each.value for each in several.get(name, ()) if not each.citations)
        decided = decisions.get(name)
        if cells or set_to or decided:
            in_columns = (
                tuple(cell for cell in cells if cell.words.document.id == document)
                for document in order
            )
            differs = _singular(name.split()[0]) in differing
            rows.append(Row(name, differs, tuple(in_columns), set_to, decided))
    return rows


def _singular(name: str) -> str:
    """Return a field's name without its plural: records and rows name fields in either."""
    return name[:-1] if name.endswith("s") else name


def _nearest_in_time(found: Attack, records: Records) -> list[Attack]:
    """Return the other attacks, those nearest in time first."""
    others = [each for each in records.attacks if each.id != found.id]

    def distance(other: Attack) -> tuple[int, str]:
        if found.first is None or other.first is None:
            return 10**7, other.title.casefold()
        return abs((found.first - other.first).days), other.title.casefold()

    return sorted(others, key=distance)[:MAX_OPTIONS]


def _is_about(correction: CorrectionBody, attack: Attack, reader: Reader) -> bool:
    """Whether a correction was made at an account of an attack."""
    documents = {told.document_id for told in attack.accounts}
    return any(
        attack.id == told.id
        for place in correction.places
        if place.document in documents
        for told in attacks_at(CorrectedPlace(place.document, place.start, place.end), reader)
    )


def _by_documents(records: Records) -> list[str]:
    """Return the names of the actors, those that most documents name first."""
    ordered = sorted(records.actors, key=lambda each: (-each.documents, each.name.casefold()))
    return [actor.name for actor in ordered[:MAX_OPTIONS]]


def _request(fields: Sequence[tuple[str, str]]) -> CorrectionRequest:
    """Return the correction that a page's form asks for.

    The names ticked as `apart` leave the others; places are written `document:start:end`; a value
    with `until` is a period.
    """
    several: dict[str, list[str]] = {}
    for name, value in fields:
        several.setdefault(name, []).append(value)
    names, apart = several.get("name", []), several.get("apart", [])
    kind = _one(several, "kind", "")
    if kind == CorrectionKind.SPLIT:
        stays = [name for name in names if name not in apart]
        if not apart or not stays:
            raise ApiError(
                422,
                "incomplete_correction",
                "A split needs at least one name that leaves and one that stays.",
                "Tick the names that are somebody else's, and leave one.",
            )
        names = [stays[0], *apart]
    given_value = (_one(several, "value", ""), _one(several, "until", "").strip())
    places = []
    for place in (each for held in several.get("place", []) for each in held.split()):
        match = re.fullmatch(r"([0-9a-f]{64}):([0-9]{1,9}):([0-9]{1,9})", place)
        if match is None:
            raise ApiError(
                422, "invalid_place", "A place of the form is none.", "Use the page's form."
            )
        places.append({"document": match[1], "start": int(match[2]), "end": int(match[3])})
    try:
        return CorrectionRequest.model_validate(
            {
                "kind": kind,
                "made_by": _one(several, "made_by", ""),
                "names": [name for name in names if name],
                "places": places,
                "field": _one(several, "field", "") or None,
                "value": "/".join(filter(None, given_value)) or None,
                "note": _one(several, "note", "") or None,
            }
        )
    except ValidationError as error:
        if error.errors()[0]["loc"][:1] == ("made_by",):
            raise ApiError(
                422, "who_is_missing", "Nobody is named who decides this.", "Give your name."
            ) from None
        raise _refused(error) from None


def _where_now(correction: Correction, reader: Reader) -> str | None:
    """Return the page of the record that a correction made, if it can be told."""
    if correction.places:
        told = attacks_at(correction.places[0], reader)
        return record_href(told[0].id, "attacks") if told else None
    named = actor_named(correction.names[0], reader.records.actors)
    return record_href(named.id, "actors") if named else None
