"""Write a trained adapter as a LoRA GGUF, which llama.cpp applies to an unchanged base."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from orca_local.adapters.adapter import Adapter
from orca_local.export.merge import match_layers
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import permute_rotary
from orca_local.gguf.lora import write_lora


def write_adapter(path: Path, base: Header, adapter: Adapter, extra: Mapping[str, str]) -> Header:
    """Write `adapter` for the tensors of `base`, with the metadata `extra`; returns the new header.

    Pass a `.part` name and rename it afterwards. Raises `InputError` for a layer that `base` does not have and
    `OSError` if the disk is full.
    """
    pairs = {}
    for gguf_name, layer in match_layers(base, adapter).items():
        a, b = adapter.layers[layer.hf_name]
        # The rows of B are the rows of the layer. The file may store them in another order than the trainer.
        pairs[gguf_name] = (a, b if layer.rotary_heads is None else permute_rotary(b, layer.rotary_heads))
    return write_lora(path, base.architecture, adapter.scale, pairs, extra)
