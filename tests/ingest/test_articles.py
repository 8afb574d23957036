"""The five articles of the reference corpus: all noise marked, no line of argument."""

from pathlib import Path

import pytest

from ingest.chunk import chunk_document
from ingest.document import Document, RegionKind
from ingest.load import Limits, load_file
from ingest.sentences import sentence_spans

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"

# Per article: how each region begins, in order. Only site furniture and names are spelled out.
EXPECTED = {
    "000": [
        "title The Taliban’s Struggle",
        "furniture This post is also",
        "biography Şeyma KIZILAY",
    ],
    "001": [
        "title Is ISKP’s Influence",
        "furniture Similar Posts",
        "furniture This post is also",
        "footnote [1]",
        "footnote [2]",
        "footnote [3] Ibid.",
        "footnote [4]",
        "footnote [5]",
        "biography Şeyma KIZILAY",
    ],
    "002": [
        "title The New Method",
        "furniture Similar Posts",
        "furniture This post is also",
        "footnote [1]",
        "footnote [2] Ibid.",
        "footnote [3]",
        "biography Dr. Doğacan BAŞARAN",
        "biography Dr. Doğacan BAŞARAN",
        "biography Dr. Doğacan BAŞARAN, 2014",
    ],
    "003": [
        "title IS challenges",
        "caption Taliban members patrol",
        "caption Taliban members patrol",
        "caption Location of Nimroz",
        "caption Location of Nimroz",
        "caption Taliban members walk",
        "caption Taliban members walk",
        "furniture Nguyen Tien (Follow Nikkei)",
        "furniture Leave a Comment",
    ],
    "004": [
        "title From Taliban to ISIS",
        "heading Crushing each other",
        "heading Bloody operations",
    ],
}


def _article(number: str) -> tuple[str, Document]:
    found = sorted(CORPUS.glob(f"{number}_*.txt"))
    if not found:
        pytest.skip("the reference articles are not beside this checkout")
    (document,) = load_file(found[0], Limits()).documents
    return found[0].read_text(encoding="utf-8"), document


@pytest.mark.parametrize("number", EXPECTED)
def test_every_line_of_noise_is_marked_and_no_line_of_argument(number: str) -> None:
    _, document = _article(number)
    found = [f"{r.kind} {document.text[r.start : r.end]}" for r in document.regions]
    expected = EXPECTED[number]
    assert len(found) == len(expected), found
    for region, beginning in zip(found, expected, strict=True):
        assert region.startswith(beginning)


@pytest.mark.parametrize("number", EXPECTED)
def test_only_wrapping_newlines_differ_from_the_file(number: str) -> None:
    raw, document = _article(number)
    assert len(raw) == len(document.text)
    differing = {(a, b) for a, b in zip(raw, document.text, strict=True) if a != b}
    assert differing <= {("\n", " ")}
    assert bool(differing) == (number == "004")


def test_the_wrapped_article_reads_in_its_seventeen_paragraphs() -> None:
    _, document = _article("004")
    paragraphs = document.text.split("\n")
    assert len(paragraphs) == 18  # fifteen of argument, a title and two headings
    kinds = {RegionKind.TITLE, RegionKind.HEADING}
    marked = {document.text[r.start : r.end] for r in document.regions if r.kind in kinds}
    for paragraph in paragraphs:
        assert paragraph in marked or paragraph.endswith((".", "”"))


@pytest.mark.parametrize("number", EXPECTED)
def test_nothing_is_stated_so_nothing_is_guessed(number: str) -> None:
    _, document = _article(number)
    assert document.published is None
    assert document.author is None
    assert document.source is None
    assert document.url is None
    assert document.language == "en"


@pytest.mark.parametrize("number", EXPECTED)
def test_passages_are_whole_sentences_of_a_readable_length(number: str) -> None:
    _, document = _article(number)
    ends = {end for _, end in sentence_spans(document.text)}
    for passage in chunk_document(document):
        assert document.text[passage.start : passage.end] == passage.text
        assert 200 <= len(passage.text) <= 900
        assert passage.end in ends
