"""Backend: what the service needs of index and answerer, opened while it already listens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from analysis.corrections import Correction
from answer.compose import Answerer
from index import ingestion
from index.embed import Embedder
from index.ingestion import Ingested, Progress, Upload
from index.store import Store
from ingest.outcome import Rejected
from server.schemas import UPLOAD_PREFIX
from server.settings import Settings

Status = Literal["added", "unchanged", "replaced", "duplicate", "removed", "skipped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one document of an upload, or to a file that gave none."""

    file: str
    """What the client calls the file."""
    status: Status
    document_id: str | None = None
    reason: str | None = None
    hint: str | None = None


class Intake(Protocol):
    """How documents enter and leave the collection, and how its records are corrected."""

    def add(
        self,
        store: Store,
        files: Mapping[Path, str],
        on_progress: Callable[[Progress], None],
    ) -> list[Outcome]:
        """Ingest `files`, given with what the client calls each; blocks until stored."""
        ...

    def remove(self, store: Store, document_id: str) -> bool:
        """Remove a document; False when there was none."""
        ...

    def correct(self, store: Store, correction: Correction) -> Correction:
        """Keep a correction of the records; return it with its number."""
        ...

    def withdraw(self, store: Store, number: int, withdrawn_by: str) -> bool:
        """Put a correction out of force; False when none of that number was."""
        ...


@dataclass(frozen=True, slots=True)
class Backend:
    """An open collection and what works on it."""

    store: Store
    answerer: Answerer
    intake: Intake


Opener = Callable[[Settings], Backend]


class Ingestion:
    """The intake of a real store."""

    def add(
        self,
        store: Store,
        files: Mapping[Path, str],
        on_progress: Callable[[Progress], None],
    ) -> list[Outcome]:
        """Ingest `files`; blocks until all is published."""
        report = ingestion.ingest(
            store,
            [Upload(path, UPLOAD_PREFIX + name) for path, name in files.items()],
            on_progress=on_progress,
        )
        names = list(files.values())
        kinds: tuple[tuple[Status, tuple[Ingested, ...]], ...] = (
            ("added", report.added),
            ("replaced", report.replaced),
            ("unchanged", report.unchanged),
            ("duplicate", report.duplicates),
        )
        outcomes = [
            Outcome(_file_of(entry.path, names), status, entry.document_id)
            for status, entries in kinds
            for entry in entries
        ]
        outcomes += [_removed(entry, names) for entry in report.removed]
        return outcomes + [_skipped(rejected, names) for rejected in report.skipped]

    def remove(self, store: Store, document_id: str) -> bool:
        """Remove a document; False when there was none."""
        return ingestion.remove(store, document_id)

    def correct(self, store: Store, correction: Correction) -> Correction:
        """Keep a correction of the records; return it with its number."""
        return ingestion.correct(store, correction)

    def withdraw(self, store: Store, number: int, withdrawn_by: str) -> bool:
        """Put a correction out of force; False when none of that number was."""
        return ingestion.withdraw(store, number, withdrawn_by)


def load_answerer(settings: Settings) -> Answerer:
    """Return the answerer that `settings` ask for. Raises ReaderError or JudgeError."""
    return Answerer.load(
        threads=settings.threads or None,
        reader=settings.reader,
        second_reader=settings.second_reader,
        error_budget=settings.error_budget,
    )


def open_backend(settings: Settings) -> Backend:
    """Open the store and load the models that `settings` name.

    Raises EmbedderError, StoreError, ReaderError or JudgeError, each saying what to do.
    """
    embedder = Embedder.load(settings.model, threads=settings.threads)
    store = Store.open(settings.data_dir, embedder)
    try:
        answerer = load_answerer(settings)
    except BaseException:
        store.close()
        raise
    return Backend(store, answerer, Ingestion())


def _file_of(path: str, names: list[str]) -> str:
    """Return the uploaded file that a reported path belongs to; one line of it ends in `:LINE`."""
    given = path.removeprefix(UPLOAD_PREFIX)
    if given in names:
        return given
    whole, _, line = given.rpartition(":")
    return whole if whole in names and line.isdecimal() else given


def _removed(entry: Ingested, names: list[str]) -> Outcome:
    return Outcome(
        _file_of(entry.path, names),
        "removed",
        reason=f"the file no longer holds “{entry.title}”, which it held before",
        hint="upload the earlier version to bring it back",
    )


def _skipped(rejected: Rejected, names: list[str]) -> Outcome:
    file = _file_of(rejected.path, names)
    line = rejected.path.removeprefix(UPLOAD_PREFIX).removeprefix(file).removeprefix(":")
    where = f"line {line}: " if line else ""
    return Outcome(file, "skipped", reason=where + rejected.reason, hint=rejected.hint)
