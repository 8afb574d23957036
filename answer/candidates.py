"""Candidates: the sentences of the retrieved passages, each with what stands around it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.search import Hit
from ingest.chunk import Passage
from ingest.sentences import sentence_spans

# A sentence that opens like this leans on the one before it.
_LEANS = re.compile(
    r"^[“\"‘']?(?:he|she|it|they|his|her|its|their|this|these|those|such|that|the (?:former|latter|"
    r"first|second|third|group|organi[sz]ation|operation|attack|announcement|agreement)|secondly|"
    r"during|in (?:this|other)|one of them|both|another|because|thus|therefore|moreover|"
    r"on the other)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence of a hit, `document text[start:end] == text`, and its neighbours.

    `before` and `after` are the neighbouring sentences, also those across the passage's borders;
    empty where the stretch of text begins or ends. `context_start` is where `before` begins.
    """

    hit: Hit
    start: int
    end: int
    text: str
    before: str
    after: str
    context_start: int

    @property
    def leans(self) -> bool:
        """Whether the sentence opens with words that only the sentence before it explains."""
        return bool(self.before) and _LEANS.match(self.text) is not None

    @property
    def quote_start(self) -> int:
        """Where a quote that can be understood begins: with `before` where the sentence leans."""
        return self.context_start if self.leans else self.start

    @property
    def context(self) -> str:
        """The sentence with its neighbours, as running text."""
        return " ".join(part for part in (self.before, self.text, self.after) if part)

    @property
    def lead(self) -> int:
        """Where the sentence begins in `context`."""
        return len(self.before) + 1 if self.before else 0


def candidates_of(
    hits: Sequence[Hit], beside: Callable[[Passage], tuple[Passage | None, Passage | None]]
) -> list[Candidate]:
    """Return the sentences of `hits`, in their order; one sentence in two passages comes once.

    `beside` gives the passages that a passage goes on from and that go on from it.
    """
    seen: set[tuple[str, int]] = set()
    candidates = []
    for hit in hits:
        passage = hit.passage
        sentences = _sentences(passage)
        previous, following = beside(passage)
        earlier = _sentences(previous)[-1:] if previous is not None else []
        later = _sentences(following)[:1] if following is not None else []
        # So that a sentence at a border has neighbours as any other.
        around = [*earlier, *sentences, *later]
        for position, (start, end, text) in enumerate(around):
            if start < passage.start or end > passage.end:
                continue
            place = (passage.document_id, end)
            if place in seen:
                continue
            seen.add(place)
            before = around[position - 1] if position else (start, start, "")
            after = around[position + 1] if position + 1 < len(around) else (end, end, "")
            candidates.append(
                Candidate(
                    hit=hit,
                    start=start,
                    end=end,
                    text=text,
                    before=before[2],
                    after=after[2],
                    context_start=before[0],
                )
            )
    return candidates


def _sentences(passage: Passage) -> list[tuple[int, int, str]]:
    """Return each sentence's start and end, in code points of the document, and its text."""
    return [
        (passage.start + start, passage.start + end, passage.text[start:end])
        for start, end in sentence_spans(passage.text)
    ]
