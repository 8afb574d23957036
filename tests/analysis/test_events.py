from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from time import perf_counter

import pytest

from analysis.actors import join_actors
from analysis.attacks import find_accounts
from analysis.collection import Attack, Evidence, SourceRecords
from analysis.corrections import CorrectedPlace, Correction, CorrectionKind
from analysis.events import join_accounts
from analysis.mentions import find_actors
from analysis.names import SHIPPED_NAMES, NameRegister
from analysis.records import (
    Account,
    AttackKind,
    DocumentRecords,
    Party,
    Place,
    Precision,
    Span,
    When,
)
from analysis.tagger import tag
from index.narrow import happened_within
from ingest.document import Document


@pytest.fixture(scope="module")
def register() -> NameRegister:
    return NameRegister.load(SHIPPED_NAMES)


def source(
    register: NameRegister,
    text: str,
    published: date | None = None,
    name: str | None = None,
) -> SourceRecords:
    document = Document(text, "Title", language="en", published=published)
    paragraphs = tag(document)
    mentions = find_actors(document, paragraphs, register).mentions
    accounts = find_accounts(document, paragraphs, mentions, register)
    return SourceRecords(
        document.id,
        document.title,
        name,
        published,
        document.id,
        DocumentRecords(mentions=mentions, accounts=accounts),
    )


def attacks(
    register: NameRegister,
    sources: Sequence[SourceRecords],
    corrections: Sequence[Correction] = (),
) -> tuple[Attack, ...]:
    return join_accounts(sources, join_actors(sources, register), corrections)


def correction(
    kind: CorrectionKind,
    *accounts: SourceRecords,
    field: str | None = None,
    value: str | None = None,
    names: tuple[str, ...] = (),
    number: int = 1,
) -> Correction:
    places = tuple(
        CorrectedPlace(each.document_id, account.span.start, account.span.end)
        for each in accounts
        for account in each.records.accounts[:1]
    )
    made_at = datetime(2023, 1, 1, tzinfo=UTC)
    return Correction(number, kind, "analyst", made_at, names, places, field, value)


HOTEL = "In December 2022 ISKP attacked the Spin Hotel in Herat. At least six guests were killed."
HOTEL_BY_DAY = (
    "On 12 December 2022 gunmen stormed the Spin Hotel in Herat. Seven guests were killed."
)
AIRPORT = "On 12 December 2022 ISKP attacked the military airport in Herat."


def test_accounts_of_one_event_become_one_attack_with_what_they_agree_on(
    register: NameRegister,
) -> None:
    [attack] = attacks(register, [source(register, HOTEL), source(register, HOTEL_BY_DAY)])
    assert len(attack.accounts) == 2
    assert len(attack.dates) == 2
    [reason] = attack.joined_because
    assert "date" in reason and "target" in reason
    assert attack.differing == ()


def test_another_target_in_the_same_town_is_another_attack(register: NameRegister) -> None:
    found = attacks(register, [source(register, HOTEL_BY_DAY), source(register, AIRPORT)])
    assert [len(attack.accounts) for attack in found] == [1, 1]


def test_another_day_is_another_attack(register: NameRegister) -> None:
    later = HOTEL_BY_DAY.replace("12 December 2022", "3 May 2021")
    found = attacks(register, [source(register, HOTEL_BY_DAY), source(register, later)])
    assert [attack.first for attack in found] == [date(2021, 5, 3), date(2022, 12, 12)]


@pytest.mark.parametrize(
    ("one", "other", "differing"),
    [
        ("Six people were killed.", "At least six people were killed.", ()),
        ("About 170 people were killed.", "172 people were killed.", ()),
        ("170 people were killed.", "183 people were killed.", ("killed",)),
        ("More than 170 people were killed.", "183 people were killed.", ()),
        ("Six people were killed.", "13 soldiers were killed.", ()),
    ],
)
def test_numbers_differ_only_where_they_exclude_each_other(
    register: NameRegister, one: str, other: str, differing: tuple[str, ...]
) -> None:
    begin = "On 12 December 2022 ISKP attacked the Spin Hotel in Herat. "
    [attack] = attacks(register, [source(register, begin + one), source(register, begin + other)])
    assert attack.differing == differing


def test_a_later_report_of_the_same_source_revises_and_does_not_disagree(
    register: NameRegister,
) -> None:
    begin = "On 12 December 2022 ISKP attacked the Spin Hotel in Herat. "
    first = source(register, begin + "Six people were killed.", date(2022, 12, 13), "Agency")
    later = source(register, begin + "Nine people were killed.", date(2022, 12, 20), "Agency")
    [attack] = attacks(register, [later, first])
    assert [told.revises for told in attack.accounts] == [None, first.document_id]
    assert attack.differing == ()
    assert len(attack.killed) == 2


def test_two_deaths_of_one_man_years_apart_stay_two_attacks(register: NameRegister) -> None:
    found = attacks(
        register,
        [
            source(register, "The Taliban executed Qari Fateh in Kabul on 3 May 2021."),
            source(register, "Qari Fateh was killed in a raid in Herat on 4 June 2019."),
        ],
    )
    assert len(found) == 2


def test_two_announcements_of_one_death_differ_in_the_date(register: NameRegister) -> None:
    [attack] = attacks(
        register,
        [
            source(register, "Qari Fateh was killed in a clash on 14 February 2023."),
            source(register, "The Taliban killed Qari Fateh on 27 February 2023."),
        ],
    )
    assert attack.differing == ("dates",)


def test_attacks_stand_by_time_and_those_without_a_date_last(register: NameRegister) -> None:
    found = attacks(
        register,
        [
            source(register, "ISKP killed Abdul Salam Rahimi in Herat."),
            source(register, "On 3 May 2022 ISKP attacked the Spin Hotel."),
            source(register, "In 2019 ISKP attacked the Indian embassy in Kunduz."),
        ],
    )
    assert [attack.first and attack.first.year for attack in found] == [2019, 2022, None]


def test_titles_say_what_was_done_to_what_where_and_when(register: NameRegister) -> None:
    [attack] = attacks(register, [source(register, HOTEL)])
    assert attack.title == "Attack on the Spin Hotel, Herat, December 2022"
    assert attack.id == "attack-on-the-spin-hotel-herat-december-2022"


def test_the_order_of_documents_makes_no_difference(register: NameRegister) -> None:
    sources = [source(register, text) for text in (HOTEL, HOTEL_BY_DAY, AIRPORT)]
    assert attacks(register, sources) == attacks(register, sources[::-1])


def test_an_operator_joins_what_the_rules_keep_apart(register: NameRegister) -> None:
    sources = [source(register, HOTEL_BY_DAY), source(register, AIRPORT)]
    [attack] = attacks(register, sources, [correction(CorrectionKind.JOIN_ATTACKS, *sources)])
    assert len(attack.accounts) == 2
    assert attack.joined_because == ("joined by analyst",)


def test_an_operator_parts_what_the_rules_join(register: NameRegister) -> None:
    sources = [source(register, HOTEL), source(register, HOTEL_BY_DAY)]
    found = attacks(register, sources, [correction(CorrectionKind.PART_ATTACKS, *sources)])
    assert len(found) == 2


def test_a_rejected_account_is_not_shown(register: NameRegister) -> None:
    sources = [source(register, HOTEL)]
    assert attacks(register, sources, [correction(CorrectionKind.REJECT, *sources)]) == ()


def test_a_value_that_the_operator_sets_is_the_only_one(register: NameRegister) -> None:
    sources = [source(register, HOTEL)]
    setting = correction(CorrectionKind.SET, *sources, field="killed", value="six guests")
    [attack] = attacks(register, sources, [setting])
    assert [value.value for value in attack.killed] == ["six guests"]


def test_a_date_that_the_operator_sets_counts_and_the_reports_dates_stay(
    register: NameRegister,
) -> None:
    sources = [source(register, HOTEL)]
    setting = correction(CorrectionKind.SET, *sources, field="date", value="2021-05-03")
    [attack] = attacks(register, sources, [setting])
    assert attack.date_set is not None and attack.date_set.correction == setting
    assert (attack.first, attack.last) == (date(2021, 5, 3), date(2021, 5, 3))
    assert [each.text for each in attack.dates] == ["December 2022"]
    assert attack.title == "Attack on the Spin Hotel, Herat, 3 May 2021"
    assert not happened_within(attack, date(2022, 12, 1), None)
    assert happened_within(attack, None, date(2021, 5, 3))


def test_a_date_that_the_operator_sets_moves_the_attack_in_time(register: NameRegister) -> None:
    sources = [source(register, HOTEL), source(register, "On 3 May 2019 ISKP attacked Qala bank.")]
    setting = correction(CorrectionKind.SET, sources[0], field="date", value="2018")
    before = [attack.evidence[0].document_id for attack in attacks(register, sources)]
    after = [attack.evidence[0].document_id for attack in attacks(register, sources, [setting])]
    assert after == before[::-1]


def test_a_perpetrator_that_the_operator_sets_takes_part_in_place_of_the_reports(
    register: NameRegister,
) -> None:
    sources = [source(register, HOTEL), source(register, "The Taliban hold Herat.")]
    setting = correction(
        CorrectionKind.SET, sources[0], field="perpetrator", value="suspected", names=("Taliban",)
    )
    [attack] = attacks(register, sources, [setting])
    assert attack.perpetrator_set is not None
    assert (attack.perpetrator_set.actor, attack.perpetrator_set.ladder) == ("taliban", "suspected")
    assert attack.actors == ("taliban",)
    [reported] = attack.perpetrators
    assert reported.actor == "islamic-state-khorasan-province"
    waiting = attacks(register, sources[:1], [setting])
    assert [each.perpetrator_set for each in waiting] == [None]


def test_of_two_dates_that_operators_set_the_later_decision_holds(register: NameRegister) -> None:
    sources = [source(register, HOTEL)]
    first, second = (
        correction(CorrectionKind.SET, *sources, field="date", value=value, number=number)
        for number, value in ((1, "2021"), (2, "2020"))
    )
    [attack] = attacks(register, sources, [second, first])
    assert attack.date_set is not None and attack.date_set.text == "2020"


def test_a_value_set_for_one_of_two_attacks_of_a_sentence_leaves_the_other(
    register: NameRegister,
) -> None:
    # "ISKP attacked the Spin Hotel in 2021, Qala airport in 2022."
    accounts = tuple(
        Account(
            AttackKind.ATTACK,
            Span(5, 13),
            Span(0, 59),
            When(f"{year}", when, Precision.YEAR, date(year, 1, 1), date(year, 12, 31)),
            targets=(Party(target, whom),),
        )
        for year, when, target, whom in (
            (2021, Span(32, 36), "the Spin Hotel", Span(14, 28)),
            (2022, Span(54, 58), "Qala airport", Span(38, 50)),
        )
    )
    document = "a" * 64
    one = SourceRecords(document, "Title", None, None, document, DocumentRecords(accounts=accounts))
    _, airport = attacks(register, [one])
    naming = airport.accounts[0].naming
    assert naming == Span(5, 50)
    place = CorrectedPlace(document, naming.start, naming.end)
    setting = correction(CorrectionKind.SET, field="date", value="2019")
    found = attacks(register, [one], [replace(setting, places=(place,))])
    assert [attack.title for attack in found] == [
        "Attack on Qala airport, 2019",
        "Attack on the Spin Hotel, 2021",
    ]


def test_words_for_a_value_go_with_their_document(register: NameRegister) -> None:
    sources = [source(register, HOTEL), source(register, "The Taliban hold Herat.")]
    setting = correction(CorrectionKind.SET, sources[0], field="date", value="2021")
    words = CorrectedPlace(sources[1].document_id, 0, 11)
    setting = replace(setting, places=(*setting.places, words))
    [attack] = attacks(register, sources, [setting])
    assert attack.date_set is not None
    assert attack.date_set.evidence == Evidence(sources[1].document_id, 0, 11)
    [attack] = attacks(register, sources[:1], [setting])
    assert attack.date_set is not None and attack.date_set.evidence is None


def test_no_accounts_give_no_attacks(register: NameRegister) -> None:
    assert attacks(register, []) == ()


def test_time_grows_with_the_number_of_accounts_and_not_with_its_square(
    register: NameRegister,
) -> None:
    def made(count: int) -> list[SourceRecords]:
        account = Account(AttackKind.ATTACK, Span(0, 6), Span(0, 20))
        return [
            SourceRecords(
                f"{n:064d}",
                "Title",
                None,
                None,
                f"{n:064d}",
                DocumentRecords(
                    accounts=(
                        replace(
                            account,
                            when=When(
                                "then",
                                Span(0, 4),
                                Precision.DAY,
                                date.fromordinal(730_000 + n % 997),
                                date.fromordinal(730_000 + n % 997),
                            ),
                            places=(Place("Herat", Span(5, 10)),),
                            targets=(Party(f"the hotel number {n % 7}", Span(0, 9)),),
                        ),
                    )
                ),
            )
            for n in range(count)
        ]

    def seconds(count: int) -> float:
        sources = made(count)
        start = perf_counter()
        attacks(register, sources)
        return perf_counter() - start

    seconds(200)
    # Eight times the accounts; a square would take 64 times as long.
    assert seconds(4000) < 24 * max(seconds(500), 0.02)
