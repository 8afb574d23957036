"""Intervals and tests by resampling questions: what is signal, what is noise.

Everything is seeded, so the same run gives the same interval, digit for digit.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
"""Bootstrap resamples: the ends of a 95 % interval then rest on 50 resamples on either side."""
PERMUTATIONS = 2000
LEVEL = 0.95
SEED = 20230327

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
Statistic = Callable[[IndexArray], float]
"""What a measure is over the questions of these row numbers, which may repeat."""

# Rows of resamples drawn at once: 10,000 questions then need 8 MB, not 160.
_BLOCK = 100


def mean_interval(values: FloatArray, seed: int = SEED) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of the mean of `values`, shape (n,).

    Where all values are 0 or all are 1, resampling cannot show any doubt; the interval is then
    Wilson's, so that ten right answers out of ten are not a proof of perfection.
    """
    if np.all(values == 0.0) or np.all(values == 1.0):
        return _wilson(float(values[0]), len(values))
    return _percentiles(_resampled_means(values, seed))


def interval(statistic: Statistic, count: int, seed: int = SEED) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of any statistic over `count` questions.

    Resamples in which the statistic is undefined (NaN) are left out; all of them gives NaN.
    """
    generator = np.random.default_rng(seed)
    resampled = np.array([statistic(generator.integers(0, count, count)) for _ in range(RESAMPLES)])
    return _percentiles(resampled)


def mean_difference(
    first: FloatArray, second: FloatArray, seed: int = SEED
) -> tuple[tuple[float, float], float]:
    """Return the paired bootstrap interval of mean(second - first), and its p value.

    The p value is two-sided, by random sign flips of the per-question differences: how often two
    runs that differ only by chance would differ in the mean by at least as much.
    """
    differences = second - first
    observed = abs(float(differences.mean()))
    generator = np.random.default_rng(seed)
    as_far = 0
    for _ in range(0, PERMUTATIONS, _BLOCK):
        signs = generator.integers(0, 2, (_BLOCK, len(differences))) * 2 - 1
        # The slack keeps sums that differ by rounding alone on the same side.
        as_far += int(np.sum(np.abs((signs * differences).mean(axis=1)) >= observed - 1e-12))
    return _percentiles(_resampled_means(differences, seed)), (as_far + 1) / (PERMUTATIONS + 1)


def difference(
    first: Statistic,
    second: Statistic,
    swapped: Callable[[NDArray[np.bool_]], tuple[float, float]],
    count: int,
    seed: int = SEED,
) -> tuple[tuple[float, float], float]:
    """Return the paired bootstrap interval of second - first, and its p value, for any statistic.

    `swapped` gives both statistics after the two runs' rows have changed places where the mask,
    shape (count,), says so; the p value is two-sided, by random such swaps.
    """
    every = np.arange(count)
    observed = abs(second(every) - first(every))
    generator = np.random.default_rng(seed)
    resampled = []
    for _ in range(RESAMPLES):
        rows = generator.integers(0, count, count)
        resampled.append(second(rows) - first(rows))
    as_far = 0
    for _ in range(PERMUTATIONS):
        one, other = swapped(generator.random(count) < 0.5)
        as_far += abs(other - one) >= observed - 1e-12
    return _percentiles(np.array(resampled)), (as_far + 1) / (PERMUTATIONS + 1)


def _resampled_means(values: FloatArray, seed: int) -> FloatArray:
    generator = np.random.default_rng(seed)
    blocks = [
        values[generator.integers(0, len(values), (_BLOCK, len(values)))].mean(axis=1)
        for _ in range(0, RESAMPLES, _BLOCK)
    ]
    return np.concatenate(blocks)


def _percentiles(resampled: FloatArray) -> tuple[float, float]:
    known = resampled[~np.isnan(resampled)]
    if not len(known):
        return float("nan"), float("nan")
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(known, [tail, 1.0 - tail])
    return float(low), float(high)


def _wilson(share: float, count: int) -> tuple[float, float]:
    z = 1.959963984540054  # the normal quantile of 0.975
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = (
        z
        / (1 + z * z / count)
        * float(np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)))
    )
    return max(0.0, centre - half), min(1.0, centre + half)
