"""Trainings with further seeds: how much of the gain is the luck of one training.

Each further seed trains, exports and evaluates in a directory of its own, on a copy of the database. So the newest
training, adapter and `tuned` model of the workspace stay those of the first seed. When a seed is done, only its result
is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

from orca_local.domain.copy_fields import copy_fields
from orca_local.domain.evaluation_summary import EvaluationSummary, Gain
from orca_local.domain.events import Event, SeedEvaluated, StageFinished, StageStarted
from orca_local.domain.keys import canonical_json, content_key
from orca_local.domain.settings import Settings
from orca_local.domain.stages import SEEDS
from orca_local.domain.summaries import PipelineResult, SeedGain, SeedSummary
from orca_local.kinds.scoring import SCORER_VERSION
from orca_local.pipeline.pipeline import Pipeline
from orca_local.pipeline.training_set import make_training_set
from orca_local.runs.context import StageContext
from orca_local.runs.workspace import DATABASE_FILE, Workspace
from orca_local.store.store import Store
from orca_local.system.files import remove_directory, write_whole
from orca_local.tasks.split import content_hash
from orca_local.train.batches import split_validation
from orca_local.train.fingerprint import make_fingerprint
from orca_local.train.recipe import make_recipe

MAX_SEED = 2**32


class SeedWorkspace(Workspace):
    """The workspace with another seed. What it writes is in a directory of its own."""

    root: Path
    """The directory."""

    @property
    def output_dir(self) -> Path:
        """A lock of its own too: the workspace itself is locked by the run that trains the seeds."""
        return self.root

    def store(self) -> Store:
        """Open the copy of the database."""
        return Store.open(self.root / DATABASE_FILE, directory=self.directory)


def run_all(pipeline: Pipeline, seeds: int) -> PipelineResult:
    """Run every stage in order; with `seeds` above 1, train with further seeds and compare their gains.

    Raises `InputError` for a student that cannot be trained before anything is probed or paid for.
    """
    result = pipeline.run_all()
    return result if seeds == 1 else replace(result, seeds=run_seeds(pipeline, result.evaluation, seeds))


def run_seeds(pipeline: Pipeline, first: EvaluationSummary, count: int) -> SeedSummary:
    """Train with `count` seeds from the settings' own on, and compare the gains; `first` is that of the first seed.

    Finished seeds are not trained again; an interrupted one is resumed.
    """
    assert first.gain is not None
    start = pipeline.settings.train.seed
    others = [(start + number) % MAX_SEED for number in range(1, count)]
    own = SeedGain(start, copy_fields(Gain, first.gain))

    def events(context: StageContext) -> Iterator[Event]:
        yield StageStarted(SEEDS, len(others), "trainings")
        results = [own]
        for seed in others:
            results.append(_run_seed(pipeline, seed))
            gain = results[-1].gain
            yield SeedEvaluated(seed, gain.value, *gain.ci)
        yield StageFinished(SEEDS, _summarize(context.run_id, results))

    return pipeline.run(SEEDS, events, SeedSummary)


def _summarize(run_id: int, results: list[SeedGain]) -> SeedSummary:
    gains = [result.gain.value for result in results]
    deviation = stdev(gains) if len(gains) > 1 else None
    return SeedSummary(run_id, tuple(results), mean(gains), min(gains), max(gains), deviation)


def _run_seed(pipeline: Pipeline, seed: int) -> SeedGain:
    """Train, export and evaluate with one seed, or read its stored result."""
    workspace = pipeline.workspace
    training = workspace.settings.train.model_copy(update={"seed": seed})
    settings = workspace.settings.model_copy(update={"train": training})
    directory = workspace.directory / "seeds"
    root = directory / f"{seed}-{_key(pipeline, settings)[:16]}"
    path = root.with_suffix(".json")
    if path.exists():
        remove_directory(root)
        return SeedGain.from_dict(json.loads(path.read_text(encoding="utf-8")))
    root.mkdir(parents=True, exist_ok=True)
    if not (root / DATABASE_FILE).exists():
        pipeline.store.copy_to(root / DATABASE_FILE)
    seeded = SeedWorkspace(workspace.directory, settings, root)
    with closing(Pipeline(seeded, offline=pipeline.offline, on_event=pipeline.on_event)) as own:
        own.train()
        own.export()
        evaluation = own.evaluate(("base", "tuned"))
    assert evaluation.gain is not None
    result = SeedGain(seed, copy_fields(Gain, evaluation.gain))
    write_whole(path, canonical_json(result.to_dict()), hint="check the directory and its permissions")
    remove_directory(root)
    return result


def _key(pipeline: Pipeline, settings: Settings) -> str:
    """Hash of everything that decides the gain of a seed."""
    training = settings.train
    rows = make_training_set(pipeline).rows
    recipe = make_recipe(training, len(split_validation(rows, training.validation_share)[0]))
    fingerprint = make_fingerprint(rows, recipe, pipeline.student.weights_sha256, training.compute)
    holdout = sorted((sample.id, content_hash(sample)) for sample in pipeline.store.samples.list(split="holdout"))
    stages = [part.model_dump(mode="json") for part in (settings.export, settings.evaluate)]
    return content_key([fingerprint.key, pipeline.student.quantization, holdout, stages, SCORER_VERSION])
