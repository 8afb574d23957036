import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

import pytest

import index.snapshot
from index.fuse import fuse
from index.ingestion import ingest
from index.search import Filters, QueryError
from index.snapshot import MAX_QUERY_CHARS
from index.store import Store
from ingest.chunk import Passage


@pytest.fixture
def dated(store: Store, tmp_path: Path) -> Store:
    """Four reports on attacks: two sources, two languages, one without a date."""
    documents = [
        {"title": "A", "source": "Gazette", "language": "en", "published": "2023-01-05"},
        {"title": "B", "source": "Gazette", "language": "tr", "published": "2023-03-27"},
        {"title": "C", "source": "Herald", "language": "en", "published": "2022-12-31"},
        {"title": "D", "source": "Herald", "language": "en"},
    ]
    file = tmp_path / "dated.jsonl"
    lines = (
        json.dumps({**document, "text": f"An attack is told of in report {document['title']}."})
        for document in documents
    )
    file.write_text("\n".join(lines), encoding="utf-8")
    ingest(store, [file])
    return store


def found(store: Store, filters: Filters) -> set[str]:
    with store.snapshot() as snapshot:
        return {hit.document.title for hit in snapshot.search("attack", 10, filters)}


def test_filters_are_alternatives_within_a_field_and_conditions_between_fields(
    dated: Store,
) -> None:
    assert found(dated, Filters(source=("Gazette",))) == {"A", "B"}
    assert found(dated, Filters(source=("Gazette", "Herald"))) == {"A", "B", "C", "D"}
    assert found(dated, Filters(source=("Gazette",), language=("tr",))) == {"B"}
    assert found(dated, Filters(source=("Herald",), language=("tr",))) == set()


def test_a_period_includes_both_its_days_and_leaves_undated_documents_out(dated: Store) -> None:
    assert found(dated, Filters(published_from=date(2023, 1, 5))) == {"A", "B"}
    assert found(dated, Filters(published_to=date(2023, 1, 5))) == {"A", "C"}
    day = date(2023, 3, 27)
    assert found(dated, Filters(published_from=day, published_to=day)) == {"B"}


def test_a_filter_by_document_gives_only_that_document(dated: Store) -> None:
    with dated.snapshot() as snapshot:
        (wanted,) = [info.id for info in snapshot.documents() if info.title == "C"]
    assert found(dated, Filters(document=(wanted,))) == {"C"}


def test_a_word_is_mentioned_in_whatever_form_it_stands(store: Store, reports: Path) -> None:
    ingest(store, [reports])
    with store.snapshot() as snapshot:
        mentioned = {
            form: snapshot.is_mentioned(form)
            for form in ("wound", "wounded", "attack", "attacking", "market", "mark", "woun", "die")
        }
    assert [form for form, is_so in mentioned.items() if not is_so] == ["mark", "woun", "die"]


def test_an_unknown_filter_value_is_refused_with_the_nearest_known_first(dated: Store) -> None:
    with dated.snapshot() as snapshot:
        with pytest.raises(QueryError, match="unknown source: 'Gazete'") as error:
            snapshot.search("attack", 10, Filters(source=("Gazete",)))
        assert error.value.hint == "known are: Gazette, Herald"
        with pytest.raises(QueryError, match="unknown language") as error:
            snapshot.search("attack", 10, Filters(language=("xx",)))
        assert "en" in error.value.hint
        with pytest.raises(QueryError, match="unknown document"):
            snapshot.search("attack", 10, Filters(document=("abc",)))
        with pytest.raises(QueryError, match="period"):
            snapshot.search(
                "attack",
                10,
                Filters(published_from=date(2024, 1, 1), published_to=date(2023, 1, 1)),
            )


def test_a_blank_a_too_long_and_a_zero_question_are_refused_with_a_hint(dated: Store) -> None:
    with dated.snapshot() as snapshot:
        for query, k, what in (
            (" \n", 10, "empty"),
            ("attack " * MAX_QUERY_CHARS, 10, "characters"),
            ("attack", 0, "passages"),
        ):
            with pytest.raises(QueryError, match=what) as error:
                snapshot.search(query, k)
            assert error.value.hint


def test_ranks_count_from_one_scores_fall_and_highlights_lie_on_the_words(
    store: Store, reports: Path
) -> None:
    ingest(store, [reports])
    with store.snapshot() as snapshot:
        hits = snapshot.search("attacks on the market", 10)
        assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        best = hits[0]
        assert best.document.title == "The market"
        document = snapshot.document(best.document.id)
        assert document is not None
        words = {document.text[start:end].lower() for start, end in best.highlights}
        assert words == {"market", "attack"}
        assert all(
            best.passage.start <= start < end <= best.passage.end for start, end in best.highlights
        )


def test_k_cuts_the_list_and_changes_nothing_above_the_cut(store: Store, reports: Path) -> None:
    ingest(store, [reports])
    with store.snapshot() as snapshot:
        assert snapshot.search("winter", 3) == snapshot.search("winter", 20)[:3]


def test_an_empty_collection_finds_nothing_and_knows_nothing(store: Store) -> None:
    with store.snapshot() as snapshot:
        assert snapshot.search("attack") == []
        assert snapshot.documents() == []
        assert snapshot.document("0" * 64) is None
        assert snapshot.passages("0" * 64) == []
        assert snapshot.linked("0" * 64) == []
        filters = ("document", "source", "language", "actor", "attack", "strategy")
        assert snapshot.known() == {name: [] for name in filters}
        with pytest.raises(QueryError, match="unknown source") as error:
            snapshot.search("attack", 1, Filters(source=("Gazette",)))
        assert "leave the filter out" in error.value.hint


def test_a_snapshot_stays_as_it_was_while_the_store_moves_on(store: Store, reports: Path) -> None:
    ingest(store, [reports / "train.txt"])
    with store.snapshot() as before:
        fingerprint, hits = before.fingerprint, before.search("attack train", 10)
        ingest(store, [reports])
        assert before.fingerprint == fingerprint
        assert before.search("attack train", 10) == hits
        assert len(before.documents()) == 1
        with store.snapshot() as after:
            assert after.generation == before.generation + 1
            assert after.fingerprint != fingerprint
            assert len(after.documents()) == 5


def test_passages_of_one_stretch_of_text_know_those_beside_them(
    store: Store, tmp_path: Path
) -> None:
    def stretch(name: str) -> str:
        return " ".join(f"The {name} market opened on day {n} of the spring." for n in range(40))

    file = tmp_path / "long.txt"
    file.write_text(f"{stretch('river')}\n# Heading\n{stretch('train')}", encoding="utf-8")
    ingest(store, [file])
    with store.snapshot() as snapshot:
        [document] = snapshot.documents()
        passages = snapshot.passages(document.id)
        river = [passage for passage in passages if "river" in passage.text]
        train = [passage for passage in passages if "train" in passage.text]
        assert len(river) >= 3
        assert len(train) >= 3
        for one in (river, train):
            beside = [snapshot.beside(passage) for passage in one]
            assert beside == list(zip([None, *one[:-1]], [*one[1:], None], strict=True))
        heading = Passage(document.id, river[-1].end + 1, train[0].start - 1, "# Heading")
        assert snapshot.beside(heading) == (None, None)


@pytest.fixture
def blurred(store: Store, tmp_path: Path) -> Store:
    """Two reports: one says the query's word once among much else, one in half of its words."""
    file = tmp_path / "blurred.jsonl"
    texts = {
        "Once": "River river school. River river river train. Attacks, attack. School, river.",
        "Half": "Attack school winter. Attack train river. Attack market winter. Attack school.",
    }
    lines = (json.dumps({"title": title, "text": text}) for title, text in texts.items())
    file.write_text("\n".join(lines), encoding="utf-8")
    ingest(store, [file])
    return store


def nearest(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(index.snapshot, "fuse", partial(fuse, share=0.0))
    with store.snapshot() as snapshot:
        return [hit.document.title for hit in snapshot.search("attack", 10)]


def test_a_passage_is_as_near_as_its_nearest_sentence(
    blurred: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert nearest(blurred, monkeypatch) == ["Once", "Half"]


def lose_all(file: Path) -> None:
    execute(file, "DELETE FROM passages")


def lose_one(file: Path) -> None:
    execute(file, "DELETE FROM passages WHERE rowid = 1")


def exchange_model(file: Path) -> None:
    execute(file, "UPDATE models SET fingerprint = 'another'")


def execute(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute(statement).rowcount > 0
        connection.commit()


def delete(file: Path) -> None:
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()


def damage(file: Path) -> None:
    delete(file)
    file.write_bytes(b"no database " * 500)


@pytest.mark.parametrize("harm", [lose_all, lose_one, exchange_model, delete, damage])
def test_a_search_finds_the_same_whatever_becomes_of_the_sentences(
    blurred: Store,
    data_dir: Path,
    harm: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    harm(data_dir / "vectors.sqlite")
    assert nearest(blurred, monkeypatch) == ["Once", "Half"]
    assert "whose sentences it lost" in caplog.text
    caplog.clear()
    assert nearest(blurred, monkeypatch) == ["Once", "Half"]
    assert not caplog.text, "the file was mended"
