"""Teachers that need no network."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.types import Sample
from orca_local.pipeline.pipeline import Pipeline
from orca_local.runs.workspace import Workspace
from orca_local.tasks.split import content_hash


def test_answers_from_a_file_count_as_new_offline(tiny_gguf: Path, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws", student=str(tiny_gguf), settings={"teacher": {"kind": "file"}})
    samples = [
        Sample(f"s{i}", "letters", "free", f"Write letter {i}.", (), "train", rationale="Dear") for i in range(3)
    ]
    with workspace.store() as store:
        store.samples.add([(sample, content_hash(sample)) for sample in samples], "test")
        calls = [Pipeline(workspace, store, offline=True).teach().to_dict()["calls"] for _ in range(2)]
    assert calls == [{"new": 3, "cached": 0, "failed": 0}, {"new": 0, "cached": 3, "failed": 0}]
