"""What training sees of an answer, found in a thread: the student's vocabulary takes a while to open."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from orca_local.dataset.review import Preview
from orca_local.runs.workspace import Workspace
from orca_local.views.previews import Previews


class Previewing:
    """The vocabulary stays open until `close`."""

    def __init__(self, workspace: Workspace) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="previews")
        self._previews = Previews(workspace)

    async def of(self, demonstration_id: int) -> Preview:
        """Exactly what training sees. Raises `OrcaError` where the student cannot be opened."""
        return await asyncio.wrap_future(self._pool.submit(self._previews.load, demonstration_id))

    async def close(self) -> None:
        """After what is being found."""
        await asyncio.wrap_future(self._pool.submit(self._previews.close))
        self._pool.shutdown(wait=False)
