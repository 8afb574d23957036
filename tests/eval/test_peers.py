import importlib.util
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from eval.gold import Evidence, GoldQuestion, Kind, Part
from eval.peers.peer import (
    FRAMEWORKS,
    PEERS,
    Chunk,
    Peer,
    PeerSystem,
    Source,
    open_peer,
    peer_maker,
    place,
)
from eval.peers.side_by_side import markdown, measures_table, run_side_by_side, side_by_side
from eval.reply import Outcome
from eval.run import Run, run_gold
from eval.systems import AskError
from index.embed import Embedder

PROJECT = Path(__file__).resolve().parents[2]
MODULE_OF = {
    "txtai": ("txtai", "chonkie"),
    "haystack": ("haystack", "haystack_integrations"),
    "llamaindex": ("llama_index", "llama_index.retrievers.bm25", "llama_index.embeddings"),
}


class Sentences:
    """A peer that cuts at full stops and ranks by words in common; what it says is predictable."""

    settings: Mapping[str, str] = {"chunks": "sentences"}

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self.asked: list[str] = []

    def index(self, sources: Sequence[Source]) -> Sequence[Chunk]:
        self.chunks = [
            Chunk(number, f"{sentence.strip()}.")
            for number, source in enumerate(sources)
            for sentence in source.text.split(".")
            if sentence.strip()
        ]
        return self.chunks

    def search(self, question: str, k: int) -> Sequence[int]:
        self.asked.append(question)
        if "explode" in question:
            raise RuntimeError("no such shard")
        words = set(question.lower().strip("?").split())
        common = [
            (len(words & set(chunk.text.lower().strip(".").split())), -number)
            for number, chunk in enumerate(self.chunks)
        ]
        return [-number for count, number in sorted(common, reverse=True) if count][:k]


@pytest.fixture
def sources(world: Any) -> list[Source]:
    return [Source(name, text.title, text.text) for name, text in world.texts.items()]


def asking(question: str, *sentences: tuple[str, Evidence], turns: tuple[str, ...] = ()) -> Any:
    parts = tuple(Part((answer,), (evidence,)) for answer, evidence in sentences)
    kind = Kind.FOLLOW_UP if turns else Kind.FACT if parts else Kind.UNANSWERABLE
    return GoldQuestion(question, kind, question, parts, judged_by="tests", turns=turns)


def test_a_chunk_that_says_where_it_begins_is_taken_at_its_word_if_the_text_agrees() -> None:
    source = Source("d", "T", "one two one two")
    assert place("p", [source], [Chunk(0, "one", 8)]) == [("d", 8, 11)]
    assert place("p", [source], [Chunk(0, "two", 5)]) == [("d", 4, 7)]


def test_a_text_that_stands_twice_is_placed_after_the_chunk_before_it() -> None:
    source = Source("d", "T", "Photo: AP. It fell. Photo: AP.")
    chunks = [Chunk(0, "Photo: AP."), Chunk(0, "It fell."), Chunk(0, "Photo: AP.")]
    assert place("p", [source], chunks) == [("d", 0, 10), ("d", 11, 19), ("d", 20, 30)]


def test_overlapping_chunks_are_placed_where_they_overlap() -> None:
    source = Source("d", "T", "a b c d e")
    assert place("p", [source], [Chunk(0, "a b c"), Chunk(0, "c d e")]) == [
        ("d", 0, 5),
        ("d", 4, 9),
    ]


def test_squeezed_white_space_does_not_lose_a_chunk_nor_move_it_to_a_later_copy() -> None:
    source = Source("d", "T", "On August 19.  Photo: AP.\n\nOn August 19. Photo: AP.")
    chunk = Chunk(0, "On August 19. Photo: AP.")
    assert place("p", [source], [chunk, chunk]) == [("d", 0, 25), ("d", 27, 51)]


def test_a_chunk_that_is_not_in_its_document_is_refused_with_its_words() -> None:
    source = Source("d", "T", "It fell.")
    with pytest.raises(AskError, match=r"p: chunk 0 \('It rose\.'\) is not in the document"):
        place("p", [source], [Chunk(0, "It rose.")])


def test_hits_are_scored_by_place_and_answers_left_out(world: Any, sources: list[Source]) -> None:
    system = PeerSystem("sentences", Sentences(), sources)
    gold = [asking("fell in may?", ("May", world.evidence(world.sentences.fell_may)))]
    run = run_gold(system, gold)
    hit = run.rows[0].reply.hits[0]
    assert (
        world.texts[hit.document].text[hit.start : hit.end] == hit.text == "The bridge fell in May."
    )
    assert run.measures["evidence-hit@1"].value == 1.0
    assert "answer right" not in run.measures and "refusal recall" not in run.measures
    assert run.measures["search p50 ms"].count == 1
    assert run.info.system.settings["passages"] == "5"
    assert float(run.info.system.settings["ingest_seconds"]) >= 0.0


def test_only_a_best_configuration_searches_with_the_turn_before(sources: list[Source]) -> None:
    question = asking("when?", turns=("Who came?", "Did the bridge fall?"))
    for name, asked in (("txtai", "when?"), ("txtai:best", "Did the bridge fall? when?")):
        peer = Sentences()
        PeerSystem(name, peer, sources).reply(question)
        assert peer.asked == [asked]


def test_a_question_that_breaks_the_framework_is_an_error_of_that_question(
    sources: list[Source],
) -> None:
    system = PeerSystem("sentences", Sentences(), sources)
    reply = system.reply(asking("explode?"))
    assert reply.outcome is Outcome.ERROR and reply.error == "RuntimeError: no such shard"
    assert system.reply(asking("bridge?")).hits


def test_a_missing_framework_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, sources: list[Source]
) -> None:
    for name in FRAMEWORKS:
        monkeypatch.delitem(sys.modules, f"eval.peers.{name}", raising=False)
        for module in MODULE_OF[name]:
            monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(AskError, match=r"is not installed here .*`make peers`"):
            open_peer(name, sources, model="all-MiniLM-L6-v2")


def test_a_peer_without_documents_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch)
    with pytest.raises(AskError, match="no document to index; run `dossier ingest`"):
        open_peer("txtai", [], model="all-MiniLM-L6-v2")


def test_an_unknown_peer_lists_the_known() -> None:
    with pytest.raises(
        AskError, match=r"no peer 'elastic'; use one of txtai, txtai:best, haystack"
    ):
        peer_maker("elastic")


def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the fake in place of txtai's adapter."""
    module = ModuleType("eval.peers.txtai")
    make: Callable[[str], Peer] = lambda model: Sentences()  # noqa: E731
    module.default = module.best = make  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "eval.peers.txtai", module)


@pytest.fixture
def runs(world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Dossier and the fake, over the two documents of the world."""
    from answer.compose import Answerer

    stand_in(monkeypatch)
    for text in world.texts.values():
        (tmp_path / f"{text.title}.txt").write_text(f"Title: {text.title}\n\n{text.text}")
    answered = asking(
        "What fell in May?", ("the bridge", world.evidence("The bridge fell in May."))
    )
    gold = [answered, asking("Who paid for the moon?")]
    return list(
        run_side_by_side(
            gold,
            [str(tmp_path)],
            embedder=Embedder.load("all-MiniLM-L6-v2", threads=1),
            answerer=Answerer.load(threads=1),
            model="all-MiniLM-L6-v2",
            gold_name="world",
            names=["txtai", "txtai:best"],
            threads=1,
        )
    )


def test_every_system_gets_the_same_documents_and_questions_in_one_run(runs: list[Run]) -> None:
    assert [run.info.system.name for run in runs] == ["dossier", "txtai", "txtai:best"]
    assert len({run.info.gold_sha256 for run in runs}) == 1
    assert {run.info.system.settings["documents"] for run in runs} == {"2"}
    assert len({tuple(sorted(run.info.documents)) for run in runs}) == 1


def test_the_table_says_what_a_peer_does_not_do_and_where_it_is_better(runs: list[Run]) -> None:
    table = side_by_side(runs)
    cells = {row[0]: row[1:] for row in table.rows}
    assert table.header == ("", "dossier", "txtai", "txtai:best")
    assert cells["answer right"][1:] == ("retrieves only", "retrieves only")
    assert all(cells["ingest s"]) and all(cells["search p50 ms"])
    text = markdown(table)
    assert text.startswith("|  | dossier | txtai | txtai:best |\n| --- |")
    assert "- txtai against dossier: better in " in text


def test_measures_that_a_run_does_not_have_leave_a_dash(runs: list[Run]) -> None:
    table = measures_table({"one": runs[0], "two": runs[1]})
    cells = {row[0]: row[1:] for row in table.rows}
    assert cells["questions"] == ("2", "2")
    assert cells["answer right"][1] == "–" and cells["answer right"][0] != "–"


def test_what_peers_pin_adds_to_our_constraints_and_never_changes_them() -> None:
    ours, theirs = (
        dict(
            line.lower().replace("_", "-").split("==")
            for line in (PROJECT / name).read_text(encoding="utf-8").splitlines()
            if line and not line.startswith("#")
        )
        for name in ("constraints.txt", "constraints-peers.txt")
    )
    extra = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    named = {item.split(">=")[0] for item in extra["project"]["optional-dependencies"]["peers"]}
    assert not ours.keys() & theirs.keys()
    assert named <= theirs.keys()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PEERS)
def test_an_installed_framework_finds_the_evidence_by_place(
    name: str, world: Any, sources: list[Source]
) -> None:
    modules = MODULE_OF[name.partition(":")[0]]
    if any(importlib.util.find_spec(module.partition(".")[0]) is None for module in modules):
        pytest.skip(
            f"{modules[0]} is not installed: `make peers`, then .venv-peers/bin/python -m pytest"
        )
    system = open_peer(name, sources, model="all-MiniLM-L6-v2", threads=1)
    gold = [asking("When did the bridge fall?", ("May", world.evidence("The bridge fell in May.")))]
    run = run_gold(system, gold)
    assert run.rows[0].reply.outcome is not Outcome.ERROR, run.rows[0].reply.error
    assert run.measures["evidence-hit@10"].value == 1.0
    for hit in run.rows[0].reply.hits:
        assert world.texts[hit.document].text[hit.start : hit.end] == hit.text
