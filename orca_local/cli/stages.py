"""Code that the stage commands share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from orca_local.cli.options import Common

if TYPE_CHECKING:
    from orca_local.pipeline.pipeline import Pipeline


@contextmanager
def open_pipeline(common: Common, overrides: dict[str, Any] | None = None) -> Iterator[Pipeline]:
    """The pipeline of the workspace that `common` names. Its events are shown on stderr."""
    from orca_local.cli.display import Display
    from orca_local.pipeline.pipeline import Pipeline

    workspace = common.workspace(overrides)
    with Display(quiet=common.quiet) as display, workspace.store() as store:
        yield Pipeline(workspace, store, offline=common.offline, on_event=display)
