"""Mentions: where a document names actors, and what it says of them.

A name is found because the register lists it or one like it, or because the words in and around a
capitalised name tell what it names (`analysis.candidates`). Nobody is named by "the group" or "he".
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from analysis import cues
from analysis.candidates import (
    STATE_BODY,
    Candidate,
    Passage,
    find_candidates,
    is_acronym,
    kind_of,
    run_around,
)
from analysis.dates import find_whens
from analysis.deaths import find_deaths
from analysis.marked import mark
from analysis.names import NameKind, NameMention, NameRegister
from analysis.records import ActorKind, Death, Mention, Relation, Role, Span, Statement, Tie
from analysis.relations import find_relations
from analysis.roles import find_roles
from analysis.statements import find_said
from analysis.states import demonyms, states
from analysis.tagger import Tagged
from analysis.terms import fold, words
from analysis.ties import find_ties
from ingest.document import Document, RegionKind

_KINDS = {
    NameKind.GROUP: ActorKind.GROUP,
    NameKind.PERSON: ActorKind.PERSON,
    NameKind.INSTITUTION: ActorKind.INSTITUTION,
}


@dataclass(frozen=True, slots=True)
class FoundActors:
    """What one document says of actors; indices are places in `mentions`, which are in order."""

    mentions: tuple[Mention, ...]
    ties: tuple[Tie, ...] = ()
    roles: tuple[Role, ...] = ()
    relations: tuple[Relation, ...] = ()
    statements: tuple[Statement, ...] = ()
    deaths: tuple[Death, ...] = ()
    notes: tuple[str, ...] = ()


def find_actors(
    document: Document, paragraphs: Sequence[Tagged], register: NameRegister
) -> FoundActors:
    """Return the actors that `document` names in its `paragraphs`.

    A document in another language than English has no paragraphs: of it only the names exactly as
    the register has them are found, and a note says so.
    """
    if document.language not in (None, "en"):
        return FoundActors(
            tuple(_listed_only(document, register)),
            notes=(
                f"The document is in another language ({document.language}): only names that the "
                "register lists were looked for.",
            ),
        )
    mentions = find_mentions(document.text, paragraphs, register)
    sentences = [
        Span(paragraph.start + sent.start_char, paragraph.start + sent.end_char)
        for paragraph in paragraphs
        for sent in paragraph.doc.sents
    ]
    ties = find_ties(document.text, mentions)
    mentions = _read_ambiguous(document.text, mentions, ties, sentences, register)
    marked = mark(document.text, paragraphs, mentions)
    statements = find_said(document.text, marked, mentions)
    whens = find_whens(document)
    roles = find_roles(document.text, marked, mentions, whens)
    relations = find_relations(document.text, marked, mentions, roles, statements)
    deaths = find_deaths(document.text, marked, roles, whens, register)
    return FoundActors(tuple(mentions), ties, roles, relations, statements, deaths)


def _listed_only(document: Document, register: NameRegister) -> Iterator[Mention]:
    # An apostrophe sets off a case ending in some languages: Taliban'a.
    for name in register.mentions(document.text.translate(_APOSTROPHES)):
        kind = _KINDS.get(register.entry(name.canonical).kind)
        region = next(
            (each.kind for each in document.regions if each.start <= name.start < each.end), None
        )
        if kind is not None and name.exact and region in (None, RegionKind.HEADING):
            span = Span(name.start, name.end)
            written = document.text[name.start : name.end]
            yield Mention(span, written, kind, name.canonical, region)


_APOSTROPHES = str.maketrans({"'": " ", "’": " "})


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A paragraph while names are looked for in it."""

    tagged: Tagged
    passage: Passage
    listed: tuple[NameMention, ...]


def find_mentions(text: str, paragraphs: Sequence[Tagged], register: NameRegister) -> list[Mention]:
    """Return the names of actors in the paragraphs of `text`, in order."""
    read = [_read(paragraph, register) for paragraph in paragraphs]
    found = [
        _listed_mention(name, paragraph, register)
        for paragraph in read
        for name in paragraph.listed
    ]
    mentions = [mention for mention in found if mention is not None]
    mentions += [mention for paragraph in read for mention in _states(paragraph)]
    uses: dict[tuple[str, ...], list[tuple[Candidate, Passage]]] = defaultdict(list)
    regions: dict[int, RegionKind | None] = {}
    for paragraph in read:
        for candidate in find_candidates(paragraph.passage):
            if paragraph.tagged.region is RegionKind.FOOTNOTE and _is_quoted(text, candidate):
                continue  # the capitals of a cited title say nothing
            uses[_core(candidate.forms)].append((candidate, paragraph.passage))
            regions[candidate.start] = paragraph.tagged.region
    kinds = {forms: kind_of(found_uses) for forms, found_uses in uses.items()}
    persons = {_core(tuple(w.form for w in words(m.text))) for m in mentions if m.kind == "person"}
    persons |= {forms for forms, kind in kinds.items() if kind is ActorKind.PERSON}
    last_names = {forms[-1:] for forms in persons if len(forms) > 1}
    last_names |= {forms[-2:] for forms in persons if len(forms) > 2}
    kinds |= _of_acronyms(text, uses, kinds, mentions)
    for forms, found_uses in uses.items():
        kind = kinds[forms] or (ActorKind.PERSON if forms in last_names else None)
        if kind is None:
            continue
        for candidate, _ in found_uses:
            span = Span(candidate.start, candidate.end)
            mentions.append(Mention(span, candidate.text, kind, region=regions[candidate.start]))
    return sorted(mentions, key=lambda mention: mention.span)


def _is_quoted(text: str, candidate: Candidate) -> bool:
    line = text.rfind("\n", 0, candidate.start) + 1
    before = text[line : candidate.start]
    return before.count("“") > before.count("”") or before.count('"') % 2 == 1


_Uses = Mapping[tuple[str, ...], Sequence[tuple[Candidate, Passage]]]
_Kinds = Mapping[tuple[str, ...], ActorKind | None]


def _of_acronyms(
    text: str, uses: _Uses, kinds: _Kinds, mentions: Sequence[Mention]
) -> dict[tuple[str, ...], ActorKind]:
    """Return the kinds of acronyms that stand in parentheses behind a name: they are its kind."""
    ends = {mention.span.end: mention.kind for mention in mentions}
    for forms, found in uses.items():
        kind = kinds[forms]
        if kind is not None:
            ends.update((candidate.end, kind) for candidate, _ in found)
    return {
        forms: ends[opened]
        for forms, found in uses.items()
        for candidate, _ in found
        if is_acronym(candidate.text)
        and text[max(0, candidate.start - 2) : candidate.start] == " ("
        and (opened := candidate.start - 2) in ends
    }


def _core(forms: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a name without articles, for one and the same name written twice."""
    return tuple(form for form in forms if form not in ("the", "al", "el", "ul")) or forms


def _read(paragraph: Tagged, register: NameRegister) -> _Paragraph:
    doc = paragraph.doc
    starts = frozenset(sent.start_char for sent in doc.sents)
    passage = Passage(
        start=paragraph.start,
        text=paragraph.text,
        taken=(),
        sentence_starts=starts,
        entities=[(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents],
        common=frozenset(
            token.idx
            for token in doc
            if token.text[:1].isupper() and token.tag_ not in ("NNP", "NNPS", "")
        ),
    )
    listed = tuple(
        kept
        for name in register.mentions(paragraph.text)
        if (kept := _as_name(name, passage, register)) is not None
    )
    taken = tuple((name.start, name.end) for name in listed)
    return _Paragraph(paragraph, replace(passage, taken=taken), listed)


def _as_name(name: NameMention, passage: Passage, register: NameRegister) -> NameMention | None:
    """Return a register's name as it counts here; None where it is a part of another name."""
    entry = register.entry(name.canonical)
    if entry.kind not in _KINDS and not name.exact:
        # Khorasani sounds like Khorasan, and is a man.
        return None
    run = run_around(passage, name.start, name.end)
    before, after = _neighbours(run, name, passage)
    if entry.kind is NameKind.PERSON:
        alone = len(words(name.text)) == 1
        if before and (alone or not _may_stand_before(before)) and not _is_title(before):
            return None
        if after and not _follows_names(after):
            return None
        return _without_title(name)
    if entry.kind is NameKind.GROUP:
        if before and len(words(name.text)) == 1 and fold(before) in cues.GIVEN_NAMES:
            return None
        return _without_common_noun(name, register)
    body = STATE_BODY.match(passage.text, name.end)
    if body is not None and (name.text not in demonyms() or body.group(1) != "forces"):
        # The US military, the Afghan army: a body of the state, found as a candidate below.
        return None
    if after and _last_form(run, passage) in _HEADS:
        # Nangarhar University, Kabul Police.
        return None
    return name


_HEADS = cues.INSTITUTION_HEADS | cues.GROUP_HEADS


def _last_form(run: tuple[int, int], passage: Passage) -> str:
    return words(passage.text[run[0] : run[1]])[-1].form


def _neighbours(run: tuple[int, int], name: NameMention, passage: Passage) -> tuple[str, str]:
    """Return the capitalised words that stand right before and after a name, or empty texts."""
    text = passage.text
    before = re.findall(r"\S+", text[run[0] : name.start]) if run[0] < name.start else []
    begins = name.start - len(before[-1]) - 1 if before else -1
    if (
        before
        and begins in passage.sentence_starts
        and (begins in passage.common or fold(before[-1]) in cues.SPEECH_VERBS)
    ):
        before = []
    after = re.findall(r"\S+", text[name.end : run[1]]) if name.end < run[1] else []
    if text[name.end : name.end + 1] in ("’", "'"):
        after = []
    return (before[-1] if before else "", after[0] if after else "")


def _is_title(word: str) -> bool:
    form = fold(word).rstrip(".")
    return form in cues.ROLE_NOUNS or form in cues.HONORIFICS or form in ("gen", "col", "lt", "maj")


def _may_stand_before(word: str) -> bool:
    """Whether a capitalised word before a whole name need not be a part of it."""
    return word in demonyms() or word in states() or not word[:1].isupper() or word.isupper()


def _follows_names(word: str) -> bool:
    form = fold(word)
    return form in cues.ROLE_NOUNS or form in cues.FOLLOWERS or form in _HEADS


def _without_title(name: NameMention) -> NameMention | None:
    """Return a person's name without the office that the register lists with it."""
    found = words(name.text)
    skip = 0
    while skip < len(found) - 1 and found[skip].form in cues.OFFICES:
        skip += 1
    start = found[skip].start
    return replace(name, start=name.start + start, text=name.text[start:])


def _without_common_noun(name: NameMention, register: NameRegister) -> NameMention | None:
    """Return a group's name without "the" and small words behind it; None if it names nothing then.

    "Taliban movement" says Taliban; "Khorasan branch" describes a group and names none.
    """
    text = name.text
    end = len(text)
    placed = re.search(r"\s+(?:in|of)\s+[A-Z]\w*$", text)
    if placed is not None:
        # "Daesh in Afghanistan": its name is Daesh, the place says which Daesh is meant.
        inner = register.mentions(text[: placed.start()])
        if len(inner) == 1 and inner[0].text == text[: placed.start()] and _is_short(inner[0].text):
            return replace(name, end=name.start + placed.start(), text=inner[0].text)
    while (last := re.search(r"\s+[a-z]\w*$", text[:end])) is not None:
        end = last.start()
    if end == len(text):
        return name
    inner = register.mentions(text[:end])
    if len(inner) == 1 and inner[0].canonical == name.canonical:
        return replace(name, end=name.start + end, text=text[:end])
    return None


_STATE = re.compile(rf"\b(?:{'|'.join(sorted(states(), key=len, reverse=True))})\b(?![-’'])")


def _states(paragraph: _Paragraph) -> Iterator[Mention]:
    """Yield the states that the register lists as no actors, where they do something."""
    doc, start = paragraph.tagged.doc, paragraph.tagged.start
    institutions = (name for name in paragraph.listed if name.canonical in states())
    actors = {name.end for name in institutions}
    for match in _STATE.finditer(paragraph.tagged.text):
        span = doc.char_span(*match.span())
        if span is None or span.end >= len(doc) or match.end() in actors:
            continue
        following = doc[span.end]
        verb = following.tag_ in ("VBD", "VBZ", "VBP", "MD") and following.lower_ not in _STATIVE
        before = doc[span.start - 1].lower_ if span.start else ""
        if (verb and before not in _FROM) or before in ("by", "with", "against"):
            place = Span(start + match.start(), start + match.end())
            yield Mention(
                place, match.group(), ActorKind.INSTITUTION, region=paragraph.tagged.region
            )


_STATIVE = frozenset("is was are were must should can cannot remains remained became".split())
_FROM = frozenset("in of from to into inside across within near and or".split())


def _listed_mention(
    name: NameMention, paragraph: _Paragraph, register: NameRegister
) -> Mention | None:
    kind = _KINDS.get(register.entry(name.canonical).kind)
    if kind is None:
        return None
    text = name.text
    start = name.start
    if text.lower().startswith("the ") and text[4:5].isupper():
        start, text = start + 4, text[4:]
    if text in demonyms():
        return None
    if name.canonical in states() and not _acts(paragraph.tagged, start, name.end):
        return None
    span = Span(paragraph.tagged.start + start, paragraph.tagged.start + name.end)
    return Mention(span, text, kind, name.canonical, paragraph.tagged.region)


def _acts(tagged: Tagged, start: int, end: int) -> bool:
    """Whether the state named there is meant as an actor and not as where somebody comes from."""
    span = tagged.doc.char_span(start, end, alignment_mode="expand")
    if span is None or span.end >= len(tagged.doc):
        return True
    following = tagged.doc[span.end]
    return following.tag_ not in ("NN", "NNS", "NNP", "NNPS", "JJ") or not following.text.isalpha()


def _read_ambiguous(
    text: str,
    mentions: Sequence[Mention],
    ties: Sequence[Tie],
    sentences: Sequence[Span],
    register: NameRegister,
) -> list[Mention]:
    """Return the mentions with names read as a branch where they mean it and not its parent.

    A short name that reports use for both is the branch's in a document that names the branch by a
    name of its own, unless the sentence names the branch beside it or speaks of the whole. What the
    text ties to a name of the branch is the branch's.
    """
    tied = {place: {mentions[tie.other].canonical} for tie in ties for place in (tie.one,)}
    for tie in ties:
        tied.setdefault(tie.other, set()).add(mentions[tie.one].canonical)
    named = {mention.canonical for mention in mentions}
    starts = [sentence.start for sentence in sentences]
    by_sentence: dict[int, set[str | None]] = defaultdict(set)
    place_of = [bisect_right(starts, mention.span.start) - 1 for mention in mentions]
    for mention, place in zip(mentions, place_of, strict=True):
        by_sentence[place].add(mention.canonical)
    read = []
    for at, (mention, place) in enumerate(zip(mentions, place_of, strict=True)):
        entry = register.entry(mention.canonical) if mention.canonical else None
        for branch in entry.also_used_for if entry and _is_short(mention.text) else ():
            sentence = sentences[place]
            beside = branch in by_sentence[place] or _OF_THE_WHOLE.search(
                text, sentence.start, sentence.end
            )
            if branch in tied.get(at, ()) or (branch in named and not beside):
                mention = replace(mention, canonical=branch)
        read.append(mention)
    return read


def _is_short(text: str) -> bool:
    return len(words(text)) == 1


_OF_THE_WHOLE = re.compile(
    r"\b(?:leadership|central|global|globally|worldwide|caliphate|Syria|Iraq|provinces|"
    r"branch(?:es)? of|international|around the world)\b"
)
