"""The store, read in a thread of its own: nothing that the interface draws waits for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from orca_local.runs.workspace import Workspace
    from orca_local.store.store import Store

T = TypeVar("T")


class Reading:
    """Asks the workspace's store, one question after another."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._store: Store | None = None

    async def ask(self, question: Callable[[Store], T]) -> T:
        """What `question` finds; it runs in the store's thread, and may write a short transaction."""
        return await asyncio.wrap_future(self._pool.submit(self._answer, question))

    async def close(self) -> None:
        """Close the store, after the questions that wait for it."""
        await asyncio.wrap_future(self._pool.submit(self._close))
        self._pool.shutdown(wait=False)

    def _answer(self, question: Callable[[Store], T]) -> T:
        if self._store is None:
            self._store = self._workspace.store()
        return question(self._store)

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
