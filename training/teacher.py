"""A larger reader, trained by the same recipe, whose judgements a smaller one learns from."""

from dataclasses import dataclass
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor
from torch.nn import functional

from answer.reader import SLOW_FUSIONS, checked_files, read_manifest


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
        """Open the model in `directory`; raises ReaderError as Reader.load does."""
        manifest = read_manifest(directory)
        self.training = manifest["training"]
        """How it was trained, for the student's manifest."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Waiting threads that spin would take the processor from the student's own step.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            checked_files(directory, manifest)["reader.onnx"],
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=SLOW_FUSIONS,
        )

    def read(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Judgement:
        """Return the logits for int64 inputs of shape (batch, length)."""
        outputs = self._session.run(
            ["start", "end", "answerable"],
            {
                "input_ids": input_ids.numpy(),
                "attention_mask": attention_mask.numpy(),
                "token_type_ids": token_type_ids.numpy(),
            },
        )
        return Judgement(*(torch.from_numpy(output) for output in outputs))


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
