"""Query analysis: what a question asks for, under which names, and with which words repaired."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from index.lexical import Clause, Field, LexicalQuery, Wording
from index.names import MIN_ALIKE_CHARS, Name, NameEntry, NameMatcher, NameMention, NameRegister
from index.spelling import Spelling
from index.terms import STOP_WORDS, Word, compounds, stem, words

DERIVED_WEIGHT = 0.8
"""What a last name alone counts, against 1 for a name that the register lists."""
ALIKE_WEIGHT = 0.8
"""What a spelling that no register lists counts, if it sounds like one that is."""
RELATED_WEIGHT = 0.5
"""What the names of a related entry count: DAESH where ISKP was asked for."""
PART_WEIGHT = 0.3
"""What one word of a longer name counts by itself: agreement where Doha Agreement was asked for."""
SHOWN_NAMES = 6
"""How many other names an explanation lists before it stops."""


@dataclass(frozen=True, slots=True)
class Highlighted:
    """What of a passage is marked as found."""

    stems: frozenset[str]
    forms: frozenset[str]
    """Folded words that are marked as they stand: spellings of a name that only sound like it."""
    names: NameMatcher


@dataclass(frozen=True, slots=True)
class AnalyzedQuery:
    """A question as search understands it."""

    text: str
    """As typed."""
    repaired: str
    """With its typing errors mended and nothing else changed."""
    terms: tuple[str, ...]
    """The stems of what is asked about, in order, each once: no stop words, errors mended."""
    corrections: tuple[tuple[str, str], ...]
    """Each word or name that was read as another: as typed, as read."""
    names: tuple[NameMention, ...]
    """The names in `text`, by offsets into it."""
    lexical: LexicalQuery
    dense_text: str
    """What is embedded."""
    explanations: tuple[str, ...]
    """How the question was read, in sentences for the person who asked."""
    highlighted: Highlighted = field(repr=False, compare=False)


def analyze(query: str, names: NameRegister, spelling: Spelling) -> AnalyzedQuery:
    """Return what `query` asks for, after the register's names and the collection's words.

    The same query, register and collection give the same analysis.
    """
    reading = _Reading(query, names, spelling)
    entries = tuple(dict.fromkeys(named.entry for named in reading.named))
    groups = [_group(entry, reading, names, spelling) for entry in entries]
    clauses = [*_word_clauses(reading), *(_name_clause(group) for group in groups)]
    clauses += _part_clauses(reading)
    repaired = reading.repaired()
    return AnalyzedQuery(
        text=query,
        repaired=repaired,
        terms=tuple(dict.fromkeys(stem(word.form) for word in reading.asked())),
        corrections=tuple(dict.fromkeys((typed, read) for _, _, typed, read in reading.changes())),
        names=tuple(reading.mention(named) for named in reading.named),
        lexical=LexicalQuery(tuple(dict.fromkeys(clauses))),
        dense_text=repaired,
        explanations=_explanations(reading, groups, spelling),
        highlighted=Highlighted(
            stems=frozenset(
                wording.words[0]
                for clause in clauses
                for wording in clause.wordings
                if wording.field is Field.STEMS
            ),
            forms=frozenset(form for group in groups for form in group.alike),
            names=NameMatcher(
                dict.fromkeys(e for group in groups for e in (group.entry, *group.related))
            ),
        ),
    )


def highlight_spans(text: str, analyzed: AnalyzedQuery) -> list[tuple[int, int]]:
    """Return where `text` says what was asked for: whole words and names, in order, apart."""
    found = words(text)
    wanted = analyzed.highlighted
    compound = {word.start: word for word in compounds(text, found)}
    spans: list[tuple[int, int]] = []
    at = 0
    while at < len(found):
        word = found[at]
        taken = 1
        if match := wanted.names.match(text, found, at):
            taken = len(match[0].forms)
        elif word.start in compound and stem(compound[word.start].form) in wanted.stems:
            taken = 2
        elif word.form not in wanted.forms and stem(word.form) not in wanted.stems:
            at += 1
            continue
        spans.append((word.start, found[at + taken - 1].end))
        at += taken
    return spans


@dataclass(frozen=True, slots=True)
class _Named:
    """A name among the words of a query: from word number `first` up to but not `end`."""

    first: int
    end: int
    name: Name
    entry: NameEntry
    listed: bool
    """Whether the words are the name's own, be it after repair, and not only sound like it."""


class _Reading:
    """A query's words, as typed and as read, and the names among them."""

    def __init__(self, query: str, names: NameRegister, spelling: Spelling) -> None:
        self.query = query
        self.typed = words(query)
        if len(self.typed) > 2 and all(w.capitals or len(w.form) == 1 for w in self.typed):
            # All in capitals: then capitals do not tell IS from is.
            self.typed = [word._replace(capitals=False) for word in self.typed]
        self.words = [word._replace(form=spelling.repair(word) or word.form) for word in self.typed]
        self.named = self._find_names(names.matcher, spelling)
        self._named_at = {at: named for named in self.named for at in range(named.first, named.end)}

    def _find_names(self, matcher: NameMatcher, spelling: Spelling) -> list[_Named]:
        named: list[_Named] = []
        at = 0
        while at < len(self.words):
            match = matcher.match(self.query, self.words, at)
            listed = match is not None
            if match is None and not self._ordinary(at, spelling):
                match = matcher.alike(self.query, self.words, at)
            if match is None:
                at += 1
                continue
            name, entry = match
            named.append(_Named(at, at + len(name.forms), name, entry, listed))
            at += len(name.forms)
        return named

    def _ordinary(self, at: int, spelling: Spelling) -> bool:
        """Whether a word is an English one, which does not turn into a name by its sound."""
        form = self.words[at].form
        return form in STOP_WORDS or spelling.is_english(form)

    def repairs(self, at: int) -> bool:
        """Whether word number `at` is read as another than was typed."""
        return self.words[at].form != self.typed[at].form

    def asked(self) -> list[Word]:
        """Return the words, as read, that say what is asked about."""
        asked = [w for at, w in enumerate(self.words) if at in self._named_at or _tells(w)]
        return asked or [word for word in self.words if len(word.form) > 1]

    def free(self) -> list[int]:
        """Return the numbers of the asked words that are in no name."""
        asked = self.asked()
        return [
            at for at, word in enumerate(self.words) if word in asked and at not in self._named_at
        ]

    def changes(self) -> list[tuple[int, int, str, str]]:
        """Return start, end, the typed text and what it was read as, for whatever was misspelt."""
        changes = []
        for at, word in enumerate(self.typed):
            named = self._named_at.get(at)
            if named is not None and not named.listed:
                if at == named.first:
                    changes.append(
                        self._change(word.start, self.typed[named.end - 1].end, named.name.text)
                    )
            elif self.repairs(at):
                read = self.words[at].form
                if named is not None:
                    part = words(named.name.text)[at - named.first]
                    read = named.name.text[part.start : part.end]
                changes.append(self._change(word.start, word.end, read))
        return changes

    def _change(self, start: int, end: int, read: str) -> tuple[int, int, str, str]:
        typed = self.query[start:end]
        if read.islower() and typed[0].isupper():
            read = read.upper() if typed.isupper() and len(typed) > 1 else read.capitalize()
        return start, end, typed, read

    def repaired(self) -> str:
        """Return the query with its misspellings mended and every other character as it was."""
        text, done = "", 0
        for start, end, _, read in self.changes():
            text += self.query[done:start] + read
            done = end
        return text + self.query[done:]

    def mention(self, named: _Named) -> NameMention:
        """Return a name with its place in the query."""
        start, end = self.typed[named.first].start, self.typed[named.end - 1].end
        exact = named.listed and not any(self.repairs(at) for at in range(named.first, named.end))
        return NameMention(start, end, self.query[start:end], named.entry.canonical, exact)


def _tells(word: Word) -> bool:
    return word.form not in STOP_WORDS and (len(word.form) > 1 or word.form.isdigit())


@dataclass(frozen=True, slots=True)
class _Group:
    """A name that was asked for, with all that it may be called in the collection."""

    entry: NameEntry
    typed: str
    alike: tuple[str, ...]
    related: tuple[NameEntry, ...]
    other_words: tuple[tuple[str, ...], ...]
    """What was typed for it where no register has it."""


def _group(entry: NameEntry, reading: _Reading, names: NameRegister, spelling: Spelling) -> _Group:
    named = [found for found in reading.named if found.entry is entry]
    single = {
        name.forms[0]
        for name in entry.names
        if len(name.forms) == 1
        and not name.case_sensitive
        and len(name.forms[0]) >= MIN_ALIKE_CHARS
    }
    own = {name.forms for e in names.entries for name in e.names}
    alike = {form for one in single for form in spelling.alike(one) if (form,) not in own}
    other = [tuple(word.form for word in reading.typed[n.first : n.end]) for n in named]
    return _Group(
        entry=entry,
        typed=reading.mention(named[0]).text,
        alike=tuple(sorted(alike)),
        related=names.related(entry.canonical),
        other_words=tuple(dict.fromkeys(forms for forms in other if forms not in own)),
    )


def _word_clauses(reading: _Reading) -> Iterable[Clause]:
    free = reading.free()
    for at in free:
        read, typed = stem(reading.words[at].form), stem(reading.typed[at].form)
        yield Clause(tuple(Wording(Field.STEMS, (s,)) for s in dict.fromkeys((read, typed))))
    for word in compounds(reading.query, [reading.words[at] for at in free]):
        yield Clause((Wording(Field.STEMS, (stem(word.form),)),))


def _name_clause(group: _Group) -> Clause:
    wordings = [_wording(name, 1.0) for name in group.entry.names]
    wordings += [Wording(Field.WORDS, forms) for forms in group.other_words]
    wordings += [Wording(Field.WORDS, (form,), ALIKE_WEIGHT) for form in group.alike]
    for entry in group.related:
        wordings += [_wording(name, RELATED_WEIGHT) for name in entry.names]
    return Clause(tuple(wordings))


def _wording(name: Name, weight: float) -> Wording:
    where = Field.CAPITALS if name.case_sensitive else Field.WORDS
    return Wording(where, name.forms, weight * (DERIVED_WEIGHT if name.derived else 1.0))


def _part_clauses(reading: _Reading) -> Iterable[Clause]:
    """Yield a weak clause for each word of a longer name: passages often say only part of it."""
    for named in reading.named:
        if named.end - named.first > 1:
            for word in reading.words[named.first : named.end]:
                if _tells(word):
                    yield Clause((Wording(Field.STEMS, (stem(word.form),)),), PART_WEIGHT)


def _explanations(
    reading: _Reading, groups: Sequence[_Group], spelling: Spelling
) -> tuple[str, ...]:
    lines = [f"Read ‘{typed}’ as ‘{read}’." for _, _, typed, read in reading.changes()]
    for group in groups:
        own = _held(group.entry.names, spelling, but=group.typed)
        own += [form for form in group.alike if form not in own]
        related = _held((n for e in group.related for n in e.names), spelling, but=group.typed)
        parts = []
        if own:
            parts.append(f"also as {_list(own)}")
        if related:
            parts.append(f"with less weight as {_list(related)}")
        if parts:
            lines.append(f"Searched for ‘{group.typed}’ {', '.join(parts)}.")
    return tuple(dict.fromkeys(lines))


def _held(names: Iterable[Name], spelling: Spelling, but: str) -> list[str]:
    """Return the names whose words are all in the collection, each spelling once."""
    skipped = tuple(word.form for word in words(but))
    found: dict[tuple[str, ...], str] = {}
    for name in names:
        if name.forms != skipped and not name.derived and spelling.holds(name.forms):
            found.setdefault(name.forms, name.text)
    return list(found.values())


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN_NAMES])
    return f"{shown} and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else shown
