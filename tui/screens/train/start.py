"""The form that starts or resumes a training: the settings of `orca.toml`, changed for one run."""

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
    "max_steps": "max steps",
    "backend": "backend",
}
_TYPES = {"rank": int, "learning_rate": float, "epochs": float, "max_steps": int}
RESUME = "resume"


def start_dialog(view: TrainingView, settings: TrainSettings, directory: Path) -> FieldsDialog:
    """Asks for the main settings; starts with those of the unfinished training if there is one."""
    resume_step = view.resume_step
    shown = TrainSettings.model_validate(view.train_settings) if resume_step else settings
    before = {name: _text(shown, name) for name in LABELS}
    fields = [Field(name, label, before[name], BACKENDS if name == "backend" else ()) for name, label in LABELS.items()]
    if resume_step:
        fields.append(Field(RESUME, f"resume from step {resume_step}", "yes", is_check_box=True))

    def describe(values: Values) -> str:
        changed = [label for name, label in LABELS.items() if values[name] != before[name]]
        if not resume_step:
            return "Max steps (empty: set by epochs). Changes apply to this run only; orca.toml stays as it is."
        if changed and values[RESUME]:
            return f"With another {', '.join(changed)} it cannot resume: untick the last field to start a new training."
        if changed:
            return "This starts a new training; the stopped one stays on disk."
        return f"It resumes from step {resume_step} of {view.total_steps}."

    def check(values: Values) -> str:
        try:
            Workspace.open(directory, {"train": changes(settings, values)})
        except InputError as error:
            return error.message
        return ""

    return FieldsDialog(
        "Resume the training?" if resume_step else "Train the student?",
        f"A stopped training is saved at step {resume_step} of {view.total_steps}." if resume_step else "",
        fields,
        yes="Resume" if resume_step else "Train",
        check=check,
        describe=describe,
    )


def changes(settings: TrainSettings, values: Values) -> dict[str, object]:
    """The values that differ from the settings. Raises `InputError` for text that is not a number."""
    changed: dict[str, object] = {}
    for name in LABELS:
        text = values[name].strip()
        if text == _text(settings, name):
            continue
        if not text:
            raise InputError(f"{LABELS[name]} is set in orca.toml: enter a number, or remove it there")
        changed[name] = _parse(name, text)
    return changed


def train_arguments(settings: TrainSettings, values: Values) -> list[str]:
    """The command with its options."""
    options = [f"--{name.replace('_', '-')}={value}" for name, value in changes(settings, values).items()]
    return ["train", *options, *(["--resume"] if values.get(RESUME) else [])]


def _parse(name: str, text: str) -> object:
    convert = _TYPES.get(name, str)
    try:
        return convert(text)
    except ValueError:
        raise InputError(f"{LABELS[name]}: {text} is not a {'whole ' if convert is int else ''}number") from None


def _text(settings: TrainSettings, name: str) -> str:
    value = getattr(settings, name)
    return "" if name == "max_steps" and not value else f"{value:g}" if isinstance(value, float) else str(value)
