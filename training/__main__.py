"""`python -m training`: train the reader, export it, measure it."""

import argparse
import json
import statistics
import sys
from dataclasses import asdict, fields
from pathlib import Path

from answer.exported import ReaderError
from answer.reader import Reader
from eval.errors import EvalError
from eval.importers import write_question_set
from training.delta import DeltaError
from training.export import ExportError, compress, export, restore
from training.kept import KeptPart, kept_collections
from training.mean import MeanError
from training.measure import (
    measure_clapnq,
    measure_latency,
    measure_reports,
    measure_squad,
    measure_squad_mistyped,
    measure_trecqa,
    peak_memory,
)
from training.shipped import ShippedError
from training.sources import SourceError
from training.start import StartError
from training.train import Plan, TrainingError, progress_line, train

DEFAULT_DATA = Path("../shared/data")
DEFAULT_WORK = Path(".data/training")
DEFAULT_MODEL = Path("answer/model")
SECOND_READER = Path("answer/second")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    trains = commands.add_parser("train", help="train from packaged weights, or resume a run")
    trains.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder of the data sets")
    trains.add_argument("--work", type=Path, default=DEFAULT_WORK, help="folder of checkpoints")
    trains.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    length = trains.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float, help="end after this much training time")
    length.add_argument("--examples", type=int, help="end after this many examples")
    defaults = Plan()
    for field in fields(Plan):
        if field.name not in ("minutes", "examples"):
            default = getattr(defaults, field.name)
            flag = "--" + field.name.replace("_", "-")
            trains.add_argument(flag, type=type(default), default=default, help=f"({default})")
    exports = commands.add_parser("export", help="write the last checkpoint as a model to serve")
    exports.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder of the data sets")
    exports.add_argument("--work", type=Path, default=DEFAULT_WORK, help="folder of checkpoints")
    exports.add_argument("--model", type=Path, default=DEFAULT_MODEL, help="folder to write")
    exports.add_argument("--precision", choices=("int8", "float32"), default="int8")
    exports.add_argument("--mean-with", type=Path, help="of a run or model to average with")
    exports.add_argument("--share", type=float, help="of this run in the mean, 0 to 1")
    compresses = commands.add_parser("compress", help="write what the last checkpoint changed")
    compresses.add_argument("--data", type=Path, default=DEFAULT_DATA, help="of the data sets")
    compresses.add_argument("--work", type=Path, default=DEFAULT_WORK, help="folder of checkpoints")
    compresses.add_argument("--model", type=Path, default=SECOND_READER, help="folder to write")
    restores = commands.add_parser("restore", help="make the second reader from its base")
    restores.add_argument("--compressed", type=Path, default=SECOND_READER, help="what it changed")
    restores.add_argument("--model", type=Path, required=True, help="folder to write")
    measures = commands.add_parser("measure", help="measure a model on what it never saw")
    measures.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder of the data sets")
    measures.add_argument("--model", type=Path, default=DEFAULT_MODEL, help="folder of the model")
    measures.add_argument("--threads", type=int, default=2, help="windows read at a time")
    measures.add_argument("--mistyped", action="store_true", help="also with mistyped questions")
    kept = commands.add_parser("kept", help="write the kept collections as documents and gold set")
    kept.add_argument(
        "part", choices=[*KeptPart], type=KeptPart, help="to fit on, or to measure by"
    )
    kept.add_argument("folder", type=Path, help="folder to write documents.jsonl and gold.jsonl to")
    return parser


def _measure(options: argparse.Namespace) -> None:
    before = peak_memory()
    reader = Reader.load(options.model, threads=options.threads)
    times = measure_latency(reader)
    print("latency_ms", json.dumps({"min": times[0], "median": statistics.median(times)}))
    print("memory_mib", json.dumps({"reader": round(peak_memory() - before, 1)}))
    print("reports", json.dumps(asdict(measure_reports(reader))), flush=True)
    print("trecqa", json.dumps(asdict(measure_trecqa(reader, options.data))), flush=True)
    questions, area = measure_clapnq(reader, options.data)
    print("clapnq", json.dumps({"questions": questions, "refusal_auc": area}), flush=True)
    print("squad2", json.dumps(asdict(measure_squad(reader, options.data))), flush=True)
    if options.mistyped:
        mistyped = measure_squad_mistyped(reader, options.data)
        print("squad2_mistyped", json.dumps(asdict(mistyped)))


def _train(options: argparse.Namespace) -> None:
    plan = Plan(**{field.name: getattr(options, field.name) for field in fields(Plan)})
    for progress in train(options.data, options.work, plan, resume=options.resume):
        print(progress_line(progress), flush=True)


def _export(options: argparse.Namespace) -> None:
    manifest = export(
        options.work,
        options.data,
        options.model,
        options.precision,
        mean_with=options.mean_with,
        share=options.share,
    )
    print(json.dumps(manifest["files"], indent=1))


def _compress(options: argparse.Namespace) -> None:
    manifest = compress(options.work, options.data, options.model)
    print(json.dumps(manifest["files"], indent=1))


def _kept(options: argparse.Namespace) -> None:
    question_set = kept_collections(options.part)
    gold = write_question_set(question_set, options.folder)
    print(f"{len(gold)} questions over {len(question_set.documents)} documents")


def _restore(options: argparse.Namespace) -> None:
    manifest = restore(options.compressed, options.model)
    print(json.dumps(manifest["files"], indent=1))


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(arguments)
    command = {
        "train": _train,
        "export": _export,
        "compress": _compress,
        "restore": _restore,
        "measure": _measure,
        "kept": _kept,
    }[options.command]
    try:
        command(options)
    except (
        DeltaError,
        EvalError,
        ExportError,
        MeanError,
        ReaderError,
        ShippedError,
        SourceError,
        StartError,
        TrainingError,
    ) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
