"""txtai: an embeddings database, dense or hybrid with its own BM25.

Its documentation starts with `Embeddings(path=…)` over the texts that `Segmentation` cuts from
documents by paragraph, and turns to `hybrid=True` for better results.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

from txtai import Embeddings
from txtai.pipeline import Segmentation

from eval.peers.peer import Chunk, Source

CHUNK_CHARS = 800
"""The best of 400, 600, 800 and 1,000 on the development parts of our gold sets."""


class Txtai:
    """An `Embeddings` index over the segments of documents."""

    def __init__(
        self, segment: Callable[[str], list[str]], settings: Mapping[str, str], **config: object
    ) -> None:
        """Use `segment` to cut documents and `config` for the index."""
        self._segment = segment
        self._embeddings = Embeddings(**config)
        self.settings = {"txtai": version("txtai"), **settings}

    def index(self, sources: Sequence[Source]) -> Sequence[Chunk]:
        """Cut, embed and index the documents."""
        chunks = [
            Chunk(number, text)
            for number, source in enumerate(sources)
            for text in self._segment(source.text)
        ]
        self._embeddings.index([chunk.text for chunk in chunks])
        return chunks

    def search(self, question: str, k: int) -> Sequence[int]:
        """Return the segments' numbers, which are the ids that txtai gave them."""
        return [int(number) for number, _ in self._embeddings.search(question, k)]


def default(model: str) -> Txtai:
    """Return dense search over paragraphs."""
    return Txtai(
        Segmentation(paragraphs=True),
        {"search": "dense", "chunks": "Segmentation(paragraphs=True)"},
        path=model,
    )


def best(model: str) -> Txtai:
    """Return hybrid search over segments of up to CHUNK_CHARS characters."""
    return Txtai(
        # `tokenizer` counts characters: the others are downloaded.
        Segmentation(chunker="recursive", tokenizer="character", chunk_size=CHUNK_CHARS),
        {
            "search": "hybrid (dense and BM25, equal weights)",
            "chunks": f'Segmentation(chunker="recursive", chunk_size={CHUNK_CHARS} characters)',
        },
        path=model,
        hybrid=True,
    )
