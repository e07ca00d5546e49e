"""What a failure under MLX means, and what to change; the words are those of Metal, CUDA and MLX's allocators."""

from __future__ import annotations

import re

from orca_local.domain.errors import OrcaError, OutOfMemory

_TOO_LONG = (
    "Impacting Interactivity",
    "kIOGPUCommandBufferCallbackErrorImpactingInteractivity",
    "Caused GPU Timeout Error",
    "kIOGPUCommandBufferCallbackErrorTimeout",
    # What it was called before (ml-explore/mlx issue 1231).
    "0000000e:Internal Error",
)
"""macOS ends work that keeps the graphics processor from drawing the screen."""
_TOO_LARGE = (
    "Insufficient Memory",
    "kIOGPUCommandBufferCallbackErrorOutOfMemory",
    "greater than the maximum allowed buffer size",
    "Unable to allocate",
    "out of memory",
    "bad_alloc",
)


def explain_fault(message: str) -> OrcaError | None:
    """The error for the user where `message`, of an MLX exception, tells of a want of time or memory; else None."""
    if any(words in message for words in _TOO_LONG):
        return OrcaError(
            "macOS ended a computation that held the graphics processor for too long",
            hint='set train.pack_tokens = 1024, or less, or train.gradient_checkpointing = "on", which computes in '
            "smaller pieces: the same command goes on",
        )
    if any(words in message for words in _TOO_LARGE):
        asked = re.search(r"allocate (\d+) bytes", message)
        return OutOfMemory(f"{int(asked[1]) / 1e9:.1f} GB were asked for" if asked else "no memory is left")
    return None
