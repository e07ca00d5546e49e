"""Stores trainings, exports and evaluations as the stages do."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from orca_local.domain.copy_fields import copy_fields
from orca_local.domain.evaluation_summary import EvaluationSummary, Prompted, PromptedAccuracy
from orca_local.domain.events import (
    AcceptanceChecked,
    CheckpointSaved,
    Event,
    FileWritten,
    MemoryPlanned,
    ModelEvaluated,
    RunFailed,
    SampleAnswered,
    StageFinished,
    StageProgressed,
    StageStarted,
    StepTrained,
    TrainingResumed,
    ValidationMeasured,
)
from orca_local.domain.export_summary import ExportSummary
from orca_local.domain.quantized import QuantizedFile
from orca_local.domain.stages import SUITES
from orca_local.domain.suite_evaluation import (
    EvaluatedSuite,
    ReportedMean,
    SuiteDifference,
    SuiteEvaluation,
    SuitePart,
    SuiteResult,
    SuiteScore,
)
from orca_local.domain.summaries import TrainSummary
from orca_local.evaluate.compare import SampleResult, compare, gain, measure
from orca_local.evaluate.split import SplitModels, recommend_type, split_gain, with_changes
from orca_local.runs.workspace import Workspace
from orca_local.store.results import EvaluationRow, ExportRow
from orca_local.store.store import Store
from orca_local.store.trainings import AdapterRow
from orca_local.train.recipe import make_recipe

GIGABYTE = 1_000_000_000


def add_events(store: Store, run_id: int, *events: Event) -> None:
    """Store events of a run."""
    for event in events:
        store.runs.add_event(run_id, event.kind, event.payload())


def start_run(store: Store, workspace: Workspace, stage: str, pid: int | None = None) -> int:
    """Start a run of this process, which lives as long as the test."""
    return store.runs.start(stage, workspace.settings.model_dump_json(), {}, os.getpid() if pid is None else pid)


def loss_at(step: int, steps: int) -> float:
    """A falling, slightly rough loss curve."""
    return 0.4 + 2.6 * math.exp(-4 * step / steps) + 0.1 * math.sin(step * 1.7)


def add_training(
    store: Store, workspace: Workspace, *, steps: int = 120, first: int = 1, last: int = 120, run_id: int | None = None
) -> tuple[int, int]:
    """Steps `first` to `last` of a training, with a validation and a checkpoint every 15 steps.

    Returns the run's and the training's id.
    """
    run_id = start_run(store, workspace, "train") if run_id is None else run_id
    directory = workspace.adapters_dir / "0123456789abcdef"
    recipe = make_recipe(workspace.settings.train.model_copy(update={"max_steps": steps}), 400)
    training_id = store.trainings.start(
        "k", run_id, weights_sha256="w", recipe=recipe.to_dict(), rows=400, directory=str(directory)
    )
    add_events(store, run_id, StageStarted("train", steps, "steps"))
    add_events(store, run_id, MemoryPlanned("", GIGABYTE, 4 * GIGABYTE, 2048, False))
    if first > 1:
        add_events(store, run_id, TrainingResumed(first - 1, str(directory)))
    for step in range(first, last + 1):
        loss = loss_at(step, steps)
        add_events(store, run_id, StepTrained(step, loss, recipe.learning_rate_at(step), 0.5, 2400, 0.8))
        store.trainings.add_metric(training_id, step, "loss", loss)
        if step % 15 == 0:
            store.trainings.add_metric(training_id, step, "validation_loss", loss + 0.1)
            add_events(store, run_id, ValidationMeasured(step, loss + 0.1, True))
            for sample in store.samples.list(split="train")[:2]:
                text = f"There are {step} of them.\nAnswer: {step}"
                add_events(store, run_id, SampleAnswered(step, sample.id, text, step > 15))
            add_checkpoint(store, run_id, directory, step)
    return run_id, training_id


def add_checkpoint(store: Store, run_id: int, directory: Path, step: int, *, stopping: bool = False) -> None:
    """Create an empty checkpoint directory and store its event."""
    path = directory / f"step-{step:06d}"
    path.mkdir(parents=True, exist_ok=True)
    add_events(store, run_id, CheckpointSaved(step, str(path), stopping))


def finish_training(store: Store, workspace: Workspace, run_id: int, training_id: int, best_step: int) -> None:
    """Finish a training with its summary and its adapter."""
    summary: dict[str, Any] = {"steps": 120, "train_loss": 0.44, "validation_loss": 0.56, "best_step": best_step}
    summary |= {"tokens_per_second": 3100.0, "seconds": 96.0, "memory": {"planned": GIGABYTE, "peak": 900_000_000}}
    adapter = str(workspace.adapters_dir / "0123456789abcdef" / "adapter")
    store.trainings.finish(training_id, "done", summary)
    store.adapters.add(AdapterRow(training_id, adapter, "a", "w", best_step, 0.56))
    finished = TrainSummary.from_dict({"run_id": run_id, "adapter": adapter, **summary})
    add_events(store, run_id, StageFinished("train", finished))
    store.runs.finish(run_id, "done")


MERGED = (
    AcceptanceChecked("metadata", True, "26 keys identical", "all"),
    AcceptanceChecked("finite", True, "20 tensors finite", "all"),
    AcceptanceChecked("positions compared", True, "256", "≥ 256"),
    AcceptanceChecked("KL from the trained model", True, "0.000002", "≤ 0.001"),
    AcceptanceChecked("same most likely token", True, "100.00 %", "≥ 99 %"),
)
STOPS = AcceptanceChecked("answers stop on their own", True, "20 of 20", "95 %")
STOPS_NOT = AcceptanceChecked("answers stop on their own", False, "3 of 20", "95 %")


def start_export(store: Store, workspace: Workspace, checks: Iterable[Event] = MERGED, note: str = "merging") -> int:
    """Start an export of the tuned model whose last progress says `note`."""
    run_id = start_run(store, workspace, "export")
    store.runs.record_inputs(run_id, {"orca_local.adapter_sha256": "a"})
    add_events(store, run_id, StageStarted("export", 2, "files"), *checks, StageProgressed(0, note=note))
    return run_id


def finish_export(store: Store, workspace: Workspace, run_id: int) -> None:
    """Finish an export of F16 and Q8_0."""
    types, files = [], []
    for quantization, size, kl in (("Q8_0", 145_000_000, 0.0011), ("F16", 270_000_000, 0.0)):
        path = workspace.exports_dir / f"tiny-tuned-{quantization}.gguf"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
        acceptance: dict[str, Any] = {"checks": []}
        if kl:
            acceptance["quantized_vs_f16"] = {"kl": kl, "agreement": 0.985, "positions": 256}
        store.exports.add(ExportRow(run_id, "tuned", str(path), "f", quantization, size, None, acceptance))
        add_events(store, run_id, STOPS, FileWritten(str(path), size, "f"))
        types.append(QuantizedFile(quantization, size, 8.5, kl, 0.985))
        files.append({"path": str(path), "sha256": "f" * 64, "quantization": quantization, "bytes": size})
    reason = "Q8_0 is the smallest that predicts within 0.01 nats of F16: 0.0011 nats, the same token in 98.5 %"
    summary = {
        "name": "tuned",
        "files": files,
        "types": [quantized.to_dict() for quantized in types],
        "recommendation": {"quantization": "Q8_0", "reason": reason},
    }
    add_events(store, run_id, StageFinished("export", ExportSummary.from_dict(summary)))
    store.runs.finish(run_id, "done")


def finish_adapter_export(store: Store, workspace: Workspace) -> None:
    """Run an export of the adapter only."""
    run_id = start_export(store, workspace, MERGED[1:])
    store.runs.record_inputs(run_id, {"adapter_only": True})
    path = workspace.exports_dir / "tiny-tuned-adapter.gguf"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    store.exports.add(ExportRow(run_id, "adapter", str(path), "f", "F16", 3_000_000, None, {"checks": []}))
    add_events(store, run_id, STOPS, FileWritten(str(path), 3_000_000, "f"))
    add_events(store, run_id, StageFinished("export", ExportSummary.from_dict({"name": "adapter"})))
    store.runs.finish(run_id, "done")


def fail(store: Store, run_id: int, message: str, hint: str) -> None:
    """Fail a run."""
    add_events(store, run_id, RunFailed(message, hint))
    store.runs.finish(run_id, "failed", message)


def answers(right: int, tasks: Sequence[str], a_task: int = 20) -> list[SampleResult]:
    """Results in which the first `right` samples of every task are right, half of them in the asked form."""
    return [
        SampleResult(
            f"{task}-{i}",
            task,
            float(i < right),
            strict_value=float(i < right) if i % 2 else None,
            is_truncated=i % 5 == 4,
        )
        for task in tasks
        for i in range(a_task)
    ]


def prompted(tasks: Sequence[str]) -> Prompted:
    """What prompting gives the base: less than tuning. The last task has no chosen strategy."""

    def row(right: int, tasks: Sequence[str]) -> PromptedAccuracy:
        base, tuned = answers(right, tasks), answers(15, tasks)
        return PromptedAccuracy(**asdict(measure(base)), tasks=(), gain=gain(base, tuned))

    return Prompted(row(6, tasks), row(11, tasks[:-1]), tuple(tasks[-1:]))


def evaluation_summary(tasks: Sequence[str], *, split: bool = True) -> EvaluationSummary:
    """The summary of an evaluation in which tuning helped."""
    results = {"base": answers(8, tasks), "tuned": answers(15, tasks)}
    models, total = compare({name: {"S": given, "": given} for name, given in results.items()}, ("S", ""))
    summary = EvaluationSummary(run_id=0, models=models, seconds=42.0, gain=total, prompted=prompted(tasks))
    if split:
        types = {
            "tuned": QuantizedFile("Q8_0", 145_000_000, 8.5, 0.0011, 0.985),
            "tuned:F16": QuantizedFile("F16", 270_000_000, 16.0, 0.0, 1.0),
        }
        results = {**results, "tuned:F16": answers(16, tasks)}
        split_models = SplitModels("tuned:F16", types)
        scored = with_changes(results, split_models)
        gains = split_gain(results, split_models)
        summary = replace(summary, split=gains, types=scored, recommendation=recommend_type(results, split_models))
    return summary


def finish_evaluation(store: Store, workspace: Workspace, summary: EvaluationSummary) -> int:
    """Run an evaluation with this summary."""
    run_id = start_run(store, workspace, "evaluate")
    add_events(store, run_id, StageStarted("evaluate", 80, "generations"))
    add_events(store, run_id, StageFinished("evaluate", replace(summary, run_id=run_id)))
    store.runs.finish(run_id, "done")
    return run_id


def add_evaluated(store: Store, run_id: int, model: str, tasks: Sequence[str]) -> None:
    """Store one model's results of a running evaluation."""
    model_id = store.models.ensure(f"/{model}.gguf", model, "llama", "Q8_0", 1000)
    for task in tasks:
        result = measure(answers(8, [task]))
        place = {"model": model, "task": task, "system_message": "S"}
        interval = {"ci_low": result.ci[0], "ci_high": result.ci[1]}
        store.evaluations.add(copy_fields(EvaluationRow, result, run_id=run_id, model_id=model_id, **place, **interval))
        add_events(store, run_id, copy_fields(ModelEvaluated, result, **place))


def finish_suites(store: Store, workspace: Workspace, models: Sequence[str] = ("base", "tuned")) -> int:
    """A finished evaluation on GSM8K, in which the second model is better."""
    run_id = start_run(store, workspace, SUITES)
    rows = [
        SuiteResult(
            suite="gsm8k",
            model=model,
            system_message=text,
            n=200,
            ours=SuiteScore("ours", 0.1 + 0.2 * number, (0.05, 0.4), 0.9),
            references=(SuiteScore("harness:rule", 0.05 + 0.1 * number, (0.0, 0.3), 0.5),),
            truncated=0.25,
            tokens=112.0,
            prompt_tokens=90.0,
            too_long=3 * number,
            failed=0,
            parts=(SuitePart("gsm8k", 200, 0.1 + 0.2 * number, 0.05),),
        )
        for text in ("Be kind.", "")
        for number, model in enumerate(models)
    ]
    differences = [
        SuiteDifference(
            suite="gsm8k",
            system_message=text,
            before=models[0],
            after=models[-1],
            value=0.2,
            ci=(0.1, 0.3),
            p_value=1e-4,
            p_holm=2e-4,
            n=200,
            reference_value=0.1,
        )
        for text in ("Be kind.", "")
    ]
    summary = SuiteEvaluation(
        run_id=run_id,
        models=tuple(models),
        suites=(EvaluatedSuite("gsm8k", "d" * 64, "hub:openai/gsm8k", "", 1319, 200, 0, True, 512, ("harness:rule",)),),
        results=tuple(rows),
        differences=tuple(differences) if len(models) > 1 else (),
        means=(),
        reported=(ReportedMean("GPT-4", 0.7903, "", "orca2", "arXiv:2311.11045"),),
        new=800,
        cached=0,
        completion_tokens=89_600,
        seconds=300.0,
        scorer_version=4,
    )
    add_events(store, run_id, StageFinished(SUITES, summary))
    store.runs.finish(run_id, "done")
    return run_id
