"""Pages that an evaluator reads: a run as one self-contained HTML file, and the list of runs."""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from eval import plots
from eval.compare import Comparison, Verdict
from eval.judgements import Judgement, Sheet
from eval.measures import MEASURES, Estimate, Group, Measure
from eval.reply import Cited, Found, Outcome
from eval.run import Row, Run, RunError, RunInfo, read_info
from eval.spans import covers, finds

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
MAX_QUESTIONS = 2000
"""Questions shown one by one; beyond, a page is too heavy to open, and rows.jsonl has them all."""
HIT_CHARS = 240
"""How much of a hit's text is shown."""


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run as a list shows it: its folder's name, its description and overall measures."""

    name: str
    info: RunInfo
    measures: Mapping[str, Estimate]


def list_runs(data_dir: Path) -> list[ListedRun]:
    """Return the runs under `data_dir`/runs, newest first; other folders are left out."""
    listed = []
    for path in sorted((data_dir / "runs").glob("*/run.json")):
        try:
            info, measures = read_info(path.parent)
        except RunError:
            continue
        listed.append(ListedRun(path.parent.name, info, measures))
    return sorted(listed, key=lambda run: (run.info.date, run.name), reverse=True)


def render_report(run: Run, change: Comparison | None = None) -> str:
    """Return the run's report: one page with plots and every question, needing nothing else.

    With the comparison in which the run comes second, the page begins with the measures that got
    better beside those that got worse.
    """
    well = run.columns.get("served well")
    marked = [None if well is None else bool(well[place] == 1.0) for place in range(len(run.rows))]
    return (
        _environment()
        .get_template("eval_report.html")
        .render(
            run=run,
            change=change,
            info=run.info,
            groups=[
                (
                    group,
                    [
                        item
                        for item in MEASURES
                        if item.group is group and item.name in run.measures
                    ],
                )
                for group in Group
            ],
            figures=plots.figures(run),
            bar_groups=plots.bar_groups(run),
            plot=plots,
            questions=[
                (row, mark) for row, mark in zip(run.rows, marked, strict=True) if mark is not True
            ][:MAX_QUESTIONS],
            questions_well=[
                (row, mark) for row, mark in zip(run.rows, marked, strict=True) if mark is True
            ][:MAX_QUESTIONS],
            failed=sum(mark is not True for mark in marked),
            max_questions=MAX_QUESTIONS,
        )
    )


def render_comparison(comparison: Comparison) -> str:
    """Return the comparison as one self-contained page, with every question that changed."""
    rows = {row.question.id: row for row in comparison.first.rows}
    others = {row.question.id: row for row in comparison.second.rows}
    overall = [item for item in comparison.differences if item.kind is None]
    return (
        _environment()
        .get_template("eval_comparison.html")
        .render(
            comparison=comparison,
            first=comparison.first.info,
            second=comparison.second.info,
            overall=overall,
            per_kind=[item for item in comparison.differences if item.kind is not None],
            better=[item for item in overall if item.verdict is Verdict.BETTER],
            worse=[item for item in overall if item.verdict is Verdict.WORSE],
            changes=[
                (change, rows[change.question.id], others[change.question.id])
                for change in comparison.changes[:MAX_QUESTIONS]
            ],
        )
    )


def render_judging(sheet: Sheet) -> str:
    """Return the page on which a person judges a sheet's replies; it names no system."""
    template = _environment().get_template("eval_judging.html")
    return template.render(sheet=sheet, judgements=list(Judgement))


def content_security_policy(page: str) -> str:
    """Return the policy under which exactly this page's own styles and scripts run, nothing else.

    For a server that sends a report: its usual policy allows no inline style.
    """
    sources = {kind: " ".join(_hashes(page, kind)) or "'none'" for kind in ("style", "script")}
    return (
        f"default-src 'none'; style-src {sources['style']}; script-src {sources['script']}; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def formatted(measure: Measure, value: float) -> str:
    """Return a measure's value as pages and terminal print it."""
    return f"{value:.1f}" if measure.group is Group.LATENCY else f"{value:.3f}"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "formatted": formatted,
        "covered": _covered,
        "found": _found,
        "around": _around,
        "verdicts": Verdict,
        "outcome_words": {
            Outcome.ANSWERED: "answered",
            Outcome.NOT_FOUND: "not found",
            Outcome.ERROR: "error",
        },
    }
    environment.filters["clipped"] = _clipped
    return environment


def _covered(cited: Cited, row: Row) -> list[int]:
    return _numbers(covers(cited, part) for part in row.question.parts)


def _found(hit: Found, row: Row) -> list[int]:
    return _numbers(finds(hit, part) for part in row.question.parts)


def _numbers(marks: Iterator[bool]) -> list[int]:
    """Return the numbers, from 1, of the parts for which the mark is true."""
    return [number for number, mark in enumerate(marks, start=1) if mark]


def _around(cited: Cited) -> tuple[str, str, str]:
    """Return the quote before, at and after its answer; all of it before where that is unknown."""
    quote = cited.quote or ""
    start = quote.find(cited.answer) if cited.answer else -1
    if start < 0:
        return quote, "", ""
    end = start + len(cited.answer or "")
    return quote[:start], quote[start:end], quote[end:]


def _clipped(text: str) -> str:
    return text if len(text) <= HIT_CHARS else f"{text[:HIT_CHARS]}…"


def _hashes(page: str, kind: str) -> list[str]:
    found = re.findall(rf"<{kind}[^>]*>(.*?)</{kind}>", page, re.DOTALL)
    return [
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in dict.fromkeys(found)
    ]
