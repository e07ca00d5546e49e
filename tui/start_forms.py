"""The forms through which every command that may call an endpoint is started, wherever its key or entry is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from orca_local.domain.settings import Settings

if TYPE_CHECKING:
    from orca_local.runs.workspace import Workspace
    from tui.dialogs.start_form import StartForm

CallStore = Callable[..., Awaitable[Any]]


def calls_endpoint(settings: Settings, command: str) -> bool:
    """Whether a command sends calls that may cost money."""
    teaches = command in ("teach", "run") and settings.teacher.kind == "openai"
    return teaches or (command in ("probe", "run") and settings.engine.kind == "openai")


async def make_start_form(workspace: Workspace, call_store: CallStore, command: str) -> StartForm:
    """The form that starts `teach`, `probe` or `run`."""
    # Imported here: the interface appears before it can start anything.
    from tui.screens.home.start import StartRun
    from tui.screens.probe.start import StartProbe
    from tui.screens.teach.start import StartTeach, load_spending

    match command:
        case "probe":
            return StartProbe(workspace, call_store)
        case "run":
            return StartRun(workspace, call_store)
        case _:
            return StartTeach(workspace, await call_store(load_spending(workspace.settings.teacher)))
