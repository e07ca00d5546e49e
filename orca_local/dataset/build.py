"""Erasure: teacher answers become rows that no longer say how to reason."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from orca_local.dataset.similar import ALIKE, runs, similarity
from orca_local.domain.errors import MissingError, explain_os_error
from orca_local.domain.events import Event, RowDropped, StageFinished, StageStarted
from orca_local.domain.prompts import plain_messages
from orca_local.domain.settings import DatasetSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Message, Sample
from orca_local.gguf.renderer import PromptRenderer
from orca_local.rows.rows import RefusedRow, TrainingRow, make_row
from orca_local.runs.files import write_whole
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.store.store import Store


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
) -> Dataset:
    """Rows from the answers that were gathered under each task's chosen strategy.

    With `keep_mismatches`, where no answer agrees with the reference, the one there is. The same store and settings
    give the same rows in the same order.
    """
    samples = {sample.id: sample for sample in store.samples.list(split="train")}
    held_out = {_question(s.prompt) for split in ("probe", "holdout") for s in store.samples.list(split=split)}
    dataset = Dataset()
    seen: set[str] = set()
    for sample_id, found in groupby(store.demonstrations.list(), key=lambda row: row.sample_id):
        sample = samples.get(sample_id)
        if sample is None or sample.task not in chosen:
            continue
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
        _add(dataset, seen, renderer, settings, sample, good)
    return dataset


def _add(
    dataset: Dataset,
    seen: set[str],
    renderer: PromptRenderer,
    settings: DatasetSettings,
    sample: Sample,
    good: Sequence[DemonstrationRow],
) -> None:
    """Rows of one sample's good answers, the preferred ones first and no more than are wanted."""
    # What a person accepted goes before what was only verified, and that before what took a hint.
    order = sorted(
        good,
        key=lambda row: (
            row.review == "pending",
            row.hinted,
            len(row.text) if settings.prefer == "shortest" else 0,
        ),
    )
    kept: list[frozenset[tuple[str, ...]]] = []
    for demonstration in order:
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


def build(dataset: Dataset, *, run_id: int) -> Iterator[Event]:
    """Say what became a row and what did not, and why."""
    yield StageStarted("dataset", len(dataset.rows) + len(dataset.dropped), "answers")
    for refused in dataset.dropped:
        yield RowDropped(refused.sample_id, refused.reason)
    reasons = Counter(refused.reason for refused in dataset.dropped)
    summary = {
        "run_id": run_id,
        "rows": len(dataset.rows),
        "dropped": dict(sorted(reasons.items())),
        "tokens": sum(len(row.token_ids) for row in dataset.rows),
        "loss_tokens": sum(row.loss_tokens for row in dataset.rows),
    }
    yield StageFinished("dataset", summary)


def write_chat_jsonl(dataset: Dataset, path: Path) -> int:
    """Write the conversations as `{"messages": […]}` lines, whole or not at all; returns their number.

    This is the form that mlx-lm, axolotl and the OpenAI fine-tuning API read. An empty system message is
    written too: left out, some templates put in one of their own, and the rows would train something else.
    """
    lines = ({"messages": [message.to_dict() for message in messages]} for messages in dataset.conversations)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    write_whole(path, text, hint="name another place")
    return len(dataset.conversations)


def write_parquet(dataset: Dataset, path: Path) -> int:
    """The same conversations as Parquet, with one column `messages`; returns their number.

    Raises `MissingError` without pyarrow.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingError("pyarrow is not installed", hint='pip install "orca-local[parquet]"') from error
    rows = [[message.to_dict() for message in messages] for messages in dataset.conversations]
    message = pyarrow.struct([("role", pyarrow.string()), ("content", pyarrow.string())])
    table = pyarrow.table({"messages": pyarrow.array(rows, pyarrow.list_(message))})
    part = path.with_name(path.name + ".part")
    try:
        parquet.write_table(table, part)
        part.replace(path)
    except OSError as error:
        raise explain_os_error(error, path, hint="name another place") or error from error
    finally:
        part.unlink(missing_ok=True)
    return len(rows)


def _refusal(
    demonstration: DemonstrationRow, sample: Sample, strategy: Strategy, held_out: set[str], *, keep_wrong: bool
) -> tuple[str, str] | None:
    """Why this answer is not trained on: a word for counting, and a sentence."""
    if demonstration.review == "rejected":
        return "rejected", "rejected in review"
    if not demonstration.text.strip():
        return "empty", "the answer is empty"
    if not _is_good(demonstration) and not keep_wrong:
        return "mismatch", "the answer differs from the reference"
    if _question(sample.prompt) in held_out:
        return "holdout_overlap", "the same question is among the probe or holdout samples"
    if leaks(demonstration.text, strategy):
        return "instruction_leak", "the answer repeats the instruction that was to be erased"
    return None


def _is_good(demonstration: DemonstrationRow) -> bool:
    """Whether an answer is right, as far as anybody knows, or a person took it."""
    return demonstration.verified is not False or demonstration.review in ("accepted", "edited")


def leaks(text: str, strategy: Strategy) -> bool:
    """Whether an answer names the strategy or repeats its instruction."""
    plain = _question(text)
    if re.search(rf"\b{re.escape(strategy.name)}\b", text) and "_" in strategy.name:
        return True
    told = {strategy.student, strategy.teacher}
    sentences = [s for text in told for s in re.split(r"(?<=[.!?])\s+", text) if len(s.split()) >= 4]
    return any(_question(sentence) in plain for sentence in sentences)


def _question(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", text.casefold()).split())
