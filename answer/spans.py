"""The shortest span of a sentence that answers a question."""

import re
from collections.abc import Sequence

from analysis.states import demonyms, states
from analysis.terms import stem, words
from analysis.values import Value, find_dates, find_names, find_numbers
from answer.kinds import of_asked_harm
from answer.question import PEOPLE, Expects, Question

# ", the new leader of the group, …" and "is a lecturer at …" say who somebody is.
_APPOSITION = re.compile(
    r",? (?:or )?((?:an?|the|one of|former|known as|also known as|"
    r"who (?:(?:is|was)(?! \w+(?:ly|ed)\b)|became|leads?|led|heads?|headed|served?))\b[^,;.()]+)",
    re.IGNORECASE,
)
# "Asad Laghamani, called Qais".
_CALLED = re.compile(
    r",?\s+(?:also |better |formerly )?(?:called|known as|nicknamed|alias|aka)\s+[“\"‘']?$",
    re.IGNORECASE,
)
# After the name, or after what befell its bearer: "Fateh, who was killed in May, is a director".
_PREDICATE = re.compile(
    r"(?:, who [^,;.()]+,)? (?:is|was|are|were) ((?:also )?(?:an?|the|one of)\b[^;.]+)"
)

# Up to this many words after a number name what is counted ("11 militants", "six civilians").
_UNIT_WORDS = 2
# A reason or a way in fewer words is a name or a thing, which the sentence makes one of.
REASON_WORDS = 4
# What strings the members of a list together.
_SEPARATOR = re.compile(r"\s*[,;]\s+(?:and\s+|as well as\s+)?|\s+(?:and|as well as)\s+")
_OPENS_LIST = re.compile(r"(?:both|either|namely|including|first|firstly)\s+", re.IGNORECASE)
# A thing in a list has no more words, and none of those that make a clause of it.
_ITEM_WORDS = 8
_CLAUSE = frozenset(
    "who whom which that when where while because is are was were be been has have had will would "
    "can could may might must should do does did said says to".split()
)
# How far behind a number what it counts may stand: "216 armed and unclaimed attacks".
UNIT_REACH = 4
UNIT_CHARS = 60
# What a number may stand before that is nobody.
_THINGS = frozenset(
    stem(thing)
    for thing in (
        "attacks accounts bombings cities countries days districts figures groups months mosques "
        "operations provinces purposes raids reports schools sources stages states steps successes "
        "times versions weeks years"
    ).split()
)
# Who is counted apart from everybody else: of 170 dead, 13 may be soldiers.
_PARTS = frozenset(
    stem(part)
    for part in (
        "adults boys children civilians fighters foreigners girls guards insurgents journalists "
        "marines members men militants officers officials police policemen prisoners pupils "
        "sailors servicemen soldiers students terrorists troops women worshippers"
    ).split()
)
_NO_UNIT = frozenset(
    "of in on at to by and or the a an was were is are has have had with from for that who which "
    "when while as between during since until after before near outside inside across against "
    "along among including but not also then there this that these those it he she they".split()
)


def shortest_span(
    question: Question, sentence: str, reading: tuple[int, int] | None
) -> tuple[int, int]:
    """Return the half-open span of `sentence` that answers `question` with the fewest words.

    `reading` is the span that the reader found in the sentence, if it found one. Where the question
    expects a date or a number, the span is the whole expression nearest to the reading, a number
    with its hedge and what it counts; a reading that cuts a name is widened to the whole name. A
    yes or no question is answered by the sentence that decides it; so is a question for a reason, a
    way or several things where the reading is a mere name, and without a reading every question
    that expects no value.
    """
    whole = (0, len(sentence))
    if question.expects is Expects.DECISION:
        return whole
    if question.expects is Expects.DESCRIPTION:
        return _description(question, sentence) or whole
    if question.expects is Expects.DATE:
        asked = {date.key for date in question.dates}
        dates = [date for date in find_dates(sentence) if date.key not in asked]
        if dates:
            nearest = _nearest(dates, reading, len(sentence))
            return nearest.start, nearest.end
    if question.expects is Expects.NUMBER:
        given = {number.key for number in question.numbers}
        numbers = [number for number in find_numbers(sentence) if number.key not in given]
        fitting = [number for number in numbers if counts(question, sentence, number)]
        fitting = of_asked_harm(question, sentence, fitting)
        if fitting:
            return _with_unit(question, sentence, _nearest(fitting, reading, len(sentence)))
        if numbers and (reading is None or _touches(numbers, reading)):
            return _with_unit(question, sentence, _nearest(numbers, reading, len(sentence)))
    if reading is None or _too_little(question, sentence[reading[0] : reading[1]]):
        return whole
    return _whole_names(sentence, *_trimmed(sentence, *reading))


def listed(question: Question, text: str, answer: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Return the spans of the things that `answer`, a span of `text`, lists, in order.

    None unless several things are asked for and the answer is a plain list: two or more short
    things beside each other, no clauses.
    """
    if not question.several:
        return ()
    start, end = answer
    names = [(start + a, start + b) for a, b in find_names(text[start:end])]
    items: list[tuple[int, int]] = []
    begin = start
    for separator in (*_SEPARATOR.finditer(text, start, end), None):
        if separator and any(a < separator.start() and separator.end() < b for a, b in names):
            continue
        item = _item(text, begin, separator.start() if separator else end)
        if item is None:
            return ()
        items.append(item)
        begin = separator.end() if separator else end
    if len(items) < 2 or _is_no_list(text, items):
        return ()
    # "intelligence and operations chief Fateh" are not two things.
    ends = [any(b == item[1] for _, b in names) for item in items]
    return () if ends[-1] and not all(ends) else tuple(items)


def _is_no_list(text: str, items: Sequence[tuple[int, int]]) -> bool:
    """Whether what stands between commas says more of what is before: "Ali, 23", "Ali, a guard"."""
    said = [text[start:end] for start, end in items]
    if all(each in states() for each in said):
        return False
    return any(
        each.isdigit() or each.split()[0] in ("a", "an") or each in states() for each in said[1:]
    )


def _item(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the span of a thing in a list, without what leads up to it; None if it is none."""
    start, end = _trimmed(text, start, end)
    if opening := _OPENS_LIST.match(text, start, end):
        start = opening.end()
    forms = [word.form for word in words(text[start:end])]
    if not 0 < len(forms) <= _ITEM_WORDS or not _CLAUSE.isdisjoint(forms):
        return None
    return start, end


def _too_little(question: Question, answer: str) -> bool:
    """Whether a span is too short to be what was asked for, so that its sentence has to do."""
    if question.expects in (Expects.REASON, Expects.MANNER):
        return len(words(answer)) < REASON_WORDS
    return question.several and not _SEPARATOR.search(answer)


def counts(question: Question, sentence: str, number: Value) -> bool:
    """Whether `number` counts what `question` wants counted; any does where that is left open."""
    if question.counted is None:
        return True
    forms = [word.form for word in words(sentence[number.end : number.end + UNIT_CHARS])]
    if forms[:1] in (["others"], ["other"], ["more"]):
        forms = forms[1:]
        if not forms or forms[0] in _NO_UNIT:
            return True  # "18 others were wounded": of those who were counted before
    following = [stem(form) for form in forms[:UNIT_REACH]]
    if question.counted == PEOPLE:
        # "two attacks instead of one" leaves out what there is one of.
        return following[0] not in _THINGS if following else number.key != (1.0,)
    return question.counted in following


def part_counted(sentence: str, number: Value) -> frozenset[str]:
    """Return the stems after `number` that say which people it counts, none where it is everybody.

    "13 soldiers" are some of the dead, "13 people" all of them.
    """
    said = sentence[number.end : number.end + UNIT_CHARS]
    parts, end = set(), 0
    for word in words(said)[:UNIT_REACH]:
        # Beyond a comma stands who says so: "60 people, police said".
        if word.form in _NO_UNIT or said[end : word.start] not in {" ", "-"}:
            break
        end = word.end
        written = said[word.start : word.end]
        if stem(word.form) in _PARTS or written in demonyms() or written in {"US", "UK"}:
            parts.add(stem(word.form))
    return frozenset(parts)


def _description(question: Question, sentence: str) -> tuple[int, int] | None:
    """Return what stands beside the asked name to say who or what it is, if anything does."""
    asked = {word.form for word in words(question.text)}
    for start, end in find_names(sentence):
        if {word.form for word in words(sentence[start:end])} <= asked:
            if called := _CALLED.search(sentence[:start]):
                names = list(find_names(sentence[: called.start()]))
                if names and names[-1][1] == called.start():
                    return names[-1]
            found = _APPOSITION.match(sentence, end) or _PREDICATE.match(sentence, end)
            if found:
                return found.span(1)
    return None


def _nearest(values: list[Value], reading: tuple[int, int] | None, length: int) -> Value:
    start, end = reading if reading is not None else (0, length)

    def distance(value: Value) -> tuple[int, int]:
        return max(0, value.start - end, start - value.end), value.start

    return min(values, key=distance)


def _touches(values: list[Value], reading: tuple[int, int]) -> bool:
    return any(value.start < reading[1] and reading[0] < value.end for value in values)


def _with_unit(question: Question, sentence: str, number: Value) -> tuple[int, int]:
    end = number.end
    for count, word in enumerate(words(sentence[number.end :])):
        gap = sentence[end : number.end + word.start]
        if count == _UNIT_WORDS or gap != " " or word.form in _NO_UNIT:
            break
        if count and word.form.endswith("ed"):
            break  # "216 attacks carried out"
        end = number.end + word.end
        if stem(word.form) == question.counted:
            break
    return number.start, end


def _trimmed(sentence: str, start: int, end: int) -> tuple[int, int]:
    while start < end and not (sentence[start].isalnum() or sentence[start] in "“\"'‘(["):
        start += 1
    while end > start and sentence[end - 1] in " ,;:.":
        end -= 1
    return start, end


def _whole_names(sentence: str, start: int, end: int) -> tuple[int, int]:
    for name_start, name_end in find_names(sentence):
        if name_start < start < name_end:
            start = name_start
        if name_start < end < name_end:
            end = name_end
    return start, end
