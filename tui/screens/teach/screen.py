"""What teaching would take, how it goes, and the answers as they come."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Static

from orca_local.domain.errors import OrcaError
from orca_local.domain.settings import TeacherSettings
from orca_local.runs.launch import ask
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.store.store import Store
from orca_local.views.teach_progress import Standing, standing
from tui.messages import News
from tui.screens.base import WorkspaceScreen
from tui.screens.teach.figures import estimate_lines, standing_lines, teacher_line
from tui.screens.teach.start import StartTeach
from tui.widgets.answer_view import VERDICTS, AnswerView
from tui.widgets.listing import Column, Listing
from tui.widgets.words import Words

SHOWN = 500
"""The newest answers; the dataset screen has them all."""
REASONS = 50
"""Kinds of failures that are listed."""

NEVER = """The teacher has not been asked yet.

g says what it would take, asks for a limit, and starts.

It needs tasks (press 2) and their strategies (press 3)."""
NO_ANSWER = "No answer has come yet."

_Reason = tuple[str, int]


class TeachScreen(WorkspaceScreen):
    """Figures above, answers below."""

    MODE = "teach"
    CSS_PATH = "teach.tcss"
    HELP = (
        "`e` says what teaching would take, `g` starts it after asking for a limit, and whether an endpoint may take "
        "its time, which is cheaper. What was answered is never asked again. `r` asks again what failed for good; "
        "`x` ends the run. Tab leads to failures and texts."
    )
    STAGES = frozenset({"teach"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "estimate", "Estimate"),
        Binding("g", "start", "Start"),
        Binding("r", "retry", "Retry failed"),
        Binding("x", "cancel", "End run"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._standing = Standing(None)

    def compose_body(self) -> ComposeResult:
        """Figures, failures, answers, and the answer under the cursor."""
        with Container(id="figures"):
            yield Words(id="teacher")
            yield Words(id="standing")
            yield Words(id="estimate")
        yield Listing(
            [
                Column[_Reason]("failed", lambda row: f"{row[1]:,}", 6, is_number=True),
                Column[_Reason]("for this reason  (r asks again)", lambda row: row[0]),
            ],
            lambda row: row[0],
            id="failures",
        )
        yield Listing(
            [
                Column[DemonstrationRow]("sample", lambda row: row.sample_id, 20),
                Column[DemonstrationRow]("strategy", lambda row: row.strategy, 22, at_least=70),
                Column[DemonstrationRow]("right", lambda row: VERDICTS[row.verified], 9),
                Column[DemonstrationRow]("newest answers", lambda row: row.text),
            ],
            lambda row: row.demonstration_id,
            id="answers",
        )
        yield AnswerView()
        yield Static(NEVER, classes="empty", id="nothing")

    def on_mount(self) -> None:
        """Who is asked stands in the settings."""
        assert self.orca.workspace is not None
        self.query_one("#teacher", Words).say(teacher_line(self.orca.workspace.settings.teacher))
        self._answers.focus()

    @property
    def _answers(self) -> Listing[DemonstrationRow]:
        return self.query_one("#answers", Listing)

    async def load(self) -> None:
        """Figures and the newest answers."""
        assert self.orca.workspace is not None
        teacher = self.orca.workspace.settings.teacher
        self._standing, rows = await self.ask(lambda store: _read(store, teacher))
        failures: Listing[_Reason] = self.query_one("#failures", Listing)
        failures.show([*self._standing.failures.items()][:REASONS])
        failures.set_class(bool(self._standing.failures), "-some")
        self._answers.show(rows)
        self.query_one("#nothing", Static).update(NO_ANSWER if self._standing.run else NEVER)
        self.set_class(not rows, "-empty")
        self._say_standing()

    def follow(self, news: News) -> None:
        """The time that is left is told with every news, the rest when it has been read."""
        super().follow(news)
        self._say_standing()

    def _say_standing(self) -> None:
        workspace, news = self.orca.workspace, self.orca.news
        assert workspace is not None
        is_ours = news is not None and news.run is not None and news.run.stage == "teach"
        left = news.progress.seconds_left if news is not None and is_ours else None
        lines = standing_lines(self._standing, workspace.settings.teacher, left)
        place = self.query_one("#standing", Words)
        place.say(lines)
        place.display = bool(lines)

    def on_listing_moved(self, event: Listing.Moved) -> None:
        """Another answer is looked at."""
        if event.listing is self._answers:
            self.attempt(self._show_answer, "answer", exclusive=True)

    def action_estimate(self) -> None:
        """Say what teaching would take."""
        self._say_estimate("estimating…")
        self.attempt(self._show_estimate, "estimate", exclusive=True)

    def action_start(self) -> None:
        """Say what it would take, ask for a limit and the way, and start."""
        if not self._can_start():
            return

        def answered(options: list[str] | None) -> None:
            if options is not None:
                self.orca.start_command("teach", *options)

        assert self.orca.workspace is not None
        takes_batches = self.orca.workspace.settings.teacher.takes_batches
        form = StartTeach(self._estimate, takes_batches=takes_batches, waiting=self._standing.waiting)
        self.app.push_screen(form, answered)

    def action_retry(self) -> None:
        """Ask again what failed."""
        if not self._standing.failures:
            self.notify("nothing has failed")
        elif self._can_start():
            self.orca.start_command("teach", "--retry-failed")

    def action_cancel(self) -> None:
        """End the run that goes on."""
        self.orca.cancel_run()

    def _can_start(self) -> bool:
        news = self.orca.news
        if news is not None and news.is_running and news.run is not None:
            self.notify(f"{news.run.stage} is running: wait for it, or end it with x", severity="warning")
            return False
        return True

    async def _show_answer(self) -> None:
        row, view = self._answers.current, self.query_one(AnswerView)
        if row is None:
            view.clear()
            return
        sample = await self.ask(lambda store: store.samples.get(row.sample_id))
        view.show(row, sample)

    async def _show_estimate(self) -> None:
        try:
            self._say_estimate("would take " + await self._estimate(None))
        except OrcaError:
            self._say_estimate("")
            raise

    def _say_estimate(self, said: str) -> None:
        place = self.query_one("#estimate", Words)
        place.say(said)
        place.display = bool(said)

    async def _estimate(self, limit: int | None) -> str:
        workspace = self.orca.workspace
        assert workspace is not None
        # In a process of its own: a teacher on this machine is loaded for it, in native code.
        options = [] if limit is None else ["--limit", str(limit)]
        found = await ask(workspace, ["teach", "--estimate", *options])
        return estimate_lines(found, workspace.settings.teacher)


def _read(store: Store, teacher: TeacherSettings) -> tuple[Standing, list[DemonstrationRow]]:
    return standing(store, teacher), store.demonstrations.newest(SHOWN)
