"""One task on its way through the probe: which strategies are still measured, and what they scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from orca_local.domain.types import Sample
from orca_local.probe.choose import Cell, Choice, best_measured, make_choice
from orca_local.probe.race import Pool, Standing, pool, stand
from orca_local.probe.sequential_test import Scores
from orca_local.store.measurements import ScoreRow


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
        shape = len(self.strategies), len(self.samples)
        self.scores: Scores = np.full(shape, np.nan)
        """Shape [strategies, samples]; an answer without a value counts 0, one that was not made is NaN."""
        self._extracted, self._tokens = np.zeros(shape, np.bool_), np.zeros(shape, np.int32)
        self._columns = {sample.id: number for number, sample in enumerate(self.samples)}
        self._rows = {name: number for number, name in enumerate(self.strategies)}

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

    def record(self, row: ScoreRow) -> None:
        """Take in what was measured; what is none of this task's cells is left out."""
        i, j = self._rows.get(row.strategy), self._columns.get(row.sample_id)
        if i is not None and j is not None:
            self.scores[i, j] = row.value or 0.0
            self._extracted[i, j], self._tokens[i, j] = row.is_extracted, row.completion_tokens

    def cells(self) -> list[Cell]:
        """The sums of every strategy."""
        made = ~np.isnan(self.scores)
        return [
            Cell(
                name,
                n=int(made[i].sum()),
                score_sum=float(np.nansum(self.scores[i])),
                extracted=int(self._extracted[i].sum()),
                completion_tokens=int(self._tokens[i].sum()),
            )
            for i, name in enumerate(self.strategies)
        ]

    def judge(self, prior: Pool, tolerance: float) -> list[str]:
        """Judge after a round; returns the strategies that leave. Those that answered nothing leave at once."""
        cells = self.cells()
        measured = [a and bool(cell.n) for a, cell in zip(self.alive, cells, strict=True)]
        if not any(measured):
            self.answered = len(self.samples)
            return []
        costs = np.array([cell.cost for cell in cells])
        last = self.answered >= len(self.samples)
        self.standing = stand(self.scores, costs, measured, prior, tolerance, last=last)
        left = [n for n, a, b in zip(self.strategies, self.alive, self.standing.alive, strict=True) if a and not b]
        self.alive = list(self.standing.alive)
        return left

    def choose(self, prior: Pool, alpha: float, *, by_accuracy: bool) -> Choice | None:
        """The task's strategy: the race's leader, or with `by_accuracy` the highest accuracy. None without answers."""
        cells = self.cells()
        best = best_measured(cells)
        if best is None:
            return None
        measured = [i for i, cell in enumerate(cells) if cell.n]
        if self.standing is None or by_accuracy:
            alive = [i == best or (by_accuracy and bool(cell.n)) for i, cell in enumerate(cells)]
            standing = stand(self.scores, np.array([c.cost for c in cells]), alive, prior, 0.0, last=True)
        else:
            standing, best = self.standing, self.standing.leader
        return make_choice([cells[i] for i in measured], self.scores[measured], measured.index(best), standing, alpha)


def pools(tasks: Sequence[ProbedTask]) -> dict[str, Pool]:
    """What the first round says of each kind."""
    tables: dict[str, list[Scores]] = {}
    for task in tasks:
        full = task.scores[:, ~np.isnan(task.scores).any(axis=0)]
        tables.setdefault(task.kind, []).append(full)
    return {kind: pool(group) for kind, group in tables.items()}
