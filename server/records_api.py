"""The JSON routes for actors, attacks, strategies and corrections."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response

from analysis.collection import Attack
from index.store import Snapshot
from server.api import ServiceParameter, only, require_content_type
from server.correcting import checked
from server.coverage import coverage
from server.errors import ApiError
from server.exports import Export, export, gold
from server.record_schemas import (
    MAX_WHO_CHARS,
    ActorBody,
    ActorList,
    ActorParameters,
    AttackBody,
    AttackList,
    AttackParameters,
    CorrectionBody,
    CorrectionList,
    CorrectionRequest,
    CoverageBody,
    CoverageParameters,
    EventParameters,
    ExportFormat,
    StrategyList,
    StrategyParameters,
    Timeline,
    TimelineEvent,
    TimelineParameters,
)
from server.records import Reader
from server.schemas import error_responses
from server.selection import (
    actor_name,
    find_actor,
    find_attack,
    periods_of,
    select_actors,
    select_attacks,
    select_strategies,
    sort_attacks,
)

NOBODY = "Not said"
"""The lane of attacks that no report lays on anybody."""

router = APIRouter(prefix="/api")


@router.get(
    "/actors",
    tags=["records"],
    summary="List actors",
    responses=error_responses(401, 422, 503),
    dependencies=[Depends(only(*ActorParameters.model_fields))],
)
async def list_actors(
    parameters: Annotated[ActorParameters, Query()], service: ServiceParameter
) -> ActorList:
    """Return groups, persons and institutions; those that most documents name come first."""

    def read(snapshot: Snapshot) -> ActorList:
        reader = Reader(snapshot)
        chosen = select_actors(reader.records, parameters, snapshot.known()["document"])
        page = chosen.records[parameters.offset : parameters.offset + parameters.limit]
        return ActorList(
            total=len(chosen.records),
            explanation=chosen.explanation,
            actors=[reader.actor_summary(actor) for actor in page],
        )

    return await service.with_snapshot(read)


@router.get(
    "/actors/{actor_id}",
    tags=["records"],
    summary="One actor",
    responses=error_responses(401, 404, 503),
    dependencies=[Depends(only())],
)
async def get_actor(actor_id: str, service: ServiceParameter) -> ActorBody:
    """Return an actor's names and why they are one, roles, relations, attacks and strategies."""

    def read(snapshot: Snapshot) -> ActorBody:
        reader = Reader(snapshot)
        return reader.actor(find_actor(reader.records, actor_id))

    return await service.with_snapshot(read)


@router.get(
    "/attacks",
    tags=["records"],
    summary="List or export attacks",
    response_model=AttackList,
    responses={
        **error_responses(401, 422, 503),
        200: {
            "content": {
                "text/csv": {
                    "schema": {"type": "string"},
                    "example": '"attack_id","attack",…,"start","end","quote"\r\n',
                },
                "text/calendar": {
                    "schema": {"type": "string"},
                    "example": "BEGIN:VCALENDAR\r\n…",
                },
                "application/stix+json;version=2.1": {
                    "schema": {"type": "object"},
                    "example": {"type": "bundle", "id": "bundle--…", "objects": []},
                },
            }
        },
    },
    dependencies=[Depends(only(*AttackParameters.model_fields))],
)
async def list_attacks(
    parameters: Annotated[AttackParameters, Query()], service: ServiceParameter
) -> Any:
    """Return attacks and operations with all accounts, each value with its citations.

    With `format` everything that the filters let through comes as a file: `csv` has a line for each
    citation of each value, in UTF-8 with a byte order mark; a cell that begins with a formula's
    sign (= + - @) has an apostrophe before it. `ics` has an event for each different period that
    accounts give and a journal entry for attacks without a resolved date. `stix` has an incident
    for each attack, with relationships to its actors and all values in an extension.
    """
    if parameters.format and {"limit", "offset"} & parameters.model_fields_set:
        raise ApiError(
            422,
            "export_without_pages",
            "An export has no pages: it holds everything that the filters let through.",
            "Leave limit and offset out, or leave format out.",
        )

    def read(snapshot: Snapshot) -> AttackList | Export:
        reader = Reader(snapshot)
        chosen = select_attacks(
            reader.records, reader.lookup, parameters, snapshot.known()["document"]
        )
        attacks = sort_attacks(chosen.records, parameters.sort, reader.records)
        if parameters.format:
            return exported(reader, attacks, parameters.format)
        page = attacks[parameters.offset : parameters.offset + parameters.limit]
        return AttackList(
            total=len(attacks),
            explanation=chosen.explanation,
            attacks=[reader.attack(attack) for attack in page],
        )

    found = await service.with_snapshot(read)
    return as_file(found) if isinstance(found, Export) else found


def exported(reader: Reader, attacks: Sequence[Attack], form: ExportFormat) -> Export:
    """Return attacks as a file."""
    kinds = {actor.id: actor.kind.value for actor in reader.records.actors}
    bodies = [reader.attack(attack) for attack in attacks]
    return export(bodies, kinds, form, datetime.now(UTC).replace(microsecond=0))


def as_file(found: Export) -> Response:
    """Return an export as a file to be saved."""
    disposition = f'attachment; filename="{found.file_name}"'
    return Response(
        found.content,
        media_type=found.media_type,
        headers={"content-disposition": disposition},
    )


@router.get(
    "/attacks/{attack_id}",
    tags=["records"],
    summary="One attack",
    responses=error_responses(401, 404, 503),
    dependencies=[Depends(only())],
)
async def get_attack(attack_id: str, service: ServiceParameter) -> AttackBody:
    """Return an attack: fields side by side, each different value with all that say so."""

    def read(snapshot: Snapshot) -> AttackBody:
        reader = Reader(snapshot)
        return reader.attack(find_attack(reader.records, attack_id))

    return await service.with_snapshot(read)


@router.get(
    "/timeline",
    tags=["records"],
    summary="Attacks in time",
    responses=error_responses(401, 422, 503),
    dependencies=[Depends(only(*TimelineParameters.model_fields))],
)
async def get_timeline(
    parameters: Annotated[TimelineParameters, Query()], service: ServiceParameter
) -> Timeline:
    """Return attacks by date, in lanes; one that accounts date differently stands at each date.

    Where an operator set the date or the perpetrator, that decides the place and the lane.
    """

    def read(snapshot: Snapshot) -> Timeline:
        reader = Reader(snapshot)
        return timeline(reader, parameters, parameters.lanes, snapshot.known()["document"])

    return await service.with_snapshot(read)


def timeline(
    reader: Reader, parameters: EventParameters, lanes: str, documents: Sequence[str]
) -> Timeline:
    """Return the timeline of the attacks that `parameters` choose."""
    chosen = select_attacks(reader.records, reader.lookup, parameters, documents)
    events: list[TimelineEvent] = []
    undated = []
    for attack in chosen.records:
        reference = reader.attack_reference(attack)
        periods = periods_of(attack.dates_in_force)
        if not periods:
            undated.append(reference)
        for (first, last), precision in periods.items():
            events.append(
                TimelineEvent(
                    **reference.model_dump(exclude={"first", "last"}),
                    first=first,
                    last=last,
                    precision=precision,
                    lane=_lane(attack, lanes, reader),
                )
            )
    events.sort(key=lambda event: (str(event.first), event.title.casefold(), event.id))
    return Timeline(
        explanation=chosen.explanation,
        lanes=_lanes(events),
        events=events,
        undated=undated,
    )


def _lane(attack: Attack, lanes: str, reader: Reader) -> str:
    if lanes == "kind":
        return attack.kind
    held = [each for each in attack.perpetrators_in_force if each.ladder != "denied"]
    if not held:
        return NOBODY
    named = held[0]
    return actor_name(reader.records, named.actor) if named.actor else named.text


def _lanes(events: Sequence[TimelineEvent]) -> list[str]:
    """Return the lanes, the fullest first, and last that of attacks laid on nobody."""
    counts: dict[str, int] = {}
    for event in events:
        counts[event.lane] = counts.get(event.lane, 0) + 1
    return sorted(counts, key=lambda lane: (lane == NOBODY, -counts[lane], lane))


@router.get(
    "/coverage",
    tags=["records"],
    summary="Who is told of, where and when",
    responses=error_responses(401, 422, 503),
    dependencies=[Depends(only(*CoverageParameters.model_fields))],
)
async def get_coverage(
    parameters: Annotated[CoverageParameters, Query()], service: ServiceParameter
) -> CoverageBody:
    """Return attacks by actor, place and year, and what silence about a pair of them means."""

    def read(snapshot: Snapshot) -> CoverageBody:
        return coverage(Reader(snapshot), parameters, snapshot.known()["document"])

    return await service.with_snapshot(read)


@router.get(
    "/strategies",
    tags=["records"],
    summary="List strategies",
    responses=error_responses(401, 422, 503),
    dependencies=[Depends(only(*StrategyParameters.model_fields))],
)
async def list_strategies(
    parameters: Annotated[StrategyParameters, Query()], service: ServiceParameter
) -> StrategyList:
    """Return what reports assert of actors' strategies, by actor and theme.

    `asserter` keeps apart whose word a statement is: the author's reading, the group's own claim,
    an official's accusation.
    """

    def read(snapshot: Snapshot) -> StrategyList:
        reader = Reader(snapshot)
        chosen = select_strategies(
            reader.records, reader.lookup, parameters, snapshot.known()["document"]
        )
        page = chosen.records[parameters.offset : parameters.offset + parameters.limit]
        return StrategyList(
            total=len(chosen.records),
            explanation=chosen.explanation,
            strategies=[reader.strategy(each) for each in page],
        )

    return await service.with_snapshot(read)


@router.get(
    "/corrections",
    tags=["records"],
    summary="List or export corrections",
    response_model=CorrectionList,
    responses={
        **error_responses(401, 422, 503),
        200: {
            "content": {
                "application/jsonl": {
                    "schema": {"type": "string"},
                    "example": '{"record": "actor", "together": ["DAESH", "ISKP"], '
                    '"judged_by": "Ann, 2026-11-22"}\n',
                }
            }
        },
    },
    dependencies=[Depends(only("withdrawn", "format"))],
)
async def list_corrections(
    service: ServiceParameter,
    withdrawn: Annotated[
        bool, Query(description="Also those that are no longer in force.", examples=[True])
    ] = False,
    format: Annotated[
        Literal["json", "gold"],
        Query(
            description="json, or gold: JSON Lines that say what is together, apart, wrong or set, "
            "with places as the gold inventories write them.",
            examples=["gold"],
        ),
    ] = "json",
) -> Any:
    """Return the operators' corrections, oldest first."""

    def read(snapshot: Snapshot) -> CorrectionList | Export:
        found = Reader(snapshot).corrections(withdrawn=withdrawn)
        if format == "gold":
            return Export(gold(found), "application/jsonl", "corrections.jsonl")
        return CorrectionList(total=len(found), corrections=found)

    listed = await service.with_snapshot(read)
    return as_file(listed) if isinstance(listed, Export) else listed


@router.post(
    "/corrections",
    tags=["records"],
    summary="Correct a record",
    status_code=201,
    responses=error_responses(401, 415, 422, 503),
    dependencies=[Depends(only()), Depends(require_content_type("application/json"))],
)
async def add_correction(body: CorrectionRequest, service: ServiceParameter) -> CorrectionBody:
    """Keep a decision with who made it and when; it holds until withdrawn, over every ingest."""
    service.require_ready()

    def write() -> CorrectionBody:
        with service.snapshot() as snapshot:
            correction = checked(body, Reader(snapshot))
        number = service.correct(correction).number
        with service.snapshot() as snapshot:
            return next(each for each in Reader(snapshot).corrections() if each.number == number)

    return await service.in_upload_thread(write)


@router.delete(
    "/corrections/{number}",
    tags=["records"],
    summary="Withdraw a correction",
    status_code=204,
    responses=error_responses(401, 404, 422, 503),
    dependencies=[Depends(only("withdrawn_by"))],
)
async def withdraw_correction(
    number: Annotated[int, Path(ge=1, le=2**31)],
    withdrawn_by: Annotated[
        str,
        Query(
            min_length=1,
            max_length=MAX_WHO_CHARS,
            pattern=r"\S",
            description="Who takes it back; kept with it.",
            examples=["Ann"],
        ),
    ],
    service: ServiceParameter,
) -> Response:
    """Put a correction out of force; it stays on record."""
    service.require_ready()
    if not await service.in_upload_thread(service.withdraw, number, withdrawn_by.strip()):
        raise unknown_correction()
    return Response(status_code=204)


def unknown_correction() -> ApiError:
    """Return the error for a number that no correction in force has."""
    return ApiError(
        404,
        "unknown_correction",
        "No correction of this number is in force.",
        "GET /api/corrections lists them; with withdrawn=true also those taken back.",
    )
