"""Activity: conversations and feedback, kept in one SQLite file beside the index."""

import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from answer.answer import Turn
from index.store import StoreError

FILE_NAME = "activity.sqlite"
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS turns (
    conversation_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    asked_at REAL NOT NULL,
    answer_id TEXT NOT NULL,
    question TEXT NOT NULL,
    interpreted_question TEXT NOT NULL,
    answer TEXT,
    response TEXT,
    PRIMARY KEY (conversation_id, number)
) STRICT;
CREATE INDEX IF NOT EXISTS turns_by_answer ON turns (answer_id);
CREATE TABLE IF NOT EXISTS feedback (
    id INTEGER PRIMARY KEY,
    given_at REAL NOT NULL,
    answer_id TEXT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT,
    verdict TEXT NOT NULL CHECK (verdict IN ('right', 'wrong')),
    comment TEXT
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A turn; `response` is its wire JSON, None once a document that it shows was removed."""

    question: str
    response: str | None


class Activity:
    """The activity file; safe to use from several threads."""

    def __init__(self, path: Path, *, keep_days: int) -> None:
        """Open or begin the file at `path`, and forget what is older than `keep_days`.

        Raises StoreError if it cannot be written or is none of this program's.
        """
        self._path = path
        self._lock = threading.Lock()
        with _storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            try:
                # NORMAL: a power cut may lose the last question, never the file; an answer does
                # not wait for the disk.
                for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
                    self._connection.execute(f"PRAGMA {pragma}")
                self._connection.executescript(SCHEMA)
                self._connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
                self._forget_before(time.time() - keep_days * 86_400)
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def exists(self, conversation_id: str) -> bool:
        """Return whether anything was asked in this conversation."""
        with self._lock:
            row = self._connection.execute(
                "SELECT 1 FROM turns WHERE conversation_id = ? LIMIT 1", (conversation_id,)
            ).fetchone()
        return row is not None

    def earlier(self, conversation_id: str, limit: int = 8) -> list[Turn]:
        """Return the conversation's last `limit` turns, oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT question, interpreted_question, answer FROM turns"
                " WHERE conversation_id = ? ORDER BY number DESC LIMIT ?",
                (conversation_id, limit),
            ).fetchall()
        return [Turn(*row) for row in reversed(rows)]

    def stored(self, conversation_id: str, limit: int = 100) -> list[StoredTurn]:
        """Return the conversation's last `limit` turns with their responses, oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT question, response FROM turns"
                " WHERE conversation_id = ? ORDER BY number DESC LIMIT ?",
                (conversation_id, limit),
            ).fetchall()
        return [StoredTurn(*row) for row in reversed(rows)]

    def record(self, conversation_id: str, turn: Turn, answer_id: str, response: str) -> None:
        """Append a turn to the conversation, beginning it if it is new."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO turns SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7"
                " FROM turns WHERE conversation_id = ?1",
                (
                    conversation_id,
                    time.time(),
                    answer_id,
                    turn.question,
                    turn.interpreted_question,
                    turn.answer,
                    response,
                ),
            )

    def feedback(self, answer_id: str, verdict: str, comment: str | None) -> int | None:
        """Keep what a reader says of an answer; None when no such answer was given."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT interpreted_question, answer FROM turns WHERE answer_id = ?"
                " ORDER BY asked_at DESC LIMIT 1",
                (answer_id,),
            ).fetchone()
            if row is None:
                return None
            return connection.execute(
                "INSERT INTO feedback (given_at, answer_id, question, answer, verdict, comment)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (time.time(), answer_id, *row, verdict, comment),
            ).lastrowid

    def forget_document(self, document_id: str) -> None:
        """Drop the stored quotes of every answer that shows a document that is now removed."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE turns SET response = NULL, answer = NULL WHERE instr(response, ?) > 0",
                (document_id,),
            )

    def _forget_before(self, moment: float) -> None:
        with self._transaction() as connection:
            connection.execute(
                "DELETE FROM turns WHERE asked_at < ?"
                " AND answer_id NOT IN (SELECT answer_id FROM feedback)",
                (moment,),
            )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _storage_errors(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        raise StoreError(
            f"{path}: {error}; expected a file of conversations that can be written. Free some "
            "space if the disk is full, move the file away to begin a new one, or choose another "
            "data directory."
        ) from error


def new_conversation_id() -> str:
    """Return an id that nobody can guess: whoever has it can read the conversation."""
    return secrets.token_urlsafe(16)
