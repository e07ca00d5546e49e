"""`orca-local evaluate`: compare base and tuned on the holdout samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from orca_local.cli.detached import stage_options
from orca_local.cli.diagnostics import note
from orca_local.cli.options import Common, JsonObject, Name, typed
from orca_local.cli.quantized import show_split, show_types
from orca_local.cli.stages import open_pipeline
from orca_local.cli.suite_results import announce_pulls, describe_calls, describe_estimate, show_suites
from orca_local.cli.tables import echo, percent, table
from orca_local.domain.figures import interval, points
from orca_local.domain.text import counted

if TYPE_CHECKING:
    from orca_local.domain.evaluation_summary import (
        Accuracy,
        Beside,
        EvaluationSummary,
        Gain,
        ModelAccuracy,
        Prompted,
        TotalGain,
    )


@click.command("evaluate")
@click.option(
    "--model",
    "models",
    type=Name(),
    multiple=True,
    metavar="base|tuned|NAME|FILE",
    help="Model to evaluate (repeatable; default: base, tuned and every [[model]] of orca.toml).",
)
@click.option(
    "--quantization",
    "quantizations",
    multiple=True,
    metavar="TYPE",
    help="Type of base and tuned (default: the student's). With --split repeatable: each is compared with F16.",
)
@click.option("--split", is_flag=True, help="Separate what training gained from what quantization cost.")
@click.option("--samples", type=click.IntRange(1), help="Holdout samples per task (default: all).")
@click.option(
    "--suite",
    "suites",
    type=Name(),
    multiple=True,
    metavar="NAME",
    help="Ask the questions of a benchmark instead, such as gsm8k, or orca2 for six of them (repeatable).",
)
@click.option("--limit", type=click.IntRange(1), help="With --suite: questions of each, from all of its parts.")
@click.option("--estimate", "only_estimate", is_flag=True, help="Show what it would take and cost, and stop.")
@stage_options
def command(
    common: Common,
    models: tuple[str, ...],
    quantizations: tuple[str, ...],
    split: bool,
    samples: int | None,
    suites: tuple[str, ...],
    limit: int | None,
    only_estimate: bool,
) -> JsonObject:
    """Let each model answer the same holdout samples, or questions of benchmarks, and compare the models."""
    if suites:
        return _evaluate_suites(common, suites, models, quantizations, limit or 0, samples, split, only_estimate)
    if limit:
        raise click.UsageError("--limit is for benchmarks: give --suite NAME")
    if split and models:
        raise click.UsageError("--split compares base and tuned: do not give --model")
    if len(quantizations) > 1 and not split:
        raise click.UsageError("base and tuned are compared at one type; use --split to compare several")
    from orca_local.runs.grading import judge_lines

    with open_pipeline(common, {"evaluate": typed(samples=samples)}) as pipeline:
        # With --split, base and tuned are measured as F16 and at each type.
        split_models = ("base", "tuned") * (1 + max(1, len(quantizations)))
        estimate = pipeline.estimate_evaluation(split_models if split else models)
        if only_estimate:
            lines = [*describe_calls(estimate.models)]
            lines += [estimate.judge.describe()] if estimate.judge is not None else []
            for line in lines or ["no model is behind an endpoint: nothing costs money"]:
                echo(line)
            return estimate.to_dict()
        for line in () if common.quiet else describe_calls(estimate.models):
            note(line)
        summary = pipeline.evaluate(models, quantizations, split=split)
        lines = judge_lines(pipeline.store, summary.judged)
    show_comparison(summary)
    for line in lines:
        echo(line)
    if summary.split is not None:
        show_split(summary.split)
        show_types(summary.types, summary.recommendation)
    return summary.to_dict()


def _evaluate_suites(
    common: Common,
    suites: tuple[str, ...],
    models: tuple[str, ...],
    quantizations: tuple[str, ...],
    limit: int,
    samples: int | None,
    split: bool,
    only_estimate: bool,
) -> JsonObject:
    """Evaluate models on benchmarks; the estimate comes first."""
    if split or samples:
        raise click.UsageError("--split and --samples are for holdout samples: leave them out, or leave out --suite")
    if len(quantizations) > 1:
        raise click.UsageError("base and tuned are compared at one type: give --quantization once")
    with open_pipeline(common) as pipeline:
        announce_pulls(suites, quiet=common.quiet)
        chosen = pipeline.choose_questions(suites, limit)
        estimate = pipeline.estimate_suites(chosen, models, *quantizations)
        if only_estimate:
            for line in describe_estimate(estimate):
                echo(line)
            return estimate.to_dict()
        for line in () if common.quiet else describe_estimate(estimate):
            note(line)
        summary = pipeline.evaluate_suites(chosen, models, *quantizations)
    show_suites(summary)
    return summary.to_dict()


def show_comparison(summary: EvaluationSummary) -> None:
    """Print the accuracy of each model, by task and overall, and the gain."""
    models, gain = summary.models, summary.gain
    # Of more than two models, the second table has these shares.
    shares = len(models) <= 2
    gains = {row.task: _change(row) for row in gain.tasks} if gain is not None else {}
    by_task = [{row.task: row for row in model.tasks} for model in models]
    rows = [_row(task, [tasks.get(task) for tasks in by_task], gains.get(task, "–")) for task in summary.tasks]
    rows.append(_row("all", models, "–" if gain is None else _change(gain)))
    unseen = [model.unseen for model in models if model.unseen is not None]
    if len(unseen) == len(models):
        rows.append(_row("unseen question types", unseen, ""))
    strict = "" if gain is None or gain.strict_value is None else f"{points(gain.strict_value)} {_strict_range(gain)}"
    rows.append(("right in the asked form", *(percent(m.strict_accuracy) for m in models), strict, ""))
    rows.append(("readable answer", *(percent(m.extracted) for m in models), "", ""))
    headings = ["task", *(m.model for m in models), "gain", "cut off"]
    echo(table(headings if shares else headings[:-1], rows if shares else [row[:-1] for row in rows]))
    echo('right in the asked form: only "Answer: …" or the like counts · cut off: by max_tokens')
    if not shares or any(model.source or model.missing for model in models):
        show_models(models)
    if summary.beside is not None:
        show_beside(summary.beside)
    if gain is not None:
        _show_gain(gain)
    if summary.prompted is not None:
        show_prompted(summary.prompted)


def show_models(models: Sequence[ModelAccuracy]) -> None:
    """Print the accuracy of each model over all tasks, with the shares that explain it, and where it is."""
    rows = [
        (
            *(model.model, percent(model.accuracy), interval(model.ci), model.n, percent(1 - model.extracted)),
            *(percent(model.truncated), "–" if model.tokens is None else f"{model.tokens:.0f}"),
        )
        for model in models
    ]
    echo(table(["all tasks", "accuracy", "interval", "n", "no answer", "cut off", "tokens"], rows))
    for model in models:
        facts = [model.source or "", "" if model.cost_usd is None else f"${model.cost_usd:.4f} in this workspace"]
        if model.missing:
            facts.append(f"{counted(model.missing, 'answer')} missing, and left out of its figures")
        if any(facts):
            echo(f"  {model.model}: {' · '.join(filter(None, facts))}")


def show_beside(beside: Beside) -> None:
    """Print the difference of every model to the reference."""
    rows = [
        (one.model, points(one.value), interval(one.ci), one.n, f"{one.p_value:.2g}", f"{one.p_holm:.2g}")
        for one in beside.models
    ]
    echo(table([f"against {beside.reference}", "points", "interval", "n", "p", "p (Holm)"], rows))
    echo("paired on the samples that both answered · Holm: corrected for the number of comparisons; intervals are not")


def _show_gain(gain: TotalGain) -> None:
    p_value = "" if gain.p_value is None else f", p = {gain.p_value:.2g} (McNemar, exact)"
    echo(f"gain {points(gain.value)} points, 95 % interval {interval(gain.ci)}, n = {gain.n}{p_value}")
    if gain.covers is not None:
        echo(f"  over {gain.covers}")
    if gain.ci_tasks is not None:
        echo(f"  over {gain.covers_tasks}: {interval(gain.ci_tasks)}")
    for row in gain.by_system_message:
        label = f'system message "{row.system_message}"' if row.system_message else "empty system message"
        echo(f"  {label}: {points(row.value)} {interval(row.ci)}")


def show_prompted(prompted: Prompted) -> None:
    """Print the accuracy of the base under other prompts, and the gain over it."""
    echo("what prompting alone gives, without training:")
    rows = [
        (
            *(label, percent(row.accuracy), interval(row.ci), percent(row.strict_accuracy), row.n),
            *("–" if row.gain is None else _change(row.gain), percent(row.truncated)),
        )
        for label, row in prompted.labelled
    ]
    echo(table(["", "accuracy", "interval", "in the asked form", "n", "gain over it", "cut off"], rows))
    if prompted.without_strategy:
        echo(f"  tasks without a chosen strategy, left out of it: {', '.join(prompted.without_strategy)}")


def _row(name: str, measured: Sequence[Accuracy | None], change: str) -> tuple[str, ...]:
    """The accuracy of each model, the gain, and the share of cut off answers of each model."""
    truncated = " / ".join(percent(None if one is None else one.truncated) for one in measured)
    return (name, *(percent(None if one is None else one.accuracy) for one in measured), change, truncated)


def _strict_range(gain: Gain) -> str:
    return "" if gain.strict_ci is None else interval(gain.strict_ci)


def _change(gain: Gain) -> str:
    """A gain with its interval."""
    return f"{points(gain.value)} {interval(gain.ci)}"
