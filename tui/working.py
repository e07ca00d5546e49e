"""Work beside what is drawn: the screen that it is for may be closed before it is done."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from textual.css.query import NoMatches
from textual.screen import Screen

Job = Callable[[], Coroutine[Any, Any, None]]


def while_open(screen: Screen[Any], job: Job) -> Job:
    """`job`, which may find nothing to show its answer on when `screen` is closed meanwhile."""

    async def done() -> None:
        try:
            await job()
        except NoMatches:
            # A screen loses its parts before its workers are ended.
            if screen.app.is_running and screen in screen.app.screen_stack:
                raise

    return done
