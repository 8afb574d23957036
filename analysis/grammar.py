"""Grammar: what a sentence's dependency parse says of who did what, by small questions to it."""

from spacy.tokens import Token

from analysis.terms import stem

_SUBJECTS = frozenset({"nsubj", "nsubjpass", "csubj"})
_PASSIVE = frozenset({"nsubjpass", "auxpass", "agent"})
RELATIVES = frozenset({"who", "which", "that", "whom", "whose"})
_NAME_PARTS = frozenset(
    {"det", "amod", "compound", "nummod", "quantmod", "poss", "nmod", "advmod", "case", "predet"}
)
_IMPLICATIVE = frozenset(
    stem(verb)
    for verb in "manage choose chose succeed proceed happen continue begin start able".split()
)
"""Who "managed to" do something did it; who "planned to" or "threatened to" may not have."""
_REPORTS = frozenset(
    stem(verb)
    for verb in "describe report say count mention state give call date speak put".split()
)
_CONDITIONS = frozenset({"if", "unless", "whether", "lest"})
_DOUBTS = frozenset(
    stem(word)
    for word in """
        plan threaten intend aim want try attempt seek prepare expect likely possible could may
        might prevent avoid warn fear hope wish vow promise risk imminent potential future would
        will
    """.split()
)


def folded(token: Token) -> str:
    """Return the stem of the token's word."""
    return stem(token.lower_)


def children(token: Token, *deps: str) -> list[Token]:
    """Return the token's dependents in these relations, in text order."""
    return [child for child in token.children if child.dep_ in deps]


def with_conjuncts(token: Token) -> list[Token]:
    """Return `token` and whatever is coordinated with it after it, in text order."""
    found = [token]
    for each in found:
        found.extend(children(each, "conj"))
    return sorted(found, key=lambda each: each.i)


def objects_of_preposition(token: Token, *words: str) -> list[Token]:
    """Return what stands after one of the prepositions `words` that depend on `token`.

    "on the hotel, on the embassy and on the airport" gives all three.
    """
    found = []
    for child in token.children:
        if child.dep_ in ("prep", "agent") and child.lower_ in words:
            for each in with_conjuncts(child):
                if each.lower_ in words or each.i == child.i:
                    for noun in children(each, "pobj", "pcomp"):
                        found.extend(with_conjuncts(noun))
    return found


def is_passive(verb: Token) -> bool:
    """Whether the verb is passive, or a participle that stands after what it was done to."""
    if any(child.dep_ in _PASSIVE for child in verb.children):
        return True
    if verb.dep_ in ("acl", "ccomp", "xcomp", "oprd") and verb.tag_ == "VBN":
        return not any(child.lower_ in ("have", "has", "had") for child in children(verb, "aux"))
    return (
        verb.dep_ == "conj"
        and verb.tag_ == "VBN"
        and verb.head.pos_ in ("VERB", "AUX")
        and (not children(verb, "nsubj", "aux") and is_passive(verb.head))
    )


def subjects(verb: Token) -> list[Token]:
    """Return the heads of the verb's subject, active or passive.

    A coordinated verb shares the first one's subject, a relative pronoun stands for what it is
    about, a participle's subject is the noun or the clause's subject that it belongs to.
    """
    seen = set()
    at = verb
    while at.i not in seen:
        seen.add(at.i)
        found = children(at, *_SUBJECTS)
        if found:
            if found[0].lower_ in RELATIVES:
                clause = at
                while clause.dep_ in ("conj", "xcomp", "ccomp") and clause.dep_ != "relcl":
                    clause = clause.head
                if clause.dep_ == "relcl":
                    return [clause.head]
            return [each for subject in found for each in with_conjuncts(subject)]
        if at.dep_ in ("acl", "relcl"):
            return [at.head]
        if at.dep_ in ("conj", "xcomp", "advcl", "ccomp") and at.head.pos_ in ("VERB", "AUX"):
            at = at.head
        else:
            break
    return []


def direct_objects(verb: Token) -> list[Token]:
    """Return the heads of the verb's objects."""
    return [
        each for found in children(verb, "dobj", "obj", "dative") for each in with_conjuncts(found)
    ]


def name_part(token: Token) -> tuple[int, int]:
    """Return the noun phrase that `token` heads as code points of the paragraph.

    With what stands before it and an "of" after it; without clauses and appositions.
    """
    first = last = token
    for child in token.children:
        if child.i < token.i and child.dep_ in _NAME_PARTS:
            first = min(first, _leftmost(child), key=lambda each: each.i)
        elif child.dep_ == "prep" and child.lower_ == "of" and child.i == last.i + 1:
            for noun in children(child, "pobj"):
                last = _end(noun)
    return first.idx, last.idx + len(last.text)


def _leftmost(token: Token) -> Token:
    return min(token.subtree, key=lambda each: each.i)


def _end(token: Token) -> Token:
    for child in token.children:
        if child.dep_ == "prep" and child.lower_ == "of" and child.i == token.i + 1:
            for noun in children(child, "pobj"):
                return _end(noun)
    return token


def is_negated(token: Token) -> bool:
    """Whether the word itself is denied: "did not attack", "no attack", "never"."""
    return any(
        child.dep_ == "neg"
        or (child.dep_ == "det" and child.lower_ in ("no", "neither"))
        or (child.lower_ == "longer" and any(each.lower_ == "no" for each in child.children))
        for child in token.children
    )


def is_told_as_done(verb: Token) -> bool:
    """Whether the clause tells something that happened, not what may, should or usually does."""
    at = verb
    for _ in range(6):
        if is_negated(at):
            return False
        if any(c.tag_ == "MD" and c.lower_ not in ("did",) for c in children(at, "aux")):
            return False
        if any(c.dep_ == "mark" and c.lower_ in _CONDITIONS for c in at.children):
            return False
        if at.dep_ in ("xcomp", "advcl", "acl", "ccomp") and _has_to(at):
            perfect = any(child.lower_ in ("have", "having") for child in children(at, "aux"))
            if not perfect and folded(at.head) not in _IMPLICATIVE:
                return False
            if not perfect:
                at = at.head
                continue
        if at.tag_ in ("VBN", "VBD") and at.dep_ == "pcomp":
            return False
        if at.tag_ == "VBG" and at.dep_ in ("advcl", "pcomp"):
            at = at.head
            while at.dep_ == "prep":
                at = at.head
            continue
        break
    if at.pos_ not in ("VERB", "AUX"):
        return True
    return _is_past(at) and not _is_conditional(at)


def _is_conditional(verb: Token) -> bool:
    """Whether the clause, or one that it is part of, says "if" or "whether"."""
    at = verb
    for _ in range(6):
        if any(c.dep_ in ("mark", "advmod") and c.lower_ in _CONDITIONS for c in at.children):
            return True
        if at.dep_ not in ("ccomp", "conj", "advcl", "pcomp", "csubj"):
            return False
        at = at.head
    return False


def _has_to(verb: Token) -> bool:
    return any(child.tag_ == "TO" for child in children(verb, "aux"))


def _is_past(verb: Token) -> bool:
    if verb.tag_ == "VBD":
        return True
    helpers = children(verb, "aux", "auxpass")
    if verb.tag_ == "VBN":
        if not helpers:
            return verb.dep_ in ("acl", "amod", "conj", "ROOT", "ccomp", "xcomp", "oprd")
        return any(h.lower_ in ("was", "were", "had", "has", "have", "been") for h in helpers)
    if verb.tag_ == "VBG":
        return any(helper.lower_ in ("was", "were") for helper in helpers)
    return any(helper.lower_ in ("did", "having") for helper in helpers)


def is_doubtful(noun: Token) -> bool:
    """Whether what the noun names is only planned, feared, possible or meant in general."""
    before = {folded(child) for child in noun.children if child.i < noun.i}
    if before & _DOUBTS or {child.lower_ for child in noun.children} & _ANY:
        return True
    at = noun
    for _ in range(4):
        if at.dep_ in ("ROOT", "relcl"):
            break
        at = at.head
        if at.pos_ in ("VERB", "AUX", "ADJ"):
            if folded(at) in _DOUBTS:
                return True
            # What reports describe was done, whenever they do so.
            return folded(at) not in _REPORTS and not is_told_as_done(at)
    return False


_ANY = frozenset(
    {"any", "no", "every", "each", "such", "possible", "potential", "future", "further"}
)
