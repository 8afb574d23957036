import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

OpenPage = Callable[..., Page]

HOW_MANY = "How many guards were killed at the grain depot?"
UNANSWERED = "Which colour has the flag of Brazil?"
PHONE = {"width": 390, "height": 780}


def ask(page: Page, question: str) -> None:
    turns = page.locator(".turn").count()
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(turns + 1)


def test_a_question_is_asked_and_its_citation_opened_by_keyboard_alone(page):
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type(HOW_MANY)
    page.keyboard.press("Enter")
    heading = page.locator(".turn .question")
    expect(heading).to_have_text(HOW_MANY)
    expect(heading).to_be_focused()
    marked = page.locator("blockquote mark.answer").first.inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/documents/.*#cited"))
    cited = page.locator("#cited")
    expect(cited).to_be_in_viewport()
    expect(cited).to_be_focused()
    expect(page.locator(".text mark.answer")).to_have_text(marked)


def test_what_the_reader_marks_is_the_stored_text_at_the_cited_place(page):
    ask(page, HOW_MANY)
    link = page.locator(".to-document").first
    query = parse_qs(urlsplit(link.get_attribute("href")).query)
    link.click()
    marked = "".join(page.locator(".text mark").all_inner_texts())
    document = page.url.split("?")[0].rsplit("/", 1)[1]
    text = page.request.get(f"/api/documents/{document}/text").text()
    assert marked == text[int(query["start"][0]) : int(query["end"][0])]


def test_a_refusal_looks_different_and_offers_what_came_closest(page):
    ask(page, UNANSWERED)
    expect(page.locator(".refusal-text")).to_have_text("The documents do not answer this.")
    expect(page.locator(".answer-card")).to_have_count(0)
    expect(page.locator("mark.answer")).to_have_count(0)
    expect(page.locator(".nearest li").first).to_be_visible()


def test_a_conversation_goes_on_and_survives_a_reload(page):
    ask(page, "Who is Lena Halvorsen?")
    ask(page, "When was she appointed?")
    expect(page.locator(".interpreted")).to_contain_text("Halvorsen")
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)
    page.get_by_role("link", name="New conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.get_by_role("heading", name="Ask the documents")).to_be_visible()


def test_shift_and_enter_begins_a_line_instead_of_sending(page):
    page.keyboard.type("first")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second")
    expect(page.get_by_label("Your question")).to_have_value("first\nsecond")
    expect(page.locator(".turn")).to_have_count(0)


def test_the_skip_link_is_the_first_stop_and_shows_itself(open_page):
    page = open_page("/documents")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_filter_keeps_other_documents_out_of_the_answer(page):
    page.get_by_text("Filters").click()
    page.get_by_label("Harbour Notes", exact=True).check()
    ask(page, HOW_MANY)
    cited = page.locator(".to-document").all_inner_texts()
    assert cited and set(cited) == {"Notes on the Northern Column"}


def test_a_citation_is_copied_with_its_place(open_page):
    page = open_page("/", permissions=["clipboard-read", "clipboard-write"])
    ask(page, HOW_MANY)
    button = page.get_by_role("button", name="Copy citation").first
    button.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    quote = page.locator("blockquote").first.inner_text()
    assert copied.startswith(f"“{quote}”") and re.search(r"characters \d+ to \d+\)$", copied)


def test_feedback_is_acknowledged(page):
    ask(page, HOW_MANY)
    page.get_by_role("button", name="Wrong").click()
    expect(page.locator(".said")).to_have_text("Noted as wrong. Thank you.")


def test_markup_in_documents_stays_text_everywhere(open_page):
    page = open_page("/documents")
    page.get_by_role("link", name="The ferry at Lund").first.click()
    expect(page.locator("h1")).to_contain_text('<script>alert("title")</script>')
    expect(page.locator("article.text")).to_contain_text("<img src=x onerror=alert(1)>")
    page = open_page("/")
    ask(page, "When was the ferry at Lund sunk?")
    expect(page.locator(".turn")).to_contain_text("<script>alert")


def test_script_in_a_question_stays_text(page):
    ask(page, "<script>alert(1)</script><img src=x onerror=alert(2)>")
    expect(page.locator(".question")).to_contain_text("<script>alert(1)</script>")


def test_each_file_of_an_upload_gets_its_result_and_a_bad_one_stops_nothing(open_page):
    page = open_page("/documents")
    page.get_by_label("Add reports").set_input_files(
        [
            {
                "name": "bridge.txt",
                "mimeType": "text/plain",
                "buffer": b"The bridge at Tarn\n\nThe bridge at Tarn was blown up on 9 June 2022. "
                b"The engineers of the army built another one within two months.\n",
            },
            {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 nothing"},
        ]
    )
    page.get_by_role("button", name="Add", exact=True).click()
    results = page.locator(".results li")
    expect(results).to_have_count(2)
    expect(results.nth(0)).to_contain_text("Added")
    expect(results.nth(0)).to_contain_text("bridge.txt")
    expect(results.nth(1)).to_contain_text("Skipped")
    expect(results.nth(1)).to_contain_text("broken.pdf")
    expect(page.locator(".results")).to_be_focused()
    expect(page.locator(".document-list")).to_contain_text("The bridge at Tarn")
    page.get_by_role("link", name=re.compile("Remove The bridge at Tarn")).click()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".document-list")).not_to_contain_text("The bridge at Tarn")


class TestWithoutJavaScript:
    @pytest.fixture
    def page(self, open_page: OpenPage) -> Page:
        return open_page("/", java_script_enabled=False)

    def test_asking_reading_and_asking_on_work_by_plain_forms(self, page):
        page.get_by_label("Your question").fill("Who is Lena Halvorsen?")
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator("#latest .question")).to_have_text("Who is Lena Halvorsen?")
        page.get_by_label("Your question").fill("When was she appointed?")
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator(".turn")).to_have_count(2)
        page.locator("#latest .to-document").first.click()
        expect(page.locator("#cited")).to_be_in_viewport()

    def test_feedback_returns_to_the_conversation(self, page):
        page.get_by_label("Your question").fill(HOW_MANY)
        page.get_by_role("button", name="Ask", exact=True).click()
        page.get_by_role("button", name="Right").click()
        expect(page.locator(".turn .question")).to_have_text(HOW_MANY)

    def test_nothing_that_needs_a_script_is_offered(self, page):
        page.get_by_label("Your question").fill(HOW_MANY)
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator(".turn")).to_have_count(1)
        expect(page.get_by_role("button", name="Copy citation")).to_have_count(0)

    def test_an_upload_shows_its_results(self, open_page):
        page = open_page("/documents", java_script_enabled=False)
        page.get_by_label("Add reports").set_input_files(
            {"name": "empty.txt", "mimeType": "text/plain", "buffer": b" \n"}
        )
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator(".results li")).to_contain_text("Skipped")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways_on_a_phone_and_dark_is_dark(open_page, scheme):
    page = open_page("/", viewport=PHONE, color_scheme=scheme)
    paths = ["/", "/documents", "/evaluation", "/docs"]
    paths += ["/actors", "/attacks", "/strategies", "/coverage", "/corrections"]
    ask(page, HOW_MANY)
    assert_fits(page, scheme)
    page.get_by_text("Filters").click()
    assert_fits(page, scheme)
    page.locator(".to-document").first.click()
    expect(page.locator("#cited")).to_be_in_viewport()
    assert_fits(page, scheme)
    for path in paths:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert_fits(page, scheme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["actors", "attacks"])
def test_the_page_of_a_record_fits_a_phone_with_every_form_open(open_page, kind, scheme):
    page = open_page(f"/{kind}", viewport=PHONE, color_scheme=scheme)
    for record in page.request.get(f"/api/{kind}").json()[kind][:3]:
        page.goto(f"/{kind}/{record['id']}")
        for summary in page.locator("main summary").all():
            summary.click()
        assert_fits(page, scheme)


def test_an_event_of_the_timeline_opens_by_keyboard(open_page):
    page = open_page("/attacks")
    mark = page.locator("svg.timeline a").first
    mark.focus()
    expect(mark).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/attacks/."))
    expect(page.get_by_role("heading", name="Accounts side by side")).to_be_visible()
    page.locator(".comparison td a").first.click()
    expect(page.locator("#cited")).to_be_in_viewport()


def test_actors_are_merged_and_the_merge_withdrawn_by_the_pages_forms(open_page):
    page = open_page("/actors")
    text = b"The Taliban killed Qari Fateh of the Islamic State Khorasan Province (ISKP) in Kabul."
    added = add(page, text)
    query = f"document={added}"
    one, other = page.request.get(f"/api/actors?{query}").json()["actors"][:2]
    page.goto(f"/actors/{one['id']}")
    names = page.locator(".names .name").all_inner_texts()
    page.get_by_text("This is the same as another actor").click()
    form = page.locator("form", has=page.get_by_role("button", name="Merge"))
    form.get_by_label("The other actor").fill(other["name"])
    form.get_by_label("Your name").fill("Ann")
    form.get_by_role("button", name="Merge").click()
    expect(page.get_by_text("The correction is in force.")).to_be_visible()
    merged = page.locator(".names .name").all_inner_texts()
    assert {*one["names"], *other["names"]} <= {*merged}
    page.goto("/corrections")
    page.get_by_text("Withdraw", exact=True).first.click()
    page.get_by_label("Your name").first.fill("Bea")
    page.get_by_role("button", name="Withdraw").first.click()
    expect(page.get_by_text("withdrawn by Bea")).to_be_visible()
    page.goto(f"/actors/{one['id']}")
    assert page.locator(".names .name").all_inner_texts() == names
    page.request.delete(f"/api/documents/{added}")


def test_a_date_and_a_perpetrator_that_are_set_stay_over_an_ingest_until_withdrawn(open_page):
    page = open_page("/attacks")
    told = add(
        page, b"On 3 May 2023 ISKP attacked the Spin Hotel in Herat. The Taliban hold Herat."
    )
    [before] = page.request.get(f"/api/attacks?document={told}").json()["attacks"]
    page.goto(f"/attacks/{before['id']}")
    page.get_by_text("It happened at another time").click()
    form = page.locator("form", has=page.get_by_label("Day, month or year"))
    form.get_by_label("Day, month or year").fill("2011-04")
    form.get_by_label("To").fill("2011-06")
    form.get_by_label("Your name").fill("Ann")
    form.get_by_role("button", name="Set").click()
    expect(page.get_by_text("The correction is in force.")).to_be_visible()
    expect(page.locator(".comparison")).to_contain_text(
        "April 2011 to June 2011 set by an operator"
    )
    page.get_by_text("Somebody else did it").click()
    form = page.locator("form", has=page.get_by_label("How firmly"))
    form.get_by_label("Actor").fill("Taliban")
    form.get_by_label("How firmly").select_option("suspected")
    form.get_by_label("Your name").fill("Ann")
    form.get_by_role("button", name="Set").click()
    expect(page.get_by_text("Suspected: Taliban set by an operator")).to_be_visible()
    other = add(page, b"Nothing happened that day.")
    period = "event_from=2011-04-01&event_to=2011-06-30&actor=Taliban"
    [after] = page.request.get(f"/api/attacks?{period}").json()["attacks"]
    assert (after["dates"], after["perpetrators"]) == (before["dates"], before["perpetrators"])
    for _ in range(2):
        page.goto("/corrections")
        page.get_by_text("Withdraw", exact=True).first.click()
        page.get_by_label("Your name").first.fill("Bea")
        page.get_by_role("button", name="Withdraw").first.click()
        expect(page.get_by_text("Done.")).to_be_visible()
    assert page.request.get(f"/api/attacks/{before['id']}").json() == before
    for document in (told, other):
        page.request.delete(f"/api/documents/{document}")


def add(page: Page, text: bytes) -> str:
    """Return the id of the document that `text` became."""
    file = {"name": f"{len(text)}.txt", "mimeType": "text/plain", "buffer": text}
    [added] = page.request.post("/api/documents", multipart={"files": file}).json()["files"]
    return added["document"]["id"]


def assert_fits(page: Page, scheme: str) -> None:
    beyond = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
    assert beyond <= 0, page.url
    colour = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    red = int(re.search(r"\d+", colour).group())
    assert (red < 128) == (scheme == "dark"), (page.url, colour)


def test_the_api_page_is_drawn_from_this_service_alone(open_page):
    page = open_page("/docs")
    expect(page.get_by_text("/api/ask", exact=True)).to_be_visible()
    page.get_by_text("/api/search", exact=True).click()
    expect(page.get_by_text("Return the passages that best match")).to_be_visible()


def test_motion_is_left_out_for_those_who_ask_for_that(open_page):
    page = open_page("/", reduced_motion="reduce")
    behaviour = page.evaluate("() => getComputedStyle(document.documentElement).scrollBehavior")
    assert behaviour == "auto"
