"""Statements of strategy are found with whose they are, who asserts them, and under which theme."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from analysis.actors import JoinedActors
from analysis.collection import SourceRecords
from analysis.corrections import CorrectedPlace, Correction, CorrectionKind
from analysis.mentions import find_actors
from analysis.names import NameRegister
from analysis.records import (
    ActorKind,
    Asserter,
    DocumentRecords,
    Hedge,
    Mention,
    Span,
    StrategyKind,
    StrategyStatement,
)
from analysis.strategies import find_statements, group_statements
from analysis.tagger import tag
from analysis.themes import OTHER, THEMES, theme_of
from ingest.document import Document
from tests.analysis.told import shipped

GROUPS = ("Heron Militia", "Otter League", "Badgers")
REGISTER = NameRegister([])
PERSONS = ("Omar Reed", "Lena Falk")


def mentions_of(text: str) -> list[Mention]:
    found = []
    for names, kind in ((GROUPS, ActorKind.GROUP), (PERSONS, ActorKind.PERSON)):
        for name in names:
            at = text.find(name)
            while at >= 0:
                found.append(Mention(Span(at, at + len(name)), name, kind))
                at = text.find(name, at + 1)
    return sorted(found, key=lambda mention: mention.span)


def statements_in(text: str) -> list[tuple[StrategyStatement, str]]:
    """Return the statements, each with the name of its actor."""
    mentions = mentions_of(text)
    document = Document(text=text, title="A report")
    found = find_statements(document, tag(document), mentions, REGISTER)
    assert all(0 <= each.span.start < each.span.end <= len(text) for each in found)
    return [(each, mentions[each.actor].text) for each in found]


@pytest.mark.parametrize(
    ("text", "kind", "theme"),
    [
        (
            "The Heron Militia seeks to overthrow the government.",
            StrategyKind.PURPOSE,
            "overthrowing a government",
        ),
        (
            "The Heron Militia attacked embassies in order to isolate the government.",
            StrategyKind.PURPOSE,
            "foreign missions and partners",
        ),
        (
            "The Heron Militia has targeted mosques of the Shia minority.",
            StrategyKind.TARGETING,
            "sectarian and ethnic division",
        ),
        (
            "Embassies have been targeted in the attacks of the Heron Militia.",
            StrategyKind.TARGETING,
            "foreign missions and partners",
        ),
        (
            "The Heron Militia carries out attacks on mosques of the Shia minority.",
            StrategyKind.TARGETING,
            "sectarian and ethnic division",
        ),
        (
            "The Heron Militia accuses its rival of being a puppet of foreign powers.",
            StrategyKind.METHOD,
            "delegitimising a rival",
        ),
        (
            "The truce, the Heron Militia declared, was a betrayal of the jihad.",
            StrategyKind.METHOD,
            "delegitimising a rival",
        ),
        (
            "The Heron Militia has the ability to attack embassies.",
            StrategyKind.TARGETING,
            "foreign missions and partners",
        ),
        (
            "The Heron Militia is able to strike embassies abroad.",
            StrategyKind.TARGETING,
            "foreign missions and partners",
        ),
        (
            "Embassies and diplomats are targets of the Heron Militia.",
            StrategyKind.TARGETING,
            "foreign missions and partners",
        ),
        (
            "The bombing by the Heron Militia deserves to be read as a message.",
            StrategyKind.MESSAGE,
            OTHER,
        ),
    ],
)
def test_aims_targets_and_charges_are_found_by_grammar_and_grouped_by_theme(
    text: str, kind: StrategyKind, theme: str
) -> None:
    ((statement, actor), *_) = statements_in(text)
    assert (statement.kind, statement.theme, actor) == (kind, theme, "Heron Militia")
    assert text[statement.span.start : statement.span.end] == text


def test_the_group_stands_for_the_group_that_the_report_is_about() -> None:
    text = (
        "The Badgers are in power. The Badgers government arrested members of the Heron Militia. "
        "The group wants to show that nobody is able to protect the capital."
    )
    assert [actor for _, actor in statements_in(text)] == ["Heron Militia"]


def test_author_group_and_official_are_told_apart() -> None:
    text = (
        "The Heron Militia seeks to recruit students. "
        "Lena Falk, an expert on armed groups, says the Heron Militia seeks to recruit nurses. "
        "Omar Reed, leader of the Heron Militia, said it seeks to recruit farmers. "
        "The general said that the Heron Militia seeks to recruit children."
    )
    found = [(each.asserter, each.by.text if each.by else None) for each, _ in statements_in(text)]
    assert found == [
        (Asserter.AUTHOR, None),
        (Asserter.AUTHOR, "Lena Falk, an expert on armed groups"),
        (Asserter.GROUP, "Omar Reed, leader of the Heron Militia"),
        (Asserter.OFFICIAL, "The general"),
    ]


@pytest.mark.parametrize(
    "opening",
    ["It can be said that", "It is believed that", "It has been reported that"],
)
def test_what_is_said_by_nobody_is_the_authors_word(opening: str) -> None:
    text = f"The Heron Militia is small. {opening} the Heron Militia seeks to recruit students."
    [(statement, _)] = statements_in(text)
    assert (statement.asserter, statement.by) == (Asserter.AUTHOR, None)


def test_a_passive_is_the_word_of_whoever_it_is_said_by() -> None:
    text = "It was announced by the ministry that the Heron Militia seeks to recruit students."
    [(statement, _)] = statements_in(text)
    assert (statement.asserter, statement.by and statement.by.text) == (
        Asserter.OFFICIAL,
        "the ministry",
    )


def in_a_report_on_a_branch(text: str) -> list[str | None]:
    """Return whose strategies a report states that names a known group and its branch."""
    mentions = find_actors(
        document := Document(text=text, title="A report", language="en"),
        paragraphs := tag(document, shipped()),
        shipped(),
    ).mentions
    found = find_statements(document, paragraphs, mentions, shipped())
    return [mentions[each.actor].canonical for each in found]


BRANCH, WHOLE = "Islamic State Khorasan Province", "Islamic State"


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("Daesh, in the form of its arm (ISKP), tries to isolate the government.", BRANCH),
        ("The branch of the Islamic State (ISKP) wants to kill officials.", BRANCH),
        (
            "The eastern branch of the Islamic State (ISKP) grew. It seeks to kill officials.",
            BRANCH,
        ),
        ("ISKP is small. The Islamic State tries to recruit students in Syria.", WHOLE),
    ],
)
def test_a_strategy_is_the_branchs_where_the_words_say_branch(text: str, owner: str) -> None:
    assert in_a_report_on_a_branch(text) == [owner]


def test_a_group_that_is_no_subject_is_not_spoken_of_in_the_plural() -> None:
    text = (
        "Numbers about the Heron Militia are rare. Men left the Heron Militia. The Badgers are in "
        "power and fight the Otter League.\n\n"
        "The group wants to show that nobody is able to protect the capital."
    )
    assert [actor for _, actor in statements_in(text)] == ["Heron Militia"]


def test_the_target_of_one_attack_is_no_choice_of_targets() -> None:
    assert statements_in("The Heron Militia attacked. The target was the embassy.") == []


def test_what_could_be_attacked_could_be_so_by_the_group_that_is_told_of() -> None:
    text = "The Heron Militia is near the capital. Embassies could be hit there."
    [(statement, actor)] = statements_in(text)
    assert (statement.kind, actor) == (StrategyKind.TARGETING, "Heron Militia")


def test_a_mans_plans_are_those_of_the_group_that_he_is_said_to_belong_to() -> None:
    text = "Omar Reed was the treasurer of the Heron Militia. He planned attacks on embassies."
    [(_, actor)] = statements_in(text)
    assert actor == "Heron Militia"


def test_they_who_say_something_are_the_sentence_befores_subject_and_not_the_group() -> None:
    text = (
        "The Heron Militia is small. The estimates of the army were careful. "
        "They held that the Heron Militia seeks to recruit students."
    )
    [(statement, _)] = statements_in(text)
    assert (statement.asserter, statement.by and statement.by.text) == (
        Asserter.OFFICIAL,
        "The estimates of the army",
    )


def test_a_hedge_is_kept_with_its_words() -> None:
    text = "The Heron Militia allegedly seeks to recruit children."
    ((statement, _),) = statements_in(text)
    (hedge,) = statement.qualifiers
    assert hedge.kind is Hedge.ALLEGED
    assert text[hedge.span.start : hedge.span.end] == "allegedly"


def test_a_dated_deed_and_a_fact_without_intention_are_no_strategy() -> None:
    assert statements_in("On 3 May 2021 the Heron Militia targeted a mosque.") == []
    assert statements_in("The Heron Militia has three thousand fighters and a magazine.") == []
    assert statements_in("Winter is cold. The school wants to open in spring.") == []


def test_every_theme_has_a_cue_of_its_own_and_a_text_without_cues_has_none() -> None:
    assert len({theme.name for theme in THEMES}) == len(THEMES)
    assert theme_of("set communities against each other") == "sectarian and ethnic division"
    assert theme_of("nothing at all", "revenge") == "retaliation"
    assert theme_of("") is None


def source(document_id: str, published: date | None, text: str) -> SourceRecords:
    statements = find_statements(
        document := Document(text=text, title="A report"),
        tag(document),
        mentions_of(text),
        REGISTER,
    )
    records = DocumentRecords(mentions=tuple(mentions_of(text)), strategies=statements)
    return SourceRecords(document_id, "A report", None, published, document_id, records)


def joined(sources: Sequence[SourceRecords]) -> JoinedActors:
    ids = {
        (each.document_id, place): mention.text.lower().replace(" ", "-")
        for each in sources
        for place, mention in enumerate(each.records.mentions)
    }
    return JoinedActors((), ids)


SOURCES = (
    source("b", date(2021, 5, 1), "The Heron Militia seeks to recruit students."),
    source("a", date(2022, 5, 1), "The Heron Militia tries to recruit nurses."),
    source("c", None, "The Heron Militia wants to win over disappointed soldiers."),
)


def test_statements_are_grouped_by_actor_and_theme_with_first_and_last_publication() -> None:
    (strategy,) = group_statements(SOURCES, joined(SOURCES))
    assert strategy.id == "heron-militia-propaganda-and-recruitment"
    assert [each.document_id for each in strategy.evidence] == ["b", "a", "c"]
    assert (strategy.first, strategy.last) == (date(2021, 5, 1), date(2022, 5, 1))


def test_a_rejected_statement_goes_and_a_set_field_replaces_what_was_found() -> None:
    (strategy,) = group_statements(SOURCES, joined(SOURCES))
    first, second, _ = strategy.evidence
    made_at = datetime(2026, 1, 2, tzinfo=UTC)
    reject = Correction(
        1,
        CorrectionKind.REJECT,
        "Ada",
        made_at,
        places=(CorrectedPlace(first.document_id, first.start, first.end),),
        field="strategy",
    )
    retheme = replace(
        reject,
        number=2,
        kind=CorrectionKind.SET,
        places=(CorrectedPlace(second.document_id, second.start, second.end),),
        field="theme",
        value="security forces",
    )
    found = group_statements(SOURCES, joined(SOURCES), [retheme, reject])
    assert {each.theme: [e.document_id for e in each.evidence] for each in found} == {
        "propaganda and recruitment": ["c"],
        "security forces": ["a"],
    }


def test_a_kind_that_was_set_for_an_attack_at_the_same_place_changes_no_statement() -> None:
    (strategy,) = group_statements(SOURCES, joined(SOURCES))
    place = strategy.evidence[0]
    correction = Correction(
        1,
        CorrectionKind.SET,
        "Ada",
        datetime(2026, 1, 2, tzinfo=UTC),
        places=(CorrectedPlace(place.document_id, place.start, place.end),),
        field="kind",
        value="suicide bombing",
    )
    assert group_statements(SOURCES, joined(SOURCES), [correction]) == (strategy,)
