"""The options that every command takes."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orca_local.cli.diagnostics import DONE, INCOMPLETE, write_json
from orca_local.cli.failures import show_failures
from orca_local.domain.errors import OrcaError
from orca_local.domain.frozen import Frozen

if TYPE_CHECKING:
    from orca_local.runs.workspace import Workspace

JsonObject = dict[str, Any]


class Common(Frozen):
    """The values of `-w`, `--json`, `--quiet` and `--offline`."""

    directory: Path | None
    json: bool
    quiet: bool
    offline: bool

    def workspace(self, overrides: dict[str, Any] | None = None) -> Workspace:
        """The workspace named by `-w`, else the nearest one in or above the current directory.

        `overrides` are options by section and key; they take precedence over environment and file.
        """
        from orca_local.runs.workspace import Workspace

        if self.directory is not None:
            return Workspace.open(self.directory, overrides=overrides)
        return Workspace.find(Path.cwd(), overrides=overrides)


def common_options(function: Callable[..., JsonObject | None]) -> Callable[..., int]:
    """Add the common options to a command, which gets them as its first argument.

    The command returns the object that `--json` prints. Its text goes through `echo`, which `--json` silences. If the
    object says that samples failed, in a stage of its own or in one of several, they are shown, and the exit code is
    `INCOMPLETE`.
    """

    @click.option("-w", "--workspace", type=PathArgument(), help="Workspace directory.")
    @click.option("--json", "as_json", is_flag=True, help="Print exactly one JSON object on stdout.")
    @click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
    @click.option("--offline", is_flag=True, help="Use no network.")
    @functools.wraps(function)
    def wrapper(*args: Any, workspace: Path | None, as_json: bool, quiet: bool, offline: bool, **kwargs: Any) -> int:
        import os

        if offline:
            os.environ["HF_HUB_OFFLINE"] = "1"
        elif os.environ.get("HF_HUB_OFFLINE"):
            from orca_local.hub.client import is_offline

            offline = is_offline()
        common = Common(workspace, as_json, quiet, offline)
        with _damage_explained(common):
            result = function(common, *args, **kwargs)
        if as_json and result is not None:
            write_json(result)
        return INCOMPLETE if show_failures(result or {}) else DONE

    return wrapper


@contextmanager
def _damage_explained(common: Common) -> Iterator[None]:
    """Replace an error of the block that nobody explained, if it comes from a damaged database."""
    try:
        yield
    except OrcaError:
        raise
    except Exception as error:
        from orca_local.runs.workspace import DATABASE_FILE
        from orca_local.store.store import explain_failure

        try:
            path = common.workspace().directory / DATABASE_FILE
        except OrcaError:
            raise error from None
        raise explain_failure(error, path) or error from error


class PathArgument(click.Path):
    """A path that is not empty: an empty one would mean the current directory."""

    def __init__(self, **options: Any) -> None:
        """Take the options of `click.Path`."""
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Check a path. Fails as click's own types do."""
        if not str(value):
            self.fail("the path is empty; `.` is the current directory.", param, ctx)
        return super().convert(value, param, ctx)


class Name(click.types.StringParamType):
    """A text that is not empty, such as the name of a model."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Check a name. Fails as click's own types do."""
        if not str(value).strip():
            self.fail("it is empty.", param, ctx)
        return super().convert(value, param, ctx)


class FiniteRange(click.FloatRange):
    """A range of finite numbers."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Parse a number. Fails as click's own types do."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


def typed(**options: Any) -> dict[str, Any]:
    """The options that the user gave."""
    return {name: value for name, value in options.items() if value is not None and value != ()}
