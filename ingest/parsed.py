"""Parsed: what every loader returns, before regions are marked and the document is built."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from ingest.decode import clean_characters
from ingest.document import Document, Region, RegionKind
from ingest.language import detect_language
from ingest.metadata import Stated, readable_name
from ingest.outcome import Limits, LoadError
from ingest.regions import body_text, mark_regions


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading, caption or table row of a structured format."""

    text: str
    kind: RegionKind | None = None
    """What the format says it is; None where it says nothing."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """One document's text as the format gives it."""

    text: str
    stated: Stated = field(default_factory=Stated)
    marked: tuple[Region, ...] = ()
    """Regions that the format itself tells."""
    has_marked_headings: bool = False
    page_starts: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
    line: int | None = None
    """Its line, from 1, where the source holds one document a line."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """One line of a JSONL file that is no document."""

    number: int
    """From 1."""
    error: LoadError


def clean_block(text: str) -> str:
    """Return a block's text in NFC with each run of white space as one space; lines stay lines."""
    cleaned, _ = clean_characters(text)
    lines = (re.sub(r"\s+", " ", line).strip() for line in cleaned.split("\n"))
    return unicodedata.normalize("NFC", "\n".join(line for line in lines if line))


def join_blocks(blocks: Iterable[Block]) -> tuple[str, tuple[Region, ...]]:
    """Return the text of `blocks`, a blank line between each two, and the regions they make.

    Blank blocks vanish. NFC of the whole holds because a newline never composes.
    """
    pieces: list[str] = []
    regions: list[Region] = []
    offset = 0
    for block in blocks:
        text = clean_block(block.text)
        if not text:
            continue
        pieces.append(text)
        if block.kind is not None:
            regions.append(Region(block.kind, offset, offset + len(text)))
        offset += len(text) + 2
    return "\n\n".join(pieces), tuple(regions)


def build_document(parsed: Parsed, path: str, limits: Limits) -> Document:
    """Return the document that `parsed` becomes: regions marked, language detected, title found.

    Raises LoadError where there is no text or too much.
    """
    text = parsed.text
    if not text.strip():
        raise LoadError("holds no text", "give a file with text in it")
    if len(text) > limits.max_text_chars:
        raise LoadError(
            f"has {len(text):,} characters of text, the limit is {limits.max_text_chars:,}",
            "split it into several documents",
        )
    regions, stated = mark_regions(
        text, parsed.marked, parsed.stated, has_marked_headings=parsed.has_marked_headings
    )
    body = body_text(text, regions)
    return Document(
        text=text,
        title=stated.title or readable_name(path),
        language=detect_language(body) or stated.language,
        source=stated.source,
        author=stated.author,
        published=stated.published,
        url=stated.url,
        paths=(path,),
        regions=regions,
        page_starts=parsed.page_starts,
    )
