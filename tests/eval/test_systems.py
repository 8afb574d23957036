import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from eval.reply import Outcome, reply_from_json, reply_to_json
from eval.run import run_gold, write_run
from eval.systems import AskError, FileSystem, UrlSystem


def write_replies(path: Path, replies: dict[str, Any]) -> Path:
    lines = [json.dumps({"id": name} | reply_to_json(reply)) for name, reply in replies.items()]
    path.write_text("\n".join(lines))
    return path


def test_a_file_of_answers_scores_like_the_system_that_gave_them(
    world: Any, tmp_path: Path
) -> None:
    path = write_replies(tmp_path / "answers.jsonl", world.perfect)
    run = run_gold(FileSystem(path, world.gold, world.texts), world.gold)
    live = run_gold(world.system(), world.gold)
    assert {name: item.value for name, item in run.measures.items()} == {
        name: item.value for name, item in live.measures.items()
    }
    assert run.info.quotes_checked == 6


def test_a_question_that_the_file_leaves_out_is_an_error_not_a_refusal(
    world: Any, tmp_path: Path
) -> None:
    replies = {name: reply for name, reply in world.perfect.items() if name != "moon"}
    system = FileSystem(write_replies(tmp_path / "answers.jsonl", replies), world.gold)
    run = run_gold(system, world.gold)
    assert run.rows[-1].reply.outcome is Outcome.ERROR
    assert run.measures["refusal recall"].value == 0.5


def test_a_file_without_hits_is_not_measured_on_search(world: Any, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"id": "fall", "status": "answered", "answer": "May"}\n')
    run = run_gold(FileSystem(path, world.gold), world.gold)
    assert "nDCG@10" not in run.measures and "calibration error" not in run.measures
    assert run.measures["answer right"].value == pytest.approx(1 / 5)


def test_a_reply_of_the_api_is_taken_as_it_is(world: Any, tmp_path: Path) -> None:
    place = world.evidence(world.sentences.fell_may)
    record = {
        "id": "fall",
        "status": "answered",
        "answer": "May",
        "confidence": 0.9,
        "took_ms": 12.5,
        "conflicts": [],
        "citations": [
            {
                "number": 1,
                "document": {"id": place.document, "title": "Bridge"},
                "start": place.start,
                "end": place.end,
                "quote": world.sentences.fell_may,
                "answer_start": place.start + 19,
                "answer_end": place.start + 22,
                "listed": [{"start": place.start + 19, "end": place.start + 22}, "June"],
            }
        ],
    }
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps(record))
    reply = FileSystem(path, world.gold).reply(world.gold[0])
    assert reply.citations[0].answer == "May"
    assert reply.citations[0].answers == ("May", "June")
    assert reply_from_json(reply_to_json(reply)) == reply
    assert reply.ask_ms == 12.5


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", ":2: Expecting property name"),
        ('{"status": "answered"}', ":2: no id; give a JSON object with the gold"),
        ('{"id": "fall", "status": "maybe"}', ":2: status is 'maybe'; give one of answered"),
        ('{"id": "fall", "status": "answered"}', 'status is "answered" without an answer'),
        ('{"id": "cause", "status": "not_found"}', ":2: a second reply to 'cause'"),
        ('{"id": "fall", "status": "not_found", "confidence": 1.5}', "confidence is 1.5; give a"),
        (
            '{"id": "fall", "status": "answered", "answer": "x", '
            '"citations": [{"document": "d", "start": 5, "end": 5}]}',
            "citations[0]: span 5:5 is not a half-open span",
        ),
        (
            '{"id": "fall", "status": "answered", "answer": "x", '
            '"citations": [{"document": "d", "start": 5, "end": 9, "quote": "x"}]}',
            "the quote has 1 code points but end - start is 4",
        ),
        (
            '{"id": "fall", "status": "answered", "answer": "x", "citations": [{"document": "d", '
            '"start": 5, "end": 9, "quote": "abcd", "listed": [{"start": 4, "end": 6}]}]}',
            "citations[0]: listed[0]: 4:6 is not within the quote, 5:9",
        ),
        (
            '{"id": "fall", "status": "answered", "answer": "x", "citations": [{"document": "d", '
            '"start": 5, "end": 9, "listed": [7]}]}',
            "citations[0]: listed[0]: found 7; expected a text, or start and end",
        ),
        ('{"id": "who", "status": "not_found"}', "1 ids are not in the gold set, first 'who'"),
    ],
)
def test_a_bad_answers_file_is_named_with_its_line(
    world: Any, tmp_path: Path, line: str, message: str
) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"id": "cause", "status": "not_found"}\n' + line)
    with pytest.raises(AskError) as caught:
        FileSystem(path, world.gold)
    assert message in str(caught.value)


def test_a_written_trec_run_reads_back_with_spans(world: Any, tmp_path: Path) -> None:
    place = world.evidence(world.sentences.rain)
    path = tmp_path / "other.trec"
    path.write_text(
        f"cause Q0 {world.ferry_id} 1 0.9 other\n"
        f"cause Q0 {place.document}:{place.start}-{place.end} 2 0.5 other\n"
    )
    run = run_gold(FileSystem(path, world.gold, world.texts), world.gold)
    assert run.rows[1].reply.hits[0].end == len(world.texts[world.ferry_id].text)
    assert run.measures["RR"].value == pytest.approx(1 / 2 / 5)
    assert "refusal recall" not in run.measures and "answered" not in run.measures
    write_run(run, tmp_path / "run")


def test_a_bad_trec_run_is_named_with_its_line(world: Any, tmp_path: Path) -> None:
    path = tmp_path / "other.trec"
    for line, message in (
        ("cause Q0 x 1 0.9", r":1: 5 fields; a TREC run line is"),
        ("cause Q0 doc-7 1 0.9 t", r"doc_id 'doc-7' names no span"),
        (f"cause Q0 {'a' * 64} 1 0.9 t", "is no document of the store"),
        (f"cause Q0 {'a' * 64}:0-5 1 high t", ":1: could not convert"),
    ):
        path.write_text(line)
        with pytest.raises(AskError, match=message):
            FileSystem(path, world.gold)


class Service(BaseHTTPRequestHandler):
    """The public contract, answered from prepared replies by the question's text."""

    world: Any
    log: list[Any]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if self.headers["Authorization"] != "Bearer secret":
            body = {"error": {"code": "unauthorized", "message": "no key", "hint": ""}}
            return self._send(401, json.dumps(body))
        if parts.path == "/readyz":
            return self._send(200, "{}")
        if parts.path == "/api/search":
            query = parse_qs(parts.query)
            self.log.append(("search", query["q"][0], query["k"][0]))
            reply = self._reply(query["q"][0].removesuffix(" (read)"))
            return self._send(200, json.dumps({"hits": reply_to_json(reply)["hits"]}))
        document = self.world.texts.get(parts.path.split("/")[3])
        if document is None:
            return self._send(404, "{}")
        if parts.path.endswith("/text"):
            return self._send(200, document.text)
        return self._send(200, json.dumps({"title": document.title}))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.log.append(("ask", body["question"], body.get("conversation_id")))
        if "moon" in body["question"]:
            error = {"error": {"code": "busy", "message": "too busy", "hint": "wait"}}
            return self._send(503, json.dumps(error))
        record = reply_to_json(self._reply(body["question"]))
        record |= {
            "conversation_id": "c1",
            "interpreted_question": f"{body['question']} (read)",
        }
        for name in ("hits", "ask_ms", "search_ms", "error"):
            del record[name]
        self._send(200, json.dumps(record))

    def _reply(self, question: str) -> Any:
        for item in self.world.gold:
            if item.question == question:
                return self.world.perfect[item.id]
        return self.world.perfect["fall"]

    def _send(self, status: int, body: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def service(world: Any) -> Iterator[tuple[str, list[Any]]]:
    log: list[Any] = []
    handler = type("Bound", (Service,), {"world": world, "log": log})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", log
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_service_is_asked_over_its_public_contract(
    world: Any, service: tuple[str, list[Any]]
) -> None:
    url, log = service
    run = run_gold(UrlSystem(url, api_key="secret"), world.gold)
    replies = {row.question.id: row.reply for row in run.rows}
    assert replies["fall"].answer == "May"
    assert replies["fall"].hits[0].document == world.bridge_id
    assert replies["moon"].error == "HTTP 503: too busy"
    assert run.measures["errors"].value == pytest.approx(1 / 7)
    assert (run.info.quotes_checked, run.info.quotes_wrong) == (6, 0)
    assert ("ask", "Did the bridge fall?", None) in log
    assert ("ask", "What about hurt?", "c1") in log
    assert ("search", "What about hurt? (read)", "10") in log


def test_a_url_that_is_no_ready_service_is_an_error_at_once(
    service: tuple[str, list[Any]],
) -> None:
    url, _ = service
    with pytest.raises(AskError, match="HTTP 401: no key"):
        UrlSystem(url)
    with pytest.raises(AskError, match="is not a ready service"):
        UrlSystem("http://127.0.0.1:9")
