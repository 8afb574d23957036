import json
import socket
import threading
import time
import urllib.error
import urllib.request

import pytest

from server.app import serve
from server.settings import Settings, SettingsError


@pytest.fixture
def settings(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Settings(data_dir=tmp_path / "data", port=port)


def test_a_service_whose_index_cannot_be_opened_ends_with_the_reason(settings):
    def opener(settings):
        raise RuntimeError("another model made this index")

    with pytest.raises(RuntimeError, match="another model made this index"):
        serve(settings, opener)


def test_it_answers_that_it_lives_while_the_index_still_opens(settings):
    seen = threading.Event()
    ended = []

    def opener(settings):
        assert seen.wait(30)
        raise RuntimeError("seen enough")

    def run():
        try:
            serve(settings, opener)
        except RuntimeError as error:
            ended.append(str(error))

    def get(path):
        deadline = time.monotonic() + 30
        while True:
            try:
                address = f"http://127.0.0.1:{settings.port}{path}"
                with urllib.request.urlopen(address, timeout=5) as response:
                    return response.status, json.load(response)
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, json.load(error)
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)  # asked again until the socket is served

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert get("/healthz") == (200, {"status": "alive"})
        status, body = get("/readyz")
        assert status == 503 and body["error"]["code"] == "not_ready"
    finally:
        seen.set()
        thread.join(30)
    assert ended == ["seen enough"]


def test_a_taken_port_is_an_error_that_names_the_setting(settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", settings.port))
        taken.listen()
        with pytest.raises(SettingsError, match="set DOSSIER_PORT to another"):
            serve(settings, lambda settings: pytest.fail("nothing may be opened"))
