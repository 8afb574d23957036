"""The measures: what each says, over which questions, and its value with an interval.

Which questions a measure counts is decided by the gold set alone, never by what came back: a
question that a system did not answer, found nothing for or failed on scores 0 and stays in.

What the words mean:

- An answer is *right* in a part when `normalise.is_right` holds for one of its accepted answers. A
  question with one part is judged by the answer as shown. With several parts, the distinct given
  answers are matched one to one with the parts, and the sum is divided by whichever are more, so
  that guesses cost as much as gaps.
- A citation *covers* the evidence as `spans.covers` defines it; a hit *finds* it as `spans.finds`
  defines it.
- The *claim* of a confidence is, when answered, that the answer is right (never so for a question
  that nothing answers) and, when not found, that there would have been an answer.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from eval.gold import GoldQuestion, Part
from eval.normalise import exact_match, is_right, normalise, stands_in, token_f1
from eval.reply import Outcome, Reply
from eval.significance import FloatArray, IndexArray, interval, mean_interval
from eval.spans import covers, finds, span_precision, span_recall
from eval.trec import SEARCH_MEASURES, search_scores

HIT_DEPTHS = (1, 3, 4, 5, 10)
CALIBRATION_BINS = 10
"""Equal bins of confidence: [0, 0.1), [0.1, 0.2), … [0.9, 1]."""

_SEARCH_COLUMNS = {
    *SEARCH_MEASURES,
    *(f"evidence-hit@{depth}" for depth in HIT_DEPTHS),
    "search ms",
}
_ANSWER_COLUMNS = {
    *("served well", "answered", "answer right", "exact match", "token F1", "right in citation"),
    *("first citation covers", "parts cited", "span precision", "span recall", "ask ms"),
    *("refused", "refusal recall", "near-miss recall", "far-miss recall", "confidence"),
}

Columns = dict[str, FloatArray]
"""Per-question values by name, each of shape (questions,); NaN where a question does not count."""


class Group(StrEnum):
    """What a measure looks at."""

    OVERALL = "overall"
    SEARCH = "search"
    ANSWERS = "answers"
    CITATIONS = "citations"
    REFUSAL = "refusal"
    CALIBRATION = "calibration"
    LATENCY = "latency"


@dataclass(frozen=True, slots=True)
class Measure:
    """A number over a set of questions; the mean of its column unless `compute` says otherwise."""

    name: str
    group: Group
    about: str
    """One sentence: what it says, over which questions."""
    higher_is_better: bool = True
    per_kind: bool = True
    """Whether it means something within one kind of questions."""
    compute: Callable[[Columns, IndexArray], FloatArray] | None = None
    """From row numbers, shape (lines, questions), to a value a line, shape (lines,)."""
    counts: str | None = None
    """The column that is not NaN for questions that count; the measure's own by default."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure's value over `count` questions, with the ends of its 95 % interval."""

    value: float
    low: float
    high: float
    count: int


def score(
    pairs: Sequence[tuple[GoldQuestion, Reply]], *, searches: bool = True, answers: bool = True
) -> Columns:
    """Return every per-question value; row i belongs to pair i.

    `searches` and `answers` say what the system as a whole gives: what it never gives is not held
    against it question by question but left out. So is a confidence that only some replies have.
    """
    search = search_scores(pairs)
    rows = [_score_one(question, reply, search) for question, reply in pairs]
    names = list(dict.fromkeys(itertools.chain.from_iterable(rows)))
    columns = {
        name: np.array([row.get(name, np.nan) for row in rows], dtype=np.float64) for name in names
    }
    if any(
        reply.confidence is None and reply.outcome is not Outcome.ERROR for _, reply in pairs
    ) or all(reply.confidence is None for _, reply in pairs):
        columns["confidence"] = np.full(len(rows), np.nan)
    unknown = (set() if searches else _SEARCH_COLUMNS) | (set() if answers else _ANSWER_COLUMNS)
    return {name: column for name, column in columns.items() if name not in unknown}


def evaluate(
    columns: Columns, rows: IndexArray, measures: Sequence[Measure] | None = None
) -> dict[str, Estimate]:
    """Return, by name in `MEASURES` order, each measure with questions to count among `rows`."""
    estimates = {}
    for measure in MEASURES if measures is None else measures:
        counted = counted_rows(measure, columns, rows)
        if len(counted):
            estimates[measure.name] = _estimate(measure, columns, counted)
    return estimates


def counted_rows(measure: Measure, columns: Columns, rows: IndexArray) -> IndexArray:
    """Return those of `rows` whose questions the measure counts."""
    column = columns.get(measure.counts or measure.name)
    if column is None:
        return rows[:0]
    return rows[~np.isnan(column[rows])]


def value_over(measure: Measure, columns: Columns, rows: IndexArray) -> float:
    """Return the measure over `rows`, shape (questions,), all of which it must count."""
    return float(values_over(measure, columns, rows[np.newaxis])[0])


def values_over(measure: Measure, columns: Columns, rows: IndexArray) -> FloatArray:
    """Return the measure over each line of `rows`, shape (lines, questions), as (lines,)."""
    if measure.compute is None:
        return np.asarray(columns[measure.name][rows].mean(axis=1))
    return measure.compute(columns, rows)


def _estimate(measure: Measure, columns: Columns, rows: IndexArray) -> Estimate:
    value = value_over(measure, columns, rows)
    if measure.compute is None:
        low, high = mean_interval(columns[measure.name][rows])
    else:
        low, high = interval(lambda lines: values_over(measure, columns, rows[lines]), len(rows))
    return Estimate(value, low, high, len(rows))


def _score_one(
    question: GoldQuestion, reply: Reply, search: dict[str, dict[str, float]]
) -> dict[str, float]:
    answered = reply.outcome is Outcome.ANSWERED
    refused = reply.outcome is Outcome.NOT_FOUND
    row = {
        "answerable": float(question.answerable),
        "answered-any": float(answered),
        "refused": float(refused),
        "errors": float(reply.outcome is Outcome.ERROR),
        "confidence": 0.0 if reply.confidence is None else reply.confidence,
    }
    right = 0.0
    if question.answerable:
        row |= search[question.id]
        row |= _search_row(question, reply)
        row |= _citation_row(question, reply)
        row["answered"] = float(answered)
        if all(part.answers for part in question.parts):
            row |= _answer_row(question, reply)
            right = row["answer right"]
        else:
            # Only the place was judged, so the place is what an answer can be right about.
            right = row["first citation covers"]
        row["served well"] = float(right == 1.0 and row["first citation covers"] == 1.0)
    else:
        row["refusal recall"] = row["served well"] = float(refused)
        row["near-miss recall" if question.near_miss else "far-miss recall"] = float(refused)
    row["claim"] = right if answered else float(refused and question.answerable)
    row["loss"] = 1.0 - right if answered else 1.0
    if reply.ask_ms is not None:
        row["ask ms"] = reply.ask_ms
    if reply.search_ms is not None:
        row["search ms"] = reply.search_ms
    return row


def _search_row(question: GoldQuestion, reply: Reply) -> dict[str, float]:
    return {
        f"evidence-hit@{depth}": float(
            any(finds(hit, part) for hit in reply.hits[:depth] for part in question.parts)
        )
        for depth in HIT_DEPTHS
    }


def _answer_row(question: GoldQuestion, reply: Reply) -> dict[str, float]:
    given = _given_answers(question, reply)
    quotes = [cited.quote or "" for cited in reply.citations[: len(question.parts)]]
    quoted = sum(
        any(stands_in(answer, quote) for answer in part.answers for quote in quotes)
        for part in question.parts
    )
    return {
        "answer right": _matched(given, question.parts, is_right),
        "exact match": _matched(given, question.parts, exact_match),
        "token F1": _matched(given, question.parts, token_f1),
        "right in citation": quoted / len(question.parts),
    }


def _citation_row(question: GoldQuestion, reply: Reply) -> dict[str, float]:
    citations, parts = reply.citations, question.parts
    cited_parts = sum(any(covers(cited, part) for cited in citations) for part in parts)
    return {
        "first citation covers": float(
            bool(citations) and any(covers(citations[0], part) for part in parts)
        ),
        "parts cited": cited_parts / len(parts),
        "span precision": span_precision(citations, parts),
        "span recall": span_recall(citations, parts),
    }


def _given_answers(question: GoldQuestion, reply: Reply) -> list[str]:
    if reply.answer is None:
        return []
    spans = [answer for cited in reply.citations for answer in cited.answers]
    if len(question.parts) == 1 or not spans:
        return [reply.answer]
    return list({normalise(span): span for span in reversed(spans)}.values())[::-1]


def _matched(
    given: Sequence[str], parts: Sequence[Part], match: Callable[[str, str], float]
) -> float:
    """Return the best one-to-one match of answers with parts, over the larger number of the two."""
    if not given:
        return 0.0
    scores = [
        [max(float(match(answer, accepted)) for accepted in part.answers) for part in parts]
        for answer in given
    ]
    return _best_assignment(scores) / max(len(given), len(parts))


def _best_assignment(scores: Sequence[Sequence[float]]) -> float:
    # Sets of used columns, row by row: exact, and a handful of parts keeps it small.
    best = {0: 0.0}
    for row in scores:
        after = dict(best)
        for used, total in best.items():
            for place, value in enumerate(row):
                if value > 0.0 and not used >> place & 1:
                    key = used | 1 << place
                    after[key] = max(after.get(key, 0.0), total + value)
        best = after
    return max(best.values())


def _refusal_precision(columns: Columns, rows: IndexArray) -> FloatArray:
    refused = columns["refused"][rows]
    rightly = (refused * (1.0 - columns["answerable"][rows])).sum(axis=1)
    return np.asarray(rightly / np.maximum(refused.sum(axis=1), 1.0))


def _refusal_f1(columns: Columns, rows: IndexArray) -> FloatArray:
    refused, unanswerable = columns["refused"][rows], 1.0 - columns["answerable"][rows]
    rightly = (refused * unanswerable).sum(axis=1)
    either = refused.sum(axis=1) + unanswerable.sum(axis=1)
    return np.asarray(2.0 * rightly / np.maximum(either, 1.0))


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of the reliability curve: what was claimed, what came true, how many questions."""

    low: float
    high: float
    confidence: float
    """The mean confidence; 0 for an empty bin."""
    share_true: float
    count: int


def reliability(columns: Columns, rows: IndexArray) -> list[Bin]:
    """Return the reliability curve over `rows`, empty bins included."""
    counts, claimed, came_true = (sums[0] for sums in _binned(columns, rows[np.newaxis]))
    at_least_one = np.maximum(counts, 1.0)
    return [
        Bin(
            place / CALIBRATION_BINS,
            (place + 1) / CALIBRATION_BINS,
            float(claimed[place] / at_least_one[place]),
            float(came_true[place] / at_least_one[place]),
            int(counts[place]),
        )
        for place in range(CALIBRATION_BINS)
    ]


def _binned(columns: Columns, rows: IndexArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return, per line and bin, how many questions, summed confidence and summed truth."""
    confidence, claim = columns["confidence"][rows], columns["claim"][rows]
    places = np.minimum((confidence * CALIBRATION_BINS).astype(np.intp), CALIBRATION_BINS - 1)
    counts, claimed, came_true = (
        _sums_by(places, weights, CALIBRATION_BINS)
        for weights in (np.ones_like(confidence), confidence, claim)
    )
    return counts, claimed, came_true


def _sums_by(places: IndexArray, weights: FloatArray, bins: int) -> FloatArray:
    """Return the weights summed by bin in each line: shape (lines, n) to (lines, bins)."""
    lines = len(places)
    flat = places + bins * np.arange(lines)[:, np.newaxis]
    sums = np.bincount(flat.ravel(), weights.ravel(), lines * bins)
    return sums.astype(np.float64).reshape(lines, bins)


def _calibration_error(columns: Columns, rows: IndexArray) -> FloatArray:
    _, claimed, came_true = _binned(columns, rows)
    return np.asarray(np.abs(claimed - came_true).sum(axis=1) / rows.shape[1])


def _brier(columns: Columns, rows: IndexArray) -> FloatArray:
    gaps = columns["confidence"][rows] - columns["claim"][rows]
    return np.asarray((gaps**2).mean(axis=1))


def risk_coverage(columns: Columns, rows: IndexArray) -> tuple[FloatArray, FloatArray]:
    """Return coverage and risk, both of shape (len(rows),), over all questions.

    Point n answers the n questions that the system is surest of; its risk is the share of them that
    it did not answer rightly. Answered questions come first, by falling confidence; those that it
    refused or failed on follow, each a loss, for no answer was given that could be right.
    Questions of equal confidence share their losses evenly, so their order means nothing.
    """
    coverage = np.arange(1, len(rows) + 1) / len(rows)
    return coverage, _risks(columns, rows[np.newaxis])[0]


def _risks(columns: Columns, rows: IndexArray) -> FloatArray:
    answered = columns["answered-any"] == 1.0
    surety = np.where(answered, 1.0 + columns["confidence"], 0.0)
    # Equal surety, equal group; the surest group is number 0.
    sureties, group_of_row = np.unique(-surety, return_inverse=True)
    groups = np.sort(group_of_row[rows], axis=1)
    losses = _sums_by(group_of_row[rows], columns["loss"][rows], len(sureties))
    sizes = _sums_by(groups, np.ones(groups.shape), len(sureties))
    shared = np.take_along_axis(losses / np.maximum(sizes, 1.0), groups, axis=1)
    return np.asarray(np.cumsum(shared, axis=1) / np.arange(1, rows.shape[1] + 1))


def _aurc(columns: Columns, rows: IndexArray) -> FloatArray:
    return np.asarray(_risks(columns, rows).mean(axis=1))


def _percentile(column: str, share: float) -> Callable[[Columns, IndexArray], FloatArray]:
    return lambda columns, rows: np.quantile(columns[column][rows], share, axis=1)


def _means(group: Group, *about: tuple[str, str]) -> list[Measure]:
    return [Measure(name, group, text) for name, text in about]


MEASURES: tuple[Measure, ...] = (
    Measure(
        "served well",
        Group.OVERALL,
        "All questions: answered rightly with the evidence cited first, or refused where nothing "
        "answers.",
    ),
    Measure(
        "errors",
        Group.OVERALL,
        "All questions: the system failed or said nothing; counted as wrong everywhere else.",
        higher_is_better=False,
    ),
    *(
        Measure(
            f"evidence-hit@{depth}",
            Group.SEARCH,
            f"Answerable questions: evidence of any part is among the first {depth} hits.",
        )
        for depth in HIT_DEPTHS
    ),
    *_means(
        Group.SEARCH,
        ("Recall@5", "Answerable questions: share of the parts found within the first 5."),
        ("Recall@10", "Answerable questions: share of the parts found within the first 10."),
        ("RR", "Answerable questions: 1 / rank of the first hit with evidence, 0 beyond rank 10."),
        (
            "nDCG@10",
            "Answerable questions: how early all parts are found; repetition earns nothing.",
        ),
    ),
    *_means(
        Group.ANSWERS,
        ("answered", "Answerable questions: an answer was given."),
        ("answer right", "Answerable questions: share of the parts answered rightly."),
        ("exact match", "Answerable questions: the same words as an accepted answer."),
        ("token F1", "Answerable questions: words shared with the nearest accepted answer."),
        (
            "right in citation",
            "Answerable questions: share of the parts of which an accepted answer stands in the "
            "first citations, as many as there are parts.",
        ),
    ),
    *_means(
        Group.CITATIONS,
        ("first citation covers", "Answerable questions: the first citation covers evidence."),
        ("parts cited", "Answerable questions: share of the parts that some citation covers."),
        ("span precision", "Answerable questions: share of the cited text that is evidence."),
        ("span recall", "Answerable questions: share of the evidence that is cited."),
    ),
    Measure(
        "refusal precision",
        Group.REFUSAL,
        "Of the questions refused, the share that nothing answers; 0 if none was refused.",
        per_kind=False,
        compute=_refusal_precision,
        counts="refused",
    ),
    Measure(
        "refusal recall", Group.REFUSAL, "Unanswerable questions: share refused.", per_kind=False
    ),
    Measure(
        "refusal F1",
        Group.REFUSAL,
        "All questions: harmonic mean of refusal precision and recall.",
        per_kind=False,
        compute=_refusal_f1,
        counts="refused",
    ),
    Measure(
        "near-miss recall",
        Group.REFUSAL,
        "Unanswerable questions that are near misses: share refused.",
    ),
    Measure("far-miss recall", Group.REFUSAL, "Other unanswerable questions: share refused."),
    Measure(
        "calibration error",
        Group.CALIBRATION,
        "All questions: expected gap between confidence and what came true, over ten equal bins "
        "of confidence. Resampling adds gaps of its own, so the interval leans high.",
        higher_is_better=False,
        per_kind=False,
        compute=_calibration_error,
        counts="confidence",
    ),
    Measure(
        "Brier score",
        Group.CALIBRATION,
        "All questions: mean squared gap between confidence and what came true.",
        higher_is_better=False,
        per_kind=False,
        compute=_brier,
        counts="confidence",
    ),
    Measure(
        "AURC",
        Group.CALIBRATION,
        "All questions: area under the risk–coverage curve, the mean risk over all coverages.",
        higher_is_better=False,
        per_kind=False,
        compute=_aurc,
        counts="confidence",
    ),
    *(
        Measure(
            f"{what} p{percent} ms",
            Group.LATENCY,
            f"All questions timed: {percent} % were done within so many milliseconds.",
            higher_is_better=False,
            compute=_percentile(f"{what} ms", percent / 100),
            counts=f"{what} ms",
        )
        for what in ("ask", "search")
        for percent in (50, 95)
    ),
)


def measure_named(name: str) -> Measure:
    """Return the measure of that name; raises KeyError listing the names."""
    for measure in MEASURES:
        if measure.name == name:
            return measure
    raise KeyError(f"no measure {name!r}; known are {', '.join(m.name for m in MEASURES)}")


def rows_where(mask: NDArray[np.bool_]) -> IndexArray:
    """Return the row numbers at which `mask`, shape (questions,), is true."""
    return np.flatnonzero(mask)
