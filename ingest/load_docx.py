"""DOCX: paragraphs, tables and notes in document order."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
import lxml.etree
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from ingest.document import RegionKind
from ingest.metadata import Stated, clean_language, property_author, property_title
from ingest.outcome import Limits, LoadError
from ingest.parsed import Block, Parsed, join_blocks

MAX_PARTS = 5_000
# A cell beyond this is a column of a page laid out as a table, not a figure in one.
MAX_CELL_CHARS = 400

_DAMAGED = "open it in a word processor and save it again as .docx"
_KIND_OF_STYLE = (
    (re.compile(r"title$", re.IGNORECASE), RegionKind.TITLE),
    (re.compile(r"sub-?title|heading|überschrift|başlık", re.IGNORECASE), RegionKind.HEADING),
    (re.compile(r"caption|beschriftung", re.IGNORECASE), RegionKind.CAPTION),
    (re.compile(r"(?:foot|end)note", re.IGNORECASE), RegionKind.FOOTNOTE),
    (re.compile(r"toc\b|table of contents|header|footer", re.IGNORECASE), RegionKind.FURNITURE),
)


def parse(data: bytes, limits: Limits) -> Iterator[Parsed]:
    """Yield the one document that `data` holds.

    Tables are rows with bars between the cells. Deleted text of tracked changes is gone, inserted
    text is there. Footnotes stand at the end, their numbers in brackets where the text refers to
    them.
    """
    _check_archive(data, limits)
    try:
        document: Any = docx.Document(io.BytesIO(data))
    except Exception as error:  # python-docx raises whatever its parts stumble over
        raise LoadError(f"is no readable Word document ({_reason(error)})", _DAMAGED) from error
    reader = _Reader(document)
    blocks = [
        *(Block(text, RegionKind.FURNITURE) for text in _running_lines(document, "header")),
        *reader.body(),
        *reader.notes(),
        *(Block(text, RegionKind.FURNITURE) for text in _running_lines(document, "footer")),
    ]
    properties = document.core_properties
    stated_title = property_title(properties.title)
    blocks, heading = _one_title(blocks)
    text, marked = join_blocks(blocks)
    yield Parsed(
        text=text,
        stated=Stated(
            title=heading or stated_title,
            author=property_author(properties.author),
            language=clean_language(properties.language),
        ),
        marked=marked,
        has_marked_headings=any(block.kind is RegionKind.HEADING for block in blocks),
    )


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _check_archive(data: bytes, limits: Limits) -> None:
    """Refuse archives that are damaged, locked, no Word file, or larger unpacked than allowed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if not any(part.filename.lstrip("/") == "word/document.xml" for part in parts):
                raise LoadError("is a ZIP archive, but no Word document", "unpack it first")
            if any(part.flag_bits & 1 for part in parts):
                raise LoadError("is encrypted", "remove its password")
            declared = sum(part.file_size for part in parts)
            if len(parts) > MAX_PARTS or declared > limits.max_expanded_bytes:
                raise _bomb(f"{len(parts):,} parts of together {declared:,} bytes", limits)
            _check_parts(archive, parts, limits)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError) as error:
        raise LoadError(f"is a damaged DOCX ({_reason(error)})", _DAMAGED) from error
    except (OSError, ValueError, lxml.etree.LxmlError) as error:
        raise LoadError(f"is a damaged DOCX ({_reason(error)})", _DAMAGED) from error


def _check_parts(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Unpack piece by piece, as declared sizes may be lies; look for entities."""
    unpacked = 0
    for part in parts:
        tail = b""
        with archive.open(part) as stream:
            while chunk := stream.read(2**16):
                unpacked += len(chunk)
                if unpacked > limits.max_expanded_bytes:
                    raise _bomb(f"more than {unpacked:,} bytes", limits)
                if part.filename.endswith((".xml", ".rels")) and b"<!" in tail + chunk:
                    window = (tail + chunk).upper()
                    if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                        raise LoadError(
                            f"declares entities in {part.filename[:80]!r}, which Word never does",
                            _DAMAGED,
                        )
                tail = chunk[-16:]


def _bomb(found: str, limits: Limits) -> LoadError:
    return LoadError(
        f"unpacks to {found}, the limit is {limits.max_expanded_bytes:,} bytes",
        "remove its pictures or split it; if it came from a stranger, delete it",
    )


def _running_lines(document: Any, which: str) -> list[str]:
    """The headers' or footers' lines, each once."""
    lines: dict[str, None] = {}
    for section in document.sections:
        part = getattr(section, which)
        if not part.is_linked_to_previous:
            for paragraph in part.paragraphs:
                if paragraph.text.strip():
                    lines[paragraph.text.strip()] = None
    return list(lines)


def _one_title(blocks: list[Block]) -> tuple[list[Block], str | None]:
    """Leave the first TITLE; later ones are headings."""
    titles = [i for i, block in enumerate(blocks) if block.kind is RegionKind.TITLE]
    if not titles:
        return blocks, None
    kept = [
        Block(block.text, RegionKind.HEADING) if index in titles[1:] else block
        for index, block in enumerate(blocks)
    ]
    return kept, " ".join(blocks[titles[0]].text.split()) or None


class _Reader:
    """Walks the document's XML, as python-docx leaves out content controls and insertions."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._note_numbers: dict[tuple[str, str], int] = {}

    def body(self) -> list[Block]:
        return list(self._children(self._document.element.body))

    def notes(self) -> list[Block]:
        """The notes that the text refers to, in that order."""
        texts: dict[tuple[str, str], str] = {}
        for relation in self._document.part.rels.values():
            kind = relation.reltype.rpartition("/")[2]
            if relation.is_external or kind not in ("footnotes", "endnotes"):
                continue
            parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True)
            root = lxml.etree.fromstring(relation.target_part.blob, parser)
            for note in root:
                texts[kind, note.get(qn("w:id"), "")] = self._text(note)
        return [
            Block(f"[{number}] {' '.join(texts[key].split())}", RegionKind.FOOTNOTE)
            for key, number in self._note_numbers.items()
            if texts.get(key, "").strip()
        ]

    def _children(self, parent: Any) -> Iterator[Block]:
        for child in parent:
            if child.tag == qn("w:p"):
                text = self._text(child)
                if text.strip():
                    yield Block(text, self._kind(child))
            elif child.tag == qn("w:tbl"):
                yield from self._table(child)
            elif child.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:customXml"), qn("w:ins")):
                yield from self._children(child)

    def _table(self, table: Any) -> Iterator[Block]:
        rows: list[str] = []
        for row in table.iter(qn("w:tr")):
            cells = [self._text(cell) for cell in row.iter(qn("w:tc"))]
            if any(len(cell) > MAX_CELL_CHARS for cell in cells):
                if rows:
                    yield Block("\n".join(rows))
                    rows = []
                for cell in row.iter(qn("w:tc")):
                    yield from self._children(cell)
            elif any(cell.strip() for cell in cells):
                rows.append(" | ".join(" ".join(cell.split()) for cell in cells))
        if rows:
            yield Block("\n".join(rows))

    def _text(self, element: Any) -> str:
        pieces: list[str] = []
        self._collect(element, pieces)
        return "".join(pieces)

    def _collect(self, element: Any, pieces: list[str]) -> None:
        """Gather text; the alternative drawing of a text box would say everything twice."""
        for child in element:
            tag = child.tag
            if tag == qn("w:t"):
                pieces.append(child.text or "")
            elif tag == qn("w:tab"):
                pieces.append(" ")
            elif tag in (qn("w:br"), qn("w:cr")):
                pieces.append("\n")
            elif tag == qn("w:noBreakHyphen"):
                pieces.append("-")
            elif tag in (qn("w:footnoteReference"), qn("w:endnoteReference")):
                kind = "footnotes" if tag == qn("w:footnoteReference") else "endnotes"
                key = (kind, child.get(qn("w:id"), ""))
                pieces.append(
                    f"[{self._note_numbers.setdefault(key, len(self._note_numbers) + 1)}]"
                )
            elif isinstance(tag, str) and not tag.endswith("}Fallback") and tag != qn("w:del"):
                is_block = tag in (qn("w:p"), qn("w:tbl"))
                if is_block and pieces:
                    pieces.append("\n")
                self._collect(child, pieces)

    def _kind(self, paragraph: Any) -> RegionKind | None:
        style: Any = Paragraph(paragraph, self._document._body).style
        for _ in range(5):  # a style of one's own is told by what it is based on
            if style is None:
                return None
            name = style.name or ""
            for pattern, kind in _KIND_OF_STYLE:
                if pattern.match(name):
                    return kind
            style = style.base_style
        return None
