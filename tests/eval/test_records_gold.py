"""The inventories are the ruler: each of their places must be where they say it is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eval.gold import Evidence
from eval.records_gold import (
    GoldActor,
    GoldKind,
    GoldMention,
    Inventory,
    RecordsError,
    check_inventory,
    read_inventory,
)
from ingest.load import load_file
from ingest.outcome import Limits

ROOT = Path(__file__).parents[2]
INVENTORIES = ROOT / "eval" / "gold" / "records"
SHA = "a" * 64
PLACE = {"document": SHA, "start": 0, "end": 4}


def actor(**changes: Any) -> dict[str, Any]:
    return {
        "id": "bear",
        "kind": "group",
        "name": "Bears",
        "names": [{"form": "Bears", "mentions": [PLACE]}],
        "judged_by": "test",
        **changes,
    }


def attack(**changes: Any) -> dict[str, Any]:
    return {
        "id": "raid",
        "kind": "attack",
        "type": "raid",
        "name": "Raid",
        "extent": "single",
        "dates": [{"from": "2023-03-08", "to": "2023-03-08", "precision": "day"}],
        "places": ["Herat"],
        "perpetrators": [{"actor": "bear", "attribution": "claimed"}],
        "accounts": [{"document": SHA, "spans": [{"start": 0, "end": 9}], "fields": {}}],
        "differ": [],
        "judged_by": "test",
        **changes,
    }


def strategy(**changes: Any) -> dict[str, Any]:
    return {
        "id": "s1",
        **PLACE,
        "actor": "bear",
        "asserter": {"kind": "author"},
        "theme": "honey",
        "kind": "purpose",
        "judged_by": "test",
        **changes,
    }


def write(folder: Path, **files: list[dict[str, Any]]) -> Path:
    records = {"actors": [actor()], "attacks": [attack()], "strategies": [strategy()], **files}
    for name, lines in records.items():
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_an_inventory_is_read_with_what_counts(tmp_path: Path) -> None:
    mentions = [PLACE, {**PLACE, "start": 9, "end": 13, "region": "title"}]
    inventory = read_inventory(
        write(tmp_path, actors=[actor(names=[{"form": "Bears", "mentions": mentions}])])
    )
    (bear,), (raid,), (honey,) = inventory.actors, inventory.attacks, inventory.strategies
    assert [mention.asked for mention in bear.mentions] == [True, False]
    assert raid.asked and honey.asked
    assert inventory.documents == {SHA}


@pytest.mark.parametrize(
    ("name", "record", "message"),
    [
        ("actors", actor(colour="brown"), r"actors\.jsonl:2: unknown key 'colour'"),
        ("actors", actor(kind="animal"), "kind is 'animal'; use one of group, person"),
        ("actors", actor(id=" "), "id is ' '; give a string that is not blank"),
        ("actors", actor(names=3), "names is no list of objects"),
        (
            "actors",
            actor(names=[{"form": "Bears", "mentions": [{**PLACE, "end": 0}]}]),
            "a place runs from 0 to 0",
        ),
        (
            "actors",
            actor(names=[{"form": "Bears", "mentions": [{**PLACE, "document": "x.txt"}]}]),
            "document is 'x.txt'; give the text's SHA-256",
        ),
        ("actors", actor(), "id 'bear' is used more than once"),
        ("actors", actor(id="wolf", apart=["fox"]), "no actor 'fox'"),
        ("attacks", attack(id="b", extent="many"), "extent is 'many'; use single or series"),
        ("attacks", attack(id="b", accounts=[]), "no document tells it"),
        ("attacks", attack(id="b", dates=[{"precision": "hour"}]), "precision is 'hour'"),
        (
            "attacks",
            attack(
                id="b",
                dates=[{"from": "2023-03-09", "to": "2023-03-08", "precision": "range"}],
            ),
            "a date runs from 2023-03-09 to 2023-03-08; turn it round",
        ),
        (
            "attacks",
            attack(id="b", dates=[{"from": "2023-02-30", "to": "x", "precision": "day"}]),
            r"attacks\.jsonl:2: day is out of range",
        ),
        (
            "attacks",
            attack(id="b", perpetrators=[{"actor": "fox", "attribution": "stated"}]),
            r"attacks\.jsonl:2: no actor 'fox'",
        ),
        ("strategies", strategy(id="s2", asserter={"kind": "press"}), "asserter is 'press'"),
        ("strategies", strategy(id="s2", asserter="author"), "asserter is no object"),
        ("strategies", strategy(id="s2", actor="fox"), r"strategies\.jsonl:2: no actor 'fox'"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    tmp_path: Path, name: str, record: dict[str, Any], message: str
) -> None:
    first = {"actors": actor(), "attacks": attack(), "strategies": strategy()}[name]
    with pytest.raises(RecordsError, match=message):
        read_inventory(write(tmp_path, **{name: [first, record]}))


def test_a_line_that_is_no_json_and_a_missing_file_are_both_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "attacks.jsonl").write_text("{\n", encoding="utf-8")
    (tmp_path / "strategies.jsonl").unlink()
    with pytest.raises(RecordsError) as caught:
        read_inventory(tmp_path)
    first, second = caught.value.problems
    assert "attacks.jsonl:1: Expecting property name" in first
    assert "strategies.jsonl: cannot be read" in second


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Bears fight.", None),
        ("Be\nrs fight.", "reads 'Be\\nrs'; the form is 'Bears'"),
        ("Bea", "ends past the text's 3 code points"),
        (None, "no such document"),
    ],
)
def test_a_mention_must_read_as_its_form(text: str | None, problem: str | None) -> None:
    mention = GoldMention(Evidence(SHA, 0, 5), "Bears")
    inventory = Inventory((GoldActor("bear", GoldKind.GROUP, "Bears", (mention,)),), (), ())
    problems = check_inventory(inventory, lambda document: text)
    assert len(problems) == (problem is not None)
    assert problem is None or problem in problems[0]


def texts_of(folder: Path) -> Callable[[str], str | None]:
    loaded = [load_file(path, Limits()) for path in sorted(folder.iterdir())]
    texts = {document.id: document.text for each in loaded for document in each.documents}
    return texts.get


def test_the_samples_inventory_fits_the_sample_reports() -> None:
    inventory = read_inventory(INVENTORIES, "samples-")
    assert check_inventory(inventory, texts_of(ROOT / "corpus")) == []
    assert len(inventory.documents) == 12


def test_the_articles_inventory_is_in_its_form() -> None:
    inventory = read_inventory(INVENTORIES)
    assert len(inventory.documents) == 5
    assert not inventory.documents & read_inventory(INVENTORIES, "samples-").documents


def test_no_inventory_copies_a_sentence() -> None:
    for path in INVENTORIES.glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            for words in strings(record, but={"judged_by", "note", "notes"}):
                assert len(words.split()) < 12, words


def strings(value: Any, but: set[str]) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in strings(item, but)]
    if isinstance(value, dict):
        return [
            text for key, item in value.items() if key not in but for text in strings(item, but)
        ]
    return []
