"""Turn a checkpoint into the int8 ONNX model that the service reads with, and its manifest."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from answer.compose import JUDGE_FILE
from answer.exported import (
    FORMAT,
    INPUTS,
    MANIFEST,
    NETWORK,
    OUTPUTS,
    TOKENIZER,
    checked_files,
    read_manifest,
)
from index.embed import DEFAULT_WEIGHTS_SHA256
from training.delta import DELTA, packed, unpacked
from training.mean import MeanError, averaged
from training.network import ReaderNetwork
from training.sources import held_out_titles, read_squad
from training.start import SHAPES, SOURCES, encoder_state, tokenizer_file
from training.train import Plan, read_checkpoint, read_plan, read_trained, run_record

OPSET = 20


class ExportError(Exception):
    """The exported model doesn't compute what the network computes."""


class ByteEmbedding(nn.Module):
    """Word vectors kept as int8 with one scale a word: a quarter of the bytes, 1/127 a step."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        scale = table.abs().amax(dim=1, keepdim=True).clamp(min=1e-8) / 127
        self.register_buffer("rows", (table / scale).round().to(torch.int8))
        self.register_buffer("scale", scale)

    def forward(self, input_ids: Tensor) -> Tensor:
        """Return float vectors (batch, length, width) of int64 word numbers (batch, length)."""
        rows, scale = self.get_buffer("rows"), self.get_buffer("scale")
        return rows[input_ids].to(scale.dtype) * scale[input_ids]


def to_onnx(network: ReaderNetwork, path: Path, vectors: Tensor | None = None) -> None:
    """Write the network in float32, batch and length free, as one file.

    With `vectors` (vocabulary, width), the network's words are left out: it takes the vectors of
    the words in place of their numbers. Raises ExportError if what is written computes something
    else.
    """
    example = _example(network, vectors)
    batch, length = torch.export.Dim("batch"), torch.export.Dim("length", max=512)
    torch.onnx.export(
        network,
        example,
        path,
        input_names=list(INPUTS),
        output_names=list(OUTPUTS),
        dynamic_shapes=({0: batch, 1: length},) * len(INPUTS),
        opset_version=OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    with torch.no_grad():
        expected = network(*example)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    feed = {name: given.numpy() for name, given in zip(INPUTS, example, strict=True)}
    for name, ours, theirs in zip(OUTPUTS, expected, session.run(OUTPUTS, feed), strict=True):
        difference = float((ours - torch.from_numpy(theirs)).abs().max())
        if difference > 1e-3:
            raise ExportError(f"{path}: {name} differs by {difference:.2g} from the network's")


def _example(network: ReaderNetwork, vectors: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Return three pairs of question and window, one with padding."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(1, network.shape.vocabulary, (3, 30), generator=generator)
    mask, segments = torch.ones_like(ids), torch.zeros_like(ids)
    segments[:, 9:] = 1
    mask[0, 25:] = 0
    return (ids if vectors is None else vectors[ids]), mask, segments


def quantise(exact: Path, path: Path) -> None:
    """Write `exact` with int8 weights, one scale a column; activations are scaled as they come.

    Seven bits of the eight are used: on processors without VNNI the product of full bytes
    saturates, and the service would read worse there than here. The heads stay as they are: they
    are small (the exporter writes two as Gemm, the span's as a product with two columns).
    """
    graph = onnx.load(exact).graph
    two_columns = {i.name for i in graph.initializer if list(i.dims)[1:] == [2]}
    span_head = [n.name for n in graph.node if n.op_type == "MatMul" and n.input[1] in two_columns]
    # The quantiser turns Gemm into products that it names so.
    others = [f"{n.name}_MatMul" for n in graph.node if n.op_type == "Gemm"]
    quantize_dynamic(
        exact,
        path,
        op_types_to_quantize=["MatMul"],
        nodes_to_exclude=[*span_head, *others],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
    )


def sha256(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def export(
    work: Path,
    data: Path,
    directory: Path,
    precision: str = "int8",
    *,
    mean_with: Path | None = None,
    share: float | None = None,
) -> dict[str, Any]:
    """Write reader.onnx, tokenizer.json and reader.json into `directory`; return the manifest.

    `precision` is "int8", or "float32" to measure what int8 loses. With `mean_with`, another run or
    a model as shipped, the weights are `share` of this run's and the rest of that one's. Raises
    TrainingError if `work` holds no run, MeanError if the two have no mean or only one of
    `mean_with` and `share` is given, ExportError if what is exported computes something else, and
    what `read_trained` raises.
    """
    plan, state = read_plan(work), read_checkpoint(work)
    weights, mean = state["network"], None
    if (mean_with is None) != (share is None):
        raise MeanError("a mean takes another run and this one's share; give both or neither")
    if mean_with is not None and share is not None:
        other = read_trained(mean_with, plan.base)
        weights = averaged(weights, other.weights, share)
        mean = {"share": share, **other.runs[-1]}
    return _write(weights, plan.base, directory, precision, _about(plan, state, data, mean))


def compress(work: Path, data: Path, directory: Path) -> dict[str, Any]:
    """Write what the run in `work` changed of its base into `directory`; return the manifest.

    `restore` makes the model of it again, where the base's package is installed. Raises
    TrainingError if `work` holds no run.
    """
    plan, state = read_plan(work), read_checkpoint(work)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / DELTA).write_bytes(packed(state["network"], encoder_state(plan.base)))
    manifest = {
        "format": FORMAT,
        "files": {DELTA: sha256(directory / DELTA)},
        "base": plan.base,
        **_about(plan, state, data, None),
    }
    _write_manifest(manifest, directory)
    return manifest


def restore(compressed: Path, directory: Path) -> dict[str, Any]:
    """Write the model that `compress` put into `compressed` as `export` would; return its manifest.

    The judge that lies beside it, if any, comes with it. Raises ReaderError if a file is missing or
    altered, StartError if the base's package is, DeltaError if they don't fit each other,
    ExportError if what is exported computes something else.
    """
    stored = read_manifest(compressed)
    content = checked_files(compressed, stored)[DELTA]
    weights = unpacked(content, encoder_state(stored["base"]))
    about = {name: stored[name] for name in ("max_tokens", "max_question_tokens", "training")}
    manifest = _write(weights, stored["base"], directory, "int8", about)
    if (compressed / JUDGE_FILE).exists():
        shutil.copyfile(compressed / JUDGE_FILE, directory / JUDGE_FILE)
    return manifest


def _about(
    plan: Plan, state: Mapping[str, Any], data: Path, mean: dict[str, Any] | None
) -> dict[str, Any]:
    """Return what a manifest says of how a model reads and of how it was trained."""
    held_out = held_out_titles(read_squad(data / "reading" / "squad2-dev.json.gz"))
    return {
        "max_tokens": plan.max_tokens,
        "max_question_tokens": plan.max_question_tokens,
        "training": {
            "started_from": SOURCES[plan.base],
            "earlier_runs": state.get("earlier", []),
            **run_record(plan, state),
            "mean_with": mean,
            "held_out_articles": list(held_out),
        },
    }


def _write(
    weights: Mapping[str, Tensor],
    base: str,
    directory: Path,
    precision: str,
    about: Mapping[str, Any],
) -> dict[str, Any]:
    network = ReaderNetwork(SHAPES[base])
    network.load_state_dict(weights)
    network.eval()
    directory.mkdir(parents=True, exist_ok=True)
    vectors = None
    # Every installation has those of the embedding model.
    if SOURCES[base]["sha256"] == DEFAULT_WEIGHTS_SHA256:
        vectors, network.words = network.words.weight.detach(), nn.Identity()  # type: ignore[assignment]
    elif precision == "int8":
        network.words = ByteEmbedding(network.words.weight.detach())  # type: ignore[assignment]
    if precision == "float32":
        to_onnx(network, directory / NETWORK, vectors)
    else:
        with tempfile.TemporaryDirectory() as folder:
            to_onnx(network, Path(folder) / "float.onnx", vectors)
            quantise(Path(folder) / "float.onnx", directory / NETWORK)
    onnx.checker.check_model(str(directory / NETWORK))
    shutil.copyfile(tokenizer_file(), directory / TOKENIZER)
    manifest = {
        "format": FORMAT,
        "files": {name: sha256(directory / name) for name in (NETWORK, TOKENIZER)},
        "words": "own" if vectors is None else "packaged",
        "precision": precision,
        **about,
    }
    _write_manifest(manifest, directory)
    return manifest


def _write_manifest(manifest: Mapping[str, Any], directory: Path) -> None:
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (directory / MANIFEST).write_text(text + "\n", encoding="utf-8")
