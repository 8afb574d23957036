import pytest

from analysis.ties import abbreviates, is_chosen_name, names_alike, person_name
from tests.analysis.told import shipped, told


@pytest.mark.parametrize(
    ("text", "tie"),
    [
        (
            "The so-called Emirate of Khorasan (ISKP) grew.",
            ("Emirate of Khorasan", "ISKP", "expansion"),
        ),
        (
            "The Khorasan branch of the Islamic State (ISKP) grew.",
            None,
        ),
        (
            "Islamic State Khorasan (ISIS-K, in other spellings IS-K) grew.",
            ("ISIS-K", "IS-K", "also known as"),
        ),
        (
            "They named ETIM, the East Turkistan Islamic Movement.",
            ("ETIM", "East Turkistan Islamic Movement", "expansion"),
        ),
        (
            "ISKP (ISIS-K, in the language of the Taliban: Daesh) grew.",
            ("ISIS-K", "Daesh", "also known as"),
        ),
        (
            "The Tehrik-i-Taliban Pakistan, or Pakistani Taliban, grew.",
            ("Tehrik-i-Taliban Pakistan", "Pakistani Taliban", "apposition"),
        ),
    ],
)
def test_a_groups_names_are_tied_by_what_the_text_says(
    text: str, tie: tuple[str, str, str] | None
) -> None:
    found = told(text, shipped()).ties()
    assert (tie in found) if tie else (found == [])


@pytest.mark.parametrize(
    "between",
    [
        ", known as “",
        ", also known as the terrorist organization leader ",
        ", or the person known as ",
        ", who went by the name of ",
        ", called ",
        ", alias ",
        ", usually appears in reports as ",
        " (a.k.a. ",
        ", nicknamed ",
    ],
)
def test_a_persons_other_name_is_tied_to_him(between: str) -> None:
    closing = "”" if "“" in between else ")" if "(" in between else ""
    text = f"General Karim Darwazi{between}Abu Talha al-Ghaznavi{closing}, was seen."
    assert ("Karim Darwazi", "Abu Talha al-Ghaznavi", "also known as") in told(text).ties()


def test_a_byname_is_found_and_tied_though_nothing_else_tells_that_it_is_a_name() -> None:
    report = told("A member named Karim Darwazi, known as “Zarqun”, was killed.")
    assert report.ties() == [("Karim Darwazi", "Zarqun", "also known as")]
    [tie] = report.actors.ties
    assert report.document.text[tie.span.start : tie.span.end] == "Karim Darwazi, known as “Zarqun"


def test_names_in_a_list_are_not_tied() -> None:
    assert told("They killed General Karim Darwazi, General Nasim Baraki and others.").ties() == []


def test_a_last_name_is_tied_to_the_nearest_whole_name_before_it() -> None:
    report = told(
        "General Karim Darwazi spoke. Darwazi left. General Nasim Darwazi came. Darwazi stayed."
    )
    assert report.ties() == [
        ("Karim Darwazi", "Darwazi", "short form"),
        ("Nasim Darwazi", "Darwazi", "short form"),
    ]


def test_a_tables_column_of_other_names_ties_its_rows() -> None:
    report = told(
        "Name | Also known as | Fate\n"
        "General Karim Darwazi | Abu Talha al-Ghaznavi | killed\n"
        "General Nasim Baraki | none | unknown"
    )
    # The cell begins with the office, so the name does not open it and the row ties nothing.
    assert report.ties() == []
    report = told(
        "Name | Also known as | Fate\nMaulvi Darwazi | Abu Talha al-Ghaznavi | killed\n\nEnd."
    )
    assert report.ties() == [("Maulvi Darwazi", "Abu Talha al-Ghaznavi", "also known as")]


@pytest.mark.parametrize(
    ("short", "long", "expected"),
    [
        ("ETIM", "East Turkistan Islamic Movement", True),
        ("TTP", "Tehreek-e-Taliban Pakistan", True),
        ("TTP", "Pakistani Taliban", False),
        ("Qais", "Asad Laghamani", False),
    ],
)
def test_an_acronym_is_made_of_first_letters_in_order(
    short: str, long: str, expected: bool
) -> None:
    assert abbreviates(short, long) is expected


def test_forms_of_address_and_articles_are_no_part_of_a_name_compared() -> None:
    assert person_name("Maulvi Ziauddin").forms == ("ziauddin",)
    assert person_name("Abu Usman al-Kashmiri").forms == ("abu usman", "kashmiri")
    assert person_name("Mr. Q").forms == ("q",)


def test_a_fathers_name_with_an_origin_is_a_chosen_name() -> None:
    assert is_chosen_name("Abu Umar Khurasani")
    assert not is_chosen_name("Mohammad Dawood Muzammil")
    assert not is_chosen_name("Abu Obaidullah Mutawakil")


def test_transliterations_of_a_name_are_alike_and_other_names_are_not() -> None:
    assert names_alike(("mohammad", "dawood", "muzammil"), ("mohammed", "davud", "muzammil"))
    assert not names_alike(("abu omar", "khorasani"), ("abu omar", "afridi"))
