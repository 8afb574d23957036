"""What stands beside the argument answers only questions about it."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from answer.answer import Status
from answer.asides import asides_for
from answer.compose import Answerer
from index.embed import Embedder
from index.ingestion import ingest
from index.snapshot import Snapshot
from index.store import Store
from ingest.document import RegionKind

REPORT = """<!doctype html><html lang="en"><head><title>Raid on the harbour of Lorne</title></head>
<body><article><h1>Raid on the harbour of Lorne</h1>
<p>On 4 May 2021 the Grey Front attacked the harbour of Lorne. Eleven guards were killed when the
fighters broke through the northern gate and held the quay for two hours before they withdrew.</p>
<figure><img src="quay.jpg" alt=""><figcaption>Smoke above the southern warehouse of Lorne, taken
by Ida Brock.</figcaption></figure>
<p>The port was closed for a week. Traders of the coast blamed the port authority, which had sent
half of its guards to a parade on the same morning, as two officials said afterwards.</p>
</article></body></html>
"""


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    root = tmp_path_factory.mktemp("asides")
    (root / "raid.html").write_text(REPORT, encoding="utf-8")
    with closing(Store.open(root / "data", Embedder.load())) as store:
        ingest(store, [root / "raid.html"])
        with store.snapshot() as snapshot:
            yield snapshot


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("Who took the photo of the smoke?", {RegionKind.CAPTION}),
        ("Who attacked the harbour?", set()),
        ("Why, according to the author, was the port closed?", set()),
    ],
)
def test_asides_come_only_to_questions_about_them(
    question: str, kinds: set[RegionKind], snapshot: Snapshot
) -> None:
    found = asides_for(question, snapshot.search(question), snapshot)
    regions = {
        (region.start, region.end): region.kind
        for info in snapshot.documents()
        for region in getattr(snapshot.document(info.id), "regions", ())
    }
    assert {regions[hit.passage.start, hit.passage.end] for hit in found} == kinds


def test_a_caption_answers_a_question_about_the_picture_and_no_other(
    snapshot: Snapshot, answerer: Answerer
) -> None:
    about = answerer.ask(snapshot, "Who took the photo of the smoke above the warehouse?")
    assert about.status is Status.ANSWERED
    assert about.answer == "Ida Brock"
    other = answerer.ask(snapshot, "Where was smoke seen?")
    assert all("Ida Brock" not in citation.quote for citation in other.citations)
