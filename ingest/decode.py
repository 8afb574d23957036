"""Bytes to text: detect the encoding, or say at which byte the text stops making sense."""

import codecs
import re
import unicodedata
from dataclasses import dataclass

from ingest.language import detect_language
from ingest.outcome import LoadError

# The encodings that reports are found in. Left to all of Python's codecs, charset-normalizer took
# KOI8-R for Shift-JIS 2004 and Windows-1252 for a Mac encoding.
LEGACY_ENCODINGS = [
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "cp1258",
    "koi8_r",
    "cp932",
    "euc_jp",
    "gb18030",
    "big5",
    "cp949",
]
# Code pages that share most of their letters, and the languages that each was made for.
LATIN_LANGUAGES = {
    "cp1254": frozenset({"tr", "az"}),
    "cp1250": frozenset({"pl", "cs", "sk", "hu", "ro", "hr", "bs", "sl", "sq"}),
    "cp1257": frozenset({"lt", "lv", "et"}),
    "cp1252": frozenset({"en", "fr", "de", "es", "it", "pt", "nl", "sv", "da", "no", "nb", "fi"}),
}
EAST_ASIAN = frozenset({"cp932", "euc_jp", "gb18030", "big5", "cp949"})

# More control characters than one in a thousand is no text file.
MAX_CONTROL_SHARE = 0.001

# Letters beyond ASCII that are words by themselves: à, é, ó, í, ú, and those of Russian and Greek.
_ONE_LETTER_WORDS = frozenset("àÀéÉèÈóÓáÁíÍúÚуУиИаАвВсСкКоОяЯжбηήοω")

_SAMPLE_BYTES = 2**20
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_LINE_BREAKS = str.maketrans({char: "\n" for char in "\v\f\x85\u2028\u2029"})
_PUNCTUATION = frozenset("‘’‚‛“”„‟–—…•«»‹›§©®°±·¿¡£€¥¢½¼¾²³¹ªº×÷™†‡‰ˆ˜´¨¯¸¬¶µ¦¤\xa0\xad")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Decoded, normalized text and how it was read."""

    text: str
    encoding: str
    replaced: int
    """How many control characters became spaces."""


def decode(data: bytes) -> Decoded:
    """Return the text that `data` holds, as `clean_characters` leaves it.

    A byte order mark decides; then UTF-8; then UTF-16 without a mark; then the legacy encoding that
    charset-normalizer finds most plausible. Nothing is ever dropped.

    Raises LoadError for binary data, and for bytes that no encoding explains, with the offset of
    the first.
    """
    text, encoding = _decode_strictly(data)
    cleaned, replaced = clean_characters(text)
    if replaced > 3 and replaced > len(cleaned) * MAX_CONTROL_SHARE:
        raise LoadError(
            f"binary data: {replaced:,} control characters among {len(cleaned):,}",
            "give a text, Markdown, HTML, PDF, DOCX or JSONL file",
        )
    return Decoded(cleaned, encoding, replaced)


def clean_characters(text: str) -> tuple[str, int]:
    r"""Return `text` in NFC with `\n` line ends, and how many control characters it had.

    Vertical tabs, form feeds and Unicode line separators become `\n`, other control characters
    spaces, all one for one. Lone surrogates, which UTF-8 cannot hold, become U+FFFD and count too.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    text = text.translate(_LINE_BREAKS)
    text, controls = _CONTROL.subn(" ", text)
    text, surrogates = re.subn("[\ud800-\udfff]", "\ufffd", text)
    return unicodedata.normalize("NFC", text), controls + surrogates


def _decode_strictly(data: bytes) -> tuple[str, str]:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise _invalid(encoding.upper(), data, len(mark) + error.start) from error
    unmarked = _unmarked_utf16(data)
    if unmarked is not None:
        return unmarked
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        first_bad = error.start
    _refuse_binary(data)
    if _is_damaged_utf8(data):
        raise _invalid("UTF-8", data, first_bad)
    decoded = _decode_legacy(data)
    if decoded is None:
        raise _invalid("UTF-8", data, first_bad)
    return decoded


def _invalid(encoding: str, data: bytes, offset: int) -> LoadError:
    return LoadError(
        f"invalid {encoding}: byte 0x{data[offset]:02X} at offset {offset:,} "
        "fits no encoding that explains the rest",
        "save the file as UTF-8 again, or repair the damaged place",
    )


def _unmarked_utf16(data: bytes) -> tuple[str, str] | None:
    """UTF-16 without a mark: in most scripts nearly every other byte is then zero."""
    sample = data[:4096]
    if len(sample) < 4 or len(data) % 2:
        return None
    zeros_even = sample[0::2].count(0) / len(sample[0::2])
    zeros_odd = sample[1::2].count(0) / len(sample[1::2])
    for encoding, high, low in (
        ("utf-16-le", zeros_odd, zeros_even),
        ("utf-16-be", zeros_even, zeros_odd),
    ):
        if high > 0.4 and low < 0.05:
            try:
                return data.decode(encoding), encoding
            except UnicodeDecodeError:
                return None
    return None


def _refuse_binary(data: bytes) -> None:
    sample = data[:_SAMPLE_BYTES]
    controls = sum(sample.count(byte) for byte in (*range(9), *range(14, 27), *range(28, 32)))
    if controls > 3 and controls > len(sample) * MAX_CONTROL_SHARE:
        raise LoadError(
            f"binary data: {controls:,} control characters in the first {len(sample):,} bytes",
            "give a text, Markdown, HTML, PDF, DOCX or JSONL file",
        )


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether most of what lies above ASCII is well-formed UTF-8, so it was meant as such."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return sum(char > "\x7f" for char in text) - bad > bad


def _decode_legacy(data: bytes) -> tuple[str, str] | None:
    # Imported here: the parser process should start quickly, and few files need it.
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE_BYTES], cp_isolation=LEGACY_ENCODINGS).best()
    names = [best.encoding] if best is not None else []
    if best is None or best.encoding in EAST_ASIAN:
        names.append("cp1252")
    elif best.encoding in LATIN_LANGUAGES:
        names.insert(0, _latin_encoding(data[:_SAMPLE_BYTES], best.encoding))
    for name in names:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if _is_plausible(text, name):
            return text, name
    return None


def _latin_encoding(sample: bytes, best: str) -> str:
    """The Latin code page in which the text is in one of that page's own languages.

    These pages differ in few letters, too few for charset-normalizer in a short text: it read
    Turkish dotless i as the y of Czech.
    """
    for encoding, languages in LATIN_LANGUAGES.items():
        try:
            language = detect_language(sample.decode(encoding))
        except UnicodeDecodeError:
            continue
        if language in languages:
            return encoding
    return best if best == "cp1252" or detect_language(sample.decode(best, "replace")) else "cp1252"


def _is_plausible(text: str, encoding: str) -> bool:
    """Whether what lies above ASCII are letters within words, or the punctuation of texts."""
    above = [index for index, char in enumerate(text) if char > "\x7f"]
    if encoding in EAST_ASIAN:
        # Two stray Western bytes also make one East Asian character: ask for a text of them.
        return len(above) >= 8 and len(above) > len(text) * 0.1
    for index in above:
        char = text[index]
        # 0xFF, the likeliest byte of binary damage, reads as this letter in Western code pages.
        if char in "ÿ" or _CONTROL.match(char):
            return False
        if char in _PUNCTUATION or unicodedata.combining(char):
            continue
        before = text[index - 1] if index else " "
        after = text[index + 1] if index + 1 < len(text) else " "
        alone = not (before.isalpha() or after.isalpha())
        if alone and char.isalpha() and char not in _ONE_LETTER_WORDS:
            return False
    return True
