"""Previews of answers as training rows."""

from __future__ import annotations

from functools import cached_property

from orca_local.dataset.review import Preview, preview
from orca_local.models.moved import find_student
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.workspace import Workspace
from orca_local.store.store import Store


class Previews:
    """Renders answers as training rows; opens the student's vocabulary once. Use it in one thread only."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @cached_property
    def _store(self) -> Store:
        return self._workspace.store()

    @cached_property
    def _renderer(self) -> PromptRenderer:
        student = find_student(self._store, self._workspace.settings.student, self._workspace.directory)
        return PromptRenderer(student.weights)

    def load(self, demonstration_id: int) -> Preview:
        """The training row that a demonstration gives now. Raises `InputError` or `MissingError`."""
        row = self._store.demonstrations.get(demonstration_id)
        return preview(self._renderer, self._store, row, self._workspace.settings.dataset.system_message)

    def close(self) -> None:
        """Free the vocabulary and close the store if they were opened."""
        for name in ("_store", "_renderer"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()
