import pytest

from answer.kinds import speaks_of_another_state, wrong_kind
from answer.question import read_question


@pytest.mark.parametrize(
    ("question", "sentence", "wrong"),
    [
        ("How old was the governor?", "The governor served for eight months.", True),
        ("How old was the governor?", "The 52-year-old governor was killed.", False),
        ("How many guards were wounded?", "The raid killed eleven guards.", True),
        ("How many guards were wounded?", "Eleven guards were injured.", False),
        ("How many people were killed?", "The blast left eleven dead.", False),
        ("How many people were killed?", "The group has 1,500 fighters.", True),
        ("How many men were arrested?", "Seven were detained.", False),
        ("Who was killed in the raid?", "A governor was there.", False),
        ("What weapon was used?", "The governor was visiting the town.", True),
        ("What weapon was used?", "A bomb went off.", False),
        ("Which newspaper reported it?", "The governor was killed.", True),
        ("Which newspaper reported it?", "So the Lorne Times wrote.", False),
        ("How many attacks were there?", "It staged 115 attacks.", False),
        ("At what time of day was the raid?", "The raid was on 4 May.", True),
        ("At what time of day was the raid?", "The raid began at dawn.", False),
        ("How many British soldiers died?", "It killed 13 US soldiers.", True),
        ("How many British soldiers died?", "It killed 13 US and 2 British soldiers.", False),
        ("How many British soldiers died?", "It killed 13 soldiers.", False),
    ],
)
def test_a_sentence_without_the_words_that_any_answer_needs_is_of_the_wrong_kind(
    question: str, sentence: str, wrong: bool
) -> None:
    assert wrong_kind(read_question(question), sentence, sentence) is wrong


@pytest.mark.parametrize(
    ("question", "answer", "wrong"),
    [
        ("On which day was the hotel attacked?", "January 2023", True),
        ("On which day was the hotel attacked?", "12 January 2023", False),
        ("What nationality was the bomber?", "the Grey Front", True),
        ("What nationality was the bomber?", "a Tajik", False),
        ("Which country was he from?", "Lorne", True),
        ("Which country was he from?", "Uzbekistan", False),
        ("Which provinces saw raids?", "China, Pakistan and Russia", True),
        ("Which provinces saw raids?", "the eastern provinces of Afghanistan", False),
        ("In which district was it?", "Khost", False),
    ],
)
def test_an_answer_must_itself_be_of_the_kind_that_is_asked_for(
    question: str, answer: str, wrong: bool
) -> None:
    sentence = f"On 3 March 2021 an Afghan paper told of {answer}."
    assert wrong_kind(read_question(question), sentence, answer) is wrong


@pytest.mark.parametrize(
    ("question", "answer", "wrong"),
    [
        ("How many soldiers were wounded?", "Thirteen US soldiers", True),
        ("How many soldiers were wounded?", "18 others", False),
        ("How many soldiers were killed?", "Thirteen US soldiers", False),
        ("How many soldiers were killed or wounded?", "two attacks", False),
    ],
)
def test_those_who_came_to_another_harm_are_not_those_asked_for(
    question: str, answer: str, wrong: bool
) -> None:
    sentence = "Thirteen US soldiers were killed in the two attacks, and 18 others were wounded."
    assert wrong_kind(read_question(question), sentence, answer) is wrong


def test_prisoners_who_escaped_were_not_arrested() -> None:
    sentence = "About 300 prisoners escaped in the raid on Jalalabad prison."
    asked = read_question("How many prisoners escaped?")
    assert not wrong_kind(asked, sentence, "About 300 prisoners")


@pytest.mark.parametrize(
    ("sentence", "another"),
    [
        ("He died in the former French colony’s capital, N’djamena.", True),
        ("France closed its embassy in the capital.", True),
        ("The attack shook Paris, the French capital.", False),
        ("Paris is the capital of France.", False),
        ("France’s old capital was quiet.", False),
    ],
)
def test_an_attribute_of_a_state_is_said_of_that_state(sentence: str, another: bool) -> None:
    asked = read_question("What is the capital of France?")
    assert speaks_of_another_state(asked, sentence) is another
    assert not speaks_of_another_state(read_question("What is the capital of ISKP?"), sentence)
    assert not speaks_of_another_state(read_question("Who shook the capital?"), sentence)
