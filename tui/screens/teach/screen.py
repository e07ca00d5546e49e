"""The teacher: an estimate, the progress of a run, and the newest answers."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Static

from orca_local.domain.errors import OrcaError
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.views.teach_progress import TeachProgress, load_teach_progress
from tui.messages import RunNews
from tui.screens.base import WorkspaceScreen
from tui.screens.teach.figures import progress_lines, teacher_line
from tui.screens.teach.start import StartTeach, describe_teach, load_spending
from tui.widgets.answer_view import AnswerView, verdict_mark
from tui.widgets.listing import Column, Listing
from tui.widgets.live_text import LiveText

MAX_ANSWERS = 500
"""Number of newest answers in the list; the dataset screen has all."""
MAX_REASONS = 50
"""Number of reasons for failures in the list."""

NEVER = """The teacher has not been asked yet.

Press g to see what it would take, set a limit, and start.

It needs tasks (press 2) and a strategy for each (press 3)."""
NO_ANSWER = "No answers yet."

_Reason = tuple[str, int]


class TeachScreen(WorkspaceScreen):
    """Progress above, answers below."""

    CSS_PATH = "teach.tcss"
    HELP = (
        "`e` estimates calls, time and cost. `g` asks for a limit and starts; some endpoints are cheaper if they may "
        "answer later, in a batch. An answered question is never asked again. `r` asks the failed ones again, `x` "
        "stops the run. Tab moves to the failures and to the texts."
    )
    STAGES = frozenset({"teach"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "estimate", "Estimate"),
        Binding("g", "start", "Start"),
        Binding("r", "retry", "Retry failed"),
        Binding("x", "cancel", "Stop run"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._progress = TeachProgress(None)

    def compose_body(self) -> ComposeResult:
        """Progress, failures, answers, and the answer under the cursor."""
        with Container(id="figures"):
            yield LiveText(id="teacher")
            yield LiveText(id="progress")
            yield LiveText(id="estimate")
        yield Listing(
            [
                Column[_Reason]("failed", lambda row: f"{row[1]:,}", 6, is_number=True),
                Column[_Reason]("reason  (r asks again)", lambda row: row[0]),
            ],
            lambda row: row[0],
            id="failures",
        )
        yield Listing(
            [
                Column[DemonstrationRow]("sample", lambda row: row.sample_id, 20),
                Column[DemonstrationRow]("strategy", lambda row: row.strategy, 22, min_list_width=70),
                Column[DemonstrationRow]("reference", lambda row: verdict_mark(row), 11),
                Column[DemonstrationRow]("newest answers", lambda row: row.text),
            ],
            lambda row: row.demonstration_id,
            id="answers",
        )
        yield AnswerView()
        yield Static(NEVER, classes="empty", id="nothing")

    def on_mount(self) -> None:
        """Show which teacher the settings name."""
        self.query_one("#teacher", LiveText).set_text(teacher_line(self.workspace.settings.teacher))
        self._answers.focus()

    @property
    def _answers(self) -> Listing[DemonstrationRow]:
        return self.query_one("#answers", Listing)

    async def load(self) -> None:
        """Show the progress and the newest answers."""
        teacher = self.workspace.settings.teacher
        self._progress, rows = await self.call_store(
            lambda store: (load_teach_progress(store, teacher), store.demonstrations.newest(MAX_ANSWERS))
        )
        failures: Listing[_Reason] = self.query_one("#failures", Listing)
        failures.show([*self._progress.failures.items()][:MAX_REASONS])
        failures.set_class(bool(self._progress.failures), "-some")
        self._answers.show(rows)
        self.query_one("#nothing", Static).update(NO_ANSWER if self._progress.run else NEVER)
        self.set_class(not rows, "-empty")
        self._show_progress()

    def follow(self, news: RunNews) -> None:
        """Update the remaining time after every event."""
        super().follow(news)
        self._show_progress()

    def _show_progress(self) -> None:
        news = self.orca.news
        is_ours = news is not None and news.run is not None and news.run.stage == "teach"
        left = news.progress.seconds_left if news is not None and is_ours else None
        lines = progress_lines(self._progress, self.workspace.settings.teacher, left)
        shown = self.query_one("#progress", LiveText)
        shown.set_text(lines)
        shown.display = bool(lines)

    def on_listing_moved(self, event: Listing.Moved) -> None:
        """Show the answer under the cursor."""
        if event.listing is self._answers:
            self.attempt(self._show_answer, "answer", exclusive=True)

    def action_estimate(self) -> None:
        """Show the estimated calls, time and cost of teaching."""
        self._set_estimate("estimating…")
        self.attempt(self._show_estimate, "estimate", exclusive=True)

    def action_start(self) -> None:
        """Show the estimate, ask for a limit, and start."""
        if self.can_start():
            self.attempt(partial(self._ask_to_start, retry_failed=False), "start", exclusive=True, holds_keys=True)

    def action_retry(self) -> None:
        """Ask the failed questions again, with the same form."""
        if not self._progress.failures:
            self.notify("no call has failed")
        elif self.can_start():
            self.attempt(partial(self._ask_to_start, retry_failed=True), "start", exclusive=True, holds_keys=True)

    async def _ask_to_start(self, *, retry_failed: bool) -> None:
        workspace = await self.orca.reload_workspace()
        if workspace is None:
            return
        spending = await self.call_store(load_spending(workspace.settings.teacher))
        form = StartTeach(workspace, spending, retry_failed=retry_failed)
        self.orca.ask(form, lambda options: self.orca.start_command("teach", *options))

    async def _show_answer(self) -> None:
        row, view = self._answers.current, self.query_one(AnswerView)
        if row is None:
            view.clear()
            return
        sample = await self.call_store(lambda store: store.samples.get(row.sample_id))
        view.show(row, sample)

    async def _show_estimate(self) -> None:
        try:
            self._set_estimate("estimate: " + await describe_teach(self.workspace, None))
        except OrcaError:
            self._set_estimate("")
            raise

    def _set_estimate(self, text: str) -> None:
        shown = self.query_one("#estimate", LiveText)
        shown.set_text(text)
        shown.display = bool(text)
