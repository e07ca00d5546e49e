"""Access to the store from a thread of its own, so that drawing never waits for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from orca_local.runs.workspace import Workspace
    from orca_local.store.store import Store

T = TypeVar("T")


class StoreReader:
    """Runs functions on the workspace's store, one after another."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._store: Store | None = None

    async def call(self, function: Callable[[Store], T]) -> T:
        """Return `function(store)`, run in the store's thread; it may also write a short transaction."""
        return await asyncio.wrap_future(self._pool.submit(self._call, function))

    async def close(self) -> None:
        """Close the store after the calls that are waiting."""
        await asyncio.wrap_future(self._pool.submit(self._close))
        self._pool.shutdown(wait=False)

    def _call(self, function: Callable[[Store], T]) -> T:
        if self._store is None:
            self._store = self._workspace.store()
        return function(self._store)

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
