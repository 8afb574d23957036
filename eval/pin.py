"""Pin a draft: from a file's name and the words that answer to a document's hash and offsets.

People write evidence as they read it:

    {"document": "2021-09-notes.md", "quote": "the number of arrests is more than 80"}

A gold set holds it as the text's SHA-256 with start and end, so that it needs no copy of the text
and fits one text only. `document` in a draft may be a file's name with or without its suffix, a
title, or a SHA-256 or its beginning; one that fits none is found by its quote, if only one document
has it. `start` and `end` may stand in place of `quote`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from eval.errors import EvalError
from eval.gold import GoldError, GoldQuestion, question_from_json
from eval.importers import find_words


class PinError(EvalError):
    """A draft whose places cannot be found; one line for each problem, with file and line."""


@dataclass(frozen=True, slots=True)
class PinDocument:
    """A stored document and what a draft may call it."""

    id: str
    text: str
    names: frozenset[str]


def pin_document(document_id: str, text: str, title: str, paths: Iterable[str]) -> PinDocument:
    """Return a document with its names: its title and, whole and shortened, its paths."""
    names = {title}
    for path in paths:
        pure = PurePath(path.removeprefix("upload:"))
        names |= {pure.name, pure.stem, path}
    return PinDocument(document_id, text, frozenset(names))


def pin(path: Path, documents: Iterable[PinDocument]) -> list[GoldQuestion]:
    """Return the draft's questions with every place found; raises PinError with all that fail.

    A quote must stand exactly once in its document, spacing aside.
    """
    known = list(documents)
    questions, problems = [], []
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise PinError(f"{path}: cannot be read ({error})") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            for part in record.get("parts", []):
                part["evidence"] = [_pinned(place, known) for place in part["evidence"]]
            questions.append(question_from_json(record))
        except GoldError as error:
            problems += [f"{path}:{number}: {problem}" for problem in error.problems]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            problems.append(f"{path}:{number}: {error}")
    if problems:
        raise PinError("\n".join(problems))
    return questions


def _pinned(place: Mapping[str, Any], documents: Iterable[PinDocument]) -> dict[str, Any]:
    name = str(place["document"])
    found = [
        document
        for document in documents
        if name in document.names or (len(name) >= 8 and document.id.startswith(name))
    ]
    if not found and "quote" in place:
        # A line of a JSONL file has no file name of its own; its words tell which one is meant.
        found = [document for document in documents if find_words(document.text, place["quote"])]
    if len(found) != 1:
        raise ValueError(f"{len(found)} documents fit {name!r}; ingest it, or give its SHA-256")
    document = found[0]
    if "quote" not in place:
        return {**place, "document": document.id}
    span = find_words(document.text, place["quote"])
    if span is None:
        raise ValueError(f"{name} has no {place['quote']!r}; quote it letter for letter")
    if find_words(document.text[span[0] + 1 :], place["quote"]):
        raise ValueError(f"{name} has {place['quote']!r} more than once; quote more of it")
    return {"document": document.id, "start": span[0], "end": span[1]}
