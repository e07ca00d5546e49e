"""The form before the teacher is asked: what it would take, a limit, and whether it may take its time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.app import ComposeResult
from textual.widgets import Checkbox, Input, Label

from tui.dialogs.start_form import StartForm
from tui.widgets.ticks import Tick

BATCH = "A batch costs less than this. It is sent, and the run ends; ask in a batch again later to collect the answers."


class StartTeach(StartForm):
    """Answers with the options of `orca-local teach`."""

    TITLE = "Ask the teacher"

    def __init__(
        self, estimate: Callable[[int | None], Awaitable[str]], *, takes_batches: bool = False, waiting: int = 0
    ) -> None:
        """`estimate` says in some lines what a limit would take, or raises `OrcaError`; `waiting` questions are in a
        batch that is not collected yet."""
        super().__init__()
        self._ask, self._takes_batches, self._waiting = estimate, takes_batches, waiting

    def compose_options(self) -> ComposeResult:
        """The limit, and the way."""
        yield Label("At most so many samples (empty: all)")
        yield Input(type="integer", valid_empty=True, id="limit", placeholder="all", compact=True)
        if self._takes_batches:
            said = "in a batch: cheaper, but answers may take up to a day"
            yield Tick(said, bool(self._waiting), id="batch", compact=True)

    def answer(self) -> list[str]:
        """The limit, where there is one, and whether it goes as a batch."""
        limit = [] if self._limit is None else ["--limit", str(self._limit)]
        return [*limit, *(["--batch"] if self._in_batch else [])]

    async def estimate(self) -> str:
        """What the limit would take."""
        in_batch = self._in_batch
        found = await self._ask(self._limit)
        return f"{found}\n{BATCH}" if in_batch else found

    def on_checkbox_changed(self, event: Checkbox.Changed) -> None:
        """Another way, another estimate."""
        self._estimate_soon()

    @property
    def _in_batch(self) -> bool:
        return any(box.value for box in self.query(Checkbox))

    @property
    def _limit(self) -> int | None:
        value = self.query_one(Input).value
        return max(1, int(value)) if value.isdecimal() else None
