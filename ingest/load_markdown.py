"""Markdown: what a reader sees of it, without the markup."""

import re
from collections.abc import Iterator
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.decode import decode
from ingest.document import RegionKind
from ingest.load_html import fragment_blocks
from ingest.load_text import control_warnings
from ingest.metadata import Stated, clean_value, field_of, stated_from
from ingest.outcome import Limits
from ingest.parsed import Block, Parsed, join_blocks

_FRONT_MATTER = re.compile(r"\s*---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_MAX_FRONT_MATTER_CHARS = 20_000
_NOTE = re.compile(r"^\[\^([^\]\s]{1,40})\]:[ \t]+", re.MULTILINE)
_NOTE_MARK = re.compile(r"\[\^([^\]\s]{1,40})\]")


def parse(data: bytes, limits: Limits) -> Iterator[Parsed]:
    """Yield the one text that `data` holds.

    Markup characters go: links read as their text, pictures as their caption, tables as rows with
    bars between the cells. Front matter is metadata and is not part of the text. The numbers of
    ordered lists stay, as a reader sees them; bullets go.
    """
    decoded = decode(data)
    stated, body, warnings = _front_matter(decoded.text)
    # Footnotes are not CommonMark: written as plain marks, they stay apart from link definitions.
    body = _NOTE.sub(r"\\[\1\\] ", body)
    body = _NOTE_MARK.sub(r"\\[\1\\]", body)
    tokens = MarkdownIt("commonmark").enable("table").enable("strikethrough").parse(body)
    blocks = _blocks(tokens)
    headings = [block for block in blocks if block.kind is RegionKind.HEADING]
    blocks, title = _titled(blocks, tokens, stated.title)
    text, marked = join_blocks(blocks)
    yield Parsed(
        text=text,
        stated=stated.or_else(Stated(title=title)),
        marked=marked,
        has_marked_headings=bool(headings),
        warnings=(*control_warnings(decoded), *warnings),
    )


def _front_matter(text: str) -> tuple[Stated, str, tuple[str, ...]]:
    """Split YAML between lines of dashes at the top from the text below it."""
    match = _FRONT_MATTER.match(text)
    if not match or len(match.group(1)) > _MAX_FRONT_MATTER_CHARS:
        return Stated(), text, ()
    try:
        # BaseLoader makes strings of everything, so that a date stays as it is written, and builds
        # no objects; aliases, which could multiply without end, are refused below.
        data = None if re.search(r"(?m)[:-]\s*[&*]\w", match.group(1)) else _yaml(match.group(1))
    except yaml.YAMLError:
        data = None
    if not isinstance(data, dict):
        return Stated(), text, ("its front matter is no YAML of names and values; read as text",)
    values: dict[str, str | None] = {}
    for key, value in data.items():
        name = field_of(str(key))
        if name is not None:
            values.setdefault(name, _plain(value))
    return stated_from(values), text[match.end() :], ()


def _yaml(text: str) -> Any:
    return yaml.load(text, Loader=yaml.BaseLoader)  # a loader of strings only


def _plain(value: object) -> str | None:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value if isinstance(item, str)) or None
    return clean_value(value) if isinstance(value, str) else None


def _titled(
    blocks: list[Block], tokens: list[Token], title: str | None
) -> tuple[list[Block], str | None]:
    """Make the first heading the title if it is of level one or says the stated one."""
    first = next((i for i, block in enumerate(blocks) if block.kind is RegionKind.HEADING), None)
    opening = next((token for token in tokens if token.type == "heading_open"), None)
    if first is None or opening is None:
        return blocks, title
    heading = " ".join(blocks[first].text.split())
    is_same = title is not None and heading.casefold() == title.casefold()
    if not is_same and (opening.tag != "h1" or first > 2):
        return blocks, title
    titled = [*blocks[:first], Block(blocks[first].text, RegionKind.TITLE), *blocks[first + 1 :]]
    return titled, title or heading


def _blocks(tokens: list[Token]) -> list[Block]:
    blocks: list[Block] = []
    row: list[str] = []
    rows: list[str] = []
    numbers: list[int | None] = []
    marker = ""
    in_heading = in_table = False
    for token in tokens:
        if token.type == "heading_open":
            in_heading = True
        elif token.type == "heading_close":
            in_heading = False
        elif token.type == "table_open":
            in_table, rows = True, []
        elif token.type == "table_close":
            in_table = False
            blocks.append(Block("\n".join(rows)))
        elif token.type == "tr_close":
            rows.append(" | ".join(row))
            row = []
        elif token.type == "ordered_list_open":
            numbers.append(int(token.attrGet("start") or 1))
        elif token.type == "bullet_list_open":
            numbers.append(None)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            numbers.pop()
        elif token.type == "list_item_open":
            number = numbers[-1]
            marker = f"{number}. " if number is not None else ""
            if number is not None:
                numbers[-1] = number + 1
        elif token.type == "inline":
            text, captions = _inline(token.children or [])
            if in_table:
                row.append(" ".join(text.split()))
                continue
            if text.strip():
                blocks.append(Block(marker + text, RegionKind.HEADING if in_heading else None))
                marker = ""
            blocks.extend(Block(caption, RegionKind.CAPTION) for caption in captions)
        elif token.type in ("fence", "code_block"):
            blocks.append(Block(token.content))
        elif token.type == "html_block":
            blocks.extend(fragment_blocks(token.content))
    return blocks


def _inline(tokens: list[Token]) -> tuple[str, list[str]]:
    """Return the readable text of inline tokens, and the captions of the pictures in it."""
    pieces: list[str] = []
    captions: list[str] = []
    for token in tokens:
        if token.type in ("text", "code_inline"):
            pieces.append(token.content)
        elif token.type == "softbreak":
            pieces.append(" ")
        elif token.type == "hardbreak":
            pieces.append("\n")
        elif token.type == "image":
            caption = clean_value(str(token.attrGet("title") or "")) or clean_value(token.content)
            if caption:
                captions.append(caption)
        elif token.type == "html_inline" and re.match(r"<br\b", token.content, re.IGNORECASE):
            pieces.append("\n")
    return "".join(pieces), captions
