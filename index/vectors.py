"""VectorCache: the vectors of each passage and its sentences, by its text's SHA-256 and model.

Filled while an ingest embeds, in transactions of its own, so that an ingest that is killed has not
embedded in vain. It holds nothing that cannot be computed again; what it has lost is computed by
whoever wants it.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.catalogue import connect
from index.embed import SENTENCE_RULES, Vectors

_log = logging.getLogger(__name__)


class DamagedCacheError(Exception):
    """The cache file cannot be read; delete it and embed again."""


FILE_NAME = "vectors.sqlite"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS models (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS passages (
    model INTEGER NOT NULL REFERENCES models,
    sha256 BLOB NOT NULL,
    vector BLOB NOT NULL,
    sentences BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS passages_by_text ON passages (model, sha256);
"""
_SENTENCE_TYPE = np.dtype(np.float16)
"""Half the space, and a cosine moves by less than a thousandth."""
VECTOR_TOLERANCE = 1e-3
SENTENCE_TOLERANCE = 1e-2
"""How far from 1 the length of a unit vector may be, as it is kept."""
_WHOLE = "length(sentences) > 0 AND length(sentences) % ? = 0"
_CHUNK = 900


class VectorCache:
    """The vectors of one model; one thread at a time."""

    def __init__(self, path: Path, fingerprint: str, dim: int) -> None:
        """Open the file at `path`, or start it; a file that is no such cache is started anew."""
        self._path = path
        self._dim = dim
        self._connection = connect(path, read_only=False)
        try:
            # A lost commit costs embedding again, not truth: no fsync for every batch.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.executescript(_SCHEMA)
            self._connection.execute(
                "INSERT OR IGNORE INTO models (fingerprint) VALUES (?)", (_made_by(fingerprint),)
            )
            ((self._model,),) = self._connection.execute(
                "SELECT id FROM models WHERE fingerprint = ?", (_made_by(fingerprint),)
            )
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def missing(self, keys: Iterable[bytes]) -> set[bytes]:
        """Return those of `keys` that have no vectors of this length yet."""
        wanted = set(keys)
        for some in _chunks(sorted(wanted)):
            wanted.difference_update(key for (key,) in self._select("sha256", some))
        return wanted

    def get(self, keys: Sequence[bytes]) -> Vectors:
        """Return the vectors of `keys`: float32, C-contiguous, shape (len(keys), dim).

        Raises KeyError, with one of them, if some have none of this length.
        """
        found = np.empty((len(keys), self._dim), dtype=np.float32)
        rows: dict[bytes, list[int]] = {}
        for row, key in enumerate(keys):
            rows.setdefault(key, []).append(row)
        for some in _chunks(sorted(rows)):
            for key, vector in self._select("sha256, vector", some):
                found[rows.pop(key)] = np.frombuffer(vector, dtype=np.float32)
        if rows:
            raise KeyError(next(iter(rows)))
        return found

    def put(self, keys: Sequence[bytes], vectors: Sequence[Vectors]) -> None:
        """Keep the vectors of `keys`, in one transaction; each as `embed_passages` gives them."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(
                "INSERT OR REPLACE INTO passages VALUES (?, ?, ?, ?)",
                [
                    (
                        self._model,
                        key,
                        np.ascontiguousarray(rows[0], np.float32).tobytes(),
                        _of_sentences(rows).tobytes(),
                    )
                    for key, rows in zip(keys, vectors, strict=True)
                ],
            )
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def drop_wrong(self) -> None:
        """Drop what is not of length 1, so that it counts as missing."""
        with self._telling_damage():
            wrong = [
                (row,)
                for row, vector, sentences in self._connection.execute(
                    "SELECT rowid, vector, sentences FROM passages WHERE model = ?", (self._model,)
                )
                if not self._is_sound(vector, sentences)
            ]
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("DELETE FROM passages WHERE rowid = ?", wrong)
            self._connection.execute("COMMIT")

    def drop_outdated(self) -> None:
        """Drop what versions that kept no sentences have left."""
        with self._telling_damage():
            self._connection.execute("DROP TABLE IF EXISTS vectors")

    def prune(self, keep: Iterable[bytes]) -> None:
        """Drop other models' vectors and those of texts that are not in `keep`."""
        self._connection.execute("CREATE TEMP TABLE kept (sha256 BLOB PRIMARY KEY) WITHOUT ROWID")
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(
            "INSERT OR IGNORE INTO kept VALUES (?)", ((key,) for key in keep)
        )
        self._connection.execute(
            "DELETE FROM passages WHERE model <> ? OR sha256 NOT IN (SELECT sha256 FROM kept)",
            (self._model,),
        )
        self._connection.execute("DELETE FROM models WHERE id <> ?", (self._model,))
        self._connection.execute("COMMIT")
        self._connection.execute("DROP TABLE kept")
        self._connection.execute("VACUUM")

    def _is_sound(self, vector: bytes, sentences: bytes) -> bool:
        try:
            passage = np.frombuffer(vector, np.float32).reshape(1, self._dim)
            rows = np.frombuffer(sentences, _SENTENCE_TYPE).reshape(-1, self._dim)
        except ValueError:
            return False
        return are_units(passage, VECTOR_TOLERANCE) and are_units(rows, SENTENCE_TOLERANCE)

    def _select(self, columns: str, keys: Sequence[bytes]) -> list[tuple[Any, ...]]:
        marks = ",".join("?" * len(keys))
        sizes = self._dim * np.dtype(np.float32).itemsize, self._dim * _SENTENCE_TYPE.itemsize
        with self._telling_damage():
            return self._connection.execute(
                f"SELECT {columns} FROM passages WHERE model = ? AND sha256 IN ({marks}) "
                f"AND length(vector) = ? AND {_WHOLE}",
                (self._model, *keys, *sizes),
            ).fetchall()

    @contextmanager
    def _telling_damage(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                raise DamagedCacheError(f"{self._path}: {error}; it is embedded again") from error
            raise


def sentence_vectors(
    path: Path, fingerprint: str, dim: int, keys: Iterable[bytes]
) -> dict[bytes, Vectors]:
    """Return the vectors of the passages' sentences: by key float32, shape (sentences, dim).

    Keys without any are left out. Each call reads over a connection of its own, so that any number
    of threads may search at once.
    """
    wanted = sorted(set(keys))
    if not wanted or not path.exists():
        return {}
    found: dict[bytes, Vectors] = {}
    try:
        with closing(connect(path, read_only=True)) as connection:
            for some in _chunks(wanted):
                for key, held in connection.execute(
                    "SELECT sha256, sentences FROM passages JOIN models ON models.id = model "
                    f"WHERE fingerprint = ? AND {_WHOLE} "
                    f"AND sha256 IN ({','.join('?' * len(some))})",
                    (_made_by(fingerprint), dim * _SENTENCE_TYPE.itemsize, *some),
                ):
                    rows = np.frombuffer(held, dtype=_SENTENCE_TYPE).astype(np.float32)
                    found[key] = rows.reshape(-1, dim)
    except sqlite3.DatabaseError as error:
        if not (is_damage(error) or isinstance(error, sqlite3.OperationalError)):
            raise
        _log.warning("%s: no vectors of sentences can be read: %s", path, error)
    return found


def as_kept(rows: Vectors) -> Vectors:
    """Return a passage's rows, as `embed_passages` gives them, as its sentences come back."""
    return _of_sentences(rows).astype(np.float32)


def are_units(rows: NDArray[np.floating[Any]], tolerance: float) -> bool:
    """Whether there are rows, and all are vectors of length 1."""
    lengths = np.linalg.norm(rows.astype(np.float32), axis=1)
    return bool(len(rows)) and bool((np.abs(lengths - 1) < tolerance).all())


def open_vector_cache(path: Path, fingerprint: str, dim: int) -> VectorCache:
    """Open the cache at `path`; one that cannot be read is deleted and started anew."""
    try:
        return VectorCache(path, fingerprint, dim)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        discard(path)
        return VectorCache(path, fingerprint, dim)


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether SQLite complains of a file's content rather than of its surroundings."""
    return "not a database" in str(error) or "malformed" in str(error)


def discard(path: Path) -> None:
    """Delete an SQLite file and what belongs to it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _made_by(fingerprint: str) -> str:
    return f"{fingerprint} {SENTENCE_RULES}"


def _of_sentences(rows: Vectors) -> NDArray[np.float16]:
    # A passage of which no sentence has a vector stands for itself.
    return np.ascontiguousarray(rows[1:] if len(rows) > 1 else rows, _SENTENCE_TYPE)


def _chunks(keys: list[bytes]) -> Iterable[list[bytes]]:
    return (keys[at : at + _CHUNK] for at in range(0, len(keys), _CHUNK))
