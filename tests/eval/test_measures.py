import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from eval.gold import Kind
from eval.measures import (
    CALIBRATION_BINS,
    MEASURES,
    evaluate,
    measure_named,
    reliability,
    risk_coverage,
    score,
    value_over,
)
from eval.reply import Outcome, Reply


def scored(world: Any, **changes: Reply) -> dict[str, Any]:
    replies = world.perfect | changes
    return score([(question, replies[question.id]) for question in world.gold])


def values(world: Any, **changes: Reply) -> dict[str, float]:
    estimates = evaluate(scored(world, **changes), np.arange(len(world.gold)))
    return {name: estimate.value for name, estimate in estimates.items()}


def test_a_perfect_system_is_perfect_in_every_measure(world: Any) -> None:
    got = values(world)
    bounded = [
        measure
        for measure in MEASURES
        if measure.higher_is_better and measure.group.value != "latency"
    ]
    assert {measure.name: got[measure.name] for measure in bounded} == {
        measure.name: 1.0 for measure in bounded
    }
    assert got["errors"] == 0.0


def test_a_question_without_a_reply_counts_as_wrong_everywhere(world: Any) -> None:
    failed = Reply(Outcome.ERROR, error="down")
    got = values(world, fall=failed, cost=failed)
    assert got["errors"] == pytest.approx(2 / 7)
    for name in ("evidence-hit@1", "answer right", "first citation covers", "span recall"):
        assert got[name] == pytest.approx(4 / 5), name
    assert got["refusal recall"] == pytest.approx(1 / 2)
    assert got["near-miss recall"] == 0.0
    assert got["far-miss recall"] == 1.0


def test_search_counts_only_questions_that_have_evidence(world: Any) -> None:
    estimates = evaluate(scored(world), np.arange(7))
    assert estimates["nDCG@10"].count == 5
    assert estimates["refusal recall"].count == 2
    assert estimates["served well"].count == 7


def test_ranks_are_worked_out_by_hand(world: Any) -> None:
    say = world.sentences
    hits = tuple(world.found(text) for text in (say.rain, say.unhurt, say.fell_may))
    got = scored(world, fall=replace(world.perfect["fall"], hits=hits))
    assert got["RR"][0] == pytest.approx(1 / 3)
    assert got["nDCG@10"][0] == pytest.approx(1 / math.log2(4))
    assert [got[f"evidence-hit@{depth}"][0] for depth in (1, 3, 10)] == [0.0, 1.0, 1.0]


def test_recall_counts_parts_and_a_repeated_hit_adds_nothing(world: Any) -> None:
    say = world.sentences
    once = tuple(world.found(text) for text in (say.fell_may, say.fell_may, say.rain))
    got = scored(world, when=replace(world.perfect["when"], hits=once))
    when = [question.id for question in world.gold].index("when")
    assert got["Recall@10"][when] == pytest.approx(1 / 2)
    # Gain 1 at rank 1 only, of an ideal 1 + 1/log2(3).
    assert got["nDCG@10"][when] == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_one_value_of_a_conflict_is_half_right(world: Any) -> None:
    say = world.sentences
    half = world.answered("May", world.cited(say.fell_may, "May"))
    got = scored(world, when=half)
    when = [question.id for question in world.gold].index("when")
    assert got["answer right"][when] == 0.5
    assert got["parts cited"][when] == 0.5
    assert got["span recall"][when] == 0.5
    assert got["served well"][when] == 0.0


def test_guessing_many_answers_costs_as_much_as_gaps(world: Any) -> None:
    say = world.sentences
    guesses = world.answered(
        "several",
        *(
            world.cited(text, answer)
            for text, answer in (
                (say.fell_may, "May"),
                (say.fell_june, "June"),
                (say.rain, "Rain"),
                (say.unhurt, "Nobody"),
            )
        ),
    )
    got = scored(world, when=guesses)
    when = [question.id for question in world.gold].index("when")
    assert got["answer right"][when] == pytest.approx(2 / 4)


def test_an_answer_is_matched_to_one_part_only(world: Any) -> None:
    say = world.sentences
    both = world.answered("May", world.cited(say.fell_may, "May"), world.cited(say.rain, "in May"))
    # "May" and "in May" are both right for the first part; the second part stays unanswered.
    when = [question.id for question in world.gold].index("when")
    assert scored(world, when=both)["answer right"][when] == 0.5


def test_a_right_answer_with_the_wrong_citation_is_not_served_well(world: Any) -> None:
    say = world.sentences
    lucky = world.answered("May", world.cited(say.rain, "Rain"))
    got = scored(world, fall=lucky)
    assert got["answer right"][0] == 1.0
    assert got["right in citation"][0] == 0.0
    assert got["first citation covers"][0] == 0.0
    assert got["served well"][0] == 0.0


def test_refusal_agrees_with_scikit_learn(world: Any) -> None:
    say = world.sentences
    wrong = world.answered("May", world.cited(say.fell_may, "May"))
    got = values(world, fall=world.refused(), ferry=world.refused(), cost=wrong)
    # fall cause ferry when hurt cost moon
    should = [0, 0, 0, 0, 0, 1, 1]
    did = [1, 0, 1, 0, 0, 0, 1]
    precision, recall, f1, _ = precision_recall_fscore_support(should, did, average="binary")
    assert got["refusal precision"] == pytest.approx(precision)
    assert got["refusal recall"] == pytest.approx(recall)
    assert got["refusal F1"] == pytest.approx(f1)


def test_refusing_nothing_has_precision_zero(world: Any) -> None:
    wrong = world.answered("May", world.cited(world.sentences.fell_may, "May"))
    got = values(world, cost=wrong, moon=wrong)
    assert got["refusal precision"] == got["refusal recall"] == got["refusal F1"] == 0.0


def with_confidence(world: Any, *confidences: float) -> dict[str, Any]:
    return {
        question.id: replace(world.perfect[question.id], confidence=confidence)
        for question, confidence in zip(world.gold, confidences, strict=True)
    }


def test_calibration_error_is_worked_out_by_hand(world: Any) -> None:
    # Five right answers claim 0.95 (all true), two right refusals claim 0.25 (none true).
    changes = with_confidence(world, *[0.95] * 5, 0.25, 0.25)
    got = values(world, **changes)
    assert got["calibration error"] == pytest.approx(5 / 7 * 0.05 + 2 / 7 * 0.25)
    assert got["Brier score"] == pytest.approx(5 / 7 * 0.05**2 + 2 / 7 * 0.25**2)
    bins = reliability(scored(world, **changes), np.arange(7))
    assert [(item.count, item.share_true) for item in bins if item.count] == [(2, 0.0), (5, 1.0)]
    assert len(bins) == CALIBRATION_BINS


def test_full_confidence_falls_into_the_last_bin(world: Any) -> None:
    bins = reliability(scored(world, **with_confidence(world, *[1.0] * 7)), np.arange(7))
    assert bins[-1].count == 7


def test_refusing_an_answerable_question_makes_its_confidence_come_true(world: Any) -> None:
    # A refusal's confidence is that there would have been an answer, and there was one.
    claim = scored(world, fall=world.refused(0.3))["claim"]
    assert claim[0] == 1.0
    assert claim[5] == 0.0


def test_the_risk_coverage_curve_is_worked_out_by_hand(world: Any) -> None:
    say = world.sentences
    wrong = world.answered("June", world.cited(say.rain, "Rain"), confidence=0.8)
    changes = with_confidence(world, 0.99, 0.7, 0.6, 0.5, 0.4, 0.1, 0.1) | {"cause": wrong}
    coverage, risk = risk_coverage(scored(world, **changes), np.arange(7))
    # By confidence: right, wrong (0.8), right, right, right, then the two refusals.
    assert coverage == pytest.approx(np.arange(1, 8) / 7)
    assert risk == pytest.approx([0, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 2 / 6, 3 / 7])
    assert values(world, **changes)["AURC"] == pytest.approx(risk.mean())


def test_the_order_of_equally_confident_questions_means_nothing(world: Any) -> None:
    wrong = world.answered("June", world.cited(world.sentences.rain, "Rain"))
    columns = scored(world, cause=wrong)
    forward = risk_coverage(columns, np.arange(7))[1]
    backward = risk_coverage(columns, np.arange(7)[::-1])[1]
    assert forward == pytest.approx(backward)
    assert forward[:5] == pytest.approx([1 / 5] * 5)


def test_a_missing_confidence_leaves_calibration_out_for_the_whole_run(world: Any) -> None:
    got = values(world, fall=replace(world.perfect["fall"], confidence=None))
    assert not {"calibration error", "Brier score", "AURC"} & got.keys()
    assert "answer right" in got


def test_latency_counts_every_timed_question(world: Any) -> None:
    got = values(world, fall=replace(world.perfect["fall"], ask_ms=500.0))
    # 500, 20 × 4, 10 × 2.
    assert got["ask p50 ms"] == 20.0
    assert got["ask p95 ms"] == pytest.approx(np.quantile([500, 20, 20, 20, 20, 10, 10], 0.95))


def test_a_system_that_only_searches_is_measured_on_search_alone(world: Any) -> None:
    pairs = [(question, world.perfect[question.id]) for question in world.gold]
    got = evaluate(score(pairs, answers=False), np.arange(7))
    groups = {measure_named(name).group.value for name in got}
    assert groups == {"search", "latency", "overall"}
    assert "served well" not in got
    got = evaluate(score(pairs, searches=False), np.arange(7))
    assert "nDCG@10" not in got and "answer right" in got


def test_questions_with_judged_places_alone_are_not_scored_on_wording(world: Any) -> None:
    gold = list(world.gold)
    gold[0] = replace(gold[0], parts=(replace(gold[0].parts[0], answers=()),))
    columns = score([(question, world.perfect[question.id]) for question in gold])
    assert math.isnan(columns["exact match"][0])
    assert columns["served well"][0] == 1.0


def test_every_measure_says_over_which_questions(world: Any) -> None:
    for measure in MEASURES:
        assert "uestions" in measure.about and measure.about.endswith(".")
    assert len({measure.name for measure in MEASURES}) == len(MEASURES)


def test_an_unknown_measure_is_named_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match="no measure 'accuracy'; known are served well"):
        measure_named("accuracy")


def test_a_kind_is_measured_by_its_own_questions(world: Any) -> None:
    columns = scored(world)
    rows = np.array(
        [place for place, item in enumerate(world.gold) if item.kind is Kind.FACT], dtype=np.intp
    )
    assert value_over(measure_named("answer right"), columns, rows) == 1.0
    assert evaluate(columns, rows)["answer right"].count == 2
