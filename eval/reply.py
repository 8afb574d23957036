"""Reply: what a system gave for one question, whichever way it was asked.

As JSON, in an answers file and in a run's rows:

    {"status": "answered", "answer": "Asad Laghamani", "confidence": 0.93,
     "citations": [{"document": "<SHA-256>", "start": 790, "end": 960, "quote": "…",
                    "answer_start": 812, "answer_end": 826}],
     "hits": [{"document": "<SHA-256>", "start": 600, "end": 1400, "text": "…"}],
     "ask_ms": 41.0, "search_ms": 6.2}

A citation whose answer is a list may say what that lists: `"listed"`, as texts or as objects with
`start` and `end`. Only `status` is required, and `answer` where it is "answered". `document` may
also be an object with an `id`, and `ask_ms` be called `took_ms`, so that replies of `/api/ask` can
be kept as is. `status` is "answered", "not_found", or "error" with an `error` text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    NOT_FOUND = "not_found"
    ERROR = "error"
    """The system failed or said nothing: neither an answer nor a refusal."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation; `quote` and `answer` are None where the system does not give them."""

    document: str
    start: int
    end: int
    quote: str | None
    answer: str | None
    """The shortest span that answers, within the quote."""
    listed: tuple[str, ...] = ()
    """Where the answer is a list, what it lists."""

    @property
    def answers(self) -> tuple[str, ...]:
        """What it lists, or the answer itself, or nothing."""
        return self.listed or ((self.answer,) if self.answer else ())


@dataclass(frozen=True, slots=True)
class Found:
    """A retrieved passage, best first in `Reply.hits`."""

    document: str
    start: int
    end: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: status, answer, citations, hits and how long they took."""

    outcome: Outcome
    answer: str | None = None
    confidence: float | None = None
    """The probability that the answer is right or, when not found, that there was one."""
    citations: tuple[Cited, ...] = ()
    hits: tuple[Found, ...] = ()
    interpreted_question: str | None = None
    ask_ms: float | None = None
    search_ms: float | None = None
    error: str | None = None


class ReplyError(ValueError):
    """A reply that cannot be read; the message says what was found, expected, and what to do."""


def reply_from_json(record: Mapping[str, Any]) -> Reply:
    """Return the reply that a JSON object states; keys it does not know are left alone.

    They are left alone because a reply may be another system's whole record. Raises ReplyError.
    """
    try:
        outcome = Outcome(str(record.get("status")))
    except ValueError as error:
        raise ReplyError(
            f"status is {record.get('status')!r}; give one of {', '.join(Outcome)}"
        ) from error
    answer = _optional_text(record, "answer")
    if outcome is Outcome.ANSWERED and not (answer and answer.strip()):
        raise ReplyError('status is "answered" without an answer; give the answer, or "not_found"')
    confidence = _optional_number(record, "confidence")
    if confidence is not None and not 0.0 <= confidence <= 1.0:
        raise ReplyError(f"confidence is {confidence}; give a probability from 0 to 1")
    answered = outcome is Outcome.ANSWERED
    return Reply(
        outcome=outcome,
        answer=answer if answered else None,
        confidence=confidence,
        citations=tuple(
            _cited(item, f"citations[{place}]")
            for place, item in enumerate(_list(record, "citations") if answered else [])
        ),
        hits=tuple(
            _found(item, f"hits[{place}]") for place, item in enumerate(_list(record, "hits"))
        ),
        interpreted_question=_optional_text(record, "interpreted_question"),
        ask_ms=_optional_number(record, "ask_ms" if "ask_ms" in record else "took_ms"),
        search_ms=_optional_number(record, "search_ms"),
        error=_optional_text(record, "error"),
    )


def reply_to_json(reply: Reply) -> dict[str, Any]:
    """Return the reply as its JSON object; `reply_from_json` gives it back."""
    return {
        "status": reply.outcome.value,
        "answer": reply.answer,
        "confidence": reply.confidence,
        "citations": [
            {
                "document": cited.document,
                "start": cited.start,
                "end": cited.end,
                "quote": cited.quote,
                "answer": cited.answer,
                "listed": list(cited.listed),
            }
            for cited in reply.citations
        ],
        "hits": [
            {"document": hit.document, "start": hit.start, "end": hit.end, "text": hit.text}
            for hit in reply.hits
        ],
        "interpreted_question": reply.interpreted_question,
        "ask_ms": reply.ask_ms,
        "search_ms": reply.search_ms,
        "error": reply.error,
    }


def _cited(item: object, what: str) -> Cited:
    record, document, start, end = _place(item, what)
    quote = _optional_text(record, "quote")
    if quote is not None and len(quote) != end - start:
        raise ReplyError(
            f"{what}: the quote has {len(quote)} code points but end - start is {end - start}; "
            "count code points of the stored text, end exclusive"
        )
    answer = _optional_text(record, "answer")
    answer_start, answer_end = record.get("answer_start"), record.get("answer_end")
    if answer is None and quote is not None and answer_start is not None and answer_end is not None:
        if not start <= answer_start < answer_end <= end:
            raise ReplyError(
                f"{what}: answer span {answer_start}:{answer_end} is not within {start}:{end}; "
                "count it in the document, like start and end"
            )
        answer = quote[answer_start - start : answer_end - start]
    listed = tuple(
        each if isinstance(each, str) else _listed(each, f"{what}: listed[{place}]", start, quote)
        for place, each in enumerate(_list(record, "listed"))
    )
    return Cited(document, start, end, quote, answer, listed)


def _listed(item: object, what: str, start: int, quote: str | None) -> str:
    """Return the text of a listed thing that is given by its place in the document."""
    place = item if isinstance(item, Mapping) else {}
    first, last = place.get("start"), place.get("end")
    if quote is None or not isinstance(first, int) or not isinstance(last, int):
        raise ReplyError(
            f"{what}: found {item!r}; expected a text, or start and end within a citation that "
            "has its quote"
        )
    if not start <= first < last <= start + len(quote):
        raise ReplyError(
            f"{what}: {first}:{last} is not within the quote, {start}:{start + len(quote)}; count "
            "it in the document, like start and end"
        )
    return quote[first - start : last - start]


def _found(item: object, what: str) -> Found:
    record, document, start, end = _place(item, what)
    return Found(document, start, end, _optional_text(record, "text"))


def _place(record: object, what: str) -> tuple[dict[str, Any], str, int, int]:
    if not isinstance(record, dict):
        raise ReplyError(f"{what} is {record!r}; give an object with document, start and end")
    document = record.get("document")
    if isinstance(document, dict):
        document = document.get("id")
    start, end = record.get("start"), record.get("end")
    if not isinstance(document, str) or not document:
        raise ReplyError(f"{what}: document is {document!r}; give the SHA-256 of its text")
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        raise ReplyError(
            f"{what}: span {start!r}:{end!r} is not a half-open span; "
            "give whole numbers with 0 <= start < end"
        )
    return record, document, start, end


def _list(record: Mapping[str, Any], key: str) -> list[object]:
    value = record.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ReplyError(f"{key} is {value!r}; give a list")
    return value


def _optional_text(record: Mapping[str, Any], key: str) -> str | None:
    value = record.get(key)
    if value is not None and not isinstance(value, str):
        raise ReplyError(f"{key} is {value!r}; give a string or leave it out")
    return value


def _optional_number(record: Mapping[str, Any], key: str) -> float | None:
    value = record.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ReplyError(f"{key} is {value!r}; give a number or leave it out")
    return float(value)
