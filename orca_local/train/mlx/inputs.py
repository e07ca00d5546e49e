"""Batches as MLX arrays. On CUDA they are padded so that only few shapes occur.

For a shape that it has not seen before, an H100 needs 0.15 s beside the 0.075 s of the step, to plan products and
build attention. Padding costs less there.
"""

from __future__ import annotations

from dataclasses import replace

import mlx.core as mx
import numpy as np

from orca_local.train.batches import Batch

Arrays = tuple[mx.array, mx.array, mx.array, mx.array]
"""Token ids, [rows, length]; row index, position and target of each position with a loss, [targets] each."""
NO_TARGET = -1
"""The target of a padding position, which has no loss."""


def needs_few_shapes() -> bool:
    """Whether new shapes are slow on the default device: this is so on CUDA."""
    return bool(mx.default_device().type == mx.gpu and mx.cuda.is_available())


def padded_length(length: int) -> int:
    """The next multiple of 32, of 64 from 512, of 128 from 1,024: long rows grow by at most an eighth."""
    step = max(32, (1 << length.bit_length()) // 16)
    return -(-length // step) * step


def batch_arrays(batch: Batch) -> Arrays:
    """The batch as int64 arrays (see `Arrays`), without further padding."""
    ids, row_index, position, target = map(mx.array, (batch.token_ids, batch.row_index, batch.position, batch.target))
    return ids, row_index, position, target


def padded_arrays(batch: Batch, targets_multiple: int) -> Arrays:
    """The batch as int64 arrays (see `Arrays`), its rows padded to `padded_length`.

    The number of targets is padded to a multiple of `targets_multiple` with `NO_TARGET`, but not beyond the number of
    positions, so that few short rows stay small. The loss is the same.
    """
    rows, length = batch.token_ids.shape
    width = padded_length(length)
    padding = (0, -len(batch.target) % min(targets_multiple, rows * width))
    padded = replace(
        batch,
        token_ids=np.pad(batch.token_ids, ((0, 0), (0, width - length))),
        row_index=np.pad(batch.row_index, padding),
        position=np.pad(batch.position, padding),
        target=np.pad(batch.target, padding, constant_values=NO_TARGET),
    )
    return batch_arrays(padded)
