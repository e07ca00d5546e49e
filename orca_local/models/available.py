"""Which models of a workspace there are to talk to, found without reading a file."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.store.store import Store

NAMES = ("base", "tuned")


def known_models(store: Store) -> list[str]:
    """`base` and `tuned`, then each with its types, as far as their files are there."""
    there = [row for row in store.exports.list() if row.name in NAMES and Path(row.path).is_file()]
    names = [name for name in NAMES if any(row.name == name for row in there)]
    return names + sorted({f"{row.name}:{row.quantization}" for row in there})


def missing_model(store: Store, name: str) -> InputError | None:
    """Why there is nothing to load under this name; None where there seems to be something."""
    kind, _, quantization = name.partition(":")
    if kind not in NAMES:
        return None if Path(name).is_file() else InputError(f"no file {name}", hint="choose another model")
    row = store.exports.latest(kind, quantization.upper() or None)
    if row is not None and Path(row.path).is_file():
        return None
    return (no_base if kind == "base" else no_tuned)(quantization)


def no_base(quantization: str) -> InputError:
    """The base is not made yet, at this type where one is given."""
    at = f" at {quantization}" if quantization else ""
    return InputError(f"there is no base model{at} yet", hint="run `orca-local probe`, which makes it first")


def no_tuned(quantization: str) -> InputError:
    """The tuned model is not made yet, at this type where one is given."""
    at = f" at {quantization}" if quantization else ""
    option = f" --quantization {quantization}" if quantization else ""
    hint = f"run `orca-local export{option}` (after `orca-local train`)"
    return InputError(f"there is no tuned model{at} yet", hint=hint)
