"""Chooses the next token from logits, with numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.types import SamplingSettings
from orca_local.engines.base import Logits


def sample_token(logits: Logits, settings: SamplingSettings, rng: np.random.Generator) -> int:
    """The id of the next token, from one row of logits (float32, shape [vocabulary]).

    Takes the most likely token at temperature 0. Otherwise applies temperature, top_k, top_p and min_p in this order
    and draws once from `rng`, so that a text depends only on its own logits and seed. Raises `FloatingPointError` if
    the logits are not finite.
    """
    best = int(logits.argmax())
    if not np.isfinite(logits[best]):
        raise FloatingPointError("the model's logits are not finite")
    if settings.temperature <= 0:
        return best
    ids, weights = _candidates(logits, settings, float(logits[best]))
    cumulative = weights.cumsum()
    return int(ids[min(int(cumulative.searchsorted(rng.random() * cumulative[-1], side="right")), len(ids) - 1)])


def _candidates(
    logits: Logits, settings: SamplingSettings, highest: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Ids of the tokens that pass the filters and their weights, which need not sum to 1; both [candidates]."""
    ids = np.arange(len(logits))
    if 0 < settings.top_k < len(logits):
        ids = np.sort(np.argpartition(logits, -settings.top_k)[-settings.top_k :])
    weights = np.exp((logits[ids].astype(np.float64) - highest) / settings.temperature)
    if settings.top_p < 1:
        order = np.argsort(-weights, kind="stable")
        before = weights[order].cumsum() - weights[order]
        kept = order[: max(1, int((before < settings.top_p * weights.sum()).sum()))]
        ids, weights = ids[kept], weights[kept]
    if settings.min_p > 0:
        # The highest weight is 1, so the threshold of min_p is min_p itself.
        kept = np.flatnonzero(weights >= settings.min_p)
        ids, weights = ids[kept], weights[kept]
    return ids, weights


def log_probabilities(logits: Logits, tokens: NDArray[np.int64]) -> NDArray[np.float64]:
    """Log-probability of `tokens[i]` under `logits[i]`, in nats: float64 of shape [rows].

    `logits` has shape [rows, vocabulary], `tokens` has shape [rows].
    """
    rows = logits.astype(np.float64)
    highest = rows.max(axis=1, keepdims=True)
    normalizer = np.log(np.exp(rows - highest).sum(axis=1)) + highest[:, 0]
    result: NDArray[np.float64] = rows[np.arange(len(rows)), tokens] - normalizer
    return result
