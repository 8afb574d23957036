"""Kept collections: reports that no run has trained on, as documents with judged questions.

Each collection of `training/reports` tells of one invented conflict in nine or ten paragraphs, and
its questions are put to all of them. Ingested, asked and scored like any gold set, those that are
kept from training measure the whole path on far more questions than the gold sets have, and a judge
can be fitted to one part of them.
"""

from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum

from eval.gold import Kind
from eval.importers import Place, QuestionSet, SourceDocument, SourceQuestion
from ingest.sentences import sentence_spans
from training.sources import COLLECTION, Paragraph, Question, digest, read_reports

# As long as a short report, so that documents have neighbours to confuse and be confused with.
_PARAGRAPHS_A_DOCUMENT = 3


class KeptPart(StrEnum):
    """The part to fit on and the part to measure by; no collection is in both."""

    DEV = "dev"
    TEST = "test"


def kept_collections(part: KeptPart) -> QuestionSet:
    """Return the kept collections of `part`: a document for every three paragraphs of one.

    The evidence is the sentence, or the sentences, that the answer stands in. Questions that no
    paragraph answers were written to look answerable: near misses. Raises SourceError.
    """
    _, kept = read_reports()
    by_article: dict[str, list[Paragraph]] = defaultdict(list)
    for paragraph in kept:
        by_article[paragraph.article].append(paragraph)
    documents: list[SourceDocument] = []
    questions: list[SourceQuestion] = []
    for article, paragraphs in by_article.items():
        if len(paragraphs) < COLLECTION or _part_of(article) is not part:
            continue
        for first in range(0, len(paragraphs), _PARAGRAPHS_A_DOCUMENT):
            group = paragraphs[first : first + _PARAGRAPHS_A_DOCUMENT]
            key = f"{article} ({first // _PARAGRAPHS_A_DOCUMENT + 1})"
            text = "\n\n".join(paragraph.text for paragraph in group)
            documents.append(SourceDocument(key, text, title=key))
            start = 0
            for paragraph in group:
                questions += [
                    _source_question(question, key, paragraph.text, start)
                    for question in paragraph.questions
                ]
                start += len(paragraph.text) + len("\n\n")
    return QuestionSet("the writers of training/reports", tuple(documents), tuple(questions))


def _part_of(article: str) -> KeptPart:
    return KeptPart.TEST if int(digest(article)[:8], 16) % 2 else KeptPart.DEV


def _source_question(question: Question, key: str, text: str, start: int) -> SourceQuestion:
    if not question.answers:
        return SourceQuestion(
            question.question_id, Kind.UNANSWERABLE, question.text, (), near_miss=True, about=key
        )
    [(begin, end)] = question.answers
    evidence = tuple(
        _moved(key, span, start)
        for span in sentence_spans(text)
        if span[0] < end and begin < span[1]
    )
    kind = Kind.WHY if question.text.lower().startswith("why") else Kind.FACT
    parts = (((text[begin:end],), evidence),)
    return SourceQuestion(question.question_id, kind, question.text, parts, about=key)


def _moved(key: str, span: Sequence[int], by: int) -> Place:
    return key, span[0] + by, span[1] + by
