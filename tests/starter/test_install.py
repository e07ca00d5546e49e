"""Installing the starter into a store."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.domain.events import StageFinished
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.strategies import BUILTIN, load_strategies
from orca_local.domain.teach_summary import CallTotals, TeachSummary
from orca_local.domain.teacher_request import STARTER_ENDPOINT, STARTER_MODEL
from orca_local.runs.context import StageContext
from orca_local.starter.install import InstallResult, install_starter, iter_answers, load_samples
from orca_local.store.store import Store
from orca_local.teach.factory import make_teacher
from orca_local.teach.job import TeachJob
from orca_local.teach.retry_plan import RetryPlan
from orca_local.teach.stage import teach


def test_everything_arrives_and_a_second_time_nothing(store: Store) -> None:
    strategies = load_strategies(None)
    first = install_starter(store, strategies)
    assert first == InstallResult(len(load_samples()), len(list(iter_answers())))
    assert install_starter(store, strategies) == InstallResult(0, 0)


def test_the_unseen_mark_survives_the_store(store: Store) -> None:
    install_starter(store, load_strategies(None))
    holdout = store.samples.list(split="holdout")
    assert {s.id for s in holdout if s.metadata.get("unseen")} == {s.id for s in load_samples() if s.metadata}


def test_the_teacher_of_the_starter_is_the_one_that_the_settings_name(tmp_path: Path) -> None:
    teacher = make_teacher(TeacherSettings(kind="starter"), tmp_path, pytest.fail, offline=True)
    assert (teacher.endpoint, teacher.model) == (STARTER_ENDPOINT, STARTER_MODEL)


def test_every_training_sample_is_cached_under_every_strategy(store: Store, tmp_path: Path) -> None:
    """Trap 10: keys hold the strategy's text, so each strategy finds an answer of its own."""
    settings = TeacherSettings(kind="starter")
    install_starter(store, load_strategies(None), settings)
    samples = store.samples.list(split="train")
    teacher = make_teacher(settings, tmp_path, pytest.fail, offline=True)
    plans = [RetryPlan(teacher, {s.task: strategy for s in samples}, settings) for strategy in BUILTIN]
    keys = [question.key for plan in plans for sample in samples for question in plan.first_questions(sample)]
    assert len(set(keys)) == len(keys)
    assert store.teacher_calls.answered(keys) == set(keys)


def test_the_teach_stage_verifies_all_of_it_without_a_call(store: Store, tmp_path: Path) -> None:
    settings = TeacherSettings(kind="starter")
    install_starter(store, load_strategies(None), settings)
    context = StageContext(store, store.runs.start("teach", "{}", {}), offline=True)
    samples = store.samples.list(split="train")
    chosen = {sample.task: BUILTIN[index % 6] for index, sample in enumerate(samples)}
    teacher = make_teacher(settings, tmp_path, pytest.fail, offline=True)
    *_, last = teach(context, teacher, TeachJob(samples, chosen, settings))
    assert isinstance(last, StageFinished) and isinstance(last.summary, TeachSummary)
    assert last.summary.calls == CallTotals(new=0, cached=len(samples), failed=0)
    assert last.summary.verified == len(samples)


def test_other_settings_have_calls_of_their_own(store: Store) -> None:
    strategies = load_strategies(None)
    first = install_starter(store, strategies)
    again = install_starter(store, strategies, TeacherSettings(kind="starter", max_tokens=77))
    assert again == InstallResult(0, first.answers)
