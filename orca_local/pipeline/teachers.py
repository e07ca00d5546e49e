"""Run the teach stage with the teacher that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event
from orca_local.domain.teach_summary import TeachEstimate
from orca_local.gguf.header import Header
from orca_local.pipeline.candidates import make_candidate
from orca_local.runs.context import StageContext

if TYPE_CHECKING:
    from orca_local.pipeline.session import Session
    from orca_local.teach.engine_teacher import LocalModel
    from orca_local.teach.job import TeachJob
    from orca_local.teach.teacher import Teacher


class TeachRunner:
    """The samples to teach and their strategies, with what a teacher may need."""

    def __init__(self, session: Session, limit: int | None, *, retry_failed: bool = False) -> None:
        """Raises `InputError` if there are no samples, or a task has no strategy yet."""
        from orca_local.teach.job import TeachJob

        self._session = session
        self._settings, self._directory = session.settings.teacher, session.workspace.directory
        samples = session.select_samples("train")
        strategies = session.selected_strategies(samples)
        self._job = TeachJob(samples, strategies, self._settings, limit=limit, retry_failed=retry_failed)

    def run(self, context: StageContext, *, live: bool) -> Iterator[Event]:
        """Ask the teacher call by call."""
        from orca_local.teach.stage import teach

        with ExitStack() as stack:
            teacher = self._make_teacher(stack, offline=context.offline)
            yield from teach(context, teacher, self._job_at(teacher.endpoint, teacher.model), live=live)

    def run_batch(self, context: StageContext) -> Iterator[Event]:
        """Use the Batch API of the endpoint. Raises `InputError` if the teacher is no endpoint."""
        from orca_local.endpoints.chat import ChatEndpoint
        from orca_local.teach.batch import teach_in_batch

        if context.offline or not self._settings.takes_batches:
            reason = f'teacher.kind = "{self._settings.kind}" has no Batch API'
            if context.offline:
                reason = "--offline sends no batch"
            raise InputError(reason, hint="run `orca-local teach` without --batch")
        chat = ChatEndpoint(self._settings, section="teacher")
        chat.open()
        with closing(chat):
            yield from teach_in_batch(context, chat, self._job_at(chat.url, chat.model))

    def estimate(self, weights: Header) -> TeachEstimate:
        """Estimate calls, tokens and cost; the tokenizer of `weights` counts the prompts."""
        from orca_local.rows.renderer import PromptRenderer
        from orca_local.teach.estimate import estimate

        with ExitStack() as stack:
            teacher = self._make_teacher(stack, offline=True)
            renderer = stack.enter_context(closing(PromptRenderer(weights)))
            job = self._job_at(teacher.endpoint, teacher.model)
            return estimate(self._session.store, renderer, teacher, job)

    def _job_at(self, endpoint: str, model: str) -> TeachJob:
        """The job with the price of this teacher."""
        from orca_local.teach.prices import find_price

        return replace(self._job, price=find_price(endpoint, model, self._directory))

    def _make_teacher(self, stack: ExitStack, *, offline: bool) -> Teacher:
        """The teacher; `stack` closes the model that it may need."""
        from orca_local.teach.factory import make_teacher

        return make_teacher(
            self._settings, self._directory, lambda name: load_local(self._session, name, stack), offline=offline
        )


def load_local(session: Session, name: str, stack: ExitStack) -> LocalModel:
    """Load `base`, `tuned` or a GGUF file, to be asked questions; `stack` closes it."""
    from orca_local.engines.compute import choose_compute
    from orca_local.teach.engine_teacher import LocalModel

    candidate = make_candidate(session, name)
    sha256 = candidate.model.sha256
    form = choose_compute(candidate.path, sha256, session.settings.engine)
    loaded = session.load(replace(candidate, path=form.path), compute=form.compute)
    stack.callback(loaded.close)
    return LocalModel(loaded.engine, loaded.renderer, f"{candidate.name} {sha256[:16]} {loaded.engine.fingerprint}")
