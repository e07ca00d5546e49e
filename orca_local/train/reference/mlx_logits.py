"""The trained model's own logits, computed in MLX; see `torch_logits.py`."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from orca_local.adapters.adapter import Adapter
from orca_local.engines.mlx_model import load_model
from orca_local.gguf.header import Header
from orca_local.train.mlx.lora import add_updates
from orca_local.train.reference.choose import Row


def reference_logits(
    header: Header, adapter_directory: Path | None, rows: Sequence[Row]
) -> Generator[NDArray[np.float32], None, None]:
    """For each row of (token ids, positions): float32 logits, [positions, vocabulary], one row in memory at a time."""
    model = load_model(header, mx.float32)
    if adapter_directory is not None:
        adapter = Adapter.load(adapter_directory)
        for name, layer in add_updates(model.module, adapter, 0.0).items():
            a, b = adapter.layers[name]
            layer.set_update(mx.array(a), mx.array(b * np.float32(adapter.scale)))
    for ids, positions in rows:
        states = model.embed(mx.array([list(ids)]))
        for number, block in enumerate(model.blocks):
            states = block(states, model.mask(number, len(ids)), None)
        yield np.array(model.head(model.norm(states[0, mx.array(list(positions))])))
