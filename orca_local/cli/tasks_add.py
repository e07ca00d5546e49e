"""`orca-local tasks add`: files of any format become samples, or are shown as what they would become."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orca_local.cli.diagnostics import note
from orca_local.cli.options import Common, JsonObject, PathArgument, common_options
from orca_local.cli.tables import echo, table
from orca_local.domain.errors import StoppedError
from orca_local.domain.task_summary import (
    FileMap,
    FilePreview,
    PreviewedSample,
    SamplesElsewhere,
    ShownSample,
    TasksAdded,
    TaskSize,
    TasksPreview,
)
from orca_local.domain.text import counted

if TYPE_CHECKING:
    from orca_local.cli.display import Display
    from orca_local.tasks.add import AddedTasks
    from orca_local.tasks.columns.mapping import Mapping
    from orca_local.tasks.import_request import ImportRequest
    from orca_local.tasks.preview import Preview, PreviewedRow

_LARGE_BYTES = 10 << 20
"""Task files of this size together get a progress bar."""
_AGAIN = "run the same command again: it begins anew, and adds no sample twice"
_SHOWN_CELL = 70
"""Characters of a cell that a preview shows."""


class ColumnMap(click.ParamType[tuple[str, str]]):
    """`KEY=COLUMN`: the column that a key of a sample comes from."""

    name = "KEY=COLUMN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Divide at the first `=`. Fails as click's own types do."""
        key, sign, column = str(value).partition("=")
        if not sign or not key.strip():
            self.fail(f"{value!r} must be KEY=COLUMN, such as prompt=question.", param, ctx)
        return key.strip(), column.strip()


def _split_labels(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(label.strip() for label in value.split(",") if label.strip()) if value else ()


def _map_options(function: Any) -> Any:
    """Add the options that say how rows become samples."""
    for option in reversed(
        (
            click.option("--map", "columns", multiple=True, type=ColumnMap(), help=_MAP_HELP),
            click.option("--kind", help="Kind of all answers.  [default: guessed from the first rows]"),
            click.option("--task", help="Name of the task.  [default: the name of the file]"),
            click.option("--task-column", metavar="COLUMN", help="Column with the name of each row's task."),
            click.option("--template", type=PathArgument(), help="Jinja template of the prompt, with the columns."),
            click.option("--labels", metavar="A,B,…", callback=_split_labels, help=_LABELS_HELP),
            click.option(
                "--index-from", type=click.IntRange(0, 1), help="What the numbers of options or classes begin with."
            ),
        )
    ):
        function = option(function)
    return function


_MAP_HELP = (
    "Column that a key comes from: prompt, answer, answers (a list, or with | between), choices, context, system, "
    "messages, rationale, labels, id, task, kind or split. `data.text.0` is a part of a column; nothing after = means "
    "no column. [repeatable]"
)
_LABELS_HELP = "The only answers there are; numbers of classes are named in this order."


@click.command("add")
@click.argument("paths", nargs=-1, required=True, type=PathArgument(), metavar="SOURCE…")
@_map_options
@click.option("--limit", type=click.IntRange(1), help="Maximum number of samples of each file: its first good ones.")
@click.option("--seed", type=int, help="Choose the samples of --limit at random, with this seed.")
@click.option("--encoding", help="Encoding of the text, such as cp1252. [default: UTF-8, or what its first bytes say]")
@click.option(
    "--separator", help="Character between the columns of a CSV file, or `tab`. [default: found in the first rows]"
)
@click.option("--no-quotes", is_flag=True, help="In a CSV file, quotes are characters as any other.")
@click.option("--preview", is_flag=True, help="Show what the first ten rows become, and add nothing.")
@click.option("--skip-bad", is_flag=True, help="Add the good lines even if others are bad.")
@click.option(
    "--resplit", is_flag=True, help="Ignore `split` in the file; divide the samples by a hash of their content."
)
@common_options
def add(
    common: Common, paths: tuple[Path, ...], preview: bool, skip_bad: bool, resplit: bool, **asked: Any
) -> JsonObject:
    """Add samples from files (JSON, JSON Lines, CSV, TSV, Parquet, chats) and from the hub.

    A SOURCE is the path of a file, a dataset of the hub as hub:OWNER/NAME[@REVISION][/CONFIG][:SPLIT], or
    ready:NAME, one of `orca-local tasks sources`. Of the hub, only what is read is fetched, and it is kept.

    A file has the keys of the task format (id, task, prompt, answer, kind), or columns of any names. Columns of
    well-known names are recognized; the others are named with --map.
    """
    from orca_local.cli.display import Display
    from orca_local.tasks.add import add_tasks

    request = _request(**asked)
    if preview:
        return _show_previews(paths, request, resplit=resplit)
    workspace = common.workspace()
    maps: list[FileMap] = []
    # Reading is quick: nothing is shown where a bar cannot be drawn.
    with workspace.store() as store, Display(quiet=common.quiet or not sys.stderr.isatty()) as display:
        progress = _Progress(display, maps, quiet=common.quiet)
        request = replace(request, options=replace(request.options, on_note=progress.show_note))
        try:
            added = add_tasks(
                store,
                paths,
                request,
                skip_bad=skip_bad,
                resplit=resplit,
                progress=progress.read,
                on_map=progress.show_map,
            )
        except KeyboardInterrupt as error:
            raise StoppedError("interrupted", hint=_AGAIN) from error
        counts = store.samples.tasks()
    _show_notes(added)
    echo(f"{counted(added.added, 'sample')} added, {added.duplicates:,} already present, {added.rejected:,} rejected")
    return TasksAdded(
        added=added.added,
        duplicates=added.duplicates,
        rejected=added.rejected,
        tasks=tuple(TaskSize(**asdict(count)) for count in counts if count.task in set(added.tasks)),
        elsewhere=tuple(SamplesElsewhere(**asdict(row)) for row in added.elsewhere),
        unprobed=added.unprobed,
        maps=tuple(maps),
    ).to_dict()


def _request(
    columns: tuple[tuple[str, str], ...],
    template: Path | None,
    limit: int | None,
    seed: int | None,
    encoding: str | None,
    separator: str | None,
    no_quotes: bool,
    **asked: Any,
) -> ImportRequest:
    """Return what was asked for. Raises `InputError`, and `UsageError` for options that exclude each other."""
    from orca_local.domain.input_file import load_text
    from orca_local.tasks.import_request import ImportRequest, ReadOptions

    if seed is not None and limit is None:
        raise click.UsageError("--seed needs --limit, the number of samples to choose")
    keys = [key for key, _ in columns]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise click.UsageError(f"--map names {twice!r} twice; a prompt of several columns needs --template")
    text = load_text(template) if template is not None else None
    separator = {"tab": "\t", "\\t": "\t"}.get(separator or "", separator)
    options = ReadOptions(encoding, separator, has_quotes=not no_quotes)
    return ImportRequest(columns=dict(columns), template=text, limit=limit, seed=seed, options=options, **asked)


class _Progress:
    """Shows how files are read, and by which maps."""

    def __init__(self, display: Display, maps: list[FileMap], *, quiet: bool) -> None:
        self._display, self._maps, self._quiet = display, maps, quiet
        self._is_started = False

    def show_map(self, file: str, mapping: Mapping) -> None:
        """Show how rows become samples, unless the file is in the task format."""
        if mapping.is_task_format:
            return
        self._maps.append(_file_map(file, mapping))
        for line in () if self._quiet else (f"{file}:", *(f"  {line}" for line in mapping.describe())):
            self._display.say(line)

    def show_note(self, text: str) -> None:
        """Show what the user should know of a source."""
        if not self._quiet:
            self._display.say(f"note: {text}")

    def read(self, done: int, total: int) -> None:
        """Show how much of the files was read."""
        from orca_local.domain.events import StageProgressed, StageStarted

        if not self._is_started and total >= _LARGE_BYTES:
            self._is_started = True
            self._display(StageStarted("read", total >> 20, "MiB"))
        if self._is_started:
            self._display(StageProgressed(done >> 20, note="checking and storing" if done >= total else ""))


def _file_map(file: str, mapping: Mapping) -> FileMap:
    return FileMap(file, mapping.columns, tuple(mapping.describe()))


def _show_notes(added: AddedTasks) -> None:
    from orca_local.tasks.add import MAX_SHOWN_PROBLEMS

    shown = added.problems[:MAX_SHOWN_PROBLEMS]
    for problem in shown:
        note(f"skipped {problem}")
    if added.problem_count > len(shown):
        note(f"skipped {added.problem_count - len(shown):,} more")
    for line in added.notes():
        note(f"note: {line}")


def _show_previews(paths: tuple[Path, ...], request: ImportRequest, *, resplit: bool) -> JsonObject:
    """Print the first rows of each file. Raises `InputError` if its columns leave in doubt what they become."""
    from orca_local.tasks.preview import preview_tasks

    files = []
    for path in paths:
        preview = preview_tasks(str(path), request, resplit=resplit)
        _print_columns(preview)
        if preview.mapping is None:
            assert preview.error is not None
            raise preview.error
        for line in preview.mapping.describe():
            echo(f"  {line}")
        for row in preview.rows:
            _print_row(row)
        found = tuple(
            PreviewedSample(row.line, ShownSample.of(row.sample) if row.sample else None, row.problems)
            for row in preview.rows
        )
        files.append(FilePreview(str(path), preview.names, _file_map(str(path), preview.mapping), found))
    echo("nothing was added: this was a preview")
    return TasksPreview(tuple(files)).to_dict()


def _print_columns(preview: Preview) -> None:
    """Print the columns with the first cell of each that holds anything."""
    from orca_local.tasks.columns.cell import is_empty

    if not preview.names:
        return
    echo(preview.location)
    cells = [
        next((cell for row in preview.rows if not is_empty(cell := row.cells.get(name))), "") for name in preview.names
    ]
    rows = [[name, _short(cell)] for name, cell in zip(preview.names, cells, strict=True)]
    echo(table(("column", "first value"), rows))


def _print_row(row: PreviewedRow) -> None:
    from orca_local.views.conversation import conversation_text

    if row.sample is None:
        for problem in row.problems:
            echo(f"\n── line {row.line} is bad: {problem}")
        return
    sample = row.sample
    echo(f"\n── line {row.line} · {sample.id} · {sample.split} · {sample.kind}")
    echo(conversation_text(sample))
    echo(f"→ {' | '.join(sample.answers) or '(no reference)'}")


def _short(cell: object) -> str:
    text = " ".join(str(cell).split())
    return text if len(text) <= _SHOWN_CELL else f"{text[: _SHOWN_CELL - 1]}…"
