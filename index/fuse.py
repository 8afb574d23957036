"""Score fusion: how near passages are and how well their words match become one score."""

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

# Fused items are compared to break ties, which typing cannot demand of a Hashable.
Item = TypeVar("Item", bound=Hashable)

WORDS = 0.3
"""Share of the words in a score, chosen on development questions; 0.25 to 0.4 are as good."""
_DECIMALS = 6
"""The last bits of a score depend on what else is computed with it, and so on the order in which
documents came; items that differ in them only are ties."""


def fuse(
    nearness: Mapping[Item, float], words: Mapping[Item, float], share: float = WORDS
) -> list[tuple[Item, float]]:
    """Return every item of `nearness` with its nearness and words in one score, best first.

    A convex combination of the scores (Bruch, Gai and Ingber, "An Analysis of Fusion Functions for
    Hybrid Retrieval", ACM TOIS 2023, arXiv:2210.11934): (1 - share) of `nearness`, cosines as they
    are, and `share` of `words`, BM25 by the best of them since it has no upper bound. An item that
    is not in `words` has 0 there. Ties go to the lower item.

    Raises ValueError if `words` holds an item that is not in `nearness`.
    """
    if not words.keys() <= nearness.keys():
        raise ValueError(
            f"found {len(words.keys() - nearness.keys())} items with words and no nearness; give "
            "the nearness of all"
        )
    best = max(words.values(), default=0.0) or 1.0
    scores = {
        item: round((1 - share) * near + share * words.get(item, 0.0) / best, _DECIMALS)
        for item, near in nearness.items()
    }

    def best_first(pair: tuple[Any, float]) -> tuple[float, Any]:
        return -pair[1], pair[0]

    return sorted(scores.items(), key=best_first)
