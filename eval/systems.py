"""What can be asked: the store in process, a service by URL, or replies that a file holds."""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from answer.answer import Answer, Turn
from eval.errors import EvalError
from eval.gold import GoldQuestion
from eval.reply import Cited, Found, Outcome, Reply, ReplyError, reply_from_json
from eval.trec import TrecError, read_trec
from index.search import Hit, QueryError

DEPTH = 10
"""Hits asked for: the deepest that any measure looks."""
TIMEOUT_SECONDS = 120.0


class AskError(EvalError):
    """A system that cannot be asked at all; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Text:
    """A document as a run needs it: title and whole text."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """Who answered, as far as the system says: written beside every number."""

    name: str
    index_fingerprint: str | None = None
    model: str | None = None
    answerer_fingerprint: str | None = None
    searches: bool = True
    """Whether it gives hits; if not, search measures are left out."""
    answers: bool = True
    """Whether it answers; if not, only search is measured."""
    settings: Mapping[str, str] = field(default_factory=dict)


class System(Protocol):
    """Something that gives a reply to a question."""

    @property
    def info(self) -> SystemInfo:
        """Who it is."""

    def reply(self, question: GoldQuestion) -> Reply:
        """Return the reply to the question, asked after its turns."""

    def document(self, document_id: str) -> Text | None:
        """Return a document, None where there is none or the system cannot tell."""


class StoredDocument(Protocol):
    """A document as the store gives it."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def text(self) -> str:
        """Its whole text."""


class Snapshot(Protocol):
    """One consistent state of the store, as far as a run needs it."""

    @property
    def fingerprint(self) -> str:
        """What changes when any passage does."""

    def search(self, query: str, k: int = ...) -> list[Hit]:
        """Return the best k passages."""

    def document(self, document_id: str, /) -> StoredDocument | None:
        """Return a document by its id."""


class Asker(Protocol):
    """What answers a question over a snapshot."""

    @property
    def fingerprint(self) -> str:
        """What changes when its configuration does."""

    def ask(self, snapshot: Any, question: str, *, earlier: Sequence[Turn] = ...) -> Answer:
        """Return the answer after the earlier turns."""


class StoreSystem:
    """The store in process, asked as the service asks it: what is measured is what is served."""

    def __init__(
        self,
        snapshot: Snapshot,
        asker: Asker,
        *,
        name: str = "dossier",
        model: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Ask `asker` over `snapshot`, which stays the same for the whole run."""
        self._snapshot = snapshot
        self._asker = asker
        self.info = SystemInfo(
            name=name,
            index_fingerprint=snapshot.fingerprint,
            model=model,
            answerer_fingerprint=asker.fingerprint,
            settings=dict(settings or {}),
        )

    def reply(self, question: GoldQuestion) -> Reply:
        """Return the answer, with the hits of its interpreted question."""
        try:
            earlier: list[Turn] = []
            for turn in question.turns:
                answer = self._asker.ask(self._snapshot, turn, earlier=tuple(earlier))
                earlier.append(Turn(turn, answer.interpreted_question, answer.answer))
            began = time.perf_counter()
            answer = self._asker.ask(self._snapshot, question.question, earlier=tuple(earlier))
            asked = time.perf_counter()
            hits = self._snapshot.search(answer.interpreted_question, k=DEPTH)
            searched = time.perf_counter()
        except QueryError as error:
            return Reply(Outcome.ERROR, error=str(error))
        # One question that breaks the answerer must not cost the rows of all the others.
        except Exception as error:
            return Reply(Outcome.ERROR, error=f"{type(error).__name__}: {error}")
        return Reply(
            outcome=Outcome(answer.status.value),
            answer=answer.answer,
            confidence=answer.confidence,
            citations=tuple(
                Cited(
                    citation.document.id,
                    citation.start,
                    citation.end,
                    citation.quote,
                    citation.answer,
                    citation.answers if citation.listed else (),
                )
                for citation in answer.citations
            ),
            hits=tuple(
                Found(hit.passage.document_id, hit.passage.start, hit.passage.end, hit.passage.text)
                for hit in hits
            ),
            interpreted_question=answer.interpreted_question,
            ask_ms=1000 * (asked - began),
            search_ms=1000 * (searched - asked),
        )

    def document(self, document_id: str) -> Text | None:
        """Return a stored document."""
        found = self._snapshot.document(document_id)
        return None if found is None else Text(found.title, found.text)


class UrlSystem:
    """A running service, asked over its public contract; times are the client's."""

    def __init__(self, url: str, *, api_key: str | None = None) -> None:
        """Ask the service at `url`; raises AskError when it does not answer `/readyz`."""
        self._url = url.rstrip("/")
        self._headers = {"Accept": "application/json"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._documents: dict[str, Text | None] = {}
        self.info = SystemInfo(name=self._url)
        try:
            self._call("/readyz")
        except (OSError, ValueError) as error:
            raise AskError(
                f"{self._url} is not a ready service ({_reason(error)}); "
                "start it with `dossier serve`, wait until it is ready, or correct the URL"
            ) from error

    def reply(self, question: GoldQuestion) -> Reply:
        """Return the service's answer, with the hits of its interpreted question."""
        try:
            conversation: str | None = None
            for turn in question.turns:
                conversation = self._ask(turn, conversation).get("conversation_id")
            began = time.perf_counter()
            record = self._ask(question.question, conversation)
            asked = time.perf_counter()
            interpreted = record.get("interpreted_question") or question.question
            found = self._call("/api/search?" + urlencode({"q": interpreted, "k": DEPTH}))
            searched = time.perf_counter()
            record |= {
                "hits": found["hits"],
                "ask_ms": 1000 * (asked - began),
                "search_ms": 1000 * (searched - asked),
            }
            return reply_from_json(record)
        except HTTPError as error:
            return Reply(Outcome.ERROR, error=_reason(error))
        except (OSError, ValueError, KeyError, ReplyError) as error:
            return Reply(Outcome.ERROR, error=f"{type(error).__name__}: {_reason(error)}")

    def document(self, document_id: str) -> Text | None:
        """Return a document of the service; asked for once."""
        if document_id not in self._documents:
            self._documents[document_id] = self._fetch(document_id)
        return self._documents[document_id]

    def _fetch(self, document_id: str) -> Text | None:
        path = f"/api/documents/{quote(document_id, safe='')}"
        try:
            title = self._call(path)["title"]
            return Text(title, self._read(f"{path}/text").decode("utf-8"))
        except (OSError, ValueError, KeyError):
            return None

    def _ask(self, question: str, conversation: str | None) -> dict[str, Any]:
        body = {"question": question}
        if conversation is not None:
            body["conversation_id"] = conversation
        return self._call("/api/ask", json.dumps(body).encode())

    def _call(self, path: str, body: bytes | None = None) -> dict[str, Any]:
        record = json.loads(self._read(path, body))
        if not isinstance(record, dict):
            raise ValueError(f"{path} gave {type(record).__name__}, not a JSON object")
        return record

    def _read(self, path: str, body: bytes | None = None) -> bytes:
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        request = Request(self._url + path, data=body, headers=headers)
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            return bytes(response.read())


class FileSystem:
    """Replies that another system has given, read from a file.

    Either JSON Lines, each a reply as `eval.reply` describes it with the gold question's `id`, or,
    by the suffix `.trec` or `.run`, a TREC run, which is scored on search alone.
    """

    def __init__(
        self,
        path: Path,
        questions: Iterable[GoldQuestion],
        documents: Mapping[str, Text] | None = None,
    ) -> None:
        """Read the whole file; raises AskError naming file, line, finding and remedy."""
        self._documents = documents or {}
        known = {question.id for question in questions}
        try:
            if path.suffix in (".trec", ".run"):
                lengths = {name: len(text.text) for name, text in self._documents.items()}
                self._replies = read_trec(path, lengths)
                # TREC's columns cannot hold white space; the ids were written without it.
                words = {"_".join(name.split()): name for name in known}
                self._replies = {
                    words.get(name, name): reply for name, reply in self._replies.items()
                }
            else:
                self._replies = _read_replies(path)
        except OSError as error:
            raise AskError(f"{path}: cannot be read ({error.strerror})") from error
        except (TrecError, UnicodeDecodeError) as error:
            raise AskError(str(error)) from error
        unknown = sorted(self._replies.keys() - known)
        if unknown:
            raise AskError(
                f"{path}: {len(unknown)} ids are not in the gold set, first {unknown[0]!r}; "
                "a reply's id is the gold question's id"
            )
        replies = self._replies.values()
        self.info = SystemInfo(
            name=path.name,
            searches=any(reply.hits for reply in replies),
            answers=path.suffix not in (".trec", ".run"),
            settings={"file_sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
        )

    def reply(self, question: GoldQuestion) -> Reply:
        """Return the file's reply; an error where it has none."""
        return self._replies.get(question.id) or Reply(Outcome.ERROR, error="no reply in the file")

    def document(self, document_id: str) -> Text | None:
        """Return a document, where documents were given."""
        return self._documents.get(document_id)


def _read_replies(path: Path) -> dict[str, Reply]:
    replies: dict[str, Reply] = {}
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                if not isinstance(record, dict) or not isinstance(record.get("id"), str):
                    raise ReplyError("no id; give a JSON object with the gold question's id")
                if record["id"] in replies:
                    raise ReplyError(f"a second reply to {record['id']!r}; give one for each id")
                replies[record["id"]] = reply_from_json(record)
            except ValueError as error:
                raise AskError(f"{path}:{number}: {error}") from error
    if not replies:
        raise AskError(f"{path}: has no reply; write one JSON object a line")
    return replies


def _reason(error: Exception) -> str:
    if isinstance(error, HTTPError):
        with error:
            body = error.read(2000).decode("utf-8", "replace")
        try:
            body = json.loads(body)["error"]["message"]
        except (ValueError, KeyError, TypeError):
            body = body[:200]
        return f"HTTP {error.code}: {body}"
    if isinstance(error, URLError):
        return str(error.reason)
    return str(error)
