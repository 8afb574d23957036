"""Rank fusion: several rankings of the same things become one."""

from collections.abc import Hashable, Sequence
from typing import Any, TypeVar

# Fused items are compared to break ties, which typing cannot demand of a Hashable.
Item = TypeVar("Item", bound=Hashable)

RECIPROCAL_RANK_K = 60
"""As in Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion …", SIGIR 2009."""


def fuse(
    rankings: Sequence[Sequence[Item]],
    weights: Sequence[float] | None = None,
    k: int = RECIPROCAL_RANK_K,
) -> list[tuple[Item, float]]:
    """Return every ranked item with the sum of weight / (k + rank) over the rankings, best first.

    Ranks count from 1; an item that stands twice in one ranking counts where it stands first; a
    ranking without an item adds nothing for it. Ties go to the lower item. No weights: all 1.

    Raises ValueError if there is not one weight for each ranking.
    """
    if weights is None:
        weights = [1.0] * len(rankings)
    if len(weights) != len(rankings):
        raise ValueError(
            f"found {len(weights)} weights for {len(rankings)} rankings; give one for each"
        )
    scores: dict[Item, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        # dict.fromkeys keeps the first of each, in order.
        for rank, item in enumerate(dict.fromkeys(ranking), start=1):
            scores[item] = scores.get(item, 0.0) + weight / (k + rank)

    def best_first(pair: tuple[Any, float]) -> tuple[float, Any]:
        return -pair[1], pair[0]

    return sorted(scores.items(), key=best_first)
