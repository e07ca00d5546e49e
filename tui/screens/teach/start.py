"""The form before the teacher is asked: what it would take, and a limit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.app import ComposeResult
from textual.widgets import Input, Label

from tui.dialogs.start_form import StartForm


class StartTeach(StartForm):
    """Answers with the options of `orca-local teach`."""

    TITLE = "Ask the teacher"

    def __init__(self, estimate: Callable[[int | None], Awaitable[str]]) -> None:
        """`estimate` says in some lines what a limit would take, or raises `OrcaError`."""
        super().__init__()
        self._ask = estimate

    def compose_options(self) -> ComposeResult:
        """The limit."""
        yield Label("At most so many samples (empty: all)")
        yield Input(type="integer", id="limit", placeholder="all")

    def answer(self) -> list[str]:
        """The limit, where there is one."""
        return [] if self._limit is None else ["--limit", str(self._limit)]

    async def estimate(self) -> str:
        """What the limit would take."""
        return await self._ask(self._limit)

    @property
    def _limit(self) -> int | None:
        value = self.query_one(Input).value
        return max(1, int(value)) if value.isdecimal() else None
