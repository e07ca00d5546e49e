"""The quantizations that can be exported, and what an importance matrix means for each."""

from __future__ import annotations

import difflib
import re

from orca_local.domain.errors import InputError

NEEDS_MATRIX = ("IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M", "Q2_K_S", "IQ3_XXS", "IQ3_XS")
"""llama.cpp refuses these without an importance matrix, at least for models whose widths are multiples of 256."""

IGNORES_MATRIX = ("F32", "F16", "BF16", "Q8_0", "TQ1_0", "TQ2_0")
"""An importance matrix does not change how these are rounded."""

_NOT_WRITTEN = ("GUESSED", "NVFP4", "Q1_0", "MXFP4_MOE")
"""Types that llama.cpp reads but does not write, or writes only for mixtures of experts."""


def file_types() -> dict[str, int]:
    """Name without prefix, such as `Q4_K_M`, → llama.cpp's number of the type."""
    from gguf import LlamaFileType

    names = {t.name.removeprefix("MOSTLY_").removeprefix("ALL_"): int(t.value) for t in LlamaFileType}
    return {name: value for name, value in names.items() if name not in _NOT_WRITTEN}


def check_type(name: str) -> str:
    """The type's standard spelling. Raises `InputError` for an unknown type, with the closest known one."""
    normalized = name.strip().upper()
    types = list(file_types())
    if normalized not in types:
        close = difflib.get_close_matches(normalized, types, 1)
        hint = f"did you mean {close[0]}?" if close else "common ones are Q8_0, Q6_K, Q5_K_M, Q4_K_M and F16"
        raise InputError(f"no quantization {name!r}", hint=hint)
    return normalized


def takes_matrix(name: str) -> bool:
    """Whether an importance matrix changes files of this type."""
    return name not in IGNORES_MATRIX


def min_bytes(name: str, parameters: int) -> int:
    """A lower bound of the file's size in bytes. `Q4_K_M`, for example, has a little more than four bits a weight."""
    bits = re.search(r"\d+", name)
    assert bits is not None, f"{name} names no number of bits"
    return parameters * int(bits[0]) // 8
