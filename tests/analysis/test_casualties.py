import pytest

from analysis.casualties import find_casualties
from analysis.records import Harm, Hedge


def counts(text: str) -> list[tuple[Harm, int | None, int | None, str | None]]:
    found = find_casualties(text, 0, len(text), 0)
    for each in found:
        assert text[each.span.start : each.span.end] == each.text
    return [(each.harm, each.least, each.most, each.who) for each in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Six people were killed.", [(Harm.KILLED, 6, 6, "people")]),
        ("The blast killed 13 soldiers.", [(Harm.KILLED, 13, 13, "soldiers")]),
        ("At least six civilians were killed.", [(Harm.KILLED, 6, None, "civilians")]),
        ("It killed more than 170 people.", [(Harm.KILLED, 171, None, "people")]),
        ("Dozens of men were wounded.", [(Harm.WOUNDED, 24, None, "men")]),
        ("They arrested seven people.", [(Harm.ARRESTED, 7, 7, "people")]),
        ("Hundreds of inmates were set free.", [(Harm.FREED, 200, None, "inmates")]),
        ("They carried out three attacks.", []),
        ("He was killed two days later.", []),
        ("The bomb killed Cpl. Dan Reed, 23, of Leeds.", []),
    ],
)
def test_a_number_takes_the_harm_and_the_people_beside_it(
    text: str, expected: list[tuple[Harm, int | None, int | None, str | None]]
) -> None:
    assert counts(text) == expected


def test_killed_and_wounded_are_counted_apart() -> None:
    assert counts("Nine people were killed and 20 others were injured.") == [
        (Harm.KILLED, 9, 9, "people"),
        (Harm.WOUNDED, 20, 20, "others"),
    ]


def test_a_part_of_the_dead_is_of_the_dead() -> None:
    text = "It killed 170 people, including 13 soldiers."
    assert [harm for harm, *_ in counts(text)] == [Harm.KILLED, Harm.KILLED]


def test_a_hedge_is_kept_where_it_stands() -> None:
    [count] = find_casualties("Some 150 members were executed.", 0, 31, 100)
    [qualifier] = count.qualifiers
    assert qualifier.kind is Hedge.ABOUT
    assert (qualifier.span.start, qualifier.span.end) == (100, 104)
    assert (count.least, count.most) == (135, 165)


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        ("The raid killed Karimi and two guards.", True),
        ("Karimi and two guards were killed.", True),
        ("The raid killed nine men and two were wounded.", False),
        ("The raid killed two guards.", False),
    ],
)
def test_a_number_after_and_counts_beside_somebody_of_the_same_clause(
    text: str, beside: bool
) -> None:
    assert find_casualties(text, 0, len(text), 0)[-1].beside is beside


def test_a_number_of_killed_and_wounded_says_not_how_many_died() -> None:
    assert counts("Some 40 people were killed and wounded.") == [(Harm.KILLED, None, 44, "people")]
