"""Reads in a thread what training sees of an answer: opening the student's vocabulary takes a while."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from orca_local.dataset.review import Preview
from orca_local.runs.workspace import Workspace
from orca_local.views.previews import Previews


class PreviewReader:
    """Keeps the vocabulary open until `close`."""

    def __init__(self, workspace: Workspace) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="previews")
        self._previews = Previews(workspace)

    async def read(self, demonstration_id: int) -> Preview:
        """Return exactly what training sees of an answer. Raises `OrcaError` if the student cannot be opened."""
        return await asyncio.wrap_future(self._pool.submit(self._previews.load, demonstration_id))

    async def close(self) -> None:
        """Close the vocabulary after the reads that are waiting."""
        await asyncio.wrap_future(self._pool.submit(self._previews.close))
        self._pool.shutdown(wait=False)
