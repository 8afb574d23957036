import json
from pathlib import Path

import pytest

import index.ingestion
from index.check import check
from index.embed import Embedder
from index.ingestion import Progress, Upload, ingest, remove
from index.search import Filters
from index.store import Store
from ingest.parser_process import ParserProcess


def titles(store: Store) -> list[str]:
    with store.snapshot() as snapshot:
        return [info.title for info in snapshot.documents()]


def test_an_ingest_brings_every_document_with_passages_that_can_be_found(
    store: Store, reports: Path
) -> None:
    report = ingest(store, [reports])
    assert [entry.title for entry in report.added] == [
        "The governor",
        "The market",
        "The train",
        "# The winter",
        "# The winter, second edition",
    ]
    assert report.generation == 1
    with store.snapshot() as snapshot:
        assert snapshot.search("attack on the governor", 1)[0].document.title == "The governor"
        for info in snapshot.documents():
            document = snapshot.document(info.id)
            assert document is not None
            assert document.paths == info.paths
            passages = snapshot.passages(info.id)
            assert passages
            for passage in passages:
                assert document.text[passage.start : passage.end] == passage.text
    assert check(store) == []


def test_a_second_ingest_of_the_same_files_changes_nothing(store: Store, reports: Path) -> None:
    first = ingest(store, [reports])
    with store.snapshot() as snapshot:
        fingerprint = snapshot.fingerprint
    second = ingest(store, [reports])
    assert len(second.unchanged) == 5
    assert (second.added, second.replaced, second.duplicates, second.embedded) == ((), (), (), 0)
    assert second.generation == first.generation
    with store.snapshot() as snapshot:
        assert snapshot.fingerprint == fingerprint


def test_the_order_of_ingests_does_not_change_fingerprint_or_hits(
    tmp_path: Path, reports: Path, embedder: Embedder
) -> None:
    files = sorted(reports.iterdir())
    found = []
    for name, order in (("a", files), ("b", files[::-1])):
        one_by_one = Store.open(tmp_path / name, embedder)
        for file in order:
            ingest(one_by_one, [file])
        with one_by_one.snapshot() as snapshot:
            found.append((snapshot.fingerprint, snapshot.search("winter school attack", 20)))
        one_by_one.close()
    assert found[0] == found[1]


def test_a_changed_file_replaces_its_old_version(store: Store, reports: Path) -> None:
    ingest(store, [reports])
    (reports / "train.txt").write_text("The train\n\nThe train was late.", encoding="utf-8")
    report = ingest(store, [reports])
    assert [entry.title for entry in report.replaced] == ["The train"]
    assert len(report.unchanged) == 4
    with store.snapshot() as snapshot:
        texts = [hit.passage.text for hit in snapshot.search("train", 20)]
    assert any("was late" in text for text in texts)
    assert not any("left the station" in text for text in texts)
    assert check(store) == []


def test_an_old_version_stays_while_another_path_holds_it(store: Store, reports: Path) -> None:
    copy = reports / "copy.txt"
    copy.write_bytes((reports / "train.txt").read_bytes())
    ingest(store, [reports])
    (reports / "train.txt").write_text("The train\n\nThe train was late.", encoding="utf-8")
    ingest(store, [reports])
    with store.snapshot() as snapshot:
        held = {info.paths for info in snapshot.documents() if info.title == "The train"}
    assert held == {(str(copy),), (str(reports / "train.txt"),)}


def test_an_exact_duplicate_is_one_document_with_both_paths(store: Store, reports: Path) -> None:
    ingest(store, [reports])
    copy = reports / "zz_copy.txt"
    copy.write_bytes((reports / "market.txt").read_bytes())
    report = ingest(store, [copy])
    (duplicate,) = report.duplicates
    assert duplicate.same_as == (str(reports / "market.txt"),)
    assert titles(store).count("The market") == 1
    with store.snapshot() as snapshot:
        (info,) = [info for info in snapshot.documents() if info.title == "The market"]
    assert info.paths == (str(reports / "market.txt"), str(copy))


def test_a_text_that_a_file_holds_twice_is_one_document_and_told(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "twice.jsonl"
    lines = [{"title": title, "text": "The market was shut."} for title in ("First", "Second")]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    report = ingest(store, [file])
    assert [entry.title for entry in report.added] == ["First"]
    assert [(entry.title, entry.same_as) for entry in report.duplicates] == [
        ("Second", (str(file),))
    ]
    assert titles(store) == ["First"]


def test_near_duplicates_are_linked_both_ways_and_others_are_not(
    store: Store, reports: Path
) -> None:
    report = ingest(store, [reports])
    with store.snapshot() as snapshot:
        by_title = {info.title: info for info in snapshot.documents()}
        one, other = by_title["# The winter"], by_title["# The winter, second edition"]
        assert snapshot.linked(one.id) == [other]
        assert snapshot.linked(other.id) == [one]
        assert snapshot.linked(by_title["The train"].id) == []
    linked = {entry.title: entry.near_duplicates for entry in report.added}
    assert linked["# The winter"] == (other.id,)
    assert linked["The train"] == ()


def test_a_removed_document_is_found_no_more_and_comes_back_when_ingested(
    store: Store, reports: Path
) -> None:
    ingest(store, [reports])
    with store.snapshot() as snapshot:
        fingerprint = snapshot.fingerprint
        (train,) = [info for info in snapshot.documents() if info.title == "The train"]
    assert remove(store, train.id)
    assert not remove(store, train.id)
    assert "The train" not in titles(store)
    with store.snapshot() as snapshot:
        assert all(hit.document.id != train.id for hit in snapshot.search("train", 50))
        assert snapshot.document(train.id) is None
    assert check(store) == []
    report = ingest(store, [reports])
    assert [entry.title for entry in report.added] == ["The train"]
    assert report.embedded == 0
    with store.snapshot() as snapshot:
        assert snapshot.fingerprint == fingerprint


def test_a_bad_file_is_reported_and_stops_nothing_else(store: Store, reports: Path) -> None:
    (reports / "empty.txt").write_text("", encoding="utf-8")
    report = ingest(store, [reports, reports / "missing.txt"])
    assert len(report.added) == 5
    assert {Path(rejected.path).name for rejected in report.skipped} == {"empty.txt", "missing.txt"}
    assert all(rejected.reason and rejected.hint for rejected in report.skipped)


def test_a_file_that_has_become_unreadable_keeps_its_last_good_version(
    store: Store, reports: Path
) -> None:
    ingest(store, [reports])
    (reports / "train.txt").write_text("", encoding="utf-8")
    ingest(store, [reports])
    assert "The train" in titles(store)


def test_a_line_that_left_a_jsonl_file_takes_its_document_along(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "reports.jsonl"

    def write(*texts: str) -> None:
        lines = (json.dumps({"text": text, "title": text.split()[0]}) for text in texts)
        file.write_text("\n".join(lines), encoding="utf-8")

    write("One river report.", "Two market report.", "Three train report.")
    assert len(ingest(store, [file]).added) == 3
    write("One river report.", "Three train report, revised.")
    report = ingest(store, [file])
    assert [entry.title for entry in report.unchanged] == ["One"]
    assert [entry.title for entry in report.replaced] == ["Three"]
    assert [entry.title for entry in report.removed] == ["Three"]
    assert sorted(titles(store)) == ["One", "Three"]
    assert check(store) == []


def test_the_first_path_decides_what_is_said_of_a_text_whatever_the_order(
    tmp_path: Path, embedder: Embedder
) -> None:
    for name, source in (("a", "Gazette"), ("b", "Herald")):
        line = json.dumps({"text": "The river rose.", "title": "River", "source": source})
        (tmp_path / f"{name}.jsonl").write_text(line, encoding="utf-8")
    fingerprints = set()
    for order in ("ab", "ba"):
        opened = Store.open(tmp_path / f"data_{order}", embedder)
        for name in order:
            ingest(opened, [tmp_path / f"{name}.jsonl"])
        with opened.snapshot() as snapshot:
            assert [info.source for info in snapshot.documents()] == ["Gazette"]
            assert snapshot.search("river", 1, Filters(source=("Gazette",)))
            fingerprints.add(snapshot.fingerprint)
        assert check(opened) == []
        opened.close()
    assert len(fingerprints) == 1


def test_an_upload_is_known_by_the_name_it_was_given(store: Store, reports: Path) -> None:
    ingest(store, [Upload(reports / "train.txt", "upload:train.txt")])
    with store.snapshot() as snapshot:
        assert snapshot.documents()[0].paths == ("upload:train.txt",)


def test_progress_counts_every_file_and_every_passage(store: Store, reports: Path) -> None:
    told: list[Progress] = []
    report = ingest(store, [reports], on_progress=told.append)
    stages = list(dict.fromkeys(progress.stage for progress in told))
    assert stages == ["reading", "embedding", "analysing", "publishing"]
    for stage, total in (
        ("reading", 5),
        ("analysing", report.analysed),
        ("embedding", report.passages),
    ):
        done = [progress.done for progress in told if progress.stage == stage]
        assert done == sorted(done)
        assert done[-1] == total


def test_an_ingest_that_fails_leaves_the_store_as_it_was(
    store: Store, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(store, [reports / "train.txt"])

    def fail(*_: object) -> None:
        raise RuntimeError("the model broke")

    with monkeypatch.context() as patched:
        patched.setattr(store.embedder, "embed_passages", fail)
        with pytest.raises(RuntimeError, match="the model broke"):
            ingest(store, [reports])
    assert titles(store) == ["The train"]
    assert check(store) == []
    assert len(ingest(store, [reports]).added) == 4


def test_the_real_parser_process_feeds_the_store(
    store: Store, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index.ingestion, "ParserProcess", ParserProcess)
    report = ingest(store, [reports])
    assert len(report.added) == 5
    assert check(store) == []
