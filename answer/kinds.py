"""Kinds: questions that only one kind of words can answer, and sentences that hold none of them.

"How old was he?" is answered by an age, not by the first number that comes along; "how many were
wounded?" not by how many were killed. What is listed here is plain enough to be sure of.
"""

import re

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
)
_HARMS = (_KILLED, _WOUNDED, _ARRESTED)


def wrong_kind(question: Question, sentence: str) -> bool:
    """Whether `sentence` lacks the kind of words that any answer to `question` would hold."""
    for asked, stated in _ASKED:
        if asked.search(question.text):
            return not stated.search(sentence)
    if question.expects is Expects.NUMBER:
        for harm in _HARMS:
            if harm.search(question.text):
                return not harm.search(sentence)
    return False
