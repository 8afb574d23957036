import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from analysis.records import (
    ActorKind,
    DocumentRecords,
    Mention,
    Reason,
    Relation,
    RelationKind,
    Span,
    Tie,
)
from eval.muc4 import Counts
from eval.re3d import (
    Entity,
    Labels,
    Predictor,
    Re3dDocument,
    Re3dError,
    Related,
    labels_of,
    read_re3d,
    score_labels,
    score_re3d,
)


def labels(*entities: Entity, relations: Sequence[Related] = ()) -> Labels:
    return Labels(frozenset(entities), frozenset(relations))


def test_an_entity_needs_its_exact_span_and_type() -> None:
    gold = labels(Entity("Organisation", 0, 10), Entity("Person", 20, 30))
    found = labels(
        Entity("Organisation", 0, 10), Entity("Organisation", 20, 30), Entity("Person", 21, 30)
    )
    score = score_labels(found, gold)
    assert score.entities == Counts(1, 3, 2)
    assert score.entities_overlapping == Counts(2, 3, 2)


def test_types_that_name_no_actor_are_not_asked_for() -> None:
    score = score_labels(labels(), labels(Entity("Location", 0, 5), Entity("Temporal", 6, 9)))
    assert score.entities == Counts(0, 0, 0)


def test_two_found_entities_cannot_both_be_one_labelled() -> None:
    gold = labels(Entity("Person", 0, 10))
    score = score_labels(labels(Entity("Person", 0, 6), Entity("Person", 4, 10)), gold)
    assert score.entities_overlapping == Counts(1, 2, 1)


def test_a_relation_has_a_direction_unless_it_is_symmetric() -> None:
    fights = Related("FightingAgainst", (0, 4), (10, 14))
    same = Related("IsSynonymOf", (20, 24), (30, 34))
    turned = labels(
        relations=[
            Related("FightingAgainst", (10, 14), (0, 4)),
            Related("IsSynonymOf", (30, 34), (20, 24)),
        ]
    )
    score = score_labels(turned, labels(relations=[fights, same]))
    assert score.relations == Counts(1, 2, 2)


def test_a_symmetric_relation_labelled_both_ways_is_one() -> None:
    both = [Related("AlliesOf", (0, 4), (10, 14)), Related("AlliesOf", (10, 14), (0, 4))]
    assert score_labels(labels(), labels(relations=both)).relations == Counts(0, 0, 1)


def test_overlapping_ends_make_a_relation_only_in_the_lenient_count() -> None:
    gold = labels(relations=[Related("BelongsTo", (0, 10), (20, 30))])
    found = labels(relations=[Related("BelongsTo", (4, 10), (20, 30))])
    score = score_labels(found, gold)
    assert (score.relations.matched, score.relations_overlapping.matched) == (0, 1)


def test_relations_of_other_types_are_not_asked_for() -> None:
    gold = labels(relations=[Related("CoLocated", (0, 4), (10, 14))])
    assert score_labels(labels(), gold).relations == Counts(0, 0, 0)


def test_a_folder_is_scored_by_what_the_others_teach() -> None:
    folders = {
        "A": [Re3dDocument("a", "x", labels(Entity("Person", 0, 1)))],
        "B": [Re3dDocument("b", "y", labels(Entity("Person", 0, 1)))],
        "C": [Re3dDocument("c", "z", labels())],
    }
    seen: list[list[str]] = []

    def make(documents: Sequence[Re3dDocument]) -> Predictor:
        seen.append([document.id for document in documents])
        return lambda text: labels(Entity("Person", 0, 1))

    scores = score_re3d(folders, make)
    assert seen == [["b", "c"], ["a", "c"], ["a", "b"]]
    assert scores["A"].entities == Counts(1, 1, 1)
    assert scores["C"].entities == Counts(0, 1, 0)
    assert (scores["A"] + scores["C"]).entities == Counts(1, 2, 1)


def test_folders_are_read_with_their_labels(tmp_path: Path) -> None:
    folder(tmp_path / "CENTCOM", value="“Gen. Votel”")
    (document,) = read_re3d(tmp_path)["CENTCOM"]
    assert document.text == "Gen. Votel leads CENTCOM."
    assert document.labels.entities == {Entity("Person", 0, 10)}
    assert document.labels.relations == {Related("InChargeOf", (0, 10), (17, 24))}


def test_an_entity_whose_offsets_do_not_fit_is_refused(tmp_path: Path) -> None:
    folder(tmp_path / "CENTCOM", value="Votel")
    with pytest.raises(Re3dError, match=r"entity e1 is 'Votel'; its text has 'Gen\. Votel'"):
        read_re3d(tmp_path)


def test_a_folder_without_folders_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Re3dError, match="no folders; give re3d's own"):
        read_re3d(tmp_path)


def test_records_become_labels_of_the_mapped_types() -> None:
    mentions = (
        Mention(Span(0, 4), "Omar", ActorKind.PERSON),
        Mention(Span(10, 17), "Taliban", ActorKind.GROUP),
        Mention(Span(20, 22), "EU", ActorKind.INSTITUTION),
    )
    records = DocumentRecords(
        mentions,
        ties=(
            Tie(0, 1, Reason.APPOSITION, Span(0, 17)),
            Tie(1, 2, Reason.SAME_NAME, Span(0, 22)),
        ),
        relations=(
            Relation(RelationKind.LEADER_OF, 0, 1, Span(0, 17)),
            Relation(RelationKind.KILLED_BY, 0, 1, Span(0, 17)),
        ),
    )
    assert labels_of(records) == labels(
        Entity("Person", 0, 4),
        Entity("Organisation", 10, 17),
        Entity("Organisation", 20, 22),
        relations=[
            Related("InChargeOf", (0, 4), (10, 17)),
            Related("IsSynonymOf", (0, 4), (10, 17)),
        ],
    )


def folder(path: Path, *, value: str) -> None:
    path.mkdir()
    write(path / "documents.json.gz", {"_id": "d1", "text": "Gen. Votel leads CENTCOM."})
    write(
        path / "entities.json.gz",
        {
            "_id": "e1",
            "begin": 0,
            "end": 10,
            "type": "Person",
            "value": value,
            "documentId": "d1",
        },
    )
    write(
        path / "relations.json.gz",
        {
            "type": "InChargeOf",
            "sourceBegin": 0,
            "sourceEnd": 10,
            "targetBegin": 17,
            "targetEnd": 24,
            "documentId": "d1",
        },
    )


def write(path: Path, record: dict[str, Any]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.write(json.dumps(record) + "\n")
