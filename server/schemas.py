"""Bodies of requests and responses, as the public contract names them."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from answer.answer import Answer, Citation
from index.search import DocumentInfo, Filters, Hit

SEVERAL_FILTERS = ("document", "source", "language", "actor", "attack", "strategy")
PERIODS = ("published", "event")
KNOWN_FILTERS = (
    *SEVERAL_FILTERS,
    *(f"{period}_{end}" for period in PERIODS for end in ("from", "to")),
)
MAX_FILTER_VALUES = 100

ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
UPLOAD_PREFIX = "upload:"
SAMPLE_ID = "3f1c" * 16


def _iso_date(value: object) -> date | None:
    # Pydantic alone would read 20230327 as seconds since 1970.
    if value is None or type(value) is date:
        return value
    if isinstance(value, str) and ISO_DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("not a date of the calendar; write it as 2023-03-27")


def _clean_text(value: object) -> object:
    if isinstance(value, str):
        reject_unstorable(value)
    return value


def reject_unstorable(text: str) -> None:
    """Raise ValueError for what JSON can carry but no text can: NUL and lone surrogates."""
    if "\0" in text:
        raise ValueError("contains a NUL character; remove it")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("contains half of a surrogate pair; send whole Unicode characters")


def _as_tuple(value: object) -> object:
    return [value] if isinstance(value, str) else value


IsoDate = Annotated[date | None, BeforeValidator(_iso_date, json_schema_input_type=str | None)]
Text = Annotated[str, BeforeValidator(_clean_text, json_schema_input_type=str)]
Values = Annotated[
    list[Text],
    BeforeValidator(_as_tuple, json_schema_input_type=str | list[str]),
    Field(max_length=MAX_FILTER_VALUES),
]


class FilterFields(BaseModel):
    """Which passages may be used; several values of one filter are alternatives."""

    model_config = ConfigDict(extra="forbid")

    document: Values = Field(default=[], description="Document ids.", examples=[[SAMPLE_ID]])
    source: Values = Field(
        default=[],
        description="Sources, as the documents state them.",
        examples=[["Dossier Sample Notes"]],
    )
    language: Values = Field(default=[], description="ISO 639-1 codes.", examples=[["en"]])
    published_from: IsoDate = Field(
        default=None, description="First day of publication, inclusive.", examples=["2023-01-01"]
    )
    published_to: IsoDate = Field(
        default=None, description="Last day of publication, inclusive.", examples=["2023-12-31"]
    )
    actor: Values = Field(
        default=[],
        description="Actors by id or any name: passages that name one or tell of it.",
        examples=[["ISKP"]],
    )
    attack: Values = Field(
        default=[],
        description="Attacks by id or title: passages that tell of one.",
        examples=[["kabul-airport-2021-08-26"]],
    )
    strategy: Values = Field(
        default=[],
        description="Strategies by id or theme: passages that assert one.",
        examples=[["sectarian division"]],
    )
    event_from: IsoDate = Field(
        default=None,
        description="First day of the events told, inclusive; not of publication.",
        examples=["2021-01-01"],
    )
    event_to: IsoDate = Field(
        default=None, description="Last day of the events told, inclusive.", examples=["2023-12-31"]
    )

    @model_validator(mode="before")
    @classmethod
    def _no_unknown_filter(cls, values: object) -> object:
        if isinstance(values, dict):
            for name in values:
                if name not in cls.model_fields:
                    shown = name if str(name).isprintable() else "that name"
                    raise ValueError(f"{shown} is unknown; known are {', '.join(cls.model_fields)}")
        return values

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name in PERIODS:
            first, last = getattr(self, f"{name}_from"), getattr(self, f"{name}_to")
            if first and last and first > last:
                raise ValueError(f"{name}_from {first} is after {name}_to {last}; swap them")
        return self

    def filters(self) -> Filters:
        """Return the index's form of the filters."""
        return Filters(
            document=tuple(self.document),
            source=tuple(self.source),
            language=tuple(self.language),
            published_from=self.published_from,
            published_to=self.published_to,
            actor=tuple(self.actor),
            attack=tuple(self.attack),
            strategy=tuple(self.strategy),
            event_from=self.event_from,
            event_to=self.event_to,
        )


class SearchParameters(FilterFields):
    """The query of a search and its filters."""

    q: Text = Field(description="What to search for.", examples=["Who claimed the airport attack?"])
    k: int = Field(10, ge=1, description="How many passages, at most.", examples=[10])


class AskRequest(BaseModel):
    """A question, and the conversation that it continues."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "question": "How many people were arrested in Nangarhar?",
                    "filters": {"language": ["en"], "published_from": "2021-01-01"},
                }
            ]
        },
    )

    question: Text = Field(description="The question, in plain words.")
    conversation_id: Text | None = Field(
        None,
        description="Continues the conversation that an earlier reply named; begins one if absent.",
        max_length=64,
    )
    filters: FilterFields = FilterFields()


class DocumentReference(BaseModel):
    """A document as hits and citations name it."""

    id: str = Field(description="SHA-256 of the document's text.")
    title: str
    source: str | None
    published: date | None
    url: str | None

    @classmethod
    def of(cls, info: DocumentInfo) -> "DocumentReference":
        """Return the reference of a document."""
        return cls(
            id=info.id,
            title=info.title,
            source=info.source,
            published=info.published,
            url=info.url,
        )


class HitBody(BaseModel):
    """A passage; offsets count code points of the document's text."""

    rank: int
    score: float = Field(description="Orders this list and means nothing elsewhere.")
    passage_id: str
    start: int
    end: int
    text: str
    highlights: list[tuple[int, int]]
    document: DocumentReference

    @classmethod
    def of(cls, hit: Hit) -> "HitBody":
        """Return a hit's wire form."""
        return cls(
            rank=hit.rank,
            score=hit.score,
            passage_id=hit.passage.id,
            start=hit.passage.start,
            end=hit.passage.end,
            text=hit.passage.text,
            highlights=list(hit.highlights),
            document=DocumentReference.of(hit.document),
        )


class SearchResponse(BaseModel):
    """The passages that best match the query, best first."""

    query: str
    hits: list[HitBody]
    took_ms: int
    explanation: list[str] = Field(
        default=[],
        description="How filters by actor, attack, strategy or event were understood and what they "
        "left; absent without them.",
    )

    @classmethod
    def of(
        cls, query: str, hits: Sequence[Hit], took_ms: int, explanation: Sequence[str]
    ) -> "SearchResponse":
        """Return the wire form of a search's hits."""
        response = cls(query=query, hits=[HitBody.of(hit) for hit in hits], took_ms=took_ms)
        if explanation:
            response.explanation = [*explanation]
        return response


class SpanBody(BaseModel):
    """A stretch of the document's text: half-open, in code points."""

    start: int
    end: int


class CitationBody(BaseModel):
    """Evidence: `text[start:end]` of the document is `quote`; the answer's span lies within."""

    number: int
    document: DocumentReference
    passage_id: str
    start: int
    end: int
    quote: str
    answer_start: int
    answer_end: int
    listed: list[SpanBody] = Field(
        default=[], description="Where the answer is a list, each thing that it lists; else empty."
    )

    @classmethod
    def of(cls, citation: Citation) -> "CitationBody":
        """Return a citation's wire form."""
        return cls(
            number=citation.number,
            document=DocumentReference.of(citation.document),
            passage_id=citation.passage_id,
            start=citation.start,
            end=citation.end,
            quote=citation.quote,
            answer_start=citation.answer_start,
            answer_end=citation.answer_end,
            listed=[SpanBody(start=start, end=end) for start, end in citation.listed],
        )


class ConflictValue(BaseModel):
    """One of the values that sources give, and the citations that give it."""

    value: str
    citations: list[int]


class ConflictBody(BaseModel):
    """What sources differ on."""

    about: str
    values: list[ConflictValue]


class AskResponse(BaseModel):
    """What the documents say to a question."""

    id: str = Field(description="Hash of index, configuration and question: same id, same answer.")
    question: str
    interpreted_question: str = Field(description="The question as it was understood.")
    status: Literal["answered", "not_found"]
    answer: str | None = Field(
        description="The shortest span that answers, as the document has it."
    )
    confidence: float = Field(
        description="Calibrated probability, 0 to 1: that the answer is right or, where none is "
        "given, that the documents answer after all."
    )
    citations: list[CitationBody]
    conflicts: list[ConflictBody]
    nearest: list[HitBody] = Field(description="What came closest when nothing answers.")
    explanation: str
    conversation_id: str
    took_ms: int

    @classmethod
    def of(cls, answer: Answer, conversation_id: str, took_ms: int) -> "AskResponse":
        """Return an answer's wire form."""
        return cls(
            id=answer.id,
            question=answer.question,
            interpreted_question=answer.interpreted_question,
            status=answer.status.value,
            answer=answer.answer,
            confidence=answer.confidence,
            citations=[CitationBody.of(citation) for citation in answer.citations],
            conflicts=[
                ConflictBody(
                    about=conflict.about,
                    values=[
                        ConflictValue(value=value, citations=list(numbers))
                        for value, numbers in conflict.values
                    ],
                )
                for conflict in answer.conflicts
            ],
            nearest=[HitBody.of(hit) for hit in answer.nearest],
            explanation=answer.explanation,
            conversation_id=conversation_id,
            took_ms=took_ms,
        )


class DocumentSummary(DocumentReference):
    """A document without its text."""

    author: str | None
    language: str | None = Field(description="ISO 639-1 code.")
    chars: int = Field(description="Length of the text in code points.")
    files: list[str] = Field(description="Names of the files it was read from, or URLs.")
    near_duplicates: list[str] = Field(description="Ids of documents with almost the same text.")

    @classmethod
    def of_info(cls, info: DocumentInfo, near_duplicates: list[str]) -> "DocumentSummary":
        """Return a document's wire form."""
        return cls(
            **DocumentReference.of(info).model_dump(),
            author=info.author,
            language=info.language,
            chars=info.chars,
            files=[shown_path(path) for path in info.paths],
            near_duplicates=near_duplicates,
        )


class DocumentList(BaseModel):
    """A page of the document list."""

    total: int
    documents: list[DocumentSummary]


class RegionBody(BaseModel):
    """A stretch of text that is not the author's argument and answers no question."""

    kind: str
    start: int
    end: int


class DocumentBody(DocumentSummary):
    """A document's metadata with its regions; its text is at `/text`."""

    regions: list[RegionBody]
    page_starts: list[int] = Field(description="Where each page begins; empty without pages.")
    not_searched: list[str] = Field(
        description="What was not searched for actors, attacks and strategies, and why; empty "
        "where the whole text was."
    )


class FileResult(BaseModel):
    """What happened to one document of one file, or to a file that gave none."""

    file: str
    status: Literal["added", "unchanged", "replaced", "duplicate", "removed", "skipped"]
    document: DocumentReference | None
    reason: str | None
    hint: str | None


class UploadResponse(BaseModel):
    """What happened, file by file, in the order sent."""

    files: list[FileResult]


class FeedbackRequest(BaseModel):
    """A reader's verdict on an answer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"answer_id": SAMPLE_ID, "verdict": "right"}]},
    )

    answer_id: Text = Field(description="The `id` of an answer that was given.", max_length=128)
    verdict: Literal["right", "wrong"]
    comment: Text | None = Field(None, max_length=2_000, description="In the reader's words.")


class FeedbackResponse(BaseModel):
    """The number under which the feedback is kept."""

    id: int


class ErrorDetail(BaseModel):
    """What is wrong and what to do."""

    code: str = Field(description="Stable; programs branch on it.")
    message: str
    hint: str


class ErrorBody(BaseModel):
    """The form of every error."""

    error: ErrorDetail


def shown_path(path: str) -> str:
    """Return what clients may see of where a document was read: a URL or a bare file name."""
    if path.startswith(("http://", "https://")):
        return path
    name = path.removeprefix(UPLOAD_PREFIX)
    return re.split(r"[\\/]", name)[-1] or "unnamed"


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of these error statuses."""
    return {status: {"model": ErrorBody} for status in statuses}
