"""The report: what was measured in a workspace, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from orca_local.domain.teacher_request import STARTER_ENDPOINT, STARTER_MODEL
from orca_local.domain.text import printable
from orca_local.runs.summaries import iter_summaries, newest
from orca_local.store.store import Store
from orca_local.system.files import write_whole

STARTER_NOTE = (
    "The teacher of this workspace is a program that wrote worked answers for the starter tasks; the student is real."
)


def render_report(store: Store) -> str:
    """Markdown with the strategy matrix, the training and the before/after table; says what is not there yet."""
    parts = ["# Report of orca-local\n"]
    for section in (_probe, _teacher, _training, _export, _evaluation):
        text = section(store)
        if text:
            parts.append(text)
    if len(parts) == 1:
        parts.append("Nothing was measured yet: run `orca-local probe` first.\n")
    return "\n".join(parts)


def write_report(path: Path, text: str) -> None:
    """Write the report whole or not at all. Raises `InputError` where the place cannot be written."""
    write_whole(path, text, hint="choose another place with --output")


def _cell(value: object) -> str:
    """Text that cannot break out of a table cell or become HTML."""
    text = printable(str(value)).replace("\n", " ")
    for character, replacement in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|")):
        text = text.replace(character, replacement)
    return text


def _table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(headings) + " |", "|" + " --- |" * len(headings)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _range(ci: Sequence[float]) -> str:
    return f"[{100 * ci[0]:.1f}, {100 * ci[1]:.1f}]"


def _probe(store: Store) -> str:
    summary = newest(store, "probe")
    if summary is None:
        return ""
    names = list(dict.fromkeys(cell["strategy"] for task in summary["tasks"] for cell in task["cells"]))
    matrix = []
    for task in summary["tasks"]:
        cells = {cell["strategy"]: cell for cell in task["cells"]}
        row = []
        for name in names:
            if name not in cells:
                row.append("")
                continue
            cell = cells[name]
            text = f"{_percent(cell['accuracy'])} ({_percent(cell['extracted'])}, {cell['n']})" if cell["n"] else "–"
            row.append(f"**{text}**" if name == task["strategy"] else text)
        matrix.append((task["task"], *row, "yes" if task["decided"] else "no"))
    worth = summary.get("worth")
    reasons = [f"- {_cell(s.task)}: {_cell(s.reason)}" for s in store.selections.current().values()]
    return "\n".join(
        [
            "## Strategies\n",
            "Accuracy of the untuned student in percent; in brackets the share of readable answers and the "
            "number of samples. The chosen strategy is bold. *Certain*: a sequential test shows that it beats every "
            "other strategy.\n",
            _table(["task", *names, "certain"], matrix),
            *reasons,
            *([f"\nOver {worth['tasks']} tasks, {worth['reason']}."] if worth else []),
            "",
        ]
    )


def _teacher(store: Store) -> str:
    summary = newest(store, "teach")
    if summary is None:
        return ""
    calls = summary["calls"]
    text = (
        f"{calls['new']} new calls, {calls['cached']} cached, {calls['failed']} failed; "
        f"{summary['verified']} answers match the reference, {summary['rejected']} do not."
    )
    starter = [f"\n{STARTER_NOTE}"] if store.teacher_calls.past(STARTER_ENDPOINT, STARTER_MODEL, 1) else []
    return "\n".join(["## Teacher\n", text, *starter, ""])


def _training(store: Store) -> str:
    summary = newest(store, "train")
    if summary is None:
        return ""
    validation = summary["validation_loss"]
    row = (
        summary["steps"],
        f"{summary['train_loss']:.4f}",
        "–" if validation is None else f"{validation:.4f}",
        f"{summary['tokens_per_second']:.0f}",
        f"{summary['seconds']:.0f}",
    )
    return "## Training\n\n" + _table(["steps", "training loss", "validation loss", "tokens/s", "seconds"], [row])


def _export(store: Store) -> str:
    found = [*iter_summaries(store, "export")]
    # A base is made in passing, whenever something is compared with it.
    summary = next((one for one in found if one.get("name") != "base"), next(iter(found), None))
    if summary is None:
        return ""
    rows = [
        (Path(file["path"]).name, file["quantization"], f"{file['bytes'] / 1e6:.1f}", f"`{file['sha256'][:16]}…`")
        for file in summary["files"]
    ]
    return "## Files\n\n" + _table(["file", "type", "MB", "sha256"], rows) + "\n" + _types(summary)


def _types(summary: dict[str, Any]) -> str:
    """What each type costs, and which is recommended."""
    types = summary.get("types", [])
    if not types:
        return ""
    scored = any("loss" in row for row in types)
    rows = []
    for row in types:
        stored = ", ".join(f"{count} {kind}" for kind, count in row["tensor_types"].items())
        cells = [row["quantization"], f"{row['bytes'] / 1e6:.1f}", f"{row['bits_per_weight']:.2f}", stored]
        cells += ["yes" if row["imatrix"] else "no", f"{row['kl']:.4f}", _percent(row["agreement"])]
        if scored:
            cells += [_percent(row["accuracy"]), f"{100 * row['loss']['value']:+.1f} {_range(row['loss']['ci'])}"]
        rows.append(cells)
    headings = ["type", "MB", "bits a weight", "stored as", "importance matrix", "KL from F16", "same token, %"]
    text = _table([*headings, *(["accuracy, %", "against F16, points"] if scored else [])], rows)
    reason = summary.get("recommendation", {}).get("reason")
    return text + (f"\nRecommended: {_cell(reason)}.\n" if reason else "")


def _split(split: dict[str, Any]) -> str:
    """What training gave and what quantizing took."""
    at = split["quantization"]
    rows = []
    for what, before, after, change in (
        (f"training gave (base {at} → tuned F16)", "base", "tuned_f16", "trained"),
        (f"quantizing took (tuned F16 → tuned {at})", "tuned_f16", "tuned", "quantized"),
        (f"in all (base {at} → tuned {at})", "base", "tuned", "total"),
    ):
        found = split[change]
        p_value = "–" if found["p_value"] is None else f"{found['p_value']:.2g}"
        accuracies = _percent(split[before]["accuracy"]), _percent(split[after]["accuracy"])
        rows.append((what, *accuracies, f"{100 * found['value']:+.1f} {_range(found['ci'])}", p_value))
    return _table(["", "before, %", "after, %", "points", "p (McNemar, exact)"], rows)


def _evaluation(store: Store) -> str:
    summary = newest(store, "evaluate")
    if summary is None:
        return ""
    models = summary["models"]
    names = [model["model"] for model in models]
    tasks = {row["task"]: row for row in summary.get("gain", {}).get("tasks", [])}
    per_model = [{row["task"]: row for row in model["tasks"]} for model in models]
    rows: list[tuple[object, ...]] = []
    for task in per_model[0]:
        cells = [f"{_percent(m[task]['accuracy'])} {_range(m[task]['ci'])}" for m in per_model]
        gain = f"{100 * tasks[task]['value']:+.1f}" if task in tasks else ""
        rows.append((task, per_model[0][task]["n"], *cells, gain))
    overall = summary.get("gain")
    cells = [f"{_percent(m['accuracy'])} {_range(m['ci'])}" for m in models]
    rows.append(("**all**", models[0]["n"], *cells, f"{100 * overall['value']:+.1f}" if overall else ""))
    if all("unseen" in model for model in models):
        cells = [f"{_percent(m['unseen']['accuracy'])} {_range(m['unseen']['ci'])}" for m in models]
        rows.append(("of these: question types not seen in training", models[0]["unseen"]["n"], *cells, ""))
    parts = [
        "## Before and after\n",
        "Holdout samples, zero-shot and greedy, on the exported files; accuracy in percent with its 95 % Wilson "
        "interval.\n",
        _table(["task", "n", *names, "gain"], rows),
    ]
    if overall:
        p_value = overall["p_value"]
        tail = "" if p_value is None else f"; McNemar's exact p = {p_value:.2g}"
        parts.append(
            f"Gain {100 * overall['value']:+.1f} points, paired bootstrap 95 % interval "
            f"{_range(overall['ci'])}{tail}.\n"
        )
        messages = [
            (row["system_message"] or "(empty)", f"{100 * row['value']:+.1f}", _range(row["ci"]))
            for row in overall["by_system_message"]
        ]
        parts.append(_table(["system message", "gain", "interval"], messages))
    if "split" in summary:
        parts += [_split(summary["split"]), _types(summary)]
    return "\n".join(parts)
