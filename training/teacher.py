"""A larger reader, trained by the same recipe, whose judgements a smaller one learns from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from answer.exported import Exported


@dataclass(frozen=True, slots=True)
class Judgement:
    """A teacher's logits for a batch: start and end (batch, length), answerable (batch,)."""

    start: Tensor
    end: Tensor
    answerable: Tensor


class Teacher:
    """An exported reader that reads whole batches.

    Of an int8 one the logits depend a little on what shares the batch, whose scale they share.
    """

    def __init__(self, directory: Path, threads: int) -> None:
        """Open the model in `directory`; raises ReaderError as `Exported` does."""
        self._network = Exported(directory, threads=threads)

    @property
    def training(self) -> dict[str, Any]:
        """How it was trained, for the student's manifest."""
        training: dict[str, Any] = self._network.manifest["training"]
        return training

    def read(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Judgement:
        """Return the logits for int64 inputs of shape (batch, length)."""
        inputs = (input_ids.numpy(), attention_mask.numpy(), token_type_ids.numpy())
        return Judgement(*(torch.from_numpy(output) for output in self._network.run(*inputs)))


def distance(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Return the mean Kullback-Leibler divergence from the teacher's choice among tokens.

    Logits are (batch, length); those that can't be chosen are masked alike in both. Both are
    softened by `temperature`, whose square restores the gradient's size (Hinton et al. 2015).
    """
    return temperature**2 * functional.kl_div(
        functional.log_softmax(student / temperature, dim=1),
        functional.log_softmax(teacher / temperature, dim=1),
        reduction="batchmean",
        log_target=True,
    )
