"""Account places: which words name one account and no other, and which account a place means.

One sentence often tells several attacks, and by one word ("attacks on a hotel and an airport"), so
that neither the sentences nor the word say which of them a correction is about.
"""

from collections import Counter
from collections.abc import Sequence

from analysis.corrections import CorrectedPlace
from analysis.records import Account, Span


def naming_words(accounts: Sequence[Account]) -> list[Span]:
    """Return for each account of a document a stretch that names it and, if any does, no other.

    The stretch runs from the first to the last of the account's word for the event, whom it met
    and, where that does not tell it from another account, its places or its time.
    """
    stretches = [_stretches(account) for account in accounts]
    counts = Counter(each for found in stretches for each in set(found))
    return [next((s for s in found if counts[s] == 1), found[-1]) for found in stretches]


def _stretches(account: Account) -> list[Span]:
    """Return the stretches that may name the account, the most telling first, the widest last."""
    word = [account.trigger]
    whom = [party.span for party in (*account.targets, *account.victims)]
    where = [place.span for place in account.places]
    when = [account.when.span] if account.when is not None else []
    return [
        _around(spans, account.span)
        for spans in (
            (*word, *whom),
            (*word, *whom, *where),
            (*word, *when),
            (*word, *whom, *where, *when),
        )
    ]


def _around(spans: Sequence[Span], told: Span) -> Span:
    """Return what runs from the first to the last of `spans` within the sentences that tell it."""
    start = max(told.start, min(each.start for each in spans))
    return Span(start, min(told.end, max(each.end for each in spans)))


def account_meant(place: CorrectedPlace, accounts: Sequence[tuple[Span, Span]]) -> list[int]:
    """Return the numbers of the accounts, all of the place's document, that `place` means.

    Each account is its naming words and its sentences. Meant is the one whose naming words stand at
    the place, else whose sentences do (several, where these tell several), else the one with most
    of its sentences there, and of those that share them with most of its naming words; none where
    no account stands there.
    """
    where = Span(place.start, place.end)
    for part in (0, 1):
        exact = [n for n, spans in enumerate(accounts) if spans[part] == where]
        if exact:
            return exact
    shares = [
        (_shared(told, where), _shared(words, where) / (words.end - words.start))
        for words, told in accounts
    ]
    most = max(shares, default=(0, 0.0))
    return [n for n, share in enumerate(shares) if share == most and most[0] > 0]


def _shared(one: Span, other: Span) -> int:
    """Return how many characters two stretches have in common."""
    return max(0, min(one.end, other.end) - max(one.start, other.start))
