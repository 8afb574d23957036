import pytest

from analysis import workers
from analysis.document import analyse
from analysis.workers import analyse_all
from ingest.document import Document
from tests.analysis.told import shipped

REPORTS = [
    Document(text=f"On {day} March 2023 the Taliban killed three ISKP members in Kabul.", title="x")
    for day in range(1, 6)
]


def test_several_processes_give_the_same_records_in_the_same_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "POOL_CHARS", 100)
    expected = [analyse(report, shipped()) for report in REPORTS]
    assert list(analyse_all(REPORTS, shipped(), workers=2)) == expected


def test_little_text_is_analysed_without_other_processes() -> None:
    assert len(list(analyse_all(REPORTS, shipped(), workers=2))) == len(REPORTS)
    assert list(analyse_all([], shipped())) == []
