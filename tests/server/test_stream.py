import asyncio
import threading

import pytest

from server.stream import ClientLeft, event_response, format_event


async def in_thread(function):
    await asyncio.to_thread(function)


def test_an_event_is_one_line_whatever_its_text_holds():
    event = format_event("answer", {"text": "one\ntwo\r\u2028three"})
    assert event.count(b"\n") == 3 and event.startswith(b"event: answer\ndata: {")


def test_a_worker_learns_that_nobody_listens_any_more():
    left = threading.Event()
    outcome = []

    def work(emit):
        emit("step", {})
        left.wait(10)
        try:
            emit("step", {})
        except ClientLeft:
            outcome.append("stopped")
            raise

    async def leave_after_the_first():
        events = event_response(work, in_thread, str).body_iterator
        assert await anext(events) == b"event: step\ndata: {}\n\n"
        await events.aclose()
        left.set()
        while not outcome:
            await asyncio.sleep(0)

    asyncio.run(leave_after_the_first())
    assert outcome == ["stopped"]


def test_a_silent_worker_does_not_look_like_a_dead_connection(monkeypatch):
    monkeypatch.setattr("server.stream.KEEP_ALIVE_SECONDS", 0.01)
    spoken = threading.Event()

    def work(emit):
        spoken.wait(10)
        emit("done", {})

    async def listen():
        events = event_response(work, in_thread, str).body_iterator
        first = await anext(events)
        spoken.set()
        return first, [event async for event in events]

    first, rest = asyncio.run(listen())
    assert first.startswith(b": ")
    assert rest[-1] == b"event: done\ndata: {}\n\n"


@pytest.mark.parametrize("error", [RuntimeError("secret"), OSError("/home/secret")])
def test_a_failure_ends_the_stream_with_an_error_event(error, caplog):
    def work(emit):
        raise error

    async def listen():
        events = event_response(work, in_thread, lambda e: e.code).body_iterator
        return [event async for event in events]

    assert asyncio.run(listen()) == [b'event: error\ndata: "internal_error"\n\n']
    assert "secret" in caplog.text
