"""Everything that is written to stderr, the JSON object on stdout, and the exit codes."""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import suppress
from typing import Any

from orca_local.domain.errors import MissingError, OrcaError, explain_os_error

DONE, FAILED, USAGE, INCOMPLETE, INTERRUPTED = 0, 1, 2, 5, 130
"""Errors have codes of their own. `INCOMPLETE`: the command ended and its results are stored, but samples failed."""

_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")
"""Texts in the errors of native code that mean the same as Python's `MemoryError`."""


def note(text: str) -> None:
    """Write one line to stderr, without control characters."""
    from orca_local.domain.text import printable

    if sys.stderr is None:  # closed before the program started
        return
    try:
        sys.stderr.write(printable(text) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):  # nobody reads stderr any more
        return


def note_traceback(error: BaseException) -> None:
    """Write the traceback of a bug to stderr."""
    note("".join(traceback.format_exception(error)).rstrip())


def note_at_once(text: str) -> None:
    """Write one line to stderr from a signal handler, where the stream itself may be in use."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            os.write(sys.stderr.fileno(), f"\n{text}\n".encode())


def write_json(value: dict[str, Any]) -> None:
    """Write the one object that `--json` prints on stdout. NaN, which JSON does not have, becomes null."""
    import click

    from orca_local.store.encoding import without_nan

    text = json.dumps(without_nan(value), ensure_ascii=False, allow_nan=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):  # a file name that is not valid text, or a terminal in Latin-1
        text = json.dumps(without_nan(value), allow_nan=False)
    click.echo(text)


def report(message: str, hint: str, kind: str, *, as_json: bool) -> None:
    """Print an error with its hint on stderr, and with `as_json` also as an object on stdout."""
    note(f"error: {message}")
    if hint:
        note(f"hint: {hint}")
    if as_json:
        try:
            write_json({"error": {"message": message, "hint": hint, "kind": kind}})
        except OSError as error:  # stdout is what failed
            note(f"error: stdout cannot be written: {error.strerror}")


def report_failure(error: BaseException, *, as_json: bool) -> int:
    """Print what failed and how to fix it, and return the exit code. A traceback is shown only for bugs."""
    explained = _explained(error)
    if explained is not None:
        report(explained.message, explained.hint, explained.kind, as_json=as_json)
        return explained.exit_code
    if isinstance(error, KeyboardInterrupt):
        report("interrupted", "run the same command again to continue where it stopped", "interrupted", as_json=as_json)
        return INTERRUPTED
    note_traceback(error)
    report(f"{type(error).__name__}: {error}", "this is a bug in orca-local; please report it", "bug", as_json=as_json)
    return FAILED


def _explained(error: BaseException) -> OrcaError | None:
    """The error that the user can act on: one of ours, or one that says what the machine lacks; None for a bug."""
    if isinstance(error, OrcaError):
        return error
    if isinstance(error, OSError):
        return explain_os_error(error)
    if isinstance(error, ModuleNotFoundError) and not str(error.name).startswith("orca_local"):
        return MissingError(f"the package {error.name!r} is not installed", hint="pip install --upgrade orca-local")
    text = str(error).lower()
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(sign in text for sign in _NO_MEMORY)):
        hint = "lower engine.capacity, train.batch_size or train.rank in orca.toml"
        return MissingError("this machine does not have enough memory", hint=hint)
    return None
