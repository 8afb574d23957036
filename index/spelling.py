"""Spelling: repairs the words of a query that the collection does not hold.

The collection's own words decide what is right, so that names which no dictionary knows are mended
too; a list of English words only says what must be left alone.
"""

from collections.abc import Sequence
from typing import Protocol

from rapidfuzz import process
from rapidfuzz.distance import OSA

from analysis.english import english_words, is_english
from analysis.names import NameRegister, sound_alike
from analysis.terms import Word, stem

MIN_REPAIRED_CHARS = 4
"""Shorter words have too many neighbours: war, was, way."""
TWO_EDITS_FROM_CHARS = 7
"""From this length on two letters may be wrong; below it, one."""

# Undoing a transliteration can take this many edits: Davood, Davud; Khorasani, Xurasani.
_SOUND_EDITS = 3
# What questions say and reports seldom do, so that its frequency there tells nothing.
_ASKING = frozenset("what when where which whom whose".split())
# Letters that stand for one another at the beginning of transliterated names.
_FIRST_LETTERS = {
    **{"a": "aeo", "e": "eai", "i": "iey", "o": "oau", "u": "uo", "y": "yi"},
    **{"c": "ckj", "j": "jc", "k": "kqchx", "q": "qk", "h": "hkx", "x": "xkh"},
    **{"v": "vw", "w": "wv", "d": "dz", "z": "zd"},
}


class Vocabulary(Protocol):
    """The words of a collection; `index.lexical.LexicalSearcher` is one."""

    def document_frequency(self, form: str) -> int:
        """Return how many passages hold the folded word `form`."""

    def forms(self, prefix: str) -> list[tuple[str, int]]:
        """Return the folded words that begin with `prefix`, each with its number of passages."""

    def spellings(self, canonical: str) -> list[tuple[tuple[str, ...], int]]:
        """Return how passages spell a name, as folded words, each with its number of passages."""


class Spelling:
    """Repairs query words after one immutable vocabulary; make a new one with every snapshot."""

    def __init__(self, vocabulary: Vocabulary, names: NameRegister) -> None:
        """Take the collection's words and the register of names.

        The words that begin with a letter are read when one is first asked for, then kept: some
        milliseconds and megabytes each for a vocabulary of 200,000.
        """
        self.vocabulary = vocabulary
        self._names = names
        self._single_names = sorted(
            {name.forms[0] for e in names.entries for name in e.names if len(name.forms) == 1}
        )
        self._by_letter: dict[str, dict[str, int]] = {}
        self._right_by_letter: dict[str, list[str]] = {}

    def is_word(self, form: str) -> bool:
        """Whether the folded word `form` is right: known from a passage, a name or English."""
        return self._is_held(form) or is_english(form)

    def _is_held(self, form: str) -> bool:
        return form in self._names.words or self.vocabulary.document_frequency(form) > 0

    def joins(self, left: Word, right: Word) -> bool:
        """Whether two words that a hyphen parts are one: the name or word that they make is known.

        What each is by itself is a reason to leave them, unless they make a whole name.
        """
        form = left.form + right.form
        if form in self._single_names:
            return True
        apart = all(len(part.form) > 1 and self.is_word(part.form) for part in (left, right))
        return not apart and self._is_held(form)

    def repair(self, word: Word, *, proper: bool = False) -> str | None:
        """Return the word that was probably meant, folded; None to leave the word alone.

        Left alone are words that are right, numbers, words shorter than MIN_REPAIRED_CHARS,
        acronyms unless they are nearly one of a name, and words without a near neighbour. Of
        equally near neighbours one that asks ("wich", "waht") wins, then the more frequent, then
        one as long, then the first in the alphabet. A `proper` name, which may well be another than
        any that is known, must be one letter away from what the collection or the register holds,
        or sound like it.
        """
        form = word.form
        if len(form) < MIN_REPAIRED_CHARS or not form.isalpha() or self.is_word(form):
            return None
        candidates = self._single_names if word.capitals else self._candidates(form)
        near = self._near(form, candidates)
        if not near:
            return None
        best = min(near, key=lambda other: self._order(form, other, near[other], proper))
        if (proper or near[best] > 1) and not self._is_held(best):
            return None
        if proper and near[best] > 1 and not sound_alike(form, best):
            return None
        # Of the same stem: then the passages that hold it are found as it stands.
        return None if stem(best) == stem(form) else best

    def _near(self, form: str, candidates: Sequence[str]) -> dict[str, int]:
        """Return the candidates that may be meant by `form`, with their distance.

        They are a typing error away or, if none is, another transliteration.
        """
        most = 1 if len(form) < TWO_EDITS_FROM_CHARS else 2
        near = _within(form, candidates, most)
        if near:
            return near
        further = _within(form, candidates, _SOUND_EDITS)
        return {other: edits for other, edits in further.items() if sound_alike(form, other)}

    def _order(
        self, form: str, other: str, edits: int, proper: bool
    ) -> tuple[int, bool, int, int, str]:
        frequency = self.vocabulary.document_frequency(other)
        # Letters left out or moved; a wrong one may be of "with" as well as of "which".
        slipped = len(form) != len(other) or sorted(form) == sorted(other)
        asks = other in _ASKING and slipped and not proper
        return edits, not asks, -frequency, abs(len(form) - len(other)), other

    def _candidates(self, form: str) -> list[str]:
        """Return the words that begin alike: the first letter is seldom mistyped."""
        swapped = form[1] + form[0]
        found = [word for word in self._bucket(form[1]) if word.startswith(swapped)]
        for letter in _FIRST_LETTERS.get(form[0], form[0]):
            found += self._right_words(letter)
        return found

    def _right_words(self, letter: str) -> list[str]:
        """Return what a word beginning with `letter` may be repaired to."""
        if letter not in self._right_by_letter:
            others = (*english_words(), *self._names.words)
            right = {word for word in others if word[0] == letter}
            right = {word for word in right if len(word) >= MIN_REPAIRED_CHARS}
            self._right_by_letter[letter] = sorted(right | self._bucket(letter).keys())
        return self._right_by_letter[letter]

    def _bucket(self, letter: str) -> dict[str, int]:
        """Return the collection's words, with frequency, that begin with `letter`."""
        if letter not in self._by_letter:
            self._by_letter[letter] = {
                form: frequency
                for form, frequency in self.vocabulary.forms(letter)
                if len(form) >= MIN_REPAIRED_CHARS and form.isalpha()
            }
        return self._by_letter[letter]


def _within(form: str, candidates: Sequence[str], edits: int) -> dict[str, int]:
    found = process.extract(form, candidates, scorer=OSA.distance, score_cutoff=edits, limit=None)
    return {other: int(distance) for other, distance, _ in found}
