"""A correction means one account, although a sentence may tell several."""

from datetime import date

from analysis.account_places import account_meant, naming_words
from analysis.corrections import CorrectedPlace
from analysis.records import Account, AttackKind, Party, Place, Precision, Span, When

TEXT = "Raids hit the mill in Orvik on 3 May and on 5 June, the dam, and the dam in Sund."


def span(words: str, after: int = 0) -> Span:
    start = TEXT.index(words, after)
    return Span(start, start + len(words))


def account(
    target: str | None = None, place: str | None = None, when: date | None = None, after: int = 0
) -> Account:
    written = f"{when.day} {when:%B}" if when else ""
    return Account(
        AttackKind.RAID,
        span("Raids"),
        Span(0, len(TEXT)),
        When(written, span(written), Precision.DAY, when, when) if when else None,
        (Place(place, span(place)),) if place else (),
        targets=(Party(target, span(target, after)),) if target else (),
    )


def named(*accounts: Account) -> list[str]:
    return [TEXT[each.start : each.end] for each in naming_words(accounts)]


def meant(words: Span, *accounts: Account) -> list[int]:
    spans = [each.span for each in accounts]
    place = CorrectedPlace("d", words.start, words.end)
    return account_meant(place, list(zip(naming_words(accounts), spans, strict=True)))


MILL = account("the mill")
DAM = account("the dam")


def test_accounts_of_one_word_are_named_by_whom_they_met() -> None:
    assert named(MILL, DAM) == [
        "Raids hit the mill",
        "Raids hit the mill in Orvik on 3 May and on 5 June, the dam",
    ]


def test_accounts_of_one_target_are_named_by_their_place_or_their_time() -> None:
    at_sund = account("the dam", place="Sund")
    assert named(DAM, at_sund)[1] == TEXT.removesuffix(".")
    may, june = (account("the mill", when=day) for day in (date(2022, 5, 3), date(2022, 6, 5)))
    assert named(may, june) == [
        "Raids hit the mill in Orvik on 3 May",
        "Raids hit the mill in Orvik on 3 May and on 5 June",
    ]


def test_the_words_that_name_an_account_mean_it_and_no_other() -> None:
    for number, words in enumerate(naming_words([MILL, DAM])):
        assert meant(words, MILL, DAM) == [number]


def test_the_sentences_that_tell_two_accounts_mean_both() -> None:
    assert meant(Span(0, len(TEXT)), MILL, DAM) == [0, 1]


def test_words_that_name_none_mean_the_account_with_most_of_them() -> None:
    assert meant(Span(0, 16), MILL, DAM) == [0]
    assert meant(Span(900, 905), MILL, DAM) == []
