"""Write the scores and tokens of an exhaustive probe as a matrix for scripts/bench_race.py; texts are left out.

python scripts/record_matrix.py WORKSPACE FILE.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from orca_local.runs.workspace import Workspace


def main() -> None:
    """Write the samples that every strategy answered."""
    workspace, target = Workspace.open(Path(sys.argv[1])), Path(sys.argv[2])
    with workspace.store() as store:
        rows = [row for row in store.measurements.rows(split="probe") if row.strategy]
    names = list(dict.fromkeys(row.strategy for row in rows))
    kinds = {row.task: row.kind for row in rows}
    tasks: dict[str, dict[str, dict[str, tuple[float, int]]]] = {}
    for row in rows:
        cell = tasks.setdefault(row.task, {}).setdefault(row.sample_id, {})
        cell[row.strategy] = (row.value or 0.0, row.completion_tokens)
    matrix = []
    for task, samples in tasks.items():
        complete = [cell for cell in samples.values() if len(cell) == len(names)]
        scores = [[cell[name][0] for cell in complete] for name in names]
        tokens = [sum(cell[name][1] for cell in complete) / len(complete) for name in names]
        matrix.append({"task": task, "kind": kinds[task], "scores": scores, "tokens": tokens})
    target.write_text(json.dumps({"strategies": names, "tasks": matrix}), encoding="utf-8")
    sys.stdout.write(f"{target}: {len(matrix)} tasks, {sum(len(t['scores'][0]) for t in matrix)} samples\n")


if __name__ == "__main__":
    main()
