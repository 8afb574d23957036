"""Terms: how text becomes words and stems, shared by the lexical index, names, spelling and spans.

One analysis serves indexing and asking, so a word that is highlighted is the word that matched.
English is stemmed; words of other languages pass through the same rules, which is consistent though
not linguistic. Scripts written without spaces are one word per unbroken run.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import snowballstemmer

MAX_WORD_CHARS = 60
"""Longer runs are hashes, encoded data or table rules, never a word that somebody asks for."""

_STOP_WORDS = """
    a about above after again against all also am an and any are as at be because been before being
    below between both but by can could did do does doing down during each few for from further had
    has have having he her here hers herself him himself his how i if in into is it its itself just
    many may me might more most much must my myself no nor not now of off on once one only or other
    our ours
    ourselves out over own same shall she should so some such than that the their theirs them
    themselves then there these they this those through to too under until up upon us very was we
    were what when where whether which while who whom whose why will with within without would you
    your yours yourself
    tell please give show find explain describe
    s t d ll re ve m don didn doesn isn wasn aren weren hasn haven hadn won wouldn couldn shouldn
    dont didnt doesnt isnt wasnt arent werent hasnt havent hadnt wont wouldnt couldnt shouldnt
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""Words that say how something is asked, not what about: dropped from the lexical query only."""

# Letters, digits and the marks that scripts put on them (\w leaves marks out); a number keeps its
# separators; letters with full stops are an abbreviation; an apostrophe inside a word joins it.
_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u200c"
)
_APOSTROPHES = "'’‘ʼʻʿʾ`´"
_RUN = rf"[^\W_](?:[^\W_]+|[{_MARKS}]+)*"
_WORD = re.compile(
    r"(?:[^\W\d_]\.){2,}(?![^\W_])"
    r"|\d+(?:[.,]\d+)+(?![^\W\d_])"
    rf"|{_RUN}(?:[{_APOSTROPHES}]{_RUN})*"
)
HYPHENS = frozenset("-‐‑‒–")
"""What joins the parts of a compound or a name."""
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
# NFKD leaves these letters whole; a keyboard without them types what stands on the right.
_LETTERS = str.maketrans(
    {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe"}
    | {mark: "" for mark in _APOSTROPHES + "\u200c"}
)
_BRITISH = {
    "defence": "defense",
    "offence": "offense",
    "licence": "license",
    "centre": "center",
    "centres": "centers",
    "programme": "program",
    "programmes": "programs",
    "kilometre": "kilometer",
    "kilometres": "kilometers",
}
_BRITISH_ISE = re.compile(r"is(e|ed|es|er|ers|ing|ation|ations)$")
_BRITISH_OUR = re.compile(r"our(s|ed|ing|able|ite|hood)?$")


class Word(NamedTuple):
    """One word of a text: `text[start:end]`, without possessive, and what it is compared by."""

    start: int
    end: int
    form: str
    """Folded to plain lower-case letters, without thousands separators and ordinal endings."""
    capitals: bool
    """Written in capitals throughout, two letters or more, as acronyms are."""


def words(text: str) -> list[Word]:
    """Return the words of `text` in order; offsets count code points, spans never overlap."""
    found = []
    for match in _WORD.finditer(text):
        form, length, capitals = _analyse(match.group())
        if form:
            found.append(Word(match.start(), match.start() + length, form, capitals))
    return found


@lru_cache(maxsize=200_000)
def _analyse(raw: str) -> tuple[str, int, bool]:
    """Return a word's form (empty for what is no word), its length and whether it is capitals."""
    if len(raw) > MAX_WORD_CHARS:
        return "", 0, False
    if len(raw) > 2 and raw[-1] in "sS" and raw[-2] in _APOSTROPHES:
        raw = raw[:-2]
    letters = raw.replace(".", "")
    return fold(raw), len(raw), len(letters) > 1 and letters.isupper()


def fold(word: str) -> str:
    """Return the form that `word` is compared by; empty when nothing of it can be compared."""
    form = word if word.isascii() else unicodedata.normalize("NFKD", word)
    form = form.lower().translate(_LETTERS)
    if not form.isascii():
        form = "".join(char for char in form if _is_compared(char))
    if form[:1].isdigit():
        form = form.replace(",", "")
        ordinal = _ORDINAL.fullmatch(form)
        form = ordinal.group(1) if ordinal else form
        return form.lstrip("0") or "0" if form.isdigit() else form
    return form.replace(".", "")


@lru_cache(maxsize=200_000)
def stem(form: str) -> str:
    """Return the English stem of a folded word, the same for British and American spelling."""
    if not form.isalpha() or not form.isascii():
        return form
    form = _BRITISH.get(form, form)
    if len(form) > 5:
        form = _BRITISH_OUR.sub(r"or\1", _BRITISH_ISE.sub(r"iz\1", form))
    # A stemmer holds the word it works on, so threads cannot share one; making it costs little
    # against stemming, and the cache meets most words.
    return str(snowballstemmer.stemmer("english").stemWord(form))


def stems(text: str, found: Sequence[Word] | None = None) -> list[str]:
    """Return the stems of `text`, whose words are `found` where they are known already.

    They come in order, and after them those of hyphenated words taken as one: "counter-terrorism"
    is thus found by "counterterrorism" and the other way round.
    """
    found = words(text) if found is None else found
    return [stem(word.form) for word in (*found, *compounds(text, found))]


def compounds(text: str, found: Sequence[Word]) -> list[Word]:
    """Return, in order, each two of the words `found` that a hyphen joins in `text`, as one."""
    return [
        Word(left.start, right.end, left.form + right.form, left.capitals and right.capitals)
        for left, right in pairwise(found)
        if text[left.end : right.start] in HYPHENS
        and (left.form + right.form).isalpha()
        and len(left.form + right.form) <= MAX_WORD_CHARS
    ]


@lru_cache(maxsize=4096)
def _is_compared(char: str) -> bool:
    # Left out are Latin and Greek accents, Arabic and Hebrew vowel points, which are optional in
    # writing, and what compatibility forms decompose to besides: spaces, fraction slashes. An Indic
    # vowel sign is a letter in all but name.
    if "\u0900" <= char <= "\u0dff":
        return unicodedata.category(char)[0] in "LNM"
    return char.isalnum() or char in ".,"
