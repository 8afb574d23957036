"""Records are kept with their documents, corrections beside them, and both survive a new ingest."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import index.analyses
import index.catalogue
import index.ingestion
import index.snapshot
from analysis.collection import Records
from analysis.corrections import Correction, CorrectionKind
from analysis.names import NameRegister
from analysis.records import DocumentRecords
from index.catalogue import FILE_NAME, Catalogue
from index.embed import Embedder
from index.ingestion import Progress, correct, ingest, remove, withdraw
from index.store import Store
from ingest.document import Document


@pytest.fixture
def reopen(store: Store, embedder: Embedder) -> Iterator[Callable[[], Store]]:
    with ExitStack() as opened:

        def again() -> Store:
            return opened.enter_context(closing(Store.open(store.data_dir, embedder)))

        yield again


def merge(*names: str) -> Correction:
    made_at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return Correction(0, CorrectionKind.MERGE, "Ada", made_at, names=names, note="one man")


def test_every_document_is_analysed_once(store: Store, reports: Path) -> None:
    report = ingest(store, [reports])
    assert report.analysed == len(report.added)
    assert ingest(store, [reports]).analysed == 0


def test_an_ingest_that_leaves_the_analysis_out_leaves_it_to_the_next(
    store: Store, reports: Path
) -> None:
    first = ingest(store, [reports], analyse=False)
    assert first.analysed == 0
    assert ingest(store, [reports]).analysed == len(first.added)


def test_other_rules_analyse_every_document_anew_when_the_store_is_opened(
    store: Store, reports: Path, monkeypatch: pytest.MonkeyPatch, reopen: Callable[[], Store]
) -> None:
    ingest(store, [reports])
    monkeypatch.setattr(index.analyses, "ANALYSIS_VERSION", 99)
    before = store.snapshot().generation
    with reopen().snapshot() as snapshot:
        assert snapshot.generation == before + 1
        made = {row[0] for row in snapshot.state.catalogue._rows("SELECT made_by FROM analyses")}
    assert {version.partition("/")[0] for version in made} == {"99"}


def test_a_document_that_waits_to_be_analysed_says_so_in_the_records(
    store: Store, reports: Path, reopen: Callable[[], Store]
) -> None:
    added = ingest(store, [reports]).added
    with sqlite3.connect(store.data_dir / FILE_NAME) as connection:
        connection.execute("DELETE FROM analyses WHERE document_row = 1")
    connection.close()
    # Whoever writes now has yet to analyse it.
    with store.writer_lock(), reopen().snapshot() as snapshot:
        [(document_id, notes)] = snapshot.records.notes.items()
    assert document_id in {each.document_id for each in added}
    assert "waits to be searched" in notes[0]


def test_records_are_brought_together_once_however_many_ask_at_once(
    store: Store, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(store, [reports])
    built: list[Records] = []
    working = index.snapshot.build_records

    def counted(catalogue: Catalogue, register: NameRegister) -> Records:
        built.append(working(catalogue, register))
        return built[-1]

    monkeypatch.setattr(index.snapshot, "build_records", counted)
    asking = 4
    together = threading.Barrier(asking)
    with store.snapshot() as snapshot, ThreadPoolExecutor(asking) as threads:

        def ask(_: int) -> Records:
            together.wait(timeout=60)
            return snapshot.lookup.records

        found = list(threads.map(ask, range(asking)))
    assert len(built) == 1
    assert all(each is built[0] for each in found)


def test_records_read_by_parts_are_the_records_read_at_once(
    store: Store, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(store, [reports])
    with store.snapshot() as snapshot:
        at_once = [*snapshot.state.catalogue.analyses()]
        monkeypatch.setattr(index.catalogue, "_CHUNK", 1)
        assert [*snapshot.state.catalogue.analyses()] == at_once
        assert len(at_once) == len(snapshot.documents())


def test_a_removed_document_takes_its_records_along(store: Store, reports: Path) -> None:
    report = ingest(store, [reports])
    remove(store, report.added[0].document_id)
    with store.snapshot() as snapshot:
        assert len([*snapshot.state.catalogue.analyses()]) == len(report.added) - 1


def test_a_correction_is_kept_with_who_and_when_until_it_is_withdrawn(
    store: Store, reports: Path
) -> None:
    ingest(store, [reports])
    with store.snapshot() as snapshot:
        before = snapshot.fingerprint
    kept = correct(store, merge("Qais", "Laghamani"))
    assert kept.number == 1
    ingest(store, [reports])
    with store.snapshot() as snapshot:
        assert index.analyses.corrections_of(snapshot.corrections()) == [kept]
        assert snapshot.fingerprint != before
    assert withdraw(store, kept.number, "Grace")
    assert not withdraw(store, kept.number, "Grace")
    with store.snapshot() as snapshot:
        assert snapshot.corrections() == []
        (row,) = snapshot.corrections(withdrawn=True)
        assert row.withdrawn_by == "Grace"
        assert snapshot.fingerprint == before


def test_a_catalogue_of_the_first_version_gets_its_new_tables(
    store: Store, reports: Path, reopen: Callable[[], Store]
) -> None:
    ingest(store, [reports])
    store.close()
    with sqlite3.connect(store.data_dir / FILE_NAME) as connection:
        connection.executescript(
            "DROP TABLE analyses; DROP TABLE corrections; PRAGMA user_version = 1"
        )
    connection.close()
    with reopen().snapshot() as snapshot:
        assert len([*snapshot.state.catalogue.analyses()]) == len(snapshot.documents())


def test_a_document_whose_analysis_fails_is_searched_all_the_same_and_reported(
    store: Store, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = index.ingestion.AnalysisProcess

    class Failing(working):  # type: ignore[misc, valid-type]
        def analyse(self, document: Document) -> DocumentRecords:
            if document.title == "The train":
                return DocumentRecords(notes=("no actors: crashed the analysis",))
            return working.analyse(self, document)

    monkeypatch.setattr(index.ingestion, "AnalysisProcess", Failing)
    report = ingest(store, [reports])
    assert report.warnings == ("The train: no actors: crashed the analysis",)
    assert report.analysed == len(report.added)
    with store.snapshot() as snapshot:
        [train] = [info.id for info in snapshot.documents() if info.title == "The train"]
        assert snapshot.search("train")[0].document.id == train
        assert snapshot.notes(train) == ("no actors: crashed the analysis",)
        assert snapshot.notes(train) == snapshot.records.notes[train]


def test_a_document_that_a_later_source_alters_is_analysed_as_it_then_is(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one text at two paths the first path decides the date, though it is read last."""
    begun: list[date | None] = []
    altered = threading.Event()
    working = index.ingestion.AnalysisProcess

    class Waiting(working):  # type: ignore[misc, valid-type]
        def analyse(self, document: Document) -> DocumentRecords:
            begun.append(document.published)
            assert altered.wait(timeout=60)
            return working.analyse(self, document)

    def when_embedding(progress: Progress) -> None:
        if progress.stage == "embedding":
            altered.set()

    text = "Gunmen killed three soldiers in Baraki on Monday."
    for name, published in (("a", "2021-05-04"), ("b", "2019-08-20")):
        line = json.dumps({"text": text, "title": "Baraki", "published": published})
        (tmp_path / f"{name}.jsonl").write_text(line, encoding="utf-8")
    monkeypatch.setattr(index.ingestion, "AnalysisProcess", Waiting)
    report = ingest(store, [tmp_path / "b.jsonl", tmp_path / "a.jsonl"], on_progress=when_embedding)
    assert begun == [date(2019, 8, 20), date(2021, 5, 4)]
    assert report.analysed == 1
    with store.snapshot() as snapshot:
        [attack] = snapshot.records.attacks
        assert attack.first == date(2021, 5, 3)  # the Monday before the fourth of May


def test_an_ingest_that_fails_meanwhile_begins_no_more_analyses(
    store: Store, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    may_go_on = threading.Event()
    working = index.ingestion.AnalysisProcess

    class Slow(working):  # type: ignore[misc, valid-type]
        def analyse(self, document: Document) -> DocumentRecords:
            begun.append(document.title)
            may_go_on.wait(timeout=60)
            return working.analyse(self, document)

    def fail(texts: object) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr(index.ingestion, "AnalysisProcess", Slow)
    monkeypatch.setattr(store.embedder, "embed_passages", fail)
    with pytest.raises(RuntimeError, match="no memory"):
        ingest(store, [reports])
    may_go_on.set()
    for thread in threading.enumerate():
        if thread.name.startswith("analyse"):
            thread.join(timeout=60)
    assert len(begun) == 1
