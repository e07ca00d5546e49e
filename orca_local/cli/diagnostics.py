"""All that goes to stderr, and the exit code of every way to end."""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

from orca_local.domain.errors import OrcaError

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def note(text: str) -> None:
    """One line to stderr; control characters in it never reach the terminal."""
    from orca_local.domain.text import printable

    try:
        sys.stderr.write(printable(text) + "\n")
        sys.stderr.flush()
    except (BrokenPipeError, ValueError):  # nobody reads stderr any more: nothing is left to tell
        return


def write_json(value: dict[str, Any]) -> None:
    """The one object that stdout carries under `--json`."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def _report(message: str, hint: str, kind: str, as_json: bool) -> None:
    note(f"error: {message}")
    if hint:
        note(f"hint: {hint}")
    if as_json:
        write_json({"error": {"message": message, "hint": hint, "kind": kind}})


def report_failure(error: BaseException, *, as_json: bool) -> int:
    """Tell the user what failed and what fixes it, and return the exit code.

    A traceback is shown only for our own bugs.
    """
    if isinstance(error, OrcaError):
        _report(error.message, error.hint, error.kind, as_json)
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        _report("interrupted", "run the same command again to go on where it stopped", "interrupted", as_json)
        return INTERRUPTED
    if isinstance(error, MemoryError):
        _report("out of memory", "lower engine.capacity or train.batch_size in orca.toml", "missing", as_json)
        return 3
    note("".join(traceback.format_exception(error)).rstrip())
    _report(f"{type(error).__name__}: {error}", "this is a bug of orca-local; please report it", "bug", as_json)
    return FAILED


def report_usage(message: str, hint: str, *, as_json: bool) -> int:
    """A command line that cannot be understood."""
    _report(message, hint, "usage", as_json)
    return USAGE
