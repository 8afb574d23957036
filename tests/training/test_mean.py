"""The mean of two runs."""

import pytest
import torch

from training.mean import MeanError, averaged


def test_a_mean_of_two_runs_has_each_weight_between_theirs() -> None:
    one = {"a": torch.tensor([1.0, 4.0]), "b": torch.tensor([[0.0]])}
    other = {"a": torch.tensor([3.0, 4.0]), "b": torch.tensor([[10.0]])}
    mean = averaged(one, other, 0.75)
    assert {name: weight.tolist() for name, weight in mean.items()} == {
        "a": [1.5, 4.0],
        "b": [[2.5]],
    }
    assert one["a"].tolist() == [1.0, 4.0]


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5])
def test_a_share_that_leaves_one_run_out_is_an_error(share: float) -> None:
    weights = {"a": torch.tensor([1.0])}
    with pytest.raises(MeanError, match="between 0 and 1"):
        averaged(weights, weights, share)


def test_runs_of_different_networks_are_not_averaged() -> None:
    one, other = {"a": torch.zeros(2)}, {"a": torch.zeros(3)}
    with pytest.raises(MeanError, match="different networks"):
        averaged(one, other, 0.5)
