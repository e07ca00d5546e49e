"""How likely the student finds an answer: what `dataset.prefer = "likely"` goes by (GRAPE, arXiv 2502.04194)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orca_local.dataset.build import Likelihood
from orca_local.domain.types import Message, Sample
from orca_local.kinds.prompts import plain_messages
from orca_local.rows.renderer import PromptRenderer, RowError
from orca_local.store.store import Store

if TYPE_CHECKING:
    from orca_local.engines.base import ScoringEngine


@contextmanager
def student_likelihood(
    store: Store,
    renderer: PromptRenderer,
    model_sha256: str,
    system_message: str,
    open_engine: Callable[[], ScoringEngine],
) -> Iterator[Likelihood]:
    """Mean log-probability, in nats a token, of answers after the erased prompt; the model is loaded when first needed.

    What is known already is read from the store.
    """
    engine: ScoringEngine | None = None

    def likelihood(sample: Sample, text: str) -> float:
        nonlocal engine
        text = text.strip()
        known = store.likelihoods.get(text, sample.id, model_sha256, system_message)
        if known is not None:
            return known
        engine = engine or open_engine()
        value = _score(engine, renderer, sample, text, system_message)
        store.likelihoods.put(text, sample.id, model_sha256, system_message, value)
        return value

    try:
        yield likelihood
    finally:
        if engine is not None:
            engine.close()


def _score(engine: ScoringEngine, renderer: PromptRenderer, sample: Sample, text: str, system_message: str) -> float:
    """Of an answer that can be no row: the least there is."""
    messages = (*plain_messages(sample, system_message), Message("assistant", text))
    try:
        row = renderer.training_ids(messages)
    except RowError:
        return float("-inf")
    if len(row.token_ids) > engine.context:
        return float("-inf")
    return float(engine.score(row.token_ids[: row.loss_start], row.token_ids[row.loss_start :]).mean())
