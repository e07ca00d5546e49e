"""Rows to compare trainers on: the starter's, or those of a task file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from orca_local.domain.prompts import plain_messages
from orca_local.domain.settings import DatasetSettings
from orca_local.domain.types import Message, Sample
from orca_local.gguf.renderer import PromptRenderer
from orca_local.rows.rows import TrainingRow, make_row
from orca_local.starter.install import iter_answers, load_samples
from orca_local.tasks.jsonl import read_jsonl


def load_rows(student: Path, data: Path | None, strategy: str, max_tokens: int) -> list[TrainingRow]:
    """Rows of the starter's answers under `strategy`, or of the rationales in the task file `data`.

    Those longer than `max_tokens` are left out.
    """
    system = DatasetSettings().system_message
    rows = []
    with closing(PromptRenderer(student)) as renderer:
        for sample, text in _file_answers(data) if data else _starter_answers(strategy):
            messages = (*plain_messages(sample, system), Message("assistant", text))
            row = make_row(renderer, sample.id, messages, max_tokens)
            if isinstance(row, TrainingRow):
                rows.append(row)
    return rows


def _starter_answers(strategy: str) -> Iterator[tuple[Sample, str]]:
    samples = {sample.id: sample for sample in load_samples()}
    for answer in iter_answers():
        if answer.strategy == strategy:
            yield samples[answer.sample_id], answer.text


def _file_answers(path: Path) -> Iterator[tuple[Sample, str]]:
    found = read_jsonl(path)
    if found.problems:
        raise SystemExit(str(found.problems[0]))
    for sample in found.samples:
        if sample.rationale and sample.answers:
            yield sample, f"{sample.rationale}\nAnswer: {sample.answers[0]}"
