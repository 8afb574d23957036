"""Read windows of text for a question: how well each answers it, and where the answer stands."""

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from answer.exported import MANIFEST, Exported, ReaderError

MAX_ANSWER_TOKENS = 30
MAX_SPANS = 5
# What a window without a single readable token scores; the model's own logits lie within ±15.
UNREADABLE = -20.0
# Part of a window longer than the model's length that two of its readings share, in tokens.
_STRIDE = 48


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader sees in a stretch of one window of text for one question.

    `answerable` is an uncalibrated logit: how well the window answers. `text[start:end]` is the
    best span, in code points of the stretch, and `span_score` its start and end logits minus those
    of "no answer". `spans` holds the best few as (start, end, span_score), best first, without
    overlaps; the first is (start, end, span_score). A stretch without a readable token scores
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

        Raises ReaderError as `Exported` does.
        """
        # One thread a window: windows are independent.
        network = Exported(directory, threads=1)
        return cls(
            partial(run_exported, network),
            network.tokenizer,
            max_tokens=network.manifest["max_tokens"],
            max_question_tokens=network.manifest["max_question_tokens"],
            fingerprint=network.fingerprint,
            threads=threads,
        )

    def read(self, question: str, windows: Sequence[str]) -> list[Reading]:
        """Return one Reading per window, in the order of `windows`, for one question."""
        whole = [(question, window, [(0, len(window))]) for window in windows]
        return [reading for [reading] in self.read_stretches(whole)]

    def read_stretches(
        self, asked: Sequence[tuple[str, str, Sequence[tuple[int, int]]]]
    ) -> list[list[Reading]]:
        """Return, for each (question, window, stretches), one Reading per stretch of the window.

        A stretch is (start, end) in code points of the window, which is read whole: what is around
        a stretch says what is meant in it. Of a question longer than the model allows, its
        beginning is read. A window longer than the model's length is read in overlapping pieces, of
        which the best that holds some of a stretch speaks for it.
        """
        encodings = self._tokenizer.encode_batch(
            [(self._shorten(question), window) for question, window, _ in asked]
        )
        pieces = [(i, p) for i, e in enumerate(encodings) for p in (e, *e.overflowing)]
        found: list[list[list[Reading]]] = [[] for _ in asked]
        logits = self._pool.map(self._run, [piece for _, piece in pieces])
        for (index, piece), scores in zip(pieces, logits, strict=True):
            _, window, stretches = asked[index]
            found[index].append(_readings(window, stretches, piece, scores))
        return [
            [
                max(each, key=lambda r: (r.answerable, r.span_score))
                for each in zip(*of, strict=True)
            ]
            for of in found
        ]

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


def run_exported(network: Exported, piece: Encoding) -> Logits:
    """Return the logits of one encoded question and window."""
    start, end, answerable = network.run(
        np.array([piece.ids], dtype=np.int64),
        np.array([piece.attention_mask], dtype=np.int64),
        np.array([piece.type_ids], dtype=np.int64),
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


def _best(readings: Sequence[Reading]) -> Reading:
    return max(readings, key=lambda reading: (reading.answerable, reading.span_score))


def _readings(
    window: str, stretches: Sequence[tuple[int, int]], piece: Encoding, logits: Logits
) -> list[Reading]:
    """Return what the logits of one piece of `window` say of each of its stretches."""
    offsets = piece.offsets
    tokens = [i for i, owner in enumerate(piece.sequence_ids) if owner == 1]
    starts, ends = ([offsets[i][side] for i in tokens] for side in (0, 1))
    nothing = float(logits.start[0] + logits.end[0])
    readings = []
    for start, end in stretches:
        held = tokens[bisect_right(ends, start) : bisect_left(starts, end)]
        if held:
            some = slice(held[0], held[-1] + 1)
            places = [(max(a - start, 0), min(b, end) - start) for a, b in offsets[some]]
            spans = _best_spans(
                window[start:end], places, logits.start[some], logits.end[some] - nothing
            )
        if held and spans:
            readings.append(Reading(logits.answerable, *spans[0], spans))
        else:
            readings.append(Reading(UNREADABLE, 0, 0, UNREADABLE, ()))
    return readings


def _best_spans(
    text: str,
    places: Sequence[tuple[int, int]],
    start_logits: NDArray[np.float32],
    end_logits: NDArray[np.float32],
) -> tuple[tuple[int, int, float], ...]:
    """Return the best few spans of `text` as (start, end, score), best first, without overlaps.

    `places` holds where in `text` each token stands, the logits (tokens,) what they score.
    """
    # scores[i, d] is that of the span from token i to token i + d; beyond the last there is none.
    width = min(MAX_ANSWER_TOKENS, len(places))
    beyond = np.full(width - 1, -np.inf, dtype=np.float32)
    ends = sliding_window_view(np.concatenate((end_logits, beyond)), width)
    scores = start_logits[:, None] + ends
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
        start, end = _to_words(text, places[i][0], places[i + distance][1], words)
        if start < end and all(end <= a or start >= b for a, b, _ in spans):
            spans.append((start, end, float(scores[i, distance])))
            if len(spans) == MAX_SPANS:
                break
    return tuple(spans)
