"""The order in which an engine gets its requests. It changes no answer, only the time they take."""

from __future__ import annotations

from collections.abc import Iterable

from orca_local.domain.types import Request

LENGTH_STEP = 256
"""Prompts of the same number of steps cost the same: llama.cpp rounds a sequence's memory up to this many tokens."""


def in_batching_order(requests: Iterable[Request]) -> list[Request]:
    """Long prompts first, in steps of 256 tokens; within a step, prompts with a common prefix side by side.

    A batch takes the time of its longest sequence. A common prefix that is still in memory is not computed again.
    """
    return sorted(requests, key=lambda request: (-(len(request.token_ids) // LENGTH_STEP), request.token_ids))
