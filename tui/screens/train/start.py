"""What a training is started with: the settings of `orca.toml`, changed for one run."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.settings import TrainSettings
from orca_local.runs.workspace import Workspace
from orca_local.views.training import TrainingView
from tui.dialogs.fields import Field, FieldsDialog, Values

BACKENDS = ("auto", "torch", "mlx")
LABELS = {
    "rank": "rank",
    "learning_rate": "learning rate",
    "epochs": "epochs",
    "max_steps": "steps at most",
    "backend": "computed by",
}
_READ = {"rank": int, "learning_rate": float, "epochs": float, "max_steps": int}
RESUME = "resume"


def start_dialog(view: TrainingView, settings: TrainSettings, directory: Path) -> FieldsDialog:
    """Asks for the main settings; those of an unfinished training are its own."""
    unfinished = view.goes_on_after
    shown = TrainSettings.model_validate(view.train_settings) if unfinished else settings
    before = {name: _text(shown, name) for name in LABELS}
    fields = [Field(name, label, before[name], BACKENDS if name == "backend" else ()) for name, label in LABELS.items()]
    if unfinished:
        fields.append(Field(RESUME, "go on with it, or say why it cannot", "yes", is_tick=True))

    def describe(values: Values) -> str:
        changed = [label for name, label in LABELS.items() if values[name] != before[name]]
        if not unfinished:
            return "Changes are for this run; orca.toml stays as it is. Steps at most: empty, as the epochs need."
        if changed and values[RESUME]:
            return f"With another {', '.join(changed)} it cannot go on: untick the last field to begin anew."
        if changed:
            return "Another training begins; this one stays where it is."
        return f"It goes on after step {unfinished} of {view.total_steps}."

    def check(values: Values) -> str:
        try:
            Workspace.open(directory, {"train": changes(settings, values)})
        except InputError as error:
            return error.message
        return ""

    return FieldsDialog(
        "Go on with the training?" if unfinished else "Train the student?",
        f"A training was stopped after step {unfinished} of {view.total_steps}; it is saved." if unfinished else "",
        fields,
        yes="Go on" if unfinished else "Train",
        check=check,
        describe=describe,
    )


def changes(settings: TrainSettings, values: Values) -> dict[str, object]:
    """What differs from the settings. Raises `InputError` for what is no number."""
    found: dict[str, object] = {}
    for name in LABELS:
        text = values[name].strip()
        if text == _text(settings, name):
            continue
        if not text:
            raise InputError(f"{LABELS[name]} is set in orca.toml: give another number, or take it out there")
        found[name] = _read(name, text)
    return found


def arguments(settings: TrainSettings, values: Values) -> list[str]:
    """The command's options."""
    options = [f"--{name.replace('_', '-')}={value}" for name, value in changes(settings, values).items()]
    return ["train", *options, *(["--resume"] if values.get(RESUME) else [])]


def _read(name: str, text: str) -> object:
    read = _READ.get(name, str)
    try:
        return read(text)
    except ValueError:
        raise InputError(f"{LABELS[name]}: {text} is no {'whole ' if read is int else ''}number") from None


def _text(settings: TrainSettings, name: str) -> str:
    value = getattr(settings, name)
    return "" if name == "max_steps" and not value else f"{value:g}" if isinstance(value, float) else str(value)
