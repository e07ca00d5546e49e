"""What the dataset screen reads of the store, all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orca_local.dataset.review import Filters, select
from orca_local.domain.erasure import leaks
from orca_local.domain.strategies import Strategy, load_strategies
from orca_local.domain.summaries import DatasetSummary
from orca_local.domain.types import Sample
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.store.store import Store
from orca_local.views.dataset_summary import load_build_summary


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers that match, and what is said of all of them."""

    rows: list[DemonstrationRow] = field(default_factory=list)
    total: int = 0
    """Answers, whatever the filters say."""
    tasks: Mapping[str, str] = field(default_factory=dict)
    """The task of each sample."""
    strategies: Mapping[str, Strategy] = field(default_factory=dict)
    newest_build: DatasetSummary | None = None
    """Summary of the newest build."""


def read_answers(store: Store, directory: Path, filters: Filters) -> Answers:
    """What the screen shows. Raises `InputError` where the user's strategies cannot be read."""
    strategies = load_strategies(directory / "strategies.toml")
    return Answers(
        select(store, strategies, filters),
        store.demonstrations.count()[0],
        store.samples.task_names("train"),
        strategies,
        load_build_summary(store),
    )


def read_one(store: Store, row: DemonstrationRow, strategies: Mapping[str, Strategy]) -> tuple[Sample, list[str]]:
    """The sample of an answer, and lines about the answer."""
    sample = store.samples.get(row.sample_id)
    strategy = strategies.get(row.strategy)
    notes = [f"in review: {row.review}"]
    if strategy is not None and leaks(row.text, strategy, sample.prompt):
        notes.append("! repeats its instruction: no row while it is pending")
    return sample, notes


def build_line(build: DatasetSummary | None) -> str:
    """The result of the newest build in one line."""
    if build is None:
        return "no rows are built yet: b builds them"
    dropped = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in _by_count(build.dropped))
    return (
        f"newest build: {build.rows:,} rows kept, {build.loss_tokens:,} of {build.tokens:,} tokens trained · "
        f"{sum(build.dropped.values()):,} answers dropped" + (f": {dropped}" if dropped else "")
    )


def _by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
