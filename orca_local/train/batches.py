"""Batches of training rows: padded on the right, in a deterministic order, with the positions that have a loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.frozen import Frozen
from orca_local.domain.keys import content_key
from orca_local.rows.training_row import TrainingRow


class Batch(Frozen):
    """Input of one training step."""

    token_ids: NDArray[np.int64]
    """Shape [rows, length]. Padding is at the end of a row, where causal attention never reads it."""
    row_index: NDArray[np.int64]
    """Shape [targets]: the row of each position that has a loss."""
    position: NDArray[np.int64]
    """Shape [targets]: the position in that row. It predicts the token at `position + 1`."""
    target: NDArray[np.int64]
    """Shape [targets]: the id of the token to predict (what other trainers call the label)."""
    lengths: NDArray[np.int64]
    """Shape [rows]: number of tokens of each row, without padding."""

    @property
    def tokens(self) -> int:
        """Total number of tokens, without padding."""
        return int(self.lengths.sum())

    @property
    def shared_prefix(self) -> int:
        """Number of leading tokens that all rows share. It ends before the first position with a loss."""
        if len(self.token_ids) < 2 or not len(self.position):
            return 0
        same = (self.token_ids == self.token_ids[0]).all(axis=0)[: int(self.position.min())]
        return int(len(same) if same.all() else same.argmin())

    def split_by_tokens(self, max_tokens: int) -> list[Batch]:
        """Split into batches of similar size, each with at most `max_tokens` tokens or a single row.

        Adding up their gradients, each weighted by its targets, gives the same step with less memory.
        """
        middles = np.cumsum(self.lengths) - self.lengths / 2
        for count in range(-(-self.tokens // max_tokens), len(self.lengths)):
            edges = np.searchsorted(middles, np.arange(count + 1) * (self.tokens / count))
            parts = [self._slice(start, stop) for start, stop in pairwise(edges.tolist()) if start < stop]
            if all(part.tokens <= max_tokens or len(part.lengths) == 1 for part in parts):
                return parts
        return [self._slice(row, row + 1) for row in range(len(self.lengths))]

    def split_padded(self, max_positions: int, padded_length: Callable[[int], int]) -> list[Batch]:
        """Split in order into batches of at most `max_positions` positions, padding included, or a single row.

        For backends that pad the rows of a batch to `padded_length` of the longest. Without the split, a few rows of
        very different lengths would consist mostly of padding.
        """
        edges = [0]
        for row in range(1, len(self.lengths)):
            width = padded_length(int(self.lengths[edges[-1] : row + 1].max()))
            if (row + 1 - edges[-1]) * width > max_positions:
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
    """Pad rows to the longest one. The padding value does not matter: nothing attends to it or predicts it."""
    # Position p predicts token p + 1, so the first loss is at the prompt's last token.
    positions = [np.arange(row.loss_start - 1, len(row.token_ids) - 1) for row in rows]
    return batch_of([row.token_ids for row in rows], positions)


def batch_of(rows: Sequence[Sequence[int]], positions: Sequence[Sequence[int] | NDArray[np.int64]]) -> Batch:
    """A batch of `rows` (token ids) with a loss at `positions` of each row.

    `positions` has an array of shape [targets of the row] for each row, int64. The target after a row's last token is
    0: callers that only need logits or activations ignore it.
    """
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    token_ids = np.zeros((len(rows), lengths.max() + 1), dtype=np.int64)
    for i, row in enumerate(rows):
        token_ids[i, : lengths[i]] = row
    row_index = np.repeat(np.arange(len(rows)), [len(places) for places in positions])
    position = np.concatenate([np.asarray(places, dtype=np.int64) for places in positions])
    return Batch(token_ids[:, :-1], row_index, position, token_ids[row_index, position + 1], lengths)


def epoch_batches(rows: Sequence[TrainingRow], batch_size: int, seed: int, epoch: int) -> list[list[TrainingRow]]:
    """The batches of one epoch, the same for the same arguments. Every row is in exactly one batch.

    Rows are assigned to batches at random. Batches of rows of equal length would save a little padding, but such rows
    often belong to one task, and the loss after the same number of steps is much higher. Within a batch, rows are
    sorted by length.
    """
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(rows))
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return [[rows[i] for i in sorted(batch, key=lambda i: len(rows[i].token_ids))] for batch in batches]


def length_batches(rows: Sequence[TrainingRow], batch_size: int) -> list[list[TrainingRow]]:
    """Batches of rows sorted by length, for evaluation."""
    ordered = sorted(rows, key=lambda row: (len(row.token_ids), row.content_hash))
    return [ordered[at : at + batch_size] for at in range(0, len(ordered), batch_size)]


def split_validation(rows: Sequence[TrainingRow], share: float) -> tuple[list[TrainingRow], list[TrainingRow]]:
    """Split into training and validation rows by prompt: all rows of one prompt are on the same side.

    A row with examples before the question belongs to the prompt of the question. All rows are training rows if none
    would be left otherwise.
    """
    held_out = [int(prompt[:8], 16) < share * 2**32 for prompt in _question_hashes(rows)]
    train = [row for row, is_held_out in zip(rows, held_out, strict=True) if not is_held_out]
    if not train:
        return list(rows), []
    return train, [row for row, is_held_out in zip(rows, held_out, strict=True) if is_held_out]


def _question_hashes(rows: Sequence[TrainingRow]) -> Iterator[str]:
    """Yield a hash of each row's question.

    It is that of the shortest prompt of the row's sample: the question without examples. So samples that ask the same
    question also have equal hashes.
    """
    shortest: dict[str, tuple[int, ...]] = {}
    for row in rows:
        prompt = row.token_ids[: row.loss_start]
        other = shortest.setdefault(row.sample_id, prompt)
        shortest[row.sample_id] = min(other, prompt, key=len)
    hashes = {sample_id: content_key(prompt) for sample_id, prompt in shortest.items()}
    for row in rows:
        yield hashes[row.sample_id]
