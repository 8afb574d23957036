"""Fakes of the collection and the answerer, small enough to predict every reply by eye."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from analysis.collection import Records
from analysis.corrections import Correction
from analysis.lookup import Lookup
from analysis.names import NameRegister
from answer.answer import Answer, Citation, Conflict, Status, Turn
from index.catalogue import CorrectionRow
from index.ingestion import Progress
from index.search import DocumentInfo, Filters, Hit, QueryError
from ingest.chunk import Passage
from ingest.document import Document, Region, RegionKind
from server.api import info_of
from server.app import create_app
from server.backend import Outcome
from server.settings import Settings

RAIDS = Document(
    text="Raids in Herat\n\nOn 3 May the police arrested 12 men in Herat. Nobody was hurt.\n\n"
    "The desk was founded in 2001.",
    title="Raids in Herat",
    language="en",
    source="Herat Courier",
    author="A. Writer",
    published=date(2023, 5, 4),
    url="https://courier.example/raids",
    paths=("/home/somebody/secret folder/raids.txt",),
    regions=(
        Region(RegionKind.TITLE, 0, 14),
        Region(RegionKind.BIOGRAPHY, 80, 109),
    ),
)
HOSTILE = Document(
    text='<script>alert("text")</script> said 15 men \u202egnp.exe were arrested 😀 there.',
    title="<img src=x onerror=alert(1)>\u202eevil",
    source='"><script>alert("source")</script>',
    url="javascript:alert(1)",
    paths=("upload:<b>hostile</b>.html",),
    page_starts=(0,),
)
NO_RECORDS = Records([], [], [], notes={}, register=NameRegister([]))


def citation(number: int, document: Document, quote: str, answer: str) -> Citation:
    start = document.text.index(quote)
    inner = document.text.index(answer, start)
    return Citation(
        number=number,
        document=info_of(document),
        passage_id=f"{document.id[:16]}-{start}-{start + len(quote)}",
        start=start,
        end=start + len(quote),
        quote=quote,
        answer_start=inner,
        answer_end=inner + len(answer),
    )


class FakeSnapshot:
    fingerprint = "fake"

    def __init__(self, store: "FakeStore") -> None:
        self._documents = {document.id: document for document in store.held}
        self.generation = store.generation
        self.records = store.records
        self.lookup = Lookup(store.records)
        self._corrections = list(store.corrections)

    def __enter__(self) -> "FakeSnapshot":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def documents(self) -> list[DocumentInfo]:
        return [info_of(document) for document in self._documents.values()]

    def document(self, document_id: str) -> Document | None:
        return self._documents.get(document_id)

    def notes(self, document_id: str) -> tuple[str, ...]:
        return tuple(self.records.notes.get(document_id, ()))

    def linked(self, document_id: str) -> list[DocumentInfo]:
        return []

    def known(self) -> Mapping[str, Sequence[str]]:
        return {
            "document": sorted(self._documents),
            "source": ["Herat Courier"],
            "language": ["en"],
        }

    def explain(self, filters: Filters) -> tuple[str, ...]:
        return tuple(f"Kept to what names {name}." for name in filters.actor)

    def corrections(self, *, withdrawn: bool = False) -> list[CorrectionRow]:
        return [row for row in self._corrections if withdrawn or row.withdrawn_by is None]

    def search(self, query: str, k: int = 10, filters: Filters = Filters()) -> list[Hit]:  # noqa: B008
        for name in ("source", "language"):
            for value in getattr(filters, name):
                if value not in self.known()[name]:
                    known = ", ".join(self.known()[name])
                    raise QueryError(f"unknown {name} {value!r}", f"Known: {known}.")
        hits = []
        for document in self._documents.values():
            found = re.search(re.escape(query.split()[-1].strip("?")), document.text)
            if found and (not filters.document or document.id in filters.document):
                passage = Passage(document.id, 0, len(document.text), document.text)
                hits.append(Hit(len(hits) + 1, 0.5, passage, info_of(document), (found.span(),)))
        return hits[:k]


class FakeStore:
    def __init__(self, *documents: Document, records: Records = NO_RECORDS) -> None:
        self.held = list(documents)
        self.records = records
        self.corrections: list[CorrectionRow] = []
        self.generation = 1
        self.closed = False

    def snapshot(self) -> FakeSnapshot:
        return FakeSnapshot(self)

    def close(self) -> None:
        self.closed = True


class FakeAnswerer:
    """Says 12 men (and 15 men, in conflict) to "how many", explodes on "explode", else refuses."""

    fingerprint = "fake"

    def __init__(self) -> None:
        self.seen: list[SimpleNamespace] = []

    def ask(
        self,
        snapshot: FakeSnapshot,
        question: str,
        *,
        filters: Filters = Filters(),  # noqa: B008
        earlier: Sequence[Turn] = (),
        on_hits: Callable[[Sequence[Hit]], None] | None = None,
    ) -> Answer:
        self.seen.append(SimpleNamespace(question=question, filters=filters, earlier=earlier))
        if "explode" in question:
            raise RuntimeError("secret detail in /home/somebody")
        hits = snapshot.search("men", 5, filters)
        if on_hits:
            on_hits(hits)
        interpreted = f"{earlier[-1].question} {question}" if earlier else question
        refusal = Answer(
            id=hashlib.sha256(interpreted.encode()).hexdigest()[:32],
            question=question,
            interpreted_question=interpreted,
            status=Status.NOT_FOUND,
            answer=None,
            confidence=0.125,
            citations=(),
            conflicts=(),
            nearest=tuple(hits),
            explanation="Nothing speaks of it.",
        )
        if "how many" not in question.lower():
            return refusal
        cited = []
        if RAIDS.id in snapshot._documents:
            cited.append(
                citation(1, RAIDS, "On 3 May the police arrested 12 men in Herat.", "12 men")
            )
        if HOSTILE.id in snapshot._documents:
            cited.append(citation(len(cited) + 1, HOSTILE, HOSTILE.text, "15 men"))
        if not cited:
            return refusal
        return replace(
            refusal,
            status=Status.ANSWERED,
            answer=cited[0].answer,
            confidence=0.93,
            citations=tuple(cited),
            conflicts=(
                Conflict("the number of men", tuple((c.answer, (c.number,)) for c in cited)),
            )
            if len(cited) > 1
            else (),
            nearest=(),
            explanation="Read as a question for a number.",
        )


class FakeIntake:
    """Adds a file's text as a document; skips what is not UTF-8."""

    def add(
        self,
        store: FakeStore,
        files: Mapping[Path, str],
        on_progress: Callable[[Progress], None],
    ) -> list[Outcome]:
        outcomes = []
        for number, (path, name) in enumerate(files.items()):
            on_progress(Progress("reading", number + 1, len(files)))
            try:
                document = Document(
                    text=path.read_bytes().decode(), title=name, paths=(f"upload:{name}",)
                )
            except ValueError:
                outcomes.append(
                    Outcome(name, "skipped", reason="it is not text", hint="Save it as UTF-8.")
                )
                continue
            if any(held.id == document.id for held in store.held):
                outcomes.append(Outcome(name, "unchanged", document.id))
                continue
            store.held.append(document)
            outcomes.append(Outcome(name, "added", document.id))
        store.generation += 1
        return outcomes

    def remove(self, store: FakeStore, document_id: str) -> bool:
        kept = [held for held in store.held if held.id != document_id]
        removed = len(kept) < len(store.held)
        store.held = kept
        return removed

    def correct(self, store: FakeStore, correction: Correction) -> Correction:
        number = len(store.corrections) + 1
        kept = TypeAdapter(Correction).dump_json(correction).decode()
        store.corrections.append(CorrectionRow(number, kept, None, None))
        return replace(correction, number=number)

    def withdraw(self, store: FakeStore, number: int, withdrawn_by: str) -> bool:
        for at, row in enumerate(store.corrections):
            if row.number == number and row.withdrawn_by is None:
                moment = "2023-06-01T00:00:00+00:00"
                store.corrections[at] = replace(row, withdrawn_by=withdrawn_by, withdrawn_at=moment)
                return True
        return False


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"DOSSIER_{name.upper()}", raising=False)


@pytest.fixture
def raids() -> Document:
    return RAIDS


@pytest.fixture
def hostile() -> Document:
    return HOSTILE


@pytest.fixture
def make_store() -> Callable[..., FakeStore]:
    """Make a collection of documents with records of the test's choice."""
    return FakeStore


@pytest.fixture
def store() -> FakeStore:
    return FakeStore(RAIDS, HOSTILE)


@pytest.fixture
def answerer() -> FakeAnswerer:
    return FakeAnswerer()


@pytest.fixture
def make_client(
    tmp_path: Path, store: FakeStore, answerer: FakeAnswerer
) -> Iterator[Callable[..., TestClient]]:
    """Start the application with settings of the test's choice."""
    clients: list[TestClient] = []

    def make(*, ready: bool = True, **values: object) -> TestClient:
        settings = Settings(data_dir=tmp_path / "data", **values)
        opened = (store, answerer) if ready else (None, None)
        client = TestClient(
            create_app(settings, *opened, intake=FakeIntake()), base_url="http://localhost"
        )
        client.__enter__()
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def client(make_client: Callable[..., TestClient]) -> TestClient:
    return make_client()
