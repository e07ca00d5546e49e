"""The dialog for the model of a column: model, strategy, maximum length and temperature."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label, Select, Static

from orca_local.chat.transcript import Setup
from tui.dialogs.form import Form

NO_STRATEGY = "none (as in training)"


class SetupDialog(Form[Setup]):
    """Returns the new settings of a column."""

    DEFAULT_CSS = """
    SetupDialog {
      .setting { height: 1; margin-bottom: 1; }
      Label { width: 18; }
      Input, Select { width: 1fr; }
      #problem { color: $error; height: auto; }
    }
    """
    TITLE = "Model of this column"

    def __init__(self, setup: Setup, models: Sequence[str], strategies: Sequence[str]) -> None:
        super().__init__()
        self._setup = setup
        self._models = list(dict.fromkeys(["base", "tuned", *models]))
        self._strategies = list(strategies)

    def compose_fields(self) -> ComposeResult:
        """Yield a line for each setting."""
        setup = self._setup
        is_file = setup.model not in self._models
        with Horizontal(classes="setting"):
            yield Label("model")
            chosen = self._models[0] if is_file else setup.model
            names = [(name, name) for name in self._models]
            yield Select(names, value=chosen, allow_blank=False, id="model", compact=True)
        with Horizontal(classes="setting"):
            yield Label("or a GGUF file")
            yield Input(setup.model if is_file else "", placeholder="path", id="file", compact=True)
        with Horizontal(classes="setting"):
            yield Label("strategy")
            names = [(NO_STRATEGY, ""), *((name, name) for name in self._strategies)]
            strategy = setup.strategy if setup.strategy in self._strategies else ""
            yield Select(names, value=strategy, allow_blank=False, id="strategy", compact=True)
        with Horizontal(classes="setting"):
            yield Label("max_tokens")
            yield Input(str(setup.max_tokens), type="integer", id="max-tokens", compact=True)
        with Horizontal(classes="setting"):
            yield Label("temperature")
            yield Input(f"{setup.temperature:g}", type="number", id="temperature", compact=True)
        yield Static("", id="problem")

    def answer(self) -> Setup | None:
        """Return the settings; if a number is out of bounds, say so and return None."""
        file = self.query_one("#file", Input).value.strip()
        model = str(Path(file).expanduser()) if file else str(self.query_one("#model", Select).value)
        strategy = str(self.query_one("#strategy", Select).value)
        try:
            max_tokens = int(self.query_one("#max-tokens", Input).value)
            temperature = float(self.query_one("#temperature", Input).value)
        except ValueError:
            max_tokens, temperature = 0, math.nan
        if max_tokens < 1 or not 0 <= temperature < math.inf:
            problem = "max_tokens must be a whole number of at least 1, temperature a number of at least 0"
            self.query_one("#problem", Static).update(problem)
            return None
        return Setup(model, strategy, max_tokens, temperature)
