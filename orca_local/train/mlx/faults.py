"""Explain errors of MLX to the user. The texts are those of Metal, CUDA and MLX's allocators."""

from __future__ import annotations

import re

from orca_local.domain.errors import OrcaError, OutOfMemory

_TIMEOUTS = (
    "Impacting Interactivity",
    "kIOGPUCommandBufferCallbackErrorImpactingInteractivity",
    "Caused GPU Timeout Error",
    "kIOGPUCommandBufferCallbackErrorTimeout",
    # The older text (ml-explore/mlx issue 1231).
    "0000000e:Internal Error",
)
"""macOS ends a computation that keeps the GPU from drawing the screen."""
_OUT_OF_MEMORY = (
    "Insufficient Memory",
    "kIOGPUCommandBufferCallbackErrorOutOfMemory",
    "greater than the maximum allowed buffer size",
    "Unable to allocate",
    "out of memory",
    "bad_alloc",
)


def explain_fault(message: str) -> OrcaError | None:
    """The error for the message of an MLX exception that reports a timeout or a lack of memory; else None."""
    if any(text in message for text in _TIMEOUTS):
        return OrcaError(
            "macOS ended a computation that used the GPU for too long",
            hint='set train.pack_tokens = 1024 or less, or train.gradient_checkpointing = "on", which computes in '
            "smaller pieces, and run the same command: it resumes",
        )
    if any(text in message for text in _OUT_OF_MEMORY):
        requested = re.search(r"allocate (\d+) bytes", message)
        return OutOfMemory(f"{int(requested[1]) / 1e9:.1f} GB were requested" if requested else "no memory is left")
    return None
