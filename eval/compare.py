"""Compare two runs of one gold set, question by question: what differs, and what is noise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from eval.errors import EvalError
from eval.gold import GoldQuestion, Kind
from eval.measures import MEASURES, Columns, Group, Measure, counted_rows, value_over, values_over
from eval.run import Run, rows_of_kind
from eval.significance import IndexArray, difference, mean_difference

SIGNIFICANCE = 0.05
"""Chance, per comparison, of calling noise a difference."""


class CompareError(EvalError):
    """Two runs that cannot be compared; the message says why and what to do."""


class Verdict(StrEnum):
    """What the second run is against the first."""

    BETTER = "better"
    WORSE = "worse"
    NOISE = "noise"
    SAME = "same"
    """Every question scored alike: not even noise."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure over one kind of questions (None: all), second run against the first."""

    measure: Measure
    kind: Kind | None
    first: float
    second: float
    low: float
    high: float
    """Ends of the 95 % paired bootstrap interval of `second - first`."""
    p_value: float
    """Two-sided, by random exchange of the two runs' rows."""
    count: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Change:
    """A question that one run served well and the other did not."""

    question: GoldQuestion
    first: bool
    second: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side."""

    first: Run
    second: Run
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]
    """The questions won and lost, in the gold set's order."""

    @property
    def trade(self) -> bool:
        """Whether, over all questions, some measure got better and another worse."""
        overall = {item.verdict for item in self.differences if item.kind is None}
        return {Verdict.BETTER, Verdict.WORSE} <= overall

    def having(self, verdict: Verdict) -> list[Difference]:
        """Return the differences of that verdict: over all questions first, then by kind."""
        return [item for item in self.differences if item.verdict is verdict]

    @property
    def quiet(self) -> int:
        """How many of the differences are noise or none."""
        told = (Verdict.BETTER, Verdict.WORSE)
        return sum(item.verdict not in told for item in self.differences)


def compare(first: Run, second: Run) -> Comparison:
    """Return the comparison of two runs over the same questions; rows are paired by question id.

    Each verdict stands alone: among twenty comparisons of equal systems, one is called a difference
    by chance. Raises CompareError when the runs were made with different gold questions.
    """
    second_columns = _aligned(first, second)
    differences = list(
        _differences(first.columns, second_columns, None, np.arange(len(first.rows)))
    )
    for kind in Kind:
        rows = rows_of_kind(first.rows, kind)
        differences += _differences(first.columns, second_columns, kind, rows)
    return Comparison(first, second, tuple(differences), tuple(_changes(first, second_columns)))


def comparison_to_json(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison for a program."""
    return {
        "first": comparison.first.info.system.name,
        "second": comparison.second.info.system.name,
        "questions": comparison.first.info.questions,
        "significance": SIGNIFICANCE,
        "trade": comparison.trade,
        "differences": [
            {
                "measure": item.measure.name,
                "kind": item.kind.value if item.kind else None,
                "first": item.first,
                "second": item.second,
                "difference": item.second - item.first,
                "low": item.low,
                "high": item.high,
                "p_value": item.p_value,
                "count": item.count,
                "verdict": item.verdict.value,
            }
            for item in comparison.differences
        ],
        "won": [change.question.id for change in comparison.changes if change.second],
        "lost": [change.question.id for change in comparison.changes if change.first],
    }


def _aligned(first: Run, second: Run) -> Columns:
    """Return the second run's columns with its rows in the first run's order."""
    place_of_id = {row.question.id: place for place, row in enumerate(second.rows)}
    expected = {row.question.id: row.question for row in first.rows}
    different = sorted(
        question_id
        for question_id in expected.keys() | place_of_id.keys()
        if question_id not in expected
        or question_id not in place_of_id
        or second.rows[place_of_id[question_id]].question != expected[question_id]
    )
    if different:
        raise CompareError(
            f"{len(different)} questions differ between the runs, first {different[0]!r}; "
            "only runs of the same gold set can be compared, so run both on one file"
        )
    order = np.array([place_of_id[row.question.id] for row in first.rows], dtype=np.intp)
    return {name: column[order] for name, column in second.columns.items()}


def _differences(
    first: Columns, second: Columns, kind: Kind | None, rows: IndexArray
) -> Iterator[Difference]:
    for measure in MEASURES:
        if kind is not None and not measure.per_kind:
            continue
        counted = np.intersect1d(
            counted_rows(measure, first, rows), counted_rows(measure, second, rows)
        )
        if len(counted):
            yield _difference(measure, kind, first, second, counted)


def _difference(
    measure: Measure, kind: Kind | None, first: Columns, second: Columns, rows: IndexArray
) -> Difference:
    one, other = value_over(measure, first, rows), value_over(measure, second, rows)
    if _same(measure, first, second, rows):
        return Difference(measure, kind, one, other, 0.0, 0.0, 1.0, len(rows), Verdict.SAME)
    if measure.compute is None:
        (low, high), p_value = mean_difference(
            first[measure.name][rows], second[measure.name][rows]
        )
    else:
        both = {
            name: np.concatenate([first[name][rows], second[name][rows]])
            for name in first.keys() & second.keys()
        }
        (low, high), p_value = difference(
            lambda lines: values_over(measure, both, lines), len(rows)
        )
    # Both must agree: resampling alone overstates what is far from linear, calibration error above.
    if p_value >= SIGNIFICANCE or low < 0.0 < high:
        verdict = Verdict.NOISE
    else:
        verdict = Verdict.BETTER if (other > one) == measure.higher_is_better else Verdict.WORSE
    return Difference(measure, kind, one, other, low, high, p_value, len(rows), verdict)


def _same(measure: Measure, first: Columns, second: Columns, rows: IndexArray) -> bool:
    if measure.compute is None or measure.group is Group.LATENCY:
        names = [measure.counts or measure.name]
    else:
        names = [name for name in first.keys() & second.keys() if not name.endswith(" ms")]
    return all(
        np.array_equal(first[name][rows], second[name][rows], equal_nan=True) for name in names
    )


def _changes(first: Run, second_columns: Columns) -> Sequence[Change]:
    name = "served well"
    if name not in first.columns or name not in second_columns:
        return []
    before, after = first.columns[name] == 1.0, second_columns[name] == 1.0
    return [
        Change(row.question, bool(before[place]), bool(after[place]))
        for place, row in enumerate(first.rows)
        if before[place] != after[place]
    ]
