"""Public question sets as a test of the whole path: import, ingest, ask, score.

Each set is read from the folder of data sets that the project's people share; nothing is fetched.
Sets are large and embedding takes time, so each can be sampled. A sample is drawn by hashes of the
ids: it is the same everywhere, and a larger one contains a smaller one.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from answer.compose import MODEL_DIRECTORY, Answerer
from eval.errors import EvalError
from eval.gold import GoldQuestion
from eval.importers import (
    QuestionSet,
    SourceQuestion,
    read_multihop,
    read_squad,
    read_wikicontradict,
    write_question_set,
)
from eval.run import Run, run_gold, write_run
from eval.systems import DEPTH, StoreSystem
from index.embed import Embedder
from index.ingestion import Progress, ingest
from index.store import Store
from ingest.outcome import Limits


class ExternalError(EvalError):
    """An external set that cannot be run; the message says what to do."""


@dataclass(frozen=True, slots=True)
class ExternalSet:
    """A public set: what it shows, where it lies under the data folder, and how it is read."""

    name: str
    about: str
    place: str
    read: Callable[[Path], QuestionSet]


def read_squad_held_out(path: Path) -> QuestionSet:
    """Return the SQuAD 2.0 articles that the shipped reader was not trained on.

    Which these are is recorded beside the reader's weights, so another reader brings its own list.
    """
    record = MODEL_DIRECTORY / "reader.json"
    try:
        titles = json.loads(record.read_text(encoding="utf-8"))["training"]["held_out_articles"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExternalError(
            f"{record} does not say which SQuAD articles were kept from training ({error!r}); "
            "a score on articles that the reader has seen would mean nothing"
        ) from error
    keys = {title.replace("_", " ") for title in titles}
    question_set = read_squad(path)
    kept = [document.key for document in question_set.documents if document.title in keys]
    return only_about(question_set, kept)


EXTERNAL_SETS = {
    item.name: item
    for item in (
        ExternalSet(
            "squad2",
            "Reading with questions that nothing answers: SQuAD 2.0, articles kept from training.",
            "reading/squad2-dev.json.gz",
            read_squad_held_out,
        ),
        ExternalSet(
            "multihoprag",
            "Retrieval over news: MultiHop-RAG, evidence in several articles, null questions.",
            "retrieval",
            read_multihop,
        ),
        ExternalSet(
            "wikicontradict",
            "Sources that contradict each other: WikiContradict.",
            "conflict/wikicontradict.jsonl.gz",
            read_wikicontradict,
        ),
        ExternalSet(
            "tquad",
            "Another language: TQuAD, Turkish.",
            "languages/tquad-tr-dev.json.gz",
            lambda path: read_squad(path, language="tr"),
        ),
    )
}


def run_external(
    external: ExternalSet,
    data: Path,
    folder: Path,
    *,
    embedder: Embedder,
    answerer: Answerer,
    documents: int | None = None,
    questions: int | None = None,
    settings: dict[str, str] | None = None,
    command: str = "",
    on_progress: Callable[[Progress], None] | None = None,
    show_progress: bool = False,
) -> Run:
    """Import, ingest and ask an external set in `folder`, and return and write its run.

    `folder` gets documents.jsonl, gold.jsonl, a store of its own in `store` and the run in `run`; a
    store that is there already is used again. `documents` and `questions` are sample sizes (see
    `sample`); None is everything. Raises ExternalError where the data are missing, and what the
    steps raise.
    """
    place = data / external.place
    if not place.exists():
        raise ExternalError(
            f"{place} does not exist; --data is the folder that holds {external.place}"
        )
    question_set = sample(external.read(place), documents=documents, questions=questions)
    gold = write_question_set(question_set, folder)
    if not gold:
        raise ExternalError("the sample has no question; draw a larger one")
    with _store(folder / "store", embedder) as store:
        report = ingest(
            store, [folder / "documents.jsonl"], limits=Limits(), on_progress=on_progress
        )
        if report.skipped:
            raise ExternalError(f"{len(report.skipped)} documents are skipped: {report.skipped[0]}")
        with store.snapshot() as snapshot:
            system = StoreSystem(
                snapshot,
                answerer,
                settings={
                    "hits": str(DEPTH),
                    "documents": str(len(question_set.documents)),
                    "passages": str(report.passages),
                    "ingest_seconds": f"{report.seconds - report.analysis_seconds:.1f}",
                    "analysis_seconds": f"{report.analysis_seconds:.1f}",
                }
                | (settings or {}),
                model=(settings or {}).get("model"),
            )
            run = run_gold(
                system,
                gold,
                gold_name=external.name,
                command=command,
                show_progress=show_progress,
            )
    write_run(run, folder / "run")
    return run


def sample(
    question_set: QuestionSet, *, documents: int | None = None, questions: int | None = None
) -> QuestionSet:
    """Return so many of the questions, over so many of the documents.

    Questions are drawn first and bring the documents that they are about; others are added up to
    `documents`. With `documents` alone, they are drawn first, and the questions are those that are
    about no others.
    """
    keys = [document.key for document in question_set.documents]
    if questions is None:
        if documents is not None:
            question_set = only_about(question_set, _drawn(keys, documents))
        return question_set
    names = _drawn([question.id for question in question_set.questions], questions)
    drawn = tuple(item for item in question_set.questions if item.id in names)
    question_set = replace(question_set, questions=drawn)
    if documents is None:
        return question_set
    needed = set().union(*(_about(item) for item in drawn))
    others = [key for key in keys if key not in needed]
    return only_about(question_set, needed | _drawn(others, max(0, documents - len(needed))))


def sample_gold(questions: Sequence[GoldQuestion], count: int | None) -> list[GoldQuestion]:
    """Return so many of the questions, in their order; None is all. See `sample` for the draw."""
    if count is None:
        return list(questions)
    drawn = _drawn([question.id for question in questions], count)
    return [question for question in questions if question.id in drawn]


def only_about(question_set: QuestionSet, keys: Collection[str]) -> QuestionSet:
    """Return these documents alone, and the questions that are about no other."""
    return replace(
        question_set,
        documents=tuple(item for item in question_set.documents if item.key in keys),
        questions=tuple(item for item in question_set.questions if _about(item) <= set(keys)),
    )


def _about(question: SourceQuestion) -> set[str]:
    places = {key for _, evidence in question.parts for key, _, _ in evidence}
    return places | ({question.about} if question.about is not None else set())


def _drawn(names: Collection[str], count: int) -> frozenset[str]:
    ranked = sorted(names, key=lambda name: hashlib.sha256(name.encode("utf-8")).digest())
    return frozenset(ranked[:count])


@contextlib.contextmanager
def _store(directory: Path, embedder: Embedder) -> Iterator[Store]:
    with contextlib.closing(Store.open(directory, embedder)) as store:
        yield store
