"""Read windows of text for a question: how well each answers it, and where the answer stands."""

import hashlib
import json
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

MANIFEST = "reader.json"
FORMAT = 1
MAX_ANSWER_TOKENS = 30
MAX_SPANS = 5
# What a window without a single readable token scores; the model's own logits lie within ±15.
UNREADABLE = -20.0
# Part of a window longer than the model's length that two of its readings share, in tokens.
_STRIDE = 48


# Measured on 1.32: the fused node takes six times as long as addition and norm apart.
SLOW_FUSIONS = ["SkipLayerNormFusion"]


class ReaderError(Exception):
    """The model's folder is incomplete, altered or of another format."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader sees in one window of text for one question.

    `answerable` is an uncalibrated logit: how well the window answers. `text[start:end]` is the
    best span, in code points of the window, and `span_score` its start and end logits minus those
    of "no answer". `spans` holds the best few as (start, end, span_score), best first, without
    overlaps; the first is (start, end, span_score). A window without a readable token scores
    UNREADABLE in both, has no spans, and 0 for start and end.
    """

    answerable: float
    start: int
    end: int
    span_score: float
    spans: tuple[tuple[int, int, float], ...]


@dataclass(frozen=True, slots=True)
class Logits:
    """One encoded piece's scores: start and end float32 of shape (tokens,), answerable a number."""

    start: NDArray[np.float32]
    end: NDArray[np.float32]
    answerable: float


# A word for the purpose of spans: an answer is neither half a number nor half a hyphenated name.
_WORD = re.compile(r"[$€£]?\d+(?:[.,]\d+)*%?(?!\w)|\w+(?:[-‑'’](?=\w)\w{2,})*")
_OPENING = {")": "(", "]": "[", "”": "“", "»": "«"}
_TRIMMED = " \t\n\r,;:"


def _to_words(text: str, start: int, end: int, words: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the span grown to whole words, without loose punctuation at its ends."""
    start = min(start, _word_around(start, words)[0])
    end = max(end, _word_around(end, words)[1])
    while start < end and text[start] in _TRIMMED:
        start += 1
    while start < end and text[end - 1] in _TRIMMED:
        end -= 1
    # A bracket or quotation mark that the span opens and the text closes right after it, or the
    # other way round, belongs to it; one whose partner is elsewhere doesn't.
    if end < len(text) and _OPENING.get(text[end], "\0") in text[start:end].partition(text[end])[0]:
        end += 1
    elif end - start > 1 and text[end - 1] in _OPENING:
        opening = _OPENING[text[end - 1]]
        if opening not in text[start:end]:
            end -= 1
    return start, end


def _word_around(place: int, words: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the span of the word that `place` is inside of, else of nothing at `place`."""
    before = bisect_left(words, (place, 0)) - 1
    if before >= 0 and words[before][0] < place < words[before][1]:
        return words[before]
    return place, place


class Reader:
    """A cross-encoder: reads one question together with windows of text.

    Safe to call from several threads. Each window is read by itself, so that what is seen in it
    never depends on its company: the int8 scales are taken over whatever is computed together.
    """

    def __init__(
        self,
        run: Callable[[Encoding], Logits],
        tokenizer: str,
        *,
        max_tokens: int,
        max_question_tokens: int,
        fingerprint: str,
        threads: int,
    ) -> None:
        self._run = run
        self._question_tokenizer = Tokenizer.from_str(tokenizer)
        self._question_tokenizer.no_truncation()
        self._question_tokenizer.no_padding()
        self._tokenizer = Tokenizer.from_str(tokenizer)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens, stride=_STRIDE, strategy="only_second")
        self._max_question_tokens = max_question_tokens
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reader")
        self.fingerprint = fingerprint

    @classmethod
    def load(cls, directory: Path, *, threads: int) -> "Reader":
        """Open the model in `directory`, reading up to `threads` windows at the same time.

        Every file that the manifest names is checked against its SHA-256. Raises ReaderError naming
        the file that is missing, altered or of another format.
        """
        manifest = read_manifest(directory)
        contents = checked_files(directory, manifest)
        options = onnxruntime.SessionOptions()
        # One thread a window: windows are independent, and a pool that spins robs its neighbours.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            contents["reader.onnx"],
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=SLOW_FUSIONS,
        )
        digests = json.dumps(manifest["files"], sort_keys=True)
        return cls(
            partial(run_onnx, session),
            contents["tokenizer.json"].decode("utf-8"),
            max_tokens=manifest["max_tokens"],
            max_question_tokens=manifest["max_question_tokens"],
            fingerprint=hashlib.sha256(digests.encode()).hexdigest(),
            threads=threads,
        )

    def read(self, question: str, windows: Sequence[str]) -> list[Reading]:
        """Return one Reading per window, in the order of `windows`, for one question."""
        return self.read_pairs([(question, window) for window in windows])

    def read_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[Reading]:
        """Return one Reading per (question, window), in the order of `pairs`.

        Of a question longer than the model allows, its beginning is read. A window longer than the
        model's length is read in overlapping pieces, the best of which speaks for it.
        """
        encodings = self._tokenizer.encode_batch(
            [(self._shorten(question), window) for question, window in pairs]
        )
        pieces = [(i, p) for i, e in enumerate(encodings) for p in (e, *e.overflowing)]
        found: list[list[Reading]] = [[] for _ in pairs]
        logits = self._pool.map(self._run, [piece for _, piece in pieces])
        for (index, piece), scores in zip(pieces, logits, strict=True):
            found[index].append(_reading(pairs[index][1], piece, scores))
        return [max(readings, key=lambda r: (r.answerable, r.span_score)) for readings in found]

    def _shorten(self, question: str) -> str:
        limit = self._max_question_tokens
        if len(question) <= limit:  # a token has at least one character
            return question
        offsets = self._question_tokenizer.encode(question, add_special_tokens=False).offsets
        return question if len(offsets) <= limit else question[: offsets[limit - 1][1]]


def load_reader(name: str, *, threads: int) -> Reader:
    """Return the reader that `name` means: a folder with our manifest, or a Hugging Face model.

    Raises ReaderError if it is neither, or incomplete.
    """
    if (Path(name) / MANIFEST).exists():
        return Reader.load(Path(name), threads=threads)
    return _load_transformers(name, threads=threads)


def run_onnx(session: onnxruntime.InferenceSession, piece: Encoding) -> Logits:
    """Return the logits of one encoded question and window."""
    start, end, answerable = session.run(
        ["start", "end", "answerable"],
        {
            "input_ids": np.array([piece.ids], dtype=np.int64),
            "attention_mask": np.array([piece.attention_mask], dtype=np.int64),
            "token_type_ids": np.array([piece.type_ids], dtype=np.int64),
        },
    )
    return Logits(start[0], end[0], float(answerable[0]))


def _load_transformers(name: str, *, threads: int) -> Reader:
    """Return a reader that runs a Hugging Face model for extractive question answering."""
    # Takes seconds to import, and only whoever names another model needs it.
    import transformers

    try:
        model = transformers.AutoModelForQuestionAnswering.from_pretrained(name)
        tokenizer = transformers.AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ReaderError(
            f"{name}: no reader ({error}); expected a folder with {MANIFEST}, or the name or the "
            "folder of a Hugging Face model for extractive question answering that is on this "
            "machine. Correct DOSSIER_READER or DOSSIER_SECOND_READER, or leave it out."
        ) from error
    if not tokenizer.is_fast or tokenizer.cls_token_id is None:
        raise ReaderError(
            f"{name}: its tokenizer gives no character offsets or has no [CLS]; expected a fast "
            "tokenizer of an encoder. Choose another model."
        )
    model.eval()
    # A tokenizer that states no limit states a number beyond any.
    longest = min(tokenizer.model_max_length, model.config.max_position_embeddings - 2, 512)
    weights = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        weights.update(key.encode())
        weights.update(tensor.contiguous().numpy().tobytes())
    serialised = tokenizer.backend_tokenizer.to_str()
    weights.update(serialised.encode())
    return Reader(
        partial(_run_transformers, model),
        serialised,
        max_tokens=longest,
        max_question_tokens=min(64, longest // 2),
        fingerprint=weights.hexdigest(),
        threads=threads,
    )


def _run_transformers(model: Any, piece: Encoding) -> Logits:
    """Return the logits of `piece`; such a model says "it answers" by its best span alone."""
    import torch

    inputs = {
        "input_ids": torch.tensor([piece.ids]),
        "attention_mask": torch.tensor([piece.attention_mask]),
    }
    if getattr(model.config, "type_vocab_size", 0) > 1:
        inputs["token_type_ids"] = torch.tensor([piece.type_ids])
    with torch.inference_mode():
        output = model(**inputs)
    start, end = output.start_logits[0].numpy(), output.end_logits[0].numpy()
    text = [index for index, owner in enumerate(piece.sequence_ids) if owner == 1]
    best = float(start[text].max() + end[text].max()) if text else UNREADABLE
    return Logits(start, end, best - float(start[0] + end[0]))


def _reading(text: str, piece: Encoding, logits: Logits) -> Reading:
    """Return what the logits of one piece of `text` say, its spans in the text's code points."""
    tokens = [i for i, owner in enumerate(piece.sequence_ids) if owner == 1]
    if not tokens:
        return Reading(UNREADABLE, 0, 0, UNREADABLE, ())
    first, stop = tokens[0], tokens[-1] + 1
    nothing = float(logits.start[0] + logits.end[0])
    # scores[i, d] is that of the span from token i to token i + d; beyond the last there is none.
    width = min(MAX_ANSWER_TOKENS, stop - first)
    beyond = np.full(width - 1, -np.inf, dtype=np.float32)
    ends = sliding_window_view(np.concatenate((logits.end[first:stop], beyond)), width)
    scores = logits.start[first:stop, None] + ends - np.float32(nothing)
    words = [match.span() for match in _WORD.finditer(text)]
    spans: list[tuple[int, int, float]] = []
    # Enough candidates that overlapping ones leave a few; ties go to the earlier, shorter span.
    flat = -scores.ravel()
    count = min(40 * MAX_SPANS, flat.size)
    likely = np.argpartition(flat, count - 1)[:count]
    for place in likely[np.lexsort((likely, flat[likely]))]:
        i, distance = divmod(int(place), width)
        if not np.isfinite(scores[i, distance]):
            break
        start, end = _to_words(
            text, piece.offsets[first + i][0], piece.offsets[first + i + distance][1], words
        )
        if start < end and all(end <= a or start >= b for a, b, _ in spans):
            spans.append((start, end, float(scores[i, distance])))
            if len(spans) == MAX_SPANS:
                break
    if not spans:
        return Reading(UNREADABLE, 0, 0, UNREADABLE, ())
    return Reading(logits.answerable, *spans[0], tuple(spans))


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
