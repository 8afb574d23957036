"""The weights of a model that was exported or compressed, to go on training from it.

Checkpoints hold a run exactly but are too large to be kept with the project; what it ships is
near enough to begin a further run with a fresh schedule.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from answer.exported import NETWORK, checked_files, read_manifest
from training.delta import DELTA, unpacked
from training.start import SOURCES, encoder_state

_MATRICES = ("qkv", "mix", "widen", "narrow")
"""The int8 matrices of a layer in the order in which a network goes through them."""
_HEADS = ("judge", "answerable")
_OF_THE_MODEL = frozenset({"started_from", "earlier_runs", "held_out_articles"})
"""What a manifest says of all runs together; the rest of it is the last one's record."""


class ShippedError(Exception):
    """A model of which no weights can be read."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model's base, its weights by the names of a ReaderNetwork's state, and its runs."""

    base: str
    weights: dict[str, Tensor]
    runs: list[dict[str, Any]]
    """The records of its runs as in a manifest, the last one's last."""


def read_shipped(directory: Path) -> Trained:
    """Return the weights that `export` (in int8) or `compress` left in `directory`.

    Rounding stays: weights come back in the steps in which they were stored, except the word
    vectors, which no run changes. Raises ReaderError if a file is missing or altered, StartError if
    the base's package is, DeltaError or ShippedError if the file is not what the two write.
    """
    manifest = read_manifest(directory)
    files = checked_files(directory, manifest)
    training = manifest["training"]
    base = next((b for b, source in SOURCES.items() if source == training["started_from"]), None)
    if base is None:
        raise ShippedError(
            f"{directory}: started from {training['started_from']}, expected one of "
            f"{', '.join(source['package'] for source in SOURCES.values())}"
        )
    start = encoder_state(base)
    if DELTA in files:
        weights = unpacked(files[DELTA], start)
    else:
        try:
            weights = _from_onnx(files[NETWORK], directory)
        except (KeyError, ValueError) as error:
            raise ShippedError(
                f"{directory / NETWORK} is no network as this version exports it ({error!r}); go "
                "on from a run's folder, or export the model again"
            ) from error
        weights["words.weight"] = start["words.weight"]
    last = {name: value for name, value in training.items() if name not in _OF_THE_MODEL}
    return Trained(base, weights, [*training["earlier_runs"], last])


def _from_onnx(content: bytes, directory: Path) -> dict[str, Tensor]:
    # Comes with the packages for export; a run that goes on from a checkpoint does without.
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_model_from_string(content).graph
    stored = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    products = [node.input for node in graph.node if node.op_type == "MatMulInteger"]
    if not products or len(products) % len(_MATRICES):
        raise ShippedError(
            f"{directory}: {len(products)} int8 products, expected {len(_MATRICES)} a layer; only "
            "an int8 export can be gone on from"
        )
    weights = {
        name: torch.from_numpy(array.copy())
        for name, array in stored.items()
        if name.endswith((".weight", ".bias"))
    }
    for index, (_, matrix, _, zero) in enumerate(products):
        layer, place = divmod(index, len(_MATRICES))
        scale = stored[matrix.removesuffix("_quantized") + "_scale"]
        columns = (stored[matrix].astype(np.float32) - stored[zero]) * scale
        weights[f"layers.{layer}.{_MATRICES[place]}.weight"] = _transposed(columns)
    for head in _HEADS:
        weights[f"{head}.weight"] = _transposed(stored[f"{head}.weight_Transposed"])
    weights["span.weight"] = _transposed(_only(a for a in stored.values() if a.shape[1:] == (2,)))
    return weights


def _transposed(columns: np.ndarray[Any, np.dtype[Any]]) -> Tensor:
    return torch.from_numpy(columns.T.copy())


def _only(arrays: Iterable[np.ndarray[Any, np.dtype[Any]]]) -> np.ndarray[Any, np.dtype[Any]]:
    (array,) = arrays
    return array
