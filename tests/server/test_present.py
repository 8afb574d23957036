from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.document import Document, Region, RegionKind
from server import present

TEXT = st.text(st.sampled_from("ab é😀\n\u202e<&"), min_size=1, max_size=60).filter(
    lambda text: bool(text.strip())
)


@given(TEXT, st.data())
def test_the_reader_shows_each_character_once_and_marks_just_the_span(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    cut = data.draw(st.integers(0, len(text) - 1))
    regions = (Region(RegionKind.FOOTNOTE, cut, len(text)),)
    document = Document(text=text, title="t", regions=regions)
    pieces = [
        piece
        for paragraph in present.paragraphs(document, (start, end), None)
        for piece in paragraph.pieces
    ]
    lines = [line for line in text.split("\n") if line.strip()]
    assert "".join(piece.text for piece in pieces) == "".join(lines)
    marked = "".join(piece.text for piece in pieces if piece.mark)
    wanted, position = "", 0
    for line in text.split("\n"):
        if line.strip():
            left, right = max(start, position), min(end, position + len(line))
            wanted += text[left:right] if left < right else ""
        position += len(line) + 1
    assert marked == wanted
    assert sum(piece.first for piece in pieces) == bool(marked)


@given(st.text(max_size=40))
def test_no_text_becomes_markup_or_keeps_a_deceiving_control(text):
    shown = str(present.visible(text))
    inert = shown.replace('<span class="control" data-code="U+', "").replace('"></span>', "")
    assert "<" not in inert
    assert not present.CONTROLS.search(shown)


@pytest.mark.parametrize(
    ("confidence", "words", "percent"),
    [
        (1.0, "very likely right", 100),
        (0.999, "very likely right", 99),
        (0.9, "very likely right", 90),
        (0.76, "probably right", 76),
        (0.5, "more likely right than wrong", 50),
        (0.2, "uncertain: read the passage", 20),
        (0.001, "uncertain: read the passage", 1),
        (0.0, "uncertain: read the passage", 0),
    ],
)
def test_confidence_is_said_in_words_and_never_rounded_to_certainty(confidence, words, percent):
    assert present.confidence_words(confidence) == words
    assert present.percent(confidence) == percent


def test_a_refusal_does_not_deny_what_is_likely_there() -> None:
    assert present.refusal_words(0.49) == "The documents do not answer this."
    assert present.refusal_words(0.5) == "No passage answers this surely enough."


def test_a_page_begins_where_its_first_paragraph_does():
    document = Document(text="one\ntwo\nthree\nfour", title="t", page_starts=(0, 8))
    assert [p.page for p in present.paragraphs(document, None, None)] == [1, None, 2, None]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//x", "ftp://x", None])
def test_only_web_addresses_become_links(url):
    assert present.web_link(url) is None
    assert present.web_link("HTTPS://reports.example") == "HTTPS://reports.example"


def test_dates_and_sizes_are_written_as_people_do():
    assert present.long_date(date(2023, 3, 5)) == "5 March 2023"
    days = (date(2023, 2, 1), date(2023, 2, 28)), (date(2023, 1, 1), date(2023, 12, 31))
    days += (date(2023, 2, 1), date(2023, 2, 1)), (date(2023, 2, 2), date(2023, 3, 1)), (None, None)
    assert [present.period(*each) for each in days] == [
        "February 2023",
        "2023",
        "1 February 2023",
        "2 February 2023 to 1 March 2023",
        "date not known",
    ]
    assert present.byte_size(256 * 1024 * 1024) == "256 MiB"
    assert present.byte_size(1536) == "1.5 KiB"
