"""The catalogue: one SQLite file that is the truth about documents, passages and their paths.

Everything else in a data directory is derived from it. Each publishing transaction raises
`generation` by one; passages carry the generation they came with, and `removed` remembers when
others went, so that whoever holds an older generation can catch up by reading what is new.
"""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from index.search import DocumentInfo
from ingest.chunk import Passage
from ingest.document import Document, Region, RegionKind

FILE_NAME = "catalogue.sqlite"
SCHEMA_VERSION = 2
APPLICATION_ID = (
    0x446F7373  # "Doss", in the file's header: tells a catalogue from other SQLite files
)

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE documents (
    row_id INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL, language TEXT, source TEXT, author TEXT, published TEXT, url TEXT,
    chars INTEGER NOT NULL,
    regions TEXT NOT NULL,
    page_starts TEXT NOT NULL,
    cut INTEGER NOT NULL DEFAULT 0 CHECK (cut IN (0, 1))
) STRICT;
CREATE INDEX documents_by_source ON documents (source);
CREATE TABLE texts (
    document_row INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
    text TEXT NOT NULL
) STRICT;
CREATE TABLE paths (
    path TEXT NOT NULL,
    document_row INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    record TEXT NOT NULL,
    PRIMARY KEY (path, document_row)
) STRICT, WITHOUT ROWID;
CREATE INDEX paths_by_document ON paths (document_row);
CREATE TABLE passages (
    row_id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_row INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    generation INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX passages_by_document ON passages (document_row);
CREATE INDEX passages_by_generation ON passages (generation);
CREATE TABLE removed (row_id INTEGER PRIMARY KEY, generation INTEGER NOT NULL) STRICT;
CREATE INDEX removed_by_generation ON removed (generation);
CREATE TABLE signatures (
    document_row INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
    signature BLOB NOT NULL
) STRICT;
CREATE TABLE bands (
    band BLOB NOT NULL,
    document_row INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    PRIMARY KEY (band, document_row)
) STRICT, WITHOUT ROWID;
CREATE INDEX bands_by_document ON bands (document_row);
CREATE TABLE near_duplicates (
    one INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    other INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    PRIMARY KEY (one, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX near_duplicates_by_other ON near_duplicates (other);
"""
_SCHEMA_2 = """
CREATE TABLE analyses (
    document_row INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
    made_by TEXT NOT NULL,
    records TEXT NOT NULL
) STRICT;
CREATE TABLE corrections (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    correction TEXT NOT NULL,
    withdrawn_by TEXT, withdrawn_at TEXT
) STRICT;
"""

_INFO_COLUMNS = (
    "d.row_id, d.id, d.title, d.source, d.author, d.language, d.published, d.url, d.chars"
)
# SQLite's oldest limit on parameters in one statement is 999.
_CHUNK = 900
_Value = TypeVar("_Value")


class StoreError(Exception):
    """A data directory that cannot be used: what was found, what was expected, what to do."""


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage as the catalogue holds it."""

    row_id: int
    document_row: int
    passage: Passage
    sha256: bytes
    """Of the text in UTF-8: the key of its vector."""


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """A correction as the catalogue holds it; times are ISO 8601 in UTC."""

    number: int
    correction: str
    """As JSON; index.analyses knows what is in it."""
    withdrawn_by: str | None
    withdrawn_at: str | None


@contextmanager
def storage_errors(where: Path) -> Iterator[None]:
    """Turn the errors of SQLite and of the file system into StoreError, naming `where`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise StoreError(_sqlite_message(where, error)) from error
    except OSError as error:
        raise StoreError(
            f"{error.filename or where}: {error.strerror or error}; expected a directory of yours "
            "with room to write. Free some space, correct its permissions, or choose another data "
            "directory."
        ) from error


def _sqlite_message(where: Path, error: sqlite3.DatabaseError) -> str:
    text = str(error)
    if "disk is full" in text or "disk I/O" in text:
        return f"{where}: {text}; nothing of this ingest was stored. Free some space and repeat it."
    if "readonly" in text or "unable to open" in text:
        return (
            f"{where}: {text}; expected to be allowed to write there. Correct the permissions of "
            "the data directory, or choose another one."
        )
    if "not a database" in text or "malformed" in text:
        return (
            f"{where}: {text}; expected a catalogue written by this program. Put it back from a "
            "backup, or move it away and ingest again."
        )
    return f"{where}: {text}; expected a catalogue that can be used. Try again, then run a check."


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open an SQLite file in autocommit mode; transactions are begun and ended by name."""
    uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, timeout=60
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        if not read_only:
            # Durable when COMMIT returns, power cut included.
            connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def create_or_verify(path: Path) -> bool:
    """Create an empty catalogue at `path`, or see that the file there is one of this version.

    Return whether it was created.

    Raises StoreError if it is another program's file or another version's.
    """
    with storage_errors(path):
        connection = connect(path, read_only=False)
        try:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if application != APPLICATION_ID and (tables or application):
                raise StoreError(
                    f"{path}: an SQLite file of another program; expected a catalogue or no file. "
                    "Choose another data directory."
                )
            if tables and version == 1:
                # Version 2 added tables and changed none.
                connection.executescript(
                    f"BEGIN IMMEDIATE; {_SCHEMA_2} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
                )
            elif tables and version != SCHEMA_VERSION:
                raise StoreError(
                    f"{path}: schema version {version}; this program reads version "
                    f"{SCHEMA_VERSION}. Use the program that wrote it, or move the data directory "
                    "away and ingest again."
                )
            connection.execute("PRAGMA journal_mode = WAL")
            if not tables:
                connection.executescript(
                    f"BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION_ID};"
                    f"PRAGMA user_version = {SCHEMA_VERSION}; {_SCHEMA}{_SCHEMA_2}"
                    "INSERT INTO meta VALUES ('generation', '0'), ('content', '0'); COMMIT;"
                )
            return not tables
        finally:
            connection.close()


class Catalogue:
    """Reads the catalogue over one connection; safe to use from several threads."""

    def __init__(self, path: Path, *, read_only: bool = True) -> None:
        """Open the file, which must exist and be right (`create_or_verify`)."""
        self.path = path
        self._connection = connect(path, read_only=read_only)
        self._lock = threading.RLock()

    def close(self) -> None:
        """Close the connection; an open transaction ends, and a writer's is undone."""
        with self._lock:
            self._connection.close()

    def begin_reading(self) -> int:
        """Fix what this connection sees to the newest generation, and return it."""
        with self._lock:
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")
            self._connection.execute("BEGIN")
            return self.generation

    @property
    def generation(self) -> int:
        """How often something was published."""
        return int(self.meta("generation") or 0)

    @property
    def content(self) -> str:
        """A hash of all documents and passages, whatever the order in which they came."""
        return self.meta("content") or "0"

    def meta(self, key: str) -> str | None:
        """Return what is noted under `key`; None where nothing is."""
        found = self._rows("SELECT value FROM meta WHERE key = ?", (key,))
        return str(found[0][0]) if found else None

    def counts(self) -> tuple[int, int]:
        """Return the number of documents and that of passages."""
        ((documents, passages),) = self._rows(
            "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM passages)"
        )
        return int(documents), int(passages)

    def documents(self) -> list[DocumentInfo]:
        """Return all documents by title, then by id."""
        infos = self._infos("", ())
        return sorted(infos.values(), key=lambda info: (info.title.casefold(), info.id))

    def infos(self, document_rows: Iterable[int]) -> dict[int, DocumentInfo]:
        """Return what is shown of documents, by their row ids."""
        found: dict[int, DocumentInfo] = {}
        for rows in _chunks(sorted(set(document_rows))):
            found |= self._infos(f"WHERE d.row_id IN ({_marks(rows)})", rows)
        return found

    def document_row(self, document_id: str) -> int | None:
        """Return a document's row id; None if there is no such document."""
        found = self._rows("SELECT row_id FROM documents WHERE id = ?", (document_id,))
        return int(found[0][0]) if found else None

    def document_rows(self, conditions: str = "1", values: Sequence[object] = ()) -> list[int]:
        """Return the row ids of the documents that meet an SQL condition, in order."""
        rows = self._rows(
            f"SELECT row_id FROM documents WHERE {conditions} ORDER BY row_id", values
        )
        return [int(row) for (row,) in rows]

    def values(self, column: str) -> list[str]:
        """Return the different values of one text column of the documents, sorted."""
        rows = self._rows(
            f"SELECT DISTINCT {column} FROM documents WHERE {column} IS NOT NULL ORDER BY 1"
        )
        return [str(value) for (value,) in rows]

    def document(self, row_id: int) -> Document | None:
        """Return a whole document; None if there is none in that row."""
        found = self._rows(
            "SELECT t.text, d.title, d.language, d.source, d.author, d.published, d.url, "
            "d.regions, d.page_starts FROM documents d JOIN texts t ON t.document_row = d.row_id "
            "WHERE d.row_id = ?",
            (row_id,),
        )
        if not found:
            return None
        text, title, language, source, author, published, url, regions, page_starts = found[0]
        paths = self._rows("SELECT path FROM paths WHERE document_row = ? ORDER BY path", (row_id,))
        return Document(
            text=text,
            title=title,
            language=language,
            source=source,
            author=author,
            published=None if published is None else date.fromisoformat(published),
            url=url,
            paths=tuple(path for (path,) in paths),
            regions=tuple(
                Region(RegionKind(kind), start, end) for kind, start, end in json.loads(regions)
            ),
            page_starts=tuple(json.loads(page_starts)),
        )

    def near_duplicates(self, document_row: int) -> list[int]:
        """Return the row ids of the documents that nearly repeat this one, in order."""
        rows = self._rows(
            "SELECT other FROM near_duplicates WHERE one = ?1 UNION "
            "SELECT one FROM near_duplicates WHERE other = ?1 ORDER BY 1",
            (document_row,),
        )
        return [int(row) for (row,) in rows]

    def passages(self, row_ids: Iterable[int]) -> dict[int, PassageRow]:
        """Return passages by their row ids; unknown ones are left out."""
        found: dict[int, PassageRow] = {}
        for rows in _chunks(list(row_ids)):
            for row in self._passages(f"WHERE p.row_id IN ({_marks(rows)})", rows):
                found[row.row_id] = row
        return found

    def passages_of(self, document_row: int) -> list[PassageRow]:
        """Return a document's passages in order."""
        return sorted(
            self._passages("WHERE p.document_row = ?", (document_row,)),
            key=lambda row: (row.passage.start, row.passage.end),
        )

    def passages_around(self, document_row: int, start: int, end: int) -> list[PassageRow]:
        """Return the document's passages that touch or share text[start:end], in order."""
        return sorted(
            self._passages(
                "WHERE p.document_row = ? AND p.stop >= ? AND p.start <= ?",
                (document_row, start, end),
            ),
            key=lambda row: row.passage.start,
        )

    def passage_spans(
        self, document_ids: Iterable[str]
    ) -> Iterator[tuple[int, int, str, int, int]]:
        """Yield (row, document row, document id, start, end) of the documents' passages."""
        for ids in _chunks(sorted(set(document_ids))):
            yield from self._rows(
                "SELECT p.row_id, p.document_row, d.id, p.start, p.stop FROM passages p "
                f"JOIN documents d ON d.row_id = p.document_row WHERE d.id IN ({_marks(ids)})",
                ids,
            )

    def each_passage(self, since: int = 0, batch: int = 5_000) -> Iterator[PassageRow]:
        """Yield the passages that came after generation `since`, by row id, a batch in memory."""
        last = 0
        while rows := self._passages(
            "WHERE p.generation > ? AND p.row_id > ? ORDER BY p.row_id LIMIT ?",
            (since, last, batch),
        ):
            yield from rows
            last = rows[-1].row_id

    def passage_keys(self, since: int = 0) -> list[tuple[int, int, bytes]]:
        """Return (passage row, document row, SHA-256 of the text) of those, by row id."""
        return self._rows(
            "SELECT row_id, document_row, sha256 FROM passages WHERE generation > ? "
            "ORDER BY row_id",
            (since,),
        )

    def removed_since(self, generation: int) -> list[int]:
        """Return the rows of the passages that went after `generation`, in order."""
        rows = self._rows(
            "SELECT row_id FROM removed WHERE generation > ? ORDER BY row_id", (generation,)
        )
        return [int(row) for (row,) in rows]

    def analyses(self) -> Iterator[tuple[int, str]]:
        """Yield (document row, records as JSON) of the analysed documents, in order.

        They are read by parts: other threads read between them.
        """
        for rows in _chunks(self.document_rows()):
            yield from self._rows(
                "SELECT document_row, records FROM analyses WHERE document_row IN "
                f"({_marks(rows)}) ORDER BY document_row",
                rows,
            )

    def analysis(self, document_row: int) -> str | None:
        """Return a document's records as JSON; None if it was not analysed."""
        rows = self._rows("SELECT records FROM analyses WHERE document_row = ?", (document_row,))
        return str(rows[0][0]) if rows else None

    def unanalysed(self, made_by: str) -> list[int]:
        """Return the rows of documents that were not analysed by `made_by`, in order."""
        return self.document_rows(
            "row_id NOT IN (SELECT document_row FROM analyses WHERE made_by = ?)", (made_by,)
        )

    def corrections(self, *, withdrawn: bool = False) -> list[CorrectionRow]:
        """Return the corrections in force, oldest first; with `withdrawn`, all that ever were."""
        where = "" if withdrawn else "WHERE withdrawn_at IS NULL"
        return [
            CorrectionRow(*row)
            for row in self._rows(
                "SELECT number, correction, withdrawn_by, withdrawn_at "
                f"FROM corrections {where} ORDER BY number"
            )
        ]

    def origins(self) -> dict[int, int]:
        """Return, for each document that nearly repeats others, the lowest row among them."""
        lowest: dict[int, int] = {}

        def root(row: int) -> int:
            while lowest.get(row, row) != row:
                row = lowest[row]
            return row

        for one, other in self._rows("SELECT one, other FROM near_duplicates ORDER BY one, other"):
            a, b = sorted((root(one), root(other)))
            lowest[b] = lowest[a] = a
        return {row: root(row) for row in lowest}

    def titles(self, document_rows: Iterable[int]) -> dict[int, str]:
        """Return documents' titles by their row ids."""
        found: dict[int, str] = {}
        for rows in _chunks(sorted(set(document_rows))):
            found |= dict(
                self._rows(
                    f"SELECT row_id, title FROM documents WHERE row_id IN ({_marks(rows)})", rows
                )
            )
        return found

    def integrity_problems(self) -> list[str]:
        """Return what SQLite itself finds wrong with the file; empty when all is well."""
        found = [str(row[0]) for row in self._rows("PRAGMA integrity_check")]
        problems = [] if found == ["ok"] else found
        for table, row_id, parent, _ in self._rows("PRAGMA foreign_key_check"):
            problems.append(f"row {row_id} of {table} points at a missing row of {parent}")
        return problems

    def computed_content(self) -> str:
        """Return what `content` should be, computed anew from every document."""
        total = 0
        for row in self.document_rows():
            total += _digest(self._record(row), self.passages_of(row))
        return f"{total % 2**256:x}"

    def _record(self, document_row: int) -> str:
        """Return all that is stored of a document beside its text, as one canonical line."""
        (found,) = self._rows(
            "SELECT id, title, language, source, author, published, url, regions, page_starts "
            "FROM documents WHERE row_id = ?",
            (document_row,),
        )
        return json.dumps(found)

    def _infos(self, where: str, values: Sequence[object]) -> dict[int, DocumentInfo]:
        with self._lock:
            documents = self._rows(f"SELECT {_INFO_COLUMNS} FROM documents d {where}", values)
            paths: dict[int, list[str]] = {}
            for row, path in self._rows(
                "SELECT p.document_row, p.path FROM paths p JOIN documents d "
                f"ON d.row_id = p.document_row {where} ORDER BY p.path",
                values,
            ):
                paths.setdefault(row, []).append(path)
        return {
            row: DocumentInfo(
                id=document_id,
                title=title,
                source=source,
                author=author,
                language=language,
                published=None if published is None else date.fromisoformat(published),
                url=url,
                paths=tuple(paths.get(row, ())),
                chars=chars,
            )
            for (
                row,
                document_id,
                title,
                source,
                author,
                language,
                published,
                url,
                chars,
            ) in documents
        }

    def _passages(self, where: str, values: Sequence[object]) -> list[PassageRow]:
        rows = self._rows(
            "SELECT p.row_id, p.document_row, d.id, p.start, p.stop, p.text, p.sha256 "
            f"FROM passages p JOIN documents d ON d.row_id = p.document_row {where}",
            values,
        )
        return [
            PassageRow(row_id, document_row, Passage(document_id, start, end, text), sha256)
            for row_id, document_row, document_id, start, end, text, sha256 in rows
        ]

    # sqlite3 types a row as Any; the columns are stated where they are unpacked.
    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple]:  # type: ignore[type-arg]
        with self._lock:
            return self._connection.execute(statement, tuple(values)).fetchall()


class CatalogueWriter(Catalogue):
    """Changes the catalogue: one transaction from `begin` to `publish`, all of it or nothing."""

    def __init__(self, path: Path) -> None:
        """Open the file for writing; the caller holds the writers' lock."""
        super().__init__(path, read_only=False)
        self._changed = False

    def begin(self) -> None:
        """Start the transaction that `publish` or `undo` ends."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._changed = False
        self._next = self.generation + 1
        self._content = int(self.content, 16)

    @property
    def changed(self) -> bool:
        """Whether anything was changed since `begin`."""
        return self._changed

    def publish(self) -> int:
        """Make all changes since `begin` visible at once and durable; return the generation.

        Nothing changed, then nothing is written and the generation stays.
        """
        if not self._changed:
            self._connection.execute("ROLLBACK")
            return self.generation
        self.set_meta("generation", str(self._next))
        self.set_meta("content", f"{self._content % 2**256:x}")
        self._connection.execute("COMMIT")
        # Readers that start from here need no write-ahead log, so that it can begin anew.
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        return self._next

    def undo(self) -> None:
        """Forget all changes since `begin`."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def set_meta(self, key: str, value: str) -> None:
        """Note `value` under `key`."""
        if self.meta(key) != value:
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
            self._changed = True

    def documents_at(self, path: str) -> dict[str, int]:
        """Return the row ids, by document id, of the documents that were read from `path`."""
        return dict(
            self._rows(
                "SELECT d.id, d.row_id FROM paths p JOIN documents d ON d.row_id = p.document_row "
                "WHERE p.path = ?",
                (path,),
            )
        )

    def hold(self, path: str, document: Document) -> bool:
        """Note that `document` was read from `path`; return whether that changed anything.

        Several paths may hold one text under different titles or dates: the first path in
        alphabetical order decides, so that the order of ingests does not.
        """
        row = self.document_row(document.id)
        record = _record_of(document)
        if row is None:
            row = self._insert(document.id, document.text, record)
        old = self._rows(
            "SELECT record FROM paths WHERE path = ? AND document_row = ?", (path, row)
        )
        if old == [(record,)]:
            return False
        self._connection.execute(
            "INSERT OR REPLACE INTO paths VALUES (?, ?, ?)", (path, row, record)
        )
        self._changed = True
        self._settle(row)
        return True

    def release(self, path: str, document_row: int) -> bool:
        """Note that `path` no longer holds a document; return whether that was its last path."""
        self._connection.execute(
            "DELETE FROM paths WHERE path = ? AND document_row = ?", (path, document_row)
        )
        self._changed = True
        if self._rows("SELECT 1 FROM paths WHERE document_row = ? LIMIT 1", (document_row,)):
            self._settle(document_row)
            return False
        self._delete(document_row)
        return True

    def remove(self, document_row: int) -> None:
        """Remove a document with all its paths and passages."""
        self._delete(document_row)
        self._changed = True

    def other_paths(self, document_row: int, path: str) -> list[str]:
        """Return the paths other than `path` that hold a document, sorted."""
        rows = self._rows(
            "SELECT path FROM paths WHERE document_row = ? AND path <> ? ORDER BY path",
            (document_row, path),
        )
        return [str(other) for (other,) in rows]

    def uncut_documents(self) -> list[int]:
        """Return the rows of documents whose passages were not yet cut, in order."""
        return self.document_rows("NOT cut")

    def new_passages(self) -> int:
        """Return how many passages came since `begin`."""
        ((count,),) = self._rows(
            "SELECT count(*) FROM passages WHERE generation = ?", (self._next,)
        )
        return int(count)

    def set_passages(self, document_row: int, passages: Sequence[Passage]) -> None:
        """Give a document its passages, in place of those it has."""
        self._forget(document_row)
        self._connection.executemany(
            "INSERT INTO passages (document_row, start, stop, sha256, generation, text) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [
                (document_row, p.start, p.end, text_sha256(p.text), self._next, p.text)
                for p in passages
            ],
        )
        self._content += _digest(self._record(document_row), self.passages_of(document_row))
        self._connection.execute("UPDATE documents SET cut = 1 WHERE row_id = ?", (document_row,))
        self._changed = True

    def set_analysis(self, document_row: int, made_by: str, records: str) -> None:
        """Give a document its records, as JSON, in place of those it has."""
        self._connection.execute(
            "INSERT OR REPLACE INTO analyses VALUES (?, ?, ?)", (document_row, made_by, records)
        )
        self._changed = True

    def add_correction(self, correction: str) -> int:
        """Keep a correction, as JSON; return its number."""
        cursor = self._connection.execute(
            "INSERT INTO corrections (correction) VALUES (?)", (correction,)
        )
        self._changed = True
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def withdraw_correction(self, number: int, withdrawn_by: str, withdrawn_at: str) -> bool:
        """Put a correction out of force, kept on record; return whether it was in force."""
        cursor = self._connection.execute(
            "UPDATE corrections SET withdrawn_by = ?, withdrawn_at = ? "
            "WHERE number = ? AND withdrawn_at IS NULL",
            (withdrawn_by, withdrawn_at, number),
        )
        self._changed = self._changed or cursor.rowcount > 0
        return cursor.rowcount > 0

    def recompute_content(self) -> None:
        """Make `content` what it should be, where it was damaged."""
        computed = int(self.computed_content(), 16)
        self._changed = self._changed or computed != self._content % 2**256
        self._content = computed

    def set_signature(self, document_row: int, signature: bytes, bands: Iterable[bytes]) -> None:
        """Store a document's sketch and the bands under which look-alikes find it."""
        self._connection.execute(
            "INSERT OR REPLACE INTO signatures VALUES (?, ?)", (document_row, signature)
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO bands VALUES (?, ?)", [(band, document_row) for band in bands]
        )

    def sharing_a_band(self, document_row: int) -> list[tuple[int, bytes]]:
        """Return (row, signature) of the other documents that share a band with this one."""
        return self._rows(
            "SELECT DISTINCT s.document_row, s.signature FROM bands mine "
            "JOIN bands theirs ON theirs.band = mine.band "
            "JOIN signatures s ON s.document_row = theirs.document_row "
            "WHERE mine.document_row = ?1 AND theirs.document_row <> ?1 ORDER BY 1",
            (document_row,),
        )

    def signature(self, document_row: int) -> bytes | None:
        """Return a document's sketch; None before it has one."""
        found = self._rows(
            "SELECT signature FROM signatures WHERE document_row = ?", (document_row,)
        )
        return bytes(found[0][0]) if found else None

    def link(self, one: int, other: int) -> None:
        """Note that two documents nearly repeat each other."""
        self._connection.execute(
            "INSERT OR IGNORE INTO near_duplicates VALUES (?, ?)",
            (min(one, other), max(one, other)),
        )

    def _settle(self, row: int) -> None:
        """See that a document's title, dates and regions are those of its first path."""
        ((record,),) = self._rows(
            "SELECT record FROM paths WHERE document_row = ? ORDER BY path LIMIT 1", (row,)
        )
        stored = json.loads(self._record(row))
        if json.loads(record) == stored[1:]:
            return
        # A new row: indexes that know the old one see a removal and an addition, never an edit.
        ((text,),) = self._rows("SELECT text FROM texts WHERE document_row = ?", (row,))
        holders = self._rows("SELECT path, record FROM paths WHERE document_row = ?", (row,))
        self._delete(row)
        new = self._insert(stored[0], text, record)
        self._connection.executemany(
            "INSERT INTO paths VALUES (?, ?, ?)", [(path, new, held) for path, held in holders]
        )

    def _insert(self, document_id: str, text: str, record: str) -> int:
        title, language, source, author, published, url, regions, page_starts = json.loads(record)
        cursor = self._connection.execute(
            "INSERT INTO documents (id, title, language, source, author, published, url, chars, "
            "regions, page_starts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                document_id,
                title,
                language,
                source,
                author,
                published,
                url,
                len(text),
                regions,
                page_starts,
            ),
        )
        row = cursor.lastrowid
        assert row is not None
        self._connection.execute("INSERT INTO texts VALUES (?, ?)", (row, text))
        self._changed = True
        return row

    def _delete(self, row: int) -> None:
        self._forget(row)
        self._connection.execute("DELETE FROM documents WHERE row_id = ?", (row,))

    def _forget(self, document_row: int) -> None:
        """Remove a document's passages and its share of `content`."""
        ((cut,),) = self._rows("SELECT cut FROM documents WHERE row_id = ?", (document_row,))
        if not cut:
            return
        self._content -= _digest(self._record(document_row), self.passages_of(document_row))
        self._connection.execute(
            "INSERT INTO removed SELECT row_id, ? FROM passages WHERE document_row = ? "
            "AND generation < ?",
            (self._next, document_row, self._next),
        )
        self._connection.execute("DELETE FROM passages WHERE document_row = ?", (document_row,))
        self._connection.execute("UPDATE documents SET cut = 0 WHERE row_id = ?", (document_row,))


def text_sha256(text: str) -> bytes:
    """Return the key under which a text's vector is kept."""
    return hashlib.sha256(text.encode("utf-8")).digest()


def _record_of(document: Document) -> str:
    """Return what one path says of a document beside its text, as one canonical line."""
    return json.dumps(
        [
            document.title,
            document.language,
            document.source,
            document.author,
            None if document.published is None else document.published.isoformat(),
            document.url,
            json.dumps([[region.kind, region.start, region.end] for region in document.regions]),
            json.dumps(document.page_starts),
        ]
    )


def _digest(record: str, passages: Iterable[PassageRow]) -> int:
    """Return one document's share of `content`, which is the sum over all, modulo 2**256."""
    digest = hashlib.sha256(record.encode("utf-8"))
    for row in passages:
        digest.update(f"{row.passage.start} {row.passage.end} {row.sha256.hex()}\n".encode())
    return int.from_bytes(digest.digest(), "big")


def _chunks(values: list[_Value]) -> Iterator[list[_Value]]:
    return (values[at : at + _CHUNK] for at in range(0, len(values), _CHUNK))


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
