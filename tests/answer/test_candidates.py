from answer.candidates import candidates_of
from index.search import DocumentInfo, Hit
from ingest.chunk import Passage

TEXT = "Cover. The raid failed. It cost four lives. Nobody claimed it."
INFO = DocumentInfo("d" * 64, "T", None, None, "en", None, None, (), len(TEXT))


def hit(rank: int, start: int, end: int) -> Hit:
    return Hit(rank, 1.0, Passage(INFO.id, start, end, TEXT[start:end]), INFO, ())


def nothing(passage: Passage) -> tuple[None, None]:
    return None, None


def test_each_sentence_knows_its_place_and_its_neighbours() -> None:
    failed, cost, nobody = candidates_of([hit(1, 7, len(TEXT))], nothing)
    assert [TEXT[c.start : c.end] == c.text for c in (failed, cost, nobody)] == [True] * 3
    assert (failed.before, failed.after) == ("", "It cost four lives.")
    assert (cost.before, cost.after) == ("The raid failed.", "Nobody claimed it.")
    for each in (failed, cost, nobody):
        assert each.context[each.lead :].startswith(each.text)


def test_a_sentence_that_leans_is_quoted_with_the_one_before_it() -> None:
    failed, cost, _ = candidates_of([hit(1, 7, len(TEXT))], nothing)
    assert not failed.leans
    assert cost.leans
    assert TEXT[cost.quote_start : cost.end] == "The raid failed. It cost four lives."
    assert failed.quote_start == failed.start


def test_a_sentence_of_two_passages_comes_once_with_the_better_one() -> None:
    candidates = candidates_of([hit(1, 7, 43), hit(2, 24, len(TEXT))], nothing)
    assert [(c.text, c.hit.rank) for c in candidates] == [
        ("The raid failed.", 1),
        ("It cost four lives.", 1),
        ("Nobody claimed it.", 2),
    ]


def test_a_sentence_at_a_border_has_the_sentence_across_it_as_its_neighbour() -> None:
    first, second = hit(1, 0, 23), hit(1, 24, len(TEXT))

    def beside(passage: Passage) -> tuple[Passage | None, Passage | None]:
        return (None, second.passage) if passage == first.passage else (first.passage, None)

    _, failed = candidates_of([first], beside)
    assert (failed.before, failed.after) == ("Cover.", "It cost four lives.")
    cost, nobody = candidates_of([second], beside)
    assert cost.leans
    assert TEXT[cost.quote_start : cost.end] == "The raid failed. It cost four lives."
    assert nobody.after == ""
