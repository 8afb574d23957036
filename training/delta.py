"""A finished run as what it changed: a sixth of its size, beside weights that come as packages."""

import io
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

DELTA = "delta.npz"
"""The file's name beside a manifest."""
# Measured on the second reader: with three bits a change, logits differ as much as by int8.
BITS = 3
GROUP = 64
"""So many neighbouring changes of a row share one step."""

_LEVELS = 2**BITS
# Steps that are tried, in standard deviations of the group; a normal distribution wants 0.59.
_STEPS = np.linspace(0.35, 0.85, 11, dtype=np.float32)
_CODES, _SIZES = "/codes", "/steps"

Floats = NDArray[np.float32]


class DeltaError(Exception):
    """What was stored of a run doesn't fit the weights that it changed."""


def packed(state: Mapping[str, Tensor], base: Mapping[str, Tensor]) -> bytes:
    """Return what `state` has changed of `base`, or has beside it, as an .npz file's content.

    Of matrices that both have, the change of each number is one of eight multiples of its group's
    step, around zero (as fine-tuning's changes are small, this is enough: Liu et al. 2024,
    arXiv:2402.10193, get by with one bit in larger models). All else is stored as float16.
    """
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, tensor in state.items():
        start = base.get(name)
        if start is not None and torch.equal(start, tensor):
            continue
        if start is not None and tensor.ndim == 2 and tensor.shape[1] % GROUP == 0:
            codes, steps = _quantised((tensor - start).numpy())
            planes = [np.packbits((codes >> bit) & 1) for bit in range(BITS)]
            arrays[name + _CODES], arrays[name + _SIZES] = np.stack(planes), steps
        else:
            arrays[name] = tensor.to(torch.float16).numpy()
    content = io.BytesIO()
    np.savez(content, **arrays)  # type: ignore[arg-type]  # its stub takes names for its own flag
    return content.getvalue()


def unpacked(content: bytes, base: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state that `packed` made `content` of, on the same `base`.

    Raises DeltaError if `content` is no such file or changes what `base` does not have.
    """
    state = dict(base)
    try:
        arrays = dict(np.load(io.BytesIO(content), allow_pickle=False))
        for name, array in arrays.items():
            if name.endswith(_CODES):
                changed = name.removesuffix(_CODES)
                change = _restored(array, arrays[changed + _SIZES], base[changed].shape)
                state[changed] = base[changed] + torch.from_numpy(change)
            elif not name.endswith(_SIZES):
                state[name] = torch.from_numpy(array.astype(np.float32))
    except (OSError, ValueError, KeyError) as error:
        raise DeltaError(
            f"no change of these weights ({type(error).__name__}: {error}); expected what "
            '"python -m training compress" wrote for the same base'
        ) from error
    return state


def _quantised(change: Floats) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    """Return codes of the shape of `change`, and each group's step (rows, groups)."""
    groups = change.reshape(change.shape[0], -1, GROUP)
    spread = groups.std(axis=2).clip(min=1e-6)  # what float16 can still divide
    best = np.full(spread.shape, np.inf, dtype=np.float32)
    codes = np.zeros(groups.shape, dtype=np.uint8)
    steps = np.zeros(spread.shape, dtype=np.float16)
    for share in _STEPS:
        tried = (share * spread).astype(np.float16)
        step = tried.astype(np.float32)[..., None]
        code = (np.floor(groups / step) + _LEVELS // 2).clip(0, _LEVELS - 1)
        error = ((groups - _value(code, step)) ** 2).sum(axis=2)
        better = error < best
        best, steps = np.where(better, error, best), np.where(better, tried, steps)
        codes = np.where(better[..., None], code, codes).astype(np.uint8)
    return codes.reshape(change.shape), steps


def _restored(
    planes: NDArray[np.uint8], steps: NDArray[np.float16], shape: tuple[int, ...]
) -> Floats:
    count = int(np.prod(shape))
    bits = [np.unpackbits(plane, count=count).astype(np.uint8) for plane in planes]
    codes = np.sum([bit << place for place, bit in enumerate(bits)], axis=0, dtype=np.float32)
    groups = codes.reshape(shape[0], -1, GROUP)
    return _value(groups, steps.astype(np.float32)[..., None]).reshape(shape)


def _value(codes: Floats, steps: Floats) -> Floats:
    """Return the middle of each code's step: no code stands for no change."""
    values: Floats = (codes - (_LEVELS - 1) / 2) * steps
    return values
