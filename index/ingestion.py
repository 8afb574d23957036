"""Ingest: sources become documents, passages and vectors, published all at once or not at all."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from analysis.corrections import Correction
from analysis.process import AnalysisProcess
from index.analyses import PendingAnalyses, add_correction, unanalysed
from index.catalogue import CatalogueWriter, storage_errors
from index.store import Store
from ingest.chunk import chunk_document
from ingest.document import Document
from ingest.duplicates import Signature, signature, similarity
from ingest.load import find_files, is_url, printable
from ingest.outcome import Limits, Loaded, Rejected
from ingest.parser_process import ParserProcess
from ingest.regions import body_text

NEAR_DUPLICATE = 0.6
"""From this Jaccard similarity of their runs of five words on, two documents are linked."""
BAND_HASHES = 4
"""Hashes of a signature that must agree for two documents to be compared at all."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is known by another name than its path."""

    file: Path
    name: str
    """What stands in the document's paths, as `upload:report.pdf`; its suffix tells the type."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest has come: `done` of `total` files, documents or passages."""

    stage: str
    """`waiting` for another writer, `reading`, `analysing`, `embedding` or `publishing`."""
    done: int
    total: int
    detail: str = ""
    """The file that is read, or whom one waits for."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """One document of one source."""

    path: str
    document_id: str
    title: str
    same_as: tuple[str, ...] = ()
    """For a duplicate, the other paths that hold the text; its own if that holds it twice."""
    near_duplicates: tuple[str, ...] = ()
    """Ids of the documents that nearly repeat it."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of each source."""

    added: tuple[Ingested, ...]
    unchanged: tuple[Ingested, ...]
    replaced: tuple[Ingested, ...]
    """New versions of documents that their paths held before."""
    duplicates: tuple[Ingested, ...]
    """Documents whose text the collection already had from another path, or earlier in this one."""
    removed: tuple[Ingested, ...]
    """Documents that their paths hold no longer, without a new version."""
    skipped: tuple[Rejected, ...]
    warnings: tuple[str, ...]
    passages: int
    """How many passages the collection has now."""
    embedded: int
    """How many of them had to be embedded."""
    generation: int
    seconds: float
    analysed: int
    """How many documents were searched for actors, attacks and strategies."""
    analysis_seconds: float
    """How long that took, most of it beside the embedding."""


@dataclass(slots=True)
class _Outcomes:
    added: list[Ingested] = field(default_factory=list)
    unchanged: list[Ingested] = field(default_factory=list)
    replaced: list[Ingested] = field(default_factory=list)
    duplicates: list[Ingested] = field(default_factory=list)
    removed: list[Ingested] = field(default_factory=list)
    skipped: list[Rejected] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def ingest(
    store: Store,
    sources: Iterable[str | Path | Upload],
    *,
    limits: Limits = Limits(),  # noqa: B008 - immutable
    allow_urls: bool = False,
    analyse: bool = True,
    on_progress: Callable[[Progress], None] | None = None,
) -> IngestReport:
    """Bring files, folders and addresses into the store, and say what became of each.

    All is published in one transaction at the end, or, if this raises or is killed, nothing; only
    the vectors computed so far are kept, for the next try. A source that cannot be read is skipped
    and reported, and what its path held before stays. Readers go on undisturbed; a second ingest
    waits for the first. Without `analyse` actors, attacks and strategies wait for the next ingest,
    or for the store to be opened again.

    Raises StoreError if the data directory cannot be written.
    """
    started = time.monotonic()
    tell = on_progress or (lambda progress: None)
    outcomes = _Outcomes()
    with (
        storage_errors(store.data_dir),
        store.writer_lock(lambda whom: tell(Progress("waiting", 0, 1, whom))),
    ):
        writer = store.writer()
        try:
            writer.begin()
            with closing(AnalysisProcess(store.names)) as process:
                analyses = PendingAnalyses(writer, store.names, process)
                with closing(analyses):
                    with ParserProcess(limits, allow_urls=allow_urls) as parser:
                        _read(
                            sources, parser, writer, outcomes, tell, analyses if analyse else None
                        )
                    _note_near_duplicates(writer, outcomes)
                    if analyse:
                        analyses.add(unanalysed(writer, store.names))
                    embedded = _embed_new(store, writer, analyses, tell)
                    analyses.finish(lambda done, total: tell(Progress("analysing", done, total)))
            outcomes.warnings.extend(analyses.notes)
            tell(Progress("publishing", 0, 1))
            generation = store.publish(writer)
            _, passages = writer.counts()
        finally:
            writer.close()
        store.follow()
        tell(Progress("publishing", 1, 1))
    return IngestReport(
        added=tuple(outcomes.added),
        unchanged=tuple(outcomes.unchanged),
        replaced=tuple(outcomes.replaced),
        duplicates=tuple(outcomes.duplicates),
        removed=tuple(outcomes.removed),
        skipped=tuple(outcomes.skipped),
        warnings=tuple(outcomes.warnings),
        passages=passages,
        embedded=embedded,
        generation=generation,
        seconds=time.monotonic() - started,
        analysed=analyses.done,
        analysis_seconds=analyses.seconds,
    )


def correct(store: Store, correction: Correction) -> Correction:
    """Keep an operator's correction and publish it; return it with its number.

    Raises StoreError if the data directory cannot be written.
    """
    with _writing(store) as writer:
        return add_correction(writer, correction)


def withdraw(store: Store, number: int, withdrawn_by: str) -> bool:
    """Put a correction out of force; return False if none of that number was in force.

    It stays on record with who withdrew it. Raises StoreError as `correct` does.
    """
    with _writing(store) as writer:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return writer.withdraw_correction(number, withdrawn_by, now)


@contextmanager
def _writing(store: Store) -> Iterator[CatalogueWriter]:
    """Hold the writers' lock and a transaction that is published at the end, or undone."""
    with storage_errors(store.data_dir), store.writer_lock():
        writer = store.writer()
        try:
            writer.begin()
            yield writer
            store.publish(writer)
        finally:
            writer.close()
        store.follow()


def remove(store: Store, document_id: str) -> bool:
    """Remove a document with all that is derived from it; return False if there is no such id.

    Its paths stay on disk: ingesting one of them brings it back.

    Raises StoreError if the data directory cannot be written.
    """
    with _writing(store) as writer:
        row = writer.document_row(document_id)
        if row is not None:
            writer.remove(row)
        return row is not None


def _read(
    sources: Iterable[str | Path | Upload],
    parser: ParserProcess,
    writer: CatalogueWriter,
    outcomes: _Outcomes,
    tell: Callable[[Progress], None],
    analyses: PendingAnalyses | None,
) -> None:
    """Take in what the sources hold; the first documents are analysed while more are read."""
    found: list[str | Path | Upload] = []
    for source in sources:
        if isinstance(source, Upload) or is_url(source):
            found.append(source)
            continue
        for item in find_files([source]):
            if isinstance(item, Rejected):
                outcomes.skipped.append(item)
            else:
                found.append(item)
    # The same file may be named twice: by itself and by its folder.
    unique = list(dict.fromkeys(found))
    for done, entry in enumerate(unique):
        name = entry.name if isinstance(entry, Upload) else None
        file = entry.file if isinstance(entry, Upload) else entry
        tell(Progress("reading", done, len(unique), printable(name or str(file))))
        loaded = parser.load(file, name=name)
        if isinstance(loaded, Rejected):
            outcomes.skipped.append(loaded)
        else:
            _take_in(writer, loaded, outcomes)
            cut = _cut(writer)
            if analyses is not None:
                analyses.add(cut)
                analyses.advance()
    tell(Progress("reading", len(unique), len(unique)))


def _take_in(writer: CatalogueWriter, loaded: Loaded, outcomes: _Outcomes) -> None:
    """Make the catalogue hold at this path what was loaded from it, and nothing else."""
    path = loaded.path
    before = writer.documents_at(path)
    held: dict[str, Document] = {}
    for document in loaded.documents:
        if held.setdefault(document.id, document) is not document:
            twice = Ingested(path, document.id, document.title, same_as=(path,))
            outcomes.duplicates.append(twice)
    gone = {document_id: row for document_id, row in before.items() if document_id not in held}
    old = [(document_id, title) for document_id, title in _titles(writer, gone)]
    for document in held.values():
        known = writer.document_row(document.id)
        changed = writer.hold(path, document)
        entry = Ingested(path, document.id, document.title)
        if document.id in before:
            (outcomes.replaced if changed else outcomes.unchanged).append(entry)
        elif known is not None:
            others = writer.other_paths(_row(writer, document.id), path)
            outcomes.duplicates.append(replace(entry, same_as=tuple(others)))
        elif old:
            old.pop(0)
            outcomes.replaced.append(entry)
        else:
            outcomes.added.append(entry)
    for row in gone.values():
        writer.release(path, row)
    outcomes.removed.extend(Ingested(path, document_id, title) for document_id, title in old)
    outcomes.skipped.extend(loaded.rejected)
    outcomes.warnings.extend(f"{path}: {warning}" for warning in loaded.warnings)


def _titles(writer: CatalogueWriter, rows: dict[str, int]) -> list[tuple[str, str]]:
    titles = writer.titles(rows.values())
    return [(document_id, titles[row]) for document_id, row in rows.items()]


def _row(writer: CatalogueWriter, document_id: str) -> int:
    row = writer.document_row(document_id)
    assert row is not None
    return row


def _cut(writer: CatalogueWriter) -> list[int]:
    """Give documents that are new, or whose regions changed, their passages and their links.

    Return the documents' rows.
    """
    rows = writer.uncut_documents()
    for row in rows:
        document = writer.document(row)
        assert document is not None
        writer.set_passages(row, chunk_document(document))
        link_near_duplicates(writer, row, document)
    return rows


def link_near_duplicates(writer: CatalogueWriter, row: int, document: Document) -> None:
    """Link a document to those that nearly repeat its body.

    Only documents that share one of 32 bands of 4 hashes are compared: of two that are alike to
    0.6, that misses 1 %; of those alike to 0.7, hardly any.
    """
    sketch = signature(body_text(document.text, document.regions))
    if not similarity(sketch, sketch):
        return  # no words, so like no other
    writer.set_signature(row, sketch.tobytes(), _bands(sketch))
    for other, other_sketch in writer.sharing_a_band(row):
        found = np.frombuffer(other_sketch, dtype=sketch.dtype)
        if found.shape == sketch.shape and similarity(sketch, found) >= NEAR_DUPLICATE:
            writer.link(row, other)


def _bands(sketch: Signature) -> list[bytes]:
    return [
        number.to_bytes(1, "little")
        + hashlib.blake2b(
            sketch[number * BAND_HASHES : (number + 1) * BAND_HASHES].tobytes(), digest_size=8
        ).digest()
        for number in range(len(sketch) // BAND_HASHES)
    ]


def _note_near_duplicates(writer: CatalogueWriter, outcomes: _Outcomes) -> None:
    """Say of each document that is new what nearly repeats it; later files may, too."""
    for entries in (outcomes.added, outcomes.replaced):
        for place, entry in enumerate(entries):
            row = writer.document_row(entry.document_id)
            linked = [] if row is None else writer.near_duplicates(row)
            if linked:
                ids = sorted(info.id for info in writer.infos(linked).values())
                entries[place] = replace(entry, near_duplicates=tuple(ids))


def _embed_new(
    store: Store,
    writer: CatalogueWriter,
    analyses: PendingAnalyses,
    tell: Callable[[Progress], None],
) -> int:
    """Embed the passages of this transaction; return how many had no vector yet.

    Documents are analysed meanwhile, as many as get done.
    """
    total = writer.new_passages()
    if not total:
        return 0

    def on_progress(done: int) -> None:
        analyses.advance()
        tell(Progress("embedding", done, total))

    on_progress(0)
    return store.embed(
        ((row.sha256, row.passage.text) for row in writer.each_passage(writer.generation)),
        on_progress,
    )
