"""The fingerprint of a training: everything that decides its result.

It names the training's directory, and it tells what changed if an unfinished training no longer fits.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.keys import canonical_json, content_key
from orca_local.rows.training_row import TrainingRow
from orca_local.system.files import write_whole
from orca_local.train.recipe import Recipe

LAYOUT = 4
"""Increase it when the same inputs would give another result, so that old trainings are not reused."""
FINGERPRINT_FILE = "inputs.json"
_DERIVED = ("warmup_steps", "validate_every")
"""Shares of `total_steps`. If that changed, they changed with it and are not listed."""
_LABELS = {"total_steps": "the number of steps", "warmup_steps": "the number of warm-up steps"}
"""Names for values that are not settings."""


class TrainingFingerprint(Frozen):
    """Everything that decides the result of a training."""

    layout: int
    """`LAYOUT` of the program that started it."""
    weights_sha256: str
    compute: str
    """`train.compute` as the user set it."""
    recipe: Mapping[str, Any]
    """`Recipe.to_dict`."""
    rows: Sequence[str]
    """Content hashes of the rows, sorted."""

    @cached_property
    def key(self) -> str:
        """Hash that names the training."""
        return content_key(asdict(self))

    def changes_since(self, before: TrainingFingerprint) -> list[str]:
        """The differences from `before`, one phrase each, with the names of the settings."""
        return list(_changes(before, self))


def make_fingerprint(
    rows: Sequence[TrainingRow], recipe: Recipe, weights_sha256: str = "", compute: str = ""
) -> TrainingFingerprint:
    """The fingerprint of a training on `rows`. The order of the rows does not matter."""
    hashes = sorted(row.content_hash for row in rows)
    # Through JSON, so that it equals what is read back: tuples become lists.
    return TrainingFingerprint(LAYOUT, weights_sha256, compute, json.loads(json.dumps(recipe.to_dict())), hashes)


def load_fingerprint(directory: Path) -> TrainingFingerprint | None:
    """The fingerprint of the training in `directory`; None if there is none or it cannot be read."""
    try:
        return TrainingFingerprint(**json.loads((directory / FINGERPRINT_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def claim_directory(directory: Path, fingerprint: TrainingFingerprint) -> None:
    """Write `fingerprint` into `directory`. Raises `InputError` if the directory belongs to another training."""
    before = load_fingerprint(directory)
    if before is None:
        directory.mkdir(parents=True, exist_ok=True)
        text = canonical_json(asdict(fingerprint))
        write_whole(directory / FINGERPRINT_FILE, text, hint="check the path and its permissions")
    elif before != fingerprint:
        raise InputError(
            f"{directory} has the checkpoints of another training: {'; '.join(fingerprint.changes_since(before))}",
            hint="undo the change, or train in another directory",
        )


def _changes(before: TrainingFingerprint, now: TrainingFingerprint) -> Iterator[str]:
    if before.layout != now.layout:
        yield "another version of orca-local started it"
    if before.weights_sha256 != now.weights_sha256:
        yield f"the student's weights were {before.weights_sha256[:12]} and are {now.weights_sha256[:12]} (sha256)"
    if before.compute != now.compute:
        yield f"compute was {before.compute} and is {now.compute}"
    old, new = before.recipe, now.recipe
    ignored = _DERIVED if old.get("total_steps") != new.get("total_steps") else ()
    for name in [*new, *(name for name in old if name not in new)]:
        if old.get(name) != new.get(name) and name not in ignored:
            label = _LABELS.get(name, name)
            yield f"{label} was {_render_value(old.get(name))} and is {_render_value(new.get(name))}"
    yield from _row_changes(Counter(before.rows), Counter(now.rows))


def _row_changes(before: Counter[str], now: Counter[str]) -> Iterator[str]:
    counts = [((now - before).total(), "added"), ((before - now).total(), "removed")]
    parts = [f"{count} {'row was' if count == 1 else 'rows were'} {verb}" for count, verb in counts if count]
    if parts:
        yield " and ".join(parts)


def _render_value(value: Any) -> str:
    return "not set" if value is None else json.dumps(value)
