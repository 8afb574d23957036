import json

import pytest

ASK = "/api/ask"
QUESTION = {"question": "How many men were arrested?"}


def error_of(response, status, code=None):
    """The contract's error, checked: nothing but code, message and hint, each saying something."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"} and set(body["error"]) == {"code", "message", "hint"}
    assert all(body["error"].values()), body
    for trace in ("Traceback", "/home", "/work", "/usr", "/tmp", ".py", "secret"):
        assert trace not in response.text
    if code:
        assert body["error"]["code"] == code
    return body["error"]


def events_of(response):
    assert response.headers["content-type"].startswith("text/event-stream")
    blocks = [block for block in response.text.split("\n\n") if block]
    parsed = []
    for block in blocks:
        name, data = block.split("\n")
        parsed.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return parsed


class TestSearch:
    def test_a_hit_has_exactly_the_fields_of_the_contract(self, client, raids):
        body = client.get("/api/search", params={"q": "men"}).json()
        assert set(body) == {"query", "hits", "took_ms"}
        hit = body["hits"][0]
        assert set(hit) == {
            "rank",
            "score",
            "passage_id",
            "start",
            "end",
            "text",
            "highlights",
            "document",
        }
        assert set(hit["document"]) == {"id", "title", "source", "published", "url"}
        assert hit["rank"] == 1 and isinstance(body["took_ms"], int)
        assert raids.text[hit["start"] : hit["end"]] == hit["text"]
        [[start, end]] = hit["highlights"]
        assert raids.text[start:end] == "men"

    def test_repeated_values_of_a_filter_are_alternatives(self, client, raids, hostile):
        found = client.get("/api/search", params={"q": "men", "document": [raids.id, hostile.id]})
        assert len(found.json()["hits"]) == 2
        found = client.get("/api/search", params={"q": "men", "document": raids.id})
        assert [hit["document"]["id"] for hit in found.json()["hits"]] == [raids.id]

    def test_a_filter_value_that_nothing_has_is_an_error_that_lists_what_is_known(self, client):
        error = error_of(client.get("/api/search?q=men&source=Nobody"), 422, "invalid_query")
        assert "Herat Courier" in error["hint"]

    def test_a_filter_by_records_says_how_it_was_understood(self, client):
        body = client.get("/api/search?q=men&actor=Police&event_from=2023-01-01").json()
        assert body["explanation"] == ["Kept to what names Police."]
        assert set(body["hits"][0]["document"]) == {"id", "title", "source", "published", "url"}

    def test_an_unknown_parameter_is_refused_with_the_known_ones(self, client):
        error = error_of(client.get("/api/search?q=men&langauge=en"), 422, "unknown_parameter")
        assert "langauge" in error["message"] and "language" in error["hint"]

    def test_a_parameter_that_takes_one_value_is_not_given_two(self, client):
        error = error_of(client.get("/api/search?q=men&k=1&k=2"), 422, "repeated_parameter")
        assert error["message"].startswith("k ")

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "q=",
            "q=%20%20",
            "q=men&k=0",
            "q=men&k=-1",
            "q=men&k=101",
            "q=men&k=" + "9" * 400,
            "q=men&k=ten",
            "q=men&k=1.5",
            "q=" + "x" * 1001,
            "q=men&published_from=yesterday",
            "q=men&published_from=2023-02-30",
            "q=men&published_from=20230327",
            "q=men&published_from=1700000000",
            "q=men&published_from=",
            "q=men&published_from=2023-02-02&published_to=2023-02-01",
            "q=men&event_from=2023-02-02&event_to=2023-02-01",
            "q=men&event_from=soon",
            "q=men&" + "&".join(f"source=s{n}" for n in range(101)),
        ],
    )
    def test_a_wrong_value_is_an_error_that_says_which(self, client, query):
        error_of(client.get(f"/api/search?{query}"), 422)

    @pytest.mark.parametrize("query", ["q=%ff", "q=a%00b", "q=men&source=%ed%a0%80"])
    def test_what_is_not_text_is_refused_in_a_query(self, client, query):
        error_of(client.get(f"/api/search?{query}"), 400)


class TestAsk:
    def test_an_answer_has_the_fields_of_the_contract(self, client, raids):
        body = client.post(ASK, json=QUESTION).json()
        assert set(body) == {
            "id",
            "question",
            "interpreted_question",
            "status",
            "answer",
            "confidence",
            "citations",
            "conflicts",
            "nearest",
            "explanation",
            "conversation_id",
            "took_ms",
        }
        assert (body["status"], body["answer"]) == ("answered", "12 men")
        first = body["citations"][0]
        assert set(first) == {
            "number",
            "document",
            "passage_id",
            "start",
            "end",
            "quote",
            "answer_start",
            "answer_end",
            "listed",
        }
        assert raids.text[first["start"] : first["end"]] == first["quote"]
        assert raids.text[first["answer_start"] : first["answer_end"]] == "12 men"
        assert body["conflicts"] == [
            {
                "about": "the number of men",
                "values": [
                    {"value": "12 men", "citations": [1]},
                    {"value": "15 men", "citations": [2]},
                ],
            }
        ]

    def test_offsets_count_code_points_beyond_the_basic_plane(self, client, hostile):
        body = client.post(ASK, json=QUESTION).json()
        second = body["citations"][1]
        assert "😀" in second["quote"] and second["end"] == len(hostile.text)

    def test_a_refusal_carries_what_came_closest(self, client):
        body = client.post(ASK, json={"question": "Why is the sky blue?"}).json()
        assert (body["status"], body["answer"], body["citations"]) == ("not_found", None, [])
        assert [hit["rank"] for hit in body["nearest"]] == [1, 2]

    def test_only_time_and_conversation_differ_between_two_same_questions(self, client):
        first, second = (client.post(ASK, json=QUESTION).json() for _ in range(2))
        for body in (first, second):
            del body["took_ms"], body["conversation_id"]
        assert first == second

    def test_a_conversation_is_continued_with_its_id(self, client, answerer):
        first = client.post(ASK, json=QUESTION).json()
        body = client.post(
            ASK, json={"question": "Where?", "conversation_id": first["conversation_id"]}
        ).json()
        assert body["conversation_id"] == first["conversation_id"]
        assert body["interpreted_question"] == "How many men were arrested? Where?"
        assert [turn.answer for turn in answerer.seen[-1].earlier] == ["12 men"]

    def test_filters_reach_the_answerer(self, client, answerer, raids):
        filters = {"document": [raids.id], "language": "en", "published_to": "2023-12-31"}
        filters |= {"actor": "ISKP", "event_from": "2021-01-01"}
        assert client.post(ASK, json=QUESTION | {"filters": filters}).status_code == 200
        seen = answerer.seen[-1].filters
        assert seen.document == (raids.id,) and seen.language == ("en",)
        assert str(seen.published_to) == "2023-12-31"
        assert seen.actor == ("ISKP",) and str(seen.event_from) == "2021-01-01"

    def test_surrounding_space_is_not_part_of_the_question(self, client, answerer):
        client.post(ASK, json={"question": "  How many?\n"})
        assert answerer.seen[-1].question == "How many?"

    def test_script_in_a_question_comes_back_as_text(self, client):
        body = client.post(ASK, json={"question": "<script>alert(1)</script>"}).json()
        assert body["question"] == "<script>alert(1)</script>"

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({}, None),
            ([], None),
            ("text", None),
            ({"question": ""}, "question_blank"),
            ({"question": " \n\t "}, "question_blank"),
            ({"question": "x" * 1001}, "question_too_long"),
            ({"question": "x" * 100_000}, "question_too_long"),
            ({"question": 7}, None),
            ({"question": ["men"]}, None),
            ({"question": None}, None),
            ({"question": "a\0b"}, None),
            (QUESTION | {"colour": "red"}, None),
            (QUESTION | {"conversation_id": 7}, None),
            (QUESTION | {"conversation_id": "x" * 65}, None),
            (QUESTION | {"filters": "all"}, None),
            (QUESTION | {"filters": {"actor": [7]}}, None),
            (QUESTION | {"filters": {"event_from": "soon"}}, None),
            (QUESTION | {"filters": {"published_from": 1700000000}}, None),
            (QUESTION | {"filters": {"published_from": "2023-99-01"}}, None),
            (
                QUESTION
                | {"filters": {"published_from": "2023-02-02", "published_to": "2023-02-01"}},
                None,
            ),
            (QUESTION | {"filters": {"source": ["Nobody"]}}, "invalid_query"),
        ],
    )
    def test_a_wrong_body_is_an_error_that_says_why(self, client, body, code):
        error_of(client.post(ASK, json=body), 422, code)

    @pytest.mark.parametrize(
        "raw",
        [
            b'{"question": "\\ud800"}',
            b'{"question": "How many \\udfff men?"}',
            b'{"question": "How many?", "conversation_id": "\\ud800"}',
            b'{"question": "How many?", "filters": {"source": ["\\ud800"]}}',
            b'{"question": "How many?", "\\ud800": 1}',
            b'{"question": "How many?", "filters": {"\\ud800": 1}}',
        ],
    )
    def test_half_a_surrogate_pair_is_refused_wherever_it_stands(self, client, raw):
        headers = {"content-type": "application/json"}
        error_of(client.post(ASK, content=raw, headers=headers), 422)

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"{",
            b"\xff\xfe\xff",
            b'{"question": "\xff"}',
            b"[" * 100_000,
            b'{"question": ' + b"9" * 10_000 + b"}",
            b'{"question": NaN}',
        ],
    )
    def test_a_body_that_is_not_json_is_refused(self, client, raw):
        response = client.post(ASK, content=raw, headers={"content-type": "application/json"})
        error_of(response, 422 if response.status_code == 422 else 400)

    @pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
    def test_a_body_of_another_type_is_refused(self, client, kind):
        headers = {"content-type": kind} if kind else {}
        response = client.post(ASK, content=json.dumps(QUESTION), headers=headers)
        error_of(response, 415, "unsupported_media_type")

    def test_a_filter_that_there_is_not_is_refused_with_those_there_are(self, client):
        error = error_of(client.post(ASK, json=QUESTION | {"filters": {"colour": ["x"]}}), 422)
        assert "colour" in error["message"] and "event_from" in error["message"]

    def test_an_unknown_conversation_is_refused(self, client):
        error_of(
            client.post(ASK, json=QUESTION | {"conversation_id": "nobody-began-it"}),
            404,
            "unknown_conversation",
        )

    def test_a_failure_inside_is_hidden_from_the_client_and_logged(self, client, caplog):
        error_of(client.post(ASK, json={"question": "Please explode"}), 500, "internal_error")
        assert "secret detail" in caplog.text

    def test_get_is_not_a_way_to_ask(self, client):
        error = error_of(client.get(ASK), 405, "method_not_allowed")
        assert "POST" in error["hint"]


class TestAskInSteps:
    headers = {"accept": "text/event-stream"}  # noqa: RUF012

    def test_the_steps_are_hits_then_answer_then_done(self, client):
        events = events_of(client.post(ASK, json=QUESTION, headers=self.headers))
        assert [name for name, _ in events] == ["hits", "answer", "done"]
        hits, answer, done = (data for _, data in events)
        assert [hit["rank"] for hit in hits["hits"]] == [1, 2]
        assert set(done) == {"id", "conversation_id", "took_ms"}
        plain = client.post(ASK, json=QUESTION).json()
        for body in (plain, answer):
            del body["took_ms"], body["conversation_id"]
        assert answer == plain

    def test_an_error_found_while_working_is_an_event(self, client):
        body = QUESTION | {"filters": {"source": ["Nobody"]}}
        [(name, data)] = events_of(client.post(ASK, json=body, headers=self.headers))
        assert name == "error" and data["error"]["code"] == "invalid_query"

    def test_a_failure_inside_is_an_event_without_its_details(self, client):
        response = client.post(ASK, json={"question": "explode"}, headers=self.headers)
        [(name, data)] = events_of(response)
        assert name == "error" and data["error"]["code"] == "internal_error"
        assert "secret" not in response.text

    def test_an_error_found_before_working_has_a_status(self, client):
        error_of(client.post(ASK, json={"question": ""}, headers=self.headers), 422)


class TestDocuments:
    def test_the_list_shows_file_names_never_directories(self, client):
        body = client.get("/api/documents").json()
        assert body["total"] == 2
        assert "raids.txt" in body["documents"][1]["files"]
        assert "secret folder" not in client.get("/api/documents").text

    def test_limit_and_offset_choose_a_part_of_the_list(self, client, raids):
        body = client.get("/api/documents?limit=1&offset=1").json()
        assert body["total"] == 2 and [d["id"] for d in body["documents"]] == [raids.id]

    @pytest.mark.parametrize("query", ["limit=0", "limit=1001", "offset=-1", "limit=x", "sort=x"])
    def test_a_wrong_part_is_refused(self, client, query):
        error_of(client.get(f"/api/documents?{query}"), 422)

    def test_one_document_has_regions_and_page_starts(self, client, raids, hostile):
        body = client.get(f"/api/documents/{raids.id}").json()
        assert body["regions"][0] == {"kind": "title", "start": 0, "end": 14}
        assert body["chars"] == len(raids.text) and body["files"] == ["raids.txt"]
        assert client.get(f"/api/documents/{hostile.id}").json()["page_starts"] == [0]

    def test_the_text_is_plain_whole_and_named_by_its_id(self, client, hostile):
        response = client.get(f"/api/documents/{hostile.id}/text")
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
        assert response.content.decode() == hostile.text
        assert response.headers["etag"] == f'"{hostile.id}"'
        again = client.get(
            f"/api/documents/{hostile.id}/text", headers={"if-none-match": f'"{hostile.id}"'}
        )
        assert again.status_code == 304 and again.content == b""

    @pytest.mark.parametrize("name", ["f" * 64, "x", "..%2f..%2fetc%2fpasswd", "F" * 64, "%F0%9F"])
    @pytest.mark.parametrize("tail", ["", "/text"])
    def test_an_id_that_no_document_has_is_not_found(self, client, name, tail):
        response = client.get(f"/api/documents/{name}{tail}")
        error_of(response, 400 if name == "%F0%9F" else 404)

    def test_a_removed_document_is_gone_and_its_quotes_are_forgotten(self, client, raids):
        asked = client.post(ASK, json=QUESTION).json()
        assert client.delete(f"/api/documents/{raids.id}").status_code == 204
        error_of(client.get(f"/api/documents/{raids.id}"), 404, "unknown_document")
        error_of(client.delete(f"/api/documents/{raids.id}"), 404, "unknown_document")
        page = client.get("/", params={"conversation": asked["conversation_id"]}).text
        assert "has been removed" in page and "12 men" not in page


class TestUpload:
    def test_each_file_has_its_own_result(self, client):
        files = [
            ("files", ("good.txt", b"Some good text.")),
            ("files", ("bad.txt", b"\xff\xfe\x00")),
            ("files", ("same.txt", b"Some good text.")),
        ]
        results = client.post("/api/documents", files=files).json()["files"]
        assert [(r["file"], r["status"]) for r in results] == [
            ("good.txt", "added"),
            ("bad.txt", "skipped"),
            ("same.txt", "unchanged"),
        ]
        assert results[1]["reason"] == "it is not text" and results[1]["document"] is None
        found = client.get(f"/api/documents/{results[0]['document']['id']}")
        assert found.json()["files"] == ["good.txt"]

    def test_a_path_before_a_file_name_is_dropped(self, client):
        files = [
            ("files", ("../../etc/cron.d/evil.txt", b"one")),
            ("files", ("C:\\secrets\\two.txt", b"two")),
            ("files", ("..", b"three")),
        ]
        results = client.post("/api/documents", files=files).json()["files"]
        assert [r["file"] for r in results] == ["evil.txt", "two.txt", "unnamed"]

    def test_two_files_of_one_name_are_not_mistaken_for_each_other(self, client):
        files = [("files", ("a.txt", b"one")), ("files", ("a.txt", b"two"))]
        results = client.post("/api/documents", files=files).json()["files"]
        assert [r["status"] for r in results] == ["added", "skipped"]
        assert "same name" in results[1]["reason"]

    def test_progress_and_result_come_as_events_when_asked_for(self, client):
        response = client.post(
            "/api/documents",
            files=[("files", ("a.txt", b"one")), ("files", ("b.txt", b"two"))],
            headers={"accept": "text/event-stream"},
        )
        events = events_of(response)
        assert [name for name, _ in events] == ["progress", "progress", "done"]
        assert events[0][1] == {"stage": "reading", "done": 1, "total": 2}
        assert len(events[2][1]["files"]) == 2

    def test_an_upload_that_announces_too_much_is_refused(self, make_client):
        client = make_client(max_upload_bytes=2048)
        files = [("files", ("a.txt", b"x" * 4096))]
        error = error_of(client.post("/api/documents", files=files), 413, "too_large")
        assert "2,048 bytes" in error["message"]

    def test_an_upload_that_grows_too_much_unannounced_is_refused(self, make_client):
        client = make_client(max_upload_bytes=2048)
        head = b'--B\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'

        def chunks():
            yield head
            for _ in range(8):
                yield b"x" * 1024
            yield b"\r\n--B--\r\n"

        response = client.post(
            "/api/documents",
            content=chunks(),
            headers={"content-type": "multipart/form-data; boundary=B"},
        )
        error_of(response, 413, "too_large")

    def test_a_large_json_body_is_refused_before_it_is_read(self, make_client):
        client = make_client(max_body_bytes=2048)
        error_of(client.post(ASK, json={"question": "x" * 4096}), 413, "too_large")

        def chunks():
            for _ in range(8):
                yield b" " * 1024

        headers = {"content-type": "application/json"}
        error_of(client.post(ASK, content=chunks(), headers=headers), 413, "too_large")

    @pytest.mark.parametrize(
        ("content", "kind", "status"),
        [
            (b"{}", "application/json", 415),
            (b"", "multipart/form-data", 400),
            (b"nothing", "multipart/form-data; boundary=B", 400),
            (b"--B--\r\n", "multipart/form-data; boundary=B", 422),
            (
                b'--B\r\nContent-Disposition: form-data; name="files"\r\n\r\ntext\r\n--B--\r\n',
                "multipart/form-data; boundary=B",
                422,
            ),
        ],
    )
    def test_what_is_not_an_upload_is_refused(self, client, content, kind, status):
        response = client.post("/api/documents", content=content, headers={"content-type": kind})
        assert response.status_code in (status, 422), response.text
        error_of(response, response.status_code)


class TestFeedback:
    def test_a_verdict_on_an_answer_is_kept(self, client):
        asked = client.post(ASK, json=QUESTION).json()
        body = {"answer_id": asked["id"], "verdict": "wrong", "comment": "It was 13."}
        reply = client.post("/api/feedback", json=body)
        assert reply.status_code == 201 and reply.json() == {"id": 1}

    def test_a_verdict_on_an_answer_that_was_never_given_is_refused(self, client):
        body = {"answer_id": "nothing", "verdict": "right"}
        error_of(client.post("/api/feedback", json=body), 404, "unknown_answer")

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"answer_id": "x", "verdict": "maybe"},
            {"answer_id": "x"},
            {"answer_id": "x", "verdict": "right", "comment": "x" * 2001},
            {"answer_id": "x", "verdict": "right", "stars": 5},
        ],
    )
    def test_a_wrong_verdict_is_refused(self, client, body):
        error_of(client.post("/api/feedback", json=body), 422)


class TestOperation:
    def test_it_is_alive_but_not_ready_until_the_index_is_open(self, make_client):
        client = make_client(ready=False)
        assert client.get("/healthz").json() == {"status": "alive"}
        for response in (
            client.get("/readyz"),
            client.get("/api/search?q=men"),
            client.post(ASK, json=QUESTION),
            client.get("/api/documents"),
        ):
            error_of(response, 503, "not_ready")
            assert response.headers["retry-after"]
        assert client.get("/").status_code == 503
        assert "still opening" in client.get("/").text

    def test_it_is_ready_when_the_index_is_open(self, client):
        assert client.get("/readyz").json() == {"status": "ready"}

    def test_metrics_count_requests_by_route_and_answers_by_outcome(self, client, raids):
        client.post(ASK, json=QUESTION)
        client.get(f"/api/documents/{raids.id}")
        client.get("/api/nothing/here")
        text = client.get("/metrics").text
        assert 'dossier_answers_total{status="answered"} 1.0' in text
        assert 'route="/api/documents/{document_id}",status="200"' in text
        assert raids.id not in text and "nothing" not in text

    def test_two_applications_do_not_mix_their_counts(self, make_client):
        first = make_client()
        first.post(ASK, json=QUESTION)
        text = make_client().get("/metrics").text
        assert 'dossier_answers_total{status="answered"}' not in text

    def test_an_unknown_address_is_the_contracts_error(self, client):
        error_of(client.get("/api/nothing"), 404, "not_found")

    def test_a_head_request_has_the_headers_of_get_and_no_body(self, client):
        response = client.head("/api/documents")
        assert response.status_code == 200 and response.content == b""

    def test_the_description_has_an_example_for_every_body_and_query(self, client):
        description = client.get("/openapi.json").json()
        schemas = description["components"]["schemas"]
        assert schemas["AskRequest"]["examples"] and schemas["FeedbackRequest"]["examples"]
        search = description["paths"]["/api/search"]["get"]["parameters"]
        assert {p["name"] for p in search} == {
            "q",
            "k",
            "document",
            "source",
            "language",
            "published_from",
            "published_to",
            "actor",
            "attack",
            "strategy",
            "event_from",
            "event_to",
        }
        for parameter in search:
            assert parameter["schema"].get("examples") or parameter.get("examples"), parameter

    def test_the_store_is_closed_with_the_service(self, make_client, store):
        client = make_client()
        client.__exit__(None, None, None)
        assert store.closed
        client.__enter__()
