"""Analyses: the documents' records, made at ingest, kept in the catalogue, brought together on use.

The catalogue holds each document's records beside the document; corrections are kept there, too.
What all documents say together is built from both once for each state of the store.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from pydantic import TypeAdapter

from analysis.build import build
from analysis.collection import Records, SourceRecords
from analysis.corrections import Correction
from analysis.names import NameRegister
from analysis.process import AnalysisProcess
from analysis.records import ANALYSIS_VERSION, DocumentRecords
from analysis.wire import RECORDS
from index.catalogue import Catalogue, CatalogueWriter, CorrectionRow
from ingest.document import Document

_CORRECTION = TypeAdapter(Correction)
_NOT_YET = DocumentRecords(
    notes=("no actors, attacks or strategies: the document waits to be searched for them",)
)
_BEGUN_AT_ONCE = 16
"""Documents handed out before they are analysed, so that the other process has always some."""


def made_by(register: NameRegister) -> str:
    """Return what decides a document's records beside the document: the rules and the names."""
    return f"{ANALYSIS_VERSION}/{register.digest[:16]}"


def unanalysed(writer: CatalogueWriter, register: NameRegister) -> list[int]:
    """Return the rows of documents that were not analysed, or by other rules or names."""
    return writer.unanalysed(made_by(register))


class PendingAnalyses:
    """Documents that want analysing, or want it anew: analyses them meanwhile.

    Another process does the work; this one hands out documents and takes in their records whenever
    `advance` is called, and all that remains with `finish`. The writer is used only in these. After
    `close`, what is not begun is not.
    """

    def __init__(
        self, writer: CatalogueWriter, register: NameRegister, process: AnalysisProcess
    ) -> None:
        """Have no documents yet; they come with `add`."""
        self._writer = writer
        self._process = process
        self._version = made_by(register)
        self._added: set[int] = set()
        self._waiting: deque[int] = deque()
        self._asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="analyse")
        self._begun: deque[tuple[int, Document, Future[tuple[DocumentRecords, float]]]] = deque()
        self.done = 0
        self.seconds = 0.0
        """How long the analysis took so far, mostly beside other work."""
        self.notes: list[str] = []
        """What was left out of which document, each in one line."""

    def add(self, rows: Iterable[int]) -> None:
        """Take documents' rows, but for those that were added before; nothing is begun."""
        new = [row for row in rows if row not in self._added]
        self._added.update(new)
        self._waiting.extend(new)

    def close(self) -> None:
        """Begin nothing more."""
        self._asking.shutdown(wait=False, cancel_futures=True)

    def advance(self) -> None:
        """Take in what is done and hand out more; returns at once."""
        while self._begun and self._begun[0][2].done():
            self._take()
        while self._waiting and len(self._begun) < _BEGUN_AT_ONCE:
            row = self._waiting.popleft()
            document = self._writer.document(row)
            if document is not None:  # else a source that was read later gave it up
                self._begun.append((row, document, self._asking.submit(self._analyse, document)))

    def finish(self, on_progress: Callable[[int, int], None] | None = None) -> None:
        """Wait until all is done; `on_progress` is told how many are, and of how many."""
        tell = on_progress or (lambda done, total: None)
        self.advance()
        while self._begun:
            tell(self.done, self.done + len(self._begun) + len(self._waiting))
            self._take()
            self.advance()
        if self.done:
            tell(self.done, self.done)

    def _analyse(self, document: Document) -> tuple[DocumentRecords, float]:
        started = time.monotonic()
        return self._process.analyse(document), time.monotonic() - started

    def _take(self) -> None:
        row, document, future = self._begun.popleft()
        records, seconds = future.result()
        self.seconds += seconds
        if self._writer.document_row(document.id) != row:
            return  # given up meanwhile
        self._writer.set_analysis(
            row, self._version, RECORDS.dump_json(records, exclude_defaults=True).decode("utf-8")
        )
        self.notes += [f"{document.title}: {note}" for note in records.notes]
        self.done += 1


def notes_of(catalogue: Catalogue, document_row: int) -> tuple[str, ...]:
    """Return what of a document was not searched, and why."""
    stored = catalogue.analysis(document_row)
    return (_NOT_YET if stored is None else RECORDS.validate_json(stored)).notes


def build_records(catalogue: Catalogue, register: NameRegister) -> Records:
    """Return the records of all documents of the catalogue, corrections applied.

    A document that another process has yet to analyse has none, and a note that says so.
    """
    stored = {row: RECORDS.validate_json(records) for row, records in catalogue.analyses()}
    infos = catalogue.infos(catalogue.document_rows())
    origins = catalogue.origins()
    ids = catalogue.infos(origins.values())
    sources = [
        SourceRecords(
            document_id=info.id,
            title=info.title,
            source=info.source,
            published=info.published,
            origin=ids[origins[row]].id if row in origins else info.id,
            records=stored.get(row, _NOT_YET),
        )
        for row, info in infos.items()
    ]
    return build(sources, register, corrections_of(catalogue.corrections()))


def add_correction(writer: CatalogueWriter, correction: Correction) -> Correction:
    """Keep a correction within the writer's transaction; return it with its number."""
    number = writer.add_correction(_CORRECTION.dump_json(correction).decode("utf-8"))
    return replace(correction, number=number)


def corrections_of(rows: Sequence[CorrectionRow]) -> list[Correction]:
    """Return the catalogue's corrections as what they are, in order."""
    return [replace(_CORRECTION.validate_json(row.correction), number=row.number) for row in rows]
