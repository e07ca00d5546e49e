"""Tables of what quantizing costs."""

from __future__ import annotations

from typing import Any

from orca_local.cli.tables import echo, interval, percent, points, size, table


def show_types(summary: dict[str, Any]) -> None:
    """A row a type: its size, how near it is to F16, and its accuracy where that was measured."""
    types = summary.get("types", [])
    if not types:
        return
    scored = any("accuracy" in row for row in types)
    headings = ["type", "size", "bits a weight", "imatrix", "KL to F16", "same token"]
    headings += [*(["accuracy", "against F16"] if scored else []), "stored as"]
    rows = []
    for row in types:
        cells = [row["quantization"], size(row["bytes"]), f"{row['bits_per_weight']:.2f}"]
        cells += ["yes" if row["imatrix"] else "no", f"{row['kl']:.4f}", percent(row["agreement"])]
        if scored:
            loss = row.get("loss", {})
            cells += [percent(row.get("accuracy")), f"{points(loss.get('value'))} {interval(loss.get('ci'))}"]
        # Last: the only cell that may be wider than a narrow terminal has room for.
        rows.append([*cells, ", ".join(f"{count} {kind}" for kind, count in row["tensor_types"].items())])
    echo()
    echo(table(headings, rows))
    if "recommendation" in summary:
        echo(f"recommended: {summary['recommendation']['reason']}")


def show_split(split: dict[str, Any]) -> None:
    """What training gave and what quantizing took, each with its interval."""
    at = split["quantization"]
    steps = (
        ("training gave", f"base {at} → tuned F16", split["base"], split["tuned_f16"], split["trained"]),
        ("quantizing took", f"tuned F16 → tuned {at}", split["tuned_f16"], split["tuned"], split["quantized"]),
        ("in all", f"base {at} → tuned {at}", split["base"], split["tuned"], split["total"]),
    )
    rows = [
        (
            *(what, between, percent(before["accuracy"]), percent(after["accuracy"])),
            *(points(change["value"]), interval(change["ci"])),
            "–" if change["p_value"] is None else f"{change['p_value']:.2g}",
        )
        for what, between, before, after, change in steps
    ]
    echo()
    echo(table(["", "", "before", "after", "points", "95 % interval", "p (McNemar)"], rows))
