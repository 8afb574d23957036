"""Gold: questions with everything that an answer to them is measured against.

One JSON object a line:

    {"id": "raid-leader", "kind": "fact", "question": "Who was killed in the raid of 27 March?",
     "parts": [{"answers": ["Asad", "Asad Laghamani"],
                "evidence": [{"document": "<SHA-256 of the text>", "start": 812, "end": 951}]}],
     "judged_by": "who says so"}

`parts` has one entry for each thing that a complete answer gives: both figures of a conflict, each
of several places. Within a part, `answers` are wordings that are equally right and `evidence` are
places of which any one suffices; `start` and `end` are half-open and count code points of the
stored document's text. `answers` may be empty where only the place was judged. `"verbatim": false`
says that the answer is not in the evidence's own words ("yes"). A follow-up has `turns`, the
earlier questions of its conversation. An `unanswerable` question has no parts; `"near_miss": true`
says that it comes close: the right actors, asked for something that no document states.
"""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from eval.errors import EvalError
from eval.normalise import jaccard, stands_in

LEAK_JACCARD = 0.8
"""Questions of different parts that share this much of their distinct words are one question."""


class Kind(StrEnum):
    """What a question demands of a system."""

    FACT = "fact"
    WHY = "why"
    ALIAS = "alias"
    TYPO = "typo"
    SEVERAL = "several"
    CONFLICT = "conflict"
    FOLLOW_UP = "follow-up"
    UNANSWERABLE = "unanswerable"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place that answers: `text[start:end]` of the document with this SHA-256."""

    document: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a complete answer gives: its wordings, and places of which one suffices."""

    answers: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    verbatim: bool = True
    """Whether each place of evidence holds one of the answers, word for word."""


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question, the conversation before it and what answers it; no parts when nothing does."""

    id: str
    kind: Kind
    question: str
    parts: tuple[Part, ...]
    judged_by: str
    turns: tuple[str, ...] = ()
    near_miss: bool = False

    @property
    def answerable(self) -> bool:
        """Whether the documents answer it."""
        return bool(self.parts)


class GoldError(EvalError):
    """A gold file that cannot be used; `problems` has one line for each thing wrong in it."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep every problem; the message lists them all."""
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class GoldProblem:
    """Something in a well-formed gold set that would make its numbers untrue."""

    question: str
    """The question's id."""
    what: str
    what_to_do: str


def read_gold(path: Path) -> list[GoldQuestion]:
    """Return the questions of a gold file in its order.

    Raises GoldError naming file, line, finding and remedy for everything that is wrong, not only
    the first; an empty file is wrong too.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise GoldError([f"{path}: cannot be read ({error.strerror}); check the path"]) from error
    except UnicodeDecodeError as error:
        raise GoldError(
            [f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8"]
        ) from error
    questions: list[GoldQuestion] = []
    problems: list[str] = []
    line_of_id: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            question = parse_question(line)
        except GoldError as error:
            problems += [f"{path}:{number}: {problem}" for problem in error.problems]
            continue
        if question.id in line_of_id:
            problems.append(
                f"{path}:{number}: id {question.id!r} stands on line {line_of_id[question.id]} "
                "too; give every question its own id"
            )
        line_of_id.setdefault(question.id, number)
        questions.append(question)
    if not questions and not problems:
        problems.append(f"{path}: has no question; write one JSON object a line")
    if problems:
        raise GoldError(problems)
    return questions


def write_gold(path: Path, questions: Iterable[GoldQuestion]) -> None:
    """Write the questions, one a line; the file appears whole or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        for question in questions:
            file.write(json.dumps(question_to_json(question), ensure_ascii=False) + "\n")
    os.replace(partial, path)


def question_to_json(question: GoldQuestion) -> dict[str, Any]:
    """Return the question as its JSON object, keys with their default left out."""
    record: dict[str, Any] = {"id": question.id, "kind": question.kind.value}
    if question.near_miss:
        record["near_miss"] = True
    if question.turns:
        record["turns"] = list(question.turns)
    record["question"] = question.question
    record["parts"] = [_part_to_json(part) for part in question.parts]
    record["judged_by"] = question.judged_by
    return record


def parse_question(line: str) -> GoldQuestion:
    """Return the question that one line states; raises GoldError with all that is wrong in it."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise GoldError(
            [f"not JSON ({error.msg} at column {error.colno}); write one JSON object a line"]
        ) from error
    return question_from_json(record)


def question_from_json(record: object) -> GoldQuestion:
    """Return the question that a JSON object states; raises GoldError with all that is wrong."""
    fields = _Fields(record, "the question", _QUESTION_KEYS)
    kind_name = fields.text("kind")
    kind = Kind.FACT
    if kind_name:
        try:
            kind = Kind(kind_name)
        except ValueError:
            known = ", ".join(Kind)
            fields.problems.append(f"kind is {kind_name!r}; use one of {known}")
    parts = tuple(
        _part_from_json(item, f"parts[{place}]", fields.problems)
        for place, item in enumerate(fields.items("parts", default=()))
    )
    turns = fields.texts("turns", default=())
    near_miss = fields.flag("near_miss", default=False)
    if kind is Kind.UNANSWERABLE:
        if parts:
            fields.problems.append(
                "an unanswerable question has parts; remove them or give it another kind"
            )
    elif not parts and kind_name:
        fields.problems.append(
            f"a question of kind {kind_name!r} has no parts; add what answers it, "
            "or make it unanswerable"
        )
    if near_miss and kind is not Kind.UNANSWERABLE:
        fields.problems.append(
            "near_miss is true on a question that is answerable; only unanswerable ones are "
            "near misses"
        )
    if kind is Kind.FOLLOW_UP and not turns:
        fields.problems.append(
            "a follow-up has no turns; list the earlier questions of its conversation"
        )
    question = GoldQuestion(
        id=fields.text("id"),
        kind=kind,
        question=fields.text("question"),
        parts=parts,
        judged_by=fields.text("judged_by"),
        turns=turns,
        near_miss=near_miss,
    )
    if fields.problems:
        raise GoldError(fields.problems)
    return question


def check_gold(
    questions: Sequence[GoldQuestion], text_of: Callable[[str], str | None]
) -> list[GoldProblem]:
    """Return what makes the set untrue over its documents; `text_of` gives a text by its SHA-256.

    Checked: every document is there; every span lies in its text and holds more than white space;
    a verbatim part has one of its answers in each place of evidence; no answer stands in the
    question or in the turns before it; several and conflict have at least two parts.
    """
    problems: list[GoldProblem] = []
    for question in questions:
        problems += _evidence_problems(question, text_of)
        asked = " \n ".join((*question.turns, question.question))
        for part in question.parts:
            problems += [
                GoldProblem(
                    question.id,
                    f"the answer {answer!r} can be read in the question",
                    "ask without giving the answer away",
                )
                for answer in part.answers
                if stands_in(answer, asked)
            ]
        if question.kind in (Kind.SEVERAL, Kind.CONFLICT) and len(question.parts) < 2:
            problems.append(
                GoldProblem(
                    question.id,
                    f"a question of kind {question.kind.value!r} has one part",
                    "give one part for each thing that a complete answer must give",
                )
            )
    return problems


def leaks(
    first: Iterable[GoldQuestion], second: Iterable[GoldQuestion], threshold: float = LEAK_JACCARD
) -> list[tuple[str, str, float]]:
    """Return (id, id, Jaccard) for questions of two parts that ask the same, most alike first.

    Compared are the distinct words of turns and question together. A set that was tuned on one part
    and measured on the other would have seen these questions.
    """
    others = [(question.id, _asked(question)) for question in second]
    found = [
        (question.id, other_id, likeness)
        for question in first
        for other_id, other_text in others
        if (likeness := jaccard(_asked(question), other_text)) >= threshold
    ]
    return sorted(found, key=lambda leak: (-leak[2], leak[0], leak[1]))


_QUESTION_KEYS = ("id", "kind", "near_miss", "turns", "question", "parts", "judged_by")
_PART_KEYS = ("answers", "evidence", "verbatim")
_EVIDENCE_KEYS = ("document", "start", "end")


class _Fields:
    """Typed look-ups in one JSON object that collect every problem instead of stopping at one."""

    def __init__(
        self, record: object, what: str, known: Sequence[str], problems: list[str] | None = None
    ) -> None:
        self.what = what
        self.problems: list[str] = [] if problems is None else problems
        self.record: dict[str, Any] = record if isinstance(record, dict) else {}
        if not isinstance(record, dict):
            self.problems.append(f"{what} is {_type_of(record)}; write a JSON object")
        for key in self.record.keys() - set(known):
            self.problems.append(f"{what} has an unknown key {key!r}; known are {', '.join(known)}")
        self.is_object = isinstance(record, dict)

    def text(self, key: str) -> str:
        value = self._get(key)
        if isinstance(value, str) and value.strip():
            return value
        self._wrong(key, value, "a string that is not blank")
        return ""

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        values = self.items(key, default)
        for place, value in enumerate(values):
            if not isinstance(value, str) or not value.strip():
                self._wrong(f"{key}[{place}]", value, "a string that is not blank")
        return tuple(value for value in values if isinstance(value, str))

    def items(self, key: str, default: tuple[str, ...] | None = None) -> Sequence[object]:
        if default is not None and key not in self.record:
            return default
        value = self._get(key)
        if isinstance(value, list):
            return value
        self._wrong(key, value, "a list")
        return ()

    def flag(self, key: str, default: bool) -> bool:
        value = self.record.get(key, default)
        if not isinstance(value, bool):
            self._wrong(key, value, "true or false")
        return bool(value)

    def offset(self, key: str) -> int:
        value = self._get(key)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        self._wrong(key, value, "a whole number from 0")
        return 0

    def _get(self, key: str) -> object:
        return self.record.get(key, _MISSING)

    def _wrong(self, key: str, value: object, expected: str) -> None:
        if not self.is_object:
            return
        found = "missing" if value is _MISSING else f"{_type_of(value)}"
        self.problems.append(f"{self.what}: {key} is {found}; give {expected}")


_MISSING = object()


def _type_of(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _part_from_json(record: object, what: str, problems: list[str]) -> Part:
    fields = _Fields(record, what, _PART_KEYS, problems)
    evidence = tuple(
        _evidence_from_json(item, f"{what}.evidence[{place}]", problems)
        for place, item in enumerate(fields.items("evidence"))
    )
    if fields.is_object and fields.record.get("evidence") == []:
        problems.append(f"{what} has no evidence; name a place that answers")
    return Part(
        answers=fields.texts("answers"),
        evidence=evidence,
        verbatim=fields.flag("verbatim", default=True),
    )


def _evidence_from_json(record: object, what: str, problems: list[str]) -> Evidence:
    fields = _Fields(record, what, _EVIDENCE_KEYS, problems)
    document = fields.text("document")
    if document and (len(document) != 64 or set(document) - set("0123456789abcdef")):
        problems.append(
            f"{what}: document is {document!r}; give the text's SHA-256 as 64 lower-case "
            "hexadecimal digits"
        )
    before = len(problems)
    evidence = Evidence(document, fields.offset("start"), fields.offset("end"))
    if fields.is_object and len(problems) == before and evidence.start >= evidence.end:
        problems.append(
            f"{what}: start {evidence.start} is not before end {evidence.end}; spans are half-open"
        )
    return evidence


def _part_to_json(part: Part) -> dict[str, Any]:
    record: dict[str, Any] = {
        "answers": list(part.answers),
        "evidence": [
            {"document": place.document, "start": place.start, "end": place.end}
            for place in part.evidence
        ],
    }
    if not part.verbatim:
        record["verbatim"] = False
    return record


def _evidence_problems(
    question: GoldQuestion, text_of: Callable[[str], str | None]
) -> list[GoldProblem]:
    problems = []
    for part in question.parts:
        for place in part.evidence:
            where = f"{place.document[:16]}[{place.start}:{place.end}]"
            text = text_of(place.document)
            if text is None:
                what = f"evidence {where}: no such document"
                remedy = "ingest the document, or correct the SHA-256 of its text"
            elif place.end > len(text):
                what = f"evidence {where} ends past the text's {len(text)} code points"
                remedy = "count code points of the stored text"
            elif not text[place.start : place.end].strip():
                what = f"evidence {where} is white space"
                remedy = "count code points of the stored text"
            elif part.verbatim and part.answers and not _holds(part, text, place):
                what = f"evidence {where} holds none of the answers {list(part.answers)}"
                remedy = 'correct the span or the answers, or say "verbatim": false'
            else:
                continue
            problems.append(GoldProblem(question.id, what, remedy))
    return problems


def _holds(part: Part, text: str, place: Evidence) -> bool:
    quoted = text[place.start : place.end]
    return any(stands_in(answer, quoted) for answer in part.answers)


def _asked(question: GoldQuestion) -> str:
    return " \n ".join((*question.turns, question.question))
