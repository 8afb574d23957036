"""Runs and judgements in TREC's form: evidence as the thing that is ranked.

Systems cut documents differently, so their passages cannot be judged by name. What can is whether a
passage has the evidence of a part of the complete answer. In the run, the first hit that finds part
N of a question is therefore filed under the doc_id `part-N`; every other hit, a repetition
included, is filed under its span, `<document>:<start>-<end>`. In the qrels, the parts are what is
relevant. Any TREC tool then gives our numbers for the two files. A hit that finds several parts at
once is filed under each, one after the other.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import ir_measures
from ir_measures import RR, R, nDCG

from eval.gold import GoldQuestion
from eval.reply import Found, Outcome, Reply
from eval.spans import finds

SEARCH_MEASURES = {"RR": RR @ 10, "nDCG@10": nDCG @ 10, "Recall@5": R @ 5, "Recall@10": R @ 10}
_SPAN_ID = re.compile(r"(?P<document>[0-9a-f]{64})(?::(?P<start>\d+)-(?P<end>\d+))?")


class TrecError(ValueError):
    """A TREC run that cannot be read; the message names file and line."""


def filed(question: GoldQuestion, hits: Sequence[Found]) -> list[str]:
    """Return the doc_ids that a question's hits are filed under, best first."""
    doc_ids: list[str] = []
    missing = dict(enumerate(question.parts, start=1))
    for hit in hits:
        found = [number for number, part in missing.items() if finds(hit, part)]
        for number in found:
            del missing[number]
        names = [f"part-{number}" for number in found]
        doc_ids += names or [f"{hit.document}:{hit.start}-{hit.end}"]
    return list(dict.fromkeys(doc_ids))


def search_scores(
    pairs: Iterable[tuple[GoldQuestion, Reply]],
) -> dict[str, dict[str, float]]:
    """Return each answerable question's search measures by question id; no hit found is 0."""
    pairs = [(question, reply) for question, reply in pairs if question.answerable]
    scores = {question.id: dict.fromkeys(SEARCH_MEASURES, 0.0) for question, _ in pairs}
    if not pairs:
        return scores
    qrels = {
        question.id: {f"part-{number}": 1 for number in range(1, len(question.parts) + 1)}
        for question, _ in pairs
    }
    run = {question.id: _scored(filed(question, reply.hits)) for question, reply in pairs}
    names = {measure: name for name, measure in SEARCH_MEASURES.items()}
    for metric in ir_measures.iter_calc(list(names), qrels, run):
        scores[metric.query_id][names[metric.measure]] = float(metric.value)
    return scores


def write_trec(directory: Path, pairs: Iterable[tuple[GoldQuestion, Reply]], tag: str) -> None:
    """Write `run.trec` and `qrels.txt`, which any TREC tool scores as `dossier eval` does."""
    run_lines, qrels_lines = [], []
    for question, reply in pairs:
        if not question.answerable:
            continue
        query_id = _word(question.id)
        qrels_lines += [
            f"{query_id} 0 part-{number} 1\n" for number in range(1, len(question.parts) + 1)
        ]
        run_lines += [
            f"{query_id} Q0 {doc_id} {rank} {score:g} {_word(tag)}\n"
            for rank, (doc_id, score) in enumerate(
                _scored(filed(question, reply.hits)).items(), start=1
            )
        ]
    (directory / "run.trec").write_text("".join(run_lines), encoding="utf-8")
    (directory / "qrels.txt").write_text("".join(qrels_lines), encoding="utf-8")


def read_trec(path: Path, lengths: Mapping[str, int]) -> dict[str, Reply]:
    """Return the hits of another system's TREC run as replies, by question id.

    A doc_id is `<SHA-256>:<start>-<end>`, or a SHA-256 alone for a whole document, whose length
    then comes from `lengths`. Such a system only searches: every question counts as not answered.
    Raises TrecError naming the line.
    """
    ranked: dict[str, list[tuple[float, int, Found]]] = {}
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            fields = line.split()
            if len(fields) != 6:
                raise TrecError(
                    f"{path}:{number}: {len(fields)} fields; a TREC run line is "
                    "query_id Q0 doc_id rank score tag"
                )
            query_id, _, doc_id, _, score, _ = fields
            try:
                entry = (-float(score), number, _hit(doc_id, lengths))
            except ValueError as error:
                raise TrecError(f"{path}:{number}: {error}") from error
            ranked.setdefault(query_id, []).append(entry)
    return {
        query_id: Reply(
            Outcome.NOT_FOUND,
            hits=tuple(hit for _, _, hit in sorted(entries, key=lambda entry: entry[:2])),
        )
        for query_id, entries in ranked.items()
    }


def _hit(doc_id: str, lengths: Mapping[str, int]) -> Found:
    match = _SPAN_ID.fullmatch(doc_id)
    if not match:
        raise ValueError(
            f"doc_id {doc_id!r} names no span; give <SHA-256 of the text>:<start>-<end>"
        )
    document = match["document"]
    if match["start"] is not None:
        return Found(document, int(match["start"]), int(match["end"]), None)
    if document not in lengths:
        raise ValueError(
            f"doc_id {doc_id!r} is no document of the store; ingest it, or give its span"
        )
    return Found(document, 0, lengths[document], None)


def _scored(doc_ids: Sequence[str]) -> dict[str, float]:
    # Falling whole numbers: TREC tools order by score, so the order must be in the scores.
    return {doc_id: float(len(doc_ids) - place) for place, doc_id in enumerate(doc_ids)}


def _word(text: str) -> str:
    # TREC's columns are parted by white space, so a name with a space would shift them.
    return "_".join(text.split())
