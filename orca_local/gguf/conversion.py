"""Converts stored tensor values to float32 and back, with llama.cpp's own functions.

The `gguf` package does the same in numpy and takes ten times as long. The result of a native function is compared with
numpy's before its first use. numpy is used if they differ, or if llama.cpp or the function is missing (on Windows none
is exported).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orca_local.gguf.llama import native_function

NativeFunction = Callable[[int, int, int], object]
"""Takes the address of its input, the address of its output and the number of values."""
Lookup = Callable[[str], Any]
"""Finds a native function by its C name; None if there is none."""

_F16_EXPONENT = np.uint16(0x7C00)
"""Exponent bits of an F16 value that is infinite or not a number."""
_CHECK_BLOCKS = 64
"""Number of blocks on which a native function is compared with numpy."""


def dequantize(
    raw: NDArray[np.uint8], type_name: str, out: NDArray[np.float32], *, lookup: Lookup = native_function
) -> None:
    """Convert rows of stored bytes to float32.

    `raw` has shape [rows, bytes per row]; `out` is contiguous, of shape [rows, columns]. Raises `NotImplementedError`
    for a type that cannot be read, `ValueError` if `out` has another size.
    """
    block, size = _block_size(type_name)
    if raw.size // size * block != out.size or not out.flags.c_contiguous:
        raise ValueError(f"{raw.size} bytes of {type_name} do not fill {out.shape}")
    function = _dequantizer(type_name, lookup) if type_name != "F32" else None
    if function is not None:
        raw = np.ascontiguousarray(raw)
        function(raw.ctypes.data, out.ctypes.data, out.size)
    else:
        out[:] = raw.view("<f4") if type_name == "F32" else dequantize_with_numpy(raw, type_name)


def round_to_f16(values: NDArray[np.float32], *, lookup: Lookup = native_function) -> NDArray[np.float16]:
    """The nearest float16 values, ties to even, in the shape of `values`; infinite beyond the range of float16."""
    function = _f16_rounder(lookup)
    if function is None:
        return _round_with_numpy(values)
    values = np.ascontiguousarray(values, np.float32)
    halves = np.empty(values.shape, np.float16)
    function(values.ctypes.data, halves.ctypes.data, values.size)
    return halves


def is_finite(values: NDArray[Any]) -> bool:
    """Whether all values of a float array of any shape are finite."""
    if values.dtype == np.float16:  # numpy's own test takes ten times as long
        return bool((values.view(np.uint16) & _F16_EXPONENT).max(initial=0) < _F16_EXPONENT)
    return bool(np.isfinite(values).all())


def is_readable(type_name: str) -> bool:
    """Whether tensors of a type can be converted to float32."""
    try:
        dequantize_with_numpy(np.zeros((1, _block_size(type_name)[1]), np.uint8), type_name)
    except NotImplementedError:
        return False
    return True


def dequantize_with_numpy(raw: NDArray[np.uint8], type_name: str) -> NDArray[np.float32]:
    """As `dequantize`, with the `gguf` package: [rows, bytes per row] to float32 of shape [rows, columns]."""
    from gguf.constants import GGMLQuantizationType
    from gguf.quants import dequantize

    if type_name == "F16":
        return raw.view("<f2").astype(np.float32)
    # As one long row: the package converts only sixteen rows at a time.
    values = dequantize(raw.reshape(1, -1), GGMLQuantizationType[type_name]).reshape(len(raw), -1)
    return np.ascontiguousarray(values, dtype=np.float32)


def _block_size(type_name: str) -> tuple[int, int]:
    """Values and bytes of a block."""
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    values, size = GGML_QUANT_SIZES[GGMLQuantizationType[type_name]]
    return values, size


def _round_with_numpy(values: NDArray[np.float32]) -> NDArray[np.float16]:
    with np.errstate(over="ignore"):
        return values.astype(np.float16)


@cache
def _dequantizer(type_name: str, lookup: Lookup) -> NativeFunction | None:
    """llama.cpp's function for a type, if it gives numpy's results."""
    # The names of K-quants have a capital: dequantize_row_q4_K.
    name = "ggml_cpu_fp16_to_fp32" if type_name == "F16" else f"dequantize_row_{type_name.lower().replace('_k', '_K')}"
    function = _typed(lookup(name))
    if function is None:
        return None
    block, size = _block_size(type_name)
    raw = np.random.default_rng(0).integers(0, 256, (_CHECK_BLOCKS, size), dtype=np.uint8)
    values = np.empty((_CHECK_BLOCKS, block), np.float32)
    function(raw.ctypes.data, values.ctypes.data, values.size)
    with np.errstate(all="ignore"):  # some scales of random bytes are infinite or not a number
        is_same = np.allclose(values, dequantize_with_numpy(raw, type_name), rtol=1e-6, atol=0, equal_nan=True)
    return function if is_same else None


@cache
def _f16_rounder(lookup: Lookup) -> NativeFunction | None:
    """llama.cpp's function that rounds to float16, if it gives numpy's results."""
    function = _typed(lookup("ggml_cpu_fp32_to_fp16"))
    if function is None:
        return None
    values = np.random.default_rng(0).integers(0, 1 << 32, 4096, dtype=np.uint32).view(np.float32)
    values[:8] = 0.0, -0.0, 65519.99, 65520.0, 2.0**-25, 3 * 2.0**-26, 1 + 2.0**-11, 1 + 3 * 2.0**-11
    halves = np.empty(len(values), np.float16)
    function(values.ctypes.data, halves.ctypes.data, len(values))
    with np.errstate(all="ignore"):
        return function if np.array_equal(halves, _round_with_numpy(values), equal_nan=True) else None


def _typed(function: Any) -> NativeFunction | None:
    if function is not None:
        function.restype, function.argtypes = None, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
    typed: NativeFunction | None = function
    return typed
