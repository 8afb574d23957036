import threading
import time

import pytest

from answer.answer import Turn
from index.store import StoreError
from server.activity import Activity


@pytest.fixture
def activity(tmp_path):
    activity = Activity(tmp_path / "deep" / "activity.sqlite", keep_days=30)
    yield activity
    activity.close()


def turn(number):
    return Turn(f"q{number}", f"Q{number}", f"a{number}")


def test_a_conversation_keeps_its_order_and_its_last_turns(activity):
    for number in range(5):
        activity.record("c", turn(number), f"id{number}", "{}")
    activity.record("other", turn(9), "id9", "{}")
    assert activity.earlier("c", limit=2) == [turn(3), turn(4)]
    assert [kept.question for kept in activity.stored("c")] == ["q0", "q1", "q2", "q3", "q4"]
    assert activity.exists("c") and not activity.exists("nobody")


def test_it_is_there_again_after_reopening(tmp_path):
    path = tmp_path / "activity.sqlite"
    first = Activity(path, keep_days=30)
    first.record("c", turn(1), "id1", "{}")
    first.close()
    second = Activity(path, keep_days=30)
    assert second.earlier("c") == [turn(1)]
    second.close()


def test_feedback_needs_an_answer_that_was_given(activity):
    activity.record("c", turn(1), "id1", "{}")
    assert activity.feedback("id2", "right", None) is None
    assert activity.feedback("id1", "right", "yes") == 1


def test_old_conversations_are_forgotten_but_not_those_with_feedback(tmp_path, monkeypatch):
    path = tmp_path / "activity.sqlite"
    first = Activity(path, keep_days=30)
    first.record("plain", turn(1), "id1", "{}")
    first.record("judged", turn(2), "id2", "{}")
    first.feedback("id2", "wrong", None)
    first.close()
    later = time.time() + 31 * 86_400
    monkeypatch.setattr("time.time", lambda: later)
    second = Activity(path, keep_days=30)
    assert not second.exists("plain") and second.exists("judged")
    second.close()


def test_the_quotes_of_a_removed_document_are_forgotten(activity):
    activity.record("c", turn(1), "id1", '{"document": "abc"}')
    activity.record("c", turn(2), "id2", '{"document": "def"}')
    activity.forget_document("abc")
    assert [kept.response for kept in activity.stored("c")] == [None, '{"document": "def"}']
    assert [kept.answer for kept in activity.earlier("c")] == [None, "a2"]


def test_several_threads_append_without_losing_a_turn(activity):
    def write():
        for _ in range(20):
            activity.record("c", turn(1), "id", "{}")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(activity.stored("c")) == 80


def test_a_file_that_is_no_activity_file_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "activity.sqlite"
    path.write_text("These are somebody's notes, not a database." * 100)
    with pytest.raises(StoreError, match=r"activity\.sqlite: .*move the file away"):
        Activity(path, keep_days=30)


def test_a_data_directory_that_is_a_file_is_an_error_that_names_it(tmp_path):
    (tmp_path / "data").write_text("x")
    with pytest.raises(StoreError, match="choose another data directory"):
        Activity(tmp_path / "data" / "activity.sqlite", keep_days=30)
