"""`orca-local judge`: how far the judge agrees with the user, and what it will cost."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orca_local.cli.options import Common, JsonObject, PathArgument, common_options
from orca_local.cli.stages import open_pipeline
from orca_local.cli.tables import echo, table
from orca_local.domain.judge_summary import HIGHEST, LOWEST, JudgeCheck
from orca_local.domain.text import counted, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orca_local.judge.check import StoredAnswer, UserGrade
    from orca_local.pipeline.pipeline import Pipeline

GRADES_FILE = "judge-grades.jsonl"
"""Where grades that are given in the terminal are kept, in the workspace."""


@click.group("judge")
def command() -> None:
    """Compare the judge's grades with yours, and show what its calls will cost.

    A judge grades answers that no rule can score: those of tasks of kind `judged`, and of tasks of kind `free` that
    `judge.tasks` names. It is set under [judge] in orca.toml.
    """


@command.command("check")
@click.argument("file", required=False, type=PathArgument(exists=True, dir_okay=False))
@click.option(
    "--answers", default=20, show_default=True, type=click.IntRange(1), help="Without FILE: how many to grade here."
)
@common_options
def check(common: Common, file: Path | None, answers: int) -> JsonObject:
    """Grade a few answers yourself, and see how far the judge agrees.

    FILE is JSON Lines; each line has `prompt`, `answer` and `grade` (1 to 5), and may have `reference`, `rubric` and
    `task`. Without FILE, stored answers of the student are shown here one by one, and your grades are kept in
    judge-grades.jsonl in the workspace. The judge grades the same answers without seeing your grades.
    """
    from orca_local.judge.check import read_user_grades
    from orca_local.pipeline.judging import check_judge, open_judge, require_judge

    with open_pipeline(common) as pipeline:
        with open_judge(pipeline, "orca-local judge check") as judge:
            require_judge(judge)
        grades = read_user_grades(file) if file is not None else _ask_user(pipeline, answers, silent=common.json)
        summary = check_judge(pipeline, grades)
    _show(summary)
    return summary.to_dict()


@command.command("estimate")
@common_options
def estimate(common: Common) -> JsonObject:
    """Show the judge's calls and their cost in the next probe and evaluation. Nothing is asked."""
    from orca_local.pipeline.judging import plan_judge

    with open_pipeline(common) as pipeline:
        plan = plan_judge(pipeline)
    for name, row in (("probe", plan.probe), ("evaluate", plan.evaluate)):
        echo(f"{name}: {row.describe() if row is not None else 'no answer is graded'}")
    return plan.to_dict()


def _show(summary: JudgeCheck) -> None:
    rows = [
        (row.user, "–" if row.judge is None else row.judge, _short(row.prompt), _short(row.answer))
        for row in summary.answers
    ]
    echo(table(["you", "judge", "prompt", "answer"], rows))
    echo(f"judge: {summary.judge}")
    echo(summary.counts.describe())
    if summary.agreement is not None:
        echo(summary.agreement.describe())
        milder = summary.agreement.mean_difference
        echo(f"the judge's grades are {abs(milder):.2f} {'above' if milder > 0 else 'below'} yours on average")
    if summary.cost_usd:
        echo(f"this run: ${summary.cost_usd:.4f}")


def _short(text: str) -> str:
    line = " ".join(printable(text).split())
    return line if len(line) <= 40 else line[:39] + "…"


def _ask_user(pipeline: Pipeline, count: int, *, silent: bool) -> list[UserGrade]:
    """The grades that the user gave here, now and before: at least `count`, if there are as many answers."""
    from orca_local.judge.check import read_user_grades, stored_answers

    if silent or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("name a FILE of graded answers: only a terminal can show them here, without --json")
    path = pipeline.workspace.directory / GRADES_FILE
    grades = read_user_grades(path) if path.exists() else []
    done = {(grade.sample.prompt, grade.answer) for grade in grades}
    answers = stored_answers(pipeline.store, pipeline.settings.judge, count)
    grade_here([one for one in answers if one.key not in done], path)
    if not path.exists():
        raise click.UsageError("no answer was graded")
    grades = read_user_grades(path)
    echo(f"{counted(len(grades), 'grade')} in {path}")
    return grades


def grade_here(answers: Sequence[StoredAnswer], path: Path) -> None:
    """Show answers one by one and ask for their grades, until the user stops. Each grade is in the file at once."""
    for number, one in enumerate(answers, 1):
        echo(f"\n── {number} of {len(answers)} · {one.sample.task}\n{printable(one.sample.text)}")
        for reference in one.sample.answers:
            echo(f"── reference\n{printable(reference)}")
        echo(f"── answer\n{printable(one.answer)}")
        given = click.prompt(f"grade from {LOWEST} to {HIGHEST}, s to skip, q to stop", type=click.Choice([*"12345sq"]))
        if given == "q":
            return
        if given != "s":
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(one.as_line(int(given)), ensure_ascii=False) + "\n")
