"""Background jobs of a screen, which may be closed before they end."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from textual.css.query import NoMatches
from textual.screen import Screen
from textual.worker import Worker

from tui.ordered_keys import OrderedKeysApp

Job = Callable[[], Coroutine[Any, Any, None]]


def start_job(
    screen: Screen[Any], job: Job, *, group: str = "default", exclusive: bool = True, holds_keys: bool = False
) -> None:
    """Run `job` as a worker of `screen`.

    Missing widgets are ignored when the screen was closed meanwhile. With `exclusive`, the job replaces others of its
    group. With `holds_keys`, keys that are typed meanwhile wait until it has ended.
    """

    async def run() -> None:
        try:
            await job()
        except NoMatches:
            # A screen loses its widgets before its workers are cancelled.
            if screen.app.is_running and screen in screen.app.screen_stack:
                raise

    # The function, not its coroutine: a screen that is being closed would never await the coroutine.
    worker: Worker[None] = screen.run_worker(run, group=group, exclusive=exclusive)
    if holds_keys and isinstance(screen.app, OrderedKeysApp):
        screen.app.hold_keys_for(worker)
