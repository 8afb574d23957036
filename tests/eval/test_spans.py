import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.gold import Evidence, Part
from eval.reply import Cited, Found
from eval.spans import covers, finds, merge, overlap, span_precision, span_recall


def part(*places: tuple[int, int], answers: tuple[str, ...] = (), document: str = "d") -> Part:
    return Part(answers, tuple(Evidence(document, start, end) for start, end in places))


def cite(start: int, end: int, quote: str | None = None, document: str = "d") -> Cited:
    return Cited(document, start, end, quote, None)


def test_half_of_the_evidence_is_covered_and_a_little_less_is_not() -> None:
    assert covers(cite(0, 60), part((50, 70)))
    assert not covers(cite(0, 59), part((50, 70)))


def test_the_same_place_in_another_document_is_not_covered() -> None:
    assert not covers(cite(50, 70, document="other"), part((50, 70)))


def test_a_short_quote_covers_long_evidence_when_the_answer_is_in_what_they_share() -> None:
    #       0123456789
    quote = "in May. It"
    assert covers(cite(90, 100, quote), part((40, 97), answers=("May",)))
    assert not covers(cite(90, 100, quote), part((40, 97), answers=("It",)))
    assert not covers(cite(90, 100, quote), part((40, 97), answers=("June",)))


def test_the_answer_outside_the_evidence_does_not_cover_it() -> None:
    quote = "May came. The bridge"
    assert not covers(cite(90, 110, quote), part((101, 200), answers=("May",)))


def test_any_place_of_a_part_suffices() -> None:
    assert covers(cite(500, 520), part((50, 70), (500, 520)))


def test_a_passage_finds_evidence_that_it_has_half_of() -> None:
    assert finds(Found("d", 0, 60, None), part((50, 70)))
    assert not finds(Found("d", 0, 59, None), part((50, 70)))
    assert not finds(Found("e", 0, 60, None), part((50, 70)))


def test_a_passage_within_a_judged_document_finds_it() -> None:
    assert finds(Found("d", 800, 1600, None), part((0, 9000)))


def test_touching_spans_share_nothing() -> None:
    assert overlap(("d", 0, 5), ("d", 5, 9)) == 0


def test_precision_and_recall_count_code_points_once() -> None:
    # Cited 0–10 and 5–15: 15 points; evidence 10–20: 5 of them, half of it.
    citations = [cite(0, 10), cite(5, 15)]
    assert span_precision(citations, [part((10, 20))]) == pytest.approx(5 / 15)
    assert span_recall(citations, [part((10, 20))]) == pytest.approx(5 / 10)


def test_recall_takes_the_best_place_of_each_part_and_averages_parts() -> None:
    parts = [part((0, 10), (100, 110)), part((200, 210))]
    assert span_recall([cite(100, 110)], parts) == pytest.approx(0.5)


def test_citing_nothing_scores_zero() -> None:
    assert span_precision([], [part((0, 10))]) == 0.0
    assert span_recall([], [part((0, 10))]) == 0.0


spans = st.tuples(st.sampled_from("ab"), st.integers(0, 30), st.integers(1, 10)).map(
    lambda raw: (raw[0], raw[1], raw[1] + raw[2])
)


@given(st.lists(spans), st.lists(spans, min_size=1))
def test_precision_agrees_with_counting_points_one_by_one(first: Any, second: Any) -> None:
    points = {(document, point) for document, start, end in first for point in range(start, end)}
    wanted = {(document, point) for document, start, end in second for point in range(start, end)}
    expected = len(points & wanted) / len(points) if points else 0.0
    citations = [cite(start, end, document=document) for document, start, end in first]
    parts = [part((start, end), document=document) for document, start, end in second]
    assert span_precision(citations, parts) == pytest.approx(expected)


@given(st.lists(spans))
def test_merged_spans_are_apart_and_hold_the_same_points(raw: Any) -> None:
    def points(of: Any) -> set[Any]:
        return {(document, point) for document, start, end in of for point in range(start, end)}

    merged = merge(raw)
    assert points(merged) == points(raw)
    assert sum(end - start for _, start, end in merged) == len(points(raw))
    assert all(one[0] != two[0] or one[2] < two[1] for one, two in itertools.pairwise(merged))
