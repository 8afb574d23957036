"""A small world to evaluate: two documents, a gold set over them, and systems that answer it."""

import hashlib
from types import SimpleNamespace

import pytest

from eval.gold import Evidence, GoldQuestion, Kind, Part
from eval.reply import Cited, Found, Outcome, Reply
from eval.systems import SystemInfo, Text

BRIDGE = "The bridge fell in May. Rain had washed out its northern pier. Nobody was hurt."
FERRY = "A ferry now runs twice a day. The engineers say the bridge fell in June."
TEXTS = {
    hashlib.sha256(text.encode()).hexdigest(): Text(title, text)
    for title, text in (("Bridge", BRIDGE), ("Ferry", FERRY))
}
BRIDGE_ID, FERRY_ID = TEXTS


def evidence(sentence: str) -> Evidence:
    document = next(name for name, text in TEXTS.items() if sentence in text.text)
    start = TEXTS[document].text.index(sentence)
    return Evidence(document, start, start + len(sentence))


def cited(sentence: str, answer: str | None = None) -> Cited:
    place = evidence(sentence)
    return Cited(place.document, place.start, place.end, sentence, answer)


def found(sentence: str) -> Found:
    place = evidence(sentence)
    return Found(place.document, place.start, place.end, sentence)


FELL_MAY = "The bridge fell in May."
RAIN = "Rain had washed out its northern pier."
UNHURT = "Nobody was hurt."
FERRIES = "A ferry now runs twice a day."
FELL_JUNE = "The engineers say the bridge fell in June."


def question(
    name: str,
    kind: Kind,
    *parts: tuple[tuple[str, ...], str],
    turns: tuple[str, ...] = (),
    near_miss: bool = False,
) -> GoldQuestion:
    return GoldQuestion(
        id=name,
        kind=kind,
        question=f"What about {name}?",
        parts=tuple(Part(answers, (evidence(sentence),)) for answers, sentence in parts),
        judged_by="tests",
        turns=turns,
        near_miss=near_miss,
    )


GOLD = (
    question("fall", Kind.FACT, (("May", "in May"), FELL_MAY)),
    question("cause", Kind.WHY, (("rain",), RAIN)),
    question("ferry", Kind.FACT, (("twice a day",), FERRIES)),
    question("when", Kind.CONFLICT, (("May",), FELL_MAY), (("June",), FELL_JUNE)),
    question("hurt", Kind.FOLLOW_UP, (("nobody",), UNHURT), turns=("Did the bridge fall?",)),
    question("cost", Kind.UNANSWERABLE, near_miss=True),
    question("moon", Kind.UNANSWERABLE),
)


def answered(answer: str, *citations: Cited, confidence: float = 0.9) -> Reply:
    return Reply(
        Outcome.ANSWERED,
        answer,
        confidence,
        citations,
        tuple(Found(item.document, item.start, item.end, item.quote) for item in citations),
        ask_ms=20.0,
        search_ms=4.0,
    )


def refused(confidence: float = 0.1) -> Reply:
    return Reply(Outcome.NOT_FOUND, confidence=confidence, ask_ms=10.0, search_ms=4.0)


PERFECT = {
    "fall": answered("May", cited(FELL_MAY, "May")),
    "cause": answered("rain", cited(RAIN, "Rain")),
    "ferry": answered("twice a day", cited(FERRIES, "twice a day")),
    "when": answered("May; June", cited(FELL_MAY, "May"), cited(FELL_JUNE, "June")),
    "hurt": answered("Nobody", cited(UNHURT, "Nobody")),
    "cost": refused(),
    "moon": refused(),
}


class FakeSystem:
    """Gives prepared replies; a question without one breaks it."""

    def __init__(self, replies: dict[str, Reply], name: str = "fake") -> None:
        self.replies = replies
        self.info = SystemInfo(name, index_fingerprint="i1", model="m1", settings={"k": "10"})

    def reply(self, question: GoldQuestion) -> Reply:
        return self.replies[question.id]

    def document(self, document_id: str) -> Text | None:
        return TEXTS.get(document_id)


class World:
    """What tests need of the above, handed to them by a fixture."""

    gold = GOLD
    perfect = PERFECT
    texts = TEXTS
    bridge_id, ferry_id = BRIDGE_ID, FERRY_ID
    sentences = SimpleNamespace(
        fell_may=FELL_MAY, rain=RAIN, unhurt=UNHURT, ferries=FERRIES, fell_june=FELL_JUNE
    )
    evidence = staticmethod(evidence)
    cited = staticmethod(cited)
    found = staticmethod(found)
    question = staticmethod(question)
    answered = staticmethod(answered)
    refused = staticmethod(refused)

    def system(self, name: str = "fake", **changes: Reply) -> FakeSystem:
        """Return the perfect system, but for these replies."""
        return FakeSystem(PERFECT | changes, name)


@pytest.fixture
def world() -> World:
    return World()
