"""The form that starts teaching: an estimate, a limit, and whether to send a batch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.app import ComposeResult
from textual.widgets import Checkbox, Input, Label

from tui.dialogs.start_form import StartForm
from tui.widgets.ticks import Tick

BATCH = (
    "A batch costs less than this. The run ends as soon as the batch is sent; start a batch again later to collect "
    "the answers."
)


class StartTeach(StartForm):
    """Asks for the options of `orca-local teach`; its answer is the list of them."""

    TITLE = "Ask the teacher"

    def __init__(
        self, estimate: Callable[[int | None], Awaitable[str]], *, takes_batches: bool = False, waiting: int = 0
    ) -> None:
        """`estimate` describes what teaching up to a limit would take; `waiting` questions wait in a sent batch."""
        super().__init__()
        self._ask, self._takes_batches, self._waiting = estimate, takes_batches, waiting

    def compose_options(self) -> ComposeResult:
        """Fields for the limit and the batch."""
        yield Label("Number of samples (empty: all)")
        yield Input(type="integer", valid_empty=True, id="limit", placeholder="all", compact=True)
        if self._takes_batches:
            yield Tick(
                "send as a batch: cheaper, but answers may take up to a day",
                bool(self._waiting),
                id="batch",
                compact=True,
            )

    def answer(self) -> list[str]:
        """The options."""
        limit = [] if self._limit is None else ["--limit", str(self._limit)]
        return [*limit, *(["--batch"] if self._in_batch else [])]

    async def estimate(self) -> str:
        """The estimated calls, time and cost of teaching up to the limit."""
        in_batch = self._in_batch
        text = await self._ask(self._limit)
        return f"{text}\n{BATCH}" if in_batch else text

    def on_checkbox_changed(self, event: Checkbox.Changed) -> None:
        """Estimate again."""
        self._estimate_soon()

    @property
    def _in_batch(self) -> bool:
        return any(box.value for box in self.query(Checkbox))

    @property
    def _limit(self) -> int | None:
        value = self.query_one(Input).value
        return max(1, int(value)) if value.isdecimal() else None
