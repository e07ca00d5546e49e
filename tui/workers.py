"""Work beside what is drawn: the screen that it is for may be closed before it is done."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from textual.css.query import NoMatches
from textual.screen import Screen

Job = Callable[[], Coroutine[Any, Any, None]]


def begin(screen: Screen[Any], job: Job, *, group: str = "default", exclusive: bool = True) -> None:
    """Do `job`; when `screen` is closed meanwhile, it may find nothing to show its answer on.

    With `exclusive`, it replaces others of its group.
    """

    async def done() -> None:
        try:
            await job()
        except NoMatches:
            # A screen loses its parts before its workers are ended.
            if screen.app.is_running and screen in screen.app.screen_stack:
                raise

    # The function, not its coroutine: a screen that is being closed would never await that.
    screen.run_worker(done, group=group, exclusive=exclusive)  # type: ignore[arg-type]
