"""Every format, good and bad: paragraphs survive word for word, and bad files stop nothing."""

import html
import http.server
import io
import json
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

from ingest.chunk import chunk_document
from ingest.document import Document, RegionKind
from ingest.load import (
    Limits,
    Loaded,
    LoadError,
    Rejected,
    find_files,
    load_bytes,
)
from ingest.parser_process import ParserProcess
from ingest.sentences import sentence_spans

PARAGRAPH = (
    "The garrison held the bridge until the rains came, and nobody in the valley could say who had "
    "given the order to leave. Most of the men walked home across the fields."
)
SECOND = (
    "A week later the envoys met in the old customs house, where they agreed on a list of eleven "
    "names and on very little else, as the host remarked."
)

BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=11, leading=14, spaceAfter=10)
HEAD = ParagraphStyle("head", fontName="Helvetica-Bold", fontSize=18, leading=22, spaceAfter=12)


def as_txt(paragraphs: list[str]) -> bytes:
    return "\n\n".join(paragraphs).encode()


def as_md(paragraphs: list[str]) -> bytes:
    return "\n\n".join(paragraphs).encode()


def as_html(paragraphs: list[str]) -> bytes:
    body = "\n".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    return f"<html><head><meta charset='utf-8'></head><body>{body}</body></html>".encode()


def as_jsonl(paragraphs: list[str]) -> bytes:
    return json.dumps({"text": "\n\n".join(paragraphs)}).encode()


def as_docx(paragraphs: list[str]) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def as_pdf(
    paragraphs: list[str],
    *,
    title: str | None = None,
    running: str | None = None,
    breaks: bool = False,
) -> bytes:
    stream = io.BytesIO()

    def decorate(canvas: Canvas, template: SimpleDocTemplate) -> None:
        if running is not None:
            canvas.setFont("Helvetica", 8)
            canvas.drawString(72, 820, running)
            canvas.drawString(72, 20, f"Page {canvas.getPageNumber()}")

    flow: list[object] = [Paragraph(escape(title), HEAD)] if title else []
    for paragraph in paragraphs:
        flow.append(Paragraph(escape(paragraph), BODY))
        if breaks:
            flow.append(PageBreak())
    SimpleDocTemplate(stream).build(flow, onFirstPage=decorate, onLaterPages=decorate)
    return stream.getvalue()


def locked_pdf() -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream, encrypt=StandardEncryption("secret", "owner"))
    canvas.drawString(72, 700, "Nobody reads this without the password.")
    canvas.save()
    return stream.getvalue()


def scanned_pdf() -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream)
    canvas.rect(100, 100, 200, 200, fill=1)
    canvas.save()
    return stream.getvalue()


FORMATS: dict[str, Callable[[list[str]], bytes]] = {
    ".txt": as_txt,
    ".md": as_md,
    ".html": as_html,
    ".jsonl": as_jsonl,
    ".docx": as_docx,
    ".pdf": as_pdf,
}


def load(data: bytes, suffix: str, limits: Limits | None = None) -> Document:
    (document,) = load_bytes(
        data, suffix, f"/reports/some_report{suffix}", limits or Limits()
    ).documents
    return document


def marked(document: Document, kind: RegionKind) -> list[str]:
    return [document.text[r.start : r.end] for r in document.regions if r.kind is kind]


WORDS = st.sampled_from(
    "the raid struck Kabul İstanbul governor district of 2021 and attack Şeyma’s (three) 3.5 via "
    "al-Qaeda “quoted” café operation counterterrorism militants said by".split()
)
SENTENCES = st.lists(WORDS, min_size=4, max_size=25).map(lambda w: "So " + " ".join(w) + ".")
PARAGRAPHS = st.lists(SENTENCES, min_size=1, max_size=4).map(" ".join)


@pytest.mark.parametrize("suffix", FORMATS)
# The same examples each time: a PDF has lines, not paragraphs, and of some layouts nobody can tell
# whether a line that ends early ends its paragraph.
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
)
@given(paragraphs=st.lists(PARAGRAPHS, min_size=1, max_size=5, unique=True))
def test_offsets_survive_every_loader(suffix: str, paragraphs: list[str]) -> None:
    if suffix == ".pdf":  # the standard fonts have no letters beyond Latin-1
        paragraphs = [p.replace("İ", "I").replace("Ş", "S") for p in paragraphs]
    document = load(FORMATS[suffix](paragraphs), suffix)
    place = 0
    for paragraph in paragraphs:
        place = document.text.index(paragraph, place) + len(paragraph)
    for region in document.regions:
        assert document.text[region.start : region.end].strip()
    for passage in chunk_document(document):
        assert document.text[passage.start : passage.end] == passage.text
    spans = sentence_spans(document.text)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_a_header_states_metadata_and_is_no_argument() -> None:
    text = (
        f"Title: The bridge\nAuthor: Ann Lee\nSource: Desk\nPublished: 2 April 2023\n\n{PARAGRAPH}"
    )
    document = load(text.encode(), ".txt")
    assert document.text == text
    assert (document.title, document.author, document.source) == ("The bridge", "Ann Lee", "Desk")
    assert document.published == date(2023, 4, 2)
    assert marked(document, RegionKind.TITLE) == ["The bridge"]
    assert [p.text for p in chunk_document(document)] == [PARAGRAPH]


@pytest.mark.parametrize("value", ["03/04/2023", "April 2023", "last week", "31.02.2023"])
def test_a_date_that_could_be_another_is_none(value: str) -> None:
    assert load(f"Date: {value}\n\n{PARAGRAPH}".encode(), ".txt").published is None


def test_wrapped_lines_read_as_one_paragraph_without_moving_an_offset() -> None:
    words = f"{PARAGRAPH} {SECOND}".split()
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) + 1 > 64:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    lines.append(line)
    raw = "\n".join(lines) + "\n\n- first item of a list\n- second item of a list\n"
    document = load(raw.encode(), ".txt")
    assert len(document.text) == len(raw)
    assert document.text.split("\n")[0] == " ".join(words)
    assert document.text.endswith("\n\n- first item of a list\n- second item of a list\n")


def test_verse_keeps_its_lines() -> None:
    verse = "\n".join(
        [
            "The river took the bridge away",
            "And left the stones to dream of rain",
            "No ferry came on market day",
            "The road went nowhere but again",
        ]
    )
    assert load(verse.encode(), ".txt").text == verse


@pytest.mark.parametrize(
    ("encoding", "text", "language"),
    [
        ("utf-8-sig", PARAGRAPH, "en"),
        ("utf-16", PARAGRAPH, "en"),
        ("utf-16-le", PARAGRAPH, "en"),
        ("cp1252", PARAGRAPH.replace("valley", "café’s valley"), "en"),
        (
            "cp1254",
            "Örgütün şehirdeki saldırıları güvenlik güçlerini zor durumda bıraktı, dedi sözcü.",
            "tr",
        ),
        (
            "cp932",
            "武装勢力は首都で攻撃を行い、多くの民間人が死亡した。政府は声明を発表した。",
            "ja",
        ),
        (
            "cp1251",
            "Группировка взяла на себя ответственность за нападение в столице страны.",
            "ru",
        ),
    ],
)
def test_encodings_are_detected(encoding: str, text: str, language: str) -> None:
    document = load(text.encode(encoding), ".txt")
    assert document.text == text
    assert document.language == language


def test_too_little_text_has_no_language() -> None:
    assert load(b"Abu Omar", ".txt").language is None


def test_markdown_reads_without_its_markup() -> None:
    source = f"""---
title: The bridge
published: 2023-04-02
source: Desk
url: https://example.org/bridge
---
# The bridge

{PARAGRAPH} See [the *list*](https://example.org/list).[^1]

![Soldiers at the bridge](bridge.png)

## Figures

| Year | Men |
|---|---|
| 2021 | 40 |

1. first
2. second

[^1]: “The List”, Desk, accessed 2 April 2023.
"""
    document = load(source.encode(), ".md")
    assert (document.title, document.source) == ("The bridge", "Desk")
    assert document.published == date(2023, 4, 2)
    assert document.url == "https://example.org/bridge"
    assert f"{PARAGRAPH} See the list.[1]" in document.text
    assert "Year | Men\n2021 | 40" in document.text
    assert "1. first\n\n2. second" in document.text
    assert marked(document, RegionKind.TITLE) == ["The bridge"]
    assert marked(document, RegionKind.HEADING) == ["Figures"]
    assert marked(document, RegionKind.CAPTION) == ["Soldiers at the bridge"]
    assert marked(document, RegionKind.FOOTNOTE) == ["[1] “The List”, Desk, accessed 2 April 2023."]


def test_a_page_is_told_apart_by_its_structure() -> None:
    page = f"""<html lang="en"><head><title>The bridge | Desk</title>
<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "The bridge",
"datePublished": "2023-04-02T08:00:00Z", "author": {{"name": "Ann Lee"}}}}</script>
<meta property="og:site_name" content="Desk"><script>alert("never")</script></head>
<body><nav><a href="/">Home</a></nav><article><h1>The bridge</h1>
<p>By Ann Lee · <time>2 April 2023</time></p><p>{PARAGRAPH}</p>
<figure><img src="x.png" alt=""><figcaption>Soldiers at the bridge</figcaption></figure>
<p>{SECOND}</p><h2>After</h2><table><tr><th>Year</th><th>Men</th></tr><tr><td>2021</td><td>40</td></tr></table>
<div class="author-bio"><p>Ann Lee is a fellow at the Institute.</p></div></article>
<aside>Other things</aside><footer>Imprint</footer></body></html>"""
    document = load(page.encode(), ".html")
    assert (document.title, document.author, document.source) == ("The bridge", "Ann Lee", "Desk")
    assert document.published == date(2023, 4, 2)
    assert "never" not in document.text
    assert marked(document, RegionKind.CAPTION) == ["Soldiers at the bridge"]
    assert marked(document, RegionKind.BIOGRAPHY) == ["Ann Lee is a fellow at the Institute."]
    furniture = marked(document, RegionKind.FURNITURE)
    assert furniture == ["Home", "By Ann Lee · 2 April 2023", "Other things", "Imprint"]
    body = " ".join(p.text for p in chunk_document(document))
    assert body == f"{PARAGRAPH} {SECOND} Year | Men\n2021 | 40"


def test_a_page_that_only_mentions_a_date_states_none() -> None:
    page = f"<p>{PARAGRAPH}</p><p>On <time datetime='2021-08-26'>26 August</time> it fell.</p>"
    assert load(page.encode(), ".html").published is None


def test_a_pdf_paragraph_runs_over_lines_and_pages_and_its_running_heads_are_furniture() -> None:
    names = [first + second for first in "abcde" for second in "ghijkl"]
    paragraphs = [f"Company {name} was late. {PARAGRAPH} {SECOND} So it went." for name in names]
    document = load(as_pdf(paragraphs, title="The bridge", running="Desk Quarterly"), ".pdf")
    for paragraph in paragraphs:
        assert paragraph in document.text
    assert len(document.page_starts) > 1
    assert marked(document, RegionKind.TITLE) == ["The bridge"]
    furniture = marked(document, RegionKind.FURNITURE)
    assert furniture.count("Desk Quarterly") == len(document.page_starts)
    assert f"Page {len(document.page_starts)}" in furniture
    starts = [document.text.index(f"Page {n + 1}") for n in range(len(document.page_starts))]
    assert [document.page_of(start) for start in starts] == list(range(1, len(starts) + 1))


def test_a_word_document_keeps_its_order() -> None:
    source = docx.Document()
    source.core_properties.title = "The bridge"
    source.core_properties.author = "Ann Lee"
    source.add_heading("The bridge", 0)
    source.add_paragraph(PARAGRAPH)
    table = source.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "2021", "40 men"
    source.add_heading("After", 1)
    source.add_paragraph(SECOND)
    stream = io.BytesIO()
    source.save(stream)
    document = load(stream.getvalue(), ".docx")
    assert document.text == f"The bridge\n\n{PARAGRAPH}\n\n2021 | 40 men\n\nAfter\n\n{SECOND}"
    assert (document.title, document.author, document.published) == ("The bridge", "Ann Lee", None)
    assert marked(document, RegionKind.HEADING) == ["After"]


def test_a_bad_line_is_named_and_the_good_lines_are_kept() -> None:
    lines = [json.dumps({"id": n, "text": f"{PARAGRAPH} {n}"}) for n in range(9)]
    lines[6] = '{"text": "cut'
    outcome = load_bytes("\n".join(lines).encode(), ".jsonl", "/reports/n.jsonl", Limits())
    assert [document.text[-1] for document in outcome.documents] == list("01234578")
    (rejected,) = outcome.rejected
    assert rejected.path == "/reports/n.jsonl:7"
    assert "is no JSON" in rejected.reason


def zipped(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


BAD: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "empty": (".txt", lambda: b"", "is empty"),
    "white space": (".txt", lambda: b" \n\t\n", "holds no text"),
    "binary junk": (".txt", lambda: bytes(range(256)) * 40, "binary data"),
    "invalid UTF-8": (".txt", lambda: "Türk güç ".encode() + b"\xe2(" + b" x", "0xE2 at offset 12"),
    "stray bytes": (
        ".txt",
        lambda: PARAGRAPH.encode() + b"\xff\xfe",
        f"0xFF at offset {len(PARAGRAPH)}",
    ),
    "truncated PDF": (".pdf", lambda: as_pdf([PARAGRAPH])[:-400], "truncated PDF"),
    "encrypted PDF": (".pdf", locked_pdf, "encrypted PDF"),
    "scanned PDF": (".pdf", scanned_pdf, "no text layer"),
    "no PDF": (".pdf", lambda: PARAGRAPH.encode(), "is no PDF"),
    "zip bomb": (".docx", lambda: zipped("word/document.xml", b" " * 3_000_000), "unpacks to"),
    "entities": (".docx", lambda: zipped("word/document.xml", b"<!DOCTYPE a []><a/>"), "entities"),
    "other archive": (".docx", lambda: zipped("x.txt", b"x"), "no Word document"),
    "cut DOCX": (".docx", lambda: as_docx([PARAGRAPH])[:5000], "damaged DOCX"),
    "locked DOCX": (
        ".docx",
        lambda: bytes.fromhex("d0cf11e0a1b11ae1") * 9,
        "encrypted or old Word",
    ),
    "picture": (".txt", lambda: b"\x89PNG\r\n\x1a\n" + b"0" * 50, "PNG image"),
    "deep HTML": (".html", lambda: b"<div>" * 5000 + b"x" + b"</div>" * 5000, "nests"),
    "no JSON lines": (".jsonl", lambda: b"[1]\n2\n", "none of its 2 lines"),
    "deep JSON": (".jsonl", lambda: b"[" * 100_000, "line 1"),
    "too long": (".txt", lambda: b"x " * 60_000, "the limit is 100,000"),
}


@pytest.fixture(scope="module")
def process() -> Iterator[ParserProcess]:
    limits = Limits(max_text_chars=100_000, max_expanded_bytes=2_000_000, max_file_bytes=4_000_000)
    with ParserProcess(limits) as running:
        yield running


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_one_clear_line_and_the_next_file_still_loads(
    case: str, process: ParserProcess, tmp_path: Path
) -> None:
    suffix, make, message = BAD[case]
    bad, good = tmp_path / f"bad{suffix}", tmp_path / "good.txt"
    bad.write_bytes(make())
    good.write_text(PARAGRAPH, encoding="utf-8")
    outcome = process.load(bad)
    assert isinstance(outcome, Rejected), outcome
    assert message in outcome.reason
    assert outcome.hint
    assert str(outcome).startswith(f"{bad}: ")
    assert "\n" not in str(outcome)
    after = process.load(good)
    assert isinstance(after, Loaded)
    assert after.documents[0].paths == (str(good),)


def test_a_file_over_the_limit_is_not_read(process: ParserProcess, tmp_path: Path) -> None:
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate(200 * 2**20)  # sparse: no disk is written
    outcome = process.load(large)
    assert isinstance(outcome, Rejected)
    assert "209,715,200 bytes" in outcome.reason


def test_pipes_and_devices_and_what_vanished_are_not_opened(
    process: ParserProcess, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    for path in (tmp_path / "pipe.txt", Path("/dev/zero")):
        outcome = process.load(path)
        assert isinstance(outcome, Rejected)
        assert "pipe, socket or device" in outcome.reason
    gone = process.load(tmp_path / "gone.txt")
    assert isinstance(gone, Rejected)
    assert "does not exist" in gone.reason


def test_content_counts_more_than_the_suffix(process: ParserProcess, tmp_path: Path) -> None:
    path = tmp_path / "really.txt"
    path.write_bytes(as_pdf([PARAGRAPH]))
    outcome = process.load(path, name="upload:really.txt")
    assert isinstance(outcome, Loaded)
    assert outcome.documents[0].page_starts == (0,)
    assert outcome.documents[0].paths == ("upload:really.txt",)


def test_a_parser_that_is_killed_costs_only_its_file(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text(PARAGRAPH, encoding="utf-8")
    with ParserProcess() as process:
        assert isinstance(process.load(path), Loaded)
        running = process._process._process
        assert running is not None
        running.kill()
        running.wait()
        assert isinstance(process.load(path), Loaded)


def test_a_parser_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(as_pdf([PARAGRAPH] * 400))
    good = tmp_path / "good.txt"
    good.write_text("Short.", encoding="utf-8")
    with ParserProcess(Limits(max_seconds=0.05)) as process:
        process.load(good)
        outcome = process.load(path)
        assert isinstance(outcome, Rejected)
        assert "took longer than 0.05 seconds" in outcome.reason
        assert isinstance(process.load(good), Loaded)


def test_a_parser_short_of_memory_costs_only_its_file(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_bytes(PARAGRAPH.encode() * 200_000)
    with ParserProcess(Limits(max_memory_bytes=160 * 2**20, max_text_chars=10**9)) as process:
        outcome = process.load(path)
    assert isinstance(outcome, Rejected)
    assert "160 MiB" in outcome.reason


def test_folders_are_read_in_order_and_what_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.md").write_text("x", encoding="utf-8")
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    (tmp_path / ".hidden.txt").write_text("x", encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(b"x")
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling.txt").symlink_to(tmp_path / "nothing")
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    odd = os.path.join(os.fsencode(tmp_path), b"\xff.txt")
    with open(odd, "wb"):
        pass
    found = find_files([tmp_path, tmp_path / "a.txt", tmp_path / "missing"])
    assert [item for item in found if isinstance(item, Path)] == [
        tmp_path / "a.txt",
        tmp_path / "b" / "two.md",
    ]
    reasons = {item.path: item.reason for item in found if isinstance(item, Rejected)}
    assert reasons == {
        str(tmp_path / "b" / "loop"): "links back to a folder that holds it",
        str(tmp_path / "dangling.txt"): "is a link to nothing",
        str(tmp_path / "picture.png"): "is of the unknown type .png",
        str(tmp_path / "self.txt"): "is a symbolic link that leads to itself",
        f"{tmp_path}/\\xff.txt": "its name is not UTF-8",
        str(tmp_path / "missing"): "does not exist",
    }


def test_what_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    listed = os.listdir

    def refuse(path: str) -> list[str]:  # root may read everything, so permissions show nothing
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr("ingest.load.os.listdir", refuse)
    monkeypatch.setattr("ingest.load.os.access", lambda path, mode: False)
    reasons = [item.reason for item in find_files([tmp_path]) if isinstance(item, Rejected)]
    assert reasons == [
        "may not be read by this user",
        "cannot be listed: may not be read by this user",
    ]


@pytest.fixture
def site() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/away":
                self.send_response(302)
                self.send_header("Location", "file:///etc/passwd")
                self.end_headers()
                return
            page = as_html([PARAGRAPH])
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_is_fetched_only_where_the_operator_allows_it(site: str) -> None:
    for allow, private, message in (
        (False, False, "fetching is switched off"),
        (True, False, "an address of a private network"),
    ):
        with ParserProcess(allow_urls=allow, allow_private=private) as process:
            outcome = process.load(f"{site}/report")
        assert isinstance(outcome, Rejected)
        assert message in outcome.reason
    with ParserProcess(allow_urls=True, allow_private=True) as process:
        outcome = process.load(f"{site}/report")
        assert isinstance(outcome, Loaded)
        assert outcome.documents[0].url == f"{site}/report"
        assert outcome.documents[0].text == PARAGRAPH
        away = process.load(f"{site}/away")
        assert isinstance(away, Rejected)
        assert "no http or https address" in away.reason


def test_a_document_of_unknown_type_names_the_known_ones() -> None:
    with pytest.raises(LoadError, match=r"\.docx \.htm \.html"):
        load_bytes(b"x", ".xyz", "/reports/a.xyz", Limits())


def test_an_empty_name_is_refused_rather_than_read_as_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (refused,) = find_files([""])
    assert isinstance(refused, Rejected)
    assert refused.reason == "is an empty name"
    assert find_files(["."]) == [tmp_path / "a.txt"]


def test_folders_nested_beyond_all_sense_are_named_and_stop_nothing_else(tmp_path: Path) -> None:
    deep = tmp_path / "deep"
    deepest = deep.joinpath(*["d"] * 900)
    deepest.mkdir(parents=True)
    (deepest / "lost.txt").write_text("x", encoding="utf-8")
    (tmp_path / "z.txt").write_text("x", encoding="utf-8")
    refused, found = find_files([tmp_path])
    assert isinstance(refused, Rejected)
    assert "folders deep" in refused.reason
    assert found == tmp_path / "z.txt"
