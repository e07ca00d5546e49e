"""The screens: mode → key and title. Each lives in `tui/screens/MODE/screen.py`, and is loaded when first seen."""

from __future__ import annotations

SCREENS: dict[str, tuple[str, str]] = {
    "home": ("1", "Home"),
    "tasks": ("2", "Tasks"),
    "probe": ("3", "Probe"),
    "teach": ("4", "Teach"),
    "dataset": ("5", "Dataset"),
    "train": ("6", "Train"),
    "export": ("7", "Export"),
    "chat": ("8", "Chat"),
    "models": ("9", "Models"),
    "runs": ("0", "Runs"),
}
WITHOUT_WORKSPACE = frozenset({"home", "models"})
"""Those that have something to show before there is a workspace."""
