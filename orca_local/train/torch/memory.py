"""Recognize PyTorch's errors for insufficient memory."""

from __future__ import annotations

import re

import torch

from orca_local.domain.errors import OutOfMemory

_SIGNS = ("can't allocate memory", "not enough memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "bad_alloc")


def as_out_of_memory(error: BaseException) -> OutOfMemory | None:
    """The `OutOfMemory` for an error of PyTorch or numpy; None if the error has another cause."""
    text = str(error)
    if not isinstance(error, (torch.OutOfMemoryError, MemoryError)) and not any(sign in text for sign in _SIGNS):
        return None
    requested = re.search(r"tried to allocate ([\d.]+) (\w+)", text, re.IGNORECASE)
    if requested is None:
        return OutOfMemory("no memory is left")
    amount = f"{int(requested[1]) / 1e9:.1f} GB" if requested[2] == "bytes" else f"{requested[1]} {requested[2]}"
    return OutOfMemory(f"{amount} more were requested")
