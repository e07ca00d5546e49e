"""A line that says what a run is doing or how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.widgets.live_text import LiveText

if TYPE_CHECKING:
    from orca_local.domain.events import RunFailed
    from orca_local.store.runs import RunRow


@dataclass(frozen=True, slots=True)
class State:
    """A text about a run, and the style that it is shown in."""

    text: str
    style: str = ""
    """"", `good` or `bad`."""


class StateLine(LiveText):
    """Shows a state; the style becomes its CSS class."""

    def show(self, state: State) -> None:
        """Show this state from now on."""
        self.set_text(state.text)
        self.set_classes(state.style)


def failed_state(run: RunRow, failure: RunFailed | None, advice: str, note: str = "") -> State | None:
    """The state of a run that failed, was killed or was stopped; None for other runs.

    `advice` says what to do next, unless `failure` has a hint; `note` follows the first line.
    """
    hint = failure.hint if failure is not None and failure.hint else advice
    return {
        "failed": State(f"✗ run {run.run_id} failed: {run.error}{note}\n→ {hint}", "bad"),
        "dead": State(f"✗ run {run.run_id} crashed or was killed{note}\n→ {advice}", "bad"),
        "interrupted": State(f"■ run {run.run_id} was stopped{note}\n→ {advice}"),
    }.get(run.status)
