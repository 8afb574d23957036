import numpy as np
import pytest

from answer.features import FEATURES
from eval.gold import Evidence, GoldQuestion, Kind, Part
from training.judge import FOLDS, Asked, _folds, _threshold, fit, weigh


def made_up(count: int, seed: int) -> list[Asked]:
    """Questions whose right candidate has the highest first feature; every third has none."""
    random = np.random.default_rng(seed)
    asked = []
    for number in range(count):
        features = random.normal(size=(8, len(FEATURES)))
        right = np.zeros(8, dtype=bool)
        answerable = number % 3 != 0
        if answerable:
            right[number % 8] = True
            features[number % 8, 0] += 4
        part = Part(("x",), (Evidence("d", 0, 1),))
        question = GoldQuestion(
            id=str(number),
            kind=Kind.FACT if answerable else Kind.UNANSWERABLE,
            question="?",
            parts=(part,) if answerable else (),
            judged_by="a test",
        )
        asked.append(Asked(question, features, right, ()))
    return asked


def test_the_feature_that_tells_right_from_wrong_gets_the_weight() -> None:
    asked = made_up(60, seed=1)
    weights = weigh(asked).weights
    assert weights[0] == max(weights, key=abs)
    assert weights[0] > 0


def test_nothing_to_learn_from_is_an_error_that_says_so() -> None:
    asked = [each for each in made_up(30, seed=2) if not each.question.answerable]
    with pytest.raises(ValueError, match="gold and documents match"):
        fit(asked)


def test_the_threshold_is_the_middle_of_those_that_serve_as_many() -> None:
    asked = made_up(60, seed=5)
    right = np.array([each.question.answerable for each in asked])
    # Whoever is right is likely by 0.8, whoever is not by 0.2: all thresholds between serve all.
    threshold = _threshold(asked, right, np.where(right, 0.8, 0.2))
    assert threshold == pytest.approx(0.5, abs=0.011)


def test_a_question_asked_over_two_collections_is_held_out_of_both() -> None:
    alone, among = made_up(23, seed=6), made_up(23, seed=7)
    folds = _folds([*alone, *reversed(among)])
    assert list(folds[:23]) == list(folds[23:][::-1])
    assert set(folds) == set(range(FOLDS))
