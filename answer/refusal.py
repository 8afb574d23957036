"""Refusal: which part of a question found support, and which did not.

Composed from the question's own words and from what the passages that came nearest hold; it states
nothing about the world beyond which of these words stand there.
"""

from collections.abc import Callable, Sequence

from analysis.names import NameRegister
from analysis.states import demonyms
from analysis.terms import STOP_WORDS, fold, stem, words
from answer.question import Expects, Question
from answer.said import text_names, text_stems

_WANTED = {
    Expects.DATE: "when that was",
    Expects.NUMBER: "a number",
    Expects.PERSON: "who that is",
    Expects.GROUP: "which group that is",
    Expects.PLACE: "where that was",
    Expects.REASON: "a reason",
    Expects.MANNER: "how",
    Expects.DECISION: "whether it is so",
    Expects.DESCRIPTION: "who or what that is",
    Expects.THING: "what is asked of it",
}
_SHOWN = 6
"""Words of the question that are named, at most, in each part."""


def why_not_found(
    question: Question,
    nearest: Sequence[str],
    register: NameRegister,
    is_mentioned: Callable[[str], bool],
) -> str:
    """Return in a sentence or two what of `question` the passages `nearest` support, and what not.

    Words that occur nowhere in the collection come first: they explain a refusal best. `nearest`
    are the texts that came closest, each with its title; `is_mentioned` tells of a folded word
    whether any passage holds it in any form. "Russian" is found where a text says "Russia".
    """
    said = frozenset().union(*(text_stems(text) for text in nearest))
    named = frozenset().union(*(text_names(text, register) for text in nearest))
    found: list[str] = []
    elsewhere: list[str] = []
    nowhere: list[str] = []
    for written, canonical in _parts(question, register):
        every = [_same(written)] if canonical is None else [{w.form} for w in words(written)]
        if canonical in named or (
            canonical is None and any(stem(form) in said for form in every[0])
        ):
            found.append(written)
        elif all(any(is_mentioned(form) for form in forms) for forms in every):
            elsewhere.append(written)
        else:
            nowhere.append(written)
    sentences = []
    if nowhere:
        sentences.append(f"No report mentions {_listed(nowhere, 'or')}.")
    if found:
        missing = f", and not {_listed(elsewhere, 'or')} with it" if elsewhere else ""
        sentences.append(
            f"The passages that come nearest mention {_listed(found, 'and')}{missing}; "
            f"none was found that states {_wanted(question)}."
        )
    elif elsewhere:
        sentences.append(f"No passage was found that speaks of {_listed(elsewhere, 'and')}.")
    return " ".join(sentences)


def _parts(question: Question, register: NameRegister) -> list[tuple[str, str | None]]:
    """Return the question's names, each with its canonical name, and other content words."""
    text = question.text
    mentions = register.mentions(text)
    parts: list[tuple[int, str, str | None]] = [(m.start, m.text, m.canonical) for m in mentions]
    for word in words(text):
        if word.form in STOP_WORDS or any(m.start <= word.start < m.end for m in mentions):
            continue
        parts.append((word.start, text[word.start : word.end], None))
    unique: dict[str, tuple[str, str | None]] = {}
    for _, written, canonical in sorted(parts, key=lambda part: part[0]):
        unique.setdefault(written.casefold(), (written, canonical))
    return list(unique.values())


def _same(written: str) -> set[str]:
    """Return the folded word, and for a state what belongs to it, or the other way round."""
    belonging = demonyms()
    state = belonging.get(written, written)
    same = {word for word, of in belonging.items() if of == state}
    return {fold(word) for word in {written, state, *same}}


def _wanted(question: Question) -> str:
    if question.expects is Expects.NUMBER and question.counted_as:
        return f"a number of {question.counted_as}"
    return _WANTED[question.expects]


def _listed(parts: Sequence[str], conjunction: str) -> str:
    quoted = [f"“{part}”" for part in parts[:_SHOWN]]
    if len(quoted) == 1:
        return quoted[0]
    return f"{', '.join(quoted[:-1])} {conjunction} {quoted[-1]}"
