"""re3d: entities and relations over defence and security reports, cross-validated by folder.

Dstl's re3d has one folder for each source. Each folder in turn is held out, the others may be
learnt from, and the counts of all held-out folders together give the headline; the folders' own
scores stand beside it.

**Entities**: exact span and type. Our kinds map to re3d's types as `TYPE_OF_KIND` says; its other
types (Location, Temporal, Quantity, Weapon, …) name no actors and are not asked for. `overlapping`
counts a found entity, one to one, where it shares half of the longer with a labelled one of its
type: re3d's spans take in articles, titles and common nouns ("the Iraqi security forces") where a
name ends earlier.

**Relations**: type and both entities' exact spans, or their overlap likewise. Only the types that
our relations map to (`TYPE_OF_RELATION`) are asked for. Of a symmetric type either direction is
right and the two are one.
"""

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from analysis.records import ActorKind, DocumentRecords, Reason, RelationKind
from eval.errors import EvalError
from eval.muc4 import Counts
from eval.normalise import normalise
from ingest.document import Document

TYPE_OF_KIND = {
    ActorKind.GROUP: "Organisation",
    ActorKind.INSTITUTION: "Organisation",
    ActorKind.PERSON: "Person",
}
TYPE_OF_RELATION = {
    RelationKind.LEADER_OF: "InChargeOf",
    RelationKind.MEMBER_OF: "BelongsTo",
    RelationKind.BRANCH_OF: "BelongsTo",
    RelationKind.ALLIED_WITH: "AlliesOf",
    RelationKind.FIGHTS: "FightingAgainst",
}
SYNONYM = "IsSynonymOf"
ENTITY_TYPES = frozenset(TYPE_OF_KIND.values())
RELATION_TYPES = frozenset({*TYPE_OF_RELATION.values(), SYNONYM})
SYMMETRIC = frozenset({SYNONYM, "AlliesOf"})
SYNONYM_REASONS = frozenset(
    {Reason.EXPANSION, Reason.ALSO_KNOWN_AS, Reason.APPOSITION, Reason.ROLE}
)
"""Ties that the words beside the two names state; re3d labels no others as synonyms."""

Range = tuple[int, int]
NOTHING = Counts()


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """A stretch of the text with its type."""

    type: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, order=True)
class Related:
    """A relation between two stretches of the text."""

    type: str
    source: Range
    target: Range


@dataclass(frozen=True, slots=True)
class Labels:
    """What is in one document."""

    entities: frozenset[Entity] = frozenset()
    relations: frozenset[Related] = frozenset()


@dataclass(frozen=True, slots=True)
class Re3dDocument:
    """A report of one source, with its labels."""

    id: str
    text: str
    labels: Labels


Predictor = Callable[[str], Labels]
Maker = Callable[[Sequence[Re3dDocument]], Predictor]
"""From the documents that may be learnt from to a predictor; rules ignore them."""


@dataclass(frozen=True, slots=True)
class Re3dScore:
    """Counts of entities and relations, by exact spans and by overlapping ones."""

    entities: Counts = NOTHING
    entities_overlapping: Counts = NOTHING
    relations: Counts = NOTHING
    relations_overlapping: Counts = NOTHING

    def __add__(self, other: "Re3dScore") -> "Re3dScore":
        """Return the sums."""
        return Re3dScore(
            self.entities + other.entities,
            self.entities_overlapping + other.entities_overlapping,
            self.relations + other.relations,
            self.relations_overlapping + other.relations_overlapping,
        )


class Re3dError(EvalError):
    """A re3d folder that cannot be read."""


def read_re3d(root: Path) -> dict[str, list[Re3dDocument]]:
    """Return the documents of each source's folder under `root`, by the folder's name.

    Raises Re3dError naming the file, and the record whose offsets do not fit its text.
    """
    folders = sorted(path for path in root.glob("*") if path.is_dir()) if root.is_dir() else []
    if not folders:
        raise Re3dError(f"{root}: no folders; give re3d's own, with a folder for each source")
    return {folder.name: _read_folder(folder) for folder in folders}


def _read_folder(folder: Path) -> list[Re3dDocument]:
    texts = {record["_id"]: record["text"] for record in _records(folder / "documents.json.gz")}
    entities: dict[str, set[Entity]] = defaultdict(set)
    relations: dict[str, set[Related]] = defaultdict(set)
    for record in _records(folder / "entities.json.gz"):
        begin, end = record["begin"], record["end"]
        found = texts[record["documentId"]][begin:end]
        # The values' quotation marks are plain where some texts have typographic ones.
        if normalise(found) != normalise(record["value"]):
            raise Re3dError(
                f"{folder}: entity {record['_id']} is {record['value']!r}; its text has {found!r}"
            )
        entities[record["documentId"]].add(Entity(record["type"], begin, end))
    for record in _records(folder / "relations.json.gz"):
        relations[record["documentId"]].add(
            Related(
                record["type"],
                (record["sourceBegin"], record["sourceEnd"]),
                (record["targetBegin"], record["targetEnd"]),
            )
        )
    return [
        Re3dDocument(name, text, Labels(frozenset(entities[name]), frozenset(relations[name])))
        for name, text in texts.items()
    ]


def _records(path: Path) -> list[dict[str, Any]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise Re3dError(f"{path}: cannot be read ({error}); check the folder") from error


def score_re3d(folders: Mapping[str, Sequence[Re3dDocument]], make: Maker) -> dict[str, Re3dScore]:
    """Return each folder's score by a predictor made from the other folders."""
    scores = {}
    for name, documents in folders.items():
        others = [one for other in folders if other != name for one in folders[other]]
        predict = make(others)
        scores[name] = sum(
            (score_labels(predict(one.text), one.labels) for one in documents), start=Re3dScore()
        )
    return scores


def score_labels(found: Labels, labelled: Labels) -> Re3dScore:
    """Return the counts of one document."""
    ours, theirs = (
        sorted(each for each in labels.entities if each.type in ENTITY_TYPES)
        for labels in (found, labelled)
    )
    our_ties, their_ties = (
        sorted({_directed(each) for each in labels.relations if each.type in RELATION_TYPES})
        for labels in (found, labelled)
    )
    return Re3dScore(
        Counts(len(set(ours) & set(theirs)), len(ours), len(theirs)),
        Counts(_matched(ours, theirs, _alike), len(ours), len(theirs)),
        Counts(len(set(our_ties) & set(their_ties)), len(our_ties), len(their_ties)),
        Counts(_matched(our_ties, their_ties, _related_alike), len(our_ties), len(their_ties)),
    )


def _directed(relation: Related) -> Related:
    if relation.type in SYMMETRIC and relation.source > relation.target:
        return Related(relation.type, relation.target, relation.source)
    return relation


def _matched(ours: Sequence[Any], theirs: Sequence[Any], alike: Callable[[Any, Any], bool]) -> int:
    if not ours or not theirs:
        return 0
    fits = np.array([[float(alike(one, other)) for other in theirs] for one in ours])
    rows, columns = linear_sum_assignment(-fits)
    return int(fits[rows, columns].sum())


def _alike(one: Entity, other: Entity) -> bool:
    return one.type == other.type and _close((one.start, one.end), (other.start, other.end))


def _related_alike(one: Related, other: Related) -> bool:
    if one.type != other.type:
        return False
    straight = _close(one.source, other.source) and _close(one.target, other.target)
    turned = _close(one.source, other.target) and _close(one.target, other.source)
    return straight or (one.type in SYMMETRIC and turned)


def _close(one: Range, other: Range) -> bool:
    common = min(one[1], other[1]) - max(one[0], other[0])
    return 2 * common >= max(one[1] - one[0], other[1] - other[0])


def predict_records(analyse: Callable[[Document], DocumentRecords]) -> Maker:
    """Return the maker of the predictor that reads labels from a document's records."""
    return lambda documents: lambda text: labels_of(analyse(Document(text=text, title="report")))


def labels_of(records: DocumentRecords) -> Labels:
    """Return a document's records as re3d's labels."""

    def span(place: int) -> Range:
        found = records.mentions[place].span
        return found.start, found.end

    entities = {
        Entity(TYPE_OF_KIND[mention.kind], mention.span.start, mention.span.end)
        for mention in records.mentions
    }
    relations = {
        Related(TYPE_OF_RELATION[each.kind], span(each.subject), span(each.object))
        for each in records.relations
        if each.kind in TYPE_OF_RELATION
    }
    synonyms = {
        Related(SYNONYM, span(tie.one), span(tie.other))
        for tie in records.ties
        if tie.reason in SYNONYM_REASONS
    }
    return Labels(frozenset(entities), frozenset(relations | synonyms))
