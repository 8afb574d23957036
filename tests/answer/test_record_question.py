"""Only a question that asks for nothing but a list or a count of records is read as one."""

from datetime import date

import pytest

from analysis.collection import Actor, Attack, Evidence, FieldValue, NameUse, Records
from analysis.lookup import Lookup
from analysis.names import NameRegister
from analysis.records import ActorKind, AttackKind
from answer.record_question import ATTACKS, OPERATIONS, Form, RecordQuestion, read_record_question

WHERE = Evidence("d", 0, 5)
RECORDS = Records(
    [
        Actor("grey-front", "Grey Front", ActorKind.GROUP, (NameUse("Grey Front", (WHERE,)),)),
        Actor("coast-guard", "Coast Guard", ActorKind.GROUP, (NameUse("Coast Guard", (WHERE,)),)),
    ],
    [Attack("a", "A", AttackKind.ATTACK, (), places=(FieldValue("Port Lorne", (WHERE,)),))],
    [],
    notes={},
    register=NameRegister([]),
)
LOOKUP = Lookup(RECORDS)


def read(text: str) -> RecordQuestion | None:
    return read_record_question(text, RECORDS, LOOKUP)


def test_a_list_with_actor_and_period() -> None:
    asked = read("Which attacks are attributed to the Grey Front between 2021 and 2023?")
    assert asked is not None
    assert (asked.form, asked.kinds) == (Form.ATTACKS, ATTACKS)
    assert asked.perpetrators == ("grey-front",)
    assert (asked.first, asked.last) == (date(2021, 1, 1), date(2023, 12, 31))


@pytest.mark.parametrize(
    ("text", "form", "kinds"),
    [
        ("How many attacks did the Grey Front carry out?", Form.COUNT, ATTACKS),
        ("How many raids on the Grey Front were there?", Form.COUNT, {AttackKind.RAID}),
        ("List all operations against the Grey Front.", Form.ATTACKS, OPERATIONS),
        (
            "What suicide bombings took place in Port Lorne?",
            Form.ATTACKS,
            {AttackKind.SUICIDE_BOMBING},
        ),
        ("The number of assassinations in Port Lorne", Form.COUNT, {AttackKind.ASSASSINATION}),
    ],
)
def test_forms_and_kinds(text: str, form: Form, kinds: set[AttackKind]) -> None:
    asked = read(text)
    assert asked is not None
    assert asked.form is form
    assert set(asked.kinds) == set(kinds)


def test_who_was_hit_is_told_from_who_did_it() -> None:
    asked = read("Which attacks on the Coast Guard did the Grey Front claim?")
    assert asked is not None
    assert (asked.targets, asked.perpetrators) == (("coast-guard",), ("grey-front",))
    assert asked.claimed


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Which attacks happened since March 2021?", date(2021, 3, 1), None),
        ("Which attacks happened after 2021?", date(2022, 1, 1), None),
        ("Which attacks happened before May 2021?", None, date(2021, 4, 30)),
        ("Which attacks happened until May 2021?", None, date(2021, 5, 31)),
        ("Which attacks happened on 4 May 2021?", date(2021, 5, 4), date(2021, 5, 4)),
    ],
)
def test_periods(text: str, first: date | None, last: date | None) -> None:
    asked = read(text)
    assert asked is not None
    assert (asked.first, asked.last) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "Which attacks are known?",
        "Which attack did the Grey Front carry out in 2021?",
        "Which recent attacks did the Grey Front carry out?",
        "How many people were killed in the attacks of the Grey Front?",
        "How many attacks did the Grey Front carry out in Narnia?",
        "How many attacks did the United Nations count for the Grey Front?",
        "Why did the Grey Front carry out attacks in 2021?",
        "Which attacks did the Grey Front not claim?",
        "Who was the first leader of the Grey Front?",
        "Who became leader of the Grey Front in May 2020?",
        "Who led the raid on the Grey Front?",
        "",
    ],
)
def test_what_asks_for_more_or_for_something_else_is_left_to_the_sentences(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Who led the Grey Front?",
        "Who has led the Grey Front?",
        "Who were the leaders of the Grey Front?",
        "List the leaders of the Grey Front",
    ],
)
def test_who_led_a_group(text: str) -> None:
    asked = read(text)
    assert asked is not None
    assert (asked.form, asked.perpetrators) == (Form.LEADERS, ("grey-front",))
    assert not asked.still


@pytest.mark.parametrize(
    "text", ["Who leads the Grey Front?", "Who are the leaders of the Grey Front?"]
)
def test_who_leads_a_group_now(text: str) -> None:
    asked = read(text)
    assert asked is not None
    assert (asked.form, asked.perpetrators, asked.still) == (Form.LEADERS, ("grey-front",), True)
