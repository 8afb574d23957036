import re
from html.parser import HTMLParser

import pytest

from server.security import Sessions, local_target
from server.settings import Settings

KEY = "a-key-of-more-than-16"
PAGES = ["/", "/documents", "/evaluation", "/docs", "/nothing-here", "/documents/unknown"]
MACHINE = ["/api/documents", "/api/nothing", "/metrics", "/openapi.json", "/static/dossier.css"]


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, page):
        super().__init__()
        self.seen = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


@pytest.fixture
def locked(make_client):
    return make_client(api_key=KEY)


class TestHeaders:
    @pytest.mark.parametrize("path", [*PAGES, *MACHINE])
    def test_every_response_carries_the_policy(self, client, path):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-frame-options"] == "DENY"

    def test_errors_carry_the_policy_too(self, client):
        for response in (
            client.post("/api/ask", json={"question": "explode"}),
            client.get("/", headers={"host": "evil.example"}),
            client.post("/api/ask", json={}),
        ):
            assert response.status_code >= 400
            assert "default-src 'self'" in response.headers["content-security-policy"]

    @pytest.mark.parametrize("path", PAGES)
    def test_no_page_has_inline_script_or_style_or_a_remote_asset(self, client, path):
        tags = Tags(client.get(path).text)
        for tag, attributes in tags.seen:
            assert tag != "style" and "style" not in attributes
            assert tag != "script" or attributes["src"]
            assert not any(name.startswith("on") for name in attributes), attributes
            for name in ("src", "href", "action"):
                assert re.match(r"#|/(?!/)", attributes.get(name, "/")), attributes

    def test_documents_are_not_cached_and_static_files_are_asked_for_again(self, client):
        assert client.get("/").headers["cache-control"] == "no-store"
        assert client.get("/static/dossier.css").headers["cache-control"] == "no-cache"


class TestHost:
    @pytest.mark.parametrize(
        "host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "192.168.1.7"]
    )
    def test_this_machine_and_bare_addresses_are_served(self, client, host):
        assert client.get("/healthz", headers={"host": host}).status_code == 200

    @pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "127.0.0.1.x"])
    def test_a_name_that_foreign_dns_could_point_here_is_refused(self, client, host):
        response = client.get("/api/documents", headers={"host": host})
        assert response.status_code == 400
        assert response.json()["error"]["code"] == "unknown_host"

    def test_a_configured_name_is_served(self, make_client):
        client = make_client(allowed_hosts=("reports.example",))
        assert client.get("/healthz", headers={"host": "Reports.example:80"}).status_code == 200


class TestForeignPages:
    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"origin": "http://localhost:9999"},
            {"origin": "http://["},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        ],
    )
    def test_a_change_that_another_sites_page_asks_for_is_refused(self, client, headers, raids):
        for method, path in (
            ("POST", "/"),
            ("POST", "/api/ask"),
            ("POST", "/documents"),
            ("POST", f"/documents/{raids.id}/remove"),
            ("DELETE", f"/api/documents/{raids.id}"),
        ):
            response = client.request(method, path, headers=headers, json={})
            assert response.status_code == 403, (method, path)

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"origin": "http://localhost"},
            {"origin": "http://localhost", "sec-fetch-site": "same-origin"},
            {"sec-fetch-site": "none"},
        ],
    )
    def test_our_own_pages_and_programs_are_served(self, client, headers):
        response = client.post("/api/ask", json={"question": "Why?"}, headers=headers)
        assert response.status_code == 200


class TestKey:
    @pytest.mark.parametrize(
        "headers",
        [
            {"authorization": f"Bearer {KEY}"},
            {"authorization": f"bearer {KEY}"},
            {"x-api-key": KEY},
        ],
    )
    def test_the_key_opens_the_api(self, locked, headers):
        assert locked.get("/api/documents", headers=headers).status_code == 200
        assert locked.get("/metrics", headers=headers).status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"x-api-key": ""},
            {"x-api-key": KEY + "x"},
            {"authorization": "Bearer"},
            {"authorization": f"Basic {KEY}"},
            {"authorization": f"Bearer {KEY[:-1]}"},
            {"cookie": "dossier_session=1.2"},
            {"cookie": "dossier_session=99999999999.forged"},
            {"cookie": "dossier_session=é"},
            {"cookie": "=;;\u00ff=", "x-api-key": "\u00ff"},
        ],
    )
    @pytest.mark.parametrize("path", ["/api/documents", "/metrics", "/openapi.json"])
    def test_without_the_key_the_api_is_closed(self, locked, headers, path):
        encoded = {name: value.encode("latin-1") for name, value in headers.items()}
        response = locked.get(path, headers=encoded)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json()["error"]["code"] == "unauthorized"

    def test_health_and_static_files_need_no_key(self, locked):
        for path in ("/healthz", "/readyz", "/static/dossier.css", "/login"):
            assert locked.get(path).status_code == 200

    def test_a_page_leads_to_the_form_and_the_form_back_to_the_page(self, locked):
        response = locked.get("/documents?sort=-title", follow_redirects=False)
        assert response.status_code == 303
        assert response.headers["location"] == "/login?next=%2Fdocuments%3Fsort%3D-title"
        form = locked.get(response.headers["location"]).text
        assert "Log out" not in form
        assert 'value="/documents?sort=-title"' in form
        response = locked.post(
            "/login", data={"key": KEY, "next": "/documents?sort=-title"}, follow_redirects=False
        )
        assert response.headers["location"] == "/documents?sort=-title"
        cookie = response.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie and KEY not in cookie
        assert locked.get("/documents").status_code == 200
        assert locked.get("/api/documents").status_code == 200

    def test_a_wrong_key_sets_no_cookie(self, locked):
        response = locked.post("/login", data={"key": "wrong", "next": "/"})
        assert response.status_code == 401 and "set-cookie" not in response.headers
        assert "The key is wrong" in response.text

    def test_logging_out_ends_the_session(self, locked):
        locked.post("/login", data={"key": KEY})
        assert locked.get("/api/documents").status_code == 200
        locked.post("/logout")
        assert locked.get("/api/documents").status_code == 401

    def test_a_post_without_the_key_is_refused_not_redirected(self, locked):
        response = locked.post("/", data={"question": "Who?"}, follow_redirects=False)
        assert response.status_code == 401 and "<h1>Unauthorized" in response.text

    @pytest.mark.parametrize(
        "target", ["//evil.example", "https://evil.example", "/\\evil.example", "x", "", "/a\nb"]
    )
    def test_log_in_leads_to_this_service_only(self, target):
        assert local_target(target) == "/"

    def test_a_session_runs_out(self, monkeypatch):
        sessions = Sessions(Settings(api_key=KEY, session_hours=1))
        cookie = sessions.issue()
        assert sessions.valid(cookie)
        monkeypatch.setattr("time.time", lambda: 10.0**10)
        assert not sessions.valid(cookie)

    def test_another_key_ends_every_session(self):
        cookie = Sessions(Settings(api_key=KEY)).issue()
        assert not Sessions(Settings(api_key=KEY + "2")).valid(cookie)


def test_a_content_length_that_is_no_number_is_refused(client):
    response = client.post("/api/ask", content=b"{}", headers={"content-length": "9" * 30})
    assert response.status_code == 400
