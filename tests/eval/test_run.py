import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ir_measures
import pytest

from answer.answer import Answer, Citation, Status, Turn
from eval.gold import Kind
from eval.reply import Outcome
from eval.run import RunError, read_info, read_run, run_gold, summary, write_run
from eval.systems import StoreSystem
from index.search import DocumentInfo, Hit, QueryError
from ingest.chunk import Passage
from ingest.document import Document


def run_of(world: Any, **changes: Any) -> Any:
    return run_gold(world.system(**changes), world.gold, gold_name="g.jsonl", command="test")


def without_date(run: Any) -> dict[str, Any]:
    return {key: value for key, value in summary(run).items() if key != "date"}


def test_a_run_reads_back_as_it_was_written(world: Any, tmp_path: Path) -> None:
    run = run_of(world)
    write_run(run, tmp_path / "run")
    again = read_run(tmp_path / "run")
    assert again.rows == run.rows
    assert again.info == run.info
    assert summary(again) == summary(run)
    assert read_info(tmp_path / "run") == (run.info, run.measures)


def test_the_same_system_gives_the_same_run(world: Any, tmp_path: Path) -> None:
    first, second = run_of(world), run_of(world)
    assert without_date(first) == without_date(second)
    write_run(first, tmp_path / "a")
    write_run(second, tmp_path / "b")
    for name in ("rows.jsonl", "run.trec", "qrels.txt"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_run_says_everything_that_its_numbers_depend_on(world: Any) -> None:
    record = summary(run_of(world))
    assert record["system"]["index_fingerprint"] == "i1"
    assert record["system"]["model"] == "m1"
    assert record["system"]["settings"] == {"k": "10"}
    assert record["questions"] == len(world.gold)
    assert record["command"] == "test"
    assert record["gold"] == "g.jsonl" and len(record["gold_sha256"]) == 64
    assert record["documents"] == {name: text.title for name, text in world.texts.items()}
    assert set(record["kinds"]) == {item.kind.value for item in world.gold}


def test_a_quote_that_is_not_in_the_document_is_counted(world: Any) -> None:
    honest = run_of(world)
    assert (honest.info.quotes_checked, honest.info.quotes_wrong) == (6, 0)
    citation = world.perfect["fall"].citations[0]
    forged = replace(citation, quote=citation.quote.replace("May", "Mai"))
    run = run_of(world, fall=world.answered("Mai", forged))
    assert run.info.quotes_wrong == 1


def test_a_row_shows_the_evidence_where_it_stands(world: Any) -> None:
    row = run_of(world).rows[1]
    ((quoted,),) = row.evidence
    assert quoted.text == "Rain had washed out its northern pier."
    assert quoted.before == "The bridge fell in May. "
    assert quoted.after == " Nobody was hurt."


def test_a_trec_tool_gives_our_search_numbers_for_the_written_files(
    world: Any, tmp_path: Path
) -> None:
    say = world.sentences
    hits = tuple(world.found(text) for text in (say.rain, say.fell_june, say.unhurt, say.fell_may))
    run = run_of(world, when=replace(world.perfect["when"], hits=hits))
    write_run(run, tmp_path / "run")
    measured = ir_measures.calc_aggregate(
        [ir_measures.nDCG @ 10, ir_measures.R @ 10, ir_measures.RR @ 10],
        list(ir_measures.read_trec_qrels(str(tmp_path / "run" / "qrels.txt"))),
        list(ir_measures.read_trec_run(str(tmp_path / "run" / "run.trec"))),
    )
    for measure, name in ((ir_measures.nDCG @ 10, "nDCG@10"), (ir_measures.RR @ 10, "RR")):
        assert measured[measure] == pytest.approx(run.measures[name].value)
    assert run.measures["nDCG@10"].value < 1.0


def test_a_run_is_never_written_over(world: Any, tmp_path: Path) -> None:
    run = run_of(world)
    write_run(run, tmp_path / "run")
    with pytest.raises(RunError, match="exists; runs are never written over"):
        write_run(run, tmp_path / "run")


def test_a_damaged_run_is_named_with_its_line(world: Any, tmp_path: Path) -> None:
    write_run(run_of(world), tmp_path / "run")
    rows = tmp_path / "run" / "rows.jsonl"
    lines = rows.read_text().splitlines()
    rows.write_text("\n".join([lines[0], lines[1][:40], *lines[2:]]))
    with pytest.raises(RunError, match=r"rows\.jsonl:2: not a row of a run"):
        read_run(tmp_path / "run")
    rows.write_text("\n".join(lines[:3]))
    with pytest.raises(RunError, match=r"rows\.jsonl has 3 questions, run\.json says 7"):
        read_run(tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    (tmp_path / "run" / "run.json").write_text(json.dumps(record | {"format": 99}))
    with pytest.raises(RunError, match="format 99, this version reads 1"):
        read_run(tmp_path / "run")
    with pytest.raises(RunError, match="cannot be read"):
        read_run(tmp_path / "absent")


class FakeSnapshot:
    """A store of one document that finds it whole."""

    fingerprint = "index-1"

    def __init__(self) -> None:
        self.text = Document(text="The bridge fell in May. Nobody was hurt.", title="Bridge")
        self.info = DocumentInfo(self.text.id, "Bridge", None, None, None, None, None, (), 40)
        self.searched: list[tuple[str, int]] = []

    def search(self, query: str, k: int = 10) -> list[Hit]:
        self.searched.append((query, k))
        return [Hit(1, 1.0, Passage(self.text.id, 0, 40, self.text.text), self.info, ())]

    def document(self, document_id: str) -> Document | None:
        return self.text if document_id == self.text.id else None


class FakeAsker:
    """Answers every question with the month, and remembers how it was asked."""

    fingerprint = "answerer-1"

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []

    def ask(self, snapshot: Any, question: str, *, earlier: Sequence[Turn] = ()) -> Answer:
        self.asked.append((question, tuple(earlier)))
        if "crash" in question:
            raise ZeroDivisionError("by zero")
        if "blank" in question:
            raise QueryError("the question is blank", "ask something")
        citation = Citation(1, snapshot.info, "p", 0, 23, "The bridge fell in May.", 19, 22)
        return Answer(
            "id", question, f"{question} (read)", Status.ANSWERED, "May", 0.8, (citation,), (), (),
            "",
        )  # fmt: skip


def test_the_store_is_asked_as_the_service_asks_it(world: Any) -> None:
    snapshot, asker = FakeSnapshot(), FakeAsker()
    system = StoreSystem(snapshot, asker, model="m")
    reply = system.reply(
        replace(world.gold[4], turns=("What fell?", "Where?"), question="Was anyone hurt?")
    )
    first = Turn("What fell?", "What fell? (read)", "May")
    assert asker.asked == [
        ("What fell?", ()),
        ("Where?", (first,)),
        ("Was anyone hurt?", (first, Turn("Where?", "Where? (read)", "May"))),
    ]
    assert snapshot.searched == [("Was anyone hurt? (read)", 10)]
    assert reply.outcome is Outcome.ANSWERED
    assert reply.citations[0].answer == "May"
    assert reply.hits[0].end == 40
    assert reply.ask_ms is not None and reply.ask_ms >= 0.0
    assert (system.info.index_fingerprint, system.info.answerer_fingerprint) == (
        "index-1",
        "answerer-1",
    )


def test_one_question_that_breaks_the_answerer_does_not_end_the_run(world: Any) -> None:
    gold = [
        replace(world.gold[0], id="a", question="Will it crash?"),
        replace(world.gold[0], id="b", question="blank"),
        replace(world.gold[0], id="c", question="When?"),
    ]
    run = run_gold(StoreSystem(FakeSnapshot(), FakeAsker()), gold)
    assert [row.reply.outcome for row in run.rows] == ["error", "error", "answered"]
    assert run.rows[0].reply.error == "ZeroDivisionError: by zero"
    assert run.measures["errors"].value == pytest.approx(2 / 3)
    assert run.kinds[Kind.FACT]["answered"].value == pytest.approx(1 / 3)
