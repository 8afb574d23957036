"""When a cited or retrieved span counts as having the evidence, and how much of it they share."""

from collections.abc import Iterable, Sequence

from eval.gold import Evidence, Part
from eval.normalise import stands_in
from eval.reply import Cited, Found

Span = tuple[str, int, int]
"""Document, start, end."""


def overlap(first: Span, second: Span) -> int:
    """Return how many code points two spans share; none when their documents differ."""
    if first[0] != second[0]:
        return 0
    return max(0, min(first[2], second[2]) - max(first[1], second[1]))


def span_of(place: Evidence | Cited | Found) -> Span:
    """Return the bare span of a piece of evidence, a citation or a hit."""
    return place.document, place.start, place.end


def covers(cited: Cited, part: Part) -> bool:
    """Tell whether a citation covers the evidence of a part.

    It does when its quote overlaps one of the part's places of evidence, in the same document, and
    that overlap either is at least half of the place, or holds one of the part's answers as whole
    words. A quote that only touches the evidence, or that says the same elsewhere, does not cover
    it. Without its quote, a citation is judged by the half alone.
    """
    for place in part.evidence:
        shared = overlap(span_of(cited), span_of(place))
        if shared == 0:
            continue
        if 2 * shared >= place.end - place.start:
            return True
        if cited.quote is not None:
            start = max(cited.start, place.start) - cited.start
            inside = cited.quote[start : start + shared]
            if any(stands_in(answer, inside) for answer in part.answers):
                return True
    return False


def finds(hit: Found, part: Part) -> bool:
    """Tell whether a retrieved passage has the evidence of a part.

    It does when it shares at least half of one of the part's places of evidence or, where whole
    documents were judged and the place is the longer of the two, half of the passage.
    """
    return any(
        2 * overlap(span_of(hit), span_of(place))
        >= min(hit.end - hit.start, place.end - place.start)
        for place in part.evidence
    )


def span_precision(citations: Sequence[Cited], parts: Sequence[Part]) -> float:
    """Return the share of the cited code points that are evidence; 0 when nothing is cited."""
    cited = merge(span_of(citation) for citation in citations)
    evidence = merge(span_of(place) for part in parts for place in part.evidence)
    total = sum(end - start for _, start, end in cited)
    return _shared(cited, evidence) / total if total else 0.0


def span_recall(citations: Sequence[Cited], parts: Sequence[Part]) -> float:
    """Return the share of the evidence that is cited: the mean over parts of their best place."""
    cited = merge(span_of(citation) for citation in citations)
    best = [
        max(_shared(cited, [span_of(place)]) / (place.end - place.start) for place in part.evidence)
        for part in parts
    ]
    return sum(best) / len(best)


def merge(spans: Iterable[Span]) -> list[Span]:
    """Return the same code points as sorted spans that neither overlap nor touch."""
    merged: list[Span] = []
    for document, start, end in sorted(spans):
        if merged and merged[-1][0] == document and start <= merged[-1][2]:
            merged[-1] = (document, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((document, start, end))
    return merged


def _shared(first: Sequence[Span], second: Sequence[Span]) -> int:
    return sum(overlap(one, other) for one in first for other in second)
