"""Judging by hand: a page of replies without their systems' names, and what scorers made of it.

The page holds every distinct reply of one or several runs, in an order that tells nothing. A scorer
calls each right, partly right, wrong or unsupported (right or not, the quotes do not show it), and
saves a file:

    {"format": 1, "sheet": "<which page>", "scorer": "A. Reader",
     "judgements": {"<item>": "right", …}}

From such files come each system's tally, the scorers' agreement, and a gold set of what all of
them called right.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from eval.errors import EvalError
from eval.gold import Evidence, GoldQuestion, Kind, Part, question_to_json
from eval.reply import Outcome, Reply, reply_to_json
from eval.run import Run

FORMAT = 1


class JudgementError(EvalError):
    """A file of judgements that cannot be used; the message names file, finding and remedy."""


class Judgement(StrEnum):
    """What a scorer calls a reply."""

    RIGHT = "right"
    PARTLY = "partly"
    WRONG = "wrong"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Item:
    """A question with one reply to it; systems that replied alike share it."""

    id: str
    question: GoldQuestion
    reply: Reply


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is judged, in the order in which it is shown."""

    id: str
    items: tuple[Item, ...]
    of_run: tuple[Mapping[str, str], ...]
    """For each run, the item of each question, by question id."""
    titles: Mapping[str, str]
    """Titles of the documents that are cited, by id."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One scorer's file."""

    scorer: str
    judgements: Mapping[str, Judgement]
    """By item."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two scorers agree on the items that both judged."""

    first: str
    second: str
    count: int
    share: float
    kappa: float | None
    """Cohen's kappa; None where it is undefined: no common item, or one judgement throughout."""


def make_sheet(runs: Sequence[Run]) -> Sheet:
    """Return the sheet of these runs; the same replies give the same sheet, whoever gave them."""
    items: dict[str, Item] = {}
    of_run = []
    titles: dict[str, str] = {}
    for run in runs:
        titles |= run.info.documents
        item_of_question = {}
        for row in run.rows:
            item = Item(_item_id(row.question, row.reply), row.question, row.reply)
            items.setdefault(item.id, item)
            item_of_question[row.question.id] = item.id
        of_run.append(item_of_question)
    # By hash: the order tells neither system nor kind, and replies to one question lie apart.
    ordered = tuple(items[name] for name in sorted(items))
    sheet_id = hashlib.sha256("".join(item.id for item in ordered).encode()).hexdigest()[:16]
    return Sheet(sheet_id, ordered, tuple(of_run), titles)


def read_judgements(path: Path, sheet: Sheet) -> Scored:
    """Return a scorer's file for this sheet; raises JudgementError if it is none."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["format"] != FORMAT or record["sheet"] != sheet.id:
            raise JudgementError(
                f"{path}: judges sheet {record['sheet']!r}, these runs make sheet {sheet.id!r}; "
                "name the runs that the page was made of"
            )
        judgements = {name: Judgement(word) for name, word in record["judgements"].items()}
        scorer = record["scorer"].strip()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise JudgementError(
            f"{path}: not a file of judgements ({error}); save it from the judging page"
        ) from error
    unknown = judgements.keys() - {item.id for item in sheet.items}
    if unknown or not scorer:
        raise JudgementError(
            f"{path}: {len(unknown)} judgements of unknown items, scorer {scorer!r}; "
            "save it anew from the judging page, with the scorer's name"
        )
    return Scored(scorer, judgements)


def tally(sheet: Sheet, run_number: int, scored: Scored) -> Counter[str]:
    """Return how often a run's replies were called what; questions not judged are "open"."""
    return Counter(
        scored.judgements[item].value if item in scored.judgements else "open"
        for item in sheet.of_run[run_number].values()
    )


def agreement(first: Scored, second: Scored) -> Agreement:
    """Return two scorers' agreement, by share and by Cohen's kappa (unweighted)."""
    common = sorted(first.judgements.keys() & second.judgements.keys())
    if not common:
        return Agreement(first.scorer, second.scorer, 0, 0.0, None)
    pairs = [(first.judgements[item], second.judgements[item]) for item in common]
    share = sum(one == other for one, other in pairs) / len(pairs)
    firsts, seconds = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(firsts[word] * seconds[word] for word in Judgement) / len(pairs) ** 2
    kappa = None if chance == 1.0 else (share - chance) / (1.0 - chance)
    return Agreement(first.scorer, second.scorer, len(pairs), share, kappa)


def to_gold(sheet: Sheet, scored: Sequence[Scored]) -> list[GoldQuestion]:
    """Return the questions with what every scorer called right, in the order of their ids.

    A right answer becomes wording and evidence, right replies of several systems become
    alternatives; a right refusal makes its question unanswerable. A question of which both an
    answer and a refusal were called right, or an answer that cites nothing, is left out.
    """
    right: dict[str, list[Item]] = {}
    for item in sheet.items:
        if all(one.judgements.get(item.id) is Judgement.RIGHT for one in scored):
            right.setdefault(item.question.id, []).append(item)
    names = ", ".join(one.scorer for one in scored)
    questions = (_gold_question(right[name], names) for name in sorted(right))
    return [question for question in questions if question is not None]


def _item_id(question: GoldQuestion, reply: Reply) -> str:
    asked = question_to_json(question)
    given = reply_to_json(reply)
    told = {
        "asked": [asked.get("turns"), asked["id"], asked["question"]],
        "given": [given["status"], given["answer"], given["citations"]],
    }
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def _gold_question(items: Sequence[Item], judged_by: str) -> GoldQuestion | None:
    question = items[0].question
    outcomes = {item.reply.outcome for item in items}
    parts: tuple[Part, ...] = ()
    if outcomes == {Outcome.NOT_FOUND}:
        kind = Kind.UNANSWERABLE
    elif outcomes == {Outcome.ANSWERED} and all(item.reply.citations for item in items):
        kind = Kind.FACT if question.kind is Kind.UNANSWERABLE else question.kind
        parts = _parts(kind, [item.reply for item in items])
    else:
        return None
    return GoldQuestion(
        id=question.id,
        kind=kind,
        question=question.question,
        parts=parts,
        judged_by=judged_by,
        turns=question.turns,
        near_miss=question.near_miss and kind is Kind.UNANSWERABLE,
    )


def _parts(kind: Kind, replies: Sequence[Reply]) -> tuple[Part, ...]:
    if kind in (Kind.SEVERAL, Kind.CONFLICT):
        # Each citation answers for one of the several things; one reply is complete in itself.
        reply = max(replies, key=lambda reply: len(reply.citations))
        return tuple(
            Part(
                (cited.answer or reply.answer or "",),
                (Evidence(cited.document, cited.start, cited.end),),
                verbatim=cited.answer is not None,
            )
            for cited in reply.citations
        )
    firsts = [reply.citations[0] for reply in replies]
    return (
        Part(
            _distinct(reply.answer for reply in replies if reply.answer),
            tuple(
                dict.fromkeys(Evidence(cited.document, cited.start, cited.end) for cited in firsts)
            ),
            verbatim=all(cited.answer is not None for cited in firsts),
        ),
    )


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
