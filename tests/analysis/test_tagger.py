"""Paragraphs as words and sentences: what the rest of the analysis may rely on."""

import pytest

from analysis.names import SHIPPED_NAMES, NameRegister
from analysis.tagger import tag
from ingest.document import Document

QUIET = (
    "It's the harvest that counts here — until the rains come — and it won't wait: in Dec. the "
    "price — 5 per cent more — isn't paid.\tPay by 7 p.m. or don't come. Farmers — young and old — "
    "say so."
)
"""Tells of nothing that would have it parsed."""


@pytest.fixture(scope="module")
def register() -> NameRegister:
    return NameRegister.load(SHIPPED_NAMES)


def test_a_word_of_a_paragraph_without_grammar_is_its_own_phrase(register: NameRegister) -> None:
    [paragraph] = tag(Document(text=QUIET, title="Harvest"), register)
    assert not paragraph.doc.has_annotation("DEP")
    assert [(t.left_edge.i, t.right_edge.i) for t in paragraph.doc] == [
        (t.i, t.i) for t in paragraph.doc
    ]
    assert all(not list(t.children) for t in paragraph.doc)


def test_a_paragraph_without_grammar_has_the_documents_characters_and_sentences(
    register: NameRegister,
) -> None:
    document = Document(text=f"Harvest\n{QUIET}\nPrices", title="Harvest")
    for paragraph in tag(document, register):
        end = paragraph.start + len(paragraph.text)
        assert document.text[paragraph.start : end] == paragraph.text
    longest = max(tag(document, register), key=lambda each: len(each.doc))
    sentences = [str(sentence).strip() for sentence in longest.doc.sents]
    assert sentences[0].startswith("It's the harvest")
    assert "Farmers — young and old — say so." in sentences
