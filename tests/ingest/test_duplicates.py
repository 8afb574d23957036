import numpy as np
import pytest

from ingest.duplicates import SIGNATURE_LENGTH, signature, similarity

WORDS = [f"word{n}" for n in range(2000)]


def exact_jaccard(first: list[str], second: list[str]) -> float:
    a, b = ({tuple(w[i : i + 5]) for i in range(len(w) - 4)} for w in (first, second))
    return len(a & b) / len(a | b)


def test_a_signature_is_the_same_everywhere() -> None:
    made = signature("The garrison held the bridge until the rains came.")
    assert made.dtype == np.uint64
    assert made.shape == (SIGNATURE_LENGTH,)
    assert int(made[0]) == int(signature("the GARRISON held, the bridge until the rains came")[0])


@pytest.mark.parametrize("kept", [2000, 1800, 1000, 100])
def test_similarity_is_near_the_exact_jaccard_of_the_word_runs(kept: int) -> None:
    other = WORDS[:kept] + [f"other{n}" for n in range(2000 - kept)]
    estimate = similarity(signature(" ".join(WORDS)), signature(" ".join(other)))
    assert estimate == pytest.approx(exact_jaccard(WORDS, other), abs=0.12)


def test_texts_without_words_are_like_nothing() -> None:
    assert similarity(signature("…"), signature("…")) == 0.0


def test_signatures_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same version"):
        similarity(signature("a"), signature("a")[:10])
