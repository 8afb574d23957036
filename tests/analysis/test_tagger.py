"""Paragraphs as words and sentences: what the rest of the analysis may rely on."""

import pytest

from analysis.names import SHIPPED_NAMES, NameRegister
from analysis.parts_of_speech import PartsOfSpeech
from analysis.tagger import load_tagger, tag
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


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        # Nobody knows Zarvani, who opens a sentence and stands within another.
        ("Militants fled. Zarvani shot two men. Then Zarvani left.", ["two", "Zarvani"]),
        # Everybody is known where the Taliban are alone; the sentence has no open name.
        ("The Taliban killed two gunmen in Afghanistan on Monday.", []),
    ],
)
def test_entities_are_found_in_sentences_with_a_name_that_is_known_to_nobody(
    register: NameRegister, text: str, entities: list[str]
) -> None:
    document = Document(text=f"Gunmen again\n{text}", title="Gunmen")
    paragraph = tag(document, register)[-1]
    assert paragraph.text == text
    found = [entity.text for entity in paragraph.doc.ents]
    assert set(entities) <= set(found) if entities else not found
    for entity in paragraph.doc.ents:
        assert text[entity.start_char : entity.end_char] == entity.text


def test_a_sentence_without_an_open_name_has_no_entities_beside_one_that_has(
    register: NameRegister,
) -> None:
    closed, open_ = "The Taliban killed two gunmen in Afghanistan on Monday.", "Then Zarvani left."
    document = Document(text=f"Gunmen again\n{closed} {open_}", title="Gunmen")
    paragraph = tag(document, register)[-1]
    assert [entity.text for entity in paragraph.doc.ents] == ["Zarvani"]


def test_parts_of_speech_are_those_of_the_pipelines_own_rules() -> None:
    texts = (
        "There was no truce; they didn't, they said, have it, and so it's been war since.",
        "Having had to do this alone, we do what we have done: that which nobody else does.",
        "But once they were here, all but  one of the men that had been hit were gone.\n",
        QUIET,
    )
    pipeline = load_tagger()
    parts_of_speech = PartsOfSpeech(pipeline)
    changed = 0
    for text in texts * 2:
        [ruled] = pipeline.pipe([text], disable=["ner"])
        [doc] = pipeline.pipe([text], disable=["ner", "attribute_ruler"])
        parts_of_speech.set_on(doc)
        assert [(t.tag_, t.dep_, t.pos_) for t in doc] == [(t.tag_, t.dep_, t.pos_) for t in ruled]
        changed += sum(token.pos_ in ("AUX", "SCONJ", "PART", "SPACE") for token in doc)
    assert changed > 20, "the texts no longer have what the rules are for"
