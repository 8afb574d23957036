"""Records are brought together when a generation is published, not when somebody asks."""

import logging
import queue
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from server.records_ahead import RecordsAhead

SECONDS = 30
"""How long a test waits for what it expects, at most."""


class Collection:
    """A store whose snapshots tell when their records are brought together."""

    def __init__(self) -> None:
        self.generation = 1
        self.built: queue.Queue[int] = queue.Queue()
        self.broken = False
        self.looked = queue.Queue()

    @contextmanager
    def snapshot(self):
        self.looked.put(self.generation)
        yield Snapshot(self, self.generation)


class Snapshot(SimpleNamespace):
    def __init__(self, store, generation):
        super().__init__(store=store, generation=generation)

    @property
    def lookup(self):
        self.store.built.put(self.generation)
        if self.store.broken:
            raise RuntimeError("a record that no rule foresaw")


@pytest.fixture
def follow():
    following = []

    def start(collection, look_seconds=SECONDS):
        following.append(RecordsAhead(collection, look_seconds))
        return following[-1]

    yield start
    for each in following:
        each.close()


def test_the_records_of_what_is_opened_and_of_what_is_published_are_made_once(follow):
    collection = Collection()
    ahead = follow(collection)
    assert collection.built.get(timeout=SECONDS) == 1
    for generation in (2, 3):
        collection.generation = generation
        ahead.wake()
        assert collection.built.get(timeout=SECONDS) == generation
    ahead.wake()
    ahead.close()
    assert collection.built.empty()


def test_what_another_process_publishes_is_noticed_without_being_told(follow):
    collection = Collection()
    follow(collection, look_seconds=0.001)
    assert collection.built.get(timeout=SECONDS) == 1
    collection.generation = 2
    assert collection.built.get(timeout=SECONDS) == 2


def test_records_that_cannot_be_made_are_logged_once_and_the_next_are_tried(follow, caplog):
    collection = Collection()
    collection.broken = True
    ahead = follow(collection, look_seconds=0.001)
    assert collection.built.get(timeout=SECONDS) == 1
    for _ in range(10):
        collection.looked.get(timeout=SECONDS)
    collection.broken = False
    collection.generation = 2
    assert collection.built.get(timeout=SECONDS) == 2
    ahead.close()
    logged = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert [each.exc_info[0] for each in logged] == [RuntimeError]


def test_a_store_that_cannot_be_read_ends_nothing(follow, caplog):
    collection = Collection()
    working = collection.snapshot
    tried = queue.Queue()

    def failing():
        tried.put(None)
        raise OSError("the disk is gone")

    collection.snapshot = failing
    follow(collection, look_seconds=0.001)
    for _ in range(3):
        tried.get(timeout=SECONDS)
    collection.snapshot = working
    assert collection.built.get(timeout=SECONDS) == 1
    assert [each.exc_info[0] for each in caplog.records if each.exc_info] == [OSError]


def test_a_service_is_ready_and_answers_while_records_are_brought_together(
    make_client, store, monkeypatch
):
    begun, go_on = threading.Event(), threading.Event()
    requested = store.snapshot

    def slow():
        if threading.current_thread().name == "records-ahead":
            begun.set()
            assert go_on.wait(SECONDS)
        return requested()

    monkeypatch.setattr(store, "snapshot", slow)
    client = make_client()
    try:
        assert begun.wait(SECONDS)
        assert client.get("/readyz").status_code == 200
        asked = client.post("/api/ask", json={"question": "How many men were arrested?"})
        assert asked.json()["status"] == "answered"
    finally:
        go_on.set()


def test_whatever_a_service_changes_is_followed(make_client, raids, monkeypatch):
    woken = []
    monkeypatch.setattr(RecordsAhead, "wake", lambda self: woken.append(True))
    client = make_client()
    wrong = {"kind": "reject", "made_by": "Ann", "field": "role"}
    wrong |= {"places": [{"document": raids.id, "start": 0, "end": 5}]}
    for number, change in enumerate(
        (
            lambda: client.post("/api/documents", files={"files": ("a.txt", b"A report.")}),
            lambda: client.post("/api/corrections", json=wrong),
            lambda: client.delete("/api/corrections/1?withdrawn_by=Bea"),
            lambda: client.delete(f"/api/documents/{raids.id}"),
        ),
        start=1,
    ):
        assert change().is_success
        assert len(woken) == number
