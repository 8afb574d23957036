"""A fake model and a fake parser, so that what the index does can be foretold by eye."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import index.ingestion
import index.store
from analysis.document import analyse
from analysis.names import NameRegister
from analysis.records import DocumentRecords
from index.embed import Embedder, Vectors
from index.store import Store
from ingest.document import Document, Region, RegionKind
from ingest.outcome import Limits, Loaded, Rejected

AXES = ("attack", "governor", "mosque", "market", "river", "school", "train", "winter")


class FakeEmbedder(Embedder):
    """One axis for each word of AXES, and a last one, always 1, for all else."""

    dim = len(AXES) + 1

    def __init__(self, fingerprint: str = "fake@1") -> None:
        self.fingerprint = fingerprint
        self.embedded: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> list[Vectors]:
        self.embedded.extend(texts)
        return [
            np.stack([self.embed_query(part) for part in (text, *re.split(r"(?<=\.)\s+", text))])
            for text in texts
        ]

    def embed_query(self, text: str) -> Vectors:
        found = re.findall(r"\w+", text.lower())
        vector = np.array([*(found.count(axis) for axis in AXES), 1.0], dtype=np.float32)
        return vector / np.linalg.norm(vector)


class FakeParser:
    """Reads .txt files as they are and .jsonl files a document a line, in this process.

    A line that begins with "# " is a heading.
    """

    def __init__(self, limits: Limits, *, allow_urls: bool = False) -> None:
        pass

    def __enter__(self) -> "FakeParser":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def load(self, source: str | Path, *, name: str | None = None) -> Loaded | Rejected:
        path = name or str(source)
        text = Path(source).read_text(encoding="utf-8")
        if not text.strip():
            return Rejected(path, "holds no text", "give a file with text in it")
        if Path(source).suffix == ".jsonl":
            fields: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
            for field in fields:
                if "published" in field:
                    field["published"] = date.fromisoformat(field["published"])
            return Loaded(path, tuple(Document(**{"title": "Untitled"} | f) for f in fields))
        regions = tuple(
            Region(RegionKind.HEADING, match.start(), match.end())
            for match in re.finditer(r"^# .*$", text, re.MULTILINE)
        )
        return Loaded(path, (Document(text=text, title=text.split("\n")[0], regions=regions),))


class FakeAnalysis:
    """Analyses in this process."""

    def __init__(self, register: NameRegister) -> None:
        self.register = register

    def close(self) -> None:
        pass

    def analyse(self, document: Document) -> DocumentRecords:
        return analyse(document, self.register)


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture
def make_embedder() -> Callable[[str], FakeEmbedder]:
    return FakeEmbedder


def fake_surroundings(patch: Callable[[Any, str, Any], None], folder: Path) -> None:
    """Let ingests work in this process, and know one name: the shipped register takes long."""
    names = folder / "shipped_names.yaml"
    names.write_text("- canonical: River Guard\n  kind: group\n  names: [RG]\n", encoding="utf-8")
    patch(index.ingestion, "ParserProcess", FakeParser)
    patch(index.ingestion, "AnalysisProcess", FakeAnalysis)
    patch(index.store, "AnalysisProcess", FakeAnalysis)
    patch(index.store, "SHIPPED_NAMES", names)


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    fake_surroundings(monkeypatch.setattr, tmp_path_factory.mktemp("names"))


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store(data_dir: Path, embedder: FakeEmbedder) -> Iterator[Store]:
    opened = Store.open(data_dir, embedder)
    yield opened
    opened.close()


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Five reports of a few passages each, one of which is a near-copy of another."""
    folder = tmp_path / "reports"
    folder.mkdir()
    write_reports(folder)
    return folder


def write_reports(folder: Path) -> None:
    winter = "\n\n".join(
        f"Paragraph {n} says that the winter of year {n} closed the road to village {n}, so that "
        f"nobody could bring flour, and that the school stayed shut until day {n} of spring."
        for n in range(20)
    )
    texts = {
        "governor": "The governor\n\nThe governor of the province was wounded in an attack on "
        "Monday. The attack on the governor was the second of its kind.",
        "market": "The market\n\nTraders closed the market after the attack. The market lies "
        "beside the river.",
        "train": "The train\n\nA train left the station in winter. Nobody was hurt.",
        "winter": f"# The winter\n\n{winter}",
        "winter_again": f"# The winter, second edition\n\n{winter} It was cold.",
    }
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
