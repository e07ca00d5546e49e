"""What happened, as past-tense facts: the CLI draws them, the run log stores them, tests compare them.

Every stage is a generator of these. The first is `StageStarted`, the last `StageFinished`, whose
`summary` is the object that `--json` prints; a run that fails ends with `RunFailed` instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events."""

    @property
    def kind(self) -> str:
        """The name under which the run log keeps it."""
        return type(self).__name__

    def payload(self) -> dict[str, Any]:
        """The fields, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class StageStarted(Event):
    """A stage knows how much it has to do."""

    stage: str
    total: int
    """Units of work, those already in the store included."""
    unit: str
    """What a unit is: `generations`, `calls`, `steps`, …"""


@dataclass(frozen=True, slots=True)
class StageProgressed(Event):
    """Work advanced. The run log keeps at most a few of these a second."""

    done: int
    tokens: int = 0
    """Tokens generated or trained on so far by this run."""
    note: str = ""
    usd: float | None = None
    """What teachers have cost in this workspace, with what is on its way; None where no price is known."""


@dataclass(frozen=True, slots=True)
class StageFinished(Event):
    """A stage is complete; `summary` is what `--json` prints."""

    stage: str
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunFailed(Event):
    """A stage ended with an error. No stage yields it: whoever runs the stage writes it down."""

    message: str
    hint: str = ""
    """The remedy, where one is known."""


@dataclass(frozen=True, slots=True)
class Warned(Event):
    """Something the user should know, that stops nothing."""

    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ComputeChosen(Event):
    """The form in which a model is computed was settled."""

    compute: str
    """`as_is` or `bf16`."""
    reason: str


@dataclass(frozen=True, slots=True)
class GenerationFailed(Event):
    """One generation could not be made; the others go on."""

    sample_id: str
    strategy: str
    error: str


@dataclass(frozen=True, slots=True)
class CellMeasured(Event):
    """All samples of one task were answered under one strategy."""

    task: str
    strategy: str
    n: int
    score_sum: float
    extracted: float
    """Share of completions in which an answer was found."""
    ci_low: float
    ci_high: float
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class StrategyLeft(Event):
    """A strategy is not measured any further on a task."""

    task: str
    strategy: str
    samples: int
    """That it had answered by then."""


@dataclass(frozen=True, slots=True)
class StrategyChosen(Event):
    """A task has its strategy."""

    task: str
    strategy: str
    decided: bool
    """Whether a test that stays valid at every look says that it beats all others."""
    reason: str
    probability_best: float = 0.0
    loss_bound: float = 1.0
    """What the choice costs at most, in accuracy, with 95 % probability."""
    more_samples: int | None = None
    """How many more would decide it, if they came as before."""


@dataclass(frozen=True, slots=True)
class CallAnswered(Event):
    """The teacher answered, now or in an earlier run."""

    sample_id: str
    strategy: str
    cached: bool
    verified: bool | None
    """Whether the answer matched the reference; None where there is none to match."""


@dataclass(frozen=True, slots=True)
class CallFailed(Event):
    """The teacher did not answer one sample, for good."""

    sample_id: str
    strategy: str
    error: str


@dataclass(frozen=True, slots=True)
class RowDropped(Event):
    """A demonstration did not become a training row."""

    sample_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class MemoryPlanned(Event):
    """What a training will take of memory was counted, in bytes."""

    description: str
    total: int
    free: int | None
    pack_tokens: int
    """Tokens of rows that are computed together."""
    gradient_checkpointing: bool


@dataclass(frozen=True, slots=True)
class TrainingResumed(Event):
    """A training goes on from a checkpoint."""

    step: int
    """The last one that is done."""
    path: str


@dataclass(frozen=True, slots=True)
class StepTrained(Event):
    """One optimizer step."""

    step: int
    loss: float
    learning_rate: float
    grad_norm: float
    tokens: int
    """Tokens of rows in this step, padding excluded."""
    seconds: float


@dataclass(frozen=True, slots=True)
class ValidationMeasured(Event):
    """Mean loss over the validation rows."""

    step: int
    loss: float
    best: bool


@dataclass(frozen=True, slots=True)
class SampleAnswered(Event):
    """What the model being trained says to a validation prompt, greedily."""

    step: int
    sample_id: str
    text: str
    ended: bool
    """By itself; else it was cut off."""


@dataclass(frozen=True, slots=True)
class CheckpointSaved(Event):
    """Adapter and optimizer are on disk."""

    step: int
    path: str
    stopping: bool = False
    """Whether the training ends here for now."""


@dataclass(frozen=True, slots=True)
class AcceptanceChecked(Event):
    """One line of the acceptance test of an export."""

    name: str
    passed: bool
    value: str
    bound: str


@dataclass(frozen=True, slots=True)
class FileWritten(Event):
    """A file stands under its final name."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelEvaluated(Event):
    """One model answered one task under one system message."""

    model: str
    task: str
    system_message: str
    n: int
    accuracy: float
    extracted: float


def event_of(kind: str, payload: Mapping[str, Any]) -> Event | None:
    """The event that the run log kept; None for one of another version, which has another name or other fields."""
    found = _KINDS.get(kind)
    try:
        return found(**payload) if found else None
    except TypeError:
        return None


_KINDS = {kind.__name__: kind for kind in Event.__subclasses__()}
