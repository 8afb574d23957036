"""Asides: biographies, captions and footnotes, read only where the question is about them.

They are no part of any passage, since they are not the author's argument: a question about an
attack must not be answered from a caption. Whoever asks for the author, a picture or a cited
source wants just these.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from analysis.terms import stems
from index.search import Hit
from index.snapshot import Snapshot
from ingest.chunk import Passage
from ingest.document import RegionKind

_ABOUT = {
    # "According to the author" asks for the argument, "the author's degree" for the biography.
    RegionKind.BIOGRAPHY: re.compile(
        r"\bbiograph(?:y|ies)\b|\bwho (?:wrote|has written|(?:is|was|are) the authors?)\b"
        r"|\babout the authors?\b|\bauthor['’]s (?:background|career|degree|education|field|"
        r"languages?|studies|university|work)\b"
        r"|\b(?:did|does|is|was|has) the author (?:born|graduated?|live|speak|stud\w+|taught|teach|"
        r"work)\b",
        re.IGNORECASE,
    ),
    RegionKind.CAPTION: re.compile(
        r"\b(?:captions?|captioned|photos?|photographs?|pictures?|images?)\b", re.IGNORECASE
    ),
    RegionKind.FOOTNOTE: re.compile(
        r"\b(?:foot ?notes?|end ?notes?|cites?|cited|citations?|references?)\b", re.IGNORECASE
    ),
}
MOST = 4
"""Asides that are read for one question."""


def asides_for(question: str, hits: Sequence[Hit], snapshot: Snapshot) -> list[Hit]:
    """Return the asides that `question` is about, of the documents of `hits`, best first.

    Those that share most words with the question come first, then those of the better hit. Each
    comes as a hit over a stretch of its document that is no passage of the index. Most questions
    are about no aside and get none.
    """
    kinds = {kind for kind, pattern in _ABOUT.items() if pattern.search(question)}
    if not kinds:
        return []
    asked = set(stems(question))
    by_document = {hit.document.id: hit for hit in reversed(hits)}
    found: list[tuple[int, int, int, Hit]] = []
    for hit in by_document.values():
        document = snapshot.document(hit.document.id)
        assert document is not None  # the snapshot that gave the hit holds its document
        for region in document.regions:
            if region.kind in kinds:
                text = document.text[region.start : region.end]
                shared = len(asked & set(stems(text)))
                passage = Passage(document.id, region.start, region.end, text)
                aside = replace(hit, passage=passage, highlights=())
                found.append((-shared, hit.rank, region.start, aside))
    found.sort(key=lambda entry: entry[:3])
    return [aside for *_, aside in found[:MOST]]


def in_order(hits: Sequence[Hit]) -> list[Hit]:
    """Return `hits` ranked anew in the order in which they stand."""
    return [replace(hit, rank=rank) for rank, hit in enumerate(hits, 1)]
