import pytest

from answer.question import read_question
from answer.spans import listed, shortest_span


def answer(question: str, sentence: str, reading: str | None) -> str:
    span = None
    if reading is not None:
        start = sentence.index(reading)
        span = (start, start + len(reading))
    start, end = shortest_span(read_question(question), sentence, span)
    return sentence[start:end]


BLAST = "On 4 May 2022, after a quiet April 2022, a blast killed at least 11 militants near Herat."


@pytest.mark.parametrize(
    ("question", "reading", "expected"),
    [
        ("When was the blast?", "On 4 May", "4 May 2022"),
        ("When was it quiet?", "April", "April 2022"),
        ("When was the blast?", None, "4 May 2022"),
        ("How many died?", "11", "at least 11 militants"),
        ("How many died?", None, "at least 11 militants"),
        ("Where was the blast?", "near Herat.", "near Herat"),
        ("Did anybody die?", "killed", BLAST),
    ],
)
def test_the_span_is_the_whole_value_and_nothing_more(
    question: str, reading: str | None, expected: str
) -> None:
    assert answer(question, BLAST, reading) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Omar Afridi, a council member, was killed.", "a council member"),
        ("The raid killed Omar Afridi, the head of the council.", "the head of the council"),
        ("Hassan Gul, called Omar Afridi, was killed.", "Hassan Gul"),
        ("Omar Afridi, who became head in May, fled.", "who became head in May"),
        ("Omar Afridi, who was reportedly killed in May, is a director.", "a director"),
        ("Omar Afridi was one of the founders.", "one of the founders"),
        ("The raid killed Omar Afridi.", "The raid killed Omar Afridi."),
    ],
)
def test_who_somebody_is_stands_beside_the_name(sentence: str, expected: str) -> None:
    assert answer("Who was Omar Afridi?", sentence, "Omar Afridi") == expected


def test_a_reading_that_cuts_a_name_is_widened_to_the_name() -> None:
    sentence = "The raid killed Omar Afridi, a council member."
    assert answer("Who was killed?", sentence, "Afridi") == "Omar Afridi"


def test_a_date_that_the_question_states_is_not_its_answer() -> None:
    sentence = "Announced on May 4, 2022, the death had come on April 9, 2022."
    question = "When did the man die whose death was announced on May 4, 2022?"
    assert answer(question, sentence, "May 4") == "April 9, 2022"


def test_a_reason_of_a_word_or_two_is_given_as_its_sentence() -> None:
    sentence = "The purpose was to set the communities of Lorne against each other."
    assert answer("Why was it done?", sentence, "Lorne") == sentence
    reason = "to set the communities of Lorne against each other"
    assert answer("Why was it done?", sentence, reason) == reason


def test_several_things_are_a_list_or_else_their_sentence() -> None:
    sentence = "The dead were Omar Afridi, Hassan Gul and a guard."
    asked = "Which three men were killed?"
    assert answer(asked, sentence, "Hassan Gul") == sentence
    listed = "Omar Afridi, Hassan Gul and a guard"
    assert answer(asked, sentence, listed) == listed


def test_what_is_no_person_does_not_count_people() -> None:
    sentence = "After two attacks it killed fourteen civilians."
    assert answer("How many people did it kill?", sentence, "two attacks") == "fourteen civilians"
    sentence = "It killed fourteen; some counted two attacks instead of one."
    assert answer("How many people did it kill?", sentence, "one") == "fourteen"


def test_the_number_that_counts_what_was_asked_is_the_answer() -> None:
    sentence = "It killed more than 170 people, including 13 foreign soldiers."
    assert answer("How many soldiers were killed?", sentence, "170") == "13 foreign soldiers"
    assert answer("How many people were killed?", sentence, "170") == "more than 170 people"


@pytest.mark.parametrize("reading", ["Thirteen US soldiers", "18", None])
def test_a_number_counts_those_who_came_to_the_harm_that_is_asked_for(reading: str | None) -> None:
    sentence = "Thirteen US soldiers were killed in the two attacks, and 18 others were wounded."
    assert answer("How many soldiers were wounded?", sentence, reading) == "18 others"
    assert answer("How many soldiers were killed?", sentence, reading) == "Thirteen US soldiers"
    fallen = "Nine men died and seven were arrested."
    assert answer("How many were arrested?", fallen, None) == "seven"


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        (
            "How many people were wounded in the deadliest attack?",
            "The attack killed 60 people and wounded 143.",
            "143",
        ),
        (
            "How many people were wounded when the leader was killed?",
            "Nine people were wounded and two killed.",
            "Nine people",
        ),
        (
            "How many countries lost citizens?",
            "Citizens of seven countries died; 183 people were killed in all.",
            "seven countries",
        ),
        (
            "How many attacks were there?",
            "3 more soldiers died in 12 attacks.",
            "12 attacks",
        ),
        (
            "How many prisoners escaped?",
            "About 300 prisoners escaped and 12 guards were killed.",
            "About 300 prisoners",
        ),
    ],
)
def test_what_is_counted_decides_before_what_befell_it(
    question: str, sentence: str, expected: str
) -> None:
    assert answer(question, sentence, None) == expected


def test_a_number_has_its_unit_and_not_what_was_done() -> None:
    sentence = "The group claims 216 attacks carried out since May and 13 wounded policemen."
    assert answer("How many attacks were there?", sentence, "216") == "216 attacks"
    assert answer("How many policemen were hurt?", sentence, "13") == "13 wounded policemen"


def things(question: str, answer: str) -> list[str]:
    text = f"It named {answer}. Nobody else was named."
    start = text.index(answer)
    spans = listed(read_question(question), text, (start, start + len(answer)))
    return [text[a:b] for a, b in spans]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("China, Pakistan and Russia", ["China", "Pakistan", "Russia"]),
        ("both the army and the police", ["the army", "the police"]),
        (
            "the Longan Hotel, Pakistani Embassy, and military airport",
            ["the Longan Hotel", "Pakistani Embassy", "military airport"],
        ),
        ("1,000 rifles as well as 20 lorries", ["1,000 rifles", "20 lorries"]),
        ("“Lion”, “Falcon” and “Bear”", ["“Lion”", "“Falcon”", "“Bear”"]),
        ("Trinidad & Tobago", []),
        ("intelligence and operations chief Kari Fateh", []),
        ("China, which fears attacks, and Russia", []),
        ("those who had fled, and said so", []),
        ("Kabul", []),
        ("Kabul, Afghanistan", []),
        ("Ahmad, 23, and Ali, 30", []),
        ("Abdul Rahman, a cleric, and two guards", []),
    ],
)
def test_a_list_is_as_many_spans_as_it_lists_things(answer: str, expected: list[str]) -> None:
    assert things("Which targets were named?", answer) == expected


def test_a_list_is_only_a_list_where_several_things_are_asked_for() -> None:
    assert things("Who was named?", "China, Pakistan and Russia") == []
