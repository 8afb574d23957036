"""Haystack: pipelines of components over its in-memory document store.

Its documentation starts with `DocumentSplitter` as it comes (200 words, no overlap) and an
embedding retriever; its tutorial on hybrid retrieval adds BM25 and a joiner of the two, here by
reciprocal rank fusion.
"""

import os
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

# Read at import: without it, every pipeline that runs is reported to the makers.
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import DocumentSplitter, RecursiveDocumentSplitter
from haystack.components.retrievers.in_memory import (
    InMemoryBM25Retriever,
    InMemoryEmbeddingRetriever,
)
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

from eval.peers.peer import Chunk, Source

CHUNK_CHARS = 600
"""The best of 400, 600, 800 and 1,000 on the development parts of our gold sets."""
# The default "sentence" needs an NLTK model that is downloaded.
SEPARATORS = ["\n\n", r"(?<=[.!?])\s+", "\n", " "]


class Haystack:
    """Splitter, embedder and in-memory store; dense retrieval or, `hybrid`, BM25 joined to it."""

    def __init__(
        self, model: str, splitter: Any, chunks: str, *, hybrid: bool, titles: bool
    ) -> None:
        """Load the model; `titles` embeds each document's title with its chunks."""
        self._splitter = splitter
        if hasattr(splitter, "warm_up"):
            splitter.warm_up()
        self._embedder = SentenceTransformersDocumentEmbedder(
            model=model, progress_bar=False, meta_fields_to_embed=["title"] if titles else None
        )
        self._embedder.warm_up()
        self._store = InMemoryDocumentStore()
        self._hybrid = hybrid
        self._query = Pipeline()
        self._query.add_component(
            "embedder", SentenceTransformersTextEmbedder(model=model, progress_bar=False)
        )
        self._query.add_component("dense", InMemoryEmbeddingRetriever(self._store))
        self._query.connect("embedder.embedding", "dense.query_embedding")
        if hybrid:
            self._query.add_component("bm25", InMemoryBM25Retriever(self._store))
            self._query.add_component("joiner", DocumentJoiner("reciprocal_rank_fusion"))
            self._query.connect("dense", "joiner")
            self._query.connect("bm25", "joiner")
        self._query.warm_up()
        self._number_of: dict[str, int] = {}
        self.settings = {
            "haystack-ai": version("haystack-ai"),
            "search": "dense, joined with BM25 by reciprocal_rank_fusion" if hybrid else "dense",
            "chunks": chunks + (", title embedded with each" if titles else ""),
        }

    def index(self, sources: Sequence[Source]) -> Sequence[Chunk]:
        """Cut, embed and store the documents."""
        documents = [
            Document(content=source.text, meta={"source": number, "title": source.title})
            for number, source in enumerate(sources)
        ]
        pieces = self._splitter.run(documents=documents)["documents"]
        self._store.write_documents(self._embedder.run(documents=pieces)["documents"])
        self._number_of = {piece.id: number for number, piece in enumerate(pieces)}
        return [
            Chunk(piece.meta["source"], piece.content, piece.meta.get("split_idx_start"))
            for piece in pieces
        ]

    def search(self, question: str, k: int) -> Sequence[int]:
        """Return the numbers of the chunks that the query pipeline brings."""
        inputs: dict[str, dict[str, Any]] = {
            "embedder": {"text": question},
            "dense": {"top_k": k},
        }
        if self._hybrid:
            inputs |= {"bm25": {"query": question, "top_k": k}, "joiner": {"top_k": k}}
        found = self._query.run(inputs)["joiner" if self._hybrid else "dense"]["documents"]
        return [self._number_of[document.id] for document in found]


def default(model: str) -> Haystack:
    """Return dense retrieval over 200 words at a time."""
    return Haystack(
        model, DocumentSplitter(), "DocumentSplitter(), 200 words", hybrid=False, titles=False
    )


def best(model: str) -> Haystack:
    """Return BM25 and dense retrieval over chunks of up to CHUNK_CHARS characters."""
    splitter = RecursiveDocumentSplitter(
        split_length=CHUNK_CHARS, split_unit="char", separators=SEPARATORS
    )
    chunks = f"RecursiveDocumentSplitter of {CHUNK_CHARS} characters"
    return Haystack(model, splitter, chunks, hybrid=True, titles=True)
