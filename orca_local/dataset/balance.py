"""How many rows a task may have, so that a large one does not drown the others."""

from __future__ import annotations

from collections.abc import Mapping


def quotas(counts: Mapping[str, int], *, cap: int = 0, temperature: float = 1.0) -> dict[str, int]:
    """Rows to keep of each task.

    `cap` is the most of one task (0: no limit). With a temperature below 1 the tasks' shares are their sizes to that
    power: 1 leaves them, 0 makes all equal. Nothing is repeated: the task that would need more than it has sets how
    much of the others is kept.
    """
    capped = {task: min(count, cap) if cap else count for task, count in counts.items()}
    weights = {task: float(count) ** temperature for task, count in capped.items() if count}
    scale = min((capped[task] / weight for task, weight in weights.items()), default=0.0)
    # The one that sets the scale keeps all, whatever the rounding says.
    return {task: min(capped[task], int(weights.get(task, 0.0) * scale + 1e-6)) for task in capped}
