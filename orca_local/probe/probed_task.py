"""One task during the probe: its active strategies and their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from orca_local.domain.cell import Cell
from orca_local.domain.types import Sample
from orca_local.probe.choose import Choice, best_measured, make_choice
from orca_local.probe.race import Prior, RaceState, judge_round
from orca_local.probe.sequential_test import Scores
from orca_local.store.measurements import ScoreRow


@dataclass
class ProbedTask:
    """The state of one task."""

    name: str
    samples: Sequence[Sample]
    strategies: Sequence[str]
    active: list[bool] = field(default_factory=list)
    """Which strategies are not dropped; one per strategy."""
    answered: int = 0
    """Number of samples that the active strategies have been given."""
    state: RaceState | None = None
    """State of the race after the last round."""

    def __post_init__(self) -> None:
        self.active = [True] * len(self.strategies)
        shape = len(self.strategies), len(self.samples)
        self.scores: Scores = np.full(shape, np.nan)
        """Shape [strategies, samples]; 0 for a completion without a readable answer, NaN without a completion."""
        self._lenient, self._tokens = np.zeros(shape), np.zeros(shape, np.int32)
        self._extracted, self._unreadable, self._truncated = (np.zeros(shape, np.bool_) for _ in range(3))
        self._columns = {sample.id: number for number, sample in enumerate(self.samples)}
        self._rows = {name: number for number, name in enumerate(self.strategies)}

    @property
    def kind(self) -> str:
        """The kind of its samples; tasks of a kind share a prior."""
        return self.samples[0].kind

    @property
    def is_running(self) -> bool:
        """Whether the task needs more samples."""
        return self.answered < len(self.samples) and not (self.state is not None and self.state.done)

    def next_cells(self, until: int) -> list[tuple[Sample, str]]:
        """The samples of the round that ends at sample `until`, each with every active strategy."""
        names = [name for name, active in zip(self.strategies, self.active, strict=True) if active]
        cells = [(sample, name) for sample in self.samples[self.answered : until] for name in names]
        self.answered = min(until, len(self.samples))
        return cells

    def record(self, row: ScoreRow) -> None:
        """Take a measurement; one of another sample or strategy is ignored."""
        i, j = self._rows.get(row.strategy), self._columns.get(row.sample_id)
        if i is not None and j is not None:
            self.scores[i, j] = row.value or 0.0
            self._lenient[i, j], self._tokens[i, j] = row.lenient_value or 0.0, row.completion_tokens
            self._extracted[i, j], self._unreadable[i, j] = row.is_extracted, row.is_unreadable
            self._truncated[i, j] = row.is_truncated

    def cells(self) -> list[Cell]:
        """The cell of every strategy."""
        measured = ~np.isnan(self.scores)
        return [
            Cell(
                name,
                n=int(measured[i].sum()),
                score_sum=float(np.nansum(self.scores[i])),
                extracted_count=int(self._extracted[i].sum()),
                completion_tokens=int(self._tokens[i].sum()),
                lenient_sum=float(self._lenient[i].sum()),
                unreadable_count=int(self._unreadable[i].sum()),
                truncated_count=int(self._truncated[i].sum()),
            )
            for i, name in enumerate(self.strategies)
        ]

    def judge(self, prior: Prior, tolerance: float) -> list[str]:
        """Judge the task after a round; returns the dropped strategies, including those without a completion."""
        cells = self.cells()
        measured = [active and bool(cell.n) for active, cell in zip(self.active, cells, strict=True)]
        if not any(measured):
            self.answered = len(self.samples)
            return []
        last = self.answered >= len(self.samples)
        self.state = judge_round(self.scores, _costs(cells), measured, prior, tolerance, last=last)
        before, self.active = self.active, list(self.state.active)
        return [
            name for name, was, stays in zip(self.strategies, before, self.active, strict=True) if was and not stays
        ]

    def choose(self, prior: Prior, alpha: float, *, by_accuracy: bool) -> Choice | None:
        """The strategy of the task: the leader of the race, or with `by_accuracy` the highest accuracy.

        Returns None if no strategy has a completion.
        """
        cells = self.cells()
        best = best_measured(cells)
        if best is None:
            return None
        measured = [i for i, cell in enumerate(cells) if cell.n]
        if self.state is None or by_accuracy:
            active = [i == best or (by_accuracy and bool(cell.n)) for i, cell in enumerate(cells)]
            state = judge_round(self.scores, _costs(cells), active, prior, 0.0, last=True)
        else:
            state, best = self.state, self.state.leader
        return make_choice([cells[i] for i in measured], self.scores[measured], measured.index(best), state, alpha)


def _costs(cells: Sequence[Cell]) -> np.ndarray:
    return np.array([cell.mean_tokens for cell in cells])
