"""Where sentences stand in a text, in exact offsets."""

import re
from itertools import pairwise

from sentencex import segment

# A piece that begins like this goes on with the sentence before: a comma that strayed behind a
# stop ("said. , an expert"), a closing quote, a footnote marker, a stop of its own.
_CONTINUES = re.compile(r"\s*(?:[,;:.!?…)\]”’»%]|[\"'](?=[\s,.;:)]|$)|\[\d{1,3}\])")
_OPENING_QUOTE_ONLY = re.compile(r"\s*[“‘«\"'(\[]+\s*$")
# The middle of a sentence, but for names that begin with a small article, such as al-Qaeda.
_LOWERCASE = re.compile(r"\s*[a-zà-öø-ÿšžşğıçœ](?!l-)")
_STRAY_MARKER = re.compile(r"\s*((?:\[\d{1,3}\])+)\s+\S")
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|U\.S|U\.K|U\.N|E\.U|U\.S\.A|Lt|Col|Maj|Brig|Adm|Cmdr|Capt|Sgt|Sen|Rep|Gov|Rev|Hon"
    r"|Messrs|Mme|Mlle|Sr|Jr|St|Mt|Ft|vs|approx|ca|cf|viz|al|Nr|Art|Sec|Fig|Figs|Vol|Ch|pp|ed|eds)\.)"
    r"[\"”’)]*\s*$"
)
_ENDS_ANYHOW = re.compile(r"\b(?:U\.S|U\.K|U\.N|E\.U|U\.S\.A|Jr|Sr)\.\s*$")
_LIKELY_OPENERS = frozenset(
    "The A An In On At It He She They We I This That These Those But And However For As While When "
    "After Before If Its His Her Their There Since Then".split()
)


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Return where each sentence of `text[start:end]` stands, in offsets into `text`.

    Spans are sorted, do not overlap, begin and end with something visible, and never cross a
    newline; together they hold every visible character. Footnote markers and closing quotes that
    follow a stop belong to its sentence.

    sentencex splits; it knows abbreviations and quotes. What it leaves to mend are pieces that
    plainly continue the sentence before them.
    """
    stop = len(text) if end is None else end
    spans: list[tuple[int, int]] = []
    for line in re.finditer(r"[^\n]+", text[start:stop]):
        offset = start + line.start()
        for piece_start, piece_end in _line_sentences(line.group()):
            spans.append((offset + piece_start, offset + piece_end))
    return spans


def _line_sentences(line: str) -> list[tuple[int, int]]:
    cuts = [0]
    for piece in segment("en", line):
        cuts.append(cuts[-1] + len(piece))
    if cuts[-1] != len(line):
        # sentencex keeps every character today; without that its pieces have no offsets.
        cuts = [0, len(line)]
    kept = [0]
    for begin, end in pairwise(cuts):
        if begin and not _goes_on(line, kept[-1], begin, end):
            kept.append(begin)
        marker = _STRAY_MARKER.match(line, begin) if begin else None
        if marker and kept[-1] != begin:
            # "attack. [5] Next": the marker ends the sentence before, the rest begins another.
            kept.append(marker.end(1))
    kept.append(len(line))
    spans = []
    for begin, end in pairwise(kept):
        piece = line[begin:end]
        stripped = piece.strip()
        if stripped:
            first = begin + len(piece) - len(piece.lstrip())
            spans.append((first, first + len(stripped)))
    return spans


def _goes_on(line: str, sentence_start: int, begin: int, end: int) -> bool:
    """Whether the piece `line[begin:end]` belongs to the sentence that began before it."""
    before = line[sentence_start:begin]
    piece = line[begin:end]
    if not before.strip() or _CONTINUES.match(piece) or _OPENING_QUOTE_ONLY.search(before[-3:]):
        return True
    if _LOWERCASE.match(piece):
        return True
    abbreviation = _ABBREVIATION.search(before)
    if abbreviation is None:
        return False
    words = piece.split(None, 1)
    opener = words[0].strip("“\"'‘(") if words else ""
    return not (_ENDS_ANYHOW.search(before) and opener in _LIKELY_OPENERS)
