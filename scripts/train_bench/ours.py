"""Our PyTorch backend as a peer."""

from __future__ import annotations

import torch

from orca_local.gguf.header import read_header
from orca_local.train.torch.backend import TorchBackend
from scripts.train_bench.peer import Job, OurPeer


class OurTorchPeer(OurPeer):
    """The PyTorch backend."""

    backend: TorchBackend

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.backend = TorchBackend(read_header(job.student), job.recipe, job.compute)

    def profile(self) -> str:
        """A table of the next step's time by operation."""
        batch = self._batches[self._done]

        def step() -> str:
            with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profiler:
                TorchBackend.step.__wrapped__(self.backend, batch, 1e-3)  # type: ignore[attr-defined]
            table = profiler.key_averages()
            return str(table.table(sort_by="self_cpu_time_total", row_limit=30, max_name_column_width=50))

        # The profiler only records the thread that starts it.
        return self.backend.thread.submit(step).result()
