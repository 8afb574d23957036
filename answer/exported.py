"""Exported readers: the folder that `python -m training export` writes, checked and opened."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from safetensors import safe_open

from index.embed import EmbedderError, packaged_model

MANIFEST = "reader.json"
NETWORK = "reader.onnx"
TOKENIZER = "tokenizer.json"
FORMAT = 2
INPUTS = ("words", "attention_mask", "token_type_ids")
OUTPUTS = ("start", "end", "answerable")
# Measured on 1.32: the fused node takes six times as long as addition and norm apart.
_SLOW_FUSIONS = ["SkipLayerNormFusion"]

Numbers = NDArray[np.int64]
Floats = NDArray[np.float32]


class ReaderError(Exception):
    """The model's folder is incomplete, altered or of another format."""


class Exported:
    """An exported network, safe to run from several threads.

    No run of the recipe changes the word vectors that it starts from. Those of the embedding
    model's package, which is always installed, stay there: the network takes vectors in place of
    word numbers, and the manifest names the weights that they come from.
    """

    def __init__(self, directory: Path, *, threads: int) -> None:
        """Open the model in `directory`, to be run by `threads` threads at a time.

        Every file that the manifest names is checked against its SHA-256, and so are the packaged
        weights. Raises ReaderError naming what is missing, altered or of another format.
        """
        self.manifest = read_manifest(directory)
        files = checked_files(directory, self.manifest)
        self.tokenizer = files[TOKENIZER].decode("utf-8")
        self._vectors = _packaged_vectors() if self.manifest["words"] == "packaged" else None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # A pool whose waiting threads spin robs its neighbours.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            files[NETWORK],
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=_SLOW_FUSIONS,
        )

    @property
    def fingerprint(self) -> str:
        """A hash of the model's files and of where its word vectors come from, and nothing else."""
        parts = {name: self.manifest[name] for name in ("files", "words")}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def run(
        self, input_ids: Numbers, attention_mask: Numbers, token_type_ids: Numbers
    ) -> tuple[Floats, Floats, Floats]:
        """Return start (batch, length), end (batch, length) and answerable (batch,) logits.

        All inputs are of shape (batch, length).
        """
        words = input_ids if self._vectors is None else self._vectors[input_ids]
        feed = dict(zip(INPUTS, (words, attention_mask, token_type_ids), strict=True))
        start, end, answerable = self._session.run(OUTPUTS, feed)
        return start, end, answerable


def _packaged_vectors() -> Floats:
    """Return the packaged embedding model's word vectors, shape (vocabulary, width)."""
    try:
        weights = packaged_model() / "model.safetensors"
    except EmbedderError as error:
        raise ReaderError(f"a reader's word vectors: {error}") from error
    with safe_open(weights, "np") as stored:
        vectors: Floats = stored.get_tensor("embeddings.word_embeddings.weight")
    return vectors


def read_manifest(directory: Path) -> dict[str, Any]:
    """Return what `directory` says of its model; raises ReaderError if it holds none of ours."""
    path = directory / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReaderError(f"{path}: {error}; expected the manifest of a reader model") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ReaderError(f"{path} is not of format {FORMAT}: export the model again")
    return manifest


def checked_files(directory: Path, manifest: dict[str, Any]) -> dict[str, bytes]:
    """Return the files that `manifest`, of `directory`, names; raises ReaderError if altered."""
    return {name: _checked(directory / name, digest) for name, digest in manifest["files"].items()}


def _checked(path: Path, digest: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ReaderError(f"{path}: {error}; {MANIFEST} names it") from error
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise ReaderError(
            f"{path} has SHA-256 {found}, {MANIFEST} says {digest}: restore or export it again"
        )
    return content
