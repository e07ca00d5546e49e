"""All that goes to stderr, the object on stdout, and the exit code of every way to end."""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import suppress
from typing import Any

from orca_local.domain.errors import MissingError, OrcaError, explain_os_error

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")
"""What native code says where Python would raise `MemoryError`."""


def note(text: str) -> None:
    """One line to stderr; control characters in it never reach the terminal."""
    from orca_local.domain.text import printable

    if sys.stderr is None:  # it was closed before the program started
        return
    try:
        sys.stderr.write(printable(text) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):  # nobody reads stderr any more: nothing is left to tell
        return


def note_at_once(text: str) -> None:
    """One line to stderr from within a signal handler, where the stream itself may be in use."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            os.write(sys.stderr.fileno(), f"\n{text}\n".encode())


def write_json(value: dict[str, Any]) -> None:
    """The one object that stdout carries under `--json`; what JSON has no word for, a NaN, becomes null."""
    import click

    from orca_local.store.encoding import without_nan

    text = json.dumps(without_nan(value), ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # a file name that is no text, for one
        text = json.dumps(without_nan(value), allow_nan=False)
    click.echo(text)


def _report(message: str, hint: str, kind: str, as_json: bool) -> None:
    note(f"error: {message}")
    if hint:
        note(f"hint: {hint}")
    if as_json:
        try:
            write_json({"error": {"message": message, "hint": hint, "kind": kind}})
        except OSError as error:  # stdout is what failed
            note(f"error: stdout cannot be written: {error.strerror}")


def report_failure(error: BaseException, *, as_json: bool) -> int:
    """Tell the user what failed and what fixes it, and return the exit code.

    A traceback is shown only for our own bugs.
    """
    known = _explained(error)
    if known is not None:
        _report(known.message, known.hint, known.kind, as_json)
        return known.exit_code
    if isinstance(error, KeyboardInterrupt):
        _report("interrupted", "run the same command again to go on where it stopped", "interrupted", as_json)
        return INTERRUPTED
    note("".join(traceback.format_exception(error)).rstrip())
    _report(f"{type(error).__name__}: {error}", "this is a bug of orca-local; please report it", "bug", as_json)
    return FAILED


def _explained(error: BaseException) -> OrcaError | None:
    """What the user can act on: our own errors, and what the machine lacks or forbids."""
    if isinstance(error, OrcaError):
        return error
    if isinstance(error, OSError):
        return explain_os_error(error)
    if isinstance(error, ModuleNotFoundError) and not str(error.name).startswith("orca_local"):
        return MissingError(f"the package {error.name!r} is not installed", hint="pip install --upgrade orca-local")
    said = str(error).lower()
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(sign in said for sign in _NO_MEMORY)):
        hint = "lower engine.capacity, train.batch_size or train.rank in orca.toml"
        return MissingError("the memory of this machine is not enough", hint=hint)
    return None


def report_usage(message: str, hint: str, *, as_json: bool) -> int:
    """A command line that cannot be understood."""
    _report(message, hint, "usage", as_json)
    return USAGE
