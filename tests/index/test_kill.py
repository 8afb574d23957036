import json
import subprocess
import sys
from pathlib import Path

import pytest

from index.check import check
from index.embed import Embedder
from index.ingestion import ingest
from index.store import Store

COUNTED = 30
TIMED = 4


def seen(data_dir: Path, embedder: Embedder) -> tuple[str, list[object]]:
    """Return what a store shows, which must be all right."""
    store = Store.open(data_dir, embedder)
    try:
        assert check(store) == []
        with store.snapshot() as snapshot:
            found: list[object] = [*snapshot.search("winter attack", 20), *snapshot.documents()]
            return snapshot.fingerprint, found
    finally:
        store.close()


@pytest.mark.parametrize("kind", ["first", "later"])
def test_an_ingest_killed_at_any_moment_leaves_the_state_before_or_after_and_can_be_repeated(
    kind: str, tmp_path: Path, embedder: Embedder, reports: Path
) -> None:
    base = tmp_path / "base"
    store = Store.open(base, embedder)
    if kind == "later":
        ingest(store, [reports])
        # One file changed, one gone from its path to another, one new.
        (reports / "train.txt").write_text("The train\n\nThe train was late.", encoding="utf-8")
        (reports / "market.txt").write_bytes((reports / "governor.txt").read_bytes())
        (reports / "new.txt").write_text("A river attack in winter.", encoding="utf-8")
    store.close()
    before = seen(base, embedder)
    run = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).with_name("killed_ingest.py")),
            *(str(path) for path in (base, reports, tmp_path / "copies")),
            str(COUNTED),
            str(TIMED),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    killed = json.loads(run.stdout)["killed"]
    assert all(killed[:COUNTED])
    after = seen(tmp_path / "copies" / "whole", embedder)
    assert after != before
    states = []
    for number in range(COUNTED + TIMED):
        data_dir = tmp_path / "copies" / f"killed-{number}"
        state = seen(data_dir, embedder)
        assert state in (before, after), f"kill {number} left something between"
        states.append(state == after)
    # Both kinds of ending were met: the kills lay on both sides of the moment of publishing.
    assert any(states)
    assert not all(states)
    # One that fell while embedding, and one at random, go through when repeated.
    for number in (COUNTED // 2, COUNTED + TIMED - 1):
        data_dir = tmp_path / "copies" / f"killed-{number}"
        store = Store.open(data_dir, embedder)
        ingest(store, [reports])
        store.close()
        assert seen(data_dir, embedder) == after
