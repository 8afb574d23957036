"""The pages: the same answers as the JSON routes, drawn for people."""

import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from analysis.collection import Actor, Records
from eval.report import content_security_policy, list_runs
from index.search import DocumentInfo, Filters, Hit
from index.store import Snapshot
from ingest.document import Document, RegionKind
from server import present
from server.api import (
    ServiceParameter,
    find_document,
    progress_events,
    refuse_unknown,
    require_content_type,
    unknown_document,
)
from server.errors import ApiError
from server.examples import SAMPLE_QUESTIONS, SAMPLE_SOURCES
from server.present import AnswerView, answer_view
from server.schemas import (
    KNOWN_FILTERS,
    SEVERAL_FILTERS,
    AskResponse,
    FileResult,
    FilterFields,
)
from server.security import COOKIE, local_target
from server.selection import mentions
from server.service import Service
from server.stream import Emit, accepts_events, event_response

logger = logging.getLogger("dossier.server")

PAGE_SIZE = 100
# The filters' check boxes, with room to spare.
MAX_FIELDS = 500
# A longer list of choices helps nobody; the filters of the API have no such limit.
MAX_LISTED = 300
SORTS = {
    "title": "Title",
    "published": "Published",
    "source": "Source",
    "language": "Language",
    "size": "Length",
}
REGION_NAMES = {
    RegionKind.TITLE: "Title",
    RegionKind.HEADING: "Heading",
    RegionKind.FURNITURE: "Site furniture",
    RegionKind.BIOGRAPHY: "About the author",
    RegionKind.FOOTNOTE: "Footnote",
    RegionKind.CAPTION: "Caption",
}
REPORT = "report.html"
RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
HEADLINE_MEASURES = ("served well", "evidence-hit@1", "refusal precision", "refusal recall")

router = APIRouter(include_in_schema=False)


def render(service: Service, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Return a page."""
    return HTMLResponse(fragment(service, template, **context), status)


def fragment(service: Service, template: str, **context: Any) -> str:
    """Return a template's HTML."""
    shown = {"locked": service.settings.api_key is not None, **context}
    return service.templates.get_template(template).render(shown)


@router.get("/")
async def chat(request: Request, service: ServiceParameter) -> HTMLResponse:
    """The chat: an earlier conversation if one is named, filters chosen as the address says."""
    refuse_unknown(request.query_params.keys(), ("conversation", *KNOWN_FILTERS))
    filters = _filters(request.query_params.multi_items())
    conversation_id = request.query_params.get("conversation")

    def read(snapshot: Snapshot) -> HTMLResponse:
        if conversation_id is not None and not service.activity.exists(conversation_id):
            return _chat(
                service,
                snapshot,
                filters,
                status=404,
                notice="This conversation is no longer kept. Here begins a new one.",
            )
        turns = _turns(service, snapshot, conversation_id) if conversation_id else []
        return _chat(service, snapshot, filters, turns, conversation_id)

    return await service.with_snapshot(read)


@router.post("/")
async def ask(request: Request, service: ServiceParameter) -> Response:
    """Answer the form: the whole page, or, for the page's script, events that end in the answer.

    Both draw the answer by one template.
    """
    service.require_ready()
    form = await form_fields(request, ("question", "conversation", *KNOWN_FILTERS))
    given = dict(form)
    conversation_id = given.get("conversation") or None

    def check() -> tuple[str, Filters]:
        filters = _filters(form)
        question = service.check_question(given.get("question", ""))
        service.check_conversation(conversation_id)
        return question, filters

    if accepts_events(request.headers.get("accept")):

        def work(emit: Emit) -> None:
            def on_hits(hits: Sequence[Hit]) -> None:
                emit("step", {"text": _found(hits)})

            question, filters = check()
            emit("step", {"text": "Searching the reports…"})
            response = service.ask(question, filters, conversation_id, on_hits)
            with service.snapshot() as snapshot:
                html = fragment(service, "_turn.html", turn=answer_view(response, snapshot))
            emit("done", {"html": html, "conversation": response.conversation_id})

        return event_response(work, service.in_question_thread, _notice(service))

    def answer() -> HTMLResponse:
        try:
            question, filters = check()
            response = service.ask(question, filters, conversation_id)
        except ApiError as error:
            with service.snapshot() as snapshot:
                kept = conversation_id if error.code != "unknown_conversation" else None
                return _chat(
                    service,
                    snapshot,
                    _filters_or_none(form),
                    _turns(service, snapshot, kept) if kept else [],
                    kept,
                    status=error.status_code,
                    notice=f"{error.message} {error.hint}",
                    question=given.get("question", "")[: service.settings.max_question_chars],
                )
        with service.snapshot() as snapshot:
            turns = _turns(service, snapshot, response.conversation_id)
            return _chat(service, snapshot, filters, turns, response.conversation_id)

    return await service.in_question_thread(answer)


@router.post("/feedback")
async def feedback(
    service: ServiceParameter,
    answer_id: Annotated[str, Form(max_length=128)],
    verdict: Annotated[str, Form(pattern="^(right|wrong)$")],
    conversation: Annotated[str, Form(max_length=64)],
) -> RedirectResponse:
    """Keep a reader's verdict and return to the conversation."""
    number = await service.in_question_thread(service.activity.feedback, answer_id, verdict, None)
    if number is None:
        raise ApiError(404, "unknown_answer", "No such answer was given here.", "Ask again.")
    return RedirectResponse(f"/?{urlencode({'conversation': conversation})}#latest", 303)


@router.get("/documents")
async def documents(request: Request, service: ServiceParameter) -> HTMLResponse:
    """The document list."""
    return await service.in_question_thread(_documents, service, dict(request.query_params))


@router.post("/documents", dependencies=[Depends(require_content_type("multipart/form-data"))])
async def upload(
    request: Request, service: ServiceParameter, files: Annotated[list[UploadFile], File()]
) -> Response:
    """Ingest the form's files: the list with what happened to each, or events for the script."""
    service.require_ready()
    # A form sent without a file chosen carries one nameless, empty part.
    named = [(file.filename, file.file) for file in files if file.filename]

    def results() -> list[FileResult]:
        if not named:
            raise ApiError(
                422, "no_file", "No file was chosen.", "Choose one or more files, then add them."
            )
        return service.add(named, lambda progress: None)

    if accepts_events(request.headers.get("accept")):

        def work(emit: Emit) -> None:
            added = service.add(named, progress_events(emit)) if named else results()
            emit("done", {"html": fragment(service, "_results.html", results=added)})

        return event_response(work, service.in_upload_thread, _notice(service))

    added = await service.in_upload_thread(results)
    return await service.in_question_thread(_documents, service, {}, added)


@router.get("/documents/{document_id}")
async def document(document_id: str, request: Request, service: ServiceParameter) -> HTMLResponse:
    """The reader: the whole text, opened at a span if one is named."""
    parameters = dict(request.query_params)
    refuse_unknown(parameters, ("start", "end", "answer_start", "answer_end"))

    def read(snapshot: Snapshot) -> HTMLResponse:
        found = find_document(snapshot, document_id)
        quote, notice = _span(parameters, "start", "end", found)
        answer, _ = _span(parameters, "answer_start", "answer_end", found)
        if answer and not (quote and quote[0] <= answer[0] and answer[1] <= quote[1]):
            answer = None
        kinds = {region.kind for region in found.regions}
        return render(
            service,
            "document.html",
            document=found,
            url=present.web_link(found.url),
            files=present.file_names(found),
            linked=snapshot.linked(found.id),
            paragraphs=present.paragraphs(found, quote, answer),
            legend=[(kind.value, name) for kind, name in REGION_NAMES.items() if kind in kinds],
            not_searched=snapshot.notes(found.id),
            named=_named_in(found.id, snapshot.records),
            told=[
                attack
                for attack in snapshot.records.attacks
                if any(told.document_id == found.id for told in attack.accounts)
            ],
            quote=quote,
            answer=answer,
            notice=notice,
        )

    return await service.with_snapshot(read)


@router.get("/documents/{document_id}/remove")
async def confirm_removal(document_id: str, service: ServiceParameter) -> HTMLResponse:
    """Ask before a document is removed."""

    def read(snapshot: Snapshot) -> HTMLResponse:
        return render(service, "remove.html", document=find_document(snapshot, document_id))

    return await service.with_snapshot(read)


@router.post("/documents/{document_id}/remove")
async def remove(document_id: str, service: ServiceParameter) -> RedirectResponse:
    """Remove a document and return to the list."""
    if not re.fullmatch(r"[0-9a-f]{64}", document_id) or not await service.in_upload_thread(
        service.remove, document_id
    ):
        raise unknown_document()
    return RedirectResponse("/documents?removed=1", 303)


@router.get("/evaluation")
async def evaluation(service: ServiceParameter) -> HTMLResponse:
    """The evaluations that were made in this data directory, newest first."""

    def read() -> HTMLResponse:
        data_dir = service.settings.data_dir
        runs = [
            (run, (data_dir / "runs" / run.name / REPORT).is_file()) for run in list_runs(data_dir)
        ]
        return render(service, "evaluation.html", runs=runs, headline=HEADLINE_MEASURES)

    return await service.in_question_thread(read)


@router.get("/evaluation/{name}")
async def evaluation_report(name: str, service: ServiceParameter) -> HTMLResponse:
    """One run's report, as it was written, under a policy that lets its own styles work."""

    def read() -> HTMLResponse:
        path = service.settings.data_dir / "runs" / name / REPORT
        if not RUN_NAME.fullmatch(name) or not path.is_file():
            raise ApiError(404, "unknown_report", "There is no such report.", "See /evaluation.")
        page = path.read_text(encoding="utf-8")
        return HTMLResponse(
            page, headers={"content-security-policy": content_security_policy(page)}
        )

    return await service.in_question_thread(read)


@router.get("/login")
async def login_form(service: ServiceParameter, next: str = "/") -> Response:
    """Ask for the key, where the service has one."""
    if service.settings.api_key is None:
        return RedirectResponse("/", 303)
    return render(service, "login.html", target=local_target(next), wrong=False, locked=False)


@router.post("/login")
async def login(
    request: Request,
    service: ServiceParameter,
    key: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Set the session's cookie if the key is right."""
    target = local_target(next)
    if service.settings.api_key is None:
        return RedirectResponse("/", 303)
    if not service.sessions.matches(key.strip()):
        logger.warning("a log-in with a wrong key was refused")
        return render(service, "login.html", 401, target=target, wrong=True, locked=False)
    response = RedirectResponse(target, 303)
    response.set_cookie(
        COOKIE,
        service.sessions.issue(),
        max_age=service.sessions.seconds,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.post("/logout")
async def logout(service: ServiceParameter) -> RedirectResponse:
    """Drop the session's cookie."""
    response = RedirectResponse("/login" if service.settings.api_key else "/", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


@router.get("/docs")
async def docs(service: ServiceParameter) -> HTMLResponse:
    """The OpenAPI page, with Swagger UI served from here."""
    return render(service, "docs.html")


def _found(hits: Sequence[Hit]) -> str:
    reports = len({hit.document.id for hit in hits})
    if not hits:
        return "Nothing similar found; making sure…"
    return (
        f"Reading {len(hits)} passage{'s' * (len(hits) != 1)} "
        f"from {reports} report{'s' * (reports != 1)}…"
    )


def _notice(service: Service) -> Any:
    def describe(error: ApiError) -> dict[str, str]:
        return {"message": error.message, "hint": error.hint}

    return describe


async def form_fields(request: Request, known: Sequence[str]) -> list[tuple[str, str]]:
    """Return a form's fields; ApiError for another body, another encoding, or an unknown field."""
    announced = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if announced == "multipart/form-data":
        async with request.form(max_files=0, max_fields=MAX_FIELDS) as form:
            fields = [(name, str(value)) for name, value in form.multi_items()]
    elif announced == "application/x-www-form-urlencoded":
        # Starlette's reader would put U+FFFD for what is not UTF-8 without a word.
        body = await request.body()
        try:
            fields = parse_qsl(
                body.decode("utf-8"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=MAX_FIELDS,
            )
        except ValueError:
            raise ApiError(
                400, "malformed_body", "The form cannot be read.", "Send it in UTF-8."
            ) from None
    else:
        raise ApiError(
            415, "unsupported_media_type", "The body must be a form.", "Use the page's form."
        )
    refuse_unknown([name for name, _ in fields], known)
    return fields


def _filters(fields: Sequence[tuple[str, str]]) -> Filters:
    """Return the filters among a form's fields; an empty field is one not filled in."""
    values: dict[str, Any] = {}
    for name, value in fields:
        if name not in KNOWN_FILTERS or not value.strip():
            continue
        if name in SEVERAL_FILTERS:
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    try:
        return FilterFields(**values).filters()
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        message = str(problem["msg"]).removeprefix("Value error, ")
        raise ApiError(
            422,
            "invalid_filter",
            ": ".join([*map(str, problem["loc"]), message]) + ".",
            "Correct the filter.",
        ) from None


def _filters_or_none(fields: Sequence[tuple[str, str]]) -> Filters:
    with suppress(ApiError):
        return _filters(fields)
    return Filters()


def _turns(service: Service, snapshot: Snapshot, conversation_id: str) -> list[AnswerView | str]:
    """Return the conversation's turns; one whose document was removed as its question alone."""
    return [
        answer_view(AskResponse.model_validate_json(turn.response), snapshot)
        if turn.response
        else turn.question
        for turn in service.activity.stored(conversation_id)
    ]


def _chat(
    service: Service,
    snapshot: Snapshot,
    filters: Filters,
    turns: Sequence[AnswerView | str] = (),
    conversation_id: str | None = None,
    *,
    status: int = 200,
    notice: str | None = None,
    question: str = "",
) -> HTMLResponse:
    infos = sorted(snapshot.documents(), key=lambda info: (info.title.casefold(), info.id))
    sources = sorted({info.source for info in infos if info.source})
    records = snapshot.records
    actors = sorted(records.actors, key=lambda actor: (-actor.documents, actor.name.casefold()))
    examples = SAMPLE_QUESTIONS if any(source in SAMPLE_SOURCES for source in sources) else ()
    return render(
        service,
        "chat.html",
        status,
        turns=turns,
        conversation=conversation_id,
        notice=notice,
        question=question,
        filters=filters,
        filtered=filters != Filters(),
        documents=infos[:MAX_LISTED],
        total=len(infos),
        sources=sources,
        languages=sorted({info.language for info in infos if info.language}),
        actors=actors[:MAX_LISTED],
        attacks=records.attacks[:MAX_LISTED],
        themes=sorted({each.theme for each in records.strategies}),
        examples=examples,
        max_question_chars=service.settings.max_question_chars,
    )


def _documents(
    service: Service, parameters: dict[str, str], results: Sequence[FileResult] = ()
) -> HTMLResponse:
    refuse_unknown(parameters, ("sort", "page", "removed"))
    sort = parameters.get("sort", "title")
    key = sort.removeprefix("-")
    if key not in SORTS:
        raise ApiError(
            422, "unknown_sort", "There is no such order.", f"Known: {', '.join(SORTS)}."
        )
    number = parameters.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,6}", number):
        raise ApiError(422, "invalid_page", "The page is not a number from 1.", "Use the links.")
    page = int(number)
    with service.snapshot() as snapshot:
        infos = _sorted(snapshot.documents(), key, descending=sort.startswith("-"))
        pages = max(1, -(-len(infos) // PAGE_SIZE))
        page = min(page, pages)
        shown = infos[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        return render(
            service,
            "documents.html",
            documents=[(info, snapshot.linked(info.id)) for info in shown],
            total=len(infos),
            sort=sort,
            sorts=SORTS,
            page=page,
            pages=pages,
            results=results,
            removed="removed" in parameters,
            max_upload_bytes=service.settings.max_upload_bytes,
        )


def _sorted(infos: Sequence[DocumentInfo], key: str, *, descending: bool) -> list[DocumentInfo]:
    """Return the documents in order; those that do not state the value come last either way."""

    def value(info: DocumentInfo) -> Any:
        if key == "size":
            return info.chars
        stated = getattr(info, key)
        return stated.casefold() if isinstance(stated, str) else stated

    by_title = sorted(infos, key=lambda info: (info.title.casefold(), info.id))
    stated = [info for info in by_title if value(info) is not None]
    unknown = [info for info in by_title if value(info) is None]
    return sorted(stated, key=value, reverse=descending) + unknown


def _named_in(document_id: str, records: Records) -> list[Actor]:
    """Return the actors that a document names, the most often named first."""
    counts = {actor.id: mentions(actor, document_id) for actor in records.actors}
    named = [actor for actor in records.actors if counts[actor.id]]
    return sorted(named, key=lambda actor: (-counts[actor.id], actor.name.casefold()))


def _span(
    parameters: dict[str, str], first: str, last: str, document: Document
) -> tuple[tuple[int, int] | None, str | None]:
    """Return the span that an address names, or why there is none."""
    if first not in parameters and last not in parameters:
        return None, None
    start, end = parameters.get(first, ""), parameters.get(last, "")
    digits = re.compile(r"[0-9]{1,9}")
    if digits.fullmatch(start) and digits.fullmatch(end):
        span = int(start), int(end)
        if span[0] < span[1] <= len(document.text):
            return span, None
    return None, (
        "The address names no passage of this text, so none is marked: "
        f"{first} and {last} must be positions from 0 to {len(document.text)}, "
        f"{first} before {last}."
    )
