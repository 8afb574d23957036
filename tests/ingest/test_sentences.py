import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sentences import sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["He was killed in the capital.[1]", "The second raid came later."],
        ["The group claimed this attack. [5]", "Another followed."],
        ["He said, “We will win if they are good men.”", "She did not answer."],
        ["Mr. Q, a specialist, spoke first.", "Gen. Ann Lee of the U.S. Army rose by 3.5 percent."],
        ["J. K. Smith and Dr. A. Jones met in Lahore.", "They left."],
        [
            "“Nothing will change,” the man said. , an expert on the region, said.",
            "Nobody replied.",
        ],
        ["The founder died in 2013. “, the scholar said."],
        ["Many people grew angry. member after member left."],
        ["It began in Iraq.", "al-Nusra followed."],
        ["Is it losing ground?", "“Yes!” he said."],
        ["Örgüt 2014 yılında kuruldu.", "Bu, 5. yüzyıldan beri böyledir."],
    ],
)
def test_sentences_end_where_a_reader_ends_them(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


def test_a_sentence_never_crosses_a_newline() -> None:
    assert sentences("A heading without stop\nThe text. It goes on\n\n- an item") == [
        "A heading without stop",
        "The text.",
        "It goes on",
        "- an item",
    ]


def test_offsets_count_from_the_text_and_not_from_the_stretch() -> None:
    text = "First one. Second one. Third one."
    assert [text[a:b] for a, b in sentence_spans(text, 11, 22)] == ["Second one."]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_spans_hold_every_visible_character_once(text: str) -> None:
    spans = sentence_spans(text)
    assert all(text[start:end].strip() == text[start:end] != "" for start, end in spans)
    assert all("\n" not in text[start:end] for start, end in spans)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    held = "".join(text[start:end] for start, end in spans)
    assert re.sub(r"\s", "", held) == re.sub(r"\s", "", text)
