import json
from dataclasses import replace
from typing import Any

import pytest

from eval.compare import CompareError, Verdict, compare, comparison_to_json
from eval.gold import Kind
from eval.run import run_gold


def many(world: Any, count: int) -> list[Any]:
    """The same answerable question under many ids, and one that nothing answers."""
    gold = [replace(world.gold[0], id=f"q{number}") for number in range(count)]
    return [*gold, world.gold[-1]]


def run_with(world: Any, gold: list[Any], wrong: int, name: str = "fake") -> Any:
    system = world.system(name)
    for place, item in enumerate(gold[:-1]):
        system.replies[item.id] = world.refused() if place < wrong else world.perfect["fall"]
    return run_gold(system, gold)


def overall(comparison: Any, name: str) -> Any:
    return next(
        item for item in comparison.differences if item.measure.name == name and item.kind is None
    )


def test_a_run_against_itself_is_the_same_everywhere(world: Any) -> None:
    run = run_gold(world.system(), world.gold)
    comparison = compare(run, run)
    assert {item.verdict for item in comparison.differences} == {Verdict.SAME}
    assert comparison.changes == ()
    assert not comparison.trade


def test_one_question_of_thirty_is_noise_and_half_of_them_are_not(world: Any) -> None:
    gold = many(world, 30)
    best, slip, bad = (run_with(world, gold, wrong) for wrong in (0, 1, 15))
    assert overall(compare(best, slip), "answer right").verdict is Verdict.NOISE
    worse = overall(compare(best, bad), "answer right")
    assert worse.verdict is Verdict.WORSE
    assert worse.low < -0.5 < worse.high < 0.0
    assert overall(compare(bad, best), "answer right").verdict is Verdict.BETTER
    assert overall(compare(bad, best), "refusal precision").verdict is Verdict.BETTER


def test_lower_is_better_where_the_measure_says_so(world: Any) -> None:
    gold = many(world, 30)
    calm = run_with(world, gold, 0)
    sure = run_gold(
        world.system(
            **{item.id: replace(world.perfect["fall"], confidence=0.3) for item in gold[:-1]},
        ),
        gold,
    )
    assert overall(compare(calm, sure), "calibration error").verdict is Verdict.WORSE


def test_a_trade_of_one_measure_for_another_is_told(world: Any) -> None:
    gold = many(world, 30)
    accurate = run_with(world, gold, 15)
    slow = run_gold(
        world.system(
            **{item.id: replace(world.perfect["fall"], ask_ms=900.0) for item in gold[:-1]}
        ),
        gold,
    )
    assert compare(accurate, slow).trade


def test_questions_won_and_lost_are_listed(world: Any) -> None:
    before = run_gold(world.system(fall=world.refused()), world.gold)
    after = run_gold(world.system(cause=world.refused()), world.gold)
    record = comparison_to_json(compare(before, after))
    assert (record["won"], record["lost"]) == (["fall"], ["cause"])
    json.dumps(record, allow_nan=False)


def test_each_kind_is_compared_by_its_own_questions(world: Any) -> None:
    run = run_gold(world.system(), world.gold)
    kinds = {(item.kind, item.measure.name) for item in compare(run, run).differences}
    assert (Kind.CONFLICT, "parts cited") in kinds
    assert (Kind.UNANSWERABLE, "near-miss recall") in kinds
    assert (Kind.FACT, "refusal recall") not in kinds


def test_rows_are_paired_by_id_whatever_their_order(world: Any) -> None:
    run = run_gold(world.system(fall=world.refused()), world.gold)
    turned = run_gold(world.system(fall=world.refused()), world.gold[::-1])
    assert {item.verdict for item in compare(run, turned).differences} == {Verdict.SAME}


def test_runs_of_different_questions_are_not_compared(world: Any) -> None:
    run = run_gold(world.system(), world.gold)
    fewer = run_gold(world.system(), world.gold[1:])
    changed = run_gold(world.system(), [replace(world.gold[0], question="Else?"), *world.gold[1:]])
    for other in (fewer, changed):
        with pytest.raises(CompareError, match="1 questions differ between the runs, first 'fall'"):
            compare(run, other)
