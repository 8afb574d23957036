"""Judge: from features to a probability, and from probabilities to an answer or a refusal."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from answer.features import FEATURES


class JudgeError(Exception):
    """The judge's file does not fit this version; the message says what was found, what to do."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Weights fitted on development questions only; see `python -m training.judge`.

    `weights` (one per name in FEATURES) and `bias` order the candidates of one question by how
    likely each is to be evidence; `promise` (as many) orders them before any has been looked at, to
    choose those that are. `calibration` (slope, slope of the margin to the best other
    answer, bias) turns the best candidate's score into the probability that its answer is right;
    below `threshold` the answer is a refusal, for which `refusal_calibration` (as many) gives the
    probability that the reports answer after all. `curve` says what other thresholds would do.
    """

    weights: tuple[float, ...]
    bias: float
    calibration: tuple[float, float, float]
    refusal_calibration: tuple[float, float, float]
    threshold: float
    promise: tuple[float, ...]
    curve: tuple[tuple[float, float, float], ...] = ()
    """Risk and coverage on development questions: (threshold, share of the shown answers that are
    wrong, share of the questions that get one), by rising threshold (El-Yaniv and Wiener 2010)."""

    @classmethod
    def load(cls, path: Path) -> "Judge":
        """Return the judge stored at `path`.

        Raises JudgeError if the file cannot be read or was fitted for other features.
        """
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            names = tuple(stored["features"])
            judge = cls(
                weights=tuple(stored["weights"]),
                bias=stored["bias"],
                calibration=tuple(stored["calibration"]),
                refusal_calibration=tuple(stored["refusal_calibration"]),
                threshold=stored["threshold"],
                promise=tuple(stored["promise"]),
                curve=tuple((t, risk, coverage) for t, risk, coverage in stored["curve"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise JudgeError(
                f"{path.name}: no readable judge ({type(error).__name__}); expected JSON with "
                "features, weights, bias, calibration, refusal_calibration, threshold, promise, "
                'curve; fit it with "python -m training.judge"'
            ) from error
        if names != FEATURES or not len(judge.weights) == len(judge.promise) == len(FEATURES):
            raise JudgeError(
                f"{path.name}: fitted for the features {', '.join(names)}; this version computes "
                f'{", ".join(FEATURES)}; fit it again with "python -m training.judge"'
            )
        return judge

    def save(self, path: Path) -> None:
        """Write the judge to `path`, features by name, so that the file can be read by a person."""
        stored = {"features": FEATURES, **asdict(self)}
        path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")

    @property
    def fingerprint(self) -> str:
        """A hash of everything that decides: two judges with one fingerprint decide alike."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:16]

    def within(self, error_budget: float) -> "Judge":
        """Return this judge with the lowest threshold that keeps to `error_budget`.

        That is the share of shown answers that may be wrong, 0 to 1, as the stored curve has it.
        Raises JudgeError if no threshold was that safe.
        """
        for threshold, risk, _ in self.curve:
            if risk <= error_budget:
                return replace(self, threshold=threshold)
        safest = min(self.curve, key=lambda point: point[1], default=None)
        lowest = (
            "the judge has no curve"
            if safest is None
            else f"the lowest share measured is {safest[1]:.2f}, reached where {safest[2]:.0%} of "
            "the questions get an answer"
        )
        raise JudgeError(
            f"no threshold keeps wrong answers to {error_budget:.2f} of those shown: {lowest}; "
            "allow that much, or fit the judge on more questions"
        )

    def score(self, features: Sequence[float]) -> float:
        """Return the logit that a candidate with `features` is evidence."""
        return self.bias + sum(w * f for w, f in zip(self.weights, features, strict=True))

    def promises(self, features: Sequence[float]) -> float:
        """Return how much a candidate with `features` promises before it is looked at."""
        return sum(w * f for w, f in zip(self.promise, features, strict=True))

    def confidence(self, best: float, runner_up: float) -> float:
        """Return the probability that the answer with score `best` is right, 0 to 1.

        `runner_up` is the best score of a candidate that gives another answer.
        """
        return _calibrated(self.calibration, best, runner_up)

    def chance_after_all(self, best: float, runner_up: float) -> float:
        """Return the probability that the reports answer, though nothing in them is shown, 0 to 1.

        Higher than that of the best answer: they may say it where the judge did not see it.
        Arguments are those of `confidence`.
        """
        return max(
            _calibrated(self.refusal_calibration, best, runner_up),
            self.confidence(best, runner_up),
        )


def _calibrated(by: tuple[float, float, float], best: float, runner_up: float) -> float:
    slope, margin_slope, bias = by
    return logistic(slope * best + margin_slope * (best - runner_up) + bias)


def logistic(logit: float) -> float:
    """Return 1 / (1 + e**-logit) without overflow."""
    if logit < 0:
        return math.exp(logit) / (1 + math.exp(logit))
    return 1 / (1 + math.exp(-logit))
