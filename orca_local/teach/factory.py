"""Build the teacher that the settings name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.settings import AskedSettings
from orca_local.domain.teacher_request import STARTER_ENDPOINT, STARTER_MODEL
from orca_local.models.locate import resolve_student
from orca_local.teach.engine_teacher import EngineTeacher, LocalModel
from orca_local.teach.file_teacher import file_teacher, offline_teacher
from orca_local.teach.openai_teacher import OpenAITeacher
from orca_local.teach.purpose import TEACHING, Purpose
from orca_local.teach.teacher import Teacher


def make_teacher(
    settings: AskedSettings,
    directory: Path,
    load_model: Callable[[str], LocalModel],
    *,
    offline: bool = False,
    purpose: Purpose = TEACHING,
) -> Teacher:
    """Build the teacher.

    Relative paths start at `directory`. `load_model` loads `base`, `tuned` or a GGUF file; its caller closes it.
    Offline, an endpoint is replaced by a teacher of the same name that answers nothing: the name is part of every key,
    so stored answers are still used. Messages name the section of `purpose`.
    """
    match settings.kind:
        case "file":
            return file_teacher(directory / settings.file if settings.file else None)
        case "starter":
            return offline_teacher(STARTER_ENDPOINT, STARTER_MODEL, "the starter tasks have no answer for this sample")
        case "self":
            return EngineTeacher(load_model(settings.model or "base"), settings.kind, purpose)
        case "local":
            if not settings.model:
                section = purpose.section
                hint = f'write model = "…" under [{section}] in orca.toml: the path of a GGUF, or an id of the catalog'
                raise InputError(f"{section}.model is not set", hint=hint)
            return EngineTeacher(load_model(str(resolve_student(settings.model, directory))), settings.kind, purpose)
        case "openai":
            teacher = OpenAITeacher(settings, purpose)
            if not offline:
                return teacher
            reason = "no stored answer, and --offline makes no calls"
            return offline_teacher(teacher.endpoint, teacher.model, reason, can_resample=True)
        case other:
            raise InputError(f"{purpose.section}.kind = {other!r} answers no questions", hint="see docs/settings.md")
