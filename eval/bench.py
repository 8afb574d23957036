"""Bench: how fast documents come in, and how fast search and ask are over a collection of a size.

Everything is measured in process and one client at a time, over a collection made for it: the
sample reports, so that the gold questions have answers, and other documents up to the number of
passages asked for. What is compared with something is timed in turn with it, in the same run.
"""

import contextlib
import gzip
import itertools
import json
import os
import platform
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from eval.errors import EvalError
from eval.gold import read_gold
from eval.run import code_commit
from eval.systems import Asker
from index.embed import Embedder
from index.ingestion import IngestReport, Progress, ingest
from index.snapshot import DEPTH, Snapshot
from index.store import Store
from index.vectors import FILE_NAME as VECTORS_FILE
from ingest.chunk import chunk_document
from ingest.document import Document
from ingest.load import Limits, LoadError, Rejected, find_files, load_bytes
from ingest.parser_process import ParserProcess
from ingest.regions import body_spans
from ingest.sentences import sentence_spans

_ROOT = Path(__file__).resolve().parent
SAMPLE_REPORTS = _ROOT.parent / "corpus"
GOLD_FILES = ("*-dev.jsonl", "*-test.jsonl")

INGEST_PASSAGES = 600
"""Passages of the slice that is ingested and embedded anew in each round: some ten seconds each."""
INGEST_ROUNDS = 3
HITS = 10
WARM_UP_EVERY = 10
"""One question in so many is asked before the clock runs, and not measured."""

SEED = 20230402
PARAGRAPHS = 8
SENTENCES = 6
"""Sentences of a paragraph, so that it has about the length of a passage."""
MIN_SENTENCES = 50
"""Fewer to recombine would soon give the same passage twice."""
MIN_SENTENCE_CHARS = 40
"""A shorter sentence could be taken for a heading or a line of site furniture."""
DOCUMENTS_PER_FILE = 500

Tell = Callable[[Progress], None]


class BenchError(EvalError):
    """A benchmark that cannot be run; the message says what to do."""


@dataclass(frozen=True, slots=True)
class IngestRate:
    """Whole ingests of the same documents into empty stores, beside embedding their passages."""

    passages: int
    passages_per_second: float
    """The median of the rounds, as is the ratio."""
    ratio_to_embedding: float
    """Seconds of an ingest over seconds of embedding its passages and their sentences alone."""
    ratio_to_unanalysed: float
    """Seconds of an ingest over those of one that leaves actors, attacks and strategies out."""
    ingest_seconds: tuple[float, ...]
    unanalysed_seconds: tuple[float, ...]
    embedding_seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Latency:
    """How long one call takes, over the measured questions."""

    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class BenchReport:
    """What was measured, with what the numbers depend on."""

    date: str
    """When it began: ISO 8601, UTC."""
    commit: str | None
    """The code's commit, with "+changes" when files differed from it; None outside a checkout."""
    cpu: str
    threads: int
    model: str
    """The embedding model: its name and a hash of all that decides its vectors."""
    answerer: str
    """Fingerprint of what answers: reader, judge and limits."""
    distractors: str
    """What the collection holds besides the sample reports."""
    documents: int
    passages: int
    questions: int
    """How many were measured, each once by search and once by ask."""
    ingest: IngestRate
    search: Latency
    embedding: Latency
    """Embedding the query, the first part of a search."""
    faiss: Latency
    """The dense index alone, the second part."""
    embedding_to_search: float
    """Ratio of the medians, as is the next."""
    faiss_to_search: float
    ask: Latency


@dataclass(frozen=True, slots=True)
class _Collection:
    """Sources to ingest, and the texts of the passages that they give."""

    sources: tuple[Path, ...]
    texts: tuple[str, ...]


def bench(
    embedder: Embedder,
    answerer: Asker,
    questions: Sequence[str],
    *,
    passages: int,
    threads: int,
    documents: Path | None = None,
    work: Path | None = None,
    reports: Path = SAMPLE_REPORTS,
    rounds: int = INGEST_ROUNDS,
    on_progress: Tell | None = None,
) -> BenchReport:
    """Measure ingest on a slice, then search and ask over at least so many `passages`.

    The collection is `reports` and, up to that number, `documents` (a file or folder that can be
    ingested, or compressed JSON Lines) or else documents recombined from the reports' sentences,
    always the same. `work` is a folder that keeps the passages' vectors for the next run; without
    it they are embedded anew. `threads` is only noted: embedder and answerer are loaded already.

    Raises BenchError if there are fewer than two questions or the documents give too few passages.
    """
    if len(questions) < 2:
        raise BenchError(f"{len(questions)} questions; give two or more, one is for the warm-up")
    tell = on_progress or (lambda progress: None)
    date, commit = datetime.now(UTC).isoformat(timespec="seconds"), code_commit()
    warm_up = questions[::WARM_UP_EVERY]
    measured = [text for place, text in enumerate(questions) if place % WARM_UP_EVERY]
    with tempfile.TemporaryDirectory(prefix="dossier-bench-") as name:
        temporary = Path(name)
        sliced = _collect(
            reports, documents, min(passages, INGEST_PASSAGES), temporary / "slice", tell
        )
        rate = _measure_ingest(sliced, embedder, temporary, rounds, tell)
        whole = _collect(reports, documents, passages, temporary / "documents", tell)
        directory = (work or temporary) / "bench-store"
        _empty(directory)
        with _open(directory, embedder) as store:
            report = _ingest(store, whole, tell)
            with store.snapshot() as snapshot:
                document_count = len(snapshot.documents())
                for question in warm_up:
                    snapshot.search(question, HITS)
                timings = np.array(
                    [
                        _time_search(snapshot, embedder, question)
                        for question in _shown(measured, "searching", tell)
                    ]
                )
        # Opened anew: a store remembers the vectors of the queries that it saw last.
        with _open(directory, embedder) as store, store.snapshot() as snapshot:
            for question in warm_up:
                answerer.ask(snapshot, question)
            asked = [
                _seconds(partial(answerer.ask, snapshot, question))
                for question in _shown(measured, "asking", tell)
            ]
    search, embedding, faiss = timings.T
    return BenchReport(
        date=date,
        commit=commit,
        cpu=_cpu(),
        threads=threads,
        model=embedder.fingerprint,
        answerer=answerer.fingerprint,
        distractors=documents.name if documents else "sentences of the sample reports, recombined",
        documents=document_count,
        passages=report.passages,
        questions=len(measured),
        ingest=rate,
        search=_latency(search),
        embedding=_latency(embedding),
        faiss=_latency(faiss),
        embedding_to_search=round(median(embedding) / median(search), 3),
        faiss_to_search=round(median(faiss) / median(search), 3),
        ask=_latency(asked),
    )


def gold_questions(folder: Path = _ROOT / "gold") -> list[str]:
    """Return the questions of the committed gold sets, each text once; turns are left out."""
    files = [file for pattern in GOLD_FILES for file in sorted(folder.glob(pattern))]
    return list(dict.fromkeys(item.question for file in files for item in read_gold(file)))


def table(report: BenchReport) -> str:
    """Return the report for a person to read, a line for each thing measured."""
    rate = report.ingest
    lines = [
        f"{report.passages:,} passages of {report.documents:,} documents "
        f"({report.distractors}); {report.questions} questions, one client",
        f"{report.cpu}, {report.threads} threads; {report.model}; answerer {report.answerer}; "
        f"code {(report.commit or 'unknown')[:12]}; {report.date}",
        "",
        f"ingest   {rate.passages_per_second:8.1f} passages/s   {rate.ratio_to_embedding:.2f} × "
        f"embedding alone ({rate.passages} passages; rounds "
        f"{_rounds(rate.ingest_seconds, rate.embedding_seconds)})",
        f"                               {rate.ratio_to_unanalysed:.2f} × the same without records "
        f"(rounds {_rounds(rate.ingest_seconds, rate.unanalysed_seconds)})",
        "",
        "              p50        p95",
    ]
    for name, latency, note in (
        ("search", report.search, ""),
        ("  embedding", report.embedding, f"{report.embedding_to_search:.2f} of search"),
        ("  FAISS", report.faiss, f"{report.faiss_to_search:.2f} of search"),
        ("ask", report.ask, ""),
    ):
        line = f"{name:<11}{latency.p50_ms:7.1f} ms {latency.p95_ms:7.1f} ms   {note}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def _rounds(seconds: Sequence[float], to: Sequence[float]) -> str:
    return ", ".join(f"{one / other:.2f}" for one, other in zip(seconds, to, strict=True))


def made_documents(reports: Sequence[Document], seed: int = SEED) -> Iterator[str]:
    """Yield JSON lines without end: documents of sentences that the reports' sentences give.

    Each takes its beginning, middle and end from three of them: whole ones would come up hundreds
    of times, and what is remembered of a sentence would make answers quicker than they are. All are
    in the reports' words, so that a question meets far more passages with its words than in a real
    collection of that size.
    """
    thirds = [
        _thirds(document.text[start:end])
        for document in reports
        for body in body_spans(document.text, document.regions)
        for start, end in sentence_spans(document.text, *body)
        if end - start >= MIN_SENTENCE_CHARS
    ]
    if len(thirds) < MIN_SENTENCES:
        raise BenchError(
            f"the reports have {len(thirds)} sentences; expected {MIN_SENTENCES} or more to make "
            "documents of. Give documents to fill up with instead."
        )
    draw = random.Random(seed)

    def sentence() -> str:
        return " ".join(draw.choice(thirds)[part] for part in range(3))

    for number in itertools.count(1):
        paragraphs = (" ".join(sentence() for _ in range(SENTENCES)) for _ in range(PARAGRAPHS))
        yield _line(f"Recombined report {number}", "\n\n".join(paragraphs))


def _thirds(sentence: str) -> tuple[str, str, str]:
    words = sentence.split()
    first, second = len(words) // 3, 2 * len(words) // 3
    return " ".join(words[:first]), " ".join(words[first:second]), " ".join(words[second:])


def given_documents(path: Path) -> Iterator[str]:
    """Yield the documents of a file or folder as JSON lines, in order; JSON Lines may be gzipped.

    Raises BenchError naming the file (and line) that cannot be read.
    """
    if path.name.endswith(".jsonl.gz"):
        try:
            with gzip.open(path, "rt", encoding="utf-8") as file:
                yield from (line for line in file if line.strip())
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise BenchError(
                f"{path}: cannot be read ({error}); give gzipped JSON Lines"
            ) from error
        return
    for document in _parsed(path):
        yield _line(document.title, document.text)


def _parsed(path: Path) -> Iterator[Document]:
    with ParserProcess() as parser:
        for file in find_files([path]):
            loaded = file if isinstance(file, Rejected) else parser.load(file)
            if isinstance(loaded, Rejected):
                raise BenchError(str(loaded))
            if loaded.rejected:
                raise BenchError(str(loaded.rejected[0]))
            yield from loaded.documents


def _line(title: str, text: str) -> str:
    return json.dumps({"title": title, "text": text}, ensure_ascii=False)


def _collect(
    reports: Path, documents: Path | None, passages: int, folder: Path, tell: Tell
) -> _Collection:
    """Write so many further documents to `folder` that with `reports` they give the passages.

    A document one of whose passages is known already is left out: one vector would do for both.
    """
    held = list(_parsed(reports))
    texts = dict.fromkeys(passage.text for item in held for passage in chunk_document(item))
    lines = enumerate(given_documents(documents) if documents else made_documents(held), start=1)
    folder.mkdir(parents=True)
    kept: list[str] = []
    while len(texts) < passages:
        tell(Progress("making documents", len(texts), passages))
        number, line = next(lines, (0, ""))
        if not number:
            raise BenchError(
                f"{documents} and the sample reports give {len(texts):,} passages; expected "
                f"{passages:,}. Ask for fewer with --passages, or give more documents."
            )
        try:
            # As the ingest will read it, so that the passages are the same.
            loaded = load_bytes(line.encode("utf-8"), ".jsonl", "line", Limits())
        except LoadError as error:
            raise BenchError(f"{documents or 'made'}, document {number}: {error}") from error
        new = [passage.text for item in loaded.documents for passage in chunk_document(item)]
        if len(set(new)) == len(new) and texts.keys().isdisjoint(new):
            texts.update(dict.fromkeys(new))
            kept.append(line.rstrip("\n"))
    tell(Progress("making documents", passages, passages))
    for at in range(0, len(kept), DOCUMENTS_PER_FILE):
        file = folder / f"{at // DOCUMENTS_PER_FILE:05d}.jsonl"
        file.write_text("\n".join(kept[at : at + DOCUMENTS_PER_FILE]), encoding="utf-8")
    return _Collection((reports, *sorted(folder.iterdir())), tuple(texts))


def _measure_ingest(
    collection: _Collection, embedder: Embedder, folder: Path, rounds: int, tell: Tell
) -> IngestRate:
    """Ingest into empty stores, whole and unanalysed, and embed alone, by turns.

    Which goes first changes.
    """
    embedder.embed_passages(collection.texts[:32])  # so that the first round is like the others
    whole: list[float] = []
    unanalysed: list[float] = []
    alone: list[float] = []

    def ingest_into_empty(number: int, *, analyse: bool) -> float:
        directory = folder / f"round-{number}"
        with _open(directory, embedder) as store:
            seconds = _seconds(lambda: _ingest(store, collection, tell, analyse=analyse))
        shutil.rmtree(directory)
        return seconds

    def ingest_all(number: int) -> None:
        whole.append(ingest_into_empty(number, analyse=True))

    def ingest_unanalysed(number: int) -> None:
        unanalysed.append(ingest_into_empty(number, analyse=False))

    def embed_all(number: int) -> None:
        tell(Progress("embedding alone", number, rounds))
        alone.append(_seconds(lambda: embedder.embed_passages(collection.texts)))

    for number in range(rounds):
        steps = (ingest_all, ingest_unanalysed, embed_all)
        for step in steps if number % 2 == 0 else reversed(steps):
            step(number)
    return IngestRate(
        passages=len(collection.texts),
        passages_per_second=round(len(collection.texts) / median(whole), 1),
        ratio_to_embedding=_ratio(whole, alone),
        ratio_to_unanalysed=_ratio(whole, unanalysed),
        ingest_seconds=tuple(round(seconds, 3) for seconds in whole),
        unanalysed_seconds=tuple(round(seconds, 3) for seconds in unanalysed),
        embedding_seconds=tuple(round(seconds, 3) for seconds in alone),
    )


def _ratio(seconds: Sequence[float], to: Sequence[float]) -> float:
    return round(median(one / other for one, other in zip(seconds, to, strict=True)), 3)


def _ingest(
    store: Store, collection: _Collection, tell: Tell, *, analyse: bool = True
) -> IngestReport:
    report = ingest(store, collection.sources, analyse=analyse, on_progress=tell)
    if report.skipped:
        raise BenchError(f"{len(report.skipped)} documents are skipped: {report.skipped[0]}")
    return report


def _time_search(
    snapshot: Snapshot, embedder: Embedder, question: str
) -> tuple[float, float, float]:
    """Return seconds of a search, of embedding its query alone and of the dense index alone."""
    search = _seconds(lambda: snapshot.search(question, HITS))
    text = snapshot.analyze(question).dense_text
    embedding = _seconds(lambda: embedder.embed_query(text))
    vector = embedder.embed_query(text)
    faiss = _seconds(lambda: snapshot.state.dense.search(vector, DEPTH))
    return search, embedding, faiss


def _seconds(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def _latency(seconds: Sequence[float]) -> Latency:
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    return Latency(round(float(p50), 2), round(float(p95), 2))


def _shown(questions: Sequence[str], stage: str, tell: Tell) -> Iterator[str]:
    for number, question in enumerate(questions):
        tell(Progress(stage, number, len(questions)))
        yield question
    tell(Progress(stage, len(questions), len(questions)))


@contextlib.contextmanager
def _open(directory: Path, embedder: Embedder) -> Iterator[Store]:
    with contextlib.closing(Store.open(directory, embedder)) as store:
        yield store


def _empty(directory: Path) -> None:
    """Delete an earlier run's store, but for the vectors of its passages."""
    if not directory.exists():
        return
    for entry in directory.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif not entry.name.startswith(VECTORS_FILE):
            entry.unlink()


def _cpu() -> str:
    """Return the processor's model and how many cores this process may use."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return f"{model}, {len(os.sched_getaffinity(0))} cores"
