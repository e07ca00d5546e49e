"""How likely an answer is under the student, for `dataset.prefer = "likely"` (GRAPE, arXiv 2502.04194)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orca_local.dataset.build import Likelihood
from orca_local.domain.types import Message, Sample
from orca_local.gguf.answer_text import RowError
from orca_local.kinds.prompts import plain_messages
from orca_local.rows.renderer import PromptRenderer
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
    """A function of sample and answer: the answer's mean log-probability after the plain prompt, in nats per token.

    Stored values are not computed again. The model is loaded when it is first needed.
    """
    engine: ScoringEngine | None = None

    def likelihood(sample: Sample, text: str) -> float:
        nonlocal engine
        text = text.strip()
        stored = store.likelihoods.get(text, sample.id, model_sha256, system_message)
        if stored is not None:
            return stored
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
    """The likelihood; −∞ for an answer that cannot become a training row or does not fit the context."""
    messages = (*plain_messages(sample, system_message), Message("assistant", text))
    try:
        row = renderer.training_ids(messages)
    except RowError:
        return float("-inf")
    if len(row.token_ids) > engine.context:
        return float("-inf")
    return float(engine.score(row.token_ids[: row.loss_start], row.token_ids[row.loss_start :]).mean())
