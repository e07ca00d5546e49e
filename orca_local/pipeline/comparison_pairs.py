"""Chooses the model files of a comparison, so that they differ only in what is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from orca_local.domain.errors import InputError
from orca_local.domain.quantized import REFERENCE_TYPE
from orca_local.evaluate.split import SplitModels
from orca_local.evaluate.stage import Candidate
from orca_local.gguf.file_type import check_type
from orca_local.gguf.header import read_header
from orca_local.models.available import NAMES
from orca_local.models.finder import split_name
from orca_local.pipeline.candidates import make_candidate, make_candidates
from orca_local.pipeline.further_models import EndpointModel, make_further
from orca_local.pipeline.tuned import ensure_tuned, matching_base

if TYPE_CHECKING:
    from orca_local.pipeline.session import Session


def compared_models(session: Session, names: Sequence[str], quantization: str = "") -> list[Candidate | EndpointModel]:
    """The models of these names, each once; `base` and `tuned` of this type if one is given.

    Without names, base and tuned and every model that a `[[model]]` table names. Raises `InputError` if base and tuned
    are not of one type: the gain would not be that of the training (trap 8).
    """
    tables = {settings.name: settings for settings in session.settings.model}
    names = list(dict.fromkeys(names or (*NAMES, *tables)))
    # First, because a table with an error should not wait for base and tuned to be made.
    further = {name: make_further(session, tables[name]) for name in names if name in tables}
    own = [name for name in names if name not in further]
    for name in own:
        if tables and not split_name(name)[0] and not Path(name).is_file():
            raise InputError(f"no model {name!r}", hint=f"give base, tuned, {', '.join(tables)}, or a GGUF file")
    models = dict(zip(own, _own_models(session, own, quantization), strict=True))
    # A file is called by its name, which a table may have too.
    models = {name: replace(c, name=str(c.path)) if c.name in further else c for name, c in models.items()}
    return [further[name] if name in further else models[name] for name in names]


def _own_models(session: Session, names: Sequence[str], quantization: str) -> list[Candidate]:
    """`base`, `tuned` and files."""
    typed = {name: f"{name}:{quantization}" if quantization and name in NAMES else name for name in names}
    if not typed.keys() >= set(NAMES):
        candidates = make_candidates(session, list(typed.values()))
        return [replace(c, name=name) if name in NAMES else c for name, c in zip(names, candidates, strict=True)]
    tuned = replace(make_candidate(session, typed["tuned"]), name="tuned")
    base_type, tuned_type = quantization or session.student.quantization, read_header(tuned.path).quantization
    if tuned_type != base_type.upper():
        raise InputError(
            f"base is {base_type} and tuned is {tuned_type}: they can only be compared at one type",
            hint=f"run `orca-local export --quantization {base_type}`, or compare with `evaluate --split`",
        )
    others = iter(make_candidates(session, [name for name in names if name not in NAMES]))
    pair = {"base": matching_base(session, tuned), "tuned": tuned}
    return [pair.get(name) or next(others) for name in names]


def split_models(session: Session, quantizations: Sequence[str]) -> tuple[list[Candidate], SplitModels]:
    """The base and the tuned model of the first type, and the tuned model in F16 and at the other types.

    Missing files are made. Raises `InputError` if the first type is F16.
    """
    from orca_local.export.summary import load_quantized

    types = list(dict.fromkeys(check_type(name) for name in quantizations))
    if types[0] == REFERENCE_TYPE:
        message = f"{REFERENCE_TYPE} is not quantized: there is nothing to split"
        raise InputError(message, hint="give --quantization another type")
    types = list(dict.fromkeys((REFERENCE_TYPE, *types)))
    rows = ensure_tuned(session, types)
    facts = {row.quantization: quantized for row in rows if (quantized := load_quantized(row)) is not None}
    full, tuned, *others = make_candidates(session, [f"tuned:{name}" for name in types])
    tuned = replace(tuned, name="tuned")
    facts_by_name = {c.name: facts[read_header(c.path).quantization] for c in (full, tuned, *others)}
    # The evaluation takes the gain from the last model.
    return [matching_base(session, tuned), full, *others, tuned], SplitModels(full.name, facts_by_name)
