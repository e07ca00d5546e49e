"""Add an adapter to the tensors of a GGUF, one tensor in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import AcceptanceError, InputError
from orca_local.gguf.header import Header, TensorInfo
from orca_local.gguf.layer_names import LinearLayer, linear_layers, permute_rotary
from orca_local.gguf.tensors import iter_tensors
from orca_local.gguf.writer import TensorSpec, write_gguf

FILE_TYPE_F16 = 1


def check_adapter(header: Header, adapter: Adapter) -> dict[str, LinearLayer]:
    """Layers of the adapter by GGUF tensor. Raises `InputError` for anything that could not be merged.

    Nothing is dropped in silence: an update of a layer that the file does not have (such as a head that is
    tied to the embedding) would simply be lost.
    """
    known = {layer.hf_name: layer for layer in linear_layers(header)}
    for name, (a, b) in adapter.layers.items():
        if name not in known:
            why = " (the output head is the token embedding)" if name == "lm_head" and header.tied else ""
            raise InputError(
                f"the adapter changes {name!r}, which cannot be merged into {header.path.name}{why}",
                hint="train an adapter of the blocks' linear layers alone",
            )
        layer = known[name]
        if a.shape != (adapter.rank, layer.in_features) or b.shape != (layer.out_features, adapter.rank):
            raise InputError(
                f"the adapter's update of {name!r} has shapes {a.shape} and {b.shape}; rank {adapter.rank} and "
                f"{layer.out_features}×{layer.in_features} are wanted",
                hint="the adapter belongs to another student",
            )
    return {known[name].gguf_name: known[name] for name in adapter.layers}


def write_merged(path: Path, header: Header, adapter: Adapter | None, extra: dict[str, str]) -> Header:
    """Write `header`'s model, with the adapter added, as F16 (vectors stay F32); returns the new header."""
    layers = check_adapter(header, adapter) if adapter is not None else {}
    specs = [TensorSpec(t.name, t.shape, stored_type(t)) for t in header.tensors]
    tensors = merged_tensors(header, adapter, layers)
    return write_gguf(path, header, specs, tensors, file_type=FILE_TYPE_F16, extra=extra)


def stored_type(tensor: TensorInfo) -> str:
    """F16 for matrices, F32 for vectors, as llama.cpp's own converter does it."""
    return "F16" if len(tensor.shape) > 1 else "F32"


def merged_tensors(
    header: Header, adapter: Adapter | None, layers: dict[str, LinearLayer]
) -> Iterator[NDArray[np.float32]]:
    """Every tensor of the file in order, updates added. Raises `AcceptanceError` for one that is not finite."""
    for tensor, values in iter_tensors(header):
        layer = layers.get(tensor.name)
        if layer is not None and adapter is not None:
            delta = adapter.delta(layer.hf_name)
            if layer.rotary_heads is not None:
                # The file has these rows in another order than the trainer; so must the update.
                delta = permute_rotary(delta, layer.rotary_heads)
            values = values + delta
        with np.errstate(over="ignore"):
            stored = values.astype(np.float16) if stored_type(tensor) == "F16" else values
        if not np.isfinite(stored).all():
            raise AcceptanceError(
                f"tensor {tensor.name!r} has values that are not finite in {stored_type(tensor)}",
                hint="train again with a lower learning rate",
            )
        yield values
