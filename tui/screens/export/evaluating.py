"""The form that starts an evaluation."""

from __future__ import annotations

from tui.dialogs.fields import Field, FieldsDialog, Values


def evaluate_dialog(samples: int) -> FieldsDialog:
    """Asks for the samples per task and whether to split the gain; `samples` is the setting (0: all)."""

    def check(values: Values) -> str:
        text = values["samples"].strip()
        if text:
            return "" if text.isdecimal() and int(text) else f"samples per task: {text} is not a whole number above 0"
        return "evaluate.samples is set in orca.toml: enter a number, or remove it there" if samples else ""

    return FieldsDialog(
        "Evaluate base and tuned?",
        "Both models answer the holdout samples. Answers from earlier runs are reused.",
        [
            Field("samples", "samples per task", str(samples or "")),
            Field("split", "show the effects of training and of quantizing apart", is_check_box=True),
        ],
        yes="Evaluate",
        check=check,
        describe=lambda values: "" if samples else "Samples per task (empty: all).",
    )


def evaluate_arguments(values: Values) -> list[str]:
    """The command with its options."""
    samples = values["samples"].strip()
    return ["evaluate", *([f"--samples={samples}"] if samples else []), *(["--split"] if values["split"] else [])]
