"""Rows to batches: deterministic, padded on the right, with the positions that the loss is taken at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orca_local.rows.rows import TrainingRow

_POOL = 8
"""Batches whose rows are sorted by length together: little padding, and still a random order."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a backend computes a step on."""

    token_ids: NDArray[np.int64]
    """Shape [rows, length]. Padding stands at the end of a row, where causal attention never sees it."""
    row_index: NDArray[np.int64]
    """Shape [targets]: the row of each position that predicts with loss."""
    position: NDArray[np.int64]
    """Shape [targets]: that position."""
    target: NDArray[np.int64]
    """Shape [targets]: the token that follows it."""
    tokens: int
    """Tokens of rows, padding excluded."""


def make_batch(rows: Sequence[TrainingRow]) -> Batch:
    """Pad rows to the longest of them. The padding value is irrelevant: nothing attends to it or predicts it."""
    lengths = [len(row.token_ids) for row in rows]
    token_ids = np.zeros((len(rows), max(lengths)), dtype=np.int64)
    for i, row in enumerate(rows):
        token_ids[i, : lengths[i]] = row.token_ids
    row_index = np.concatenate([np.full(row.loss_tokens, i) for i, row in enumerate(rows)])
    # Position p predicts token p + 1, so the first loss is taken at the prompt's last token.
    position = np.concatenate([np.arange(row.loss_start - 1, len(row.token_ids) - 1) for row in rows])
    return Batch(token_ids, row_index, position, token_ids[row_index, position + 1], sum(lengths))


def epoch_batches(rows: Sequence[TrainingRow], batch_size: int, seed: int, epoch: int) -> list[list[TrainingRow]]:
    """The batches of one epoch; the same for the same arguments. Every row is in exactly one of them."""
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(rows))
    batches: list[list[TrainingRow]] = []
    for start in range(0, len(order), batch_size * _POOL):
        pool = sorted(order[start : start + batch_size * _POOL], key=lambda i: len(rows[i].token_ids))
        batches += [[rows[i] for i in pool[at : at + batch_size]] for at in range(0, len(pool), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def length_batches(rows: Sequence[TrainingRow], batch_size: int) -> list[list[TrainingRow]]:
    """Batches in order of length, for evaluation."""
    ordered = sorted(rows, key=lambda row: (len(row.token_ids), row.content_hash))
    return [ordered[at : at + batch_size] for at in range(0, len(ordered), batch_size)]


def split_validation(rows: Sequence[TrainingRow], share: float) -> tuple[list[TrainingRow], list[TrainingRow]]:
    """Training rows and validation rows, by content hash; equal rows fall on the same side."""
    held = [int(row.content_hash[:8], 16) < share * 2**32 for row in rows]
    train = [row for row, out in zip(rows, held, strict=True) if not out]
    return (train, [row for row, out in zip(rows, held, strict=True) if out]) if train else (list(rows), [])
