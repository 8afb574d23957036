"""Features: what speaks for and against a sentence as evidence for a question.

Each is a number, about 0 to 1 unless said otherwise, and each is named, so that a weight can be
read and questioned. FEATURES lists them in the order of every feature vector.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from analysis.names import NameKind, NameRegister
from analysis.states import REGIONS, state_words
from analysis.terms import STOP_WORDS, stem, words
from analysis.values import Value, dates_agree, find_dates, find_names, find_numbers
from answer.candidates import Candidate
from answer.kinds import wrong_kind
from answer.question import Expects, Question
from answer.said import repeats, text_names, text_stems
from answer.spans import counts

FEATURES = (
    "coverage",
    "context_coverage",
    "missing_name",
    "passage_rank",
    "glance_answerable",
    "glance_span",
    "look_answerable",
    "look_span",
    "answer_given",
    "value_missing",
    "value_asked",
    "counts_other",
    "names_nobody",
    "wrong_kind",
    "date_agrees",
    "date_differs",
)

ONE_VALUE = frozenset({Expects.PERSON, Expects.GROUP, Expects.PLACE, Expects.DATE, Expects.NUMBER})
"""What one wrong word makes wrong: such a question is a near miss more often than a "why"."""

_KIND_OF_DATE = re.compile(
    r"\b(?:what|which) (?:exact )?(?:(?:,|and|or|the| )*\b(?:dates?|days?|months?|years?)\b)+",
    re.IGNORECASE,
)

LOGIT = 10.0
"""The reader's logits are divided by this, to be of one size with the other features."""


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that a question names: any of `stems` in a text, or `name`, stands for it."""

    stems: frozenset[str]
    name: str | None
    weight: float
    """How much finding it says: its inverse document frequency, in nats."""


def concepts_of(
    question: str,
    names: Sequence[tuple[int, int, str]],
    document_frequency: Callable[[str], int],
    passages: int,
) -> list[Concept]:
    """Return what `question` names: register names (start, end, canonical) and content words.

    "In what month and year" names the kind of the answer, which no answer says.
    """
    kind = _KIND_OF_DATE.search(question)
    begin, end = kind.span() if kind else (0, 0)

    def weight(form: str) -> float:
        found = min(document_frequency(form), passages)
        return math.log(1 + (passages - found + 0.5) / (found + 0.5))

    concepts = []
    for start, end, canonical in names:
        parts = [weight(word.form) for word in words(question[start:end])]
        concepts.append(Concept(frozenset(), canonical, max(parts, default=0.0)))
    seen: set[str] = set()
    for word in words(question):
        if any(start <= word.start < stop for start, stop, _ in names):
            continue
        stemmed = stem(word.form)
        if word.form in STOP_WORDS or begin <= word.start < end or stemmed in seen:
            continue
        seen.add(stemmed)
        concepts.append(Concept(frozenset({stemmed}), None, weight(word.form)))
    return concepts


def coverage(concepts: Sequence[Concept], texts: Iterable[str], register: NameRegister) -> float:
    """Return the share of the question's weight that `texts` cover; 0 if it has no weight."""
    said = frozenset().union(*(text_stems(text) for text in texts))
    named = frozenset().union(*(text_names(text, register) for text in texts))
    total = sum(concept.weight for concept in concepts)
    found = sum(c.weight for c in concepts if c.stems & said or c.name in named)
    return found / total if total else 0.0


def value_missing(question: Question, sentence: str) -> bool:
    """Whether `question` asks for a date or a number and `sentence` holds none but its own."""
    match question.expects:
        case Expects.DATE:
            return all(date.key in _keys(question.dates) for date in find_dates(sentence))
        case Expects.NUMBER:
            return all(number.key in _keys(question.numbers) for number in find_numbers(sentence))
        case _:
            return False


def counts_other(question: Question, sentence: str) -> bool:
    """Whether `sentence` has numbers, but none that counts what `question` wants counted."""
    numbers = find_numbers(sentence)
    return bool(numbers) and not any(counts(question, sentence, number) for number in numbers)


def names_nobody(question: Question, answer: str, register: NameRegister) -> bool:
    """Whether somebody is asked for by name and `answer` names nobody that the question does not.

    Groups, places and peoples are nobody; a name that no register knows may be somebody's.
    """
    if not question.individual:
        return False
    asked = {word.form for word in words(question.text)}
    return not any(
        _is_persons(answer[start:end], register)
        and not {word.form for word in words(answer[start:end])} <= asked
        for start, end in find_names(answer)
    )


def _is_persons(name: str, register: NameRegister) -> bool:
    kinds = {register.entry(mention.canonical).kind for mention in register.mentions(name)}
    if kinds:
        return NameKind.PERSON in kinds
    return not all(
        word in state_words() or word in REGIONS or word.casefold() in STOP_WORDS
        for word in name.split()
    )


def _keys(values: Sequence[Value]) -> set[tuple[int | float | str | None, ...]]:
    return {value.key for value in values}


def answer_given(question: Question, answer: str, register: NameRegister) -> float:
    """Return the share of the answer that the question already says, in words or other names."""
    if repeats(question.text, answer, register):
        return 1.0
    said, asked = text_stems(answer), text_stems(question.text)
    return len(said & asked) / len(said) if said else 1.0


def date_features(question: Question, sentence: str, context: str) -> tuple[float, float]:
    """Return whether a date of the sentence or its context agrees with the question's, or differs.

    Both are 0 when the question states no date. "Differs" needs dates in the sentence of which none
    agrees, or none of those that are as exact as one of the question's: of "April 2020 to March
    2021" no end is "March 2022".
    """
    if not question.dates:
        return 0.0, 0.0
    near, around = find_dates(sentence), find_dates(context)
    agreeing = [any(dates_agree(asked, date) for date in around) for asked in question.dates]
    differs = bool(near) and not any(
        dates_agree(asked, date) for asked in question.dates for date in near
    )
    contradicted = any(
        (alike := [date for date in near if _as_exact(date, asked)])
        and not any(dates_agree(asked, date) for date in alike)
        for asked in question.dates
    )
    return sum(agreeing) / len(agreeing), float(differs or contradicted)


def _as_exact(one: Value, other: Value) -> bool:
    """Whether two dates state the same parts of year, month and day."""
    return [part is None for part in one.key] == [part is None for part in other.key]


def features_of(
    question: Question,
    concepts: Sequence[Concept],
    candidate: Candidate,
    register: NameRegister,
    *,
    answer: str,
    logits: tuple[float, float, float, float],
) -> list[float]:
    """Return the feature vector of `candidate` in the order of FEATURES.

    `answer` is the shortest span of the candidate that would answer. `logits` are the reader's, of
    the whole passage and of the sentence with its neighbours, for "it answers" and for the best
    span in it.
    """
    around = (candidate.hit.document.title, candidate.before, candidate.text, candidate.after)
    names = [concept for concept in concepts if concept.name is not None]
    agrees, differs = date_features(question, candidate.text, candidate.context)
    return [
        coverage(concepts, (candidate.text,), register),
        coverage(concepts, around, register),
        1 - coverage(names, around, register) if names else 0.0,
        1 / candidate.hit.rank,
        *(logit / LOGIT for logit in logits),
        answer_given(question, answer, register),
        float(value_missing(question, candidate.text)),
        float(question.expects in ONE_VALUE),
        float(counts_other(question, candidate.text)),
        float(names_nobody(question, answer, register)),
        float(wrong_kind(question, candidate.text, answer)),
        agrees,
        differs,
    ]
