"""The form that starts an evaluation."""

from __future__ import annotations

from collections.abc import Sequence

from orca_local.domain.model_settings import ModelSettings
from tui.dialogs.fields import Field, FieldsDialog, Values


def evaluate_dialog(samples: int, models: Sequence[ModelSettings] = ()) -> FieldsDialog:
    """Asks for the samples per task, whether to split the gain, and whether to ask further models.

    `samples` is the setting (0: all); `models` are those of the `[[model]]` tables.
    """

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
            *([Field("beside", f"also {_describe(models)}", is_check_box=True)] if models else []),
        ],
        yes="Evaluate",
        check=check,
        describe=lambda values: "" if samples else "Samples per task (empty: all).",
    )


def evaluate_arguments(values: Values) -> list[str]:
    """The command with its options."""
    samples = values["samples"].strip()
    options = [f"--samples={samples}"] if samples else []
    if values["split"]:
        return ["evaluate", *options, "--split"]
    # Only those who tick the box spend money.
    names = [] if values.get("beside") or "beside" not in values else ["--model=base", "--model=tuned"]
    return ["evaluate", *options, *names]


def _describe(models: Sequence[ModelSettings]) -> str:
    """The models with their limits, such as `gpt (at most $2), small`."""
    return ", ".join(f"{model.name}{f' ({_limit(model)})' if model.base_url else ''}" for model in models)


def _limit(model: ModelSettings) -> str:
    limits = [f"at most ${model.max_usd:g}"] if model.max_usd else []
    limits += [f"at most {model.max_calls:,} calls"] if model.max_calls else []
    return " and ".join(limits) or "on this machine"
