"""What a run changed of its base, stored in a sixth of its size."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from answer.exported import ReaderError, checked_files, read_manifest
from answer.judge import Judge
from training.delta import DeltaError, packed, unpacked

SHIPPED = Path(__file__).parents[2] / "answer" / "second"
ROWS, COLUMNS = 8, 256


def base_and_finetuned() -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    random = torch.Generator().manual_seed(5)
    base = {
        "layer.weight": torch.randn(ROWS, COLUMNS, generator=random),
        "layer.bias": torch.randn(COLUMNS, generator=random),
        "frozen.weight": torch.randn(ROWS, COLUMNS, generator=random),
    }
    changed = torch.randn(ROWS, COLUMNS, generator=random) * 0.001
    # Rows that changed a thousand times more keep their own steps.
    changed[0] *= 1000
    finetuned = {
        "layer.weight": base["layer.weight"] + changed,
        "layer.bias": base["layer.bias"] + 0.25,
        "frozen.weight": base["frozen.weight"].clone(),
        "head.weight": torch.randn(2, COLUMNS, generator=random),
    }
    return base, finetuned


def test_what_is_restored_is_near_what_was_trained() -> None:
    base, finetuned = base_and_finetuned()
    restored = unpacked(packed(finetuned, base), base)
    assert restored.keys() == finetuned.keys()
    for row in range(ROWS):
        change = finetuned["layer.weight"][row] - base["layer.weight"][row]
        error = finetuned["layer.weight"][row] - restored["layer.weight"][row]
        # Eight even steps of a normal distribution leave 0.19 of its spread.
        assert float(error.norm() / change.norm()) < 0.22
    assert torch.equal(restored["frozen.weight"], base["frozen.weight"])
    for name in ("layer.bias", "head.weight"):
        assert torch.allclose(restored[name], finetuned[name], rtol=1e-3, atol=1e-3)


def test_a_change_takes_about_three_bits_a_number() -> None:
    base = {"layer.weight": torch.zeros(512, 1024)}
    finetuned = {"layer.weight": torch.randn(512, 1024, generator=torch.Generator().manual_seed(1))}
    bits = 8 * len(packed(finetuned, base)) / finetuned["layer.weight"].numel()
    assert 3 < bits < 3.3


def test_a_change_of_other_weights_is_an_error() -> None:
    base, finetuned = base_and_finetuned()
    with pytest.raises(DeltaError, match="same base"):
        unpacked(packed(finetuned, base), {"layer.bias": base["layer.bias"]})
    smaller = {**base, "layer.weight": torch.zeros(ROWS, COLUMNS // 2)}
    with pytest.raises(DeltaError, match="same base"):
        unpacked(packed(finetuned, base), smaller)


def test_a_file_that_is_no_change_is_an_error() -> None:
    with pytest.raises(DeltaError, match="expected what"):
        unpacked(b"no archive", {})
    stray = io.BytesIO()
    np.savez(stray, **{"layer.weight/codes": np.zeros((3, 4), dtype=np.uint8)})
    with pytest.raises(DeltaError, match="expected what"):
        unpacked(stray.getvalue(), {"layer.weight": torch.zeros(2, 64)})


def test_the_shipped_second_reader_is_whole_small_and_judged() -> None:
    manifest = read_manifest(SHIPPED)
    (content,) = checked_files(SHIPPED, manifest).values()
    assert len(content) < 25_000_000
    assert manifest["base"] == "mpnet"
    assert 0 < Judge.load(SHIPPED / "judge.json").threshold < 1


def test_an_altered_change_is_not_restored(tmp_path: Path) -> None:
    export = pytest.importorskip("training.export", reason="needs the extra [training]")
    manifest = json.loads((SHIPPED / "reader.json").read_text())
    (tmp_path / "reader.json").write_text(json.dumps(manifest))
    (tmp_path / "delta.npz").write_bytes((SHIPPED / "delta.npz").read_bytes()[:-1] + b"!")
    with pytest.raises(ReaderError, match="SHA-256"):
        export.restore(tmp_path, tmp_path / "model")
    assert not (tmp_path / "model").exists()
