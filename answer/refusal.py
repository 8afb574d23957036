"""Refusal: which part of a question found support, and which did not.

Composed from the question's own words and from what the passages that came nearest hold; it states
nothing about the world beyond which of these words stand there.
"""

from collections.abc import Callable, Sequence

from analysis.names import NameRegister
from analysis.terms import STOP_WORDS, stem, words
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
    document_frequency: Callable[[str], int],
) -> str:
    """Return in a sentence or two what of `question` the passages `nearest` support, and what not.

    Words that occur nowhere in the collection come first: they explain a refusal best. `nearest`
    are the texts that came closest, each with its title.
    """
    said = frozenset().union(*(text_stems(text) for text in nearest))
    named = frozenset().union(*(text_names(text, register) for text in nearest))
    found: list[str] = []
    elsewhere: list[str] = []
    nowhere: list[str] = []
    for written, stems, canonical in _parts(question, register):
        if (canonical is not None and canonical in named) or (stems and stems <= said):
            found.append(written)
        elif all(document_frequency(word.form) for word in words(written)):
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


def _parts(
    question: Question, register: NameRegister
) -> list[tuple[str, frozenset[str], str | None]]:
    """Return the question's names and other content words: as written, stems, canonical name."""
    text = question.text
    mentions = register.mentions(text)
    parts: list[tuple[int, str, frozenset[str], str | None]] = [
        (m.start, m.text, frozenset(), m.canonical) for m in mentions
    ]
    for word in words(text):
        if word.form in STOP_WORDS or any(m.start <= word.start < m.end for m in mentions):
            continue
        parts.append((word.start, text[word.start : word.end], frozenset({stem(word.form)}), None))
    unique: dict[str, tuple[str, frozenset[str], str | None]] = {}
    for _, written, stems, canonical in sorted(parts, key=lambda part: part[0]):
        unique.setdefault(written.casefold(), (written, stems, canonical))
    return list(unique.values())


def _wanted(question: Question) -> str:
    if question.expects is Expects.NUMBER and question.counted_as:
        return f"a number of {question.counted_as}"
    return _WANTED[question.expects]


def _listed(parts: Sequence[str], conjunction: str) -> str:
    quoted = [f"“{part}”" for part in parts[:_SHOWN]]
    if len(quoted) == 1:
        return quoted[0]
    return f"{', '.join(quoted[:-1])} {conjunction} {quoted[-1]}"
