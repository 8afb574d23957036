"""NameRegister: which spellings mean the same group, person, place, institution or agreement.

The register is data: a YAML file that comes with Dossier and, after it, the operator's own.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import yaml
from rapidfuzz.distance import Levenshtein

from analysis.english import is_english
from analysis.terms import HYPHENS, STOP_WORDS, Word, words

SHIPPED_NAMES = Path(__file__).with_name("names.yaml")
"""The register that comes with Dossier."""

MIN_ALIKE_CHARS = 5
"""Shorter words have too many neighbours for likeness of sound to mean anything."""


class NamesError(Exception):
    """A register of names cannot be used; the message names the file and the line."""


class NameKind(StrEnum):
    """What a name names."""

    GROUP = "group"
    PERSON = "person"
    PLACE = "place"
    INSTITUTION = "institution"
    AGREEMENT = "agreement"
    COMMUNITY = "community"
    """People of one origin or belief: attacked or addressed as such, but no actor."""


@dataclass(frozen=True, slots=True)
class Name:
    """One spelling, as words that must follow one another."""

    text: str
    forms: tuple[str, ...]
    """The words as `analysis.terms.fold` makes them: hyphens, spaces and accents do not matter."""
    case_sensitive: bool
    """Whether only capitals name it: IS is a group, is is a verb."""
    hyphenated: tuple[bool, ...]
    """For each gap between words, whether the name has a hyphen there."""
    derived: bool = False
    """Whether it follows from a listed name: a last name, or one written without its hyphens."""


@dataclass(frozen=True, slots=True)
class NameEntry:
    """One thing that has names. `names` begins with the canonical one."""

    canonical: str
    kind: NameKind
    names: tuple[Name, ...]
    parent: str | None = None
    """The canonical name of the group that this is a branch of."""
    also_used_for: tuple[str, ...] = ()
    """What else reports mean by these names: canonical names of other entries."""
    probable: tuple[str, ...] = ()
    """Those of the names that are probably, not certainly, this one's."""
    note: str | None = None
    said_by: str | None = None


@dataclass(frozen=True, slots=True)
class NameMention:
    """A name where a text says it: `text[start:end]`, in code points."""

    start: int
    end: int
    text: str
    canonical: str
    exact: bool = True
    """False where the spelling is in no register and only sounds like one that is."""


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A name among the words of a text: from word number `first` up to but not `end`."""

    first: int
    end: int
    name: Name
    entry: NameEntry
    listed: bool
    """Whether the words are a listed name's and do not only sound like it."""


class NameMatcher:
    """Finds names in a text: leftmost, longest, never overlapping, listed before alike."""

    def __init__(self, entries: Iterable[NameEntry]) -> None:
        """Take the entries whose names are looked for."""
        self._by_first: dict[str, list[tuple[Name, NameEntry]]] = {}
        self._by_sound: dict[str, list[tuple[Name, NameEntry]]] = {}
        for entry in entries:
            for name in entry.names:
                self._by_first.setdefault(name.forms[0], []).append((name, entry))
                if not name.case_sensitive:
                    key = sound_key(name.forms[0])
                    self._by_sound.setdefault(key, []).append((name, entry))
        for found in (*self._by_first.values(), *self._by_sound.values()):
            found.sort(key=lambda pair: (-len(pair[0].forms), pair[0].text))
        # A text's words mostly begin no name, and that is what has to be found out fast.
        self._beginning_alike = lru_cache(maxsize=100_000)(self._find_beginning_alike)

    def find(self, text: str, found: Sequence[Word]) -> Iterator[NameMatch]:
        """Yield the names among `found`, the words of `text`, in order."""
        at = 0
        while at < len(found):
            matches = (self._listed(text, found, at), self._alike(text, found, at))
            # The first of the longest, so a listed name before one that only sounds alike.
            longest = max(filter(None, matches), key=lambda match: match.end, default=None)
            if longest is not None:
                yield longest
            at = longest.end if longest is not None else at + 1

    def _listed(self, text: str, found: Sequence[Word], at: int) -> NameMatch | None:
        for name, entry in self._by_first.get(found[at].form, ()):
            if _stands_at(name, text, found, at):
                return NameMatch(at, at + len(name.forms), name, entry, listed=True)
        return None

    def _alike(self, text: str, found: Sequence[Word], at: int) -> NameMatch | None:
        for name, entry in self._beginning_alike(found[at].form):
            taken = found[at : at + len(name.forms)]
            if len(taken) == len(name.forms) and _sounds(name, taken) and _together(text, taken):
                return NameMatch(at, at + len(name.forms), name, entry, listed=False)
        return None

    def _find_beginning_alike(self, form: str) -> tuple[tuple[Name, NameEntry], ...]:
        """Return the names whose first word is `form` or sounds like it."""
        return tuple(
            (name, entry)
            for name, entry in self._by_sound.get(sound_key(form), ())
            if (len(name.forms) > 1 and name.forms[0] == form)
            or (sound_alike(form, name.forms[0]) and (len(name.forms) > 1 or not is_english(form)))
        )


class NameRegister:
    """All entries, by any of their names."""

    def __init__(self, entries: Iterable[NameEntry]) -> None:
        """Take entries that do not contradict one another; `load` checks that."""
        self.entries = tuple(entries)
        self.matcher = NameMatcher(self.entries)
        self.digest = sha256(repr(self.entries).encode()).hexdigest()
        """Changes with anything in the register."""
        self._by_canonical = {entry.canonical: entry for entry in self.entries}
        self.words = frozenset(
            form for entry in self.entries for name in entry.names for form in name.forms
        )
        """Every folded word that occurs in a name."""

    @classmethod
    def load(cls, *paths: Path) -> "NameRegister":
        """Read the files in order; a later one may add names to an earlier one's entry.

        Raises NamesError, with file and line, at the first thing that cannot be understood or that
        contradicts something else.
        """
        return cls(_read(paths))

    def entry(self, canonical: str) -> NameEntry:
        """Return the entry of that canonical name; raises KeyError if there is none."""
        return self._by_canonical[canonical]

    def variants(self, canonical: str) -> tuple[str, ...]:
        """Return all spellings of an entry, the canonical one first; raises KeyError if unknown."""
        return tuple(dict.fromkeys(name.text for name in self.entry(canonical).names))

    def related(self, canonical: str) -> tuple[NameEntry, ...]:
        """Return the entries whose names reports also use for this one, and the other way round."""
        others = set(self.entry(canonical).also_used_for)
        others |= {entry.canonical for entry in self.entries if canonical in entry.also_used_for}
        return tuple(entry for entry in self.entries if entry.canonical in others)

    def mentions(self, text: str) -> list[NameMention]:
        """Return where `text` says a name: longest match, no overlaps, in order."""
        found = words(text)
        return [
            NameMention(
                start := found[match.first].start,
                end := found[match.end - 1].end,
                text[start:end],
                match.entry.canonical,
                match.listed,
            )
            for match in self.matcher.find(text, found)
        ]


def _stands_at(name: Name, text: str, found: Sequence[Word], at: int) -> bool:
    forms = name.forms
    if len(forms) > 1 and (at + 1 == len(found) or found[at + 1].form != forms[1]):
        return False
    taken = found[at : at + len(forms)]
    if len(forms) > 1 and (tuple(w.form for w in taken) != forms or not _together(text, taken)):
        return False
    if name.case_sensitive:
        return all(word.capitals for word in taken)
    # "IS-K" and "is-k" name the group, "who is K" does not.
    return all(
        not hyphen
        or left.form not in STOP_WORDS
        or left.capitals
        or text[left.end : right.start] in HYPHENS
        for hyphen, (left, right) in zip(name.hyphenated, pairwise(taken), strict=True)
    )


def _sounds(name: Name, taken: Sequence[Word]) -> bool:
    """Whether the words spell `name` in another way than listed."""
    differing = [
        (word.form, form) for word, form in zip(taken, name.forms, strict=True) if word.form != form
    ]
    return bool(differing) and all(sound_alike(typed, form) for typed, form in differing)


_BETWEEN = re.compile(r"(?:['’][sS])?[^\S\n]*[-‐‑‒–—/]?[^\S\n]*")


def _together(text: str, taken: Sequence[Word]) -> bool:
    """Whether little stands between the words: spaces, a possessive, a dash, an initial's dot."""
    return all(
        _BETWEEN.fullmatch(text, left.end + _has_dot(text, left), right.start)
        for left, right in pairwise(taken)
    )


def _has_dot(text: str, word: Word) -> bool:
    return len(word.form) == 1 and text.startswith(".", word.end)


_SOUNDS = (
    (re.compile(r"^(?:el|ul)$"), "al"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"kh|q|ck|c(?!h)"), "k"),
    (re.compile(r"ch"), "c"),
    (re.compile(r"gh"), "g"),
    (re.compile(r"dh"), "z"),
    (re.compile(r"th|sh"), "s"),
    (re.compile(r"w"), "v"),
    (re.compile(r"oo|ou|o"), "u"),
    (re.compile(r"[ae][iy]|ee|ie|[ey]"), "i"),
    (re.compile(r"(?<=[aiu])h$"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
)
_UNSOUNDED = re.compile(r"(?<!^)[aiuh]")


@lru_cache(maxsize=200_000)
def sound(form: str) -> str:
    """Return a folded word with the usual choices of transliteration undone.

    Dawood and Davud, Muttaqi and Muttaki, Muzamil and Muzammil come out the same.
    """
    for pattern, replacement in _SOUNDS:
        form = pattern.sub(replacement, form)
    return form


@lru_cache(maxsize=200_000)
def sound_key(form: str) -> str:
    """Return the first letter and the consonants of `sound(form)`: what sounds alike shares it."""
    key = _UNSOUNDED.sub("", sound(form))
    return "a" + key[1:] if key[:1] in ("i", "u") else key


def sound_alike(one: str, other: str) -> bool:
    """Whether two folded words may be the same foreign name in two transliterations."""
    shorter = min(len(one), len(other))
    if sound(one) == sound(other):
        return shorter >= MIN_ALIKE_CHARS - 1 or sound(one) == "al"
    return (
        shorter >= MIN_ALIKE_CHARS
        and sound_key(one) == sound_key(other)
        and Levenshtein.distance(sound(one), sound(other), score_cutoff=2)
        <= (1 if shorter < 8 else 2)
    )


_KEYS = {
    "canonical": "the name to show",
    "kind": ", ".join(NameKind),
    "names": "a list of other spellings",
    "not_names": "a list of spellings that an earlier file gave and that are wrong here",
    "case_sensitive": "a list of those spellings that count in capitals only",
    "probable": "a list of those spellings that are probably, not certainly, this one's",
    "parent": "the canonical name of the group that this is a branch of",
    "also_used_for": "a list of canonical names that reports also mean by these spellings",
    "note": "one sentence on what is known",
    "said_by": "who says so",
}


@dataclass(slots=True)
class _Draft:
    """An entry while files are being read: each text with the place that gave it."""

    place: str
    kind: NameKind
    names: dict[str, str]
    case_sensitive: set[str]
    probable: set[str]
    parent: tuple[str, str] | None
    also_used_for: dict[str, str]
    note: str | None
    said_by: str | None


def _read(paths: Iterable[Path]) -> list[NameEntry]:
    drafts: dict[str, _Draft] = {}
    for path in paths:
        for fields, place in _entries(path):
            _add(drafts, fields, place)
    _check_references(drafts)
    return _entries_of(drafts)


def _entries(path: Path) -> Iterator[tuple[dict[str, yaml.Node], str]]:
    """Yield each entry's fields as YAML nodes, which know their lines, and the entry's place."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise NamesError(
            f"{path}: the register of names cannot be read ({error}); expected a YAML file in "
            "UTF-8. Mend or remove it."
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or error
        raise NamesError(
            f"{path}{line}: not valid YAML ({problem}); expected a list of entries. Check indents, "
            "colons and quotes around that line."
        ) from error
    if root is None:
        return
    if not isinstance(root, yaml.SequenceNode):
        raise _wrong(path, root, "the file must be a list of entries, each beginning with a hyphen")
    for node in root.value:
        place = f"{path}, line {node.start_mark.line + 1}"
        if not isinstance(node, yaml.MappingNode):
            raise _wrong(path, node, "an entry must have keys such as canonical, kind and names")
        fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.value not in _KEYS:
                raise _wrong(path, key, f"unknown key {key.value!r}; known are {', '.join(_KEYS)}")
            if key.value in fields:
                raise _wrong(path, key, f"the key {key.value!r} stands twice in one entry")
            fields[key.value] = value
            _check_type(path, key.value, value)
        yield fields, place


_LISTS = ("names", "not_names", "case_sensitive", "probable", "also_used_for")


def _check_type(path: Path, key: str, node: yaml.Node) -> None:
    if key not in _LISTS:
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise _wrong(path, node, f"{key!r} must be one text: {_KEYS[key]}")
        if key == "kind" and node.value not in list(NameKind):
            raise _wrong(path, node, f"unknown kind {node.value!r}; known are {_KEYS[key]}")
        return
    if not isinstance(node, yaml.SequenceNode):
        raise _wrong(path, node, f"{key!r} must be {_KEYS[key]}, each after a hyphen or in [ ]")
    for item in node.value:
        if not isinstance(item, yaml.ScalarNode) or not words(item.value):
            raise _wrong(path, item, f"every item of {key!r} must be a text with a letter in it")


def _wrong(path: Path, node: yaml.Node, problem: str) -> NamesError:
    return NamesError(f"{path}, line {node.start_mark.line + 1}: {problem}. Correct that line.")


def _place(node: yaml.Node, entry_place: str) -> str:
    return f"{entry_place.rpartition(', line ')[0]}, line {node.start_mark.line + 1}"


def _texts(fields: dict[str, yaml.Node], key: str, place: str) -> dict[str, str]:
    """Return a list's texts, each with its place."""
    node = fields.get(key)
    return {item.value.strip(): _place(item, place) for item in node.value} if node else {}


def _add(drafts: dict[str, _Draft], fields: dict[str, yaml.Node], place: str) -> None:
    if "canonical" not in fields:
        raise NamesError(f"{place}: an entry without 'canonical'. Add the name to show.")
    canonical = fields["canonical"].value.strip()
    if not words(canonical):
        raise NamesError(f"{place}: 'canonical' must have a letter in it. Correct that line.")
    draft = drafts.get(canonical)
    if draft is None:
        if "kind" not in fields:
            raise NamesError(
                f"{place}: {canonical!r} has no 'kind'; expected one of {_KEYS['kind']}. Add it."
            )
        draft = _Draft(
            place,
            NameKind(fields["kind"].value),
            {canonical: place},
            case_sensitive=set(),
            probable=set(),
            parent=None,
            also_used_for={},
            note=None,
            said_by=None,
        )
        drafts[canonical] = draft
    elif "kind" in fields and fields["kind"].value != draft.kind:
        raise NamesError(
            f"{_place(fields['kind'], place)}: {canonical!r} is a {fields['kind'].value} here and "
            f"a {draft.kind} at {draft.place}. Leave 'kind' out to add names to it."
        )
    for name in _texts(fields, "not_names", place):
        draft.names.pop(name, None)
    draft.names.update(_texts(fields, "names", place))
    for key, said in (("case_sensitive", "case-sensitive"), ("probable", "probable")):
        marked = _texts(fields, key, place)
        for name, where in marked.items():
            if name not in draft.names:
                raise NamesError(
                    f"{where}: {name!r} is {said} but no name of {canonical!r}. Add it to "
                    "'names' or correct the spelling."
                )
        (draft.case_sensitive if key == "case_sensitive" else draft.probable).update(marked)
    draft.also_used_for.update(_texts(fields, "also_used_for", place))
    if "parent" in fields:
        draft.parent = (fields["parent"].value.strip(), _place(fields["parent"], place))
    draft.note = fields["note"].value if "note" in fields else draft.note
    draft.said_by = fields["said_by"].value if "said_by" in fields else draft.said_by


def _check_references(drafts: dict[str, _Draft]) -> None:
    for canonical, draft in drafts.items():
        references = dict(draft.also_used_for)
        if draft.parent:
            references[draft.parent[0]] = draft.parent[1]
        for other, place in references.items():
            if other not in drafts or other == canonical:
                problem = "itself" if other == canonical else f"{other!r}, which no entry is called"
                raise NamesError(
                    f"{place}: {canonical!r} points to {problem}; expected the canonical name of "
                    "another entry. Correct it or add that entry."
                )
        line = [canonical]
        parent = draft.parent
        while parent is not None:
            if parent[0] in line:
                raise NamesError(
                    f"{parent[1]}: {' → '.join([*line, parent[0]])} is a circle; expected every "
                    "group to have a parent above it. Remove one 'parent'."
                )
            line.append(parent[0])
            parent = drafts[parent[0]].parent


def _entries_of(drafts: dict[str, _Draft]) -> list[NameEntry]:
    owners: dict[tuple[tuple[str, ...], bool], tuple[str, str]] = {}
    names: dict[str, dict[tuple[str, ...], Name]] = {canonical: {} for canonical in drafts}
    for canonical, draft in drafts.items():
        for text, place in draft.names.items():
            name = _name(text, case_sensitive=text in draft.case_sensitive)
            owner, claimed = owners.setdefault(
                (name.forms, name.case_sensitive), (canonical, place)
            )
            if owner != canonical:
                raise NamesError(
                    f"{place}: the name {text!r} is claimed by {canonical!r} here and by "
                    f"{owner!r} at {claimed}; expected one owner. Remove it from one of the two, "
                    "or use 'also_used_for' if reports mean both."
                )
            names[canonical].setdefault(name.forms, name)
    taken = {forms for forms, _ in owners}
    for canonical, name in (*_last_names(drafts), *_joined(names)):
        if name.forms not in taken:
            names[canonical].setdefault(name.forms, name)
    return [
        NameEntry(
            canonical=canonical,
            kind=draft.kind,
            names=tuple(names[canonical].values()),
            parent=draft.parent[0] if draft.parent else None,
            also_used_for=tuple(draft.also_used_for),
            probable=tuple(sorted(draft.probable & draft.names.keys())),
            note=draft.note,
            said_by=draft.said_by,
        )
        for canonical, draft in drafts.items()
    ]


def _name(text: str, *, case_sensitive: bool = False, derived: bool = False) -> Name:
    found = words(text)
    forms = tuple(word.form for word in found)
    gaps = pairwise(found)
    return Name(
        text=text,
        forms=forms,
        case_sensitive=case_sensitive or (len(forms) == 1 and forms[0] in STOP_WORDS),
        hyphenated=tuple(text[left.end : right.start] in HYPHENS for left, right in gaps),
        derived=derived,
    )


def _joined(names: dict[str, dict[tuple[str, ...], Name]]) -> Iterator[tuple[str, Name]]:
    """Yield each name again with its hyphens left out and its articles joined: almuhajir, isk."""
    for canonical, by_forms in names.items():
        for name in tuple(by_forms.values()):
            forms = [name.forms[0]]
            for left, right, hyphen in zip(
                name.forms[:-1], name.forms[1:], name.hyphenated, strict=True
            ):
                if hyphen or left in _ARTICLES:
                    forms[-1] += right
                else:
                    forms.append(right)
            if len(forms) < len(name.forms):
                gaps = (False,) * (len(forms) - 1)
                yield canonical, Name(name.text, tuple(forms), False, gaps, derived=True)


_ARTICLES = frozenset({"al", "el", "ul", "ad", "ash", "as", "an", "ar"})


def _last_names(drafts: dict[str, _Draft]) -> Iterator[tuple[str, Name]]:
    """Yield each person's last names, but no English word and none that another is called by too.

    A last name that is an English word (laden) must be listed to count alone.
    """
    owners: dict[tuple[str, ...], set[str]] = {}
    texts: dict[tuple[str, ...], str] = {}
    for canonical, draft in drafts.items():
        for text in draft.names if draft.kind is NameKind.PERSON else ():
            found = words(text)
            for word in found:
                owners.setdefault((word.form,), set()).add(canonical)
            last = found[-1]
            if len(found) > 1 and len(last.form) >= MIN_ALIKE_CHARS and not is_english(last.form):
                texts.setdefault((last.form,), text[last.start : last.end])
    for forms, text in texts.items():
        if len(owners[forms]) == 1:
            [canonical] = owners[forms]
            yield canonical, _name(text, derived=True)
