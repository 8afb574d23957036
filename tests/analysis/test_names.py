from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.names import (
    SHIPPED_NAMES,
    NameKind,
    NameRegister,
    NamesError,
    sound_alike,
)

ISKP = "Islamic State Khorasan Province"
IS = "Islamic State"


@pytest.fixture(scope="module")
def names() -> NameRegister:
    return NameRegister.load(SHIPPED_NAMES)


def found(names: NameRegister, text: str) -> list[tuple[str, str]]:
    return [(mention.text, mention.canonical) for mention in names.mentions(text)]


def written(tmp_path: Path, text: str, name: str = "names.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_every_shipped_name_is_a_mention_of_its_own_entry(names: NameRegister) -> None:
    for entry in names.entries:
        for name in entry.names:
            [mention] = names.mentions(f"Yesterday {name.text} was named.")
            assert mention.canonical == entry.canonical
            assert mention.text in (name.text, name.text.removesuffix("’s"))
            assert mention.exact


def test_the_longest_name_wins(names: NameRegister) -> None:
    assert found(names, "the Islamic State of Khorasan and the Islamic State") == [
        ("Islamic State of Khorasan", ISKP),
        ("Islamic State", IS),
    ]


@pytest.mark.parametrize(
    "typed", ["iskp", "ISKP", "is-k", "IS–K", "IS K", "isis-k", "Isis Khorasan"]
)
def test_a_long_or_hyphenated_acronym_is_found_in_small_letters_too(
    names: NameRegister, typed: str
) -> None:
    assert found(names, f"what did {typed} do") == [(typed, ISKP)]


@pytest.mark.parametrize(
    "text",
    ["who is in Kabul?".replace(" in Kabul", ""), "is it", "who is K. Ahmad", "tell us", "is k"],
)
def test_an_ordinary_word_is_not_taken_for_an_acronym(names: NameRegister, text: str) -> None:
    assert found(names, text) == []


def test_capitals_tell_is_and_us_from_is_and_us(names: NameRegister) -> None:
    assert found(names, "IS is with us, the US says") == [("IS", IS), ("the US", "United States")]


def test_a_name_does_not_reach_over_the_end_of_a_sentence_or_paragraph(names: NameRegister) -> None:
    assert found(names, "He met Abu Omar. Khorasani left.") == [("Khorasani", "Abu Omar Khorasani")]
    assert (("ISIS", IS)) in found(names, "joined ISIS\nKhorasan is a region")


def test_a_last_name_alone_means_the_person_who_alone_has_it(names: NameRegister) -> None:
    assert found(names, "Muzammil and Kashmiri's men") == [
        ("Muzammil", "Mohammad Dawood Muzammil"),
        ("Kashmiri", "Abu Usman al-Kashmiri"),
    ]


def test_a_last_name_that_two_persons_have_means_neither(tmp_path: Path) -> None:
    names = NameRegister.load(
        written(
            tmp_path,
            "- {canonical: Anna Petrova, kind: person}\n"
            "- {canonical: Vera Petrova, kind: person}\n"
            "- {canonical: Ivan Sidorov, kind: person}\n",
        )
    )
    assert found(names, "Petrova met Sidorov") == [("Sidorov", "Ivan Sidorov")]


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("Muzamil", "Mohammad Dawood Muzammil"),
        ("Davood Muzamel", "Mohammad Dawood Muzammil"),
        ("Shihab ul-Muhajir", "Shahab al-Muhajir"),
        ("Abu Othman Kashmeri", "Abu Usman al-Kashmiri"),
        ("Zabiullah Mojahid", "Zabihullah Mujahid"),
        ("Qari Fatih", "Qari Fateh"),
        ("Shahab almuhajir", "Shahab al-Muhajir"),
        ("alqaeda", "Al-Qaeda"),
        ("Mazarisharif", "Mazar-i-Sharif"),
        ("ISIS Khuraasan", ISKP),
        ("Riccardo Vale", "Riccardo Valle"),
        ("Nangerhar", "Nangarhar"),
    ],
)
def test_another_way_of_writing_a_name_is_found(
    names: NameRegister, typed: str, canonical: str
) -> None:
    [mention] = names.mentions(f"where was {typed} seen")
    assert (mention.text, mention.canonical) == (typed, canonical)


def test_a_name_that_only_sounds_listed_is_said_to(names: NameRegister) -> None:
    found = names.mentions("Muzamil, Muzammil, alqaeda")
    assert [mention.exact for mention in found] == [False, True, True]


@pytest.mark.parametrize(
    "text", ["the Swat valley", "a black market", "Muhammad's cable", "command"]
)
def test_an_english_word_is_no_name_by_its_sound(names: NameRegister, text: str) -> None:
    assert found(names, text) == []


def test_likeness_of_sound_is_symmetric_and_needs_more_than_consonants() -> None:
    assert sound_alike("muttaqi", "muttaki")
    assert sound_alike("dawood", "davud")
    assert not sound_alike("kunar", "kinaro")
    assert not sound_alike("herat", "heart")


@given(
    st.text(alphabet="abcdehikmostuwz ", max_size=30), st.text(alphabet="IS-K ’'.US\n", max_size=20)
)
def test_mentions_lie_apart_in_order_and_show_their_text(one: str, other: str) -> None:
    register = _REGISTER
    text = f"{one} Taliban {other} Muzamil{one}"
    end = 0
    for mention in register.mentions(text):
        assert end <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end] == mention.text
        assert "\n" not in mention.text
        end = mention.end


_REGISTER = NameRegister.load(SHIPPED_NAMES)


def test_names_are_related_both_ways(names: NameRegister) -> None:
    assert [entry.canonical for entry in names.related(ISKP)] == [IS]
    assert [entry.canonical for entry in names.related(IS)] == [ISKP]
    assert names.entry(ISKP).parent == IS


def test_a_later_file_adds_names_and_takes_them_away(tmp_path: Path) -> None:
    first = written(
        tmp_path, "- {canonical: The Front, kind: group, names: [Front, FRT]}", "a.yaml"
    )
    second = written(
        tmp_path,
        "- canonical: The Front\n  names: [La Frente]\n  not_names: [Front]\n  note: ours\n",
        "b.yaml",
    )
    names = NameRegister.load(first, second)
    assert names.variants("The Front") == ("The Front", "FRT", "La Frente")
    assert names.entry("The Front").note == "ours"
    assert names.entry("The Front").kind is NameKind.GROUP
    assert NameRegister.load(first).digest != names.digest


def test_a_probable_name_is_a_name_and_said_to_be_probable(tmp_path: Path) -> None:
    text = "- {canonical: Ali Reza, kind: person, names: [Abu Turab], probable: [Abu Turab]}"
    [entry] = NameRegister.load(written(tmp_path, text)).entries
    assert entry.probable == ("Abu Turab",)
    assert "Abu Turab" in {name.text for name in entry.names}


def test_an_empty_file_adds_nothing(tmp_path: Path) -> None:
    assert NameRegister.load(written(tmp_path, "# nothing yet\n")).entries == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("canonical: X", r"line 1: the file must be a list"),
        ("- X", r"line 1: an entry must have keys"),
        ("- {kind: group}", r"line 1: an entry without 'canonical'"),
        ("- {canonical: '…', kind: group}", r"line 1: 'canonical' must have a letter"),
        ("- canonical: X", r"line 1: 'X' has no 'kind'; expected one of group, person"),
        ("- canonical: X\n  kind: clan", r"line 2: unknown kind 'clan'; known are group, person"),
        ("- canonical: X\n  kind: group\n  alias: Y", r"line 3: unknown key 'alias'; known are"),
        ("- canonical: X\n  canonical: Y", r"line 2: the key 'canonical' stands twice"),
        ("- canonical: X\n  kind: group\n  names: Y", r"line 3: 'names' must be a list"),
        (
            "- canonical: X\n  kind: group\n  names:\n  - Y\n  - [Z]",
            r"line 5: every item of 'names'",
        ),
        ("- canonical: X\n  kind: group\n  names:\n  - '!'", r"line 4: every item of 'names'"),
        ("- canonical: [X]\n  kind: group", r"line 1: 'canonical' must be one text"),
        (
            "- canonical: X\n  kind: group\n  parent: Z",
            r"line 3: 'X' points to 'Z', which no entry",
        ),
        ("- canonical: X\n  kind: group\n  also_used_for: [X]", r"line 3: 'X' points to itself"),
        (
            "- {canonical: X, kind: group, parent: Y}\n- {canonical: Y, kind: group, parent: X}",
            r"line 2: X → Y → X is a circle.*Remove one 'parent'",
        ),
        (
            "- {canonical: X, kind: group, names: [Foo-Bar]}\n"
            "- {canonical: Y, kind: group,\n   names: [foo bar]}",
            r"line 3: the name 'foo bar' is claimed by 'Y' here and by 'X' at .*line 1; expected",
        ),
        (
            "- {canonical: X, kind: group}\n- {canonical: X, kind: person}",
            r"line 2: 'X' is a person here and a group at .*line 1",
        ),
        ("- canonical: X\n  kind: group\n  case_sensitive: [Y]", r"line 3: 'Y' is case-sensitive"),
        (
            "- {canonical: X, kind: group}\n- canonical: Y\n  kind: group\n  probable: [X]",
            r"line 4: 'X'",
        ),
        (
            "- {canonical: A, kind: group, parent: B}\n- {canonical: B, kind: group, parent: C}\n"
            "- {canonical: C, kind: group,\n   parent: A}",
            r"line 4: A → B → C → A is a circle",
        ),
        ("- canonical: 'X", r"line 1: not valid YAML"),
    ],
)
def test_a_wrong_register_is_refused_by_line_and_reason(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(NamesError, match=r"names\.yaml, " + message):
        NameRegister.load(written(tmp_path, text))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(NamesError, match=r"gone\.yaml: the register of names cannot be read"):
        NameRegister.load(tmp_path / "gone.yaml")
    path = tmp_path / "names.yaml"
    path.write_bytes(b"- canonical: \xff")
    with pytest.raises(NamesError, match=r"names\.yaml: the register of names cannot be read"):
        NameRegister.load(path)
