"""Ingest in forked children that are killed: run by test_kill.py in a process of its own.

Arguments: a filled data directory to copy, a folder of reports, where to put the copies, then how
many kills at counted calls, and how many at moments by the clock. Prints one JSON object.
"""

import json
import os
import random
import runpy
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

import index
import index.check
import index.ingestion
from index.store import Store

# What touches files; analysis of words makes most of the calls and writes nothing.
COUNTED = {
    str(Path(index.__file__).with_name(f"{module}.py"))
    for module in ("catalogue", "dense", "ingestion", "lexical", "lock", "store", "vectors")
}
fakes = runpy.run_path(str(Path(__file__).with_name("conftest.py")))


def ingest(data_dir: Path, reports: Path) -> None:
    store = Store.open(data_dir, fakes["FakeEmbedder"]())
    index.ingestion.ingest(store, [reports])


def count_calls(limit: float) -> list[int]:
    """Count what those modules call from here on, builtins too; die at call number `limit`."""
    calls = [0]

    def on_event(frame: FrameType, event: str, argument: Any) -> None:
        ours = frame.f_code.co_filename in COUNTED
        if ours and event in ("call", "c_call", "c_return"):
            calls[0] += 1
            if calls[0] >= limit:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(on_event)
    return calls


def in_child(data_dir: Path, reports: Path, limit: float, report_to: Path | None = None) -> int:
    child = os.fork()
    if child == 0:
        calls = count_calls(limit)
        ingest(data_dir, reports)
        sys.setprofile(None)
        if report_to is not None:
            report_to.write_text(str(calls[0]), encoding="utf-8")
        os._exit(0)
    return child


def main() -> None:
    base, reports, target = (Path(argument) for argument in sys.argv[1:4])
    counted, timed = (int(argument) for argument in sys.argv[4:6])
    target.mkdir()
    fakes["fake_surroundings"](setattr, target)
    whole = target / "whole"
    shutil.copytree(base, whole)
    started = time.monotonic()
    os.waitpid(in_child(whole, reports, float("inf"), target / "calls"), 0)
    seconds = time.monotonic() - started
    calls = int((target / "calls").read_text(encoding="utf-8"))
    chance = random.Random(0)
    killed = []
    for number in range(counted + timed):
        data_dir = target / f"killed-{number}"
        shutil.copytree(base, data_dir)
        if number < counted:
            child = in_child(data_dir, reports, 1 + calls * number // counted)
        else:
            child = in_child(data_dir, reports, float("inf"))
            time.sleep(seconds * chance.random())
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed.append(os.WIFSIGNALED(status))
    sys.stdout.write(json.dumps({"calls": calls, "killed": killed}))


main()
