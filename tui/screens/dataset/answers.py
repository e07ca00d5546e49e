"""The data that the Dataset screen reads from the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orca_local.dataset.review import Filters, select
from orca_local.domain.erasure import leaks
from orca_local.domain.strategies import Strategy, load_strategies
from orca_local.domain.summaries import DatasetSummary
from orca_local.domain.types import Sample
from orca_local.kinds.training_text import training_text
from orca_local.runs.summaries import last_summary
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.store.store import Store


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers that match the filters, and figures about all of them."""

    rows: list[DemonstrationRow] = field(default_factory=list)
    total: int = 0
    """Number of answers without filters."""
    tasks: Mapping[str, str] = field(default_factory=dict)
    """Task names by sample id."""
    strategies: Mapping[str, Strategy] = field(default_factory=dict)
    build: DatasetSummary | None = None
    """Result of the newest build; None if there is none."""


def read_answers(store: Store, directory: Path, filters: Filters) -> Answers:
    """Return the data of the screen. Raises `InputError` if `strategies.toml` cannot be read."""
    strategies = load_strategies(directory / "strategies.toml")
    return Answers(
        select(store, strategies, filters),
        store.demonstrations.count()[0],
        store.samples.task_names("train"),
        strategies,
        last_summary(store, "dataset", DatasetSummary),
    )


def read_one(store: Store, row: DemonstrationRow, strategies: Mapping[str, Strategy]) -> tuple[Sample, list[str]]:
    """Return the sample of an answer, and lines about the answer."""
    sample = store.samples.get(row.sample_id)
    strategy = strategies.get(row.strategy)
    notes = [f"review: {row.review}"]
    if strategy is not None and leaks(row.text, strategy, sample.text):
        notes.append("! repeats the instruction: no training row while it is pending")
    part = training_text(row.text, sample)
    if part.reason:
        notes.append(f"! {part.detail}: no training row while it is pending")
    if part.removed:
        notes.append("· hidden reasoning before the answer, or what follows its end, is not trained on")
    return sample, notes


def _examples(build: DatasetSummary) -> str:
    return f" ({build.few_shot:,} of them show examples)" if build.few_shot else ""


def build_line(build: DatasetSummary | None) -> str:
    """Return a line about the newest build."""
    if build is None:
        return "no rows built yet: press b"
    by_count = sorted(build.dropped.items(), key=lambda item: (-item[1], item[0]))
    dropped = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in by_count)
    return (
        f"newest build: {build.rows:,} rows{_examples(build)}, "
        f"trained on {build.loss_tokens:,} of {build.tokens:,} tokens · "
        f"{sum(build.dropped.values()):,} answers dropped" + (f": {dropped}" if dropped else "") + _suites(build)
    )


def _suites(build: DatasetSummary) -> str:
    names = ", ".join(suite.name for suite in build.suites)
    return f" · compared with {names}" if names else ""
