"""Real training rows for benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from orca_local.domain.settings import DatasetSettings
from orca_local.domain.types import Message, Sample
from orca_local.kinds.prompts import plain_messages
from orca_local.rows.renderer import PromptRenderer
from orca_local.rows.training_row import TrainingRow, make_row
from orca_local.starter.install import iter_answers, load_samples
from orca_local.tasks.read import read_tasks

MAX_TOKENS = 2048


def starter_rows(student: Path, strategy: str) -> list[TrainingRow]:
    """The starter's training rows under one strategy."""
    samples = {sample.id: sample for sample in load_samples()}
    answers = [answer for answer in iter_answers() if answer.strategy == strategy]
    return _rows(student, [(samples[answer.sample_id], answer.text) for answer in answers])


def task_rows(student: Path, path: Path) -> list[TrainingRow]:
    """Rows of a task file whose samples have a rationale, such as GSM8K's training set."""
    samples = [sample for sample in read_tasks(path).samples if sample.rationale]
    return _rows(student, [(sample, sample.rationale or "") for sample in samples])


def _rows(student: Path, answered: Sequence[tuple[Sample, str]]) -> list[TrainingRow]:
    message = DatasetSettings().system_message
    with closing(PromptRenderer(student)) as renderer:
        made = [
            make_row(renderer, s.id, (*plain_messages(s, message), Message("assistant", text)), MAX_TOKENS)
            for s, text in answered
        ]
    return [row for row in made if isinstance(row, TrainingRow)]
