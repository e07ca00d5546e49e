"""A trained adapter as llama.cpp reads it: a GGUF of its own, for a base that stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from orca_local.adapters.adapter import Adapter
from orca_local.export.merge import match_layers
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import permute_rotary
from orca_local.gguf.lora import write_lora


def write_adapter(path: Path, base: Header, adapter: Adapter, extra: Mapping[str, str]) -> Header:
    """Write `adapter` for the tensors of `base`; returns the new header.

    Pass a `.part` name and rename it. Raises `InputError` for what `base` does not have, `OSError` for a full disk.
    """
    pairs = {}
    for gguf_name, layer in match_layers(base, adapter).items():
        a, b = adapter.layers[layer.hf_name]
        # The rows of B are the rows of the layer, which the file may hold in another order than the trainer.
        pairs[gguf_name] = (a, b if layer.rotary_heads is None else permute_rotary(b, layer.rotary_heads))
    return write_lora(path, base.architecture, adapter.scale, pairs, extra)
