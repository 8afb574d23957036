import numpy as np
import pytest

from answer.compose import Answerer
from answer.features import FEATURES
from eval.gold import Evidence, GoldQuestion, Kind, Part
from training import judge
from training.judge import Asked, collect_reports, fit, weigh
from training.sources import REPORTS, Paragraph, Question


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


def test_further_questions_weigh_and_do_not_calibrate() -> None:
    asked, further = made_up(40, seed=3), made_up(20, seed=4)
    alone, together = fit(asked), fit(asked, further)
    assert together.weights == weigh([*asked, *further]).weights != alone.weights


def test_reports_kept_from_training_are_asked_as_documents(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = (
        "The garrison of Velm was raided on 4 May 2021 by the Grey Front, whose leader Omar Selim "
        "said that the guns were needed in the north. At least eleven soldiers were killed."
    )
    start = text.index("Omar Selim")
    questions = (
        Question("1", "Who leads the Grey Front?", ((start, start + len("Omar Selim")),)),
        Question("2", "How many soldiers of Velm were wounded?", ()),
    )
    report = Paragraph(REPORTS, "a raid", text, questions)
    monkeypatch.setattr(judge, "read_reports", lambda: ([], [report]))
    answered, near_miss = collect_reports(Answerer.load(threads=1))
    assert [each.right.any() for each in (answered, near_miss)] == [True, False]
    assert answered.features.shape[1] == len(FEATURES)
