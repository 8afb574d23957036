"""Check: every promise about what is stored, verified; and everything derived, built again."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index import catalogue as catalogue_file
from index import vectors as vectors_file
from index.catalogue import (
    Catalogue,
    CatalogueWriter,
    create_or_verify,
    storage_errors,
    text_sha256,
)
from index.dense import saved_files
from index.embed import Embedder, Vectors
from index.ingestion import link_near_duplicates
from index.lock import WriterLock
from index.snapshot import State
from index.store import REBUILD_HINT, Store, discard_lexical
from index.vectors import (
    SENTENCE_TOLERANCE,
    VECTOR_TOLERANCE,
    DamagedCacheError,
    are_units,
    discard,
    sentence_vectors,
)
from ingest.chunk import chunk_document

SEARCHED_ROWS = 1_000
"""For how many passages, evenly spread, the dense index is asked for them by their own vector."""
_ROWS_AT_ONCE = 1_000
_INGEST_AGAIN = "Remove it and ingest its files again."


@dataclass(frozen=True, slots=True)
class Problem:
    """A promise that does not hold."""

    where: str
    what: str
    what_to_do: str


def check(store: Store) -> list[Problem]:
    """Verify all that is promised of what is stored; return what is wrong, empty if nothing is.

    Documents are their hash and NFC, passages are their slices and keep out of regions, each has
    its unit vector and those of its sentences, and catalogue, vectors, dense and lexical index are
    of one generation and hold the same rows. Readers and writers go on meanwhile.
    """
    with store.snapshot() as snapshot:
        return [
            *_catalogue_problems(snapshot.state.catalogue, store),
            *_document_problems(snapshot.state.catalogue),
            *_index_problems(snapshot.state, store),
        ]


def rebuild(data_dir: Path, embedder: Embedder) -> None:
    """Build everything derived from the documents again: passages, links, vectors, both indexes.

    This is how a collection changes its model. Killed before it publishes, all is as before.

    Raises StoreError if the directory cannot be used.
    """
    data_dir = Path(data_dir).absolute()
    with storage_errors(data_dir):
        data_dir.mkdir(parents=True, exist_ok=True)
        with WriterLock(data_dir):
            create_or_verify(data_dir / catalogue_file.FILE_NAME)
            store = Store.unchecked(data_dir, embedder)
            try:
                _rebuild(store)
            finally:
                store.close()


def _rebuild(store: Store) -> None:
    writer = store.writer()
    try:
        writer.begin()
        for row in writer.document_rows():
            _recut(writer, row)
        writer.recompute_content()
        keys = [(row.sha256, row.passage.text) for row in writer.each_passage()]
        try:
            with closing(store.vectors()) as cache:
                cache.drop_wrong()
            store.embed(keys)
        except DamagedCacheError:
            discard(store.data_dir / vectors_file.FILE_NAME)
            store.embed(keys)
        if keys:
            store.note_settings(writer)
        store.publish(writer)
    finally:
        writer.close()
    discard_lexical(store.data_dir)
    for file in saved_files(store.data_dir):
        file.unlink()
    store.mend()
    with closing(store.vectors()) as cache:
        cache.prune(key for key, _ in keys)


def _recut(writer: CatalogueWriter, row: int) -> None:
    """Cut a document as this program does; its rows stay if that gives the same passages."""
    document = writer.document(row)
    assert document is not None
    passages = chunk_document(document)
    stored = writer.passages_of(row)
    if passages != [found.passage for found in stored] or any(
        text_sha256(found.passage.text) != found.sha256 for found in stored
    ):
        writer.set_passages(row, passages)
    link_near_duplicates(writer, row, document)


def _catalogue_problems(catalogue: Catalogue, store: Store) -> Iterator[Problem]:
    where = catalogue_file.FILE_NAME
    for problem in catalogue.integrity_problems():
        yield Problem(where, problem, "Put the data directory back from a backup, or ingest anew.")
    if catalogue.content != catalogue.computed_content():
        yield Problem(where, "the hash over all documents is not theirs.", REBUILD_HINT)
    model = catalogue.meta("model")
    if model is not None and model != store.embedder.fingerprint:
        yield Problem(
            where, f"of the model {model}, not {store.embedder.fingerprint}.", REBUILD_HINT
        )


def _document_problems(catalogue: Catalogue) -> Iterator[Problem]:
    for row, info in catalogue.infos(catalogue.document_rows()).items():
        where = f"document {info.id[:16]} ({info.title})"
        try:
            document = catalogue.document(row)
        except ValueError as error:
            yield Problem(where, f"{error}.", _INGEST_AGAIN)
            continue
        if document is None:
            yield Problem(where, "its text is missing.", _INGEST_AGAIN)
            continue
        if document.id != info.id:
            yield Problem(where, f"its text has the hash {document.id}.", _INGEST_AGAIN)
        if len(document.text) != info.chars:
            yield Problem(
                where, f"{len(document.text)} characters, not {info.chars}.", _INGEST_AGAIN
            )
        if not info.paths:
            yield Problem(where, "no path holds it.", _INGEST_AGAIN)
        end_of_last = 0
        for found in catalogue.passages_of(row):
            start, end = found.passage.start, found.passage.end
            place = f"{where}, passage {start} to {end}"
            if document.text[start:end] != found.passage.text:
                yield Problem(place, "its text is not that slice of the document.", REBUILD_HINT)
            if text_sha256(found.passage.text) != found.sha256:
                yield Problem(place, "its stored hash is not that of its text.", REBUILD_HINT)
            if any(region.start < end and start < region.end for region in document.regions):
                yield Problem(place, "it reaches into a region that is not body.", REBUILD_HINT)
            if start < end_of_last and end <= end_of_last:
                yield Problem(place, "it lies within the passage before it.", REBUILD_HINT)
            end_of_last = end


def _index_problems(state: State, store: Store) -> Iterator[Problem]:
    keys = state.catalogue.passage_keys()
    rows = [row for row, _, _ in keys]
    lexical = state.lexical.row_ids()
    if state.lexical.generation != state.generation:
        yield Problem(
            "lexical index",
            f"at generation {state.lexical.generation}; the catalogue is at {state.generation}.",
            REBUILD_HINT,
        )
    if lexical != set(rows):
        yield Problem("lexical index", _difference(lexical, set(rows)), REBUILD_HINT)
    held = state.dense.row_ids.tolist()
    if held != rows:
        yield Problem("dense index", _difference(set(held), set(rows)), REBUILD_HINT)
        return
    try:
        with closing(store.vectors()) as cache:
            vectors = cache.get([key for _, _, key in keys])
    except KeyError as error:
        yield Problem(
            vectors_file.FILE_NAME,
            f"no vector of {store.embedder.dim} numbers for the text {error.args[0].hex()[:16]}.",
            REBUILD_HINT,
        )
        return
    except DamagedCacheError as error:
        yield Problem(vectors_file.FILE_NAME, f"{error}.", REBUILD_HINT)
        return
    yield from _vector_problems(state, rows, vectors)
    yield from _sentence_problems(store, keys)


def _sentence_problems(store: Store, keys: Sequence[tuple[int, int, bytes]]) -> Iterator[Problem]:
    file, model = store.data_dir / vectors_file.FILE_NAME, store.embedder
    for at in range(0, len(keys), _ROWS_AT_ONCE):
        some = keys[at : at + _ROWS_AT_ONCE]
        held = sentence_vectors(file, model.fingerprint, model.dim, (key for _, _, key in some))
        for row, _, key in some:
            if key not in held or not are_units(held[key], SENTENCE_TOLERANCE):
                yield Problem(
                    f"passage row {row}",
                    "the vectors of its sentences are missing or not of length 1.",
                    REBUILD_HINT,
                )


def _vector_problems(state: State, rows: list[int], vectors: Vectors) -> Iterator[Problem]:
    lengths = np.linalg.norm(vectors, axis=1)
    for place in np.flatnonzero(~(np.abs(lengths - 1) < VECTOR_TOLERANCE)).tolist():
        yield Problem(
            f"passage row {rows[place]}",
            f"its vector has length {lengths[place]:.3f}.",
            REBUILD_HINT,
        )
    for place in range(0, len(rows), max(1, len(rows) // SEARCHED_ROWS)):
        # Whichever row is nearest: another passage may say the same, to the letter.
        ((_, nearest),) = state.dense.search(vectors[place], 1)
        if abs(nearest - 1) > 1e-2:
            yield Problem(
                "dense index",
                f"row {rows[place]} finds nothing at its own vector but {nearest:.3f}.",
                REBUILD_HINT,
            )


def _difference(found: set[int], expected: set[int]) -> str:
    missing, extra = expected - found, found - expected
    return f"lacks {len(missing)} passages of the catalogue and has {len(extra)} that it has not."
