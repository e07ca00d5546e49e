"""Numbers as tensors store them, to float32 and back, by llama.cpp's own routines.

The `gguf` package does the same in numpy and takes ten times as long. What a routine makes is compared with what
numpy makes before its first use; where they differ, or there is no llama.cpp or none that shows the routine (on
Windows none does), numpy's is used.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orca_local.gguf.llama import routine

Routine = Callable[[int, int, int], object]
"""Reads numbers at one address and writes as many at another."""

_INFINITE_HALF = np.uint16(0x7C00)
"""The exponent of what is infinite or not a number."""
_TRIED = 64
"""Blocks on which a routine is compared with numpy."""


def widen(raw: NDArray[np.uint8], type_name: str, out: NDArray[np.float32]) -> None:
    """Rows of bytes, the last axis being a row's, as float32 into `out`: contiguous, of shape [rows, columns].

    Raises `NotImplementedError` for a type whose blocks nobody here can read, `ValueError` for another size of `out`.
    """
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    block, size = GGML_QUANT_SIZES[GGMLQuantizationType[type_name]]
    if raw.size // size * block != out.size or not out.flags.c_contiguous:
        raise ValueError(f"{raw.size} bytes of {type_name} do not fill {out.shape}")
    found = _routine(type_name) if type_name != "F32" else None
    if found is not None:
        raw = np.ascontiguousarray(raw)
        found(raw.ctypes.data, out.ctypes.data, out.size)
    else:
        out[:] = raw.view("<f4") if type_name == "F32" else _widened_by_numpy(raw, type_name)


def rounded_to_half(values: NDArray[np.float32]) -> NDArray[np.float16]:
    """The nearest F16 numbers, ties to even; infinite where there is none."""
    found = _half_routine()
    if found is None:
        return _half_by_numpy(values)
    values = np.ascontiguousarray(values, np.float32)
    halves = np.empty(values.shape, np.float16)
    found(values.ctypes.data, halves.ctypes.data, values.size)
    return halves


def is_finite(values: NDArray[Any]) -> bool:
    """Whether every number is finite."""
    if values.dtype == np.float16:  # numpy's own test takes ten times as long
        return bool((values.view(np.uint16) & _INFINITE_HALF).max(initial=0) < _INFINITE_HALF)
    return bool(np.isfinite(values).all())


def is_readable(type_name: str) -> bool:
    """Whether tensors of a type can be read as float32."""
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    try:
        _widened_by_numpy(np.zeros((1, GGML_QUANT_SIZES[GGMLQuantizationType[type_name]][1]), np.uint8), type_name)
    except NotImplementedError:
        return False
    return True


def _widened_by_numpy(raw: NDArray[np.uint8], type_name: str) -> NDArray[np.float32]:
    from gguf.constants import GGMLQuantizationType
    from gguf.quants import dequantize

    if type_name == "F16":
        return raw.view("<f2").astype(np.float32)
    # As one long row: of many, the package takes sixteen at a time.
    values = dequantize(raw.reshape(1, -1), GGMLQuantizationType[type_name]).reshape(len(raw), -1)
    return np.ascontiguousarray(values, dtype=np.float32)


def _half_by_numpy(values: NDArray[np.float32]) -> NDArray[np.float16]:
    with np.errstate(over="ignore"):
        return values.astype(np.float16)


@cache
def _routine(type_name: str) -> Routine | None:
    """What widens a type, where it does it as numpy does."""
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    # Of the K-quants the names have a capital: dequantize_row_q4_K.
    name = "ggml_cpu_fp16_to_fp32" if type_name == "F16" else f"dequantize_row_{type_name.lower().replace('_k', '_K')}"
    found = _typed(routine(name))
    if found is None:
        return None
    block, size = GGML_QUANT_SIZES[GGMLQuantizationType[type_name]]
    raw = np.random.default_rng(0).integers(0, 256, (_TRIED, size), dtype=np.uint8)
    values = np.empty((_TRIED, block), np.float32)
    found(raw.ctypes.data, values.ctypes.data, values.size)
    with np.errstate(all="ignore"):  # scales of random bytes: some are infinite, some are NaN
        is_same = np.allclose(values, _widened_by_numpy(raw, type_name), rtol=1e-6, atol=0, equal_nan=True)
    return found if is_same else None


@cache
def _half_routine() -> Routine | None:
    """What rounds to F16, where it does it as numpy does."""
    found = _typed(routine("ggml_cpu_fp32_to_fp16"))
    if found is None:
        return None
    values = np.random.default_rng(0).integers(0, 1 << 32, 4096, dtype=np.uint32).view(np.float32)
    values[:8] = 0.0, -0.0, 65519.99, 65520.0, 2.0**-25, 3 * 2.0**-26, 1 + 2.0**-11, 1 + 3 * 2.0**-11
    halves = np.empty(len(values), np.float16)
    found(values.ctypes.data, halves.ctypes.data, len(values))
    with np.errstate(all="ignore"):
        return found if np.array_equal(halves, _half_by_numpy(values), equal_nan=True) else None


def _typed(found: Any) -> Routine | None:
    if found is not None:
        found.restype, found.argtypes = None, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
    typed: Routine | None = found
    return typed
