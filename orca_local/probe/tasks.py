"""One task on its way through the probe: which strategies are still measured, and what they scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from orca_local.domain.types import Sample
from orca_local.probe.choose import Cell, Choice, best_measured, make_choice
from orca_local.probe.claim import Scores
from orca_local.probe.race import Pool, Standing, pool, stand
from orca_local.store.measurements import MeasurementRow

Found = Mapping[tuple[str, str], MeasurementRow]
"""Sample id and strategy → what this run measured."""


@dataclass
class ProbedTask:
    """The state of one task."""

    name: str
    samples: Sequence[Sample]
    strategies: Sequence[str]
    alive: list[bool] = field(default_factory=list)
    answered: int = 0
    """Samples that the strategies still measured have been asked."""
    standing: Standing | None = None

    def __post_init__(self) -> None:
        self.alive = [True] * len(self.strategies)

    @property
    def kind(self) -> str:
        """The kind of its samples: strategies are pooled over tasks of a kind."""
        return self.samples[0].kind

    @property
    def running(self) -> bool:
        """Whether anything of it is still to be measured."""
        return self.answered < len(self.samples) and not (self.standing is not None and self.standing.done)

    def next_cells(self, until: int) -> list[tuple[Sample, str]]:
        """What a round that ends at sample `until` asks."""
        names = [name for name, alive in zip(self.strategies, self.alive, strict=True) if alive]
        asked = [(sample, name) for sample in self.samples[self.answered : until] for name in names]
        self.answered = min(until, len(self.samples))
        return asked

    def scores(self, found: Found) -> Scores:
        """Shape [strategies, samples]; an answer without a value counts 0, one that was not made is NaN."""
        table = np.full((len(self.strategies), len(self.samples)), np.nan)
        for i, name in enumerate(self.strategies):
            for j, sample in enumerate(self.samples):
                row = found.get((sample.id, name))
                if row is not None:
                    table[i, j] = row.value or 0.0
        return table

    def cells(self, found: Found) -> list[Cell]:
        """The sums of every strategy."""
        return [
            _cell(name, [found[s.id, name] for s in self.samples if (s.id, name) in found]) for name in self.strategies
        ]

    def judge(self, found: Found, prior: Pool, tolerance: float) -> list[str]:
        """Judge after a round; returns the strategies that leave. Those that answered nothing leave at once."""
        scores, cells = self.scores(found), self.cells(found)
        measured = [a and bool(cell.n) for a, cell in zip(self.alive, cells, strict=True)]
        if not any(measured):
            self.answered = len(self.samples)
            return []
        costs = np.array([cell.cost for cell in cells])
        last = self.answered >= len(self.samples)
        self.standing = stand(scores, costs, measured, prior, tolerance, last=last)
        left = [n for n, a, b in zip(self.strategies, self.alive, self.standing.alive, strict=True) if a and not b]
        self.alive = list(self.standing.alive)
        return left

    def choose(self, found: Found, prior: Pool, alpha: float, *, by_accuracy: bool) -> Choice | None:
        """The task's strategy: the race's leader, or with `by_accuracy` the highest accuracy. None without answers."""
        cells = self.cells(found)
        best = best_measured(cells)
        if best is None:
            return None
        measured = [i for i, cell in enumerate(cells) if cell.n]
        if self.standing is None or by_accuracy:
            alive = [i == best or (by_accuracy and bool(cell.n)) for i, cell in enumerate(cells)]
            standing = stand(self.scores(found), np.array([c.cost for c in cells]), alive, prior, 0.0, last=True)
        else:
            standing, best = self.standing, self.standing.leader
        return make_choice(
            [cells[i] for i in measured], self.scores(found)[measured], measured.index(best), standing, alpha
        )


def pools(tasks: Sequence[ProbedTask], found: Found) -> dict[str, Pool]:
    """What the first round says of each kind."""
    tables: dict[str, list[Scores]] = {}
    for task in tasks:
        scores = task.scores(found)
        full = scores[:, ~np.isnan(scores).any(axis=0)]
        tables.setdefault(task.kind, []).append(full)
    return {kind: pool(group) for kind, group in tables.items()}


def _cell(strategy: str, rows: Sequence[MeasurementRow]) -> Cell:
    return Cell(
        strategy,
        n=len(rows),
        score_sum=sum(row.value or 0.0 for row in rows),
        extracted=sum(row.extracted is not None for row in rows),
        completion_tokens=sum(row.completion_tokens for row in rows),
    )
