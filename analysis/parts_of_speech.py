"""PartsOfSpeech: the tagger's attribute rules, not tried anew on every word."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spacy.language import Language
from spacy.pipeline import AttributeRuler
from spacy.symbols import VERB, expl
from spacy.tokens import Doc, Token

_BEING = frozenset({"is", "are", "was", "were", "'s", "'re"})


class PartsOfSpeech:
    """The attribute rules of a pipeline, tried once on each combination of what they ask for.

    Trying all of them on every word is a good part of what tagging costs. Their lemmas and
    morphological features are left out; nothing here reads those.
    """

    def __init__(self, pipeline: Language) -> None:
        """Take over the rules of `pipeline`, which need not run them any more."""
        ruler = pipeline.get_pipe("attribute_ruler")
        assert isinstance(ruler, AttributeRuler)
        self._ruler = ruler
        self._vocab = pipeline.vocab
        self._words = frozenset(_words_asked_for(ruler.patterns))
        self._known: dict[tuple[str, str, str, bool], tuple[int, int, int]] = {}

    def set_on(self, doc: Doc) -> None:
        """Give each word of `doc`, which has tags and dependencies, its part of speech."""
        before = 0
        for token in doc:
            lower = token.lower_
            key = (token.tag_, lower if lower in self._words else "", token.dep_, token.is_space)
            found = self._known.get(key)
            if found is None:
                found = self._known[key] = self._try(token)
            token.tag, token.dep, token.pos = found
            # The only rule on a part of speech that asks for two words: "there is".
            if before == expl and lower in _BEING:
                token.pos = VERB
            before = token.dep

    def _try(self, token: Token) -> tuple[int, int, int]:
        words, tags, dependencies = [token.text], [token.tag_], [token.dep_]
        alone = Doc(self._vocab, words=words, tags=tags, deps=dependencies, heads=[0])
        self._ruler(alone)
        return alone[0].tag, alone[0].dep, alone[0].pos


def _words_asked_for(rules: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lower-cased words that rules name; those that match an expression set lemmas."""
    for rule in rules:
        for condition in (word.get("LOWER") for pattern in rule["patterns"] for word in pattern):
            if isinstance(condition, str):
                yield condition
            elif isinstance(condition, dict):
                yield from condition.get("IN", ())
