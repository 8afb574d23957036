import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.fuse import fuse


def test_scores_are_sums_of_reciprocal_ranks() -> None:
    # b: 1/62 + 1/61; a: 1/61 + nothing; c: 1/62, from the second ranking only.
    assert fuse([["a", "b"], ["b", "c"]]) == [
        ("b", 1 / 62 + 1 / 61),
        ("a", 1 / 61),
        ("c", 1 / 62),
    ]


def test_ties_go_to_the_lower_item() -> None:
    assert [item for item, _ in fuse([[3, 1], [1, 3]])] == [1, 3]


def test_a_weight_counts_a_ranking_more() -> None:
    assert [item for item, _ in fuse([["a", "b"], ["b", "a"]], weights=[1.0, 2.0])] == ["b", "a"]


def test_an_item_that_stands_twice_counts_where_it_stands_first() -> None:
    assert fuse([["a", "a", "b"]]) == [("a", 1 / 61), ("b", 1 / 62)]


def test_no_rankings_give_nothing() -> None:
    assert fuse([]) == []
    assert fuse([[], []]) == []


def test_weights_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="1 weights for 2 rankings"):
        fuse([["a"], ["b"]], weights=[1.0])


@given(st.lists(st.lists(st.integers(0, 20), unique=True), max_size=4))
def test_every_item_comes_once_best_first(rankings: list[list[int]]) -> None:
    fused = fuse(rankings)
    assert sorted(item for item, _ in fused) == sorted({item for r in rankings for item in r})
    assert [score for _, score in fused] == sorted((s for _, s in fused), reverse=True)
