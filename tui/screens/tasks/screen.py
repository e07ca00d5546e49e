"""All tasks, filtered and sorted; samples of the one under the cursor; the way to import more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import Input, Static

from orca_local.domain.errors import OrcaError
from orca_local.store.store import Store
from tui.messages import News
from tui.screens.base import WorkspaceScreen
from tui.screens.tasks.importing import import_tasks, report
from tui.screens.tasks.order import COLUMNS, ListedTask, arranged, columns
from tui.screens.tasks.samples import GLANCE, READING, counted, read_samples, samples_text
from tui.text import one_line, plain
from tui.widgets.listing import Listing
from tui.widgets.text_view import TextView

WIDE = 120
"""From this width on, samples stand beside the tasks."""
NONE = """There are no tasks yet.

a   Import a JSON Lines file: one sample a line, with
    id, task, prompt, answer and kind.

The starter brings tasks and worked answers with it: start
orca-local without a workspace and press s there, or run
`orca-local quickstart DIR`."""


class TasksScreen(WorkspaceScreen):
    """A table of tasks, and what they consist of."""

    MODE = "tasks"
    CSS_PATH = "tasks.tcss"
    AUTO_FOCUS = "#tasks"
    HELP = (
        "The tasks of this workspace and how their samples are divided. `a` imports a JSON Lines file, `/` filters by "
        "name, kind and strategy, `o` sorts by the next column, Enter reads samples and Escape comes back."
    )
    STAGES = frozenset({"probe"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "import", "Import"),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("o", "sort", "Sort"),
        Binding("enter", "read", "Samples", key_display="⏎"),
        Binding("escape", "back", "Back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._tasks: list[ListedTask] = []
        self._column = COLUMNS[0]
        self._is_importing = False

    def compose_body(self) -> ComposeResult:
        """Tasks, samples; or what to do where there are none."""
        with Container(id="split"):
            with Vertical(id="list"):
                yield Input(placeholder="words of the name, kind or strategy", id="filter", select_on_focus=False)
                yield Listing(columns(self._column, 0), lambda task: task.count.task, id="tasks")
                yield Static("", id="count")
            yield TextView(id="samples")
        with Container(id="none"):
            yield Static("", markup=False)

    def on_mount(self) -> None:
        """The table has the keys."""
        self._listing.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that mean something here and now."""
        if action in ("filter", "sort", "read"):
            return bool(self._tasks) and not self.has_class("-reading")
        if action == "back":
            return self.has_class("-reading") or self.has_class("-filtering")
        return True

    async def load(self) -> None:
        """The tasks; where nothing has changed, nothing is drawn."""
        tasks = await self.ask(_read)
        self.set_class(not tasks, "-none")
        self.query_one("#none Static", Static).update(NONE)
        if tasks != self._tasks:
            self._tasks = tasks
            self._arrange()
        if tasks and self.focused is None:
            self._listing.focus()
        self.refresh_bindings()

    def follow(self, news: News) -> None:
        """Choices are made by runs; tasks may be added by anybody."""
        if not news.is_running:
            self.load_soon()
        super().follow(news)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while it is typed."""
        self._arrange(to_first=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter, and move among what it leaves."""
        self._listing.focus()

    def on_listing_moved(self, event: Listing.Moved) -> None:
        """Show some samples of the task."""
        self._read_soon()

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Read its samples."""
        self.action_read()

    def on_resize(self, event: events.Resize) -> None:
        """Beside each other where there is room."""
        self.set_class(event.size.width >= WIDE, "-wide")
        self.call_after_refresh(self._arrange)

    def action_import(self) -> None:
        """Ask for a file and add it; one at a time."""
        if self._is_importing:
            self.notify("a file is being imported", severity="warning")
        else:
            self.attempt(self._import, "import", exclusive=True)

    def action_filter(self) -> None:
        """Type what is looked for."""
        self.add_class("-filtering")
        self.query_one(Input).focus()
        self.refresh_bindings()

    def action_sort(self) -> None:
        """By the next column."""
        self._column = COLUMNS[(COLUMNS.index(self._column) + 1) % len(COLUMNS)]
        self._arrange()

    def action_read(self) -> None:
        """Only the samples, and more of them."""
        if self._listing.current is not None:
            self.add_class("-reading")
            self.query_one(TextView).focus()
            self.refresh_bindings()
            self._read_soon()

    def action_back(self) -> None:
        """Back to the tasks; then without a filter."""
        if self.has_class("-reading"):
            self.remove_class("-reading")
            self._read_soon()
        else:
            self.remove_class("-filtering")
            self.query_one(Input).value = ""
        self._listing.focus()
        self.refresh_bindings()

    async def _import(self) -> None:
        self._is_importing = True
        try:
            added = await import_tasks(self.orca)
        except OrcaError as error:
            self.orca.show_error(error)
            return
        finally:
            self._is_importing = False
        if added is not None:
            self.notify(report(added))
            self.load_now()

    @property
    def _listing(self) -> Listing[ListedTask]:
        return self.query_one("#tasks", Listing)

    def _arrange(self, *, to_first: bool = False) -> None:
        listing = self._listing
        tasks = arranged(self._tasks, self.query_one(Input).value, self._column)
        listing.show(tasks, columns(self._column, listing.size.width), to_first=to_first)
        self.query_one("#count", Static).update(self._count(tasks))

    def _count(self, seen: Sequence[ListedTask]) -> str:
        samples = sum(t.count.probe + t.count.train + t.count.holdout for t in seen)
        total, left = len(self._tasks), len(seen)
        tasks = "1 task" if total == 1 else f"{total:,} tasks"
        if left < total:
            tasks = f"{left:,} of {tasks}" if left else f"none of {tasks}: Escape leaves the filter"
        return f"{tasks} · {samples:,} samples" if left else tasks

    def _read_soon(self) -> None:
        self.attempt(self._read_samples, "samples", exclusive=True)

    async def _read_samples(self) -> None:
        task = self._listing.current
        if task is None:
            self._show_samples("", "")
            return
        name = task.count.task
        per_split, characters = READING if self.has_class("-reading") else GLANCE
        try:
            samples = await self.ask(lambda store: read_samples(store, name, per_split))
        except OrcaError as error:
            self.orca.show_error(error)
            return
        title = f"{one_line(name, 60).plain} · {counted(samples, task.count)}"
        if task.strategy:
            title += f" · {one_line(task.strategy, 40).plain}{', chosen by hand' if task.is_by_hand else ''}"
        self._show_samples(title, samples_text(samples, characters))

    def _show_samples(self, title: str, text: str) -> None:
        view = self.query_one(TextView)
        view.border_title = plain(title)
        view.show(text)


def _read(store: Store) -> list[ListedTask]:
    selections = store.selections.current()
    return [ListedTask.of(count, selections.get(count.task)) for count in store.samples.tasks()]
