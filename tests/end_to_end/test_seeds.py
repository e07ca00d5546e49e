"""`run --seeds`: further trainings beside the workspace's own, on a tiny model."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.events import Event, SeedEvaluated, StepTrained
from orca_local.domain.types import Sample
from orca_local.gguf.tokenizer import Tokenizer
from orca_local.pipeline.pipeline import Pipeline
from orca_local.pipeline.seeds import run_all as run_with_seeds
from orca_local.runs.workspace import Workspace
from orca_local.tasks.split import content_hash
from tests.command import COMMAND, orca
from tests.export.scene import write_ending_model

SETTINGS: dict[str, dict[str, Any]] = {
    "engine": {"capacity": 4, "context": 256, "threads": 1},
    "probe": {"method": "exhaustive", "samples": 2, "max_tokens": 4},
    "teacher": {"kind": "file"},
    "train": {"max_steps": 2, "batch_size": 4, "learning_rate": 1e-4, "rank": 2, "compute": "float32", "seed": 5},
    "evaluate": {"max_tokens": 4, "system_messages": [""]},
}


@pytest.fixture
def workspace(tiny_gguf_untied: Path, tmp_path: Path) -> Workspace:
    with closing(Tokenizer(tiny_gguf_untied)) as tokenizer:
        (end,) = tokenizer.encode("<|im_end|>")
    student = write_ending_model(tmp_path / "ending.gguf", tiny_gguf_untied, end)
    workspace = Workspace.create(tmp_path / "ws", student=str(student), settings=SETTINGS)
    samples = [
        Sample(f"{split}{i}", "sums", "number", f"What is {i} in {split}?", (str(i),), split, rationale=f"It is {i}.")  # type: ignore[arg-type]
        for split, count in (("probe", 2), ("train", 40), ("holdout", 4))
        for i in range(count)
    ]
    with workspace.store() as store:
        store.samples.add([(sample, content_hash(sample)) for sample in samples], "test")
    return workspace


def run_all(workspace: Workspace, seeds: int, on_event: Callable[[Event], None]) -> dict[str, Any]:
    with closing(Pipeline(workspace, on_event=on_event)) as pipeline:
        return run_with_seeds(pipeline, seeds).to_dict()


def own_models(workspace: Workspace) -> tuple[Any, ...]:
    """What `tuned`, export and chat take: the newest training, adapter and export, and the files."""
    with workspace.store() as store:
        training, adapter, export = store.trainings.latest(), store.adapters.latest(), store.exports.latest("tuned")
        assert training is not None and adapter is not None and export is not None
        evaluated = {row.model: row.model_id for row in store.evaluations.latest()}
    files = sorted(path.name for path in workspace.exports_dir.iterdir())
    return training.key, training.recipe["seed"], adapter.sha256, export.sha256, evaluated, files


@pytest.mark.slow
def test_further_seeds_are_compared_and_leave_the_workspace_as_it_is(workspace: Workspace) -> None:
    run_all(workspace, 1, lambda event: None)
    before = own_models(workspace)
    assert before[1] == 5
    events: list[Event] = []
    result = run_all(workspace, 3, events.append)["seeds"]
    assert [one["seed"] for one in result["trainings"]] == [5, 6, 7]
    gains = [one["gain"]["value"] for one in result["trainings"]]
    assert (result["min"], result["max"]) == (min(gains), max(gains)) and result["standard_deviation"] >= 0
    assert sum(isinstance(event, StepTrained) for event in events) == 2 * 2, "the first seed was trained before"
    assert own_models(workspace) == before
    kept = sorted((workspace.directory / "seeds").iterdir())
    assert [path.suffix for path in kept] == [".json", ".json"], "of a finished seed, only the result is kept"

    events.clear()
    (kept[0].with_suffix("") / "adapters").mkdir(parents=True)  # left by a run that was killed after the result
    again = run_all(workspace, 3, events.append)["seeds"]
    assert sorted((workspace.directory / "seeds").iterdir()) == kept
    assert again["trainings"] == result["trainings"] and not any(isinstance(event, StepTrained) for event in events)
    assert [event.seed for event in events if isinstance(event, SeedEvaluated)] == [6, 7]


@pytest.mark.slow
def test_a_seed_that_was_interrupted_goes_on(workspace: Workspace) -> None:
    class Stopped(Exception):
        """Stops the run."""

    steps = []

    def stop(event: Event) -> None:
        if isinstance(event, StepTrained):
            steps.append(event.step)
            if len(steps) == 3:  # the first step of the second seed
                raise Stopped

    with pytest.raises(Stopped):
        run_all(workspace, 2, stop)
    before = own_models(workspace)
    with workspace.store() as store:
        assert store.runs.newest_by_stage()["seeds"].status == "failed"
    run_all(workspace, 2, stop)
    assert steps == [1, 2, 1, 2], "the step before the interruption was saved"
    assert own_models(workspace) == before


@pytest.mark.slow
def test_ctrl_c_stops_a_further_seed_and_the_command_says_so(workspace: Workspace) -> None:
    run_all(workspace, 1, lambda event: None)
    process = subprocess.Popen(
        [*COMMAND, "run", "--seeds", "2", "--json"],
        cwd=workspace.directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stderr is not None
    while not (line := process.stderr.readline()).startswith("seeds: 1 training"):
        assert line, "ended before it could be interrupted"
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert json.loads(out)["error"]["kind"] == "interrupted"
    done = json.loads(orca("run", "--seeds", "2", "--json", cwd=workspace.directory).stdout)
    assert [one["seed"] for one in done["seeds"]["trainings"]] == [5, 6]
    printed = orca("run", "--seeds", "2", cwd=workspace.directory).stdout
    assert "2 training seeds: mean " in printed and "standard deviation" in printed
