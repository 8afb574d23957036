from dataclasses import replace
from datetime import UTC, datetime

import pytest

from analysis.actors import join_actors, slug
from analysis.corrections import CorrectedPlace, Correction, CorrectionKind
from analysis.names import NameRegister
from analysis.records import Reason
from tests.analysis.told import actor, joined, shipped, source, told


def correction(kind: CorrectionKind, *names: str, number: int = 1) -> Correction:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Correction(number, kind, "An analyst", now, names)


ALIAS = "A member named Karim Darwazi, known as “Zarqun”, was killed."


def test_names_that_a_text_ties_are_one_actor_with_the_reason_and_its_words() -> None:
    report = told(ALIAS)
    man = actor(joined(report), "Zarqun")
    assert man.id == "karim-darwazi"
    assert {name.text for name in man.names} == {"Karim Darwazi", "Zarqun"}
    [join] = man.joins
    [evidence] = join.evidence
    assert join.reason is Reason.ALSO_KNOWN_AS and join.certain
    assert ALIAS[evidence.start : evidence.end] == "Karim Darwazi, known as “Zarqun"


def test_a_byname_tied_in_one_document_is_the_mans_in_another_that_has_both_words() -> None:
    found = joined(
        told(ALIAS), told("General Karim Darwazi was buried. Nobody knew of Zarqun there.")
    )
    assert actor(found, "Karim Darwazi").documents == 2


def test_two_spellings_in_two_documents_are_joined_for_certain_by_the_same_role() -> None:
    found = joined(
        told("Mohammad Dawood Muzammil, the governor of Balkh, was attacked."),
        told("An attack killed the Taliban’s Balkh Governor, Mohammed Davud Muzammil."),
    )
    man = actor(found, "Mohammed Davud Muzammil")
    assert {join.reason for join in man.joins} == {Reason.SPELLING, Reason.ROLE}
    assert all(join.certain and len(join.evidence) == 2 for join in man.joins)


def test_two_spellings_without_a_common_role_are_joined_as_probable() -> None:
    found = joined(
        told("General Mohammad Dawood Muzammil was attacked."),
        told("General Mohammed Davud Muzammil came back."),
    )
    [join] = actor(found, "Mohammed Davud Muzammil").joins
    assert join.reason is Reason.SPELLING and not join.certain


def test_chosen_names_spelled_alike_are_one_only_probably_even_with_a_common_role() -> None:
    found = joined(
        told("The Taliban executed former ISKP leader Abu Umar Khurasani.", shipped()),
        told("Abu Omar Khorasani, once the leader of ISKP, was interviewed.", shipped()),
        register=shipped(),
    )
    man = actor(found, "Abu Umar Khurasani")
    assert man.name == "Abu Omar Khorasani"
    assert {(join.reason, join.certain) for join in man.joins} == {
        (Reason.REGISTER, False),
        (Reason.SPELLING, False),
        (Reason.ROLE, False),
    }
    assert all(join.evidence for join in man.joins)


def test_chosen_names_of_another_origin_stay_apart() -> None:
    found = joined(
        told("The raid killed Abu Omar al-Afridi."), told("The raid killed Abu Omar al-Khurasani.")
    )
    assert len(found.actors) == 2


def test_a_last_name_alone_in_its_document_goes_to_the_one_person_who_has_it() -> None:
    found = joined(
        told("General Karim Darwazi spoke."), told("It was said that General Darwazi left.")
    )
    [join] = actor(found, "Darwazi").joins
    assert join.reason is Reason.SHORT_FORM and not join.certain


def test_a_last_name_that_two_persons_have_is_kept_apart_and_each_is_told() -> None:
    found = joined(
        told("General Karim Darwazi spoke."),
        told("General Nasim Darwazi spoke."),
        told("It was said that General Darwazi left."),
    )
    assert len(found.actors) == 3
    short = next(each for each in found.actors if each.names[0].text == "Darwazi")
    for name in ("Karim Darwazi", "Nasim Darwazi"):
        [dispute] = actor(found, name).disputes
        assert dispute.other == short.id and dispute.evidence


def test_a_tie_of_two_actors_that_the_register_knows_as_two_is_noted_and_not_made() -> None:
    found = joined(told("The Taliban (ISKP) were there.", shipped()), register=shipped())
    assert len(found.actors) == 2
    [dispute] = actor(found, "Taliban").disputes
    assert dispute.other == "islamic-state-khorasan-province"
    assert "kept apart" in dispute.note and dispute.evidence


def test_an_acronym_that_two_documents_expand_differently_is_two_groups() -> None:
    found = joined(
        told("The Eastern Liberation Front (ELF) attacked. ELF left."),
        told("The Emerald Lagoon Movement (ELF) attacked. ELF left."),
    )
    assert {frozenset(name.text for name in each.names) for each in found.actors} == {
        frozenset({"Eastern Liberation Front", "ELF"}),
        frozenset({"Emerald Lagoon Movement", "ELF"}),
    }


def test_deaths_in_two_places_are_noted_with_both_texts() -> None:
    report = told(
        "Abu Omar Khorasani was killed in Jalalabad in 2020.\n"
        "The Taliban executed Abu Omar Khorasani in Kabul on 15 August 2021.",
        shipped(),
    )
    [dispute] = actor(joined(report, register=shipped()), "Abu Omar Khorasani").disputes
    assert "Jalalabad" in dispute.note and "Kabul" in dispute.note
    assert len(dispute.evidence) == 2


def test_a_place_within_another_is_no_other_place_of_death() -> None:
    report = told(
        "Asad Laghamani was killed in the Butkhak district of Kabul.\n"
        "Asad Laghamani was killed in Kabul.\nAsad Laghamani was killed in Butkhak.",
        shipped(),
    )
    assert actor(joined(report, register=shipped()), "Asad Laghamani").disputes == ()


def test_all_names_of_a_group_are_one_and_its_parent_is_another() -> None:
    report = told(
        "In the east the Emirate of Khorasan (ISKP), which belongs to Devlet al-Iraq and al-Sham "
        "(DEAS), grew. Three DAESH members were killed. ISCP denied it.",
        shipped(),
    )
    found = joined(report, register=shipped())
    branch = actor(found, "ISCP")
    assert {name.text for name in branch.names} == {"Emirate of Khorasan", "ISKP", "DAESH", "ISCP"}
    assert branch.parent == "islamic-state"
    probable = [join for join in branch.joins if not join.certain]
    assert [join.other for join in probable] == ["DAESH"]
    assert probable[0].said_by is not None and "reports also use" in probable[0].said_by
    assert {name.text for name in actor(found, "DEAS").names} == {
        "DEAS",
        "Devlet al-Iraq and al-Sham",
    }


def test_a_parent_in_no_register_is_taken_from_the_text() -> None:
    found = joined(
        told(
            "The Eastern Liberation Front, the eastern branch of the Emerald Lagoon Movement, grew."
        )
    )
    assert actor(found, "Eastern Liberation Front").parent == "emerald-lagoon-movement"


def test_documents_and_independent_origins_are_counted_apart() -> None:
    first, second = told("ISKP grew.", shipped()), told("Today ISKP grew.", shipped())
    sources = [source(first), source(second, origin=first.document.id)]
    [group] = join_actors(sources, shipped()).actors
    assert (group.documents, group.origins) == (2, 1)


def test_the_order_of_documents_makes_no_difference() -> None:
    reports = [
        told("Mohammad Dawood Muzammil, the governor of Balkh, was attacked."),
        told("The Balkh Governor, Mohammed Davud Muzammil, was attacked."),
        told("General Davud Muzammil was buried."),
    ]
    register = NameRegister(())
    one = join_actors([source(each) for each in reports], register)
    other = join_actors([source(each) for each in reversed(reports)], register)
    assert {each.id for each in one.actors} == {each.id for each in other.actors}
    assert one.of_mention == other.of_mention


def test_two_actors_of_one_name_have_two_ids() -> None:
    found = joined(
        told("The Eastern Liberation Front (ELF) attacked."),
        told("The Emerald Lagoon Movement (ELF) attacked."),
        told("General Elf Norden spoke."),
    )
    assert len({each.id for each in found.actors}) == len(found.actors)


def test_an_operator_merges_names_that_no_text_ties() -> None:
    reports = (told("General Karim Darwazi spoke."), told("The raid killed Abu Talha al-Turki."))
    merge = correction(CorrectionKind.MERGE, "Karim Darwazi", "Abu Talha al-Turki")
    man = actor(joined(*reports, corrections=[merge]), "Karim Darwazi")
    assert {name.text for name in man.names} == {"Karim Darwazi", "Abu Talha al-Turki"}
    [join] = man.joins
    assert join.reason is Reason.OPERATOR and join.said_by == "An analyst"


def test_an_operator_splits_names_and_the_split_is_noted_on_both_sides() -> None:
    report = told(ALIAS)
    split = correction(CorrectionKind.SPLIT, "Karim Darwazi", "Zarqun")
    found = joined(report, corrections=[split])
    man, other = actor(found, "Karim Darwazi"), actor(found, "Zarqun")
    assert man.id != other.id and man.joins == other.joins == ()
    assert [each.other for each in man.disputes] == [other.id]
    assert [each.other for each in other.disputes] == [man.id]


def test_without_the_correction_all_is_as_before_and_a_later_one_wins() -> None:
    report = told(ALIAS)
    split = correction(CorrectionKind.SPLIT, "Karim Darwazi", "Zarqun")
    merge = correction(CorrectionKind.MERGE, "Karim Darwazi", "Zarqun", number=2)
    assert len(joined(report).actors) == 1
    assert len(joined(report, corrections=[split]).actors) == 2
    assert len(joined(report, corrections=[split, merge]).actors) == 1
    again = replace(split, number=3)
    assert len(joined(report, corrections=[split, merge, again]).actors) == 2


def test_a_correction_of_names_that_are_not_there_waits() -> None:
    report = told(ALIAS)
    waiting = correction(CorrectionKind.MERGE, "Karim Darwazi", "Somebody Else")
    assert joined(report, corrections=[waiting]).actors == joined(report).actors


@pytest.mark.parametrize("field", ["role", "relation"])
def test_a_rejected_role_or_relation_is_not_shown(field: str) -> None:
    report = told("Shahab al-Muhajir is the leader of ISKP.", shipped())
    man = actor(joined(report, register=shipped()), "Shahab al-Muhajir")
    [place] = (
        [each.evidence for each in man.roles]
        if field == "role"
        else [each.evidence[0] for each in man.relations]
    )
    rejected = replace(
        correction(CorrectionKind.REJECT),
        field=field,
        places=(CorrectedPlace(place.document_id, place.start, place.end),),
    )
    found = joined(report, register=shipped(), corrections=[rejected])
    man = actor(found, "Shahab al-Muhajir")
    assert (man.roles if field == "role" else man.relations) == ()


def test_a_relation_is_seen_from_both_sides() -> None:
    report = told("The Taliban on September 8 killed Farooq Bengalzai.", shipped())
    found = joined(report, register=shipped())
    [killed] = actor(found, "Farooq Bengalzai").relations
    [killer] = actor(found, "Taliban").relations
    assert (killed.other, killed.inverse) == ("taliban", False)
    assert (killer.other, killer.inverse) == ("farooq-bengalzai", True)


def test_nothing_joined_from_nothing() -> None:
    assert join_actors([], shipped()).actors == ()


def test_an_id_is_the_name_as_an_address() -> None:
    assert slug("Abu Usman al-Kashmiri") == "abu-usman-al-kashmiri"
    assert slug("<b>&") == "b"


def test_a_name_with_the_before_it_is_not_shown_because_it_is_longer() -> None:
    reports = [
        told("The militant group Shabakat hid. Later the militant group Shabakat fled."),
        told("They fear the militant group The Shabakat."),
    ]
    [only] = [each for each in joined(*reports).actors if "Shabakat" in each.name]
    assert only.name == "Shabakat"
