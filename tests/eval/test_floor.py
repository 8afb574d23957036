import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.floor import FloorError, below_floor, read_floor, record_floor
from eval.reply import Outcome
from eval.run import run_gold


@pytest.fixture
def floor(world: Any, tmp_path: Path) -> dict[str, Any]:
    record_floor(run_gold(world.system(), world.gold), tmp_path / "floor.json")
    return read_floor(tmp_path / "floor.json")


def test_the_recorded_run_is_on_its_floor(world: Any, floor: dict[str, Any]) -> None:
    assert below_floor(run_gold(world.system(), world.gold), floor) == []


def test_a_fall_within_the_interval_is_let_pass(world: Any, floor: dict[str, Any]) -> None:
    # Five of five answered rightly reach, by Wilson, down to 0.57.
    slipped = run_gold(world.system(fall=world.refused()), world.gold)
    assert below_floor(slipped, floor, ["answer right", "first citation covers"]) == []


def test_a_fall_beyond_the_interval_is_named(world: Any, floor: dict[str, Any]) -> None:
    refused = {name: world.refused() for name in ("fall", "cause", "ferry")}
    lines = below_floor(run_gold(world.system(**refused), world.gold), floor)
    assert "answer right: 0.400, below 0.566, the low end of the recorded 1.000" in lines
    only = below_floor(run_gold(world.system(**refused), world.gold), floor, ["far-miss recall"])
    assert only == []


def test_errors_may_not_rise_above_theirs(world: Any, floor: dict[str, Any]) -> None:
    system = world.system()
    failed = {
        name: replace(world.refused(), outcome=Outcome.ERROR) for name in ("fall", "cost", "moon")
    }
    system.replies |= failed
    lines = below_floor(run_gold(system, world.gold), floor)
    assert any(line.startswith("errors: 0.429, above 0.354") for line in lines)


def test_latency_is_no_floor(floor: dict[str, Any]) -> None:
    assert not any(name.endswith(" ms") for name in floor["measures"])


def test_a_measure_that_is_gone_is_below_its_floor(world: Any, floor: dict[str, Any]) -> None:
    reply = replace(world.perfect["fall"], confidence=None)
    lines = below_floor(run_gold(world.system(fall=reply), world.gold), floor)
    assert any(line.startswith("calibration error: not measured") for line in lines)


def test_a_floor_of_other_questions_is_refused(world: Any, floor: dict[str, Any]) -> None:
    with pytest.raises(FloorError, match="recorded with other questions"):
        below_floor(run_gold(world.system(), world.gold[1:]), floor)
    with pytest.raises(FloorError, match="the floor has no accuracy; it has served well"):
        below_floor(run_gold(world.system(), world.gold), floor, ["accuracy"])


def test_a_file_that_is_no_floor_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "floor.json"
    path.write_text(json.dumps({"measures": {"accuracy": {"low": 0, "high": 1, "value": 1}}}))
    with pytest.raises(FloorError, match="not a floor"):
        read_floor(path)
