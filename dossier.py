"""The `dossier` command: ingest reports, search and ask them, check the store, serve, evaluate."""

import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from pydantic_core import to_jsonable_python
from tqdm import tqdm

from analysis.lookup import NotMeant
from analysis.names import NamesError
from analysis.records import ActorKind, AttackKind
from answer.answer import Answer, Status
from answer.exported import ReaderError
from answer.judge import JudgeError
from eval.bench import bench as run_bench
from eval.bench import gold_questions, table
from eval.cli import eval_app
from eval.errors import EvalError
from index.check import check as check_store
from index.check import rebuild as rebuild_store
from index.embed import Embedder, EmbedderError
from index.ingestion import IngestReport, Progress
from index.ingestion import correct as keep_correction
from index.ingestion import ingest as ingest_sources
from index.ingestion import remove as remove_document
from index.ingestion import withdraw as withdraw_correction
from index.search import DocumentInfo, Filters, QueryError
from index.snapshot import Snapshot
from index.store import Store, StoreError
from ingest.load import Limits
from server.activity import FILE_NAME as ACTIVITY_FILE
from server.activity import Activity
from server.app import serve as serve_settings
from server.backend import load_answerer
from server.correcting import checked
from server.errors import ApiError
from server.exports import gold
from server.present import percent, refusal_words
from server.record_schemas import (
    ATTACK_SORTS,
    ActorBody,
    ActorParameters,
    AttackBody,
    AttackParameters,
    CorrectionRequest,
    ExportFormat,
    StrategyParameters,
    Words,
)
from server.records import ASSERTERS, Reader
from server.records_api import exported
from server.schemas import AskResponse, DocumentSummary, SearchResponse
from server.selection import (
    choices,
    select_actors,
    select_attacks,
    select_strategies,
    sort_attacks,
)
from server.settings import Settings, SettingsError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Cited, verbatim answers from a collection of reports, offline.",
)
app.add_typer(eval_app, name="eval")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Documents = Annotated[
    list[str] | None, typer.Option("--document", help="Only this document id; repeatable.")
]
Sources = Annotated[
    list[str] | None, typer.Option("--source", help="Only this source; repeatable.")
]
Languages = Annotated[
    list[str] | None, typer.Option("--language", help="Only this language (en, tr, …); repeatable.")
]
From = Annotated[
    str | None, typer.Option("--published-from", help="Published on this day or later: YYYY-MM-DD.")
]
To = Annotated[
    str | None, typer.Option("--published-to", help="Published on this day or earlier: YYYY-MM-DD.")
]
ByActor = Annotated[
    list[str] | None,
    typer.Option("--actor", help="Only what names or tells of this actor; repeatable."),
]
ByAttack = Annotated[
    list[str] | None, typer.Option("--attack", help="Only what tells of this attack; repeatable.")
]
ByStrategy = Annotated[
    list[str] | None,
    typer.Option("--strategy", help="Only what asserts this strategy or theme; repeatable."),
]
EventFrom = Annotated[
    str | None, typer.Option("--event-from", help="Happened on this day or later: YYYY-MM-DD.")
]
EventTo = Annotated[
    str | None, typer.Option("--event-to", help="Happened on this day or earlier: YYYY-MM-DD.")
]


class CommandError(Exception):
    """What was asked for cannot be done; the message says why and the hint what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@app.command()
def ingest(
    sources: Annotated[
        list[str], typer.Argument(help="Files, folders (taken recursively) or http(s) URLs.")
    ],
    as_json: AsJson = False,
) -> None:
    """Read reports into the collection; a changed file replaces its old version."""
    settings = Settings.load()
    with _open_store(settings) as store, _Bar() as bar:
        report = ingest_sources(
            store, sources, limits=Limits(), allow_urls=settings.allow_urls, on_progress=bar.show
        )
    if as_json:
        _print_json(asdict(report))
    else:
        _print_report(report)
    if report.skipped:
        raise typer.Exit(1)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    k: Annotated[int, typer.Option("--k", "-k", min=1, max=100, help="How many passages.")] = 10,
    document: Documents = None,
    source: Sources = None,
    language: Languages = None,
    published_from: From = None,
    published_to: To = None,
    actor: ByActor = None,
    attack: ByAttack = None,
    strategy: ByStrategy = None,
    event_from: EventFrom = None,
    event_to: EventTo = None,
    as_json: AsJson = False,
) -> None:
    """Show the passages that best match a query."""
    chosen = (document, source, language, actor, attack, strategy)
    filters = _filters(*chosen, published_from, published_to, event_from, event_to)
    with _open_store(Settings.load()) as store, store.snapshot() as snapshot:
        began = time.perf_counter()
        hits = snapshot.search(query, k, filters)
        took_ms = _since(began)
        explanation = snapshot.explain(filters)
    if as_json:
        response = SearchResponse.of(query, hits, took_ms, explanation)
        _print_json(response.model_dump(mode="json", exclude_unset=True))
        return
    for sentence in explanation:
        typer.echo(sentence)
    for hit in hits:
        typer.secho(f"{hit.rank}. {_named(hit.document)}", bold=True)
        typer.echo(f"   {hit.passage.text}\n")
    if not hits:
        typer.echo("Nothing found: the collection holds no passage that the filters let through.")


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question.")],
    document: Documents = None,
    source: Sources = None,
    language: Languages = None,
    published_from: From = None,
    published_to: To = None,
    actor: ByActor = None,
    attack: ByAttack = None,
    strategy: ByStrategy = None,
    event_from: EventFrom = None,
    event_to: EventTo = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question from the reports, with citations; say so when they do not answer it."""
    chosen = (document, source, language, actor, attack, strategy)
    filters = _filters(*chosen, published_from, published_to, event_from, event_to)
    settings = Settings.load()
    with _open_store(settings) as store, store.snapshot() as snapshot:
        answerer = load_answerer(settings)
        began = time.perf_counter()
        answer = answerer.ask(snapshot, question, filters=filters)
    if as_json:
        _print_json(AskResponse.of(answer, conversation_id="", took_ms=_since(began)))
    else:
        _print_answer(answer)


@app.command()
def documents(as_json: AsJson = False) -> None:
    """List the collection's documents."""
    with _open_store(Settings.load()) as store, store.snapshot() as snapshot:
        found = snapshot.documents()
        near = {info.id: [other.id for other in snapshot.linked(info.id)] for info in found}
    if as_json:
        _print_json([DocumentSummary.of_info(info, near[info.id]) for info in found])
        return
    for document in found:
        typer.echo(f"{document.id[:16]}  {_named(document)}")
    typer.echo(f"{len(found)} documents")


@app.command()
def actors(
    name: Annotated[
        str | None, typer.Argument(help="One actor, by id or any name; all if left out.")
    ] = None,
    kind: Annotated[list[ActorKind] | None, typer.Option(help="Only these; repeatable.")] = None,
    q: Annotated[str | None, typer.Option("--q", help="Words that a name begins with.")] = None,
    document: Documents = None,
    as_json: AsJson = False,
) -> None:
    """List the groups, persons and institutions that the reports name, or show one with sources."""
    with _reading() as (snapshot, reader):
        if name is None:
            chosen = select_actors(
                reader.records,
                ActorParameters(kind=kind or [], q=q, document=document or []),
                snapshot.known()["document"],
            )
            listed = [reader.actor_summary(actor) for actor in chosen.records]
            if as_json:
                _print_json(listed)
                return
            for each in listed:
                also = ", ".join(other for other in each.names[:5] if other != each.name)
                typer.secho(each.name, bold=True, nl=False)
                typer.echo(f"  {each.kind}, {each.documents} documents" + (also and f": {also}"))
            typer.echo(f"{len(listed)} actors")
            return
        try:
            meant = reader.lookup.actor(name)
        except NotMeant as problem:
            hint = choices("actor", problem.choices, problem.unlisted)
            raise CommandError(f"{problem}.", hint) from None
        found = [reader.actor(reader.records.actor[each]) for each in meant.ids]
    if as_json:
        _print_json(found)
        return
    if meant.because:
        typer.echo(f"Matched ‘{name}’ because {meant.because}.")
    for actor in found:
        _print_actor(actor)


@app.command()
def attacks(
    actor: ByActor = None,
    kind: Annotated[list[AttackKind] | None, typer.Option(help="Only these; repeatable.")] = None,
    place: Annotated[
        list[str] | None, typer.Option(help="Only there, or in what lies there; repeatable.")
    ] = None,
    document: Documents = None,
    event_from: EventFrom = None,
    event_to: EventTo = None,
    sort: Annotated[
        str, typer.Option(help=f"{', '.join(ATTACK_SORTS)}; with a hyphen before it, descending.")
    ] = "date",
    form: Annotated[
        ExportFormat | None,
        typer.Option("--format", help="Print an export with all citations instead."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List or export the attacks and operations that the reports tell of, with all accounts."""
    with _reading() as (snapshot, reader):
        parameters = AttackParameters(
            actor=actor or [],
            kind=kind or [],
            place=place or [],
            document=document or [],
            event_from=_day("--event-from", event_from),
            event_to=_day("--event-to", event_to),
            sort=sort,
        )
        known = snapshot.known()["document"]
        chosen = select_attacks(reader.records, reader.lookup, parameters, known)
        ordered = sort_attacks(chosen.records, sort, reader.records)
        if form is not None:
            typer.echo(exported(reader, ordered, form).content, nl=False)
            return
        found = [reader.attack(attack) for attack in ordered]
    if as_json:
        _print_json(found)
        return
    for sentence in chosen.explanation:
        typer.echo(sentence)
    for attack in found:
        _print_attack(attack)
    typer.echo(f"{len(found)} attacks and operations")


@app.command()
def strategies(
    actor: ByActor = None,
    theme: Annotated[list[str] | None, typer.Option(help="Only these; repeatable.")] = None,
    document: Documents = None,
    as_json: AsJson = False,
) -> None:
    """List what the reports assert of actors' strategies, and whose word each statement is."""
    with _reading() as (snapshot, reader):
        parameters = StrategyParameters(
            actor=actor or [], theme=theme or [], document=document or []
        )
        known = snapshot.known()["document"]
        chosen = select_strategies(reader.records, reader.lookup, parameters, known)
        found = [reader.strategy(each) for each in chosen.records]
    if as_json:
        _print_json(found)
        return
    for sentence in chosen.explanation:
        typer.echo(sentence)
    for strategy in found:
        typer.secho(f"{strategy.actor.name}: {strategy.theme}", bold=True)
        for asserted in strategy.assertions:
            by = f", {asserted.by}" if asserted.by else ""
            typer.echo(f"  {ASSERTERS[asserted.asserter]}{by} ({asserted.kind}):")
            _print_words(asserted.citation)
    typer.echo(f"{len(found)} strategies")


@app.command()
def corrections(
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="Also those no longer in force.")
    ] = False,
    as_gold: Annotated[
        bool, typer.Option("--gold", help="Print them as gold, for an inventory of records.")
    ] = False,
    add: Annotated[
        Path | None,
        typer.Option(help="First add those of a file: JSON Lines as POST /api/corrections takes."),
    ] = None,
    withdraw: Annotated[int | None, typer.Option(help="First withdraw this number.")] = None,
    by: Annotated[str, typer.Option(help="Who withdraws it.")] = "",
    as_json: AsJson = False,
) -> None:
    """List what operators decided against records: who, when and why."""
    if withdraw is not None and not by.strip():
        raise CommandError("Nobody is named who withdraws it.", "Give --by NAME.")
    with _open_store(Settings.load()) as store:
        if add is not None:
            _add_corrections(store, add)
        if withdraw is not None and not withdraw_correction(store, withdraw, by.strip()):
            raise CommandError(
                f"No correction {withdraw} is in force.", 'See them with "dossier corrections".'
            )
        with store.snapshot() as snapshot:
            found = Reader(snapshot).corrections(withdrawn=withdrawn)
    if as_gold:
        typer.echo(gold(found), nl=False)
    elif as_json:
        _print_json(found)
    else:
        for each in found:
            state = "" if each.in_force else f" (withdrawn by {each.withdrawn_by})"
            note = f": {each.note}" if each.note else ""
            typer.echo(f"{each.number}. {each.kind}: {each.reads}{state}")
            typer.echo(f"    {each.made_by}, {each.made_at:%Y-%m-%d}{note}")
        typer.echo(f"{len(found)} corrections")


@app.command()
def remove(
    ids: Annotated[
        list[str], typer.Argument(help="Document ids, or beginnings of them that fit only one.")
    ],
) -> None:
    """Remove documents and everything derived from them."""
    settings = Settings.load()
    with _open_store(settings) as store:
        with store.snapshot() as snapshot:
            known = snapshot.documents()
        # All are looked up before any is removed: a slip in the last id costs nothing.
        chosen = {found.id: found for found in (_beginning_with(prefix, known) for prefix in ids)}
        for document_id, document in chosen.items():
            remove_document(store, document_id)
            _forget_conversations(settings, document_id)
            typer.echo(f"removed {_named(document)}")


@app.command()
def check(
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild", help="First rebuild everything derived, for DOSSIER_MODEL."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Verify every promise over the store: offsets, hashes, indexes, their agreement."""
    settings = Settings.load()
    if rebuild:
        rebuild_store(settings.data_dir, _embedder(settings))
    with _open_store(settings) as store:
        problems = check_store(store)
        with store.snapshot() as snapshot:
            count = len(snapshot.documents())
    if as_json:
        _print_json({"documents": count, "problems": [asdict(problem) for problem in problems]})
    else:
        for problem in problems:
            typer.echo(f"{problem.where}: {problem.what} {problem.what_to_do}")
        typer.echo(f"{count} documents checked, {len(problems)} problems")
    if problems:
        raise typer.Exit(1)


@app.command()
def serve() -> None:
    """Start the chat and the API; settings come from DOSSIER_ variables (see the README)."""
    serve_settings(Settings.load())


@app.command()
def bench(
    passages: Annotated[
        int, typer.Option(min=1, help="How many passages are searched, at least.")
    ] = 10_000,
    documents: Annotated[
        Path | None,
        typer.Option(
            help="File or folder to fill up with, or a .jsonl.gz; recombined sentences of the "
            "sample reports if left out."
        ),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(help="Folder that keeps the passages' vectors for the next run."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="JSON file to write as well.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure ingest against embedding alone, then search and ask, over a collection of its own."""
    settings = Settings.load()
    if out is not None and not out.absolute().parent.is_dir():
        raise CommandError(f"{out}: its folder does not exist.", "Make it, or give another --out.")
    with _Bar() as bar:
        report = run_bench(
            _embedder(settings),
            load_answerer(settings),
            gold_questions(),
            passages=passages,
            threads=settings.threads or len(os.sched_getaffinity(0)),
            documents=documents,
            work=work,
            on_progress=bar.show,
        )
    if as_json:
        _print_json(asdict(report))
    else:
        typer.echo(table(report))
    if out is not None:
        out.write_text(json.dumps(asdict(report), indent=2) + "\n", encoding="utf-8")


def _embedder(settings: Settings) -> Embedder:
    return Embedder.load(settings.model, settings.threads)


@contextlib.contextmanager
def _open_store(settings: Settings) -> Iterator[Store]:
    with contextlib.closing(Store.open(settings.data_dir, _embedder(settings))) as store:
        yield store


@contextlib.contextmanager
def _reading() -> Iterator[tuple[Snapshot, Reader]]:
    """Open the records; what they refuse is told as the command's own error."""
    with _open_store(Settings.load()) as store, store.snapshot() as snapshot, _refusals():
        yield snapshot, Reader(snapshot)


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ApiError as refused:
        raise CommandError(refused.message, refused.hint) from None
    except ValidationError as refused:
        problem = refused.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, problem["loc"])) or "the options"
        message = str(problem["msg"]).removeprefix("Value error, ")
        raise CommandError(f"{where}: {message}.") from None


def _add_corrections(store: Store, file: Path) -> None:
    """Add a file's corrections; none of them if any cannot be."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise CommandError(f"{file}: {error}.", "Give a file of JSON Lines in UTF-8.") from None
    made = []
    with store.snapshot() as snapshot:
        reader = Reader(snapshot)
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                with _refusals():
                    made.append(checked(CorrectionRequest.model_validate_json(line), reader))
            except CommandError as refused:
                problem = f"{file}, line {number}: {refused}"
                raise CommandError(problem, refused.hint) from None
    for correction in made:
        keep_correction(store, correction)


def _filters(
    document: list[str] | None,
    source: list[str] | None,
    language: list[str] | None,
    actor: list[str] | None,
    attack: list[str] | None,
    strategy: list[str] | None,
    published_from: str | None,
    published_to: str | None,
    event_from: str | None,
    event_to: str | None,
) -> Filters:
    return Filters(
        document=tuple(document or ()),
        source=tuple(source or ()),
        language=tuple(language or ()),
        published_from=_day("--published-from", published_from),
        published_to=_day("--published-to", published_to),
        actor=tuple(actor or ()),
        attack=tuple(attack or ()),
        strategy=tuple(strategy or ()),
        event_from=_day("--event-from", event_from),
        event_to=_day("--event-to", event_to),
    )


def _beginning_with(prefix: str, known: list[DocumentInfo]) -> DocumentInfo:
    # Every id begins with nothing: an empty argument is an unset variable, not a wish.
    found = [document for document in known if prefix and document.id.startswith(prefix)]
    if len(found) != 1:
        raise CommandError(
            f"{prefix!r} fits {len(found)} documents; expected exactly one. Nothing was removed.",
            'See the ids with "dossier documents".',
        )
    return found[0]


def _forget_conversations(settings: Settings, document_id: str) -> None:
    """Drop what conversations with the service quote from a document."""
    path = settings.data_dir / ACTIVITY_FILE
    if path.exists():
        with contextlib.closing(Activity(path, keep_days=settings.activity_days)) as activity:
            activity.forget_document(document_id)


def _day(option: str, written: str | None) -> date | None:
    if written is None:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise CommandError(
            f"{option}: found {written!r}; expected a day as YYYY-MM-DD, such as 2023-03-27."
        ) from error


def _named(document: DocumentInfo) -> str:
    known = [document.title, document.source, document.published and str(document.published)]
    return " · ".join(part for part in known if part)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(to_jsonable_python(value), ensure_ascii=False, indent=2))


def _since(began: float) -> int:
    return round(1000 * (time.perf_counter() - began))


def _print_report(report: IngestReport) -> None:
    for skipped in report.skipped:
        typer.secho(f"skipped {skipped.path}: {skipped.reason}; {skipped.hint}", err=True)
    for warning in report.warnings:
        typer.echo(f"note: {warning}", err=True)
    for entry in report.removed:
        typer.echo(f"removed {entry.title}: {entry.path} no longer holds it")
    removed = f"removed {len(report.removed)}, " if report.removed else ""
    typer.echo(
        f"added {len(report.added)}, unchanged {len(report.unchanged)}, "
        f"replaced {len(report.replaced)}, duplicates {len(report.duplicates)}, {removed}"
        f"skipped {len(report.skipped)} in {report.seconds:.1f} s, {report.analysis_seconds:.1f} s "
        "of them for actors, attacks and strategies"
    )


def _print_answer(answer: Answer) -> None:
    if answer.interpreted_question != answer.question:
        typer.echo(f"Understood as: {answer.interpreted_question}")
    if answer.status is Status.NOT_FOUND:
        typer.secho(refusal_words(answer.confidence), bold=True)
        typer.echo(f"(chance that they answer it after all: {percent(answer.confidence)} %)")
        typer.echo("What comes nearest:")
        for hit in answer.nearest:
            typer.echo(f"\n  {_named(hit.document)}\n  {hit.passage.text}")
        return
    typer.secho(answer.answer or "", bold=True)
    typer.echo(f"({percent(answer.confidence)} % likely to be right)")
    for citation in answer.citations:
        at = citation.answer_start - citation.start, citation.answer_end - citation.start
        typer.echo(f"\n[{citation.number}] ", nl=False)
        typer.echo(citation.quote[: at[0]], nl=False)
        typer.secho(citation.quote[at[0] : at[1]], nl=False, bold=True)
        typer.echo(citation.quote[at[1] :])
        place = f"{citation.document.id[:16]}, characters {citation.start} to {citation.end}"
        typer.echo(f"    {_named(citation.document)} ({place})")
    for conflict in answer.conflicts:
        values = "; ".join(
            f"{value} [{', '.join(map(str, numbers))}]" for value, numbers in conflict.values
        )
        typer.echo(f"\nThe reports differ: {values}")


def _print_words(words: Words) -> None:
    document = words.document
    known = [document.title, document.source, document.published and str(document.published)]
    place = f"{document.id[:16]}, characters {words.start} to {words.end}"
    typer.echo(f"    “{words.quote}”")
    typer.echo(f"    {' · '.join(part for part in known if part)} ({place})")


def _print_actor(actor: ActorBody) -> None:
    typer.secho(f"{actor.name} ({actor.kind})", bold=True)
    typer.echo(f"Reported by {actor.documents} documents, {actor.origins} independent origins")
    for name in actor.names:
        typer.echo(f"  {name.text}: {name.mentions} times")
    for join in actor.joins:
        said = f", says {join.said_by}" if join.said_by else ""
        probable = "" if join.certain else ", probable"
        typer.echo(f"  {join.one} = {join.other}: {join.reason}{probable}{said}")
        for words in join.citations[:1]:
            _print_words(words)
    for dispute in actor.disputes:
        typer.echo(f"  open: {dispute.note}")
    for role in actor.roles:
        typer.echo(f"  {role.title}" + (f", {role.of.name}" if role.of else ""))
        _print_words(role.citation)
    for relation in actor.relations:
        typer.echo(f"  {relation.reads}")
        for words in relation.citations[:1]:
            _print_words(words)
    for attack in actor.attacks:
        typer.echo(f"  {attack.first or 'date not known'}: {attack.title}")


def _print_attack(attack: AttackBody) -> None:
    differing = f"; accounts differ on {', '.join(attack.differing)}" if attack.differing else ""
    dates = " / ".join(dict.fromkeys(each.text for each in attack.dates)) or "date not stated"
    typer.secho(attack.title, bold=True, nl=False)
    typer.echo(f"  {dates} ({attack.kind}{differing})")
    if (moved := attack.date_set) is not None:
        typer.echo(f"  date set by {moved.made_by}: {moved.text}")
    if (laid := attack.perpetrator_set) is not None:
        typer.echo(f"  {laid.ladder}, set by {laid.made_by}: {laid.actor.name}")
    for named in attack.perpetrators:
        by = f" by {named.by}" if named.by else ""
        typer.echo(f"  {named.ladder}{by}: {named.actor.name if named.actor else named.text}")
    for account in attack.accounts:
        _print_words(account.citation)


class _Bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __enter__(self) -> "_Bar":
        self._bar: tqdm[NoReturn] | None = None
        self._stage = ""
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, progress: Progress) -> None:
        """Move the bar to where the ingest is; each stage has a bar of its own."""
        if progress.stage != self._stage:
            self.__exit__()
            self._stage = progress.stage
            self._bar = tqdm(desc=progress.stage, total=progress.total, disable=None)
        if self._bar is not None:
            self._bar.total = progress.total
            self._bar.update(progress.done - self._bar.n)


def main() -> None:
    """Run the command line; exit non-zero when anything that was asked for did not happen."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        app()
    except (
        CommandError,
        EmbedderError,
        EvalError,
        JudgeError,
        NamesError,
        QueryError,
        ReaderError,
        SettingsError,
        StoreError,
    ) as error:
        hint = getattr(error, "hint", "")
        typer.echo(f"dossier: {error}" + (f"\n  {hint}" if hint else ""), err=True)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output (head, less) has gone: that is no failure of ours.
        sys.stderr.close()
