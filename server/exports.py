"""Exports: attacks with their citations for spreadsheets, calendars and threat-intelligence tools.

Every export holds, for each value, the document's id and title, the place (code points of the
document's text) and the words there. What a document says stays data: cells cannot become
formulas, and each format's own library escapes the rest.
"""

import csv
import io
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import icalendar
import stix2

from analysis.decided import read_date
from server.record_schemas import (
    STRATEGY_FIELDS,
    AttackBody,
    CorrectionBody,
    DateBody,
    ExportFormat,
    SetDateBody,
    Words,
)
from server.schemas import DocumentReference
from server.selection import periods_of

CSV_COLUMNS = (
    "attack_id",
    "attack",
    "kind",
    "first_day",
    "last_day",
    "accounts_differ_on",
    "field",
    "value",
    "qualified",
    "said_by",
    "actor_id",
    "document_id",
    "document_title",
    "source",
    "published",
    "start",
    "end",
    "quote",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
VALUE_FIELDS = (
    ("place", "places"),
    ("target", "targets"),
    ("victim", "victims"),
    ("killed", "killed"),
    ("wounded", "wounded"),
    ("arrested", "arrested"),
    ("freed", "freed"),
    ("weapon", "weapons"),
    ("outcome", "outcome"),
    ("attacks", "attacks"),
)
OPERATOR = "an operator's correction"
MAX_SUMMARY_CHARS = 250
# Ids of exported objects are made from the records' ids in this namespace, so that a second export
# updates the objects of the first.
NAMESPACE = uuid.UUID("6f1d7a4e-6f0b-4d35-9f5e-0b6a2c2f5a11")
EXTENSION = f"extension-definition--{uuid.uuid5(NAMESPACE, 'attack')}"
IDENTITY_CLASSES = {"group": "group", "person": "individual", "institution": "organization"}


@dataclass(frozen=True, slots=True)
class Export:
    """A file to send."""

    content: bytes
    media_type: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Cited:
    """One value of a field with one citation of it."""

    field: str
    value: str
    words: Words | None
    """None where an operator set the value and names no words."""
    qualified: str = ""
    said_by: str = ""
    actor_id: str = ""


def export(
    attacks: Sequence[AttackBody], kinds: dict[str, str], form: ExportFormat, now: datetime
) -> Export:
    """Return `attacks` as a file; `kinds` are the kinds of actors by id."""
    if form is ExportFormat.CSV:
        return Export(to_csv(attacks), "text/csv; charset=utf-8", "attacks.csv")
    if form is ExportFormat.ICS:
        return Export(to_ics(attacks, now), "text/calendar; charset=utf-8", "attacks.ics")
    if form is ExportFormat.STIX:
        content = to_stix(attacks, kinds, now)
        return Export(content, "application/stix+json;version=2.1", "attacks.stix.json")
    return Export(to_json(attacks), "application/json", "attacks.json")


def cited(attack: AttackBody) -> Iterator[Cited]:
    """Yield every value of an attack once for each place that says it."""
    for account in attack.accounts:
        yield Cited("account", account.kind, account.citation)
    if attack.date_set is not None:
        yield Cited("date", _dated(attack.date_set), attack.date_set.citation, said_by=OPERATOR)
    for dated in attack.dates:
        yield Cited("date", _dated(dated), dated.citation)
    if (decided := attack.perpetrator_set) is not None:
        yield Cited(
            "perpetrator",
            decided.actor.name,
            decided.citation,
            decided.ladder,
            OPERATOR,
            decided.actor.id,
        )
    for named in attack.perpetrators:
        yield Cited(
            "perpetrator",
            named.actor.name if named.actor else named.text,
            named.citation,
            ", ".join([named.ladder, *named.hedges]),
            named.by or "",
            named.actor.id if named.actor else "",
        )
    for field, attribute in VALUE_FIELDS:
        for value in getattr(attack, attribute):
            actor = value.actor.id if value.actor else ""
            hedges = ", ".join(value.hedges)
            for words in value.citations:
                yield Cited(field, value.value, words, hedges, actor_id=actor)
            if not value.citations:
                yield Cited(field, value.value, None, hedges, OPERATOR, actor)


def to_csv(attacks: Sequence[AttackBody]) -> bytes:
    """Return a line for each citation of each value, as UTF-8 that spreadsheets recognise."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(CSV_COLUMNS)
    for attack in attacks:
        for each in cited(attack):
            row = (
                attack.id,
                attack.title,
                attack.kind,
                attack.first,
                attack.last,
                ", ".join(attack.differing),
                each.field,
                each.value,
                each.qualified,
                each.said_by,
                each.actor_id,
                *_place(each.words),
            )
            writer.writerow([safe_cell("" if cell is None else str(cell)) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _place(words: Words | None) -> tuple[object, ...]:
    """Return the last seven of CSV_COLUMNS: where a value is said."""
    if words is None:
        return (None,) * 7
    document = words.document
    named = (document.id, document.title, document.source, document.published)
    return (*named, words.start, words.end, words.quote)


def safe_cell(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe goes before its sign."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def to_json(attacks: Sequence[AttackBody]) -> bytes:
    """Return the attacks as the API sends them, all at once."""
    body = {"attacks": [attack.model_dump(mode="json") for attack in attacks]}
    return json.dumps(body, ensure_ascii=False, indent=2).encode("utf-8") + b"\n"


def to_ics(attacks: Sequence[AttackBody], now: datetime) -> bytes:
    """Return a calendar: an event for each different period that accounts give.

    An attack without a resolved date becomes a journal entry, which has none.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Dossier//Attacks//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Attacks")
    for attack in attacks:
        periods = periods_of(attack.dates_in_force)
        for number, ((first, last), precision) in enumerate(periods.items(), 1):
            event = _entry(icalendar.Event(), attack, f"{attack.id}-{number}", now)
            event.add("dtstart", first)
            # The end is exclusive in a calendar.
            event.add("dtend", last + timedelta(days=1))
            event.add("transp", "TRANSPARENT")
            notes = [f"Date known to the {precision}."] if precision != "day" else []
            if len(periods) > 1:
                notes.append(f"Accounts give {len(periods)} different dates; this is one of them.")
            if notes:
                event.add("comment", " ".join(notes))
            calendar.add_component(event)
        if not periods:
            calendar.add_component(_entry(icalendar.Journal(), attack, attack.id, now))
    ics: bytes = calendar.to_ical()
    return ics


def _entry(
    component: icalendar.Event | icalendar.Journal, attack: AttackBody, uid: str, now: datetime
) -> icalendar.Event | icalendar.Journal:
    component.add("uid", f"{uuid.uuid5(NAMESPACE, uid)}@dossier")
    component.add("dtstamp", now.astimezone(UTC))
    component.add("summary", _short(plain_line(attack.title)))
    component.add("categories", [attack.kind])
    component.add("description", _clean(_described(attack)))
    if attack.places and isinstance(component, icalendar.Event):
        named = [*(place.value for place in attack.places), *attack.within]
        component.add("location", plain_line(", ".join(dict.fromkeys(named))))
    return component


def _described(attack: AttackBody) -> str:
    """Return every value with its citations, as lines."""
    lines = []
    if attack.differing:
        lines.append(f"Accounts differ on: {', '.join(attack.differing)}")
    for each in cited(attack):
        qualified = f" ({each.qualified})" if each.qualified else ""
        said = f", says {each.said_by}" if each.said_by else ""
        lines.append(f"{each.field}: {each.value}{qualified}{said}")
        if each.words is not None:
            lines.append(f"  “{each.words.quote}”")
            lines.append(f"  {_source(each.words)}")
    return "\n".join(lines)


def _source(words: Words) -> str:
    document = words.document
    known = [document.title, document.source, document.published and str(document.published)]
    named = ", ".join(part for part in known if part)
    return f"{named}; document {document.id}, characters {words.start} to {words.end}"


def to_stix(attacks: Sequence[AttackBody], kinds: dict[str, str], now: datetime) -> bytes:
    """Return a STIX 2.1 bundle: incidents, whom they are attributed to, and whom they met.

    An incident has no fields of its own in STIX 2.1 beyond name and description; the others are in
    an extension that the bundle defines. An attribution that somebody denies, or that an operator
    overruled, is no attribution: it becomes "related-to", and says so.
    """
    stamps = {"created": now, "modified": now}
    maker = stix2.Identity(
        id=_stix_id("identity", "dossier"), name="Dossier", identity_class="system", **stamps
    )
    objects: dict[str, object] = {
        maker.id: maker,
        EXTENSION: stix2.ExtensionDefinition(
            id=EXTENSION,
            created_by_ref=maker.id,
            name="Attack told in reports",
            description="Fields of an attack or operation, each value with the document's id and "
            "title, the place in code points of its text, and the words there.",
            schema="values: list of {field, value, qualified, said_by, document_id, "
            "document_title, source, published, start, end, quote}; first_day, last_day: dates; "
            "accounts_differ_on: list of fields",
            version="1.0.0",
            extension_types=["property-extension"],
            **stamps,
        ),
    }
    for attack in attacks:
        incident = _incident(attack, maker.id, stamps)
        objects[incident.id] = incident
        for link in _links(attack, incident.id, maker.id, kinds, stamps):
            objects[link.id] = link
    bundle = stix2.Bundle(
        id=f"bundle--{uuid.uuid5(NAMESPACE, ' '.join([str(now), *objects]))}",
        objects=list(objects.values()),
    )
    # The library's pretty printing takes minutes for forty events: it looks each property's place
    # up in the whole bundle.
    plain = json.loads(bundle.serialize())
    return json.dumps(plain, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"


def _incident(attack: AttackBody, maker: str, stamps: dict[str, datetime]) -> stix2.Incident:
    values = []
    for each in cited(attack):
        names = CSV_COLUMNS[-7:]
        place = dict(zip(names, _place(each.words), strict=True))
        place["published"] = place["published"] and str(place["published"])
        value = {
            "field": each.field,
            "value": each.value,
            "qualified": each.qualified,
            "said_by": each.said_by,
            **place,
        }
        values.append({key: held for key, held in value.items() if held not in (None, "")})
    extension = {
        "extension_type": "property-extension",
        "kind": attack.kind,
        "first_day": attack.first and str(attack.first),
        "last_day": attack.last and str(attack.last),
        "accounts_differ_on": attack.differing,
        "values": values,
    }
    return stix2.Incident(
        id=_stix_id("incident", attack.id),
        created_by_ref=maker,
        name=attack.title,
        description=_described(attack),
        labels=[attack.kind],
        external_references=[_reference(account.citation) for account in attack.accounts],
        extensions={EXTENSION: {k: held for k, held in extension.items() if held}},
        **stamps,
    )


def _links(
    attack: AttackBody,
    incident: str,
    maker: str,
    kinds: dict[str, str],
    stamps: dict[str, datetime],
) -> Iterator[stix2.ThreatActor | stix2.Identity | stix2.Relationship]:
    """Yield the actors of an attack with their relationships to the incident."""
    for laid in _attributions(attack):
        doer = stix2.ThreatActor(
            id=_stix_id("threat-actor", laid.key), created_by_ref=maker, name=laid.name, **stamps
        )
        yield doer
        cited_words = {"external_references": [_reference(laid.words)]} if laid.words else {}
        yield stix2.Relationship(
            id=_stix_id("relationship", f"{incident} {laid.ladder} {doer.id} {laid.by}"),
            created_by_ref=maker,
            source_ref=incident,
            relationship_type="attributed-to" if laid.holds else "related-to",
            target_ref=doer.id,
            description=laid.description,
            **cited_words,
            **stamps,
        )
    for role, values in (("target", attack.targets), ("victim", attack.victims)):
        for value in values:
            if value.actor is None:
                continue
            met = stix2.Identity(
                id=_stix_id("identity", value.actor.id),
                created_by_ref=maker,
                name=value.actor.name,
                identity_class=IDENTITY_CLASSES.get(kinds.get(value.actor.id, ""), "unknown"),
                **stamps,
            )
            yield met
            yield stix2.Relationship(
                id=_stix_id("relationship", f"{incident} {role} {met.id}"),
                created_by_ref=maker,
                source_ref=incident,
                relationship_type="targets",
                target_ref=met.id,
                description=", ".join([role, *value.hedges]),
                external_references=[_reference(words) for words in value.citations],
                **stamps,
            )


@dataclass(frozen=True, slots=True)
class _LaidOn:
    """Whom an attack is laid on, by whom, and whether that holds."""

    key: str
    name: str
    ladder: str
    by: str | None
    description: str
    holds: bool
    words: Words | None


def _attributions(attack: AttackBody) -> Iterator[_LaidOn]:
    """Yield the operator's perpetrator first, then those of the accounts."""
    decided = attack.perpetrator_set
    if decided is not None:
        yield _LaidOn(
            key=decided.actor.id,
            name=decided.actor.name,
            ladder=decided.ladder,
            by=OPERATOR,
            description=f"{decided.ladder}, says {OPERATOR}",
            holds=decided.ladder != "denied",
            words=decided.citation,
        )
    for named in attack.perpetrators:
        overruled = decided is not None and (
            decided.ladder == "denied" or named.actor != decided.actor
        )
        said = [named.ladder + (f" by {named.by}" if named.by else ""), *named.hedges]
        yield _LaidOn(
            key=named.actor.id if named.actor else f"text {named.text}",
            name=named.actor.name if named.actor else named.text,
            ladder=named.ladder,
            by=named.by,
            description=", ".join([*said, "overruled by an operator"] if overruled else said),
            holds=named.ladder != "denied" and not overruled,
            words=named.citation,
        )


def _stix_id(kind: str, key: str) -> str:
    return f"{kind}--{uuid.uuid5(NAMESPACE, f'{kind} {key}')}"


def _reference(words: Words) -> stix2.ExternalReference:
    document: DocumentReference = words.document
    given = {"url": document.url} if document.url else {}
    return stix2.ExternalReference(
        source_name=document.title or document.id,
        description=words.quote,
        external_id=f"{document.id}:{words.start}-{words.end}",
        **given,
    )


def gold(corrections: Sequence[CorrectionBody]) -> bytes:
    """Return corrections as JSON Lines for an inventory: what is together, apart, wrong or set.

    Places, dates and perpetrators are written as the gold inventories write them: document, start,
    end; precision, from, to; actor (by a name, since ids change), attribution.
    """
    lines = []
    for body in corrections:
        places = [place.model_dump() for place in body.places]
        line: dict[str, object] = {"record": "attack" if body.places else "actor"}
        match body.kind:
            case "merge":
                line["together"] = body.names
            case "split":
                line["apart"] = [[body.names[0]], body.names[1:]]
            case "join attacks":
                line["together"] = places
            case "part attacks":
                line["apart"] = [places[:1], places[1:]]
            case "reject":
                line |= {"record": body.field or "account", "wrong": places}
            case _:
                if body.field in STRATEGY_FIELDS:
                    line["record"] = "strategy"
                line |= {"at": places[0], "field": body.field, "value": _gold_value(body)}
                line["evidence"] = places[1:]
        line["judged_by"] = f"{body.made_by}, {body.made_at:%Y-%m-%d}"
        if body.note:
            line["note"] = body.note
        lines.append(json.dumps(line, ensure_ascii=False))
    return "".join(line + "\n" for line in lines).encode("utf-8")


def _gold_value(body: CorrectionBody) -> object:
    if body.field == "date":
        read = read_date(body.value or "")
        return {"precision": read.precision, "from": str(read.first), "to": str(read.last)}
    if body.field == "perpetrator":
        return {"actor": body.names[0], "attribution": body.value}
    return body.value


def plain_line(text: str) -> str:
    """Return `text` on one line, without controls."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _clean(text: str) -> str:
    """Return `text` without what a calendar cannot hold: controls except line breaks and tabs."""
    return "".join(
        char if char in "\n\t" or (char >= " " and char != "\x7f") else " " for char in text
    )


def _short(text: str) -> str:
    return text if len(text) <= MAX_SUMMARY_CHARS else text[: MAX_SUMMARY_CHARS - 1] + "…"


def _dated(dated: DateBody | SetDateBody) -> str:
    """Return a date as written, with the days that it can mean."""
    if dated.first is None:
        return f"{dated.text} (not resolved)"
    days = f"{dated.first}" if dated.last in (None, dated.first) else f"{dated.first}/{dated.last}"
    return f"{dated.text} ({days})"
