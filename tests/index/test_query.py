from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.names import SHIPPED_NAMES, NameRegister
from analysis.terms import words
from index.lexical import LexicalEntry, LexicalIndex
from index.query import AnalyzedQuery, analyze, highlight_spans
from index.spelling import Spelling

NAMES = NameRegister.load(SHIPPED_NAMES)
ISKP = "Islamic State Khorasan Province"

PASSAGES = {
    1: "On the ninth the governor of Balkh, Mohammed Davud Muzammil, was killed in his office.",
    2: "IS-K held a prison for a night. Its fighters came over the wall.",
    3: "The Emirate of Khorasan lost its second-in-command in spring.",
    4: "DEASH sent letters to the merchants of Herat.",
    5: "American soldiers left by the last aircraft; the US flag was folded.",
    6: "The treaty of Doha? Nobody read the Doha Agreement as a whole.",
    7: "Counter-terrorism raids went on through winter. It is with us still.",
    8: "The Taliban’s patrols stood by the river; one patrol was assassinated.",
}


class Search:
    """The lexical half of search, over a handful of passages."""

    def __init__(self, directory: Path, passages: dict[int, str]) -> None:
        lexical = LexicalIndex.open(directory, NAMES)
        lexical.update([LexicalEntry(row, 1, "", text) for row, text in passages.items()], [], 1)
        self.passages = passages
        self.searcher = lexical.searcher()
        self.spelling = Spelling(self.searcher, NAMES)

    def analyze(self, query: str) -> AnalyzedQuery:
        return analyze(query, NAMES, self.spelling)

    def rows(self, query: str, depth: int = 10) -> list[int]:
        return [row for row, _ in self.searcher.search(self.analyze(query).lexical, depth)]

    def marked(self, query: str, row: int) -> list[str]:
        text = self.passages[row]
        return [text[start:end] for start, end in highlight_spans(text, self.analyze(query))]


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Search:
    return Search(tmp_path_factory.mktemp("lexical"), PASSAGES)


@pytest.mark.parametrize(
    ("query", "row"),
    [
        ("Who was the governer of Balkh?", 1),
        ("Who is Muzamil?", 1),
        ("Davood Muzammel", 1),
        ("mohammad dawood muzammil", 1),
        ("what did iskp do to a prison", 2),
        ("ISIS Khorasan prison", 2),
        ("second in comand of IS-K", 3),
        ("Daesh letters", 4),
        ("who wrote leters to merchents", 4),
        ("soldiers of the united states", 5),
        ("the us flag", 5),
        ("Doha Treaty", 6),
        ("counterterrorism raid", 7),
        ("asassination of a Talban patrol", 8),
    ],
)
def test_aliases_transliterations_and_typing_errors_find_the_passage(
    search: Search, query: str, row: int
) -> None:
    assert search.rows(query)[0] == row


def test_every_name_of_iskp_finds_a_passage_written_with_any_other(tmp_path: Path) -> None:
    names = [name.text for name in NAMES.entry(ISKP).names]
    passages = {row: f"In May {name} took a town." for row, name in enumerate(names)}
    passages |= {row + 1000: "In May a flood took a town." for row in range(60)}
    search = Search(tmp_path, passages)
    for asked in names:
        assert sorted(search.rows(asked, len(names))) == list(range(len(names)))


def test_asking_for_the_branch_finds_its_parents_names_with_less_weight(search: Search) -> None:
    assert set(search.rows("ISKP")) == {2, 3, 4}
    assert search.rows("ISKP")[-1] == 4
    assert set(search.rows("DAESH")) == {2, 3, 4}
    assert search.rows("DAESH")[0] == 4


def test_small_letters_are_not_acronyms(search: Search) -> None:
    assert search.analyze("who is with us").names == ()
    assert [name.canonical for name in search.analyze("is IS with the US").names] == [
        "Islamic State",
        "United States",
    ]


@pytest.mark.parametrize(
    ("query", "read", "name"),
    [
        ("what is isk-p", "what is ISKP", ISKP),
        ("who was zia-uddin", "who was Ziauddin", "Maulvi Ziauddin"),
        # Known as they stand, or no name and no word when joined.
        ("what is is-k", "what is is-k", ISKP),
        ("counter-terrorism", "counter-terrorism", None),
        ("the cease-fire of Doha", "the cease-fire of Doha", None),
    ],
)
def test_a_name_that_was_typed_with_a_hyphen_is_read_as_the_one_that_is_known(
    search: Search, query: str, read: str, name: str | None
) -> None:
    analyzed = search.analyze(query)
    assert analyzed.repaired == read
    assert [mention.canonical for mention in analyzed.names] == ([name] if name else [])
    assert (f"as ‘{read.split()[-1]}’" in " ".join(analyzed.explanations)) == (read != query)


def test_a_joined_name_in_capitals_is_an_acronym(search: Search) -> None:
    [mention] = search.analyze("WHAT IS ISK-P?").names
    assert mention.canonical == ISKP
    [mention] = search.analyze("who held U-S troops").names
    assert mention.canonical == "United States"


def test_a_question_in_capitals_is_read_like_any_other(search: Search) -> None:
    analyzed = search.analyze("WHO IS THE GOVERNER OF BALKH?")
    assert [name.canonical for name in analyzed.names] == ["Balkh"]
    assert analyzed.repaired == "WHO IS THE GOVERNOR OF BALKH?"


def test_stop_words_are_no_terms_unless_nothing_else_was_asked(search: Search) -> None:
    assert search.analyze("Who was the governor?").terms == ("governor",)
    assert search.analyze("What is it?").terms == ("what", "is", "it")
    assert search.analyze("?!").terms == ()
    assert search.rows("?!") == []


def test_may_is_a_term_where_it_is_the_month(search: Search) -> None:
    assert search.analyze("What happened in May?").terms == ("happen", "may")
    assert search.analyze("what happened on 3 may").terms == ("happen", "3", "may")
    assert search.analyze("May a governor leave? He may.").terms == ("governor", "leav")


def test_what_was_read_otherwise_is_said(search: Search) -> None:
    analyzed = search.analyze("Did the governer's men fear Muzamil or ISKP?")
    assert analyzed.corrections == (("governer", "governor"), ("Muzamil", "Muzammil"))
    assert analyzed.repaired == "Did the governor's men fear Muzammil or ISKP?"
    assert analyzed.explanations == (
        "Read ‘governer’ as ‘governor’.",
        "Read ‘Muzamil’ as ‘Muzammil’.",
        "Searched for ‘Muzamil’ also as Mohammed Davud Muzammil.",
        "Searched for ‘ISKP’ also as Emirate of Khorasan, IS-K; with less weight as DEASH.",
    )


def test_names_show_where_they_stand_and_whether_they_are_spelt_as_listed(search: Search) -> None:
    query = "Shihab ul-Muhajir’s men in Balkh"
    names = search.analyze(query).names
    assert [(query[n.start : n.end], n.canonical, n.exact) for n in names] == [
        ("Shihab ul-Muhajir", "Shahab al-Muhajir", False),
        ("Balkh", "Balkh", True),
    ]


def test_a_word_with_a_capital_is_another_name_rather_than_a_misspelt_word(search: Search) -> None:
    assert search.analyze("raids by padrobs").corrections == (("padrobs", "patrols"),)
    assert search.analyze("raids by Padrobs").corrections == ()
    assert search.analyze("Padrobs in winter").corrections == (("Padrobs", "Patrols"),)


def test_a_text_full_of_unknown_words_is_not_repaired_to_its_end(search: Search) -> None:
    query = " ".join(f"governer{'x' * at}q" for at in range(1, 40)) + " governer"
    assert search.analyze(query).corrections == ()


def test_highlights_are_whole_words_and_names_in_any_form(search: Search) -> None:
    assert search.marked("Who kills governors?", 1) == ["governor", "killed"]
    assert search.marked("Muzamil", 1) == ["Mohammed Davud Muzammil"]
    assert search.marked("ISKP", 2) == ["IS-K"]
    assert search.marked("ISKP", 4) == ["DEASH"]
    assert search.marked("counterterrorism", 7) == ["Counter-terrorism"]
    assert search.marked("the US", 7) == []
    assert search.marked("US", 5) == ["American", "the US"]
    assert search.marked("taliban", 8) == ["Taliban"]


def test_the_order_of_words_does_not_change_what_is_found(search: Search) -> None:
    found = {
        tuple(search.searcher.search(search.analyze(" ".join(order)).lexical, 10))
        for order in permutations(["governor", "ISKP", "Doha", "river"])
    }
    assert len(found) == 1


def test_the_same_query_gives_the_same_analysis(search: Search) -> None:
    query = "Did ISPK kill the governer Davood Muzamil near Kabul airprot?"
    again = analyze(query, NAMES, Spelling(search.searcher, NAMES))
    assert search.analyze(query) == again


_TEXTS = st.text(alphabet="abeiklmnorstuIKS -–'’.\n", max_size=25)


@given(before=_TEXTS, after=_TEXTS)
def test_highlights_lie_apart_in_order_and_cut_no_word(
    search: Search, before: str, after: str
) -> None:
    text = f"{before} IS-K {after} counter-terrorism Muzammil{before}"
    analyzed = search.analyze("counterterrorism of ISKP against Muzamil " + after)
    starts = {word.start for word in words(text)}
    ends = {word.end for word in words(text)}
    end = 0
    for span in highlight_spans(text, analyzed):
        assert end <= span[0] < span[1] <= len(text)
        assert span[0] in starts
        assert span[1] in ends
        end = span[1]


@given(st.text(max_size=60))
def test_any_text_can_be_asked(search: Search, query: str) -> None:
    analyzed = search.analyze(query)
    search.searcher.search(analyzed.lexical, 5)
    assert analyzed.text == query
    for name in analyzed.names:
        assert query[name.start : name.end] == name.text
