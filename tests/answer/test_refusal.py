import pytest

from analysis.names import NameRegister
from answer.question import read_question
from answer.refusal import why_not_found

REGISTER = NameRegister(())
KNOWN = {"russia", "harbour", "lorne", "raid", "guards", "wounded", "moon"}
NEAREST = ("Harbour raid", "The raid on the harbour of Lorne killed eleven guards.")


def explained(question: str, nearest: tuple[str, ...] = NEAREST) -> str:
    return why_not_found(read_question(question), nearest, REGISTER, KNOWN.__contains__)


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (
            "How many guards were wounded in the raid?",
            "The passages that come nearest mention “guards” and “raid”, and not “wounded” with "
            "it; none was found that states a number of guards.",
        ),
        (
            "When was the raid on Lorne?",
            "The passages that come nearest mention “raid” and “Lorne”; none was found that states "
            "when that was.",
        ),
        (
            "Who raided Paris?",
            "No report mentions “Paris”. The passages that come nearest mention “raided”; none was "
            "found that states who that is.",
        ),
        (
            "When was the Lornian or the Russian harbour raided?",
            "No report mentions “Lornian”. The passages that come nearest mention “harbour” and "
            "“raided”, and not “Russian” with it; none was found that states when that was.",
        ),
        ("Is there a moon?", "No passage was found that speaks of “moon”."),
        ("What is it?", ""),
    ],
)
def test_a_refusal_names_the_words_that_found_support_and_those_that_did_not(
    question: str, why: str
) -> None:
    assert explained(question) == why


def test_only_the_first_words_of_a_long_question_are_listed() -> None:
    assert explained(" ".join(f"word{number}" for number in range(50))).count("“") == 6
