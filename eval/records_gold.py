"""Inventories: the actors, attacks and strategies that a careful reader finds, read and checked.

`eval/gold/records/README.md` documents the format. An inventory is three JSON Lines files in one
folder, `actors.jsonl`, `attacks.jsonl` and `strategies.jsonl`, with a prefix ("samples-") where a
folder holds several. Reading names every wrong line; `check_inventory` holds the inventory against
the documents' texts.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from eval.errors import EvalError
from eval.gold import Evidence


class RecordsError(EvalError):
    """An inventory, or a collection for it, that cannot be used; a line for each problem."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep every problem; the message lists them all."""
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class GoldKind(StrEnum):
    """What an actor is; states are told apart because they are never asked for."""

    GROUP = "group"
    PERSON = "person"
    INSTITUTION = "institution"
    STATE = "state"


class GoldPrecision(StrEnum):
    """How exactly a date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    RANGE = "range"
    UNKNOWN = "unknown"


class GoldAsserter(StrEnum):
    """Whose word a statement of strategy is; `source` is an expert or unnamed analysts."""

    AUTHOR = "author"
    GROUP = "group"
    OFFICIAL = "official"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class GoldMention:
    """A name where a document says it."""

    place: Evidence
    form: str
    others: tuple[str, ...] = ()
    """Ids of other actors that it may as well mean; it then counts in no join."""
    asked: bool = True
    """Whether it counts: not in a title, heading, caption or footnote, and not optional."""


@dataclass(frozen=True, slots=True)
class GoldRelation:
    """That an actor stands in a relation to another: read "actor is … other"."""

    kind: str
    others: tuple[str, ...]
    """Ids of actors that are all right as the other; the first is the best."""


@dataclass(frozen=True, slots=True)
class GoldActor:
    """A group, person, institution or state with every mention."""

    id: str
    kind: GoldKind
    name: str
    mentions: tuple[GoldMention, ...]
    optional: bool = False
    """Whether naming it is neither asked nor held against anybody."""
    apart: tuple[str, ...] = ()
    probable: tuple[str, ...] = ()
    """Ids of actors that may be this one: joining and not joining are both accepted."""
    relations: tuple[GoldRelation, ...] = ()
    """Its parent, as "branch of", and its relations."""


@dataclass(frozen=True, slots=True)
class GoldDate:
    """A date that an account gives, or that none is known."""

    precision: GoldPrecision
    first: date | None = None
    last: date | None = None
    year_stated: bool = True


@dataclass(frozen=True, slots=True)
class GoldPerpetrator:
    """Who did it: ids that are all right (None: nobody is named), and how it is laid on them."""

    actors: tuple[str | None, ...]
    attribution: str


@dataclass(frozen=True, slots=True)
class GoldAccount:
    """Where one document tells an event, and how firmly it says who did it."""

    spans: tuple[Evidence, ...]
    attributions: tuple[str, ...] = ()

    @property
    def document(self) -> str:
        """The document that tells it."""
        return self.spans[0].document


@dataclass(frozen=True, slots=True)
class GoldAttack:
    """One attack or operation with all accounts of it."""

    id: str
    name: str
    dates: tuple[GoldDate, ...]
    places: tuple[str, ...]
    perpetrators: tuple[GoldPerpetrator, ...]
    accounts: tuple[GoldAccount, ...]
    asked: bool = True
    """Whether it counts: one event and not many, and no matter of taste."""
    differ: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GoldStrategy:
    """A statement of strategy: where, about whom, on whose word."""

    id: str
    place: Evidence
    actors: tuple[str, ...]
    """Ids of actors that it may be taken to be about; the first is the best."""
    asserters: tuple[GoldAsserter, ...]
    theme: str
    kind: str
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything that a careful reader found in a collection."""

    actors: tuple[GoldActor, ...]
    attacks: tuple[GoldAttack, ...]
    strategies: tuple[GoldStrategy, ...]

    @property
    def documents(self) -> frozenset[str]:
        """Ids of the documents that it is about."""
        return frozenset(place.document for place in self.places())

    def places(self) -> Iterator[Evidence]:
        """Yield every place that it names."""
        for actor in self.actors:
            yield from (mention.place for mention in actor.mentions)
        for attack in self.attacks:
            for account in attack.accounts:
                yield from account.spans
        yield from (strategy.place for strategy in self.strategies)


def read_inventory(folder: Path, prefix: str = "") -> Inventory:
    """Return the inventory whose files in `folder` begin with `prefix`.

    Raises RecordsError naming file, line and finding for everything that is wrong.
    """
    problems: list[str] = []
    actors = _read(folder / f"{prefix}actors.jsonl", _actor, problems)
    attacks = _read(folder / f"{prefix}attacks.jsonl", _attack, problems)
    strategies = _read(folder / f"{prefix}strategies.jsonl", _strategy, problems)
    inventory = Inventory(
        tuple(item for _, item in actors),
        tuple(item for _, item in attacks),
        tuple(item for _, item in strategies),
    )
    if not problems:
        problems += _id_problems(actors, attacks, strategies)
    if problems:
        raise RecordsError(problems)
    return inventory


def check_inventory(inventory: Inventory, text_of: Callable[[str], str | None]) -> list[str]:
    """Return a line for each place that does not fit its document's text.

    A mention must read as its form, spacing aside; any other place must begin and end on a letter.
    """
    problems = []
    forms = {
        mention.place: mention.form for actor in inventory.actors for mention in actor.mentions
    }
    for place in inventory.places():
        where = f"{place.document[:16]}[{place.start}:{place.end}]"
        text = text_of(place.document)
        if text is None:
            problems.append(f"{where}: no such document; ingest it, or correct the SHA-256")
            continue
        quoted = text[place.start : place.end]
        if place.end > len(text):
            problems.append(f"{where} ends past the text's {len(text)} code points")
        elif place in forms and " ".join(quoted.split()) != forms[place]:
            problems.append(f"{where} reads {quoted!r}; the form is {forms[place]!r}")
        elif quoted != quoted.strip():
            problems.append(f"{where} begins or ends with space: {quoted!r}")
    return problems


class _Wrong(Exception):
    """What is wrong in a record, as words for the message."""


_Numbered = tuple[str, Any]
_Kind = TypeVar("_Kind", bound=StrEnum)


def _read(
    path: Path, parse: Callable[[Mapping[str, Any]], Any], problems: list[str]
) -> list[_Numbered]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path}: cannot be read ({error}); check the folder and the prefix")
        return []
    records = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise _Wrong("is no JSON object")
            records.append((where, parse(record)))
        except (_Wrong, ValueError) as error:
            problems.append(f"{where}: {error}")
    if not records and not problems:
        problems.append(f"{path}: is empty; give one JSON object a line")
    return records


def _actor(record: Mapping[str, Any]) -> GoldActor:
    _known(
        record,
        "id kind name optional names parent roles relations apart probable notes judged_by",
    )
    mentions = []
    for name in _items(record, "names"):
        form = _text(name, "form")
        for item in _items(name, "mentions"):
            _known(item, "document start end region or optional")
            asked = not item.get("region") and not item.get("optional")
            mentions.append(GoldMention(_place(item), form, _ids(item, "or"), asked))
    for key in ("roles", "relations", "probable", "notes"):
        for item in _items(record, key, required=False):
            for place in _items(item, "evidence"):
                _place(place)
    relations = list(_items(record, "relations", required=False))
    if "parent" in record:
        relations.append({"kind": "branch of", **record["parent"]})
    return GoldActor(
        id=_text(record, "id"),
        kind=_choice(record, "kind", GoldKind),
        name=_text(record, "name"),
        mentions=tuple(mentions),
        optional=bool(record.get("optional", False)),
        apart=_ids(record, "apart"),
        probable=tuple(_text(item, "actor") for item in _items(record, "probable", required=False)),
        relations=tuple(
            GoldRelation(_text(item, "kind"), (_text(item, "actor"), *_ids(item, "or")))
            for item in relations
        ),
    )


def _attack(record: Mapping[str, Any]) -> GoldAttack:
    _known(
        record,
        "id kind type name extent optional dates places perpetrators accounts differ notes "
        "judged_by",
    )
    if record.get("extent") not in ("single", "series"):
        raise _Wrong(f"extent is {record.get('extent')!r}; use single or series")
    accounts = []
    for account in _items(record, "accounts"):
        _known(account, "document spans fields")
        document = _text(account, "document")
        fields = account.get("fields")
        if not isinstance(fields, dict):
            raise _Wrong("an account has no fields; give an object, {} if there are none")
        for values in fields.values():
            for value in values:
                for place in _items(value, "evidence"):
                    _place({"document": document, **place})
        accounts.append(
            GoldAccount(
                tuple(_place({"document": document, **span}) for span in _items(account, "spans")),
                tuple(_text(value, "attribution") for value in fields.get("perpetrator", ())),
            )
        )
    if not accounts:
        raise _Wrong("no document tells it; give accounts")
    return GoldAttack(
        id=_text(record, "id"),
        name=_text(record, "name"),
        dates=tuple(_date(item) for item in _items(record, "dates")),
        places=tuple(record["places"]),
        perpetrators=tuple(
            GoldPerpetrator((item.get("actor"), *item.get("or", ())), _text(item, "attribution"))
            for item in _items(record, "perpetrators")
        ),
        accounts=tuple(accounts),
        asked=record["extent"] == "single" and not record.get("optional", False),
        differ=_ids(record, "differ"),
    )


def _strategy(record: Mapping[str, Any]) -> GoldStrategy:
    _known(
        record,
        "id document start end actor or asserter theme kind optional region judged_by",
    )
    asserter = record.get("asserter")
    if not isinstance(asserter, dict):
        raise _Wrong("asserter is no object; give its kind")
    return GoldStrategy(
        id=_text(record, "id"),
        place=_place(record),
        actors=(_text(record, "actor"), *_ids(record, "or")),
        asserters=tuple(
            _choice({"asserter": kind}, "asserter", GoldAsserter)
            for kind in (asserter.get("kind"), *asserter.get("or", ()))
        ),
        theme=_text(record, "theme"),
        kind=_text(record, "kind"),
        asked=not record.get("optional", False) and not record.get("region"),
    )


def _date(record: Mapping[str, Any]) -> GoldDate:
    _known(record, "from to precision year_stated")
    precision = _choice(record, "precision", GoldPrecision)
    if precision is GoldPrecision.UNKNOWN:
        if "from" in record or "to" in record:
            raise _Wrong("a date of unknown precision has days; leave out from and to")
        return GoldDate(precision)
    first, last = (date.fromisoformat(_text(record, key)) for key in ("from", "to"))
    if first > last:
        raise _Wrong(f"a date runs from {first} to {last}; turn it round")
    return GoldDate(precision, first, last, bool(record.get("year_stated", True)))


def _place(record: Mapping[str, Any]) -> Evidence:
    document, start, end = (record.get(key) for key in ("document", "start", "end"))
    if not isinstance(document, str) or len(document) != 64 or set(document) - set(_HEX):
        raise _Wrong(f"document is {document!r}; give the text's SHA-256")
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        raise _Wrong(f"a place runs from {start} to {end}; give code points, start before end")
    return Evidence(document, start, end)


_HEX = "0123456789abcdef"


def _known(record: Mapping[str, Any], keys: str) -> None:
    for key in record:
        if key not in keys.split():
            raise _Wrong(f"unknown key {key!r}; known are {', '.join(keys.split())}")


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _Wrong(f"{key} is {value!r}; give a string that is not blank")
    return value


def _items(
    record: Mapping[str, Any], key: str, *, required: bool = True
) -> list[Mapping[str, Any]]:
    value = record.get(key, None if required else [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _Wrong(f"{key} is no list of objects")
    return value


def _ids(record: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = record.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _Wrong(f"{key} is {value!r}; give a list of strings")
    return tuple(value)


def _choice(record: Mapping[str, Any], key: str, kinds: type[_Kind]) -> _Kind:
    try:
        return kinds(str(record.get(key)))
    except ValueError:
        raise _Wrong(f"{key} is {record.get(key)!r}; use one of {', '.join(kinds)}") from None


def _id_problems(
    actors: Sequence[_Numbered], attacks: Sequence[_Numbered], strategies: Sequence[_Numbered]
) -> Iterator[str]:
    for records in (actors, attacks, strategies):
        counts = Counter(item.id for _, item in records)
        for where, item in records:
            if counts[item.id] > 1:
                yield f"{where}: id {item.id!r} is used more than once"
    known = {actor.id for _, actor in actors}
    for where, actor in actors:
        others = {other for mention in actor.mentions for other in mention.others}
        others.update(other for relation in actor.relations for other in relation.others)
        yield from _unknown(where, {*actor.apart, *actor.probable, *others}, known)
    for where, attack in attacks:
        named = {name for by in attack.perpetrators for name in by.actors if name is not None}
        yield from _unknown(where, named, known)
    for where, strategy in strategies:
        yield from _unknown(where, set(strategy.actors), known)


def _unknown(where: str, named: set[str], known: set[str]) -> Iterator[str]:
    for name in sorted(named - known):
        yield f"{where}: no actor {name!r}; name one of the actors' file"
