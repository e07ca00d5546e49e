"""The views of the newest export and of the quantizations to choose from."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.export.estimate import BITS_PER_WEIGHT, estimate_bytes
from orca_local.export.quantize import quantize
from orca_local.gguf.header import read_header
from orca_local.runs.workspace import Workspace
from orca_local.views.export import load_export_view, quantization_options
from tests.tui import stored_runs


def test_without_an_export_the_view_is_empty(workspace: Workspace) -> None:
    with workspace.store() as store:
        assert load_export_view(store).run is None


def test_a_finished_base_export_does_not_hide_the_tuned_model(workspace: Workspace) -> None:
    with workspace.store() as store:
        tuned = stored_runs.start_export(store, workspace)
        stored_runs.finish_export(store, workspace, tuned)
        base = stored_runs.start_run(store, workspace, "base")
        view = load_export_view(store)
        assert view.run is not None and view.run.run_id == base and view.is_base
        store.runs.finish(base, "done")
        view = load_export_view(store)
        assert view.run is not None and view.run.run_id == tuned and not view.is_base
        assert [row.quantization for row in view.files] == ["F16", "Q8_0"]
        assert view.recommended == "Q8_0" and len(view.steps) == 9
        Path(view.files[0].path).unlink()
        assert [row.quantization for row in load_export_view(store).files] == ["Q8_0"]


def test_an_adapter_export_hides_neither_files_nor_recommendation(workspace: Workspace) -> None:
    with workspace.store() as store:
        stored_runs.finish_export(store, workspace, stored_runs.start_export(store, workspace))
        assert load_export_view(store).adapter is None
        stored_runs.finish_adapter_export(store, workspace)
        view = load_export_view(store)
        assert view.is_adapter and not view.is_base and view.adapter is not None
        assert [row.quantization for row in view.files] == ["F16", "Q8_0"] and view.recommended == "Q8_0"
        Path(view.adapter.path).unlink()
        assert load_export_view(store).adapter is None


def test_sizes_are_estimated_within_three_percent(tiny_gguf: Path, tmp_path: Path) -> None:
    header = read_header(tiny_gguf)
    for quantization in ("Q8_0", "Q4_K_M"):
        path = tmp_path / f"{quantization}.gguf"
        quantize(tiny_gguf, path, quantization)
        assert estimate_bytes(quantization, header) == pytest.approx(path.stat().st_size, rel=0.03)
    options = quantization_options(header, ["Q8_0", "IQ1_S"])
    assert [option.quantization for option in options if option.is_chosen] == ["Q8_0", "IQ1_S"]
    assert options[0].quantization == "F16" and options[-1].bytes == 0 and len(options) == len(BITS_PER_WEIGHT) + 1
