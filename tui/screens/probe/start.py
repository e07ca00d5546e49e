"""The form before a probe: how many samples, by which method, and what that will take."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.validation import Integer
from textual.widgets import Input, Label, Select

from orca_local.pipeline.pipeline import Pipeline
from orca_local.runs.workspace import Workspace
from orca_local.store.store import Store
from tui.dialogs.start_form import StartForm
from tui.store_reader import Reading
from tui.text import duration


class StartProbe(StartForm):
    """Answers with the options of `orca-local probe`."""

    TITLE = "Probe the student"

    def __init__(self, workspace: Workspace, reading: Reading) -> None:
        super().__init__()
        self._workspace, self._reading = workspace, reading

    def compose_options(self) -> ComposeResult:
        """Samples and method."""
        settings = self._workspace.settings.probe
        yield Label("Samples a task at most (0: all)")
        yield Input(str(settings.samples), type="integer", validators=[Integer(minimum=0)])
        yield Label("Method")
        choices = [("race: weak strategies leave early", "race"), ("exhaustive: every answer", "exhaustive")]
        yield Select(choices, value=settings.method, allow_blank=False)

    def answer(self) -> list[str] | None:
        """Both, where the samples are a number."""
        field = self.query_one(Input)
        if not field.value.isdecimal():
            field.focus()
            return None
        return ["--method", str(self.query_one(Select).value), "--samples", str(int(field.value))]

    async def estimate(self) -> str:
        """Answers, tokens, time."""
        samples, method = self.query_one(Input).value, str(self.query_one(Select).value)
        if not samples.isdecimal():
            return "How many samples?"
        overrides = {"probe": {"samples": int(samples), "method": method}}
        workspace = Workspace.open(self._workspace.directory, overrides=overrides)

        def estimate(store: Store) -> dict[str, Any]:
            return Pipeline(workspace, store, offline=True, on_event=lambda event: None).estimate_probe()

        found = await self._reading.ask(estimate)
        answers = found["generations"]
        return (
            f"{found['tasks']} tasks: about {answers['expected']:,} answers ({answers['least']:,} to "
            f"{answers['most']:,}), {found['completion_tokens']:,} tokens, {duration(found['seconds'])}; "
            f"{found['basis']}"
        )
