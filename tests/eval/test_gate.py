"""The gate: development questions are not served worse than was recorded, by more than noise.

Record anew, with a reason in the commit message, by `dossier eval GOLD --out RUN` and
`dossier eval floor RUN eval/gold/FLOOR.json`, over a data directory with just those documents.
"""

from contextlib import closing
from pathlib import Path

import pytest

from answer.compose import Answerer
from eval.floor import below_floor, read_floor
from eval.gold import read_gold
from eval.run import run_gold
from eval.systems import StoreSystem
from index.embed import Embedder
from index.ingestion import ingest
from index.store import Store

PROJECT = Path(__file__).parents[2]
GOLD = PROJECT / "eval" / "gold"


@pytest.mark.parametrize(
    ("documents", "name"), [("corpus", "samples"), ("../shared/corpus", "articles")]
)
def test_the_development_questions_stay_above_the_recorded_floor(
    documents: str, name: str, tmp_path: Path
) -> None:
    folder = PROJECT / documents
    if not folder.is_dir():
        pytest.skip(f"{documents} is not here: the articles are not part of the project")
    with closing(Store.open(tmp_path / "data", Embedder.load())) as store:
        ingest(store, [folder])
        with store.snapshot() as snapshot:
            system = StoreSystem(snapshot, Answerer.load())
            run = run_gold(system, read_gold(GOLD / f"{name}-dev.jsonl"))
    assert run.info.quotes_checked > 0
    assert run.info.quotes_wrong == 0
    assert run.measures["errors"].value == 0
    assert below_floor(run, read_floor(GOLD / f"floor-{name}.json")) == []
