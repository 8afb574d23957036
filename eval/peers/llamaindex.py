"""LlamaIndex: a vector index over nodes, alone or fused with BM25.

Its documentation starts with `VectorStoreIndex.from_documents`, which cuts at 1,024 tokens; its
example of fusion joins vector and BM25 retrievers by `QueryFusionRetriever`.
"""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.retrievers.bm25 import BM25Retriever

from eval.peers.peer import Chunk, Source

CHUNK_TOKENS = 200
"""The best of 100, 150, 200 and 256 on the development parts of our gold sets."""
OVERLAP_TOKENS = 20


class LlamaIndex:
    """A `VectorStoreIndex`; `hybrid` fuses it with BM25 by reciprocal rank."""

    def __init__(
        self, model: str, splitter: SentenceSplitter | None, chunks: str, *, hybrid: bool
    ) -> None:
        """Load the model; without a splitter the index cuts as it does by default.

        A hybrid index gets titles, too, as metadata, which LlamaIndex embeds with every node.
        """
        self._embedder = HuggingFaceEmbedding(model_name=model, device="cpu")
        self._splitter = splitter
        self._hybrid = hybrid
        self._retrievers: dict[int, Any] = {}
        self._index: Any = None
        self._nodes: list[Any] = []
        self._number_of: dict[str, int] = {}
        self.settings = {
            "llama-index-core": version("llama-index-core"),
            "search": 'dense and BM25, QueryFusionRetriever("reciprocal_rerank")'
            if hybrid
            else "dense",
            "chunks": chunks,
        }

    def index(self, sources: Sequence[Source]) -> Sequence[Chunk]:
        """Cut, embed and index the documents."""
        number_of_source = {source.id: number for number, source in enumerate(sources)}
        documents = [
            Document(
                text=source.text,
                id_=source.id,
                metadata={"title": source.title} if self._hybrid else {},
            )
            for source in sources
        ]
        self._index = VectorStoreIndex.from_documents(
            documents,
            embed_model=self._embedder,
            transformations=[self._splitter] if self._splitter else None,
        )
        self._nodes = list(self._index.docstore.docs.values())
        self._number_of = {node.node_id: number for number, node in enumerate(self._nodes)}
        self._retrievers.clear()
        return [
            Chunk(number_of_source[node.ref_doc_id], node.text, node.start_char_idx)
            for node in self._nodes
        ]

    def search(self, question: str, k: int) -> Sequence[int]:
        """Return the numbers of the nodes that the retriever brings."""
        if k not in self._retrievers:
            self._retrievers[k] = self._retriever(k)
        return [
            self._number_of[item.node.node_id] for item in self._retrievers[k].retrieve(question)
        ]

    def _retriever(self, k: int) -> Any:
        dense = self._index.as_retriever(similarity_top_k=k)
        if not self._hybrid:
            return dense
        words = BM25Retriever.from_defaults(
            nodes=self._nodes, similarity_top_k=min(k, len(self._nodes))
        )
        # A language model is asked for further queries only where more than one is wanted.
        return QueryFusionRetriever(
            [dense, words],
            llm=MockLLM(),
            num_queries=1,
            mode="reciprocal_rerank",
            similarity_top_k=k,
            use_async=False,
        )


def default(model: str) -> LlamaIndex:
    """Return the vector index as it comes."""
    return LlamaIndex(model, None, "SentenceSplitter(), 1,024 tokens", hybrid=False)


def best(model: str) -> LlamaIndex:
    """Return vectors and BM25 over nodes of CHUNK_TOKENS tokens."""
    splitter = SentenceSplitter(chunk_size=CHUNK_TOKENS, chunk_overlap=OVERLAP_TOKENS)
    chunks = f"SentenceSplitter of {CHUNK_TOKENS} tokens, overlap {OVERLAP_TOKENS}, with the title"
    return LlamaIndex(model, splitter, chunks, hybrid=True)
