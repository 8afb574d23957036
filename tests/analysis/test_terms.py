from hypothesis import example, given
from hypothesis import strategies as st

from analysis.terms import MAX_WORD_CHARS, compounds, fold, stem, stems, words


def forms(text: str) -> list[str]:
    return [word.form for word in words(text)]


def test_case_accents_and_letters_without_accent_do_not_matter() -> None:
    assert forms("Şeyma DÂVŪD Łódź Yıldız straße") == [
        "seyma",
        "davud",
        "lodz",
        "yildiz",
        "strasse",
    ]


def test_an_apostrophe_joins_and_a_possessive_is_left_out() -> None:
    assert forms("Da'esh Qurʾan Taliban’s rulers' TALIBAN'S") == [
        "daesh",
        "quran",
        "taliban",
        "rulers",
        "taliban",
    ]


def test_the_span_of_a_word_leaves_its_possessive_out() -> None:
    [word] = words("Kabul’s")
    assert (word.start, word.end) == (0, 5)


def test_an_abbreviation_with_full_stops_is_one_word_in_capitals() -> None:
    assert [(word.form, word.capitals) for word in words("U.S. troops, us")] == [
        ("us", True),
        ("troops", False),
        ("us", False),
    ]


def test_a_number_is_the_same_with_and_without_separators_zeros_and_ordinal_ending() -> None:
    assert forms("1,500 1500 08 8 26th 26 3.5 27.03.2023") == [
        "1500",
        "1500",
        "8",
        "8",
        "26",
        "26",
        "3.5",
        "27.03.2023",
    ]


def test_marks_of_other_scripts_do_not_cut_a_word() -> None:
    assert forms("मुंबई داعِش") == ["मुंबई", "داعش"]


def test_what_is_too_long_to_be_a_word_is_none() -> None:
    assert forms("x" * (MAX_WORD_CHARS + 1) + " y") == ["y"]


def test_inflections_and_british_spelling_share_a_stem() -> None:
    assert stem("assassinated") == stem("assassinations")
    assert stem("organisations") == stem("organization")
    assert stem("neighbouring") == stem("neighboring")
    assert stem("defence") == stem("defense")


def test_a_stem_of_another_kind_of_word_is_the_word() -> None:
    assert [stem("2023"), stem("داعش"), stem("3.5")] == ["2023", "داعش", "3.5"]


def test_a_hyphenated_word_is_also_found_as_one() -> None:
    assert set(stems("counterterrorism")) <= set(stems("counter-terrorism"))
    text = "a second-in-command"
    found = [(word.form, text[word.start : word.end]) for word in compounds(text, words(text))]
    assert found == [("secondin", "second-in"), ("incommand", "in-command")]


@example("0´0")
@example("1½ ﷺ ﬁve")
@given(st.text())
def test_words_are_apart_in_order_and_folded(text: str) -> None:
    end = 0
    for word in words(text):
        assert end <= word.start < word.end <= len(text)
        assert word.form == word.form.lower()
        assert not set(word.form) & set("_:'’")
        assert word.form.split() == [word.form]
        end = word.end


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    for word in words(text):
        assert fold(word.form) == word.form
