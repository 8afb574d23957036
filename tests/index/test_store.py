import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import index.dense
from index.catalogue import APPLICATION_ID
from index.check import check, rebuild
from index.embed import Embedder
from index.ingestion import Progress, ingest, remove
from index.lexical import LexicalIndex
from index.lock import WriterLock
from index.search import Hit
from index.store import Store, StoreError


def hits_of(store: Store) -> list[Hit]:
    with store.snapshot() as snapshot:
        return snapshot.search("winter attack on the market", 20)


@pytest.fixture
def filled(data_dir: Path, embedder: Embedder, reports: Path) -> list[Hit]:
    """Fill the data directory, close it, and return what a search found."""
    store = Store.open(data_dir, embedder)
    ingest(store, [reports])
    hits = hits_of(store)
    store.close()
    return hits


def assert_opens_whole(data_dir: Path, embedder: Embedder, hits: list[Hit]) -> None:
    store = Store.open(data_dir, embedder)
    assert check(store) == []
    assert hits_of(store) == hits
    store.close()


def test_a_reopened_store_finds_the_same_and_embeds_nothing(
    data_dir: Path, filled: list[Hit], make_embedder: Callable[[str], Embedder]
) -> None:
    fresh = make_embedder("fake@1")
    assert_opens_whole(data_dir, fresh, filled)
    assert fresh.embedded == []  # type: ignore[attr-defined]


def test_a_collection_that_was_rebuilt_for_another_model_is_no_longer_read_with_this_one(
    data_dir: Path, embedder: Embedder, filled: list[Hit], make_embedder: Callable[[str], Embedder]
) -> None:
    store = Store.open(data_dir, embedder)
    with store.snapshot() as held:
        rebuild(data_dir, make_embedder("other@2"))
        with pytest.raises(StoreError, match=r"other@2.*fake@1.*dossier check --rebuild"):
            store.snapshot()
        # What was held before goes on, as it was.
        assert held.search("winter attack on the market", 20) == filled
    store.close()


def test_a_lost_lexical_index_is_built_again(
    data_dir: Path, embedder: Embedder, filled: list[Hit]
) -> None:
    shutil.rmtree(data_dir / "lexical")
    assert_opens_whole(data_dir, embedder, filled)


def test_a_damaged_lexical_index_is_built_again(
    data_dir: Path, embedder: Embedder, filled: list[Hit], caplog: pytest.LogCaptureFixture
) -> None:
    (data_dir / "lexical" / "meta.json").write_text("{", encoding="utf-8")
    assert_opens_whole(data_dir, embedder, filled)
    assert "cannot be read" in caplog.text


def test_lost_vectors_are_embedded_again(
    data_dir: Path, embedder: Embedder, filled: list[Hit], caplog: pytest.LogCaptureFixture
) -> None:
    for file in data_dir.glob("vectors.sqlite*"):
        file.unlink()
    assert_opens_whole(data_dir, embedder, filled)
    assert "without vectors" in caplog.text


def test_damaged_vectors_are_embedded_again(
    data_dir: Path, embedder: Embedder, filled: list[Hit]
) -> None:
    (data_dir / "vectors.sqlite").write_bytes(b"no database at all" * 1000)
    assert_opens_whole(data_dir, embedder, filled)


def test_a_lexical_index_that_died_behind_the_catalogue_is_brought_up(
    data_dir: Path,
    embedder: Embedder,
    reports: Path,
    filled: list[Hit],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    store = Store.open(data_dir, embedder)
    (reports / "extra.txt").write_text("A river attack in winter.", encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(LexicalIndex, "update", die)
        with pytest.raises(KeyboardInterrupt):
            ingest(store, [reports])
    with store.snapshot() as snapshot:
        assert snapshot.generation == 2
        assert any("river attack" in hit.passage.text for hit in snapshot.search("river attack"))
    assert check(store) == []
    store.close()


def test_a_lexical_index_of_another_catalogue_is_not_taken_for_ones_own(
    data_dir: Path, embedder: Embedder, reports: Path, filled: list[Hit]
) -> None:
    for file in data_dir.glob("catalogue.sqlite*"):
        file.unlink()
    store = Store.open(data_dir, embedder)
    assert hits_of(store) == []
    ingest(store, [reports])
    assert hits_of(store) == filled
    assert check(store) == []
    store.close()


def test_removal_leaves_the_ranking_as_if_the_document_had_never_been_there(
    tmp_path: Path, embedder: Embedder, reports: Path
) -> None:
    one, other = Store.open(tmp_path / "one", embedder), Store.open(tmp_path / "other", embedder)
    ingest(one, [reports])
    with one.snapshot() as snapshot:
        (market,) = [info.id for info in snapshot.documents() if info.title == "The market"]
    remove(one, market)
    (reports / "market.txt").unlink()
    ingest(other, [reports])
    assert hits_of(one) == hits_of(other)
    one.close()
    other.close()


def test_another_models_index_is_refused_with_the_command_that_rebuilds_it(
    data_dir: Path, filled: list[Hit], make_embedder: Callable[[str], Embedder]
) -> None:
    other = make_embedder("other@2")
    with pytest.raises(StoreError, match=r"fake@1.*other@2.*dossier check --rebuild"):
        Store.open(data_dir, other)
    rebuild(data_dir, other)
    assert_opens_whole(data_dir, other, filled)
    with pytest.raises(StoreError, match="dossier check --rebuild"):
        Store.open(data_dir, make_embedder("fake@1"))


def test_an_empty_store_takes_any_model(
    data_dir: Path, make_embedder: Callable[[str], Embedder], reports: Path
) -> None:
    Store.open(data_dir, make_embedder("one@1")).close()
    store = Store.open(data_dir, make_embedder("two@2"))
    ingest(store, [reports])
    assert check(store) == []
    store.close()


def test_a_rebuild_changes_nothing_that_can_be_seen(
    data_dir: Path, embedder: Embedder, filled: list[Hit]
) -> None:
    rebuild(data_dir, embedder)
    assert_opens_whole(data_dir, embedder, filled)


def test_an_operators_names_are_known_after_reopening(
    data_dir: Path, embedder: Embedder, filled: list[Hit]
) -> None:
    store = Store.open(data_dir, embedder)
    with store.snapshot() as snapshot:
        before = snapshot.fingerprint
    store.close()
    (data_dir / "names.yaml").write_text(
        "- canonical: Gate Traders\n  kind: group\n  names: [Guild of the Gate]\n", encoding="utf-8"
    )
    store = Store.open(data_dir, embedder)
    assert "Guild of the Gate" in store.names.variants("Gate Traders")
    with store.snapshot() as snapshot:
        assert snapshot.fingerprint != before
    assert check(store) == []
    store.close()


def test_a_data_directory_that_is_a_file_is_refused(tmp_path: Path, embedder: Embedder) -> None:
    file = tmp_path / "file"
    file.write_text("hello", encoding="utf-8")
    with pytest.raises(StoreError, match="a file; expected a directory"):
        Store.open(file, embedder)
    with pytest.raises(StoreError, match="choose another data directory"):
        Store.open(file / "below", embedder)


def test_another_programs_database_is_refused_and_not_touched(
    data_dir: Path, embedder: Embedder
) -> None:
    data_dir.mkdir()
    connection = sqlite3.connect(data_dir / "catalogue.sqlite")
    connection.execute("CREATE TABLE accounts (name TEXT)")
    connection.close()
    content = (data_dir / "catalogue.sqlite").read_bytes()
    with pytest.raises(StoreError, match="another program"):
        Store.open(data_dir, embedder)
    assert (data_dir / "catalogue.sqlite").read_bytes() == content


def test_a_file_that_is_no_database_is_refused(data_dir: Path, embedder: Embedder) -> None:
    data_dir.mkdir()
    (data_dir / "catalogue.sqlite").write_bytes(b"not SQLite, by far " * 300)
    with pytest.raises(StoreError, match=r"not a database.*expected a catalogue"):
        Store.open(data_dir, embedder)


def test_a_newer_schema_is_refused_with_both_versions(
    data_dir: Path, embedder: Embedder, filled: list[Hit]
) -> None:
    connection = sqlite3.connect(data_dir / "catalogue.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="schema version 99; this program reads version 2"):
        Store.open(data_dir, embedder)
    assert int.from_bytes(b"Doss", "big") == APPLICATION_ID


def test_a_full_disk_is_named_and_leaves_the_store_as_it_was(
    data_dir: Path, embedder: Embedder, reports: Path, filled: list[Hit]
) -> None:
    store = Store.open(data_dir, embedder)
    writer = store.writer()
    limit = writer._connection.execute("PRAGMA page_count").fetchone()[0]
    writer.close()
    (reports / "long.txt").write_text("A river attack. " * 50_000, encoding="utf-8")
    make_writer = store.writer

    def cramped_writer() -> object:
        cramped = make_writer()
        cramped._connection.execute(f"PRAGMA max_page_count = {limit}")
        return cramped

    store.writer = cramped_writer  # type: ignore[method-assign, assignment]
    with pytest.raises(StoreError, match="full; nothing of this ingest was stored"):
        ingest(store, [reports])
    store.close()
    assert_opens_whole(data_dir, embedder, filled)


def test_a_second_writer_waits_for_the_first_and_says_for_whom(store: Store, reports: Path) -> None:
    told: list[Progress] = []
    waiting = threading.Event()

    def tell(progress: Progress) -> None:
        told.append(progress)
        if progress.stage == "waiting":
            waiting.set()

    with WriterLock(store.data_dir):
        thread = threading.Thread(target=lambda: ingest(store, [reports], on_progress=tell))
        thread.start()
        assert waiting.wait(20)
        assert [progress.stage for progress in told] == ["waiting"]
        assert "process" in told[0].detail
    thread.join(60)
    with store.snapshot() as snapshot:
        assert len(snapshot.documents()) == 5


def test_a_lock_is_free_as_soon_as_its_holder_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom index.lock import WriterLock\n"
        "WriterLock(Path(sys.argv[1])).acquire(wait=True)\nprint('held', flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert not WriterLock(tmp_path).acquire(wait=False)
        holder.kill()
    lock = WriterLock(tmp_path)
    assert lock.acquire(wait=False)
    lock.release()


def test_a_store_opens_and_answers_while_another_writer_is_at_work(
    data_dir: Path, embedder: Embedder, filled: list[Hit]
) -> None:
    with WriterLock(data_dir):
        store = Store.open(data_dir, embedder)
        assert hits_of(store) == filled
        store.close()


def test_a_closed_store_says_so(data_dir: Path, embedder: Embedder) -> None:
    store = Store.open(data_dir, embedder)
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.snapshot()


def test_readers_in_many_threads_always_see_one_whole_generation(
    data_dir: Path, embedder: Embedder, reports: Path
) -> None:
    store = Store.open(data_dir, embedder)
    ingest(store, [reports / "train.txt"])
    done = threading.Event()
    failures: list[BaseException] = []
    seen: set[int] = set()

    def read() -> None:
        try:
            while not done.is_set():
                with store.snapshot() as snapshot:
                    state = snapshot.state
                    rows = {row for row, _, _ in state.catalogue.passage_keys()}
                    assert state.catalogue.generation == snapshot.generation
                    assert state.lexical.generation == snapshot.generation
                    assert state.lexical.row_ids() == rows == set(state.dense.row_ids.tolist())
                    for hit in snapshot.search("winter attack", 5):
                        document = snapshot.document(hit.document.id)
                        assert document is not None
                        cut = document.text[hit.passage.start : hit.passage.end]
                        assert cut == hit.passage.text
                    seen.add(snapshot.generation)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    files = sorted(reports.iterdir())
    for round_number in range(2):
        for file in files:
            file.write_text(f"{file.read_text(encoding='utf-8')} {round_number}", encoding="utf-8")
            ingest(store, [file])
    done.set()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert len(seen) > 2
    assert check(store) == []
    store.close()


def test_a_collection_beyond_the_exact_size_is_saved_reopened_and_kept_in_step(
    data_dir: Path, embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index.dense, "EXACT_UP_TO", 20)
    words = ("attack", "governor", "mosque", "market", "river", "school", "train")
    texts = [
        f"Report {n} on the {' and the '.join(words[n % 7 :] + words[: n % 5])}." for n in range(60)
    ]
    folder = tmp_path / "many"
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"{number:02}.txt").write_text(text, encoding="utf-8")
    store = Store.open(data_dir, embedder)
    ingest(store, [folder])
    hits = hits_of(store)
    assert check(store) == []
    store.close()
    (file,) = data_dir.glob("dense-*.faiss")
    (data_dir / "dense-1.new").write_bytes(b"half")
    assert_opens_whole(data_dir, embedder, hits)
    assert not list(data_dir.glob("dense-*.new"))
    (folder / "00.txt").write_text("Now about the winter.", encoding="utf-8")
    store = Store.open(data_dir, embedder)
    ingest(store, [folder])
    assert check(store) == []
    hits = hits_of(store)
    store.close()
    assert_opens_whole(data_dir, embedder, hits)
    file.write_bytes(b"no index")
    assert_opens_whole(data_dir, embedder, hits)
