"""The recipe's examples: windows hold their answers, and no negative holds one."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from training.examples import (
    Example,
    Mixture,
    build_epoch,
    cut_window,
    exchanged_roles,
    misspell,
    near_miss,
    other_attribute,
    training_paragraphs,
    unstated,
)
from training.measure import Asked, area_under_roc, best_threshold, overlap_f1, windows
from training.sources import (
    REPORTS,
    Paragraph,
    Question,
    SourceError,
    detokenise,
    held_out_titles,
    read_reports,
)
from training.start import tokenizer_file
from training.train import Plan, batches, load_tokenizer, rate_at, token_span

TEXT = (
    "The Rova raiders crossed the Tarn in 1881. Their leader, Ilse Brandt, took four hundred "
    "horses. The garrison of Velm lost 63 men. In 1890 a treaty ended the raids, and Otto "
    "Lindqvist governed the valley for the crown until the railway came."
)
OTHER = (
    "After the treaty, horses grazed beside the Tarn again. The raiders settled in the hills, and "
    "the garrison of Velm was sent home when the crown had no more money for it."
)


def asked(question: str, answer: str) -> Question:
    start = TEXT.index(answer)
    return Question(question, question, ((start, start + len(answer)),))


PARAGRAPHS = (
    Paragraph("a", "Rova", TEXT, (asked("How many men did the garrison of Velm lose?", "63"),)),
    Paragraph("a", "Rova", OTHER, (Question("u", "Who led the hill farmers?", ()),)),
)
ALWAYS = Mixture(in_article=1, in_paragraph=1, near_miss=1, unrelated=0, typo=0, no_question_mark=0)


def examples_of(
    paragraphs: Sequence[Paragraph], mixture: Mixture, *, seed: int = 1, epoch: int = 0
) -> list[Example]:
    return [e for asked in build_epoch(paragraphs, (), mixture, seed, epoch) for e in asked]


def test_every_answerable_example_holds_its_answer_and_no_negative_does() -> None:
    for epoch in range(20):
        examples = examples_of(PARAGRAPHS, ALWAYS, epoch=epoch)
        for example in examples:
            if example.answerable:
                assert example.span is not None
                assert example.window[slice(*example.span)] == "63"
            else:
                assert example.span is None
                changed = example.question != PARAGRAPHS[0].questions[0].text
                assert changed or "63" not in example.window
        assert Counter(e.kind for e in examples)["answerable"] == 1


def test_a_mixture_without_negatives_leaves_only_what_the_data_sets_leave_unanswered() -> None:
    examples = examples_of(PARAGRAPHS, ALWAYS.with_negatives(0))
    asked = {(q.text, q.answers == ()) for p in PARAGRAPHS for q in p.questions}
    assert examples
    assert all(example.answerable or (example.question, True) in asked for example in examples)
    assert any(
        not example.answerable and (example.question, True) not in asked
        for example in examples_of(PARAGRAPHS, ALWAYS)
    )


def test_short_windows_take_the_share_that_is_asked_for() -> None:
    usual = Mixture()
    assert usual.with_short_windows(usual.window_weights[0]).window_weights == pytest.approx(
        usual.window_weights
    )
    short = usual.with_short_windows(0.45).window_weights
    assert short[0] == 0.45
    assert sum(short) == pytest.approx(1)
    assert short[1] / short[2] == pytest.approx(usual.window_weights[1] / usual.window_weights[2])


def test_an_epoch_is_the_same_for_the_same_seed_and_another_for_the_next() -> None:
    def build(seed: int, epoch: int) -> list[str]:
        examples = examples_of(PARAGRAPHS, ALWAYS, seed=seed, epoch=epoch)
        return [e.question + e.window for e in examples]

    assert build(1, 0) == build(1, 0)
    assert any(build(1, 0) != build(1, epoch) for epoch in range(1, 5))


def test_a_window_is_whole_sentences_around_its_anchor() -> None:
    start = TEXT.index("63")
    for seed in range(10):
        a, b = cut_window(TEXT, (start, start + 2), 20, random.Random(seed))
        assert "The garrison of Velm lost 63 men." in TEXT[a:b]
        assert TEXT[b - 1] == "." and (a == 0 or TEXT[a - 1] == " ")
        assert len(TEXT[a:b].split()) <= 20


def test_a_near_miss_swaps_in_something_of_the_same_kind_that_the_question_lacked() -> None:
    question = "Who led the Rova raiders across the Tarn in 1881?"
    made = {
        near_miss(question, "Ilse Brandt", TEXT, OTHER, random.Random(seed)) for seed in range(40)
    }
    assert "Who led the Rova raiders across the Tarn in 1890?" in made
    assert question not in made
    assert not any("Brandt" in missed for missed in made if missed)


def test_a_question_that_shares_nothing_with_the_text_has_no_near_miss() -> None:
    assert near_miss("Who sang?", "Ilse", TEXT, OTHER, random.Random(0)) is None


def test_another_attribute_is_asked_for_only_where_the_window_does_not_state_it() -> None:
    assert other_attribute("When did the raiders cross?", "They crossed in 1881.", "1881") == [
        "Where did the raiders cross?",
        "Why did the raiders cross?",
    ]
    assert other_attribute("When did they cross?", "They crossed at Velm in 1881.", "1881") == [
        "Why did they cross?"
    ]
    assert other_attribute("Where did they cross?", "In 1881 they crossed at Velm.", "Velm") == [
        "Why did they cross?"
    ]
    assert other_attribute("Who crossed?", "They crossed.", "They") == []


def test_roles_are_exchanged_only_around_a_verb() -> None:
    assert exchanged_roles("When did the Rova besiege Velm?") == "When did Velm besiege the Rova?"
    assert exchanged_roles("When did the Rova and Velm fight?") is None
    assert exchanged_roles("When did the raiders besiege Velm?") is None


def test_what_nobody_is_said_to_be_is_asked_about_a_name_of_the_window() -> None:
    made = {unstated(TEXT, random.Random(seed)) for seed in range(600)}
    assert "Where was Ilse Brandt born?" in made
    # The text states years: one of them might be when somebody died.
    assert not any(question.startswith("When did") for question in made if question)
    assert unstated("nothing is named here.", random.Random(0)) is None


def test_a_misspelling_keeps_the_words_apart() -> None:
    question = "Which garrison lost sixty men?"
    made = {misspell(question, random.Random(seed)) for seed in range(20)}
    assert question not in made
    assert all(len(missed.split()) == 5 for missed in made)


def test_held_out_articles_are_trained_on_in_no_version() -> None:
    articles = [
        Paragraph("squad2", f"T{i}", TEXT, (asked(f"Who took horses {i}?", "Ilse Brandt"),))
        for i in range(12)
    ]
    held_out = held_out_titles(articles)
    assert len(held_out) == 8
    kept = training_paragraphs(articles, articles, (), held_out)
    assert {p.article for p in kept}.isdisjoint(held_out)
    assert len(kept) == 4  # the second version adds no question that the first had


def test_a_token_span_covers_exactly_the_answer() -> None:
    tokenizer: Tokenizer = load_tokenizer(tokenizer_file(), max_tokens=32)
    encoding = tokenizer.encode("Who led?", TEXT)
    start = TEXT.index("Ilse Brandt")
    tokens = token_span(encoding, (start, start + 11))
    assert tokens is not None
    assert encoding.offsets[tokens[0]][0] == start
    assert encoding.offsets[tokens[1]][1] == start + 11
    beyond = TEXT.index("railway")
    assert token_span(encoding, (beyond, beyond + 7)) is None


def test_the_learning_rate_rises_and_ends_at_zero() -> None:
    plan = Plan(minutes=1, peak_rate=1.0, warmup_share=0.1)
    assert rate_at(0.05, plan) == 0.5
    assert rate_at(0.1, plan) == 1.0
    assert rate_at(0.55, plan) == pytest.approx(0.5)
    assert rate_at(1.0, plan) == rate_at(1.2, plan) == 0.0


def test_treebank_tokens_are_joined_as_they_are_usually_written() -> None:
    assert (
        detokenise("Canada 's head ( of state ) , he said .")
        == "Canada's head (of state), he said."
    )


def test_measures_agree_with_values_worked_by_hand() -> None:
    assert overlap_f1("the Safari Hotel", "Safari hotel in Baidoa") == 2 * 2 / (2 + 4)
    assert area_under_roc([3, 2, 1, 2], [True, False, False, True]) == 3.5 / 4
    items = [Asked("", ("x",), "x", 3), Asked("", ("x",), "x", 2), Asked("", (), "y", 1)]
    assert best_threshold(items) == 2


def test_windows_cover_the_text_and_keep_to_their_size() -> None:
    cut = windows(TEXT, words=22)
    assert all(len(window.split()) <= 22 for window in cut)
    assert all(any(word in window for window in cut) for word in TEXT.split())


def test_every_report_of_the_recipe_can_be_read() -> None:
    trained, measured = read_reports()
    assert trained and measured
    answered = [bool(q.answers) for p in (*trained, *measured) for q in p.questions]
    assert 0.35 < sum(answered) / len(answered) < 0.75


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        '{"article": "a", "questions": []}',
        '{"article": "a", "text": "It rained.", "questions": [{"question": "Why?"}]}',
        '{"article": "a", "text": "It rained", "questions": [{"question": "?", "answer": ""}]}',
        '{"article": "a", "text": "It rained", "questions": [{"question": null, "answer": "It"}]}',
        '{"article": "a", "text": "It rained", "questions": [{"question": "?", "answer": "x"}]}',
    ],
)
def test_a_report_that_cannot_be_read_is_named_by_its_line(tmp_path: Path, line: str) -> None:
    good = '{"article": "a", "text": "It rained.", "questions": []}'
    (tmp_path / "part.jsonl").write_text(f"{good}\n{line}\n")
    with pytest.raises(SourceError, match=r"part\.jsonl, line 2"):
        read_reports(tmp_path)


REPORT = (
    "The Orla Front took Merin bridge in May. Rain fell for a week and the road was closed to "
    "lorries. The group then shot two toll collectors."
)


def report(text: str, *questions: tuple[str, str]) -> Paragraph:
    found = tuple(
        Question(asked, asked, ((text.index(answer), text.index(answer) + len(answer)),))
        for asked, answer in questions
    )
    return Paragraph(REPORTS, text[:20], text, found)


def test_a_window_of_a_report_holds_the_answer_and_what_makes_it_one() -> None:
    told = report(REPORT, ("Who shot the two toll collectors?", "The Orla Front"))
    short = replace(ALWAYS, window_words=(5,), window_weights=(1.0,))
    windows = {
        example.window
        for epoch in range(5)
        for example in examples_of([told], short, epoch=epoch)
        if example.answerable
    }
    assert windows == {REPORT}


def test_reports_are_each_others_hard_negatives_when_the_question_names_somebody() -> None:
    other = "The Orla Front held Merin until the garrison of the upper town came back in August."
    asking = report(REPORT, ("Who took Merin bridge?", "The Orla Front"))
    plain = report(REPORT, ("who took the bridge?", "The Orla Front"))
    third = report("Merin bridge was built by the Salter company.", ("Who built it?", "Salter"))
    known = report(other, ("Who came back in August?", "the garrison"))
    negatives = {
        asked.questions[0].text: {
            example.window
            for example in examples_of([asked, known, third], ALWAYS)
            if example.kind == "in-article" and example.question == asked.questions[0].text
        }
        for asked in (asking, plain)
    }
    assert negatives == {
        # Not the one that holds "The Orla Front", too.
        "Who took Merin bridge?": {third.text},
        "who took the bridge?": set(),
    }


def test_reports_are_gone_through_several_times_an_epoch() -> None:
    reports = [
        replace(paragraph, source=REPORTS, article=f"lone {number}")
        for number, paragraph in enumerate(PARAGRAPHS)
    ]
    examples = examples_of(reports, replace(ALWAYS, reports=3))
    assert Counter(e.kind for e in examples)["answerable"] == 3


def test_a_collections_questions_are_put_to_its_other_paragraphs_too() -> None:
    front = report(REPORT, ("who took the bridge?", "The Orla Front"))
    built = report("Merin bridge was built by the Salter company.", ("Who built it?", "Salter"))
    lost = replace(
        report("The garrison came back to the bridge in August."),
        questions=(Question("n", "Who blew up the bridge?", ()),),
    )
    far = (report("Nothing but rain fell in May."), report("The harvest was late."))
    told = (front, built, lost, *far)
    collection = [replace(each, article="The war for Merin bridge") for each in told]
    groups = build_epoch(collection, (), replace(ALWAYS, reports=1, near_miss=0), seed=1, epoch=0)
    put_to = {
        asked[0].question: [(e.window, e.answerable) for e in asked]
        for asked in groups
        if asked[0].kind in ("answerable", "unanswerable")
    }
    assert set(put_to["who took the bridge?"]) == {
        (REPORT, True),
        (built.text, False),
        (lost.text, False),
    }
    assert put_to["who took the bridge?"][0] == (REPORT, True)
    # What no paragraph of the collection answers is asked of the likeliest of them.
    assert {window for window, _ in put_to["Who blew up the bridge?"]} == {
        lost.text,
        built.text,
        REPORT,
    }
    assert not any(answerable for _, answerable in put_to["Who blew up the bridge?"])
    fewer = replace(ALWAYS, rivals=1, reports=1, near_miss=0)
    [asked] = [
        asked
        for asked in build_epoch(collection, (), fewer, seed=1, epoch=0)
        if asked[0].question == "Who blew up the bridge?"
    ]
    assert len(asked) == 2


def test_a_question_is_mistyped_alike_for_all_its_windows() -> None:
    mistyping = replace(ALWAYS, typo=1)
    for asked in build_epoch(PARAGRAPHS, (), mistyping, seed=1, epoch=0):
        assert len({example.question for example in asked}) == 1


def test_data_sets_are_used_by_share_and_reports_always() -> None:
    reports = [
        replace(paragraph, source=REPORTS, article=f"lone {number}")
        for number, paragraph in enumerate(PARAGRAPHS)
    ]
    none = replace(ALWAYS, data_sets=0, reports=1)
    assert not examples_of(PARAGRAPHS, none)
    assert examples_of(reports, none)


def test_a_questions_windows_stay_together_and_no_batch_is_larger_than_planned() -> None:
    asked = [
        tuple(
            Example("answerable" if not n else "in-article", f"What {q}?", TEXT[: 60 + q], not n,
                    (0, 3) if not n else None)
            for n in range(1 + q % 3)
        )
        for q in range(40)
    ]  # fmt: skip
    plan = Plan(batch_tokens=200)
    tokenizer = load_tokenizer(tokenizer_file(), plan.max_tokens)
    sizes = []
    for batch in batches(asked, tokenizer, plan, 0):
        assert batch.input_ids.numel() <= plan.batch_tokens
        numbers = batch.asked.tolist()
        assert numbers == sorted(numbers)
        assert set(numbers) == set(range(numbers[-1] + 1))
        sizes += Counter(numbers).values()
    assert sorted(sizes) == sorted(map(len, asked))
