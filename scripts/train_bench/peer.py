"""A trainer in a process of its own that takes a given number of steps at a time."""

from __future__ import annotations

import resource
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from orca_local.rows.training_row import TrainingRow
from orca_local.system.memory import peak_memory
from orca_local.train.backend import TrainBackend
from orca_local.train.batches import epoch_batches, make_batch
from orca_local.train.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Job:
    """The training of every peer: the same weights, rows, recipe and data type."""

    student: Path
    rows: tuple[TrainingRow, ...]
    recipe: Recipe
    compute: str
    """`float32` or `bfloat16`."""
    threads: int
    same_order: bool
    """Whether a peer uses our batches instead of its own."""

    def batches(self) -> list[list[TrainingRow]]:
        """Our batches, one per step."""
        batches: list[list[TrainingRow]] = []
        while len(batches) < self.recipe.total_steps:
            epoch = len(batches) // -(-len(self.rows) // self.recipe.batch_size)
            batches += epoch_batches(self.rows, self.recipe.batch_size, self.recipe.seed, epoch)
        return batches[: self.recipe.total_steps]


@dataclass(frozen=True, slots=True)
class StepDone:
    """One optimizer step."""

    loss: float
    """Mean over the batch's targets, in nats."""
    tokens: int
    """Number of tokens, without padding."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive steps without a pause."""

    steps: tuple[StepDone, ...]
    seconds: float
    processor_seconds: float
    """CPU time of all threads. It depends less on other load than wall time does."""

    @property
    def tokens(self) -> int:
        """Number of tokens, without padding."""
        return sum(step.tokens for step in self.steps)

    @property
    def rate(self) -> float:
        """Tokens per second."""
        return self.tokens / self.seconds

    @property
    def cost(self) -> float:
        """Milliseconds of CPU time per token."""
        return 1000 * self.processor_seconds / self.tokens


class Peer(ABC):
    """One trainer, at the start of a job."""

    @abstractmethod
    def __init__(self, job: Job) -> None:
        """Load everything that a step needs."""

    @abstractmethod
    def steps(self, count: int) -> list[StepDone]:
        """Take the next steps, then wait."""

    @abstractmethod
    def finish(self, directory: Path) -> None:
        """Write the adapter in PEFT's format."""


class OurPeer(Peer):
    """One of our backends, used as the loop uses it, but without checkpoints."""

    backend: TrainBackend
    """Set by the class of its framework."""

    def __init__(self, job: Job) -> None:
        self._recipe = job.recipe
        self._batches = [make_batch(rows) for rows in job.batches()]
        self._done = 0

    def steps(self, count: int) -> list[StepDone]:
        """See `Peer`."""
        done = []
        for batch in self._batches[self._done : self._done + count]:
            self._done += 1
            result = self.backend.step(batch, self._recipe.learning_rate_at(self._done))
            done.append(StepDone(result.loss, batch.tokens))
        return done

    def finish(self, directory: Path) -> None:
        """See `Peer`."""
        self.backend.adapter().save(directory)


class PeerProcess:
    """A peer in a new process, with its own memory. It waits while others compute."""

    def __init__(self, make: Callable[[Job], Peer], job: Job) -> None:
        context = get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, make, job), daemon=True)
        self._process.start()
        theirs.close()

    def wait_ready(self) -> None:
        """Return when everything is loaded."""
        self._connection.recv()

    def steps(self, count: int) -> Segment:
        """Let it take `count` steps."""
        self._connection.send(count)
        segment: Segment = self._connection.recv()
        return segment

    def finish(self, directory: Path) -> int:
        """Let it write its adapter and end; returns the peak resident memory of its steps in bytes."""
        self._connection.send(directory)
        peak: int = self._connection.recv()
        self._process.join()
        return peak


def _serve(connection: Connection, make: Callable[[Job], Peer], job: Job) -> None:
    import torch

    torch.set_num_threads(job.threads)
    peer = make(job)
    _reset_peak()
    connection.send(None)
    while isinstance(order := connection.recv(), int):
        started, used = time.perf_counter(), time.process_time()
        done = peer.steps(order)
        connection.send(Segment(tuple(done), time.perf_counter() - started, time.process_time() - used))
    peak = _peak()
    peer.finish(order)
    connection.send(peak)


def _reset_peak() -> None:
    """Reset the peak: only the steps count, not loading."""
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM, see proc(5)


def _peak() -> int:
    return peak_memory() or 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
