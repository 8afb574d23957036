from datetime import date

import pytest
import spacy

from analysis.attacks import find_accounts
from analysis.mentions import find_actors
from analysis.names import SHIPPED_NAMES, NameRegister
from analysis.records import (
    Account,
    AttackKind,
    Harm,
    Hedge,
    Ladder,
    Mention,
    Outcome,
    Precision,
)
from analysis.tagger import Tagged, tag
from ingest.document import Document

PUBLISHED = date(2023, 4, 2)


@pytest.fixture(scope="module")
def register() -> NameRegister:
    return NameRegister.load(SHIPPED_NAMES)


def read(
    register: NameRegister, text: str, published: date | None = PUBLISHED
) -> tuple[tuple[Account, ...], tuple[Mention, ...]]:
    document = Document(text, "Title", language="en", published=published)
    paragraphs = tag(document)
    mentions = find_actors(document, paragraphs, register).mentions
    return find_accounts(document, paragraphs, mentions, register), mentions


def one(register: NameRegister, text: str, published: date | None = PUBLISHED) -> Account:
    [account], _ = read(register, text, published)
    return account


def test_an_attack_is_told_with_who_whom_where_and_when(register: NameRegister) -> None:
    text = "On 3 May 2022 ISKP attacked the Spin Hotel in Kandahar with grenades."
    [account], mentions = read(register, text)
    [attribution] = account.attributions
    assert attribution.ladder is Ladder.STATED
    assert attribution.actor.mention is not None
    assert mentions[attribution.actor.mention].text == "ISKP"
    assert account.when is not None and account.when.first == date(2022, 5, 3)
    assert [target.text for target in account.targets] == ["the Spin Hotel"]
    assert "Kandahar" in {place.text for place in account.places} | {
        wider for place in account.places for wider in place.within
    }
    assert [weapon.text for weapon in account.weapons] == ["grenades"]
    assert text[account.span.start : account.span.end] == text


def test_a_passive_names_its_agent(register: NameRegister) -> None:
    account = one(register, "The mayor of Herat was killed by Taliban fighters on 4 June 2019.")
    assert [each.actor.text for each in account.attributions] == ["Taliban fighters"]


@pytest.mark.parametrize(
    ("released", "tells"),
    [
        ("the latest statistics on the evacuation", False),
        ("a statement about the airport", False),
        ("dozens of inmates from the jail", True),
        ("two hundred prisoners in Herat", True),
        ("Omar Selim from the jail", True),
    ],
)
def test_only_people_are_freed(released: str, tells: bool, register: NameRegister) -> None:
    accounts, _ = read(register, f"On 4 June 2019 Taliban fighters released {released}.")
    assert bool(accounts) is tells


def test_the_organization_is_the_group_in_focus(register: NameRegister) -> None:
    text = (
        "ISKP, a terrorist organization, grew in the east. The Taliban administration denies it. "
        "The organization attacked the Spin Hotel in May 2022."
    )
    [account], mentions = read(register, text)
    [attribution] = account.attributions
    assert attribution.actor.mention is not None
    assert mentions[attribution.actor.mention].text == "ISKP"


def test_a_claim_in_the_next_sentence_belongs_to_the_attack(register: NameRegister) -> None:
    text = (
        "On 3 May 2022 a bomb attack in Kandahar killed nine people. ISKP claimed responsibility "
        "for the attack."
    )
    account = one(register, text)
    assert Ladder.CLAIMED in {each.ladder for each in account.attributions}
    assert account.span.end == len(text)


def test_a_claim_is_not_what_is_presumed(register: NameRegister) -> None:
    account = one(
        register,
        "ISKP fights the Taliban administration. On 3 May 2022 an attack on the Spin Hotel failed.",
    )
    [attribution] = account.attributions
    assert [q.kind for q in attribution.actor.qualifiers] == [Hedge.POSSIBLE]
    assert account.outcome is Outcome.FAILED


def test_a_government_that_announces_its_raid_is_laid_the_raid_on(register: NameRegister) -> None:
    account = one(
        register,
        "The Taliban administration announced that three ISKP members were killed in a raid in "
        "Kunduz on 22 March 2022.",
    )
    [attribution] = account.attributions
    assert account.kind is AttackKind.RAID
    assert attribution.by is not None and "Taliban" in attribution.actor.text
    assert [(each.harm, each.least, each.most) for each in account.casualties] == [
        (Harm.KILLED, 3, 3)
    ]


def test_who_announces_a_raid_of_his_own_claims_it(register: NameRegister) -> None:
    account = one(register, "The Taliban announced that eight Daesh men were killed in Kabul.")
    assert [each.ladder for each in account.attributions] == [Ladder.CLAIMED]


def test_a_body_without_forces_that_announces_deaths_did_not_cause_them(
    register: NameRegister,
) -> None:
    text = "The Ministry of Health announced that eight men were killed in a raid in Kandahar."
    accounts, mentions = read(register, text)
    doers = [each.actor.mention for account in accounts for each in account.attributions]
    assert not [p for p in doers if p is not None and mentions[p].text.startswith("Ministry")]


def test_what_the_author_told_in_general_just_before_is_his_word_for_it(
    register: NameRegister,
) -> None:
    text = (
        "The Taliban answered with raids. "
        "On 5 May 2022 they announced that eight Daesh men were killed in Kabul."
    )
    account = one(register, text)
    assert {each.ladder for each in account.attributions} == {Ladder.CLAIMED, Ladder.STATED}


def test_who_responds_to_an_attack_is_at_most_presumed_to_have_done_it(
    register: NameRegister,
) -> None:
    text = "The Taliban responded to the attack on the Spin Hotel in Kandahar on 3 May 2022."
    for attribution in one(register, text).attributions:
        assert [each.kind for each in attribution.actor.qualifiers] == [Hedge.POSSIBLE]


def test_one_sentence_may_tell_an_attack_on_each_of_several_targets(
    register: NameRegister,
) -> None:
    accounts, _ = read(
        register,
        "The raids targeted ISKP members who carried out the attacks on the Spin Hotel, "
        "the Indian Embassy and the military airport in Herat.",
    )
    assert [[target.text for target in account.targets] for account in accounts] == [
        ["the Spin Hotel"],
        ["the Indian Embassy"],
        ["the military airport"],
    ]


def test_a_date_that_opens_a_paragraph_holds_for_its_next_sentences(
    register: NameRegister,
) -> None:
    accounts, _ = read(
        register,
        "For 27 March 2022 two successes were reported. In Herat a special operation killed "
        "Qari Fateh. In Kunduz three men were arrested.",
    )
    assert [account.when and account.when.first for account in accounts] == [
        date(2022, 3, 27),
        date(2022, 3, 27),
    ]


def test_dates_of_several_victims_part_the_event(register: NameRegister) -> None:
    accounts, _ = read(
        register,
        "On 5 May 2022 the Taliban executed a preacher, Abdul Salam Rahimi. Three days later, on "
        "8 May, the Taliban killed Omar Khalid Khorasani.",
    )
    assert [account.when and account.when.first for account in accounts] == [
        date(2022, 5, 5),
        date(2022, 5, 8),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The attacks of ISKP have increased.",
        "ISKP carried out 115 attacks between April 2020 and March 2021.",
        "ISKP may attack the embassies of its enemies.",
        "ISKP attacks embassies in order to frighten their states.",
        "ISKP planned to attack the Spin Hotel.",
        "From Afghan soil no attack can be carried out against a neighbour.",
        "If ISKP attacked the Spin Hotel, the guests would flee.",
        "ISKP often attacked mosques.",
        "ISKP did not attack the Spin Hotel.",
        "Every attack deepens the divisions.",
        "Abdul Salam Rahimi died in 2013.",
        "He was the chief of intelligence and operations in Kabul.",
    ],
)
def test_talk_of_attacks_is_no_event(register: NameRegister, text: str) -> None:
    assert read(register, text)[0] == ()


def test_a_hedge_stays_on_what_is_told(register: NameRegister) -> None:
    account = one(register, "Qari Fateh was reportedly killed in Herat on 3 May 2022.")
    [qualifier] = account.qualifiers
    assert qualifier.kind is Hedge.REPORTED


def test_the_date_of_an_announcement_says_so(register: NameRegister) -> None:
    account = one(
        register, "On 27 February 2022 the Taliban announced that Qari Fateh had been killed."
    )
    assert account.when is not None
    assert [each.kind for each in account.when.qualifiers] == [Hedge.REPORTED]


def test_a_table_row_tells_an_event(register: NameRegister) -> None:
    accounts, _ = read(
        register, "8 March 2022 | Herat | head of the water department | killed\n\nSo it ended."
    )
    [account] = accounts
    assert [victim.text for victim in account.victims] == ["head of the water department"]
    assert [place.text for place in account.places] == ["Herat"]
    assert account.when is not None and account.when.precision is Precision.DAY


def test_a_date_without_its_year_and_no_date_of_publication_stays_unresolved(
    register: NameRegister,
) -> None:
    account = one(register, "On 5 September ISKP attacked the Spin Hotel.", published=None)
    assert account.when is not None
    assert (account.when.text, account.when.first) == ("5 September", None)


def test_an_impossible_date_raises_nothing(register: NameRegister) -> None:
    account = one(register, "On 31 February 2022 ISKP attacked the Spin Hotel in Herat.")
    assert account.when is not None and account.when.precision is Precision.UNRESOLVED


def test_a_text_without_attacks_has_no_accounts(register: NameRegister) -> None:
    assert read(register, "The weather was fine. Nobody came.")[0] == ()


def test_places_are_told_with_what_they_lie_in(register: NameRegister) -> None:
    account = one(
        register, "On 3 May 2022 ISKP killed nine soldiers in Butkhak, a district of Kabul."
    )
    [place] = account.places
    assert (place.text, place.within) == ("Butkhak", ("Kabul",))


def test_every_span_is_its_words(register: NameRegister) -> None:
    text = (
        "On 3 May 2022 ISKP gunmen shot dead at least six people in Herat. Two days later the "
        "Taliban arrested more than 20 men in Kunduz."
    )
    accounts, _ = read(register, text)
    assert len(accounts) == 2
    for account in accounts:
        parties = [*account.victims, *account.targets, *(a.actor for a in account.attributions)]
        written = [(each.span, each.text) for each in parties]
        written += [(each.span, each.text) for each in account.places]
        written += [(each.span, each.text) for each in account.casualties]
        written += [(each.span, each.text) for each in account.weapons]
        assert written
        for span, words in written:
            assert text[span.start : span.end] == words


def test_a_list_without_a_full_stop_takes_no_time_and_tells_nothing(
    register: NameRegister,
) -> None:
    text = "On 3 May 2022 " + "ISKP attacked the Spin Hotel in Herat and " * 400
    assert read(register, text)[0] == ()


def test_a_list_without_a_full_stop_adds_nothing_to_the_attack_before_it(
    register: NameRegister,
) -> None:
    told = "On 3 May 2022 ISKP attacked the Spin Hotel in Herat."
    account = one(register, told + " There were " + "5 men and 6 guards killed and " * 60 + "more.")
    assert account.casualties == ()


def test_a_paragraph_that_is_not_parsed_is_read_to_its_end(register: NameRegister) -> None:
    text = "Trade in Lorne went on as usual on 4 May 2021. The attack of which many spoke was over."
    document = Document(text, "Title", language="en")
    unparsed = spacy.blank("en")
    unparsed.add_pipe("sentencizer")
    paragraphs = [Tagged(0, unparsed(text), None, text)]
    for account in find_accounts(document, paragraphs, (), register):
        assert text[account.trigger.start : account.trigger.end] == "attack"
