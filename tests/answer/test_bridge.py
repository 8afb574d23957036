from pathlib import Path

import pytest

from analysis.names import NameRegister
from answer.bridge import as_named_in

NAMES = """
- {canonical: Grey Front, kind: group, names: [GF, Front Gris], also_used_for: [Grey Front Coast]}
- {canonical: Grey Front Coast, kind: group, names: [GFC, coastal branch], parent: Grey Front}
- {canonical: Omar Selim, kind: person, names: [Umar Salim]}
"""


@pytest.fixture
def register(tmp_path: Path) -> NameRegister:
    path = tmp_path / "names.yaml"
    path.write_text(NAMES)
    return NameRegister.load(path)


@pytest.mark.parametrize(
    ("passage", "read"),
    [
        ("The Front Gris and GF, again GF, met.", "Who leads the GF since Omar Selim left?"),
        ("Umar Salim left.", "Who leads the GFC since Umar Salim left?"),
        ("The coastal branch met.", "Who leads the coastal branch since Omar Selim left?"),
        ("Nobody met.", "Who leads the GFC since Omar Selim left?"),
        ("The GFC is led by GF.", "Who leads the GFC since Omar Selim left?"),
    ],
)
def test_a_question_takes_the_names_of_the_passage_it_is_read_for(
    passage: str, read: str, register: NameRegister
) -> None:
    assert as_named_in("Who leads the GFC since Omar Selim left?", passage, register) == read


def test_a_question_without_names_stays_as_it_is(register: NameRegister) -> None:
    assert as_named_in("Who won?", "The GF won.", register) == "Who won?"
