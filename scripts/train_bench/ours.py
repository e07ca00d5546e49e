"""Our PyTorch backend as a peer."""

from __future__ import annotations

from pathlib import Path

import torch

from orca_local.gguf.header import read_header
from orca_local.train.batches import make_batch
from orca_local.train.torch_backend import TorchBackend
from scripts.train_bench.peer import Job, Peer, StepDone


class OurPeer(Peer):
    """The backend, driven as the loop drives it."""

    def __init__(self, job: Job) -> None:
        self._recipe = job.recipe
        self.backend = TorchBackend(read_header(job.student), job.recipe, job.compute)
        self._batches = [make_batch(rows) for rows in job.batches()]
        self._done = 0

    def steps(self, count: int) -> list[StepDone]:
        """The loop's steps, without its checkpoints."""
        done = []
        for batch in self._batches[self._done : self._done + count]:
            self._done += 1
            result = self.backend.step(batch, self._recipe.learning_rate_at(self._done))
            done.append(StepDone(result.loss, batch.tokens))
        return done

    def finish(self, directory: Path) -> None:
        """As the loop keeps it."""
        self.backend.adapter().save(directory)

    def profile(self) -> str:
        """A table of where the next step spends its time."""
        batch = self._batches[self._done]

        def step() -> str:
            with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as found:
                TorchBackend.step.__wrapped__(self.backend, batch, 1e-3)  # type: ignore[attr-defined]
            table = found.key_averages()
            return str(table.table(sort_by="self_cpu_time_total", row_limit=30, max_name_column_width=50))

        # The profiler sees the thread it is started in.
        return self.backend.thread.submit(step).result()
