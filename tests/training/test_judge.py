from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from answer.candidates import candidates_of
from answer.compose import Judged
from answer.features import FEATURES
from answer.judge import Judge
from eval.gold import Evidence, GoldQuestion, Kind, Part
from index.search import DocumentInfo, Hit
from ingest.chunk import Passage
from training import judge
from training.judge import (
    FOLDS,
    Asked,
    _folds,
    _held_out,
    _threshold,
    fit,
    promise_of,
    says_right,
    weigh,
)

LOOKED_AT = [FEATURES.index("look_answerable"), FEATURES.index("look_span")]


def stating(answer: str) -> Judged:
    """A sentence that begins with the answer, which is the span that was found in it."""
    text = f"{answer} is where it was."
    info = DocumentInfo("d" * 64, "T", None, None, "en", None, None, (), len(text))
    hit = Hit(1, 1.0, Passage(info.id, 0, len(text), text), info, ())
    [candidate] = candidates_of([hit], lambda passage: (None, None))
    return Judged(candidate, (), (), 0.0, (0, len(answer)))


CANDIDATES = tuple(stating(f"Place {number}") for number in range(8))


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
        glanced = features.copy()
        glanced[:, LOOKED_AT] = -0.8
        judged = tuple(
            replace(each, features=tuple(row.tolist()))
            for each, row in zip(CANDIDATES, features, strict=True)
        )
        asked.append(Asked(question, glanced, features, right, right, judged))
    return asked


def test_the_feature_that_tells_right_from_wrong_gets_the_weight() -> None:
    asked = made_up(60, seed=1)
    weights = weigh(asked).weights
    assert weights[0] == max(weights, key=abs)
    assert weights[0] > 0


def test_a_promise_weighs_what_is_known_before_a_look() -> None:
    asked = made_up(60, seed=1)
    promise = promise_of(asked)
    assert promise[0] == max(promise, key=abs)
    assert [promise[place] for place in LOOKED_AT] == [0.0, 0.0]
    weights = weigh(asked).weights
    assert all(weights[place] != 0 for place in LOOKED_AT)


def test_an_answer_is_as_sure_as_it_is_often_right_and_a_refusal_as_it_is_often_wrong() -> None:
    asked = made_up(120, seed=3)
    # Of every other question the evidence is found, but the wrong words of it are given.
    asked = [
        replace(each, said=each.right if number % 2 else np.zeros(8, dtype=bool))
        for number, each in enumerate(asked)
    ]
    fitted = fit(asked)
    scores = [judge._outcome(each, fitted)[0] for each in asked]
    sure = [fitted.confidence(best, best - lead) for best, lead in scores]
    chance = [fitted.chance_after_all(best, best - lead) for best, lead in scores]
    assert np.mean(sure) == pytest.approx(1 / 3, abs=0.05)
    assert np.mean(chance) == pytest.approx(2 / 3, abs=0.05)


@pytest.mark.parametrize(
    ("answer", "accepted", "right"),
    [
        ("in Kabul", ("Kabul",), True),
        ("Herat", ("Kabul",), False),
        ("", (), True),
    ],
)
def test_an_answer_is_right_by_its_words_and_by_its_place_where_only_places_were_judged(
    answer: str, accepted: tuple[str, ...], right: bool
) -> None:
    judged = stating(answer)
    part = Part(accepted, (Evidence(judged.candidate.hit.document.id, 0, 5),))
    question = GoldQuestion("q", Kind.FACT, "Where?", (part,), "a test")
    assert says_right(judged, question) is right


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


def test_a_question_asked_over_two_collections_is_no_further_question_for_the_threshold() -> None:
    asked = made_up(90, seed=8)
    answerable = np.array([each.question.answerable for each in asked])
    probabilities = np.random.default_rng(8).uniform(size=90)
    once = _threshold(asked, answerable, probabilities)
    again = _threshold(
        [*asked, *asked], np.tile(answerable, 2), np.concatenate([probabilities, probabilities])
    )
    assert again == once


def test_what_is_scored_is_judged_without_its_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, fitted_on = made_up(23, seed=9), []

    def remember(given: Sequence[Asked]) -> Judge:
        fitted_on.append({each.question.id for each in given})
        return weigh(given)

    monkeypatch.setattr(judge, "weigh", remember)
    folds = _folds([*asked, *asked])
    _held_out([*asked, *asked], folds)
    ids = {each.question.id for each in asked}
    left_out = [ids - seen for seen in fitted_on]
    # Each fold is left out whole: every question by one judge, wherever it was asked.
    assert sorted(len(each) for each in left_out) == sorted(np.bincount(folds[:23]))
    assert set().union(*left_out) == ids


def test_a_question_asked_over_two_collections_is_held_out_of_both() -> None:
    alone, among = made_up(23, seed=6), made_up(23, seed=7)
    folds = _folds([*alone, *reversed(among)])
    assert list(folds[:23]) == list(folds[23:][::-1])
    assert set(folds) == set(range(FOLDS))
