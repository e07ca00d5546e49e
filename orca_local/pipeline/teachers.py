"""Run the teach stage with the teacher that the settings name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event
from orca_local.domain.settings import Settings
from orca_local.domain.strategies import Strategy
from orca_local.domain.teach_summary import TeachEstimate
from orca_local.domain.types import Sample
from orca_local.evaluate.stage import Candidate, LoadedModel
from orca_local.runs.context import StageContext

if TYPE_CHECKING:
    from orca_local.store.store import Store
    from orca_local.teach.engine_teacher import LocalModel
    from orca_local.teach.prices import Price
    from orca_local.teach.teacher import Teacher


@dataclass(frozen=True, slots=True)
class TeachRunner:
    """The samples to teach, with what a teacher may need."""

    settings: Settings
    directory: Path
    store: Store
    samples: Sequence[Sample]
    strategies: Mapping[str, Strategy]
    """By task."""
    candidate: Callable[[str], Candidate]
    """Finds a model by its name or path."""
    load: Callable[..., LoadedModel]

    def run(self, context: StageContext, *, limit: int | None, retry_failed: bool, live: bool) -> Iterator[Event]:
        """Ask the teacher call by call."""
        from orca_local.teach.stage import teach

        settings = self.settings.teacher
        with ExitStack() as stack:
            teacher = self._make_teacher(stack, offline=context.offline)
            yield from teach(
                context,
                teacher,
                self.samples,
                self.strategies,
                settings,
                price=self._price(teacher.endpoint, teacher.model),
                limit=limit,
                retry_failed=retry_failed,
                live=live,
            )

    def run_batch(self, context: StageContext, *, limit: int | None, retry_failed: bool) -> Iterator[Event]:
        """Use the Batch API of the endpoint. Raises `InputError` if the teacher is no endpoint."""
        from orca_local.endpoints.chat import ChatEndpoint
        from orca_local.teach.batch import teach_in_batch

        settings = self.settings.teacher
        if context.offline or not settings.takes_batches:
            reason = f'teacher.kind = "{settings.kind}" has no Batch API'
            if context.offline:
                reason = "--offline sends no batch"
            raise InputError(reason, hint="run `orca-local teach` without --batch")
        chat = ChatEndpoint(settings, section="teacher")
        chat.open()
        with closing(chat):
            yield from teach_in_batch(
                context,
                chat,
                self.samples,
                self.strategies,
                settings,
                price=self._price(chat.url, chat.model),
                limit=limit,
                retry_failed=retry_failed,
            )

    def estimate(self, weights: Path, *, limit: int | None) -> TeachEstimate:
        """Estimate calls, tokens and cost; the tokenizer of `weights` counts the prompts."""
        from orca_local.rows.renderer import PromptRenderer
        from orca_local.teach.estimate import estimate

        with ExitStack() as stack:
            teacher = self._make_teacher(stack, offline=True)
            renderer = stack.enter_context(closing(PromptRenderer(weights)))
            price = self._price(teacher.endpoint, teacher.model)
            settings = self.settings.teacher
            return estimate(self.store, renderer, teacher, self.samples, self.strategies, settings, price, limit=limit)

    def _price(self, endpoint: str, model: str) -> Price | None:
        from orca_local.teach.prices import find_price

        return find_price(endpoint, model, self.directory)

    def _make_teacher(self, stack: ExitStack, *, offline: bool) -> Teacher:
        """The teacher; `stack` closes the model that it may need."""
        from orca_local.teach.factory import make_teacher

        settings = self.settings.teacher
        return make_teacher(settings, self.directory, lambda name: self._load_model(name, stack), offline=offline)

    def _load_model(self, name: str, stack: ExitStack) -> LocalModel:
        from orca_local.engines.compute import choose_compute
        from orca_local.teach.engine_teacher import LocalModel

        candidate = self.candidate(name)
        sha256 = candidate.model.sha256
        form = choose_compute(candidate.path, sha256, self.settings.engine)
        loaded = self.load(replace(candidate, path=form.path), compute=form.compute)
        stack.callback(loaded.close)
        return LocalModel(loaded.engine, loaded.renderer, f"{candidate.name} {sha256[:16]} {loaded.engine.fingerprint}")
