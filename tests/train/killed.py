"""A training that is killed repeatedly at random moments; each process resumes the one before.

python -m tests.train.killed GGUF DIRECTORY LOG SEED: writes each step to LOG. The parent loads everything once and
forks. It computes nothing, so it has no threads.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from orca_local.domain.events import StepTrained
from orca_local.gguf.header import read_header
from orca_local.train.torch.backend import TorchBackend
from tests.train.data import make_rows
from tests.train.scene import STOPPED, recipe_for, run

LIVES = 10


def main(gguf: str, directory: str, log: str, seed: str) -> None:
    rows = make_rows(Path(gguf))
    recipe = recipe_for(rows, STOPPED)
    backend = TorchBackend(read_header(Path(gguf)), recipe, "float32")
    rng = random.Random(int(seed))
    for life in range(LIVES):
        child = os.fork()
        if not child:
            with Path(log).open("a") as file:
                for event in run(Path(gguf), rows, Path(directory), recipe, backend):
                    if isinstance(event, StepTrained):
                        file.write(json.dumps([event.step, event.loss, event.grad_norm]) + "\n")
                        file.flush()
            os._exit(0)
        wait_for_a_moment(Path(directory), Path(log), rng, in_save=life % 2 == 1)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def wait_for_a_moment(directory: Path, log: Path, rng: random.Random, *, in_save: bool) -> None:
    """Wait until some time after the next step, or until a partial file exists."""
    size = log.stat().st_size if log.exists() else 0
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (log.exists() and log.stat().st_size > size):
        time.sleep(0.0005)
    if not in_save:
        time.sleep(rng.random() * 0.1)
        return
    while time.monotonic() < deadline and not list(directory.glob("*.part")):
        time.sleep(0.0002)
    time.sleep(rng.random() * 0.004)


if __name__ == "__main__":
    main(*sys.argv[1:])
