"""JSONL: one document a line, each judged alone."""

import json
from collections.abc import Iterator
from typing import Any

from ingest.decode import clean_characters, decode
from ingest.load_text import parse_text
from ingest.metadata import parse_date, stated_from
from ingest.outcome import Limits, LoadError
from ingest.parsed import BadLine, Parsed

_HINT = 'give one JSON object a line, each with a "text"'
_FIELDS = ("title", "source", "author", "url", "published", "language")


def parse(data: bytes, limits: Limits) -> Iterator[Parsed | BadLine]:
    """Yield a document for each line that is one, and a BadLine for each that is not.

    Blank lines are nothing. Bytes that no encoding explains spoil their own line only.
    """
    count = 0
    for number, line in enumerate(_lines(data), start=1):
        if isinstance(line, LoadError):
            yield BadLine(number, line)
            continue
        if not line.strip():
            continue
        count += 1
        if count > limits.max_documents:
            raise LoadError(
                f"has more than {limits.max_documents:,} documents", "split it into several files"
            )
        try:
            yield _document(line, number)
        except LoadError as error:
            yield BadLine(number, error)


def _lines(data: bytes) -> Iterator[str | LoadError]:
    try:
        text: str | None = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = None if not data.startswith((b"\xff\xfe", b"\xfe\xff")) else decode(data).text
    if text is not None:
        # Not splitlines: JSON strings may hold line separators of Unicode.
        yield from text.split("\n")
        return
    for raw in data.split(b"\n"):
        try:
            yield decode(raw).text if raw.strip() else ""
        except LoadError as error:
            yield error


def _document(line: str, number: int) -> Parsed:
    try:
        record: Any = json.loads(line)
    except ValueError as error:
        column = getattr(error, "colno", 1)
        message = getattr(error, "msg", str(error))
        raise LoadError(f"is no JSON (column {column}: {message})", _HINT) from error
    except RecursionError as error:
        raise LoadError("is nested too deeply", _HINT) from error
    if not isinstance(record, dict):
        raise LoadError(f"is {_json_type(record)}, not an object", _HINT)
    text = record.get("text")
    if not isinstance(text, str):
        found = _json_type(text) if "text" in record else "missing"
        raise LoadError(f'its "text" is {found}, not a string', _HINT)
    values: dict[str, str | None] = {}
    for name in _FIELDS:
        value = record.get(name)
        if value is not None and not isinstance(value, str):
            raise LoadError(f'its "{name}" is {_json_type(value)}, not a string', _HINT)
        values[name] = clean_characters(value)[0] if value is not None else None
    published = values["published"]
    if published and parse_date(published) is None:
        raise LoadError(
            f'its "published" is {published[:40]!r}, not a full date', "write it as 2023-04-02"
        )
    cleaned, replaced = clean_characters(text)
    parsed = parse_text(cleaned)
    stated = stated_from(values)
    if stated.title is None:
        identifier = record.get("id")
        fallback = parsed.stated.title or (
            str(identifier) if isinstance(identifier, str | int) else None
        )
        stated = stated.or_else(stated_from({"title": fallback}))
    return Parsed(
        text=parsed.text,
        stated=stated.or_else(parsed.stated),
        marked=parsed.marked,
        warnings=(f"line {number}: {replaced:,} control characters were replaced by spaces",)
        if replaced
        else (),
        line=number,
    )


def _json_type(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a truth value"}
    if value is None:
        return "null"
    return names.get(type(value), "a number")
