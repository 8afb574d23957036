"""Learn MUC-4's role fillers from its training part: `python -m training.muc4 TRAIN DEV`.

Which noun phrase of a news report fills which role is decided by a linear classifier (multinomial
logistic regression over hashed features) from its words, its neighbours, its place in the parse and
whether the report tells of an attack at all. Phrases that name one thing become one filler, by the
best of its names. Thresholds are chosen on folds of the training part; the other file is only
scored. The texts come without a licence, so nothing that is fitted on them is kept.
"""

import argparse
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from spacy.tokens import Doc, Token
from tqdm import tqdm

from analysis.names import NameRegister
from analysis.tagger import tag
from analysis.terms import STOP_WORDS, stem
from eval.muc4 import ROLES, Muc4Document, Muc4Score, Roles, read_muc4, score_muc4
from eval.normalise import normalise
from ingest.document import Document

CLASSES = ("none", *ROLES)
HASHED_FEATURES = 2**19
# Strength of the pull of all weights towards 0.
PENALTY = 1.0
FOLDS = 3
MAX_WORDS = 8
"""Longer phrases are no filler that would be found as written."""
MAX_ITERATIONS = 40
MIN_ROWS = 3
"""Features of fewer rows weigh nothing: they would only tell the training part's rows apart."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that may fill a role: its text and hashed features."""

    text: str
    key: str
    """What phrases are compared by: as SQuAD compares answers."""
    start: int
    features: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A news report's phrases, and the hashed words that tell whether it is of an attack."""

    phrases: tuple[Phrase, ...]
    words: tuple[int, ...]


def read_report(text: str) -> Report:
    """Return a report's phrases in text order, and its words."""
    # Without capitals no entity can be told by its looks: with a register, if an empty one, none
    # is looked for, which takes half the time.
    paragraphs = tag(Document(text=text, title="report"), NameRegister(()))
    stems = [[stem(token.lower_) for token in tagged.doc] for tagged in paragraphs]
    counts = Counter(word for words in stems for word in words)
    phrases: list[Phrase] = []
    for tagged, words in zip(paragraphs, stems, strict=True):
        if tagged.doc.has_annotation("DEP"):
            found = {
                (first, end): _phrase(tagged.doc, first, end, root, words, counts)
                for first, end, root in _spans(tagged.doc)
            }
            phrases.extend(found[place] for place in sorted(found))
    content = {word for word in counts if word.isalpha() and word not in STOP_WORDS}
    return Report(tuple(phrases), tuple(sorted({_hash(f"doc {word}") for word in content})))


def _spans(doc: Doc) -> Iterator[tuple[int, int, Token]]:
    """Yield noun phrases as token ranges with their heads: with and without what stands around.

    "The mayor of Medellin" is taken whole and as "mayor"; "archbishop oscar romero" as "oscar
    romero", too.
    """
    for chunk in doc.noun_chunks:
        first, end = chunk.start, chunk.end
        while first < end and (doc[first].dep_ in ("det", "poss") or not doc[first].is_alpha):
            first += 1
        while end > first and not doc[end - 1].text[-1].isalnum():
            end -= 1
        if first == end:
            continue
        longer = end
        while longer < len(doc) - 1 and doc[longer].lower_ in ("of", "de", "del"):
            inner = next((c for c in doc[longer + 1 :].noun_chunks), None)
            if inner is None or inner.start != longer + 1:
                break
            longer = inner.end
        for at in range(first, end):
            if end - at <= MAX_WORDS and doc[at].lower_ not in STOP_WORDS:
                yield at, end, chunk.root
        if longer > end and longer - first <= MAX_WORDS:
            yield first, longer, chunk.root


def _hash(feature: str) -> int:
    return zlib.crc32(feature.encode()) % HASHED_FEATURES


def _phrase(
    doc: Doc, first: int, end: int, root: Token, stems: Sequence[str], counts: Counter[str]
) -> Phrase:
    text = doc[first:end].text
    inside = stems[first:end]
    head = root.head
    above = head.head if head.dep_ in ("prep", "agent") or head.pos_ == "ADP" else head
    relation = f"{root.dep_} {stem(head.lower_)}"
    if above is not head:
        relation = f"{root.dep_} {head.lower_} {stem(above.lower_)}"
    before = stems[max(0, first - 3) : first]
    after = stems[end : end + 3]
    sentence = root.sent
    near = {stems[token.i] for token in sentence if token.is_alpha and token.pos_ != "PROPN"}
    found = [
        "bias",
        f"text {' '.join(inside)}",
        f"head {stems[root.i]}",
        f"last {inside[-1]}",
        f"first {inside[0]}",
        f"length {end - first}",
        f"relation {relation}",
        f"dep {root.dep_} {above.pos_}",
        f"head, above {stems[root.i]} {stem(above.lower_)}",
        f"shape {' '.join(token.pos_ for token in doc[first:end])}",
        f"before {before[-1] if before else ''}",
        f"before two {' '.join(before[-2:])}",
        f"after {after[0] if after else ''}",
        f"after two {' '.join(after[:2])}",
        f"cut {first > 0 and doc[first - 1].head.i in range(first, end)}",
        f"place {min(first * 6 // max(len(doc), 1), 5)}",
        f"said {min(counts[stems[root.i]], 5)}",
    ]
    found += [f"word {word}" for word in inside]
    found += [f"around {word}" for word in (*before, *after)]
    found += [f"near {word} {root.dep_}" for word in near if word not in STOP_WORDS]
    found += [f"in sentence {word}" for word in near if word not in STOP_WORDS]
    return Phrase(text, normalise(text), doc[first].idx, tuple({_hash(each) for each in found}))


class Softmax:
    """Multinomial logistic regression; weights have the shape (features, classes)."""

    def __init__(self, weights: NDArray[np.float64]) -> None:
        """Take fitted weights."""
        self.weights = weights

    @classmethod
    def fit(cls, rows: csr_matrix, labels: NDArray[np.intp], classes: int) -> "Softmax":
        """Return the weights that make `labels` most likely, pulled towards 0."""
        wanted = np.eye(classes)[labels]
        kept = np.flatnonzero(np.bincount(rows.indices, minlength=rows.shape[1]) >= MIN_ROWS)
        narrow = rows[:, kept]
        turned = narrow.T.tocsr()

        def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            weights = flat.reshape(-1, classes)
            logits = narrow @ weights
            logits -= logits.max(axis=1, keepdims=True)
            likely = np.exp(logits)
            total = likely.sum(axis=1, keepdims=True)
            cost = float(np.log(total).sum() - (logits * wanted).sum())
            slope = turned @ (likely / total - wanted) + PENALTY * weights
            return cost + PENALTY / 2 * float((weights**2).sum()), slope.ravel()

        start = np.zeros(len(kept) * classes)
        found = minimize(
            loss, start, jac=True, method="L-BFGS-B", options={"maxiter": MAX_ITERATIONS}
        )
        weights = np.zeros((rows.shape[1], classes))
        weights[kept] = found.x.reshape(-1, classes)
        return cls(weights)

    def likely(self, rows: csr_matrix) -> NDArray[np.float64]:
        """Return the probability of each class for each row."""
        logits = rows @ self.weights
        logits -= logits.max(axis=1, keepdims=True)
        found = np.exp(logits)
        return np.asarray(found / found.sum(axis=1, keepdims=True))


def _rows(features: Sequence[Sequence[int]]) -> csr_matrix:
    ends = np.cumsum([0, *map(len, features)])
    columns = np.fromiter((each for row in features for each in row), dtype=np.int64)
    return csr_matrix(
        (np.ones(len(columns)), columns, ends), shape=(len(features), HASHED_FEATURES)
    )


@dataclass(frozen=True, slots=True)
class RoleFinder:
    """Finds role fillers: phrases over their role's threshold, one for each thing that is named."""

    phrases: Softmax
    reports: Softmax
    same: Mapping[str, frozenset[str]]
    """Names that the training part gives one organisation."""
    thresholds: Mapping[str, float]

    def likely(self, reports: Sequence[Report]) -> list[dict[str, dict[str, tuple[float, Phrase]]]]:
        """Return for each report and role the phrases by key, each with its best probability."""
        told = self.reports.likely(_rows([report.words for report in reports]))[:, 1]
        found = []
        for report, of_attack in zip(reports, told, strict=True):
            best: dict[str, dict[str, tuple[float, Phrase]]] = {role: {} for role in ROLES}
            if report.phrases:
                rows = _rows([_with_report(p, float(of_attack)) for p in report.phrases])
                for phrase, row in zip(report.phrases, self.phrases.likely(rows), strict=True):
                    for role, probability in zip(ROLES, row[1:], strict=True):
                        known = best[role].get(phrase.key)
                        if known is None or known[0] < probability:
                            best[role][phrase.key] = (float(probability), phrase)
            found.append(best)
        return found

    def decide(
        self,
        likely: Mapping[str, Mapping[str, tuple[float, Phrase]]],
        thresholds: Mapping[str, float],
    ) -> Roles:
        """Return the fillers over their thresholds, the likeliest name for each thing."""
        roles: dict[str, list[tuple[str, ...]]] = {}
        for role in ROLES:
            taken: list[Phrase] = []
            ranked = sorted(likely[role].values(), key=lambda pair: (-pair[0], pair[1].start))
            for probability, phrase in ranked:
                if probability < thresholds[role]:
                    break
                if not any(self._alike(phrase, other) for other in taken):
                    taken.append(phrase)
            roles[role] = [(phrase.text,) for phrase in taken]
        return roles

    def _alike(self, one: Phrase, other: Phrase) -> bool:
        """Whether two phrases name one thing, by words in common, initials or what was learnt."""
        if other.key in self.same.get(one.key, frozenset()):
            return True
        ours, theirs = set(one.key.split()), set(other.key.split())
        if ours <= theirs or theirs <= ours:
            return True
        return _initials(one.key) == other.key or _initials(other.key) == one.key

    def find(self, report: Report) -> Roles:
        """Return the role fillers of a report."""
        [likely] = self.likely([report])
        return self.decide(likely, self.thresholds)


def _initials(key: str) -> str:
    words = [word for word in key.split() if word not in STOP_WORDS and word not in ("de", "la")]
    return "".join(word[0] for word in words) if len(words) > 2 else ""


def _with_report(phrase: Phrase, of_attack: float) -> tuple[int, ...]:
    bucket = int(of_attack * 5)
    return (*phrase.features, _hash(f"report {bucket}"))


def learn(documents: Sequence[Muc4Document], reports: Sequence[Report]) -> RoleFinder:
    """Return a finder fitted on labelled documents, thresholds from folds of them."""
    parts = [list(range(fold, len(documents), FOLDS)) for fold in range(FOLDS)]
    likely: list[dict[str, dict[str, tuple[float, Phrase]]]] = [{} for _ in documents]
    for part in parts:
        held = set(part)
        rest = [n for n in range(len(documents)) if n not in held]
        finder = _fit([documents[n] for n in rest], [reports[n] for n in rest])
        for n, found in zip(part, finder.likely([reports[n] for n in part]), strict=True):
            likely[n] = found
    finder = _fit(documents, reports)
    thresholds = {role: _best_threshold(role, documents, likely, finder) for role in ROLES}
    return RoleFinder(finder.phrases, finder.reports, finder.same, thresholds)


def _best_threshold(
    role: str,
    documents: Sequence[Muc4Document],
    likely: Sequence[Mapping[str, Mapping[str, tuple[float, Phrase]]]],
    finder: RoleFinder,
) -> float:
    def f1(threshold: float) -> float:
        others = {each: threshold if each == role else 2.0 for each in ROLES}
        by_text = {
            document.text: finder.decide(found, others)
            for document, found in zip(documents, likely, strict=True)
        }
        return score_muc4(documents, by_text.__getitem__).by_role[role].f1

    return max((round(0.03 * n, 2) for n in range(1, 21)), key=f1)


def _fit(documents: Sequence[Muc4Document], reports: Sequence[Report]) -> RoleFinder:
    about = np.array([int(any(document.roles.values())) for document in documents])
    words = _rows([report.words for report in reports])
    told = np.zeros(len(documents))
    # What a report is about is guessed from the other half, as it will be for a new one.
    for half in (0, 1):
        ours, others = np.arange(half, len(about), 2), np.arange(1 - half, len(about), 2)
        told[ours] = Softmax.fit(words[others], about[others], 2).likely(words[ours])[:, 1]
    features, labels = [], []
    for document, report, of_attack in zip(documents, reports, told, strict=True):
        role_of = {
            normalise(mention): CLASSES.index(role)
            for role in reversed(ROLES)
            for entity in document.roles[role]
            for mention in entity
        }
        for phrase in report.phrases:
            features.append(_with_report(phrase, float(of_attack)))
            labels.append(role_of.get(phrase.key, 0))
    return RoleFinder(
        Softmax.fit(_rows(features), np.array(labels), len(CLASSES)),
        Softmax.fit(words, about, 2),
        _names_of_one(documents),
        dict.fromkeys(ROLES, 0.5),
    )


def _names_of_one(documents: Sequence[Muc4Document]) -> dict[str, frozenset[str]]:
    names: dict[str, set[str]] = defaultdict(set)
    for document in documents:
        for entity in document.roles["PerpOrg"]:
            keys = {normalise(mention) for mention in entity}
            for key in keys:
                names[key] |= keys
    return {key: frozenset(keys) for key, keys in names.items()}


def parse_reports(documents: Sequence[Muc4Document]) -> list[Report]:
    """Return the phrases of each document."""
    return [read_report(document.text) for document in tqdm(documents, unit="report")]


def measure(train: Path, held_out: Path) -> tuple[Muc4Score, Mapping[str, float]]:
    """Return the score on `held_out` of what is learnt from `train`, and the thresholds."""
    documents, others = read_muc4(train), read_muc4(held_out)
    finder = learn(documents, parse_reports(documents))
    found = {
        document.text: finder.find(report)
        for document, report in zip(others, parse_reports(others), strict=True)
    }
    return score_muc4(others, found.__getitem__), finder.thresholds


def main() -> None:
    """Print role-filler precision, recall and F1 of a held-out part."""
    parser = argparse.ArgumentParser(prog="python -m training.muc4", description=__doc__)
    parser.add_argument("train", type=Path, help="gzipped MUC-4 training part")
    parser.add_argument("held_out", type=Path, help="gzipped MUC-4 development part")
    arguments = parser.parse_args()
    score, thresholds = measure(arguments.train, arguments.held_out)
    for role, counts in {**score.by_role, "micro average": score.micro}.items():
        threshold = f"  over {thresholds[role]:.2f}" if role in thresholds else ""
        print(  # noqa: T201
            f"{role:14} P {counts.precision:.3f}  R {counts.recall:.3f}  F1 {counts.f1:.3f}"
            f"  ({counts.matched} of {counts.found} found, {counts.labelled} labelled){threshold}"
        )


if __name__ == "__main__":
    main()
