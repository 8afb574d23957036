import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.names import SHIPPED_NAMES, NameRegister
from analysis.terms import words
from index.spelling import Spelling

HELD = {
    "governor": 5,
    "governed": 2,
    "capture": 3,
    "assassinated": 2,
    "assassination": 4,
    "taliban": 90,
    "bomber": 4,
    "casualties": 3,
    "ghor": 2,
    "davud": 1,
    "zarkan": 9,
    "zarkas": 2,
    "zarkal": 2,
    "kidnapped": 1,
    "stronghold": 4,
}


class Counted:
    """A vocabulary held in a dictionary."""

    def __init__(self, held: Mapping[str, int]) -> None:
        self.held = held

    def document_frequency(self, form: str) -> int:
        return self.held.get(form, 0)

    def forms(self, prefix: str) -> list[tuple[str, int]]:
        return [pair for pair in self.held.items() if pair[0].startswith(prefix)]

    def spellings(self, canonical: str) -> list[tuple[tuple[str, ...], int]]:
        return []


NAMES = NameRegister.load(SHIPPED_NAMES)
SPELLING = Spelling(Counted(HELD), NAMES)


def repaired(typed: str, spelling: Spelling = SPELLING) -> str | None:
    [word] = words(typed)
    return spelling.repair(word)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("governer", "governor"),
        ("govenor", "governor"),
        ("asassinated", "assassinated"),
        ("Talban", "taliban"),
        ("causalities", "casualties"),
        ("strnoghold", "stronghold"),
        ("Muzamil", "muzammil"),
        ("Kahsmiri", "kashmiri"),
        ("ogvernor", "governor"),
        ("atliban", "taliban"),
        ("Davoud", "davud"),
        ("ISPK", "iskp"),
        ("DAEHS", "daesh"),
    ],
)
def test_a_mistyped_word_is_read_as_its_nearest_neighbour(typed: str, meant: str | None) -> None:
    assert repaired(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "capital",  # English, though the collection lacks it: not bent to capture
        "bombed",  # English
        "kidnapping",
        "parabolic",
        "governors",  # the collection's own stem
        "talibans",
        "war",
        "2021",
        "1500",
        "MINUSMA",  # an acronym near nothing
        "BOMER",  # in capitals: not bent to an ordinary word
        "is",
        "xylqqqp",
        "covid19",
    ],
)
def test_a_word_that_is_right_short_or_far_from_all_is_left_alone(typed: str) -> None:
    assert repaired(typed) is None


def test_a_proper_name_is_not_bent_to_another_unless_it_is_near_or_sounds_like_it() -> None:
    [kashgar, governer, davoud, badger] = words("Kashgar Governer Davoud Badgher")
    held = Spelling(Counted({"kashmir": 5, "governor": 5, "davud": 5}), NameRegister(()))
    assert held.repair(kashgar, proper=True) is None
    assert held.repair(governer, proper=True) == "governor"
    assert held.repair(davoud, proper=True) == "davud"
    assert held.repair(badger, proper=True) is None
    assert held.repair(badger) == "badger"


def test_of_equally_near_words_the_more_frequent_wins_and_then_the_first() -> None:
    assert repaired("zarkax") == "zarkan"
    fewer = Spelling(Counted({"zarkas": 2, "zarkal": 2}), NAMES)
    assert repaired("zarkax", fewer) == "zarkal"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("wich", "which"), ("waht", "what"), ("whith", "with"), ("wehn", "when")],
)
def test_a_question_word_is_meant_where_letters_are_left_out_or_moved(
    typed: str, meant: str
) -> None:
    reports = Spelling(Counted({"with": 900, "while": 100, "then": 80}), NAMES)
    assert repaired(typed, reports) == meant


def test_a_name_is_no_question_word() -> None:
    reports = Spelling(Counted({"wahab": 3}), NAMES)
    [word] = words("Wahat")
    assert reports.repair(word, proper=True) == "wahab"


def test_a_nearer_english_word_outside_the_collection_wins() -> None:
    # capitel is one letter from capital, which the collection lacks, and two from chapter.
    held = Spelling(Counted({"capable": 50, "chapter": 50}), NAMES)
    assert repaired("capitel", held) == "capital"


@given(st.text(alphabet="abcdefgilnorstv'-19", max_size=12))
def test_a_repair_is_a_known_word_near_by_and_needs_no_further_repair(typed: str) -> None:
    for word in words(typed):
        read = SPELLING.repair(word)
        if read is not None:
            assert SPELLING.is_word(read)
            assert read != word.form
            assert repaired(read) is None
            assert abs(len(read) - len(word.form)) <= 3


def test_two_hundred_thousand_words_are_searched_in_a_blink() -> None:
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    many = {
        a + b + c + d: 1
        for a in syllables[:14]
        for b in syllables[::3]
        for c in syllables[::2]
        for d in syllables[::4]
    }
    assert len(many) > 200_000
    spelling = Spelling(Counted({**many, "governor": 9}), NAMES)
    repaired("governer", spelling)
    repaired("babababu", spelling)
    start = time.perf_counter()
    repaired("babebabux", spelling)
    # Ten times what it takes on an idle core, for the busy ones that tests run on.
    assert time.perf_counter() - start < 0.5
