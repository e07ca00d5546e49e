"""`orca-local dataset`: review the teacher's answers, and turn them into training rows."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orca_local.cli.detached import stage_options
from orca_local.cli.options import Common, JsonObject, PathArgument, common_options
from orca_local.cli.stages import open_pipeline
from orca_local.cli.tables import echo, table
from orca_local.domain.text import counted
from orca_local.kinds.verdict import LABELS, SENTENCES, Verdict, describe_counts, in_order

if TYPE_CHECKING:
    from orca_local.dataset.review import Filters
    from orca_local.pipeline.pipeline import Pipeline
    from orca_local.store.demonstrations import DemonstrationRow, Review

SHORTENED = {
    "thoughts": "hidden reasoning before the answer is not trained on",
    "run_on": "what follows the end of the answer is not trained on",
}
SHOWN = 60
"""Maximum number of characters of an answer in a list."""


@click.group("dataset")
def command() -> None:
    """Review the teacher's answers, and turn them into training rows."""


def filter_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that select answers. The command gets them as `filters`."""

    @click.option("--task", "tasks", multiple=True, metavar="T", help="Only this task (repeatable).")
    @click.option("--strategy", metavar="S", help="Only this strategy.")
    @click.option(
        "--review", type=click.Choice(["pending", "accepted", "rejected", "edited"]), help="Only this review state."
    )
    @click.option(
        "--verified", type=click.Choice(["yes", "no", "unknown"]), help="Whether the answer matches the reference."
    )
    @click.option(
        "--verdict",
        type=click.Choice([verdict.value for verdict in Verdict]),
        help="What the comparison with the reference gave.",
    )
    @click.option("--hinted/--not-hinted", default=None, help="Whether the teacher saw the right answer.")
    @click.option(
        "--leak/--no-leak", "leaking", default=None, help="Whether the answer repeats the erased instruction."
    )
    @click.option("--shorter", type=click.IntRange(1), metavar="N", help="Shorter than N characters.")
    @click.option("--longer", type=click.IntRange(0), metavar="N", help="Longer than N characters.")
    @click.option("--search", default="", metavar="WORDS", help="Containing all these words.")
    @functools.wraps(function)
    def wrapper(*args: Any, **options: Any) -> Any:
        from orca_local.dataset.review import Filters

        names = Filters.__dataclass_fields__
        filters = Filters(**{name: options.pop(name) for name in names})
        return function(*args, filters=filters, **options)

    return wrapper


@command.command("build")
@stage_options
def build(common: Common) -> JsonObject:
    """Select the answers that become training rows, and show why others do not."""
    with open_pipeline(common) as pipeline:
        summary = pipeline.build_dataset()
    echo(counted(summary.rows, "row"))
    if summary.few_shot:
        echo(f"  {summary.few_shot} of them show solved examples first")
    for reason, count in summary.dropped.items():
        echo(f"  {count} dropped: {reason}")
    for suite in summary.suites:
        echo(f"  compared with the {suite.questions:,} questions of the suite {suite.name}: {suite.dropped} dropped")
    for part, count in (summary.shortened or {}).items():
        echo(f"  {count} shortened: {SHORTENED[part]}")
    return summary.to_dict()


@command.command("list")
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1), help="Maximum number of answers to show."
)
@click.option("--statistics", is_flag=True, help="Show counts per task instead of answers.")
@filter_options
@common_options
def list_answers(common: Common, filters: Filters, limit: int, statistics: bool) -> JsonObject:
    """List the answers that match all filters."""
    from orca_local.dataset import review

    with open_pipeline(common) as pipeline:
        rows = review.select(pipeline.store, pipeline.strategies, filters)
        tasks = pipeline.store.samples.task_names("train")
    counts = review.count_by_task(rows, tasks)
    verdicts = in_order(Counter(row.verdict for row in rows))
    if statistics:
        names = ("task", "answers", "verified", "mismatch", "hinted", "mean_characters")
        cells = [(*(getattr(count, name) for name in names), _states(count.review)) for count in counts]
        echo(table([*names, "review"], cells))
        echo(describe_counts(verdicts))
    else:
        cells = [
            (r.demonstration_id, tasks[r.sample_id], r.strategy, LABELS[Verdict(r.verdict)], r.review, r.text[:SHOWN])
            for r in rows[:limit]
        ]
        echo(table(["id", "task", "strategy", "reference", "review", "answer"], cells))
        echo(
            f"{counted(len(rows), 'answer')} selected" + (f", the first {limit} are shown" if len(rows) > limit else "")
        )
    shown = [_as_dict(row, tasks[row.sample_id]) for row in rows[:limit]]
    return {
        "matching": len(rows),
        "verdicts": verdicts,
        "answers": shown,
        "tasks": [count.to_dict() for count in counts],
    }


@command.command("show")
@click.argument("number", type=int, metavar="ID")
@common_options
def show(common: Common, number: int) -> JsonObject:
    """Show an answer and the text that is trained on, between ⟦ and ⟧."""
    from orca_local.dataset import review

    with open_pipeline(common) as pipeline:
        row = pipeline.store.demonstrations.get(number)
        seen = pipeline.preview(row)
        teacher = review.original(pipeline.store, row)
    hint = " · teacher saw the right answer" if row.hinted else ""
    echo(f"{row.demonstration_id} · {seen.sample.task} · {row.sample_id} · {row.strategy} · {row.review}{hint}")
    echo(f"reference: {' | '.join(seen.sample.answers) or '(none)'} · {LABELS[Verdict(row.verdict)]}")
    if seen.refused:
        echo(f"cannot be trained on: {seen.refused}\n\n{row.text}")
    else:
        echo(f"trained on {seen.trained_tokens} of {seen.prompt_tokens + seen.trained_tokens} tokens\n")
        echo(f"{seen.prompt}⟦{seen.trained}⟧")
    if row.edited:
        echo(f"\nthe teacher wrote:\n{teacher}")
    tokens = {"read": seen.prompt_tokens, "trained": seen.trained_tokens}
    texts = {"read": seen.prompt, "trained": seen.trained, "original": teacher, "refused": seen.refused}
    reference = {"answers": list(seen.sample.answers), "tokens": tokens}
    return _as_dict(row, seen.sample.task) | texts | reference


def _review_command(name: str, state: Review, text: str) -> None:
    @command.command(name, help=text)
    @click.argument("numbers", nargs=-1, type=int, metavar="[ID]…")
    @click.option("--all", "everything", is_flag=True, help="All answers that match the filters.")
    @filter_options
    @common_options
    def review_answers(common: Common, filters: Filters, numbers: tuple[int, ...], everything: bool) -> JsonObject:
        from orca_local.dataset import review

        with open_pipeline(common) as pipeline:
            rows = _chosen(pipeline, numbers, filters, everything=everything)
            ids = [row.demonstration_id for row in rows]
            review.decide(pipeline.store, ids, state)
        echo(f"{counted(len(ids), 'answer')} {state}")
        return {state: ids}


_review_command("accept", "accepted", "Train on these answers, even if they do not match the reference.")
_review_command("reject", "rejected", "Never train on these answers.")
_review_command("reset", "pending", "Undo accept or reject; edits are kept.")


@command.command("edit")
@click.argument("number", type=int, metavar="ID")
@click.option("--text", help="The new text; without it, your editor opens.")
@click.option("--file", "path", type=PathArgument(exists=True, dir_okay=False), help="File with the new text.")
@click.option("--restore", is_flag=True, help="Restore the teacher's text.")
@common_options
def edit(common: Common, number: int, text: str | None, path: Path | None, restore: bool) -> JsonObject:
    """Replace the text of an answer. The teacher's text is kept and can be restored."""
    from orca_local.dataset import review

    if sum((text is not None, path is not None, restore)) > 1:
        raise click.UsageError("give only one of --text, --file and --restore")
    with open_pipeline(common) as pipeline:
        row = pipeline.store.demonstrations.get(number)
        new = review.original(pipeline.store, row) if restore else _new_text(row, text, path)
        verdict = review.rewrite(pipeline.store, row, new)
    echo(f"{number} {'changed' if new != row.text else 'not changed'}; {SENTENCES[verdict]}")
    return {"id": number, "changed": new != row.text, "verified": verdict.verified, "verdict": verdict.value}


@command.command("write")
@click.argument("path", type=PathArgument(dir_okay=False))
@common_options
def write(common: Common, path: Path) -> JsonObject:
    """Write the training rows to PATH: Parquet if it ends in .parquet, else JSON Lines with chat messages.

    mlx-lm, axolotl and the OpenAI fine-tuning API read these JSON Lines.
    """
    with open_pipeline(common) as pipeline:
        count = pipeline.write_dataset(path)
    echo(f"{counted(count, 'row')} in {path}")
    return {"path": str(path), "rows": count}


def _chosen(
    pipeline: Pipeline, numbers: tuple[int, ...], filters: Filters, *, everything: bool
) -> list[DemonstrationRow]:
    """The answers with these ids, or with --all those that match the filters."""
    from orca_local.dataset import review

    if bool(numbers) == everything:
        raise click.UsageError("give the ids of answers, or --all with filters")
    if numbers and not filters.is_empty:
        raise click.UsageError("filters need --all; they cannot be used with ids")
    if numbers:
        return [pipeline.store.demonstrations.get(number) for number in numbers]
    return review.select(pipeline.store, pipeline.strategies, filters)


def _new_text(row: DemonstrationRow, text: str | None, path: Path | None) -> str:
    if text is not None:
        return text
    if path is not None:
        from orca_local.domain.input_file import load_text

        return load_text(path).rstrip("\n")
    from orca_local.cli.editor import edit_text

    edited = edit_text(row.text)
    return row.text if edited == row.text else edited.rstrip("\n")


def _as_dict(row: DemonstrationRow, task: str) -> JsonObject:
    names = ("strategy", "verified", "verdict", "hinted", "review", "text")
    values = {name: getattr(row, name) for name in names}
    return {"id": row.demonstration_id, "task": task, "sample": row.sample_id, **values}


def _states(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in counts.items())
