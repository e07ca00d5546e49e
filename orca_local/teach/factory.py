"""The teacher that the settings name."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.settings import TeacherSettings
from orca_local.domain.teaching import STARTER_ENDPOINT, STARTER_MODEL
from orca_local.teach.teacher import Teacher


def make_teacher(settings: TeacherSettings, directory: Path, *, offline: bool) -> Teacher:
    """Build the teacher; `directory` is where a relative `teacher.file` is looked for.

    Offline, an endpoint is replaced by its cache: its name stays, since the name is in every key.
    """
    from orca_local.teach.file_teacher import cached_teacher, file_teacher

    if settings.kind == "file":
        return file_teacher(directory / settings.file if settings.file else None)
    if settings.kind in ("local", "self"):
        raise ValueError("an engine's teacher is made by whoever opens the engine")
    if settings.kind == "starter":
        return cached_teacher(STARTER_ENDPOINT, STARTER_MODEL, "the starter has no answer for it", varies=False)
    from orca_local.teach.openai_teacher import OpenAITeacher

    teacher = OpenAITeacher(settings)
    if offline:
        reason = "not in the cache, and --offline makes no call"
        return cached_teacher(teacher.endpoint, teacher.model, reason, varies=True)
    return teacher
