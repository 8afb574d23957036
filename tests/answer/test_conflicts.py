"""What counts as a disagreement, and what only looks like one."""

import pytest

from answer.answer import Citation
from answer.conflicts import conflicts_on_value
from answer.question import read_question
from index.search import DocumentInfo

INFO = DocumentInfo("d", "A raid", None, None, None, None, None, (), 100)
HARBOUR = "How many people were killed in the raid on the harbour of Lorne?"


@pytest.mark.parametrize(
    ("stated", "disputed"),
    [
        (("at least 60 people", "13 soldiers"), ()),
        (("at least 60 people", "72 people"), ("at least 60 people", "72 people")),
        (("13 soldiers", "14 guards"), ()),
        (("60 people, police said", "72 people"), ("60 people, police said", "72 people")),
        (("13 soldiers", "15 soldiers"), ("13 soldiers", "15 soldiers")),
        # More soldiers than people cannot have died.
        (("60 people", "72 soldiers"), ("60 people", "72 soldiers")),
    ],
)
def test_some_of_the_dead_are_no_dispute_about_all_of_them(
    stated: tuple[str, str], disputed: tuple[str, ...]
) -> None:
    citations = []
    for number, words in enumerate(stated, 1):
        quote = f"The raid on the harbour of Lorne killed {words}."
        start = quote.index(words)
        citations.append(
            Citation(number, INFO, "p", 0, len(quote), quote, start, start + len(words))
        )
    found = conflicts_on_value(read_question(HARBOUR), citations)
    assert tuple(value for conflict in found for value, _ in conflict.values) == disputed


def test_dates_that_say_more_or_less_of_one_day_do_not_differ() -> None:
    stated = ("4 May 2021", "May 2021", "5 May 2021")
    citations = [
        Citation(number, INFO, "p", 0, len(day), day, 0, len(day))
        for number, day in enumerate(stated, 1)
    ]
    asked = read_question("When was the harbour raided?")
    (conflict,) = conflicts_on_value(asked, citations)
    assert conflict.values == (("4 May 2021", (1, 2)), ("5 May 2021", (3,)))
    assert conflicts_on_value(asked, citations[:2]) == ()


def test_a_part_and_the_whole_of_one_size_stay_two_values() -> None:
    stated = ("13 soldiers", "13 people", "60 people")
    citations = [
        Citation(number, INFO, "p", 0, len(dead), dead, 0, len(dead))
        for number, dead in enumerate(stated, 1)
    ]
    for order in (citations, citations[::-1]):
        (conflict,) = conflicts_on_value(read_question(HARBOUR), order)
        assert {value for value, _ in conflict.values} == {"13 people", "60 people"}
