import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunk import MIN_PASSAGE_CHARS, chunk_document
from ingest.document import Document, Region, RegionKind
from ingest.regions import body_spans

WORDS = st.sampled_from(
    "the raid struck Kabul İstanbul group 2021 governor — 3.5 “quoted” 日本".split()
)
SENTENCES = st.lists(WORDS, min_size=1, max_size=30).map(lambda w: " ".join(w).capitalize() + ".")
PARAGRAPHS = st.lists(SENTENCES, min_size=1, max_size=12).map(" ".join)


def test_a_passage_never_reaches_across_a_region() -> None:
    text = "One stands here.\nHeading\nTwo stands there."
    document = Document(text, "t", regions=(Region(RegionKind.HEADING, 17, 24),))
    assert [p.text for p in chunk_document(document)] == ["One stands here.", "Two stands there."]


def test_a_document_of_nothing_but_regions_has_no_passages() -> None:
    document = Document("Title", "Title", regions=(Region(RegionKind.TITLE, 0, 5),))
    assert chunk_document(document) == []


def test_repeated_text_gives_each_passage_its_own_place() -> None:
    text = "\n\n".join(["The same words come again and again in this paragraph." * 5] * 20)
    document = Document(text, "t")
    passages = chunk_document(document)
    assert len({p.start for p in passages}) == len(passages)
    assert all(text[p.start : p.end] == p.text for p in passages)
    assert "".join(p.text.replace("\n", "") for p in passages) == text.replace("\n", "")


def test_a_short_last_sentence_shares_its_neighbours_sentences() -> None:
    sentence = "This sentence has been made exactly so long that it fills sixty-nine."
    text = " ".join([sentence] * 13)
    passages = chunk_document(Document(text, "t"))
    assert [len(p.text) >= MIN_PASSAGE_CHARS for p in passages] == [True] * len(passages)
    assert all(p.text.endswith(".") for p in passages)


def test_a_word_longer_than_a_passage_is_still_kept() -> None:
    text = "x" * 2000
    assert "".join(p.text for p in chunk_document(Document(text, "t"))) == text


def test_passages_too_short_to_answer_from_are_refused() -> None:
    with pytest.raises(ValueError, match="choose 200 or more"):
        chunk_document(Document("text", "t"), max_chars=50)


@given(st.lists(PARAGRAPHS, min_size=1, max_size=8), st.integers(200, 900))
def test_passages_are_slices_that_hold_the_whole_body_once(
    paragraphs: list[str], max_chars: int
) -> None:
    text = "\n\n".join(paragraphs)
    end = len(paragraphs[0])
    regions = (Region(RegionKind.HEADING, 0, end),) if len(paragraphs) > 1 else ()
    document = Document(text, "t", regions=regions)
    passages = chunk_document(document, max_chars=max_chars)
    assert all(text[p.start : p.end] == p.text == p.text.strip() for p in passages)
    assert all(len(p.text) <= max_chars * 9 / 8 for p in passages)
    assert all(a.end <= b.start for a, b in itertools.pairwise(passages))
    for p in passages:  # no word is cut where no word is too long
        assert p.end == len(text) or text[p.end].isspace()
    body = "".join(text[start:end] for start, end in body_spans(text, regions))
    assert "".join("".join(p.text for p in passages).split()) == "".join(body.split())
