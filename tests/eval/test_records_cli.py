import contextlib
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import eval.records_cli
from analysis.collection import Actor, Evidence, NameUse, Records
from analysis.names import NameRegister
from analysis.records import ActorKind, DocumentRecords, Mention, Span
from eval.cli import eval_app
from ingest.document import Document, Region, RegionKind

app = typer.Typer()
app.add_typer(eval_app, name="eval")
DOCUMENT = Document(
    text="Bears\nBears fight Wolves in May.",
    title="Bears",
    regions=(Region(RegionKind.TITLE, 0, 5),),
)


@app.callback()
def root() -> None:
    """Stand in for `dossier`."""


def call(*words: object) -> Any:
    return CliRunner().invoke(app, ["eval", *map(str, words)])


def mention(start: int, end: int) -> dict[str, Any]:
    return {"document": DOCUMENT.id, "start": start, "end": end}


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    records = {
        "actors": [
            {
                "id": name.lower(),
                "kind": "group",
                "name": name,
                "names": [{"form": name, "mentions": [place]}],
            }
            for name, place in (("Bears", mention(6, 11)), ("Wolves", mention(18, 24)))
        ],
        "attacks": [
            {
                "id": "fight",
                "kind": "attack",
                "type": "fight",
                "name": "Fight",
                "extent": "single",
                "dates": [{"precision": "unknown"}],
                "places": [],
                "perpetrators": [{"actor": "bears", "attribution": "stated"}],
                "accounts": [
                    {"document": DOCUMENT.id, "spans": [{"start": 6, "end": 32}], "fields": {}}
                ],
            }
        ],
        "strategies": [
            {
                "id": "s1",
                **mention(6, 32),
                "actor": "bears",
                "asserter": {"kind": "author"},
                "theme": "honey",
                "kind": "method",
            }
        ],
    }
    for name, lines in records.items():
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def collection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A collection of one document in which only the bears were found, in its title as well."""
    evidence = tuple(Evidence(DOCUMENT.id, start, start + 5) for start in (0, 6))
    bears = Actor("b", "Bears", ActorKind.GROUP, (NameUse("Bears", evidence),))
    records = Records([bears], [], [], notes={}, register=NameRegister([]))

    @contextlib.contextmanager
    def snapshot() -> Iterator[Any]:
        yield SimpleNamespace(document={DOCUMENT.id: DOCUMENT}.get, records=records)

    monkeypatch.setattr(eval.records_cli, "_snapshot", snapshot)


@pytest.mark.usefixtures("collection")
def test_records_are_scored_and_what_is_wrong_is_listed_with_its_words(inventory: Path) -> None:
    result = call("records", inventory, "--findings")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert "  mention precision          1.00  (1 of 1)" in lines
    assert "  mention recall             0.50  (1 of 2)" in lines
    assert f"name not found: wolves (Wolves) {DOCUMENT.id[:8]}[18:24] Wolves" in lines


@pytest.mark.usefixtures("collection")
def test_records_are_scored_as_json(inventory: Path) -> None:
    result = call("records", inventory, "--json")
    record = json.loads(result.stdout)
    assert record["shares"]["mention recall"] == {"value": 0.5, "hits": 1, "total": 2}
    assert {finding["what"] for finding in record["findings"]} == {
        "name not found",
        "attack not found",
        "strategy not found",
    }


@pytest.mark.usefixtures("collection")
def test_an_inventory_of_other_texts_is_refused(inventory: Path) -> None:
    path = inventory / "actors.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace('"start": 6', '"start": 7'))
    result = call("records", inventory)
    assert result.exit_code == 1
    assert "[7:11] reads 'ears'; the form is 'Bears'" in result.output


def test_an_inventory_with_a_wrong_line_is_refused_by_its_line(inventory: Path) -> None:
    (inventory / "attacks.jsonl").write_text("[]\n", encoding="utf-8")
    result = call("records", inventory)
    assert result.exit_code == 1
    assert "attacks.jsonl:1: is no JSON object" in result.output


@pytest.fixture
def analysis(monkeypatch: pytest.MonkeyPatch) -> None:
    """An analysis that takes a document's first five letters for a group."""
    records = DocumentRecords((Mention(Span(0, 5), "bears", ActorKind.GROUP),))
    monkeypatch.setattr(eval.records_cli, "_shipped_analysis", lambda: lambda document: records)


@pytest.mark.usefixtures("analysis")
def test_muc4_is_scored_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "muc4.json.gz"
    template: dict[str, Any] = {key: [] for key in ("PerpInd", "Target", "Victim", "Weapon")}
    template["PerpOrg"] = [[["bears", 0]]]
    write(path, {"docid": "1", "doctext": "bears attacked.", "templates": [template]})
    result = call("muc4", path)
    assert result.exit_code == 0, result.output
    assert "micro average  P 0.000  R 0.000  F1 0.000  (0 matched, 0 found, 1 labelled)" in (
        result.output
    )


@pytest.mark.usefixtures("analysis")
def test_re3d_is_scored_folder_by_folder_and_in_all(tmp_path: Path) -> None:
    for name in ("A", "B"):
        folder = tmp_path / name
        folder.mkdir()
        entity = {"_id": "e", "documentId": "d", "type": "Organisation", "value": "bears"}
        write(folder / "documents.json.gz", {"_id": "d", "text": "bears attacked."})
        write(folder / "entities.json.gz", {**entity, "begin": 0, "end": 5})
        write(folder / "relations.json.gz")
    result = call("re3d", tmp_path, "--json")
    record = json.loads(result.stdout)
    assert record["all: entities"]["matched"] == 2
    assert record["A: entities"]["f1"] == record["all: entities"]["f1"] == 1.0


def write(path: Path, *records: dict[str, Any]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(record) + "\n" for record in records)
