from datetime import date

import pytest

from analysis.actors import join_actors
from analysis.attacks import find_accounts
from analysis.collection import Attack, SourceRecords
from analysis.events import join_accounts
from analysis.mentions import find_actors
from analysis.names import SHIPPED_NAMES, NameRegister
from analysis.records import DocumentRecords
from analysis.tagger import tag
from ingest.document import Document

REGISTER = NameRegister.load(SHIPPED_NAMES)
BEGIN = "On 12 December 2022 ISKP attacked the Spin Hotel in Herat. "


def source(text: str, published: date | None = None, name: str | None = None) -> SourceRecords:
    document = Document(text, "Title", language="en", published=published)
    paragraphs = tag(document)
    mentions = find_actors(document, paragraphs, REGISTER).mentions
    accounts = find_accounts(document, paragraphs, mentions, REGISTER)
    records = DocumentRecords(mentions=mentions, accounts=accounts)
    return SourceRecords(document.id, "Title", name, published, document.id, records)


def told(*sources: SourceRecords) -> tuple[Attack, ...]:
    return join_accounts(sources, join_actors(sources, REGISTER))


@pytest.mark.parametrize(
    ("one", "other", "differing"),
    [
        ("The attack killed 13 people.", "The attack killed more than ten people.", ()),
        ("The attack killed 13 people.", "The attack killed nine people.", ("killed",)),
        ("It wounded at least 20 people.", "It wounded 31 people.", ()),
        ("It wounded at least 20 people.", "It wounded 11 people.", ("wounded",)),
        ("The attack killed 13 people.", "Some 50 people were killed and wounded.", ()),
        ("The attack killed six guards.", "The attack killed nine people.", ()),
    ],
)
def test_counts_differ_only_where_no_number_fits_both(
    one: str, other: str, differing: tuple[str, ...]
) -> None:
    [attack] = told(source(BEGIN + one), source(BEGIN + other))
    assert attack.differing == differing


def test_whoever_is_counted_beside_a_named_man_is_counted_with_him() -> None:
    him = "On 3 May 2022 the Taliban executed Qari Fateh and eight other men in Kabul."
    nine = "On 3 May 2022 the Taliban executed nine men in Kabul, among them Qari Fateh."
    forty = "On 3 May 2022 the Taliban executed 40 men in Kabul, among them Qari Fateh."
    [same] = told(source(him), source(nine))
    [other] = told(source(him), source(forty))
    assert (same.differing, other.differing) == ((), ("killed",))


def test_two_attacks_and_one_bombing_differ_in_the_number_of_attacks() -> None:
    begin = "On 12 December 2022 ISKP carried out "
    [attack] = told(
        source(begin + "two attacks on the Spin Hotel in Herat."),
        source(begin + "a suicide bombing at the Spin Hotel in Herat."),
    )
    assert attack.differing == ("attacks",)
    assert {value.value for value in attack.attacks} == {"two attacks", "a suicide bombing"}


def test_an_attack_may_consist_of_two_explosions() -> None:
    [attack] = told(
        source("On 12 December 2022 ISKP carried out an attack on the Spin Hotel in Herat."),
        source("On 12 December 2022 two explosions hit the Spin Hotel in Herat."),
    )
    assert "attacks" not in attack.differing


def test_a_report_that_passes_on_two_numbers_of_attacks_differs_with_itself() -> None:
    text = "One newspaper writes of a single bombing. The other says that it was two attacks."
    [attack] = told(source(BEGIN + text))
    assert attack.differing == ("attacks",)


def test_nobody_dies_in_two_attacks() -> None:
    named = "On 8 March 2023 ISKP killed General Daud Karimi in Herat."
    elsewhere = (
        "On 8 March 2023 ISKP killed the head of the water office in Herat.\n\n"
        "On 9 March 2023 ISKP killed General Daud Karimi, the governor of Balkh, in Balkh."
    )
    found = told(source(named), source(elsewhere))
    assert ["victims" in attack.differing for attack in found if len(attack.accounts) > 1] == [True]


def test_a_named_victim_and_his_office_alone_do_not_differ() -> None:
    [attack] = told(
        source("On 9 March 2023 ISKP killed General Daud Karimi, the governor of Balkh, in Balkh."),
        source("On 9 March 2023 ISKP killed the governor of Balkh in Balkh."),
    )
    assert attack.differing == ()


def test_a_denial_and_a_charge_differ_in_the_perpetrators() -> None:
    blamed = source("On 12 December 2022 ISKP attacked the Spin Hotel in Herat.")
    denied = source(
        "On 12 December 2022 gunmen stormed the Spin Hotel in Herat. ISKP denied responsibility."
    )
    [attack] = told(blamed, denied)
    assert attack.differing == ("perpetrators",)


def test_no_account_disagrees_with_any_that_its_source_revised() -> None:
    [attack] = told(
        source(BEGIN + "Six people were killed.", date(2022, 12, 13), "Agency"),
        source(BEGIN + "Nine people were killed.", date(2022, 12, 15), "Agency"),
        source(BEGIN + "Twelve people were killed.", date(2022, 12, 20), "Agency"),
    )
    assert attack.differing == ()
    assert [bool(each.revises) for each in attack.accounts] == [False, True, True]


def test_another_source_disagrees_even_when_it_is_later() -> None:
    [attack] = told(
        source(BEGIN + "Six people were killed.", date(2022, 12, 13), "Agency"),
        source(BEGIN + "Nine people were killed.", date(2022, 12, 15), "Newspaper"),
    )
    assert attack.differing == ("killed",)
    assert [value.value for value in attack.killed] == ["Six people", "Nine people"]


def test_a_failed_attempt_on_whom_another_report_calls_killed_differs_in_the_outcome() -> None:
    [attack] = told(
        source(
            "On 9 March 2023 ISKP attacked General Daud Karimi in Balkh, but the attempt failed."
        ),
        source("On 9 March 2023 ISKP killed General Daud Karimi in Balkh."),
    )
    assert attack.differing == ("outcome",)
