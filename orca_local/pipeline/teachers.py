"""The teacher that the settings name, with whatever has to be opened for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event
from orca_local.domain.settings import Settings, TeacherSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Sample
from orca_local.evaluate.stage import Candidate, LoadedModel

if TYPE_CHECKING:
    from orca_local.store.store import Store
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


def batched_teaching(
    settings: TeacherSettings,
    directory: Path,
    store: Store,
    samples: Sequence[Sample],
    chosen: Mapping[str, Strategy],
    *,
    offline: bool,
    run_id: int,
    limit: int | None,
    retry_failed: bool,
) -> Iterator[Event]:
    """Teach through the Batch API of an endpoint. Raises `InputError` where the teacher is none."""
    from orca_local.endpoints.batch import BatchEndpoint
    from orca_local.endpoints.chat import ChatEndpoint
    from orca_local.teach.batch import teach_in_batch
    from orca_local.teach.prices import find_price

    if settings.kind != "openai" or offline:
        what = f'a teacher of kind "{settings.kind}" takes no batches' if not offline else "offline, no batch is sent"
        raise InputError(what, hint="run `orca-local teach` without --batch")
    chat = ChatEndpoint(settings, section="teacher")
    chat.open()
    with closing(chat), closing(BatchEndpoint(chat.url, chat.key, settings.timeout_s)) as endpoint:
        yield from teach_in_batch(
            chat,
            endpoint,
            store,
            samples,
            chosen,
            settings,
            run_id=run_id,
            price=find_price(chat.url, chat.model, directory),
            limit=limit,
            retry_failed=retry_failed,
        )


def _model_name(settings: TeacherSettings, directory: Path) -> str:
    """`base`, `tuned`, or the path of a file."""
    from orca_local.catalog.locate import resolve_student

    if settings.kind == "self":
        return settings.model or "base"
    if not settings.model:
        hint = 'write model = "…" under [teacher] in orca.toml: the path of a GGUF, or an id of the catalog'
        raise InputError("teacher.model is not set", hint=hint)
    return str(resolve_student(settings.model, directory))
