"""What MLX computes a step on: a batch as arrays, on CUDA in one of few shapes.

A shape that was not seen before costs an H100 0.15 s beside the 0.075 s of the step: products are planned for it, and
attention is built. Padding costs less there.
"""

from __future__ import annotations

from dataclasses import replace

import mlx.core as mx
import numpy as np

from orca_local.train.batches import Batch

Arrays = tuple[mx.array, mx.array, mx.array, mx.array]
"""Token ids of shape [rows, length]; row, position and token of each prediction with loss, [targets] each."""
NO_TARGET = -1
"""The token of a prediction that fills up a shape and has no loss."""


def shapes_cost() -> bool:
    """Whether the default device is slow at what it has not seen before."""
    return bool(mx.default_device().type == mx.gpu and mx.cuda.is_available())


def padded_length(length: int) -> int:
    """The next multiple of 32, of 64 from 512 on, of 128 from 1,024 on: at most an eighth more for long rows."""
    step = max(32, (1 << length.bit_length()) // 16)
    return -(-length // step) * step


def arrays_of(batch: Batch) -> Arrays:
    """The batch as it is."""
    ids, row_index, position, target = map(mx.array, (batch.token_ids, batch.row_index, batch.position, batch.target))
    return ids, row_index, position, target


def in_few_shapes(batch: Batch, targets_step: int) -> Arrays:
    """The same loss in a shape that many batches share: of few lengths, its targets a multiple of `targets_step`.

    Targets are no more than places, so that few short rows stay small.
    """
    rows, length = batch.token_ids.shape
    width = padded_length(length)
    missing = (0, -len(batch.target) % min(targets_step, rows * width))
    padded = replace(
        batch,
        token_ids=np.pad(batch.token_ids, ((0, 0), (0, width - length))),
        row_index=np.pad(batch.row_index, missing),
        position=np.pad(batch.position, missing),
        target=np.pad(batch.target, missing, constant_values=NO_TARGET),
    )
    return arrays_of(padded)
