"""Passage: what is embedded, indexed and retrieved."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one document's body: `document.text[start:end] == text`, in code points."""

    document_id: str
    start: int
    end: int
    text: str

    @property
    def id(self) -> str:
        """The passage's stable name: the same document cut at the same place has the same id."""
        return f"{self.document_id[:16]}-{self.start}-{self.end}"
