from pathlib import Path

import numpy as np
import pytest

import index.dense
from index.dense import DenseIndex, DenseIndexError, Rows, saved_files
from index.embed import Vectors


def unit_vectors(count: int, dim: int = 24, seed: int = 0, clusters: int = 20) -> Vectors:
    """Rows of length 1 that lie in clusters, as texts do."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((clusters, dim))
    rows = centres[random.integers(clusters, size=count)] + random.standard_normal((count, dim))
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def rows_from(start: int, count: int) -> Rows:
    return np.arange(start, start + count, dtype=np.int64)


def by_numpy(
    vectors: Vectors, row_ids: Rows, query: Vectors, depth: int
) -> list[tuple[int, float]]:
    scores = vectors @ query
    order = np.lexsort((row_ids, -scores))[:depth]
    return [(int(row_ids[place]), float(scores[place])) for place in order]


def assert_same(found: list[tuple[int, float]], expected: list[tuple[int, float]]) -> None:
    assert [row for row, _ in found] == [row for row, _ in expected]
    scores = [score for _, score in expected]
    assert [score for _, score in found] == pytest.approx(scores, abs=1e-5)


def test_the_order_is_that_of_the_dot_product() -> None:
    vectors, row_ids = unit_vectors(500), rows_from(7, 500)
    built = DenseIndex.build(row_ids, row_ids // 10, vectors)
    for query in unit_vectors(10, seed=1):
        assert_same(built.search(query, 50), by_numpy(vectors, row_ids, query, 50))


def test_more_is_asked_for_than_there_is_and_all_comes_back_once() -> None:
    built = DenseIndex.build(rows_from(1, 3), rows_from(1, 3), unit_vectors(3))
    assert sorted(row for row, _ in built.search(unit_vectors(1)[0], 100)) == [1, 2, 3]


def test_an_empty_index_finds_nothing() -> None:
    built = DenseIndex.build(rows_from(0, 0), rows_from(0, 0), unit_vectors(0))
    assert built.search(unit_vectors(1)[0], 10) == []


def test_ties_go_to_the_lower_row_even_where_the_depth_cuts_through_them() -> None:
    same = np.repeat(unit_vectors(1), 300, axis=0)
    built = DenseIndex.build(rows_from(1, 300), rows_from(1, 300), same)
    assert [row for row, _ in built.search(same[0], 5)] == [1, 2, 3, 4, 5]


def test_a_filter_ranks_only_its_documents_to_the_full_depth() -> None:
    vectors, row_ids = unit_vectors(500), rows_from(1, 500)
    documents = row_ids % 50
    built = DenseIndex.build(row_ids, documents, vectors)
    chosen = np.isin(documents, [3, 4])
    for query in unit_vectors(5, seed=2):
        found = built.search(query, 15, [3, 4])
        assert_same(found, by_numpy(vectors[chosen], row_ids[chosen], query, 15))
    assert built.search(vectors[0], 10, []) == []
    assert built.search(vectors[0], 10, [999]) == []


def test_a_filter_on_passages_ranks_only_these_and_only_within_wanted_documents() -> None:
    vectors, row_ids = unit_vectors(2_000), rows_from(1, 2_000)
    documents = row_ids % 50
    built = DenseIndex.build(row_ids, documents, vectors)
    wanted = row_ids[::7].tolist()
    chosen = np.isin(row_ids, wanted)
    (query,) = unit_vectors(1, seed=1)
    expected = by_numpy(vectors[chosen], row_ids[chosen], query, 20)
    assert_same(built.search(query, 20, passage_rows=wanted), expected)
    both = chosen & np.isin(documents, [3])
    expected = by_numpy(vectors[both], row_ids[both], query, 20)
    assert_same(built.search(query, 20, document_rows=[3], passage_rows=wanted), expected)
    assert built.search(query, 20, passage_rows=[]) == []


def test_an_updated_index_finds_what_one_built_afresh_finds_to_the_last_bit() -> None:
    vectors, row_ids = unit_vectors(400), rows_from(1, 400)
    before = DenseIndex.build(row_ids[:300], row_ids[:300], vectors[:300])
    removed = [5, 6, 299, 300]
    after = before.updated(row_ids[300:], row_ids[300:], vectors[300:], removed)
    stay = ~np.isin(row_ids, removed)
    afresh = DenseIndex.build(row_ids[stay], row_ids[stay], vectors[stay])
    for query in unit_vectors(10, seed=3):
        assert after.search(query, 40) == afresh.search(query, 40)
    assert len(before) == 300
    assert_same(before.search(vectors[4], 1), [(5, 1.0)])


@pytest.fixture
def small_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index.dense, "EXACT_UP_TO", 1_000)


@pytest.fixture
def large(small_exact: None) -> tuple[DenseIndex, Vectors]:
    vectors = unit_vectors(12_000)
    return DenseIndex.build(rows_from(1, 12_000), rows_from(1, 12_000) % 100, vectors), vectors


def test_beyond_the_exact_size_recall_stays_above_98_percent(
    large: tuple[DenseIndex, Vectors],
) -> None:
    built, vectors = large
    assert built.worth_saving
    row_ids = rows_from(1, 12_000)
    recalls = []
    for query in unit_vectors(60, seed=4):
        expected = {row for row, _ in by_numpy(vectors, row_ids, query, 10)}
        recalls.append(len(expected & {row for row, _ in built.search(query, 10)}) / 10)
    assert np.mean(recalls) >= 0.98


def test_a_large_index_skips_removed_rows_and_finds_added_ones(
    large: tuple[DenseIndex, Vectors],
) -> None:
    built, vectors = large
    fresh = unit_vectors(5, seed=5)
    after = built.updated(rows_from(12_001, 5), rows_from(200, 5), fresh, [1, 2])
    for place in (0, 1):
        assert after.search(vectors[place], 1)[0][0] != place + 1
        assert built.search(vectors[place], 1)[0][0] == place + 1
    for place in range(5):
        assert after.search(fresh[place], 1)[0][0] == 12_001 + place
    assert {row % 100 for row, _ in after.search(vectors[0], 50, [7])} == {7}


def test_a_saved_index_is_loaded_with_what_came_since_and_damage_is_noticed(
    large: tuple[DenseIndex, Vectors], tmp_path: Path
) -> None:
    built, vectors = large
    built.save(tmp_path, "model", 3)
    built.save(tmp_path, "model", 4)
    (file,) = saved_files(tmp_path)
    fresh = unit_vectors(1, seed=6)
    row_ids = np.concatenate([rows_from(2, 11_999), rows_from(12_001, 1)])
    asked: list[int] = []

    def vectors_of(rows: Rows) -> Vectors:
        asked.extend(rows.tolist())
        return fresh

    loaded = DenseIndex.load(file, "model", row_ids, row_ids % 100, vectors_of)
    assert asked == [12_001]
    assert loaded.search(fresh[0], 1)[0][0] == 12_001
    assert loaded.search(vectors[0], 1)[0][0] != 1
    assert loaded.search(vectors[1], 10)[0][0] == 2
    with pytest.raises(DenseIndexError, match="of the model other"):
        DenseIndex.load(file, "other", row_ids, row_ids, vectors_of)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(DenseIndexError, match="built again"):
        DenseIndex.load(file, "model", row_ids, row_ids, vectors_of)
