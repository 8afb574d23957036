"""Said: what a text says, as sets of stems and of names that can be compared."""

import re
from functools import lru_cache

from analysis.names import NameRegister
from analysis.terms import STOP_WORDS, stems

# Who asks for another name is answered by it.
_FOR_A_NAME = re.compile(r"\b(?:nick)?names?\b|\balias(?:es)?\b|\baka\b|\b(?:known|called)\b", re.I)
_STOP_STEMS = frozenset(stems(" ".join(STOP_WORDS)))


# A sentence is looked at anew for every question that search finds it for.
@lru_cache(maxsize=50_000)
def text_stems(text: str) -> frozenset[str]:
    """Return the set of stems in `text`."""
    return frozenset(stems(text))


@lru_cache(maxsize=50_000)
def text_names(text: str, register: NameRegister) -> frozenset[str]:
    """Return the canonical names that `text` says, and those that reports use them for."""
    found = {name.canonical for name in register.mentions(text)}
    # Reports about one country write the parent's name for its branch and mean the branch.
    return frozenset(
        found | {other.canonical for name in found for other in register.related(name)}
    )


def repeats(question: str, answer: str, register: NameRegister) -> bool:
    """Whether `answer` says nothing but what `question` says, in its words or by other names."""
    left = text_stems(answer) - text_stems(question) - _STOP_STEMS
    if left and not _FOR_A_NAME.search(question):
        asked = text_names(question, register)
        for name in register.mentions(answer):
            if name.canonical in asked:
                left -= text_stems(name.text)
    return not left
