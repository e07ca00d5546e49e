"""The first rows of a file as text: as samples, or as the file has them while it is in doubt what they become."""

from __future__ import annotations

from orca_local.domain.text import counted
from orca_local.tasks.columns.cell import is_empty
from orca_local.tasks.preview import Preview, PreviewedRow
from tui.screens.tasks.samples import PREVIEW, samples_text

_MAX_CELL = 300
"""Characters of a cell."""


def preview_text(preview: Preview) -> str:
    """Return the map and the rows; if the rows become nothing, why, and their cells."""
    if preview.mapping is None:
        error = preview.error
        problem = [f"{error.message}\n{error.hint}".rstrip()] if error else []
        if error and "--" in error.message + error.hint:
            problem = [f"{problem[0]}\n(These options are the fields above.)"]
        return "\n\n".join([*problem, *(_cells_text(row) for row in preview.rows)])
    lines = "\n".join(preview.mapping.describe())
    return "\n\n".join([lines, *(_row_text(row) for row in preview.rows)])


def counts_text(preview: Preview) -> str:
    """Return how many of the first rows are good."""
    if preview.error is not None:
        return "nothing can be imported yet"
    bad = sum(row.sample is None for row in preview.rows)
    rows = f"the first {counted(len(preview.rows), 'row')}: {len(preview.rows) - bad} good"
    return f"{rows}, {bad} bad" if bad else rows


def _row_text(row: PreviewedRow) -> str:
    if row.sample is not None:
        return samples_text([row.sample], PREVIEW[1])
    problems = "\n".join(f"line {row.line} is bad: {problem}" for problem in row.problems)
    return "\n".join([f"── {problems}", *_cell_lines(row)])


def _cells_text(row: PreviewedRow) -> str:
    return "\n".join([f"── line {row.line}", *_cell_lines(row), *row.problems])


def _cell_lines(row: PreviewedRow) -> list[str]:
    texts = {name: " ".join(str(cell).split()) for name, cell in row.cells.items() if not is_empty(cell)}
    return [f"{name}: {text[:_MAX_CELL]}{'…' if len(text) > _MAX_CELL else ''}" for name, text in texts.items()]
