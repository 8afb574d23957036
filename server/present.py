"""Presentation: answers and documents cut into the pieces that the templates draw.

All slicing happens here, in code points; browsers, which count UTF-16 units, never slice.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape

from index.search import DocumentInfo
from index.store import Snapshot
from ingest.document import Document
from server.record_schemas import Words
from server.schemas import AskResponse, CitationBody, DocumentReference, HitBody, shown_path

LANGUAGES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fr": "French",
    "it": "Italian",
    "ps": "Pashto",
    "ru": "Russian",
    "tg": "Tajik",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "uz": "Uzbek",
    "zh": "Chinese",
}
CONFIDENCE_WORDS = (
    (0.9, "very likely right"),
    (0.75, "probably right"),
    (0.5, "more likely right than wrong"),
    (0.0, "uncertain: read the passage"),
)
# What moves, hides or reorders other characters; zero-width joiners stay, Persian needs them.
CONTROLS = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb]"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text drawn in one way."""

    text: str
    mark: str = ""
    """"" for plain text, "quote" for the cited sentences, "answer" for the span in them."""
    kind: str = ""
    """Region kind where the stretch is not body."""
    first: bool = False
    """Whether it begins the citation, and so is where the reader opens."""


@dataclass(frozen=True, slots=True)
class CitationView:
    """A citation as drawn; without pieces where the document no longer says so."""

    number: int
    title: str
    details: str
    url: str | None
    href: str
    language: str | None
    pieces: tuple[Piece, ...]
    copy_text: str


@dataclass(frozen=True, slots=True)
class ConflictSide:
    """One value that sources give, with the citations that give it."""

    value: str
    citations: tuple[CitationView, ...]


@dataclass(frozen=True, slots=True)
class ConflictView:
    """What sources differ on, side by side."""

    about: str
    sides: tuple[ConflictSide, ...]


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer as drawn."""

    id: str
    conversation_id: str
    question: str
    interpreted_question: str | None
    answered: bool
    answer: str | None
    confidence_words: str
    refusal_words: str
    confidence_percent: int
    citations: tuple[CitationView, ...]
    conflicts: tuple[ConflictView, ...]
    nearest: tuple[CitationView, ...]
    explanation: str
    took_ms: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the reader; `page` is set on the first of a page."""

    kind: str
    pieces: tuple[Piece, ...]
    page: int | None


def answer_view(response: AskResponse, snapshot: Snapshot) -> AnswerView:
    """Return what the template draws, every quote checked against the collection as it is now."""
    citations = tuple(_citation(citation, snapshot) for citation in response.citations)
    by_number = {citation.number: citation for citation in citations}
    answered = response.status == "answered"
    interpreted = response.interpreted_question
    # An answer whose every quote has left the collection would be an answer without evidence.
    stands = any(citation.pieces for citation in citations)
    return AnswerView(
        id=response.id,
        conversation_id=response.conversation_id,
        question=response.question,
        interpreted_question=interpreted if interpreted != response.question else None,
        answered=answered,
        answer=response.answer if stands else None,
        confidence_words=confidence_words(response.confidence),
        refusal_words=refusal_words(response.confidence),
        confidence_percent=percent(response.confidence),
        citations=citations,
        conflicts=tuple(
            ConflictView(
                about=conflict.about,
                sides=tuple(
                    ConflictSide(
                        value.value, tuple(by_number[n] for n in value.citations if n in by_number)
                    )
                    for value in conflict.values
                ),
            )
            for conflict in response.conflicts
        )
        if stands
        else (),
        nearest=tuple(_nearest(hit, snapshot) for hit in response.nearest),
        explanation=response.explanation,
        took_ms=response.took_ms,
    )


def confidence_words(confidence: float) -> str:
    """Return what a probability of being right means, in words."""
    return next(words for least, words in CONFIDENCE_WORDS if confidence >= least)


def refusal_words(chance: float) -> str:
    """Say that nothing is answered, by how likely it is that the documents answer after all."""
    if chance < 0.5:
        return "The documents do not answer this."
    return "No passage answers this surely enough."


def percent(confidence: float) -> int:
    """Return whole percent, never claiming certainty that rounding would invent."""
    return (
        min(99, max(1, round(confidence * 100))) if 0 < confidence < 1 else round(confidence * 100)
    )


def paragraphs(
    document: Document, quote: tuple[int, int] | None, answer: tuple[int, int] | None
) -> list[Paragraph]:
    """Cut a document's text into paragraphs, with regions and the cited span in them.

    The span may cross paragraphs and regions; each paragraph then carries its part of it.
    """
    text = document.text
    region_starts = [region.start for region in document.regions]
    edges = {edge for region in document.regions for edge in (region.start, region.end)}
    cuts = sorted(edges.union(quote or (), answer or ()))
    result: list[Paragraph] = []
    shown_page = 0
    cited = False
    for line in re.finditer(r"[^\n]*\S[^\n]*", text):
        start, end = line.span()
        inner = cuts[bisect_right(cuts, start) : bisect_left(cuts, end)]
        pieces: list[Piece] = []
        for left, right in pairwise([start, *inner, end]):
            at = bisect_right(region_starts, left) - 1
            inside = at >= 0 and left < document.regions[at].end
            kind = document.regions[at].kind.value if inside else ""
            mark = "answer" if _within(left, answer) else "quote" if _within(left, quote) else ""
            pieces.append(Piece(text[left:right], mark, kind, first=bool(mark) and not cited))
            cited = cited or bool(mark)
        kinds = {piece.kind for piece in pieces if piece.text.strip()}
        whole = kinds.pop() if len(kinds) == 1 else ""
        if whole:
            pieces = [replace(piece, kind="") for piece in pieces]
        page = bisect_right(document.page_starts, start)
        result.append(Paragraph(whole, tuple(pieces), page if page != shown_page else None))
        shown_page = page
    return result


def visible(text: str | None) -> Markup:
    """Return `text` escaped, with each control that could deceive shown as a badge by its code."""
    parts: list[Markup] = []
    position = 0
    for match in CONTROLS.finditer(text or ""):
        char = match.group()
        parts.append(escape((text or "")[position : match.start()]))
        name = unicodedata.name(char, "control character").lower()
        parts.append(
            Markup('<span class="control" data-code="U+{:04X}" title="{}"></span>').format(
                ord(char), name
            )
        )
        position = match.end()
    parts.append(escape((text or "")[position:]))
    return Markup("").join(parts)


def plain(text: str | None) -> str:
    """Return `text` without such controls, for places that cannot hold a badge."""
    return CONTROLS.sub("", text or "")


def long_date(day: date | None) -> str:
    """Return a date as people write it."""
    return f"{day.day} {day:%B %Y}" if day else ""


def period(first: date | None, last: date | None) -> str:
    """Return what is known of a date as people write it: a day, a month, a year, from … to …."""
    if first is None or last is None:
        return long_date(first or last) or "date not known"
    if first == last:
        return long_date(first)
    # The day after a month's or a year's last one is a first one.
    whole = first.day == 1 and last < date.max and (last + timedelta(days=1)).day == 1
    if whole and (first.year, first.month) == (last.year, last.month):
        return f"{first:%B %Y}"
    if whole and first.year == last.year and (first.month, last.month) == (1, 12):
        return str(first.year)
    return f"{long_date(first)} to {long_date(last)}"


def brief(text: str, limit: int = 120) -> str:
    """Return a name or a title short enough for a line; never for what is quoted."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def once(values: Iterable[Any], *attributes: str) -> list[Any]:
    """Return the first of each group of values that agree in the attributes."""
    found: dict[str, Any] = {}
    for value in values:
        found.setdefault(repr([getattr(value, name) for name in attributes]), value)
    return [*found.values()]


def by_document(citations: Iterable[Words]) -> list[tuple[DocumentReference, list[Words]]]:
    """Return citations by the document that they are from, the most frequent first."""
    held: dict[str, list[Words]] = {}
    for words in citations:
        held.setdefault(words.document.id, []).append(words)
    groups = sorted(held.values(), key=len, reverse=True)
    return [(group[0].document, group) for group in groups]


def words_href(words: Words) -> str:
    """Return the reader's address that opens at the words of a record."""
    return document_href(words.document.id, words.start, words.end)


def record_href(record_id: str, kind: str) -> str:
    """Return the address of the page of an actor or an attack."""
    return f"/{kind}/{quote(record_id, safe='')}"


def language_name(code: str | None) -> str:
    """Return a language's English name, or its code."""
    return LANGUAGES.get(code or "", code or "")


def byte_size(count: int) -> str:
    """Return a number of bytes as people write it."""
    for unit, size in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if count >= size:
            return f"{count / size:.4g} {unit}"
    return f"{count} bytes"


def web_link(url: str | None) -> str | None:
    """Return `url` if following it is harmless: a document may state a javascript: one."""
    return url if url and re.match(r"https?://", url, re.IGNORECASE) else None


def document_href(
    document_id: str, start: int, end: int, answer: tuple[int, int] | None = None
) -> str:
    """Return the reader's address that opens at a span."""
    query = {"start": start, "end": end}
    if answer:
        query |= {"answer_start": answer[0], "answer_end": answer[1]}
    return f"/documents/{document_id}?{urlencode(query)}#cited"


def file_names(info: DocumentInfo | Document) -> list[str]:
    """Return where a document was read from, as far as clients may know."""
    return [shown_path(path) for path in info.paths]


def cut(text: str, start: int, spans: Iterable[tuple[int, int]], mark: str) -> list[Piece]:
    """Cut `text`, which begins at `start` of its document, at disjoint sorted spans of it."""
    pieces: list[Piece] = []
    position = start
    for left, right in spans:
        left, right = max(left, position), min(right, start + len(text))
        if left < right:
            pieces.append(Piece(text[position - start : left - start]))
            pieces.append(Piece(text[left - start : right - start], mark))
            position = right
    pieces.append(Piece(text[position - start :]))
    return [piece for piece in pieces if piece.text]


def _within(offset: int, span: tuple[int, int] | None) -> bool:
    return span is not None and span[0] <= offset < span[1]


def _details(reference: DocumentReference, page: int | None) -> str:
    published = long_date(reference.published) or "no date stated"
    parts = [reference.source or "source not stated", published]
    if page is not None:
        parts.append(f"page {page}")
    return " · ".join(plain(part) for part in parts)


def _citation(citation: CitationBody, snapshot: Snapshot) -> CitationView:
    document = snapshot.document(citation.document.id)
    stands = document is not None and document.text[citation.start : citation.end] == citation.quote
    page = document.page_of(citation.start) if document and stands else None
    span = (citation.answer_start, citation.answer_end)
    marked = [(item.start, item.end) for item in citation.listed] or [span]
    details = _details(citation.document, page)
    return CitationView(
        number=citation.number,
        title=citation.document.title,
        details=details,
        url=web_link(citation.document.url),
        href=document_href(citation.document.id, citation.start, citation.end, span),
        language=document.language if document else None,
        pieces=tuple(cut(citation.quote, citation.start, marked, "answer")) if stands else (),
        copy_text=f"“{citation.quote}” ({citation.document.title}; {details}; "
        f"characters {citation.start} to {citation.end})",
    )


def _nearest(hit: HitBody, snapshot: Snapshot) -> CitationView:
    document = snapshot.document(hit.document.id)
    stands = document is not None and document.text[hit.start : hit.end] == hit.text
    page = document.page_of(hit.start) if document and stands else None
    pieces = cut(hit.text, hit.start, sorted(hit.highlights), "term")
    return CitationView(
        number=hit.rank,
        title=hit.document.title,
        details=_details(hit.document, page),
        url=web_link(hit.document.url),
        href=document_href(hit.document.id, hit.start, hit.end),
        language=document.language if document else None,
        pieces=tuple(pieces) if stands else (),
        copy_text="",
    )
