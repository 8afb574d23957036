"""Compare answers as SQuAD does: without case, punctuation, articles and spacing."""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence

_HANGERS_ON = re.compile(r"['’]|\[\d+\]")
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def normalise(text: str) -> str:
    """Return `text` in lower case without punctuation, English articles and extra spacing.

    On ASCII this is the official SQuAD evaluation's `normalize_answer`. Beyond ASCII every Unicode
    punctuation mark goes too, so that typographic quotes never decide a match, except that an em
    dash parts words instead of gluing them.
    """
    lowered = text.lower().replace("—", " ")
    kept = "".join(
        letter
        for letter in lowered
        if letter not in string.punctuation and not unicodedata.category(letter).startswith("P")
    )
    return " ".join(_ARTICLES.sub(" ", kept).split())


def tokens(text: str) -> list[str]:
    """Return the normalised words of `text`, in order."""
    return normalise(text).split()


def exact_match(given: str, accepted: str) -> bool:
    """Tell whether both are the same words; two texts without any word never match."""
    return bool(normalise(accepted)) and normalise(given) == normalise(accepted)


def token_f1(given: str, accepted: str) -> float:
    """Return the F1 of the shared words, counted with repetition, from 0 to 1."""
    given_tokens, accepted_tokens = tokens(given), tokens(accepted)
    shared = sum((Counter(given_tokens) & Counter(accepted_tokens)).values())
    if shared == 0:
        return 0.0
    precision = shared / len(given_tokens)
    recall = shared / len(accepted_tokens)
    return 2 * precision * recall / (precision + recall)


def stands_in(answer: str, text: str) -> bool:
    """Tell whether the words of `answer` stand in `text`, whole, together and in order.

    What hangs on a word by an apostrophe ("Kabul's", "Kabil’de") or as the number of a footnote
    ("Kabul.[4]") does not hide the word.
    """
    return _contains(tokens(text), tokens(answer)) or _contains(
        tokens(_HANGERS_ON.sub(" ", text)), tokens(_HANGERS_ON.sub(" ", answer))
    )


def is_right(given: str, accepted: str) -> bool:
    """Tell whether a reader who knows that `accepted` is right would let `given` pass.

    Right is an answer in which `accepted` stands, or one with token F1 of at least one half and the
    same numbers: half of the words may be phrasing, but "27 March 2022" is not "27 March 2023".
    """
    if stands_in(accepted, given):
        return True
    return _numbers(given) == _numbers(accepted) and token_f1(given, accepted) >= 0.5


def jaccard(first: str, second: str) -> float:
    """Return the share of distinct words that both have in common, from 0 to 1."""
    first_tokens, second_tokens = set(tokens(first)), set(tokens(second))
    union = first_tokens | second_tokens
    return len(first_tokens & second_tokens) / len(union) if union else 0.0


def _numbers(text: str) -> Counter[str]:
    return Counter(token for token in tokens(text) if any(letter.isdigit() for letter in token))


def _contains(words: Sequence[str], wanted: Sequence[str]) -> bool:
    if not wanted:
        return False
    return any(
        words[start : start + len(wanted)] == wanted
        for start in range(len(words) - len(wanted) + 1)
    )
