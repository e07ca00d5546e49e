"""The dialog for the model of a column: model, strategy, maximum length and temperature."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from orca_local.chat.transcript import Setup
from tui.dialogs.fields import Field, FieldsDialog, Values

NO_STRATEGY = "none (as in training)"


class SetupDialog(FieldsDialog):
    """Returns the new settings of a column, which `setup_of` reads."""

    DEFAULT_CSS = "SetupDialog .field { margin-bottom: 1; }"
    AUTO_FOCUS = "*"

    def __init__(self, setup: Setup, models: Sequence[str], strategies: Sequence[str]) -> None:
        models = list(dict.fromkeys(["base", "tuned", *models]))
        is_file = setup.model not in models
        strategy = setup.strategy if setup.strategy in strategies else NO_STRATEGY
        fields = [
            Field("model", "model", models[0] if is_file else setup.model, tuple(models)),
            Field("file", "or a GGUF file", setup.model if is_file else "", placeholder="path"),
            Field("strategy", "strategy", strategy, (NO_STRATEGY, *strategies)),
            Field("max-tokens", "max_tokens", str(setup.max_tokens), type="integer"),
            Field("temperature", "temperature", f"{setup.temperature:g}", type="number"),
        ]
        super().__init__("Model of this column", "", fields, yes="OK", check=_problem)


def setup_of(values: Values) -> Setup:
    """The settings that the values of the dialog give. Raises `ValueError` where a number is none."""
    file = values["file"].strip()
    model = str(Path(file).expanduser()) if file else values["model"]
    strategy = "" if values["strategy"] == NO_STRATEGY else values["strategy"]
    return Setup(model, strategy, int(values["max-tokens"]), float(values["temperature"]))


def _problem(values: Values) -> str:
    try:
        setup = setup_of(values)
        is_valid = setup.max_tokens >= 1 and 0 <= setup.temperature < math.inf
    except ValueError:
        is_valid = False
    return "" if is_valid else "max_tokens must be a whole number of at least 1, temperature a number of at least 0"
