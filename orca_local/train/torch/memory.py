"""How PyTorch says that memory does not suffice."""

from __future__ import annotations

import re

import torch

from orca_local.domain.errors import OutOfMemory

_SIGNS = ("can't allocate memory", "not enough memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "bad_alloc")


def memory_failure(error: BaseException) -> OutOfMemory | None:
    """What an error of PyTorch or numpy means, where it is a want of memory; None where it is another one."""
    said = str(error)
    if not isinstance(error, (torch.OutOfMemoryError, MemoryError)) and not any(sign in said for sign in _SIGNS):
        return None
    tried = re.search(r"tried to allocate ([\d.]+) (\w+)", said, re.IGNORECASE)
    if tried is None:
        return OutOfMemory("no memory is left")
    amount = f"{int(tried[1]) / 1e9:.1f} GB" if tried[2] == "bytes" else f"{tried[1]} {tried[2]}"
    return OutOfMemory(f"{amount} more were asked for")
