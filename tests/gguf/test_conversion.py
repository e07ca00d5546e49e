"""llama.cpp's functions give numpy's results; numpy is used if they do not."""

from __future__ import annotations

import ctypes
import warnings
from typing import Any

import numpy as np
import pytest
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
from numpy.typing import NDArray

from orca_local.domain.errors import MissingError
from orca_local.gguf import conversion
from orca_local.gguf.conversion import (
    Lookup,
    dequantize,
    dequantize_with_numpy,
    is_finite,
    is_readable,
    round_to_f16,
)
from orca_local.gguf.llama import native_function

READABLE = sorted(kind.name for kind in GGMLQuantizationType if kind.name[0] in "BFIQTMN" and is_readable(kind.name))
USUAL = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS"]


def blocks(kind: str, rows: int = 5, per_row: int = 3) -> np.ndarray:
    size = GGML_QUANT_SIZES[GGMLQuantizationType[kind]][1]
    return np.random.default_rng(1).integers(0, 256, (rows, per_row * size), dtype=np.uint8)


def converted(raw: np.ndarray, kind: str, lookup: Lookup = native_function) -> np.ndarray:
    block, size = GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
    values = np.full((len(raw), raw.shape[1] // size * block), np.nan, np.float32)
    dequantize(raw, kind, values, lookup=lookup)
    return values


@pytest.mark.parametrize("kind", READABLE)
def test_every_type_is_read_as_numpy_reads_it(kind: str) -> None:
    raw = blocks(kind, per_row=32 if kind in ("F16", "F32", "BF16") else 3)
    with np.errstate(all="ignore"):
        actual, expected = converted(raw, kind), raw.view("<f4") if kind == "F32" else dequantize_with_numpy(raw, kind)
    assert actual.dtype == np.float32 and actual.shape == expected.shape == (5, actual.size // 5)
    np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=0)


def test_the_usual_types_have_a_native_function() -> None:
    assert {"F16", *USUAL} <= set(READABLE)
    assert all(conversion._dequantizer(kind, native_function) for kind in ("F16", *USUAL))
    assert conversion._f16_rounder(native_function) is not None


@pytest.mark.parametrize("kind", ["F16", "Q4_K", "Q8_0"])
def test_a_function_that_gives_other_results_is_not_used(kind: str) -> None:
    """For example after llama.cpp changed a block's layout under the same name."""

    def wrong(_source: int, target: int, count: int) -> None:
        (ctypes.c_float * count).from_address(target)[:] = [1.0] * count

    raw = blocks(kind)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(converted(raw, kind, lambda name: wrong), dequantize_with_numpy(raw, kind))


def test_without_llama_cpp_numpy_does_it() -> None:
    def missing() -> None:
        raise MissingError("llama-cpp-python cannot be loaded", hint="")

    def lookup(name: str) -> None:
        assert native_function(name, load=missing) is None

    values = np.linspace(-3, 3, 96, dtype=np.float32).reshape(3, 32)
    raw = blocks("Q5_0")
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(converted(raw, "Q5_0", lookup), converted(raw, "Q5_0"))
        np.testing.assert_array_equal(round_to_f16(values, lookup=lookup), round_to_f16(values))


def test_a_part_of_the_columns_is_read_as_well() -> None:
    """The bytes are not contiguous."""
    raw = blocks("Q8_0", rows=4, per_row=6)
    raw[:, ::34], raw[:, 1::34] = 0, 60  # scales of 1
    size = GGML_QUANT_SIZES[GGMLQuantizationType.Q8_0][1]
    np.testing.assert_array_equal(converted(raw[::2, size : 3 * size], "Q8_0"), converted(raw, "Q8_0")[::2, 32:96])


@pytest.mark.parametrize("kind", ["Q8_0", "F32"])
@pytest.mark.parametrize("shape", [(5, 95), (6, 96), (1, 96)])
def test_what_is_not_room_for_the_numbers_is_not_written_to(kind: str, shape: tuple[int, int]) -> None:
    """Includes one row whose values would fill several."""
    raw = blocks(kind, per_row=96 if kind == "F32" else 3)
    for given, out in ((raw, np.zeros(shape, np.float32)), (raw[:1], np.zeros((5, 96), np.float32))):
        with pytest.raises(ValueError, match="do not fill"):
            dequantize(given, kind, out)
        assert not out.any()
    with pytest.raises(ValueError, match="do not fill"):
        dequantize(raw, kind, np.zeros((5, 192), np.float32)[:, ::2])


def test_halves_are_the_nearest_ones() -> None:
    values = (
        np.random.default_rng(2).standard_normal((17, 31)).astype(np.float32)
        * np.float32(10.0) ** np.arange(-8, 9, dtype=np.float32)[:, None]
    )
    for given in (values, values.T, values[::2, ::3], np.zeros((0, 4), np.float32)):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            actual, expected = round_to_f16(given), given.astype(np.float16)
        assert actual.dtype == np.float16 and np.array_equal(actual.view(np.uint16), expected.view(np.uint16))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan, -np.nan])
def test_one_number_that_is_not_finite_is_found(dtype: type, bad: float) -> None:
    values: NDArray[Any] = np.array([[1.5, -2.0, 0.0], [6e-8, 65504, -65504]], dtype)
    assert is_finite(values) and is_finite(values[:0])
    values[1, 1] = bad
    assert not is_finite(values)
