import html
import json
import re
from types import SimpleNamespace

import pytest

EVENTS = {"accept": "text/event-stream, application/json"}
HOW_MANY = "How many men were arrested?"


def text_of(page):
    """What a reader sees of some HTML."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())


def events_of(response):
    blocks = [block.split("\n") for block in response.text.split("\n\n") if block]
    return [(b[0].removeprefix("event: "), json.loads(b[1].removeprefix("data: "))) for b in blocks]


def main_of(page):
    return re.search(r"<article class=\"turn\">.*?</article>", page, re.DOTALL).group()


class TestChat:
    def test_a_plain_form_post_gives_the_answer_with_its_span_marked(self, client, raids):
        page = client.post("/", data={"question": HOW_MANY}).text
        assert '<mark class="answer">12 men</mark> in Herat.' in page
        start = raids.text.index("On 3 May")
        assert f'href="/documents/{raids.id}?start={start}&amp;end={start + 45}&amp;' in page
        seen = text_of(page)
        assert "Very likely right (93 %)" in seen
        assert "Herat Courier · 4 May 2023" in seen
        assert "page 1" in seen  # the second source has pages

    def test_values_that_differ_stand_side_by_side_with_their_sources(self, client):
        page = client.post("/", data={"question": HOW_MANY}).text
        sides = re.findall(r'<div class="side">(.*?)</div>', page, re.DOTALL)
        assert [text_of(side).split()[:2] for side in sides] == [["12", "men"], ["15", "men"]]

    def test_a_refusal_says_so_and_shows_what_came_closest(self, client):
        page = client.post("/", data={"question": "Why is the sky blue?"}).text
        assert "The documents do not answer this." in page
        assert "What came closest, without answering" in page
        assert '<b class="term">men</b>' in page and '<mark class="answer">' not in page

    def test_the_script_gets_the_same_answer_drawn_by_the_same_template(self, client):
        whole = client.post("/", data={"question": HOW_MANY}).text
        events = events_of(client.post("/", data={"question": HOW_MANY}, headers=EVENTS))
        assert [name for name, _ in events] == ["step", "step", "done"]
        assert events[1][1] == {"text": "Reading 2 passages from 2 reports…"}
        varying = re.compile(r'name="conversation" value="[^"]+"|\d+ ms')
        drawn = events[-1][1]["html"]
        assert varying.sub("", main_of(drawn)) == varying.sub("", main_of(whole))

    def test_a_conversation_goes_on_by_form_and_shows_how_it_was_understood(self, client):
        page = client.post("/", data={"question": HOW_MANY}).text
        conversation = re.search(r'name="conversation" value="([^"]+)"', page).group(1)
        page = client.post("/", data={"question": "Where?", "conversation": conversation}).text
        assert page.count('<article class="turn">') == 2
        assert f"Understood as: {HOW_MANY} Where?" in text_of(page)
        again = client.get("/", params={"conversation": conversation}).text
        assert again.count('<article class="turn">') == 2

    @pytest.mark.parametrize(
        ("data", "status", "says"),
        [
            ({"question": ""}, 422, "The question is empty."),
            ({"conversation": ""}, 422, "The question is empty."),
            ({"question": "x" * 100_000}, 422, "at most 1,000"),
            ({"question": "a\0b"}, 422, "NUL"),
            ({"question": "Who?", "published_from": "soon"}, 422, "2023-03-27"),
            (
                {"question": "?", "published_from": "2023-02-02", "published_to": "2023-02-01"},
                422,
                "swap them",
            ),
            ({"question": "Who?", "conversation": "nobody-began-it"}, 404, "no such conversation"),
        ],
    )
    def test_what_cannot_be_asked_is_explained_on_the_page(self, client, data, status, says):
        response = client.post("/", data=data)
        assert response.status_code == status
        problem = re.search(r'<p id="problem"[^>]*>(.*?)</p>', response.text).group(1)
        assert says in html.unescape(problem)
        [(name, body)] = events_of(client.post("/", data=data, headers=EVENTS))
        assert name == "error" and says in body["message"] + body["hint"]

    def test_an_unknown_filter_value_is_explained_with_what_is_known(self, client):
        response = client.post("/", data={"question": "Who?", "source": "Nobody"})
        assert response.status_code == 422 and "Herat Courier" in response.text

    def test_a_field_that_would_do_nothing_is_refused(self, client):
        response = client.post("/", data={"question": "Who?", "colour": "x"})
        assert response.status_code == 422 and "<h1>" in response.text

    def test_filters_reach_the_answerer_and_stay_chosen(self, client, answerer, raids):
        page = client.post(
            "/",
            data={"question": HOW_MANY, "document": raids.id, "published_from": "2023-01-01"},
        ).text
        assert answerer.seen[-1].filters.document == (raids.id,)
        assert f'value="{raids.id}" checked' in page and 'value="2023-01-01"' in page

    def test_the_reader_can_be_asked_about_one_document(self, client, raids):
        assert f'value="{raids.id}" checked' in client.get(f"/?document={raids.id}").text

    @pytest.mark.parametrize(
        ("content", "status"),
        [
            (b"question=%ff%fe", 400),
            (b"question=\xff", 400),
            (b"question=%ed%a0%80", 400),
            (b"&".join(b"source=x" for _ in range(501)), 400),
            (b"%00=%00", 422),
            (b"question=%zz", 200),
        ],
    )
    def test_a_form_that_is_not_text_is_refused(self, client, content, status):
        headers = {"content-type": "application/x-www-form-urlencoded"}
        assert client.post("/", content=content, headers=headers).status_code == status

    def test_a_form_with_a_file_for_a_question_is_refused(self, client):
        files = {"question": ("q.txt", b"Who?")}
        assert client.post("/", files=files).status_code in (400, 422)

    def test_a_json_body_is_not_a_form(self, client):
        assert client.post("/", json={"question": "Who?"}).status_code == 415

    def test_a_failure_inside_shows_a_page_without_details(self, client):
        response = client.post("/", data={"question": "explode"})
        assert response.status_code == 500 and "Internal Server Error" in response.text
        assert "secret" not in response.text and "Traceback" not in response.text

    def test_feedback_by_form_returns_to_the_conversation(self, client):
        page = client.post("/", data={"question": HOW_MANY}).text
        fields = dict(re.findall(r'name="(answer_id|conversation)" value="([^"]+)"', page))
        reply = client.post("/feedback", data=fields | {"verdict": "right"}, follow_redirects=False)
        assert reply.status_code == 303
        assert reply.headers["location"] == f"/?conversation={fields['conversation']}#latest"

    def test_examples_stand_only_beside_the_reports_that_answer_them(self, client, store):
        assert "For example" not in client.get("/").text
        store.held[0] = type(store.held[0])(
            text="A sample.", title="A sample", source="Dossier Sample Notes"
        )
        assert "For example" in client.get("/").text

    def test_an_empty_collection_says_what_to_do(self, client, store):
        store.held.clear()
        assert "The collection is empty" in client.get("/").text


class TestHostileDocuments:
    def test_nothing_of_a_document_becomes_markup(self, client, hostile):
        asked = client.post("/", data={"question": HOW_MANY}).text
        for page in (
            asked,
            client.get("/").text,
            client.get("/documents").text,
            client.get(f"/documents/{hostile.id}").text,
            client.get(f"/documents/{hostile.id}/remove").text,
        ):
            assert "<script>alert" not in page and "<img" not in page
            assert "&lt;img src=x" in page
            assert 'href="javascript:' not in page

    def test_markup_in_a_file_name_is_text(self, client):
        files = {"files": ("<img src=x onerror=alert(1)>.txt", b"A text.")}
        page = client.post("/documents", files=files).text
        assert "<img" not in page and "&lt;img src=x" in page

    def test_a_control_that_reorders_text_is_shown_instead_of_working(self, client, hostile):
        page = client.get(f"/documents/{hostile.id}").text
        assert "\u202e" not in page
        assert 'data-code="U+202E"' in page

    def test_script_in_a_question_is_text(self, client):
        page = client.post("/", data={"question": "<script>alert(1)</script>"}).text
        assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page


class TestReader:
    def test_the_cited_span_is_marked_and_is_where_the_page_opens(self, client, raids):
        start = raids.text.index("On 3 May")
        page = client.get(f"/documents/{raids.id}?start={start}&end={start + 45}").text
        marked = re.findall(r'<mark class="quote" id="cited" tabindex="-1">(.*?)</mark>', page)
        assert marked == ["On 3 May the police arrested 12 men in Herat."]

    def test_a_span_across_paragraphs_and_regions_is_marked_in_each(self, client, raids):
        end = len(raids.text)
        page = client.get(f"/documents/{raids.id}?start=9&end={end}").text
        marked = re.findall(r"<mark[^>]*>(.*?)</mark>", page.split('class="text"')[1])
        assert marked == [
            "Herat",
            "On 3 May the police arrested 12 men in Herat. Nobody was hurt.",
            "The desk was founded in 2001.",
        ]
        assert page.count('id="cited"') == 1

    def test_the_answer_stands_out_inside_the_quote(self, client, raids):
        start = raids.text.index("On 3 May")
        answer = raids.text.index("12 men")
        page = client.get(
            f"/documents/{raids.id}?start={start}&end={start + 45}"
            f"&answer_start={answer}&answer_end={answer + 6}"
        ).text
        assert '<mark class="answer">12 men</mark>' in page
        assert page.count("<mark") - page.split('class="text"')[0].count("<mark") == 3

    @pytest.mark.parametrize(
        "query",
        [
            "start=5",
            "end=5",
            "start=5&end=5",
            "start=9&end=5",
            "start=-1&end=5",
            "start=0&end=99999",
            "start=a&end=b",
            "start=&end=",
            "start=٣&end=٩",
            "start=0&end=" + "9" * 400,
        ],
    )
    def test_a_span_that_is_none_leaves_the_text_readable_without_a_mark(
        self, client, raids, query
    ):
        response = client.get(f"/documents/{raids.id}?{query}")
        assert response.status_code == 200
        assert "names no passage of this text" in response.text and "<mark" not in response.text
        assert "Nobody was hurt." in response.text

    def test_the_whole_text_is_shown_once_in_reading_order(self, client, raids, hostile):
        for document in (raids, hostile):
            page = client.get(f"/documents/{document.id}").text
            body = re.search(r'<article class="text".*?</article>', page, re.DOTALL).group()
            body = re.sub(r'<p class="page".*?</p>', "", body)
            shown = text_of(body)
            assert shown == " ".join(document.text.replace("\u202e", "").split())

    def test_regions_are_marked_by_kind_with_a_legend(self, client, raids):
        page = client.get(f"/documents/{raids.id}").text
        assert '<p class="para biography" dir="auto">The desk' in page
        assert '<p class="para title" dir="auto">Raids in Herat' in page
        assert "About the author" in page.split('class="text"')[0]

    def test_pages_are_numbered_where_the_format_has_them(self, client, raids, hostile):
        assert 'aria-label="Page 1"' in client.get(f"/documents/{hostile.id}").text
        assert 'aria-label="Page 1"' not in client.get(f"/documents/{raids.id}").text

    def test_an_unknown_document_is_a_page_that_says_so(self, client):
        response = client.get("/documents/" + "f" * 64)
        assert response.status_code == 404
        assert "There is no document with this id." in response.text

    def test_only_base_names_of_files_are_shown(self, client, raids):
        page = client.get(f"/documents/{raids.id}").text
        assert "raids.txt" in page and "secret folder" not in page


class TestDocumentList:
    def test_it_sorts_both_ways_and_keeps_what_states_no_date_last(self, client):
        def titles(sort):
            page = client.get(f"/documents?sort={sort}").text
            return [text_of(title) for title in re.findall(r"<h2><a.*?</h2>", page)]

        assert titles("title")[0].startswith("<img")
        assert titles("-title")[0] == "Raids in Herat"
        assert titles("published") == titles("-published")

    @pytest.mark.parametrize("query", ["sort=colour", "page=0", "page=x", "colour=red"])
    def test_a_wrong_address_is_explained(self, client, query):
        response = client.get(f"/documents?{query}")
        assert response.status_code == 422 and "<h1>" in response.text

    def test_upload_by_plain_form_shows_what_happened_to_each_file(self, client):
        files = [("files", ("good.txt", b"Good.")), ("files", ("bad.txt", b"\xff"))]
        page = client.post("/documents", files=files).text
        seen = text_of(page)
        assert "Added good.txt" in seen and "Skipped bad.txt it is not text" in seen
        assert "3 documents" in seen

    def test_upload_by_script_tells_its_progress(self, client):
        files = [("files", ("good.txt", b"Good."))]
        events = events_of(client.post("/documents", files=files, headers=EVENTS))
        assert [name for name, _ in events] == ["progress", "done"]
        assert "good.txt" in events[-1][1]["html"]

    def test_a_form_without_a_file_is_explained(self, client):
        response = client.post("/documents", files=[("files", ("", b""))])
        assert response.status_code == 422

    def test_removal_asks_first_then_removes(self, client, raids):
        question = client.get(f"/documents/{raids.id}/remove").text
        assert "Remove this document?" in question and "Raids in Herat" in question
        page = client.post(f"/documents/{raids.id}/remove").text
        assert "has been removed" in page and "Raids in Herat" not in page
        assert client.post(f"/documents/{raids.id}/remove").status_code == 404


class TestEvaluation:
    def test_without_a_report_it_says_how_to_make_one(self, client):
        assert "dossier eval eval/gold" in client.get("/evaluation").text

    def test_a_stored_run_is_listed_and_its_report_shown(self, client, tmp_path, monkeypatch):
        run = tmp_path / "data" / "runs" / "20261122-samples"
        run.mkdir(parents=True)
        (run / "report.html").write_text("<style>h1 { color: red }</style><h1>Measured</h1>")
        (tmp_path / "data" / "report.html").write_text("private")
        info = SimpleNamespace(
            gold="samples.jsonl",
            date="2026-11-22",
            questions=7,
            system=SimpleNamespace(name="Dossier"),
        )
        listed = SimpleNamespace(
            name=run.name, info=info, measures={"served well": SimpleNamespace(value=0.9)}
        )
        monkeypatch.setattr("server.pages.list_runs", lambda data_dir: [listed])
        page = client.get("/evaluation").text
        assert 'href="/evaluation/20261122-samples"' in page
        assert "served well0.900" in text_of(page)
        shown = client.get("/evaluation/20261122-samples")
        assert "Measured" in shown.text
        policy = shown.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "style-src 'sha256-" in policy
        for name in ("..", "%2e%2e", "none", ".", "20261122-samples%2f..%2f.."):
            assert client.get(f"/evaluation/{name}").status_code in (200, 404)
            assert "private" not in client.get(f"/evaluation/{name}").text
