"""The form that starts teaching: an estimate, a limit, and whether to send a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.widgets import Checkbox, Input, Label

from orca_local.domain.settings import TeacherSettings
from orca_local.domain.teach_summary import TeachEstimate
from orca_local.runs.launch import run_command
from orca_local.runs.workspace import Workspace
from orca_local.store.store import Store
from orca_local.views.teach_progress import Spending, load_waiting
from tui.dialogs.start_form import StartForm
from tui.screens.teach.figures import estimate_lines, limits_line
from tui.widgets.ticks import Tick

BATCH = (
    "A batch costs less than this. The run ends as soon as the batch is sent; start a batch again later to collect "
    "the answers."
)


class StartTeach(StartForm):
    """Asks for the options of `orca-local teach`; its answer is the list of them."""

    TITLE = "Ask the teacher"

    def __init__(self, workspace: Workspace, spending: Spending, *, retry_failed: bool = False) -> None:
        """With `retry_failed`, questions that failed for good are asked again."""
        super().__init__()
        self._workspace, self._spending, self._retry_failed = workspace, spending, retry_failed

    def compose_options(self) -> ComposeResult:
        """Fields for the limit and the batch."""
        yield Label("Number of samples (empty: all)")
        yield Input(type="integer", valid_empty=True, id="limit", placeholder="all", compact=True)
        if self._workspace.settings.teacher.takes_batches:
            yield Tick(
                "send as a batch: cheaper, but answers may take up to a day",
                bool(self._spending.waiting),
                id="batch",
                compact=True,
            )

    def answer(self) -> list[str]:
        """The options."""
        return [*self._options, *(["--batch"] if self._in_batch else [])]

    async def estimate(self) -> str:
        """The estimated calls, time and cost of teaching up to the limit."""
        in_batch = self._in_batch
        text = await describe_teach(self._workspace, self._spending, self._options)
        return f"{text}\n{BATCH}" if in_batch else text

    @property
    def _options(self) -> list[str]:
        limit = [] if self._limit is None else ["--limit", str(self._limit)]
        return [*limit, *(["--retry-failed"] if self._retry_failed else [])]

    @property
    def _in_batch(self) -> bool:
        return any(box.value for box in self.query(Checkbox))

    @property
    def _limit(self) -> int | None:
        value = self.query_one(Input).value
        return max(1, int(value)) if value.isdecimal() else None


def load_spending(settings: TeacherSettings) -> Callable[[Store], Spending]:
    """A function that reads what the teacher has cost so far, and how many questions wait in a sent batch."""
    return lambda store: Spending(store.charges.spent(), load_waiting(store, settings))


async def describe_teach(workspace: Workspace, spending: Spending | None, options: Sequence[str] = ()) -> str:
    """The estimated calls, time and cost of `teach`; with `spending`, also the limits on them.

    Raises `OrcaError` if it cannot run.
    """
    # A local teacher is loaded for the estimate: a crash in native code must not end the interface.
    estimate = TeachEstimate.from_dict(await run_command(workspace, ["teach", "--estimate", *options]))
    settings = workspace.settings.teacher
    text = estimate_lines(estimate, settings)
    limits = "" if spending is None else limits_line(settings, spending)
    return f"{text}\n{limits}" if limits else text
