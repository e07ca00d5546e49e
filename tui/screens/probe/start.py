"""The form that starts a probe: number of samples, method, and an estimate."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual.app import ComposeResult
from textual.validation import Integer
from textual.widgets import Input, Label, Select

from orca_local.domain.probe_summary import ProbeEstimate
from orca_local.pipeline.pipeline import Pipeline
from orca_local.runs.workspace import Workspace
from orca_local.store.store import Store
from tui.dialogs.start_form import StartForm
from tui.text import duration


class StartProbe(StartForm):
    """Asks for the options of `orca-local probe`; its answer is the list of them."""

    TITLE = "Probe the student"

    def __init__(self, workspace: Workspace, call_store: Callable[..., Awaitable[ProbeEstimate]]) -> None:
        super().__init__()
        self._workspace, self._call_store = workspace, call_store

    def compose_options(self) -> ComposeResult:
        """Fields for samples and method."""
        settings = self._workspace.settings.probe
        yield Label("Samples for each task (0: all)")
        yield Input(str(settings.samples), type="integer", validators=[Integer(minimum=0)])
        yield Label("Method")
        choices = [
            ("race: drop weak strategies early", "race"),
            ("exhaustive: every sample with every strategy", "exhaustive"),
        ]
        yield Select(choices, value=settings.method, allow_blank=False)

    def answer(self) -> list[str] | None:
        """The options; None if the samples are not a number."""
        field = self.query_one(Input)
        if not field.value.isdecimal():
            field.focus()
            return None
        return ["--method", str(self.query_one(Select).value), "--samples", str(int(field.value))]

    async def estimate(self) -> str:
        """Answers, tokens and time that the probe will take."""
        samples, method = self.query_one(Input).value, str(self.query_one(Select).value)
        if not samples.isdecimal():
            return "Enter the number of samples."
        overrides = {"probe": {"samples": int(samples), "method": method}}
        workspace = await asyncio.to_thread(Workspace.open, self._workspace.directory, overrides)
        return await describe_probe(workspace, self._call_store)


async def describe_probe(workspace: Workspace, call_store: Callable[..., Awaitable[ProbeEstimate]]) -> str:
    """Answers, tokens and time that a probe takes, and who is called for them without a limit."""

    def estimate(store: Store) -> ProbeEstimate:
        return Pipeline(workspace, store, offline=True).estimate_probe()

    result = await call_store(estimate)
    answers, engine = result.generations, workspace.settings.engine
    text = (
        f"{result.tasks} tasks: about {answers.expected:,} answers ({answers.min:,} to {answers.max:,}), "
        f"{result.completion_tokens:,} tokens, {duration(result.seconds)}\n{result.basis}"
    )
    if engine.kind != "openai":
        return text
    return (
        f"{text}\nNO LIMIT: each answer is a call to {engine.model or '(engine.model is not set)'} at {engine.base_url}"
    )
