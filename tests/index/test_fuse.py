import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.fuse import fuse


def test_a_score_is_the_nearness_and_the_words_by_the_best_of_them() -> None:
    fused = fuse({"a": 0.5, "b": 0.4, "c": 0.1}, {"b": 12.0, "c": 6.0}, share=0.25)
    assert fused == [("b", 0.75 * 0.4 + 0.25), ("a", 0.75 * 0.5), ("c", 0.75 * 0.1 + 0.125)]


def test_the_share_decides_which_counts_more() -> None:
    near, words = {"a": 0.9, "b": 0.1}, {"b": 3.0}
    assert [item for item, _ in fuse(near, words, share=0.0)] == ["a", "b"]
    assert [item for item, _ in fuse(near, words, share=1.0)] == ["b", "a"]


def test_ties_go_to_the_lower_item_and_the_last_bits_make_no_difference() -> None:
    assert [item for item, _ in fuse({2: 0.5, 1: 0.5 - 1e-9}, {})] == [1, 2]


def test_nothing_fused_is_nothing() -> None:
    assert fuse({}, {}) == []


def test_words_that_all_score_nothing_change_nothing() -> None:
    assert fuse({"a": 0.5}, {"a": 0.0}, share=0.5) == [("a", 0.25)]


def test_an_item_without_nearness_is_refused() -> None:
    with pytest.raises(ValueError, match="1 items with words and no nearness"):
        fuse({"a": 0.5}, {"b": 1.0})


@given(
    st.dictionaries(st.integers(0, 20), st.floats(-1, 1), min_size=1),
    st.dictionaries(st.integers(0, 20), st.floats(0, 50)),
)
def test_every_item_comes_once_best_first(near: dict[int, float], words: dict[int, float]) -> None:
    fused = fuse(near, {item: score for item, score in words.items() if item in near})
    assert sorted(item for item, _ in fused) == sorted(near)
    scores = [score for _, score in fused]
    assert scores == sorted(scores, reverse=True)
    assert all(-0.7 <= score <= 1.0 for score in scores)
