"""The teacher that the settings name, with whatever has to be opened for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from orca_local.domain.errors import InputError
from orca_local.domain.settings import Settings, TeacherSettings
from orca_local.evaluate.stage import Candidate, LoadedModel

if TYPE_CHECKING:
    from orca_local.teach.teacher import Teacher

ON_THIS_MACHINE = ("local", "self")
"""Kinds of teachers that an engine runs: they need no network."""


def open_teacher(
    settings: Settings,
    directory: Path,
    opened: ExitStack,
    candidate: Callable[[str], Candidate],
    load: Callable[..., LoadedModel],
    *,
    offline: bool,
) -> Teacher:
    """Make the teacher; `opened` closes what it needs. `candidate` and `load` find and open models by name."""
    from orca_local.engines.compute import choose
    from orca_local.teach.engine_teacher import EngineTeacher
    from orca_local.teach.make import make_teacher

    if settings.teacher.kind not in ON_THIS_MACHINE:
        return make_teacher(settings.teacher, directory, offline=offline)
    found = candidate(_model_name(settings.teacher, directory))
    form = choose(found.path, found.model.sha256, settings.engine)
    loaded = load(replace(found, path=form.path), compute=form.compute)
    opened.callback(loaded.close)
    model = f"{found.name} {found.model.sha256[:16]} {loaded.engine.fingerprint}"
    return EngineTeacher(loaded.engine, loaded.renderer, settings.teacher.kind, model)


def _model_name(settings: TeacherSettings, directory: Path) -> str:
    """`base`, `tuned`, or the path of a file."""
    from orca_local.catalog.locate import resolve_student

    if settings.kind == "self":
        return settings.model or "base"
    if not settings.model:
        hint = 'write model = "…" under [teacher] in orca.toml: the path of a GGUF, or an id of the catalog'
        raise InputError("teacher.model is not set", hint=hint)
    return str(resolve_student(settings.model, directory))
