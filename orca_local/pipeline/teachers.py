"""Teaching with the teacher that the settings name, and whatever has to be opened for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event
from orca_local.domain.settings import Settings, TeacherSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Sample
from orca_local.evaluate.stage import Candidate, LoadedModel
from orca_local.runs.context import StageContext

if TYPE_CHECKING:
    from orca_local.store.store import Store
    from orca_local.teach.teacher import Teacher

BY_ENGINE = ("local", "self")
"""Kinds of teachers that an engine runs on this machine."""


@dataclass(frozen=True, slots=True)
class Teaching:
    """What there is to teach, and by whom. `candidate` and `load` find and open models by name."""

    settings: Settings
    directory: Path
    store: Store
    samples: Sequence[Sample]
    chosen: Mapping[str, Strategy]
    candidate: Callable[[str], Candidate]
    load: Callable[..., LoadedModel]

    def live(self, context: StageContext, *, limit: int | None, retry_failed: bool, live: bool) -> Iterator[Event]:
        """One call after another."""
        from orca_local.teach.prices import find_price
        from orca_local.teach.stage import teach

        settings = self.settings.teacher
        with ExitStack() as opened:
            teacher = self._open(opened, offline=context.offline)
            yield from teach(
                context,
                teacher,
                self.samples,
                self.chosen,
                settings,
                price=find_price(teacher.endpoint, teacher.model, self.directory),
                limit=limit,
                retry_failed=retry_failed,
                live=live,
            )

    def in_batch(self, context: StageContext, *, limit: int | None, retry_failed: bool) -> Iterator[Event]:
        """Through the Batch API of an endpoint. Raises `InputError` where the teacher is none."""
        from orca_local.endpoints.batch import BatchEndpoint
        from orca_local.endpoints.chat import ChatEndpoint
        from orca_local.teach.batch import teach_in_batch
        from orca_local.teach.prices import find_price

        settings = self.settings.teacher
        if context.offline or not settings.takes_batches:
            what = (
                "offline, no batch is sent"
                if context.offline
                else f'a teacher of kind "{settings.kind}" takes no batches'
            )
            raise InputError(what, hint="run `orca-local teach` without --batch")
        chat = ChatEndpoint(settings, section="teacher")
        chat.open()
        with closing(chat), closing(BatchEndpoint(chat.url, chat.key, settings.timeout_s)) as endpoint:
            yield from teach_in_batch(
                context,
                chat,
                endpoint,
                self.samples,
                self.chosen,
                settings,
                price=find_price(chat.url, chat.model, self.directory),
                limit=limit,
                retry_failed=retry_failed,
            )

    def estimate(self, weights: Path, *, limit: int | None) -> dict[str, Any]:
        """What it would take; prompts are counted with the tokenizer of `weights`."""
        from orca_local.rows.renderer import PromptRenderer
        from orca_local.teach.estimate import estimate
        from orca_local.teach.prices import find_price

        with ExitStack() as opened:
            teacher = self._open(opened, offline=True)
            renderer = opened.enter_context(closing(PromptRenderer(weights)))
            price = find_price(teacher.endpoint, teacher.model, self.directory)
            settings = self.settings.teacher
            return estimate(self.store, renderer, teacher, self.samples, self.chosen, settings, price, limit=limit)

    def _open(self, opened: ExitStack, *, offline: bool) -> Teacher:
        """The teacher; `opened` closes what it needs."""
        from orca_local.engines.compute import choose_compute
        from orca_local.teach.engine_teacher import EngineTeacher
        from orca_local.teach.factory import make_teacher

        settings = self.settings.teacher
        if settings.kind not in BY_ENGINE:
            return make_teacher(settings, self.directory, offline=offline)
        found = self.candidate(_model_name(settings, self.directory))
        form = choose_compute(found.path, found.model.sha256, self.settings.engine)
        loaded = self.load(replace(found, path=form.path), compute=form.compute)
        opened.callback(loaded.close)
        model = f"{found.name} {found.model.sha256[:16]} {loaded.engine.fingerprint}"
        return EngineTeacher(loaded.engine, loaded.renderer, settings.kind, model)


def _model_name(settings: TeacherSettings, directory: Path) -> str:
    """`base`, `tuned`, or the path of a file."""
    from orca_local.models.locate import resolve_student

    if settings.kind == "self":
        return settings.model or "base"
    if not settings.model:
        hint = 'write model = "…" under [teacher] in orca.toml: the path of a GGUF, or an id of the catalog'
        raise InputError("teacher.model is not set", hint=hint)
    return str(resolve_student(settings.model, directory))
