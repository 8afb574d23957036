"""MUC-4 role fillers: who did what to whom with what, scored by CEAF-REE.

The measure is that of GRIT (Du et al. 2021), so that numbers compare with the published ones: for
each document and role, found entities are matched one to one with labelled ones (Kuhn-Munkres) so
that the most match; a found entity matches when each of its mentions is one of the labelled
entity's. Sums over all documents give precision, recall and F1 for each role and, over all roles,
the micro average. Mentions are compared as SQuAD compares answers. A document's templates are
taken together: an entity of a later template that is contained in an earlier one, or contains it,
is the same.
"""

import gzip
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from analysis.records import Account, ActorKind, DocumentRecords, Ladder, Party
from eval.errors import EvalError
from eval.normalise import normalise
from ingest.document import Document

ROLES = ("PerpInd", "PerpOrg", "Target", "Victim", "Weapon")

Entities = Sequence[Sequence[str]]
"""Entities, each as its mentions."""
Roles = Mapping[str, Entities]
Predictor = Callable[[str], Roles]
"""From a document's text to its role fillers; a role that is left out has none."""


class Muc4Error(EvalError):
    """A MUC-4 file that cannot be read."""


@dataclass(frozen=True, slots=True)
class Muc4Document:
    """A news report in lower case, and its role fillers over all templates."""

    id: str
    text: str
    roles: Mapping[str, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, slots=True)
class Counts:
    """Matched, found and labelled entities."""

    matched: int = 0
    found: int = 0
    labelled: int = 0

    @property
    def precision(self) -> float:
        """Matched among found; 0 where nothing was found."""
        return self.matched / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Matched among labelled; 0 where nothing is labelled."""
        return self.matched / self.labelled if self.labelled else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.found + self.labelled
        return 2 * self.matched / both if both else 0.0

    def __add__(self, other: "Counts") -> "Counts":
        """Return the sums."""
        return Counts(
            self.matched + other.matched, self.found + other.found, self.labelled + other.labelled
        )


@dataclass(frozen=True, slots=True)
class Muc4Score:
    """Counts by role, and over all roles under `micro`."""

    by_role: Mapping[str, Counts]
    micro: Counts


def read_muc4(path: Path) -> list[Muc4Document]:
    """Return the documents of a gzipped JSON Lines file of wgantt/gtt.

    Raises Muc4Error naming the line that is not in its form.
    """
    documents = []
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    record = json.loads(line)
                    documents.append(
                        Muc4Document(
                            str(record["docid"]),
                            str(record["doctext"]),
                            {role: _merged(record["templates"], role) for role in ROLES},
                        )
                    )
                except (ValueError, KeyError, TypeError, IndexError) as error:
                    raise Muc4Error(
                        f"{path}:{number}: is no MUC-4 document ({error!r}); give docid, doctext "
                        "and templates"
                    ) from error
    except OSError as error:
        raise Muc4Error(f"{path}: cannot be read ({error}); check the path") from error
    return documents


def _merged(templates: Sequence[Mapping[str, Entities]], role: str) -> tuple[tuple[str, ...], ...]:
    entities: list[tuple[str, ...]] = []
    for template in templates:
        for entity in template[role]:
            mentions = tuple(mention[0] for mention in entity)
            if mentions and not any(
                set(mentions) <= set(other) or set(other) <= set(mentions) for other in entities
            ):
                entities.append(mentions)
    return tuple(entities)


def score_muc4(documents: Sequence[Muc4Document], predict: Predictor) -> Muc4Score:
    """Return CEAF-REE of what `predict` finds in the documents' texts."""
    by_role = dict.fromkeys(ROLES, Counts())
    for document in documents:
        found = predict(document.text)
        unknown = found.keys() - set(ROLES)
        if unknown:
            raise Muc4Error(f"role {min(unknown)!r} is unknown; use one of {', '.join(ROLES)}")
        for role in ROLES:
            by_role[role] += match_entities(found.get(role, ()), document.roles[role])
    return Muc4Score(by_role, sum(by_role.values(), start=Counts()))


def match_entities(found: Entities, labelled: Entities) -> Counts:
    """Return the counts of one role in one document; entities without a mention are none."""
    ours, theirs = (
        [set(map(normalise, each)) for each in group if each] for group in (found, labelled)
    )
    if not ours or not theirs:
        return Counts(0, len(ours), len(theirs))
    fits = np.array([[float(one <= other) for other in theirs] for one in ours])
    rows, columns = linear_sum_assignment(-fits)
    return Counts(int(fits[rows, columns].sum()), len(ours), len(theirs))


def predict_roles(analyse: Callable[[Document], DocumentRecords]) -> Predictor:
    """Return the predictor that reads role fillers from a document's records."""
    return lambda text: roles_of(analyse(Document(text=text, title="report")))


def roles_of(records: DocumentRecords) -> Roles:
    """Return the role fillers of a document's accounts, each named actor with all its names."""
    names = _names_of(records)
    roles: dict[str, list[tuple[str, ...]]] = {role: [] for role in ROLES}
    for account in records.accounts:
        for role, filler in _fillers(account, records, names):
            if filler not in roles[role]:
                roles[role].append(filler)
    return roles


def _fillers(
    account: Account, records: DocumentRecords, names: Sequence[tuple[str, ...]]
) -> list[tuple[str, tuple[str, ...]]]:
    def filler(party: Party) -> tuple[str, ...]:
        return (party.text,) if party.mention is None else names[party.mention]

    found = [
        (_role_of_perpetrator(by.actor, records), filler(by.actor))
        for by in account.attributions
        if by.ladder is not Ladder.DENIED
    ]
    found += [("Target", filler(party)) for party in account.targets]
    found += [("Victim", filler(party)) for party in account.victims]
    return found + [("Weapon", (weapon.text,)) for weapon in account.weapons]


def _role_of_perpetrator(party: Party, records: DocumentRecords) -> str:
    if party.mention is None or records.mentions[party.mention].kind is ActorKind.PERSON:
        return "PerpInd"
    return "PerpOrg"


def _names_of(records: DocumentRecords) -> list[tuple[str, ...]]:
    """Return for each mention the different names of the actor that it names, its own first."""
    leader = list(range(len(records.mentions)))

    def find(place: int) -> int:
        while leader[place] != place:
            place = leader[place]
        return place

    for tie in records.ties:
        one, other = find(tie.one), find(tie.other)
        leader[max(one, other)] = min(one, other)
    texts: dict[int, list[str]] = {}
    for place, mention in enumerate(records.mentions):
        texts.setdefault(find(place), []).append(_plain(mention.text))
    return [
        tuple(dict.fromkeys([_plain(mention.text), *texts[find(place)]]))
        for place, mention in enumerate(records.mentions)
    ]


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)
