"""A training that was stopped and that the rows and settings of now no longer fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.events import Warned
from orca_local.store.store import Store
from orca_local.train.checkpoint import last_step
from orca_local.train.fingerprint import TrainingInputs, load_inputs


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Where it stands, and why it does not go on."""

    step: int
    total_steps: int
    changes: tuple[str, ...]

    @property
    def name(self) -> str:
        """For messages."""
        return f"the unfinished training at step {self.step} of {self.total_steps}"

    def left_aside(self) -> Warned:
        """What the user is told where another training begins."""
        return Warned(
            f"{self.name} is left aside: {'; '.join(self.changes)}", "change it back to go on with it, nothing is lost"
        )


def find_unfinished(store: Store, inputs: TrainingInputs) -> Unfinished | None:
    """The latest training, where it has other inputs, was not finished and left checkpoints."""
    latest = store.trainings.latest()
    if latest is None or latest.status != "running" or latest.key == inputs.key:
        return None
    place = Path(latest.directory)
    step = last_step(place)
    if not step:
        return None
    before = load_inputs(place)
    changes = inputs.changes_since(before) if before else ["another version of orca-local began it"]
    return Unfinished(step, int(latest.recipe["total_steps"]), tuple(changes))


def refuse_to_resume(unfinished: Unfinished | None) -> InputError:
    """Why there is nothing to go on with."""
    if unfinished is None:
        return InputError("there is no unfinished training to go on with", hint="train without --resume")
    return InputError(
        f"{unfinished.name} cannot go on: {'; '.join(unfinished.changes)}",
        hint="change it back, or train without --resume",
    )
