import pytest

from analysis.document import analyse
from analysis.records import RelationKind
from ingest.document import Document
from tests.analysis.told import shipped


def killings(text: str) -> list[tuple[str, str]]:
    """Return who was killed by whom, each by the last word of the name."""
    found = analyse(Document(text, "A report", language="en"), shipped())
    return [
        (found.mentions[each.subject].text.split()[-1], found.mentions[each.object].text)
        for each in found.relations
        if each.kind is RelationKind.KILLED_BY
    ]


@pytest.mark.parametrize(
    "text",
    [
        "ISKP killed General Daud Karimi in Balkh on 9 March 2023.",
        "General Daud Karimi died in a bombing in Balkh on 9 March 2023. ISKP claimed "
        "responsibility for the attack.",
    ],
)
def test_a_man_whose_death_an_account_lays_on_a_group_was_killed_by_it(text: str) -> None:
    assert killings(text) == [("Karimi", "ISKP")]


@pytest.mark.parametrize(
    "text",
    [
        "General Daud Karimi was killed in Balkh. ISKP announced his death on 9 March 2023.",
        "On 9 March 2023 ISKP attacked General Daud Karimi in Balkh, but he survived.",
        "ISKP freed hundreds of inmates in Kunduz in 2020, and General Daud Karimi died there.",
    ],
)
def test_a_death_announced_an_attempt_and_a_jailbreak_make_nobody_a_killer(text: str) -> None:
    assert killings(text) == []
