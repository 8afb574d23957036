"""General rules: what is noise in any report, and what only looks like it."""

import pytest

from ingest.document import Region, RegionKind
from ingest.load_text import parse_text
from ingest.metadata import Stated
from ingest.parsed import Parsed
from ingest.regions import mark_regions

BODY = (
    "The garrison held the bridge until the rains came, and nobody in the valley could say who had "
    "given the order to leave. Most of the men walked home across the fields."
)


def kinds(*paragraphs: str) -> dict[str, RegionKind]:
    text = "\n\n".join(paragraphs)
    parsed: Parsed = parse_text(text)
    regions, _ = mark_regions(parsed.text, parsed.marked, parsed.stated)
    return {parsed.text[r.start : r.end]: r.kind for r in regions}


@pytest.mark.parametrize(
    "line",
    [
        "This article is also available in: Deutsch, Français",
        "Bu yazı şu dillerde de mevcuttur: English",
        "Related Articles",
        "You may also like",
        "Read more: The road to the pass",
        "Continue reading",
        "Leave a Reply",
        "12 Comments",
        "Share this:",
        "Facebook Twitter WhatsApp",
        "Subscribe to our newsletter",
        "We use cookies to improve your experience on this website. Read our policy.",
        "© 2023 The Desk. All rights reserved.",
        "Tags: bridges, rivers",
        "Ann Lee (Follow The Desk)",
        "By Ann Lee",
        "Reporting by Ann Lee; editing by Bo Chen",
        "5 min read",
    ],
)
def test_lines_of_the_site_are_furniture(line: str) -> None:
    assert kinds("The bridge", line, BODY, BODY.upper())[line] is RegionKind.FURNITURE


@pytest.mark.parametrize(
    "line",
    [
        "Related attacks in the north have doubled since the winter, and more are expected.",
        "Share prices fell after the raid, and the bank closed its doors for a week.",
        "More news from the front arrived late at night and changed nothing at all.",
        "By Monday the men had left.",
        "Search parties went out on the third day.",
        "Other groups followed.",
        "Subscribe to this view and all the rest follows.",
        "The governor's photo: a man in grey, said the clerk, who had kept it for many years in a "
        "drawer of his desk. He showed it to nobody. The men came for it twice.",
        "Colin Hart, director of the River Center in New York, said it would fall again.",
        "Khan, a lecturer at the university, said the effort was vain.",
        "[1] is how the map marks the bridge, and nobody knows why it does.",
        "On 5 May the men killed two guards.",
    ],
)
def test_sentences_that_only_begin_like_noise_stay_argument(line: str) -> None:
    for paragraphs in (
        ("The bridge", BODY, line, BODY.upper()),
        ("The bridge", BODY, BODY.upper(), line),
    ):
        assert line not in kinds(*paragraphs)


def test_captions_stand_twice_or_name_their_credit() -> None:
    first = "Men cross the bridge in the morning rain"
    found = kinds("The bridge", BODY, first, first + ".", BODY.upper(), "The pass. Photo: Reuters.")
    assert found[first] is found[first + "."] is RegionKind.CAPTION
    assert found["The pass. Photo: Reuters."] is RegionKind.CAPTION


def test_parallel_sentences_are_no_caption_that_stands_twice() -> None:
    parallel = ("On 5 May the men killed two guards.", "On 6 May the men killed two guards.")
    assert not set(parallel) & set(kinds("The bridge", BODY, *parallel, BODY.upper()))


def test_numbered_notes_at_the_end_are_footnotes() -> None:
    notes = ["[1] “The Bridge”, The Desk, (Date of Access: 01.02.2023).", "[2] Ibid.", "[3] Clerk."]
    found = kinds("The bridge", BODY + "[1] More.[2] And more.[3]", *notes)
    assert [found[note] for note in notes] == [RegionKind.FOOTNOTE] * 3


def test_a_numbered_list_of_arguments_is_no_list_of_notes() -> None:
    points = ["1. The bridge is the only way over the river.", "2. Nobody guards it after dark."]
    assert not set(points) & set(kinds("The bridge", BODY, *points, BODY.upper(), *points[:1]))


@pytest.mark.parametrize(
    "biography",
    [
        "Ann Lee is a research fellow at the River Institute. She holds a PhD from Leeds.",
        "Ann LEE, 2014 yılında Ankara Üniversitesi Tarih Bölümü’nden mezun olmuştur. Yüksek lisans "
        "derecesini 2017 yılında almıştır.",
    ],
)
def test_an_author_at_the_end_is_a_biography_with_the_name_above_it(biography: str) -> None:
    name = " ".join(biography.replace(",", "").split()[:2])
    found = kinds("The bridge", BODY * 8, name, biography, "Leave a Comment")
    assert found[name] is found[biography] is RegionKind.BIOGRAPHY
    assert found["Leave a Comment"] is RegionKind.FURNITURE


def test_a_second_language_that_is_half_the_text_is_no_biography() -> None:
    turkish = (
        "Köprü yağmurlar gelene kadar tutuldu ve vadide kimse emri kimin verdiğini söyleyemedi."
    )
    assert turkish not in kinds("The bridge", BODY, turkish)


def test_headings_stand_above_sentences() -> None:
    found = kinds("The bridge", BODY, "What came after", BODY.upper(), "China", "Russia")
    assert found["The bridge"] is RegionKind.TITLE
    assert found["What came after"] is RegionKind.HEADING
    assert "China" not in found


@pytest.mark.parametrize(
    "marked",
    [
        (Region(RegionKind.TITLE, 0, 24),),
        (Region(RegionKind.HEADING, 0, 24),),
        (),
    ],
)
def test_a_note_that_is_only_its_title_is_its_own_body(marked: tuple[Region, ...]) -> None:
    line = "The mill of Orla burned."
    regions, stated = mark_regions(line, marked, Stated(title=line))
    assert regions == ()
    assert stated.title == line
    # With a text below it, it names that.
    above, _ = mark_regions(f"{line}\n\nNobody was hurt in the fire.", marked, Stated(title=line))
    assert [region.start for region in above] == [0]


def test_headings_above_furniture_are_no_body() -> None:
    marked = (Region(RegionKind.HEADING, 0, 14), Region(RegionKind.FURNITURE, 16, 24))
    regions, _ = mark_regions("Page not found\n\nOur team", marked)
    assert regions == marked


def test_a_caption_alone_is_no_body() -> None:
    regions, _ = mark_regions("A mill.", (Region(RegionKind.CAPTION, 0, 7),))
    assert [region.kind for region in regions] == [RegionKind.CAPTION]
