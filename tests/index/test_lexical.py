import fcntl
import math
import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import index.lexical
from analysis.names import SHIPPED_NAMES, NameRegister
from analysis.terms import stem, stems
from index.lexical import (
    PICKED_ABOVE,
    Clause,
    Field,
    LexicalEntry,
    LexicalError,
    LexicalIndex,
    LexicalQuery,
    Wording,
    name_term,
)

NAMES = NameRegister.load(SHIPPED_NAMES)
NO_NAMES = NameRegister(())


def query(*terms: str) -> LexicalQuery:
    return LexicalQuery(tuple(Clause((Wording(Field.STEMS, stem(term)),)) for term in terms))


def entry(row_id: int, text: str, title: str = "", document_row: int = 1) -> LexicalEntry:
    return LexicalEntry(row_id, document_row, title, text)


TEXTS = {
    1: "The governor of the province was attacked by the river.",
    2: "Governors met. The governor spoke of rivers, rivers and more rivers.",
    3: "A market was attacked.",
    4: "Nothing happened at the school in winter.",
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "lexical"


@pytest.fixture
def lexical(directory: Path) -> LexicalIndex:
    opened = LexicalIndex.open(directory, NAMES)
    opened.update([entry(row, text) for row, text in TEXTS.items()], [], 1)
    return opened


def bm25(texts: dict[int, str], asked: list[str]) -> list[tuple[int, float]]:
    """Okapi BM25 with k1 = 1.2 and b = 0.75, from the formula."""
    bags = {row: Counter(stems(text)) for row, text in texts.items()}
    total = len(bags)
    average = sum(bag.total() for bag in bags.values()) / total
    scores: dict[int, float] = {}
    for term in map(stem, asked):
        holding = sum(term in bag for bag in bags.values())
        rarity = math.log(1 + (total - holding + 0.5) / (holding + 0.5))
        for row, bag in bags.items():
            if tf := bag[term]:
                length = 1.2 * (1 - 0.75 + 0.75 * bag.total() / average)
                scores[row] = scores.get(row, 0.0) + rarity * tf * 2.2 / (tf + length)
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))


def test_scores_are_those_of_the_formula(lexical: LexicalIndex) -> None:
    asked = ["governor", "river", "attack"]
    found = lexical.searcher().search(query(*asked), 10)
    expected = bm25(TEXTS, asked)
    assert [row for row, _ in found] == [row for row, _ in expected]
    assert [score for _, score in found] == pytest.approx([s for _, s in expected], abs=1e-3)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=9), min_size=1, max_size=12),
    st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=3, unique=True),
)
def test_any_small_collection_ranks_as_the_formula_does(
    tmp_path_factory: pytest.TempPathFactory, letters: list[list[str]], asked: list[str]
) -> None:
    texts = {row: " ".join(letter * 3 for letter in text) for row, text in enumerate(letters)}
    lexical = LexicalIndex.open(tmp_path_factory.mktemp("lexical"), NO_NAMES)
    lexical.update([entry(row, text) for row, text in texts.items()], [], 1)
    words = [letter * 3 for letter in asked]
    found = dict(lexical.searcher().search(query(*words), 20))
    assert found == pytest.approx(dict(bm25(texts, words)), abs=1e-3)


def test_of_several_wordings_only_the_best_counts_and_all_share_one_rarity(
    lexical: LexicalIndex,
) -> None:
    lexical.update(
        [entry(10, "aaa bbb ccc"), entry(11, "aaa ddd ccc"), entry(12, "aaa eee ccc bbb")], [], 2
    )
    searcher = lexical.searcher()
    both = Clause((Wording(Field.STEMS, "bbb"), Wording(Field.STEMS, "ddd")))
    scores = dict(searcher.search(LexicalQuery((both,)), 10))
    # bbb is in two passages, ddd in one; as spellings of one thing they weigh the same.
    assert scores[10] == pytest.approx(scores[11], abs=1e-3)


def test_a_lighter_wording_and_a_lighter_clause_count_less(lexical: LexicalIndex) -> None:
    searcher = lexical.searcher()
    [(_, full)] = searcher.search(query("market"), 1)
    half = Clause((Wording(Field.STEMS, "market", 0.5),), 0.5)
    assert searcher.search(LexicalQuery((half,)), 1) == [(3, pytest.approx(full / 4, abs=1e-3))]


def test_a_passage_ranks_higher_when_its_title_has_the_word(directory: Path) -> None:
    lexical = LexicalIndex.open(directory, NAMES)
    lexical.update([entry(1, "It was raided."), entry(2, "It was raided.", "A raid")], [], 1)
    found = lexical.searcher().search(query("raid"), 10)
    assert [row for row, _ in found] == [2, 1]


def test_a_name_is_found_by_one_term_however_it_is_spelt(directory: Path) -> None:
    lexical = LexicalIndex.open(directory, NAMES)
    texts = ["IS-K attacked.", "the Emirate of Khorasan", "what is k?", "ISIS in Khorasan's hills"]
    lexical.update([entry(row, text) for row, text in enumerate(texts)], [], 1)
    searcher = lexical.searcher()
    iskp = "Islamic State Khorasan Province"
    asked = LexicalQuery((Clause((Wording(Field.NAMES, name_term(iskp)),)),))
    assert {row for row, _ in searcher.search(asked, 10)} == {0, 1, 3}
    assert searcher.spellings(iskp) == [
        (("emirate", "of", "khorasan"), 1),
        (("is", "k"), 1),
        (("isis", "in", "khorasan"), 1),
    ]


def test_ties_go_to_the_lower_row_also_where_the_list_is_cut(directory: Path) -> None:
    lexical = LexicalIndex.open(directory, NAMES)
    # Several commits, so several segments, with the rows of each out of order.
    for generation, rows in enumerate(([400, 7, 90], [3, 250, 8], [1, 500, 60]), start=1):
        lexical.update([entry(row, "a raid") for row in rows], [], generation)
    lexical.update([entry(row, "a raid") for row in range(600, 900)], [], 4)
    searcher = lexical.searcher()
    assert [row for row, _ in searcher.search(query("raid"), 5)] == [1, 3, 7, 8, 60]
    assert len(searcher.search(query("raid"), 1000)) == 309


def test_only_passages_of_the_wanted_documents_are_ranked(directory: Path) -> None:
    lexical = LexicalIndex.open(directory, NAMES)
    lexical.update([entry(row, "a raid", document_row=row % 4) for row in range(40)], [], 1)
    searcher = lexical.searcher()
    found = searcher.search(query("raid"), 5, document_rows={3, 77})
    assert [row for row, _ in found] == [3, 7, 11, 15, 19]
    unfiltered = dict(searcher.search(query("raid"), 40))
    assert all(score == unfiltered[row] for row, score in found)
    assert searcher.search(query("raid"), 5, document_rows=[]) == []


def test_only_wanted_passages_are_ranked_and_of_wanted_documents_if_both_are_named(
    directory: Path,
) -> None:
    lexical = LexicalIndex.open(directory, NAMES)
    lexical.update([entry(row, "a raid", document_row=row % 4) for row in range(40)], [], 1)
    searcher = lexical.searcher()
    found = searcher.search(query("raid"), 5, passage_rows=[30, 2, 7, 99])
    assert [row for row, _ in found] == [2, 7, 30]
    unfiltered = dict(searcher.search(query("raid"), 40))
    assert all(score == unfiltered[row] for row, score in found)
    both = searcher.search(query("raid"), 5, document_rows=[2], passage_rows=[30, 2, 7])
    assert [row for row, _ in both] == [2, 30]
    assert searcher.search(query("raid"), 5, passage_rows=()) == []


def test_many_wanted_passages_are_ranked_as_few_are(directory: Path) -> None:
    lexical = LexicalIndex.open(directory, NAMES)
    count = 2 * PICKED_ABOVE
    lexical.update([entry(row, "a raid " * (row % 5 + 1)) for row in range(2 * count)], [], 1)
    searcher = lexical.searcher()
    wanted = range(1, 2 * count, 2)
    in_order = [hit for hit in searcher.search(query("raid"), 2 * count) if hit[0] in wanted]
    assert len(in_order) == count
    for depth in (5, count, 2 * count):
        assert searcher.search(query("raid"), depth, passage_rows=wanted) == in_order[:depth]


def test_a_query_without_clauses_or_known_words_finds_nothing(lexical: LexicalIndex) -> None:
    assert lexical.searcher().search(LexicalQuery(()), 10) == []
    assert lexical.searcher().search(query("zebra"), 10) == []


def test_an_empty_index_has_generation_zero_and_finds_nothing(directory: Path) -> None:
    searcher = LexicalIndex.open(directory, NAMES).searcher()
    assert (searcher.generation, searcher.row_ids(), searcher.counts()) == (0, set(), (0, 0))
    assert searcher.search(query("raid"), 10) == []


def test_an_update_removes_adds_and_stamps(lexical: LexicalIndex, directory: Path) -> None:
    before = lexical.searcher()
    lexical.update([entry(5, "A new market."), entry(3, "No bazaar.")], [3, 4], 2)
    after = LexicalIndex.open(directory, NAMES).searcher()
    assert (after.generation, after.row_ids()) == (2, {1, 2, 3, 5})
    assert [row for row, _ in after.search(query("market"), 10)] == [5]
    # The searcher from before still sees what it saw.
    assert (before.generation, before.row_ids()) == (1, {1, 2, 3, 4})
    assert [row for row, _ in before.search(query("market"), 10)] == [3]


def test_a_rebuild_after_removal_ranks_as_if_the_removed_had_never_been_there(
    lexical: LexicalIndex, tmp_path: Path
) -> None:
    lexical.update([entry(9, "A river. A market."), entry(10, "A river.")], [], 2)
    assert not lexical.worth_rebuilding
    lexical.update([entry(11, "A river.")], [2, 9], 3)
    assert lexical.worth_rebuilding
    lexical.rebuild([entry(row, text) for row, text in TEXTS.items()], 4)
    assert not lexical.worth_rebuilding
    fresh = LexicalIndex.open(tmp_path / "fresh", NAMES)
    fresh.update([entry(row, text) for row, text in TEXTS.items()], [], 1)
    asked = query("governor", "river", "attack", "market")
    assert lexical.searcher().search(asked, 10) == fresh.searcher().search(asked, 10)
    assert lexical.searcher().generation == 4


def test_many_small_updates_rank_as_one_large_one(directory: Path, tmp_path: Path) -> None:
    texts = {row: f"raid {'river ' * (row % 5)} {'town ' * (row % 3)}" for row in range(60)}
    entries = [entry(row, text) for row, text in texts.items()]
    many = LexicalIndex.open(directory, NAMES)
    for generation, one in enumerate(entries, start=1):
        many.update([one], [], generation)
    at_once = LexicalIndex.open(tmp_path / "once", NAMES)
    at_once.update(entries, [], 60)
    asked = query("river", "town")
    found, expected = (index.searcher().search(asked, 60) for index in (many, at_once))
    assert found == expected


def test_a_generation_that_adds_nothing_is_stamped_too(lexical: LexicalIndex) -> None:
    lexical.update([], [1], 2)
    assert (lexical.searcher().generation, lexical.searcher().row_ids()) == (2, {2, 3, 4})
    lexical.update([], [], 3)
    assert lexical.searcher().generation == 3
    assert lexical.searcher().counts() == (3, 2)
    assert lexical.worth_rebuilding
    lexical.update([], [2, 3, 4], 4)
    assert (lexical.searcher().generation, lexical.searcher().row_ids()) == (4, set())
    assert not lexical.worth_rebuilding


def test_another_register_of_names_is_worth_a_rebuild(
    lexical: LexicalIndex, directory: Path
) -> None:
    assert not lexical.worth_rebuilding
    other = LexicalIndex.open(directory, NO_NAMES)
    assert other.worth_rebuilding
    other.update([entry(50, "A raid.")], [], 2)
    assert other.worth_rebuilding
    other.rebuild([entry(50, "A raid.")], 2)
    assert not other.worth_rebuilding


def test_an_index_by_another_version_is_refused(
    lexical: LexicalIndex, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index.lexical, "ANALYSIS_VERSION", index.lexical.ANALYSIS_VERSION + 1)
    with pytest.raises(LexicalError, match=r"another version; expected version \d+\. Rebuild"):
        LexicalIndex.open(directory, NAMES)


def test_a_damaged_index_is_refused_and_can_be_started_anew(
    lexical: LexicalIndex, directory: Path
) -> None:
    (directory / "meta.json").write_text("{", encoding="utf-8")
    with pytest.raises(LexicalError, match="cannot be read"):
        LexicalIndex.open(directory, NAMES)
    assert LexicalIndex.reset(directory, NAMES).searcher().row_ids() == set()


def test_an_index_with_a_lost_file_is_refused(lexical: LexicalIndex, directory: Path) -> None:
    next(directory.glob("*.store")).unlink()
    with pytest.raises(LexicalError, match="cannot be read"):
        LexicalIndex.open(directory, NAMES)


def test_an_update_that_fails_half_way_leaves_the_index_as_it_was(lexical: LexicalIndex) -> None:
    def entries() -> Iterator[LexicalEntry]:
        yield entry(5, "A new market.")
        raise RuntimeError("the source of entries failed")

    for write in (
        lambda: lexical.update(entries(), [1, 2], 2),
        lambda: lexical.rebuild(entries(), 2),
    ):
        with pytest.raises(RuntimeError, match="source of entries"):
            write()
        searcher = lexical.searcher()
        assert (searcher.generation, searcher.row_ids()) == (1, {1, 2, 3, 4})
    lexical.update([entry(5, "A new market.")], [], 2)
    assert lexical.searcher().row_ids() == {1, 2, 3, 4, 5}


def test_a_second_writer_is_told_to_wait(lexical: LexicalIndex, directory: Path) -> None:
    with (directory / ".tantivy-writer.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(LexicalError, match="another process"):
            lexical.update([entry(5, "x")], [], 2)
    lexical.update([entry(5, "x")], [], 2)
    assert lexical.searcher().generation == 2


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from index.lexical import LexicalEntry, LexicalIndex
    from analysis.names import NameRegister

    directory, point, how = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]

    def entries():
        for number in range(3000):
            if number == point:
                os.kill(os.getpid(), signal.SIGKILL)
            yield LexicalEntry(100 + number, 1, "", f"a new raid {number}")

    lexical = LexicalIndex.open(directory, NameRegister(()))
    if how == "update":
        lexical.update(entries(), [1, 2], 2)
    else:
        lexical.rebuild(entries(), 2)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("how", ["update", "rebuild"])
@pytest.mark.parametrize("point", [0, 2999, 5000])
def test_a_writer_killed_at_any_moment_leaves_one_commit_or_the_next_and_no_lock(
    directory: Path, how: str, point: int
) -> None:
    lexical = LexicalIndex.open(directory, NO_NAMES)
    lexical.update([entry(row, text) for row, text in TEXTS.items()], [], 1)
    script = textwrap.dedent(KILLED)
    command = [sys.executable, "-c", script, str(directory), str(point), how]
    root = Path(index.lexical.__file__).parents[1]
    killed = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(root)}, check=False)
    assert killed.returncode == -signal.SIGKILL
    reopened = LexicalIndex.open(directory, NO_NAMES)
    searcher = reopened.searcher()
    if point < 3000:
        assert (searcher.generation, searcher.row_ids()) == (1, {1, 2, 3, 4})
    else:
        kept = {3, 4} if how == "update" else set()
        assert searcher.generation == 2
        assert searcher.row_ids() == kept | set(range(100, 3100))
    reopened.update([entry(9, "after the crash")], [], 3)
    assert 9 in reopened.searcher().row_ids()
