"""Plots as numbers: where each mark of a figure goes, for templates to draw as SVG.

Units are the figure's own, `WIDTH` × `HEIGHT`, y downwards. Every figure keeps its data beside its
marks, so that the page can give it as a table to whoever cannot see it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from eval.gold import Kind
from eval.measures import Columns, Estimate, measure_named, reliability, risk_coverage
from eval.run import Run
from eval.significance import FloatArray, IndexArray

WIDTH, HEIGHT = 440, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 44
MAX_POINTS = 200
"""A curve of more points is thinned: the eye sees no more, and the page stays small."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points, in the form of SVG's `points`."""

    name: str
    points: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A round mark; `label` says its numbers."""

    x: float
    y: float
    radius: float
    label: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot with two axes, and its data as a table."""

    name: str
    title: str
    summary: str
    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    curves: tuple[Curve, ...]
    dots: tuple[Dot, ...]
    diagonal: str | None
    """Where claim and truth agree, as `points`; None where there is no such line."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One value with its interval, from 0 to 1, in percent of the bar's length."""

    label: str
    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class BarGroup:
    """One measure over each kind of questions."""

    name: str
    about: str
    bars: tuple[Bar, ...]


BAR_MEASURES = ("served well", "evidence-hit@1", "answer right", "first citation covers")


def figures(run: Run) -> list[Figure]:
    """Return the figures that the run has numbers for: reliability, risk–coverage, latency."""
    every = np.arange(len(run.rows))
    drawn = []
    if "calibration error" in run.measures:
        drawn += [_reliability(run.columns), _risk_coverage(run.columns, run.measures["AURC"])]
    curves = [
        (what, np.sort(run.columns[f"{what} ms"][every]))
        for what in ("ask", "search")
        if f"{what} p50 ms" in run.measures
    ]
    if curves:
        drawn.append(_latency([(what, times[~np.isnan(times)]) for what, times in curves]))
    return drawn


def bar_groups(run: Run) -> list[BarGroup]:
    """Return the measures that are drawn per kind, kinds in the gold format's order."""
    groups = []
    for name in BAR_MEASURES:
        bars = [
            Bar(kind.value, estimate.value, estimate.low, estimate.high, estimate.count)
            for kind in Kind
            if (estimate := run.kinds.get(kind, {}).get(name)) is not None
        ]
        if bars:
            groups.append(BarGroup(name, measure_named(name).about, tuple(bars)))
    return groups


def _reliability(columns: Columns) -> Figure:
    bins = reliability(columns, np.arange(len(columns["claim"])))
    filled = [item for item in bins if item.count]
    most = max(item.count for item in filled)
    return Figure(
        name="reliability",
        title="Reliability",
        summary="What the system claimed against what came true, in ten equal bins of confidence. "
        "On the diagonal both agree; larger dots stand for more questions.",
        x_label="mean confidence",
        y_label="share that came true",
        x_ticks=_share_ticks(_x),
        y_ticks=_share_ticks(_y),
        curves=(),
        dots=tuple(
            Dot(
                _x(item.confidence),
                _y(item.share_true),
                round(4.0 + 8.0 * math.sqrt(item.count / most), 1),
                f"{item.count} questions claimed {item.confidence:.2f}, "
                f"{item.share_true:.2f} came true",
            )
            for item in filled
        ),
        diagonal=_points([0.0, 1.0], [0.0, 1.0]),
        columns=("confidence from", "to", "questions", "mean confidence", "came true"),
        rows=tuple(
            (
                f"{item.low:.1f}",
                f"{item.high:.1f}",
                str(item.count),
                f"{item.confidence:.3f}",
                f"{item.share_true:.3f}",
            )
            for item in filled
        ),
    )


def _risk_coverage(columns: Columns, area: Estimate) -> Figure:
    coverage, risk = risk_coverage(columns, np.arange(len(columns["claim"])))
    shown = _thinned(len(coverage))
    table = [
        (level, risk[max(0, math.ceil(level * len(risk)) - 1)])
        for level in (0.1, 0.25, 0.5, 0.75, 1.0)
    ]
    return Figure(
        name="risk",
        title="Risk and coverage",
        summary="Of the questions that the system is surest of, so many of all, the share that it "
        f"did not answer rightly. The area under the curve is {area.value:.3f}.",
        x_label="share of all questions answered",
        y_label="share of these not right",
        x_ticks=_share_ticks(_x),
        y_ticks=_share_ticks(_y),
        curves=(Curve("risk", _points(coverage[shown], risk[shown])),),
        dots=(),
        diagonal=None,
        columns=("coverage", "risk"),
        rows=tuple((f"{level:.0%}", f"{value:.3f}") for level, value in table),
    )


def _latency(curves: Sequence[tuple[str, FloatArray]]) -> Figure:
    longest = _round_up(max(float(times[-1]) for _, times in curves))
    drawn = []
    for what, times in curves:
        shares = np.arange(1, len(times) + 1) / len(times)
        shown = _thinned(len(times))
        drawn.append(Curve(what, _points(times[shown] / longest, shares[shown])))
    return Figure(
        name="latency",
        title="Latency",
        summary="The share of questions that were done within so many milliseconds, asked one "
        "after the other.",
        x_label="milliseconds",
        y_label="share of questions done",
        x_ticks=tuple(
            Tick(_x(share), f"{share * longest:g}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)
        ),
        y_ticks=_share_ticks(_y),
        curves=tuple(drawn),
        dots=(),
        diagonal=None,
        columns=("what", "p50 ms", "p95 ms", "longest ms"),
        rows=tuple(
            (
                what,
                f"{np.quantile(times, 0.5):.1f}",
                f"{np.quantile(times, 0.95):.1f}",
                f"{times[-1]:.1f}",
            )
            for what, times in curves
        ),
    )


def _x(share: float) -> float:
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _y(share: float) -> float:
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def _points(xs: Sequence[float] | FloatArray, ys: Sequence[float] | FloatArray) -> str:
    return " ".join(f"{_x(float(x))},{_y(float(y))}" for x, y in zip(xs, ys, strict=True))


def _share_ticks(place: Callable[[float], float]) -> tuple[Tick, ...]:
    return tuple(Tick(place(share), f"{share:g}") for share in (0.0, 0.25, 0.5, 0.75, 1.0))


def _thinned(count: int) -> IndexArray:
    return np.unique(np.linspace(0, count - 1, min(count, MAX_POINTS)).round().astype(np.intp))


def _round_up(value: float) -> float:
    """Return the next 1, 2 or 4 times a power of ten: a quarter of it is then a short number."""
    power = 10.0 ** math.floor(math.log10(max(value, 1e-3)))
    return next(step * power for step in (1, 2, 4, 10) if step * power >= value)
