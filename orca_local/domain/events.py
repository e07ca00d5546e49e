"""Events of a run, as past-tense facts. The command line shows them and the run log stores them.

Every stage is a generator of events. The first is `StageStarted` and the last is `StageFinished`, whose `summary` is
the object that `--json` prints. A run that fails ends with `RunFailed` instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, field
from typing import Any

from orca_local.domain.frozen import Frozen
from orca_local.domain.record import Record


class Event(Frozen):
    """Base of all events."""

    @property
    def kind(self) -> str:
        """Name of the event in the run log."""
        return stored_kind(type(self))

    def payload(self) -> dict[str, Any]:
        """Return the fields as values for JSON."""
        return asdict(self)


class StageStarted(Event):
    """A stage started and knows its amount of work."""

    stage: str
    total: int
    """Number of units of work, including those whose results are already stored."""
    unit: str
    """Name of a unit: `generations`, `calls`, `steps`, …"""


class StageProgressed(Event):
    """A stage made progress. The run log stores at most a few of these per second."""

    done: int
    tokens: int = 0
    """Number of tokens that this run has generated or trained on so far."""
    note: str = ""
    usd: float | None = None
    """Cost of all teacher calls of this workspace in US dollars, with open calls; None if no price is known."""


class StageFinished(Event):
    """A stage ended normally."""

    stage: str
    summary: Record = field(default_factory=Record)
    """The result that `--json` prints."""

    def payload(self) -> dict[str, Any]:
        """Return the fields as values for JSON."""
        return {"stage": self.stage, "summary": self.summary.to_dict()}


class RunFailed(Event):
    """A stage ended with an error. The runner records this event; no stage yields it."""

    message: str
    hint: str = ""
    """Command or change that fixes it, if known."""


class Warned(Event):
    """The user should know something, but the run continues."""

    message: str
    hint: str = ""


class ComputeChosen(Event):
    """The compute type of a model was chosen."""

    compute: str
    """`as_is` or `bf16`."""
    reason: str


class JudgePlanned(Event):
    """What a judge will be asked at most was estimated."""

    description: str


class GenerationFailed(Event):
    """One generation failed. The others continue."""

    sample_id: str
    strategy: str
    error: str
    is_too_long: bool = False
    """Whether the prompt leaves no room for an answer in the context."""


class CellMeasured(Event):
    """All samples of a task were answered under a strategy."""

    task: str
    strategy: str
    n: int
    score_sum: float
    extracted: float
    """Share of completions with a readable answer in the headline reading."""
    ci_low: float
    ci_high: float
    completion_tokens: int
    lenient_accuracy: float | None = None
    """Mean score of the lenient reading."""
    unreadable: float | None = None
    """Share of completions without an answer in either reading."""
    truncated: float | None = None
    """Share of completions that `max_tokens` cut off."""


class StrategyDropped(Event):
    """A race dropped a strategy early on a task."""

    task: str
    strategy: str
    samples: int
    """Number of samples answered so far."""


class StrategyChosen(Event):
    """A strategy was chosen for a task."""

    task: str
    strategy: str
    decided: bool
    """Whether a sequential test shows that the strategy beats all others."""
    reason: str
    probability_best: float = 0.0
    loss_bound: float = 1.0
    """Upper bound, at 95 %, of the accuracy lost by this choice."""
    more_samples: int | None = None
    """Estimated number of further samples until the choice is certain."""


class CallAnswered(Event):
    """The teacher answered, in this run or in an earlier one."""

    sample_id: str
    strategy: str
    cached: bool
    verified: bool | None
    """Whether the answer matches the reference; None without a reference, and if it is only similar."""
    verdict: str | None = None
    """How the answer relates to the reference: a value of `Verdict`."""


class CallFailed(Event):
    """The teacher did not answer a sample, and further attempts are useless."""

    sample_id: str
    strategy: str
    error: str


class RowDropped(Event):
    """A demonstration was not used as a training row."""

    sample_id: str
    reason: str


class MemoryPlanned(Event):
    """The memory of a training was estimated, in bytes."""

    description: str
    total: int
    free: int | None
    pack_tokens: int
    """Number of tokens computed together."""
    gradient_checkpointing: bool


class TrainingResumed(Event):
    """A training resumed from a checkpoint."""

    step: int
    """Last finished step."""
    path: str


class StepTrained(Event):
    """One optimizer step was done."""

    step: int
    loss: float
    learning_rate: float
    grad_norm: float
    tokens: int
    """Number of row tokens in this step, without padding."""
    seconds: float


class ValidationMeasured(Event):
    """The mean loss over the validation rows was measured."""

    step: int
    loss: float
    best: bool


class SampleAnswered(Event):
    """The model in training answered a validation prompt, decoded greedily."""

    step: int
    sample_id: str
    text: str
    ended: bool
    """Whether the answer stopped on its own; else it was cut off."""


class CheckpointSaved(Event):
    """Adapter and optimizer state were saved."""

    step: int
    path: str
    stopping: bool = False
    """Whether the training stops here."""


class AcceptanceChecked(Event):
    """One check of an export's acceptance test was done."""

    name: str
    passed: bool
    value: str
    bound: str


class FileWritten(Event):
    """A file has its final name."""

    path: str
    bytes: int
    sha256: str


class ModelEvaluated(Event):
    """A model answered all samples of a task under a system message."""

    model: str
    task: str
    system_message: str
    n: int
    accuracy: float
    extracted: float
    strict_accuracy: float | None = None
    unreadable: float | None = None
    truncated: float | None = None


class SeedEvaluated(Event):
    """A training with a further seed was evaluated."""

    seed: int
    gain: float
    """Gain of its tuned model over the base."""
    ci_low: float
    ci_high: float


def stored_kind(event: type[Event]) -> str:
    """Name of an event class in the run log."""
    return _STORED_KINDS.get(event.__name__, event.__name__)


def parse_event(kind: str, payload: Mapping[str, Any]) -> Event | None:
    """Return the event of a row of the run log; None if another version wrote it with an unknown name or fields."""
    event_class = _CLASSES.get(kind)
    try:
        if event_class is StageFinished:
            return StageFinished(payload["stage"], _read_summary(payload["stage"], payload["summary"]))
        return event_class(**payload) if event_class else None
    except (KeyError, TypeError):
        return None


def _read_summary(stage: str, summary: Mapping[str, Any]) -> Record:
    """The stored summary of a stage; an empty record for an unknown stage."""
    from orca_local.domain.summaries import STAGE_SUMMARIES  # on first use: the import takes tens of milliseconds

    return STAGE_SUMMARIES.get(stage, Record).from_dict(summary)


_STORED_KINDS = {"StrategyDropped": "StrategyLeft"}
"""Stored names of renamed event classes: databases and scripts know them by their first name."""
_CLASSES = {stored_kind(event): event for event in Event.__subclasses__()}
