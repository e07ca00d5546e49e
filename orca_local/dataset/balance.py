"""Number of rows per task, so that large tasks do not dominate."""

from __future__ import annotations

from collections.abc import Mapping


def quotas(counts: Mapping[str, int], *, cap: int = 0, temperature: float = 1.0) -> dict[str, int]:
    """Number of rows to keep of each task; `counts` are the rows of each task.

    No task keeps more than `cap` rows (0: no limit). The share of a task is proportional to its size to the power of
    `temperature`: 1 keeps the sizes, 0 makes all tasks equal. No row is repeated, so the task that has the fewest rows
    for its share determines how many the others keep.
    """
    capped = {task: min(count, cap) if cap else count for task, count in counts.items()}
    weights = {task: float(count) ** temperature for task, count in capped.items() if count}
    scale = min((capped[task] / weight for task, weight in weights.items()), default=0.0)
    # The small term: rounding must not take a row from the task that determines the scale.
    return {task: min(capped[task], int(weights.get(task, 0.0) * scale + 1e-6)) for task in capped}
