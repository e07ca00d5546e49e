"""What the trained model itself would say: float32 logits of weights plus adapter, for the export's test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from orca_local.adapters.adapter import Adapter
from orca_local.gguf.header import Header
from orca_local.train.batches import Batch
from orca_local.train.torch_model import StudentModel


def reference_logits(
    header: Header, adapter_directory: Path | None, rows: Sequence[tuple[Sequence[int], Sequence[int]]]
) -> Iterator[NDArray[np.float32]]:
    """For each (token ids, positions): logits of shape [positions, vocabulary], one row in memory at a time."""
    model = StudentModel(header, torch.float32, torch.device("cpu")).eval()
    if adapter_directory is not None:
        adapter = Adapter.load(adapter_directory)
        for group in model.groups():
            group.add_update(adapter)
    with torch.no_grad():
        for ids, positions in rows:
            at = np.asarray(list(positions), dtype=np.int64)
            row = np.asarray(ids, dtype=np.int64)[None]
            batch = Batch(row, np.zeros_like(at), at, np.zeros_like(at), np.array([row.size]))
            yield (model(batch, share_prefix=False) @ model.head.t()).numpy()
