"""Side by side: Dossier and its peers on the same documents and questions, in one run.

Every system starts from the same stored texts and the same embedding model, one after the other on
the same machine, and is scored by the same places of evidence. Dossier's ingest is more work than
theirs: it reads the files, finds their regions and writes all of it durably to disk, where the
peers are handed clean texts and keep what they make in memory. What it spends on finding actors,
attacks and strategies, which no peer does, is told apart.
"""

import contextlib
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from answer.compose import Answerer
from eval.compare import Verdict, compare
from eval.gold import GoldQuestion
from eval.measures import MEASURES, Group, measure_named
from eval.peers.peer import PEERS, Source, open_peer, peer_maker
from eval.run import Run, run_gold
from eval.systems import DEPTH, AskError, StoreSystem, System
from index.embed import Embedder
from index.ingestion import ingest
from index.snapshot import Snapshot
from index.store import Store
from ingest.outcome import Limits

MEASURES_SHOWN = (
    *("evidence-hit@1", "evidence-hit@4", "evidence-hit@10", "RR", "nDCG@10"),
    *("search p50 ms", "search p95 ms", "ask p50 ms", "ask p95 ms"),
    *("answer right", "first citation covers", "errors"),
)
SETTINGS_SHOWN = (
    ("passages", "passages"),
    ("ingest s", "ingest_seconds"),
    ("finding actors, attacks, strategies s", "analysis_seconds"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """What all systems scored, and in which measures a peer differs from Dossier."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    better: tuple[str, ...] = ()
    """A line a peer, with what it does better than Dossier, beyond noise."""


def run_side_by_side(
    gold: Sequence[GoldQuestion],
    paths: Sequence[str],
    *,
    embedder: Embedder,
    answerer: Answerer,
    model: str,
    gold_name: str,
    names: Sequence[str] = PEERS,
    threads: int = 0,
    command: str = "",
    show_progress: bool = False,
    on_start: Callable[[str], None] = lambda name: None,
) -> Iterator[Run]:
    """Ingest the files into a collection of its own and yield each system's run, Dossier's first.

    Raises AskError before anything is asked if a peer is unknown or not installed, or if a file
    cannot be ingested.
    """
    for name in names:
        peer_maker(name)

    def run(system: System) -> Run:
        return run_gold(
            system, gold, gold_name=gold_name, command=command, show_progress=show_progress
        )

    with tempfile.TemporaryDirectory() as folder:
        on_start("dossier")
        with contextlib.closing(Store.open(Path(folder), embedder)) as store:
            report = ingest(store, list(paths), limits=Limits())
            if report.skipped:
                raise AskError(f"{len(report.skipped)} files are skipped: {report.skipped[0]}")
            with store.snapshot() as snapshot:
                sources = read_sources(snapshot)
                settings = {
                    "hits": str(DEPTH),
                    "documents": str(len(sources)),
                    "passages": str(report.passages),
                    "ingest_seconds": f"{report.seconds - report.analysis_seconds:.1f}",
                    "analysis_seconds": f"{report.analysis_seconds:.1f}",
                    "threads": str(threads),
                }
                yield run(StoreSystem(snapshot, answerer, model=model, settings=settings))
    for name in names:
        on_start(name)
        yield run(open_peer(name, sources, model=model, threads=threads))


def read_sources(snapshot: Snapshot) -> list[Source]:
    """Return every stored document as a peer gets it, by title."""
    sources = []
    for info in snapshot.documents():
        document = snapshot.document(info.id)
        if document is not None:
            sources.append(Source(info.id, document.title, document.text))
    return sources


def side_by_side(runs: Sequence[Run]) -> Table:
    """Return the runs in one table, the first run being what the others are compared with."""
    header = ("", *(run.info.system.name for run in runs))
    rows = [
        (label, *(run.info.system.settings.get(key, "–") for run in runs))
        for label, key in SETTINGS_SHOWN
    ]
    # A long passage has the evidence more easily, and says less about where it is.
    rows.append(("median hit characters", *(_hit_characters(run) for run in runs)))
    for name in MEASURES_SHOWN:
        rows.append((name, *(_value(run, name, _missing(run)) for run in runs)))
    return Table(header, tuple(rows), tuple(_better(runs[0], run) for run in runs[1:]))


def measures_table(runs: Mapping[str, Run]) -> Table:
    """Return all measures that any of the runs has, a row each, under the runs' labels."""
    names = [
        item.name for item in MEASURES if any(item.name in run.measures for run in runs.values())
    ]
    counts = ("questions", *(str(run.info.questions) for run in runs.values()))
    rows = [(name, *(_value(run, name, "–") for run in runs.values())) for name in names]
    return Table(("", *runs), (counts, *rows))


def markdown(table: Table) -> str:
    """Return the table as Markdown, with a line a peer below it."""
    lines = [table.header, tuple("---" for _ in table.header), *table.rows]
    text = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return "\n".join([text, "", *(f"- {line}" for line in table.better), ""])


def _hit_characters(run: Run) -> str:
    sizes = [hit.end - hit.start for row in run.rows for hit in row.reply.hits]
    return str(round(statistics.median(sizes))) if sizes else "–"


def _missing(run: Run) -> str:
    return "–" if run.info.system.answers else "retrieves only"


def _value(run: Run, name: str, missing: str) -> str:
    estimate = run.measures.get(name)
    if estimate is None:
        return missing
    if measure_named(name).group is Group.LATENCY:
        return f"{estimate.value:.1f}"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _better(first: Run, second: Run) -> str:
    changed: dict[Verdict, list[str]] = {Verdict.BETTER: [], Verdict.WORSE: []}
    for item in compare(first, second).differences:
        if item.kind is None and item.verdict in changed:
            gap = item.second - item.first
            told = f"{gap:+.1f}" if item.measure.group is Group.LATENCY else f"{gap:+.3f}"
            changed[item.verdict].append(f"{item.measure.name} ({told})")
    return (
        f"{second.info.system.name} against {first.info.system.name}: "
        f"better in {', '.join(changed[Verdict.BETTER]) or 'nothing'}; "
        f"worse in {', '.join(changed[Verdict.WORSE]) or 'nothing'}; the rest is noise."
    )
