"""Store: a data directory, open: the catalogue and what is derived from it, kept in step.

    catalogue.sqlite     the truth (catalogue.py)
    vectors.sqlite       vectors by the text they belong to (vectors.py); embedded again if lost,
                         by the search that wants them if need be
    lexical/             the lexical index (lexical.py); built again if lost
    dense-….faiss        the base of a large collection (dense.py); built again if lost
    writer.lock          who writes (lock.py)
    names.yaml           the operator's names, optional

A reader holds one state: an open SQLite transaction, a lexical searcher and a dense index, all of
one generation. A writer publishes in the catalogue first; the lexical index follows, stamped with
the same generation. Between the two, readers stay with the state before. A writer that dies between
the two leaves the lexical index behind, and whoever opens the store next brings it up.
"""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from analysis.names import SHIPPED_NAMES, NameRegister
from analysis.process import AnalysisProcess
from index import catalogue as catalogue_file
from index import vectors as vectors_file
from index.analyses import PendingAnalyses, unanalysed
from index.catalogue import (
    Catalogue,
    CatalogueWriter,
    PassageRow,
    StoreError,
    create_or_verify,
    storage_errors,
)
from index.dense import DenseIndex, DenseIndexError, Rows, discard_staged, saved_files
from index.embed import Embedder, Vectors
from index.lexical import REBUILD_BELOW, LexicalEntry, LexicalError, LexicalIndex
from index.lock import WriterLock
from index.snapshot import Shared, Snapshot, State
from index.spelling import Spelling
from index.vectors import DamagedCacheError, VectorCache, discard, open_vector_cache
from ingest.chunk import MIN_PASSAGE_CHARS, PASSAGE_CHARS

__all__ = ["Snapshot", "Store", "StoreError"]

LEXICAL_DIRECTORY = "lexical"
NAMES_FILE = "names.yaml"
PASSAGE_SETTINGS = f"1/{PASSAGE_CHARS}/{MIN_PASSAGE_CHARS}"
"""How passages are cut: a version of the rules, then their sizes in characters. Stored, since a
collection that is cut in two ways would rank one of them unfairly."""
EMBED_BATCH = 64
"""Passages embedded between two commits to the vector cache: what a kill can cost."""
REBUILD_HINT = 'Rebuild it with "dossier check --rebuild".'

_log = logging.getLogger(__name__)
Item = TypeVar("Item")


class Store:
    """An open data directory; safe to use from several threads, beside other processes."""

    def __init__(self, data_dir: Path, embedder: Embedder, names: NameRegister) -> None:
        """Use `open`, which checks and mends."""
        self.data_dir = data_dir
        self.embedder = embedder
        self.names = names
        self._watched = Catalogue(data_dir / catalogue_file.FILE_NAME)
        self._shared = Shared(embedder, names, data_dir / vectors_file.FILE_NAME)
        self._state: State | None = None
        self._closed = False
        self._state_lock = threading.Lock()
        self._refreshing = threading.Lock()

    @classmethod
    def open(cls, data_dir: Path, embedder: Embedder) -> "Store":
        """Open the store in `data_dir`, or start an empty one; mend what is derived.

        Waits for an ingest that is just publishing, not for one that reads or embeds.

        Raises StoreError if the directory cannot be used, belongs to another program or version, or
        was embedded by another model; NamesError if the operator's names cannot be read.
        """
        data_dir = Path(data_dir).absolute()
        with storage_errors(data_dir):
            return cls._open(data_dir, embedder)

    @classmethod
    def _open(cls, data_dir: Path, embedder: Embedder) -> "Store":
        if data_dir.exists() and not data_dir.is_dir():
            raise StoreError(
                f"{data_dir}: a file; expected a directory, or nothing yet. Choose another data "
                "directory."
            )
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = WriterLock(data_dir)
        file = data_dir / catalogue_file.FILE_NAME
        # An ingest elsewhere holds the lock for hours; a store it works in can be opened meanwhile.
        held = lock.acquire(wait=not file.exists())
        try:
            if create_or_verify(file):
                _discard_derived(data_dir)
            store = cls.unchecked(data_dir, embedder)
            try:
                store._check_settings(store._watched)
                if held:
                    discard_staged(data_dir)
                    store.mend()
                    store.analyse()
                    lock.release()
                store.refresh(wait=True)
            except BaseException:
                store.close()
                raise
        finally:
            lock.release()
        return store

    @classmethod
    def unchecked(cls, data_dir: Path, embedder: Embedder) -> "Store":
        """Return the store without comparing, mending or loading anything: for a rebuild."""
        return cls(data_dir, embedder, NameRegister.load(*_names_files(data_dir)))

    def close(self) -> None:
        """Let go of the directory; snapshots that are still held stay good until they close."""
        with self._state_lock:
            self._closed = True
            if self._state is not None:
                self._state.retire()
                self._state = None
        self._watched.close()

    def snapshot(self) -> Snapshot:
        """Return the newest consistent state, to be closed after use (`with`).

        When the catalogue has moved on, one caller brings the state up, which takes as long as the
        new passages are many; others meanwhile get the state before.
        """
        state = self._state
        if state is not None:
            with storage_errors(self.data_dir):
                if self._watched.generation != state.generation:
                    self.refresh(wait=False)
        with self._state_lock:
            if self._state is None:
                raise StoreError(
                    f"{self.data_dir}: this store is closed; expected an open one. Open it again."
                )
            return Snapshot(self._state)

    def writer_lock(self, on_wait: Callable[[str], None] | None = None) -> WriterLock:
        """Return the lock that a writer must hold; `on_wait` is told whom it waits for."""
        return WriterLock(self.data_dir, on_wait)

    def writer(self) -> CatalogueWriter:
        """Return a writing connection to the catalogue; the caller holds the writers' lock."""
        return CatalogueWriter(self.data_dir / catalogue_file.FILE_NAME)

    def publish(self, writer: CatalogueWriter) -> int:
        """Publish what `writer` changed, if anything, with what it was made with."""
        if writer.changed:
            self.note_settings(writer)
        return writer.publish()

    def note_settings(self, writer: CatalogueWriter) -> None:
        """Note in the catalogue what its passages and vectors are made with."""
        writer.set_meta("model", self.embedder.fingerprint)
        writer.set_meta("passages", PASSAGE_SETTINGS)

    def embed(
        self,
        passages: Iterable[tuple[bytes, str]],
        on_progress: Callable[[int], None] | None = None,
    ) -> int:
        """See that each (SHA-256, text) has its vectors cached; return how many were embedded.

        `on_progress` is told, after each batch, how many passages are done, cached ones included.
        """
        done = embedded = 0
        with closing(self.vectors()) as cache:
            for batch in _batches(passages, EMBED_BATCH):
                texts = dict(batch)
                missing = sorted(cache.missing(texts))
                if missing:
                    cache.put(
                        missing, self.embedder.embed_passages([texts[key] for key in missing])
                    )
                    embedded += len(missing)
                done += len(batch)
                if on_progress is not None:
                    on_progress(done)
        return embedded

    def follow(self) -> None:
        """Bring what is derived up to the catalogue; the caller holds the writers' lock."""
        current = Catalogue(self.data_dir / catalogue_file.FILE_NAME)
        try:
            generation = current.begin_reading()
            try:
                self._follow_lexical(current, thorough=False)
            except (LexicalError, ValueError) as error:
                # Tantivy says ValueError for whatever goes wrong, a full disk included.
                raise StoreError(
                    f"{self.data_dir}: the catalogue was published as generation {generation}, but "
                    f"the lexical index could not follow: {error}. Free some space if the disk is "
                    "full, and open the store again: that brings the index up."
                ) from error
        finally:
            current.close()
        self.refresh(wait=True)

    def mend(self) -> None:
        """Compare what is derived with the catalogue, row by row, and make it right.

        The caller holds the writers' lock. What had to be done is logged.
        """
        current = Catalogue(self.data_dir / catalogue_file.FILE_NAME)
        try:
            current.begin_reading()
            try:
                self._embed_missing(current)
            except DamagedCacheError as error:
                _log.warning("%s", error)
                discard(self.data_dir / vectors_file.FILE_NAME)
                self._embed_missing(current)
            self._follow_lexical(current, thorough=True)
        finally:
            current.close()

    def analyse(self) -> None:
        """Analyse the documents that were not, or by other rules or names, and publish that.

        The caller holds the writers' lock. What had to be done is logged.
        """
        writer = self.writer()
        try:
            writer.begin()
            with closing(AnalysisProcess(self.names)) as process:
                analyses = PendingAnalyses(writer, self.names, process)
                with closing(analyses):
                    analyses.add(unanalysed(writer, self.names))
                    analyses.finish()
            generation = writer.publish()
        finally:
            writer.close()
        if analyses.done:
            _log.warning(
                "%s: searched %d documents anew for actors, attacks and strategies, generation %d",
                self.data_dir,
                analyses.done,
                generation,
            )
            self.follow()

    def _embed_missing(self, current: Catalogue) -> None:
        with closing(self.vectors()) as cache:
            cache.drop_outdated()
            missing = cache.missing(key for _, _, key in current.passage_keys())
        if missing:
            # Said before: of a large collection that takes minutes.
            _log.warning("%s: embedding %d passages without vectors", self.data_dir, len(missing))
            self.embed((row.sha256, row.passage.text) for row in current.each_passage())

    def refresh(self, *, wait: bool) -> None:
        """Take up the newest generation; without `wait`, not if another thread is doing so."""
        if not self._refreshing.acquire(blocking=wait):
            return
        try:
            mended = 0
            while not self._take_up_newest():
                # Another process is publishing, or died doing so: then its lock is free.
                lock = self.writer_lock()
                if lock.acquire(wait=False):
                    try:
                        self._check_settings(self._watched)
                        self.mend()
                    finally:
                        lock.release()
                    mended += 1
                elif self._state is not None:
                    return  # its readers stay with the state before, until the next look
                else:
                    time.sleep(0.05)
                if mended > 2:
                    raise StoreError(
                        f"{self.data_dir}: the indexes do not follow the catalogue, although they "
                        f"were mended; expected all at one generation. {REBUILD_HINT}"
                    )
        finally:
            self._refreshing.release()

    def _take_up_newest(self) -> bool:
        """Return whether the state is now the newest; False while the lexical index lags behind."""
        current = Catalogue(self.data_dir / catalogue_file.FILE_NAME)
        try:
            generation = current.begin_reading()
            if self._state is not None and self._state.generation == generation:
                current.close()
                return True
            self._check_settings(current)
            try:
                lexical = self._lexical().searcher()
            except LexicalError:
                current.close()
                return False
            if lexical.generation != generation:
                current.close()
                return False
            try:
                dense = self._dense(current)
            except (KeyError, DamagedCacheError):
                current.close()
                return False
            state = State(
                shared=self._shared,
                catalogue=current,
                lexical=lexical,
                dense=dense,
                spelling=Spelling(lexical, self.names),
            )
        except BaseException:
            current.close()
            raise
        with self._state_lock:
            if self._closed:
                state.retire()
                return True
            before, self._state = self._state, state
        if before is not None:
            before.retire()
        return True

    def _dense(self, current: Catalogue) -> DenseIndex:
        if self._state is not None:
            since = self._state.generation
            row_ids, document_rows, keys = _columns(current.passage_keys(since))
            removed = current.removed_since(since)
            updated = self._state.dense.updated(row_ids, document_rows, self._get(keys), removed)
            if not updated.outgrown:
                return updated
        row_ids, document_rows, keys = _columns(current.passage_keys())
        model = self.embedder.fingerprint
        for file in saved_files(self.data_dir)[:1]:
            try:

                def vectors_of(rows: Rows) -> Vectors:
                    places = np.searchsorted(row_ids, rows)
                    return self._get([keys[place] for place in places])

                loaded = DenseIndex.load(file, model, row_ids, document_rows, vectors_of)
            except (DenseIndexError, RuntimeError, OSError) as error:
                _log.warning("%s", error)
            else:
                if not loaded.outgrown:
                    return loaded
        built = DenseIndex.build(row_ids, document_rows, self._get(keys))
        if built.worth_saving:
            try:
                built.save(self.data_dir, model, current.generation)
            except (OSError, RuntimeError) as error:
                _log.warning("%s: the dense index is not saved: %s", self.data_dir, error)
        return built

    def _get(self, keys: Sequence[bytes]) -> Vectors:
        with closing(self.vectors()) as cache:
            return cache.get(keys)

    def _lexical(self) -> LexicalIndex:
        return LexicalIndex.open(self.data_dir / LEXICAL_DIRECTORY, self.names)

    def vectors(self) -> VectorCache:
        """Return the cache of this store's model, to be closed after use."""
        return open_vector_cache(
            self.data_dir / vectors_file.FILE_NAME, self.embedder.fingerprint, self.embedder.dim
        )

    def _follow_lexical(self, current: Catalogue, *, thorough: bool) -> None:
        """Make the lexical index hold the catalogue's passages, stamped with its generation."""
        generation = current.generation
        try:
            index = self._lexical()
        except LexicalError as error:
            _log.warning("%s", error)
            index = LexicalIndex.reset(self.data_dir / LEXICAL_DIRECTORY, self.names)
        searcher = index.searcher()
        if thorough:
            held = searcher.row_ids()
            wanted = {row for row, _, _ in current.passage_keys()}
            if held == wanted and searcher.generation == generation:
                if index.worth_rebuilding:
                    _log.warning("%s: its names or weights changed; rebuilt", self.data_dir)
                    index.rebuild(_entries(current, current.each_passage()), generation)
                return
            if held or searcher.generation:
                _log.warning(
                    "%s: the lexical index was at generation %d with %d passages, the catalogue is "
                    "at %d with %d; brought up",
                    self.data_dir,
                    searcher.generation,
                    len(held),
                    generation,
                    len(wanted),
                )
            missing = wanted - held
            add = (row for row in current.each_passage() if row.row_id in missing)
            remove = sorted(held - wanted)
        else:
            add = (row for row in current.each_passage(searcher.generation))
            remove = current.removed_since(searcher.generation)
        if remove and current.counts()[1] <= REBUILD_BELOW:
            # At once, or a reader could see weights in which the removed ones still count.
            index.rebuild(_entries(current, current.each_passage()), generation)
            return
        index.update(_entries(current, add), remove, generation)
        if index.worth_rebuilding:
            index.rebuild(_entries(current, current.each_passage()), generation)

    def _check_settings(self, current: Catalogue) -> None:
        """Refuse a collection that another model or other passage settings made."""
        if not current.counts()[1]:
            return
        model = current.meta("model")
        if model is not None and model != self.embedder.fingerprint:
            raise StoreError(
                f"{self.data_dir}: embedded by the model {model}; the model in use is "
                f"{self.embedder.fingerprint}. Use that model, or rebuild for this one with "
                '"dossier check --rebuild".'
            )
        passages = current.meta("passages")
        if passages is not None and passages != PASSAGE_SETTINGS:
            raise StoreError(
                f"{self.data_dir}: its passages were cut by the settings {passages}; this program "
                f"cuts by {PASSAGE_SETTINGS}. {REBUILD_HINT}"
            )


def discard_lexical(data_dir: Path) -> None:
    """Delete the lexical index."""
    shutil.rmtree(data_dir / LEXICAL_DIRECTORY, ignore_errors=True)


def _discard_derived(data_dir: Path) -> None:
    """Delete indexes of a catalogue that is gone: their rows would be taken for the new one's."""
    discard_lexical(data_dir)
    for file in saved_files(data_dir):
        file.unlink()


def _columns(keys: list[tuple[int, int, bytes]]) -> tuple[Rows, Rows, list[bytes]]:
    return (
        np.fromiter((row for row, _, _ in keys), dtype=np.int64, count=len(keys)),
        np.fromiter((document for _, document, _ in keys), dtype=np.int64, count=len(keys)),
        [key for _, _, key in keys],
    )


def _entries(current: Catalogue, rows: Iterable[PassageRow]) -> Iterator[LexicalEntry]:
    for batch in _batches(rows, 1000):
        titles = current.titles(row.document_row for row in batch)
        for row in batch:
            yield LexicalEntry(
                row.row_id, row.document_row, titles[row.document_row], row.passage.text
            )


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def _names_files(data_dir: Path) -> list[Path]:
    own = data_dir / NAMES_FILE
    return [SHIPPED_NAMES, own] if own.exists() else [SHIPPED_NAMES]
