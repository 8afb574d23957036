"""Near-duplicates: MinHash signatures of documents, and how alike two of them are."""

import hashlib
import re

import numpy as np
from numpy.typing import NDArray

SHINGLE_WORDS = 5
# The estimate's standard error is at most 1 / (2 sqrt(n)), so 0.04 for 128.
SIGNATURE_LENGTH = 128

Signature = NDArray[np.uint64]

_WORD = re.compile(r"\w+")
_BATCH = 4096


def signature(text: str) -> Signature:
    """Return the MinHash signature of `text`: uint64, shape (SIGNATURE_LENGTH,).

    It stands for the set of all runs of SHINGLE_WORDS words, case and punctuation aside; a shorter
    text is one run. The same text gives the same signature on every machine and in every process.
    Give the body, so that two reports are not alike for a shared biography. A text without words
    gives a signature that is like no other's, its own included.
    """
    words = [word.encode("utf-8") for word in _WORD.findall(text.casefold())]
    least: Signature = np.full(SIGNATURE_LENGTH, np.iinfo(np.uint64).max, dtype=np.uint64)
    if not words:
        return least
    count = max(1, len(words) - SHINGLE_WORDS + 1)
    shingles = {b" ".join(words[start : start + SHINGLE_WORDS]) for start in range(count)}
    hashes = np.array(
        [
            int.from_bytes(hashlib.blake2b(shingle, digest_size=8).digest(), "little")
            for shingle in sorted(shingles)
        ],
        dtype=np.uint64,
    )
    multipliers, increments = _permutations()
    for start in range(0, len(hashes), _BATCH):
        batch = hashes[start : start + _BATCH, np.newaxis]
        # Modulo 2**64 by overflow; the shift mixes the strong high bits into the weak low ones.
        mixed = batch * multipliers + increments
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(32)
        least = np.minimum(least, mixed.min(axis=0))
    return least


def similarity(first: Signature, second: Signature) -> float:
    """Estimate the Jaccard similarity, 0 to 1, of the word runs of two texts.

    Raises ValueError if the signatures differ in shape.
    """
    if first.shape != second.shape:
        raise ValueError(
            f"signatures of shapes {first.shape} and {second.shape} cannot be compared; "
            "make both with the same version"
        )
    empty = np.iinfo(np.uint64).max
    return float(np.mean((first == second) & (first != empty)))


def _permutations() -> tuple[Signature, Signature]:
    """Fixed odd multipliers and increments, one pair for each place of a signature."""
    seeds = [
        hashlib.blake2b(f"dossier minhash {place}".encode(), digest_size=16).digest()
        for place in range(SIGNATURE_LENGTH)
    ]
    multipliers = [int.from_bytes(seed[:8], "little") | 1 for seed in seeds]
    increments = [int.from_bytes(seed[8:], "little") for seed in seeds]
    return np.array(multipliers, dtype=np.uint64), np.array(increments, dtype=np.uint64)
