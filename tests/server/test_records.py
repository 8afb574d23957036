"""Records over HTTP: actors, attacks, strategies, corrections, their exports and pages."""

import csv
import html
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from types import MappingProxyType, SimpleNamespace

import icalendar
import pytest
import stix2

from analysis.collection import (
    Actor,
    Assertion,
    Attack,
    AttributedTo,
    Dated,
    Dispute,
    Evidence,
    FieldValue,
    HeldRole,
    Join,
    NameUse,
    Records,
    RelatedActor,
    Said,
    SetDate,
    SetPerpetrator,
    Strategy,
    Told,
)
from analysis.corrections import CorrectedPlace, Correction, CorrectionKind
from analysis.names import NameRegister
from analysis.records import (
    Account,
    ActorKind,
    Asserter,
    AttackKind,
    Hedge,
    Ladder,
    Precision,
    Reason,
    RelationKind,
    Span,
    StrategyKind,
)
from ingest.document import Document

LEDGER = Document(
    text="On 14 March 2022 the Northern Column attacked the grain depot at Orvik. Nine guards were "
    "killed. The Northern Column, also called the NC, claimed the attack. Tomas Reker, its leader, "
    "said that the Column wants to starve the garrison.",
    title="The raid on the depot",
    language="en",
    source="Orvik Monitor",
    published=date(2022, 3, 20),
    url="https://monitor.example/depot",
)
NOTES = Document(
    text="In March 2022 the depot at Orvik was attacked. At least eleven guards were killed. The "
    "governor suspects the Hill Brigade, which denies it. Last winter a bridge was burnt.",
    title="Notes",
    language="en",
    source="Harbour Notes",
    published=date(2022, 4, 2),
)
NASTY = "<script>alert(1)</script>\"'>=cmd|' /C calc'!A0"
LONG = "N" * 5_000
HOSTILE = Document(
    text=f'=HYPERLINK("http://x") {NASTY} was seen; \u202egnp.exe.\nBEGIN:VEVENT\n{LONG}',
    title='"><img src=x onerror=alert(1)>=1+1',
    source="@SUM(1)",
    url="javascript:alert(1)",
)


def at(document, words):
    start = document.text.index(words)
    return Evidence(document.id, start, start + len(words))


def told(document, words, kind):
    place = at(document, words)
    span = Span(place.start, place.end)
    account = Account(kind, Span(place.start, place.start + 2), span)
    return Told(document.id, document.title, document.source, document.published, account, span)


def value(document, words, text=None, **more):
    return FieldValue(text or words, (at(document, words),), **more)


COLUMN = Actor(
    id="northern-column",
    name="Northern Column",
    kind=ActorKind.GROUP,
    names=(
        NameUse("Northern Column", (at(LEDGER, "Northern Column"),)),
        NameUse("NC", (at(LEDGER, "NC"),)),
    ),
    joins=(
        Join(
            "Northern Column",
            "NC",
            Reason.ALSO_KNOWN_AS,
            (at(LEDGER, "Northern Column, also called the NC"),),
        ),
    ),
    disputes=(Dispute("The Hill Brigade may be a part of it.", "hill-brigade"),),
    relations=(
        RelatedActor(
            RelationKind.LEADER_OF, "tomas-reker", True, (at(LEDGER, "Tomas Reker, its leader"),)
        ),
    ),
    documents=1,
    origins=1,
)
BRIGADE = Actor(
    id="hill-brigade",
    name="Hill Brigade",
    kind=ActorKind.GROUP,
    names=(NameUse("Hill Brigade", (at(NOTES, "Hill Brigade"),)),),
    parent="northern-column",
    documents=1,
    origins=1,
)
REKER = Actor(
    id="tomas-reker",
    name="Tomas Reker",
    kind=ActorKind.PERSON,
    names=(NameUse("Tomas Reker", (at(LEDGER, "Tomas Reker"),)),),
    roles=(HeldRole("leader", "northern-column", at(LEDGER, "its leader")),),
    statements=(Said("tomas-reker", ("northern-column",), at(LEDGER, "wants to starve")),),
    documents=1,
    origins=1,
)
VILLAIN = Actor(
    id="villain",
    name=NASTY,
    kind=ActorKind.PERSON,
    names=(NameUse(NASTY, (at(HOSTILE, NASTY),)), NameUse(LONG, (at(HOSTILE, LONG),))),
    documents=1,
    origins=1,
)
DEPOT = Attack(
    id="depot",
    title="Attack on the grain depot at Orvik",
    kind=AttackKind.ATTACK,
    accounts=(
        told(LEDGER, "On 14 March 2022 the Northern Column attacked", AttackKind.ATTACK),
        told(NOTES, "In March 2022 the depot at Orvik was attacked.", AttackKind.ATTACK),
    ),
    dates=(
        Dated(
            "14 March 2022",
            Precision.DAY,
            date(2022, 3, 14),
            date(2022, 3, 14),
            at(LEDGER, "14 March 2022"),
        ),
        Dated(
            "March 2022",
            Precision.MONTH,
            date(2022, 3, 1),
            date(2022, 3, 31),
            at(NOTES, "March 2022"),
        ),
    ),
    perpetrators=(
        AttributedTo(
            "northern-column",
            "the Northern Column",
            Ladder.CLAIMED,
            at(LEDGER, "claimed the attack"),
            by="northern-column",
        ),
        AttributedTo(
            "hill-brigade",
            "the Hill Brigade",
            Ladder.SUSPECTED,
            at(NOTES, "suspects the Hill Brigade"),
            by="the governor",
        ),
        AttributedTo("hill-brigade", "the Hill Brigade", Ladder.DENIED, at(NOTES, "denies it")),
    ),
    places=(FieldValue("Orvik", (at(LEDGER, "Orvik"), at(NOTES, "Orvik"))),),
    within=("Coast Province",),
    targets=(value(LEDGER, "grain depot"),),
    killed=(
        value(LEDGER, "Nine guards", "9 guards"),
        value(NOTES, "At least eleven guards", "11 guards", hedges=(Hedge.AT_LEAST,)),
    ),
    differing=("date", "killed"),
    actors=("northern-column", "hill-brigade"),
    joined_because=("place",),
)
BRIDGE = Attack(
    id="bridge",
    title="Burning of a bridge",
    kind=AttackKind.ARSON,
    accounts=(told(NOTES, "Last winter a bridge was burnt.", AttackKind.ARSON),),
    dates=(Dated("Last winter", Precision.UNRESOLVED, None, None, at(NOTES, "Last winter")),),
)
EVIL = Attack(
    id="evil",
    title=f"+{NASTY}",
    kind=AttackKind.RAID,
    accounts=(told(HOSTILE, HOSTILE.text, AttackKind.RAID),),
    dates=(
        Dated(
            "=2021",
            Precision.YEAR,
            date(2021, 1, 1),
            date(2021, 12, 31),
            at(HOSTILE, "=HYPERLINK"),
        ),
    ),
    places=(value(HOSTILE, '=HYPERLINK("http://x")'),),
    perpetrators=(AttributedTo("villain", NASTY, Ladder.STATED, at(HOSTILE, NASTY)),),
    actors=("villain",),
)
STARVE = Strategy(
    id="northern-column-siege",
    theme="siege",
    actor="northern-column",
    assertions=(
        Assertion(
            StrategyKind.PURPOSE,
            Asserter.GROUP,
            "tomas-reker",
            at(LEDGER, "the Column wants to starve the garrison"),
            LEDGER.source,
            LEDGER.published,
        ),
    ),
)
ACTORS = (COLUMN, BRIGADE, REKER, VILLAIN)


def records(*attacks, actors=ACTORS, strategies=(), notes=MappingProxyType({})):
    return Records(actors, attacks, strategies, notes=notes, register=NameRegister([]))


RECORDS = records(DEPOT, BRIDGE, EVIL, strategies=[STARVE])
OTHER_DAY = replace(DEPOT.dates[1], first=date(2022, 3, 16), last=date(2022, 3, 16))
TWO_DATES = records(
    replace(DEPOT, dates=(DEPOT.dates[0], replace(OTHER_DAY, precision=Precision.DAY)))
)
DOCUMENTS = {document.id: document for document in (LEDGER, NOTES, HOSTILE)}
PAGES = (
    "/actors",
    "/actors/northern-column",
    "/actors/tomas-reker",
    "/actors/villain",
    "/attacks",
    "/attacks?lanes=kind",
    "/attacks/depot",
    "/attacks/evil",
    "/strategies",
    "/coverage",
    "/corrections",
    "/",
    f"/documents/{HOSTILE.id}",
)


@pytest.fixture
def store(make_store):
    return make_store(LEDGER, NOTES, HOSTILE, records=RECORDS)


def error_of(response, status, code=None):
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert set(error) == {"code", "message", "hint"} and all(error.values())
    assert code is None or error["code"] == code
    return error


def ids(response, name):
    assert response.status_code == 200, response.text
    return [each["id"] for each in response.json()[name]]


def citations(body):
    """All citations anywhere in a reply."""
    if isinstance(body, dict):
        if "quote" in body:
            yield body
        for each in body.values():
            yield from citations(each)
    elif isinstance(body, list):
        for each in body:
            yield from citations(each)


def text_of(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())


class TestRecordsApi:
    @pytest.mark.parametrize(
        "path",
        [
            "/api/actors/northern-column",
            "/api/actors/tomas-reker",
            "/api/actors/villain",
            "/api/attacks",
            "/api/attacks/depot",
            "/api/strategies",
        ],
    )
    def test_every_citation_is_the_documents_text_at_its_place(self, client, path):
        found = list(citations(client.get(path).json()))
        assert found
        for each in found:
            document = DOCUMENTS[each["document"]["id"]]
            assert document.text[each["start"] : each["end"]] == each["quote"]
            assert set(each) == {"document", "start", "end", "quote"}
            assert set(each["document"]) == {"id", "title", "source", "published", "url"}
            assert each["document"]["title"] == document.title

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("kind=person", ["villain", "tomas-reker"]),
            ("kind=person&kind=group&limit=1", ["villain"]),
            ("q=north+col", ["northern-column"]),
            ("q=COLUMN", ["northern-column"]),
            ("q=nc", ["northern-column"]),
            ("q=orth", []),
            ("q=...", []),
            (f"document={NOTES.id}", ["hill-brigade"]),
            ("offset=4", []),
        ],
    )
    def test_actors_are_found_by_kind_name_and_document(self, client, query, found):
        assert ids(client.get(f"/api/actors?{query}"), "actors") == found

    def test_an_actor_has_its_names_with_the_reason_that_joined_them(self, client):
        body = client.get("/api/actors/northern-column").json()
        assert [name["text"] for name in body["names"]] == ["Northern Column", "NC"]
        [join] = body["joins"]
        assert join["reason"] == "also known as"
        assert join["citations"][0]["quote"] == "Northern Column, also called the NC"
        assert body["relations"][0]["reads"] == "Tomas Reker is leader of Northern Column"
        assert body["disputes"][0]["other"] == {"id": "hill-brigade", "name": "Hill Brigade"}
        assert [attack["id"] for attack in body["attacks"]] == ["depot"]
        assert body["strategies"][0]["assertions"][0]["by"] == "Tomas Reker"
        brigade = client.get("/api/actors/hill-brigade").json()
        assert brigade["parent"]["name"] == "Northern Column"

    @pytest.mark.parametrize("path", ["/api/actors/nobody", "/api/attacks/nothing"])
    def test_an_unknown_record_says_where_the_known_ones_are(self, client, path):
        assert "/api/" in error_of(client.get(path), 404)["hint"]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["evil", "depot", "bridge"]),
            ("actor=nc", ["depot"]),
            ("actor=northern-column&actor=villain", ["evil", "depot"]),
            ("kind=arson", ["bridge"]),
            ("place=orvik", ["depot"]),
            ("place=Coast+Province", ["depot"]),
            (f"document={HOSTILE.id}", ["evil"]),
            ("event_from=2022-03-31", ["depot"]),
            ("event_from=2022-04-01", []),
            ("event_to=2022-02-28", ["evil"]),
            ("event_from=2022-03-20&event_to=2022-03-21", ["depot"]),
            ("sort=-date", ["depot", "evil", "bridge"]),
            ("sort=title", ["evil", "depot", "bridge"]),
            ("sort=-killed", ["depot", "evil", "bridge"]),
            ("sort=-accounts&limit=1", ["depot"]),
        ],
    )
    def test_attacks_are_filtered_and_sorted(self, client, query, found):
        assert ids(client.get(f"/api/attacks?{query}"), "attacks") == found

    def test_a_filter_says_whom_it_took_a_name_for_and_what_a_period_leaves_out(self, client):
        reply = client.get("/api/attacks?actor=nc&actor=hill-brigade&event_from=2020-01-01").json()
        [matched] = reply["explanation"]
        assert matched.startswith("Matched “nc” as Northern Column because ")
        reply = client.get("/api/attacks?event_from=2020-01-01").json()
        assert reply["explanation"] == [
            "1 attack without a resolved date is left out of the period."
        ]

    @pytest.mark.parametrize(
        ("query", "known"),
        [
            ("actor=Quartermaster", "Northern Column"),
            ("place=Orvick", "Orvik"),
            (f"document={'f' * 64}", LEDGER.id),
            ("kind=picnic", "arson"),
            ("sort=colour", "sort"),
            ("colour=red", "event_from"),
        ],
    )
    def test_a_filter_that_names_something_unknown_lists_what_is_known(self, client, query, known):
        error = error_of(client.get(f"/api/attacks?{query}"), 422)
        assert known in error["hint"] + error["message"]

    @pytest.mark.parametrize(
        "query",
        [
            "event_from=2022-02-02&event_to=2022-02-01",
            "event_from=soon",
            "limit=0",
            "limit=1001",
            "offset=-1",
            "format=pdf",
            "format=csv&limit=5",
            "sort=date&sort=kind",
        ],
    )
    def test_a_wrong_value_is_refused(self, client, query):
        error_of(client.get(f"/api/attacks?{query}"), 422)

    def test_values_that_differ_each_stand_with_their_source(self, client):
        body = client.get("/api/attacks/depot").json()
        assert body["differing"] == ["date", "killed"]
        assert [(v["value"], v["hedges"]) for v in body["killed"]] == [
            ("9 guards", []),
            ("11 guards", ["at least"]),
        ]
        assert [(p["ladder"], p["by"]) for p in body["perpetrators"]] == [
            ("claimed", "Northern Column"),
            ("suspected", "the governor"),
            ("denied", None),
        ]

    def test_the_timeline_has_an_attack_at_each_different_date_that_accounts_give(
        self, client, store
    ):
        body = client.get("/api/timeline").json()
        # The month holds the day: it says the same, less exactly.
        assert [(e["id"], e["precision"]) for e in body["events"]] == [
            ("evil", "year"),
            ("depot", "day"),
        ]
        assert [each["id"] for each in body["undated"]] == ["bridge"]
        assert body["lanes"] == [NASTY, "Northern Column"]
        assert client.get("/api/timeline?lanes=kind").json()["lanes"] == ["attack", "raid"]
        store.records = TWO_DATES
        body = client.get("/api/timeline").json()
        assert [str(e["first"]) for e in body["events"]] == ["2022-03-14", "2022-03-16"]

    def test_a_strategy_says_whose_word_it_is_and_since_when(self, client):
        [body] = client.get("/api/strategies?actor=NC&theme=siege").json()["strategies"]
        assert (body["first"], body["assertions"][0]["asserter"]) == ("2022-03-20", "group")
        error = error_of(client.get("/api/strategies?theme=peace"), 422)
        assert "siege" in error["hint"]

    def test_coverage_tells_nothing_found_from_not_covered(self, client, store):
        quiet = replace(DEPOT, actors=("northern-column",))
        store.records = records(quiet, BRIDGE, EVIL)
        body = client.get("/api/coverage?actor=NC&actor=hill-brigade&actor=villain").json()
        rows = [row["actor"]["id"] for row in body["actors"]]
        assert rows == ["northern-column", "villain", "hill-brigade"]
        at_orvik = {
            row["actor"]["id"]: next(c for c in row["by_place"] if c["place"] == "Orvik")
            for row in body["actors"]
        }
        told = at_orvik["northern-column"]
        assert (told["status"], told["attacks"], told["years"]) == ("told", 1, {"2022": 1})
        assert (at_orvik["hill-brigade"]["status"], at_orvik["hill-brigade"]["documents"]) == (
            "named",
            1,
        )
        assert at_orvik["villain"]["status"] == "not covered"
        assert body["years"] == [2021, 2022]
        assert body["actors"][0]["by_year"][1] == {"year": 2022, "attacks": 1, "documents": 1}
        error = error_of(client.get("/api/coverage?actor=Nobody"), 422)
        assert "Northern Column" in error["hint"]

    def test_a_document_that_was_not_searched_says_so_itself_and_in_the_coverage(
        self, client, store
    ):
        why = "no actors, attacks or strategies: <b>crashed</b> the analysis"
        store.records = records(DEPOT, notes={NOTES.id: (why,), HOSTILE.id: ("cut",)})
        assert client.get(f"/api/documents/{NOTES.id}").json()["not_searched"] == [why]
        assert client.get(f"/api/documents/{LEDGER.id}").json()["not_searched"] == []
        found = client.get("/api/coverage").json()["not_searched"]
        assert found["total"] == 2
        assert [(d["document"]["id"], d["because"]) for d in found["documents"]] == [
            (HOSTILE.id, ["cut"]),
            (NOTES.id, [why]),
        ]
        assert f"Not wholly searched{why}" in text_of(client.get(f"/documents/{NOTES.id}").text)
        assert "Not wholly searched" not in client.get(f"/documents/{LEDGER.id}").text
        page = client.get("/coverage").text
        assert f"Notes {why}" in text_of(page) and "<b>crashed" not in page
        assert "2 documents were not, or not wholly, searched" in text_of(page)

    def test_what_only_unsearched_documents_could_tell_is_not_taken_for_silence(
        self, client, store
    ):
        def brigade_at_orvik():
            body = client.get("/api/coverage?actor=hill-brigade&place=Orvik").json()
            [cell] = body["actors"][0]["by_place"]
            return cell["status"], cell["documents"], cell["not_searched"]

        quiet = replace(DEPOT, actors=("northern-column",))
        for notes, expected in (
            ({}, ("named", 1, 0)),
            ({LEDGER.id: ("cut",)}, ("named", 1, 0)),
            ({NOTES.id: ("cut",)}, ("not searched", 1, 1)),
        ):
            store.records = records(quiet, notes=notes)
            assert brigade_at_orvik() == expected
        page = client.get("/coverage?actor=hill-brigade&place=Orvik").text
        assert "Hill Brigade 1 document not wholly searched" in text_of(page)

    def test_of_many_documents_that_were_not_searched_the_first_are_listed(
        self, client, store, monkeypatch
    ):
        monkeypatch.setattr("server.records.MAX_NOT_SEARCHED", 1)
        notes = dict.fromkeys(DOCUMENTS, ("cut",))
        store.records = records(notes=notes)
        found = client.get("/api/coverage").json()["not_searched"]
        assert (found["total"], len(found["documents"])) == (3, 1)
        assert "And 2 more." in client.get("/coverage").text

    def test_every_parameter_is_documented_with_an_example(self, client):
        paths = client.get("/openapi.json").json()["paths"]
        for path in ("actors", "attacks", "timeline", "strategies", "coverage", "corrections"):
            for parameter in paths[f"/api/{path}"]["get"]["parameters"]:
                assert parameter["schema"].get("examples") or parameter.get("examples"), parameter
        assert paths["/api/corrections"]["post"]["requestBody"]


class TestExports:
    def rows(self, client, query=""):
        reply = client.get(f"/api/attacks?format=csv{query}")
        assert reply.headers["content-disposition"] == 'attachment; filename="attacks.csv"'
        return list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"), newline="")))

    def test_a_line_of_csv_has_one_value_and_the_words_that_say_it(self, client):
        rows = self.rows(client, "&actor=NC")
        assert {row["attack_id"] for row in rows} == {"depot"}
        killed = [row for row in rows if row["field"] == "killed"]
        assert [(row["value"], row["qualified"]) for row in killed] == [
            ("9 guards", ""),
            ("11 guards", "at least"),
        ]
        for row in rows:
            document = DOCUMENTS[row["document_id"]]
            assert document.text[int(row["start"]) : int(row["end"])] == row["quote"]
            assert row["document_title"] == document.title

    def test_no_cell_of_csv_becomes_a_formula(self, client):
        rows = self.rows(client)
        cells = [cell for row in rows for cell in row.values()]
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
        assert "'@SUM(1)" in cells and any(cell.startswith("'=HYPERLINK") for cell in cells)

    def test_json_has_every_attack_as_the_list_has_it(self, client):
        exported = client.get("/api/attacks?format=json").json()["attacks"]
        assert exported == client.get("/api/attacks").json()["attacks"]

    def test_a_calendar_has_an_event_for_each_date_and_a_note_for_what_has_none(self, client):
        calendar = icalendar.Calendar.from_ical(client.get("/api/attacks?format=ics").content)
        events = calendar.walk("VEVENT")
        periods = [(str(e["DTSTART"].dt), str(e["DTEND"].dt)) for e in events]
        assert periods == [
            ("2021-01-01", "2022-01-01"),
            ("2022-03-14", "2022-03-15"),
        ]
        assert [str(j["SUMMARY"]) for j in calendar.walk("VJOURNAL")] == ["Burning of a bridge"]
        assert "known to the year" in str(events[0]["COMMENT"])
        said = str(events[1]["DESCRIPTION"])
        assert "“Nine guards”" in said and f"document {LEDGER.id}, characters" in said

    def test_a_calendar_has_an_attack_at_each_different_date(self, client, store):
        store.records = TWO_DATES
        calendar = icalendar.Calendar.from_ical(client.get("/api/attacks?format=ics").content)
        events = calendar.walk("VEVENT")
        assert len({str(each["UID"]) for each in events}) == len(events) == 2
        assert all("2 different dates" in str(each["COMMENT"]) for each in events)

    def test_a_document_cannot_add_to_the_calendar(self, client):
        calendar = icalendar.Calendar.from_ical(client.get("/api/attacks?format=ics").content)
        assert len(calendar.walk("VEVENT")) == 2
        assert LONG in str(calendar.walk("VEVENT")[0]["DESCRIPTION"]).replace("\n", "")

    def test_stix_is_valid_and_cites_what_it_says(self, client):
        reply = client.get("/api/attacks?format=stix")
        bundle = stix2.parse(reply.text, allow_custom=False)
        incidents = {o["name"]: o for o in bundle.objects if o["type"] == "incident"}
        assert set(incidents) == {DEPOT.title, BRIDGE.title, EVIL.title}
        depot = incidents[DEPOT.title]
        for reference in depot.external_references:
            document_id, _, place = reference.external_id.partition(":")
            start, end = map(int, place.split("-"))
            assert DOCUMENTS[document_id].text[start:end] == reference.description
        [extension] = json.loads(depot.serialize())["extensions"].values()
        assert {"9 guards", "11 guards"} <= {held["value"] for held in extension["values"]}

    def test_a_denied_deed_is_attributed_to_nobody_in_stix(self, client):
        bundle = json.loads(client.get("/api/attacks?format=stix&actor=NC").text)
        links = [o for o in bundle["objects"] if o["type"] == "relationship"]
        kinds = {link["description"]: link["relationship_type"] for link in links}
        assert kinds == {
            "claimed by Northern Column": "attributed-to",
            "suspected by the governor": "attributed-to",
            "denied": "related-to",
        }

    def test_a_second_export_names_the_same_objects(self, client):
        first, second = (
            {o["id"] for o in client.get("/api/attacks?format=stix").json()["objects"]}
            for _ in range(2)
        )
        assert first == second


def place(document, words):
    found = at(document, words)
    return {"document": document.id, "start": found.start, "end": found.end}


FIRST = place(LEDGER, "On 14 March 2022 the Northern Column attacked")
SECOND = place(NOTES, "In March 2022 the depot at Orvik was attacked.")
SIEGE = place(LEDGER, "the Column wants to starve the garrison")
MERGE = {"kind": "merge", "made_by": " Ann ", "names": ["NC", "Hill Brigade"], "note": "Same men."}


class TestCorrections:
    def test_a_correction_is_kept_with_who_until_somebody_withdraws_it(self, client):
        made = client.post("/api/corrections", json=MERGE)
        assert made.status_code == 201
        body = made.json()
        assert (body["number"], body["made_by"], body["in_force"]) == (1, "Ann", True)
        assert body["reads"] == "“NC” and “Hill Brigade” are one."
        assert client.get("/api/corrections").json() == {"total": 1, "corrections": [body]}
        assert client.get("/api/actors/northern-column").json()["corrections"] == [body]
        error_of(client.delete("/api/corrections/1"), 422)
        error_of(client.delete("/api/corrections/1?withdrawn_by=%20"), 422)
        assert client.delete("/api/corrections/1?withdrawn_by=Bea").status_code == 204
        error_of(client.delete("/api/corrections/1?withdrawn_by=Bea"), 404, "unknown_correction")
        assert client.get("/api/corrections").json()["total"] == 0
        [kept] = client.get("/api/corrections?withdrawn=true").json()["corrections"]
        assert (kept["withdrawn_by"], kept["in_force"]) == ("Bea", False)

    @pytest.mark.parametrize(
        "body",
        [
            {"kind": "split", "names": ["Northern Column", "NC"]},
            {"kind": "join attacks", "places": [FIRST, SECOND]},
            {"kind": "part attacks", "places": [FIRST, SECOND]},
            {"kind": "reject", "places": [FIRST], "field": "account"},
            {"kind": "set", "places": [FIRST], "field": "killed", "value": "10"},
            {"kind": "set", "places": [FIRST], "field": "kind", "value": "raid"},
            {"kind": "set", "places": [FIRST], "field": "date", "value": "2022-03/2022-04"},
            {
                "kind": "set",
                "places": [FIRST],
                "field": "perpetrator",
                "names": ["Hill Brigade"],
                "value": "denied",
            },
            {"kind": "set", "places": [SIEGE], "field": "asserter", "value": "author"},
            {"kind": "set", "places": [SIEGE], "field": "actor", "value": "hill-brigade"},
            {
                "kind": "set",
                "places": [FIRST, place(LEDGER, "Nine")],
                "field": "killed",
                "value": "9",
            },
        ],
    )
    def test_each_kind_is_kept_as_it_was_asked_for(self, client, body):
        made = client.post("/api/corrections", json=body | {"made_by": "Ann"})
        assert made.status_code == 201, made.text
        kept = made.json()
        for name, given in body.items():
            assert kept[name] == given
        for each in kept["citations"]:
            document = DOCUMENTS[each["document"]["id"]]
            assert document.text[each["start"] : each["end"]] == each["quote"]

    @pytest.mark.parametrize(
        "change",
        [
            {"made_by": ""},
            {"made_by": "   "},
            {"made_by": "x" * 101},
            {"kind": "rename"},
            {"names": ["NC"]},
            {"names": ["NC", "NC"]},
            {"names": []},
            {"names": ["NC", "Nobody"]},
            {"places": [FIRST]},
            {"note": "x" * 2001},
            {"names": ["NC", "a\0b"]},
            {"stars": 5},
            {"kind": "reject", "names": [], "places": [FIRST]},
            {"kind": "reject", "names": [], "places": [FIRST], "field": "weather"},
            {"kind": "set", "names": [], "places": [FIRST], "field": "killed"},
            {"kind": "set", "names": [], "places": [FIRST], "field": "kind", "value": "picnic"},
            {"kind": "set", "names": [], "places": [FIRST], "field": "theme", "value": "siege"},
            {"kind": "set", "names": [], "places": [SIEGE], "field": "killed", "value": "9"},
            {"kind": "set", "names": [], "places": [SIEGE], "field": "asserter", "value": "me"},
            {"kind": "set", "names": [], "places": [SIEGE], "field": "actor", "value": "nobody"},
            {"kind": "set", "names": [], "places": [FIRST], "field": "killed", "value": " "},
            {"kind": "join attacks", "names": [], "places": [FIRST]},
            {
                "kind": "reject",
                "names": [],
                "field": "role",
                "places": [FIRST | {"end": 10**6}],
            },
            {
                "kind": "reject",
                "names": [],
                "field": "role",
                "places": [FIRST | {"end": FIRST["start"]}],
            },
            {
                "kind": "reject",
                "names": [],
                "field": "role",
                "places": [FIRST | {"document": "f" * 64}],
            },
        ],
    )
    def test_a_correction_that_cannot_be_is_refused(self, client, change):
        error_of(client.post("/api/corrections", json=MERGE | change), 422)
        assert client.get("/api/corrections?withdrawn=true").json()["total"] == 0

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"field": "date", "value": "2022-02-30"}, "February 2022 has days 01 to 28"),
            ({"field": "date", "value": "2022-13"}, "no month 13"),
            ({"field": "date", "value": "last winter"}, "Give a day (2022-03-14)"),
            ({"field": "date", "value": "2022-03-20/2022-03-14"}, "2022-03-14/2022-03-20"),
            ({"field": "date", "value": "2022", "names": ["NC"]}, "no names"),
            ({"field": "perpetrator", "value": "claimed"}, "one name"),
            ({"field": "perpetrator", "value": "claimed", "names": ["NC", "Tomas Reker"]}, "one"),
            ({"field": "perpetrator", "value": "sure", "names": ["NC"]}, "suspected"),
            (
                {"field": "perpetrator", "value": "claimed", "names": ["Northern Colum"]},
                "Northern Column (northern-column)",
            ),
            (
                {"field": "date", "value": "2022", "places": [SIEGE]},
                "No account of an attack",
            ),
        ],
    )
    def test_a_date_or_a_perpetrator_that_cannot_be_is_refused_with_what_to_give(
        self, client, change, said
    ):
        body = {"kind": "set", "made_by": "Ann", "places": [FIRST]} | change
        error = error_of(client.post("/api/corrections", json=body), 422)
        assert said in f"{error['message']} {error['hint']}"
        assert client.get("/api/corrections").json()["total"] == 0

    @pytest.mark.parametrize("asked", ["hill-brigade", "hill brigade", "Hill Brigade"])
    def test_a_perpetrator_is_kept_by_the_name_that_documents_write(self, client, asked):
        body = {"kind": "set", "made_by": "Ann", "places": [FIRST], "field": "perpetrator"}
        body |= {"names": [asked], "value": "suspected"}
        kept = client.post("/api/corrections", json=body).json()
        assert kept["names"] == ["Hill Brigade"]
        assert kept["reads"] == "The perpetrator is “Hill Brigade”, suspected."
        assert client.get("/api/actors/hill-brigade").json()["corrections"] == [kept]

    def test_a_name_that_tells_no_actor_from_others_is_no_perpetrator(self, client, store):
        twin = replace(COLUMN, id="twin", name="Twin", names=(COLUMN.names[1],), joins=())
        both = replace(COLUMN, names=(*COLUMN.names, *BRIGADE.names, *REKER.names))
        store.records = records(DEPOT, actors=[both, twin, VILLAIN])
        body = {"kind": "set", "made_by": "Ann", "places": [FIRST], "field": "perpetrator"}
        body |= {"names": ["northern-column"], "value": "claimed"}
        assert client.post("/api/corrections", json=body).json()["names"] == ["Northern Column"]
        store.records = records(DEPOT, actors=[twin, replace(twin, id="zwin")])
        reply = client.post("/api/corrections", json=body | {"names": ["twin"]})
        assert "twin" in error_of(reply, 422, "ambiguous_value")["hint"]

    def test_a_place_where_several_attacks_are_told_is_no_account(self, client, store):
        words = at(LEDGER, "attacked the grain")
        other = replace(DEPOT.accounts[0], naming=Span(words.start, words.end))
        whole = replace(DEPOT.accounts[0], naming=other.account.trigger)
        store.records = records(
            replace(DEPOT, accounts=(whole,)), replace(BRIDGE, accounts=(other,))
        )
        body = {"kind": "set", "made_by": "Ann", "field": "killed", "value": "9"}
        for several in (
            body | {"places": [FIRST]},
            {"kind": "reject", "made_by": "Ann", "field": "account", "places": [FIRST]},
            {"kind": "join attacks", "made_by": "Ann", "places": [FIRST, SECOND]},
        ):
            error = error_of(client.post("/api/corrections", json=several), 422, "ambiguous_place")
            assert DEPOT.title in error["message"] and "named_by" in error["hint"]
        one = place(LEDGER, "attacked the grain")
        assert client.post("/api/corrections", json=body | {"places": [one]}).status_code == 201

    def test_corrections_need_the_key_and_our_own_pages(self, make_client):
        client = make_client()
        foreign = {"origin": "https://evil.example"}
        for send in (
            lambda: client.post("/api/corrections", json=MERGE, headers=foreign),
            lambda: client.delete("/api/corrections/1?withdrawn_by=A", headers=foreign),
            lambda: client.post("/corrections", data={}, headers=foreign),
            lambda: client.post("/corrections/1/withdraw", data={}, headers=foreign),
        ):
            assert send().status_code == 403
        locked = make_client(api_key="k" * 20)
        assert locked.post("/api/corrections", json=MERGE).status_code == 401
        assert locked.get("/api/actors").status_code == 401

    def test_the_gold_export_says_what_is_together_apart_wrong_or_set(self, client):
        for body in (
            MERGE,
            {"kind": "split", "names": ["Northern Column", "NC"]},
            {"kind": "join attacks", "places": [FIRST, SECOND]},
            {"kind": "reject", "places": [FIRST], "field": "account"},
            {"kind": "set", "places": [FIRST], "field": "killed", "value": "10"},
            {"kind": "set", "places": [FIRST], "field": "date", "value": "2022-03"},
            {
                "kind": "set",
                "places": [FIRST],
                "field": "perpetrator",
                "names": ["NC"],
                "value": "claimed",
            },
            {"kind": "set", "places": [SIEGE], "field": "theme", "value": "hunger"},
        ):
            reply = client.post("/api/corrections", json={"made_by": "Ann"} | body)
            assert reply.status_code == 201
        reply = client.get("/api/corrections?format=gold")
        lines = [json.loads(line) for line in reply.text.splitlines()]
        assert all(line.pop("judged_by").startswith("Ann, ") for line in lines)
        assert lines == [
            {"record": "actor", "together": ["NC", "Hill Brigade"], "note": "Same men."},
            {"record": "actor", "apart": [["Northern Column"], ["NC"]]},
            {"record": "attack", "together": [FIRST, SECOND]},
            {"record": "account", "wrong": [FIRST]},
            {"record": "attack", "at": FIRST, "field": "killed", "value": "10", "evidence": []},
            {
                "record": "attack",
                "at": FIRST,
                "field": "date",
                "value": {"precision": "month", "from": "2022-03-01", "to": "2022-03-31"},
                "evidence": [],
            },
            {
                "record": "attack",
                "at": FIRST,
                "field": "perpetrator",
                "value": {"actor": "NC", "attribution": "claimed"},
                "evidence": [],
            },
            {
                "record": "strategy",
                "at": SIEGE,
                "field": "theme",
                "value": "hunger",
                "evidence": [],
            },
        ]


def written(found):
    return f"{found['document']}:{found['start']}:{found['end']}"


class TestForms:
    def test_a_split_keeps_the_names_that_are_not_ticked(self, client):
        fields = {"kind": "split", "made_by": "Ann", "apart": ["NC"], "note": ""}
        fields |= {"name": ["NC", "Northern Column"], "back": "/actors/northern-column"}
        reply = client.post("/corrections", data=fields, follow_redirects=False)
        assert reply.status_code == 303
        assert reply.headers["location"] == "/actors/northern-column?corrected=1"
        [kept] = client.get("/api/corrections").json()["corrections"]
        assert kept["names"] == ["Northern Column", "NC"]
        page = client.get(reply.headers["location"]).text
        assert "The correction is in force." in page and "“NC” is not “Northern Column”." in page

    def test_a_correction_of_an_account_leads_to_the_attack_that_it_is_told_in(self, client):
        fields = {"kind": "part attacks", "made_by": "Ann", "back": "/attacks/gone"}
        fields |= {"place": f"{written(SECOND)} {written(FIRST)}"}
        reply = client.post("/corrections", data=fields, follow_redirects=False)
        assert reply.headers["location"] == "/attacks/depot?corrected=1"
        [kept] = client.get("/api/corrections").json()["corrections"]
        assert kept["places"] == [SECOND, FIRST]

    def test_a_period_is_set_by_its_two_ends_and_leads_back_to_the_attack(self, client):
        fields = {"kind": "set", "made_by": "Ann", "field": "date", "place": written(FIRST)}
        fields |= {"value": "2022-03-14", "until": "2022-03-16"}
        reply = client.post("/corrections", data=fields, follow_redirects=False)
        assert reply.headers["location"] == "/attacks/depot?corrected=1"
        seen = text_of(client.get("/attacks/depot").text)
        assert "The date is 14 March 2022 to 16 March 2022." in seen
        back = fields | {"until": "2022-03-01"}
        assert "ends before it begins" in text_of(client.post("/corrections", data=back).text)

    def test_a_perpetrator_is_set_by_any_of_its_names(self, client):
        fields = {"kind": "set", "made_by": "Ann", "field": "perpetrator", "value": "stated"}
        fields |= {"place": written(FIRST), "name": "nc", "back": "/attacks/depot"}
        reply = client.post("/corrections", data=fields, follow_redirects=False)
        assert reply.headers["location"] == "/attacks/depot?corrected=1"
        [kept] = client.get("/api/corrections").json()["corrections"]
        assert (kept["names"], kept["value"]) == (["Northern Column"], "stated")

    def test_a_correction_is_withdrawn_from_its_page(self, client):
        client.post("/api/corrections", json=MERGE)
        assert client.post("/corrections/1/withdraw", data={"made_by": " "}).status_code == 422
        page = client.post("/corrections/1/withdraw", data={"made_by": "Bea"}).text
        assert "withdrawn by Bea" in text_of(page)
        assert client.post("/corrections/1/withdraw", data={"made_by": "Bea"}).status_code == 404

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"kind": "merge", "name": ["NC", "Hill Brigade"]},
            {"kind": "merge", "name": ["NC", "Nobody"], "made_by": "Ann"},
            {"kind": "split", "name": ["NC"], "made_by": "Ann"},
            {"kind": "split", "name": ["NC"], "apart": ["NC"], "made_by": "Ann"},
            {"kind": "reject", "place": "somewhere", "field": "role", "made_by": "Ann"},
            {"kind": "merge", "colour": "red"},
        ],
    )
    def test_a_form_that_lacks_something_is_explained_on_a_page(self, client, fields):
        reply = client.post("/corrections", data=fields)
        assert reply.status_code in (415, 422) and "<h1>" in reply.text

    def test_a_form_leads_to_this_service_only(self, client):
        fields = {"kind": "reject", "field": "role", "made_by": "Ann", "back": "//evil.example"}
        fields |= {"place": written(place(LEDGER, "Nine guards were killed."))}
        reply = client.post("/corrections", data=fields, follow_redirects=False)
        assert reply.headers["location"] == "/?corrected=1"


class Elements(HTMLParser):
    """All elements of a page, with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


MOVED = Correction(
    7,
    CorrectionKind.SET,
    NASTY,
    datetime(2023, 6, 1, tzinfo=UTC),
    places=(CorrectedPlace(LEDGER.id, FIRST["start"], FIRST["end"]),),
    field="date",
    value="2022-05",
)
LAID = replace(
    MOVED, number=8, made_by="Ann", field="perpetrator", value="suspected", names=(NASTY,)
)
DECIDED = replace(
    DEPOT,
    date_set=SetDate("May 2022", Precision.MONTH, date(2022, 5, 1), date(2022, 5, 31), MOVED),
    perpetrator_set=SetPerpetrator(
        "villain", NASTY, Ladder.SUSPECTED, LAID, at(LEDGER, "Nine guards")
    ),
    actors=("villain",),
)


class TestDecisions:
    """A date and a perpetrator that an operator set, beside those of the documents."""

    @pytest.fixture(autouse=True)
    def _decided(self, store):
        store.records = records(DECIDED, BRIDGE, EVIL)

    def test_an_attack_has_the_decision_beside_what_the_documents_say(self, client):
        body = client.get("/api/attacks/depot").json()
        assert (body["first"], body["last"]) == ("2022-05-01", "2022-05-31")
        assert body["date_set"] == {
            "text": "May 2022",
            "precision": "month",
            "first": "2022-05-01",
            "last": "2022-05-31",
            "correction": 7,
            "made_by": NASTY,
            "made_at": "2023-06-01T00:00:00Z",
            "citation": None,
        }
        assert body["perpetrator_set"]["actor"]["id"] == "villain"
        assert body["perpetrator_set"]["citation"]["quote"] == "Nine guards"
        assert [each["text"] for each in body["dates"]] == ["14 March 2022", "March 2022"]
        assert len(body["perpetrators"]) == 3

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("event_from=2022-05-31", ["depot"]),
            ("event_from=2022-03-01&event_to=2022-03-31", []),
            ("actor=villain", ["evil", "depot"]),
            ("actor=NC", []),
            ("sort=-date", ["depot", "evil", "bridge"]),
            ("sort=perpetrator", ["evil", "depot", "bridge"]),
        ],
    )
    def test_filters_and_order_go_by_the_decision(self, client, query, found):
        assert ids(client.get(f"/api/attacks?{query}"), "attacks") == found

    def test_the_timeline_has_the_attack_where_and_in_the_lane_that_was_decided(self, client):
        body = client.get("/api/timeline").json()
        assert [(e["id"], e["first"], e["precision"]) for e in body["events"]] == [
            ("evil", "2021-01-01", "year"),
            ("depot", "2022-05-01", "month"),
        ]
        assert body["lanes"] == [NASTY]

    def test_the_pages_show_both_and_nothing_becomes_markup(self, client):
        page = client.get("/attacks/depot").text
        seen = text_of(page)
        assert f"Date May 2022 set by an operator {NASTY}, 1 June 2023" in seen
        assert "Date in the documents differs 14 March 2022" in seen
        assert f"Suspected: {NASTY} set by an operator Ann, 1 June 2023 Nine guards" in seen
        assert "The documents say: Claimed Northern Column" in seen
        listed = client.get("/attacks").text
        assert "May 2022 set documents: 14 March 2022 / March 2022" in text_of(listed)
        assert f"{NASTY} suspected set documents: Northern Column claimed" in text_of(listed)
        for shown in (page, listed):
            assert "<script>alert" not in shown

    def test_exports_say_that_an_operator_decided(self, client):
        reply = client.get("/api/attacks?format=csv&actor=villain").content.decode("utf-8-sig")
        rows = [r for r in csv.DictReader(io.StringIO(reply)) if r["attack_id"] == "depot"]
        dates = [(r["value"], r["said_by"]) for r in rows if r["field"] == "date"]
        assert dates[0] == ("May 2022 (2022-05-01/2022-05-31)", "an operator's correction")
        assert len(dates) == 3 and {r["first_day"] for r in rows} == {"2022-05-01"}
        calendar = icalendar.Calendar.from_ical(client.get("/api/attacks?format=ics").content)
        starts = [str(event["DTSTART"].dt) for event in calendar.walk("VEVENT")]
        assert sorted(starts) == ["2021-01-01", "2022-05-01"]

    def test_in_stix_the_operators_attribution_holds_and_no_other(self, client):
        reply = client.get("/api/attacks?format=stix&event_from=2022-05-01").text
        links = [
            (each.relationship_type, each.description)
            for each in stix2.parse(reply, allow_custom=False).objects
            if each.type == "relationship"
        ]
        assert links == [
            ("attributed-to", "suspected, says an operator's correction"),
            ("related-to", "claimed by Northern Column, overruled by an operator"),
            ("related-to", "suspected by the governor, overruled by an operator"),
            ("related-to", "denied, overruled by an operator"),
        ]


class TestPages:
    @pytest.mark.parametrize("path", PAGES)
    def test_nothing_of_a_document_becomes_markup(self, client, path):
        client.post("/api/corrections", json=MERGE | {"names": [NASTY, "NC"], "made_by": NASTY})
        page = client.get(path).text
        assert "<script>alert" not in page and "<img" not in page and "\u202e" not in page
        for tag, attributes in Elements(page).found:
            assert tag != "script" or attributes["src"].startswith("/static/")
            assert "style" not in attributes
            assert not any(name.startswith("on") for name in attributes)
            assert re.match(r"[/#]", attributes.get("href", "/")), attributes

    @pytest.mark.parametrize("path", PAGES)
    def test_every_reference_within_a_page_has_its_target(self, client, path):
        found = Elements(client.get(path).text).found
        named = [attributes["id"] for _, attributes in found if "id" in attributes]
        assert len(named) == len(set(named))
        for _, attributes in found:
            for reference in attributes.get("aria-labelledby", "").split():
                assert reference in named

    def test_every_cited_span_of_an_attack_opens_in_its_document(self, client):
        page = client.get("/attacks/depot").text
        links = re.findall(r'href="(/documents/[^"]+)#cited"', page)
        assert len(links) > 8
        for link in {html.unescape(link) for link in links}:
            assert '<mark class="quote" id="cited"' in client.get(link).text

    def test_fields_that_differ_are_marked_in_words(self, client):
        page = client.get("/attacks/depot").text
        rows = {
            text_of(name): [text_of(cell) for cell in re.findall(r"<td>(.*?)</td>", cells, re.S)]
            for name, cells in re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', page, re.DOTALL)
        }
        assert rows["Killed differs"][0].startswith("9 guards")
        assert rows["Killed differs"][1].startswith("11 guards at least")
        assert rows["Target"] == ["grain depot", "not stated"]
        assert "Date differs" in rows and "Place" in rows

    def test_accounts_that_differ_on_the_number_of_attacks_give_it_in_page_api_and_exports(
        self, client, store
    ):
        given = (value(LEDGER, "Nine guards", "two"), value(NOTES, "the depot", "one"))
        double = replace(DEPOT, attacks=given, differing=("attacks",))
        store.records = records(double)
        page = client.get("/attacks/depot").text
        [cells] = re.findall(r'<th scope="row">Attacks <.*?</tr>', page, re.DOTALL)
        assert text_of(cells).startswith("Attacks differs two")
        body = client.get("/api/attacks/depot").json()
        assert [each["value"] for each in body["attacks"]] == ["two", "one"]
        reply = client.get("/api/attacks?format=csv").content.decode("utf-8-sig")
        rows = csv.DictReader(io.StringIO(reply))
        assert [row["value"] for row in rows if row["field"] == "attacks"] == ["two", "one"]

    def test_a_value_that_an_operator_set_is_shown_and_exported_as_such(self, client, store):
        corrected = replace(DEPOT, killed=(FieldValue("10 guards", ()),))
        store.records = records(corrected)
        assert "Killed differs 10 guards set by an operator" in text_of(
            client.get("/attacks/depot").text
        )
        assert "10 guards set" in text_of(client.get("/attacks").text)
        reply = client.get("/api/attacks?format=csv").content.decode("utf-8-sig")
        [row] = [r for r in csv.DictReader(io.StringIO(reply)) if r["field"] == "killed"]
        assert (row["value"], row["said_by"]) == ("10 guards", "an operator's correction")
        for form in ("json", "ics", "stix"):
            assert "10 guards" in client.get(f"/api/attacks?format={form}").text

    def test_the_ladder_says_who_says_so(self, client):
        seen = text_of(client.get("/attacks/depot").text)
        assert "Suspected Hill Brigade says the governor" in seen
        assert "Denied Hill Brigade" in seen

    def test_the_timeline_draws_a_day_as_a_dot_and_a_year_as_a_bar(self, client):
        drawing = re.search(r"<svg.*?</svg>", client.get("/attacks").text, re.DOTALL).group()
        marks = re.findall(r'<a role="listitem" href="([^"]+)".*?<(circle|rect)', drawing, re.S)
        assert sorted(marks) == [
            ("/attacks/depot", "circle"),
            ("/attacks/evil", "rect"),
        ]
        assert "14 March 2022, accounts differ" in drawing and "<desc" in drawing

    def test_a_crowded_timeline_gathers_the_events_of_a_month(self, client, store):
        many = [replace(DEPOT, id=f"depot-{n}", differing=()) for n in range(401)]
        store.records = records(*many)
        page = client.get("/attacks").text
        drawing = re.search(r"<svg.*?</svg>", page, re.DOTALL).group()
        [mark] = re.findall(r'<a role="listitem" href="([^"]+)"', drawing)
        assert "401 events" in drawing and "a bar is a month" in page
        month = client.get(html.unescape(mark)).text
        assert "401 attacks and operations" in month

    def test_the_table_sorts_by_links_that_keep_the_filters(self, client):
        page = client.get("/attacks?actor=NC&sort=killed").text
        assert 'aria-sort="ascending"><a href="/attacks?actor=NC&amp;sort=-killed#table">' in page
        assert "Matched “NC” as Northern Column" in text_of(page)
        assert "/api/attacks?actor=NC&amp;sort=killed&amp;format=stix" in page

    @pytest.mark.parametrize(
        "path",
        [
            "/attacks?colour=red",
            "/attacks?actor=Quartermaster",
            "/attacks?lanes=colour",
            "/attacks?page=0",
            "/attacks?event_from=soon",
            "/actors?kind=colour",
            "/strategies?theme=peace",
        ],
    )
    def test_a_wrong_address_is_explained(self, client, path):
        reply = client.get(path)
        assert reply.status_code == 422 and "<h1>" in reply.text

    @pytest.mark.parametrize("path", ["/actors/nobody", "/attacks/nothing"])
    def test_an_unknown_record_is_a_page_that_says_so(self, client, path):
        reply = client.get(path)
        assert reply.status_code == 404 and "with this id" in reply.text

    def test_an_empty_field_of_a_form_filters_nothing(self, client):
        page = client.get("/attacks?actor=&kind=&place=&event_from=&event_to=&document=").text
        assert "3 attacks and operations" in page

    def test_whose_word_a_strategy_is_stands_over_it(self, client):
        seen = text_of(client.get("/strategies").text)
        assert "The group’s own claim purpose the Column wants to starve the garrison" in seen

    def test_the_coverage_page_says_what_silence_means(self, client):
        seen = text_of(client.get("/coverage").text)
        assert "Northern Column 1 document" in seen and "1 2022" in seen
        assert "not covered" in seen and "no attackno documents" in seen

    def test_the_graph_leads_from_subject_to_object(self, client):
        page = client.get("/actors/northern-column").text
        drawing = re.search(r"<svg.*?</svg>", page, re.DOTALL).group()
        assert '<a href="/actors/tomas-reker">' in drawing and ">leader of<" in drawing
        assert "Tomas Reker is leader of Northern Column" in text_of(page)

    def test_a_document_lists_whom_it_names_and_what_it_tells_of(self, client):
        seen = text_of(client.get(f"/documents/{NOTES.id}").text)
        assert "NamesHill Brigade" in seen
        assert "Tells ofAttack on the grain depot at Orvik, Burning of a bridge" in seen

    def test_a_list_is_cut_into_pages(self, client, monkeypatch):
        monkeypatch.setattr("server.record_pages.PAGE_SIZE", 2)
        first = client.get("/actors?kind=person&kind=group").text
        assert "Page 1 of 2" in first
        later = html.unescape(re.search(r'rel="next" href="([^"]+)"', first).group(1))
        assert "Page 2 of 2" in client.get(later).text

    def test_a_collection_without_records_says_what_to_do(self, client, store):
        store.records = SimpleNamespace(
            actors=(), attacks=(), strategies=(), actor={}, notes={}, register=NameRegister([])
        )
        for path in ("/actors", "/attacks", "/strategies", "/coverage"):
            assert "Add documents" in client.get(path).text
