import hashlib
import io

import numpy as np
import pytest

from index.embed import Embedder
from index.store import Store
from server.app import create_app
from server.backend import Ingestion
from server.service import file_name
from server.settings import Settings


class LetterEmbedder(Embedder):
    """Embeds a text by how often each letter stands in it."""

    dim = 26
    fingerprint = "letters " + hashlib.sha256(b"letters").hexdigest()

    def embed_passages(self, texts):
        return [self.embed_query(text)[None] for text in texts]

    def embed_query(self, text):
        counts = np.array([text.lower().count(chr(97 + i)) + 0.1 for i in range(26)], "float32")
        return counts / np.linalg.norm(counts)


@pytest.fixture
def service(tmp_path, answerer):
    store = Store.open(tmp_path / "data", LetterEmbedder())
    app = create_app(Settings(data_dir=tmp_path / "data"), store, answerer, intake=Ingestion())
    yield app.state.service
    app.state.service.close()


def add(service, **files):
    named = [(name.replace("_", "."), io.BytesIO(content)) for name, content in files.items()]
    results = service.add(named, lambda progress: None)
    for result in results:
        assert "/tmp" not in f"{result.reason} {result.hint}", result
    return [(result.file, result.status) for result in results], results


REPORT = b"The mill\n\nThe mill burned down on 4 June 2020. Nobody knows who lit the fire.\n"


def test_an_upload_goes_through_the_whole_life_of_a_document(service):
    assert add(service, mill_txt=REPORT)[0] == [("mill.txt", "added")]
    assert add(service, mill_txt=REPORT)[0] == [("mill.txt", "unchanged")]
    assert add(service, copy_txt=REPORT)[0] == [("copy.txt", "duplicate")]
    changed = REPORT.replace(b"4 June", b"5 June")
    assert add(service, copy_txt=changed)[0] == [("copy.txt", "replaced")]
    with service.snapshot() as snapshot:
        [first, *_] = snapshot.documents()
        assert all(path.startswith("upload:") for path in first.paths)
    assert service.remove(first.id) and not service.remove(first.id)


def test_files_that_cannot_be_read_are_reported_by_the_name_they_came_with(service):
    outcomes, results = add(
        service,
        empty_txt=b"",
        broken_pdf=b"%PDF-1.7 nothing",
        bomb_docx=b"PK\x03\x04 no archive",
        junk_txt=bytes(range(256)) * 40,
        odd_xyz=b"text",
        good_txt=REPORT,
    )
    assert dict(outcomes) == {
        "empty.txt": "skipped",
        "broken.pdf": "skipped",
        "bomb.docx": "skipped",
        "junk.txt": "skipped",
        "odd.xyz": "skipped",
        "good.txt": "added",
    }
    assert all(result.reason and result.hint for result in results if result.status == "skipped")


def test_a_bad_line_is_named_beside_the_good_lines_of_its_file(service):
    lines = b'{"text": "One good line stands here."}\n{"text": \n{"text": "Another good line."}\n'
    outcomes, results = add(service, lines_jsonl=lines)
    assert outcomes == [("lines.jsonl", "added")] * 2 + [("lines.jsonl", "skipped")]
    assert results[2].reason.startswith("line 2: ")


def test_progress_is_told_while_files_are_read_and_embedded(service):
    stages = []
    service.add([("mill.txt", io.BytesIO(REPORT))], lambda p: stages.append(p.stage))
    assert {"reading", "embedding", "publishing"} <= set(stages)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a.txt", "a.txt"),
        ("/etc/passwd", "passwd"),
        ("C:\\x\\y.txt", "y.txt"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("a\nb.txt", "ab.txt"),
        ("x" * 300 + ".txt", "x" * 196 + ".txt"),
    ],
)
def test_an_uploaded_files_name_is_bare_printable_and_short(given, shown):
    assert file_name(given) == shown
