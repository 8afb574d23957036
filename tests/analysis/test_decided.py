"""What an operator writes as a date, and whom a name means."""

from datetime import date

import pytest

from analysis.collection import Actor, Evidence, NameUse
from analysis.decided import DateError, actor_named, read_date
from analysis.records import ActorKind


@pytest.mark.parametrize(
    ("written", "text", "precision", "first", "last"),
    [
        ("2024-02-29", "29 February 2024", "day", date(2024, 2, 29), date(2024, 2, 29)),
        ("2023-02", "February 2023", "month", date(2023, 2, 1), date(2023, 2, 28)),
        (" 2023 ", "2023", "year", date(2023, 1, 1), date(2023, 12, 31)),
        (
            "2022-03-14 / 2022-03-20",
            "14 March 2022 to 20 March 2022",
            "range",
            date(2022, 3, 14),
            date(2022, 3, 20),
        ),
        ("2021/2022-03", "2021 to March 2022", "range", date(2021, 1, 1), date(2022, 3, 31)),
        ("2022-03-14/2022-03-14", "14 March 2022", "day", date(2022, 3, 14), date(2022, 3, 14)),
    ],
)
def test_a_date_is_a_day_a_month_a_year_or_a_period(
    written: str, text: str, precision: str, first: date, last: date
) -> None:
    read = read_date(written)
    assert (read.text, read.precision, read.first, read.last) == (text, precision, first, last)


@pytest.mark.parametrize(
    ("written", "found", "to_do"),
    [
        ("2023-02-29", "February 2023 has days 01 to 28", "a day (2022-03-14)"),
        ("2023-00", "no month 00", "a month (2022-03)"),
        ("0000", "no year 0000", "a year (2022)"),
        ("14 March 2022", "'14 March 2022' is no date", "a day (2022-03-14)"),
        ("2022-3-14", "'2022-3-14' is no date", "a day (2022-03-14)"),
        ("\u0662\u0660\u0662\u0662", "is no date", "a year (2022)"),
        ("2022-03-20/", "A date is missing", "the earlier first"),
        ("2022/2022-03-20/2023", "is no date", "the earlier first"),
        ("2022-03-20/2022-03-14", "ends before it begins", "2022-03-14/2022-03-20"),
    ],
)
def test_what_is_no_date_is_refused_with_what_to_give(written: str, found: str, to_do: str) -> None:
    with pytest.raises(DateError) as refused:
        read_date(written)
    assert found in str(refused.value) and to_do in refused.value.hint


def test_a_name_means_the_actor_that_most_places_call_so() -> None:
    def actor(key: str, uses: int) -> Actor:
        places = tuple(Evidence("d", n, n + 1) for n in range(uses))
        return Actor(key, key, ActorKind.GROUP, (NameUse("the Front", places),))

    actors = [actor("heron", 2), actor("otter", 5)]
    assert actor_named("the Front", actors) == actors[1]
    assert actor_named("The front", actors) is None
