import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from eval.cli import eval_app
from eval.external import EXTERNAL_SETS
from eval.gold import write_gold
from eval.reply import reply_to_json

app = typer.Typer()
app.add_typer(eval_app, name="eval")


@app.callback()
def root() -> None:
    """Stand in for `dossier`."""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("DOSSIER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> Any:
        return CliRunner().invoke(app, ["eval", *map(str, words)])

    return call


@pytest.fixture
def files(world: Any, tmp_path: Path) -> tuple[Path, Path, Path]:
    """A gold file and two files of answers, the second with two answers missing."""
    write_gold(tmp_path / "gold.jsonl", world.gold)
    paths = (tmp_path / "gold.jsonl", tmp_path / "good.jsonl", tmp_path / "worse.jsonl")
    worse = world.perfect | {"fall": world.refused(), "cause": world.refused()}
    for path, replies in ((paths[1], world.perfect), (paths[2], worse)):
        lines = [json.dumps({"id": name} | reply_to_json(item)) for name, item in replies.items()]
        path.write_text("\n".join(lines))
    return paths


def test_a_file_of_answers_is_scored_without_any_collection(
    run: Any, files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    gold, good, _ = files
    result = run(gold, "--system", good, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert "served well" in result.output and "1.000" in result.output
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "qrels.txt",
        "report.html",
        "rows.jsonl",
        "run.json",
        "run.trec",
    ]
    assert not (tmp_path / "data" / "catalogue.sqlite").exists()


def test_options_may_stand_before_the_gold_file(
    run: Any, files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    gold, good, _ = files
    result = run("--system", good, "--out", tmp_path / "run", "--json", gold)
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert record["run"] == str(tmp_path / "run")
    assert record["measures"]["answer right"]["value"] == 1.0


def test_runs_land_in_the_data_directory_under_names_of_their_own(
    run: Any, files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    gold, good, _ = files
    for _ in range(2):
        assert run(gold, "--system", good).exit_code == 0
    assert len(list((tmp_path / "data" / "runs").iterdir())) == 2


def test_two_runs_are_compared_in_words_json_and_html(
    run: Any, files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    gold, good, worse = files
    run(gold, "--system", good, "--out", tmp_path / "a")
    run(gold, "--system", worse, "--out", tmp_path / "b")
    result = run("compare", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "c.html")
    assert result.exit_code == 0, result.output
    assert "questions lost: 2" in result.output and "fall  What about fall?" in result.output
    assert (tmp_path / "c.html").read_text().startswith("<!doctype html>")
    record = json.loads(run("compare", tmp_path / "a", tmp_path / "b", "--json").stdout)
    assert record["lost"] == ["fall", "cause"]


def test_a_report_shows_the_change_against_an_earlier_run(
    run: Any, files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    gold, good, worse = files
    run(gold, "--system", good, "--out", tmp_path / "a")
    run(gold, "--system", worse, "--out", tmp_path / "b")
    assert "Got worse" not in (tmp_path / "b" / "report.html").read_text()
    result = run("report", tmp_path / "b", "--against", tmp_path / "a")
    assert result.exit_code == 0, result.output
    assert "Got worse" in (tmp_path / "b" / "report.html").read_text()


def test_all_external_sets_are_one_command_that_can_be_given_again(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paragraph = {
        "context": "Köprü 1994 yılında yıkıldı.",
        "qas": [
            {
                "id": "1",
                "question": "Köprü ne zaman yıkıldı?",
                "answers": [{"text": "1994", "answer_start": 6}],
            }
        ],
    }
    data = {"data": [{"title": "Köprü", "paragraphs": [paragraph]}]}
    external = EXTERNAL_SETS["tquad"]
    (tmp_path / external.place).parent.mkdir(parents=True)
    (tmp_path / external.place).write_bytes(gzip.compress(json.dumps(data).encode()))
    monkeypatch.setattr("eval.cli.EXTERNAL_SETS", {"tquad": external})
    words = ("external", "all", "--data", tmp_path, "--out", tmp_path / "out")
    first = run(*words)
    assert first.exit_code == 0, first.output
    assert "|  | tquad |" in first.output and "| questions | 1 |" in first.output
    report = tmp_path / "out" / "tquad" / "run" / "report.html"
    written = report.stat().st_mtime_ns
    again = run(*words)
    assert "is there already" in again.stderr and "| questions | 1 |" in again.output
    assert report.stat().st_mtime_ns == written


def test_a_missing_answer_makes_the_command_fail(
    run: Any, files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    gold, good, _ = files
    good.write_text("\n".join(good.read_text().splitlines()[1:]))
    assert run(gold, "--system", good, "--out", tmp_path / "run").exit_code == 1


def test_a_floor_is_recorded_and_checked(
    run: Any, files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    gold, good, worse = files
    run(gold, "--system", good, "--out", tmp_path / "a")
    worse.write_text(worse.read_text().replace('"answered"', '"not_found"'))
    run(gold, "--system", worse, "--out", tmp_path / "b")
    assert run("floor", tmp_path / "a", tmp_path / "floor.json").exit_code == 0
    assert run("floor", tmp_path / "a", tmp_path / "floor.json", "--check").exit_code == 0
    result = run("floor", tmp_path / "b", tmp_path / "floor.json", "--check")
    assert result.exit_code == 1 and "answer right: 0.000, below" in result.output


def test_a_set_is_imported(run: Any, tmp_path: Path) -> None:
    paragraph = {"context": "It fell.", "qas": [{"id": "q", "question": "What?", "answers": []}]}
    data = {"data": [{"title": "T", "paragraphs": [paragraph]}]}
    (tmp_path / "s.json").write_text(json.dumps(data))
    result = run("import", "squad", tmp_path / "s.json", "--out", tmp_path / "out", "--json")
    assert json.loads(result.stdout)["left_out"] == ["q: no answer stands in its paragraph"]
    assert (tmp_path / "out" / "documents.jsonl").exists()


def test_a_sample_of_a_set_is_imported(run: Any, tmp_path: Path) -> None:
    articles = [
        {
            "title": f"T{number}",
            "paragraphs": [
                {
                    "context": f"It fell in {number}.",
                    "qas": [
                        {
                            "id": f"q{number}",
                            "question": "When did it fall?",
                            "answers": [{"text": str(number), "answer_start": 11}],
                        }
                    ],
                }
            ],
        }
        for number in range(1990, 1996)
    ]
    (tmp_path / "s.json").write_text(json.dumps({"data": articles}))
    words = ("import", "squad", tmp_path / "s.json", "--json", "--questions", 2, "--documents", 3)
    result = run(*words, "--out", tmp_path / "out")
    assert json.loads(result.stdout) == {"documents": 3, "questions": 2, "left_out": []}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["absent.jsonl"], "absent.jsonl: cannot be read"),
        (["gold.jsonl", "--system", "absent.jsonl"], "no such file; --system takes a URL, a file"),
        (["gold.jsonl", "--system", "http://127.0.0.1:9"], "is not a ready service"),
        (
            ["external", "all", "--data", "no", "--out", "o"],
            "no/reading/squad2-dev.json.gz does not",
        ),
        (["external", "trec", "--data", "no", "--out", "o"], "wikicontradict, tquad, or all"),
        (["peers", "gold.jsonl", "x", "--only", "elastic"], "no peer 'elastic'; use one of"),
        (["compare", "no", "where"], "no/run.json: cannot be read"),
        (["import", "csv", "x", "--out", "y"], "kind is 'csv'; use one of squad, beir"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_message(
    run: Any, files: tuple[Path, Path, Path], words: list[str], message: str
) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert message in result.stderr and "Traceback" not in result.output
