"""What a strategy per task is worth over the best single strategy for all tasks, free of the winner's curse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from orca_local.domain.statistics import paired_bootstrap
from orca_local.probe.race import pool, stand
from orca_local.probe.sequential_test import Scores


@dataclass(frozen=True, slots=True)
class Worth:
    """The gain of choosing per task, in accuracy, averaged over tasks."""

    value: float
    ci: tuple[float, float]
    single: int
    """The strategy that is best for all tasks together."""
    tasks: int

    def to_dict(self, names: Sequence[str]) -> dict[str, Any]:
        """The form that `--json` prints."""
        return {
            "value": self.value,
            "ci": list(self.ci),
            "single_strategy": names[self.single],
            "tasks": self.tasks,
            "reason": self.sentence(names[self.single]),
        }

    def sentence(self, single: str) -> str:
        """What it means."""
        low, high = self.ci
        size = f"{100 * self.value:+.1f} points [{100 * low:.1f}, {100 * high:.1f}]"
        if low > 0:
            return f"choosing per task is worth {size} over {single} for all"
        if high < 0:
            return f"choosing per task costs {size}: {single} for all is better"
        return f"choosing per task cannot be told from {single} for all: {size}"


def worth(tasks: Sequence[tuple[str, Scores]], alpha: float = 0.05) -> Worth | None:
    """Choose on one half of each task's samples as the probe does, and judge on the other; both ways round.

    `tasks` are kinds with scores. Only samples that every strategy answered count: what a race measured later, it
    measured because of what it had seen. The interval is a bootstrap over tasks. None where fewer than two tasks
    have two such samples.
    """
    full = [(kind, scores[:, ~np.isnan(scores).any(axis=0)]) for kind, scores in tasks]
    full = [(kind, scores) for kind, scores in full if scores.shape[1] > 1]
    if len(full) < 2:
        return None
    halves = [[(kind, scores[:, k::2]) for kind, scores in full] for k in (0, 1)]
    means = [np.array([scores.mean(axis=1) for _, scores in half]) for half in halves]
    rows = np.arange(len(full))
    gains = []
    for chosen_on, judged_on in ((0, 1), (1, 0)):
        single = int(means[chosen_on].mean(axis=0).argmax())
        leaders = _leaders(halves[chosen_on], single)
        gains.append(means[judged_on][rows, leaders] - means[judged_on][:, single])
    value, interval = paired_bootstrap(np.mean(gains, axis=0), alpha)
    return Worth(value, (interval.low, interval.high), int(np.mean(means, axis=(0, 1)).argmax()), len(full))


def _leaders(half: Sequence[tuple[str, Scores]], single: int) -> list[int]:
    """The strategy of each task; a tie says nothing against the one that is best for all."""
    kinds: dict[str, list[Scores]] = {}
    for kind, scores in half:
        kinds.setdefault(kind, []).append(scores)
    priors = {kind: pool(group) for kind, group in kinds.items()}
    costs = np.array([float(j != single) for j in range(len(half[0][1]))])
    alive = [True] * len(costs)
    return [stand(scores, costs, alive, priors[kind], 0.0, last=True).leader for kind, scores in half]
