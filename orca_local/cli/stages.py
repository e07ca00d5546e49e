"""Code that the stage commands share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from orca_local.cli.diagnostics import note
from orca_local.cli.options import Common

if TYPE_CHECKING:
    from orca_local.pipeline.pipeline import Pipeline
    from orca_local.store.store import Store


@contextmanager
def open_pipeline(
    common: Common, overrides: dict[str, Any] | None = None, *, reads_scores: bool = True
) -> Iterator[Pipeline]:
    """The pipeline of the workspace that `common` names. Its events are shown on stderr.

    Scores of an earlier version are renewed first, and what changed is shown; not with `reads_scores=False`.
    """
    from orca_local.cli.display import Display
    from orca_local.pipeline.pipeline import Pipeline

    workspace = common.workspace(overrides)
    with Display(quiet=common.quiet) as display, workspace.store() as store:
        if reads_scores:
            renew_scores(store, quiet=common.quiet)
        yield Pipeline(workspace, store, offline=common.offline, on_event=display)


def renew_scores(store: Store, *, quiet: bool) -> None:
    """Read stored answers again where an earlier version did, and show on stderr what changed."""
    from orca_local.generation.rescore import ensure_scores

    rescored = ensure_scores(store, (lambda line: None) if quiet else note)
    if rescored is not None and not quiet:
        for line in rescored.lines():
            note(line)
