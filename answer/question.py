"""What a question asks for: the kind of answer expected, how many, and under which conditions."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from analysis.terms import HYPHENS, STOP_WORDS, stem, words
from analysis.values import Value, find_dates, find_numbers


class Expects(StrEnum):
    """The kind of thing that would answer a question."""

    PERSON = "person"
    GROUP = "group"
    PLACE = "place"
    DATE = "date"
    NUMBER = "number"
    REASON = "reason"
    MANNER = "manner"
    DESCRIPTION = "description"
    """Who or what something is."""
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
    counted: str | None
    """The stem of what is to be counted ("soldier"), PEOPLE for anybody; None if left open."""
    counted_as: str | None
    """What is to be counted as the question writes it ("British soldiers")."""
    individual: bool
    """Whether it asks for somebody by name, so that a group is no answer."""


_WHICH = r"(?:what|which|wich|wat)"
_BE = r"(?:is|was|were|are)"
_AIM = r"(?:reasons?|motives?|aims?|purposes?|goals?|objectives?)"
AUXILIARY = (
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)"
)


def _noun(*nouns: str) -> str:
    """Return a pattern for "which NOUN", the nouns separated by spaces."""
    return rf"{_WHICH} (?:{'|'.join(' '.join(nouns).split())})\b"


# The first kind with a pattern in the question wins: each says what those before it could not. A
# question often opens with something else ("After the raid, who …"), so most are not anchored.
_PATTERNS: dict[Expects, tuple[str, ...]] = {
    Expects.REASON: (
        r"\bwhy\b",
        r"\bhow come\b",
        rf"\b{_WHICH} (?:{_BE} the )?{_AIM}\b",
        r"\bfor what (?:reason|purpose)\b",
        rf"\b{_WHICH} (?:factors|made|led|drove|explains|caused)\b",
        rf"^{_AIM} (?:for|of|why)\b",
    ),
    Expects.NUMBER: (
        r"\bh?o?w (?:many|meny|much|old|large|big|strong|often|long)\b",
        rf"\b{_WHICH} {_BE} the (?:number|toll|death toll|size|strength|share|percentage)\b",
        rf"\b{_noun('number percentage share proportion')}",
        r"^(?:number|no\.?|total|count|toll)\b",
        r"\b(?:death|casualty) (?:toll|count|figures?)\b",
    ),
    Expects.DATE: (
        # Before a subject and its verb "when" only says under which condition.
        rf"^(?:and |but |so |since )?when\b|\bwhen {AUXILIARY}\b",
        rf"\b{_WHICH} (?:exact )?(?:dates?|day|years?|months?)\b",
        r"^date\b|\bdate\W*$",
    ),
    Expects.PLACE: (
        r"\bwhere\b",
        _noun(
            "city cities town district province provinces country countries region regions place",
            "places prison area areas border neighbourhood neighborhood state states",
        ),
    ),
    Expects.PERSON: (
        r"\bwho(?:m|se)?\b",
        _noun(
            "person man men woman leader leaders commander commanders official officials governor",
            "governors expert experts minister spokesman spokesperson general cleric lecturer head",
            "chief figure figures member members",
        ),
        rf"\b{_WHICH}(?:'s| {_BE}) the names?\b",
    ),
    Expects.GROUP: (
        _noun(
            "group groups organisation organization organisations organizations movement movements",
            "parties party militia branch agency army newspaper outlet",
        ),
    ),
    Expects.MANNER: (
        r"\bhow\b",
        r"\bin what way\b",
        r"\bby what means\b",
        _noun("method methods tactic tactics means strategy strategies"),
    ),
    Expects.DECISION: (rf"^{AUXILIARY}\b(?!.*\bwh(?:o|at|en|ere|y|ich)\b)",),
}
_COMPILED = {
    expects: re.compile("|".join(patterns), re.IGNORECASE)
    for expects, patterns in _PATTERNS.items()
}

_SEVERAL = re.compile(
    r"\b(?:which|what|wich|name|list|give)\b[^.?]*?\b(?:two|three|four|five|all|both|several|"
    r"provinces|countries|groups|officials|leaders|members|men|persons|people|figures|targets|cities|"
    r"attacks|aims|reasons|purposes|goals|motives|factors|commitments|promises|pledges|names|"
    r"places|regions|towns|states|tactics|methods|organi[sz]ations|sources|assassinations|victims)\b"
    r"|\bwho (?:were|are|all)\b|\bwhere all\b",
    re.IGNORECASE,
)


_MANY = re.compile(r"\b(?:many|meny|number of)\s+", re.IGNORECASE)
# What is counted is named in so many words after "many" ("suspected foreign fighters").
_COUNTED_WORDS = 4
# "how many more people", "how many of the prisoners"
_BEFORE_COUNTED = frozenset("more other further additional of the these those".split())
# What follows it: verbs whose past has no "ed", and other words that are no noun.
_AFTER_COUNTED = STOP_WORDS | frozenset(
    "became become began begin belong besides alongside according altogether around away back came "
    "come died drown fall fell fight fled flee fought freeze froze gave get give go got held hold "
    "ill join keep kept killed lay left live lose lost made make meet met ran remain run sat see "
    "serve set stand starve stay stood take together took went win won work".split()
)
PEOPLE = "peopl"
"""What `counted` is when it may be whoever."""
# Whoever is counted may be called fighters, civilians or guards in the text.
_ANYBODY = frozenset(map(stem, "people person persons victims casualties dead others".split()))
_INDIVIDUAL = re.compile(
    r"\bwho (?:leads|led|heads|headed|commands|commanded|replaced|succeeded|founded)\b"
    r"|\b(?:names? of|who (?:is|was|became) the (?:\w+ )?(?:leader|head|chief|commander|governor|"
    r"founder|spokes\w+|minister|emir))\b"
    r"|\bwhich (?:\w+ )?(?:man|woman|person|leader|commander|official|governor|expert|minister|"
    r"general|cleric|member)\b",
    re.IGNORECASE,
)
_WHO_IS = re.compile(rf"^(?:and )?(?:who|what)(?:['’]s| {_BE}) (?:the )?(.+?)\W*$", re.IGNORECASE)


def read_question(text: str, names: Collection[str] = ()) -> Question:
    """Return what `text` asks for; a question of no known form expects any THING.

    `names` are the names it says: "who is" and nothing but a name asks for a DESCRIPTION.
    """
    who_is = _WHO_IS.match(text)
    if who_is and (who_is[1] in names or who_is[1].istitle()):
        expects = Expects.DESCRIPTION
    else:
        expects = next(
            (kind for kind, pattern in _COMPILED.items() if pattern.search(text)), Expects.THING
        )
    counted, counted_as = _counted(text) if expects is Expects.NUMBER else (None, None)
    return Question(
        text=text,
        expects=expects,
        several=_SEVERAL.search(text) is not None,
        dates=tuple(find_dates(text)),
        numbers=tuple(find_numbers(text)),
        counted=counted,
        counted_as=counted_as,
        individual=_INDIVIDUAL.search(text) is not None,
    )


def _counted(text: str) -> tuple[str | None, str | None]:
    """Return the stem of what is to be counted, or PEOPLE, and how the question writes it."""
    found = _MANY.search(text)
    if found is None:
        return None, None
    begin = end = found.end()
    head = None
    for word in words(text[begin:])[:_COUNTED_WORDS]:
        if not HYPHENS.issuperset(text[end : begin + word.start].strip()):
            break
        leads_up = head is None and word.form in _BEFORE_COUNTED
        # Only in front of a noun is "wounded" no verb: "how many wounded soldiers were flown out".
        verb = head is not None and word.form.endswith("ed")
        name = text[begin + word.start : begin + word.end].isupper()  # "US", "IS"
        if not leads_up and not name and (verb or word.form in _AFTER_COUNTED):
            break
        end = begin + word.end
        if not leads_up:
            head = stem(word.form)
    if head is None:
        return None, None
    return PEOPLE if head in _ANYBODY else head, text[begin:end]
