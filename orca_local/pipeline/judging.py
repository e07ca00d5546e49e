"""The judge of a workspace, as its settings name it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event, JudgePlanned
from orca_local.domain.judge_summary import JudgeCheck, JudgeEstimate, JudgePlan
from orca_local.domain.stages import JUDGE
from orca_local.domain.types import Sample
from orca_local.runs.context import StageContext

if TYPE_CHECKING:
    from orca_local.judge.check import UserGrade
    from orca_local.judge.judge import Judge
    from orca_local.pipeline.session import Session
    from orca_local.teach.engine_teacher import LocalModel
    from orca_local.teach.prices import Price
    from orca_local.teach.teacher import Teacher


@contextmanager
def open_judge(session: Session, command: str) -> Iterator[Judge | None]:
    """The judge; None if the settings name none. A model that it loads is closed at the end.

    `command` continues what a limit stops. Raises `InputError` if `judge.tasks` names a task that it cannot grade.
    """
    from orca_local.judge.judge import Judge

    settings = session.settings.judge
    if not settings.is_set:
        yield None
        return
    _check_tasks(session)
    with ExitStack() as stack:
        yield Judge(settings, _maker(session, stack), _price_finder(session), command)


def require_judge(judge: Judge | None) -> Judge:
    """The judge. Raises `InputError` if there is none."""
    if judge is None:
        hint = 'write kind = "openai" (or "local"), model = "…" and max_usd = … under [judge] in orca.toml'
        raise InputError("no judge is set", hint=hint)
    return judge


def planned(
    judge: Judge | None, samples: Sequence[Sample], answers: int, pairs: int, max_tokens: int
) -> Iterator[Event]:
    """Say what the judge will be asked at most, before it is asked; nothing if it grades none of the samples."""
    estimate = estimate_judge(judge, samples, answers, pairs, max_tokens)
    if estimate is not None:
        yield JudgePlanned(estimate.describe())


def estimate_judge(
    judge: Judge | None, samples: Sequence[Sample], answers: int, pairs: int, max_tokens: int
) -> JudgeEstimate | None:
    """What the judge will be asked about these samples at most; None if it grades none of them."""
    graded = [] if judge is None else [sample for sample in samples if judge.takes(sample)]
    if judge is None or not graded:
        return None
    return judge.estimate(graded, answers, pairs if judge.compares else 0, max_tokens)


def check_judge(session: Session, grades: Sequence[UserGrade]) -> JudgeCheck:
    """Have the judge grade what the user graded; returns how far they agree."""
    from orca_local.judge.check import check

    with open_judge(session, "orca-local judge check") as opened:
        judge = require_judge(opened)

        def events(context: StageContext) -> Iterator[Event]:
            yield from check(context, judge, grades)

        return session.run(JUDGE, events, JudgeCheck)


def plan_judge(session: Session) -> JudgePlan:
    """What the judge will be asked at most by `probe`, and by `evaluate` of base and tuned."""
    from orca_local.evaluate.stage import select
    from orca_local.probe.stage import limit_per_task

    probe, evaluation = session.settings.probe, session.settings.evaluate
    with open_judge(session, "orca-local judge estimate") as opened:
        judge = require_judge(opened)
        graded = [sample for sample in session.store.samples.list() if judge.takes(sample)]
        probed = limit_per_task([sample for sample in graded if sample.split == "probe"], probe.samples)
        held_out = select(graded, evaluation.samples, lambda sample: sample.split == "holdout")
        return JudgePlan(
            estimate_judge(judge, probed, len(session.strategies), 0, probe.max_tokens),
            estimate_judge(judge, held_out, 2, 1, evaluation.max_tokens),
        )


def _check_tasks(session: Session) -> None:
    kinds: dict[str, set[str]] = {}
    for row in session.store.samples.split_counts():
        kinds.setdefault(row.task, set()).add(row.kind)
    for task in session.settings.judge.tasks:
        if task not in kinds:
            raise InputError(
                f"judge.tasks names {task!r}, and there is no such task", hint="see `orca-local tasks list`"
            )
        if not kinds[task] & {"free", "judged"}:
            raise InputError(
                f"judge.tasks names {task!r}, whose kind is {', '.join(sorted(kinds[task]))}: a rule scores it",
                hint="name only tasks of kind free",
            )


def _maker(session: Session, stack: ExitStack) -> Callable[[bool], Teacher]:
    """A function that makes what answers; a model on this machine is loaded once."""
    from orca_local.judge.file_judge import file_judge
    from orca_local.pipeline.teachers import load_local
    from orca_local.teach.factory import make_teacher
    from orca_local.teach.purpose import Purpose

    settings, directory = session.settings.judge, session.workspace.directory
    purpose = Purpose("judge", "judge", "orca-local judge check", "judge")
    loaded: dict[str, LocalModel] = {}

    def load(name: str) -> LocalModel:
        if name not in loaded:
            loaded[name] = load_local(session, name, stack)
        return loaded[name]

    def make(offline: bool) -> Teacher:
        if settings.kind == "file":
            if not settings.file:
                raise InputError("judge.file is not set", hint='write file = "…" under [judge]: a JSON Lines file')
            return file_judge(directory / settings.file)
        return make_teacher(settings, directory, load, offline=offline, purpose=purpose)

    return make


def _price_finder(session: Session) -> Callable[[str, str], Price | None]:
    from orca_local.teach.prices import Price, find_price

    settings = session.settings.judge

    def find(endpoint: str, model: str) -> Price | None:
        if settings.input_price is not None and settings.output_price is not None:
            return Price(settings.input_price, settings.output_price, "[judge] in orca.toml")
        return find_price(endpoint, model, session.workspace.directory)

    return find
