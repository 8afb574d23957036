"""Plain text: header lines, wrapped paragraphs, nothing moved."""

from collections.abc import Iterator

from ingest.decode import Decoded, decode
from ingest.metadata import parse_header
from ingest.outcome import Limits
from ingest.paragraphs import unwrap
from ingest.parsed import Parsed


def parse(data: bytes, limits: Limits) -> Iterator[Parsed]:
    """Yield the one text that `data` holds.

    It has exactly the code points of the decoded file, but that a byte order mark is dropped, line
    ends are newlines, the whole is NFC, and newlines that only wrap a paragraph are spaces.
    """
    decoded = decode(data)
    yield parse_text(decoded.text, warnings=control_warnings(decoded))


def parse_text(text: str, warnings: tuple[str, ...] = ()) -> Parsed:
    """Return clean text with its header lines read and its paragraphs unwrapped, in place."""
    header = parse_header(text)
    return Parsed(
        text=unwrap(text, header.end),
        stated=header.stated,
        marked=header.regions,
        warnings=warnings,
    )


def control_warnings(decoded: Decoded) -> tuple[str, ...]:
    """Return what to tell a reader about characters that were replaced."""
    if not decoded.replaced:
        return ()
    return (f"{decoded.replaced:,} control characters were replaced by spaces",)
