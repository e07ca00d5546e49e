"""Results of evaluations: accuracies, and the gain of one model over another on the same samples."""

from __future__ import annotations

from dataclasses import field

from orca_local.domain.failure_summary import FailureSummary
from orca_local.domain.judge_summary import Judged
from orca_local.domain.quantized import QuantizedFile, Recommendation
from orca_local.domain.record import CI, FIRST, OMITTABLE, Record

GAIN_COVERS = "new samples of these tasks, with this training seed"
"""What the interval of a gain generalizes over."""


class Accuracy(Record):
    """Mean score of one model over a set of samples."""

    accuracy: float
    """Mean score of the lenient reading, from 0 to 1: the answer that a careful person takes from the text, because no
    model is told a form. A completion without a readable answer counts 0."""
    ci: CI
    """95 % interval over new samples of these tasks: Wilson's, wider for few samples and near 0 and 1."""
    n: int
    """Number of samples."""
    extracted: float
    """Share of completions with a readable answer in the reading that `accuracy` is of."""
    strict_accuracy: float | None = field(default=None, kw_only=True, metadata=OMITTABLE)
    """Mean score of the strict reading: only answers in the form `Answer: …`, a box or the like count."""
    unreadable: float | None = field(default=None, kw_only=True, metadata=OMITTABLE)
    """Share of completions without an answer in either reading."""
    truncated: float | None = field(default=None, kw_only=True, metadata=OMITTABLE)
    """Share of completions that `max_tokens` cut off."""
    tokens: float | None = field(default=None, kw_only=True, metadata=OMITTABLE)
    """Mean number of tokens of an answer, as the model's own tokenizer or endpoint counts them."""


class TaskAccuracy(Accuracy):
    """Accuracy on the samples of one task."""

    task: str = field(metadata=FIRST)
    """Name of the task."""


class MessageAccuracy(Accuracy):
    """Accuracy under one system message."""

    system_message: str = field(metadata=FIRST)
    """The system message; it may be empty."""


class ModelAccuracy(Accuracy):
    """Results of one model; the overall figures are those under the first system message."""

    model: str = field(metadata=FIRST)
    """Name of the model: `base`, `tuned`, or the file."""
    tasks: tuple[TaskAccuracy, ...]
    """Accuracy by task, under the first system message."""
    by_system_message: tuple[MessageAccuracy, ...]
    """Accuracy by system message."""
    unseen: Accuracy | None = field(default=None, metadata=OMITTABLE)
    """Accuracy on question types not seen in training, where there are any."""
    source: str | None = field(default=None, metadata=OMITTABLE)
    """Of a model that `[[model]]` names: its name and address at an endpoint, or its file."""
    missing: int | None = field(default=None, metadata=OMITTABLE)
    """Of a model that did not answer everything: number of prompts without an answer. All figures leave them out."""
    cost_usd: float | None = field(default=None, metadata=OMITTABLE)
    """Of an endpoint: US dollars that its calls have cost in this workspace, all runs together."""


class Gain(Record):
    """Mean difference in accuracy between two models on the samples that both answered."""

    value: float
    """Accuracy of the second model minus accuracy of the first."""
    ci: CI
    """95 % interval over new samples of these tasks, with this training: Bonett and Price's for matched pairs. It
    excludes 0 only if `p_value` is below 0.05."""
    p_value: float | None
    """Exact McNemar test; null where scores are partial, for which the test is not defined."""
    n: int
    """Number of samples that both models answered."""
    strict_value: float | None = field(default=None, kw_only=True, metadata=OMITTABLE)
    """Gain of the strict reading. If it is much larger than `value`, the training taught the form of the answer rather
    than the answer."""
    strict_ci: CI | None = field(default=None, kw_only=True, metadata=OMITTABLE)
    """95 % interval of `strict_value`."""


class TaskGain(Gain):
    """Gain on the samples of one task."""

    task: str = field(metadata=FIRST)
    """Name of the task."""


class MessageGain(Gain):
    """Gain under one system message."""

    system_message: str = field(metadata=FIRST)
    """The system message; it may be empty."""


class TotalGain(Gain):
    """Gain over all samples under the first system message."""

    covers: str | None = field(default=None, kw_only=True, metadata=OMITTABLE)
    """What `ci` generalizes over, in words."""
    ci_tasks: CI | None = field(default=None, kw_only=True, metadata=OMITTABLE)
    """95 % interval over tasks like these, with this training seed: Student's over the means of the tasks, never
    narrower than `ci`. Absent with fewer than two tasks."""
    tasks: tuple[TaskGain, ...]
    """Gain by task, under the first system message."""
    by_system_message: tuple[MessageGain, ...]
    """Gain by system message."""

    @property
    def covers_tasks(self) -> str:
        """What `ci_tasks` generalizes over, in words."""
        return f"tasks like these ({len(self.tasks)} measured), with this training seed"


class Difference(Record):
    """Mean difference in accuracy between a model and the reference, on the samples that both answered."""

    value: float
    """Accuracy of the model minus accuracy of the reference."""
    ci: CI
    """95 % interval over new samples of these tasks, for this comparison alone: as that of a gain."""
    p_value: float
    """Exact McNemar test; where scores are partial, a test by random signs."""
    p_holm: float
    """The p-value after Holm's correction for the number of comparisons in the same table."""
    n: int
    """Number of samples that both answered."""


class TaskDifference(Difference):
    """Difference on the samples of one task; `p_holm` is corrected for all models and tasks together."""

    task: str = field(metadata=FIRST)
    """Name of the task."""


class ModelDifference(Difference):
    """Difference over all samples under the first system message; `p_holm` is corrected for all models."""

    model: str = field(metadata=FIRST)
    """Name of the model."""
    tasks: tuple[TaskDifference, ...]
    """Difference by task."""


class Beside(Record):
    """Comparison of all models with one of them; where more than base and tuned were evaluated."""

    reference: str
    """Name of the model that the others are compared with: `tuned`, or `base` where that was not evaluated."""
    models: tuple[ModelDifference, ...]
    """The other models."""


class PromptedAccuracy(Accuracy):
    """Accuracy of the base under a prompt that the main result does not use, and the gain over it."""

    tasks: tuple[TaskAccuracy, ...]
    """Accuracy by task."""
    gain: Gain | None = field(default=None, metadata=OMITTABLE)
    """Gain of the last model, under the first system message, over the base under this prompt."""


class Prompted(Record):
    """What prompting alone gives: the untrained base under other prompts, on the same samples."""

    base_format_line: PromptedAccuracy
    """The base with the first system message and the line that asks for the form of the answer."""
    base_strategy: PromptedAccuracy | None = field(default=None, metadata=OMITTABLE)
    """The base with the chosen strategy of each task, on the tasks that have one."""
    without_strategy: tuple[str, ...] = field(default=(), metadata=OMITTABLE)
    """Tasks without a chosen strategy; `base_strategy` leaves them out."""

    @property
    def labelled(self) -> list[tuple[str, PromptedAccuracy]]:
        """What was measured, each with a name for tables."""
        rows = [("base, told the answer format", self.base_format_line)]
        return rows + ([("base with its chosen strategy", self.base_strategy)] if self.base_strategy else [])


class GainSplit(Record):
    """The gain as the sum of two parts: `trained` and `quantized` add up to `total`."""

    quantization: str
    """Quantization of base and tuned."""
    base: Accuracy
    """Accuracy of the base."""
    tuned_f16: Accuracy
    """Accuracy of the tuned model in F16."""
    tuned: Accuracy
    """Accuracy of the tuned model at the quantization."""
    trained: Gain
    """Gain of tuned F16 over the base."""
    quantized: Gain
    """Gain of tuned over tuned F16; negative if quantizing costs accuracy."""
    total: Gain
    """Gain of tuned over the base."""

    @property
    def steps(self) -> tuple[tuple[str, Accuracy, Accuracy, Gain], ...]:
        """Training, quantizing and both together: the two models, their accuracies, and the gain."""
        at = self.quantization
        return (
            (f"base {at} → tuned F16", self.base, self.tuned_f16, self.trained),
            (f"tuned F16 → tuned {at}", self.tuned_f16, self.tuned, self.quantized),
            (f"base {at} → tuned {at}", self.base, self.tuned, self.total),
        )


class EvaluationSummary(Record):
    """Result of `evaluate`."""

    run_id: int
    """Number of the run."""
    models: tuple[ModelAccuracy, ...]
    """Results by model, in the order in which they were evaluated."""
    seconds: float
    """Duration of the run."""
    gain: TotalGain | None = field(default=None, metadata=OMITTABLE)
    """Gain of `tuned`, or without it of the last model, over `base`, where both were evaluated."""
    beside: Beside | None = field(default=None, metadata=OMITTABLE)
    """Differences of every model to `tuned`; where others than base and tuned were evaluated."""
    prompted: Prompted | None = field(default=None, metadata=OMITTABLE)
    """What prompting alone gives the base; with `evaluate.prompted`, where the base was evaluated."""
    split: GainSplit | None = field(default=None, metadata=OMITTABLE)
    """Effect of training and effect of quantizing; with `--split`."""
    types: tuple[QuantizedFile, ...] = field(default=(), metadata=OMITTABLE)
    """Size and accuracy of each quantization; with `--split`."""
    recommendation: Recommendation | None = field(default=None, metadata=OMITTABLE)
    """The recommended quantization; with `--split` and two or more types."""
    failures: FailureSummary | None = field(default=None, metadata=OMITTABLE)
    """The failed samples, where there are any."""
    scorer_version: int | None = field(default=None, metadata=OMITTABLE)
    """Version of the rules that read and compared the answers."""
    judged: Judged | None = field(default=None, metadata=OMITTABLE)
    """The judge, where it scores tasks. Their answers are graded under the first system message alone."""

    @property
    def tasks(self) -> list[str]:
        """The tasks that any model answered, in order. A model that stopped half-way may lack some."""
        return list(dict.fromkeys(row.task for model in self.models for row in model.tasks))
