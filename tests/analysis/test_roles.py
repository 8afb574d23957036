import pytest

from analysis.records import Hedge
from tests.analysis.told import shipped, told


@pytest.mark.parametrize(
    ("text", "holder", "title", "of"),
    [
        ("Neda Mohammad, governor of Nangarhar, spoke.", 0, "governor of Nangarhar", None),
        ("Taliban Spokesperson Zabihullah Mujahid spoke.", 1, "Taliban Spokesperson", 0),
        (
            "Shahab al-Muhajir, the new leader of ISKP appointed in May 2020, spoke.",
            0,
            "new leader of ISKP",
            1,
        ),
        ("Mark Milley, Chairman of the Joint Chiefs of Staff, spoke.", 0, "Chairman of the", 1),
        ("Kari Fateh was also a critical director of ISKP.", 0, "critical director of ISKP", 1),
        ("The governor of Balkh, Mohammad Dawood Muzammil, died.", 0, "governor of Balkh", None),
        ("Farooq Bengalzai led ISKP in Balochistan.", 0, "led ISKP in Balochistan", 1),
        (
            "The Minister of Foreign Affairs of the Taliban, Emir Khan Muttaki, spoke.",
            1,
            "Minister of Foreign Affairs of the Taliban",
            0,
        ),
        ("Neda Mohammad, whom the Taliban made governor of Nangarhar, spoke.", 0, "governor", 1),
    ],
)
def test_a_role_is_tied_to_its_holder_by_the_words_between(
    text: str, holder: int, title: str, of: int | None
) -> None:
    report = told(text, shipped())
    found = [role for role in report.actors.roles if role.title.startswith(title)]
    [role] = found
    assert (role.holder, role.of) == (holder, of)
    assert text[role.span.start : role.span.end] == role.title


def test_two_roles_joined_by_and_are_one_persons() -> None:
    found = told(
        "Mohammad Dawood Muzammil, Head of the Water Department on March 8 and the Governor of "
        "Balkh one day later, was targeted.",
        shipped(),
    ).actors.roles
    assert [role.title for role in found] == ["Head of the Water Department", "Governor of Balkh"]


def test_he_and_the_group_stand_for_who_was_named_before() -> None:
    report = told(
        "Maulvi Ziauddin is a member of ISKP. He was the Kunar military commander of the group "
        "from July 2022 to February 2023.",
        shipped(),
    )
    role = report.actors.roles[-1]
    mentions = report.actors.mentions
    assert role.title == "Kunar military commander of the group"
    assert mentions[role.holder].text == "Maulvi Ziauddin"
    assert role.of is not None and mentions[role.of].text == "ISKP"
    assert role.since is not None and role.until is not None
    assert role.since.first is not None and role.since.first.isoformat() == "2022-07-01"
    assert role.until.last is not None and role.until.last.isoformat() == "2023-02-28"


def test_he_does_not_stand_for_anybody_after_a_man_without_a_name() -> None:
    report = told(
        "Maulvi Ziauddin was seen. The second victim was the man who ran the water department. "
        "He was killed in Herat.",
        shipped(),
    )
    assert report.actors.deaths == ()


def test_a_death_is_kept_without_its_place_and_date_and_told_once_for_a_sentence() -> None:
    report = told(
        "Kari Fateh was killed. The death of Kari Fateh, who was killed in Kabul, is certain.",
        shipped(),
    )
    first, second = report.actors.deaths
    assert (first.when, first.places) == (None, ())
    assert [place.text for place in second.places] == ["Kabul"]


def test_since_when_a_role_is_held_is_kept_with_it() -> None:
    [role] = told(
        "Shahab al-Muhajir, who became leader of ISKP in May 2020, spoke.", shipped()
    ).actors.roles
    assert role.since is not None and role.since.text == "May 2020"
    assert role.until is None


def test_a_hedge_stays_on_the_role_that_it_qualifies() -> None:
    found = told(
        "It is also alleged that Maulvi Ziauddin was appointed as the main media representative "
        "of ISKP.",
        shipped(),
    ).actors.roles
    assert [hedge.kind for hedge in found[0].qualifiers] == [Hedge.ALLEGED]


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        (
            "IS-K, the eastern branch of the self-proclaimed Islamic State, grew.",
            ("IS-K", "branch of", "Islamic State"),
        ),
        (
            "The Khorasan branch of the Islamic State (ISKP) grew.",
            ("ISKP", "branch of", "Islamic State"),
        ),
        (
            "Maulvi Ziauddin is the brother of Sheikh Jamaluddin.",
            ("Maulvi Ziauddin", "brother of", "Sheikh Jamaluddin"),
        ),
        (
            "The Taliban on September 8 killed Farooq Bengalzai.",
            ("Farooq Bengalzai", "killed by", "Taliban"),
        ),
        (
            "The Taliban executed 150 IS-K members, including former leader Abu Umar Khurasani.",
            ("Abu Umar Khurasani", "killed by", "Taliban"),
        ),
        (
            "Abu Omar Khorasani was interviewed two days before his execution by Taliban fighters.",
            ("Abu Omar Khorasani", "killed by", "Taliban"),
        ),
        ("The TTP could form an alliance with IS-K.", ("TTP", "allied with", "IS-K")),
        ("The Taliban launched attacks on IS-K.", ("Taliban", "fights", "IS-K")),
        ("The conflict between the Taliban and ISKP grew.", ("Taliban", "fights", "ISKP")),
        (
            "Shahab al-Muhajir is the leader of ISKP.",
            ("Shahab al-Muhajir", "leader of", "ISKP"),
        ),
        (
            "Maulvi Ziauddin headed the judiciary of ISKP.",
            ("Maulvi Ziauddin", "member of", "ISKP"),
        ),
    ],
)
def test_a_relation_is_read_from_the_words_between_two_names(
    text: str, relation: tuple[str, str, str]
) -> None:
    assert relation in told(text, shipped()).relations()


@pytest.mark.parametrize(
    "text",
    [
        "The Taliban did not attack ISKP.",
        "ISKP sends a message to countries cooperating with the Taliban.",
        "Colin Clarke, an expert on ISKP, spoke.",
    ],
)
def test_what_is_denied_or_is_anothers_makes_no_relation(text: str) -> None:
    assert told(text, shipped()).relations() == []


def test_a_relation_that_may_come_is_marked_as_possible() -> None:
    [relation] = told("The TTP could form an alliance with IS-K.", shipped()).actors.relations
    assert [hedge.kind for hedge in relation.qualifiers] == [Hedge.POSSIBLE]


def test_a_relation_within_a_statement_is_asserted_by_its_speaker() -> None:
    report = told(
        "“The Taliban attacks on IS-K positions reinforce this,” Riccardo Valle said.", shipped()
    )
    [relation] = report.actors.relations
    assert relation.by is not None and relation.by.text == "Riccardo Valle"


def test_a_statement_has_its_speaker_whom_it_is_about_and_its_whole_words() -> None:
    text = (
        "Zabihullah Mujahid said: “Members of ISKP used the shelter. They planned attacks.” "
        "It rained."
    )
    report = told(text, shipped())
    [statement] = report.actors.statements
    mentions = report.actors.mentions
    assert mentions[statement.speaker].text == "Zabihullah Mujahid"
    assert [mentions[place].text for place in statement.about] == ["ISKP"]
    assert text[statement.span.start : statement.span.end].strip().endswith("attacks.”")


def test_the_branch_speaks_and_not_the_whole_that_it_is_a_branch_of() -> None:
    report = told("The Khorasan branch of the Islamic State, ISKP, claimed the attack.", shipped())
    [statement] = report.actors.statements
    assert report.actors.mentions[statement.speaker].text == "ISKP"


def test_a_death_has_its_place_and_its_own_date_not_that_of_the_announcement() -> None:
    report = told(
        "On 27 February 2023 it was announced that Kari Fateh was killed in Kabul.\n"
        "Ahmad Ahangar was killed in a clash on 14 February 2023.",
        shipped(),
    )
    first, second = report.actors.deaths
    assert (first.when, [place.text for place in first.places]) == (None, ["Kabul"])
    assert second.when is not None and second.when.text == "14 February 2023"
