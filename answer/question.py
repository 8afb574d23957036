"""What a question asks for: the kind of answer expected, how many, and under which conditions."""

import re
from dataclasses import dataclass
from enum import StrEnum

from answer.values import Value, find_dates, find_numbers


class Expects(StrEnum):
    """The kind of thing that would answer a question."""

    PERSON = "person"
    GROUP = "group"
    PLACE = "place"
    DATE = "date"
    NUMBER = "number"
    REASON = "reason"
    MANNER = "manner"
    DECISION = "decision"
    THING = "thing"
    """Anything else, what a question in telegram style asks for included."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, read: what kind of answer it expects and which dates and numbers it states."""

    text: str
    expects: Expects
    several: bool
    """Whether it asks for more than one thing ("which provinces", "what two purposes")."""
    dates: tuple[Value, ...]
    numbers: tuple[Value, ...]


_AUXILIARY = (
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)"
)

# First match wins; each line says what the words before it could not. A question often opens with
# something else ("After the raid, who …"), so most patterns are searched for, not anchored.
_PATTERNS: tuple[tuple[Expects, str], ...] = (
    (Expects.REASON, r"\bwhy\b|\bhow come\b|\bwhat (?:is|was|were|are) the (?:reasons?|motives?|aims?|purposes?|goals?|objectives?)\b|\bwhat (?:reasons?|motives?|aims?|purposes?|goals?|factors)\b|\bfor what (?:reason|purpose)|\bwhat (?:made|led|drove|explains|caused)\b|^(?:reasons?|motives?) (?:for|of|why)\b"),
    (Expects.NUMBER, r"\bhow (?:many|much|old|large|big|strong|often|long)\b|\bwhat (?:is|was|were|are) the (?:number|toll|death toll|size|strength|share|percentage)\b|\bwhat (?:number|percentage|share|proportion)\b|^(?:number|no\.?|total|count|death toll|toll)\b|\b(?:death|casualty) (?:toll|count|figures?)\b|\bhw many\b|\bho many\b"),
    (Expects.DATE, r"\bwhen\b|\b(?:what|which|wich) (?:exact )?(?:date|day|year|month|time)\b|\bsince when\b|^date\b|\bon which\b.*\b(?:day|date)\b|\bwhat's the date\b"),
    (Expects.PLACE, r"\bwhere\b|\b(?:what|which|wich) (?:city|cities|town|district|province|provinces|country|countries|region|regions|place|places|prison|area|areas|border|neighbou?rhood)\b"),
    (Expects.PERSON, r"\bwho\b|\bwhom\b|\bwhose\b|\b(?:what|which|wich) (?:person|man|men|woman|leaders?|commanders?|officials?|governors?|experts?|minister|spokes\w+|general|cleric|lecturer|head|chief|figures?|members)\b|\bwhat is the name of\b|\bwhat's the name of\b"),
    (Expects.GROUP, r"\b(?:what|which|wich) (?:groups?|organi[sz]ations?|movements?|parties|party|militia|branch|agency|army|newspapers?|outlets?)\b"),
    (Expects.MANNER, r"\bhow\b|\bin what way\b|\bby what means\b|\bwhat (?:method|methods|tactics?|means|strategy|strategies)\b"),
    (Expects.DECISION, rf"^{_AUXILIARY}\b(?!.*\bwh(?:o|at|en|ere|y|ich)\b)"),
)  # fmt: skip
_COMPILED = tuple((expects, re.compile(pattern, re.IGNORECASE)) for expects, pattern in _PATTERNS)

_SEVERAL = re.compile(
    r"\b(?:which|what|wich|name|list|give)\b[^.?]*?\b(?:two|three|four|five|all|both|several|"
    r"provinces|countries|groups|officials|leaders|members|men|persons|people|figures|targets|cities|"
    r"attacks|aims|reasons|purposes|goals|motives|factors|commitments|promises|pledges|names|"
    r"places|regions|towns|states|tactics|methods|organi[sz]ations|sources|assassinations|victims)\b"
    r"|\bwho (?:were|are|all)\b|\bwhere all\b",
    re.IGNORECASE,
)


def read_question(text: str) -> Question:
    """Return what `text` asks for; a question of no known form expects any THING."""
    expects = next((kind for kind, pattern in _COMPILED if pattern.search(text)), Expects.THING)
    return Question(
        text=text,
        expects=expects,
        several=_SEVERAL.search(text) is not None,
        dates=tuple(find_dates(text)),
        numbers=tuple(find_numbers(text)),
    )
