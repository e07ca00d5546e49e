"""Rows to batches: deterministic, padded on the right, with the positions that the loss is taken at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from orca_local.rows.training_row import TrainingRow


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
    lengths: NDArray[np.int64]
    """Shape [rows]: tokens of each row, padding excluded."""

    @property
    def tokens(self) -> int:
        """Tokens of rows, padding excluded."""
        return int(self.lengths.sum())

    @property
    def shared_prefix(self) -> int:
        """How many tokens all rows begin with together, none of which predicts with loss."""
        if len(self.token_ids) < 2 or not len(self.position):
            return 0
        same = (self.token_ids == self.token_ids[0]).all(axis=0)[: int(self.position.min())]
        return int(len(same) if same.all() else same.argmin())

    def parts(self, max_tokens: int) -> list[Batch]:
        """The batch as smaller ones, of at most `max_tokens` tokens or one row, and of about the same size.

        A backend that adds up their gradients, each weighted by its targets, computes the same step in
        less memory.
        """
        middles = np.cumsum(self.lengths) - self.lengths / 2
        for count in range(-(-self.tokens // max_tokens), len(self.lengths)):
            edges = np.searchsorted(middles, np.arange(count + 1) * (self.tokens / count))
            parts = [self._slice(start, stop) for start, stop in pairwise(edges.tolist()) if start < stop]
            if all(part.tokens <= max_tokens or len(part.lengths) == 1 for part in parts):
                return parts
        return [self._slice(row, row + 1) for row in range(len(self.lengths))]

    def rectangles(self, max_places: int, padded: Callable[[int], int]) -> list[Batch]:
        """The batch as smaller ones, in order, each of at most `max_places` places or one row.

        A place is a token or padding: for backends whose rows lie in a rectangle as wide as `padded` of the longest.
        Few rows of very different lengths would fill it with padding.
        """
        edges = [0]
        for row in range(1, len(self.lengths)):
            width = padded(int(self.lengths[edges[-1] : row + 1].max()))
            if (row + 1 - edges[-1]) * width > max_places:
                edges.append(row)
        return [self._slice(start, stop) for start, stop in pairwise([*edges, len(self.lengths)])]

    def _slice(self, start: int, stop: int) -> Batch:
        inside = (self.row_index >= start) & (self.row_index < stop)
        lengths = self.lengths[start:stop]
        return Batch(
            self.token_ids[start:stop, : lengths.max()],
            self.row_index[inside] - start,
            self.position[inside],
            self.target[inside],
            lengths,
        )


def make_batch(rows: Sequence[TrainingRow]) -> Batch:
    """Pad rows to the longest of them. The padding value is irrelevant: nothing attends to it or predicts it."""
    lengths = np.array([len(row.token_ids) for row in rows], dtype=np.int64)
    token_ids = np.zeros((len(rows), lengths.max()), dtype=np.int64)
    for i, row in enumerate(rows):
        token_ids[i, : lengths[i]] = row.token_ids
    row_index = np.concatenate([np.full(row.loss_tokens, i) for i, row in enumerate(rows)])
    # Position p predicts token p + 1, so the first loss is taken at the prompt's last token.
    position = np.concatenate([np.arange(row.loss_start - 1, len(row.token_ids) - 1) for row in rows])
    return Batch(token_ids, row_index, position, token_ids[row_index, position + 1], lengths)


def epoch_batches(rows: Sequence[TrainingRow], batch_size: int, seed: int, epoch: int) -> list[list[TrainingRow]]:
    """The batches of one epoch; the same for the same arguments. Every row is in exactly one of them.

    What stands in a batch is drawn at random. Batches of rows of one length would save a little padding, but they are
    often of one task, and after the same steps the loss is far higher. Within a batch, rows stand by length.
    """
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(rows))
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return [[rows[i] for i in sorted(batch, key=lambda i: len(rows[i].token_ids))] for batch in batches]


def length_batches(rows: Sequence[TrainingRow], batch_size: int) -> list[list[TrainingRow]]:
    """Batches in order of length, for evaluation."""
    ordered = sorted(rows, key=lambda row: (len(row.token_ids), row.content_hash))
    return [ordered[at : at + batch_size] for at in range(0, len(ordered), batch_size)]


def split_validation(rows: Sequence[TrainingRow], share: float) -> tuple[list[TrainingRow], list[TrainingRow]]:
    """Training rows and validation rows, by content hash; equal rows fall on the same side."""
    held = [int(row.content_hash[:8], 16) < share * 2**32 for row in rows]
    train = [row for row, out in zip(rows, held, strict=True) if not out]
    return (train, [row for row, out in zip(rows, held, strict=True) if out]) if train else (list(rows), [])
