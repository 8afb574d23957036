"""Places: where something happened, with what the text or the register says that it lies in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from spacy.tokens import Span as Tokens

from analysis.names import NameKind, NameRegister
from analysis.records import Place, Span
from analysis.terms import stem

_AREA = (
    r"(?:district|province|city|town|village|region|governorate|valley|area|capital|center|centre)"
)
_LINK = re.compile(
    rf"""\s*(?:
        ,?\s+(?:the|a|an)?\s*(?:\w+\s+)?{_AREA}\s+(?:of|in)\s+(?:the\s+)?(?:\w+\s+)?
      | \s*{_AREA}\s+(?:of|in|,)\s+(?:the\s+)?
      | \s*\({_AREA}?\s*
      | ,?\s+in\s+(?:the\s+)?(?:\w+\s+)?(?:{_AREA}\s+of\s+)?
      | ,\s+
      | (?:'s|’s)\s+
    )""",
    re.VERBOSE,
)
_LOCATIVE = frozenset(
    """in at near outside inside around across from within into throughout against on of beside by
    close""".split()
)
COUNTRIES = frozenset(
    """
    Afghanistan Albania Algeria Angola Argentina Armenia Australia Austria Azerbaijan Bahrain
    Bangladesh Belarus Belgium Bolivia Bosnia Brazil Bulgaria Burundi Cambodia Cameroon Canada Chad
    Chile China Colombia Congo Croatia Cuba Cyprus Denmark Ecuador Egypt Eritrea Estonia Ethiopia
    Finland France Gabon Georgia Germany Ghana Greece Guatemala Guinea Haiti Honduras Hungary India
    Indonesia Iran Iraq Ireland Israel Italy Japan Jordan Kazakhstan Kenya Kosovo Kuwait Kyrgyzstan
    Laos Latvia Lebanon Liberia Libya Lithuania Malaysia Mali Malta Mauritania Mexico Moldova
    Mongolia Montenegro Morocco Mozambique Myanmar Namibia Nepal Netherlands Nicaragua Niger Nigeria
    Norway Oman Pakistan Palestine Panama Paraguay Peru Philippines Poland Portugal Qatar Romania
    Russia Rwanda Senegal Serbia Singapore Slovakia Slovenia Somalia Spain Sudan Sweden Switzerland
    Syria Taiwan Tajikistan Tanzania Thailand Togo Tunisia Turkey Turkmenistan Uganda Ukraine
    Uruguay Uzbekistan Venezuela Vietnam Yemen Zambia Zimbabwe
    """.split()
) | {
    "Saudi Arabia",
    "Sri Lanka",
    "Burkina Faso",
    "El Salvador",
    "South Sudan",
    "United States",
    "United Kingdom",
    "North Korea",
    "South Korea",
    "Sierra Leone",
    "Ivory Coast",
    "Russian",
}
"""Names of countries: too wide to tell where something happened."""
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
        for name in register.mentions(sentence.text)
        if register.entry(name.canonical).kind is NameKind.PLACE
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


def chained(places: Sequence[FoundPlace], text: str, offset: int) -> list[Place]:
    """Return the places of one sentence, each with the wider ones that the text puts behind it.

    "Butkhaak, a district of Kabul" is one place within another; `offset` is where `text`, the
    paragraph, begins in the document.
    """
    chains: list[list[FoundPlace]] = []
    for place in places:
        if chains and _LINK.fullmatch(text, chains[-1][-1].end, place.start):
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


def is_narrow(place: Place) -> bool:
    """Whether the place is below a country, and so tells where something happened."""
    return (place.canonical or place.text) not in COUNTRIES
