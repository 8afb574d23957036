"""The reader: spans are whole words of the window, and a damaged model is refused by name."""

import json
import shutil
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer

from answer.exported import ReaderError
from answer.reader import UNREADABLE, Reader, Reading, load_reader, run_exported
from index import embed

MODEL = Path(__file__).parents[2] / "answer" / "model"
REPORT = (
    "On 12 March 2014, gunmen of al-Shabaab attacked the Safari Hotel in Baidoa, killing at least "
    "1,200 people. Ethiopian forces retook the town two days later."
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load(MODEL, threads=2)


class Pointing:
    """Stands in for the network: the span from one token to another scores best, others near it."""

    def __init__(self, first: str, last: str) -> None:
        tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
        self.first, self.last = (tokenizer.token_to_id(token) for token in (first, last))

    def run(
        self,
        input_ids: NDArray[np.int64],
        attention_mask: NDArray[np.int64],
        token_type_ids: NDArray[np.int64],
    ) -> tuple[NDArray[np.float32], ...]:
        """Return logits as the real network does: 8 at the two tokens, 0 elsewhere."""
        in_window = token_type_ids == 1
        start = np.where((input_ids == self.first) & in_window, 8, 0).astype(np.float32)
        end = np.where((input_ids == self.last) & in_window, 8, 0).astype(np.float32)
        return start, end, np.ones(len(start), dtype=np.float32)


def pointing(first: str, last: str) -> Reader:
    network: Any = Pointing(first, last)
    return Reader(
        partial(run_exported, network),
        (MODEL / "tokenizer.json").read_text(encoding="utf-8"),
        max_tokens=80,
        max_question_tokens=16,
        fingerprint="",
        threads=1,
    )


def read_pointing(window: str, first: str, last: str, question: str = "what?") -> Reading:
    return pointing(first, last).read(question, [window])[0]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("200", "people", "1,200 people"),
        ("1", "1", "1,200"),
        ("##ba", "attacked", "al-Shabaab attacked"),
        ("ethiopian", "forces", "Ethiopian forces"),
    ],
)
def test_a_span_never_begins_or_ends_inside_a_word(first: str, last: str, words: str) -> None:
    reading = read_pointing(REPORT, first, last)
    assert REPORT[reading.start : reading.end] == words


def test_a_span_score_is_measured_against_no_answer() -> None:
    assert read_pointing(REPORT, "ethiopian", "forces").span_score == 16


def test_a_span_counts_code_points_not_bytes_or_utf16_units() -> None:
    window = "🚙 Çağrı said that Ethiopian forces left."
    reading = read_pointing(window, "ethiopian", "forces")
    assert window[reading.start : reading.end] == "Ethiopian forces"


def test_the_question_is_never_part_of_an_answer() -> None:
    question = "Which Ethiopian forces?"
    reading = read_pointing("Nobody said which.", "ethiopian", "forces", question)
    assert 0 <= reading.start < reading.end <= len("Nobody said which.")
    assert reading.span_score == 0


def test_the_far_end_of_a_long_window_is_read_too() -> None:
    window = "The market was quiet. " * 60 + "Ethiopian forces came."
    reading = read_pointing(window, "ethiopian", "forces")
    assert window[reading.start : reading.end] == "Ethiopian forces"


def test_a_question_longer_than_the_model_leaves_room_for_the_window() -> None:
    question = "what happened then and why and where and who was it " * 30
    reading = read_pointing("Ethiopian forces came.", "ethiopian", "forces", question)
    assert (reading.start, reading.end) == (0, 16)


def test_the_best_spans_come_in_order_and_do_not_overlap(reader: Reader) -> None:
    [reading] = reader.read("Who attacked the hotel?", [REPORT])
    assert reading.spans[0] == (reading.start, reading.end, reading.span_score)
    scores = [score for _, _, score in reading.spans]
    assert scores == sorted(scores, reverse=True)
    ordered = sorted(reading.spans)
    assert all(a[1] <= b[0] for a, b in pairwise(ordered))


def test_each_stretch_of_a_window_has_its_own_best_span() -> None:
    window = "Ethiopian forces came. Çağrı’s people fled, and Ethiopian forces (all of them) left."
    border = window.index(" Çağrı") + 1
    stretches = [(0, border), (border, len(window)), (border, border + 5)]
    reader = pointing("ethiopian", "forces")
    [[came, left, fled]] = reader.read_stretches([("what?", window, stretches)])
    assert window[came.start : came.end] == "Ethiopian forces"
    assert window[border:][left.start : left.end] == "Ethiopian forces"
    assert came.span_score == left.span_score == 16
    # What stands elsewhere in the window is no answer here, however well it scores.
    assert fled.span_score == 0
    assert 0 <= fled.start < fled.end <= 5
    assert came.answerable == left.answerable == fled.answerable


def test_a_stretch_is_spoken_for_by_a_piece_that_holds_it() -> None:
    window = "The market was quiet. " * 60 + "Ethiopian forces came."
    last = (window.index("Ethiopian"), len(window))
    [[quiet, came]] = pointing("ethiopian", "forces").read_stretches(
        [("what?", window, [(0, 21), last])]
    )
    assert quiet.span_score == 0
    assert window[last[0] :][came.start : came.end] == "Ethiopian forces"


def test_a_stretch_without_a_token_is_unreadable(reader: Reader) -> None:
    [[empty, whole]] = reader.read_stretches([("Who?", "A. B", [(2, 2), (0, 4)])])
    assert empty == Reading(UNREADABLE, 0, 0, UNREADABLE, ())
    assert whole.spans


def test_the_window_that_answers_scores_above_one_that_does_not(reader: Reader) -> None:
    other = "Wheat prices rose in spring, and farmers near the river sold their stock early."
    answers, silent = reader.read("When did gunmen attack the Safari Hotel?", [REPORT, other])
    assert answers.answerable > silent.answerable
    assert answers.span_score > silent.span_score
    assert REPORT[answers.start : answers.end] == "12 March 2014"


def test_a_reading_does_not_depend_on_the_other_windows(reader: Reader) -> None:
    question = "Who retook the town?"
    windows = [REPORT, "A short one.", REPORT * 3, "Ethiopian forces retook it."]
    together = reader.read(question, windows)
    assert together == [reader.read(question, [window])[0] for window in windows]
    assert together == reader.read(question, windows[::-1])[::-1]


def test_a_window_without_anything_to_read_is_scored_and_breaks_nothing(reader: Reader) -> None:
    empty = Reading(UNREADABLE, 0, 0, UNREADABLE, ())
    assert reader.read("Who?", ["", " \n", "\u200b"]) == [empty] * 3
    assert reader.read("Who?", []) == []
    assert len(reader.read("", [REPORT])) == 1


def copy_model(folder: Path) -> Path:
    copy = folder / "model"
    shutil.copytree(MODEL, copy)
    return copy


def test_an_altered_model_file_is_refused_by_name(tmp_path: Path) -> None:
    model = copy_model(tmp_path)
    with (model / "reader.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ReaderError, match=r"reader\.onnx has SHA-256 .* reader\.json says"):
        Reader.load(model, threads=1)


def test_a_missing_model_file_is_refused_by_name(tmp_path: Path) -> None:
    model = copy_model(tmp_path)
    (model / "tokenizer.json").unlink()
    with pytest.raises(ReaderError, match=r"tokenizer\.json"):
        Reader.load(model, threads=1)


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"format": 99})])
def test_a_manifest_of_another_format_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "reader.json").write_text(content)
    with pytest.raises(ReaderError, match=r"reader\.json"):
        Reader.load(tmp_path, threads=1)


def test_the_fingerprint_is_the_model_files_and_nothing_else(
    reader: Reader, tmp_path: Path
) -> None:
    assert Reader.load(copy_model(tmp_path), threads=1).fingerprint == reader.fingerprint


def test_other_word_vectors_than_those_trained_with_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embed, "DEFAULT_WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(ReaderError, match=f"word vectors.*expected {'0' * 64}"):
        Reader.load(MODEL, threads=1)


def test_what_the_project_ships_of_the_reader_is_small() -> None:
    assert sum(file.stat().st_size for file in MODEL.iterdir()) < 14_000_000


@pytest.fixture(scope="module")
def hugging_face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-layer model for question answering with random weights, stored as such models are."""
    import torch
    import transformers

    torch.manual_seed(3)
    folder = tmp_path_factory.mktemp("hugging-face")
    tokenizer = transformers.BertTokenizerFast(tokenizer_file=str(MODEL / "tokenizer.json"))
    config = transformers.BertConfig(
        vocab_size=30_522,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=128,
    )
    transformers.BertForQuestionAnswering(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_hugging_face_model_reads_in_place_of_our_own(hugging_face: Path) -> None:
    reader = load_reader(str(hugging_face), threads=2)
    readings = reader.read("Who attacked the hotel?", [REPORT, REPORT * 5])
    for reading, window in zip(readings, (REPORT, REPORT * 5), strict=True):
        assert 0 <= reading.start < reading.end <= len(window)
        assert reading.answerable == pytest.approx(reading.span_score, abs=50)
    assert readings == reader.read("Who attacked the hotel?", [REPORT, REPORT * 5])
    assert reader.fingerprint == load_reader(str(hugging_face), threads=1).fingerprint


def test_a_name_that_is_no_model_is_refused_with_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="DOSSIER_READER"):
        load_reader(str(tmp_path), threads=1)
