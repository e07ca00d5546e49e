"""An unfinished training that the current rows and settings no longer fit."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.events import Warned
from orca_local.domain.frozen import Frozen
from orca_local.store.store import Store
from orca_local.train.checkpoint import last_step
from orca_local.train.fingerprint import TrainingFingerprint, load_fingerprint


class UnfinishedTraining(Frozen):
    """A training that stopped before its last step and cannot be resumed with the present rows and settings."""

    step: int
    """Step of its newest checkpoint."""
    total_steps: int
    changes: tuple[str, ...]
    """The changes since it started, one phrase each."""

    @property
    def label(self) -> str:
        """The training in a message."""
        return f"the unfinished training at step {self.step} of {self.total_steps}"

    def warning(self) -> Warned:
        """The warning when another training starts instead."""
        return Warned(
            f"{self.label} is not resumed: {'; '.join(self.changes)}",
            "to resume it, undo the change and train again; its checkpoints are kept",
        )


def find_unfinished(store: Store, fingerprint: TrainingFingerprint) -> UnfinishedTraining | None:
    """The latest training if it is unfinished, has checkpoints, and has another fingerprint; else None."""
    latest = store.trainings.latest()
    if latest is None or latest.status != "running" or latest.key == fingerprint.key:
        return None
    directory = Path(latest.directory)
    step = last_step(directory)
    if not step:
        return None
    before = load_fingerprint(directory)
    changes = fingerprint.changes_since(before) if before else ["another version of orca-local started it"]
    return UnfinishedTraining(step, int(latest.recipe["total_steps"]), tuple(changes))


def resume_error(unfinished: UnfinishedTraining | None) -> InputError:
    """The error for `--resume` if nothing can be resumed."""
    if unfinished is None:
        return InputError("there is no unfinished training to resume", hint="train without --resume")
    return InputError(
        f"cannot resume {unfinished.label}: {'; '.join(unfinished.changes)}",
        hint="undo the change, or train without --resume",
    )
