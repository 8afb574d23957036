import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import index.vectors
from index.embed import Vectors
from index.vectors import VectorCache, open_vector_cache, sentence_vectors

KEYS = [bytes([number]) * 32 for number in range(5)]


def some(count: int) -> Vectors:
    return np.arange(count * 3, dtype=np.float32).reshape(count, 3)


def passages(count: int) -> list[Vectors]:
    """Return that many passages of which no sentence has a vector."""
    return list(some(count)[:, None])


def test_vectors_come_back_in_the_order_asked_for_to_the_last_bit(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "v.sqlite", "m", 3)
    cache.put(KEYS, passages(5))
    cache.close()
    again = VectorCache(tmp_path / "v.sqlite", "m", 3)
    assert np.array_equal(again.get([KEYS[3], KEYS[0], KEYS[3]]), some(5)[[3, 0, 3]])
    assert again.get([]).shape == (0, 3)
    again.close()


def test_another_models_vectors_are_not_taken_for_ones_own(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "v.sqlite", "m", 3)
    cache.put(KEYS[:2], passages(2))
    cache.close()
    other = VectorCache(tmp_path / "v.sqlite", "other", 3)
    assert other.missing(KEYS) == set(KEYS)
    with pytest.raises(KeyError):
        other.get(KEYS[:1])
    other.close()


def test_a_vector_of_another_length_counts_as_missing(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "v.sqlite", "m", 3)
    cache.put(KEYS[:2], passages(2))
    cache.close()
    longer = VectorCache(tmp_path / "v.sqlite", "m", 4)
    assert longer.missing(KEYS[:2]) == set(KEYS[:2])
    longer.close()


def test_sentences_come_back_by_key_and_a_passage_without_any_stands_for_itself(
    tmp_path: Path,
) -> None:
    file = tmp_path / "v.sqlite"
    assert sentence_vectors(file, "m", 3, KEYS) == {}
    cache = VectorCache(file, "m", 3)
    cache.put(KEYS[:2], [some(4), some(1)])
    found = sentence_vectors(file, "m", 3, KEYS)
    assert set(found) == set(KEYS[:2])
    assert np.array_equal(found[KEYS[0]], some(4)[1:])
    assert np.array_equal(found[KEYS[1]], some(1))
    assert found[KEYS[0]].dtype == np.float32
    assert sentence_vectors(file, "other", 3, KEYS) == {}
    assert sentence_vectors(file, "m", 5, KEYS) == {}
    cache.close()


def test_a_cache_of_a_version_without_sentences_has_none_of_its_vectors(tmp_path: Path) -> None:
    file = tmp_path / "v.sqlite"
    with closing(sqlite3.connect(file)) as old:
        old.executescript(
            "CREATE TABLE models (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE) STRICT;"
            "CREATE TABLE vectors (model INTEGER, sha256 BLOB, vector BLOB) STRICT;"
            "INSERT INTO models VALUES (1, 'm');"
        )
        old.execute("INSERT INTO vectors VALUES (1, ?, ?)", (KEYS[0], some(1).tobytes()))
        old.commit()
    cache = open_vector_cache(file, "m", 3)
    assert cache.missing(KEYS) == set(KEYS)
    cache.put(KEYS[:1], [some(2)])
    assert np.array_equal(cache.get(KEYS[:1]), some(1))
    cache.drop_outdated()
    cache.close()
    with closing(sqlite3.connect(file)) as now:
        tables = {name for (name,) in now.execute("SELECT name FROM sqlite_schema")}
    assert "vectors" not in tables
    assert "passages" in tables


@pytest.mark.parametrize("sentences", [b"", b"odd"])
def test_a_passage_whose_sentences_are_no_rows_counts_as_missing(
    tmp_path: Path, sentences: bytes
) -> None:
    file = tmp_path / "v.sqlite"
    with closing(VectorCache(file, "m", 3)) as cache:
        cache.put(KEYS[:2], [some(2), some(3)])
        with closing(sqlite3.connect(file)) as damaging:
            damaging.execute(
                "UPDATE passages SET sentences = ? WHERE sha256 = ?", (sentences, KEYS[0])
            )
            damaging.commit()
        assert cache.missing(KEYS[:2]) == {KEYS[0]}
        assert set(sentence_vectors(file, "m", 3, KEYS)) == {KEYS[1]}


def test_vectors_made_by_other_rules_for_sentences_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "v.sqlite"
    with closing(VectorCache(file, "m", 3)) as cache:
        cache.put(KEYS, passages(5))
    monkeypatch.setattr(index.vectors, "SENTENCE_RULES", "other rules")
    with closing(VectorCache(file, "m", 3)) as cache:
        assert cache.missing(KEYS) == set(KEYS)
    assert sentence_vectors(file, "m", 3, KEYS) == {}


def test_a_file_that_cannot_be_read_gives_no_sentences_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "v.sqlite"
    file.write_bytes(b"no database " * 500)
    assert sentence_vectors(file, "m", 3, KEYS) == {}
    assert "no vectors of sentences can be read" in caplog.text


def test_pruning_keeps_what_is_named_of_this_model_only(tmp_path: Path) -> None:
    for model in ("old", "m"):
        cache = VectorCache(tmp_path / "v.sqlite", model, 3)
        cache.put(KEYS, passages(5))
        cache.close()
    cache = VectorCache(tmp_path / "v.sqlite", "m", 3)
    cache.prune(KEYS[:2])
    assert cache.missing(KEYS) == set(KEYS[2:])
    cache.close()
    old = VectorCache(tmp_path / "v.sqlite", "old", 3)
    assert old.missing(KEYS) == set(KEYS)
    old.close()


def test_a_file_that_is_no_cache_is_started_anew(tmp_path: Path) -> None:
    file = tmp_path / "v.sqlite"
    file.write_bytes(b"no database " * 500)
    cache = open_vector_cache(file, "m", 3)
    assert cache.missing(KEYS) == set(KEYS)
    cache.close()
