"""The export screen: acceptance test, files, results of base and tuned, and the report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Checkbox, Input, Markdown, SelectionList, Static

from orca_local.domain.evaluation_summary import EvaluationSummary
from orca_local.domain.model_settings import ModelSettings
from orca_local.evaluate.beside import compare_beside
from orca_local.evaluate.compare import compare
from orca_local.runs.workspace import Workspace
from tests.tui import stored_runs
from tests.tui.scene import compare_pictures, opened, until
from tui.dialogs.fields import FieldsDialog
from tui.screens.export.evaluating import evaluate_arguments, evaluate_dialog
from tui.screens.export.exporting import export_arguments
from tui.screens.export.report import MAX_MARKDOWN_LINES, ReportScreen
from tui.widgets.lines import Lines

pytestmark = pytest.mark.anyio

TASKS = ("comparing", "sums [bold]x[/]")
MANY = (*TASKS, "turning", "words")
"""More tasks than fit on a low terminal."""


def state(pilot: Pilot[None], name: str = "state") -> str:
    return str(pilot.app.screen.query_one(f"#{name}", Static).content)


def lines(pilot: Pilot[None], name: str) -> str:
    return pilot.app.screen.query_one(f"#{name}", Lines).text


async def turn(pilot: Pilot[None]) -> None:
    await pilot.press("e")


@pytest.mark.slow
async def test_screens_match_their_pictures(workspace: Workspace, tmp_path: Path) -> None:
    await compare_pictures(workspace, tmp_path, "export", "export-empty")
    with workspace.store() as store:
        run_id = stored_runs.start_export(store, workspace, note="answering 20 prompts")
        await compare_pictures(workspace, tmp_path, "export", "export-running")
        stored_runs.add_events(store, run_id, stored_runs.STOPS_NOT)
        stored_runs.fail(
            store, run_id, "the export failed its test “answers stop on their own”: 3 of 20", "train longer"
        )
        stored_runs.finish_export(store, workspace, stored_runs.start_export(store, workspace))
        stored_runs.finish_evaluation(store, workspace, stored_runs.evaluation_summary(TASKS))
    await compare_pictures(workspace, tmp_path, "export", "export-done")
    await compare_pictures(workspace, tmp_path, "export", "export-results", turn)


@pytest.mark.slow
async def test_checks_appear_during_the_export(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.store() as store:
        run_id = stored_runs.start_export(store, workspace)
        async with opened(workspace, tmp_path, mode="export") as pilot:
            assert state(pilot) == "▶ exporting the tuned model: merging"
            assert "✓ KL from the trained model 0.000002" in lines(pilot, "checks")
            assert "· merging …" in lines(pilot, "checks")
            stored_runs.add_events(store, run_id, stored_runs.STOPS_NOT)
            await until(pilot, lambda: "✗ answers stop on their own" in lines(pilot, "checks"))
            assert "(need 95 %)" in lines(pilot, "checks")
            stored_runs.fail(store, run_id, "“answers stop on their own”: 3 of 20", "train [longer]")
            await until(pilot, lambda: "→ train [longer]" in state(pilot))
            stored_runs.finish_export(store, workspace, stored_runs.start_export(store, workspace))
            await until(pilot, lambda: state(pilot) == "✓ the tuned model passed the acceptance test")
            assert "Q8_0        145 MB       0.0011        98 % ★" in lines(pilot, "files")
            assert "tiny-tuned-F16.gguf" in lines(pilot, "files")


@pytest.mark.slow
async def test_types_are_listed_with_their_sizes(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path, mode="export") as pilot:
        types = pilot.app.screen.query_one(SelectionList)
        assert types.selected == ["Q8_0"]
        await pilot.press("space")
        assert sorted(types.selected) == ["F16", "Q8_0"]
        assert "~5 MB" in str(types.get_option_at_index(0).prompt)
        with workspace.store() as store:
            stored_runs.finish_export(store, workspace, stored_runs.start_export(store, workspace))
        await until(pilot, lambda: "270 MB ✓" in str(types.get_option_at_index(0).prompt))
        assert sorted(types.selected) == ["F16", "Q8_0"]
        types.deselect_all()
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, FieldsDialog))
        await pilot.press("enter")
        assert "no type is selected" in str(pilot.app.screen.query_one("#problem", Static).content)


@pytest.mark.slow
async def test_an_export_needs_an_adapter(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path, mode="export") as pilot:
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, FieldsDialog))
        await pilot.press("enter")
        await until(pilot, lambda: "orca-local train" in str([w.content for w in pilot.app.screen.query(Static)]))


async def test_the_export_form_checks_its_values(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path, mode="export") as pilot:
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, FieldsDialog))
        dialog, where = pilot.app.screen, workspace.directory
        assert isinstance(dialog, FieldsDialog)
        assert "as Q8_0" in str(dialog.query_one("#text", Static).content)
        assert "importance matrix makes no difference to Q8_0" in str(dialog.query_one("#describe", Static).content)
        dialog.query_one(Input).value = "matrix.gguf"
        await pilot.pause()
        await pilot.press("enter")
        assert "there is no file" in str(dialog.query_one("#problem", Static).content)
        (where / "matrix.gguf").touch()
        assert dialog.answer() is not None
        command = ["export", "--quantization=Q8_0", f"--imatrix={where / 'matrix.gguf'}"]
        assert export_arguments(["Q8_0"], "auto", where, dialog.values) == command
        dialog.query_one(Checkbox).value = True
        await pilot.pause()
        assert export_arguments(["Q8_0"], "auto", where, dialog.values) == ["export", "--adapter-only"]


@pytest.mark.parametrize(
    ("types", "matrix", "options"),
    [(["Q4_K_M"], "auto", []), (["Q4_K_M"], " none ", ["--imatrix=none"]), (None, "auto", None)],
)
def test_options_that_equal_the_settings_are_left_out(
    tmp_path: Path, types: list[str] | None, matrix: str, options: list[str] | None
) -> None:
    wanted = ["export"] if options is None else ["export", "--quantization=Q4_K_M", *options]
    assert export_arguments(types, "auto", tmp_path, {"imatrix": matrix, "adapter": ""}) == wanted


@pytest.mark.slow
async def test_the_form_matches_its_pictures(workspace: Workspace, tmp_path: Path) -> None:
    async def ask_how(pilot: Pilot[None]) -> None:
        pilot.app.screen.query_one(SelectionList).select("Q4_K_M")
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, FieldsDialog))

    await compare_pictures(workspace, tmp_path, "export", "export-start", ask_how)


async def test_an_adapter_file_is_listed(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.store() as store:
        stored_runs.finish_adapter_export(store, workspace)
    async with opened(workspace, tmp_path, mode="export") as pilot:
        assert state(pilot) == "✓ the adapter passed the acceptance test"
        assert "adapter       3 MB" in lines(pilot, "files") and "tiny-tuned-adapter.gguf" in lines(pilot, "files")
        types = pilot.app.screen.query_one(SelectionList)
        assert "✓" not in str(types.get_option_at_index(0).prompt), "it is no file of the type F16"


@pytest.mark.slow
async def test_results_are_shown_during_and_after_the_evaluation(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.store() as store:
        run_id = stored_runs.start_run(store, workspace, "evaluate")
        stored_runs.add_evaluated(store, run_id, "base", TASKS)
        async with opened(workspace, tmp_path, mode="export") as pilot:
            await until(pilot, lambda: pilot.app.screen.has_class("-results"))
            assert "By task, so far" in lines(pilot, "results")
            assert "40.0 % [21.0, 62.5]" in lines(pilot, "results")
            store.runs.finish(run_id, "interrupted")
            await until(pilot, lambda: "earlier answers are kept" in state(pilot, "evaluation-state"))
            stored_runs.finish_evaluation(store, workspace, stored_runs.evaluation_summary(MANY))
            await until(pilot, lambda: "gain +35.0 points" in lines(pilot, "results"))
            results = lines(pilot, "results")
            assert "from training" in results and "from quantizing" in results
            assert "McNemar" in results and "sums [bold]x[/]" in results
            assert "asked form" in results and "unreadable" in results and "cut off" in results
            assert max(map(len, results.splitlines())) <= 77
            assert not pilot.app.screen.query_one("#results", Lines).show_horizontal_scrollbar
            stored_runs.fail(
                store, stored_runs.start_run(store, workspace, "evaluate"), "no tuned model", "export first"
            )
            await until(pilot, lambda: "→ export first" in state(pilot, "evaluation-state"))
            assert "below: the evaluation before it" in state(pilot, "evaluation-state")
            assert "gain +35.0 points" in lines(pilot, "results")


@pytest.mark.slow
async def test_the_evaluation_form_checks_its_values(workspace: Workspace, tmp_path: Path) -> None:
    async with opened(workspace, tmp_path, mode="export") as pilot:
        await pilot.press("v")
        await until(pilot, lambda: isinstance(pilot.app.screen, FieldsDialog))
        dialog = pilot.app.screen
        assert isinstance(dialog, FieldsDialog)
        dialog.query_one(Input).value = "none"
        await pilot.pause()
        await pilot.press("enter")
        assert "not a whole number" in str(dialog.query_one("#problem", Static).content)
        dialog.query_one(Input).value = "5"
        dialog.query_one(Checkbox).value = True
        await pilot.pause()
        assert evaluate_arguments(dialog.values) == ["evaluate", "--samples=5", "--split"]


async def test_models_beside_are_listed_with_their_shares_and_differences(workspace: Workspace, tmp_path: Path) -> None:
    results = {name: stored_runs.answers(right, TASKS) for name, right in (("base", 8), ("tuned", 15), ("gpt", 18))}
    models, total = compare({name: {"S": given, "": given} for name, given in results.items()}, ("S", ""))
    served = replace(models[2], source="gpt-4o-mini at https://api.openai.com/v1", missing=3, cost_usd=0.0123)
    summary = EvaluationSummary(0, (*models[:2], served), 42.0, total, compare_beside(results))
    with workspace.store() as store:
        stored_runs.finish_evaluation(store, workspace, summary)
    async with opened(workspace, tmp_path, mode="export") as pilot:
        await until(pilot, lambda: "gain +35.0 points" in lines(pilot, "results"))
        shown = lines(pilot, "results")
        assert "gpt-4o-mini at https://api.openai.com/v1" in shown and "0.0123" in shown
        (row,) = (line for line in shown.partition("Against tuned")[2].splitlines() if line.startswith("  gpt"))
        assert "+15.0 [" in row and " p " in row
        assert max(map(len, shown.splitlines())) <= 77


def test_further_models_are_only_asked_if_the_box_is_ticked() -> None:
    models = [
        ModelSettings(name="gpt", base_url="https://h/v1", model="m", key_env="K", max_usd=2),
        ModelSettings(name="small", path="x.gguf"),
    ]
    dialog = evaluate_dialog(0, models)
    assert "also gpt (at most $2), small" in [field.label for field in dialog._fields]
    none = {"samples": "", "split": "", "beside": ""}
    assert evaluate_arguments(none) == ["evaluate", "--model=base", "--model=tuned"]
    assert evaluate_arguments(none | {"beside": "yes"}) == ["evaluate"]


@pytest.mark.slow
async def test_the_report_is_shown_and_saved(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.store() as store:
        stored_runs.finish_evaluation(store, workspace, stored_runs.evaluation_summary(TASKS))
    async with opened(workspace, tmp_path, mode="export") as pilot:
        await pilot.press("o")
        await until(pilot, lambda: (workspace.directory / "report.md").is_file())
        assert "sums [bold]x[/]" in (workspace.directory / "report.md").read_text(encoding="utf-8")
        await pilot.press("r")
        await until(pilot, lambda: bool(pilot.app.screen.query(Markdown)))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ReportScreen))
        with workspace.store() as store:
            many = [f"task {i}" for i in range(MAX_MARKDOWN_LINES)]
            stored_runs.finish_evaluation(store, workspace, stored_runs.evaluation_summary(many, split=False))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReportScreen))
        await until(pilot, lambda: "task 149" in lines(pilot, "report"))


@pytest.mark.slow
async def test_results_on_benchmarks_stand_below_those_on_samples(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.store() as store:
        run_id = stored_runs.finish_suites(store, workspace)
        async with opened(workspace, tmp_path, mode="export") as pilot:
            shown = " ".join(lines(pilot, "results").split())
            assert shown.startswith(f"Benchmarks run {run_id}")
            assert "gsm8k tuned 200 30 % [5.0, 40.0] 15 %" in shown
            assert "10 % no answer, 25 % cut off, 3 too long, 112 tokens an answer" in shown
            assert "gsm8k: base → tuned +20.0 points [10.0, 30.0], p = 0.0002 (Holm)" in shown
            assert "reported in the literature, with another harness: GPT-4 79 %" in shown
            stored_runs.finish_evaluation(store, workspace, stored_runs.evaluation_summary(TASKS))
            await until(pilot, lambda: lines(pilot, "results").startswith("All tasks"))
            assert "Benchmarks" in lines(pilot, "results")
