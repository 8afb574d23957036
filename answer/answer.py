"""Answer and Citation: what Dossier says to a question and what it rests on."""

from dataclasses import dataclass
from enum import StrEnum

from index.search import DocumentInfo, Hit


class Status(StrEnum):
    """Whether the reports answer the question."""

    ANSWERED = "answered"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Citation:
    """One piece of evidence: `document text[start:end] == quote`, in code points.

    `quote` is the sentence or sentences around the answer; `text[answer_start:answer_end]` is the
    shortest span that answers and lies within the quote.
    """

    number: int
    document: DocumentInfo
    passage_id: str
    start: int
    end: int
    quote: str
    answer_start: int
    answer_end: int
    listed: tuple[tuple[int, int], ...] = ()
    """Where the answer is a list, each thing that it lists, as spans within it; else none."""

    @property
    def answer(self) -> str:
        """The shortest span that answers."""
        return self.quote[self.answer_start - self.start : self.answer_end - self.start]

    @property
    def answers(self) -> tuple[str, ...]:
        """Each thing that the answer lists, or the answer itself where it lists none."""
        spans = self.listed or ((self.answer_start, self.answer_end),)
        return tuple(self.quote[a - self.start : b - self.start] for a, b in spans)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Sources that differ on what was asked: the citations' numbers for each value, as written."""

    about: str
    values: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation, as it was understood, and what was answered."""

    question: str
    interpreted_question: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reports say to a question; `citations` is non-empty exactly when answered.

    `id` is the hash of index fingerprint, configuration and interpreted question with its filters:
    the same three give the same answer. `confidence` is the calibrated probability that the answer
    is right (when answered) or that the reports answer after all (when not found). `nearest` holds
    what came closest when nothing answers.
    """

    id: str
    question: str
    interpreted_question: str
    status: Status
    answer: str | None
    confidence: float
    citations: tuple[Citation, ...]
    conflicts: tuple[Conflict, ...]
    nearest: tuple[Hit, ...]
    explanation: str
    """One sentence for the reader: how the question was read, or why nothing was found."""
