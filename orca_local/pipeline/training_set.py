"""The training rows of a workspace."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from orca_local.pipeline.candidates import make_candidate

if TYPE_CHECKING:
    from orca_local.dataset.build import Dataset
    from orca_local.pipeline.session import Session


def make_training_set(session: Session) -> Dataset:
    """The rows from the answers under each task's chosen strategy, without those of questions of suites.

    With `dataset.prefer = "likely"`, the base rates the answers, and is made if it does not exist yet.
    """
    from orca_local.dataset.build import make_dataset
    from orca_local.pipeline.likelihood import student_likelihood
    from orca_local.rows.renderer import PromptRenderer
    from orca_local.suites.pulled_questions import load_pulled_questions

    store, settings = session.store, session.settings.dataset
    chosen = session.selected_strategies(session.select_samples("train"))
    keep_mismatches = session.settings.teacher.on_mismatch == "keep"
    questions = load_pulled_questions(offline=session.offline)
    with ExitStack() as stack:
        renderer, likelihood = stack.enter_context(closing(PromptRenderer(session.student.weights))), None
        if settings.prefer == "likely":
            base = make_candidate(session, "base")
            rating = student_likelihood(
                store, renderer, base.model.sha256, settings.system_message, lambda: session.open_engine(base.path)
            )
            likelihood = stack.enter_context(rating)
        return make_dataset(
            store,
            renderer,
            settings,
            chosen,
            keep_mismatches=keep_mismatches,
            likelihood=likelihood,
            questions=questions,
        )
