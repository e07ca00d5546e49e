"""What prompting alone gives: the base told the form of the answer, and the base under its chosen strategies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, field

from orca_local.domain.evaluation_summary import Prompted, PromptedAccuracy
from orca_local.domain.frozen import Frozen
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Sample, SamplingSettings
from orca_local.evaluate.compare import SampleResult, gain, measure, task_accuracies
from orca_local.evaluate.results import NO_STRATEGY, collect
from orca_local.generation.generate import ModelRef, PlannedMeasurement
from orca_local.kinds.prompts import student_messages, with_format_line
from orca_local.runs.context import StageContext


class Prompting(Frozen):
    """The prompts that the base is measured under, besides the system messages."""

    system_message: str
    """System message of the main result, which gets the format line."""
    trained_message: str
    """System message that the student is trained with; a strategy without an instruction uses it."""
    strategies: Mapping[str, Strategy] = field(default_factory=dict)
    """The chosen strategy of each task that has one."""

    def plan(self, samples: Sequence[Sample], sampling: SamplingSettings) -> PlannedPrompts:
        """The measurements of these samples; a task without a chosen strategy gets only the format line."""
        format_line, under_strategy = [], []
        for sample in samples:
            messages = with_format_line(sample, self.system_message)
            format_line.append(PlannedMeasurement(sample, NO_STRATEGY, messages, messages[0].content, sampling))
            if (strategy := self.strategies.get(sample.task)) is not None:
                messages = student_messages(sample, strategy, self.trained_message)
                text, asks_form = messages[0].content, strategy.asks_form
                under_strategy.append(
                    PlannedMeasurement(sample, strategy.name, messages, text, sampling, asks_form=asks_form)
                )
        without_strategy = sorted({sample.task for sample in samples} - set(self.strategies))
        return PlannedPrompts(format_line, under_strategy, tuple(without_strategy))


class PlannedPrompts(Frozen):
    """The measurements of the base under other prompts."""

    format_line: Sequence[PlannedMeasurement]
    """Every sample under the main system message with the format line."""
    strategy: Sequence[PlannedMeasurement]
    """Every sample of a task with a chosen strategy under that strategy, as the probe asks it."""
    without_strategy: tuple[str, ...]
    """The tasks without a chosen strategy, in alphabetical order."""

    @property
    def all(self) -> list[PlannedMeasurement]:
        """The measurements under both prompts."""
        return [*self.format_line, *self.strategy]


def summarize_prompted(
    context: StageContext, model: ModelRef, planned: PlannedPrompts, tuned: Sequence[SampleResult] | None
) -> Prompted:
    """The accuracies of the base, `model`, under `planned`, and the gain of `tuned` over each, if it was evaluated."""

    def compare(measurements: Sequence[PlannedMeasurement]) -> PromptedAccuracy:
        results = collect(context, model, measurements)
        return PromptedAccuracy(
            **asdict(measure(results)),
            tasks=task_accuracies(results),
            gain=None if tuned is None else gain(results, tuned),
        )

    return Prompted(
        base_format_line=compare(planned.format_line),
        base_strategy=compare(planned.strategy) if planned.strategy else None,
        without_strategy=planned.without_strategy,
    )
