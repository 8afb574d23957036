import sqlite3
from pathlib import Path

import numpy as np
import pytest

from index.check import Problem, check, rebuild
from index.embed import Embedder
from index.ingestion import ingest
from index.lexical import LexicalIndex
from index.store import Store


@pytest.fixture
def filled(data_dir: Path, embedder: Embedder, reports: Path) -> Path:
    store = Store.open(data_dir, embedder)
    ingest(store, [reports])
    store.close()
    return data_dir


def tamper(file: Path, *statements: str) -> None:
    connection = sqlite3.connect(file)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def problems(data_dir: Path, embedder: Embedder) -> list[Problem]:
    store = Store.open(data_dir, embedder)
    try:
        return check(store)
    finally:
        store.close()


@pytest.mark.parametrize(
    ("statement", "where", "what"),
    [
        (
            "UPDATE texts SET text = replace(text, 'wounded', 'Wounded')",
            "The governor",
            "its text has the hash",
        ),
        (
            "UPDATE passages SET text = replace(text, 'wounded', 'Wounded')",
            "The governor",
            "not that slice",
        ),
        (
            "UPDATE passages SET start = start + 1, stop = stop + 1 WHERE text LIKE '%wounded%'",
            "The governor",
            "not that slice",
        ),
        (
            "UPDATE passages SET sha256 = zeroblob(32) WHERE text LIKE '%wounded%'",
            "The governor",
            "stored hash",
        ),
        (
            "UPDATE documents SET regions = '[[\"footnote\", 20, 30]]' "
            "WHERE title = 'The governor'",
            "The governor",
            "region",
        ),
        (
            "UPDATE documents SET regions = '[[\"footnote\", 20, 30000]]' "
            "WHERE title = 'The governor'",
            "The governor",
            "region",
        ),
        ("DELETE FROM texts WHERE text LIKE '%wounded%'", "The governor", "text is missing"),
        ("DELETE FROM paths WHERE path LIKE '%governor.txt'", "The governor", "no path"),
        (
            "INSERT INTO near_duplicates VALUES (1, 4711)",
            "catalogue.sqlite",
            "points at a missing row",
        ),
        (
            "UPDATE meta SET value = 'abc' WHERE key = 'content'",
            "catalogue.sqlite",
            "the hash over",
        ),
    ],
)
def test_tampering_is_told_with_its_place(
    filled: Path, embedder: Embedder, statement: str, where: str, what: str
) -> None:
    tamper(filled / "catalogue.sqlite", statement)
    found = problems(filled, embedder)
    assert any(where in problem.where and what in problem.what for problem in found), found
    assert all(problem.what_to_do for problem in found)


def test_a_vector_of_another_length_is_told(filled: Path, embedder: Embedder) -> None:
    twice = (2 * embedder.embed_query("attack")).astype(np.float32).tobytes().hex()
    tamper(filled / "vectors.sqlite", f"UPDATE passages SET vector = X'{twice}' WHERE rowid = 1")
    assert any("length 2" in problem.what for problem in problems(filled, embedder))


def test_sentences_whose_vectors_are_not_of_length_one_are_told(
    filled: Path, embedder: Embedder
) -> None:
    twice = np.stack([2 * embedder.embed_query("attack")]).astype(np.float16).tobytes().hex()
    tamper(filled / "vectors.sqlite", f"UPDATE passages SET sentences = X'{twice}' WHERE rowid = 1")
    found = problems(filled, embedder)
    assert found
    assert all("sentences" in problem.what for problem in found), found
    rebuild(filled, embedder)
    assert problems(filled, embedder) == []


def test_sentences_that_are_no_numbers_are_told(filled: Path, embedder: Embedder) -> None:
    nan = np.full((1, embedder.dim), np.nan, np.float16).tobytes().hex()
    tamper(filled / "vectors.sqlite", f"UPDATE passages SET sentences = X'{nan}' WHERE rowid = 1")
    found = problems(filled, embedder)
    assert found
    assert all("sentences" in problem.what for problem in found), found


def test_a_dense_index_that_is_not_the_vectors_is_told(filled: Path, embedder: Embedder) -> None:
    store = Store.open(filled, embedder)
    other = embedder.embed_query("attack mosque school train").astype(np.float32).tobytes().hex()
    tamper(filled / "vectors.sqlite", f"UPDATE passages SET vector = X'{other}'")
    assert any(problem.where == "dense index" for problem in check(store))
    store.close()


def test_a_lexical_index_that_lacks_a_passage_is_told(filled: Path, embedder: Embedder) -> None:
    lexical = LexicalIndex.open(filled / "lexical", Store.unchecked(filled, embedder).names)
    first = min(lexical.searcher().row_ids())
    lexical.update([], [first], 1)
    store = Store.open(filled, embedder)
    assert check(store) == [], "opening compares the rows, and mends"
    lexical.update([], [first], 1)
    store.close()
    reader = Store.unchecked(filled, embedder)
    reader.refresh(wait=True)
    found = check(reader)
    assert [problem.where for problem in found] == ["lexical index"]
    assert "lacks 1 passages" in found[0].what
    reader.close()


def test_what_is_derived_is_right_again_after_a_rebuild(filled: Path, embedder: Embedder) -> None:
    tamper(
        filled / "catalogue.sqlite",
        "UPDATE passages SET start = start + 1, stop = stop + 1",
        "DELETE FROM near_duplicates",
        "DELETE FROM signatures",
    )
    tamper(filled / "vectors.sqlite", "DELETE FROM passages WHERE rowid % 2")
    rebuild(filled, embedder)
    assert problems(filled, embedder) == []
    store = Store.open(filled, embedder)
    with store.snapshot() as snapshot:
        winters = [info for info in snapshot.documents() if "winter" in info.title]
        assert snapshot.linked(winters[0].id) == [winters[1]]
    store.close()
