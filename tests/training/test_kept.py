"""Collections kept from training: documents with judged questions, in two parts that are apart."""

from pathlib import Path

import pytest

from eval.importers import write_question_set
from training.kept import KeptPart, kept_collections
from training.sources import read_reports


@pytest.mark.parametrize("part", KeptPart)
def test_every_place_of_evidence_holds_its_answer(part: KeptPart, tmp_path: Path) -> None:
    question_set = kept_collections(part)
    texts = {document.key: document.text for document in question_set.documents}
    answerable = [question for question in question_set.questions if question.parts]
    assert len(answerable) > 500
    for question in answerable:
        [(answers, places)] = question.parts
        assert any(
            answer in " ".join(texts[key][start:end] for key, start, end in places)
            for answer in answers
        )
    # Written, the gold set names the documents as an ingest would, or writing fails.
    gold = write_question_set(question_set, tmp_path)
    assert len(gold) == len(question_set.questions)
    assert all(question.near_miss for question in gold if not question.answerable)


def test_no_collection_is_in_both_parts_or_was_trained_on() -> None:
    trained = {paragraph.text for paragraph in read_reports()[0]}
    dev, test = (
        {
            paragraph
            for document in kept_collections(part).documents
            for paragraph in document.text.split("\n\n")
        }
        for part in KeptPart
    )
    assert dev and test
    assert not dev & test
    assert not (dev | test) & trained
