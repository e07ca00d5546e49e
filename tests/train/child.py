"""A training that a test kills: writes each step to a log."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from orca_local.domain.events import StepTrained
from tests.train.data import make_rows
from tests.train.test_torch import run


def main(gguf: str, directory: str, log: str) -> None:
    with Path(log).open("a") as file:
        for event in run(Path(gguf), make_rows(Path(gguf)), Path(directory)):
            if isinstance(event, StepTrained):
                file.write(json.dumps([event.step, event.loss, event.grad_norm]) + "\n")
                file.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
