"""Child processes that run a module of this program.

Native code can end its process. In a child, it ends the child alone, and the parent reports what happened.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from orca_local.domain.errors import OrcaError, error_from_process

STDERR_CHARACTERS = 400
"""How much of a child's error output an error message quotes, from its end."""


# In the parent.


def module_command(name: str, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """The command that runs module `name` with this interpreter, and its environment.

    Modules in the working directory, which belongs to the user, are not imported (`-P`).
    """
    package = Path(__file__).resolve().parents[2]
    paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
    command = [sys.executable, "-P", "-m", name, *arguments]
    return command, os.environ | {"PYTHONPATH": os.pathsep.join(paths), "GGML_NO_BACKTRACE": "1"}


def read_tail(stderr: IO[bytes]) -> str:
    """The end of a child's error output, on one line."""
    stderr.seek(0)
    return " ".join(stderr.read().decode(errors="replace").split())[-STDERR_CHARACTERS:]


def child_error(task: str, status: int, stderr: IO[bytes], *, hint: str) -> OrcaError:
    """The error that ended a child: the one it reported, else one that says how it ended and what it printed.

    `task` says what the child did ("quantize to Q8_0"), `status` is its exit status (negative: a signal), and
    `hint` the remedy where the child named none.
    """
    stderr.seek(0)
    lines = stderr.read().decode(errors="replace").splitlines()
    with suppress(ValueError, KeyError, IndexError, TypeError):
        reported = json.loads(lines[-1])
        return error_from_process(reported["message"], reported["hint"], status)
    tail = read_tail(stderr) or f"it ended with status {status} and printed nothing"
    if status < 0:
        tail = f"{signal.Signals(-status).name} ended it, perhaps for lack of memory; {tail}"
    return OrcaError(f"could not {task}: {tail}", hint=hint)


def start_detached(arguments: Sequence[str], *, stdout: IO[bytes], stderr: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start `orca-local ARGUMENTS` as a process that outlives its parent and the terminal."""
    command, env = module_command("orca_local", *arguments)
    options: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}  # type: ignore[attr-defined]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=env, **options)


def command_error(stdout: bytes, status: int, hint: str) -> OrcaError:
    """The error that a command of this program printed under `--json`; `hint` is used if it printed none."""
    with suppress(ValueError, KeyError, TypeError):
        error = json.loads(stdout)["error"]
        return error_from_process(error["message"], error["hint"], status)
    return OrcaError(f"the process ended with status {status} and reported no error", hint=hint)


# In the child.


def run_child(main: Callable[[], int]) -> int:
    """Run `main` and return its exit status; an `OrcaError` is reported to the parent as JSON on standard error."""
    try:
        return main()
    except OrcaError as error:
        sys.stderr.write(json.dumps({"message": error.message, "hint": error.hint}))
        return error.exit_code


def exit_with_parent() -> None:
    """End this process when its standard input closes, as it does when the parent ends."""
    threading.Thread(target=lambda: os.read(0, 1) or os._exit(1), daemon=True).start()


def take_stdout() -> IO[bytes]:
    """Reserve standard output for results; all other output goes to standard error from now on."""
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return results
