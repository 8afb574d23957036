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
Statistic = Callable[[IndexArray], FloatArray]
"""What a measure is over each line of row numbers, shape (lines, questions) to (lines,).

Row numbers may repeat within a line.
"""

# Resamples drawn at once: 10,000 questions then need 8 MB, not 160.
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
    """Return the 95 % percentile bootstrap interval of any statistic over `count` questions."""
    generator = np.random.default_rng(seed)
    blocks = [statistic(_draw(generator, count)) for _ in range(0, RESAMPLES, _BLOCK)]
    return _percentiles(np.concatenate(blocks))


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
    statistic: Statistic, count: int, seed: int = SEED
) -> tuple[tuple[float, float], float]:
    """Return the paired bootstrap interval of second - first, and its p value, for any statistic.

    `statistic` is over both runs' rows laid end to end: question i is row i in the first and row
    i + `count` in the second. The p value is two-sided, by random exchange of questions' rows.
    """
    every = np.arange(count)[np.newaxis]
    observed = abs(float((statistic(every + count) - statistic(every))[0]))
    generator = np.random.default_rng(seed)
    resampled = []
    for _ in range(0, RESAMPLES, _BLOCK):
        rows = _draw(generator, count)
        resampled.append(statistic(rows + count) - statistic(rows))
    as_far = 0
    for _ in range(0, PERMUTATIONS, _BLOCK):
        swaps = generator.integers(0, 2, (_BLOCK, count)) * count
        swapped = statistic(every + count - swaps) - statistic(every + swaps)
        as_far += int(np.sum(np.abs(swapped) >= observed - 1e-12))
    return _percentiles(np.concatenate(resampled)), (as_far + 1) / (PERMUTATIONS + 1)


def _draw(generator: np.random.Generator, count: int) -> IndexArray:
    return generator.integers(0, count, (_BLOCK, count))


def _resampled_means(values: FloatArray, seed: int) -> FloatArray:
    generator = np.random.default_rng(seed)
    blocks = [
        values[_draw(generator, len(values))].mean(axis=1) for _ in range(0, RESAMPLES, _BLOCK)
    ]
    return np.concatenate(blocks)


def _percentiles(resampled: FloatArray) -> tuple[float, float]:
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(resampled, [tail, 1.0 - tail])
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
