from collections.abc import Sequence

import pytest

from answer.answer import Turn
from answer.conversation import Mention, interpret

PERSONS = ("Shahab al-Muhajir", "Valle")
GROUPS = ("ISKP", "Taliban")
PLACES = ("Balkh", "Kunar")


def mentions(text: str) -> Sequence[Mention]:
    found = [(text.find(name), Mention(name, True)) for name in PERSONS if name in text]
    found += [(text.find(name), Mention(name, False)) for name in GROUPS if name in text]
    found += [(text.find(name), Mention(name, False, True)) for name in PLACES if name in text]
    return [mention for _, mention in sorted(found, key=lambda pair: pair[0])]


def turn(question: str, answer: str | None = None) -> Turn:
    return Turn(question, question, answer)


def test_a_first_question_is_left_as_typed() -> None:
    assert interpret("When was he appointed?", [], mentions) == "When was he appointed?"


def test_he_becomes_the_person_asked_about() -> None:
    earlier = [turn("Who is Shahab al-Muhajir?", "the new leader of ISKP")]
    assert (
        interpret("When was he appointed?", earlier, mentions)
        == "When was Shahab al-Muhajir appointed?"
    )


def test_he_becomes_the_person_that_was_the_answer() -> None:
    earlier = [turn("Who leads ISKP?", "Shahab al-Muhajir")]
    assert (
        interpret("When was he appointed?", earlier, mentions)
        == "When was Shahab al-Muhajir appointed?"
    )


def test_his_becomes_a_possessive() -> None:
    earlier = [turn("Who is Valle?")]
    assert interpret("What is his field?", earlier, mentions) == "What is Valle’s field?"


def test_it_becomes_the_group_and_not_the_person() -> None:
    earlier = [turn("Did Valle describe ISKP?")]
    assert interpret("When was it founded?", earlier, mentions) == "When was ISKP founded?"


@pytest.mark.parametrize(
    ("last", "question", "rewritten"),
    [
        # They are nobody's town.
        ("Who attacked Balkh?", "What did they claim?", "What did they claim? (attacked Balkh)"),
        ("Did ISKP attack Balkh?", "What did they claim?", "What did ISKP claim?"),
        ("Who attacked Balkh?", "Where does it lie?", "Where does Balkh lie?"),
        ("What is ISKP?", "Why did it fail to hold Kunar?", "Why did it fail to hold Kunar?"),
        ("What is ISKP?", "Did it endorse the attack?", "Did ISKP endorse the attack?"),
        ("What is ISKP?", "Who fought against it?", "Who fought against ISKP?"),
        (
            "What is ISKP?",
            "How did the men who killed Valle say they found him?",
            "How did the men who killed Valle say they found him?",
        ),
        (
            "What is ISKP?",
            "How did Valle’s informants describe their leaders?",
            "How did Valle’s informants describe their leaders?",
        ),
        (
            "Who met the Taliban?",
            "What did Valle expect of them?",
            "What did Valle expect of Taliban?",
        ),
        ("Who met ISKP?", "Do the Taliban say that they won?", "Do the Taliban say that they won?"),
        (
            "Who met ISKP?",
            "Did Valle and Shahab al-Muhajir say they met?",
            "Did Valle and Shahab al-Muhajir say they met?",
        ),
        # It is what was tried.
        ("Whom did ISKP try to kill?", "did it work?", "did it work? (ISKP try to kill)"),
    ],
)
def test_what_a_pronoun_can_stand_for(last: str, question: str, rewritten: str) -> None:
    assert interpret(question, [turn(last)], mentions) == rewritten


@pytest.mark.parametrize(
    "question",
    [
        "What did the Taliban say to that?",
        "What did Valle say about that attack?",
        "Were the Taliban the target in that case?",
        "Does that include ISKP?",
        "Did the Taliban deny it?",
        "How did that affect the Taliban?",
        "After that, what did the Taliban do?",
        "Could that have been the Taliban?",
        "What did the Taliban say about those bombings?",
    ],
)
def test_what_points_back_carries_the_topic_beside_names_of_its_own(question: str) -> None:
    earlier = [turn("Did ISKP shell the port?")]
    assert interpret(question, earlier, mentions).startswith(f"{question} (")


@pytest.mark.parametrize(
    "question",
    [
        "What is the name of the group that attacks Kunar?",
        "How many of those killed by ISKP were guards?",
        "How many of those people killed by ISKP were children?",
        "Is ISKP the group that this is about in Kunar?",
    ],
)
def test_that_may_open_a_clause_of_the_question_itself(question: str) -> None:
    assert interpret(question, [turn("Did ISKP shell the port?")], mentions) == question


def test_a_question_that_names_its_own_subject_is_left_alone() -> None:
    earlier = [turn("Who is Valle?")]
    own = "When did the Taliban say that they had won?"
    assert interpret(own, earlier, mentions) == own


@pytest.mark.parametrize(
    ("question", "rewritten"),
    [
        ("Why?", "Why? (ISKP attack mosques)"),
        ("And why in Kunar?", "And why in Kunar? (ISKP attack mosques)"),
        ("How many people died in that attack?", None),
    ],
)
def test_a_question_that_only_points_carries_what_the_conversation_was_about(
    question: str, rewritten: str | None
) -> None:
    result = interpret(question, [turn("Does ISKP attack mosques?")], mentions)
    assert result == rewritten if rewritten else result.startswith(question + " (ISKP")


@pytest.mark.parametrize(
    ("last", "question", "rewritten"),
    [
        ("Does ISKP attack mosques?", "And in Kunar?", "Does ISKP attack mosques in Kunar?"),
        ("Who fought ISKP in Balkh?", "and in Kunar", "Who fought ISKP in Kunar?"),
        ("Who fought ISKP in Balkh?", "What about Taliban?", "Who fought Taliban in Balkh?"),
        ("Who fought the Taliban?", "And the ISKP?", "Who fought the ISKP?"),
        ("Who met the Taliban?", "And ISKP?", "Who met ISKP?"),
        ("Did ISKP win in Balkh?", "What about Kunar?", "Did ISKP win in Kunar?"),
        ("In Balkh, who won?", "and in Kunar?", "In Kunar, who won?"),
        ("Who is Valle?", "And Shahab al-Muhajir?", "Who is Shahab al-Muhajir?"),
        ("How many died in 2020?", "And in 2021?", "How many died in 2021?"),
        (
            "How many fled from Kunar until August 2021?",
            "And until May 2022?",
            "How many fled from Kunar until May 2022?",
        ),
        (
            "How many died between January and August 2021?",
            "And for the same months a year earlier?",
            "How many died for the same months a year earlier?",
        ),
        ("How many died in May 2020 there?", "And June 2021?", "How many died in June 2021 there?"),
        (
            "How many attacks were there between 1 May and 3 June 2021?",
            "and in the same weeks of the year before?",
            "How many attacks were there in the same weeks of the year before?",
        ),
        ("How many men died?", "And women?", "And women? (many men died)"),
    ],
)
def test_a_question_that_only_names_something_else_is_the_last_one_with_that_in_it(
    last: str, question: str, rewritten: str
) -> None:
    assert interpret(question, [turn(last)], mentions) == rewritten


@pytest.mark.parametrize(
    ("last", "question"),
    [
        ("Who attacked Balkh?", "And in Kunar?"),  # where in Balkh, or Kunar in its place?
        ("How many attacks did ISKP claim?", "And since then?"),
        ("How many attacks did ISKP claim?", "And after that?"),
        ("Where was Valle born?", "And by the way, tell me about ISKP."),
        ("Who died on 3 May 2020 in Balkh and on 5 June 2020 in Kunar?", "And in 2021?"),
    ],
)
def test_what_could_stand_for_several_things_is_put_for_none(last: str, question: str) -> None:
    assert interpret(question, [turn(last)], mentions).startswith(question.rstrip())


def test_a_long_conversation_does_not_make_questions_longer_and_longer() -> None:
    question = " ".join(f"word{number}" for number in range(60))
    for number in range(20):
        question = interpret(f"And why{number}?", [turn(question)], mentions)
    assert len(question.split()) < 40


@pytest.mark.parametrize(
    ("answer", "topic"),
    [
        ("Some authors see it so, as Ilse Brandt did.", "(ISKP attack mosques Ilse Brandt)"),
        ("Ilse Brandt says so.", "(ISKP attack mosques Ilse Brandt)"),
        ("Velm", "(ISKP attack mosques Velm)"),
        ("Velm, in the north", "(ISKP attack mosques Velm)"),
        ("Velm and Merin", "(ISKP attack mosques Velm)"),
        ("Some say so.", "(ISKP attack mosques)"),
        ("Armed groups said so.", "(ISKP attack mosques)"),
    ],
)
def test_a_word_that_only_opens_the_answer_is_no_topic(answer: str, topic: str) -> None:
    earlier = [turn("Does ISKP attack mosques?", answer)]
    assert interpret("Why there?", earlier, mentions) == f"Why there? {topic}"


def test_what_the_answer_dated_is_what_then_means() -> None:
    earlier = [turn("When was ISKP founded?", "January 2015")]
    assert interpret("Who was there then?", earlier, mentions).endswith("founded January 2015)")
