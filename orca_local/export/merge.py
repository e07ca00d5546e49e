"""Merge an adapter into the tensors of a GGUF, a megabyte at a time: the model may be larger than the memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import InputError
from orca_local.domain.events import AcceptanceChecked
from orca_local.export.acceptance import require_passed
from orca_local.gguf.conversion import is_finite, round_to_f16
from orca_local.gguf.header import Header, TensorInfo
from orca_local.gguf.layer_names import LinearLayer, linear_layers, permute_rotary
from orca_local.gguf.tensors import iter_rows
from orca_local.gguf.writer import TensorSpec, Values, write_gguf

FILE_TYPE_F16 = 1
ROUTER = ".ffn_gate_inp.weight"
"""The choice of experts is sensitive to rounding, so llama.cpp's converter and quantizer leave a router in F32."""
_OTHER_FILE = "choose another file as student.weights"


def match_layers(header: Header, adapter: Adapter) -> dict[str, LinearLayer]:
    """GGUF tensor name → the adapter's layer. Raises `InputError` for a layer that cannot be merged.

    Otherwise the update of a layer that the file does not have, such as a head tied to the embedding, would be lost
    silently.
    """
    if not adapter.layers:
        raise InputError("the adapter changes no layer", hint="train again with `orca-local train`")
    layers = {layer.hf_name: layer for layer in linear_layers(header)}
    for name, (a, b) in adapter.layers.items():
        if name not in layers:
            reason = " (the output head is the token embedding)" if name == "lm_head" and header.tied else ""
            raise InputError(
                f"the adapter changes {name!r}, which cannot be merged into {header.path.name}{reason}",
                hint="train an adapter that changes only the linear layers of the blocks",
            )
        layer = layers[name]
        if a.shape != (adapter.rank, layer.in_features) or b.shape != (layer.out_features, adapter.rank):
            raise InputError(
                f"the adapter's update of {name!r} has shapes {a.shape} and {b.shape}, which do not fit rank "
                f"{adapter.rank} and a layer of {layer.out_features}×{layer.in_features}",
                hint="the adapter belongs to another student",
            )
    return {layers[name].gguf_name: layers[name] for name in adapter.layers}


def write_merged(path: Path, header: Header, adapter: Adapter | None, extra: Mapping[str, str]) -> Header:
    """Write the model of `header` with the adapter merged, as F16 (vectors as F32); returns the new header.

    `extra` is additional metadata.
    """
    layers = match_layers(header, adapter) if adapter is not None else {}
    return write_tensors(path, header, merged_tensors(header, adapter, layers), extra)


def write_tensors(path: Path, header: Header, tensors: Iterable[Values], extra: Mapping[str, str]) -> Header:
    """Write `tensors`, in the order of `header`, as a model in F16; returns the new header."""
    specs = [TensorSpec(t.name, t.shape, stored_type(t)) for t in header.tensors]
    return write_gguf(path, header, specs, tensors, file_type=FILE_TYPE_F16, extra=extra)


def stored_type(tensor: TensorInfo) -> str:
    """F16 for matrices, F32 for vectors and routers, as in llama.cpp's converter."""
    return "F16" if len(tensor.shape) > 1 and not tensor.name.endswith(ROUTER) else "F32"


def merged_tensors(header: Header, adapter: Adapter | None, layers: Mapping[str, LinearLayer]) -> Iterator[Values]:
    """All tensors in the file's order, with the updates added: for each, arrays of some rows in its stored type.

    Raises `CheckFailed` for a tensor that is not finite in that type.
    """
    for tensor in header.tensors:
        layer = layers.get(tensor.name)
        pieces = iter_rows(header, tensor)
        if adapter is not None and layer is not None:
            pieces = _add_update(pieces, adapter, layer)
        yield _convert(tensor, pieces, "train again with a lower learning rate" if adapter else _OTHER_FILE)


def _add_update(
    pieces: Iterator[NDArray[np.float32]], adapter: Adapter, layer: LinearLayer
) -> Iterator[NDArray[np.float32]]:
    order = np.arange(layer.out_features)
    if layer.rotary_heads is not None:
        # The file stores these rows in another order than the trainer.
        order = permute_rotary(order, layer.rotary_heads)
    row = 0
    for values in pieces:
        # `_convert` checks the result for overflow and names the tensor.
        with np.errstate(over="ignore", invalid="ignore"):
            values += adapter.delta(layer.hf_name, order[row : row + len(values)])
        row += len(values)
        yield values


def _convert(tensor: TensorInfo, pieces: Iterator[NDArray[np.float32]], hint: str) -> Iterator[NDArray[Any]]:
    for values in pieces:
        stored: NDArray[Any] = round_to_f16(values) if stored_type(tensor) == "F16" else values
        if not is_finite(stored):
            value = f"{tensor.name} is not finite in {stored_type(tensor)}"
            require_passed(AcceptanceChecked("finite", False, value, "all"), hint=hint)
        yield stored
