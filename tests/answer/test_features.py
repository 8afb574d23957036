import math

import pytest

from analysis.names import SHIPPED_NAMES, NameRegister
from answer.features import (
    answer_given,
    concepts_of,
    counts_other,
    coverage,
    date_features,
    names_nobody,
    value_missing,
)
from answer.question import read_question


@pytest.fixture(scope="module")
def register() -> NameRegister:
    return NameRegister.load(SHIPPED_NAMES)


def test_coverage_weighs_words_by_how_much_they_tell(register: NameRegister) -> None:
    frequency = {"raid": 1, "group": 8}
    concepts = concepts_of("Which group raided?", [], lambda form: frequency.get(form, 1), 10)
    rare, common = math.log(1 + 9.5 / 1.5), math.log(1 + 2.5 / 8.5)
    assert coverage(concepts, ("A raid.",), register) == pytest.approx(rare / (rare + common))
    assert coverage(concepts, ("A raid", "by a group"), register) == pytest.approx(1.0)


def test_the_kind_of_date_that_is_asked_for_need_not_be_found(register: NameRegister) -> None:
    concepts = concepts_of("In what month and year was it founded?", [], lambda form: 1, 10)
    assert coverage(concepts, ("It was founded in May 2015.",), register) == 1.0
    monthly = concepts_of("How many men does it lose per month?", [], lambda form: 1, 10)
    assert coverage(monthly, ("It loses many men per year.",), register) < 1.0


def test_a_name_is_covered_under_any_of_its_spellings(register: NameRegister) -> None:
    (mention,) = register.mentions("ISKP")
    concepts = concepts_of("ISKP", [(0, 4, mention.canonical)], lambda form: 1, 10)
    assert coverage(concepts, ("the Islamic State Khorasan Province",), register) == 1.0
    assert coverage(concepts, ("the Taliban",), register) == 0.0


@pytest.mark.parametrize(
    ("question", "sentence", "missing"),
    [
        ("When was the raid?", "The raid failed.", True),
        ("When was the raid?", "The raid of 4 May 2021 failed.", False),
        ("When did the man seized on 4 May 2021 die?", "Seized on 4 May 2021, he died.", True),
        ("How many died?", "Many mourned eleven men.", False),
        ("Who died?", "The raid failed.", False),
    ],
)
def test_a_value_that_is_asked_for_must_be_there(
    question: str, sentence: str, missing: bool
) -> None:
    assert value_missing(read_question(question), sentence) is missing


def test_numbers_that_count_something_else_are_told_apart() -> None:
    asked = read_question("How many soldiers were killed?")
    assert counts_other(asked, "It staged 115 attacks.")
    assert not counts_other(asked, "It killed 13 foreign soldiers.")
    assert not counts_other(asked, "It killed soldiers.")


@pytest.mark.parametrize(
    ("question", "answer", "nobody"),
    [
        ("Who is the leader of the movement?", "ISKP", True),
        ("Who is the leader of the movement?", "Shahab al-Muhajir", False),
        ("Who is the leader of the movement?", "The Afghan", True),
        ("Which leader did Omar Selim kill?", "a member named Omar Selim", True),
        ("Which leader did Omar Selim kill?", "Tolan Merek", False),
        ("Who claimed the blast?", "ISKP", False),
    ],
)
def test_who_asks_for_somebody_by_name_is_answered_by_a_persons_name_only(
    question: str, answer: str, nobody: bool, register: NameRegister
) -> None:
    assert names_nobody(read_question(question), answer, register) is nobody


def test_a_period_that_ends_otherwise_differs_though_a_year_of_it_agrees() -> None:
    asked = read_question("How many raids were there between April 2021 and March 2022?")
    other = "There were 115 raids between April 2020 and March 2021."
    assert date_features(asked, other, other)[1] == 1.0
    within = "Between April 2021 and March 2022 there were nine raids, 3 in 2021."
    assert date_features(asked, within, within) == (1.0, 0.0)


def test_an_answer_made_of_the_questions_words_or_names_gives_nothing(
    register: NameRegister,
) -> None:
    asked = read_question("Who attacked the foreign ministry?")
    assert answer_given(asked, "the foreign ministry", register) == 1.0
    assert answer_given(asked, "gunmen", register) == 0.0
    assert answer_given(read_question("Whom does ISKP fight?"), "the IS-K", register) == 1.0
    assert answer_given(read_question("What is ISKP also called?"), "IS-K", register) < 0.5


def test_a_date_in_the_context_can_agree_or_differ() -> None:
    asked = read_question("Who was killed on 8 March 2023?")
    assert date_features(asked, "Two men died on March 8.", "Two men died on March 8.") == (1, 0)
    assert date_features(asked, "Two men died on March 9.", "Two men died on March 9.") == (0, 1)
    assert date_features(asked, "Two men died.", "Two men died. It was March 8, 2023.") == (1, 0)
    assert date_features(read_question("Who?"), "On March 9.", "On March 9.") == (0, 0)
