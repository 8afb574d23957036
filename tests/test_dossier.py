"""The command line as a user runs it, with the real models."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import dossier as command
from answer.answer import Turn
from index.embed import Embedder
from server.activity import FILE_NAME, Activity

PROJECT = Path(__file__).parents[1]
QUESTION = "Who became leader of IS-K in May 2020?"


def dossier(data: Path, *words: str, status: int = 0, **settings: str) -> str:
    """Run the command and return what it printed; its exit status must be `status`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DOSSIER_")}
    done = subprocess.run(
        [sys.executable, "-c", "import dossier; dossier.main()", *words],
        cwd=PROJECT,
        env=environment | {"DOSSIER_DATA_DIR": str(data)} | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if status == 0 else done.stdout + done.stderr


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the sample reports."""
    data = tmp_path_factory.mktemp("samples")
    assert "added 12, unchanged 0" in dossier(data, "ingest", "corpus")
    return data


def asked(data: Path, *words: str) -> Any:
    return json.loads(dossier(data, *words, "--json"))


def test_ingesting_again_changes_nothing(samples: Path) -> None:
    assert "added 0, unchanged 12, replaced 0" in dossier(samples, "ingest", "corpus")


def test_ask_prints_the_answer_with_its_sources(samples: Path) -> None:
    printed = dossier(samples, "ask", QUESTION)
    assert printed.startswith("Shahab al-Muhajir")
    assert "[1]" in printed
    assert "likely to be right" in printed


def test_asking_twice_gives_the_same_answer_but_for_the_time(samples: Path) -> None:
    first, second = (asked(samples, "ask", QUESTION) for _ in range(2))
    assert first.pop("took_ms") >= 0
    second.pop("took_ms")
    assert first == second
    assert first["status"] == "answered"


def test_a_question_that_no_report_answers_is_refused(samples: Path) -> None:
    assert "do not answer" in dossier(samples, "ask", "What is the capital of France?")


def test_search_takes_filters_and_refuses_unknown_values(samples: Path) -> None:
    hits = asked(samples, "search", "embassy", "--source", "Dossier Sample Notes", "-k", "2")[
        "hits"
    ]
    assert {hit["document"]["source"] for hit in hits} == {"Dossier Sample Notes"}
    printed = dossier(samples, "search", "embassy", "--source", "Nobody", status=1)
    assert "Dossier Sample Notes" in printed


def test_a_day_that_is_none_is_refused_with_the_form_expected(samples: Path) -> None:
    printed = dossier(samples, "search", "embassy", "--published-from", "tomorrow", status=1)
    assert "YYYY-MM-DD" in printed


def test_a_bad_file_is_named_and_the_good_one_is_taken(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "good.txt").write_text("The raid on the harbour of Lorne failed in the night.")
    printed = dossier(
        tmp_path / "data",
        "ingest",
        str(tmp_path / "empty.txt"),
        str(tmp_path / "good.txt"),
        status=1,
    )
    assert "added 1" in printed
    assert "empty.txt" in printed
    (document,) = asked(tmp_path / "data", "documents")
    dossier(tmp_path / "data", "remove", document["id"][:12])
    assert asked(tmp_path / "data", "documents") == []
    dossier(tmp_path / "data", "remove", "0" * 12, status=1)


def test_check_finds_nothing_wrong_with_what_ingest_stored(samples: Path) -> None:
    assert asked(samples, "check") == {"documents": 12, "problems": []}


def test_an_unknown_setting_stops_every_command(tmp_path: Path) -> None:
    printed = dossier(tmp_path, "documents", status=1, DOSSIER_DATADIR="x")
    assert "DOSSIER_DATA_DIR" in printed


def test_a_model_that_is_not_there_is_an_error_not_a_download(tmp_path: Path) -> None:
    printed = dossier(tmp_path, "documents", status=1, DOSSIER_MODEL="nobody/no-such-model")
    assert "nobody/no-such-model" in printed


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.load()


@pytest.fixture
def run(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Run commands in this process, over one data directory and a model that is loaded once."""
    monkeypatch.setenv("DOSSIER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(command, "_embedder", lambda settings: embedder)
    (tmp_path / "only.txt").write_text("The raid on the harbour of Lorne failed in the night.")
    return lambda *words: CliRunner().invoke(command.app, [str(word) for word in words])


def test_a_slip_in_one_argument_removes_nothing(run: Callable[..., Result], tmp_path: Path) -> None:
    assert run("ingest", tmp_path / "only.txt").exit_code == 0
    (document,) = json.loads(run("documents", "--json").stdout)
    for words in ([""], [document["id"], "0" * 12]):
        refused = run("remove", *words)
        assert refused.exit_code == 1
        assert "fits 0 documents" in str(refused.exception)
    assert len(json.loads(run("documents", "--json").stdout)) == 1


def test_removing_a_document_takes_its_quotes_out_of_the_conversations(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    run("ingest", tmp_path / "only.txt")
    (document,) = json.loads(run("documents", "--json").stdout)
    file = tmp_path / "data" / FILE_NAME
    with contextlib.closing(Activity(file, keep_days=30)) as activity:
        response = json.dumps({"id": document["id"], "quote": "The raid on the harbour"})
        activity.record("talk", Turn("What failed?", "What failed?", "The raid"), "a", response)
    assert run("remove", document["id"]).exit_code == 0
    with contextlib.closing(Activity(file, keep_days=30)) as activity:
        assert [turn.response for turn in activity.stored("talk")] == [None]


def test_ingest_says_what_a_file_no_longer_holds(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    lines = [
        json.dumps({"title": name, "text": f"The raid on {name} failed in the night."})
        for name in ("Lorne", "Garmouth")
    ]
    notes = tmp_path / "notes.jsonl"
    notes.write_text("\n".join(lines))
    run("ingest", notes)
    notes.write_text(lines[0])
    printed = run("ingest", notes).stdout
    assert f"removed Garmouth: {notes} no longer holds it" in printed
    assert "removed 1, skipped 0" in printed


def test_a_question_that_is_not_utf_8_is_refused(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    run("ingest", tmp_path / "only.txt")
    for name in ("ask", "search"):
        # As Python reads such bytes from a command line.
        refused = run(name, b"Who is \xff?".decode("utf-8", "surrogateescape"))
        assert refused.exit_code == 1
        assert "not UTF-8" in str(refused.exception)


@pytest.fixture
def at_samples(
    samples: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Run commands in this process over the sample reports."""
    monkeypatch.setenv("DOSSIER_DATA_DIR", str(samples))
    monkeypatch.setattr(command, "_embedder", lambda settings: embedder)
    return lambda *words: CliRunner().invoke(command.app, [str(word) for word in words])


def read(result: Result) -> Any:
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout)


def test_actors_are_listed_and_one_is_shown_by_any_of_its_names(
    at_samples: Callable[..., Result],
) -> None:
    listed = read(at_samples("actors", "--kind", "person", "--json"))
    assert listed and {actor["kind"] for actor in listed} == {"person"}
    name = max(listed[0]["names"], key=len)
    (shown,) = read(at_samples("actors", name, "--json"))
    assert shown["id"] == listed[0]["id"] and shown["names"][0]["citations"]
    assert listed[0]["name"] in at_samples("actors", name).stdout
    assert "Nobody Atall" in str(at_samples("actors", "Nobody Atall").exception)


def test_attacks_and_strategies_are_listed_with_their_sources(
    at_samples: Callable[..., Result],
) -> None:
    for name in ("attacks", "strategies"):
        assert "characters" in at_samples(name).stdout
        assert read(at_samples(name, "--json"))
    assert at_samples("attacks", "--format", "csv").stdout.startswith('\ufeff"attack_id"')
    refused = at_samples("attacks", "--place", "Nowhere")
    assert "There is no place 'Nowhere'" in str(refused.exception)
    period = ("--event-from", "2023-01-01", "--event-to", "2022-01-01")
    assert "swap them" in str(at_samples("attacks", *period).exception)


def test_an_attack_shows_what_was_set_beside_what_the_reports_say(
    at_samples: Callable[..., Result], tmp_path: Path
) -> None:
    attack = next(each for each in read(at_samples("attacks", "--json")) if each["dates"])
    named = attack["accounts"][0]["named_by"]
    place = {"document": named["document"]["id"], "start": named["start"], "end": named["end"]}
    asked = {"kind": "set", "made_by": "Ann", "places": [place]}
    file = tmp_path / "corrections.jsonl"
    moved = asked | {"field": "date", "value": "1999-04"}
    laid = asked | {"field": "perpetrator", "value": "suspected", "names": ["Taliban"]}
    file.write_text(json.dumps(moved) + "\n" + json.dumps(laid))
    kept = read(at_samples("corrections", "--add", file, "--json"))
    shown = at_samples("attacks", "--event-to", "1999-04-30").stdout
    assert "date set by Ann: April 1999" in shown and attack["dates"][0]["text"] in shown
    assert "suspected, set by Ann: Taliban" in shown
    for each in kept:
        at_samples("corrections", "--withdraw", each["number"], "--by", "Bea")
    assert attack in read(at_samples("attacks", "--json"))


def test_a_correction_is_added_listed_as_gold_and_withdrawn(
    at_samples: Callable[..., Result], tmp_path: Path
) -> None:
    first, second = read(at_samples("actors", "--kind", "person", "--json"))[:2]
    good = {"kind": "merge", "made_by": "Ann", "names": [first["name"], second["name"]]}
    file = tmp_path / "corrections.jsonl"
    file.write_text(json.dumps(good) + "\n" + json.dumps(good | {"names": ["Nobody"]}))
    refused = str(at_samples("corrections", "--add", file).exception)
    assert "line 2" in refused
    assert read(at_samples("corrections", "--json")) == []
    file.write_text(json.dumps(good))
    (kept,) = read(at_samples("corrections", "--add", file, "--json"))
    (merged,) = read(at_samples("actors", first["name"], "--json"))
    names = {name["text"] for name in merged["names"]}
    assert names >= {*first["names"], *second["names"]}
    gold = read(at_samples("corrections", "--gold"))
    assert set(gold["together"]) <= names
    assert "--by" in at_samples("corrections", "--withdraw", kept["number"]).exception.hint
    at_samples("corrections", "--withdraw", kept["number"], "--by", "Bea")
    assert "withdrawn by Bea" in at_samples("corrections", "--withdrawn").stdout
    (parted,) = read(at_samples("actors", first["name"], "--json"))
    assert {name["text"] for name in parted["names"]} == {*first["names"]}
