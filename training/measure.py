"""Measure an exported reader as the service uses it, on what was kept out of its training."""

import random
import re
import resource
import statistics
import string
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from answer.reader import Reader, Reading
from training.examples import misspell, sentences
from training.sources import (
    Paragraph,
    held_out_titles,
    read_clapnq,
    read_reports,
    read_squad,
    read_trecqa,
)

WINDOW_WORDS = 150


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a held-out paragraph and what was read; `gold` is empty when none is."""

    article: str
    gold: tuple[str, ...]
    prediction: str
    evidence: float


@dataclass(frozen=True, slots=True)
class ReadingMeasure:
    """In percent, as SQuAD has it; `best_span_f1` is over answerable questions, refusal off.

    `refusal_auc`, from 0 to 1, says how well the evidence score tells answerable questions from
    others.
    """

    questions: int
    exact: float
    f1: float
    answerable_f1: float
    unanswerable_right: float
    best_span_f1: float
    refusal_auc: float


@dataclass(frozen=True, slots=True)
class RankingMeasure:
    """Answer-sentence selection over the questions that have right and wrong candidates."""

    questions: int
    reciprocal_rank: float
    average_precision: float


def evidence(reading: Reading) -> float:
    """Return how well a window answers: the answerability logit and half the span's score."""
    return reading.answerable + reading.span_score / 2


def windows(text: str, words: int = WINDOW_WORDS) -> list[str]:
    """Return `text` in stretches of whole sentences of at most about `words` words.

    Neighbouring stretches share a sentence where that fits.
    """
    cut: list[str] = []
    held: list[tuple[int, int]] = []
    for span in sentences(text):
        if held and len(text[held[0][0] : span[1]].split()) > words:
            cut.append(text[held[0][0] : held[-1][1]])
            last = held[-1]
            held = [last] if len(text[last[0] : span[1]].split()) <= words else []
        held.append(span)
    return [*cut, text[held[0][0] : held[-1][1]]] if held else []


def best(reader: Reader, question: str, text: str) -> tuple[Reading, str]:
    """Return the reading with the most evidence among the windows of `text`, and its words."""
    cut = windows(text)
    readings = reader.read(question, cut)
    reading, window = max(zip(readings, cut, strict=True), key=lambda pair: evidence(pair[0]))
    return reading, window[reading.start : reading.end]


_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(answer: str) -> list[str]:
    """Return an answer's words as SQuAD's official script compares them."""
    return _ARTICLES.sub(" ", answer.lower().translate(_PUNCTUATION)).split()


def overlap_f1(prediction: str, gold: str) -> float:
    """Return SQuAD's word F1 between two answers, 0 to 1."""
    ours, theirs = normalise(prediction), normalise(gold)
    if not ours or not theirs:
        return float(ours == theirs)
    common = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * common / (len(ours) + len(theirs))


def area_under_roc(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Return the chance that a true item scores above a false one, ties counted half."""
    positives = [s for s, label in zip(scores, labels, strict=True) if label]
    negatives = [s for s, label in zip(scores, labels, strict=True) if not label]
    wins = sum((p > n) + (p == n) / 2 for p in positives for n in negatives)
    return wins / (len(positives) * len(negatives))


def _best_f1(prediction: str, gold: Sequence[str]) -> float:
    return max((overlap_f1(prediction, answer) for answer in gold), default=0.0)


def _scored(asked: Asked, threshold: float) -> tuple[float, float]:
    """Return (exact, F1) of one question when evidence under `threshold` is refused."""
    if asked.evidence < threshold:
        return float(not asked.gold), float(not asked.gold)
    exact = any(normalise(asked.prediction) == normalise(answer) for answer in asked.gold)
    return float(exact), _best_f1(asked.prediction, asked.gold)


def best_threshold(items: Sequence[Asked]) -> float:
    """Return the evidence threshold with the highest mean F1 over `items`."""
    ordered = sorted(items, key=lambda asked: asked.evidence)
    # Going up through the scores, each passed question changes from answered to refused.
    score = top = sum(_scored(asked, -float("inf"))[1] for asked in ordered)
    threshold = ordered[0].evidence
    for asked, above in pairwise(ordered):
        score += float(not asked.gold) - _best_f1(asked.prediction, asked.gold)
        if score > top:
            top, threshold = score, above.evidence
    return threshold


def measure_squad(
    reader: Reader, data: Path, change: Callable[[str], str] = lambda question: question
) -> ReadingMeasure:
    """Measure SQuAD 2.0 over the held-out articles, each question put through `change` first."""
    paragraphs = read_squad(data / "reading" / "squad2-dev.json.gz")
    return _measure_reading(reader, paragraphs, held_out_titles(paragraphs), change)


def measure_reports(reader: Reader) -> ReadingMeasure:
    """Measure the recipe's own reports, those that are not trained on."""
    _, paragraphs = read_reports()
    articles = tuple(dict.fromkeys(paragraph.article for paragraph in paragraphs))
    return _measure_reading(reader, paragraphs, articles, lambda question: question)


def _measure_reading(
    reader: Reader,
    paragraphs: Sequence[Paragraph],
    titles: Sequence[str],
    change: Callable[[str], str],
) -> ReadingMeasure:
    """Measure the questions about the articles `titles`.

    The refusal threshold for one half of the articles is the best one of the other half.
    """
    tasks = [(p, q) for p in paragraphs if p.article in titles for q in p.questions]

    def ask(index: int) -> Asked:
        paragraph, question = tasks[index]
        reading, span = best(reader, change(question.text), paragraph.text)
        gold = tuple(paragraph.text[a:b] for a, b in question.answers)
        return Asked(paragraph.article, gold, span, evidence(reading))

    with ThreadPoolExecutor(2) as pool:
        items = list(pool.map(ask, range(len(tasks))))
    middle = len(titles) // 2
    parts = (titles[:middle], titles[middle:])
    halves = [[item for item in items if item.article in part] for part in parts]
    scores: list[tuple[Asked, float, float]] = []
    for measured, other in (halves, halves[::-1]):
        threshold = best_threshold(other)
        scores += [(item, *_scored(item, threshold)) for item in measured]
    return ReadingMeasure(
        questions=len(scores),
        exact=100 * statistics.mean(exact for _, exact, _ in scores),
        f1=100 * statistics.mean(f1 for _, _, f1 in scores),
        answerable_f1=100 * statistics.mean(f1 for item, _, f1 in scores if item.gold),
        unanswerable_right=100 * statistics.mean(f1 for item, _, f1 in scores if not item.gold),
        best_span_f1=100 * statistics.mean(_best_f1(i.prediction, i.gold) for i in items if i.gold),
        refusal_auc=area_under_roc([i.evidence for i in items], [bool(i.gold) for i in items]),
    )


def measure_squad_mistyped(reader: Reader, data: Path) -> ReadingMeasure:
    """Measure as `measure_squad` does, with one or two words of every question mistyped."""
    return measure_squad(reader, data, lambda q: misspell(q, random.Random(q)))


def measure_clapnq(reader: Reader, data: Path) -> tuple[int, float]:
    """Return how many CLAPnq questions were kept out, and the area under their refusal curve."""
    _, judged = read_clapnq(data / "refusal")
    scores = [evidence(best(reader, item.question, item.text)[0]) for item in judged]
    return len(judged), area_under_roc(scores, [item.answerable for item in judged])


def measure_trecqa(reader: Reader, data: Path) -> RankingMeasure:
    """Measure how TREC QA's test sentences rank; nothing was trained on TREC QA."""
    reciprocals, precisions = [], []
    for candidates in read_trecqa(data / "rerank" / "trecqa-test.csv.gz").values():
        if len({c.answerable for c in candidates}) < 2:
            continue
        readings = reader.read(candidates[0].question, [c.text for c in candidates])
        order = sorted(range(len(candidates)), key=lambda i: (-evidence(readings[i]), i))
        ranks = [rank for rank, i in enumerate(order, 1) if candidates[i].answerable]
        reciprocals.append(1 / ranks[0])
        precisions.append(statistics.mean(n / rank for n, rank in enumerate(ranks, 1)))
    return RankingMeasure(
        len(reciprocals), statistics.mean(reciprocals), statistics.mean(precisions)
    )


def peak_memory() -> float:
    """Return the most memory that this process has had resident, in MiB (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_latency(reader: Reader, windows_read: int = 8, words: int = 103) -> list[float]:
    """Return milliseconds of 20 readings of windows of 128 tokens with their question, sorted."""
    question = "How many people were killed in the attack on the market?"
    # "report" is one token: 103 of them, a full stop after every tenth and the question make 128.
    sentence = "report " * 9 + "report. "
    window = (sentence * (words // 10 + 1))[: 7 * words].strip()
    times = []
    for _ in range(22):
        began = time.perf_counter()
        reader.read(question, [window] * windows_read)
        times.append(1000 * (time.perf_counter() - began))
    return sorted(times[2:])
