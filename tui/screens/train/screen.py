"""The training: loss and validation as they come, its figures, start, stop and going on."""

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
from orca_local.domain.events import StepTrained, event_of
from orca_local.domain.types import Sample
from orca_local.store.store import Store
from orca_local.views.training import TrainingView, training_view
from tui.dialogs.fields import Values
from tui.dialogs.text_dialog import TextDialog
from tui.messages import News
from tui.screens.base import WorkspaceScreen
from tui.screens.train.answers import newest, whole
from tui.screens.train.figures import figures_of, state_of
from tui.screens.train.start import arguments, start_dialog
from tui.widgets.plot import LossPlot, Points, to_points
from tui.widgets.words import Words

WIDE, TALL = 110, 32
EMPTY = """No training yet.

g   trains the student on the rows of the dataset (screen 5):
    the steps, the loss and the validation appear here."""


class TrainScreen(WorkspaceScreen):
    """Curves on the left, figures on the right."""

    MODE = "train"
    CSS_PATH = "train.tcss"
    STAGES = frozenset({"train"})
    HELP = """The newest training, with its whole curve where it was stopped and taken up again.

- `g` starts one, or goes on with one that was stopped.
- `x` ends it after its step, which is saved.
- `a` shows what the student said at each validation.
- In the plot `+`, `-` and the arrows look closer; Home shows all of it."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "train", "Train"),
        Binding("x", "cancel", "Stop"),
        Binding("a", "answers", "Answers"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._view = TrainingView()
        self._asked: Mapping[str, Sample] = {}
        """Samples that the student answers at validations."""

    def compose_body(self) -> ComposeResult:
        """State, curves and figures, what the student says, where the adapter is; or what to do first."""
        yield Words(id="state")
        with Horizontal(id="curves"):
            yield LossPlot(id="plot")
            yield Words(id="figures")
        yield Words(id="said")
        yield Words(id="adapter")
        yield Static(EMPTY, id="empty", classes="empty", markup=False)

    async def load(self) -> None:
        """Read what is new and show it."""
        before, known = self._view, self._asked
        view, loss, validation, self._asked = await self.ask(lambda store: _read(store, before, known))
        self._view = view
        self.set_class(bool(view.answers), "-answered")
        self.query_one("#said", Words).say(newest(view.answers, self._asked) if view.answers else "")
        self.set_class(view.training is None and not view.is_running, "-empty")
        self.query_one(LossPlot).show(loss, validation, view.total_steps)
        self._show_figures()

    def follow(self, news: News) -> None:
        """Figures at once, curves when there is time."""
        super().follow(news)
        if not _is_of(news, self._view):
            return
        found = [event_of(event.kind, event.payload) for event in news.events if event.kind == "StepTrained"]
        steps = [step for step in found if isinstance(step, StepTrained)]
        if steps and self._view.training is not None:
            self._view = replace(self._view, step=steps[-1])
        self._show_figures()

    def on_resize(self, event: events.Resize) -> None:
        """With more room, wider figures."""
        self.set_class(event.size.width >= WIDE, "-wide")
        self.set_class(event.size.height >= TALL, "-tall")

    def action_train(self) -> None:
        """Ask what with, and start."""
        if self.orca.news is not None and self.orca.news.is_running:
            self.notify("a run is going on; x ends it", severity="warning")
            return
        workspace = self.orca.reopened()
        if workspace is None:
            return
        settings = workspace.settings.train

        def answered(values: Values | None) -> None:
            if values is not None:
                self.orca.start_command(*arguments(settings, values))

        self.app.push_screen(start_dialog(self._view, settings, workspace.directory), answered)

    def action_cancel(self) -> None:
        """End the run that goes on."""
        self.orca.cancel_run()

    def action_answers(self) -> None:
        """All that it said."""
        answers = self._view.answers
        if answers:
            self.app.push_screen(TextDialog("What the student said while it was trained", whole(answers, self._asked)))
        else:
            self.notify("nothing was said yet in this run: the next validation asks", severity="warning")

    def _show_figures(self) -> None:
        view, news = self._view, self.orca.news
        state = state_of(view)
        shown = self.query_one("#state", Words)
        shown.say(state.text)
        shown.set_classes(state.kind)
        progress = news.progress if news is not None and news.is_running and _is_of(news, view) else None
        rows = figures_of(view, progress)
        self.query_one("#figures", Words).say("\n".join(f"{name:14}{value}" for name, value in rows))
        self.query_one("#adapter", Words).say(self._place())

    def _place(self) -> str:
        view = self._view
        if view.adapter is not None:
            return f"adapter {self._relative(view.adapter.path)}"
        return f"checkpoints in {self._relative(view.training.directory)}" if view.training is not None else ""

    def _relative(self, path: str) -> str:
        workspace = self.orca.workspace
        assert workspace is not None
        place = Path(path)
        return str(place.relative_to(workspace.directory)) if place.is_relative_to(workspace.directory) else path


def _read(
    store: Store, before: TrainingView, known: Mapping[str, Sample]
) -> tuple[TrainingView, Points, Points, Mapping[str, Sample]]:
    """A long curve is made ready to be drawn in the store's thread."""
    view = training_view(store, before)
    asked = dict(known)
    for sample_id in {answer.sample_id for answer in view.answers} - set(asked):
        with suppress(InputError):  # it was taken out of the workspace since
            asked[sample_id] = store.samples.get(sample_id)
    return view, to_points(view.loss), to_points(view.validation), asked


def _is_of(news: News, view: TrainingView) -> bool:
    """Whether the news is of the run that is shown."""
    return news.run is not None and view.run is not None and news.run.run_id == view.run.run_id
