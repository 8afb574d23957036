"""Compose: from a question and one state of the index to an answer with citations, or a refusal.

`Answerer.ask` is the one way to an answer: the service, the command line and the evaluation call
it, so what is measured is what is served.
"""

import hashlib
import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from analysis.names import NameKind, NameRegister
from analysis.terms import stems
from analysis.values import find_numbers
from answer.answer import Answer, Citation, Status, Turn
from answer.asides import asides_for, in_order
from answer.bridge import as_named_in
from answer.candidates import Candidate, candidates_of
from answer.conflicts import conflicts_on_value
from answer.conversation import Mention, interpret
from answer.features import concepts_of, features_of, value_missing
from answer.from_records import answer_from_records, with_disputes
from answer.judge import Judge
from answer.kinds import speaks_of_another_state
from answer.question import Expects, Question, read_question
from answer.reader import Reader, Reading, load_reader
from answer.refusal import why_not_found
from answer.said import repeats
from answer.spans import counts, listed, shortest_span
from index.search import Filters, Hit
from index.snapshot import Snapshot
from ingest.chunk import PASSAGE_GAP

MODEL_DIRECTORY = Path(__file__).parent / "model"
JUDGE_FILE = "judge.json"

# Passages whose sentences are candidates; the reader reads the first that have any whole.
HITS = 16
WINDOWS = 6
NEAREST = 3
MAX_CITATIONS = 6
# A further sentence is cited when it is at least this likely beside the best one, in odds; one that
# follows or precedes the best is quoted with it when at least this likely.
FURTHER_ODDS = 0.25
ADJOINING_ODDS = 0.02
# Sentences that the reader looks at once more, between their neighbours.
LOOKS = 6
# What stands for the reader's span logit where it found no span in a sentence.
NO_SPAN = -8.0


@dataclass(frozen=True, slots=True)
class Read:
    """What the reader sees of one sentence: its logits and its span, counted from the sentence."""

    answerable: float
    span_score: float
    span: tuple[int, int] | None


UNREAD = Read(NO_SPAN, NO_SPAN, None)


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with what speaks for it, the judge's score and the span that answers."""

    candidate: Candidate
    glanced: tuple[float, ...]
    """Its features before the reader looked at it: what decides whether it does."""
    features: tuple[float, ...]
    score: float
    answer: tuple[int, int]
    """The shortest answering span, in code points of the document's text."""

    @property
    def answer_text(self) -> str:
        """The shortest span that answers."""
        start = self.candidate.start
        return self.candidate.text[self.answer[0] - start : self.answer[1] - start]


@dataclass(frozen=True, slots=True)
class Considered:
    """A question as understood, what search found for it and how its sentences were judged."""

    interpreted: str
    asked: Question
    hits: tuple[Hit, ...]
    judged: tuple[Judged, ...]


class Answerer:
    """Answers questions from a snapshot of the index; holds readers and judge, no state."""

    def __init__(self, reader: Reader, judge: Judge, second: Reader | None = None) -> None:
        """Take the reader of whole passages and, if another, that of the most promising sentences.

        `judge` has to be fitted to both.
        """
        self._reader = reader
        self._second = second or reader
        self._judge = judge
        configuration = {
            "readers": [reader.fingerprint, self._second.fingerprint],
            "judge": judge.fingerprint,
            "limits": [HITS, WINDOWS, LOOKS, NEAREST, MAX_CITATIONS, FURTHER_ODDS, ADJOINING_ODDS],
        }
        self.fingerprint = hashlib.sha256(json.dumps(configuration).encode()).hexdigest()[:16]

    @classmethod
    def load(
        cls,
        *,
        threads: int | None = None,
        reader: str | None = None,
        second_reader: str | None = None,
        error_budget: float | None = None,
    ) -> "Answerer":
        """Return an answerer with its reader and its judge.

        `threads` is the number of CPU threads; None takes as many as this process may use.
        `reader` is a folder as `python -m training export` writes it, or the name or folder of a
        Hugging Face model for extractive question answering; None takes Dossier's own.
        `second_reader`, of the same kinds, looks at the most promising sentences in its place.
        The judge comes from the second reader's folder, else from the reader's, else Dossier's own,
        which was fitted to other logits; `python -m training.judge` fits one to a pair of readers.
        `error_budget` is the share of shown answers that may be wrong, 0 to 1; None takes the
        threshold that serves most development questions.

        Raises ReaderError or JudgeError if either is missing, altered or made for another version,
        or if no threshold keeps to the budget.
        """
        directory = MODEL_DIRECTORY if reader is None else Path(reader)
        threads = threads or len(os.sched_getaffinity(0))
        loaded = load_reader(str(directory), threads=threads)
        second = load_reader(second_reader, threads=threads) if second_reader else None
        folders = [Path(second_reader)] if second_reader else []
        judges = [folder / JUDGE_FILE for folder in (*folders, directory, MODEL_DIRECTORY)]
        judge = Judge.load(next(path for path in judges if path.exists() or path == judges[-1]))
        return cls(loaded, judge if error_budget is None else judge.within(error_budget), second)

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
        read = self.consider(snapshot, question, filters=filters, earlier=earlier, on_hits=on_hits)
        identity = {
            "index": snapshot.fingerprint,
            "configuration": self.fingerprint,
            "question": read.interpreted,
            "filters": asdict(filters),
        }
        confidence, chance_after_all = self._probabilities(read.judged)
        answered = bool(read.judged) and confidence >= self._judge.threshold
        citations = _cite(snapshot, read) if answered else ()
        recorded = answer_from_records(
            snapshot, read.asked.text, filters, stated=_states_number(read.asked, citations)
        )
        if recorded.citations:
            answered, citations, confidence = True, recorded.citations, recorded.confidence
            conflicts = recorded.conflicts
        else:
            citations, disputed = with_disputes(snapshot, read.asked, citations, filters)
            conflicts = disputed or conflicts_on_value(read.asked, citations)
        nearest = () if answered else _nearest(read.judged, read.hits)
        explanations = list(snapshot.explain(filters))
        explanations += snapshot.analyze(read.interpreted).explanations
        explanations += recorded.explanations
        if not answered:
            explanations.append(_why_not_found(snapshot, read.asked, nearest))
        return Answer(
            id=hashlib.sha256(json.dumps(identity, default=str).encode()).hexdigest()[:32],
            question=question,
            interpreted_question=read.interpreted,
            status=Status.ANSWERED if answered else Status.NOT_FOUND,
            answer=citations[0].answer if citations else None,
            confidence=round(confidence if answered else chance_after_all, 4),
            citations=citations,
            conflicts=conflicts,
            nearest=nearest,
            explanation=" ".join(explanations),
        )

    def consider(
        self,
        snapshot: Snapshot,
        question: str,
        *,
        filters: Filters | None = None,
        earlier: Sequence[Turn] = (),
        on_hits: Callable[[Sequence[Hit]], None] | None = None,
    ) -> Considered:
        """Return what search found for `question` and how each sentence of it was judged.

        The steps of `ask` before anything is decided; arguments and errors are the same.
        """
        interpreted = interpret(question, earlier, lambda text: _mentions(snapshot, text))
        hits = snapshot.search(interpreted, HITS, filters or Filters())
        hits = in_order([*asides_for(interpreted, hits, snapshot), *hits])
        if on_hits is not None:
            on_hits(hits)
        repaired = snapshot.analyze(interpreted).repaired
        asked = read_question(repaired, {name.text for name in snapshot.names.mentions(repaired)})
        return Considered(
            interpreted, asked, tuple(hits), tuple(self._judged(snapshot, asked, hits))
        )

    def _judged(self, snapshot: Snapshot, asked: Question, hits: Sequence[Hit]) -> list[Judged]:
        """Return the sentences of `hits` as evidence for `asked`, best first, ties by place."""
        text = asked.text
        names = snapshot.names.mentions(text)
        concepts = concepts_of(
            text,
            [(name.start, name.end, name.canonical) for name in names],
            snapshot.document_frequency,
            snapshot.passage_count,
        )

        # What states no number cannot say how many.
        candidates = [
            candidate
            for candidate in candidates_of(hits, snapshot.beside)
            if not (asked.expects is Expects.NUMBER and value_missing(asked, candidate.text))
            and not speaks_of_another_state(asked, candidate.text)
        ]
        glances = self._glance(text, candidates, snapshot.names)

        def weighed(
            candidate: Candidate, glance: Read, look: Read
        ) -> tuple[tuple[float, ...], tuple[int, int]]:
            start, end = shortest_span(asked, candidate.text, look.span or glance.span)
            features = features_of(
                asked,
                concepts,
                candidate,
                snapshot.names,
                answer=candidate.text[start:end],
                logits=(glance.answerable, glance.span_score, look.answerable, look.span_score),
            )
            return tuple(features), (candidate.start + start, candidate.start + end)

        seen = [
            weighed(candidate, glance, UNREAD)
            for candidate, glance in zip(candidates, glances, strict=True)
        ]
        promises = [self._judge.promises(features) for features, _ in seen]
        order = sorted(range(len(candidates)), key=lambda number: (-promises[number], number))
        looks = self._look(text, candidates, order[:LOOKS], snapshot.names)
        judged = []
        for number, (candidate, glance) in enumerate(zip(candidates, glances, strict=True)):
            glanced, answer = seen[number]
            features = glanced
            if number in looks:
                features, answer = weighed(candidate, glance, looks[number])
            score = self._judge.score(features)
            judged.append(Judged(candidate, glanced, features, score, answer))
        judged.sort(key=lambda each: (-each.score, each.candidate.hit.rank, each.candidate.start))
        return judged

    def _glance(
        self, question: str, candidates: Sequence[Candidate], register: NameRegister
    ) -> list[Read]:
        """Return what the reader sees of each candidate when it reads the first passages whole."""
        by_passage: dict[str, list[int]] = {}
        for number, candidate in enumerate(candidates):
            by_passage.setdefault(candidate.hit.passage.id, []).append(number)
        held = list(by_passage.values())[:WINDOWS]
        passages = [candidates[numbers[0]].hit.passage for numbers in held]
        found = self._reader.read_stretches(
            [
                (
                    as_named_in(question, passage.text, register),
                    passage.text,
                    [
                        (candidate.start - passage.start, candidate.end - passage.start)
                        for candidate in (candidates[number] for number in numbers)
                    ],
                )
                for passage, numbers in zip(passages, held, strict=True)
            ]
        )
        glances = [UNREAD] * len(candidates)
        for numbers, readings in zip(held, found, strict=True):
            for number, reading in zip(numbers, readings, strict=True):
                glances[number] = _read_of(reading, candidates[number].text, question, register)
        return glances

    def _look(
        self,
        question: str,
        candidates: Sequence[Candidate],
        chosen: Sequence[int],
        register: NameRegister,
    ) -> dict[int, Read]:
        """Return what the reader sees in the chosen candidates, by their number.

        A passage may answer where this sentence of it does not. It is read with the sentences
        beside it, which say whom "he" or "the attack" is about.
        """
        looked = [candidates[number] for number in chosen]
        found = self._second.read_stretches(
            [
                (
                    as_named_in(question, candidate.context, register),
                    candidate.context,
                    [(candidate.lead, candidate.lead + len(candidate.text))],
                )
                for candidate in looked
            ]
        )
        return {
            number: _read_of(reading, candidate.text, question, register)
            for number, candidate, [reading] in zip(chosen, looked, found, strict=True)
        }

    def _probabilities(self, judged: Sequence[Judged]) -> tuple[float, float]:
        """Return how likely the best answer is right, and how likely there is a right one."""
        if not judged:
            return 0.0, 0.0
        scores = best_and_runner_up(judged)
        return self._judge.confidence(*scores), self._judge.chance_after_all(*scores)


def _mentions(snapshot: Snapshot, text: str) -> list[Mention]:
    return [
        Mention(name.text, kind is NameKind.PERSON, kind is NameKind.PLACE)
        for name in snapshot.names.mentions(text)
        for kind in [snapshot.names.entry(name.canonical).kind]
    ]


def _read_of(reading: Reading, sentence: str, question: str, register: NameRegister) -> Read:
    """Return how well a window answers and the reader's best span in its `sentence`, if any.

    A span that only says the question again gives way to the next one that says more.
    """
    if not reading.spans:
        return Read(reading.answerable, NO_SPAN, None)
    start, end, span_score = next(
        (
            span
            for span in reading.spans
            if not repeats(question, sentence[span[0] : span[1]], register)
        ),
        reading.spans[0],
    )
    return Read(reading.answerable, span_score, (start, end))


def best_and_runner_up(judged: Sequence[Judged]) -> tuple[float, float]:
    """Return the first score and the next of a sentence with another answer (the first if none)."""
    best = judged[0]
    other = next((each for each in judged[1:] if not _same_answer(best, each)), best)
    return best.score, other.score


def _same_answer(one: Judged, other: Judged) -> bool:
    a, b = stems(one.answer_text), stems(other.answer_text)
    shorter, longer = sorted((set(a), set(b)), key=len)
    return bool(shorter) and shorter <= longer


def _cite(snapshot: Snapshot, read: Considered) -> tuple[Citation, ...]:
    """Return the evidence as citations, each quote cut anew from the stored document."""
    citations: list[Citation] = []
    for each in _evidence(read):
        candidate = each.candidate
        start, end = quoted(each, read.judged)
        if any(
            start < cited.end and cited.start < end and cited.document == candidate.hit.document
            for cited in citations
        ):
            continue
        document = snapshot.document(candidate.hit.document.id)
        # The snapshot that gave the hit holds its document for as long as it is open.
        assert document is not None
        citations.append(
            Citation(
                number=len(citations) + 1,
                document=candidate.hit.document,
                passage_id=candidate.hit.passage.id,
                start=start,
                end=end,
                quote=document.text[start:end],
                answer_start=each.answer[0],
                answer_end=each.answer[1],
                listed=listed(read.asked, document.text, each.answer),
            )
        )
    return tuple(citations)


def _evidence(read: Considered) -> list[Judged]:
    """Return the sentences to cite, best first: the best, then what supports, adds or disputes.

    A further sentence is cited if it is nearly as likely and says the same from another document,
    or another thing where several were asked for or another document says it.
    """
    best = read.judged[0]
    cited = [best]
    for each in read.judged[1:]:
        if len(cited) == MAX_CITATIONS or each.score < best.score + math.log(FURTHER_ODDS):
            break
        elsewhere = all(
            each.candidate.hit.document.id != other.candidate.hit.document.id for other in cited
        )
        same = any(_same_answer(other, each) for other in cited)
        if (same and elsewhere) or (not same and (read.asked.several or elsewhere)):
            cited.append(each)
    return cited


def quoted(each: Judged, judged: Sequence[Judged]) -> tuple[int, int]:
    """Return the stretch to quote for `each`, with the neighbours that are evidence, too.

    `judged` is in order, best first; offsets are code points of the document's text.
    """
    start, end = each.candidate.quote_start, each.candidate.end
    for other in judged:
        if other.score < each.score + math.log(ADJOINING_ODDS):
            break
        candidate = other.candidate
        if candidate.hit.document != each.candidate.hit.document:
            continue
        if 0 <= candidate.start - each.candidate.end <= PASSAGE_GAP:
            end = candidate.end
        elif 0 <= each.candidate.start - candidate.end <= PASSAGE_GAP:
            start = candidate.quote_start
    return start, end


def _nearest(judged: Sequence[Judged], hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Return the passages that came closest, ranked anew: those the judge puts first."""
    closest: list[Hit] = []
    for hit in [each.candidate.hit for each in judged] + list(hits):
        if hit not in closest:
            closest.append(hit)
    return tuple(in_order(closest[:NEAREST]))


def _why_not_found(snapshot: Snapshot, asked: Question, nearest: Sequence[Hit]) -> str:
    texts = [f"{hit.document.title}\n{hit.passage.text}" for hit in nearest]
    return why_not_found(asked, texts, snapshot.names, snapshot.is_mentioned)


def _states_number(asked: Question, citations: Sequence[Citation]) -> bool:
    """Whether a citation's answer is a number that counts what was asked for."""
    return asked.expects is Expects.NUMBER and any(
        counts(asked, citation.quote, number)
        and citation.answer_start <= citation.start + number.start < citation.answer_end
        for citation in citations
        for number in find_numbers(citation.quote)
    )
