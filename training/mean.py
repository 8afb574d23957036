"""The mean of two networks' weights."""

from collections.abc import Mapping

import torch
from torch import Tensor


class MeanError(Exception):
    """Two networks that have no mean, or a share that leaves one of them out."""


def averaged(
    weights: Mapping[str, Tensor], others: Mapping[str, Tensor], share: float
) -> dict[str, Tensor]:
    """Return `share` of each of `weights` and the rest of its namesake in `others`.

    Of two networks of which one went on from the other, the mean often reads better than either
    on what neither was trained on (Wortsman et al., 2022, arXiv:2109.01903).

    Raises MeanError if the share is not between 0 and 1 or the networks are of different shapes.
    """
    if not 0 < share < 1:
        raise MeanError(f"a share of {share}; expected one between 0 and 1, both left out")
    shapes, other_shapes = ({n: t.shape for n, t in each.items()} for each in (weights, others))
    if shapes != other_shapes:
        raise MeanError("the two runs are of different networks; average runs of one base")
    return {name: torch.lerp(others[name], weight, share) for name, weight in weights.items()}
