import gzip
import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import dossier
from eval.bench import (
    BenchError,
    BenchReport,
    IngestRate,
    Latency,
    bench,
    given_documents,
    gold_questions,
    made_documents,
    table,
)
from index.embed import Embedder, Vectors
from ingest.chunk import chunk_document
from ingest.document import Document

QUESTIONS = [f"What happened to bridge number {number}?" for number in range(12)]


class HashEmbedder(Embedder):
    """Vectors by the SHA-256 of the text; remembers what it was given."""

    dim = 8
    fingerprint = "hash@1"

    def __init__(self) -> None:
        self.passages: list[str] = []
        self.queries: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> list[Vectors]:
        self.passages += texts
        return [self._vector(text)[None] for text in texts]

    def embed_query(self, text: str) -> Vectors:
        self.queries.append(text)
        return self._vector(text)

    def _vector(self, text: str) -> Vectors:
        digest = hashlib.sha256(text.encode()).digest()[: self.dim]
        vector = np.frombuffer(digest, dtype=np.uint8).astype(np.float32) + 1
        return vector / np.linalg.norm(vector)


class SearchingAnswerer:
    """Answers nothing, but searches as one that does; remembers what it was asked."""

    fingerprint = "answerer1"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, snapshot: Any, question: str, *, earlier: Sequence[Any] = ()) -> Any:
        self.asked.append(question)
        return SimpleNamespace(hits=snapshot.search(question))


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Two reports of 40 sentences each."""
    folder = tmp_path / "reports"
    folder.mkdir()
    for report in ("north", "south"):
        paragraphs = (
            " ".join(
                f"Bridge number {number} in the {report} was closed for {number + 3} days after "
                f"the flood of year {1900 + number}."
                for number in range(first, first + 5)
            )
            for first in range(0, 40, 5)
        )
        (folder / f"{report}.txt").write_text("\n\n".join(paragraphs), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Know one name: the shipped register takes long to read."""
    file = tmp_path / "names.yaml"
    file.write_text("- canonical: River Guard\n  kind: group\n  names: [RG]\n", encoding="utf-8")
    monkeypatch.setattr("index.store.SHIPPED_NAMES", file)


def test_a_collection_reaches_the_size_and_each_question_is_searched_and_asked_once(
    reports: Path,
) -> None:
    embedder, answerer = HashEmbedder(), SearchingAnswerer()
    stages: dict[str, int] = {}
    report = bench(
        embedder,
        answerer,
        QUESTIONS,
        passages=50,
        threads=1,
        reports=reports,
        rounds=2,
        on_progress=lambda progress: stages.update({progress.stage: progress.total}),
    )
    assert 50 <= report.passages < 70
    assert report.questions == 10
    assert sorted(answerer.asked) == sorted(QUESTIONS)
    # Once within search, twice alone (one of them timed), once within ask: none from memory.
    assert embedder.queries.count(QUESTIONS[1]) == 4
    assert 0 < report.search.p50_ms <= report.search.p95_ms
    assert 0 < report.ask.p50_ms <= report.ask.p95_ms
    assert 0 < report.faiss_to_search < 1
    assert stages["searching"] == stages["asking"] == 10
    assert len(report.ingest.ingest_seconds) == len(report.ingest.embedding_seconds) == 2
    assert len(report.ingest.unanalysed_seconds) == 2
    assert json.loads(json.dumps(asdict(report)))["model"] == "hash@1"


def test_vectors_in_the_work_folder_are_not_computed_again(reports: Path, tmp_path: Path) -> None:
    def embedded(passages: int) -> int:
        embedder = HashEmbedder()
        report = bench(
            embedder,
            SearchingAnswerer(),
            QUESTIONS,
            passages=passages,
            threads=1,
            work=tmp_path / "work",
            reports=reports,
            rounds=1,
        )
        # Besides the whole collection, the slice: before the clock runs, in two ingests and alone.
        return len(embedder.passages) - 32 - 3 * report.ingest.passages

    assert embedded(50) >= 50
    assert embedded(50) == 0


def test_too_few_documents_are_told_with_what_there_is(reports: Path, tmp_path: Path) -> None:
    given = tmp_path / "news.jsonl"
    given.write_text(json.dumps({"title": "Ferry", "text": "A ferry now runs twice a day."}))
    with pytest.raises(BenchError, match=r"news\.jsonl and the sample reports give \d+ passages"):
        bench(
            HashEmbedder(),
            SearchingAnswerer(),
            QUESTIONS,
            passages=500,
            threads=1,
            documents=given,
            reports=reports,
        )


def test_made_documents_are_the_same_each_time_and_never_alike(reports: Path) -> None:
    held = [Document(file.read_text("utf-8"), file.stem) for file in sorted(reports.iterdir())]
    first, again = (list(itertools.islice(made_documents(held), 20)) for _ in range(2))
    assert first == again
    passages = [
        passage.text
        for line in first
        for passage in chunk_document(Document(json.loads(line)["text"], "made"))
    ]
    assert len(set(passages)) == len(passages) > 20


def test_too_few_sentences_to_recombine_are_told() -> None:
    with pytest.raises(BenchError, match="the reports have 1 sentences; expected 50 or more"):
        next(made_documents([Document("A ferry runs twice a day between both banks.", "Ferry")]))


def test_compressed_lines_and_folders_give_the_same_documents(tmp_path: Path) -> None:
    line = json.dumps({"title": "Ferry", "text": "A ferry now runs twice a day."})
    packed = tmp_path / "news.jsonl.gz"
    packed.write_bytes(gzip.compress(f"{line}\n\n".encode()))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "news.jsonl").write_text(line)
    for path in (packed, folder):
        assert [json.loads(found) for found in given_documents(path)] == [json.loads(line)]


def test_documents_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    packed = tmp_path / "news.jsonl.gz"
    packed.write_text("not compressed")
    with pytest.raises(BenchError, match=r"news\.jsonl\.gz: cannot be read"):
        list(given_documents(packed))
    with pytest.raises(BenchError, match="none: does not exist; check the path"):
        list(given_documents(tmp_path / "none"))


def test_a_benchmark_needs_questions() -> None:
    with pytest.raises(BenchError, match="1 questions; give two or more"):
        bench(HashEmbedder(), SearchingAnswerer(), ["Where?"], passages=1, threads=1)


def test_the_committed_gold_questions_are_asked_each_once() -> None:
    questions = gold_questions()
    assert len(questions) > 100
    assert len(set(questions)) == len(questions)


REPORT = BenchReport(
    date="2026-01-01T00:00:00+00:00",
    commit="0123456789abcdef",
    cpu="Some CPU, 2 cores",
    threads=2,
    model="all-MiniLM-L6-v2@1",
    answerer="a1",
    distractors="news.jsonl",
    documents=7,
    passages=10_001,
    questions=350,
    ingest=IngestRate(600, 31.5, 1.1, 1.25, (20.0, 19.0), (16.0, 15.0), (18.0, 20.0)),
    search=Latency(10.0, 20.0),
    embedding=Latency(6.0, 9.0),
    faiss=Latency(1.0, 1.5),
    embedding_to_search=0.6,
    faiss_to_search=0.1,
    ask=Latency(90.0, 180.0),
)


def test_the_table_gives_the_numbers_with_what_they_depend_on() -> None:
    lines = table(REPORT).splitlines()
    assert lines[0] == "10,001 passages of 7 documents (news.jsonl); 350 questions, one client"
    assert "Some CPU, 2 cores, 2 threads" in lines[1] and "0123456789ab" in lines[1]
    assert "31.5 passages/s   1.10 × embedding alone" in lines[3] and "1.11, 0.95" in lines[3]
    assert "1.25 × the same without records (rounds 1.25, 1.27)" in lines[4]
    assert lines[7].split() == ["search", "10.0", "ms", "20.0", "ms"]
    assert lines[9].endswith("1.5 ms   0.10 of search")


def test_the_command_prints_and_writes_the_same_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: dict[str, Any] = {}

    def fake_bench(*_: object, **options: Any) -> BenchReport:
        given.update(options)
        return REPORT

    monkeypatch.setattr(dossier, "run_bench", fake_bench)
    monkeypatch.setattr(dossier, "_embedder", lambda settings: HashEmbedder())
    monkeypatch.setattr(dossier, "load_answerer", lambda _: SearchingAnswerer())
    out = tmp_path / "bench.json"
    result = CliRunner().invoke(
        dossier.app, ["bench", "--passages", "300", "--json", "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    assert given["passages"] == 300 and given["threads"] >= 1
    assert json.loads(result.stdout) == json.loads(out.read_text("utf-8"))
    assert json.loads(result.stdout)["search"] == {"p50_ms": 10.0, "p95_ms": 20.0}


def test_an_output_without_a_folder_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    result = CliRunner().invoke(dossier.app, ["bench", "--out", str(tmp_path / "none" / "b.json")])
    assert result.exit_code == 1
    assert isinstance(result.exception, dossier.CommandError)
    assert "its folder does not exist" in str(result.exception)
