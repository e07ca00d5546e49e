"""A command as a process of its own: it outlives whoever started it, a terminal as well as the interface."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orca_local.domain.errors import OrcaError, error_from_process, explain_os_error
from orca_local.runs.workspace import Workspace
from orca_local.system.child_process import module_command

POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Launched:
    """A process that has begun its first run."""

    pid: int
    run_id: int
    output: Path
    """What it says to stderr; its result, as `--json` has it, stands beside it as `.json`."""


def launch(workspace: Workspace, arguments: Sequence[str], *, cwd: Path | None = None) -> Launched:
    """Start `orca-local ARGUMENTS`, detached, in `workspace`; returns when its run is in the store.

    Raises what the command ended with where it came to no run: a busy workspace, a wrong setting.
    """
    output = _output_file(workspace.runs_dir, arguments[0])
    words = [word for word in arguments if word not in ("--json", "--detach")]
    command, env = module_command("orca_local", *words, "--json", "-w", str(workspace.directory))
    result = output.with_suffix(".json")
    with output.open("wb") as said, result.open("wb") as answer, workspace.store() as store:
        newest = max((run.run_id for run in store.runs.list()), default=0)
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=answer, stderr=said, env=env, cwd=cwd, **detached()
        )
        # It is waited for, so that it does not stay as a zombie while this program lives.
        threading.Thread(target=process.wait, name=f"wait-{process.pid}", daemon=True).start()
        while True:
            ended = process.poll()
            for run in store.runs.list(after=newest):
                if run.pid == process.pid:
                    store.runs.record_inputs(run.run_id, {"output": str(output)})
                    return Launched(process.pid, run.run_id, output)
            if ended is not None:
                raise _failure(ended, result, output)
            time.sleep(POLL_SECONDS)


async def ask(workspace: Workspace, arguments: Sequence[str]) -> dict[str, Any]:
    """What `orca-local ARGUMENTS --json` answers, from a process that ends with the task that waits for it.

    Raises what the command ended with.
    """
    command, env = module_command("orca_local", *arguments, "--json", "-w", str(workspace.directory))
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdin=nothing, stdout=pipe, stderr=pipe, env=env)
    try:
        answer, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    found: dict[str, Any] = {}
    with suppress(ValueError):
        found = json.loads(answer)
    if process.returncode or not found:
        raise _error_in(found, process.returncode or 0, said.decode(errors="replace")[-400:])
    return found


def _output_file(directory: Path, name: str) -> Path:
    path = directory / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{name}.log"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise explain_os_error(error, path, hint="check the workspace and its permissions") or error from error
    return path


def detached() -> dict[str, Any]:
    """What `Popen` is told so that a process outlives its parent and its terminal."""
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}  # type: ignore[attr-defined]
    return {"start_new_session": True}


def _failure(code: int, result: Path, output: Path) -> OrcaError:
    found: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        found = json.loads(result.read_text(encoding="utf-8"))
    return _error_in(found, code, f"see {output}")


def _error_in(found: dict[str, Any], code: int, otherwise: str) -> OrcaError:
    """The error that a command printed under `--json`."""
    with suppress(KeyError, TypeError):
        return error_from_process(found["error"]["message"], found["error"]["hint"], code)
    return OrcaError(f"the process ended with status {code} and said nothing of it", hint=otherwise)
