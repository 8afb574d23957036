import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from analysis.records import (
    Account,
    ActorKind,
    AttackKind,
    Attribution,
    Described,
    DocumentRecords,
    Ladder,
    Mention,
    Party,
    Reason,
    Span,
    Tie,
)
from eval.muc4 import Counts, Muc4Document, Muc4Error, match_entities, read_muc4, roles_of
from eval.muc4 import score_muc4 as score

PILMAI = ["Pilmai telephone company building", "telephone company building", "company offices"]
PIPES = ["water pipes"]
BOOTH = ["public telephone booth"]
GOLD = [PILMAI, PIPES, BOOTH]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # The published example: the second mention of the building is an entity too many.
        ([PIPES, PILMAI[:1], BOOTH, PILMAI[2:]], Counts(3, 4, 3)),
        ([PILMAI[:1], PIPES, BOOTH], Counts(3, 3, 3)),
        ([PILMAI[:1], BOOTH], Counts(2, 2, 3)),
        # One strange mention spoils its entity.
        ([[*PIPES, *BOOTH]], Counts(0, 1, 3)),
        ([["The water pipes."]], Counts(1, 1, 3)),
        ([[]], Counts(0, 0, 3)),
        ([], Counts(0, 0, 3)),
    ],
)
def test_an_entity_matches_if_all_its_mentions_are_the_labelled_ones(
    found: list[list[str]], expected: Counts
) -> None:
    assert match_entities(found, GOLD) == expected


def test_the_most_entities_are_matched_not_the_first_ones() -> None:
    # The first found entity fits both labelled ones, the second the first alone.
    assert match_entities([["b"], ["b", "c"]], [["b", "c"], ["b"]]) == Counts(2, 2, 2)


def test_precision_recall_and_f1_are_shares_of_the_sums() -> None:
    counts = Counts(3, 4, 3)
    assert (counts.precision, counts.recall) == (0.75, 1.0)
    assert counts.f1 == pytest.approx(6 / 7)
    assert (Counts().precision, Counts().recall, Counts().f1) == (0.0, 0.0, 0.0)


def test_the_micro_average_adds_up_roles_and_documents() -> None:
    documents = [
        Muc4Document("1", "one", {**no_roles(), "Target": (("pipes",),)}),
        Muc4Document("2", "two", {**no_roles(), "Victim": (("mayor",), ("priest",))}),
    ]
    found = {"one": {"Target": [["pipes"]]}, "two": {"Victim": [["mayor"]], "Weapon": [["bomb"]]}}
    result = score(documents, lambda text: found[text])
    assert result.by_role["Target"] == Counts(1, 1, 1)
    assert result.by_role["Victim"] == Counts(1, 1, 2)
    assert result.by_role["Weapon"] == Counts(0, 1, 0)
    assert result.micro == Counts(2, 3, 3)


def test_a_role_of_another_name_is_refused() -> None:
    with pytest.raises(Muc4Error, match="role 'Perp' is unknown; use one of PerpInd, PerpOrg"):
        score([Muc4Document("1", "one", no_roles())], lambda text: {"Perp": [["x"]]})


def test_templates_are_merged_and_contained_entities_are_one(tmp_path: Path) -> None:
    templates = [
        template(PerpOrg=[[["farc", 3], ["revolutionary forces", 9]]]),
        template(PerpOrg=[[["farc", 3]], [["eln", 40]]]),
    ]
    path = write(tmp_path, {"docid": "D1", "doctext": "text", "templates": templates})
    (document,) = read_muc4(path)
    assert document.roles["PerpOrg"] == (("farc", "revolutionary forces"), ("eln",))


def test_a_line_that_is_no_document_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, {"docid": "D1", "doctext": "text", "templates": []}, {"docid": "D2"})
    with pytest.raises(Muc4Error, match=r"muc4\.json\.gz:2: is no MUC-4 document"):
        read_muc4(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Muc4Error, match=r"absent\.gz: cannot be read"):
        read_muc4(tmp_path / "absent.gz")


def test_records_become_role_fillers_with_all_names_of_an_actor() -> None:
    text = "the fmln (farabundo marti front) and guerrillas shot the mayor with rifles"
    fmln, front = place(text, "fmln"), place(text, "farabundo marti front")
    mentions = (
        Mention(fmln, "fmln", ActorKind.GROUP),
        Mention(front, "farabundo marti front", ActorKind.GROUP),
    )
    account = Account(
        AttackKind.SHOOTING,
        place(text, "shot"),
        Span(0, len(text)),
        attributions=(
            Attribution(Party("fmln", fmln, 0), Ladder.STATED, fmln),
            Attribution(party(text, "guerrillas"), Ladder.CLAIMED, fmln),
            Attribution(party(text, "mayor"), Ladder.DENIED, fmln),
        ),
        victims=(party(text, "the mayor"),),
        weapons=(Described("rifles", place(text, "rifles")),),
    )
    records = DocumentRecords(
        mentions, ties=(Tie(0, 1, Reason.EXPANSION, front),), accounts=(account,)
    )
    assert roles_of(records) == {
        "PerpInd": [("guerrillas",)],
        "PerpOrg": [("fmln", "farabundo marti front")],
        "Target": [],
        "Victim": [("the mayor",)],
        "Weapon": [("rifles",)],
    }


def place(text: str, words: str) -> Span:
    return Span(text.index(words), text.index(words) + len(words))


def party(text: str, words: str) -> Party:
    return Party(words, place(text, words))


def no_roles() -> dict[str, tuple[tuple[str, ...], ...]]:
    return {role: () for role in ("PerpInd", "PerpOrg", "Target", "Victim", "Weapon")}


def template(**roles: Any) -> dict[str, Any]:
    return {**no_roles(), **roles}


def write(folder: Path, *records: dict[str, Any]) -> Path:
    path = folder / "muc4.json.gz"
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(record) + "\n" for record in records)
    return path
