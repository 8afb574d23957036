"""Fit the judge: how features weigh, and how sure an answer is. `python -m training.judge --help`.

Only development questions may be given: what is fitted on a question cannot be measured on it. The
candidates of one question compete with each other and with "nothing answers" in a conditional logit
(McFadden 1974), so one set of weights orders the evidence and tells refusals apart. Another set,
fitted alike to what a glance at whole passages shows, chooses what the reader looks at. Logistic
regressions on the best candidate's score and its lead then give the probabilities that its answer
is right and that there is a right one at all (Platt 1999); their quality is measured by
cross-validation over questions.
"""

import argparse
import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression, minimize
from tqdm import tqdm

from answer.answer import Turn
from answer.compose import JUDGE_FILE, MODEL_DIRECTORY, Answerer, Judged, best_and_runner_up
from answer.features import FEATURES
from answer.judge import Judge, logistic
from answer.reader import Reader
from eval.gold import GoldQuestion, read_gold
from eval.normalise import is_right
from eval.reply import Cited
from eval.spans import covers
from index.embed import DEFAULT_MODEL, Embedder
from index.ingestion import ingest
from index.snapshot import Snapshot
from index.store import Store
from ingest.load import Limits

# Strength of the pull towards 0 on weights of standardised features, chosen by cross-validation.
PENALTY = 0.05
CALIBRATION_PENALTY = 0.01
FOLDS = 10

_SAME = 1e-9
_NOTHING = (0.0,) * len(FEATURES)
# Decides nothing while features are collected.
UNFITTED = Judge(_NOTHING, 0.0, (1.0, 0.0, 0.0), (1.0, 0.0, 0.0), 0.0, _NOTHING)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A gold question with its candidates' features, of shape (candidates, len(FEATURES))."""

    question: GoldQuestion
    glanced: Floats
    """The features before any candidate was looked at; those of a look are the same for all."""
    features: Floats
    right: NDArray[np.bool_]
    """Which candidates cover a piece of evidence; none does for an unanswerable question."""
    said: NDArray[np.bool_]
    """Which give a right short answer, wherever they stand; if only places were judged, `right`."""
    judged: tuple[Judged, ...]


def main() -> None:
    """Fit a judge on gold sets over folders of documents; write it beside the (second) reader."""
    parser = argparse.ArgumentParser(prog="python -m training.judge", description=__doc__)
    parser.add_argument(
        "pairs",
        nargs="+",
        metavar="DOCUMENTS=GOLD",
        help="a folder of documents and the development questions about it",
    )
    parser.add_argument("--model", type=Path, default=MODEL_DIRECTORY, help="the reader's folder")
    parser.add_argument(
        "--second", type=Path, help="the second reader's folder, which then gets the judge"
    )
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    reader = Reader.load(options.model, threads=options.threads)
    second = Reader.load(options.second, threads=options.threads) if options.second else None
    with contextlib.ExitStack() as opened:
        collections = [
            (opened.enter_context(_ingested(Path(documents))), read_gold(Path(gold)))
            for documents, _, gold in (pair.partition("=") for pair in options.pairs)
        ]
        # What will be looked at follows from the glances, so those are weighed first.
        glanced = collect(Answerer(reader, UNFITTED, second), collections)
        promise = promise_of(glanced)
        by_promise = replace(UNFITTED, weights=promise, promise=promise)
        asked = collect(Answerer(reader, by_promise, second), collections)
    judge = fit(asked)
    judge.save((options.second or options.model) / JUDGE_FILE)
    print(describe(asked, judge))  # noqa: T201  what this command is for


@contextlib.contextmanager
def _ingested(documents: Path) -> Iterator[Snapshot]:
    with (
        tempfile.TemporaryDirectory() as directory,
        contextlib.closing(Store.open(Path(directory), Embedder.load(DEFAULT_MODEL))) as store,
    ):
        ingest(store, [str(documents)], limits=Limits())
        with store.snapshot() as snapshot:
            yield snapshot


def collect(
    answerer: Answerer, collections: Sequence[tuple[Snapshot, Sequence[GoldQuestion]]]
) -> list[Asked]:
    """Return each collection's gold questions with the candidates that search gives them."""
    asked = []
    for number, (snapshot, gold) in enumerate(collections, 1):
        title = f"collection {number} of {len(collections)}"
        for question in tqdm(gold, desc=title, unit="question", disable=None):
            earlier: list[Turn] = []
            for turn in question.turns:
                answer = answerer.ask(snapshot, turn, earlier=earlier)
                earlier.append(Turn(turn, answer.interpreted_question, answer.answer))
            read = answerer.consider(snapshot, question.question, earlier=earlier)
            asked.append(_asked(question, read.judged))
    return asked


def _asked(question: GoldQuestion, judged: Sequence[Judged]) -> Asked:
    return Asked(
        question,
        np.array([each.glanced for each in judged], dtype=float).reshape(-1, len(FEATURES)),
        np.array([each.features for each in judged], dtype=float).reshape(-1, len(FEATURES)),
        np.array([is_evidence(each, question) for each in judged], dtype=bool),
        np.array([says_right(each, question) for each in judged], dtype=bool),
        tuple(judged),
    )


def is_evidence(judged: Judged, question: GoldQuestion) -> bool:
    """Whether a citation of this sentence would cover the evidence of a part of `question`."""
    candidate = judged.candidate
    cited = Cited(
        candidate.hit.document.id,
        candidate.start,
        candidate.end,
        candidate.text,
        judged.answer_text,
    )
    return any(covers(cited, part) for part in question.parts)


def says_right(judged: Judged, question: GoldQuestion) -> bool:
    """Whether the answer in this sentence is right in a part of `question`."""
    if not all(part.answers for part in question.parts):
        return is_evidence(judged, question)
    return any(
        is_right(judged.answer_text, accepted)
        for part in question.parts
        for accepted in part.answers
    )


def fit(asked: Sequence[Asked]) -> Judge:
    """Return the judge that fits the questions best; deterministic.

    Raises ValueError if no question has a right candidate, since then there is nothing to learn.
    """
    if not any(each.right.any() for each in asked):
        raise ValueError("no candidate covers gold evidence; check that gold and documents match")
    scores, right, said = _held_out(asked, _folds(asked))
    calibration = slope, of_lead, bias = _calibrate(scores, said)
    probabilities = np.array(
        [logistic(slope * best + of_lead * lead + bias) for best, lead in scores]
    )
    return replace(
        weigh(asked),
        calibration=calibration,
        refusal_calibration=_calibrate(scores, _answerable(asked)),
        threshold=_threshold(asked, right, probabilities),
        promise=promise_of(asked),
        curve=_risk_and_coverage(said, probabilities),
    )


def promise_of(asked: Sequence[Asked]) -> tuple[float, ...]:
    """Return the weights of what is known of a candidate before the reader looks at it."""
    return weigh([replace(each, features=each.glanced) for each in asked]).weights


def weigh(asked: Sequence[Asked]) -> Judge:
    """Return a judge with weights only: candidates and "nothing" (logit 0) compete per question."""
    stacked = np.concatenate([each.features for each in asked])
    mean, spread = stacked.mean(axis=0), stacked.std(axis=0)
    spread[spread < _SAME] = 1.0  # the mean of equal numbers may be off by a rounding
    inputs = [(each.features - mean) / spread for each in asked]

    def loss(parameters: Floats) -> tuple[float, Floats]:
        weights, bias = parameters[:-1], parameters[-1]
        total, gradient = 0.0, np.zeros_like(parameters)
        for each, features in zip(asked, inputs, strict=True):
            logits = np.append(features @ weights + bias, 0.0)
            wanted = np.append(each.right, not each.right.any())
            every, some = _log_sum(logits), _log_sum(logits[wanted])
            total += every - some
            shares = np.exp(logits - every)
            shares[wanted] -= np.exp(logits[wanted] - some)
            gradient[:-1] += shares[:-1] @ features
            gradient[-1] += shares[:-1].sum()
        count = len(asked)
        penalty = PENALTY * float(weights @ weights) / 2
        gradient = gradient / count
        gradient[:-1] += PENALTY * weights
        return total / count + penalty, gradient

    found = minimize(loss, np.zeros(len(FEATURES) + 1), jac=True, method="L-BFGS-B").x
    weights = found[:-1] / spread
    return replace(
        UNFITTED,
        weights=tuple(round(float(weight), 5) for weight in weights),
        bias=round(float(found[-1] - mean @ weights), 5),
    )


def _log_sum(logits: Floats) -> float:
    highest = float(logits.max())
    return highest + float(np.log(np.exp(logits - highest).sum()))


def _answerable(asked: Sequence[Asked]) -> NDArray[np.bool_]:
    return np.array([each.question.answerable for each in asked])


def _held_out(
    asked: Sequence[Asked], folds: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return each question's (best score, lead) by a judge fitted on other folds.

    With them, whether that best candidate is evidence and whether its answer is right.
    """
    scores = np.zeros((len(asked), 2))
    right = np.zeros(len(asked), dtype=bool)
    said = np.zeros(len(asked), dtype=bool)
    for fold in range(FOLDS):
        judge = weigh([each for each, of in zip(asked, folds, strict=True) if of != fold])
        for number in np.flatnonzero(folds == fold).tolist():
            scores[number], right[number], said[number] = _outcome(asked[number], judge)
    return scores, right, said


def _folds(asked: Sequence[Asked]) -> NDArray[np.int64]:
    """Return the fold of each question: the same wherever it is asked over several collections."""
    numbers: dict[str, int] = {}
    for each in asked:
        numbers.setdefault(each.question.id, len(numbers))
    return np.array([numbers[each.question.id] % FOLDS for each in asked])


def _outcome(each: Asked, judge: Judge) -> tuple[tuple[float, float], bool, bool]:
    if not each.judged:
        return (-10.0, 0.0), False, False
    rescored = [replace(judged, score=judge.score(judged.features)) for judged in each.judged]
    order = sorted(range(len(rescored)), key=lambda number: -rescored[number].score)
    best, runner_up = best_and_runner_up([rescored[number] for number in order])
    return (best, best - runner_up), bool(each.right[order[0]]), bool(each.said[order[0]])


def _calibrate(scores: Floats, right: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return slope, slope of the lead and bias of a logistic regression of `right`."""
    inputs = np.column_stack([scores, np.ones(len(scores))])

    def loss(parameters: Floats) -> float:
        logits = inputs @ parameters
        missed = np.where(right, np.logaddexp(0, -logits), np.logaddexp(0, logits)).mean()
        return float(missed + CALIBRATION_PENALTY * parameters[:-1] @ parameters[:-1] / 2)

    found = minimize(loss, np.array([1.0, 0.0, 0.0]), method="L-BFGS-B").x
    slope, of_lead, bias = (round(float(number), 5) for number in found)
    return slope, of_lead, bias


def brier_scores(
    scores: Floats, right: NDArray[np.bool_], folds: NDArray[np.int64]
) -> tuple[float, float]:
    """Return the cross-validated Brier scores of Platt's calibration and of isotonic regression.

    Isotonic regression sees the best score alone (Zadrozny and Elkan 2002); lower is better.
    """
    logistic_given, isotonic_given = np.zeros(len(right)), np.zeros(len(right))
    for fold in range(FOLDS):
        held = folds == fold
        calibration = _calibrate(scores[~held], right[~held])
        inputs = np.column_stack([scores[held], np.ones(held.sum())])
        logistic_given[held] = 1 / (1 + np.exp(-(inputs @ calibration)))
        order = np.argsort(scores[~held, 0], kind="stable")
        steps = isotonic_regression(right[~held][order].astype(float)).x
        isotonic_given[held] = np.interp(scores[held, 0], scores[~held, 0][order], steps)
    return (
        float(np.mean((logistic_given - right) ** 2)),
        float(np.mean((isotonic_given - right) ** 2)),
    )


def _threshold(asked: Sequence[Asked], right: NDArray[np.bool_], probabilities: Floats) -> float:
    """Return the middle of the thresholds around the one that serves most questions.

    A question is served by an answer with its evidence, or by a refusal if nothing answers it. Over
    a few hundred questions the very best threshold is chance: those count as equals that serve as
    many to within one standard error, for which a question asked over two collections is one.
    """
    answerable = _answerable(asked)

    def served(threshold: float) -> float:
        refused = probabilities < threshold
        return float(np.where(answerable, right & ~refused, refused).mean())

    by_step = {step / 100: served(step / 100) for step in range(5, 96)}
    low = high = max(by_step, key=lambda step: by_step[step])
    best = by_step[low]
    questions = len({each.question.id for each in asked})
    enough = best - (best * (1 - best) / questions) ** 0.5
    while by_step.get(round(low - 0.01, 2), 0.0) >= enough:
        low = round(low - 0.01, 2)
    while by_step.get(round(high + 0.01, 2), 0.0) >= enough:
        high = round(high + 0.01, 2)
    return round((low + high) / 2, 2)


def _risk_and_coverage(
    said: NDArray[np.bool_], probabilities: Floats
) -> tuple[tuple[float, float, float], ...]:
    """Return (threshold, risk, coverage) for each threshold at which some question is answered."""
    points = []
    for step in range(0, 100):
        shown = probabilities >= step / 100
        if shown.any():
            risk = float((~said[shown]).mean())
            points.append((step / 100, round(risk, 4), round(float(shown.mean()), 4)))
    return tuple(points)


def describe(asked: Sequence[Asked], judge: Judge) -> str:
    """Return what cross-validation says of a judge fitted this way, and its weights."""
    folds = _folds(asked)
    scores, right, said = _held_out(asked, folds)
    answerable = _answerable(asked)
    confident = np.array(
        [judge.confidence(best, best - lead) >= judge.threshold for best, lead in scores]
    )
    reachable = np.array([each.right.any() for each in asked])
    looked = np.array(
        [(each.right & (each.features != each.glanced).any(axis=1)).any() for each in asked]
    )
    lines = [
        f"questions {len(asked)}, answerable {answerable.sum()}, "
        f"evidence among the candidates {reachable[answerable].mean():.3f}, "
        f"among those looked at {looked[answerable].mean():.3f}",
        f"cross-validated: evidence first {right[answerable].mean():.3f}, "
        f"answered among answerable {confident[answerable].mean():.3f}, "
        f"refused among unanswerable {(~confident)[~answerable].mean():.3f}",
        f"answer right {said[answerable].mean():.3f}",
        *(
            "cross-validated Brier score of {}: {:.4f} by Platt, {:.4f} by isotonic "
            "regression".format(name, *brier_scores(scores, truth, folds))
            for name, truth in (
                ("evidence first", right),
                ("answer right", said),
                ("answerable", answerable),
            )
        ),
        f"threshold {judge.threshold}",
    ]
    lines.append("  weight  promise")
    lines += [
        f"{weight:8.3f} {promise:8.3f}  {name}"
        for name, weight, promise in zip(FEATURES, judge.weights, judge.promise, strict=True)
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
