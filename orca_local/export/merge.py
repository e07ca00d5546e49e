"""Add an adapter to the tensors of a GGUF, a megabyte in memory at a time: a model may be larger than that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import InputError
from orca_local.domain.events import AcceptanceChecked
from orca_local.export.acceptance import require
from orca_local.gguf.conversion import is_finite, round_to_f16
from orca_local.gguf.header import Header, TensorInfo
from orca_local.gguf.layer_names import LinearLayer, linear_layers, permute_rotary
from orca_local.gguf.tensors import iter_rows
from orca_local.gguf.writer import TensorSpec, Values, write_gguf

FILE_TYPE_F16 = 1
_OTHER_FILE = "choose another file as student.weights"


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


def write_tensors(path: Path, header: Header, tensors: Iterable[Values], extra: Mapping[str, str]) -> Header:
    """Write `tensors`, which come in the order of `header`, as its model in F16."""
    specs = [TensorSpec(t.name, t.shape, stored_type(t)) for t in header.tensors]
    return write_gguf(path, header, specs, tensors, file_type=FILE_TYPE_F16, extra=extra)


def stored_type(tensor: TensorInfo) -> str:
    """F16 for matrices, F32 for vectors, as llama.cpp's own converter does it."""
    return "F16" if len(tensor.shape) > 1 else "F32"


def merged_tensors(header: Header, adapter: Adapter | None, layers: Mapping[str, LinearLayer]) -> Iterator[Values]:
    """Every tensor of the file in order, in pieces, updates added, in the type it is stored in.

    Raises `CheckFailed` for one that is not finite in that type.
    """
    for tensor in header.tensors:
        layer = layers.get(tensor.name)
        pieces = iter_rows(header, tensor)
        if adapter is not None and layer is not None:
            pieces = _updated(pieces, adapter, layer)
        yield _stored(tensor, pieces, "train again with a lower learning rate" if adapter else _OTHER_FILE)


def _updated(
    pieces: Iterator[NDArray[np.float32]], adapter: Adapter, layer: LinearLayer
) -> Iterator[NDArray[np.float32]]:
    order = np.arange(layer.out_features)
    if layer.rotary_heads is not None:
        # The file has these rows in another order than the trainer; so must the update.
        order = permute_rotary(order, layer.rotary_heads)
    at = 0
    for values in pieces:
        # Overflows are looked for in the result, where they also have a name.
        with np.errstate(over="ignore", invalid="ignore"):
            values += adapter.delta(layer.hf_name, order[at : at + len(values)])
        at += len(values)
        yield values


def _stored(tensor: TensorInfo, pieces: Iterator[NDArray[np.float32]], hint: str) -> Iterator[NDArray[Any]]:
    for values in pieces:
        stored: NDArray[Any] = round_to_f16(values) if stored_type(tensor) == "F16" else values
        if not is_finite(stored):
            found = f"{tensor.name} is not finite in {stored_type(tensor)}"
            require(AcceptanceChecked("finite", False, found, "every weight"), hint=hint)
        yield stored
