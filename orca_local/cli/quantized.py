"""Tables of exported types."""

from __future__ import annotations

from collections.abc import Sequence

from orca_local.cli.tables import echo, percent, table
from orca_local.domain.evaluation_summary import GainSplit
from orca_local.domain.figures import interval, points, size
from orca_local.domain.quantized import QuantizedFile, Recommendation


def show_types(types: Sequence[QuantizedFile], recommendation: Recommendation | None) -> None:
    """Print a table with one row for each type: size, distance from F16, and accuracy if it was measured."""
    if not types:
        return
    scored = any(row.accuracy is not None for row in types)
    headings = ["type", "size", "bits a weight", "imatrix", "KL from F16", "same token"]
    headings += [
        *(["accuracy", "asked form", "unreadable", "cut off", "change from F16"] if scored else []),
        "stored as",
    ]
    rows = []
    for row in types:
        cells = [row.quantization, size(row.bytes), f"{row.bits_per_weight:.2f}"]
        cells += ["yes" if row.imatrix else "no", f"{row.kl:.4f}", percent(row.agreement)]
        if scored:
            value, ci = (row.change.value, row.change.ci) if row.change is not None else (None, None)
            shares = (row.accuracy, row.strict_accuracy, row.unreadable, row.truncated)
            cells += [*map(percent, shares), f"{points(value)} {interval(ci)}"]
        # Last, because it may be wider than a narrow terminal.
        rows.append([*cells, ", ".join(f"{count} {kind}" for kind, count in row.tensor_types.items())])
    echo()
    echo(table(headings, rows))
    if recommendation is not None:
        echo(f"recommended: {recommendation.reason}")


def show_split(split: GainSplit) -> None:
    """Print what training gained and what quantization cost, each with its interval."""
    names = ("training", "quantization", "total")
    rows = [
        (
            *(step, models, percent(before.accuracy), percent(after.accuracy)),
            *(points(change.value), interval(change.ci)),
            "–" if change.p_value is None else f"{change.p_value:.2g}",
            *(_both(before.strict_accuracy, after.strict_accuracy), _both(before.truncated, after.truncated)),
        )
        for step, (models, before, after, change) in zip(names, split.steps, strict=True)
    ]
    echo()
    echo(table(["", "", "before", "after", "points", "95 % interval", "p (McNemar)", "asked form", "cut off"], rows))


def _both(before: float | None, after: float | None) -> str:
    """Return a share before and after a step."""
    return f"{percent(before)} → {percent(after)}"
