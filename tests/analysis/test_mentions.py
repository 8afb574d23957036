import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.analysis.told import shipped, told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("General Rashid Karimov visited the camp.", ("Rashid Karimov", "person")),
        ("They met Maulvi Sharafat in a village.", ("Maulvi Sharafat", "person")),
        ("The raid killed Abu Talha al-Ghaznavi at night.", ("Abu Talha al-Ghaznavi", "person")),
        ("Orders came from Nur Wali, leader of the rebels.", ("Nur Wali", "person")),
        ("The Ministry of Interior denied it.", ("Ministry of Interior", "institution")),
        ("He studied at Herat University.", ("Herat University", "institution")),
        ("Fighters of the Eastern Liberation Front fled.", ("Eastern Liberation Front", "group")),
        ("The terrorist organization Shabakat hid there.", ("Shabakat", "group")),
        ("The Afghan army withdrew.", ("Afghan army", "institution")),
        ("The rebels fled when Turkmenistan closed the border.", ("Turkmenistan", "institution")),
    ],
)
def test_a_name_in_no_register_is_known_by_the_words_in_and_around_it(
    text: str, expected: tuple[str, str]
) -> None:
    assert expected in told(text).names()


@pytest.mark.parametrize(
    "text",
    [
        "On Monday it rained in Badakhshan Province.",
        "The Doha Agreement was signed in February.",
        "Many civilians fled across the Amu River to Termez.",
        "During Ramadan the markets stay open late.",
        "The Syrian refugees are mostly Sunni Muslims.",
    ],
)
def test_a_place_a_day_a_treaty_and_a_people_are_no_actors(text: str) -> None:
    assert told(text).names() == []


def test_a_units_number_is_part_of_its_name_and_a_bare_unit_names_nobody() -> None:
    text = "Soldiers of the 5th Battalion came first. The Battalion left again on Friday."
    assert told(text).names() in ([("5th Battalion", kind)] for kind in ("group", "institution"))


def test_the_bank_of_a_river_is_no_institution() -> None:
    assert told("Clashes spread across the West Bank on Friday.").names() == []


def test_a_text_without_actors_has_none_and_no_note() -> None:
    found = told("It rained for three days, and the river rose.").actors
    assert not (found.mentions or found.ties or found.roles or found.relations or found.notes)


def test_a_last_name_is_found_wherever_the_whole_name_is_somewhere() -> None:
    found = told("Nazari left early.\nThe governor was General Hashim Nazari.").names()
    assert found == [("Nazari", "person"), ("Hashim Nazari", "person")]


def test_a_last_name_with_another_first_name_is_another_person() -> None:
    [found] = told("Rahmatullah Mujahid was a teacher.", shipped()).actors.mentions
    assert (found.text, found.canonical) == ("Rahmatullah Mujahid", None)


def test_what_reports_think_of_a_name_is_no_part_of_it() -> None:
    found = told("Nobody obeys the self-proclaimed Islamic State here.", shipped()).names()
    assert found == [("Islamic State", "group")]


def test_an_office_before_a_name_is_no_part_of_it() -> None:
    names = told("Foreign Minister Emir Khan Muttaki met General Mark Milley.", shipped()).names()
    assert names == [("Emir Khan Muttaki", "person"), ("Mark Milley", "person")]


def test_a_communitys_name_names_no_actor() -> None:
    assert told("ISKP attacks Hazaras and Shiites.", shipped()).names() == [("ISKP", "group")]


def test_a_short_name_used_for_a_branch_is_read_as_the_branch_where_the_report_names_it() -> None:
    found = told(
        "ISKP lost three men. Three DAESH members were killed in Kabul. "
        "The DEASH leadership sent money to ISKP.",
        shipped(),
    )
    assert [(each.text, each.canonical) for each in found.actors.mentions] == [
        ("ISKP", "Islamic State Khorasan Province"),
        ("DAESH", "Islamic State Khorasan Province"),
        ("DEASH", "Islamic State"),
        ("ISKP", "Islamic State Khorasan Province"),
    ]


def test_a_short_name_stays_the_parents_where_the_branch_is_not_named() -> None:
    [found] = told("Three DAESH members were arrested.", shipped()).actors.mentions
    assert found.canonical == "Islamic State"


def test_a_document_in_another_language_is_searched_for_listed_names_and_says_so() -> None:
    found = told("ISKP, Afganistan'da Taliban'a saldırdı.", shipped(), language="tr").actors
    assert [each.text for each in found.mentions] == ["ISKP", "Taliban"]
    assert found.notes[0].startswith("The document is in another language (tr)")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from(
            "General Abu Omar al-Turki ( ) , ; “ ” <b> \ue000P1\ue001 known as the Taliban ISKP’s "
            "Ministry of killed said \n 2021 and Mr. Q. & é".split(" ")
        ),
        min_size=1,
        max_size=40,
    )
)
def test_mentions_lie_apart_in_order_and_are_the_documents_own_text(pieces: list[str]) -> None:
    text = "x " + " ".join(pieces)
    found = told(text, shipped()).actors
    end = 0
    for mention in found.mentions:
        assert end <= mention.span.start < mention.span.end <= len(text)
        assert text[mention.span.start : mention.span.end] == mention.text
        end = mention.span.end
    for role in found.roles:
        assert text[role.span.start : role.span.end] == role.title
    for relation in found.relations:
        assert 0 <= relation.span.start < relation.span.end <= len(text)


def test_markup_in_a_name_stays_plain_text_beside_it() -> None:
    names = told("General <script>alert(1)</script> Karim Wardak said so.").names()
    assert ("Karim Wardak", "person") in names
    assert not any("<" in text for text, _ in names)


def test_many_different_names_in_one_document_are_all_found() -> None:
    syllables = ["ba", "da", "ga", "ka", "la", "ma", "na", "ra", "sa", "za"]
    names = [
        f"{a.title()}{b}{c}d {c.title()}{a}{b}r"
        for a in syllables
        for b in syllables
        for c in syllables
    ]
    found = told("\n".join(f"They arrested General {name} yesterday." for name in names))
    assert {text for text, _ in found.names()} >= set(names)
