"""Document: the readable text of one source, with its metadata and its marked regions."""

import hashlib
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class RegionKind(StrEnum):
    """What a stretch of text is when it is not the author's argument."""

    TITLE = "title"
    HEADING = "heading"
    FURNITURE = "furniture"
    BIOGRAPHY = "biography"
    FOOTNOTE = "footnote"
    CAPTION = "caption"


@dataclass(frozen=True, slots=True)
class Region:
    """A marked stretch `text[start:end]` that stays readable but answers no question."""

    kind: RegionKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """One source's whole readable text, in reading order, Unicode NFC.

    All offsets, here and everywhere, are half-open and count code points of `text`. In `text` a
    newline always ends a paragraph: line breaks that only wrap a paragraph have been replaced, one
    for one, by spaces, so no offset moves. `regions` are sorted and do not overlap; what no region
    covers is body. Metadata holds what the source states; what it does not state is None, never a
    guess.

    Raises ValueError if `text` is blank or not NFC, or if regions or page starts do not fit it.
    """

    text: str
    title: str
    language: str | None = None
    """ISO 639-1 code, detected from the body; None where too little text is there to tell."""
    source: str | None = None
    author: str | None = None
    published: date | None = None
    url: str | None = None
    paths: tuple[str, ...] = ()
    """Where it was read from: absolute paths, URLs or `upload:NAME`; several for duplicates."""
    regions: tuple[Region, ...] = ()
    page_starts: tuple[int, ...] = ()
    """Where each page begins, for paged formats; an empty page begins where the next one does."""
    id: str = field(init=False)
    """SHA-256 of `text` in UTF-8, 64 hexadecimal digits."""

    def __post_init__(self) -> None:
        """Check the fields and take the id from the text."""
        if not self.text.strip():
            raise ValueError("a document needs text; found only white space")
        if not unicodedata.is_normalized("NFC", self.text):
            raise ValueError("a document's text must be Unicode NFC; normalize it before building")
        end_of_last = 0
        for region in self.regions:
            if not end_of_last <= region.start < region.end <= len(self.text):
                raise ValueError(
                    f"region {region} must start at or after {end_of_last} and end by "
                    f"{len(self.text)}; sort regions and merge overlaps"
                )
            end_of_last = region.end
        if list(self.page_starts) != sorted(self.page_starts) or any(
            not 0 <= start <= len(self.text) for start in self.page_starts
        ):
            raise ValueError(
                f"page starts must not fall and lie within the text; found {self.page_starts}"
            )
        digest = hashlib.sha256(self.text.encode("utf-8")).hexdigest()
        object.__setattr__(self, "id", digest)

    def page_of(self, offset: int) -> int | None:
        """Return the page, from 1, that `offset` lies on; None for formats without pages."""
        return sum(start <= offset for start in self.page_starts) or None
