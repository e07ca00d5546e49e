"""Runs a command of this program in a process of its own."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orca_local.domain.errors import OrcaError, os_errors_explained
from orca_local.domain.frozen import Frozen
from orca_local.runs.workspace import Workspace
from orca_local.system.child_process import command_error, module_command, start_detached
from orca_local.system.files import make_private

POLL_SECONDS = 0.1
MAX_STDERR = 400
"""How many characters of a failed command's stderr its error quotes."""


class LaunchedRun(Frozen):
    """A detached process and the first run that it started."""

    pid: int
    run_id: int
    output: Path
    """The file with its stderr. The JSON object of its result lies beside it, as `.json`."""


def launch(workspace: Workspace, arguments: Sequence[str]) -> LaunchedRun:
    """Start `orca-local ARGUMENTS` detached in `workspace` and return when its first run is in the store.

    Raises the error of the command if it ends before that, such as a busy workspace or a wrong setting.
    """
    output = _make_output_file(workspace.runs_dir, arguments[0])
    options = [argument for argument in arguments if argument not in ("--json", "--detach")]
    command = (*options, "--json", "-w", str(workspace.directory))
    result = output.with_suffix(".json")
    with output.open("wb") as stderr, result.open("wb") as stdout, workspace.store() as store:
        newest = max((run.run_id for run in store.runs.list()), default=0)
        process = start_detached(command, stdout=stdout, stderr=stderr)
        # Without a waiting parent, the ended process would stay as a zombie while this program runs.
        threading.Thread(target=process.wait, name=f"wait-{process.pid}", daemon=True).start()
        while True:
            status = process.poll()
            for run in store.runs.list(after=newest):
                if run.pid == process.pid:
                    store.runs.record_inputs(run.run_id, {"output": str(output)})
                    return LaunchedRun(process.pid, run.run_id, output)
            if status is not None:
                raise _launch_error(status, result, output)
            time.sleep(POLL_SECONDS)


async def run_command(workspace: Workspace, arguments: Sequence[str]) -> dict[str, Any]:
    """The object that `orca-local ARGUMENTS --json` prints. Cancelling the task ends the process.

    Raises the error of the command.
    """
    command, env = module_command("orca_local", *arguments, "--json", "-w", str(workspace.directory))
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(*command, stdin=nothing, stdout=pipe, stderr=pipe, env=env)
    )
    try:
        process = await asyncio.shield(starting)
    except asyncio.CancelledError:
        # Otherwise a process that is just being started would continue, and nothing would wait for it.
        process = await starting
        process.kill()
        await process.wait()
        raise
    try:
        stdout, stderr = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    result: dict[str, Any] = {}
    with suppress(ValueError):
        result = json.loads(stdout)
    if process.returncode or not result:
        raise command_error(stdout, process.returncode or 0, stderr.decode(errors="replace")[-MAX_STDERR:])
    return result


def _make_output_file(directory: Path, name: str) -> Path:
    path = directory / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{name}.log"
    with os_errors_explained(path, hint="check the workspace and its permissions"):
        directory.mkdir(parents=True, exist_ok=True)
        for file in (path, path.with_suffix(".json")):
            make_private(file)
    return path


def _launch_error(status: int, result: Path, output: Path) -> OrcaError:
    stdout = b""
    with suppress(OSError):
        stdout = result.read_bytes()
    return command_error(stdout, status, f"see {output}")
