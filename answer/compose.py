"""Compose: from a question and one state of the index to an answer with citations, or a refusal.

`Answerer.ask` is the one way to an answer: the service, the command line and the evaluation call
it, so what is measured is what is served.
"""

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from index.store import Snapshot

from answer.answer import Answer, Citation, Conflict, Status, Turn
from answer.candidates import Candidate, candidates_of
from answer.conversation import Mention, interpret
from answer.features import concepts_of, features_of
from answer.judge import Judge
from answer.question import Expects, Question, read_question
from answer.reader import Reader, Reading
from answer.spans import shortest_span
from answer.values import Value, ValueKind, dates_agree, find_dates, find_numbers
from index.search import Filters, Hit
from index.terms import stems

MODEL_DIRECTORY = Path(__file__).parent / "model"

# Retrieved and looked at; the best of them, by words in common and rank, are read in full.
HITS = 20
WINDOWS = 10
NEAREST = 3
MAX_CITATIONS = 6
# A further sentence is cited when it is at least this likely beside the best one, in odds.
FURTHER_ODDS = 0.25
# What stands for the reader's logits where it has not looked or found no span.
UNREAD = -8.0


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with what speaks for it, the judge's score and the span that answers."""

    candidate: Candidate
    features: tuple[float, ...]
    score: float
    answer: tuple[int, int]
    """The shortest answering span, in code points of the document's text."""

    @property
    def answer_text(self) -> str:
        """The shortest span that answers."""
        start = self.candidate.start
        return self.candidate.text[self.answer[0] - start : self.answer[1] - start]


class Answerer:
    """Answers questions from a snapshot of the index; holds the reader and the judge, no state."""

    def __init__(self, reader: Reader, judge: Judge) -> None:
        self._reader = reader
        self._judge = judge
        configuration = {
            "reader": reader.fingerprint,
            "judge": judge.fingerprint,
            "limits": [HITS, WINDOWS, NEAREST, MAX_CITATIONS, FURTHER_ODDS],
        }
        self.fingerprint = hashlib.sha256(json.dumps(configuration).encode()).hexdigest()[:16]

    @classmethod
    def load(cls, *, threads: int, directory: Path = MODEL_DIRECTORY) -> "Answerer":
        """Return an answerer with the reader and the judge stored in `directory`.

        Raises ReaderError or JudgeError if either is missing, altered or made for another version.
        """
        reader = Reader.load(directory, threads=threads)
        return cls(reader, Judge.load(directory / "judge.json"))

    def ask(
        self,
        snapshot: Snapshot,
        question: str,
        *,
        filters: Filters | None = None,
        earlier: Sequence[Turn] = (),
        on_hits: Callable[[Sequence[Hit]], None] | None = None,
    ) -> Answer:
        """Return the answer to `question` from the documents of `snapshot` that pass `filters`.

        `earlier` are the conversation's turns, oldest first; `on_hits` is called with what search
        found before it is read. Every citation's quote is cut from the stored document at the cited
        place. Raises QueryError if the question is blank or too long or a filter names something
        unknown.
        """
        filters = filters or Filters()
        interpreted = interpret(question, earlier, lambda text: _mentions(snapshot, text))
        hits = snapshot.search(interpreted, HITS, filters)
        if on_hits is not None:
            on_hits(hits)
        asked = read_question(interpreted)
        judged = self.judge(snapshot, asked, hits)
        identity = {
            "index": snapshot.fingerprint,
            "configuration": self.fingerprint,
            "question": interpreted,
            "filters": asdict(filters),
        }
        answer_id = hashlib.sha256(json.dumps(identity, default=str).encode()).hexdigest()[:32]
        confidence = self._confidence(judged)
        answered = bool(judged) and confidence >= self._judge.threshold
        citations = _cite(snapshot, self._cited(asked, judged)) if answered else ()
        return Answer(
            id=answer_id,
            question=question,
            interpreted_question=interpreted,
            status=Status.ANSWERED if answered else Status.NOT_FOUND,
            answer=citations[0].answer if citations else None,
            confidence=round(confidence, 4),
            citations=citations,
            conflicts=_conflicts(asked, citations),
            nearest=() if answered else _nearest(judged, hits),
            explanation=" ".join(snapshot.analyze(interpreted).explanations),
        )

    def judge(self, snapshot: Snapshot, asked: Question, hits: Sequence[Hit]) -> list[Judged]:
        """Return the sentences of `hits` as evidence for `asked`, best first, ties by place."""
        analyzed = snapshot.analyze(asked.text)
        concepts = concepts_of(
            analyzed.dense_text,
            [
                (name.start, name.end, name.canonical)
                for name in snapshot.names(analyzed.dense_text)
            ],
            snapshot.document_frequency,
            snapshot.passage_count,
        )

        def names_in(text: str) -> set[str]:
            return {name.canonical for name in snapshot.names(text)}

        candidates = candidates_of(hits)
        readings = self._read(analyzed.dense_text, hits[:WINDOWS])
        judged = []
        for candidate in candidates:
            answerable, span_score, span = _reading_of(candidate, readings)
            features = features_of(
                asked,
                concepts,
                candidate,
                names_in,
                answerable=answerable,
                span_score=span_score,
            )
            start, end = shortest_span(asked, candidate.text, span)
            judged.append(
                Judged(
                    candidate,
                    tuple(features),
                    self._judge.score(features),
                    (candidate.start + start, candidate.start + end),
                )
            )
        judged.sort(key=lambda each: (-each.score, each.candidate.hit.rank, each.candidate.start))
        return judged

    def _read(self, question: str, hits: Sequence[Hit]) -> dict[str, Reading]:
        """Return what the reader sees in each hit, by passage id."""
        readings = self._reader.read(question, [hit.passage.text for hit in hits])
        return {hit.passage.id: reading for hit, reading in zip(hits, readings, strict=True)}

    def _confidence(self, judged: Sequence[Judged]) -> float:
        if not judged:
            return 0.0
        best = judged[0]
        other = next((each for each in judged[1:] if not _same_answer(best, each)), best)
        return self._judge.confidence(best.score, other.score)

    def _cited(self, asked: Question, judged: Sequence[Judged]) -> list[Judged]:
        """Return the evidence to cite, best first: the best, then what supports, adds or disputes.

        A further sentence is cited if it is nearly as likely and says the same from another
        document, or another thing where several were asked for or another document says it.
        """
        best = judged[0]
        cited = [best]
        for each in judged[1:]:
            if len(cited) == MAX_CITATIONS:
                break
            if each.score < best.score + _LOG_FURTHER_ODDS:
                break
            elsewhere = all(
                each.candidate.hit.document.id != other.candidate.hit.document.id for other in cited
            )
            same = any(_same_answer(other, each) for other in cited)
            if (same and elsewhere) or (not same and (asked.several or elsewhere)):
                cited.append(each)
        return cited


_LOG_FURTHER_ODDS = math.log(FURTHER_ODDS)


def _mentions(snapshot: Snapshot, text: str) -> list[Mention]:
    return [
        Mention(text[name.start : name.end], snapshot.names.kind(name.canonical) == "person")
        for name in snapshot.names.mentions(text)
    ]


def _reading_of(
    candidate: Candidate, readings: dict[str, Reading]
) -> tuple[float, float, tuple[int, int] | None]:
    """Return how well the passage answers and the reader's best span in the sentence, if any."""
    reading = readings.get(candidate.hit.passage.id)
    if reading is None:
        return UNREAD, UNREAD, None
    offset = candidate.start - candidate.hit.passage.start
    length = candidate.end - candidate.start
    for start, end, span_score in reading.spans:
        if start < offset + length and offset < end:
            span = max(start - offset, 0), min(end - offset, length)
            return reading.answerable, span_score, span
    return reading.answerable, UNREAD, None


def _same_answer(one: Judged, other: Judged) -> bool:
    a, b = stems(one.answer_text), stems(other.answer_text)
    shorter, longer = sorted((set(a), set(b)), key=len)
    return bool(shorter) and shorter <= longer


def _cite(snapshot: Snapshot, evidence: Sequence[Judged]) -> tuple[Citation, ...]:
    """Return the evidence as citations, each quote cut anew from the stored document."""
    citations = []
    for number, each in enumerate(evidence, 1):
        candidate = each.candidate
        start = candidate.context_start if candidate.leans else candidate.start
        text = snapshot.text(candidate.hit.document.id)
        citations.append(
            Citation(
                number=number,
                document=candidate.hit.document,
                passage_id=candidate.hit.passage.id,
                start=start,
                end=candidate.end,
                quote=text[start : candidate.end],
                answer_start=each.answer[0],
                answer_end=each.answer[1],
            )
        )
    return tuple(citations)


def _nearest(judged: Sequence[Judged], hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Return the passages that came closest, ranked anew: those the judge puts first."""
    closest: list[Hit] = []
    for hit in [each.candidate.hit for each in judged] + list(hits):
        if hit not in closest:
            closest.append(hit)
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(closest[:NEAREST], 1))


def _conflicts(asked: Question, citations: Sequence[Citation]) -> tuple[Conflict, ...]:
    """Return the disagreement among citations on the one date or number that was asked for."""
    find = {Expects.DATE: find_dates, Expects.NUMBER: find_numbers}.get(asked.expects)
    if find is None or asked.several:
        return ()
    values: list[tuple[Value, str, list[int]]] = []
    for citation in citations:
        found = find(citation.answer)
        if not found:
            continue
        for value, _, numbers in values:
            if _agree(value, found[0]):
                numbers.append(citation.number)
                break
        else:
            values.append((found[0], citation.answer, [citation.number]))
    if len(values) < 2:
        return ()
    return (
        Conflict(
            about=asked.text,
            values=tuple((written, tuple(numbers)) for _, written, numbers in values),
        ),
    )


def _agree(one: Value, other: Value) -> bool:
    return dates_agree(one, other) if one.kind is ValueKind.DATE else one.key == other.key
