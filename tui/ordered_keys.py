"""Handles key presses strictly one after another, so that the meaning of a key never depends on typing speed.

Textual forwards a key to the focused widget immediately, even while the action of the key before it still waits to run.
Of `/word` typed quickly, the letters would reach the list instead of the search field that `/` opens.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TypeVar

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.worker import Worker

T = TypeVar("T")

QUIET_ROUNDS = 2
"""Rounds without a message after which a key counts as handled; a key leads to messages that lead to others."""
MAX_PAUSE_SECONDS = 0.005
IMMEDIATE_KEYS = ("ctrl+q",)
"""Keys that never wait: quitting works whatever the program is busy with."""


class OrderedKeysApp(App[T]):
    """An app that handles a key or paste only when the actions of the one before are finished."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[events.Event] = deque()
        self._is_handing_on = False
        self._awaited: list[Worker[None]] = []

    def hold_keys_for(self, worker: Worker[None]) -> None:
        """Let keys wait until `worker` has ended: it opens a dialog, or loads the rows that keys act on."""
        self._awaited.append(worker)

    @property
    def is_hidden(self) -> bool:
        """Whether the user does not see what keys would act on: such keys are dropped."""
        return False

    async def on_event(self, event: events.Event) -> None:
        """Queue keys and pasted text; all other events are handled immediately."""
        is_typed = isinstance(event, events.Key | events.Paste) and not event.is_forwarded
        if not is_typed or (isinstance(event, events.Key) and event.key in IMMEDIATE_KEYS):
            await super().on_event(event)
            return
        if self.is_hidden:
            return
        self._typed.append(event)
        if not self._is_handing_on:
            self._is_handing_on = True
            self.run_worker(self._hand_on, group="keys")  # type: ignore[arg-type]

    async def _hand_on(self) -> None:
        try:
            await self._quiet()
            while self._typed:
                await super().on_event(self._typed.popleft())
                await self._quiet()
        finally:
            self._is_handing_on = False

    async def _quiet(self) -> None:
        """Wait until no worker is awaited and the widgets that handle keys have no messages left."""
        quiet = 0
        while quiet < QUIET_ROUNDS:
            while self._is_held():
                await asyncio.sleep(MAX_PAUSE_SECONDS)
            is_quiet = await self._pass_messages()
            quiet = quiet + 1 if is_quiet and not self._is_held() else 0

    def _is_held(self) -> bool:
        # A worker that is cancelled before its first step never comes to a finished state.
        self._awaited = [worker for worker in self._awaited if not (worker.is_finished or worker.is_cancelled)]
        return bool(self._awaited)

    async def _pass_messages(self) -> bool:
        """Wait until the messages that wait now are handled; returns whether there were none, before and after."""
        screens = self.screen_stack
        if not screens:  # the app is still starting, or about to end
            await asyncio.sleep(MAX_PAUSE_SECONDS)
            return False
        focused = self.focused
        pumps: set[MessagePump] = {self, *screens, *(focused.ancestors_with_self if focused is not None else ())}
        waiting = set(pumps)
        was_empty = not any(pump.message_queue_size for pump in pumps)
        for pump in pumps:
            # A callback is handled after the messages before it.
            if not pump.call_later(lambda pump=pump: waiting.discard(pump)):
                waiting.discard(pump)
        pause = 0.0
        while any(pump.is_running for pump in waiting):
            await asyncio.sleep(pause)
            pause = min(MAX_PAUSE_SECONDS, pause + 0.0001)
        return was_empty and not any(pump.message_queue_size for pump in pumps)
