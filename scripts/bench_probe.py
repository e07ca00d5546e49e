"""Measures the probe's own time per generation (scheduler, renderer, scoring, store) with the fake engine.

python scripts/bench_probe.py [--tasks 1500] [--samples 32] [--method race]
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from contextlib import closing
from pathlib import Path

from orca_local.domain.events import StageFinished
from orca_local.domain.settings import ProbeSettings
from orca_local.domain.strategies import BUILTIN
from orca_local.domain.types import Request, Sample
from orca_local.engines.fake import FakeEngine
from orca_local.generation.generate import ModelRef
from orca_local.models.locate import resolve_student
from orca_local.probe.stage import probe
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.tasks.split import content_hash

TARGET_MS = 1.0


def answer(request: Request) -> str:
    """Answer about half of the samples correctly, depending on task, sample and strategy."""
    words = request.messages[1].content.split()
    lucky = hash((words[3], words[-1], len(request.messages[0].content))) % 100 < 30 + 4 * (int(words[3]) % 10)
    return f"Answer: {words[-1] if lucky else -1}"


def main() -> None:
    """Print seconds, milliseconds per generation and the growth of memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1500)
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--method", choices=["race", "exhaustive"], default="race")
    arguments = parser.parse_args()
    samples = [
        Sample(f"{t}-{i}", f"task{t:04}", "number", f"In task number {t} what is {i}", (str(i),), "probe")
        for t in range(arguments.tasks)
        for i in range(arguments.samples)
    ]
    student = resolve_student("smollm2-135m-instruct", Path.cwd())
    with (
        tempfile.TemporaryDirectory() as directory,
        Store.open(Path(directory) / "orca.db", create=True) as store,
        closing(PromptRenderer(student)) as renderer,
    ):
        store.samples.add([(sample, content_hash(sample)) for sample in samples], source="bench")
        model = ModelRef(store.models.ensure(str(student), "ab" * 32, "llama", "Q4_1", 1), "ab" * 32)
        memory_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        settings = ProbeSettings(method=arguments.method, samples=arguments.samples)
        engine = FakeEngine(answer, capacity=24)
        engine.requests = _NoRequests()
        context = StageContext(store, store.runs.start("probe", "{}", {}))
        events = probe(context, engine, renderer, samples, BUILTIN, settings, model=model)
        *_, last = events
        seconds = time.perf_counter() - started
        assert isinstance(last, StageFinished)
        count = last.summary.generations.new
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory_before) / 1024
    grid = arguments.tasks * arguments.samples * len(BUILTIN)
    print(f"{arguments.tasks} tasks, {count:,} generations ({100 * count / grid:.0f} % of the grid) in {seconds:.1f} s")
    print(f"{1000 * seconds / count:.2f} ms a generation (target {TARGET_MS}); memory grew by {grown:.0f} MB")
    print(last.summary.selection_gain.reason)


class _NoRequests(list[Request]):
    """Drops what the fake engine records, which would fill the memory here."""

    def append(self, item: Request) -> None:
        """Drop the request."""


if __name__ == "__main__":
    main()
