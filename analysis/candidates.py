"""Candidates: capitalised names in no register, and what they seem to name.

Each use of a name gives cues: words in it, words before and after it, and what the tagger takes it
for. The cues of all uses in one document are added up, and a name whose cues agree enough names an
actor; a place, a day or a treaty has cues of its own against that.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from analysis import cues
from analysis.records import ActorKind
from analysis.states import REGIONS, demonyms, states
from analysis.terms import STOP_WORDS, fold, words

_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢĪİĶŁĻŃŅŇŌŐŒŘŚŞŠŢŤŪŮŰŹŻŽ"
_WORD = (
    rf"(?:(?:al|el|ul|ad|an|ar|as|ash|at|az|Al|El)[-‐])?[{_UPPER}]\w*"
    rf"(?:[-‐–](?:\w+[-‐])?[\w]+|[’'`ʼ](?:[{_UPPER}]\w+|\w{{2,}}))*"
)
_INITIAL = rf"(?:[{_UPPER}]\.|(?:Mr|Mrs|Ms|Dr|Gen|Lt|Col|Maj|Sgt|Capt|Brig|Prof|Sen|Rep|Gov)\.)"
_TOKEN = rf"(?:{_INITIAL}|{_WORD})"
_PARTICLE = r"(?:al|el|ul|ad|bin|ibn|bint|ben|ud|ur|de|del|la|van|von|da|dos|di)"
_RUN = re.compile(rf"(?<![\w’'-]){_TOKEN}(?:[^\S\n]{{1,3}}(?:{_PARTICLE}[^\S\n]+){{0,2}}{_TOKEN})*")
_TOKENS = re.compile(rf"{_TOKEN}|{_PARTICLE}(?=\s)")
_OF = re.compile(
    rf"[^\S\n]+(?:of|for)[^\S\n]+(?:the[^\S\n]+)?({_TOKEN}(?:[^\S\n]+{_TOKEN})*)"
    rf"(?:(?:,[^\S\n]+{_TOKEN})*,?[^\S\n]+and[^\S\n]+({_TOKEN}(?:[^\S\n]+{_TOKEN})?))?"
)
_CALENDAR = frozenset(
    "january february march april may june july august september october november december jan feb "
    "mar apr jun jul aug sept sep oct nov dec monday tuesday wednesday thursday friday saturday "
    "sunday".split()
)
_BEFORE = re.compile(r"([\w’'-]+)[^\w\n]{1,3}([\w’'-]+)?[^\w\n]{0,3}$")

ENOUGH = 2.0
"""A name of several words names an actor from this weight of cues on; one word needs 3."""


class _Other(StrEnum):
    """What a name can be other than an actor's."""

    PLACE = "place"
    OTHER = "other"


_Cue = ActorKind | _Other


@dataclass(frozen=True, slots=True)
class Candidate:
    """A capitalised name at `text[start:end]` of the document, with `title` before it or empty."""

    start: int
    end: int
    text: str
    title: str
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph to look for names in, as the tagger gives it."""

    start: int
    text: str
    taken: Sequence[tuple[int, int]]
    """Stretches of `text` that are names already, in order."""
    sentence_starts: frozenset[int]
    entities: Sequence[tuple[int, int, str]]
    """What the tagger takes for names: start, end and its label."""
    common: frozenset[int]
    """Where capitalised words begin that the tagger takes for other than names."""


def find_candidates(passage: Passage) -> list[Candidate]:
    """Return the capitalised names of a paragraph that are not taken, in order."""
    text = passage.text
    if _is_shouted(text):
        return []
    found: list[Candidate] = []
    taken = iter(passage.taken)
    block = next(taken, None)
    for run in _RUN.finditer(text):
        for start, end in _pieces(run.start(), run.end(), text):
            while block is not None and block[1] <= start:
                block = next(taken, None)
            if block is not None and block[0] < end:
                continue
            found.extend(_candidate(passage, start, end))
    return _apart(found)


def run_around(passage: Passage, start: int, end: int) -> tuple[int, int]:
    """Return where the capitalised words begin and end that `start:end` is among, or itself."""
    begin = passage.text.rfind("\n", 0, start) + 1
    for run in _RUN.finditer(passage.text, max(begin, start - 60), end + 60):
        if run.start() <= start < run.end():
            return run.start(), max(end, run.end())
        if run.start() > start:
            break
    return start, end


def kind_of(candidates: Sequence[tuple[Candidate, Passage]]) -> ActorKind | None:
    """Return what actor the uses of one name seem to name; None where it seems to name none."""
    weights: dict[_Cue, float] = defaultdict(float)
    for candidate, passage in candidates[:_USES_READ]:
        for cue, weight in _cues(candidate, passage):
            weights[cue] += weight
    if not weights:
        return None
    uses = min(len(candidates), _USES_READ)
    # The same words around a name a second time make it surer, but not twice as sure.
    scaled = {cue: weight / uses**0.5 for cue, weight in weights.items()}
    best = max(scaled, key=lambda cue: (scaled[cue], str(cue)))
    first = candidates[0][0]
    whole = len(first.forms) > 1 or first.title or is_acronym(first.text)
    enough = ENOUGH if whole else ENOUGH + 1
    if not isinstance(best, ActorKind) or scaled[best] < enough:
        return None
    return best


_USES_READ = 20


def _is_shouted(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return len(letters) > 6 and sum(char.isupper() for char in letters) > 0.7 * len(letters)


def _pieces(start: int, end: int, text: str) -> Iterable[tuple[int, int]]:
    """Cut a run of capitalised words where an honorific or a father's name begins a new name."""
    tokens = list(_TOKENS.finditer(text, start, end))
    begin = start
    for number, token in enumerate(tokens):
        form = fold(token.group()).rstrip(".")
        opens = form in cues.HONORIFICS or form in cues.KUNYAS
        before = fold(tokens[number - 1].group()).rstrip(".") if number else ""
        goes_on = before in cues.HONORIFICS | cues.ROLE_NOUNS | cues.NAME_PARTICLES
        if opens and token.start() > begin and not goes_on and not _may_be_given(tokens[:number]):
            yield begin, tokens[number - 1].end()
            begin = token.start()
    yield begin, end


def _may_be_given(tokens: Sequence[re.Match[str]]) -> bool:
    """Whether what stands before a father's name may be the man's own: Khalid Abu Bakr."""
    return len(tokens) == 1 and fold(tokens[0].group()) in cues.GIVEN_NAMES


def _candidate(passage: Passage, start: int, end: int) -> Iterable[Candidate]:
    text = passage.text
    tokens = list(_TOKENS.finditer(text, start, end))
    forms = [fold(token.group()).rstrip(".") for token in tokens]
    # What opens a sentence has its capital from that.
    if _only_opens(tokens[0], forms[0], passage) and not (
        forms[0] in cues.ROLE_NOUNS and len(tokens) > 1
    ):
        tokens, forms = tokens[1:], forms[1:]
        if tokens and tokens[0].group()[0].islower():
            tokens, forms = tokens[1:], forms[1:]
    title = ""
    heads = cues.INSTITUTION_HEADS | cues.GROUP_HEADS | cues.PLACE_HEADS
    if tokens and forms[-1] not in heads:
        at = max((i for i, form in enumerate(forms[:-1]) if form in _TITLES), default=-1)
        if at >= 0:
            title = text[tokens[0].start() : tokens[at].end()]
            tokens, forms = tokens[at + 1 :], forms[at + 1 :]
    if not tokens:
        return
    start, end = tokens[0].start(), tokens[-1].end()
    if re.fullmatch(r"\w\.", tokens[-1].group()):
        end -= 1
    if forms[-1] in cues.OF_HEADS and (more := _OF.match(text, end)):
        joined = forms[-1] in _JOINED_HEADS and more.group(2)
        end = more.end(2) if joined else more.end(1)
        forms += [fold(word) for word in re.findall(r"\w+", text[tokens[-1].end() : end])]
    elif text[start:end] in states() or text[start:end] in demonyms() or forms == ["us"]:
        body = STATE_BODY.match(text, end)
        if body is None or (body.group(1) == "forces" and text[start:end] in demonyms()):
            return
        end = body.end()
        forms.append(fold(body.group(1)))
    if forms[-1] in _UNITS and (numbered := _NUMBERED.search(text, max(0, start - 8), start)):
        start = numbered.start()
    elif all(form in _UNITS for form in forms):
        # "The Battalion" is one that was named before, and by itself any.
        return
    if end - start > MAX_NAME_CHARS or _is_no_name(forms):
        return
    name = text[start:end]
    written = tuple(word.form for word in words(name))
    yield Candidate(passage.start + start, passage.start + end, name, title, written or (name,))


STATE_BODY = re.compile(
    r"[^\S\n](army|military|forces|navy|police|air force|armed forces|intelligence services?)\b"
)
"""What makes a body of the state of a state's name before it: the US military, the Afghan army."""


def _only_opens(token: re.Match[str], form: str, passage: Passage) -> bool:
    """Whether a word has its capital only from opening the sentence."""
    if token.start() not in passage.sentence_starts or token.group().isupper():
        return False
    return form in STOP_WORDS or form in _OPENERS or token.start() in passage.common


_TITLES = cues.OFFICES | {
    "gen", "lt", "col", "maj", "sgt", "capt", "brig", "prof", "sen", "rep", "gov", "vice", "deputy",
}  # fmt: skip
_OPENERS = frozenset("many several some most recent new former late local senior key three".split())
_UNITS = frozenset(
    "battalion brigade regiment division company squadron platoon squad corps fleet wing team "
    "combat infantry".split()
)
"""Words that make a unit's name only with its number or a name: the 2nd Battalion."""
_NUMBERED = re.compile(r"(?<![\w.,-])\d{1,3}(?:st|nd|rd|th)[^\S\n]+$")
_JOINED_HEADS = frozenset("ministry department office committee directorate".split())
MAX_NAME_CHARS = 120
"""A longer run of capitalised words is a heading or a list, not a name."""


def _is_no_name(forms: Sequence[str]) -> bool:
    if all(form in _CALENDAR or form in STOP_WORDS or form.isdigit() for form in forms):
        return True
    return len(forms) == 1 and (len(forms[0]) < 2 or not any(map(str.isalpha, forms[0])))


def _apart(found: Sequence[Candidate]) -> list[Candidate]:
    """Leave out what lies within the candidate before it."""
    apart: list[Candidate] = []
    for candidate in found:
        if not apart or candidate.start >= apart[-1].end:
            apart.append(candidate)
    return apart


def _cues(candidate: Candidate, passage: Passage) -> Iterable[tuple[_Cue, float]]:
    yield from _inner_cues(candidate)
    start, end = candidate.start - passage.start, candidate.end - passage.start
    yield from _outer_cues(candidate, passage.text, start, end)
    for entity_start, entity_end, label in passage.entities:
        if entity_start < end and start < entity_end:
            common = min(end, entity_end) - max(start, entity_start)
            share = common / max(end - start, entity_end - entity_start)
            if share > 0.5 and label in _LABELS:
                kind, weight = _LABELS[label]
                yield kind, weight * share


_LABELS: dict[str, tuple[_Cue, float]] = {
    "PERSON": (ActorKind.PERSON, 1.6),
    "ORG": (ActorKind.INSTITUTION, 1.2),
    "GPE": (_Other.PLACE, 1.5),
    "LOC": (_Other.PLACE, 1.5),
    "FAC": (_Other.PLACE, 1.5),
    "NORP": (_Other.OTHER, 1.5),
    "EVENT": (_Other.OTHER, 1.5),
    "LAW": (_Other.OTHER, 1.5),
    "WORK_OF_ART": (_Other.OTHER, 1.5),
    "PRODUCT": (_Other.OTHER, 1.0),
    "DATE": (_Other.OTHER, 1.5),
}


def _inner_cues(candidate: Candidate) -> Iterable[tuple[_Cue, float]]:
    forms = candidate.forms
    first, last = forms[0], forms[-1]
    if candidate.title:
        yield ActorKind.PERSON, 3
    if first in cues.HONORIFICS:
        yield ActorKind.PERSON, 3
    if first in cues.KUNYAS and len(forms) > 1:
        yield ActorKind.PERSON, 4
    if len(forms) > 1 and any(form in ("bin", "ibn", "bint", "ud", "ul", "ur") for form in forms):
        yield ActorKind.PERSON, 2.5
    if first in cues.GIVEN_NAMES and len(forms) < 5:
        yield ActorKind.PERSON, 2 if len(forms) > 1 else 1
    if len(forms) > 1 and last in cues.GIVEN_NAMES:
        yield ActorKind.PERSON, 1
    heads = [form for form in forms if form in cues.OF_HEADS]
    head = heads[0] if heads and " of " in candidate.text else last
    if head in cues.PLACE_HEADS:
        yield _Other.PLACE, 4
    elif head in cues.OTHER_HEADS:
        yield _Other.OTHER, 4
    elif head in cues.INSTITUTION_HEADS:
        yield ActorKind.INSTITUTION, 3.5 if len(forms) > 1 else 0.5
    elif head in cues.GROUP_HEADS:
        yield ActorKind.GROUP, 3.5 if len(forms) > 1 else 0.5
    elif first in _ORGANISED and len(forms) > 1:
        yield ActorKind.GROUP, 3.5
    if last == "bank" and first in _SIDES:
        yield _Other.PLACE, 4
    name = candidate.text
    if name in states() or name in demonyms() or name in REGIONS:
        yield _Other.PLACE, 6
    if any(form in _CALENDAR for form in forms):
        yield _Other.OTHER, 2
    if all(word in REGIONS or word in demonyms() for word in name.split()):
        yield _Other.OTHER, 4
    if is_acronym(name):
        yield ActorKind.GROUP, 0.5
    if first in _KNOWN_ALONE and len(forms) == 1:
        yield ActorKind.INSTITUTION, 3
    if first in _WEAPONS:
        yield _Other.OTHER, 6


def is_acronym(name: str) -> bool:
    """Whether a name is written as acronyms are: ISKP, IS-K, TTP."""
    return " " not in name and name.isupper() and 2 <= len(name.replace("-", "")) <= 6


_SIDES = frozenset("west western east eastern north northern south southern left right".split())
"""With these a bank is a river's."""
_KNOWN_ALONE = frozenset("pentagon kremlin parliament senate congress coalition treasury".split())
"""Bodies that go by one common word with a capital."""
_WEAPONS = frozenset("ied ieds vbied vbieds svbied rpg rpgs uav uavs wmd ak tnt atgm".split())
_ORGANISED = frozenset("lashkar jaish jaysh harakat jamaat jamaah jemaah hizb ansar ahrar liwa "
                       "tehreek tehrik boko jabhat jund".split())  # fmt: skip
_ROLE_AFTER = re.compile(
    r",\s+(?:(?:the|a|an|who|his|her|its|their|former|then|deputy|senior|new|another)\s+)*"
    r"(?:(?:[\w’'-]+)\s+){0,4}?([\w-]+)\b"
)
_AGE_AFTER = re.compile(r",\s+\d\d\s*,")


def _outer_cues(
    candidate: Candidate, text: str, start: int, end: int
) -> Iterable[tuple[_Cue, float]]:
    before = text[max(0, start - 40) : start]
    after = text[end : end + 90]
    words_before = [fold(word) for word in re.findall(r"[\w’'-]+", before)]
    last = words_before[-1] if words_before and re.search(r"[\w’'][\s“\"‘']+$", before) else ""
    word_after = re.match(r"[’']?s?\s+([\w-]+)", after)
    next_word = fold(word_after.group(1)) if word_after else ""
    if last in cues.ROLE_NOUNS and candidate.text[0].isupper():
        yield ActorKind.PERSON, 2.5
    if last in cues.GROUP_NOUNS:
        yield ActorKind.GROUP, 3
    if len(candidate.forms) < 5:
        if _ALIAS_BEFORE.search(text, max(0, start - 60), start):
            yield ActorKind.PERSON, 3
        if _ALIAS_AFTER.match(text, end):
            yield ActorKind.PERSON, 2
    if next_word in cues.FOLLOWERS:
        yield ActorKind.GROUP, 2
    if next_word in cues.SPEECH_VERBS or next_word == "who":
        yield ActorKind.PERSON, 1
        yield ActorKind.INSTITUTION, 0.5
    if words_before[-2:] == ["according", "to"] or (last and last in cues.SPEECH_VERBS):
        yield ActorKind.PERSON, 0.7
        yield ActorKind.INSTITUTION, 0.7
    if next_word in ("regime", "government") and len(candidate.forms) == 1:
        yield ActorKind.PERSON, 2
    if last in _PLACE_PREPOSITIONS:
        yield _Other.PLACE, 1
    if re.match(r",\s+(?:who|whose|whom)\b", after):
        yield ActorKind.PERSON, 2.5
    if _ROLE_COMMA.search(text, max(0, start - 80), start):
        yield ActorKind.PERSON, 2
    if _AGE_AFTER.match(after):
        yield ActorKind.PERSON, 3
    role = _ROLE_AFTER.match(after)
    if role and fold(role.group(1)) in _APPOSED:
        yield ActorKind.PERSON, 2.5
    if re.match(r"[”\"]?\s*,+\s*\(Date of Acc", after) or re.match(r"\s*,\s*\(Date of", after):
        yield ActorKind.INSTITUTION, 4


_ROLE_COMMA = re.compile(
    rf"\b(?i:{'|'.join(sorted(cues.ROLE_NOUNS))})\s+(?:of|for)\s+[^.;,]{{1,50}},\s+$"
)
_ALIAS = (
    r"(?:(?:known|referred\s+to|identified|reports)\s+as|called|named|alias|a\.?k\.?a\.?|nicknamed|"
    r"(?:name|pseudonym|byname|alias)\s+of|nom\s+de\s+guerre|pseudonym)"
)
_ALIAS_BEFORE = re.compile(rf"\b{_ALIAS}\s+[“\"‘']?$")
_ALIAS_AFTER = re.compile(
    rf"[”\"’']?,?\s+(?:(?:who|is|was|also|better|usually|appears?|in|or|the|person|man|went|goes|by)"
    rf"\s+)*{_ALIAS}\b"
)
_PLACE_PREPOSITIONS = frozenset("in at near outside inside towards toward into across".split())
_APPOSED = cues.ROLE_NOUNS - {"figure", "members", "leaders", "commanders"}
