"""Export and evaluation: types to select, the acceptance test, files, and results of base and tuned."""

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
from orca_local.views.evaluation import EvaluationView, load_evaluation_view
from orca_local.views.export import ExportView, QuantizationOption, load_export_view, load_quantization_options
from tui.dialogs.fields import Values
from tui.screens.base import WorkspaceScreen
from tui.screens.export import evaluated, exported
from tui.screens.export.evaluating import evaluate_arguments, evaluate_dialog
from tui.screens.export.exporting import export_arguments, export_dialog
from tui.screens.export.report import ReportScreen
from tui.text import plain
from tui.widgets.lines import Lines
from tui.widgets.live_text import LiveText
from tui.widgets.state_line import StateLine
from tui.widgets.ticks import Ticks

TALL = 36
"""Lines from which export and evaluation are shown together."""
REPORT_FILE = "report.md"


class ExportScreen(WorkspaceScreen):
    """Export above, evaluation below; only one of them on a low terminal."""

    CSS_PATH = "export.tcss"
    STAGES = frozenset({"base", "export", "evaluate", "suites"})
    HELP = """The files of the tuned model, their acceptance test, and the results on holdout samples and benchmarks.

- Space selects a type; `g` exports the selected types, or only the adapter.
- `v` evaluates base and tuned; `e` switches between files and results.
- `r` shows the report, `o` saves it in the workspace.
- `x` stops the running stage."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "export", "Export"),
        Binding("v", "evaluate", "Evaluate"),
        Binding("e", "switch", "Results"),
        Binding("r", "report", "Report"),
        Binding("o", "write", "Save"),
        Binding("x", "cancel", "Stop"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._export = ExportView()
        self._evaluation = EvaluationView()
        self._options: list[QuantizationOption] = []
        self._labels: list[str] = []
        self._was_evaluating = self._is_loading_options = False

    def compose_body(self) -> ComposeResult:
        """Types, acceptance test and files; results."""
        with Vertical(id="export"):
            yield StateLine(id="state")
            with Horizontal(id="upper"):
                with Vertical(id="left"):
                    yield LiveText(id="student-problem")
                    yield Ticks[str](id="types", compact=True)
                yield Lines(id="checks")
            yield Lines(id="files")
        with Vertical(id="evaluation"):
            yield StateLine(id="evaluation-state")
            yield Lines(id="results")

    def load_now(self, *, holds_keys: bool = False) -> None:
        """Load also the types once: reading the student's file takes a moment."""
        super().load_now(holds_keys=holds_keys)
        if not (self._options or self._is_loading_options):
            self._is_loading_options = True
            self.attempt(self._load_options, "options", holds_keys=True)

    async def load(self) -> None:
        """Show test, files and results."""
        self._export, self._evaluation = await self.call_store(
            lambda store: (load_export_view(store), load_evaluation_view(store))
        )
        self._show_export()
        self._show_evaluation()
        run = self._evaluation.run
        is_evaluating = run is not None and run.status == "running"
        if is_evaluating and not self._was_evaluating:
            self._switch(to_results=True)
        self._was_evaluating = is_evaluating

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer no switch if both parts are shown."""
        return not (action == "switch" and self.has_class("-tall"))

    def on_resize(self, event: events.Resize) -> None:
        """Show both parts if there is room."""
        self.set_class(event.size.height >= TALL, "-tall")
        self.refresh_bindings()

    def action_switch(self) -> None:
        """Switch between files and results."""
        self._switch(to_results=not self.has_class("-results"))

    async def action_export(self) -> None:
        """Ask for the options, and export the selected types or the adapter."""
        workspace = await self.orca.reload_workspace() if self.can_start() else None
        if workspace is None:
            return
        selected = self.query_one("#types", Ticks).selected
        names = [option.quantization for option in self._options if option.quantization in selected]
        types = names if self._options else None
        imatrix, directory = workspace.settings.export.imatrix, workspace.directory

        def start(values: Values) -> None:
            self._switch(to_results=False)
            self.orca.start_command(*export_arguments(types, imatrix, directory, values))

        self.orca.ask(export_dialog(types, imatrix, directory), start)

    async def action_evaluate(self) -> None:
        """Ask for the options, and evaluate."""
        workspace = await self.orca.reload_workspace() if self.can_start() else None
        if workspace is None:
            return

        def start(values: Values) -> None:
            self._switch(to_results=True)
            self.orca.start_command(*evaluate_arguments(values))

        self.orca.ask(evaluate_dialog(workspace.settings.evaluate.samples, workspace.settings.model), start)

    def action_report(self) -> None:
        """Show the report."""
        self.attempt(self._show_report, "report", exclusive=True, holds_keys=True)

    def action_write(self) -> None:
        """Save the report in the workspace."""
        self.attempt(self._write_report, "report", exclusive=True)

    async def _load_options(self) -> None:
        workspace = await self.orca.reload_workspace()
        if workspace is None:
            self._is_loading_options = False
            return
        problem = self.query_one("#student-problem", LiveText)
        try:
            self._options = await asyncio.to_thread(load_quantization_options, workspace.settings, workspace.directory)
        except OrcaError as error:
            problem.set_text(f"{error.message}\n→ {error.hint}")
        finally:
            self._is_loading_options = False
        problem.set_class(not self._options, "-shown")
        self._show_options()

    async def _show_report(self) -> None:
        self.app.push_screen(ReportScreen(await self.call_store(render_report)))

    async def _write_report(self) -> None:
        path = self.workspace.directory / REPORT_FILE
        text = await self.call_store(render_report)
        await asyncio.to_thread(write_report, path, text)
        self.notify(f"report saved as {path}", markup=False)

    def _switch(self, *, to_results: bool) -> None:
        self.set_class(to_results, "-results")
        if not self.has_class("-tall"):
            self.query_one("#results" if to_results else "#types").focus()

    def _show_export(self) -> None:
        view = self._export
        self.query_one("#state", StateLine).show(exported.export_state(view))
        is_running = view.run is not None and view.run.status == "running"
        self.query_one("#checks", Lines).show(partial(exported.check_lines, view), follow=is_running)
        files = self.query_one("#files", Lines)
        files.show(partial(exported.file_lines, view))
        files.display = bool(view.files or view.adapter)
        self._show_options()

    def _show_options(self) -> None:
        """Fill the list; again only if a label changed."""
        labels = [exported.option_label(option, self._export.files) for option in self._options]
        if labels == self._labels:
            return
        types = self.query_one("#types", Ticks)
        selected = set(types.selected) if self._labels else {o.quantization for o in self._options if o.is_chosen}
        highlighted = types.highlighted
        self._labels = labels
        types.clear_options()
        types.add_options(
            Selection(plain(label), option.quantization, option.quantization in selected)
            for label, option in zip(labels, self._options, strict=True)
        )
        types.highlighted = highlighted or 0

    def _show_evaluation(self) -> None:
        self.query_one("#evaluation-state", StateLine).show(evaluated.evaluation_state(self._evaluation))
        self.query_one("#results", Lines).show(partial(evaluated.result_lines, self._evaluation))
