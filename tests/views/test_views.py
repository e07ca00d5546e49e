"""What the newest training, export and evaluation are seen as."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.export.estimate import BITS_PER_WEIGHT, estimate_bytes
from orca_local.export.quantize import quantize
from orca_local.gguf.header import read_header
from orca_local.runs.workspace import Workspace
from orca_local.views.export import choices, evaluation_view, export_view
from orca_local.views.overview import overview
from orca_local.views.training import training_view
from tests.tui import made


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "ws")


def test_nothing_was_done_yet(workspace: Workspace) -> None:
    with workspace.store() as store:
        assert training_view(store).run is None and training_view(store).goes_on_after == 0
        assert export_view(store).run is None and evaluation_view(store).run is None


def test_a_training_is_seen_with_what_came_since(workspace: Workspace) -> None:
    with workspace.store() as store:
        run_id, _ = made.add_training(store, workspace, last=40)
        first = training_view(store)
        assert first.done_steps == 40 and first.total_steps == 120 and first.saved_step == 30
        assert first.is_running and first.goes_on_after == 0
        store.runs.finish(run_id, "interrupted")
        assert training_view(store).goes_on_after == 30
        run_id, training_id = made.add_training(store, workspace, first=31, last=60)
        second = training_view(store, first)
        assert [step for step, _ in second.loss] == [*range(1, 61)]
        assert second.resumed is not None and second.resumed.step == 30
        assert second.best is not None and second.best[0] == 60
        made.finish_training(store, workspace, run_id, training_id, 60)
        last = training_view(store, second)
        assert last.goes_on_after == 0 and last.adapter is not None and last.loss == second.loss


def test_a_run_that_prepares_another_training_shows_no_old_one(workspace: Workspace) -> None:
    with workspace.store() as store:
        run_id, training_id = made.add_training(store, workspace, last=15)
        made.finish_training(store, workspace, run_id, training_id, 15)
        later = made.start_run(store, workspace, "train")
        assert training_view(store).training is None
        made.fail(store, later, "no rows", "build them")
        view = training_view(store)
        assert view.training is not None and view.failed is not None and view.failed.hint == "build them"


def test_a_base_that_is_made_in_passing_does_not_hide_the_tuned_model(workspace: Workspace) -> None:
    with workspace.store() as store:
        tuned = made.start_export(store, workspace)
        made.finish_export(store, workspace, tuned)
        base = made.start_run(store, workspace, "export")
        view = export_view(store)
        assert view.run is not None and view.run.run_id == base and view.is_base
        store.runs.finish(base, "done")
        view = export_view(store)
        assert view.run is not None and view.run.run_id == tuned and not view.is_base
        assert [row.quantization for row in view.files] == ["F16", "Q8_0"]
        assert view.recommended == "Q8_0" and len(view.steps) == 9
        Path(view.files[0].path).unlink()
        assert [row.quantization for row in export_view(store).files] == ["Q8_0"]


def test_an_adapter_alone_hides_neither_files_nor_what_is_recommended(workspace: Workspace) -> None:
    with workspace.store() as store:
        made.finish_export(store, workspace, made.start_export(store, workspace))
        assert export_view(store).adapter is None
        made.finish_adapter_export(store, workspace)
        view = export_view(store)
        assert view.is_adapter and not view.is_base and view.adapter is not None
        assert [row.quantization for row in view.files] == ["F16", "Q8_0"] and view.recommended == "Q8_0"
        Path(view.adapter.path).unlink()
        assert export_view(store).adapter is None


def test_an_evaluation_that_goes_on_shows_its_rows_and_the_summary_before(workspace: Workspace) -> None:
    with workspace.store() as store:
        made.finish_evaluation(store, workspace, made.evaluation_summary(["sums"]))
        assert (overview(store)[-1].figure, overview(store)[-1].state) == ("40 → 75 %", "done")
        run_id = made.start_run(store, workspace, "evaluate")
        made.add_evaluated(store, run_id, "base", ["sums"])
        view = evaluation_view(store)
        assert [row.model for row in view.rows] == ["base"] and view.summary["gain"]["n"] == 20
        made.fail(store, run_id, "no", "do")
        view = evaluation_view(store)
        assert view.rows == () and view.failed is not None and view.failed.hint == "do"


def test_sizes_are_estimated_within_a_few_per_cent(tiny_gguf: Path, tmp_path: Path) -> None:
    header = read_header(tiny_gguf)
    for quantization in ("Q8_0", "Q4_K_M"):
        made_file = tmp_path / f"{quantization}.gguf"
        quantize(tiny_gguf, made_file, quantization)
        assert estimate_bytes(quantization, header) == pytest.approx(made_file.stat().st_size, rel=0.03)
    found = choices(header, ["Q8_0", "IQ1_S"])
    assert [choice.quantization for choice in found if choice.is_chosen] == ["Q8_0", "IQ1_S"]
    assert found[0].quantization == "F16" and found[-1].bytes == 0 and len(found) == len(BITS_PER_WEIGHT) + 1


def test_the_base_that_a_probe_needs_is_seen_as_part_of_it(workspace: Workspace) -> None:
    with workspace.store() as store:
        run_id = made.start_run(store, workspace, "export")
        stages = {stage.name: stage for stage in overview(store)}
        assert stages["probe"].state == "running" and stages["probe"].figure == "making the base"
        assert stages["export"].state == "waiting"
        store.runs.finish(run_id, "done")
        assert {stage.state for stage in overview(store)} == {"ready", "waiting"}
        made.start_export(store, workspace)
        assert {stage.name for stage in overview(store) if stage.state == "running"} == {"export"}
