"""The teacher that the settings name."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.settings import TeacherSettings
from orca_local.teach.teacher import Teacher

STARTER_ENDPOINT, STARTER_MODEL = "starter", "worked-solutions"


def make_teacher(settings: TeacherSettings, directory: Path, *, offline: bool) -> Teacher:
    """Build the teacher; `directory` is where a relative `teacher.file` is looked for.

    Offline, an endpoint is replaced by its cache: its name stays, since the name is in every key.
    """
    from orca_local.teach.file_teacher import CachedTeacher, FileTeacher

    if settings.kind == "file":
        return FileTeacher(directory / settings.file if settings.file else None)
    if settings.kind == "starter":
        return CachedTeacher(STARTER_ENDPOINT, STARTER_MODEL, "the starter has no answer for it")
    from orca_local.teach.openai_teacher import OpenAITeacher

    teacher = OpenAITeacher(settings)
    if offline:
        return CachedTeacher(teacher.endpoint, teacher.model, "not in the cache, and --offline makes no call")
    return teacher
