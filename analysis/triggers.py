"""Triggers: the words that name attacks and operations, and what they tell of them."""

from dataclasses import dataclass

from spacy.tokens import Token

from analysis.grammar import children, folded
from analysis.records import AttackKind, Harm
from analysis.terms import stem


@dataclass(frozen=True, slots=True)
class Trigger:
    """What a word that names an event tells of it."""

    kind: AttackKind
    exact: bool = True
    """False where the word fits several kinds: a man may be killed in any."""
    harm: Harm | None = None
    """What was done to the people whom the word has as object, or to whom an "of" belongs."""
    to_people: bool = False
    """Whether the object is a person or people, not a place or a thing."""
    undergone: bool = False
    """Whether the subject suffers it: "died", "escaped"."""


_A = AttackKind


def _by_stem(**words: tuple[str, Trigger]) -> dict[str, Trigger]:
    return {stem(w): trigger for text, trigger in words.values() for w in text.split()}


def _by_word(**words: tuple[str, Trigger]) -> dict[str, Trigger]:
    # By word and not by stem: an executive is no execution, an operator no operation.
    return {
        form: trigger
        for text, trigger in words.values()
        for word in text.split()
        for form in (word, word + "s", word + "es")
    }


_KILLED = Trigger(_A.ATTACK, exact=False, harm=Harm.KILLED, to_people=True)
_ARRESTED = Trigger(_A.ARREST, harm=Harm.ARRESTED, to_people=True)
_EXECUTED = Trigger(_A.EXECUTION, harm=Harm.KILLED, to_people=True)
_MURDERED = Trigger(_A.ASSASSINATION, harm=Harm.KILLED, to_people=True)
_KIDNAPPED = Trigger(_A.KIDNAPPING, to_people=True)
_ATTACKED = Trigger(_A.ATTACK, exact=False)

VERBS = _by_stem(
    killed=("kill slay slew slain neutralize neutralise eliminate", _KILLED),
    murdered=("assassinate murder", _MURDERED),
    executed=("execute behead hang", _EXECUTED),
    died=("die perish", Trigger(_A.ATTACK, False, Harm.KILLED, True, undergone=True)),
    arrested=("arrest detain capture apprehend", _ARRESTED),
    kidnapped=("kidnap abduct", _KIDNAPPED),
    attacked=("attack target assault hit strike struck", _ATTACKED),
    bombed=("bomb bombard shell detonate explode", Trigger(_A.BOMBING)),
    raided=("raid storm", Trigger(_A.RAID, exact=False)),
    ambushed=("ambush", Trigger(_A.CLASH, exact=False)),
    clashed=("clash", Trigger(_A.CLASH)),
    burned=("torch", Trigger(_A.ARSON)),
    wounded=("wound injure", Trigger(_A.ATTACK, False, Harm.WOUNDED, True)),
    freed=("free release liberate", Trigger(_A.PRISON_BREAK, False, Harm.FREED, True)),
    escaped=("escape", Trigger(_A.PRISON_BREAK, False, Harm.FREED, True, undergone=True)),
)
"""Triggers among verbs, by stem."""

NOUNS = _by_word(
    attack=("attack assault strike", _ATTACKED),
    bombing=("bombing bombardment blast explosion shelling", Trigger(_A.BOMBING)),
    shooting=("shooting gunfire", Trigger(_A.SHOOTING)),
    killing=("killing neutralization massacre", _KILLED),
    murder=("assassination murder", _MURDERED),
    execution=("execution beheading", _EXECUTED),
    death=("death", Trigger(_A.ATTACK, False, Harm.KILLED, True, undergone=True)),
    arrest=("arrest detention capture", _ARRESTED),
    kidnapping=("kidnapping abduction", _KIDNAPPED),
    raid=("raid operation", Trigger(_A.RAID, exact=False)),
    airstrike=("airstrike", Trigger(_A.AIR_STRIKE)),
    clash=("clash ambush firefight shootout gunfight", Trigger(_A.CLASH)),
    arson=("arson", Trigger(_A.ARSON)),
    jailbreak=("jailbreak", Trigger(_A.PRISON_BREAK)),
    attempt=("attempt", _ATTACKED),
)
"""Triggers among nouns, by word, singular and plural."""

_IDIOMS = {
    ("put", "death"): _EXECUTED,
    ("take", "prison"): _ARRESTED,
    ("lose", "live"): VERBS[stem("die")],
    ("lost", "live"): VERBS[stem("die")],
    ("lost", "life"): VERBS[stem("die")],
    ("cost", "live"): _KILLED,
    ("claim", "live"): _KILLED,
    ("taken", "aim"): _ATTACKED,
    ("took", "aim"): _ATTACKED,
    ("fell", "clash"): VERBS[stem("die")],
    ("fell", "battl"): VERBS[stem("die")],
    ("fell", "fight"): VERBS[stem("die")],
    ("meet", "death"): VERBS[stem("die")],
    ("met", "death"): VERBS[stem("die")],
    ("shot", "dead"): Trigger(_A.SHOOTING, True, Harm.KILLED, True),
    ("gun", "down"): Trigger(_A.SHOOTING, True, Harm.KILLED, True),
    ("open", "fire"): Trigger(_A.SHOOTING),
    ("blew", "up"): Trigger(_A.BOMBING),
    ("blown", "up"): Trigger(_A.BOMBING),
    ("set", "free"): VERBS[stem("free")],
    ("set", "fire"): Trigger(_A.ARSON),
    ("burn", "down"): Trigger(_A.ARSON),
    ("broke", "prison"): VERBS[stem("escape")],
}
_MANNERS = (
    (frozenset({"suicid"}), _A.SUICIDE_BOMBING),
    (frozenset({"bomb", "bomber", "explos", "ied", "mine"}), _A.BOMBING),
    (frozenset({"gun", "shoot"}), _A.SHOOTING),
    (frozenset({"air", "drone", "airstrik", "aircraft"}), _A.AIR_STRIKE),
    (frozenset({"prison", "jail"}), _A.PRISON_BREAK),
    (frozenset({"arson"}), _A.ARSON),
)
LIGHT_VERBS = frozenset(
    stem(verb)
    for verb in """
        carry conduct launch stage perpetrate mount commit organize claim plan undertake execute
        wage lead suffer make made
    """.split()
)
"""Verbs that only say that somebody did what their object names."""


def trigger_of(token: Token) -> Trigger | None:
    """Return what event the token names, or None where it names none."""
    if token.pos_ in ("VERB", "AUX") or token.tag_ in ("VBN", "VBD", "VBG"):
        idiom = _idiom(token)
        if idiom is not None:
            return idiom
        # "Announcements about killed leaders" tell of no event.
        if token.dep_ == "amod":
            return None
        return VERBS.get(folded(token)) if token.pos_ != "NOUN" else NOUNS.get(token.lower_)
    if token.pos_ in ("NOUN", "PROPN"):
        # An "intelligence and operation chief" is no operation.
        first = token
        while first.dep_ == "conj":
            first = first.head
        if first.dep_ in ("compound", "nmod", "amod"):
            return None
        if folded(token) in _BREAKS and any(
            folded(child) in ("prison", "jail") for child in children(token, "compound")
        ):
            return NOUNS["jailbreak"]
        return NOUNS.get(token.lower_)
    return None


_BREAKS = frozenset({"break", "breakout", "outbreak"})


def _idiom(verb: Token) -> Trigger | None:
    first = folded(verb)
    if not any(pair[0] == first for pair in _IDIOMS):
        return None
    near = {folded(each) for child in verb.children for each in (child, *child.children)}
    return next((t for (one, other), t in _IDIOMS.items() if one == first and other in near), None)


def manner_of(token: Token, trigger: Trigger) -> AttackKind:
    """Return the kind of event, more exact where a word before or in it says how it was done."""
    words = {folded(child) for child in token.children if child.i < token.i}
    words |= {folded(child) for child in children(token, "compound", "amod", "nmod")}
    words |= {folded(token)} if not trigger.exact else set()
    if trigger.kind in (_A.ATTACK, _A.BOMBING, _A.RAID):
        for manner, kind in _MANNERS:
            if words & manner:
                return kind
    return trigger.kind
