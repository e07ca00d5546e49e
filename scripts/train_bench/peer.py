"""A trainer in a process of its own, told how many steps to take at a time."""

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
    """What every peer trains: the same weights, rows, recipe and type."""

    student: Path
    rows: tuple[TrainingRow, ...]
    recipe: Recipe
    compute: str
    """`float32` or `bfloat16`."""
    threads: int
    same_order: bool
    """Whether a peer with an order of its own takes our batches instead."""

    def batches(self) -> list[list[TrainingRow]]:
        """Our batches, one a step."""
        found: list[list[TrainingRow]] = []
        while len(found) < self.recipe.total_steps:
            epoch = len(found) // -(-len(self.rows) // self.recipe.batch_size)
            found += epoch_batches(self.rows, self.recipe.batch_size, self.recipe.seed, epoch)
        return found[: self.recipe.total_steps]


@dataclass(frozen=True, slots=True)
class StepDone:
    """One optimizer step."""

    loss: float
    """Mean over the batch's targets, in nats."""
    tokens: int
    """Tokens of rows, padding excluded."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Steps that were taken without a pause."""

    steps: tuple[StepDone, ...]
    seconds: float
    processor_seconds: float
    """Of all threads: what a busy machine distorts least."""

    @property
    def tokens(self) -> int:
        """Tokens of rows, padding excluded."""
        return sum(step.tokens for step in self.steps)

    @property
    def rate(self) -> float:
        """Tokens per second."""
        return self.tokens / self.seconds

    @property
    def cost(self) -> float:
        """Milliseconds of processor time a token."""
        return 1000 * self.processor_seconds / self.tokens


class Peer(ABC):
    """One trainer, at the start of a job."""

    @abstractmethod
    def __init__(self, job: Job) -> None:
        """Load everything that a step needs."""

    @abstractmethod
    def steps(self, count: int) -> list[StepDone]:
        """Take the next steps and stand still again."""

    @abstractmethod
    def finish(self, directory: Path) -> None:
        """Write the adapter in PEFT's form."""


class OurPeer(Peer):
    """A backend of ours, driven as the loop drives it, without its checkpoints."""

    backend: TrainBackend
    """Set by the class of its framework."""

    def __init__(self, job: Job) -> None:
        self._recipe = job.recipe
        self._batches = [make_batch(rows) for rows in job.batches()]
        self._done = 0

    def steps(self, count: int) -> list[StepDone]:
        """The loop's steps."""
        done = []
        for batch in self._batches[self._done : self._done + count]:
            self._done += 1
            result = self.backend.step(batch, self._recipe.learning_rate_at(self._done))
            done.append(StepDone(result.loss, batch.tokens))
        return done

    def finish(self, directory: Path) -> None:
        """As the loop keeps it."""
        self.backend.adapter().save(directory)


class PeerProcess:
    """A peer in a fresh process: its memory is its own, and it waits while others work."""

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
        """Let it write its adapter and end; returns the most memory that its steps had resident, in bytes."""
        self._connection.send(directory)
        peak: int = self._connection.recv()
        self._process.join()
        return peak


def _serve(connection: Connection, make: Callable[[Job], Peer], job: Job) -> None:
    import torch

    torch.set_num_threads(job.threads)
    peer = make(job)
    _forget_peak()
    connection.send(None)
    while isinstance(order := connection.recv(), int):
        started, used = time.perf_counter(), time.process_time()
        done = peer.steps(order)
        connection.send(Segment(tuple(done), time.perf_counter() - started, time.process_time() - used))
    peak = _peak()
    peer.finish(order)
    connection.send(peak)


def _forget_peak() -> None:
    """Count from here: what loading took is each trainer's own business, and over before the first step."""
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM, see proc(5)


def _peak() -> int:
    return peak_memory() or 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
