"""Complete exports of an adapter alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orca_local.domain.errors import AcceptanceError, InputError, MissingError
from orca_local.domain.events import AcceptanceChecked, Event, FileWritten, StageFinished
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.export.acceptance import AcceptanceInputs
from orca_local.export.adapter_stage import export_adapter
from orca_local.export.checks import OpenEngine
from orca_local.export.quantize import quantize
from orca_local.export.source import ExportSource
from orca_local.gguf.header import read_header
from orca_local.store.store import Store
from orca_local.system.digest import file_sha256
from tests.export.scene import export_context, inputs_for, open_engine, random_adapter
from tests.limits import small_files

ROOT = Path(__file__).resolve().parents[2]
CHECKS = [
    "finite",
    "positions compared",
    "KL from the trained model",
    "same most likely token",
    "answers stop on their own",
]


def run_adapter(
    store: Store,
    gguf: Path,
    adapter: Path,
    directory: Path,
    inputs: AcceptanceInputs,
    opener: OpenEngine = open_engine,
) -> Iterator[Event]:
    source = ExportSource(read_header(gguf), file_sha256(gguf), adapter, None, {"rank": 4})
    return export_adapter(export_context(store), source, directory, opener, inputs=inputs)


@pytest.fixture
def adapter(ending_gguf: Path, tmp_path: Path) -> Path:
    random_adapter(ending_gguf, 0.02).save(tmp_path / "adapter")
    return tmp_path / "adapter"


def check_names(events: list[Event]) -> list[str]:
    return [event.name for event in events if isinstance(event, AcceptanceChecked)]


def test_an_adapter_passes_on_its_base_and_carries_where_it_came_from(
    store: Store, ending_gguf: Path, adapter: Path, tmp_path: Path
) -> None:
    inputs = inputs_for(ending_gguf, adapter)
    events = list(run_adapter(store, ending_gguf, adapter, tmp_path / "out", inputs))
    assert check_names(events) == CHECKS
    assert isinstance(events[-1], StageFinished)
    (file,) = events[-1].summary.to_dict()["files"]
    path = Path(file["path"])
    assert path.name == "ending-tuned-adapter.gguf" and file["quantization"] == "F32"
    assert file_sha256(path) == file["sha256"] and path.stat().st_size == file["bytes"]
    metadata = read_header(path).metadata
    assert metadata["orca_local.base_sha256"] == file_sha256(ending_gguf)
    assert len(metadata["orca_local.adapter_sha256"]) == 64 and metadata["orca_local.recipe"] == '{"rank": 4}'
    assert path.with_name(path.name + ".sha256").read_text() == f"{file['sha256']}  {path.name}\n"
    card = path.with_name(path.name + ".md").read_text()
    assert "--lora" in card and file["sha256"] in card and "KL from the trained model" in card
    row = store.exports.latest("adapter")
    assert row is not None and row.sha256 == file["sha256"] and store.exports.latest("tuned") is None
    assert sorted(entry.name for entry in (tmp_path / "out").iterdir()) == [
        path.name + ending for ending in ("", ".md", ".sha256")
    ]
    with closing(open_engine(ending_gguf)) as engine:
        engine.set_adapter(path)

    again = list(run_adapter(store, ending_gguf, adapter, tmp_path / "out", inputs))
    assert not [event for event in again if isinstance(event, AcceptanceChecked)], "built and tested once"
    path.write_bytes(path.read_bytes()[:-1])
    assert check_names(list(run_adapter(store, ending_gguf, adapter, tmp_path / "out", inputs))) == CHECKS
    assert file_sha256(path) == file["sha256"]


def test_the_adapter_of_quantized_weights_is_tested_on_what_they_say(
    store: Store, ending_gguf: Path, tmp_path: Path
) -> None:
    """llama.cpp's kernels for quantized types round activations: the test needs the weights in F16."""
    quantize(ending_gguf, tmp_path / "student-Q8_0.gguf", "Q8_0")
    random_adapter(ending_gguf, 0.02).save(tmp_path / "adapter")
    gguf, adapter = tmp_path / "student-Q8_0.gguf", tmp_path / "adapter"
    opened = []

    def opener(path: Path) -> LlamaCppEngine:
        opened.append(read_header(path).quantization)
        return open_engine(path)

    events = list(run_adapter(store, gguf, adapter, tmp_path / "out", inputs_for(gguf, adapter), opener))
    assert opened == ["F16"]
    (written,) = [event for event in events if isinstance(event, FileWritten)]
    assert Path(written.path).name == "student-tuned-adapter.gguf"
    assert not list((tmp_path / "out").glob("*.part"))


def fails(store: Store, gguf: Path, tmp_path: Path, inputs: AcceptanceInputs, match: str) -> None:
    with pytest.raises(AcceptanceError, match=match):
        list(run_adapter(store, gguf, tmp_path / "adapter", tmp_path / "out", inputs))
    assert not list((tmp_path / "out").iterdir())
    assert store.exports.latest("adapter") is None


def test_what_predicts_something_else_is_not_written(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    random_adapter(tiny_gguf).save(tmp_path / "adapter")
    fails(store, tiny_gguf, tmp_path, inputs_for(tiny_gguf, None), r"KL from the trained model.*≤ 0\.001")


def test_what_does_not_stop_is_not_written(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    """Trap 7: this random model never ends its turn."""
    random_adapter(tiny_gguf).save(tmp_path / "adapter")
    fails(store, tiny_gguf, tmp_path, inputs_for(tiny_gguf, tmp_path / "adapter"), "answers stop on their own")


def test_a_damaged_adapter_stops_before_any_work(
    store: Store, ending_gguf: Path, adapter: Path, tmp_path: Path
) -> None:
    """Trap 6: one that is truncated, and one that is not finite."""
    inputs = inputs_for(ending_gguf, None)
    weights = adapter / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(InputError, match="cannot read the adapter"):
        list(run_adapter(store, ending_gguf, adapter, tmp_path / "out", inputs))
    random_adapter(ending_gguf, float("nan")).save(adapter)
    with pytest.raises(InputError, match="not finite"):
        list(run_adapter(store, ending_gguf, adapter, tmp_path / "out", inputs))
    assert not (tmp_path / "out").exists()


def test_a_full_disk_leaves_nothing_and_says_so(store: Store, ending_gguf: Path, adapter: Path, tmp_path: Path) -> None:
    events = run_adapter(store, ending_gguf, adapter, tmp_path / "out", inputs_for(ending_gguf, adapter))
    with small_files(10_000), pytest.raises(MissingError, match="the disk is full"):
        list(events)
    assert not list((tmp_path / "out").iterdir())


KILLED = """
import os, signal, sys
from pathlib import Path
from orca_local.store.store import Store
from tests.export.scene import inputs_for
from tests.export.test_adapter_stage import run_adapter

gguf, adapter, out = map(Path, sys.argv[1:])
with Store.open(out.parent / "orca.db", create=True) as store:
    for event in run_adapter(store, gguf, adapter, out, inputs_for(gguf, adapter)):
        if "testing" in getattr(event, "note", ""):
            os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_export_leaves_no_half_and_the_next_one_clears_up(
    ending_gguf: Path, adapter: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-c", KILLED, str(ending_gguf), str(adapter), str(out)]
    assert subprocess.run(command, cwd=ROOT, timeout=120, check=False).returncode == -9
    assert [path.name for path in out.iterdir()] == ["adapter.export.part"]
    with Store.open(tmp_path / "orca.db") as store:
        list(run_adapter(store, ending_gguf, adapter, out, inputs_for(ending_gguf, adapter)))
    assert not list(out.glob("*.part")) and (out / "ending-tuned-adapter.gguf").is_file()
