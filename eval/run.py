"""Run: a gold set put to a system, kept with everything that the numbers depend on.

A run is a folder:

- `run.json`: who was asked, with which settings, index, model and code, when and by which command;
  every measure with its interval, for all questions and for each kind.
- `rows.jsonl`: one row a question: what was expected, what came back, and its scores.
- `run.trec` and `qrels.txt`: the search in TREC's form.
"""

import hashlib
import json
import math
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from eval.errors import EvalError
from eval.gold import (
    GoldError,
    GoldQuestion,
    Kind,
    question_from_json,
    question_to_json,
)
from eval.measures import MEASURES, Columns, Estimate, evaluate, rows_where, score
from eval.reply import Reply, ReplyError, reply_from_json, reply_to_json
from eval.systems import System, SystemInfo, Text
from eval.trec import write_trec

FORMAT = 1
CONTEXT_CHARS = 160
"""How much of the text around a piece of evidence is kept to be read in the report."""
_HERE = Path(__file__).resolve().parent


class RunError(EvalError):
    """A run that cannot be written or read; the message names the path and what to do."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A stretch of a document with what stands around it."""

    before: str
    text: str
    after: str


@dataclass(frozen=True, slots=True)
class Row:
    """One question: what was expected and what came back."""

    question: GoldQuestion
    reply: Reply
    evidence: tuple[tuple[Quoted | None, ...], ...]
    """The texts of the parts' evidence, place by place; None where no document was at hand."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """Everything that the numbers of a run depend on."""

    system: SystemInfo
    gold: str
    """The gold file's name."""
    gold_sha256: str
    """Of the questions' content, so that a comment or a reordered key does not change it."""
    questions: int
    date: str
    """When it began: ISO 8601, UTC."""
    command: str
    commit: str | None
    """The code's commit, with "+changes" when files differed from it; None outside a checkout."""
    quotes_checked: int
    """Citations whose quote was compared with the document at hand."""
    quotes_wrong: int
    """Those of them that are not the document's text at the cited place."""
    documents: Mapping[str, str] = field(default_factory=dict)
    """Titles of the documents that rows mention, by id."""


@dataclass(frozen=True, slots=True)
class Run:
    """A scored run; `columns` has one value a row, in the order of `rows`."""

    info: RunInfo
    rows: tuple[Row, ...]
    columns: Columns
    measures: Mapping[str, Estimate]
    """Over all questions."""
    kinds: Mapping[Kind, Mapping[str, Estimate]]
    """Over the questions of each kind that the gold set has."""


def run_gold(
    system: System,
    gold: Sequence[GoldQuestion],
    *,
    gold_name: str = "gold",
    command: str = "",
    show_progress: bool = False,
) -> Run:
    """Return the run of a system over a gold set, in the gold set's order.

    Questions are asked one after the other, so times are those of a single client. The same system
    and gold set give the same run, save for timings and date. The progress bar goes to standard
    error and only to a terminal.
    """
    date, commit = datetime.now(UTC).isoformat(timespec="seconds"), code_commit()
    rows, titles = [], {}
    checked = wrong = 0
    for question in tqdm(gold, unit="question", disable=None if show_progress else True):
        reply = _with_quotes(system.reply(question), system)
        for citation in reply.citations:
            document = system.document(citation.document)
            if citation.quote is not None and document is not None:
                checked += 1
                wrong += document.text[citation.start : citation.end] != citation.quote
        for document_id in _mentioned(question, reply):
            if document_id not in titles and (document := system.document(document_id)):
                titles[document_id] = document.title
        evidence = tuple(
            tuple(
                _quoted(system.document(place.document), place.start, place.end)
                for place in part.evidence
            )
            for part in question.parts
        )
        rows.append(Row(question, reply, evidence))
    info = RunInfo(
        system=system.info,
        gold=gold_name,
        gold_sha256=gold_sha256(gold),
        questions=len(gold),
        date=date,
        command=command,
        commit=commit,
        quotes_checked=checked,
        quotes_wrong=wrong,
        documents=titles,
    )
    columns = _columns(info, rows)
    return Run(info, tuple(rows), columns, *_estimates(columns, rows))


def gold_sha256(gold: Iterable[GoldQuestion]) -> str:
    """Return the SHA-256 of the questions' content, in their order."""
    digest = hashlib.sha256()
    for question in gold:
        line = json.dumps(question_to_json(question), ensure_ascii=False, sort_keys=True)
        digest.update(line.encode("utf-8") + b"\n")
    return digest.hexdigest()


def write_run(run: Run, directory: Path) -> None:
    """Write the run's folder, whole or not at all.

    Raises RunError if `directory` exists: a run is a record and is never written over.
    """
    if directory.exists():
        raise RunError(f"{directory} exists; runs are never written over, so give a new --out")
    partial = directory.with_name(f"{directory.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        (partial / "run.json").write_text(
            json.dumps(summary(run), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
        with (partial / "rows.jsonl").open("w", encoding="utf-8") as file:
            for place, row in enumerate(run.rows):
                file.write(json.dumps(_row_to_json(run, place, row), ensure_ascii=False) + "\n")
        write_trec(
            partial, [(row.question, row.reply) for row in run.rows], tag=run.info.system.name
        )
        os.replace(partial, directory)
    except OSError as error:
        raise RunError(f"{directory}: cannot be written ({error.strerror})") from error


def read_run(directory: Path) -> Run:
    """Return a run from its folder, scored anew by this version's measures.

    Raises RunError naming the file and line.
    """
    info, measures, kinds = _read_summary(directory)
    rows = list(_read_rows(directory / "rows.jsonl"))
    if len(rows) != info.questions:
        raise RunError(
            f"{directory}: rows.jsonl has {len(rows)} questions, run.json says {info.questions}; "
            "the run is damaged, so make it again"
        )
    return Run(info, tuple(rows), _columns(info, rows), measures, kinds)


def read_info(directory: Path) -> tuple[RunInfo, Mapping[str, Estimate]]:
    """Return what `run.json` alone says: the run's description and its overall measures."""
    info, measures, _ = _read_summary(directory)
    return info, measures


def summary(run: Run) -> dict[str, Any]:
    """Return what `run.json` holds."""
    info, system = run.info, run.info.system
    return {
        "format": FORMAT,
        "system": {
            "name": system.name,
            "index_fingerprint": system.index_fingerprint,
            "model": system.model,
            "answerer_fingerprint": system.answerer_fingerprint,
            "searches": system.searches,
            "answers": system.answers,
            "settings": dict(system.settings),
        },
        "gold": info.gold,
        "gold_sha256": info.gold_sha256,
        "questions": info.questions,
        "date": info.date,
        "command": info.command,
        "commit": info.commit,
        "quotes_checked": info.quotes_checked,
        "quotes_wrong": info.quotes_wrong,
        "measures": _estimates_to_json(run.measures),
        "kinds": {kind.value: _estimates_to_json(of_kind) for kind, of_kind in run.kinds.items()},
        "documents": dict(info.documents),
    }


def rows_of_kind(rows: Sequence[Row], kind: Kind) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Return the numbers of the rows whose question is of that kind."""
    return rows_where(np.array([row.question.kind is kind for row in rows], dtype=np.bool_))


def _columns(info: RunInfo, rows: Sequence[Row]) -> Columns:
    return score(
        [(row.question, row.reply) for row in rows],
        searches=info.system.searches,
        answers=info.system.answers,
    )


def _estimates(
    columns: Columns, rows: Sequence[Row]
) -> tuple[dict[str, Estimate], dict[Kind, dict[str, Estimate]]]:
    per_kind = [measure for measure in MEASURES if measure.per_kind]
    kinds = {}
    for kind in Kind:
        of_kind = rows_of_kind(rows, kind)
        if len(of_kind):
            kinds[kind] = evaluate(columns, of_kind, per_kind)
    return evaluate(columns, np.arange(len(rows))), kinds


def _with_quotes(reply: Reply, system: System) -> Reply:
    """Return the reply with the quotes that a system leaves out cut from the documents at hand."""
    citations = []
    for citation in reply.citations:
        if citation.quote is None and (document := system.document(citation.document)):
            quote = document.text[citation.start : citation.end]
            citation = replace(citation, quote=quote or None)
        citations.append(citation)
    return replace(reply, citations=tuple(citations))


def _mentioned(question: GoldQuestion, reply: Reply) -> list[str]:
    documents = [place.document for part in question.parts for place in part.evidence]
    documents += [citation.document for citation in reply.citations]
    documents += [hit.document for hit in reply.hits]
    return list(dict.fromkeys(documents))


def _quoted(document: Text | None, start: int, end: int) -> Quoted | None:
    if document is None:
        return None
    text = document.text
    return Quoted(
        before=text[max(0, start - CONTEXT_CHARS) : start],
        text=text[start:end],
        after=text[end : end + CONTEXT_CHARS],
    )


def code_commit() -> str | None:
    """Return the code's commit, with "+changes" when files differ; None outside a checkout."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(_HERE), *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.strip()

    try:
        commit = git("rev-parse", "HEAD")
        changed = git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}+changes" if changed else commit


def _row_to_json(run: Run, place: int, row: Row) -> dict[str, Any]:
    scores = {
        measure.name: float(run.columns[measure.name][place])
        for measure in MEASURES
        if measure.name in run.columns
    }
    return {
        "id": row.question.id,
        "expected": question_to_json(row.question),
        "evidence": [
            [
                None
                if quoted is None
                else {"before": quoted.before, "text": quoted.text, "after": quoted.after}
                for quoted in places
            ]
            for places in row.evidence
        ],
        "got": reply_to_json(row.reply),
        "scores": {name: value for name, value in scores.items() if not math.isnan(value)},
    }


def _read_rows(path: Path) -> Iterable[Row]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise RunError(f"{path}: cannot be read ({error.strerror})") from error
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            record = json.loads(line)
            yield Row(
                question=question_from_json(record["expected"]),
                reply=reply_from_json(record["got"]),
                evidence=tuple(
                    tuple(None if quoted is None else Quoted(**quoted) for quoted in places)
                    for places in record["evidence"]
                ),
            )
        except (ValueError, KeyError, TypeError, GoldError, ReplyError) as error:
            raise RunError(
                f"{path}:{number}: not a row of a run ({error}); make the run again"
            ) from error


def _read_summary(
    directory: Path,
) -> tuple[RunInfo, dict[str, Estimate], dict[Kind, dict[str, Estimate]]]:
    path = directory / "run.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["format"] != FORMAT:
            raise RunError(
                f"{path}: format {record['format']}, this version reads {FORMAT}; "
                "make the run again"
            )
        info = RunInfo(
            system=SystemInfo(**record["system"]),
            **{
                key: record[key]
                for key in (
                    "gold",
                    "gold_sha256",
                    "questions",
                    "date",
                    "command",
                    "commit",
                    "quotes_checked",
                    "quotes_wrong",
                    "documents",
                )
            },
        )
        return (
            info,
            _estimates_from_json(record["measures"]),
            {
                Kind(kind): _estimates_from_json(of_kind)
                for kind, of_kind in record["kinds"].items()
            },
        )
    except OSError as error:
        raise RunError(f"{path}: cannot be read ({error.strerror}); a run is a folder") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{path}: not a run's description ({error}); make the run again") from error


def _estimates_to_json(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: asdict(estimate) for name, estimate in estimates.items()}


def _estimates_from_json(record: Mapping[str, Mapping[str, Any]]) -> dict[str, Estimate]:
    return {name: Estimate(**fields) for name, fields in record.items()}
