"""The form that starts all stages where some of them call an endpoint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import ComposeResult
from textual.widgets import Static

from orca_local.runs.workspace import Workspace
from tui.dialogs.start_form import StartForm
from tui.screens.probe.start import describe_probe
from tui.screens.teach.start import describe_teach, load_spending


class StartRun(StartForm):
    """Shows what `orca-local run` will take; its answer is the empty list of options."""

    TITLE = "Run all stages"

    def __init__(self, workspace: Workspace, call_store: Callable[..., Awaitable[Any]]) -> None:
        super().__init__()
        self._workspace, self._call_store = workspace, call_store

    def compose_options(self) -> ComposeResult:
        """No options, only what will happen."""
        yield Static("Probe, teach, dataset, train, export and evaluate, one after another.\nFinished work stays.")

    def answer(self) -> list[str]:
        """No options."""
        return []

    async def estimate(self) -> str:
        """What the stages that call an endpoint will take. The teacher cannot be estimated before the probe."""
        settings, parts = self._workspace.settings, []
        if settings.engine.kind == "openai":
            parts.append(await describe_probe(self._workspace, self._call_store))
        if settings.teacher.kind == "openai":
            spending = await self._call_store(load_spending(settings.teacher))
            parts.append(await describe_teach(self._workspace, spending))
        return "\n\n".join(parts)
