"""The models of a workspace that can be loaded, from the store alone: no model file is read."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.store.store import Store

NAMES = ("base", "tuned")
"""The models that a workspace makes."""


def available_models(store: Store) -> list[str]:
    """`base` and `tuned`, then both with their types, if their files exist."""
    rows = [row for row in store.exports.list() if row.name in NAMES and Path(row.path).is_file()]
    names = [name for name in NAMES if any(row.name == name for row in rows)]
    return names + sorted({f"{row.name}:{row.quantization}" for row in rows})


def missing_model(store: Store, name: str) -> InputError | None:
    """Why the model of this name cannot be loaded; None if its file exists."""
    kind, _, quantization = name.partition(":")
    if kind not in NAMES:
        return None if Path(name).is_file() else InputError(f"no file {name}", hint="choose another model")
    row = store.exports.latest(kind, quantization.upper() or None)
    if row is not None and Path(row.path).is_file():
        return None
    return (no_base if kind == "base" else no_tuned)(quantization)


def no_base(quantization: str) -> InputError:
    """The error for a base that does not exist yet, of this type if one is given."""
    suffix = f" at {quantization}" if quantization else ""
    return InputError(f"there is no base model{suffix} yet", hint="run `orca-local probe`, which makes it first")


def no_tuned(quantization: str) -> InputError:
    """The error for a tuned model that is not exported yet, of this type if one is given."""
    suffix = f" at {quantization}" if quantization else ""
    option = f" --quantization {quantization}" if quantization else ""
    hint = f"run `orca-local export{option}` (after `orca-local train`)"
    return InputError(f"there is no tuned model{suffix} yet", hint=hint)
