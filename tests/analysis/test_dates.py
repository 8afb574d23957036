from datetime import date

import pytest

from analysis.dates import find_whens, same_time
from analysis.records import Precision, When
from ingest.document import Document, Region, RegionKind


def whens(text: str, published: date | None = None) -> list[When]:
    return find_whens(Document(text, "Title", language="en", published=published))


def only(text: str, published: date | None = None) -> When:
    [when] = whens(text, published)
    assert text[when.span.start : when.span.end] == when.text
    return when


@pytest.mark.parametrize(
    ("text", "precision", "first", "last"),
    [
        ("on 5 March 2023", Precision.DAY, date(2023, 3, 5), date(2023, 3, 5)),
        ("on March 5, 2023", Precision.DAY, date(2023, 3, 5), date(2023, 3, 5)),
        ("the 5th of March, 2023", Precision.DAY, date(2023, 3, 5), date(2023, 3, 5)),
        ("2023-03-05", Precision.DAY, date(2023, 3, 5), date(2023, 3, 5)),
        ("in December 2022", Precision.MONTH, date(2022, 12, 1), date(2022, 12, 31)),
        ("in 2019", Precision.YEAR, date(2019, 1, 1), date(2019, 12, 31)),
        ("in early 2015", Precision.RANGE, date(2015, 1, 1), date(2015, 5, 2)),
        ("in 2019-2020", Precision.RANGE, date(2019, 1, 1), date(2020, 12, 31)),
        ("the summer of 2021", Precision.RANGE, date(2021, 6, 1), date(2021, 8, 31)),
        (
            "between April 2020 and March 2021",
            Precision.RANGE,
            date(2020, 4, 1),
            date(2021, 3, 31),
        ),
        (
            "from 1 January to 11 August 2021",
            Precision.RANGE,
            date(2021, 1, 1),
            date(2021, 8, 11),
        ),
    ],
)
def test_a_date_is_as_wide_as_it_is_written(
    text: str, precision: Precision, first: date, last: date
) -> None:
    when = only(text)
    assert (when.precision, when.first, when.last) == (precision, first, last)


def test_what_is_put_off_to_a_day_is_no_period() -> None:
    year, day = whens("The deadline was extended last year to May 17.", date(2022, 1, 10))
    assert (year.text, year.first, year.last) == ("last year", date(2021, 1, 1), date(2021, 12, 31))
    assert (day.text, day.precision) == ("May 17", Precision.DAY)


def test_a_period_may_begin_today() -> None:
    when = only("It is closed from today to 24 January 2022.", date(2022, 1, 10))
    assert (when.precision, when.first, when.last) == (
        Precision.RANGE,
        date(2022, 1, 10),
        date(2022, 1, 24),
    )


def test_a_day_without_a_year_is_the_last_before_publication() -> None:
    when = only("It happened on 20 December.", date(2023, 2, 1))
    assert when.first == date(2022, 12, 20)
    assert when.counted_from == "published 2023-02-01"


def test_a_day_without_a_year_takes_its_neighbours_year_before_that_of_publication() -> None:
    _, day = whens("In March 2015 it began. On 3 May it ended.", date(2023, 2, 1))
    assert day.first == date(2015, 5, 3)
    assert day.counted_from == "March 2015"


def test_a_day_without_a_year_is_of_the_latest_year_named_where_no_publication_is_stated() -> None:
    text = (
        "A bomb went off on Thursday, August 26." + " Nothing else." * 60 + " It began in May 2021."
    )
    day, _ = whens(text)
    assert day.first == date(2021, 8, 26)
    assert day.counted_from == "2021"


def test_a_week_day_that_does_not_fit_the_year_leaves_the_date_as_written() -> None:
    day, _ = whens("On Monday, August 26 it ended." + " No." * 300 + " It began in May 2021.")
    assert (day.precision, day.first) == (Precision.UNRESOLVED, None)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ("Two days later it burned.", date(2023, 3, 10)),
        ("It burned just one day later.", date(2023, 3, 9)),
        ("It burned three days earlier.", date(2023, 3, 5)),
        ("It burned the same day.", date(2023, 3, 8)),
        ("The following day it burned.", date(2023, 3, 9)),
        ("It burned a week later.", date(2023, 3, 15)),
    ],
)
def test_days_later_count_from_the_date_before(later: str, expected: date) -> None:
    when = whens(f"It stood on 8 March 2023. {later}")[-1]
    assert when.first == expected
    assert when.counted_from == "8 March 2023"


def test_days_before_an_event_stay_as_written() -> None:
    [_, when] = whens("On 8 March 2023 he spoke, two days before his execution.")
    assert (when.text, when.precision, when.first) == (
        "two days before",
        Precision.UNRESOLVED,
        None,
    )


def test_the_last_two_weeks_end_with_publication() -> None:
    when = only("It was attacked in the last two weeks.", date(2023, 3, 20))
    assert (when.first, when.last) == (date(2023, 3, 6), date(2023, 3, 20))


def test_the_last_two_weeks_of_a_report_without_a_date_stay_as_written() -> None:
    assert only("It was attacked in the last two weeks.").first is None


@pytest.mark.parametrize(
    "written", ["31 February 2023", "2023-13-45", "30 February", "99 May 2021"]
)
def test_impossible_dates_are_kept_as_written(written: str) -> None:
    when = only(f"It happened on {written}.", date(2023, 6, 1))
    assert (when.text, when.precision, when.first) == (written, Precision.UNRESOLVED, None)


def test_years_of_a_biography_are_no_dates_of_the_report() -> None:
    text = "It happened on 3 May.\nShe finished school in 2016."
    region = Region(RegionKind.BIOGRAPHY, text.index("She"), len(text))
    assert len(find_whens(Document(text, "Title", regions=(region,)))) == 1


def test_a_vaguer_date_is_no_other_time() -> None:
    month, day, other = whens("December 2022; 12 December 2022; 12 January 2023")
    assert same_time(month, day)
    assert not same_time(day, other)


def test_a_day_without_a_year_agrees_with_the_same_day_of_any_year() -> None:
    [unresolved] = whens("It was on August 26.")
    [day] = whens("It was on 26 August 2021.")
    [other] = whens("It was on 27 August 2021.")
    assert unresolved.first is None
    assert same_time(unresolved, day)
    assert not same_time(unresolved, other)
