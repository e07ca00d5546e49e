"""Results of stages and commands: what `--json` prints and what the last event of a run stores.

`docs/json.md` is generated from these classes and those that they import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from orca_local.domain.evaluation_summary import Accuracy, EvaluationSummary, Gain
from orca_local.domain.export_summary import ExportedFile, ExportSummary
from orca_local.domain.failure_summary import FailureSummary
from orca_local.domain.judge_summary import JudgeCheck
from orca_local.domain.probe_summary import ProbeSummary
from orca_local.domain.record import FIRST, OMITTABLE, Record
from orca_local.domain.stages import BASE, JUDGE, SEEDS, SUITES
from orca_local.domain.suite_evaluation import SuiteEvaluation
from orca_local.domain.teach_summary import TeachSummary


class SuiteOverlap(Record):
    """A suite on this machine, whose questions no training row asks."""

    name: str
    """Its name."""
    digest: str
    """Hash of its rows."""
    questions: int
    """Number of its questions."""
    dropped: int
    """Number of answers that did not become rows because their samples have one of the questions."""


class DatasetSummary(Record):
    """Result of `dataset build`."""

    run_id: int
    """Number of the run."""
    rows: int
    """Number of training rows."""
    dropped: Mapping[str, int]
    """Number of answers that did not become rows, by reason."""
    tokens: int
    """Tokens of all rows."""
    loss_tokens: int
    """Tokens that are trained on."""
    shortened: Mapping[str, int] | None = field(default=None, metadata=OMITTABLE)
    """Number of rows whose answer was shortened, by what was cut off: `thoughts` before the answer, `run_on` after it.
    """
    few_shot: int | None = field(default=None, metadata=OMITTABLE)
    """Rows among them that show solved examples before the question."""
    suites: tuple[SuiteOverlap, ...] = field(default=(), metadata=OMITTABLE)
    """The suites on this machine that the samples were compared with."""


class TaskAnswers(Record):
    """Answers of one task, in the list `tasks` of `dataset list`."""

    task: str
    """Name of the task."""
    answers: int
    """Number of answers."""
    verified: int
    """Answers that match the reference."""
    mismatch: int
    """Answers that do not match the reference."""
    verdicts: Mapping[str, int]
    """Number of answers by the result of the comparison: `equal`, `equal_value`, `same_label`, `similar`,
    `different`, `unreadable`, `unchecked`."""
    hinted: int
    """Answers for which the teacher saw the reference."""
    review: Mapping[str, int]
    """Number of answers by review state."""
    mean_characters: int
    """Mean length of an answer."""


class MemoryUse(Record):
    """Memory of a training, in bytes."""

    planned: int
    """Estimate made before the training."""
    peak: int | None
    """Measured peak; null if the backend cannot measure it."""


class TrainResult(Record):
    """Figures of a finished training."""

    steps: int
    """Number of optimizer steps."""
    train_loss: float
    """Mean training loss over the last tenth of the steps."""
    validation_loss: float | None
    """Best validation loss; null if no rows were held out."""
    best_step: int
    """Step with the best validation loss, which the adapter comes from."""
    tokens_per_second: float
    """Training speed; padding is not counted."""
    seconds: float
    """Duration of the training."""
    memory: MemoryUse
    """Memory."""


class TrainSummary(TrainResult):
    """Result of `train`."""

    run_id: int = field(metadata=FIRST)
    """Number of the run."""
    adapter: str = field(metadata=FIRST)
    """Directory of the adapter."""


class SeedGain(Record):
    """Gain of the training with one seed."""

    seed: int
    """The seed, `train.seed`."""
    gain: Gain
    """Gain of its tuned model over the base."""


class SeedSummary(Record):
    """Gains of trainings that differ in the seed only."""

    run_id: int
    """Number of the run."""
    trainings: tuple[SeedGain, ...]
    """Gain by seed, that of the settings first; its model is `tuned`."""
    mean: float
    """Mean gain."""
    min: float
    """Smallest gain."""
    max: float
    """Largest gain."""
    standard_deviation: float | None
    """Standard deviation of the gains between seeds; null with one seed."""


class PipelineResult(Record):
    """Result of `run`: the result of every stage."""

    probe: ProbeSummary
    """Result of `probe`."""
    teach: TeachSummary
    """Result of `teach`."""
    dataset: DatasetSummary
    """Result of `dataset build`."""
    train: TrainSummary
    """Result of `train`."""
    export: ExportSummary
    """Result of `export`."""
    evaluation: EvaluationSummary
    """Result of `evaluate`."""
    seeds: SeedSummary | None = field(default=None, metadata=OMITTABLE)
    """Gains with further training seeds; with `--seeds`."""


class QuickstartSummary(Record):
    """Result of `quickstart`."""

    workspace: str
    """Directory of the workspace."""
    strategies: Mapping[str, str]
    """The chosen strategy of each task."""
    base: Accuracy
    """Accuracy of the base on the holdout samples."""
    tuned: Accuracy
    """Accuracy of the tuned model on the holdout samples."""
    gain: Gain
    """Gain of the tuned model over the base."""
    export: ExportedFile
    """The tuned model."""
    seconds: Mapping[str, float]
    """Duration of each stage."""
    failures: FailureSummary | None = field(default=None, metadata=OMITTABLE)
    """The failed samples of all stages, where there are any."""


STAGE_SUMMARIES: Mapping[str, type[Record]] = {
    BASE: ExportSummary,
    "probe": ProbeSummary,
    "teach": TeachSummary,
    "dataset": DatasetSummary,
    "train": TrainSummary,
    "export": ExportSummary,
    "evaluate": EvaluationSummary,
    SEEDS: SeedSummary,
    JUDGE: JudgeCheck,
    SUITES: SuiteEvaluation,
}
"""The class of the summary of each stage."""
