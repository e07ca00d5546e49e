"""Checks that run a model, and how a check becomes an event and a stored record."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from orca_local.domain.events import AcceptanceChecked, Event
from orca_local.domain.types import Completion, Request, SamplingSettings
from orca_local.engines.base import AdapterEngine, ScoringEngine
from orca_local.export.acceptance import (
    AcceptanceInputs,
    Logits,
    Row,
    check_answers,
    check_divergence,
    measure_divergence,
    require_passed,
)

OpenEngine = Callable[[Path], AdapterEngine]

CheckRecords = list[dict[str, Any]]
"""Checks as the store keeps them."""


def record_checks(checks: Iterable[AcceptanceChecked]) -> Generator[Event, None, CheckRecords]:
    """Yield the checks and return their records. Raises `CheckFailed` after the first check that fails."""
    records = []
    for check in checks:
        yield check
        records.append(asdict(require_passed(check)))
    return records


def check_predictions(engine: ScoringEngine, inputs: AcceptanceInputs) -> Iterator[AcceptanceChecked]:
    """Compare the engine's predictions with the trained model's."""
    with closing(inputs.reference_logits(inputs.rows)) as reference:
        yield from check_divergence(measure_divergence(reference, iter_logits(engine, inputs.rows)))


def iter_logits(engine: ScoringEngine, rows: Sequence[Row]) -> Iterator[Logits]:
    """The engine's logits at the positions of each row, in parts of [some positions, vocabulary], float32.

    A part is valid until the next one.
    """
    return chain.from_iterable(engine.iter_logits(ids, positions) for ids, positions in rows)


def check_generation(engine: ScoringEngine, inputs: AcceptanceInputs) -> AcceptanceChecked:
    """Answer the prompts, and check that the answers stop on their own."""
    settings = SamplingSettings(max_tokens=inputs.max_tokens)
    answers: list[Completion] = []
    for number, ids in enumerate(inputs.prompts):
        engine.submit(Request(str(number), (), ids, settings))
    while len(answers) < len(inputs.prompts):
        answers += [item for item in engine.step() if isinstance(item, Completion)]
    return check_answers(answers)
