import pytest

from answer.question import PEOPLE, Expects, read_question


@pytest.mark.parametrize(
    ("text", "expects"),
    [
        ("Who leads ISKP?", Expects.PERSON),
        ("After the raid, who spoke for the Taliban?", Expects.PERSON),
        ("Which commander said so?", Expects.PERSON),
        ("When was the hotel attacked?", Expects.DATE),
        ("In which month did it happen?", Expects.DATE),
        ("How many people died?", Expects.NUMBER),
        ("number of fighters", Expects.NUMBER),
        ("Where was he killed?", Expects.PLACE),
        ("In which province?", Expects.PLACE),
        ("Why does the group attack mosques?", Expects.REASON),
        ("What is the aim of the attacks?", Expects.REASON),
        ("How did he escape?", Expects.MANNER),
        ("Which group claimed the blast?", Expects.GROUP),
        ("Is the group growing?", Expects.DECISION),
        ("kabul airport bombing", Expects.THING),
        ("Who is Shahab al-Muhajir?", Expects.DESCRIPTION),
        ("Who was Kari Fateh?", Expects.DESCRIPTION),
        ("Who was killed?", Expects.PERSON),
        ("What did they exploit when the troops left?", Expects.THING),
        ("Since when has it been there?", Expects.DATE),
    ],
)
def test_the_words_of_a_question_say_what_it_expects(text: str, expects: Expects) -> None:
    assert read_question(text, {"Shahab al-Muhajir"}).expects is expects


@pytest.mark.parametrize(
    "text",
    ["Which three men were killed?", "Name all provinces.", "Which countries were targeted?"],
)
def test_a_question_for_several_things_is_seen(text: str) -> None:
    assert read_question(text).several


@pytest.mark.parametrize("text", ["Who was killed?", "When did the attack happen?"])
def test_a_question_for_one_thing_is_not_taken_for_several(text: str) -> None:
    assert not read_question(text).several


def test_dates_that_a_question_states_are_its_conditions() -> None:
    question = read_question("Who was killed on March 8, 2023?")
    assert [date.key for date in question.dates] == [(2023, 3, 8)]


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("How many British soldiers were killed at the airport?", "soldier"),
        ("How many attacks did they carry out?", "attack"),
        ("How many people were killed?", PEOPLE),
        ("How many victims did it claim?", PEOPLE),
        ("How many people lost their lives?", PEOPLE),
        ("How many US soldiers took part?", "soldier"),
        ("How many IS-K suspects were held?", "suspect"),
        ("How many prisoners escaped?", "prison"),
        ("How many wounded policemen were flown out?", "policemen"),
        ("How many more of the hostages fled?", "hostag"),
        ("How many drones (and rockets) were fired?", "drone"),
        ("How many died?", None),
        ("When did the soldiers leave?", None),
    ],
)
def test_what_is_to_be_counted_is_the_noun_after_how_many(text: str, counted: str | None) -> None:
    assert read_question(text).counted == counted


def test_a_question_for_somebody_by_name_is_seen() -> None:
    assert read_question("Who is the leader of the movement?").individual
    assert not read_question("Who claimed the blast?").individual
