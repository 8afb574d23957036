"""`dossier eval records`, `muc4` and `re3d`: how right the actors, attacks and strategies are."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from analysis.document import analyse
from analysis.names import SHIPPED_NAMES, NameRegister
from analysis.records import DocumentRecords
from eval.muc4 import Counts, predict_roles, read_muc4, score_muc4
from eval.re3d import Re3dScore, predict_records, read_re3d, score_re3d
from eval.records import Finding, RecordsScore, found_in, score_records
from eval.records_gold import RecordsError, check_inventory, read_inventory
from index.embed import Embedder
from index.snapshot import Snapshot
from index.store import Store
from ingest.document import Document
from server.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


def add_record_commands(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command("records")(records_command)
    app.command("muc4")(muc4_command)
    app.command("re3d")(re3d_command)


def records_command(
    inventory: Annotated[Path, typer.Argument(help="Folder of the inventory.")],
    prefix: Annotated[
        str, typer.Option(help='What its files begin with, such as "samples-".')
    ] = "",
    findings: Annotated[
        bool, typer.Option("--findings", help="List everything that is wrong, with its place.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Score the collection's actors, attacks and strategies by a hand-made inventory."""
    gold = read_inventory(inventory, prefix)
    with _snapshot() as snapshot:
        documents = {
            name: document
            for name in sorted(gold.documents)
            if (document := snapshot.document(name)) is not None
        }
        found = found_in(snapshot.records)
    regions = {
        name: [(region.start, region.end) for region in document.regions]
        for name, document in documents.items()
    }
    texts = {name: document.text for name, document in documents.items()}
    misplaced = check_inventory(gold, texts.get)
    if misplaced:
        raise RecordsError(misplaced)
    score = score_records(gold, found, regions)
    if as_json:
        typer.echo(json.dumps(_score_json(score), ensure_ascii=False, indent=2))
        return
    for name, share in score.shares.items():
        value = "   –" if share.value is None else f"{share.value:.2f}"
        typer.echo(f"  {name:<26} {value}  ({share.hits:.0f} of {share.total:.0f})")
    if findings:
        for finding in score.findings:
            typer.echo(_finding_line(finding, texts))


@contextlib.contextmanager
def _snapshot() -> Iterator[Snapshot]:
    settings = Settings.load()
    embedder = Embedder.load(settings.model, threads=settings.threads)
    with (
        contextlib.closing(Store.open(settings.data_dir, embedder)) as store,
        store.snapshot() as snapshot,
    ):
        yield snapshot


def _score_json(score: RecordsScore) -> dict[str, object]:
    return {
        "shares": {
            name: {"value": share.value, "hits": share.hits, "total": share.total}
            for name, share in score.shares.items()
        },
        "findings": [asdict(finding) for finding in score.findings],
    }


def _finding_line(finding: Finding, texts: dict[str, str]) -> str:
    line = f"{finding.what}: {finding.label}"
    if finding.detail:
        line += f" ({finding.detail})"
    if finding.place is not None:
        place = finding.place
        quoted = " ".join(texts[place.document][place.start : place.end].split())
        line += f" {place.document[:8]}[{place.start}:{place.end}] {quoted}"
    return line


def muc4_command(
    path: Annotated[Path, typer.Argument(help="Gzipped MUC-4 file, such as muc4-dev.json.gz.")],
    as_json: AsJson = False,
) -> None:
    """Score MUC-4 role fillers by CEAF-REE."""
    score = score_muc4(read_muc4(path), predict_roles(_shipped_analysis()))
    _print_counts({**score.by_role, "micro average": score.micro}, as_json=as_json)


def re3d_command(
    folder: Annotated[Path, typer.Argument(help="Folder of re3d, with one for each source.")],
    as_json: AsJson = False,
) -> None:
    """Score re3d entities and relations, cross-validated over its folders."""
    scores = score_re3d(read_re3d(folder), predict_records(_shipped_analysis()))
    scores["all"] = sum(scores.values(), start=Re3dScore())
    _print_counts(
        {
            f"{name}: {part.replace('_', ', ')}": getattr(score, part)
            for name, score in scores.items()
            for part in ("entities", "entities_overlapping", "relations", "relations_overlapping")
        },
        as_json=as_json,
    )


def _shipped_analysis() -> Callable[[Document], DocumentRecords]:
    """Return the analysis of one document with the names that Dossier ships, and no others."""
    register = NameRegister.load(SHIPPED_NAMES)
    return lambda document: analyse(document, register)


def _print_counts(rows: Mapping[str, Counts], *, as_json: bool) -> None:
    if as_json:
        values = {
            name: asdict(counts)
            | {"precision": counts.precision, "recall": counts.recall, "f1": counts.f1}
            for name, counts in rows.items()
        }
        typer.echo(json.dumps(values, ensure_ascii=False, indent=2))
        return
    width = max(map(len, rows))
    for name, counts in rows.items():
        typer.echo(
            f"  {name:<{width}}  P {counts.precision:.3f}  R {counts.recall:.3f}  "
            f"F1 {counts.f1:.3f}  ({counts.matched} matched, {counts.found} found, "
            f"{counts.labelled} labelled)"
        )
