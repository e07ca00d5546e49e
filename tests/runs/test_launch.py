"""Commands that are asked for their answer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError
from orca_local.runs.launch import run_command
from orca_local.runs.workspace import Workspace
from orca_local.system.processes import process_started


@pytest.mark.slow
def test_a_command_answers_or_fails_as_it_does_when_typed(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    assert asyncio.run(run_command(workspace, ["tasks", "list"])) == {"tasks": []}
    with pytest.raises(InputError, match="there are no probe samples in this workspace") as raised:
        asyncio.run(run_command(workspace, ["probe", "--estimate"]))
    assert "tasks add" in raised.value.hint


def test_it_ends_with_the_task_that_waits_for_it(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)

    def children() -> set[int]:
        return {int(number) for number in Path("/proc/thread-self/children").read_text().split()}

    async def give_up() -> set[int]:
        before = children()
        task = asyncio.create_task(run_command(workspace, ["tasks", "list"]))
        while not (new := children() - before):
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return new

    if Path("/proc/thread-self/children").exists():
        assert [process_started(number) for number in asyncio.run(give_up())] == [None]
