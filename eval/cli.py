"""`dossier eval`: score a gold set, compare, report, import; each command calls one function."""

import contextlib
import itertools
import json
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from eval.compare import Comparison, Difference, Verdict, compare, comparison_to_json
from eval.errors import EvalError
from eval.external import EXTERNAL_SETS, ExternalError, run_external, sample, sample_gold
from eval.floor import below_floor, read_floor, record_floor
from eval.gold import GoldQuestion, check_gold, leaks, read_gold, write_gold
from eval.importers import IMPORTERS, ImportFailure, write_question_set
from eval.judgements import (
    Judgement,
    agreement,
    make_sheet,
    read_judgements,
    tally,
    to_gold,
)
from eval.measures import Group, measure_named
from eval.peers.peer import PEERS, open_peer, peer_maker
from eval.peers.side_by_side import (
    markdown,
    measures_table,
    read_sources,
    run_side_by_side,
    side_by_side,
)
from eval.pin import pin, pin_document
from eval.records_cli import add_record_commands
from eval.report import formatted, render_comparison, render_judging, render_report
from eval.run import Run, RunError, RunInfo, read_run, run_gold, summary, write_run
from eval.systems import DEPTH, AskError, FileSystem, StoreSystem, System, Text, UrlSystem
from index.catalogue import FILE_NAME as CATALOGUE_FILE
from index.embed import Embedder
from index.store import Snapshot, Store
from server.backend import load_answerer
from server.settings import Settings


class _Group(TyperGroup):
    """`dossier eval GOLD` is `dossier eval run GOLD`; errors are one message and exit status 1."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except EvalError as error:
            typer.echo(f"dossier eval: {error}", err=True)
            raise typer.Exit(1) from error


eval_app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    help="Score Dossier, or any system's answers, on questions whose answers are known. "
    "`dossier eval GOLD` is short for `dossier eval run GOLD`.",
)
add_record_commands(eval_app)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Gold = Annotated[Path, typer.Argument(help="Gold file: JSON Lines, see eval/gold.py.")]
SampledDocuments = Annotated[
    int | None, typer.Option("--documents", min=1, help="Documents to sample; all if left out.")
]
SampledQuestions = Annotated[
    int | None, typer.Option("--questions", min=1, help="Questions to sample; all if left out.")
]
RunFolder = Annotated[Path, typer.Argument(help="Folder of a run.")]


@eval_app.command("run")
def run_command(
    gold: Gold,
    system: Annotated[
        str | None,
        typer.Option(
            help="What is asked: the URL of a running service; a file of answers (.jsonl) or of a "
            f"TREC run (.trec); or a peer over the same collection, {', '.join(PEERS)}. The "
            "collection in DOSSIER_DATA_DIR if left out. A service's key is taken from "
            "DOSSIER_API_KEY."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write; a new one under DOSSIER_DATA_DIR/runs if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put a gold set to a system and score what comes back."""
    settings = Settings.load()
    questions = read_gold(gold)
    target = out or _new_folder(settings.data_dir / "runs", gold, system)
    with _system(settings, system, questions) as asked:
        run = run_gold(
            asked,
            questions,
            gold_name=gold.name,
            command=f"dossier {shlex.join(sys.argv[1:])}",
            show_progress=not as_json,
        )
    write_run(run, target)
    (target / "report.html").write_text(render_report(run), encoding="utf-8")
    if as_json:
        _print_json({"run": str(target)} | summary(run))
    else:
        _print_run(run, target)
    if run.info.quotes_wrong or run.measures["errors"].value:
        raise typer.Exit(1)


@eval_app.command("peers")
def peers_command(
    gold: Gold,
    paths: Annotated[list[str], typer.Argument(help="The documents: files or folders.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write; the runs under DOSSIER_DATA_DIR/runs if left out."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help=f"Only this peer, one of {', '.join(PEERS)}; repeatable."),
    ] = None,
    questions: SampledQuestions = None,
    as_json: AsJson = False,
) -> None:
    """Run Dossier and its peers over the same documents, and show them side by side.

    The documents are ingested into a collection of its own, which is thrown away. Each system's run
    is kept, with a page that compares it with Dossier's question by question.
    """
    settings = Settings.load()
    asked = sample_gold(read_gold(gold), questions)
    if out is not None and out.exists():
        raise RunError(f"{out} exists; runs are never written over, so give a new --out")
    written: list[tuple[Path, Run]] = []
    for run in run_side_by_side(
        asked,
        paths,
        embedder=Embedder.load(settings.model, threads=settings.threads),
        answerer=load_answerer(settings),
        model=settings.model,
        gold_name=gold.name,
        names=only or PEERS,
        threads=settings.threads,
        command=f"dossier {shlex.join(sys.argv[1:])}",
        show_progress=not as_json,
        on_start=lambda name: typer.echo(f"{name} …", err=True),
    ):
        name = run.info.system.name
        target = (
            _new_folder(settings.data_dir / "runs", gold, name)
            if out is None
            else out / name.replace(":", "-")
        )
        write_run(run, target)
        (target / "report.html").write_text(render_report(run), encoding="utf-8")
        if written:
            page = render_comparison(compare(written[0][1], run))
            (target / "against-dossier.html").write_text(page, encoding="utf-8")
        written.append((target, run))
    table = side_by_side([run for _, run in written])
    if out is not None:
        (out / "peers.md").write_text(markdown(table), encoding="utf-8")
    if as_json:
        _print_json([{"run": str(folder)} | summary(run) for folder, run in written])
        return
    typer.echo(markdown(table))
    for folder, _ in written:
        typer.echo(str(folder))
    if any(run.measures["errors"].value for _, run in written):
        raise typer.Exit(1)


@eval_app.command("compare")
def compare_command(
    first: RunFolder,
    second: RunFolder,
    out: Annotated[Path | None, typer.Option(help="HTML page to write as well.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say where the second run is better or worse than the first, and what is noise."""
    comparison = compare(read_run(first), read_run(second))
    if out is not None:
        out.write_text(render_comparison(comparison), encoding="utf-8")
    if as_json:
        _print_json(comparison_to_json(comparison))
    else:
        _print_comparison(comparison)


@eval_app.command("report")
def report_command(
    run: RunFolder,
    out: Annotated[
        Path | None, typer.Option(help="HTML file to write; RUN/report.html if left out.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(help="Folder of an earlier run: show what got better beside what got worse."),
    ] = None,
) -> None:
    """Write a run's report: one HTML page that needs nothing else."""
    target = out or run / "report.html"
    told = read_run(run)
    change = None if against is None else compare(read_run(against), told)
    target.write_text(render_report(told, change), encoding="utf-8")
    typer.echo(str(target))


@eval_app.command("check")
def check_command(
    gold: Gold,
    against: Annotated[
        Path | None,
        typer.Option(help="The other part of the set: no question of one may be in the other."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a gold set over the collection: spans, answers in place, nothing given away."""
    questions = read_gold(gold)
    leaked = leaks(questions, read_gold(against)) if against else []
    with _snapshot(Settings.load()) as snapshot:
        texts: dict[str, str | None] = {}

        def text_of(document_id: str) -> str | None:
            if document_id not in texts:
                document = snapshot.document(document_id)
                texts[document_id] = None if document is None else document.text
            return texts[document_id]

        problems = check_gold(questions, text_of)
    if as_json:
        _print_json(
            {
                "questions": len(questions),
                "problems": [asdict(problem) for problem in problems],
                "leaks": [
                    {"first": first, "second": second, "jaccard": likeness}
                    for first, second, likeness in leaked
                ],
            }
        )
    else:
        for problem in problems:
            typer.echo(f"{problem.question}: {problem.what}; {problem.what_to_do}")
        for first, second, likeness in leaked:
            typer.echo(f"{first} and {second} ask the same (Jaccard {likeness:.2f}); drop one")
        typer.echo(f"{len(questions)} questions, {len(problems) + len(leaked)} problems")
    if problems or leaked:
        raise typer.Exit(1)


@eval_app.command("pin")
def pin_command(
    draft: Annotated[Path, typer.Argument(help="Gold file with file names and quotes.")],
    out: Annotated[Path, typer.Option(help="Gold file to write.")],
) -> None:
    """Turn a draft's file names and quotes into hashes and offsets of the collection's texts."""
    with _snapshot(Settings.load()) as snapshot:
        documents = []
        for info in snapshot.documents():
            document = snapshot.document(info.id)
            if document is not None:
                documents.append(pin_document(info.id, document.text, info.title, info.paths))
    questions = pin(draft, documents)
    write_gold(out, questions)
    typer.echo(f"{out}: {len(questions)} questions")


@eval_app.command("import")
def import_command(
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(IMPORTERS)}.")],
    path: Annotated[Path, typer.Argument(help="The set's file (SQuAD) or folder (BEIR).")],
    out: Annotated[Path, typer.Option(help="Folder for documents.jsonl and gold.jsonl.")],
    documents: SampledDocuments = None,
    questions: SampledQuestions = None,
    as_json: AsJson = False,
) -> None:
    """Turn another maker's set into documents to ingest and a gold file over them."""
    if kind not in IMPORTERS:
        raise ImportFailure(f"kind is {kind!r}; use one of {', '.join(IMPORTERS)}")
    question_set = sample(IMPORTERS[kind](path), documents=documents, questions=questions)
    written = write_question_set(question_set, out)
    if as_json:
        _print_json(
            {
                "documents": len(question_set.documents),
                "questions": len(written),
                "left_out": list(question_set.left_out),
            }
        )
        return
    for line in question_set.left_out:
        typer.echo(f"left out: {line}", err=True)
    typer.echo(
        f"{len(question_set.documents)} documents, {len(written)} questions; next: "
        f"dossier ingest {out / 'documents.jsonl'} && dossier eval {out / 'gold.jsonl'}"
    )


@eval_app.command("floor")
def floor_command(
    run: RunFolder,
    floor: Annotated[Path, typer.Argument(help="Floor file, JSON.")],
    check: Annotated[
        bool, typer.Option("--check", help="Compare with the floor instead of recording it.")
    ] = False,
) -> None:
    """Record a run's measures as the floor, or check a run against it."""
    scored = read_run(run)
    if not check:
        record_floor(scored, floor)
        typer.echo(str(floor))
        return
    below = below_floor(scored, read_floor(floor))
    for line in below:
        typer.echo(line)
    if below:
        raise typer.Exit(1)
    typer.echo("nothing is below the floor")


@eval_app.command("judge")
def judge_command(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs, of one or more systems.")],
    out: Annotated[Path, typer.Option(help="HTML page to write.")],
) -> None:
    """Make the page on which people score replies by hand, blind to the system."""
    sheet = make_sheet([read_run(run) for run in runs])
    out.write_text(render_judging(sheet), encoding="utf-8")
    typer.echo(f"{out}: {len(sheet.items)} replies to judge")


@eval_app.command("judged")
def judged_command(
    files: Annotated[list[Path], typer.Argument(help="Files saved from the judging page.")],
    run: Annotated[
        list[Path], typer.Option(help="Folder of a run that the page was made of; repeatable.")
    ],
    gold: Annotated[
        Path | None, typer.Option(help="Gold file to write of what every scorer called right.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what scorers made of each system, how far they agree, and export gold."""
    sheet = make_sheet([read_run(folder) for folder in run])
    scored = [read_judgements(path, sheet) for path in files]
    agreements = [agreement(*pair) for pair in itertools.combinations(scored, 2)]
    tallies = [
        {"run": str(folder), "scorer": one.scorer, **tally(sheet, number, one)}
        for number, folder in enumerate(run)
        for one in scored
    ]
    if gold is not None:
        write_gold(gold, to_gold(sheet, scored))
    if as_json:
        _print_json({"tallies": tallies, "agreement": [asdict(item) for item in agreements]})
        return
    for counts in tallies:
        words = [*(word.value for word in Judgement), "open"]
        told = ", ".join(f"{word} {counts.get(word, 0)}" for word in words)
        typer.echo(f"{counts['run']}, by {counts['scorer']}: {told}")
    for item in agreements:
        kappa = "undefined" if item.kappa is None else f"{item.kappa:.3f}"
        typer.echo(
            f"{item.first} and {item.second}: agree on {item.share:.0%} of {item.count}, "
            f"Cohen's kappa {kappa}"
        )


@eval_app.command("external")
def external_command(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(EXTERNAL_SETS)}, or all.")],
    data: Annotated[Path, typer.Option(help="Folder of the public data sets.")],
    out: Annotated[
        Path,
        typer.Option(
            help="Folder for documents, gold set, store and run; with all, for one folder a set."
        ),
    ],
    documents: SampledDocuments = None,
    questions: SampledQuestions = None,
    as_json: AsJson = False,
) -> None:
    """Run a public question set, or all of them, each over a collection of its own.

    With all, a set whose run is in its folder already is not run again, so that the command can be
    stopped and given again.
    """
    if name not in (*EXTERNAL_SETS, "all"):
        raise ExternalError(f"no set {name!r}; use one of {', '.join(EXTERNAL_SETS)}, or all")
    places = (
        {item.name: out / item.name for item in EXTERNAL_SETS.values()}
        if name == "all"
        else {name: out}
    )
    if name != "all" and (out / "run").exists():
        raise ExternalError(f"{out / 'run'} exists; runs are never written over, give a new --out")
    settings = Settings.load()
    embedder = Embedder.load(settings.model, threads=settings.threads)
    answerer = load_answerer(settings)
    runs: dict[str, Run] = {}
    for each, folder in places.items():
        if (folder / "run").exists():
            typer.echo(f"{each}: {folder / 'run'} is there already", err=True)
            runs[each] = read_run(folder / "run")
            continue
        typer.echo(f"{each}: {EXTERNAL_SETS[each].about}", err=True)
        runs[each] = run_external(
            EXTERNAL_SETS[each],
            data,
            folder,
            embedder=embedder,
            answerer=answerer,
            documents=documents,
            questions=questions,
            settings={"model": settings.model, "threads": str(settings.threads)},
            command=f"dossier {shlex.join(sys.argv[1:])}",
            show_progress=not as_json,
        )
        page = render_report(runs[each])
        (folder / "run" / "report.html").write_text(page, encoding="utf-8")
    if as_json:
        listed = [{"run": str(places[each] / "run")} | summary(runs[each]) for each in places]
        _print_json(listed if name == "all" else listed[0])
    elif name == "all":
        typer.echo(markdown(measures_table(runs)))
        for folder in places.values():
            typer.echo(str(folder / "run" / "report.html"))
    else:
        _print_run(runs[name], out / "run")
    # A question that ended in an error is told by the table; the status tells a program.
    if any(run.measures["errors"].value for run in runs.values()):
        raise typer.Exit(1)


@contextlib.contextmanager
def _snapshot(settings: Settings) -> Iterator[Snapshot]:
    embedder = Embedder.load(settings.model, threads=settings.threads)
    with (
        contextlib.closing(Store.open(settings.data_dir, embedder)) as store,
        store.snapshot() as snapshot,
    ):
        yield snapshot


@contextlib.contextmanager
def _system(
    settings: Settings, named: str | None, questions: list[GoldQuestion]
) -> Iterator[System]:
    if named is None:
        with _snapshot(settings) as snapshot:
            yield StoreSystem(
                snapshot,
                load_answerer(settings),
                model=settings.model,
                settings={"hits": str(DEPTH), "threads": str(settings.threads)},
            )
    elif named in PEERS:
        peer_maker(named)  # a missing framework is told before anything is loaded
        with _snapshot(settings) as snapshot:
            sources = read_sources(snapshot)
        yield open_peer(named, sources, model=settings.model, threads=settings.threads)
    elif re.match(r"https?://", named):
        key = settings.api_key
        yield UrlSystem(named, api_key=key.get_secret_value() if key else None)
    else:
        path = Path(named)
        if not path.is_file():
            raise AskError(
                f"{named}: no such file; --system takes a URL, a file of answers, or a peer "
                f"({', '.join(PEERS)})"
            )
        yield FileSystem(path, questions, _texts(settings, questions))


def _texts(settings: Settings, questions: list[GoldQuestion]) -> dict[str, Text]:
    """Return the evidence's documents, as far as there is a collection that has them.

    They are not needed to score a file of answers, only to show the evidence and to check quotes.
    """
    if not (settings.data_dir / CATALOGUE_FILE).exists():
        return {}
    wanted = {
        place.document
        for question in questions
        for part in question.parts
        for place in part.evidence
    }
    with _snapshot(settings) as snapshot:
        found = {document_id: snapshot.document(document_id) for document_id in sorted(wanted)}
    return {
        document_id: Text(document.title, document.text)
        for document_id, document in found.items()
        if document is not None
    }


def _new_folder(runs: Path, gold: Path, system: str | None) -> Path:
    """Return a folder under `runs` that does not exist, named by second, gold set and system."""
    runs.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    name = "-".join([stamp, gold.stem, *([system] if system else [])])
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:100].strip("-")
    names = itertools.chain([name], (f"{name}-{count}" for count in itertools.count(2)))
    return next(runs / free for free in names if not (runs / free).exists())


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _print_run(run: Run, folder: Path) -> None:
    info = run.info
    typer.echo(f"{info.system.name} on {info.gold}, {info.questions} questions\n")
    width = max(len(name) for name in run.measures)
    group: Group | None = None
    for name, estimate in run.measures.items():
        measure = measure_named(name)
        if measure.group is not group:
            group = measure.group
            typer.secho(group.value, bold=True)
        value, low, high = (
            formatted(measure, number) for number in (estimate.value, estimate.low, estimate.high)
        )
        typer.echo(f"  {name:<{width}}  {value:>8}  [{low}, {high}]  n={estimate.count}")
    if info.quotes_checked:
        typer.echo(f"\n{info.quotes_wrong} of {info.quotes_checked} quotes are not verbatim")
    typer.echo(f"\n{folder}\n{folder / 'report.html'}")


def _print_comparison(comparison: Comparison) -> None:
    first, second = comparison.first.info, comparison.second.info
    typer.echo(f"first:  {_described(first)}\nsecond: {_described(second)}\n")
    for item in comparison.differences:
        if item.kind is None:
            _print_difference(item.measure.name, item)
    named = [item for item in comparison.differences if item.kind is not None]
    changed = [item for item in named if item.verdict in (Verdict.BETTER, Verdict.WORSE)]
    typer.echo(f"\nby kind, what is not noise ({len(changed)} of {len(named)} comparisons):")
    for item in changed:
        _print_difference(f"{item.kind}: {item.measure.name}", item)
    for verb, won in (("won", True), ("lost", False)):
        changes = [change for change in comparison.changes if change.second is won]
        typer.echo(f"\nquestions {verb}: {len(changes)}")
        for change in changes:
            typer.echo(f"  {change.question.id}  {change.question.question}")
    if comparison.trade:
        typer.secho("\nthe second run trades one measure for another", bold=True)
        for verb, verdict in (("better", Verdict.BETTER), ("worse", Verdict.WORSE)):
            items = [item for item in comparison.having(verdict) if item.kind is None]
            typer.echo(f"  got {verb}: " + ", ".join(item.measure.name for item in items))


def _print_difference(name: str, item: Difference) -> None:
    numbers = [item.first, item.second, item.second - item.first, item.low, item.high]
    first, second, gap, low, high = (formatted(item.measure, number) for number in numbers)
    typer.echo(
        f"  {name:<34} {first:>8} {second:>8}  {gap:>8} [{low}, {high}]  p={item.p_value:.3f}  "
        f"{item.verdict.value}"
    )


def _described(info: RunInfo) -> str:
    return f"{info.system.name}, {info.date}, code {(info.commit or 'unknown')[:12]}"
