"""Generates in a process that a test kills: `python -m tests.generation.child DATABASE GGUF`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from orca_local.domain.settings import EngineSettings
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.generation.generate import PlannedMeasurement
from orca_local.store.store import Store
from tests.generation.scene import Scene, make_samples, planned

SAMPLES = 40


def measurements() -> list[PlannedMeasurement]:
    return [planned(sample, strategy, strategy, max_tokens=30) for sample in make_samples(SAMPLES) for strategy in "ab"]


def main() -> None:
    database, gguf = map(Path, sys.argv[1:])
    engine = LlamaCppEngine(gguf, EngineSettings(capacity=3, context=256, threads=1))
    with Store.open(database) as store:
        counts, _ = Scene.make(store, gguf, []).generate(engine, measurements())
    sys.stdout.write(json.dumps({"new": counts.new, "cached": counts.cached, "failed": counts.failed}))


if __name__ == "__main__":
    main()
