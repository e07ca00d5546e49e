"""Add an adapter to the tensors of a GGUF, one tensor in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import InputError
from orca_local.domain.events import AcceptanceChecked
from orca_local.export.acceptance import require
from orca_local.gguf.header import Header, TensorInfo
from orca_local.gguf.layer_names import LinearLayer, linear_layers, permute_rotary
from orca_local.gguf.tensors import iter_tensors
from orca_local.gguf.writer import TensorSpec, write_gguf

FILE_TYPE_F16 = 1


def match_layers(header: Header, adapter: Adapter) -> dict[str, LinearLayer]:
    """Layers of the adapter by GGUF tensor. Raises `InputError` for anything that could not be merged.

    Nothing is dropped in silence: an update of a layer that the file does not have (such as a head that is
    tied to the embedding) would simply be lost.
    """
    if not adapter.layers:
        raise InputError("the adapter changes no layer", hint="train again with `orca-local train`")
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


def write_merged(path: Path, header: Header, adapter: Adapter | None, extra: Mapping[str, str]) -> Header:
    """Write `header`'s model, with the adapter added, as F16 (vectors stay F32); returns the new header."""
    layers = match_layers(header, adapter) if adapter is not None else {}
    return write_tensors(path, header, merged_tensors(header, adapter, layers), extra)


def write_tensors(path: Path, header: Header, tensors: Iterator[NDArray[Any]], extra: Mapping[str, str]) -> Header:
    """Write `tensors`, which come in the order of `header`, as its model in F16."""
    specs = [TensorSpec(t.name, t.shape, stored_type(t)) for t in header.tensors]
    return write_gguf(path, header, specs, tensors, file_type=FILE_TYPE_F16, extra=extra)


def stored_type(tensor: TensorInfo) -> str:
    """F16 for matrices, F32 for vectors, as llama.cpp's own converter does it."""
    return "F16" if len(tensor.shape) > 1 else "F32"


def merged_tensors(
    header: Header, adapter: Adapter | None, layers: Mapping[str, LinearLayer]
) -> Iterator[NDArray[Any]]:
    """Every tensor of the file in order, updates added, in the type it is stored in.

    Raises `CheckFailed` for one that is not finite in that type.
    """
    for tensor, values in iter_tensors(header):
        # Overflows are looked for below, in the result, where they also have a name.
        with np.errstate(over="ignore", invalid="ignore"):
            layer = layers.get(tensor.name)
            if layer is not None and adapter is not None:
                values = values + _delta(adapter, layer)
            stored = values.astype("<f2" if stored_type(tensor) == "F16" else "<f4", copy=False)
        if not np.isfinite(stored).all():
            hint = "train again with a lower learning rate" if adapter else "choose another file as student.weights"
            found = f"{tensor.name} is not finite in {stored_type(tensor)}"
            require(AcceptanceChecked("finite", False, found, "every weight"), hint=hint)
        del values
        yield stored


def _delta(adapter: Adapter, layer: LinearLayer) -> NDArray[np.float32]:
    """What is added to the layer's tensor, its rows in the file's order."""
    delta = adapter.delta(layer.hf_name)
    # The file has these rows in another order than the trainer; so must the update.
    return delta if layer.rotary_heads is None else permute_rotary(delta, layer.rotary_heads)
