"""What an evaluation is started with."""

from __future__ import annotations

from tui.dialogs.fields import Field, FieldsDialog, Values


def evaluate_dialog(samples: int) -> FieldsDialog:
    """Asks for the samples a task, `samples` being those of the settings, 0 for all, and whether to split the gain."""

    def check(values: Values) -> str:
        text = values["samples"].strip()
        if text:
            return "" if text.isdecimal() and int(text) else f"samples a task: {text} is no whole number above 0"
        return "evaluate.samples is set in orca.toml: give another number, or take it out there" if samples else ""

    return FieldsDialog(
        "Evaluate base and tuned?",
        "Both answer the holdout samples; answers that were made before are kept.",
        [
            Field("samples", "samples a task", str(samples or "")),
            Field("split", "say what training gave and what quantizing took", is_tick=True),
        ],
        yes="Evaluate",
        check=check,
        describe=lambda values: "" if samples else "Samples a task: empty for all.",
    )


def evaluate_arguments(values: Values) -> list[str]:
    """The command with its options."""
    samples = values["samples"].strip()
    return ["evaluate", *([f"--samples={samples}"] if samples else []), *(["--split"] if values["split"] else [])]
