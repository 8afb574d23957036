"""Where paragraphs end in plain text, and which line breaks only wrap one."""

import re
from dataclasses import dataclass

# Lines of wrapped prose are filled to a width; outside this range they are verse, lists or code
# (shorter), or whole paragraphs (longer).
MIN_WRAP_WIDTH = 40
MAX_WRAP_WIDTH = 130

# How much shorter than the width a filled line may be: converters that measured proportional
# letters leave lines of 66 among lines of 80.
FILL_SLACK = 0.85

ENDS_SENTENCE = re.compile(r"""[.!?…。！？۔؟]["'”’»)\]]*(?:\[\d+\])*\s*$""")
LIST_ITEM = re.compile(r"\s*(?:[-*•◦▪·–—]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|\[\d{1,3}\])\s+\S")
_TABLE_ROW = re.compile(r"\t\S|\S {3,}\S|\|.*\|")
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    text: str
    indent: int

    @property
    def chars(self) -> int:
        return len(self.text.rstrip())

    @property
    def ends_sentence(self) -> bool:
        return ENDS_SENTENCE.search(self.text) is not None

    @property
    def first_letter(self) -> str:
        return next((char for char in self.text if char.isalnum()), "")

    @property
    def starts_low(self) -> bool:
        """Whether it begins like the inside of a sentence; scripts without case never tell."""
        stripped = self.text.lstrip()
        return bool(stripped) and (
            self.first_letter.islower() or (stripped[0] in ",;:)" and len(stripped) > 1)
        )

    @property
    def starts_high(self) -> bool:
        return self.first_letter.isupper() or self.first_letter.isdigit()

    @property
    def first_word_chars(self) -> int:
        stripped = self.text.lstrip()
        if _EAST_ASIAN.match(stripped):
            return 0  # any character may be the last of a line
        return len(stripped.split(None, 1)[0]) + 1

    @property
    def is_structured(self) -> bool:
        return _TABLE_ROW.search(self.text.strip()) is not None


def unwrap(text: str, start: int = 0) -> str:
    """Return `text` with every newline that only wraps a paragraph, from `start` on, as a space.

    The length never changes. Lines are judged against the width that the whole text was filled to:
    a break is a wrap when the next word would not have fitted. Lists, tables, verse and headings
    keep their lines. Some converters break the first line of every paragraph early and leave no
    blank lines; a text that does so again and again is recognized by that habit.
    """
    lines = _lines(text, start)
    width = _wrap_width(lines)
    if width is None:
        return text
    has_short_openings = _has_short_openings(lines, width)
    wraps = [
        lines[index + 1].start - 1
        for index in range(len(lines) - 1)
        if _wraps(lines, index, width, has_short_openings)
    ]
    pieces = []
    end = 0
    for newline in wraps:
        pieces.append(text[end:newline])
        end = newline + 1
    pieces.append(text[end:])
    return " ".join(pieces)


def paragraph_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Return where each non-blank line of `text[start:end]` stands, white space trimmed."""
    spans = []
    stop = len(text) if end is None else end
    for match in re.finditer(r"[^\n]+", text[start:stop]):
        line = match.group()
        stripped = line.strip()
        if stripped:
            begin = start + match.start() + len(line) - len(line.lstrip())
            spans.append((begin, begin + len(stripped)))
    return spans


def _lines(text: str, start: int) -> list[_Line]:
    lines = []
    offset = start
    for line in text[start:].split("\n"):
        lines.append(_Line(offset, line, len(line) - len(line.lstrip())))
        offset += len(line) + 1
    return lines


def _pairs(lines: list[_Line]) -> list[int]:
    """The indexes of lines that are followed at once by another."""
    return [
        index for index in range(len(lines) - 1) if lines[index].chars and lines[index + 1].chars
    ]


def _wrap_width(lines: list[_Line]) -> int | None:
    """The width that the lines were filled to, or None when they were not."""
    pairs = [index for index in _pairs(lines) if not lines[index].is_structured]
    if not pairs:
        return None
    lengths = sorted(lines[index].chars for index in pairs)
    width = lengths[min(len(lengths) - 1, len(lengths) * 95 // 100)]
    east_asian = sum(bool(_EAST_ASIAN.search(lines[index].text)) for index in pairs)
    least = MIN_WRAP_WIDTH // 2 if east_asian > len(pairs) / 2 else MIN_WRAP_WIDTH
    if not least <= width <= MAX_WRAP_WIDTH:
        return None
    filled = [index for index in pairs if _is_filled(lines[index], lines[index + 1], width)]
    # Within prose most lines begin in the middle of a sentence; those of verse, lists and
    # addresses begin with a capital.
    cased = [index + 1 for index in filled if lines[index + 1].first_letter.lower() != ""]
    telling = [i for i in cased if lines[i].starts_low or lines[i].first_letter.isupper()]
    low = sum(lines[index].starts_low for index in telling)
    if len(filled) < 0.4 * len(pairs) or low < 0.4 * len(telling):
        return None
    if len(pairs) == 1 and not low:
        return None
    return width


def _is_filled(line: _Line, following: _Line, width: int) -> bool:
    return line.chars + following.first_word_chars > FILL_SLACK * width


def _is_short(line: _Line, width: int) -> bool:
    return 0 < line.chars < 0.6 * width


def _opens_early_broken(lines: list[_Line], index: int, width: int) -> bool:
    """Whether the line looks like a paragraph's first, broken long before the width."""
    line = lines[index]
    if index + 1 >= len(lines) or not _is_short(line, width):
        return False
    if line.ends_sentence or not line.starts_high or LIST_ITEM.match(line.text):
        return False
    following = lines[index + 1]
    if not following.chars or LIST_ITEM.match(following.text):
        return False
    return following.chars >= 0.6 * width or (following.starts_low and following.ends_sentence)


def _has_short_openings(lines: list[_Line], width: int) -> bool:
    candidates = [
        index
        for index in range(1, len(lines))
        if lines[index - 1].chars
        and lines[index - 1].ends_sentence
        and _opens_early_broken(lines, index, width)
    ]
    telling = sum(lines[index + 1].starts_low for index in candidates)
    return len(candidates) >= 3 and telling >= 0.5 * len(candidates)


def _wraps(lines: list[_Line], index: int, width: int, has_short_openings: bool) -> bool:
    line, following = lines[index], lines[index + 1]
    if not line.chars or not following.chars:
        return False
    if line.is_structured or following.is_structured or LIST_ITEM.match(following.text):
        return False
    if following.indent >= line.indent + 2 and not LIST_ITEM.match(line.text):
        return False
    if (
        line.ends_sentence
        and following.starts_high
        and not following.ends_sentence
        and _is_short(following, width)
    ):
        return False  # a heading below; a paragraph's own last line would end a sentence
    if has_short_openings:
        if _opens_early_broken(lines, index, width):
            return True
        if _opens_early_broken(lines, index + 1, width):
            # A paragraph starts below; only a line in full flow could still run on into it.
            is_title = not any(earlier.chars for earlier in lines[:index])
            if line.ends_sentence or _is_short(line, width) or is_title:
                return False
        elif _is_short(line, width) and not line.ends_sentence and following.starts_low:
            return True  # a heading broken over two lines
    return _is_filled(line, following, width) and line.chars <= 1.5 * width
