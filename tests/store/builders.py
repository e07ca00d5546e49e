"""Rows that the store's tests start from."""

from __future__ import annotations

from orca_local.domain.types import Completion, FinishReason, Sample, Split
from orca_local.kinds.scoring import Score, ScoredAnswer
from orca_local.store.store import Store
from orca_local.store.suite_answers import SuiteAnswerRow, SuiteScoreRow


def make_sample(sample_id: str, *, task: str = "sums", split: Split = "probe", kind: str = "number") -> Sample:
    """A sample whose content is its id."""
    return Sample(sample_id, task, kind, f"What is {sample_id}?", ("1",), split)


def add_samples(store: Store, *samples: Sample) -> None:
    """Keep samples, the id as content hash."""
    store.samples.add([(sample, sample.id) for sample in samples], source="test")


def ensure_model(store: Store, sha256: str = "aa") -> int:
    """A model's id."""
    return store.models.ensure(f"/models/{sha256}.gguf", sha256, "llama", "Q8_0", 1000)


def measure(
    store: Store,
    run_id: int,
    sample_id: str,
    key: str,
    *,
    strategy: str = "direct_answer",
    value: float | None = 1.0,
    lenient: float | None = None,
    system_message: str = "",
    asks_form: bool = True,
    finish_reason: FinishReason = "stop",
) -> None:
    """One generation with its measurement, as a stage keeps it. `lenient` is the other score if it differs."""
    strict, other = (ScoredAnswer(None if score is None else "1", score) for score in (value, lenient))
    with store.transaction():
        store.generations.record(
            key, "prompt", Completion(key, f"text {key}", finish_reason, 5, 3, 20), {"max_tokens": 8}
        )
        store.measurements.add(
            run_id,
            sample_id,
            strategy,
            ensure_model(store),
            system_message,
            0,
            key,
            Score(strict, strict if lenient is None else other, "number"),
            asks_form=asks_form,
        )


def answer_question(
    store: Store,
    run_id: int,
    question_id: str,
    key: str,
    *,
    model: str = "base",
    value: float | None = 1.0,
    system_message: str = "",
    finish_reason: FinishReason = "stop",
) -> None:
    """One answer to a question of GSM8K with both scores, as an evaluation keeps it."""
    found = None if value is None else "1"
    scores = [SuiteScoreRow("ours", 4, found, value), SuiteScoreRow("other", 1, found, value or 0.0)]
    with store.transaction():
        store.generations.record(key, "prompt", Completion(key, f"text {key}", finish_reason, 5, 3, 20), {})
        row = SuiteAnswerRow(
            run_id, "gsm8k", "d" * 64, question_id, model, ensure_model(store, model), system_message, key
        )
        store.suite_answers.add(row, scores)
