"""The training: loss curves, figures, the student's answers; start, stop and resume."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from orca_local.domain.errors import InputError
from orca_local.domain.events import StepTrained, parse_event
from orca_local.domain.types import Sample
from orca_local.store.store import Store
from orca_local.views.training import TrainingView, load_training_view
from tui.dialogs.text_dialog import TextDialog
from tui.messages import RunNews
from tui.screens.base import WorkspaceScreen
from tui.screens.train.answers import render_all, render_newest
from tui.screens.train.figures import figures_of, state_of
from tui.screens.train.start import start_dialog, train_arguments
from tui.widgets.live_text import LiveText
from tui.widgets.plot import LossPlot, Points, to_points
from tui.widgets.state_line import StateLine

WIDE, TALL = 110, 32
"""Columns from which the figures are wider, and lines from which the student's answers are shown."""
EMPTY = """No training yet.

Press g to train the student on the rows of the dataset (screen 5).
Its loss and validation loss appear here."""


class TrainScreen(WorkspaceScreen):
    """Loss curves on the left, figures on the right."""

    CSS_PATH = "train.tcss"
    STAGES = frozenset({"train"})
    HELP = """The newest training, with its whole curve even if it was stopped and resumed.

- `g` starts a training, or resumes a stopped one.
- `x` stops it after the current step, which is saved.
- `a` shows the student's answers at each validation.
- In the plot, `+` and `-` zoom, the arrows move, Home shows everything."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "train", "Train"),
        Binding("x", "cancel", "Stop run"),
        Binding("a", "answers", "Answers"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._view = TrainingView()
        self._samples: Mapping[str, Sample] = {}
        """The samples that the student answers at validations."""

    def compose_body(self) -> ComposeResult:
        """State, curves, figures, answers and path of the adapter; or what to do first."""
        yield StateLine(id="state")
        with Horizontal(id="curves"):
            yield LossPlot(id="plot")
            yield LiveText(id="figures")
        yield LiveText(id="answers")
        yield LiveText(id="path")
        yield Static(EMPTY, id="empty", classes="empty", markup=False)

    async def load(self) -> None:
        """Show the newest training."""
        previous, samples = self._view, self._samples
        view, loss, validation, self._samples = await self.call_store(lambda store: _read(store, previous, samples))
        self._view = view
        self.set_class(bool(view.answers), "-answered")
        self.query_one("#answers", LiveText).set_text(
            render_newest(view.answers, self._samples) if view.answers else ""
        )
        self.set_class(view.training is None and not view.is_running, "-empty")
        self.query_one(LossPlot).show(loss, validation, view.total_steps)
        self._show_figures()

    def follow(self, news: RunNews) -> None:
        """Update the figures after every event; `load` updates the curves."""
        super().follow(news)
        if not _is_of(news, self._view):
            return
        events = [parse_event(event.kind, event.payload) for event in news.events if event.kind == "StepTrained"]
        steps = [event for event in events if isinstance(event, StepTrained)]
        if steps and self._view.training is not None:
            self._view = replace(self._view, last_step=steps[-1])
        self._show_figures()

    def on_resize(self, event: events.Resize) -> None:
        """Show more if there is room."""
        self.set_class(event.size.width >= WIDE, "-wide")
        self.set_class(event.size.height >= TALL, "-tall")

    async def action_train(self) -> None:
        """Ask for the settings and start."""
        workspace = await self.orca.reload_workspace() if self.can_start() else None
        if workspace is None:
            return
        settings = workspace.settings.train
        dialog = start_dialog(self._view, settings, workspace.directory)
        self.orca.ask(dialog, lambda values: self.orca.start_command(*train_arguments(settings, values)))

    def action_answers(self) -> None:
        """Show all answers of the student."""
        answers = self._view.answers
        if answers:
            self.app.push_screen(
                TextDialog("The student's answers during training", render_all(answers, self._samples))
            )
        else:
            self.notify("no answers yet: the student answers at the next validation", severity="warning")

    def _show_figures(self) -> None:
        view, news = self._view, self.orca.news
        self.query_one("#state", StateLine).show(state_of(view))
        progress = news.progress if news is not None and news.is_running and _is_of(news, view) else None
        rows = figures_of(view, progress)
        self.query_one("#figures", LiveText).set_text("\n".join(f"{name:16}{value}" for name, value in rows))
        self.query_one("#path", LiveText).set_text(self._path())

    def _path(self) -> str:
        view = self._view
        if view.adapter is not None:
            return f"adapter: {self._relative(view.adapter.path)}"
        return f"checkpoints: {self._relative(view.training.directory)}" if view.training is not None else ""

    def _relative(self, path: str) -> str:
        directory = self.workspace.directory
        return str(Path(path).relative_to(directory)) if Path(path).is_relative_to(directory) else path


def _read(
    store: Store, previous: TrainingView, samples: Mapping[str, Sample]
) -> tuple[TrainingView, Points, Points, Mapping[str, Sample]]:
    """View, loss, validation loss and the answered samples. Runs in the store's thread, as a curve may be long."""
    view = load_training_view(store, previous)
    answered = dict(samples)
    for sample_id in {answer.sample_id for answer in view.answers} - set(answered):
        with suppress(InputError):  # the sample was deleted
            answered[sample_id] = store.samples.get(sample_id)
    return view, to_points(view.loss), to_points(view.validation), answered


def _is_of(news: RunNews, view: TrainingView) -> bool:
    """Whether the news is about the run of this view."""
    return news.run is not None and view.run is not None and news.run.run_id == view.run.run_id
