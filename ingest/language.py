"""Which language a text is in, where there is enough of it to tell."""

from functools import cache
from typing import Protocol

# Shorter texts are names and headings; py3langid then guesses.
# Bytes, because a Chinese character says as much as three Latin letters.
MIN_BYTES = 60
MIN_LETTERS = 20
MIN_PROBABILITY = 0.8
_SAMPLE_CHARS = 20_000


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


@cache
def _identifier() -> _Identifier:
    # Imported here, and kept: its model takes most of a second to load.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier: _Identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return identifier


def detect_language(text: str) -> str | None:
    """Return the ISO 639-1 code of the language of `text`; None where that is unclear."""
    sample = text[:_SAMPLE_CHARS]
    letters = sum(char.isalpha() for char in sample)
    if letters < MIN_LETTERS or len(sample.encode("utf-8")) < MIN_BYTES:
        return None
    code, probability = _identifier().classify(sample)
    return code if probability >= MIN_PROBABILITY and len(code) == 2 else None
