"""What a failure of the graphics processor under MLX means, and what to change."""

from __future__ import annotations

from orca_local.domain.errors import MissingError, OrcaError

_TOO_LONG = (
    "Impacting Interactivity",
    "kIOGPUCommandBufferCallbackErrorImpactingInteractivity",
    "Caused GPU Timeout Error",
    "kIOGPUCommandBufferCallbackErrorTimeout",
    # What macOS before 26 calls the same (ml-explore/mlx issue 1231).
    "0000000e:Internal Error",
)
"""Metal's words for work that held the screen for too long."""
_TOO_LARGE = (
    "Insufficient Memory",
    "kIOGPUCommandBufferCallbackErrorOutOfMemory",
    "greater than the maximum allowed buffer size",
    "Unable to allocate",
    "out of memory",
    "cudaErrorMemoryAllocation",
)


def explain_fault(message: str) -> OrcaError | None:
    """The error for the user where `message`, of an MLX exception, tells of a lack of time or memory; else None."""
    if any(words in message for words in _TOO_LONG):
        return OrcaError(
            "macOS stopped the training: one piece of work held the graphics processor for too long",
            hint="set train.pack_tokens to 1024 or less, then train again: it goes on from the last checkpoint",
        )
    if any(words in message for words in _TOO_LARGE):
        return MissingError(
            f"the memory of the graphics processor does not suffice for the training ({message})",
            hint='set train.gradient_checkpointing to "on", train.pack_tokens or train.batch_size to less, '
            'or train.quantize_base to "as_is", then train again',
        )
    return None
