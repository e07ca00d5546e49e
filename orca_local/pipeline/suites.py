"""Evaluates models of a workspace on benchmarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from orca_local.domain.events import Event
from orca_local.domain.stages import SUITES
from orca_local.domain.suite_evaluation import SuiteEstimate, SuiteEvaluation
from orca_local.evaluate.named_model import NamedModel
from orca_local.evaluate.suite_estimate import estimate_suites
from orca_local.evaluate.suites import evaluate_suites, plan
from orca_local.hub.benchmarks import find_suites
from orca_local.models.available import NAMES
from orca_local.models.finder import split_name
from orca_local.pipeline.comparison_pairs import compared_models
from orca_local.pipeline.further_models import estimate_endpoints, load_model, make_further
from orca_local.runs.context import StageContext
from orca_local.suites.choose import ChosenQuestions, choose
from orca_local.system.digest import file_sha256

if TYPE_CHECKING:
    from orca_local.pipeline.session import Session


COMMAND = "orca-local evaluate --suite"
"""What hints name to go on."""


def choose_questions(session: Session, suites: Sequence[str], limit: int) -> list[ChosenQuestions]:
    """Return the questions of the suites of these names, at most `limit` of each (0: all).

    A suite that is not on this machine is pulled. Raises as `find_suites` and `choose` do.
    """
    return [choose(suite, limit, offline=session.offline) for suite in find_suites(suites)]


def run_suites(
    session: Session, chosen: Sequence[ChosenQuestions], names: Sequence[str], quantization: str
) -> SuiteEvaluation:
    """Answer the questions with each model and compare them; base and tuned at one type, if one is given."""
    models = [
        NamedModel(one.name, one.model, partial(load_model, session, one, COMMAND), one.source)
        for one in compared_models(session, names, quantization)
    ]

    def events(context: StageContext) -> Iterator[Event]:
        context.record_inputs(suites={suite.suite.name: suite.digest for suite in chosen})
        yield from evaluate_suites(context, models, chosen, session.settings.evaluate)

    return session.run(SUITES, events, SuiteEvaluation)


def estimate_run(
    session: Session, chosen: Sequence[ChosenQuestions], names: Sequence[str], quantization: str
) -> SuiteEstimate:
    """Estimate what `run_suites` takes with the same arguments. Nothing is made for it."""
    tables = {settings.name: settings for settings in session.settings.model}
    models = {
        name: make_further(session, tables[name]).model.model_id
        if name in tables
        else _model_id(session, name, quantization)
        for name in dict.fromkeys(names or (*NAMES, *tables))
    }
    settings = session.settings.evaluate
    endpoints = estimate_endpoints(session, names, list(plan(chosen, settings)))
    return replace(estimate_suites(session.store, models, chosen, settings), endpoints=endpoints.models)


def _model_id(session: Session, name: str, quantization: str) -> int | None:
    """The id of a model in the store; None if it was never used, or if it is a base that was not made yet."""
    name = f"{name}:{quantization}" if quantization and name in NAMES else name
    kind, type_ = split_name(name)
    path = session.models.base(type_ or session.student.quantization) if kind == "base" else session.models.find(name)
    return None if path is None else session.store.models.find(file_sha256(path))
