"""Access to the store and other resources from a thread of their own, so that drawing never waits for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

from orca_local.store.store import Store


class Closable(Protocol):
    """Something to close after use."""

    def close(self) -> None:
        """Free it."""


R = TypeVar("R", bound=Closable)
T = TypeVar("T")


class ThreadReader(Generic[R]):
    """Opens a resource in a thread when it is first needed, and runs functions on it there, one after another."""

    def __init__(self, open_resource: Callable[[], R]) -> None:
        self._open = open_resource
        self._pool = ThreadPoolExecutor(1)
        self._resource: R | None = None

    async def call(self, function: Callable[[R], T]) -> T:
        """Return `function(resource)`, run in the thread; on the store it may also write a short transaction."""
        return await asyncio.wrap_future(self._pool.submit(self._call, function))

    async def close(self) -> None:
        """Close the resource after the calls that are waiting."""
        await asyncio.wrap_future(self._pool.submit(self._close))
        self._pool.shutdown(wait=False)

    def _call(self, function: Callable[[R], T]) -> T:
        if self._resource is None:
            self._resource = self._open()
        try:
            return function(self._resource)
        except Exception as error:
            explained = self._resource.explain(error) if isinstance(self._resource, Store) else None
            raise explained or error from error

    def _close(self) -> None:
        if self._resource is not None:
            self._resource.close()
