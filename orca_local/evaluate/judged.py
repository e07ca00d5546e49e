"""The part of an evaluation that a judge scores: grades of single answers, and choices between two models' answers."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

from orca_local.domain.errors import OrcaError
from orca_local.domain.evaluation_summary import EvaluationSummary
from orca_local.domain.events import Event
from orca_local.domain.judge_summary import GradeCounts
from orca_local.domain.settings import EvaluateSettings
from orca_local.domain.types import Sample
from orca_local.evaluate.compare import REFERENCE, compared_model
from orca_local.evaluate.results import NO_STRATEGY
from orca_local.generation.generate import ModelRef
from orca_local.kinds.scoring import is_scored
from orca_local.runs.context import StageContext
from orca_local.runs.grading import AnswerToGrade, Grader, PairToCompare, in_stage, warn_about
from orca_local.store.measurements import MeasurementRow

AGAIN = "orca-local evaluate"


class JudgedPart:
    """The samples that a judge scores, and what it said about the answers to them so far.

    A judge's calls cost money, so these samples are answered under the first system message alone.
    """

    def __init__(self, judge: Grader | None, settings: EvaluateSettings) -> None:
        self._judge, self._message = judge, settings.system_messages[0]
        self._samples: list[Sample] = []
        self._answers: dict[str, dict[str, MeasurementRow]] = {}
        """By model and sample."""
        self._counts = GradeCounts(0, 0, 0)

    def can_score(self, sample: Sample) -> bool:
        """Whether answers to this sample get a score, by a rule or from the judge."""
        return is_scored(sample) or (self._judge is not None and self._judge.takes(sample))

    def plan(self, samples: Sequence[Sample], settings: EvaluateSettings) -> dict[str, list[Sample]]:
        """The samples to answer under each system message; those without any are left out."""
        ruled = [sample for sample in samples if is_scored(sample)]
        self._samples = [sample for sample in samples if not is_scored(sample)]
        plan = {text: list(samples) if text == self._message else ruled for text in settings.system_messages}
        return {text: some for text, some in plan.items() if some}

    def grade(self, context: StageContext, name: str, model: ModelRef, done: int) -> Generator[Event, None, None]:
        """Have the judge grade a model's answers. `done` is the stage's number of finished units, for its progress."""
        if self._judge is None or not self._samples:
            return
        rows = context.store.measurements.rows(
            run_id=context.run_id, model_id=model.model_id, strategy=NO_STRATEGY, system_message=self._message
        )
        by_sample = self._answers[name] = {row.sample_id: row for row in rows}
        answers = [
            AnswerToGrade(sample, by_sample[sample.id].generation_key, by_sample[sample.id].completion)
            for sample in self._samples
            if sample.id in by_sample
        ]
        self._counts += yield from in_stage(self._judge.grade(context, answers), done)

    def no_score(self) -> OrcaError:
        """The error that no answer has a score, with the remedy."""
        hint = next((warning.hint for warning in warn_about(self._counts, AGAIN)), "")
        return OrcaError(f"no answer has a score: {self._counts.describe()}", hint=hint)

    def finish(
        self, context: StageContext, summary: EvaluationSummary, done: int
    ) -> Generator[Event, None, EvaluationSummary]:
        """Have the judge compare base and tuned; returns the summary with what it said."""
        if self._judge is None or not self._samples:
            return summary
        pairs, other = None, compared_model(self._answers)
        if self._judge.compares and REFERENCE in self._answers and other is not None:
            before, after = self._answers[REFERENCE], self._answers[other]
            both = [
                PairToCompare(sample, before[sample.id].completion, after[sample.id].completion)
                for sample in self._samples
                if sample.id in before and sample.id in after
            ]
            pairs = yield from in_stage(self._judge.compare(context, both, REFERENCE, other), done)
        yield from warn_about(self._counts, AGAIN)
        return replace(summary, judged=self._judge.summarize(self._counts, pairs))
