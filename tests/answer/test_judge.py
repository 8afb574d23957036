import json
from dataclasses import replace
from pathlib import Path

import pytest

from answer.compose import MODEL_DIRECTORY
from answer.features import FEATURES
from answer.judge import Judge, JudgeError, logistic

CURVE = ((0.2, 0.4, 0.9), (0.5, 0.2, 0.6), (0.7, 0.25, 0.4), (0.9, 0.1, 0.2))
HALVES = tuple(0.5 for _ in FEATURES)
PROMISE = tuple(float(place) for place in range(len(FEATURES)))
JUDGE = Judge(HALVES, -1.0, (1.0, 0.5, 0.25), (0.5, -0.25, 1.0), 0.3, PROMISE, CURVE)


def test_a_score_is_bias_and_weighted_features() -> None:
    features = [2.0] + [0.0] * (len(FEATURES) - 1)
    assert JUDGE.score(features) == pytest.approx(-1.0 + 0.5 * 2.0)


def test_a_promise_is_features_by_its_own_weights() -> None:
    features = [0.0, 2.0, -1.0] + [0.0] * (len(FEATURES) - 3)
    assert JUDGE.promises(features) == pytest.approx(1 * 2.0 - 2 * 1.0)


def test_judges_that_look_at_other_candidates_differ() -> None:
    assert replace(JUDGE, promise=HALVES).fingerprint != JUDGE.fingerprint


def test_confidence_rises_with_the_score_and_with_the_lead() -> None:
    assert JUDGE.confidence(2.0, 1.0) == pytest.approx(logistic(2.0 + 0.5 * 1.0 + 0.25))
    assert JUDGE.confidence(2.0, 0.0) > JUDGE.confidence(2.0, 1.0) > JUDGE.confidence(1.0, 0.0)


def test_the_chance_that_there_is_an_answer_after_all_has_a_calibration_of_its_own() -> None:
    assert JUDGE.chance_after_all(-1.0, -2.0) == pytest.approx(logistic(-0.5 - 0.25 + 1.0))


def test_an_answer_is_never_likelier_to_be_right_than_to_be_there() -> None:
    assert JUDGE.confidence(9.0, 0.0) > logistic(0.5 * 9 - 0.25 * 9 + 1.0)
    assert JUDGE.chance_after_all(9.0, 0.0) == JUDGE.confidence(9.0, 0.0)


def test_the_logistic_function_holds_at_its_ends() -> None:
    assert logistic(-1000.0) == 0.0
    assert logistic(1000.0) == 1.0
    assert logistic(0.0) == 0.5


def test_a_saved_judge_comes_back_the_same(tmp_path: Path) -> None:
    JUDGE.save(tmp_path / "judge.json")
    loaded = Judge.load(tmp_path / "judge.json")
    assert loaded == JUDGE
    assert loaded.fingerprint == JUDGE.fingerprint


def test_a_judge_for_other_features_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "judge.json"
    JUDGE.save(path)
    stored = json.loads(path.read_text())
    stored["features"][0] = "phase_of_the_moon"
    path.write_text(json.dumps(stored))
    with pytest.raises(JudgeError, match=r"phase_of_the_moon.*python -m training\.judge"):
        Judge.load(path)


@pytest.mark.parametrize("part", ["weights", "promise"])
def test_a_judge_with_too_few_weights_is_refused(tmp_path: Path, part: str) -> None:
    path = tmp_path / "judge.json"
    JUDGE.save(path)
    stored = json.loads(path.read_text())
    stored[part].pop()
    path.write_text(json.dumps(stored))
    with pytest.raises(JudgeError, match=r"fit it again"):
        Judge.load(path)


@pytest.mark.parametrize("content", ["", "[]", '{"features": 3}'])
def test_an_unreadable_judge_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "judge.json").write_text(content)
    with pytest.raises(JudgeError, match="no readable judge"):
        Judge.load(tmp_path / "judge.json")


@pytest.mark.parametrize(("budget", "threshold"), [(0.5, 0.2), (0.2, 0.5), (0.15, 0.9)])
def test_an_error_budget_takes_the_lowest_threshold_that_keeps_to_it(
    budget: float, threshold: float
) -> None:
    within = JUDGE.within(budget)
    assert within.threshold == threshold
    assert within.fingerprint != JUDGE.fingerprint


def test_a_budget_that_no_threshold_keeps_to_is_refused_with_what_was_measured() -> None:
    with pytest.raises(JudgeError, match=r"0\.05 of those shown.*0\.10, reached where 20%"):
        JUDGE.within(0.05)


def test_the_shipped_judge_has_a_curve_whose_coverage_falls_as_the_threshold_rises() -> None:
    curve = Judge.load(MODEL_DIRECTORY / "judge.json").curve
    assert len(curve) > 10
    coverage = [covered for _, _, covered in curve]
    assert coverage == sorted(coverage, reverse=True)
    assert all(0 <= risk <= 1 for _, risk, _ in curve)
