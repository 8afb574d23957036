"""Bridge: a question in the words of the passage that is read for it.

A reader that compares words sees little in "ISKP" that stands for "the Emirate of Khorasan". Where
a passage names what the question names, but otherwise, the question is read with the passage's
name. Only the reader sees it so: what is shown, searched and cited stays as it was asked.
"""

from collections import Counter
from functools import lru_cache

from analysis.names import NameRegister


def as_named_in(question: str, passage: str, register: NameRegister) -> str:
    """Return `question` with its names in the spelling that `passage` uses most.

    A name that the passage does not have gives way to one of what reports use it for
    (`NameRegister.related`); one of which the passage has neither stays.
    """
    asked = register.mentions(question)
    if not asked:
        return question
    said = _names_in(passage, register)
    for name in reversed(asked):
        spellings = said.get(name.canonical)
        if spellings is None:
            related = [entry.canonical for entry in register.related(name.canonical)]
            spellings = next((said[other] for other in related if other in said), None)
        if spellings is not None and name.text.casefold() not in spellings:
            written = next(iter(spellings.values()))
            question = question[: name.start] + written + question[name.end :]
    return question


# A passage is read for every question that search finds it for.
@lru_cache(maxsize=20_000)
def _names_in(passage: str, register: NameRegister) -> dict[str, dict[str, str]]:
    """Return by canonical name how the passage writes it, casefolded and as is, commonest first."""
    counted: dict[str, Counter[str]] = {}
    for name in register.mentions(passage):
        counted.setdefault(name.canonical, Counter())[name.text] += 1
    return {
        canonical: {text.casefold(): text for text, _ in spellings.most_common()}
        for canonical, spellings in counted.items()
    }
