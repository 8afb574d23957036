"""Places: where something happened, with what the text or the register says that it lies in."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from spacy.tokens import Span as Tokens

from analysis.names import NameKind, NameMention, NameRegister
from analysis.records import Place, Span
from analysis.states import demonyms, states
from analysis.terms import stem

_AREA = (
    r"(?:district|province|city|town|village|region|governorate|valley|area|capital|center|centre)"
)
_LINK = re.compile(
    rf"""\s*(?:
        ,?\s+(?:the|a|an)?\s*(?:\w+\s+)?{_AREA}\s+(?:of|in)\s+(?:the\s+)?(?:\w+\s+)?
      | \s+of\s+(?:the\s+)?
      | \s*{_AREA}\s+(?:of|in|,)\s+(?:the\s+)?
      | \s*\({_AREA}?\s*
      | ,?\s+in\s+(?:the\s+)?(?:\w+\s+)?(?:{_AREA}\s+of\s+)?
      | ,\s+
    )""",
    re.VERBOSE,
)
_OWNED = re.compile(r"['’]s\s+")
_ARTICLES = frozenset(
    "the a an this that at in near on outside inside of from and to s its".split()
)
COUNTRIES = (
    states()
    | demonyms().keys()
    | {"US", "U.S.", "USA", "UK", "U.K.", "EU", "Asia", "South Asia", "Central Asia", "Europe"}
    | {"Africa", "Middle East", "West"}
)
"""States, peoples and continents: too wide to tell where something happened."""
FACILITIES = frozenset(
    stem(noun)
    for noun in """
        airport embassy hotel ministry mosque prison base hospital school market station church
        checkpoint university consulate palace convoy airfield headquarters mission shrine temple
        bus train barracks camp restaurant stadium bridge pipeline compound
    """.split()
)
"""Stems of words for what stands in one place: a target, and a place below any town."""
_ENTITIES = frozenset({"GPE", "LOC", "FAC"})


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """A place's name in a paragraph, in code points of it."""

    start: int
    end: int
    canonical: str | None


def names_of_places(
    sentence: Tokens, register: NameRegister, taken: Sequence[tuple[int, int]]
) -> list[FoundPlace]:
    """Return the places that the sentence names, in order, in code points of the paragraph.

    The register's come first, then what the tagger takes for a place. `taken` are names of actors:
    what overlaps one is no place, save for the register's ("Kabul" in "the governor of Kabul").
    """
    offset = sentence.start_char
    found = [
        FoundPlace(offset + name.start, offset + name.end, name.canonical)
        for name in _listed(sentence.text, register)
    ]
    for entity in sentence.ents:
        start, end = entity.start_char, entity.end_char
        if (
            entity.label_ in _ENTITIES
            and entity.text[:1].isupper()
            and not any(
                start < other_end and other_start < end
                for other_start, other_end in [*taken, *((f.start, f.end) for f in found)]
            )
        ):
            found.append(FoundPlace(start, end, None))
    return sorted(found, key=lambda place: place.start)


def _listed(text: str, register: NameRegister) -> Iterator[NameMention]:
    """Yield the register's places in `text`.

    "The airport in Kabul" is the airport, "the military airport in Kabul" is another one, in Kabul.
    """
    for name in register.mentions(text):
        if register.entry(name.canonical).kind is not NameKind.PLACE:
            continue
        before = re.search(r"(\w+)\s+$", text[: name.start])
        if name.text[:1].islower() and before and before[1].lower() not in _ARTICLES:
            rest = name.text.find(" ")
            for inner in register.mentions(name.text[rest:]) if rest > 0 else ():
                start = name.start + rest + inner.start
                yield replace(inner, start=start, end=start + len(inner.text))
        else:
            yield name


def chained(places: Sequence[FoundPlace], text: str, offset: int) -> list[Place]:
    """Return the places of one sentence, each with the wider ones that the text puts behind it.

    "Butkhaak, a district of Kabul" is one place within another; `offset` is where `text`, the
    paragraph, begins in the document.
    """
    chains: list[list[FoundPlace]] = []
    for place in places:
        last = chains[-1][-1] if chains else None
        if last is not None and _OWNED.fullmatch(text, last.end, place.start):
            # "Pakistan's Balochistan": the wider one stands first.
            chains[-1].insert(len(chains[-1]) - 1, place)
        elif (
            last is not None
            and _LINK.fullmatch(text, last.end, place.start)
            and not (text[last.end : place.start].strip() == "," and _is_facility(text, place))
        ):
            chains[-1].append(place)
        else:
            chains.append([place])
    return [
        Place(
            text[chain[0].start : chain[0].end],
            Span(offset + chain[0].start, offset + chain[0].end),
            chain[0].canonical,
            tuple(wider.canonical or text[wider.start : wider.end] for wider in chain[1:]),
        )
        for chain in chains
    ]


def _is_facility(text: str, place: FoundPlace) -> bool:
    return any(stem(word.lower()) in FACILITIES for word in text[place.start : place.end].split())


def is_narrow(place: Place) -> bool:
    """Whether the place is below a country, and so tells where something happened."""
    return (place.canonical or place.text) not in COUNTRIES
