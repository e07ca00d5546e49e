"""Erasure: teacher answers become rows that no longer say how to reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from orca_local.dataset.balance import quotas
from orca_local.dataset.few_shot import few_shot_conversations
from orca_local.dataset.overlap import HeldOut
from orca_local.dataset.similar import ALIKE, Repeats, runs, similarity
from orca_local.domain.erasure import leaks
from orca_local.domain.events import Event, RowDropped, StageFinished, StageStarted
from orca_local.domain.settings import DatasetSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Message, Sample
from orca_local.kinds.prompts import plain_messages
from orca_local.rows.renderer import PromptRenderer
from orca_local.rows.training_row import RefusedRow, TrainingRow, make_row
from orca_local.runs.context import StageContext
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.store.store import Store

Likelihood = Callable[[Sample, str], float]
"""How likely the student finds an answer to a sample."""


@dataclass
class Dataset:
    """What is trained on, in a fixed order, and what is not."""

    rows: list[TrainingRow] = field(default_factory=list)
    conversations: list[tuple[Message, ...]] = field(default_factory=list)
    """One a row, in the same order."""
    dropped: list[RefusedRow] = field(default_factory=list)


def make_dataset(
    store: Store,
    renderer: PromptRenderer,
    settings: DatasetSettings,
    chosen: Mapping[str, Strategy],
    *,
    keep_mismatches: bool = False,
    likelihood: Likelihood | None = None,
) -> Dataset:
    """Rows from the answers that were gathered under each task's chosen strategy.

    With `keep_mismatches`, where no answer agrees with the reference, the one there is. `prefer = "likely"` needs
    `likelihood`, which is asked where there is a choice. The same store and settings give the same rows in the same
    order.
    """
    samples = {sample.id: sample for sample in store.samples.list(split="train")}
    asked = (s.prompt for split in ("probe", "holdout") for s in store.samples.list(split=split))
    held_out = HeldOut(asked, (s.prompt for s in samples.values()))
    dataset = Dataset()
    seen: set[str] = set()
    prompts: dict[str, list[str]] = {}
    for sample in samples.values():
        prompts.setdefault(sample.task, []).append(sample.prompt)
    repeats = Repeats(prompts)
    for sample_id, found in groupby(store.demonstrations.list(), key=lambda row: row.sample_id):
        if sample_id not in samples or samples[sample_id].task not in chosen:
            continue
        sample = samples[sample_id]
        strategy = chosen[sample.task]
        answers = [row for row in found if row.strategy == strategy.name]
        keep_wrong = keep_mismatches and not any(_is_good(row) for row in answers)
        good = []
        for demonstration in answers:
            reason = _refusal(demonstration, sample, strategy, held_out, keep_wrong=keep_wrong)
            if reason is None:
                good.append(demonstration)
            else:
                dataset.dropped.append(RefusedRow(sample.id, *reason))
        if good and not repeats.is_new(sample.task, sample.answers, sample.prompt):
            why = "another question of the task has almost the same words, and the same answer"
            dataset.dropped += [RefusedRow(sample.id, "near_duplicate", why)] * len(good)
            continue
        _add(dataset, seen, renderer, settings, sample, _preferred(good, sample, settings, likelihood))
    tasks = {sample.id: sample.task for sample in samples.values()}
    _balance(dataset, tasks, settings)
    _show_examples(dataset, tasks, renderer, settings)
    return dataset


def _preferred(
    good: Sequence[DemonstrationRow], sample: Sample, settings: DatasetSettings, likelihood: Likelihood | None
) -> list[DemonstrationRow]:
    """Good answers, the preferred ones first."""

    def rank(row: DemonstrationRow) -> float:
        if settings.prefer == "shortest":
            return len(row.text)
        if settings.prefer == "likely" and len(good) > 1:
            if likelihood is None:
                raise ValueError("nobody says how likely an answer is")
            return -likelihood(sample, row.text)
        return 0.0

    # What a person accepted goes before what was only verified, and that before what took a hint.
    return sorted(good, key=lambda row: (row.review == "pending", row.hinted, rank(row)))


def _add(
    dataset: Dataset,
    seen: set[str],
    renderer: PromptRenderer,
    settings: DatasetSettings,
    sample: Sample,
    answers: Sequence[DemonstrationRow],
) -> None:
    """Rows of one sample's good answers, no more than are wanted of them."""
    kept: list[frozenset[tuple[str, ...]]] = []
    for demonstration in answers:
        text = demonstration.text.strip()
        if len(kept) == settings.per_prompt:
            dataset.dropped.append(RefusedRow(sample.id, "surplus", "dataset.per_prompt are there already"))
            continue
        reasoning = runs(text)
        if any(similarity(reasoning, other) >= ALIKE for other in kept):
            dataset.dropped.append(RefusedRow(sample.id, "alike", "another answer to it reasons in the same words"))
            continue
        messages = (*plain_messages(sample, settings.system_message), Message("assistant", text))
        row = make_row(renderer, sample.id, messages, settings.max_tokens)
        if isinstance(row, RefusedRow):
            dataset.dropped.append(row)
        elif row.content_hash in seen:
            dataset.dropped.append(RefusedRow(sample.id, "duplicate", "the same conversation is there already"))
        else:
            seen.add(row.content_hash)
            kept.append(reasoning)
            dataset.rows.append(row)
            dataset.conversations.append(messages)


def _balance(dataset: Dataset, tasks: Mapping[str, str], settings: DatasetSettings) -> None:
    """Leave out rows of tasks that have too many, in an order that has nothing to do with what they say."""
    left = quotas(
        Counter(tasks[row.sample_id] for row in dataset.rows), cap=settings.per_task, temperature=settings.balance
    )
    kept = []
    for number in sorted(range(len(dataset.rows)), key=lambda n: dataset.rows[n].content_hash):
        sample_id = dataset.rows[number].sample_id
        if left[tasks[sample_id]]:
            left[tasks[sample_id]] -= 1
            kept.append(number)
        else:
            dataset.dropped.append(RefusedRow(sample_id, "balance", "its task has as many rows as it may have"))
    dataset.rows = [dataset.rows[number] for number in sorted(kept)]
    dataset.conversations = [dataset.conversations[number] for number in sorted(kept)]


def _show_examples(
    dataset: Dataset, tasks: Mapping[str, str], renderer: PromptRenderer, settings: DatasetSettings
) -> None:
    """Add rows that show solved examples first."""
    own = [(tasks[r.sample_id], r.sample_id, c) for r, c in zip(dataset.rows, dataset.conversations, strict=True)]
    for sample_id, conversation in few_shot_conversations(own, settings.few_shot):
        row = make_row(renderer, sample_id, conversation, settings.max_tokens)
        if isinstance(row, RefusedRow):
            dataset.dropped.append(RefusedRow(sample_id, f"few_shot_{row.reason}", row.detail))
        else:
            dataset.rows.append(row)
            dataset.conversations.append(conversation)


def build(context: StageContext, dataset: Dataset) -> Iterator[Event]:
    """Say what became a row and what did not, and why."""
    yield StageStarted("dataset", len(dataset.rows) + len(dataset.dropped), "answers")
    for refused in dataset.dropped:
        yield RowDropped(refused.sample_id, refused.reason)
    reasons = Counter(refused.reason for refused in dataset.dropped)
    summary = {
        "run_id": context.run_id,
        "rows": len(dataset.rows),
        "dropped": dict(sorted(reasons.items())),
        "tokens": sum(len(row.token_ids) for row in dataset.rows),
        "loss_tokens": sum(row.loss_tokens for row in dataset.rows),
    }
    yield StageFinished("dataset", summary)


def _refusal(
    demonstration: DemonstrationRow, sample: Sample, strategy: Strategy, held_out: HeldOut, *, keep_wrong: bool
) -> tuple[str, str] | None:
    """Why this answer is not trained on: a word for counting, and a sentence."""
    if demonstration.review == "rejected":
        return "rejected", "rejected in review"
    if not demonstration.text.strip():
        return "empty", "the answer is empty"
    if not _is_good(demonstration) and not keep_wrong:
        return "mismatch", "the answer differs from the reference"
    if held_out.overlaps(sample.prompt):
        return "holdout_overlap", "the same question, or most of its words, is among the probe or holdout samples"
    if leaks(demonstration.text, strategy, sample.prompt) and demonstration.review == "pending":
        return "instruction_leak", "the answer repeats, or talks of, the instruction that was to be erased"
    return None


def _is_good(demonstration: DemonstrationRow) -> bool:
    """Whether an answer is right, as far as anybody knows, or a person took it."""
    return demonstration.verified is not False or demonstration.review in ("accepted", "edited")
