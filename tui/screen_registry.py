"""The table of screens: to add one, write `tui/screens/NAME/screen.py` and add a line here.

A screen without a digit is opened from the command palette (ctrl+p) or by a click on its title. Give it a key such as
`f2` if it needs one: letters belong to the screens themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from textual.screen import Screen


@dataclass(frozen=True, slots=True)
class ScreenEntry:
    """One screen."""

    mode: str
    """Its name in the program, as `switch_mode` takes it."""
    key: str
    """The key that opens it; empty if it has none."""
    title: str
    """Its title in the navigation line and the command palette."""
    module: str
    """The module with its class, imported when the screen is first opened."""
    class_name: str
    needs_workspace: bool = True
    """False if it can be shown before there is a workspace."""

    def make(self) -> Screen[None]:
        """Return a new instance of the screen."""
        screen: Screen[None] = getattr(import_module(self.module), self.class_name)()
        return screen


SCREENS = {
    entry.mode: entry
    for entry in (
        ScreenEntry("home", "1", "Home", "tui.screens.home.screen", "HomeScreen", needs_workspace=False),
        ScreenEntry("tasks", "2", "Tasks", "tui.screens.tasks.screen", "TasksScreen"),
        ScreenEntry("probe", "3", "Probe", "tui.screens.probe.screen", "ProbeScreen"),
        ScreenEntry("teach", "4", "Teach", "tui.screens.teach.screen", "TeachScreen"),
        ScreenEntry("dataset", "5", "Dataset", "tui.screens.dataset.screen", "DatasetScreen"),
        ScreenEntry("train", "6", "Train", "tui.screens.train.screen", "TrainScreen"),
        ScreenEntry("export", "7", "Export", "tui.screens.export.screen", "ExportScreen"),
        ScreenEntry("chat", "8", "Chat", "tui.screens.chat.screen", "ChatScreen"),
        ScreenEntry("models", "9", "Models", "tui.screens.models.screen", "ModelsScreen", needs_workspace=False),
        ScreenEntry("runs", "0", "Runs", "tui.screens.runs.screen", "RunsScreen"),
    )
}
