import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from eval.compare import Comparison, compare
from eval.gold import Kind
from eval.plots import HEIGHT, WIDTH, bar_groups, figures
from eval.report import content_security_policy, list_runs, render_comparison, render_report
from eval.run import run_gold, write_run


class Balanced(HTMLParser):
    """Collects text and refuses tags that do not match."""

    VOID = frozenset({"meta", "br", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def parsed(page: str) -> Balanced:
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))
    return parser


def test_the_report_needs_nothing_but_itself(world: Any) -> None:
    page = render_report(run_gold(world.system(), world.gold))
    parsed(page)
    assert not re.search(r"(src|href|action)\s*=", page)
    assert "url(" not in page and "@import" not in page
    assert "style=" not in page and "<script" not in page


def test_every_question_can_be_opened_with_expected_got_and_where(world: Any) -> None:
    wrong = world.answered("June", world.cited(world.sentences.fell_june, "June"))
    page = render_report(run_gold(world.system(fall=wrong), world.gold))
    text = re.sub(r"\s+", " ", "".join(parsed(page).words))
    assert "Questions not served well: 1" in text and "Questions served well: 6" in text
    for item in world.gold:
        assert item.question in text
    assert "Ferry, 30–72" in text
    assert "answered: June confidence 0.90" in text
    assert "After: Did the bridge fall?" in text
    assert "Nothing answers it, though it comes near: it should be refused." in text
    assert "covers part 1" in text and "finds part 1" in text


def test_what_a_document_or_system_says_stays_inert(world: Any) -> None:
    attack = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    reply = replace(world.perfect["fall"], answer=attack, citations=())
    gold = [replace(world.gold[0], question=attack), *world.gold[1:]]
    system = world.system(attack, fall=reply)
    run = run_gold(system, gold, gold_name=attack)
    for page in (render_report(run), render_comparison(compare(run, run))):
        parsed(page)
        assert "<script>alert" not in page and "<img" not in page


def test_each_figure_is_well_formed_and_says_its_numbers_in_words(world: Any) -> None:
    page = render_report(run_gold(world.system(), world.gold))
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) == 3 + len(bar_groups(run_gold(world.system(), world.gold)))
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") or root.get("aria-label")
    assert page.count("<summary>The numbers</summary>") == 3


def test_every_mark_lies_within_its_figure(world: Any) -> None:
    slow = replace(world.perfect["fall"], ask_ms=1234.5, confidence=1.0)
    drawn = figures(run_gold(world.system(fall=slow), world.gold))
    assert [item.name for item in drawn] == ["reliability", "risk", "latency"]
    for item in drawn:
        points = [point for curve in item.curves for point in curve.points.split(" ")]
        places = [tuple(map(float, point.split(","))) for point in points]
        places += [(dot.x, dot.y) for dot in item.dots]
        assert places
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)


def test_a_system_without_confidence_or_times_has_no_such_figure(world: Any) -> None:
    bare = {
        name: replace(reply, confidence=None, ask_ms=None, search_ms=None)
        for name, reply in world.perfect.items()
    }
    run = run_gold(world.system(**bare), world.gold)
    assert figures(run) == []
    assert "Calibration and latency" not in render_report(run)


def test_a_comparison_shows_won_and_lost_questions_with_both_replies(world: Any) -> None:
    before = run_gold(world.system("old", fall=world.refused()), world.gold)
    after = run_gold(world.system("new", cause=world.refused()), world.gold)
    text = re.sub(r"\s+", " ", "".join(parsed(render_comparison(compare(before, after))).words))
    assert "Questions that changed: 2" in text
    assert "won" in text and "lost" in text
    assert "First: old" in text and "Second: new" in text


def traded(world: Any) -> Comparison:
    """A change that refuses what nothing answers, and with it what the fact questions ask."""
    guess = world.perfect["fall"]
    gold = [replace(item, id=f"{item.id}{number}") for item in world.gold for number in range(20)]
    before, after = {}, {}
    for item in gold:
        right = world.perfect[item.id.rstrip("0123456789")]
        before[item.id] = right if item.answerable else guess
        after[item.id] = world.refused() if item.kind is Kind.FACT else right
    first, second = (
        run_gold(world.system(name, **replies), gold)
        for name, replies in (("old", before), ("new", after))
    )
    return compare(first, second)


def test_a_trade_stands_on_top_with_what_got_better_beside_what_got_worse(world: Any) -> None:
    change = traded(world)
    for page in (render_comparison(change), render_report(change.second, change)):
        words = re.sub(r"\s+", " ", "".join(parsed(page).words))
        better, worse = words.index("Got better: "), words.index("Got worse: ")
        end = words.index("of the other comparisons")
        assert words.index("trades one measure for another") < better < worse < end
        assert "near-miss recall" in words[better:worse]
        assert "answer right" in words[worse:end]
    assert "Got better" not in render_report(change.second)


def test_runs_are_listed_newest_first_and_other_folders_are_passed_over(
    world: Any, tmp_path: Path
) -> None:
    run = run_gold(world.system(), world.gold)
    newer = replace(run, info=replace(run.info, date="2999-01-01T00:00:00+00:00"))
    write_run(run, tmp_path / "runs" / "b")
    write_run(newer, tmp_path / "runs" / "a")
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "run.json").write_text("{}")
    listed = list_runs(tmp_path)
    assert [item.name for item in listed] == ["a", "b"]
    assert listed[1].measures["answer right"].value == 1.0
    assert list_runs(tmp_path / "absent") == []


def test_the_policy_allows_this_pages_style_and_nothing_else() -> None:
    page = "<style>b{}</style><p>x</p><script>go()</script>"
    policy = content_security_policy(page)
    # printf 'b{}' | openssl dgst -sha256 -binary | base64
    assert "default-src 'none'" in policy
    assert re.search(r"style-src 'sha256-[A-Za-z0-9+/]{43}='", policy)
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]{43}='", policy)
    assert "script-src 'none'" in content_security_policy("<p>x</p>")


@pytest.mark.parametrize("count", [1, 2])
def test_a_tiny_run_can_be_reported(world: Any, count: int) -> None:
    parsed(render_report(run_gold(world.system(), world.gold[:count])))
    parsed(render_report(run_gold(world.system(), world.gold[-count:])))
