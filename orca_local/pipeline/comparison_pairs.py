"""Which files are compared: such as differ in nothing but what the comparison is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from orca_local.domain.errors import InputError
from orca_local.domain.quantized import REFERENCE_TYPE
from orca_local.evaluate.split import Split
from orca_local.evaluate.stage import Candidate
from orca_local.gguf.header import read_header
from orca_local.models.available import NAMES
from orca_local.pipeline.models import Files


def compared_models(files: Files, names: Sequence[str], quantization: str = "") -> list[Candidate]:
    """The models of these names, each once; `base` and `tuned` at this type where one is given.

    Raises `InputError` where base and tuned are not of one type (trap 8): the gain would not be the training's.
    """
    names = list(dict.fromkeys(names))
    typed = {name: f"{name}:{quantization}" if quantization and name in NAMES else name for name in names}
    if not typed.keys() >= set(NAMES):
        found = files.candidates(list(typed.values()))
        return [replace(c, name=name) if name in NAMES else c for name, c in zip(names, found, strict=True)]
    tuned = replace(files.candidate(typed["tuned"]), name="tuned")
    wanted, made = quantization or files.student().quantization, read_header(tuned.path).quantization
    if made != wanted.upper():
        raise InputError(
            f"base is {wanted} and tuned is {made}: they can only be compared at one type",
            hint=f"run `orca-local export --quantization {wanted}`, or compare with `evaluate --split`",
        )
    others = iter(files.candidates([name for name in names if name not in NAMES]))
    pair = {"base": files.counterpart(tuned), "tuned": tuned}
    return [pair.get(name) or next(others) for name in names]


def split_models(files: Files, quantizations: Sequence[str]) -> tuple[list[Candidate], Split]:
    """The base and the tuned model at the first type, the tuned one in F16 and at all types, made where missing."""
    from orca_local.export.summary import load_quantized
    from orca_local.gguf.file_type import check_type

    types = list(dict.fromkeys(check_type(name) for name in quantizations))
    if types[0] == REFERENCE_TYPE:
        raise InputError(
            f"{REFERENCE_TYPE} is not quantized: there is nothing to split", hint="give --quantization another type"
        )
    rows = files.ensure_tuned(list(dict.fromkeys((REFERENCE_TYPE, *types))))
    facts = {row.quantization: found for row in rows if (found := load_quantized(row)) is not None}
    full, tuned, *others = files.candidates([f"tuned:{name}" for name in dict.fromkeys((REFERENCE_TYPE, *types))])
    tuned = replace(tuned, name="tuned")
    of_type = {c.name: facts[read_header(c.path).quantization] for c in (full, tuned, *others)}
    # The gain is that of the last one.
    return [files.counterpart(tuned), full, *others, tuned], Split(full.name, of_type)
