import json
from pathlib import Path
from typing import Any

import pytest

from eval.pin import PinError, pin, pin_document

TEXT = "The pier fell\nin May. It was May. The pier stood for long."
DOCUMENTS = [
    pin_document("a" * 64, TEXT, "Pier", ["/reports/2023-pier.md"]),
    pin_document("b" * 64, "A ferry runs.", "Ferry", ["upload:ferry.txt"]),
]


def draft(tmp_path: Path, *places: dict[str, Any]) -> Path:
    part = {"answers": ["May"], "evidence": list(places)}
    record = {"id": "x", "kind": "fact", "question": "When?", "parts": [part], "judged_by": "t"}
    path = tmp_path / "draft.jsonl"
    path.write_text(json.dumps(record))
    return path


@pytest.mark.parametrize("name", ["2023-pier.md", "2023-pier", "Pier", "a" * 64, "a" * 12, "odd"])
def test_a_document_goes_by_file_name_title_hash_or_else_by_its_words(
    tmp_path: Path, name: str
) -> None:
    path = draft(tmp_path, {"document": name, "quote": "The pier fell in May."})
    (question,) = pin(path, DOCUMENTS)
    (place,) = question.parts[0].evidence
    assert (place.document, place.start, place.end) == ("a" * 64, 0, 21)


def test_offsets_are_kept_and_the_name_becomes_the_hash(tmp_path: Path) -> None:
    (question,) = pin(draft(tmp_path, {"document": "ferry", "start": 2, "end": 7}), DOCUMENTS)
    assert question.parts[0].evidence[0].document == "b" * 64


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({"document": "Pier", "quote": "It flew."}, ":1: Pier has no 'It flew.'; quote it letter"),
        ({"document": "Pier", "quote": "May."}, "has 'May.' more than once; quote more of it"),
        ({"document": "tram", "start": 0, "end": 5}, ":1: 0 documents fit 'tram'; ingest it"),
        ({"document": "Pier"}, ":1: parts[0].evidence[0]: start is missing"),
        ({"quote": "x"}, ":1: 'document'"),
    ],
)
def test_a_place_that_cannot_be_found_is_named_with_its_line(
    tmp_path: Path, place: dict[str, Any], message: str
) -> None:
    with pytest.raises(PinError) as caught:
        pin(draft(tmp_path, place), DOCUMENTS)
    assert message in str(caught.value)
