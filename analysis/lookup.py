"""Lookup: which actor, attack or strategy somebody means by an id or a name, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from analysis.collection import Actor, Records
from analysis.names import sound_alike, sound_key
from analysis.records import Reason
from analysis.terms import fold, words

CLEAR_SHARE = 0.8
"""A name that several actors bear means the one that at least this share of its uses means."""
SHOWN_CHOICES = 10
_SPELLINGS = 5
"""How many spellings of one actor are looked at before the nearest others are missed."""

_RULES = {
    Reason.SAME_NAME: "the same name",
    Reason.REGISTER: "the register of names",
    Reason.EXPANSION: "an expansion in the text",
    Reason.ALSO_KNOWN_AS: "“also known as” or the like in the text",
    Reason.APPOSITION: "apposition in the text",
    Reason.SPELLING: "their spellings",
    Reason.ROLE: "the role that both have",
    Reason.SHORT_FORM: "being a short form",
    Reason.OPERATOR: "the operator’s decision",
}
"""How an explanation names the reason of a join."""

_Forms = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meant:
    """The ids of what is meant, and why: half a sentence, empty where the id itself was given."""

    ids: tuple[str, ...]
    because: str = ""


class NotMeant(Exception):
    """Nothing known is meant, or it is open which: `choices` are what could be, nearest first."""

    def __init__(self, problem: str, choices: Sequence[str], unlisted: int = 0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.choices = tuple(choices)
        self.unlisted = unlisted
        """How many known ones `choices` leaves out."""


class Lookup:
    """Finds records by id or by name; reads all names once, so keep it for many questions."""

    def __init__(self, records: Records) -> None:
        """Take the records that may be meant."""
        self.records = records
        """What is looked up."""
        self._register = records.register
        self._uses: dict[_Forms, dict[str, tuple[int, str]]] = {}
        """By folded name: how often it stands for which actor, and as written."""
        self._by_sound: dict[_Forms, list[tuple[_Forms, str, str]]] = {}
        self._by_part: dict[str, list[tuple[_Forms, str, str]]] = {}
        self._listed: dict[str, dict[str, None]] = {}
        """Actors by the register's entry that one of their names belongs to."""
        self._own: dict[_Forms, list[str]] = {}
        """Actors by the name that they are shown by."""
        for actor in records.actors:
            self._own.setdefault(_forms(actor.name), []).append(actor.id)
            written = {name.text: len(name.evidence) for name in actor.names}
            for text, count in {actor.name: 0, **written}.items():
                self._take(actor, text, count)

    def _take(self, actor: Actor, text: str, count: int) -> None:
        forms = _forms(text)
        if not forms:
            return
        uses = self._uses.setdefault(forms, {})
        before = uses.get(actor.id, (0, text))
        uses[actor.id] = (before[0] + count, before[1])
        self._by_sound.setdefault(_sounds(forms), []).append((forms, text, actor.id))
        for form in set(forms) if len(forms) > 1 else ():
            self._by_part.setdefault(form, []).append((forms, text, actor.id))
        canonical = self._canonical(text)
        if canonical is not None:
            self._listed.setdefault(canonical, {})[actor.id] = None

    def _canonical(self, text: str) -> str | None:
        """Return the register's entry that the whole of `text` names, if it names one."""
        found = self._register.mentions(text)
        return (
            found[0].canonical
            if len(found) == 1 and _forms(found[0].text) == _forms(text)
            else None
        )

    def actor(self, value: str, *, strictly: bool = False) -> Meant:
        """Return the one actor that `value` means: its id, or a name of it however spelled.

        Tried in this order: id; the actor's own name; a name that documents use for it; the
        register; and, unless `strictly`, likeness of sound; a part of a longer name. Raises
        NotMeant if nothing is meant or several actors are, none of them clearly (CLEAR_SHARE).
        """
        if value in self.records.actor:
            return Meant((value,))
        forms = _forms(value)
        own = self._own.get(forms, [])
        if forms and len(own) == 1:
            return Meant((own[0],), "it is the actor’s name")
        ways = (self._used, self._register_lists, self._sounds_alike, self._is_part)
        for find in ways[: 2 if strictly else None]:
            meant = find(value, forms) if forms else None
            if meant is not None:
                return meant
        names = {actor.id: actor.name for actor in self.records.actors}
        spelled = [
            (actor, text) for uses in self._uses.values() for actor, (_, text) in uses.items()
        ]
        raise self._unknown("actor", value, names, spelled)

    def _used(self, value: str, forms: _Forms) -> Meant | None:
        uses = self._uses.get(forms)
        if not uses:
            return None
        total = sum(count for count, _ in uses.values())
        best = max(uses, key=lambda actor: (uses[actor][0], actor))
        count, text = uses[best]
        if len(uses) == 1:
            return Meant((best,), f"the documents call it ‘{text}’{self._joined(best, forms)}")
        if count >= CLEAR_SHARE * total:
            others = ", ".join(self._shown(actor) for actor in sorted(uses) if actor != best)
            return Meant(
                (best,),
                f"{count:,} of the {total:,} places that say it mean that, the others {others}",
            )
        raise self._ambiguous(value, uses)

    def _joined(self, actor: str, forms: _Forms) -> str:
        """Say by what rule the name became the actor's, where it is not the name that is shown."""
        shown = self.records.actor[actor]
        sides = [
            (other, join)
            for join in shown.joins
            for name, other in ((join.one, join.other), (join.other, join.one))
            if _forms(name) == forms
        ]
        if not sides:
            return ""
        # Best the join with the name that is shown: the others lead to it by further joins.
        other, join = min(sides, key=lambda side: side[0] != shown.name)
        return f", one with ‘{other}’ by {_RULES[join.reason]}"

    def _register_lists(self, value: str, forms: _Forms) -> Meant | None:
        canonical = self._canonical(value)
        if canonical is None:
            return None
        exact = self._register.mentions(value)[0].exact
        says = "lists it as a name of" if exact else "knows a name that sounds like it, of"
        if canonical in self._listed:
            return self._one(
                value, self._listed[canonical], f"the register of names {says} {canonical}"
            )
        for entry in self._register.related(canonical):
            if entry.canonical in self._listed:
                return self._one(
                    value,
                    self._listed[entry.canonical],
                    f"the register of names says that reports use it for {entry.canonical}",
                )
        return None

    def _sounds_alike(self, value: str, forms: _Forms) -> Meant | None:
        alike = {
            actor: text
            for held, text, actor in self._by_sound.get(_sounds(forms), ())
            if all(
                one == other or sound_alike(one, other)
                for one, other in zip(forms, held, strict=True)
            )
        }
        if not alike:
            return None
        return self._one(value, alike, f"it sounds like ‘{next(iter(alike.values()))}’")

    def _is_part(self, value: str, forms: _Forms) -> Meant | None:
        whole: dict[str, str] = {}
        for held, text, actor in self._by_part.get(forms[0], ()):
            if any(held[at : at + len(forms)] == forms for at in range(len(held) - len(forms) + 1)):
                whole.setdefault(actor, text)
        if not whole:
            return None
        return self._one(value, whole, f"it is part of the name ‘{next(iter(whole.values()))}’")

    def _one(self, value: str, found: Iterable[str], because: str) -> Meant:
        ids = tuple(dict.fromkeys(found))
        if len(ids) > 1:
            raise self._ambiguous(value, ids)
        return Meant(ids, because)

    def attack(self, value: str) -> Meant:
        """Return the one attack of the id or the title `value`; raises NotMeant otherwise."""
        titles = {each.id: each.title for each in self.records.attacks}
        if value in titles:
            return Meant((value,))
        forms = _forms(value)
        found = [key for key, title in titles.items() if _forms(title) == forms]
        if not forms or not found:
            raise self._unknown("attack", value, titles, titles.items())
        if len(found) > 1:
            raise NotMeant(
                f"{len(found)} attacks have the title {_cut(value)}",
                [_named(titles[key], key) for key in found[:SHOWN_CHOICES]],
                len(found[SHOWN_CHOICES:]),
            )
        return Meant((found[0],), "it is the title")

    def strategy(self, value: str) -> Meant:
        """Return the strategy of the id `value`, or all those under the theme of that name.

        A theme is what reports assert of several actors; together with an actor it is one strategy.
        Raises NotMeant if `value` is neither.
        """
        if value in self.records.strategy:
            return Meant((value,))
        forms = _forms(value)
        under = tuple(each.id for each in self.records.strategies if _forms(each.theme) == forms)
        if forms and under:
            return Meant(under, "it is the theme that reports on them share")
        known = {each.id: each.theme for each in self.records.strategies}
        raise self._unknown("strategy", value, known, known.items())

    def _ambiguous(self, value: str, ids: Iterable[str]) -> NotMeant:
        found = sorted(ids)
        return NotMeant(
            f"{_cut(value)} may mean {len(found)} actors",
            [self._shown(actor) for actor in found[:SHOWN_CHOICES]],
            len(found[SHOWN_CHOICES:]),
        )

    def _shown(self, actor: str) -> str:
        return _named(self.records.actor[actor].name, actor)

    def _unknown(
        self, what: str, value: str, known: Mapping[str, str], spelled: Iterable[tuple[str, str]]
    ) -> NotMeant:
        """Return that `value` is none of `known`, ids to names; `spelled` are (id, a spelling)."""
        texts = dict(enumerate(spelled))
        folded = {number: fold(text) for number, (_, text) in texts.items()}
        # A report calls an actor by many names: the nearest of them says how near it is.
        near = process.extract(
            fold(value), folded, scorer=fuzz.WRatio, limit=SHOWN_CHOICES * _SPELLINGS
        )
        ids = dict.fromkeys(texts[number][0] for _, _, number in near)
        shown = list(ids)[:SHOWN_CHOICES]
        return NotMeant(
            f"unknown {what}: {_cut(value)}",
            [_named(known[key], key) for key in shown],
            len(known) - len(shown),
        )


def _forms(text: str) -> _Forms:
    """Return the words that make a name; a leading "the" makes no difference."""
    forms = tuple(word.form for word in words(text))
    return forms[1:] if len(forms) > 1 and forms[0] == "the" else forms


def _sounds(forms: _Forms) -> _Forms:
    return tuple(sound_key(form) for form in forms)


def _named(name: str, key: str) -> str:
    return name if name == key else f"{name} ({key})"


def _cut(value: str) -> str:
    return repr(value[:80])
