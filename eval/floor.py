"""The floor under the measures: recorded once, and never fallen below by more than noise.

A floor file is the recorded run's measures with their intervals, beside the gold set's hash. A run
is below the floor in a measure when its value is worse than the interval's far end: for 142
questions and a recorded share of 0.90, below about 0.85.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.errors import EvalError
from eval.measures import Group, measure_named
from eval.run import Run

# Left out: latency, which is the machine's as much as the code's.
FLOOR_GROUPS = tuple(group for group in Group if group is not Group.LATENCY)


class FloorError(EvalError):
    """A floor that cannot be used; the message names the file and what to do."""


def record_floor(run: Run, path: Path) -> None:
    """Write the run's measures, save latency, as the floor; the file appears whole or not."""
    floor = {
        "gold": run.info.gold,
        "gold_sha256": run.info.gold_sha256,
        "questions": run.info.questions,
        "date": run.info.date,
        "commit": run.info.commit,
        "measures": {
            name: {"value": estimate.value, "low": estimate.low, "high": estimate.high}
            for name, estimate in run.measures.items()
            if measure_named(name).group in FLOOR_GROUPS
        },
    }
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps(floor, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    os.replace(partial, path)


def read_floor(path: Path) -> dict[str, Any]:
    """Return a recorded floor; raises FloorError when the file is none."""
    try:
        floor = json.loads(path.read_text(encoding="utf-8"))
        for name, fields in floor["measures"].items():
            measure_named(name)
            float(fields["low"]), float(fields["high"]), float(fields["value"])
        str(floor["gold_sha256"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FloorError(
            f"{path}: not a floor ({error}); record one with `dossier eval floor RUN {path}`"
        ) from error
    return dict(floor)


def below_floor(run: Run, floor: dict[str, Any], names: Sequence[str] = ()) -> list[str]:
    """Return one line for each measure in which the run is below the floor; `names` selects some.

    A measure that the floor has and the run has not is below it. Raises FloorError when the floor
    was recorded with other questions, for then neither number says anything of the other.
    """
    if floor["gold_sha256"] != run.info.gold_sha256:
        raise FloorError(
            f"the floor was recorded with other questions ({floor.get('gold')}, "
            f"{floor.get('questions')}) than the run's ({run.info.gold}, {run.info.questions}); "
            "record the floor anew with `dossier eval floor`"
        )
    unknown = set(names) - floor["measures"].keys()
    if unknown:
        raise FloorError(
            f"the floor has no {', '.join(sorted(unknown))}; it has {', '.join(floor['measures'])}"
        )
    lines = []
    for name, fields in floor["measures"].items():
        if names and name not in names:
            continue
        estimate = run.measures.get(name)
        if estimate is None:
            lines.append(f"{name}: not measured; the floor is {fields['value']:.3f}")
        elif measure_named(name).higher_is_better and estimate.value < fields["low"]:
            lines.append(
                f"{name}: {estimate.value:.3f}, below {fields['low']:.3f}, the low end of the "
                f"recorded {fields['value']:.3f}"
            )
        elif not measure_named(name).higher_is_better and estimate.value > fields["high"]:
            lines.append(
                f"{name}: {estimate.value:.3f}, above {fields['high']:.3f}, the high end of the "
                f"recorded {fields['value']:.3f}"
            )
    return lines
