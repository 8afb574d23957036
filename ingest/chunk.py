"""Passage: what is embedded, indexed and retrieved; chunk_document cuts it with proven offsets."""

from dataclasses import dataclass

from langchain_text_splitters import RecursiveCharacterTextSplitter

from ingest.document import Document
from ingest.regions import body_spans
from ingest.sentences import sentence_spans

# Over the development questions on five articles, 700 and 800 put evidence first about as often, by
# vectors, by BM25 and by both fused; 300 to 600 and 1,000 did so less often in most of the three.
PASSAGE_CHARS = 800
MIN_PASSAGE_CHARS = 200
PASSAGE_GAP = 2
"""So many code points of white space at most, a space or a paragraph break, stand between two
sentences or two passages of one stretch of body."""

# Stands for the white space between two sentences while the splitter looks for places to cut.
# Python counts it as white space, so the splitter strips it from the ends of its pieces.
_SENTENCE_MARK = "\x1e"


class OffsetError(Exception):
    """A passage whose place in its document cannot be proven."""


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


def chunk_document(document: Document, *, max_chars: int = PASSAGE_CHARS) -> list[Passage]:
    """Return the passages of `document`'s body, in order; they do not overlap.

    A passage never reaches across a region, and ends with a sentence; only a sentence longer than
    `max_chars` is cut, between words, and only a longer word within. Passages shorter than
    MIN_PASSAGE_CHARS are joined with a neighbour or share its sentences, so that a passage may grow
    to 9/8 of `max_chars`; they stay short where regions leave them alone. A document that is all
    regions has no passages.

    Raises OffsetError if a passage is not the slice of the text that it claims to be, and
    ValueError if `max_chars` is less than MIN_PASSAGE_CHARS.
    """
    if max_chars < MIN_PASSAGE_CHARS:
        raise ValueError(
            f"passages of {max_chars} characters are too short to answer from; "
            f"choose {MIN_PASSAGE_CHARS} or more"
        )
    splitter = RecursiveCharacterTextSplitter(
        # Characters, not tokens: start_index is wrong when length_function isn't len.
        chunk_size=max_chars,
        chunk_overlap=0,
        separators=["\n\n", "\n", _SENTENCE_MARK, " ", ""],
        keep_separator="end",
        add_start_index=True,
    )
    passages = []
    for start, end in body_spans(document.text, document.regions):
        for span_start, span_end in _cut(document, start, end, splitter, max_chars):
            text = document.text[span_start:span_end]
            passages.append(Passage(document.id, span_start, span_end, text))
    return passages


def _cut(
    document: Document,
    start: int,
    end: int,
    splitter: RecursiveCharacterTextSplitter,
    max_chars: int,
) -> list[tuple[int, int]]:
    text = document.text
    sentences = sentence_spans(text, start, end)
    # A copy of the same length in which the splitter can see where sentences end.
    marked = list(text[start:end])
    for sentence_start, _ in sentences[1:]:
        if text[sentence_start - 1] == " ":
            marked[sentence_start - 1 - start] = _SENTENCE_MARK
    spans: list[tuple[int, int]] = []
    for piece in splitter.create_documents(["".join(marked)]):
        content = piece.page_content
        piece_start = start + int(piece.metadata["start_index"])
        piece_end = piece_start + len(content)
        found = text[piece_start:piece_end]
        if piece_start < start or found != content.replace(_SENTENCE_MARK, " "):
            raise OffsetError(
                f"{document.id}: no offset for passage {len(spans)} ({content[:40]!r}); "
                "expected a slice of the text, report this as a bug"
            )
        # The splitter leaves a lone separator's white space at the ends of a piece at times.
        spans.append(_trimmed(text, piece_start, piece_end))
    spans = [span for span in spans if span[0] < span[1]]
    return _level(spans, [sentence_start for sentence_start, _ in sentences], text, max_chars)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    stretch = text[start:end]
    start += len(stretch) - len(stretch.lstrip())
    return start, start + len(stretch.strip())


def _level(
    spans: list[tuple[int, int]], sentence_starts: list[int], text: str, max_chars: int
) -> list[tuple[int, int]]:
    """Join each too short span with its shorter neighbour, or share that one's sentences."""
    limit = max_chars + max_chars // 8
    levelled: list[tuple[int, int]] = list(spans)
    index = 0
    while index < len(levelled):
        start, end = levelled[index]
        neighbours = [i for i in (index - 1, index + 1) if 0 <= i < len(levelled)]
        if end - start >= MIN_PASSAGE_CHARS or not neighbours:
            index += 1
            continue
        nearest = min(neighbours, key=lambda i: levelled[i][1] - levelled[i][0])
        first, last = min(index, nearest), max(index, nearest)
        whole = (levelled[first][0], levelled[last][1])
        if whole[1] - whole[0] <= limit:
            levelled[first : last + 1] = [whole]
            index = max(0, first - 1)
            continue
        cuts = [
            cut
            for cut in sentence_starts
            if min(cut - whole[0], whole[1] - cut) >= MIN_PASSAGE_CHARS
            and max(cut - whole[0], whole[1] - cut) <= limit
        ]
        if cuts:
            middle = (whole[0] + whole[1]) // 2
            cut = min(cuts, key=lambda place: (abs(place - middle), place))
            levelled[first] = _trimmed(text, whole[0], cut)
            levelled[last] = _trimmed(text, cut, whole[1])
        index = max(index + 1, last + 1) if cuts else index + 1
    return levelled
