"""The store in process and the service over HTTP must be the same system to an evaluator."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from analysis.collection import Records
from analysis.lookup import Lookup
from analysis.names import NameRegister
from answer.answer import Answer, Citation, Status, Turn
from eval.compare import Verdict, compare
from eval.gold import Evidence, GoldQuestion, Kind, Part
from eval.run import run_gold
from eval.systems import StoreSystem, UrlSystem
from index.search import DocumentInfo, Filters, Hit
from ingest.chunk import Passage
from ingest.document import Document
from server.app import create_app
from server.settings import Settings

BRIDGE = Document(text="The bridge fell in May 😀. Nobody was hurt.", title="Bridge")
INFO = DocumentInfo(BRIDGE.id, "Bridge", None, None, None, None, None, (), len(BRIDGE.text))
KEY = "a key of at least sixteen characters"


class OneDocument:
    """A snapshot of one document that every search finds."""

    fingerprint = "index-1"
    generation = 1

    def __enter__(self) -> "OneDocument":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def documents(self) -> list[DocumentInfo]:
        return [INFO]

    def document(self, document_id: str) -> Document | None:
        return BRIDGE if document_id == BRIDGE.id else None

    def linked(self, document_id: str) -> list[DocumentInfo]:
        return []

    def search(self, query: str, k: int = 10, filters: Filters | None = None) -> list[Hit]:
        passage = Passage(BRIDGE.id, 0, len(BRIDGE.text), BRIDGE.text)
        return [Hit(1, 1.0, passage, INFO, ())]

    def explain(self, filters: Filters) -> tuple[str, ...]:
        return ()

    def notes(self, document_id: str) -> tuple[str, ...]:
        return ()

    @property
    def lookup(self) -> Lookup:
        return Lookup(Records((), (), (), notes={}, register=NameRegister(())))


class Store:
    def snapshot(self) -> OneDocument:
        return OneDocument()

    def close(self) -> None:
        pass


class Asker:
    """Knows the month; takes "then" for the subject of the turn before; fails on "crash"."""

    fingerprint = "answerer-1"

    def ask(
        self,
        snapshot: Any,
        question: str,
        *,
        filters: Filters | None = None,
        earlier: Sequence[Turn] = (),
        on_hits: Callable[[Sequence[Hit]], None] | None = None,
    ) -> Answer:
        if "crash" in question:
            raise ZeroDivisionError("by zero")
        interpreted = question
        if "then" in question and earlier:
            interpreted = f"{earlier[-1].interpreted_question} {question}"
        known = "bridge" in interpreted
        quote = "The bridge fell in May 😀."
        citations = (Citation(1, INFO, "p", 0, len(quote), quote, 19, 22),) if known else ()
        return Answer(
            id="0" * 32,
            question=question,
            interpreted_question=interpreted,
            status=Status.ANSWERED if known else Status.NOT_FOUND,
            answer="May" if known else None,
            confidence=0.9 if known else 0.2,
            citations=citations,
            conflicts=(),
            nearest=(),
            explanation="",
        )


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.chdir(tmp_path)
    settings = Settings(data_dir=tmp_path / "data", api_key=KEY)
    app = create_app(settings, Store(), Asker())  # type: ignore[arg-type]
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def gold() -> list[GoldQuestion]:
    place = Evidence(BRIDGE.id, 0, 25)
    fact = GoldQuestion(
        "month", Kind.FACT, "When did the bridge fall?", (Part(("May",), (place,)),), "tests"
    )
    return [
        fact,
        replace(
            fact,
            id="then",
            kind=Kind.FOLLOW_UP,
            question="And then?",
            turns=("What of the bridge?",),
        ),
        GoldQuestion("moon", Kind.UNANSWERABLE, "Who owns the moon?", (), "tests"),
        replace(fact, id="crash", question="Did it crash?"),
    ]


def test_a_service_measures_like_the_store_behind_it(url: str) -> None:
    local = run_gold(StoreSystem(OneDocument(), Asker()), gold())
    served = run_gold(UrlSystem(url, api_key=KEY), gold())
    for one, other in zip(local.rows, served.rows, strict=True):
        silent = {"ask_ms": None, "search_ms": None, "error": None}
        assert replace(one.reply, **silent) == replace(other.reply, **silent)
        assert one.evidence == other.evidence
    assert [row.reply.outcome for row in served.rows] == [
        "answered",
        "answered",
        "not_found",
        "error",
    ]
    assert (served.info.quotes_checked, served.info.quotes_wrong) == (2, 0)
    assert served.info.documents == {BRIDGE.id: "Bridge"}
    verdicts = {
        item.verdict
        for item in compare(local, served).differences
        if item.measure.group.value != "latency"
    }
    assert verdicts == {Verdict.SAME}
