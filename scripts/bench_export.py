"""Time the export of a tuned student, from merging to the passed acceptance test, and measure its processes' memory.

python scripts/bench_export.py [--quantization Q8_0] [--adapter DIRECTORY] [--rounds 1]

Without --adapter, an adapter is first trained on the starter's rows (not timed), because the acceptance test needs
answers that end. Each round exports twice: once for the time and once for the memory, because sampling uses CPU time.
Memory is sampled (Linux) over all processes: their proportional share, and their own (anonymous) pages. The rest is
mapped files, which the system may drop and read again at any time. Needs the extras `torch` and `starter`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from orca_local.domain.events import AcceptanceChecked, FileWritten, StageProgressed
from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import read_header
from orca_local.models.locate import resolve_student
from orca_local.rows.training_row import TrainingRow
from orca_local.system.threads import physical_cores
from orca_local.train.recipe import make_recipe
from scripts.train_bench.peer import Job as TrainJob
from scripts.train_bench.peer import Peer, PeerProcess
from scripts.training_rows import starter_rows

SECONDS, MEMORY = 20.0, 1.5
"""Targets: wall time, and peak memory as a multiple of the F16 file."""


@dataclass(frozen=True, slots=True)
class Job:
    """One export."""

    student: Path
    adapter: Path
    rows: tuple[TrainingRow, ...]
    quantization: str
    directory: Path


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of a process and all its descendants, in bytes."""

    share: int = 0
    """Proportional set size: shared pages are divided among the processes that share them."""
    own: int = 0
    """Anonymous pages, which only swapping can free."""

    def __add__(self, other: Memory) -> Memory:
        return Memory(self.share + other.share, self.own + other.own)

    def maximum(self, other: Memory) -> Memory:
        """The larger of each value."""
        return Memory(max(self.share, other.share), max(self.own, other.own))


def main() -> None:
    """Print seconds and peak memory of each part, and of the whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--student", default="smollm2-135m-instruct", help="A GGUF, or a catalog id.")
    parser.add_argument("--adapter", type=Path, help="A trained adapter in PEFT's format.")
    parser.add_argument("--train-steps", type=int, default=40, help="Training steps if --adapter is not given.")
    parser.add_argument("--quantization", default="Q8_0")
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    student = resolve_student(arguments.student, Path.cwd())
    f16 = 2 * read_header(student).parameters
    imports = _watch(_import_torch, None, sample=True)[1]
    print(f"F16 file {_mb(f16)}; a process that imports torch and numpy: {_mb(imports.share)}, own {_mb(imports.own)}")
    with tempfile.TemporaryDirectory() as directory:
        kept = Path(directory)
        # Created here, not timed: an export reads its rows from the store.
        rows = tuple(starter_rows(student, "step_by_step"))
        adapter = arguments.adapter or _trained(student, rows, arguments.train_steps, kept / "adapter")
        for number in range(2 * arguments.rounds):
            job = Job(student, adapter, rows, arguments.quantization, kept / str(number))
            job.directory.mkdir()
            is_sampled = number % 2 == 1
            seconds, peak = _watch(_export, job, sample=is_sampled)
            shutil.rmtree(job.directory)
            if is_sampled:
                _report(peak, f16)
            else:
                print(f"whole export: {seconds:.1f} s (≤ {SECONDS:g})\n", flush=True)


def _report(peak: Memory, f16: int) -> None:
    print(
        f"peak {_mb(peak.share)}, {peak.share / f16:.2f} × F16; own {_mb(peak.own)}, "
        f"{peak.own / f16:.2f} × F16 (≤ {MEMORY})\n",
        flush=True,
    )


def _trained(student: Path, rows: tuple[TrainingRow, ...], steps: int, directory: Path) -> Path:
    """Train an adapter on `rows` in a process of its own."""
    recipe = make_recipe(TrainSettings(max_steps=steps), len(rows))
    peer = PeerProcess(_make_ours, TrainJob(student, rows, recipe, "float32", physical_cores(), True))
    peer.wait_ready()
    print(f"training {steps} steps", flush=True)
    peer.steps(steps)
    peer.finish(directory)
    return directory


def _make_ours(job: TrainJob) -> Peer:
    from scripts.train_bench.ours import OurTorchPeer

    return OurTorchPeer(job)


def _export(connection: Connection, job: Job) -> None:
    """The measured process. The time of its imports is included."""
    from orca_local.domain.settings import EngineSettings
    from orca_local.engines.make import make_file_engine
    from orca_local.export.source import ExportSource
    from orca_local.export.stage import export
    from orca_local.pipeline.export_source import acceptance_inputs
    from orca_local.runs.context import StageContext
    from orca_local.store.store import Store
    from orca_local.system.digest import file_sha256

    source = ExportSource(read_header(job.student), file_sha256(job.student), job.adapter, None, {})
    inputs = acceptance_inputs(job.rows, source)
    connection.send("start")
    with Store.open(job.directory / "orca.db", create=True) as store:
        for event in export(
            StageContext(store, store.runs.start("export", "{}", {})),
            source,
            "tuned",
            (job.quantization,),
            job.directory / "exports",
            lambda path: make_file_engine(EngineSettings(), path),
            inputs=inputs,
            system_message="",
        ):
            if isinstance(event, StageProgressed) and event.note:
                connection.send(event.note)
            elif isinstance(event, AcceptanceChecked):
                connection.send(f"· {event.name}: {event.value}")
            elif isinstance(event, FileWritten):
                connection.send(f"· written: {event.bytes / 1e6:.0f} MB")
    connection.send(None)


def _import_torch(connection: Connection, _: object) -> None:
    import torch

    connection.send("start")
    torch.ones(64, 64) @ torch.ones(64, 64)
    time.sleep(0.3)
    connection.send(None)


def _watch(work: object, job: object, *, sample: bool) -> tuple[float, Memory]:
    """Run `work(connection, job)` in a new process and print its parts; returns its seconds and peak memory."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, job), daemon=False)  # type: ignore[arg-type]
    process.start()
    theirs.close()
    assert process.pid
    assert ours.recv() == "start"
    began = at = time.perf_counter()
    whole, part, note = Memory(), Memory(), "begin"
    while True:
        if sample:
            part = part.maximum(_tree(process.pid))
            if not ours.poll(0.02):
                continue
        following = ours.recv()
        now = time.perf_counter()
        if job is not None:
            measured = f"{_mb(part.share)}, own {_mb(part.own)}" if sample else f"{now - at:6.1f} s"
            print(f"{measured}  {note}")
        at, whole, part, note = now, whole.maximum(part), Memory(), following
        if following is None:
            process.join()
            return now - began, whole


def _tree(pid: int) -> Memory:
    total = Memory()
    for number in _descendants(pid):
        with suppress(FileNotFoundError, ProcessLookupError):  # the process has ended
            fields = {
                line.split(":")[0]: 1024 * int(line.split()[1])
                for line in Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()[1:]
            }
            total += Memory(fields["Pss"], fields["Pss_Anon"] + fields["Pss_Shmem"])
    return total


def _descendants(pid: int) -> Iterator[int]:
    yield pid
    with suppress(FileNotFoundError, ProcessLookupError):  # the process has ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _descendants(int(child))


def _mb(count: float) -> str:
    return f"{count / 1e6:,.0f} MB"


if __name__ == "__main__":
    main()
