import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import cohen_kappa_score
from typer.testing import CliRunner

from eval.cli import eval_app
from eval.gold import Kind, check_gold, read_gold
from eval.judgements import (
    Judgement,
    JudgementError,
    Scored,
    agreement,
    make_sheet,
    read_judgements,
    tally,
    to_gold,
)
from eval.report import content_security_policy, render_judging
from eval.run import run_gold, write_run

CHROMIUM = shutil.which("chromium")


def runs(world: Any) -> list[Any]:
    """Two systems that differ in one reply."""
    return [
        run_gold(world.system("alpha-system"), world.gold),
        run_gold(world.system("beta-system", fall=world.refused()), world.gold),
    ]


def item_of(sheet: Any, run_number: int, question: str) -> str:
    return str(sheet.of_run[run_number][question])


def all_as(sheet: Any, word: Judgement, scorer: str = "Ann") -> Scored:
    return Scored(scorer, {item.id: word for item in sheet.items})


def test_replies_that_are_alike_are_judged_once(world: Any) -> None:
    sheet = make_sheet(runs(world))
    assert len(sheet.items) == len(world.gold) + 1
    assert item_of(sheet, 0, "cause") == item_of(sheet, 1, "cause")
    assert item_of(sheet, 0, "fall") != item_of(sheet, 1, "fall")


def test_the_page_names_no_system_and_no_score(world: Any) -> None:
    page = render_judging(make_sheet(runs(world)))
    assert "alpha-system" not in page and "beta-system" not in page
    assert "0.9" not in page and "confidence" not in page
    turned = render_judging(make_sheet(runs(world)[::-1]))
    assert turned == page


def test_the_page_needs_nothing_but_itself(world: Any) -> None:
    page = render_judging(make_sheet(runs(world)))
    assert not re.search(r'(src|href|action)\s*=\s*"', page)
    assert "'sha256-" in content_security_policy(page).split("script-src")[1]


def test_kappa_agrees_with_scikit_learn(world: Any) -> None:
    words = list(Judgement)
    sheet = make_sheet(runs(world))
    first = {item.id: words[place % 4] for place, item in enumerate(sheet.items)}
    second = {item.id: words[place % 3] for place, item in enumerate(sheet.items)}
    told = agreement(Scored("Ann", first), Scored("Ben", second))
    names = sorted(first)
    assert told.kappa == pytest.approx(
        cohen_kappa_score([first[name] for name in names], [second[name] for name in names])
    )
    assert told.count == len(sheet.items)


def test_kappa_is_undefined_where_all_judgements_are_one_word(world: Any) -> None:
    sheet = make_sheet(runs(world))
    right = all_as(sheet, Judgement.RIGHT)
    assert agreement(right, right).kappa is None
    assert agreement(right, right).share == 1.0
    assert agreement(right, Scored("Ben", {})).count == 0


def test_each_system_is_tallied_by_its_own_replies(world: Any) -> None:
    sheet = make_sheet(runs(world))
    words = {item.id: Judgement.RIGHT for item in sheet.items}
    words[item_of(sheet, 1, "fall")] = Judgement.WRONG
    del words[item_of(sheet, 0, "moon")]
    scored = Scored("Ann", words)
    assert tally(sheet, 0, scored) == {"right": 6, "open": 1}
    assert tally(sheet, 1, scored) == {"right": 5, "wrong": 1, "open": 1}


def test_what_all_scorers_call_right_becomes_gold(world: Any) -> None:
    sheet = make_sheet([run_gold(world.system(), world.gold)])
    ann = all_as(sheet, Judgement.RIGHT)
    ben = Scored("Ben", ann.judgements | {item_of(sheet, 0, "cause"): Judgement.PARTLY})
    questions = {question.id: question for question in to_gold(sheet, [ann, ben])}
    assert set(questions) == {"fall", "ferry", "when", "hurt", "cost", "moon"}
    assert questions["fall"].parts[0].answers == ("May",)
    assert questions["fall"].judged_by == "Ann, Ben"
    assert [part.answers for part in questions["when"].parts] == [("May",), ("June",)]
    assert questions["cost"].kind is Kind.UNANSWERABLE and questions["cost"].near_miss
    texts = {name: text.text for name, text in world.texts.items()}
    assert check_gold(list(questions.values()), texts.get) == []


def test_a_question_with_a_right_answer_and_a_right_refusal_is_left_out(world: Any) -> None:
    sheet = make_sheet(runs(world))
    assert "fall" not in {item.id for item in to_gold(sheet, [all_as(sheet, Judgement.RIGHT)])}


def test_a_right_answer_to_a_question_thought_unanswerable_corrects_the_set(world: Any) -> None:
    answer = world.answered("twice a day", world.cited(world.sentences.ferries, "twice a day"))
    sheet = make_sheet([run_gold(world.system(moon=answer), world.gold)])
    questions = {item.id: item for item in to_gold(sheet, [all_as(sheet, Judgement.RIGHT)])}
    assert questions["moon"].kind is Kind.FACT


def test_an_answer_without_citation_is_no_gold(world: Any) -> None:
    bare = replace(world.perfect["fall"], citations=())
    sheet = make_sheet([run_gold(world.system(fall=bare), world.gold)])
    assert "fall" not in {item.id for item in to_gold(sheet, [all_as(sheet, Judgement.RIGHT)])}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sheet": "other"}, "judges sheet 'other', these runs make sheet"),
        ({"judgements": {"x": "right"}}, "1 judgements of unknown items"),
        ({"judgements": {"x": "good"}}, "not a file of judgements"),
        ({"scorer": " "}, "with the scorer's name"),
        ({"format": None}, "judges sheet"),
    ],
)
def test_a_file_of_other_judgements_is_refused(
    world: Any, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    sheet = make_sheet(runs(world))
    record = {"format": 1, "sheet": sheet.id, "scorer": "Ann", "judgements": {}} | changes
    (tmp_path / "j.json").write_text(json.dumps(record))
    with pytest.raises(JudgementError, match=message):
        read_judgements(tmp_path / "j.json", sheet)


@pytest.mark.skipif(CHROMIUM is None, reason="the browser test needs Debian's chromium")
def test_a_person_judges_in_a_browser_and_the_command_reads_what_was_saved(
    world: Any, tmp_path: Path
) -> None:
    from playwright.sync_api import sync_playwright

    folders = [tmp_path / "a", tmp_path / "b"]
    for run, folder in zip(runs(world), folders, strict=True):
        write_run(run, folder)
    page_file = tmp_path / "page.html"
    call = CliRunner().invoke
    assert call(eval_app, ["judge", *map(str, folders), "--out", str(page_file)]).exit_code == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(page_file.as_uri())
        page.get_by_label("Your name").fill("Ann")
        for choice in page.get_by_role("radio", name="right", exact=True).all():
            choice.check()
        assert "8 of 8 judged" in page.get_by_role("status").inner_text()
        with page.expect_download() as download:
            page.get_by_role("button", name="Save the judgements").click()
        saved = tmp_path / "ann.json"
        download.value.save_as(saved)
        other = browser.new_page()
        other.goto(page_file.as_uri())
        other.set_input_files("#load", saved)
        other.wait_for_function("document.getElementById('scorer').value === 'Ann'")
        assert "8 of 8 judged" in other.get_by_role("status").inner_text()
        browser.close()
    words = ["judged", str(saved), str(saved), "--gold", str(tmp_path / "gold.jsonl")]
    result = call(eval_app, [*words, "--run", str(folders[0]), "--run", str(folders[1]), "--json"])
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert [counts["right"] for counts in record["tallies"]] == [7, 7, 7, 7]
    assert record["agreement"][0]["share"] == 1.0
    assert len(read_gold(tmp_path / "gold.jsonl")) == 6
