"""`orca-local suites`: list, show and pull benchmarks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orca_local.cli.diagnostics import note
from orca_local.cli.options import Common, JsonObject, Name, PathArgument, common_options
from orca_local.cli.tables import echo, table
from orca_local.domain.suite_summary import (
    LeftOutQuestion,
    PulledSuiteInfo,
    ShownQuestion,
    ShownSuite,
    SuiteGroupInfo,
    SuiteInfo,
    SuiteList,
    SuitesPulled,
)
from orca_local.domain.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orca_local.hub.benchmarks import KnownDefect, Suite

_MAX_NOTES = 10
"""Notes about rows of one suite that are shown."""


@click.group("suites")
def command() -> None:
    """List, show and pull benchmarks.

    A suite lives apart from tasks: nothing trains on it, and `tasks add` refuses it.
    """


@command.command("list")
@common_options
def list_suites(common: Common) -> JsonObject:
    """List the benchmarks, and which of them are on this machine."""
    from orca_local.hub.benchmarks import load_groups, load_suites

    infos = tuple(_info(suite) for suite in load_suites().values())
    rows = [
        (
            info.name,
            info.repo,
            f"{info.questions:,}",
            info.kind or "by task",
            "not pulled" if info.here is None else f"{info.here:,} here",
            info.licence,
        )
        for info in infos
    ]
    echo(table(["name", "repository", "questions", "kind", "where", "licence"], rows))
    groups = tuple(SuiteGroupInfo(group.name, group.title, group.suites) for group in load_groups().values())
    for group in groups:
        echo(f"\n{group.name}: {', '.join(group.suites)} ({group.title})")
    return SuiteList(infos, groups).to_dict()


@command.command("show")
@click.argument("name", type=Name())
@click.option("--limit", default=1, show_default=True, type=click.IntRange(0), help="Number of questions to show.")
@common_options
def show(common: Common, name: str, limit: int) -> JsonObject:
    """Show what is known of the benchmark NAME, and questions of it if it was pulled.

    The questions are those that the same --limit of an evaluation takes: from each part in proportion to its size.
    """
    from orca_local.hub.benchmarks import find_suites
    from orca_local.suites.library import find_pulled, load_pulled
    from orca_local.suites.selection import select

    suites = find_suites([name])
    if len(suites) > 1:
        raise click.UsageError(f"{name!r} stands for several suites: {', '.join(suite.name for suite in suites)}")
    (suite,) = suites
    pulled = find_pulled(suite)
    if pulled is None:
        shown = ShownSuite(_info(suite), suite.notes, _left_out(suite.left_out))
    else:
        loaded = load_pulled(suite, offline=common.offline)
        names = ("id", "group", "kind", "prompt", "answers")
        shown = ShownSuite(
            suite=_info(suite),
            notes=suite.notes,
            left_out=_left_out(loaded.left_out),
            place=pulled.place,
            commit=pulled.commit or None,
            digest=pulled.digest,
            groups=dict(Counter(question.group for question in loaded.questions)),
            questions=tuple(
                ShownQuestion(**{key: getattr(question, key) for key in names})
                for question in select(loaded.questions, limit)
            ),
        )
    _print(shown)
    return shown.to_dict()


@command.command("pull")
@click.argument("names", nargs=-1, required=True, type=Name(), metavar="NAME…")
@click.option("--from", "directory", type=PathArgument(), help="Directory with its files, such as a checkout.")
@common_options
def pull_suites(common: Common, names: tuple[str, ...], directory: Path | None) -> JsonObject:
    """Pull the benchmarks NAME, such as gsm8k, or orca2 for six of them.

    They are read from the hub or from GitHub, for which HF_ENDPOINT and ORCA_LOCAL_GITHUB name mirrors. What is pulled
    first is kept, with its commit. Another content under the same name is refused later.
    """
    from orca_local.hub.benchmarks import find_suites
    from orca_local.suites.library import find_pulled, pull

    infos = []
    for suite in find_suites(names):
        loaded = pull(suite, directory, offline=common.offline)
        pulled = find_pulled(suite)
        assert pulled is not None
        at = f" at commit {pulled.commit}" if pulled.commit else ""
        echo(f"{suite.name}: {counted(len(loaded.questions), 'question')} from {pulled.place}{at}; {suite.licence}")
        notes = loaded.notes()
        for text in notes[:_MAX_NOTES] if not common.quiet else ():
            note(f"note: {suite.name}: {text}")
        if len(notes) > _MAX_NOTES and not common.quiet:
            note(f"note: {suite.name}: {len(notes) - _MAX_NOTES:,} more left out")
        infos.append(
            PulledSuiteInfo(
                name=suite.name,
                place=pulled.place,
                commit=pulled.commit,
                digest=pulled.digest,
                questions=len(loaded.questions),
                left_out=_left_out(loaded.left_out),
                is_complete=loaded.rows == suite.rows,
            )
        )
    return SuitesPulled(tuple(infos)).to_dict()


def _info(suite: Suite) -> SuiteInfo:
    from orca_local.suites.library import find_pulled

    names = (
        "name",
        "title",
        "repo",
        "host",
        "revision",
        "licence",
        "rows",
        "questions",
        "kind",
        "references",
        "canary",
    )
    pulled = find_pulled(suite)
    values = {name: getattr(suite, name) for name in names}
    return SuiteInfo(**values, card_read=suite.card_read, here=pulled.questions if pulled else None)


def _left_out(defects: Iterable[KnownDefect]) -> tuple[LeftOutQuestion, ...]:
    return tuple(LeftOutQuestion(defect.id, defect.reason) for defect in defects)


def _print(shown: ShownSuite) -> None:
    suite = shown.suite
    echo(f"{suite.name}: {suite.title}")
    where = f"https://github.com/{suite.repo}" if suite.host == "github" else f"hub:{suite.repo}"
    commit = shown.commit or suite.revision or "recorded at the first pull"
    lines = {
        "published": where,
        "commit": commit,
        "licence": suite.licence,
        "rows": f"{suite.rows:,}",
        "here": "not pulled" if suite.here is None else f"{counted(suite.here, 'question')} from {shown.place}",
        "sha256": shown.digest or "",
        "reference": ", ".join(suite.references),
        "canary": suite.canary,
    }
    for key, value in lines.items():
        if value:
            echo(f"{key:10} {value}")
    for defect in shown.left_out:
        echo(f"left out   {defect.id}: {defect.reason}")
    for text in shown.notes:
        echo(f"note       {text}")
    if shown.groups:
        echo("\n" + table(["part", "questions"], list(shown.groups.items())))
    for question in shown.questions:
        echo(f"\n── {question.id} · {question.group} · {question.kind}")
        echo(question.prompt)
        echo(f"→ {' | '.join(question.answers)}")
