"""Turn annotated paragraphs into training examples: windows, hard negatives, near misses, typos."""

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from training.sources import COLLECTION, REPORTS, Judged, Paragraph, Question, usual_answer


@dataclass(frozen=True, slots=True)
class Example:
    """One question with one window.

    `span` is the answer in code points of `window`; None means that the window has no answer when
    `answerable` is false, and that it stands anywhere in it when that is true.
    """

    kind: str
    question: str
    window: str
    answerable: bool
    span: tuple[int, int] | None


Asked = tuple[Example, ...]
"""One question with each window that it is put to, which is read in one batch."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """How often each kind of example is made; shares are probabilities per answerable question."""

    # How often an epoch goes through the reports written for the recipe: they are few, and the very
    # manner of text and question that the reader is for.
    reports: int = 2
    # Share of the data sets' questions that an epoch uses; of Reddit and Amazon, whose register is
    # far from reports, this share of that.
    data_sets: float = 1.0
    other_domains: float = 0.5
    in_article: float = 0.28
    # How many other paragraphs of its collection, at most, a question about a report is put to
    # beside its own: they tell of the same actors, as the passages do that a search brings up.
    rivals: int = 3
    in_paragraph: float = 0.12
    near_miss: float = 0.36
    # Of the questions that allow it: asked for another attribute of what the window states, or
    # with who did it and who suffered it exchanged; and asked of a name for what nobody says of it.
    other_attribute: float = 0.9
    exchanged_roles: float = 0.9
    unstated: float = 0.04
    unrelated: float = 0.03
    typo: float = 0.12
    no_question_mark: float = 0.25
    # Window sizes in words (about 1.3 word pieces each) and their weights.
    window_words: tuple[int, ...] = (30, 70, 95, 120, 150)
    window_weights: tuple[float, ...] = (0.08, 0.2, 0.3, 0.3, 0.12)

    def with_negatives(self, share: float) -> "Mixture":
        """Return this mixture with so much of each kind of negative that is made, from 0 to 1.

        Questions that the data sets themselves leave unanswered stay.
        """
        return replace(
            self,
            in_article=share * self.in_article,
            rivals=round(share * self.rivals),
            in_paragraph=share * self.in_paragraph,
            near_miss=share * self.near_miss,
            other_attribute=share * self.other_attribute,
            exchanged_roles=share * self.exchanged_roles,
            unstated=share * self.unstated,
            unrelated=share * self.unrelated,
        )

    def with_short_windows(self, share: float) -> "Mixture":
        """Return this mixture with that share of windows of the shortest size, 0 to 1."""
        rest = self.window_weights[1:]
        longer = (weight * (1 - share) / sum(rest) for weight in rest)
        return replace(self, window_weights=(share, *longer))


OTHER_DOMAINS = ("squadshifts-reddit", "squadshifts-amazon")

_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9])|\n+")
_WORD = re.compile(r"\w+")
_STOP = frozenset(
    "a an the of in on at to for from by with and or but is are was were be been being do does did "
    "has have had what which who whom whose when where why how many much that this these those it "
    "its as not no there their his her they he she than then into about after before during".split()
)


@lru_cache(maxsize=50_000)
def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Return the sentences of `text` as half-open code points; together they cover it."""
    cuts = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    return tuple((a, b) for a, b in pairwise(cuts) if text[a:b].strip())


@lru_cache(maxsize=200_000)
def content_words(text: str) -> frozenset[str]:
    """Return the casefolded words of `text` without the commonest function words."""
    return frozenset(_WORD.findall(text.casefold())) - _STOP


def cut_window(
    text: str, anchor: tuple[int, int], words: int, random_source: random.Random
) -> tuple[int, int]:
    """Return a stretch of whole sentences of about `words` words that contains `anchor`.

    It grows from the anchor's sentences, to a random side at each step, so that the anchor's place
    in the window tells nothing. One long sentence may exceed `words`.
    """
    spans = sentences(text)
    inside = [i for i, (a, b) in enumerate(spans) if a < anchor[1] and b > anchor[0]] or [0]
    first, last = inside[0], inside[-1]
    sizes = [len(text[a:b].split()) for a, b in spans]
    total = sum(sizes[first : last + 1])
    while True:
        sides = []
        if first > 0 and total + sizes[first - 1] <= words:
            sides.append(-1)
        if last + 1 < len(spans) and total + sizes[last + 1] <= words:
            sides.append(1)
        if not sides:
            break
        if random_source.choice(sides) < 0:
            first -= 1
            total += sizes[first]
        else:
            last += 1
            total += sizes[last]
    start = min(spans[first][0], anchor[0])
    end = max(spans[last][1], anchor[1])
    while end > anchor[1] and text[end - 1].isspace():
        end -= 1
    return start, end


def nearest_sentence(question: str, text: str) -> tuple[int, int]:
    """Return the sentence of `text` sharing most content words with `question`, first of equals."""
    wanted = content_words(question)
    return max(sentences(text), key=lambda s: len(wanted & content_words(text[s[0] : s[1]])))


def misspell(question: str, random_source: random.Random) -> str:
    """Return `question` with one or two words mistyped: a letter lost, doubled or moved."""
    words = question.split(" ")
    long = [i for i, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
    for index in random_source.sample(long, min(len(long), random_source.choice((1, 1, 2)))):
        word = words[index]
        at = random_source.randrange(1, len(word) - 1)
        words[index] = random_source.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            )
        )
    return " ".join(words)


_YEAR = re.compile(r"\b1[0-9]{3}\b|\b20[0-9]{2}\b")
_NUMBER = re.compile(r"\b\d[\d,]*(?:\.\d+)?\b")
_NAME = re.compile(r"\b[A-Z][\w'’-]+(?:\s(?:(?:of|the|de|al)\s)?[A-Z][\w'’-]+)*")
_OPPOSITES = (
    ("first", "last"), ("largest", "smallest"), ("highest", "lowest"), ("more", "fewer"),
    ("most", "least"), ("increase", "decrease"), ("increased", "decreased"), ("rise", "fall"),
    ("north", "south"), ("northern", "southern"), ("east", "west"), ("eastern", "western"),
    ("before", "after"), ("killed", "wounded"), ("dead", "injured"), ("win", "lose"),
    ("won", "lost"), ("male", "female"), ("men", "women"), ("son", "daughter"),
    ("father", "mother"), ("begin", "end"), ("began", "ended"), ("start", "end"),
    ("started", "ended"), ("born", "buried"), ("bought", "sold"), ("support", "oppose"),
    ("supported", "opposed"), ("minimum", "maximum"), ("oldest", "youngest"), ("early", "late"),
    ("above", "below"), ("attack", "defend"), ("attacked", "defended"), ("allies", "enemies"),
    ("arrived", "departed"), ("import", "export"), ("founded", "dissolved"), ("rural", "urban"),
    ("created", "destroyed"), ("built", "demolished"), ("accepted", "rejected"),
)  # fmt: skip
_OPPOSITE = {a: b for x, y in _OPPOSITES for a, b in ((x, y), (y, x))}


def names(text: str) -> list[str]:
    """Return capitalised names of `text` that don't merely begin a sentence, in order."""
    starts = {start for start, _ in sentences(text)}
    found = (match for match in _NAME.finditer(text) if match.start() not in starts)
    return [m.group() for m in found if content_words(m.group()) and "I'" not in m.group()]


def near_miss(
    question: str, answer: str, paragraph: str, article: str, random_source: random.Random
) -> str | None:
    """Return a question that looks like `question` and that `paragraph` doesn't answer, or None.

    A year, a number or a name that the question shares with the paragraph gives way to another of
    its kind from the article, preferably from the paragraph itself; or a word becomes its opposite.
    The replacement shares no word with the question or the answer.
    """
    taken = content_words(question) | content_words(answer)
    options: list[str] = []
    body = question[1:]  # the first word is capitalised anyway
    for pattern, kind in ((_YEAR, "year"), (_NUMBER, "number"), (_NAME, "name")):
        for match in pattern.finditer(body):
            old = match.group()
            if not content_words(old) or content_words(old).isdisjoint(content_words(paragraph)):
                continue
            if kind == "number" and _YEAR.fullmatch(old):
                continue
            for pool in (paragraph, article):
                found = names(pool) if kind == "name" else pattern.findall(pool)
                others = sorted(
                    {other for other in found if taken.isdisjoint(content_words(other) or {other})}
                )
                if kind == "number":
                    others = [other for other in others if not _YEAR.fullmatch(other)]
                if others and (pool is article or random_source.random() < 0.6):
                    new = random_source.choice(others)
                    options.append(question[0] + body[: match.start()] + new + body[match.end() :])
                    break
    for match in _WORD.finditer(body):
        opposite = _OPPOSITE.get(match.group())
        if opposite and opposite not in taken:
            options.append(question[0] + body[: match.start()] + opposite + body[match.end() :])
    return random_source.choice(options) if options else None


# How a question asks for an attribute, and what a text would hold that states it.
_TIME_ASKED = re.compile(
    r"^(?:when|(?:in|on|during) (?:what|which) (?:year|date|day|month|century))\b", re.IGNORECASE
)
_PLACE_ASKED = re.compile(
    r"^(?:where|in (?:what|which) (?:city|country|state|place|town|province))\b", re.IGNORECASE
)
_REASON_ASKED = re.compile(r"^(?:why|for what reason)\b", re.IGNORECASE)
_TIME_STATED = re.compile(
    r"\d|\b(?:century|decade|years?|months?|weeks?|days?|today|yesterday|morning|evening|night|"
    r"spring|summer|autumn|winter|after|before|during|when|while|since|until|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|"
    r"August|September|October|November|December)\b"
)
_PLACE_STATED = re.compile(
    r"\b(?:in|at|near|from|to|on|outside|inside|around|across|of|throughout)\s+(?:the\s+)?[A-Z]|"
    r"\b(?:city|town|country|village|street|building|house|north|south|east|west|there|where)\b"
)
_REASON_STATED = re.compile(
    r"\b(?:because|since|due|so|order|therefore|result\w*|reason\w*|caus\w+|as|for|by|to|lead\w*|"
    r"led|thus|hence|motiv\w+|aim\w*|purpose\w*)\b",
    re.IGNORECASE,
)
_ATTRIBUTES = (
    ("When", _TIME_ASKED, _TIME_STATED),
    ("Where", _PLACE_ASKED, _PLACE_STATED),
    ("Why", _REASON_ASKED, _REASON_STATED),
)
_AUXILIARY = re.compile(r"\s(?:did|was|were|is|are|does|do|has|have|had|will|would|can|could)\b")
# Questions about a name, and what a text that answers them would hold.
_UNSTATED = tuple(
    (asked, re.compile(stated, re.IGNORECASE))
    for asked, stated in (
        ("Where was {} born?", r"\bborn|birth|native|grew up|raised"),
        ("When did {} die?", r"\bdied?\b|death|dead|kill|\d{4}"),
        ("How old was {}?", r"\bage|years? old|-year-old|born|birth"),
        ("How many people were wounded at {}?", r"wound|injur|hurt|casualt"),
        ("How many people were killed in {}?", r"kill|\bdied?\b|dead|death|casualt|lives|perish"),
        ("What weapon was used by {}?", r"weapon|gun|bomb|rifle|knife|sword|explos|missile|shot"),
        ("Who claimed responsibility for {}?", r"claim|responsib|blame|attribut"),
        ("Who replaced {}?", r"replac|succe|follow|new|next|after|took over"),
        ("What was the name of the wife of {}?", r"wife|marri|spouse|widow|husband"),
        ("Where did {} study?", r"stud|universit|school|college|educat|degree|graduat"),
        ("When was {} arrested?", r"arrest|captur|detain|imprison|jail|custody"),
        ("How much money did {} receive?", r"money|[$€£]|paid|pay|fund|million|salar|dollar"),
        ("Which newspaper reported about {}?", r"newspaper|report|press|journal|magazine|news"),
        ("How was {} killed?", r"kill|\bdied?\b|dead|death|murder|assassin"),
    )
)
_AGENT_AND_OBJECT = re.compile(
    rf"\b(did|does|has|had)\s((?:the\s)?{_NAME.pattern[2:]})(\s[a-z]+\s)"
    rf"((?:the\s)?{_NAME.pattern[2:]})(?!\s+[A-Z])"
)
_NO_VERB = frozenset("and or with of in for at by to from become".split())


def other_attribute(question: str, window: str, answer: str) -> list[str]:
    """Return `question` asked for a time, place or reason instead, where `window` states none.

    The window's other sentences may state one, but of something else: what the sentence of the
    answer lacks decides for places and reasons, the whole window for times.
    """
    found = next(
        ((kind, m) for kind, asked, _ in _ATTRIBUTES if (m := asked.match(question))), None
    )
    if found is None or not _AUXILIARY.match(question, found[1].end()):
        return []
    kind, asked_as = found
    beside = next(
        (window[a:b] for a, b in sentences(window) if answer in window[a:b]), window
    ).replace(answer, " ")
    return [
        other + question[asked_as.end() :]
        for other, _, stated in _ATTRIBUTES
        if other != kind
        and not stated.search(window.replace(answer, " ") if other == "When" else beside)
    ]


def exchanged_roles(question: str) -> str | None:
    """Return `question` with who did it and who suffered it exchanged, or None.

    Only "did A besiege B" is read: of other forms the exchange would rarely be a sentence.
    """
    found = _AGENT_AND_OBJECT.search(question)
    if found is None or found[2] == found[4] or found[3].strip() in _NO_VERB:
        return None
    auxiliary, agent, verb, affected = found.groups()
    exchanged = f"{auxiliary} {affected}{verb}{agent}"
    return question[: found.start()] + exchanged + question[found.end() :]


def unstated(window: str, random_source: random.Random) -> str | None:
    """Return a question about a name of `window` for what the window says of nobody, or None."""
    found = names(window)
    asked = [question for question, stated in _UNSTATED if not stated.search(window)]
    if not found or not asked:
        return None
    return random_source.choice(asked).format(random_source.choice(found))


class Neighbours:
    """Finds, near a question's own paragraph, what most resembles an answer without being one.

    Near is the same article; of the reports that are an article each, all of them.
    """

    def __init__(self, paragraphs: Sequence[Paragraph]) -> None:
        self._sizes = Counter((p.source, p.article) for p in paragraphs)
        frequency = Counter(word for p in paragraphs for word in content_words(p.text))
        self._idf = {word: math.log(len(paragraphs) / n) for word, n in frequency.items()}
        self._near: dict[tuple[str, str], list[Paragraph]] = defaultdict(list)
        self._by_word: dict[tuple[str, str], dict[str, list[int]]] = {}
        for paragraph in paragraphs:
            place = self._place(paragraph)
            index = self._by_word.setdefault(place, defaultdict(list))
            for word in content_words(paragraph.text):
                index[word].append(len(self._near[place]))
            self._near[place].append(paragraph)

    def in_collection(self, paragraph: Paragraph) -> bool:
        """Whether `paragraph` is one of several reports on the same events.

        Of these only the paragraph that a question stands under answers it.
        """
        size = self._sizes[paragraph.source, paragraph.article]
        return paragraph.source == REPORTS and size >= COLLECTION

    def _is_lone_report(self, paragraph: Paragraph) -> bool:
        return paragraph.source == REPORTS and not self.in_collection(paragraph)

    def _place(self, paragraph: Paragraph) -> tuple[str, str]:
        return paragraph.source, "" if self._is_lone_report(paragraph) else paragraph.article

    def article_text(self, paragraph: Paragraph) -> str:
        """Return up to twelve paragraphs of the paragraph's article, joined."""
        if paragraph.source == REPORTS:
            return paragraph.text
        return "\n".join(p.text for p in self._near[self._place(paragraph)][:12])

    def hardest(self, paragraph: Paragraph, question: Question, count: int) -> list[str]:
        """Return up to `count` other paragraphs that overlap most and don't hold the answer.

        Empty for a question about a lone report that names nobody: another may well answer it.
        """
        if self._is_lone_report(paragraph) and not _NAME_WITHIN.search(question.text):
            return []
        place = self._place(paragraph)
        pool, scores = self._near[place], defaultdict[int, float](float)
        for word in sorted(content_words(question.text)):
            for index in self._by_word[place].get(word, ()):
                scores[index] += self._idf[word]
        answers = {paragraph.text[a:b].casefold() for a, b in question.answers}
        best: list[str] = []
        for index in sorted(scores, key=lambda i: (-scores[i], i))[:12]:
            text = pool[index].text
            if text != paragraph.text and not any(a in text.casefold() for a in answers):
                best.append(text)
        return best[:count]


# One of so many is drawn where a single negative is made.
_HARDEST = 3
_NAME_WITHIN = re.compile(r"(?<=\s)[A-Z]\w")


def _without_answer(
    paragraph: Paragraph, question: Question, words: int, random_source: random.Random
) -> str | None:
    """Return a window of the same paragraph that leaves the answer's sentence out, or None."""
    text = paragraph.text
    start = min(a for a, _ in question.answers)
    end = max(b for _, b in question.answers)
    spans = sentences(text)
    before = [s for s in spans if s[1] <= start]
    after = [s for s in spans if s[0] >= end]
    sides = [
        text[side[0][0] : side[-1][1]]
        for side in (before, after)
        if side and len(text[side[0][0] : side[-1][1]].split()) >= 25
    ]
    answers = {text[a:b].casefold() for a, b in question.answers}
    sides = [side for side in sides if not any(a in side.casefold() for a in answers)]
    if not sides:
        return None
    side = random_source.choice(sides)
    return _window(side, nearest_sentence(question.text, side), words, random_source)


def _window(text: str, anchor: tuple[int, int], words: int, random_source: random.Random) -> str:
    start, end = cut_window(text, anchor, words, random_source)
    return text[start:end]


def _from_question(
    paragraph: Paragraph,
    question: Question,
    neighbours: Neighbours,
    mixture: Mixture,
    random_source: random.Random,
) -> Iterator[Asked]:
    text = paragraph.text
    # Windows of one question are of one size, since they are read in one batch.
    [words] = random_source.choices(mixture.window_words, mixture.window_weights)

    def without(kind: str, passage: str) -> Example:
        window = _window(passage, nearest_sentence(question.text, passage), words, random_source)
        return Example(kind, question.text, window, False, None)

    hardest: list[str] = []
    if neighbours.in_collection(paragraph):
        hardest = neighbours.hardest(paragraph, question, mixture.rivals)
    elif question.answers and random_source.random() < mixture.in_article:
        hardest = neighbours.hardest(paragraph, question, _HARDEST)
        hardest = [random_source.choice(hardest)] if hardest else []
    rivals = [without("in-article", passage) for passage in hardest]
    if not question.answers:
        yield without("unanswerable", text), *rivals
        return
    answer = usual_answer(question, text)
    start, end = cut_window(text, _evidence(paragraph, question, answer), words, random_source)
    span = (answer[0] - start, answer[1] - start)
    windows = [Example("answerable", question.text, text[start:end], True, span), *rivals]
    if random_source.random() < mixture.in_paragraph:
        rest = _without_answer(paragraph, question, words, random_source)
        if rest is not None:
            windows.append(Example("in-paragraph", question.text, rest, False, None))
    yield tuple(windows)
    for kind, asked, window in _made(paragraph, question, neighbours, mixture, random_source):
        yield (Example(kind, asked, window, False, None),)


def _made(
    paragraph: Paragraph,
    question: Question,
    neighbours: Neighbours,
    mixture: Mixture,
    random_source: random.Random,
) -> Iterator[tuple[str, str, str]]:
    """Yield the kind, the question and the window of near misses made from `question`."""
    text = paragraph.text
    answer = usual_answer(question, text)
    given = text[slice(*answer)]

    def around_answer() -> str:
        [words] = random_source.choices(mixture.window_words, mixture.window_weights)
        return _window(text, answer, words, random_source)

    if random_source.random() < mixture.near_miss:
        article = neighbours.article_text(paragraph)
        missed = near_miss(question.text, given, text, article, random_source)
        if missed is not None:
            yield "near-miss", missed, around_answer()
    window = around_answer()
    others = other_attribute(question.text, window, given)
    if others and random_source.random() < mixture.other_attribute:
        yield "other-attribute", random_source.choice(others), window
    exchanged = exchanged_roles(question.text)
    if exchanged is not None and random_source.random() < mixture.exchanged_roles:
        yield "exchanged-roles", exchanged, window
    if paragraph.source not in OTHER_DOMAINS and random_source.random() < mixture.unstated:
        asked = unstated(window, random_source)
        if asked is not None:
            yield "unstated", asked, window


def _evidence(paragraph: Paragraph, question: Question, answer: tuple[int, int]) -> tuple[int, int]:
    """Return what must be read to see that `answer` is one.

    A report names a group, and sentences later says what "the group" did.
    """
    if paragraph.source != REPORTS:
        return answer
    start, end = nearest_sentence(question.text, paragraph.text)
    return min(start, answer[0]), max(end, answer[1])


def _from_judged(judged: Judged, words: int, random_source: random.Random) -> Example:
    kind = "clapnq"
    if judged.answerable and judged.span is None:
        return Example(kind, judged.question, judged.text, True, None)
    anchor = judged.span or nearest_sentence(judged.question, judged.text)
    start, end = cut_window(judged.text, anchor, words, random_source)
    span = judged.span and (judged.span[0] - start, judged.span[1] - start)
    return Example(kind, judged.question, judged.text[start:end], judged.answerable, span)


def _as_typed(asked: Asked, mixture: Mixture, random_source: random.Random) -> Asked:
    question = asked[0].question
    if random_source.random() < mixture.no_question_mark:
        question = question.rstrip(" ?")
    if random_source.random() < mixture.typo:
        question = misspell(question, random_source)
    return tuple(replace(example, question=question) for example in asked)


def build_epoch(
    paragraphs: Sequence[Paragraph],
    judged: Sequence[Judged],
    mixture: Mixture,
    seed: int,
    epoch: int,
) -> list[Asked]:
    """Return what one epoch asks, shuffled; the same arguments give the same list.

    Windows, negatives, near misses and typos are drawn anew in each epoch.
    """
    random_source = random.Random(f"{seed}:{epoch}")
    neighbours = Neighbours(paragraphs)
    asked: list[Asked] = []
    for paragraph in paragraphs:
        for question in paragraph.questions:
            share = 1.0 if paragraph.source == REPORTS else mixture.data_sets
            if paragraph.source in OTHER_DOMAINS:
                share *= mixture.other_domains
            if share < 1 and random_source.random() >= share:
                continue
            for _ in range(mixture.reports if paragraph.source == REPORTS else 1):
                asked += _from_question(paragraph, question, neighbours, mixture, random_source)
            if random_source.random() < mixture.unrelated:
                text = random_source.choice(paragraphs).text
                if text != paragraph.text:
                    asked.append((Example("unrelated", question.text, text, False, None),))
    longest = mixture.window_words[-1]
    asked += [
        (_from_judged(item, longest, random_source),)
        for item in judged
        if mixture.data_sets == 1 or random_source.random() < mixture.data_sets
    ]
    random_source.shuffle(asked)
    return [_as_typed(each, mixture, random_source) for each in asked]


def training_paragraphs(
    squad2: Sequence[Paragraph],
    squad1: Sequence[Paragraph],
    others: Sequence[Paragraph],
    held_out: Sequence[str],
) -> list[Paragraph]:
    """Return every paragraph that may be trained on, each question about a text once.

    Articles named in `held_out` are left out of both SQuAD versions.
    """
    seen: set[tuple[str, str]] = set()
    kept: list[Paragraph] = []
    for paragraph in (*squad2, *squad1, *others):
        if paragraph.article in held_out:
            continue
        fresh = []
        for question in paragraph.questions:
            key = (question.text.casefold(), paragraph.text)
            if key not in seen:
                seen.add(key)
                fresh.append(question)
        if fresh:
            kept.append(replace(paragraph, questions=tuple(fresh)))
    return kept
