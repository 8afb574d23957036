import pytest

from analysis.values import Value, dates_agree, find_dates, find_names, find_numbers


def written(text: str, values: list[Value]) -> list[str]:
    return [text[value.start : value.end] for value in values]


@pytest.mark.parametrize(
    ("text", "date", "key"),
    [
        ("killed on March 27, 2023, in Kabul", "March 27, 2023", (2023, 3, 27)),
        ("killed on 22 March 2023.", "22 March 2023", (2023, 3, 22)),
        ("on the 3rd of May 2020", "3rd of May 2020", (2020, 5, 3)),
        ("on August 26 at the airport", "August 26", (None, 8, 26)),
        ("founded in January 2015 by", "January 2015", (2015, 1, None)),
        ("who died in 2013.", "2013", (2013, None, None)),
        ("published 2023-04-02", "2023-04-02", (2023, 4, 2)),
        ("in early 2015", "early 2015", (2015, None, None)),
    ],
)
def test_a_date_is_found_whole_and_means_what_it_says(text: str, date: str, key: tuple) -> None:
    (found,) = find_dates(text)
    assert text[found.start : found.end] == date
    assert found.key == key


def test_a_day_without_year_agrees_with_the_same_day_of_any_year_and_with_no_other_day() -> None:
    august, august_2021, august_27 = (
        find_dates(text)[0] for text in ("August 26", "26 August 2021", "August 27, 2021")
    )
    assert dates_agree(august, august_2021)
    assert not dates_agree(august, august_27)


def test_may_is_a_month_only_where_a_year_stands_with_it() -> None:
    assert find_dates("it may 5 times fail") == []
    assert written("since May 2020", find_dates("since May 2020")) == ["May 2020"]


@pytest.mark.parametrize(
    ("text", "number", "key"),
    [
        ("killing more than 170 people", "more than 170", (170.0,)),
        ("At least six civilians", "At least six", (6.0,)),
        ("a core of 1,500-2,200 fighters", "1,500-2,200", (1500.0, 2200.0)),
        ("some 1,500 to 2,200 men", "some 1,500 to 2,200", (1500.0, 2200.0)),
        ("as many as 3,000 militants", "as many as 3,000", (3000.0,)),
        ("twenty-one men", "twenty-one", (21.0,)),
        ("two hundred rifles", "two hundred", (200.0,)),
        ("hundreds of civilians", "hundreds", ("hundreds",)),
        ("some 40 per cent of them", "some 40 per cent", (40.0,)),
    ],
)
def test_a_number_keeps_its_hedge_and_its_value(text: str, number: str, key: tuple) -> None:
    (found,) = find_numbers(text)
    assert text[found.start : found.end] == number
    assert found.key == key


def test_the_parts_of_a_date_and_the_marks_of_notes_are_not_numbers() -> None:
    assert find_numbers("On March 27, 2023 it was said.[3]") == []


def test_a_name_includes_its_particles() -> None:
    text = "then Shahab al-Muhajir and the Head of the Judiciary spoke"
    assert [text[start:end] for start, end in find_names(text)] == [
        "Shahab al-Muhajir",
        "Head of the Judiciary",
    ]
