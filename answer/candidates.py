"""Candidates: the sentences of the retrieved passages, each with what stands around it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.search import Hit
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
    """One sentence of a hit, `document text[start:end] == text`, and its neighbours in the passage.

    `before` and `after` are the neighbouring sentences of the same passage, empty at its ends;
    `context_start` is where `before` begins.
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
    def quote(self) -> str:
        """The sentence, after the one before it where it leans: the text from `quote_start`."""
        passage = self.hit.passage
        return passage.text[self.quote_start - passage.start : self.end - passage.start]

    @property
    def context(self) -> str:
        """The sentence with its neighbours, as running text."""
        return " ".join(part for part in (self.before, self.text, self.after) if part)


def candidates_of(hits: Sequence[Hit]) -> list[Candidate]:
    """Return the sentences of `hits`, in their order; one sentence in two passages comes once."""
    seen: set[tuple[str, int]] = set()
    candidates = []
    for hit in hits:
        passage = hit.passage
        spans = sentence_spans(passage.text)
        for position, (start, end) in enumerate(spans):
            place = (passage.document_id, passage.start + end)
            if place in seen:
                continue
            seen.add(place)
            before = spans[position - 1] if position else (start, start)
            after = spans[position + 1] if position + 1 < len(spans) else (end, end)
            candidates.append(
                Candidate(
                    hit=hit,
                    start=passage.start + start,
                    end=passage.start + end,
                    text=passage.text[start:end],
                    before=passage.text[before[0] : before[1]],
                    after=passage.text[after[0] : after[1]],
                    context_start=passage.start + before[0],
                )
            )
    return candidates
