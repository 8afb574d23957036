"""Follow-up questions, rewritten so that they stand alone."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analysis.terms import STOP_WORDS, words
from analysis.values import MONTH_NAMES, find_dates, find_names
from answer.answer import Turn
from answer.question import AUXILIARY

_PERSON_PRONOUN = re.compile(r"\b(?:he|she|him|her|his|hers)\b", re.IGNORECASE)
_THING_PRONOUN = re.compile(r"\b(?:it|its|they|them|their|theirs)\b", re.IGNORECASE)
_PLURAL = frozenset({"they", "them", "their", "theirs"})
_DESCRIBED = (
    r"(?:groups?|organi[sz]ations?|movements?|m[ae]n|persons?|people|leaders?|commanders?|"
    r"officials?|governors?|attacks?|bombings?|blasts?|raids?|operations?|events?|agreements?|"
    r"deals?|places?|city|cities|provinces?|country|countries|reports?|claims?)"
)
_DESCRIPTION = re.compile(
    rf"\b(?:that|this|these|those) {_DESCRIBED}\b"
    r"|\bthe (?:group|organi[sz]ation|movement|man|attack|bombing|blast|raid|operation|agreement|"
    r"deal|country)\b",
    re.IGNORECASE,
)
# These point back beside other names, too: "What did the Taliban say to that?" But "those men
# killed in Kabul" says itself who they are.
_BACK = re.compile(
    r"\b(?:about|after|against|because of|before|behind|by|during|for|from|in|of|on|since|to|with)"
    rf" (?:(?:that|this|these|those) {_DESCRIBED}\b(?! (?:who|that|which|whose|\w+ed|held|shot)\b)"
    r"|(?:that|this)(?=\W*$|,)|that case\b)"
    rf"|^(?:(?:and|but|so) )?(?:(?:how|why|when|where) )?{AUXILIARY} (?:that|this)\b"
    r"(?! \w+ \w+ed\b)"
    r"|\b(?:says?|said|thinks?|claim(?:s|ed)?|den(?:y|ies|ied)) (?:so|that|this)(?=\W*$)",
    re.IGNORECASE,
)
# What works or fails, and what is denied or answered for, is what was done, no group or place.
_DEED = re.compile(
    r"\bit (?:works?|worked|succeeds?|succeeded|fails?|failed|happens?|happened|end|ended|"
    r"miscarry|miscarried|take place|took place)(?: \w+ly)?(?=\W*$)"
    r"|\b(?:den(?:y|ies|ied)|claim(?:s|ed)?|admit(?:s|ted)?|plan(?:ned)?|order(?:ed)?) it(?=\W*$)",
    re.IGNORECASE,
)
# In the place of a subject "they" may stand for somebody of the question itself.
_OTHERS = re.compile(r"\b(?:about|against|by|for|from|of|to|with) them\b", re.IGNORECASE)
_ELSEWHERE = re.compile(r"\b(?:there|then|that day|that year|that time)\b", re.IGNORECASE)
_DANGLING = re.compile(
    r"^(?:and|but|so|or|what about|how about|what else|anyone else|who else)\b", re.I
)
# "And in Kunar?", "What about the Americans?": the last question, with something else in it.
_INSTEAD = re.compile(r"^(?:and|but|or|so|(?:what|how) about)\s+(?P<other>.+?)\W*$", re.IGNORECASE)
_ASKS = re.compile(
    r"\b(?:who\w*|what|which|when|where|why|how|else|do|does|did|is|are|was|were|has|have|had|can|"
    r"could|will|would|should)\b",
    re.IGNORECASE,
)
_PLACING = r"in|at|on|near|during|since|until|before|after|for|from|with|against|by"
# "between January and" is of the date behind it, too; "from Kabul until" is not.
_ENDS_BY_PLACING = re.compile(
    rf"\b(?:(?:between|from)\s+(?:\d+\s+)?(?:{'|'.join(MONTH_NAMES)}|\d+)(?:\s+\d+)?\s+"
    rf"(?:and|to|until)|between|{_PLACING})\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_PERIOD = re.compile(r"\b(?:years?|months?|weeks?|days?|period|time)\b", re.IGNORECASE)
_POINTING = (
    _PERSON_PRONOUN,
    _THING_PRONOUN,
    _DESCRIPTION,
    _ELSEWHERE,
    re.compile(r"\bthat\b|\bthis\b"),
)
_PLACED = re.compile(rf"^(?P<by>{_PLACING})\s+(?:the\s+)?", re.IGNORECASE)
_POSSESSIVE = frozenset({"his", "its", "their", "hers", "theirs"})
_OPENERS = frozenset(
    "who whom whose what which when where why how did does do is are was were has have had can "
    "could will would should and or but in on at of the a an name list tell give".split()
)

# An elliptical question is a bare question word with at most this many words.
_ELLIPTICAL_WORDS = 5
# A longer question is not put again with something else in it, nor is more than a phrase put in.
_MOST_WORDS = 40
_PHRASE_WORDS = 9
# A topic is carried from turn to turn; without an end it would outgrow what a question may hold.
_TOPIC_WORDS = 24


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a question or an answer: its text and whether it is a person's or a place's."""

    text: str
    is_person: bool
    is_place: bool = False


def interpret(
    question: str, earlier: Sequence[Turn], mentions: Callable[[str], Sequence[Mention]]
) -> str:
    """Return `question` rewritten to stand alone, or unchanged where it already does.

    One that only names something else ("And in Kunar?") becomes the last one with that in it. A
    pronoun becomes the name it most likely stands for: for "he" or "she" the latest person the
    conversation named, for "it" the latest other name, for "they" the latest that is no place,
    what was asked about before what was answered. A question that only points ("that attack",
    "there", "Why?", "did it work?") keeps its words and is followed by what the conversation was
    about, in brackets. `mentions` finds the names in a text, in order.
    """
    if not earlier:
        return question
    if varied := _varied(question, earlier[-1].interpreted_question, mentions):
        return varied
    own = mentions(question)
    named_person = any(mention.is_person for mention in own)
    if not named_person and (found := _PERSON_PRONOUN.search(question)):
        if person := _latest(earlier, mentions, lambda mention: mention.is_person):
            return _put(person, found, question)
        return _with_topic(question, earlier[-1])
    if _BACK.search(question) or _DEED.search(question):
        return _with_topic(question, earlier[-1])
    # One person, of whom "What did Valle expect of them?" speaks, is not "them".
    others = _OTHERS.search(question) if [mention.is_person for mention in own] == [True] else None
    if (not own or others) and (
        found := _THING_PRONOUN.search(question, others.start() if others else 0)
    ):
        several = found.group().lower() in _PLURAL
        thing = _latest(
            earlier,
            mentions,
            lambda mention: not mention.is_person and not (several and mention.is_place),
        )
        return _put(thing, found, question) if thing else _with_topic(question, earlier[-1])
    # "What did the group claim?" points back; "What did the group ISKP claim?" does not.
    points = _DESCRIPTION.search(question) or _ELSEWHERE.search(question)
    elliptical = len(question.split()) <= _ELLIPTICAL_WORDS and not own
    if (points and not own) or _DANGLING.search(question) or elliptical:
        return _with_topic(question, earlier[-1])
    return question


def _varied(question: str, last: str, mentions: Callable[[str], Sequence[Mention]]) -> str | None:
    """Return the last question with what `question` names in the place of its like, or added.

    None if `question` asks something of its own, or names a thing that fits nowhere.
    """
    found = _INSTEAD.match(question)
    last = last.strip(" ?")
    if found is None or _ASKS.search(found["other"]) or not _ASKS.search(last) or "(" in last:
        return None
    other = found["other"]
    if len(last.split()) > _MOST_WORDS or len(other.split()) > _PHRASE_WORDS or "," in other:
        return None
    if any(pointing.search(other) for pointing in _POINTING):
        return None
    placed = _PLACED.match(other)
    named = other[placed.end() :] if placed else other.removeprefix("the ")
    dates = find_dates(last)
    if dates and (find_dates(other) or _PERIOD.search(other)):
        if len(last[dates[0].end : dates[-1].start].split()) > 1:
            return None  # of two times, either may be meant
        before, after = last[: dates[0].start], last[dates[-1].end :]
        return f"{_ENDS_BY_PLACING.sub('', before) if placed else before}{other}{after}?"
    new = next((mention for mention in mentions(named) if mention.text == named), None)
    if new is None:
        return f"{last} {other}?" if placed else None
    for old in mentions(last):
        if (old.is_person, old.is_place) != (new.is_person, new.is_place):
            continue
        at = re.search(
            rf"(?:\b(?P<by>{_PLACING})\s+)?(?:the\s+)?{re.escape(old.text)}\b", last, re.I
        )
        if at is None:
            continue
        # "in Kunar" or "Kunar" stands for "in Balkh", not for the Balkh that was attacked.
        by, new_by = (at["by"] or "").lower(), placed["by"].lower() if placed else ""
        if by == new_by:
            put = f"{last[: at.start()]}{other}{last[at.end() :]}?"
            return put[0].upper() + put[1:]
        if new.is_place and by and not new_by:
            return f"{last[: at.start()]}{at['by']} {other}{last[at.end() :]}?"
        return None
    return f"{last} {other}?" if placed else None


def _latest(
    earlier: Sequence[Turn],
    mentions: Callable[[str], Sequence[Mention]],
    fits: Callable[[Mention], bool],
) -> str | None:
    for turn in reversed(earlier):
        for text in (turn.interpreted_question, turn.answer or ""):
            found = [mention.text for mention in mentions(text) if fits(mention)]
            if found:
                return found[0]
    return None


def _put(name: str, pronoun: re.Match[str], question: str) -> str:
    word = pronoun.group().lower()
    # "her" before a noun is possessive, before a verb or the end it is not.
    after = question[pronoun.end() :].strip(" ?.!")
    possessive = word in _POSSESSIVE or (word == "her" and after != "")
    ending = ("’" if name.endswith("s") else "’s") if possessive else ""
    return question[: pronoun.start()] + name + ending + question[pronoun.end() :]


def _with_topic(question: str, last: Turn) -> str:
    stated = {word.lower() for word in re.findall(r"\w+", question)}
    topic = [word for word in _topic(last) if word.lower() not in stated][:_TOPIC_WORDS]
    return f"{question.rstrip()} ({' '.join(topic)})" if topic else question


def _only_opens(answer: str, end: int) -> bool:
    """Whether `answer[:end]` has its capital for opening the answer: "Some say", "Armed groups"."""
    first, *after = words(answer[:end])
    if after or first.form in STOP_WORDS:
        return not after
    following = words(answer[end:])
    if not following or answer[end : end + following[0].start] != " ":
        return False
    return following[0].form not in STOP_WORDS


def _topic(turn: Turn) -> list[str]:
    """Return the words that say what a turn was about, in their order."""
    text = re.sub(r"[?!]+", "", turn.interpreted_question.replace("(", "").replace(")", ""))
    topic = text.split()
    while topic and topic[0].lower().strip(",") in _OPENERS:
        topic = topic[1:]
    answer = turn.answer or ""
    # A date or a name that the answer gave is what "then" and "there" stand for.
    dates = [(date.start, date.end) for date in find_dates(answer)]
    names = [span for span in find_names(answer) if span[0] or not _only_opens(answer, span[1])]
    return topic + [answer[start:end] for start, end in (dates or names)[:1]]
