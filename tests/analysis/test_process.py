"""Analysis in a process of its own: the same records, and no document that stops another."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

import analysis.process
from analysis.document import analyse
from analysis.names import NameRegister
from analysis.process import AnalysisProcess
from analysis.records import DocumentRecords
from ingest.document import Document

NAMES = """
- canonical: River Guard
  kind: group
  names: [RG, "Garde de la Rivière"]
"""
REPORT = Document(
    text="River Guard militants killed four soldiers in Dorun on 3 May 2021.\nIt's over — so far.",
    title="A raid",
)
# What a document may do to the analysis, as a module that is imported in its place.
HARMS: Mapping[str, tuple[str, str]] = {
    "crash": ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed the analysis (signal SIGSEGV)"),
    "hang": ("time.sleep(60)", "took longer than"),
    "spin": ("while True: pass", "took longer than"),
    "memory": ("bytearray(2**40)", "needs more memory"),
    "error": ("raise ValueError('odd')", "met an error in the analysis (ValueError: odd)"),
}


@pytest.fixture
def register(tmp_path: Path) -> NameRegister:
    file = tmp_path / "names.yaml"
    file.write_text(NAMES, encoding="utf-8")
    return NameRegister.load(file)


@pytest.fixture
def harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the analysis of any document titled "bad" do what the statement says."""

    def prepare(statement: str) -> None:
        folder = tmp_path / "harmed"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(
            "import os, signal, sys, time\n"
            "if sys.argv[:1] == ['-m']:\n"
            "    import analysis.document as module\n"
            "    whole = module.analyse\n"
            "    def analyse(document, register):\n"
            "        if document.title == 'bad':\n"
            f"            {statement}\n"
            "        return whole(document, register)\n"
            "    module.analyse = analyse\n",
            encoding="utf-8",
        )
        path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
        monkeypatch.setenv("PYTHONPATH", path)

    return prepare


def test_the_records_are_those_that_this_process_would_find(register: NameRegister) -> None:
    with closing(AnalysisProcess(register)) as process:
        found = process.analyse(REPORT)
    assert found.accounts
    assert found == analyse(REPORT, register)


@pytest.mark.parametrize("what", HARMS)
def test_a_document_that_harms_the_analysis_has_a_note_and_the_next_one_its_records(
    what: str,
    register: NameRegister,
    harm: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    statement, reason = HARMS[what]
    harm(statement)
    with closing(AnalysisProcess(register)) as process:
        # The process is under way first, so that starting it is not counted as working.
        assert process.analyse(REPORT).accounts
        monkeypatch.setattr(analysis.process, "MAX_SECONDS", 1.0)
        bad = process.analyse(Document(text=REPORT.text, title="bad"))
        monkeypatch.setattr(analysis.process, "MAX_SECONDS", 60.0)
        assert bad == DocumentRecords(notes=bad.notes)
        [note] = bad.notes
        assert note.startswith("no actors, attacks or strategies: ")
        assert reason in note
        assert process.analyse(REPORT) == analyse(REPORT, register)


def test_the_analysis_process_does_without_torch(
    register: NameRegister, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise SystemExit(1)\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with closing(AnalysisProcess(register)) as process:
        assert process.analyse(REPORT) == analyse(REPORT, register)


def test_closing_does_not_wait_for_a_document_under_way(
    register: NameRegister, harm: Callable[[str], None]
) -> None:
    harm("time.sleep(600)")
    notes: list[tuple[str, ...]] = []
    process = AnalysisProcess(register)
    assert process.analyse(REPORT).accounts
    bad = Document(text=REPORT.text, title="bad")
    waiting = threading.Thread(target=lambda: notes.append(process.analyse(bad).notes))
    waiting.start()
    while not process._process._lock.locked():
        time.sleep(0.01)
    process.close()
    waiting.join(timeout=60)
    assert notes
    assert "signal" in notes[0][0]
