import pytest

from analysis.names import SHIPPED_NAMES, NameRegister
from analysis.places import chained, is_narrow, names_of_places
from analysis.records import Place
from analysis.tagger import tag
from ingest.document import Document


@pytest.fixture(scope="module")
def register() -> NameRegister:
    return NameRegister.load(SHIPPED_NAMES)


def places(register: NameRegister, text: str) -> list[Place]:
    [tagged] = tag(Document(text, "Title", language="en"))
    [sentence] = tagged.doc.sents
    return chained(names_of_places(sentence, register, []), text, tagged.start)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It was attacked in Butkhak, a district of Kabul.", [("Butkhak", ("Kabul",))]),
        ("It was attacked in Jalalabad, Nangarhar.", [("Jalalabad", ("Nangarhar",))]),
        ("It was attacked in Pakistan's Balochistan.", [("Balochistan", ("Pakistan",))]),
        ("It was attacked in Herat and in Kunduz.", [("Herat", ()), ("Kunduz", ())]),
    ],
)
def test_places_lie_in_what_the_text_puts_behind_or_before_them(
    register: NameRegister, text: str, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    found = places(register, text)
    assert [(place.text, place.within) for place in found] == expected
    for place in found:
        assert text[place.span.start : place.span.end] == place.text


def test_another_airport_in_the_town_is_not_the_airport_of_the_town(
    register: NameRegister,
) -> None:
    [known] = places(register, "It was attacked at the airport in Kabul.")
    [other] = places(register, "It was attacked at the military airport in Kabul.")
    assert known.canonical == "Hamid Karzai International Airport"
    assert other.canonical == "Kabul"


def test_a_state_is_too_wide_to_tell_where_something_happened(register: NameRegister) -> None:
    state, town = places(register, "It was attacked in Pakistan and in Kunduz.")
    assert not is_narrow(state)
    assert is_narrow(town)
