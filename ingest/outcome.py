"""What loading a source comes to: documents, or a reason why not; and the limits it runs under."""

from dataclasses import dataclass

from ingest.document import Document


class LoadError(Exception):
    """A source that gives no document: what is wrong with it, and what its owner can do.

    Both are fragments of one line, without the source's name, which the caller knows better.
    """

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(f"{reason}; {hint}")
        self.reason = reason
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Rejected:
    """A source, or one line of one, that gave no document."""

    path: str
    """The source as the user knows it; printable, in one line."""
    reason: str
    hint: str

    def __str__(self) -> str:
        """Return the one line that a user reads."""
        return f"{self.path}: {self.reason}; {self.hint}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A source that was read: its documents, in the source's order."""

    path: str
    documents: tuple[Document, ...]
    """One; for JSONL one for each good line, at least one."""
    warnings: tuple[str, ...] = ()
    """What the reader should know though nothing was lost, each in one line."""
    rejected: tuple[Rejected, ...] = ()
    """For JSONL, the bad lines; their paths end in `:LINE`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on the parsing of one source; beyond any of them the source is rejected."""

    max_file_bytes: int = 100 * 2**20
    max_text_chars: int = 20_000_000
    """Longest text of one document, in code points: about forty long books."""
    max_documents: int = 200_000
    """Most documents of one JSONL file."""
    max_pages: int = 10_000
    """Most pages of one PDF."""
    max_seconds: float = 120.0
    """Wall-clock and CPU seconds for one source."""
    max_memory_bytes: int = 2 * 2**30
    """Address space of the parser process."""
    max_expanded_bytes: int = 400 * 2**20
    """Most bytes that one DOCX may unpack to."""
    fetch_seconds: float = 30.0
    """Wall-clock seconds for fetching one URL."""


def printable(name: str) -> str:
    """Return a source's name as one printable line: control characters, and bytes that are not
    UTF-8, as backslash escapes.
    """
    shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in shown
    )
