"""The importance matrix of the trained model: mean squares of the inputs of its linear layers, over training rows.

llama.cpp's tool collects the same values from its own graph. Here they come from the trainer's model, at every
position.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch

from orca_local.adapters.adapter import Adapter
from orca_local.gguf.header import Header
from orca_local.gguf.importance import ColumnSquares
from orca_local.gguf.layer_names import linear_layers
from orca_local.train.batches import Batch, batch_of
from orca_local.train.torch.backend import choose_device, choose_dtype
from orca_local.train.torch.lora import LoraGroup
from orca_local.train.torch.model import StudentModel

BATCH_TOKENS = 1024
"""Number of tokens from which a batch is full."""


def column_squares(
    header: Header,
    adapter_directory: Path | None,
    rows: Sequence[Sequence[int]],
    compute: str,
    *,
    batch_tokens: int = BATCH_TOKENS,
) -> dict[str, ColumnSquares]:
    """GGUF tensor name → sums of squares of its input columns (shape [in_features], float32) over `rows` (token ids).

    Covers the blocks' linear layers. The output head is left out, as llama.cpp's tool does by default: it is
    quantized with more bits instead.
    """
    # In a thread of its own, see `torch.backend.in_own_thread`. One call per batch, so that Ctrl-C is fast.
    with ThreadPoolExecutor(1, "torch") as thread:
        collector = thread.submit(_Collector, header, adapter_directory, compute).result()
        for batch in _make_batches(rows, batch_tokens):
            thread.submit(collector.add, batch).result()
        collector.release()
        return collector.columns()


class _Collector:
    """The model, with an observer on the input of each group of linear layers."""

    def __init__(self, header: Header, adapter_directory: Path | None, compute: str) -> None:
        device = choose_device()
        self._header = header
        self._model = StudentModel(header, choose_dtype(compute, device), device).eval()
        self._sums: defaultdict[str, Any] = defaultdict(float)
        self._tokens = 0
        self._positions = 0
        adapter = Adapter.load(adapter_directory) if adapter_directory else None
        for group in self._model.groups():
            if adapter is not None:
                group.add_update(adapter)
            group.observe = self._observer(group)

    def _observer(self, group: LoraGroup) -> Callable[[torch.Tensor], None]:
        def observe(inputs: torch.Tensor) -> None:
            # Padding does not count. In float64: one more value hardly changes a large float32 sum.
            squares = inputs[: self._positions].float().square().sum(dim=0).double()
            for name in group.out_features:
                self._sums[name] += squares

        return observe

    def add(self, batch: Batch) -> None:
        """Run a batch in which every position is a target, so that no position is skipped."""
        self._positions = batch.tokens
        with torch.no_grad():
            self._model(batch, share_prefix=False)
        self._tokens += batch.tokens

    def release(self) -> None:
        """Free the model's memory for the next model."""
        for group in self._model.groups():
            group.observe = None  # the observer refers to this collector: a reference cycle
        del self._model
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def columns(self) -> dict[str, ColumnSquares]:
        """The result; see `column_squares`."""
        return {
            layer.gguf_name: ColumnSquares(self._sums[layer.hf_name].cpu().numpy().astype(np.float32), self._tokens)
            for layer in linear_layers(self._header)
        }


def _make_batches(rows: Sequence[Sequence[int]], batch_tokens: int) -> list[Batch]:
    """Batches of rows of similar length, in which every position is a target."""
    groups: list[list[Sequence[int]]] = [[]]
    for row in sorted(rows, key=len):
        if sum(map(len, groups[-1])) >= batch_tokens:
            groups.append([])
        groups[-1].append(row)
    return [batch_of(group, [range(len(row)) for row in group]) for group in groups if group]
