"""Install the starter in a store: its samples, and its worked answers as finished teacher calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.teacher_request import STARTER_ENDPOINT, STARTER_MODEL, TeacherRequest
from orca_local.domain.types import Sample
from orca_local.kinds.prompts import teacher_messages
from orca_local.store.store import Store
from orca_local.tasks.read import read_tasks
from orca_local.tasks.split import content_hash

DATA = Path(__file__).resolve().parent / "data"
"""Directory of the two files that `scripts/make_starter.py` writes."""


class WorkedAnswer(Frozen):
    """The worked answer to one sample under one strategy."""

    sample_id: str
    strategy: str
    text: str


class InstallResult(Frozen):
    """Numbers of samples and answers that were new to the store."""

    samples: int
    answers: int


def load_samples(directory: Path = DATA) -> tuple[Sample, ...]:
    """Return every sample of the starter. Raises `InputError` if its file is damaged."""
    file = read_tasks(directory / "tasks.jsonl")
    if file.problems:
        raise InputError(f"the starter is damaged: {file.problems[0]}", hint="install orca-local again")
    return file.samples


def iter_answers(directory: Path = DATA) -> Iterator[WorkedAnswer]:
    """Yield every worked answer: one per training sample and built-in strategy."""
    with (directory / "answers.jsonl").open(encoding="utf-8") as file:
        for line in file:
            yield WorkedAnswer(**json.loads(line))


def install_starter(
    store: Store, strategies: Mapping[str, Strategy], settings: TeacherSettings | None = None
) -> InstallResult:
    """Insert samples and answers that the store lacks, all or none. A second call changes nothing.

    `settings` are those of the teach stage: they are part of the key of each call. Answers under a strategy that is not
    in `strategies` are left out.
    """
    settings = settings or TeacherSettings(kind="starter")
    samples = load_samples()
    by_id = {sample.id: sample for sample in samples}
    requests = [
        (_request(by_id[answer.sample_id], strategies[answer.strategy], settings), answer.text)
        for answer in iter_answers()
        if answer.strategy in strategies
    ]
    answered = store.teacher_calls.answered([request.key for request, _ in requests])
    answers = 0
    with store.transaction(durable=True):
        added = store.samples.add([(sample, content_hash(sample)) for sample in samples], STARTER_ENDPOINT)
        for request, text in requests:
            if (key := request.key) not in answered:
                store.teacher_calls.reserve(key, STARTER_ENDPOINT, STARTER_MODEL, request.to_dict())
                store.teacher_calls.complete(key, {"text": text}, 0, 0, 0.0)
                answers += 1
    return InstallResult(added.added, answers)


def _request(sample: Sample, strategy: Strategy, settings: TeacherSettings) -> TeacherRequest:
    sampling = settings.model_dump(include={"max_tokens", "temperature", "top_p", "seed"})
    return TeacherRequest(STARTER_ENDPOINT, STARTER_MODEL, teacher_messages(sample, strategy), **sampling)
