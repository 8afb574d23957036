"""PDF: text by page, lines joined to paragraphs, running heads told from the argument."""

import ctypes
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from ingest.document import RegionKind
from ingest.metadata import Stated, property_author, property_title
from ingest.outcome import Limits, LoadError
from ingest.paragraphs import ENDS_SENTENCE, LIST_ITEM
from ingest.parsed import Block, Parsed, clean_block, join_blocks

# Running heads and page numbers stand in this share of the page's height, at the top and bottom.
MARGIN_SHARE = 0.12
# Type larger than the body's by this factor is a heading, smaller by that one a footnote.
HEADING_SIZE = 1.08
FOOTNOTE_SIZE = 0.93
BOLD_WEIGHT = 600
MAX_HEADING_CHARS = 160

# PDFium puts one of these where a hyphen ended a line.
_SOFT_HYPHENS = "\x02\ufffe\xad"
_PAGE_NUMBER = re.compile(
    r"\W*(?:page|seite|sayfa|p\.)?\s*\d{1,4}(?:\s*(?:/|of|von)\s*\d{1,4})?\W*", re.I
)
_NOTE_START = re.compile(r"\[?\d{1,3}[\].)]?\s*\S|[*†‡]")
_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class _Line:
    page: int
    text: str
    left: float
    right: float
    baseline: float
    size: float
    is_bold: bool
    height_share: float
    """How high on its page it stands: 0 at the bottom, 1 at the top."""

    @property
    def ends_with_hyphen(self) -> bool:
        return self.text[-1] in _SOFT_HYPHENS + "-" and len(self.text) > 1

    @property
    def char_width(self) -> float:
        return (self.right - self.left) / max(1, len(self.text))


@dataclass(slots=True)
class _Paragraph:
    lines: list[_Line] = field(default_factory=list)


def parse(data: bytes, limits: Limits) -> Iterator[Parsed]:
    """Yield the one document that `data` holds.

    A paragraph that runs over a page's end reads as one; the running heads of the page that it ends
    on follow it. Words divided at a line's end are whole again.
    """
    if b"%%EOF" not in data[-_TAIL_BYTES:]:
        # PDFium would rebuild what it can and lose the rest in silence.
        raise LoadError("is a truncated PDF: its end mark is missing", "fetch or export it again")
    try:
        document: Any = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise LoadError("is an encrypted PDF", "remove its password") from error
        raise LoadError(f"is a damaged PDF ({error})", "fetch or export it again") from error
    try:
        yield _parse(document, limits)
    except pypdfium2.PdfiumError as error:
        raise LoadError(f"is a damaged PDF ({error})", "fetch or export it again") from error
    finally:
        document.close()


def _parse(document: Any, limits: Limits) -> Parsed:
    count = len(document)
    if count > limits.max_pages:
        raise LoadError(f"has {count:,} pages, the limit is {limits.max_pages:,}", "split it")
    pages = []
    chars = 0
    for number in range(count):
        lines = _page_lines(document[number], number)
        pages.append(lines)
        chars += sum(len(line.text) for line in lines)
        if chars > limits.max_text_chars:
            raise LoadError(
                f"has more than {limits.max_text_chars:,} characters", "split it into parts"
            )
    if not any(pages):
        raise LoadError(
            f"has {count:,} page{'s' if count != 1 else ''} but no text layer (is it scanned?)",
            "run text recognition over it, for example with ocrmypdf",
        )
    properties = document.get_metadata_dict()
    stated = Stated(
        title=property_title(properties.get("Title")),
        author=property_author(properties.get("Author")),
    )
    furniture = _running_lines(pages)
    body = [[line for line in page if line not in furniture] for page in pages]
    body_size = _body_size([line for page in body for line in page])
    paragraphs = _paragraphs(body)
    kinds = _kinds(paragraphs, body_size, stated.title)
    vocabulary = Counter(
        word.casefold()
        for page in pages
        for line in page
        for word in re.findall(r"[\w-]+", line.text)
    )
    text, marked, starts, title = _assemble(pages, furniture, paragraphs, kinds, vocabulary)
    empty = sum(not page for page in pages)
    return Parsed(
        text=text,
        stated=stated.or_else(Stated(title=title)),
        marked=marked,
        has_marked_headings=RegionKind.HEADING in kinds,
        page_starts=starts,
        warnings=(f"{empty:,} of its {count:,} pages hold no text (scanned?)",) if empty else (),
    )


def _page_lines(page: Any, number: int) -> list[_Line]:
    """The page's lines in its own order, each with its place and type."""
    height = max(1.0, page.get_height())
    textpage = page.get_textpage()
    try:
        handle = textpage.raw
        lines = []
        characters: list[str] = []
        places: list[int] = []
        for index in range(textpage.count_chars()):
            code = pdfium.FPDFText_GetUnicode(handle, index)
            char = chr(code) if code < 0x110000 else "\ufffd"
            if char in "\r\n":
                line = _line(handle, number, height, characters, places)
                lines += [line] if line else []
                characters, places = [], []
            else:
                characters.append(char)
                places.append(index)
        line = _line(handle, number, height, characters, places)
        lines += [line] if line else []
        return lines
    finally:
        textpage.close()
        page.close()


def _line(
    handle: Any, page: int, height: float, characters: list[str], places: list[int]
) -> _Line | None:
    joined = "".join(characters).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    hyphen = joined.rstrip()[-1:] if joined.rstrip()[-1:] in _SOFT_HYPHENS else ""
    inner = joined.rstrip().rstrip(_SOFT_HYPHENS)
    text = clean_block(re.sub(f"[{_SOFT_HYPHENS}]", "-", inner)).replace("\n", " ") + hyphen
    visible = [p for c, p in zip(characters, places, strict=True) if not c.isspace()]
    if not text.strip() or not visible:
        return None
    left, _, baseline = _box(handle, visible[0])
    _, right, _ = _box(handle, visible[-1])
    weights = [pdfium.FPDFText_GetFontWeight(handle, place) for place in (visible[0], visible[-1])]
    return _Line(
        page=page,
        text=text,
        left=left,
        right=max(left, right),
        baseline=baseline,
        size=float(pdfium.FPDFText_GetFontSize(handle, visible[0])),
        is_bold=all(weight >= BOLD_WEIGHT for weight in weights),
        height_share=baseline / height,
    )


def _box(handle: Any, place: int) -> tuple[float, float, float]:
    """Left and right edge of a character, and its baseline, in points."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(handle, place, left, right, bottom, top)
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(handle, place, x, y)
    return left.value, right.value, y.value


def _running_lines(pages: list[list[_Line]]) -> set[_Line]:
    """The lines in the margins that come back on other pages, or are page numbers."""
    margins = [
        [line for line in page if not MARGIN_SHARE < line.height_share < 1 - MARGIN_SHARE]
        for page in pages
    ]
    counts = Counter(key for margin in margins for key in {_running_key(line) for line in margin})
    least = 2 if len(pages) < 8 else 3
    return {
        line
        for margin in margins
        for line in margin
        if counts[_running_key(line)] >= least or _PAGE_NUMBER.fullmatch(line.text)
    }


def _running_key(line: _Line) -> tuple[str, bool]:
    return re.sub(r"\d+", "#", line.text.casefold()), line.height_share > 0.5


def _body_size(lines: list[_Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _paragraphs(pages: list[list[_Line]]) -> list[_Paragraph]:
    paragraphs: list[_Paragraph] = []
    previous: _Line | None = None
    pitch = _pitch([line for page in pages for line in page])
    for page in pages:
        for line in page:
            if previous is not None and _continues(
                previous, line, _right_edge(previous, pages[previous.page]), pitch
            ):
                paragraphs[-1].lines.append(line)
            else:
                paragraphs.append(_Paragraph([line]))
            previous = line
    return paragraphs


def _pitch(lines: list[_Line]) -> float:
    """The usual distance of two lines of one paragraph, in sizes of their type."""
    steps = [
        (above.baseline - below.baseline) / above.size
        for above, below in pairwise(lines)
        if above.page == below.page and abs(above.size - below.size) < 0.5 and above.size > 0
    ]
    usual = [step for step in steps if 0.8 < step < 2.5]
    return median(usual) if usual else 1.3


def _continues(above: _Line, below: _Line, right_edge: float, pitch: float) -> bool:
    """Whether `below` goes on with the paragraph that `above` belongs to."""
    if abs(above.size - below.size) > 0.6 or above.is_bold != below.is_bold:
        return False
    if above.ends_with_hyphen:
        return True
    if LIST_ITEM.match(below.text):
        return False
    if below.left > above.left + above.size and not LIST_ITEM.match(above.text):
        return False  # the first line of a paragraph, indented
    first_word = len(below.text.split(None, 1)[0])
    room = right_edge - above.right
    is_filled = room < (first_word + 1) * above.char_width * 1.15
    step = (above.baseline - below.baseline) / max(0.1, above.size)
    if above.page != below.page or step < 0:  # the next page or column
        return is_filled or not ENDS_SENTENCE.search(above.text)
    return is_filled and 0.5 * pitch <= step <= 1.3 * pitch


def _right_edge(line: _Line, page: list[_Line]) -> float:
    """How far right the lines of its column reach, on its page."""
    return max(
        other.right
        for other in page
        if abs(other.left - line.left) < 4 * line.size and abs(other.size - line.size) < 0.6
    )


def _kinds(
    paragraphs: list[_Paragraph], body_size: float, title: str | None
) -> list[RegionKind | None]:
    """What the type of each paragraph tells: headings are larger or bold, footnotes smaller."""
    kinds: list[RegionKind | None] = []
    largest = max((p.lines[0].size for p in paragraphs if p.lines[0].page == 0), default=0.0)
    has_title = False
    for paragraph in paragraphs:
        first = paragraph.lines[0]
        text = " ".join(line.text for line in paragraph.lines)
        is_short = len(text) <= MAX_HEADING_CHARS
        is_larger = first.size > HEADING_SIZE * body_size
        is_title = is_short and (
            (title is not None and _same(text, title))
            or (first.page == 0 and is_larger and first.size >= largest)
        )
        kind: RegionKind | None = None
        if is_title and not has_title:
            kind, has_title = RegionKind.TITLE, True
        elif is_short and (is_larger or (first.is_bold and not text.endswith((".", ",", ";")))):
            kind = RegionKind.HEADING
        elif (
            first.size < FOOTNOTE_SIZE * body_size
            and first.height_share < 0.4
            and _NOTE_START.match(first.text)
        ):
            kind = RegionKind.FOOTNOTE
        kinds.append(kind)
    return kinds


def _same(first: str, second: str) -> bool:
    return re.findall(r"\w+", first.casefold()) == re.findall(r"\w+", second.casefold())


def _assemble(
    pages: list[list[_Line]],
    furniture: set[_Line],
    paragraphs: list[_Paragraph],
    kinds: list[RegionKind | None],
    vocabulary: Counter[str],
) -> tuple[str, tuple[Any, ...], tuple[int, ...], str | None]:
    """Return the text, its regions, where each page starts, and the title that the type shows."""
    blocks: list[Block] = []
    starts: list[int] = []
    title = None
    offset = 0

    def put(text: str, kind: RegionKind | None) -> None:
        nonlocal offset
        cleaned = clean_block(text)
        if cleaned:
            blocks.append(Block(cleaned, kind))
            offset += len(cleaned) + 2

    def open_pages(last: int) -> None:
        for page in range(len(starts), last + 1):
            starts.append(offset)
            put_furniture(page)

    def put_furniture(page: int) -> None:
        for line in pages[page]:
            if line in furniture:
                put(line.text.rstrip(_SOFT_HYPHENS), RegionKind.FURNITURE)

    for paragraph, kind in zip(paragraphs, kinds, strict=True):
        open_pages(paragraph.lines[0].page)
        text = ""
        crossed = []
        for above, line in zip([None, *paragraph.lines], paragraph.lines, strict=False):
            text = line.text if above is None else _joined(text, line.text, vocabulary)
            while line.page >= len(starts):
                starts.append(offset + max(0, len(text) - len(line.text)))
                crossed.append(len(starts) - 1)
        text = text.rstrip(_SOFT_HYPHENS)
        put(text, kind)
        for page in crossed:
            put_furniture(page)
        if kind is RegionKind.TITLE:
            title = clean_block(text)
    open_pages(len(pages) - 1)
    joined, marked = join_blocks(blocks)
    return joined, marked, tuple(min(start, len(joined)) for start in starts), title


def _joined(text: str, following: str, vocabulary: Counter[str]) -> str:
    """Two lines as one, the word that a hyphen divided whole again.

    The hyphen stays where it belongs to the word: where the word stands with it elsewhere in the
    text, after a capital or a figure (IS-K), or between two words that both stand alone elsewhere.
    """
    if text[-1:] not in _SOFT_HYPHENS + "-" or len(text) < 2 or not text[-2].isalnum():
        return f"{text} {following}"
    stem = text[:-1]
    before = re.findall(r"[\w-]+$", stem)
    after = re.match(r"\w+", following)
    if not before or not after:
        return f"{stem}-{following}"
    left, right = before[0].casefold(), after.group().casefold()
    if vocabulary[left + right]:
        return stem + following
    is_compound = (
        vocabulary[f"{left}-{right}"]
        or not following[0].islower()
        or not stem[-1].islower()
        or (vocabulary[left] and vocabulary[right] and len(left) > 2 and len(right) > 2)
    )
    return f"{stem}-{following}" if is_compound else stem + following
