"""The JSON routes of the public contract."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Header, Query, Request, Response, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse

from index.ingestion import Progress
from index.search import DocumentInfo, Hit
from index.store import Snapshot
from ingest.document import Document
from server.errors import ApiError, error_body
from server.schemas import (
    SEVERAL_FILTERS,
    AskRequest,
    AskResponse,
    DocumentBody,
    DocumentList,
    DocumentSummary,
    FeedbackRequest,
    FeedbackResponse,
    HitBody,
    RegionBody,
    SearchParameters,
    SearchResponse,
    UploadResponse,
    error_responses,
)
from server.service import Service
from server.stream import ClientLeft, Emit, accepts_events, event_response

DOCUMENT_ID = re.compile(r"[0-9a-f]{64}")
SEVERAL_VALUES = (*SEVERAL_FILTERS, "kind", "place", "theme")
MAX_LIST = 1_000


def service_of(request: Request) -> Service:
    """Return the application's service."""
    service: Service = request.app.state.service
    return service


ServiceParameter = Annotated[Service, Depends(service_of)]


def only(*known: str) -> Callable[[Request], None]:
    """Return the check that a query names nothing but `known`: no parameter is passed over."""

    def check(request: Request) -> None:
        refuse_unknown(request.query_params.keys(), known)
        for name in request.query_params:
            if name not in SEVERAL_VALUES and len(request.query_params.getlist(name)) > 1:
                raise ApiError(
                    422,
                    "repeated_parameter",
                    f"{name} stands more than once.",
                    f"Give one value. Only {', '.join(several)} take several."
                    if (several := [each for each in SEVERAL_VALUES if each in known])
                    else "Give one value.",
                )

    return check


def refuse_unknown(names: Sequence[str] | Any, known: Sequence[str]) -> None:
    """Raise ApiError 422 for the first name that is not known, listing those that are."""
    listed = f"Known here: {', '.join(known)}." if known else "This address takes none."
    for name in names:
        if name in known:
            continue
        shown = name[:50] if name[:50].isprintable() else "(unprintable)"
        raise ApiError(422, "unknown_parameter", f"There is no parameter {shown}.", listed)


def require_content_type(expected: str) -> Callable[[Request], None]:
    """Return the check that a body is announced as what it must be."""

    def check(request: Request) -> None:
        announced = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if announced != expected:
            raise ApiError(
                415,
                "unsupported_media_type",
                f"The body must be {expected}.",
                f"Send Content-Type: {expected}.",
            )

    return check


def find_document(snapshot: Snapshot, document_id: str) -> Document:
    """Return the document; ApiError 404 for an id that is malformed or unknown."""
    document = None
    if DOCUMENT_ID.fullmatch(document_id):
        document = snapshot.document(document_id)
    if document is None:
        raise unknown_document()
    return document


def unknown_document() -> ApiError:
    """Return the error for an id that no document has."""
    return ApiError(
        404,
        "unknown_document",
        "There is no document with this id.",
        "GET /api/documents lists them; a changed file has a new id.",
    )


def info_of(document: Document) -> DocumentInfo:
    """Return what is shown of a document beside its text."""
    return DocumentInfo(
        id=document.id,
        title=document.title,
        source=document.source,
        author=document.author,
        language=document.language,
        published=document.published,
        url=document.url,
        paths=document.paths,
        chars=len(document.text),
    )


router = APIRouter(prefix="/api")


@router.get(
    "/search",
    tags=["questions"],
    summary="Search for passages",
    # `explanation` stands only where a filter has something to explain.
    response_model_exclude_unset=True,
    responses=error_responses(401, 422, 503),
    dependencies=[Depends(only(*SearchParameters.model_fields))],
)
async def search(
    parameters: Annotated[SearchParameters, Query()], service: ServiceParameter
) -> SearchResponse:
    """Return the passages that best match `q`, best first.

    `document`, `source`, `language`, `actor`, `attack` and `strategy` may be repeated: their values
    are alternatives, while different filters must all be passed. A filter that names something
    unknown is an error that lists what is known.
    """
    query = service.check_question(parameters.q, "query")
    if parameters.k > service.settings.max_hits:
        raise ApiError(
            422,
            "k_too_large",
            f"k is larger than {service.settings.max_hits}.",
            f"Ask for at most {service.settings.max_hits} passages.",
        )
    return await service.in_question_thread(
        service.search, query, parameters.k, parameters.filters()
    )


@router.post(
    "/ask",
    tags=["questions"],
    summary="Ask a question",
    response_model=AskResponse,
    responses={
        **error_responses(401, 404, 415, 422, 503),
        200: {
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "example": 'event: hits\ndata: {"query": "…", "hits": […]}\n\n'
                    'event: answer\ndata: {"id": "…", "status": "answered", …}\n\n'
                    'event: done\ndata: {"id": "…", "conversation_id": "…", "took_ms": 84}\n\n',
                }
            }
        },
    },
    dependencies=[Depends(only()), Depends(require_content_type("application/json"))],
)
async def ask(
    body: AskRequest,
    service: ServiceParameter,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Any:
    """Answer a question with verbatim, cited spans, or say that the documents do not answer it.

    With `Accept: text/event-stream` the reply comes in steps: `hits` (the passages found), `answer`
    (the whole answer), `done`; or `error`. Send `conversation_id` back to ask on ("When was he
    appointed?").
    """
    question = service.check_question(body.question)
    service.check_conversation(body.conversation_id)
    filters = body.filters.filters()
    service.require_ready()  # before a stream begins, while a status can still be sent
    if not accepts_events(accept):
        return await service.in_question_thread(
            service.ask, question, filters, body.conversation_id
        )

    def work(emit: Emit) -> None:
        def on_hits(hits: Sequence[Hit]) -> None:
            shown = [HitBody.of(hit).model_dump(mode="json") for hit in hits]
            emit("hits", {"query": question, "hits": shown})

        response = service.ask(question, filters, body.conversation_id, on_hits)
        emit("answer", response.model_dump(mode="json"))
        done = {"id", "conversation_id", "took_ms"}
        emit("done", response.model_dump(mode="json", include=done))

    return event_response(work, service.in_question_thread, error_body)


@router.get(
    "/documents",
    tags=["documents"],
    summary="List documents",
    responses=error_responses(401, 422, 503),
    dependencies=[Depends(only("limit", "offset"))],
)
async def list_documents(
    service: ServiceParameter,
    limit: Annotated[int, Query(ge=1, le=MAX_LIST, description="How many, at most.")] = 100,
    offset: Annotated[int, Query(ge=0, le=2**31, description="How many to pass over.")] = 0,
) -> DocumentList:
    """Return the documents by title, then id."""

    def read(snapshot: Snapshot) -> DocumentList:
        infos = sorted(snapshot.documents(), key=lambda info: (info.title.casefold(), info.id))
        return DocumentList(
            total=len(infos),
            documents=[
                DocumentSummary.of_info(info, [d.id for d in snapshot.linked(info.id)])
                for info in infos[offset : offset + limit]
            ],
        )

    return await service.with_snapshot(read)


@router.post(
    "/documents",
    tags=["documents"],
    summary="Add documents",
    response_model=UploadResponse,
    responses=error_responses(400, 401, 413, 415, 422, 503),
    dependencies=[Depends(only()), Depends(require_content_type("multipart/form-data"))],
)
async def upload_documents(
    files: Annotated[
        list[UploadFile],
        File(description=".txt, .md, .html, .pdf, .docx or .jsonl; several at once."),
    ],
    service: ServiceParameter,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Any:
    """Ingest the files; the reply says for each what happened and, if skipped, why.

    `status` is `added`, `unchanged` (the collection has it), `replaced` (a file of this name had
    another text), `duplicate` (another file has the same text), `removed` (the file held it before)
    or `skipped`. A file of several documents (.jsonl) gives one result for each. Questions are
    answered meanwhile. With `Accept: text/event-stream`: events `progress`, then `done` with the
    reply, or `error`.
    """
    service.require_ready()
    named = [(file.filename or "", file.file) for file in files]
    if not accepts_events(accept):
        results = await service.in_upload_thread(service.add, named, lambda progress: None)
        return UploadResponse(files=results)

    def work(emit: Emit) -> None:
        results = service.add(named, progress_events(emit))
        emit("done", UploadResponse(files=results).model_dump(mode="json"))

    return event_response(work, service.in_upload_thread, error_body)


def progress_events(emit: Emit) -> Callable[[Progress], None]:
    """Return what tells the client how far its upload is; its leaving does not stop the upload."""

    def on_progress(progress: Progress) -> None:
        with suppress(ClientLeft):
            emit(
                "progress",
                {"stage": progress.stage, "done": progress.done, "total": progress.total},
            )

    return on_progress


@router.get(
    "/documents/{document_id}",
    tags=["documents"],
    summary="One document's metadata",
    responses=error_responses(401, 404, 503),
    dependencies=[Depends(only())],
)
async def get_document(document_id: str, service: ServiceParameter) -> DocumentBody:
    """Return a document's metadata, regions, page starts and what of it was not searched."""

    def read(snapshot: Snapshot) -> DocumentBody:
        document = find_document(snapshot, document_id)
        summary = DocumentSummary.of_info(
            info_of(document), [info.id for info in snapshot.linked(document.id)]
        )
        return DocumentBody(
            **summary.model_dump(),
            regions=[
                RegionBody(kind=region.kind.value, start=region.start, end=region.end)
                for region in document.regions
            ],
            page_starts=list(document.page_starts),
            not_searched=list(snapshot.notes(document.id)),
        )

    return await service.with_snapshot(read)


@router.get(
    "/documents/{document_id}/text",
    tags=["documents"],
    summary="One document's text",
    response_class=PlainTextResponse,
    responses={
        **error_responses(401, 404, 503),
        304: {"description": "You have it: the id names the text."},
    },
    dependencies=[Depends(only())],
)
async def get_text(
    document_id: str,
    service: ServiceParameter,
    if_none_match: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Return the whole text as UTF-8; offsets everywhere count its code points."""

    def read(snapshot: Snapshot) -> str:
        return find_document(snapshot, document_id).text

    text = await service.with_snapshot(read)
    headers = {"etag": f'"{document_id}"', "cache-control": "private, no-cache"}
    if if_none_match and (document_id in if_none_match or if_none_match.strip() == "*"):
        return Response(status_code=304, headers=headers)
    return PlainTextResponse(text, headers=headers)


@router.delete(
    "/documents/{document_id}",
    tags=["documents"],
    summary="Remove a document",
    status_code=204,
    responses=error_responses(401, 404, 503),
    dependencies=[Depends(only())],
)
async def delete_document(document_id: str, service: ServiceParameter) -> Response:
    """Remove a document, its passages, and the quotes of it in stored conversations."""
    if not DOCUMENT_ID.fullmatch(document_id) or not await service.in_upload_thread(
        service.remove, document_id
    ):
        raise unknown_document()
    return Response(status_code=204)


@router.post(
    "/feedback",
    tags=["questions"],
    summary="Say whether an answer is right",
    status_code=201,
    responses=error_responses(401, 404, 415, 422),
    dependencies=[Depends(only()), Depends(require_content_type("application/json"))],
)
async def give_feedback(body: FeedbackRequest, service: ServiceParameter) -> FeedbackResponse:
    """Keep a reader's verdict; it stays on this machine."""
    number = await service.in_question_thread(
        service.activity.feedback, body.answer_id, body.verdict, body.comment
    )
    if number is None:
        raise ApiError(
            404,
            "unknown_answer",
            "No answer with this id was given here.",
            "Send the id of an answer that POST /api/ask returned.",
        )
    return FeedbackResponse(id=number)


health = APIRouter()


@health.get("/healthz", tags=["operation"], summary="Whether the process lives")
async def healthz() -> dict[str, str]:
    """Return at once, even while the index opens."""
    return {"status": "alive"}


@health.get(
    "/readyz",
    tags=["operation"],
    summary="Whether questions are answered",
    responses=error_responses(503),
)
async def readyz(service: ServiceParameter) -> JSONResponse:
    """Return 200 when the index is open, 503 until then."""
    service.require_ready()
    return JSONResponse({"status": "ready"})


@health.get(
    "/metrics",
    tags=["operation"],
    summary="Counters for Prometheus",
    response_class=PlainTextResponse,
)
async def metrics(service: ServiceParameter) -> Response:
    """Return counts and times in Prometheus' text format."""
    return Response(service.metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")
