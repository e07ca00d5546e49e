"""How the next token is chosen."""

from __future__ import annotations

import numpy as np
import pytest

from orca_local.domain.types import SamplingSettings
from orca_local.engines.sampling import log_probabilities, sample_token

LOGITS = np.log(np.array([0.1, 0.4, 0.3, 0.15, 0.05], np.float32))


def drawn(settings: SamplingSettings, times: int = 4000) -> np.ndarray:
    rng = np.random.default_rng(0)
    counts = np.bincount([sample_token(LOGITS, settings, rng) for _ in range(times)], minlength=5)
    shares: np.ndarray = counts / times
    return shares


def test_temperature_zero_takes_the_likeliest() -> None:
    assert sample_token(LOGITS, SamplingSettings(), np.random.default_rng(0)) == 1


def test_temperature_one_draws_from_the_model() -> None:
    np.testing.assert_allclose(drawn(SamplingSettings(temperature=1.0)), [0.1, 0.4, 0.3, 0.15, 0.05], atol=0.03)


def test_a_low_temperature_sharpens() -> None:
    np.testing.assert_allclose(
        drawn(SamplingSettings(temperature=0.5)), np.array([0.01, 0.16, 0.09, 0.0225, 0.0025]) / 0.285, atol=0.03
    )


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        (SamplingSettings(temperature=1.0, top_k=2), {1, 2}),
        (SamplingSettings(temperature=1.0, top_k=1), {1}),
        (SamplingSettings(temperature=1.0, top_k=99), {0, 1, 2, 3, 4}),
        (SamplingSettings(temperature=1.0, top_p=0.69), {1, 2}),
        (SamplingSettings(temperature=1.0, top_p=0.71), {1, 2, 3}),
        (SamplingSettings(temperature=1.0, top_p=0.01), {1}),
        (SamplingSettings(temperature=1.0, min_p=0.3), {1, 2, 3}),
        (SamplingSettings(temperature=1.0, min_p=1.0), {1}),
        (SamplingSettings(temperature=1.0, top_k=4, top_p=0.9, min_p=0.5), {1, 2}),
    ],
)
def test_filters_keep_only_the_likely(settings: SamplingSettings, kept: set[int]) -> None:
    shares = drawn(settings)
    assert set(np.flatnonzero(shares)) == kept
    whole = np.exp(LOGITS[sorted(kept)].astype(np.float64))
    np.testing.assert_allclose(shares[sorted(kept)], whole / whole.sum(), atol=0.04)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_logits_that_are_no_numbers_are_refused(temperature: float) -> None:
    broken = LOGITS.copy()
    broken[3] = np.nan
    with pytest.raises(FloatingPointError, match="not finite"):
        sample_token(broken, SamplingSettings(temperature=temperature), np.random.default_rng(0))


def test_forbidden_tokens_are_never_drawn() -> None:
    logits = np.array([-np.inf, 0.0, -np.inf], np.float32)
    assert sample_token(logits, SamplingSettings(temperature=2.0), np.random.default_rng(0)) == 1


def test_log_probabilities_are_normalised() -> None:
    rows = np.stack([LOGITS + 1000, LOGITS - 1000])
    actual = log_probabilities(rows, np.array([1, 4]))
    np.testing.assert_allclose(actual, np.log([0.4, 0.05]), atol=1e-4)
