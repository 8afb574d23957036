"""Kinds: questions that only one kind of words can answer, and sentences that hold none of them.

"How old was he?" is answered by an age, not by the first number that comes along; "how many were
wounded?" not by how many were killed. What is listed here is plain enough to be sure of.
"""

import re
from collections.abc import Callable, Sequence

from analysis.casualties import find_casualties
from analysis.records import Harm
from analysis.states import demonyms, state_words, states
from analysis.values import Value, find_dates, find_numbers
from answer.question import Expects, Question


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


_KILLED = _words(
    r"kill\w*|di(?:e|ed|es|ing)|dead\w*|deaths?|fatal\w*|casualt\w+|lives|murder\w*|slain|"
    r"assassinat\w+|execut\w+|perish\w*|martyr\w*|lost|neutrali[sz]\w+|eliminat\w+"
)
_WOUNDED = _words(r"wound\w*|injur\w+|hurt\w*|maim\w*|casualt\w+")
_ARRESTED = _words(
    r"arrest\w*|captur\w+|detain\w*|detention|imprison\w*|jail\w*|custody|seiz\w+|prisoners?"
)
_AGE = re.compile(
    r"\b\d{1,3}[\s-]years?[\s-]old\b|\bage[ds]?\b|\bborn\b|\b\d{1,3}-year-old\b"
    r"|\bin (?:his|her|their) (?:early |mid-|late )?\w+ties\b",
    re.IGNORECASE,
)
_WEAPON = _words(
    r"weapons?|arms|bomb\w*|explosi\w+|rifles?|guns?|gunfire|gunm[ae]n|pistols?|mines?|mined|"
    r"grenades?|rockets?|missiles?|mortars?|drones?|vests?|belts?|kni(?:fe|ves)|swords?|shot|"
    r"shoot\w*|IEDs?|blew|blast\w*|deton\w+|car|truck|suicide|poison\w*|ammunition|devices?"
)
_PRESS = _words(
    r"newspapers?|news|newswire|agenc(?:y|ies)|magazines?|journals?|tribune|post|times|press|tv|"
    r"television|radio|channels?|websites?|outlets?|media|daily|weekly"
)
_MONEY = re.compile(
    r"[$€£]|\b(?:dollars?|euros?|pounds?|afghanis?|rupees?|USD|EUR|bount(?:y|ies)|rewards?|"
    r"million|billion|pa(?:y|id)|cost\w*|price\w*|money|funds?|worth)\b",
    re.IGNORECASE,
)

_CLOCK = re.compile(
    r"\b\d{1,2}(?::\d\d|\s*[ap]\.?m\b)|\bo['’]clock\b"
    r"|\b(?:morning|noon|midday|afternoon|evening|night|midnight|dawn|dusk)\b",
    re.IGNORECASE,
)
_CAPITALISED = re.compile(r"[A-Z][\w-]+")

# What is asked for, and what a sentence that answers it holds.
_ASKED = (
    (_words(r"how old|what age|(?:at|what is) (?:what|the|his|her) age"), _AGE),
    (_words(r"how much money|how much (?:did|does|was|is) .* (?:cost|pa(?:y|id)|worth)"), _MONEY),
    (
        _words(
            r"(?:what|which|wich) (?:kind of |type of |sort of )?"
            r"(?:weapons?|arms|explosives?|guns?|bombs?)"
        ),
        _WEAPON,
    ),
    (
        _words(
            r"(?:what|which|wich) (?:newspapers?|news \w+|outlets?|channels?|magazines?|journals?)"
        ),
        _PRESS,
    ),
    (_words(r"what time|wat time|time of (?:the )?day|(?:what|which) hour"), _CLOCK),
)
_HARMS = (_KILLED, _WOUNDED, _ARRESTED)
# What may have befallen those who are counted; who they are ("prisoners") and what else is told of
# the event ("the deadliest attack") say nothing of that.
_BEFELL = (
    (Harm.KILLED, _words(r"kill\w*|died?|dead|deaths?|execut\w+|murder\w*|slain|perish\w*|lives")),
    (Harm.WOUNDED, _words(r"wound\w*|injur\w+|hurt")),
    (Harm.ARRESTED, _words(r"arrest\w*|captur\w+|detain\w*|imprison\w*")),
    (Harm.FREED, _words(r"escap\w*|freed?|freeing|releas\w*|liberat\w*")),
)


def _states_a_day(answer: str) -> bool:
    return any(date.key[2] is not None for date in find_dates(answer))


def _names_a_state(answer: str) -> bool:
    return not state_words().isdisjoint(_CAPITALISED.findall(answer))


def _names_more_than_states(answer: str) -> bool:
    """Whether `answer` can name provinces: "China and Russia" cannot, "the north of China" can."""
    plain = re.sub(r"\b(?:and|or|the|both)\b|\W", " ", answer)
    return not state_words().issuperset(plain.split())


# What is asked for, and what the answer itself holds: a date beside it in the sentence is no help.
_ASKED_OF_ANSWER: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (_words(r"(?:what|which|wich) (?:exact )?(?:day|date)"), _states_a_day),
    (
        _words(r"nationalit(?:y|ies)|citizenship|(?:what|which|wich) (?:countr(?:y|ies)|states?)"),
        _names_a_state,
    ),
    (_words(r"(?:what|which|wich) (?:provinces?|districts?)"), _names_more_than_states),
)


def wrong_kind(question: Question, sentence: str, answer: str) -> bool:
    """Whether `sentence`, or the `answer` in it, lacks what any answer to `question` would hold."""
    for asked, stated in _ASKED:
        if asked.search(question.text):
            return not stated.search(sentence)
    for asked, holds in _ASKED_OF_ANSWER:
        if asked.search(question.text):
            return not holds(answer)
    if question.expects is Expects.NUMBER:
        if _counts_others(question, sentence) or _came_to_another(question, sentence, answer):
            return True
        for harm in _HARMS:
            if harm.search(question.text):
                return not harm.search(sentence)
    return False


# What an almanac says of a state in its first line: "What is the capital of France?"
_OF_A_STATE = re.compile(
    r"\bthe (?:(?:current|present|new) )?(?P<what>capital|currency|flag|anthem)(?: city)? of "
    r"(?:the )?(?P<state>[A-Z][\w ]+?)\W*$"
)


def speaks_of_another_state(question: Question, sentence: str) -> bool:
    """Whether a plain attribute of a state is asked for, which `sentence` does not say of it.

    "The former French colony's capital" is not that of France.
    """
    asked = _OF_A_STATE.search(question.text)
    if asked is None or asked["state"] not in states():
        return False
    belonging = [word for word, state in demonyms().items() if state == asked["state"]]
    names = "|".join(map(re.escape, (asked["state"], *belonging)))
    of_it = (
        rf"\b{asked['what']}\b(?: \w+){{0,3}} of (?:the )?(?:{names})\b"
        rf"|\b(?:{names})(?:['’]s?)?,? (?:(?!\w+['’])\w+ ){{0,2}}{asked['what']}\b"
    )
    return re.search(of_it, sentence, re.IGNORECASE) is None


def of_asked_harm(question: Question, sentence: str, numbers: Sequence[Value]) -> list[Value]:
    """Return those of `numbers` that count whom the harm befell that `question` asks about.

    All of them where none does, or where it asks about no harm.
    """
    asked = _harm_asked(question)
    tolls = [] if asked is None else find_casualties(sentence, 0, len(sentence), 0)
    fitting = [
        number
        for number in numbers
        for toll in tolls
        if toll.harm is asked and toll.span.start < number.end and number.start < toll.span.end
    ]
    return fitting or [*numbers]


def _came_to_another(question: Question, sentence: str, answer: str) -> bool:
    """Whether `answer` counts people of whom the sentence says another harm, exactly."""
    asked = _harm_asked(question)
    if asked is None:
        return False
    told = {
        toll.harm
        for toll in find_casualties(sentence, 0, len(sentence), 0)
        if toll.least is not None and toll.text in answer
    }
    return bool(told) and asked not in told


def _harm_asked(question: Question) -> Harm | None:
    """Return what befell those who are to be counted, by the first word for it after them."""
    many = re.search(rf"\bmany\b\W*(?:{re.escape(question.counted_as or '')})", question.text, re.I)
    if many is None:
        return None
    after = many.end()
    found = sorted(
        (match.start(), match.end(), harm)
        for harm, told in _BEFELL
        for match in told.finditer(question.text, after)
    )
    if not found:
        return None
    joined = len(found) > 1 and re.fullmatch(
        r"\s*(?:or|and|and/or|/)\s*", question.text[found[0][1] : found[1][0]]
    )
    return None if joined else found[0][2]


_COUNTED_REACH = 30
"""How far behind a number, in code points, it says whose what it counts is."""


def _counts_others(question: Question, sentence: str) -> bool:
    """Whether people of one state are to be counted and those of another are: "13 US soldiers"."""
    wanted = set(_CAPITALISED.findall(question.counted_as or ""))
    if not wanted:
        return False
    counted = [
        set(_CAPITALISED.findall(sentence[number.end : number.end + _COUNTED_REACH]))
        for number in find_numbers(sentence)
    ]
    return any(whose & state_words() and not whose & wanted for whose in counted) and not any(
        whose & wanted for whose in counted
    )
