"""What goes into a training: it names the training, and says what changed where an unfinished one no longer fits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.keys import canonical_json, content_key
from orca_local.rows.training_row import TrainingRow
from orca_local.system.files import write_whole
from orca_local.train.recipe import Recipe

LAYOUT = 3
"""Raise it when the same inputs would compute something else, so that old trainings are not taken for new ones."""
INPUTS_FILE = "inputs.json"
_FOLLOWING = ("warmup_steps", "validate_every")
"""These are shares of `total_steps`: where it changed, they do."""
_WORDS = {"total_steps": "the number of steps", "warmup_steps": "the number of warm-up steps"}
"""For what is no setting of its own."""


@dataclass(frozen=True)
class TrainingInputs:
    """All that decides the result of a training."""

    layout: int
    weights_sha256: str
    compute: str
    """As it was set."""
    recipe: Mapping[str, Any]
    rows: Sequence[str]
    """Content hashes, sorted."""

    @cached_property
    def key(self) -> str:
        """The training's name."""
        return content_key(asdict(self))

    def changes_since(self, before: TrainingInputs) -> list[str]:
        """What differs from `before`, a phrase for each, in the words of the settings."""
        return list(_changes(before, self))


def make_inputs(
    rows: Sequence[TrainingRow], recipe: Recipe, weights_sha256: str = "", compute: str = ""
) -> TrainingInputs:
    """The inputs of a training on `rows`; their order has no effect."""
    hashes = sorted(row.content_hash for row in rows)
    # As JSON has it, so that it equals what is read back.
    return TrainingInputs(LAYOUT, weights_sha256, compute, json.loads(json.dumps(recipe.to_dict())), hashes)


def load_inputs(directory: Path) -> TrainingInputs | None:
    """The inputs of the training whose checkpoints are in `directory`; None where that is not told."""
    try:
        return TrainingInputs(**json.loads((directory / INPUTS_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def claim(directory: Path, inputs: TrainingInputs) -> None:
    """Write `inputs` into `directory`. Raises `InputError` where it is the place of another training."""
    before = load_inputs(directory)
    if before is None:
        directory.mkdir(parents=True, exist_ok=True)
        write_whole(directory / INPUTS_FILE, canonical_json(asdict(inputs)), hint="check the path and its permissions")
    elif before != inputs:
        raise InputError(
            f"{directory} has the checkpoints of another training: {'; '.join(inputs.changes_since(before))}",
            hint="change it back, or train in another directory",
        )


def _changes(before: TrainingInputs, now: TrainingInputs) -> Iterator[str]:
    if before.layout != now.layout:
        yield "it was begun by another version of orca-local"
    if before.weights_sha256 != now.weights_sha256:
        yield f"the student's weights were {before.weights_sha256[:12]} and are {now.weights_sha256[:12]} (sha256)"
    if before.compute != now.compute:
        yield f"compute was {before.compute} and is {now.compute}"
    old, new = before.recipe, now.recipe
    longer = old.get("total_steps") != new.get("total_steps")
    for name in [*new, *(name for name in old if name not in new)]:
        if old.get(name) != new.get(name) and not (longer and name in _FOLLOWING):
            yield f"{_WORDS.get(name, name)} was {_shown(old.get(name))} and is {_shown(new.get(name))}"
    yield from _row_changes(Counter(before.rows), Counter(now.rows))


def _row_changes(before: Counter[str], now: Counter[str]) -> Iterator[str]:
    added, removed = (now - before).total(), (before - now).total()
    counts = [(added, "added"), (removed, "removed")]
    parts = [f"{count} {'row was' if count == 1 else 'rows were'} {verb}" for count, verb in counts if count]
    if parts:
        yield " and ".join(parts)


def _shown(value: Any) -> str:
    return "not set" if value is None else json.dumps(value)
