"""The Tasks screen: all tasks with their samples, and the import of more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import Input, Static

from orca_local.store.store import Store
from orca_local.tasks.import_request import ImportRequest
from tui.messages import RunNews
from tui.screens.base import WorkspaceScreen
from tui.screens.tasks.importing import import_tasks, report
from tui.screens.tasks.order import COLUMNS, ListedTask, columns, filter_and_sort
from tui.screens.tasks.samples import FULL, PREVIEW, read_samples, sample_count, samples_text
from tui.screens.tasks.source_picker import SourcePicker
from tui.text import one_line, plain
from tui.widgets.listing import Listing
from tui.widgets.text_view import TextView

WIDE = 120
"""Width from which the samples are shown beside the tasks, not below."""
NO_TASKS = """There are no tasks yet.

a   Import a file (JSON, CSV, Parquet, chats) or a dataset
    of the hub. You see its first rows, and say which
    column is what.

To try orca-local with ready tasks and answers, run
`orca-local quickstart DIR`."""


class TasksScreen(WorkspaceScreen):
    """A list of tasks, and samples of the task under the cursor."""

    CSS_PATH = "tasks.tcss"
    AUTO_FOCUS = "#tasks"
    HELP = (
        "The tasks of this workspace, with the number of samples in each split. `a` imports a file or a dataset of the "
        "hub, `/` filters by name, kind and strategy, `o` sorts by the next column, Enter shows the samples, Esc goes "
        "back."
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
        """Yield tasks and samples, and what to do if there are none."""
        with Container(id="split"):
            with Vertical(id="list"):
                yield Input(placeholder="words in the name, kind or strategy", id="filter", select_on_focus=False)
                yield Listing(columns(self._column, 0), lambda task: task.count.task, id="tasks")
                yield Static("", id="count")
            yield TextView(id="samples")
        with Container(id="none"):
            yield Static("", markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the keys that have an effect now."""
        if action in ("filter", "sort", "read"):
            return bool(self._tasks) and not self.has_class("-reading")
        if action == "back":
            return self.has_class("-reading") or self.has_class("-filtering")
        return True

    async def load(self) -> None:
        """Load the tasks; draw them only if they have changed."""
        tasks = await self.call_store(_read)
        self.set_class(not tasks, "-none")
        self.query_one("#none Static", Static).update(NO_TASKS)
        if tasks != self._tasks:
            self._tasks = tasks
            self._update_list()
        if tasks and self.focused is None:
            self.set_focus(self._listing)
        self.refresh_bindings()

    def follow(self, news: RunNews) -> None:
        """Reload also when nothing runs: tasks may be added by any program."""
        if not news.is_running:
            self.load_soon()
        super().follow(news)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Apply the filter as it is typed."""
        self._update_list(to_first=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter and go to the list."""
        self.set_focus(self._listing)

    def on_listing_moved(self, event: Listing.Moved) -> None:
        """Show samples of the task under the cursor."""
        self._read_soon()

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Show the samples of the task on the whole screen."""
        self.action_read()

    def on_resize(self, event: events.Resize) -> None:
        """Show tasks and samples side by side where there is room."""
        self.set_class(event.size.width >= WIDE, "-wide")
        self.call_after_refresh(self._update_list)

    def action_import(self) -> None:
        """Ask for a file and import it; one at a time."""
        if self._is_importing:
            self.notify("wait: a file is being imported", severity="warning")
        else:
            self.app.push_screen(SourcePicker(self.orca.directory), self._picked)

    def action_filter(self) -> None:
        """Open the filter field."""
        self.add_class("-filtering")
        self.set_focus(self.query_one(Input))
        self.refresh_bindings()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._column = COLUMNS[(COLUMNS.index(self._column) + 1) % len(COLUMNS)]
        self._update_list()

    def action_read(self) -> None:
        """Show only samples, and more of them."""
        if self._listing.current is not None:
            self.add_class("-reading")
            self.set_focus(self.query_one(TextView))
            self.refresh_bindings()
            self._read_soon()

    def action_back(self) -> None:
        """Go back to the tasks, or end the filter."""
        if self.has_class("-reading"):
            self.remove_class("-reading")
            self._read_soon()
        else:
            self.remove_class("-filtering")
            self.query_one(Input).value = ""
        self.set_focus(self._listing)
        self.refresh_bindings()

    def _picked(self, path: Path | None) -> None:
        from tui.screens.tasks.import_dialog import ImportDialog

        if path is not None:
            self.orca.ask(ImportDialog(path), partial(self._start_import, path))

    def _start_import(self, path: Path, request: ImportRequest) -> None:
        self._is_importing = True
        self.attempt(partial(self._import, path, request), "import")

    async def _import(self, path: Path, request: ImportRequest) -> None:
        try:
            added = await import_tasks(self.orca, path, request)
        finally:
            self._is_importing = False
        if added is not None:
            self.notify(report(added), markup=False)
            self.load_now()

    @property
    def _listing(self) -> Listing[ListedTask]:
        return self.query_one("#tasks", Listing)

    def _update_list(self, *, to_first: bool = False) -> None:
        listing = self._listing
        tasks = filter_and_sort(self._tasks, self.query_one(Input).value, self._column)
        listing.show(tasks, columns(self._column, listing.size.width), to_first=to_first)
        self.query_one("#count", Static).update(self._count(tasks))

    def _count(self, shown: Sequence[ListedTask]) -> str:
        samples = sum(t.count.probe + t.count.train + t.count.holdout for t in shown)
        total, count = len(self._tasks), len(shown)
        tasks = "1 task" if total == 1 else f"{total:,} tasks"
        if count < total:
            tasks = f"{count:,} of {tasks}" if count else f"none of {tasks}, Esc: end the filter"
        return f"{tasks} · {samples:,} samples" if count else tasks

    def _read_soon(self) -> None:
        self.attempt(self._read_samples, "samples", exclusive=True)

    async def _read_samples(self) -> None:
        task = self._listing.current
        if task is None:
            self._show_samples("", "")
            return
        name = task.count.task
        per_split, characters = FULL if self.has_class("-reading") else PREVIEW
        samples = await self.call_store(lambda store: read_samples(store, name, per_split))
        title = f"{one_line(name, 60).plain} · {sample_count(samples, task.count)}"
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
