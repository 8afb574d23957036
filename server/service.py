"""Service: one running Dossier, shared by the JSON routes and the pages."""

import functools
import os
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

import anyio
import anyio.to_thread
from fastapi.templating import Jinja2Templates

from analysis.corrections import Correction
from answer.answer import Turn
from index.ingestion import Progress
from index.search import Filters, Hit
from index.store import Snapshot
from server.activity import FILE_NAME as ACTIVITY_FILE
from server.activity import Activity, new_conversation_id
from server.backend import Backend, Outcome
from server.errors import ApiError
from server.metrics import Metrics
from server.records_ahead import RecordsAhead
from server.schemas import (
    AskResponse,
    DocumentReference,
    FileResult,
    SearchResponse,
    reject_unstorable,
)
from server.security import Sessions
from server.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

MAX_UPLOAD_FILES = 1_000
MAX_FILE_NAME_CHARS = 200


class Service:
    """Everything a request may need; `backend` is None until the index is open."""

    def __init__(self, settings: Settings, templates: Jinja2Templates) -> None:
        self.settings = settings
        self.templates = templates
        self.metrics = Metrics()
        self.sessions = Sessions(settings)
        self.activity = Activity(
            settings.data_dir / ACTIVITY_FILE, keep_days=settings.activity_days
        )
        self._backend: Backend | None = None
        self._ahead: RecordsAhead | None = None
        # More questions at once than cores only make each of them slower.
        self._question_threads = anyio.CapacityLimiter(max(2, os.cpu_count() or 2))
        self._upload_threads = anyio.CapacityLimiter(1)
        self._opening = threading.Lock()
        self._closed = False

    def open(self, backend: Backend) -> None:
        """Begin to answer; if the service has been told to end meanwhile, close again."""
        with self._opening:
            if self._closed:
                backend.store.close()
                return
            self._backend = backend
            self._ahead = RecordsAhead(backend.store)
            self.metrics.ready.set(1)

    def close(self) -> None:
        """Close the activity file and the store."""
        with self._opening:
            self._closed = True
            self.activity.close()
            if self._ahead is not None:
                self._ahead.close()
            if self._backend is not None:
                self._backend.store.close()

    @property
    def backend(self) -> Backend:
        """The open backend; ApiError 503 while it opens."""
        if self._backend is None:
            raise ApiError(
                503,
                "not_ready",
                "Dossier is still opening its index.",
                "Try again in a few seconds; /readyz tells when.",
                {"Retry-After": "2"},
            )
        return self._backend

    def require_ready(self) -> None:
        """Raise ApiError 503 while the index opens."""
        _ = self.backend

    def snapshot(self) -> Snapshot:
        """Return the newest state of the collection."""
        return self.backend.store.snapshot()

    async def in_question_thread(
        self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run what reads the index, off the event loop."""
        return await anyio.to_thread.run_sync(
            functools.partial(function, *args, **kwargs), limiter=self._question_threads
        )

    async def with_snapshot(self, read: Callable[[Snapshot], T]) -> T:
        """Return what `read` makes of the newest state of the collection, off the event loop."""

        def read_newest() -> T:
            with self.snapshot() as snapshot:
                return read(snapshot)

        return await self.in_question_thread(read_newest)

    async def in_upload_thread(
        self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run what writes the index, one at a time, while questions go on."""
        return await anyio.to_thread.run_sync(
            functools.partial(function, *args, **kwargs), limiter=self._upload_threads
        )

    def check_question(self, question: str, name: str = "question") -> str:
        """Return the question without surrounding space; ApiError 422 if it cannot be asked."""
        limit = self.settings.max_question_chars
        try:
            reject_unstorable(question)
        except ValueError as error:
            raise ApiError(422, "invalid_request", f"{name}: {error}", "Send plain text.") from None
        stripped = question.strip()
        if not stripped:
            raise ApiError(
                422, f"{name}_blank", f"The {name} is empty.", "Ask something, in plain words."
            )
        if len(stripped) > limit:
            raise ApiError(
                422,
                f"{name}_too_long",
                f"The {name} has {len(stripped):,} characters; at most {limit:,} are read.",
                "Ask one thing at a time, in a sentence or two.",
            )
        return stripped

    def check_conversation(self, conversation_id: str | None) -> None:
        """Raise ApiError 404 for a conversation that was never begun, or was forgotten."""
        if conversation_id is not None and not self.activity.exists(conversation_id):
            raise ApiError(
                404,
                "unknown_conversation",
                "There is no such conversation.",
                "Leave conversation_id out to begin a new one.",
            )

    def search(self, query: str, k: int, filters: Filters) -> SearchResponse:
        """Return the k best passages."""
        began = time.perf_counter()
        with self.snapshot() as snapshot:
            self.metrics.generation.set(snapshot.generation)
            hits = snapshot.search(query, k, filters)
            seconds = time.perf_counter() - began
            explanation = snapshot.explain(filters)
        self.metrics.search_seconds.observe(seconds)
        return SearchResponse.of(query, hits, round(seconds * 1000), explanation)

    def ask(
        self,
        question: str,
        filters: Filters,
        conversation_id: str | None,
        on_hits: Callable[[Sequence[Hit]], None] | None = None,
    ) -> AskResponse:
        """Answer a checked question from the newest state and keep the turn."""
        began = time.perf_counter()
        conversation_id = conversation_id or new_conversation_id()
        earlier = self.activity.earlier(conversation_id)
        with self.snapshot() as snapshot:
            self.metrics.generation.set(snapshot.generation)
            answer = self.backend.answerer.ask(
                snapshot, question, filters=filters, earlier=earlier, on_hits=on_hits
            )
        seconds = time.perf_counter() - began
        self.metrics.ask_seconds.observe(seconds)
        self.metrics.answers.labels(answer.status.value).inc()
        response = AskResponse.of(answer, conversation_id, round(seconds * 1000))
        turn = Turn(question, answer.interpreted_question, answer.answer)
        self.activity.record(conversation_id, turn, answer.id, response.model_dump_json())
        return response

    def add(
        self, files: Sequence[tuple[str, BinaryIO]], on_progress: Callable[[Progress], None]
    ) -> list[FileResult]:
        """Ingest uploaded files, given as name and content; returns what happened, in order."""
        named: dict[Path, str] = {}
        refused: list[Outcome] = []
        with tempfile.TemporaryDirectory(prefix="dossier-upload-") as directory:
            for number, (given, content) in enumerate(files):
                name = file_name(given)
                if name in named.values():
                    refused.append(
                        Outcome(
                            name,
                            "skipped",
                            reason="another file of this upload has the same name",
                            hint="Rename one of them, or upload them one after the other.",
                        )
                    )
                    continue
                # The name on disk is ours; only the suffix, by which loaders are chosen, is theirs.
                path = Path(directory) / f"{number}{_suffix(name)}"
                with path.open("wb") as file:
                    while block := content.read(1024 * 1024):
                        file.write(block)
                named[path] = name
            backend = self.backend
            outcomes = backend.intake.add(backend.store, named, on_progress) if named else []
            self._published()
        order = {file_name(given): number for number, (given, _) in reversed([*enumerate(files)])}
        outcomes = sorted([*outcomes, *refused], key=lambda o: order.get(o.file, len(order)))
        for outcome in outcomes:
            self.metrics.uploads.labels(outcome.status).inc()
        with self.snapshot() as snapshot:
            return [_file_result(snapshot, outcome) for outcome in outcomes]

    def remove(self, document_id: str) -> bool:
        """Remove a document and the quotes of it that conversations hold."""
        backend = self.backend
        removed = backend.intake.remove(backend.store, document_id)
        self._published()
        if removed:
            self.activity.forget_document(document_id)
        return removed

    def correct(self, correction: Correction) -> Correction:
        """Keep an operator's correction; return it with its number."""
        backend = self.backend
        kept = backend.intake.correct(backend.store, correction)
        self._published()
        return kept

    def withdraw(self, number: int, withdrawn_by: str) -> bool:
        """Put a correction out of force; return whether it was in force."""
        backend = self.backend
        withdrawn = backend.intake.withdraw(backend.store, number, withdrawn_by)
        self._published()
        return withdrawn

    def _published(self) -> None:
        if self._ahead is not None:
            self._ahead.wake()


def file_name(given: str) -> str:
    """Return the bare, printable name of an uploaded file, whatever path a client put before it."""
    name = given.replace("\\", "/").rpartition("/")[2]
    name = "".join(char for char in name if char.isprintable()).strip()
    if name in ("", ".", ".."):
        return "unnamed"
    if len(name) > MAX_FILE_NAME_CHARS:
        suffix = _suffix(name)
        return name[: MAX_FILE_NAME_CHARS - len(suffix)] + suffix
    return name


def _suffix(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return suffix if suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= 10 else ""


def _file_result(snapshot: Snapshot, outcome: Outcome) -> FileResult:
    document = snapshot.document(outcome.document_id) if outcome.document_id else None
    return FileResult(
        file=outcome.file,
        status=outcome.status,
        document=DocumentReference(
            id=document.id,
            title=document.title,
            source=document.source,
            published=document.published,
            url=document.url,
        )
        if document
        else None,
        reason=outcome.reason,
        hint=outcome.hint,
    )
