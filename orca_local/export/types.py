"""The quantizations that can be asked for: their names, and what each has to do with an importance matrix."""

from __future__ import annotations

import difflib
import re

from orca_local.domain.errors import InputError

NEEDS_MATRIX = ("IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M", "Q2_K_S", "IQ3_XXS", "IQ3_XS")
"""llama.cpp refuses these without an importance matrix, at least for models whose widths are multiples of 256."""

IGNORES_MATRIX = ("F32", "F16", "BF16", "Q8_0", "TQ1_0", "TQ2_0")
"""Types whose values are rounded alike whatever a matrix says."""

_NOT_WRITTEN = ("GUESSED", "NVFP4", "Q1_0", "MXFP4_MOE")
"""Types that files may have but llama.cpp's quantizer does not make, or only of mixtures of experts."""


def file_types() -> dict[str, int]:
    """Names without their prefixes, such as `Q4_K_M`, and llama.cpp's numbers for them."""
    from gguf import LlamaFileType

    names = {t.name.removeprefix("MOSTLY_").removeprefix("ALL_"): int(t.value) for t in LlamaFileType}
    return {name: value for name, value in names.items() if name not in _NOT_WRITTEN}


def check_type(name: str) -> str:
    """The type's usual spelling. Raises `InputError` for one that cannot be made, naming the nearest."""
    wanted = name.strip().upper()
    known = list(file_types())
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, 1)
        hint = f"did you mean {near[0]}?" if near else "common ones are Q8_0, Q6_K, Q5_K_M, Q4_K_M and F16"
        raise InputError(f"no quantization {name!r}", hint=hint)
    return wanted


def takes_matrix(name: str) -> bool:
    """Whether an importance matrix makes a difference to files of this type."""
    return name not in IGNORES_MATRIX


def least_bytes(name: str, parameters: int) -> int:
    """A size that no file of this type is below: `Q4_K_M` takes four bits a weight and some more."""
    return parameters * _bits(name) // 8


def _bits(name: str) -> int:
    bits = re.search(r"\d+", name)
    assert bits is not None, f"{name} names no number of bits"
    return int(bits[0])
