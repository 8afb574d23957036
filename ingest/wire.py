"""How a worker process and its owner talk: JSON in frames of known length.

JSON and not pickle: whatever a hostile file makes the worker say, its owner reads only data.
"""

import json
import struct
from collections.abc import Mapping
from datetime import date
from typing import IO, Any

from ingest.document import Document, Region, RegionKind
from ingest.outcome import Loaded, Rejected

_LENGTH = struct.Struct(">Q")


class WireError(Exception):
    """The other side broke off, or said something that is no message."""


def write_frame(stream: IO[bytes], message: Mapping[str, Any]) -> None:
    """Send one message."""
    data = json.dumps(message).encode("ascii")
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def frame_bytes(head: bytes, max_bytes: int) -> int:
    """Return the length of the message that `head`, the first eight bytes, announces."""
    (length,) = _LENGTH.unpack(head)
    if length > max_bytes:
        raise WireError(f"a message of {length:,} bytes, at most {max_bytes:,} expected")
    return int(length)


def decode_frame(data: bytes) -> dict[str, Any]:
    """Return the message that a frame holds."""
    try:
        message = json.loads(data)
    except ValueError as error:
        raise WireError(f"a message that is not JSON: {error}") from error
    if not isinstance(message, dict):
        raise WireError("a message that is not an object")
    return message


def outcome_to_message(outcome: Loaded | Rejected) -> dict[str, Any]:
    """Return an outcome as JSON can hold it."""
    if isinstance(outcome, Rejected):
        return {"rejected": _rejected_to_message(outcome)}
    return {
        "loaded": {
            "path": outcome.path,
            "documents": [document_to_message(document) for document in outcome.documents],
            "warnings": list(outcome.warnings),
            "rejected": [_rejected_to_message(item) for item in outcome.rejected],
        }
    }


def outcome_from_message(message: Mapping[str, Any]) -> Loaded | Rejected:
    """Return the outcome that a message holds, its documents checked as when they were built.

    Raises WireError for anything else.
    """
    try:
        if "rejected" in message:
            return _rejected_from_message(message["rejected"])
        loaded = message["loaded"]
        return Loaded(
            path=str(loaded["path"]),
            documents=tuple(document_from_message(item) for item in loaded["documents"]),
            warnings=tuple(str(item) for item in loaded["warnings"]),
            rejected=tuple(_rejected_from_message(item) for item in loaded["rejected"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WireError(f"a message that is no outcome: {error!r}") from error


def _rejected_to_message(rejected: Rejected) -> dict[str, str]:
    return {"path": rejected.path, "reason": rejected.reason, "hint": rejected.hint}


def _rejected_from_message(message: Mapping[str, Any]) -> Rejected:
    return Rejected(str(message["path"]), str(message["reason"]), str(message["hint"]))


def document_to_message(document: Document) -> dict[str, Any]:
    """Return a document as JSON can hold it."""
    return {
        "text": document.text,
        "title": document.title,
        "language": document.language,
        "source": document.source,
        "author": document.author,
        "published": document.published.isoformat() if document.published else None,
        "url": document.url,
        "paths": list(document.paths),
        "regions": [[region.kind, region.start, region.end] for region in document.regions],
        "page_starts": list(document.page_starts),
    }


def document_from_message(message: Mapping[str, Any]) -> Document:
    """Return the document that a message holds, checked as when it was built."""
    published = message["published"]
    return Document(
        text=str(message["text"]),
        title=str(message["title"]),
        language=message["language"],
        source=message["source"],
        author=message["author"],
        published=date.fromisoformat(published) if published else None,
        url=message["url"],
        paths=tuple(str(path) for path in message["paths"]),
        regions=tuple(
            Region(RegionKind(kind), int(start), int(end))
            for kind, start, end in message["regions"]
        ),
        page_starts=tuple(int(start) for start in message["page_starts"]),
    )
