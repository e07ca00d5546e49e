"""The importance matrix of the trained model: mean squares of what each of its matrices reads, over rows.

What llama.cpp's own tool collects from its graph is collected here from the trainer's model, on every position.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch

from orca_local.adapters.adapter import Adapter
from orca_local.gguf.header import Header
from orca_local.gguf.importance import ColumnSquares
from orca_local.gguf.layer_names import linear_layers
from orca_local.train.batches import Batch
from orca_local.train.torch.backend import choose_device, choose_dtype
from orca_local.train.torch.lora import LoraGroup
from orca_local.train.torch.model import StudentModel

BATCH_TOKENS = 1024
"""Tokens whose activations are in memory at once."""


def column_squares(
    header: Header, adapter_directory: Path | None, rows: Sequence[Sequence[int]], compute: str
) -> dict[str, ColumnSquares]:
    """Sums of squares over all positions of `rows` (token ids), by the GGUF tensors of the blocks' matrices.

    The output head has none: llama.cpp's tool leaves it out too, and quantizes it with more bits instead.
    """
    # A thread of its own: see `torch_backend.in_own_thread`. One call a batch, so that Ctrl-C need not wait for all.
    with ThreadPoolExecutor(1, "torch") as thread:
        collector = thread.submit(_Collector, header, adapter_directory, compute).result()
        for batch in _batches(rows):
            thread.submit(collector.add, batch).result()
        collector.release()
        return collector.columns()


class _Collector:
    """The model with an eye on what its groups read."""

    def __init__(self, header: Header, adapter_directory: Path | None, compute: str) -> None:
        device = choose_device()
        self._header = header
        self._model = StudentModel(header, choose_dtype(compute, device), device).eval()
        self._sums: defaultdict[str, Any] = defaultdict(float)
        self._tokens = 0
        adapter = Adapter.load(adapter_directory) if adapter_directory else None
        for group in self._model.groups():
            if adapter is not None:
                group.add_update(adapter)
            group.observe = self._observer(group)

    def _observer(self, group: LoraGroup) -> Any:
        def observe(read: torch.Tensor) -> None:
            squares = _squares(read)
            for name in group.outs:
                self._sums[name] += squares

        return observe

    def add(self, batch: Batch) -> None:
        """Run a batch whose every position is a target."""
        with torch.no_grad():
            self._model(batch, share_prefix=False)
        self._tokens += batch.tokens

    def release(self) -> None:
        """Free the model: what comes next, on the card or the processor, is another one."""
        for group in self._model.groups():
            group.observe = None  # it holds on to the model, and the model to it
        del self._model
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def columns(self) -> dict[str, ColumnSquares]:
        """What was collected."""
        return {
            layer.gguf_name: ColumnSquares(self._sums[layer.hf_name].cpu().numpy().astype(np.float32), self._tokens)
            for layer in linear_layers(self._header)
        }


def _squares(read: torch.Tensor) -> torch.Tensor:
    """Shape [tokens, columns] → [columns], in float64: one value more hardly changes a large float32."""
    return read.float().square().sum(dim=0).double()


def _batches(rows: Sequence[Sequence[int]]) -> list[Batch]:
    """Rows of about the same length together, every position a target."""
    batches, waiting, tokens = [], [], 0
    for row in sorted(rows, key=len):
        waiting.append(row)
        tokens += len(row)
        if tokens >= BATCH_TOKENS:
            batches.append(_batch(waiting))
            waiting, tokens = [], 0
    return batches + ([_batch(waiting)] if waiting else [])


def _batch(rows: Sequence[Sequence[int]]) -> Batch:
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    token_ids = np.zeros((len(rows), lengths.max()), dtype=np.int64)
    for i, row in enumerate(rows):
        token_ids[i, : lengths[i]] = row
    row_index = np.repeat(np.arange(len(rows)), lengths)
    position = np.concatenate([np.arange(length) for length in lengths])
    return Batch(token_ids, row_index, position, np.zeros_like(position), lengths)
