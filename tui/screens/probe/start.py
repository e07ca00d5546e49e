"""The dialog before a probe: how many samples, by which method, and what that will take."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.validation import Integer
from textual.widgets import Button, Input, Label, Select, Static

from orca_local.domain.errors import OrcaError
from orca_local.pipeline.pipeline import Pipeline
from orca_local.runs.workspace import Workspace
from orca_local.store.store import Store
from tui.reading import Reading
from tui.text import duration, plain


class StartProbe(ModalScreen[list[str]]):
    """Returns the options of `orca-local probe`; nothing where it was cancelled."""

    DEFAULT_CSS = """
    StartProbe { align: center middle;
      & > Vertical { width: 64; height: auto; border: round $primary; background: $surface; padding: 1 2; }
      Input, Select { margin-bottom: 1; }
      #takes { height: 4; color: $text-muted; }
      Horizontal { height: auto; align-horizontal: right; }
      Button { margin-left: 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Cancel")]

    def __init__(self, workspace: Workspace, reading: Reading) -> None:
        super().__init__()
        self._workspace, self._reading = workspace, reading

    def compose(self) -> ComposeResult:
        """Fields, estimate, buttons."""
        settings = self._workspace.settings.probe
        with Vertical() as frame:
            frame.border_title = "Probe the student"
            yield Label("Samples a task at most (0: all)")
            yield Input(str(settings.samples), id="samples", type="integer", validators=[Integer(minimum=0)])
            yield Label("Method")
            choices = [("race: weak strategies leave early", "race"), ("exhaustive: every answer", "exhaustive")]
            yield Select(choices, value=settings.method, allow_blank=False, id="method")
            yield Static("", id="takes")
            with Horizontal():
                yield Button("Cancel", id="no")
                yield Button("Start", id="yes", variant="primary")

    def on_mount(self) -> None:
        """Enter starts."""
        self.query_one("#yes", Button).focus()
        self._estimate()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Estimate again."""
        self._estimate()

    def on_select_changed(self, event: Select.Changed) -> None:
        """Estimate again."""
        self._estimate()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a field starts too."""
        self._start()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Start, or not."""
        event.stop()
        if event.button.id == "yes":
            self._start()
        else:
            self.dismiss()

    def _start(self) -> None:
        if not self.query_one(Input).is_valid:
            self.query_one(Input).focus()
            return
        samples = int(self.query_one(Input).value)
        self.dismiss(["--method", str(self.query_one(Select).value), *(["--samples", str(samples)] if samples else [])])

    def _estimate(self) -> None:
        if self.query_one(Input).is_valid and self.query_one(Input).value:
            self.run_worker(self._say_estimate, exclusive=True)  # type: ignore[arg-type]

    async def _say_estimate(self) -> None:
        samples, method = int(self.query_one(Input).value), str(self.query_one(Select).value)
        workspace = Workspace.open(
            self._workspace.directory, overrides={"probe": {"samples": samples, "method": method}}
        )

        def estimate(store: Store) -> dict[str, Any]:
            return Pipeline(workspace, store, offline=True, on_event=lambda event: None).estimate_probe()

        try:
            found = await self._reading.ask(estimate)
        except OrcaError as error:
            self.query_one("#takes", Static).update(plain(f"{error.message}\n{error.hint}"))
            return
        answers = found["generations"]
        text = (
            f"{found['tasks']} tasks: about {answers['expected']:,} answers ({answers['least']:,} to "
            f"{answers['most']:,}), {found['completion_tokens']:,} tokens, {duration(found['seconds'])}; "
            f"from {found['basis']}"
        )
        self.query_one("#takes", Static).update(plain(text))
