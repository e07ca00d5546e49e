"""Export and evaluation: types to choose, the test as it is ticked off, files, base and tuned side by side."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets.selection_list import Selection

from orca_local.domain.errors import OrcaError
from orca_local.evaluate.report import render_report, write_report
from orca_local.store.store import Store
from orca_local.views.export import (
    Choice,
    EvaluationView,
    ExportView,
    evaluation_view,
    export_choices,
    export_view,
)
from tui.dialogs.fields import Values
from tui.screens.base import WorkspaceScreen
from tui.screens.export import evaluated, exported
from tui.screens.export.evaluating import evaluate_arguments, evaluate_dialog
from tui.screens.export.exporting import export_arguments, export_dialog
from tui.screens.export.report import ReportScreen
from tui.text import plain
from tui.widgets.lines import Lines
from tui.widgets.ticks import Ticks
from tui.widgets.words import Words

TALL = 36
"""From so many lines on, export and evaluation are seen together."""
REPORT_FILE = "report.md"


class ExportScreen(WorkspaceScreen):
    """Files above, evaluation below, or one of them where the terminal is low."""

    MODE = "export"
    CSS_PATH = "export.tcss"
    STAGES = frozenset({"export", "evaluate"})
    HELP = """Files of the tuned model, the test that each passed, and what they are worth on the holdout samples.

- Space chooses a type; `g` exports what is chosen, or only the adapter.
- `v` evaluates base and tuned; `e` goes from files to results and back.
- `r` shows the report, `o` writes it into the workspace.
- `x` ends the run that goes on."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "export", "Export"),
        Binding("v", "evaluate", "Evaluate"),
        Binding("e", "turn", "Results"),
        Binding("r", "report", "Report"),
        Binding("o", "write", "Save"),
        Binding("x", "cancel", "End"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._export = ExportView()
        self._evaluation = EvaluationView()
        self._choices: list[Choice] = []
        self._labels: list[str] = []
        self._was_evaluating = self._is_reading = False

    def compose_body(self) -> ComposeResult:
        """Types and test, files; results."""
        with Vertical(id="export"):
            yield Words(id="state")
            with Horizontal(id="made"):
                with Vertical(id="left"):
                    yield Words(id="student-problem")
                    yield Ticks[str](id="types", compact=True)
                yield Lines(id="checks")
            yield Lines(id="files")
        with Vertical(id="evaluation"):
            yield Words(id="evaluation-state")
            yield Lines(id="results")

    def load_now(self) -> None:
        """Beside the rest the types, once: the student's file takes a moment to read."""
        super().load_now()
        if not (self._choices or self._is_reading):
            self._is_reading = True
            self.attempt(self._load_choices, "choices")

    async def load(self) -> None:
        """Files, test and results."""
        self._export, self._evaluation = await self.ask(_read)
        self._show_export()
        self._show_evaluation()
        run = self._evaluation.run
        is_evaluating = run is not None and run.status == "running"
        if is_evaluating and not self._was_evaluating:
            self._turn(to_results=True)
        self._was_evaluating = is_evaluating

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where both are seen, there is nothing to turn to."""
        return not (action == "turn" and self.has_class("-tall"))

    def on_resize(self, event: events.Resize) -> None:
        """Both, where there is room for both."""
        self.set_class(event.size.height >= TALL, "-tall")
        self.refresh_bindings()

    def action_turn(self) -> None:
        """From files to results, or back."""
        self._turn(to_results=not self.has_class("-results"))

    def action_export(self) -> None:
        """Ask how, and export the chosen types, or the adapter."""
        workspace = None if self._is_busy() else self.orca.reopened()
        if workspace is None:
            return
        chosen = self.query_one("#types", Ticks).selected
        wanted = [choice.quantization for choice in self._choices if choice.quantization in chosen]
        types = wanted if self._choices else None
        imatrix, directory = workspace.settings.export.imatrix, workspace.directory

        def answered(values: Values | None) -> None:
            if values is not None:
                self._turn(to_results=False)
                self.orca.start_command(*export_arguments(types, imatrix, directory, values))

        self.app.push_screen(export_dialog(types, imatrix, directory), answered)

    def action_evaluate(self) -> None:
        """Ask how, and evaluate."""
        workspace = None if self._is_busy() else self.orca.reopened()
        if workspace is None:
            return

        def answered(values: Values | None) -> None:
            if values is not None:
                self._turn(to_results=True)
                self.orca.start_command(*evaluate_arguments(values))

        self.app.push_screen(evaluate_dialog(workspace.settings.evaluate.samples), answered)

    def action_cancel(self) -> None:
        """End the run that goes on."""
        self.orca.cancel_run()

    def action_report(self) -> None:
        """Show the report."""
        self.attempt(self._show_report, "report", exclusive=True)

    def action_write(self) -> None:
        """Write the report into the workspace."""
        self.attempt(self._write_report, "report", exclusive=True)

    async def _load_choices(self) -> None:
        workspace = self.orca.reopened()
        if workspace is None:
            self._is_reading = False
            return
        problem = self.query_one("#student-problem", Words)
        try:
            self._choices = await asyncio.to_thread(export_choices, workspace.settings, workspace.directory)
        except OrcaError as error:
            problem.say(f"{error.message}\n→ {error.hint}")
        finally:
            self._is_reading = False
        problem.set_class(not self._choices, "-shown")
        self._show_choices()

    async def _show_report(self) -> None:
        self.app.push_screen(ReportScreen(await self.ask(render_report)))

    async def _write_report(self) -> None:
        workspace = self.orca.workspace
        assert workspace is not None
        path = workspace.directory / REPORT_FILE
        text = await self.ask(render_report)
        await asyncio.to_thread(write_report, path, text)
        self.notify(f"the report is in {path}", markup=False)

    def _is_busy(self) -> bool:
        if self.orca.news is None or not self.orca.news.is_running:
            return False
        self.notify("a run is going on; x ends it", severity="warning")
        return True

    def _turn(self, *, to_results: bool) -> None:
        self.set_class(to_results, "-results")
        if not self.has_class("-tall"):
            self.query_one("#results" if to_results else "#types").focus()

    def _show_export(self) -> None:
        view = self._export
        text, kind = exported.state_lines(view)
        state = self.query_one("#state", Words)
        state.say(text)
        state.set_classes(kind)
        is_running = view.run is not None and view.run.status == "running"
        self.query_one("#checks", Lines).show(partial(exported.check_lines, view), follow=is_running)
        files = self.query_one("#files", Lines)
        files.show(partial(exported.file_lines, view))
        files.display = bool(view.files or view.adapter)
        self._show_choices()

    def _show_choices(self) -> None:
        """Fill the list once; afterwards only where a size became known."""
        labels = [exported.choice_label(choice, self._export.files) for choice in self._choices]
        if labels == self._labels:
            return
        types = self.query_one("#types", Ticks)
        chosen = set(types.selected) if self._labels else {c.quantization for c in self._choices if c.is_chosen}
        at = types.highlighted
        self._labels = labels
        types.clear_options()
        types.add_options(
            Selection(plain(label), choice.quantization, choice.quantization in chosen)
            for label, choice in zip(labels, self._choices, strict=True)
        )
        types.highlighted = at if at is not None else 0

    def _show_evaluation(self) -> None:
        text, kind = evaluated.state_lines(self._evaluation)
        state = self.query_one("#evaluation-state", Words)
        state.say(text)
        state.set_classes(kind)
        self.query_one("#results", Lines).show(partial(evaluated.result_lines, self._evaluation))


def _read(store: Store) -> tuple[ExportView, EvaluationView]:
    return export_view(store), evaluation_view(store)
