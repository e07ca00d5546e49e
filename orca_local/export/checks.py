"""What an export tries on an engine, and how a check becomes an event and a record."""

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
    divergence,
    require,
)

OpenEngine = Callable[[Path], AdapterEngine]

Records = list[dict[str, Any]]
"""Checks as the store keeps them."""


def checked(checks: Iterable[AcceptanceChecked]) -> Generator[Event, None, Records]:
    """Pass checks on, and return their records; raises `CheckFailed` after the first that does not pass."""
    records = []
    for check in checks:
        yield check
        records.append(asdict(require(check)))
    return records


def try_predictions(engine: ScoringEngine, inputs: AcceptanceInputs) -> Iterator[AcceptanceChecked]:
    """Whether the engine predicts what the trained model did."""
    with closing(inputs.reference_logits(inputs.rows)) as reference:
        yield from check_divergence(divergence(reference, predicted(engine, inputs.rows)))


def predicted(engine: ScoringEngine, rows: Sequence[Row]) -> Iterator[Logits]:
    """What the engine predicts at the positions of each row, in parts, each valid until the next."""
    return chain.from_iterable(engine.iter_logits(ids, positions) for ids, positions in rows)


def try_stops(engine: ScoringEngine, inputs: AcceptanceInputs) -> AcceptanceChecked:
    """Whether the engine's answers to the prompts end by themselves."""
    settings = SamplingSettings(max_tokens=inputs.max_tokens)
    answers: list[Completion] = []
    for number, ids in enumerate(inputs.prompts):
        engine.submit(Request(str(number), (), ids, settings))
    while len(answers) < len(inputs.prompts):
        answers += [item for item in engine.step() if isinstance(item, Completion)]
    return check_answers(answers)
