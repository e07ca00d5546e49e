"""What the trained model itself would say: float32 logits of weights plus adapter, for the export's test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from orca_local.adapters.adapter import Adapter
from orca_local.gguf.header import Header
from orca_local.train.torch_lora import add_lora
from orca_local.train.torch_model import load_model


def reference_logits(
    header: Header, adapter_directory: Path | None, rows: Sequence[tuple[Sequence[int], Sequence[int]]]
) -> Iterator[NDArray[np.float32]]:
    """For each (token ids, positions): logits of shape [positions, vocabulary], one row in memory at a time."""
    model = load_model(header, torch.float32, torch.device("cpu"))
    if adapter_directory is not None:
        adapter = Adapter.load(adapter_directory)
        layers = add_lora(model, header, adapter.rank, adapter.alpha, 0.0, 0)
        for name, (a, b) in adapter.layers.items():
            layers[name].lora_a.data.copy_(torch.from_numpy(a))
            layers[name].lora_b.data.copy_(torch.from_numpy(b))
    with torch.no_grad():
        for ids, positions in rows:
            states = model.model(input_ids=torch.tensor([list(ids)]), attention_mask=None, use_cache=False)
            yield model.lm_head(states.last_hidden_state[0, list(positions)]).numpy()
