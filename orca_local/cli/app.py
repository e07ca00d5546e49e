"""The list of commands. Each module is loaded only when its command runs, so that `--help` is quick."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Sequence

import click

from orca_local import __version__
from orca_local.cli.diagnostics import DONE, FAILED, USAGE, note_at_once, report, report_failure
from orca_local.cli.encoding import use_substitutes
from orca_local.cli.options import Common
from orca_local.domain.stages import STAGES
from orca_local.system.signals import signals_as_interrupt

COMMANDS = {
    "quickstart": "Run the whole pipeline on the starter tasks and the embedded student.",
    "init": "Create a workspace.",
    "models": "List, download and inspect models.",
    **{stage.name: stage.help for stage in STAGES},
    "judge": "Compare the judge's grades with yours, and show what its calls will cost.",
    "suites": "List, show and pull benchmarks.",
    "report": "Write the results as Markdown.",
    "run": "Run all stages; finished work is not repeated.",
    "bundle": "Write a workspace to one file, or restore it from one.",
    "rescue": "Save what is intact of a damaged database.",
    "chat": "Chat with base, tuned, or both.",
    "serve": "Serve a model on this machine with an OpenAI-compatible API.",
    "runs": "List, show, follow, cancel and delete runs.",
    "tui": "Open the terminal interface, as `orca-local` alone does.",
    "doctor": "Show what this machine can do and what is missing.",
}
"""Each command with its help in one line. A command lives in the module of the same name."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"orca_local.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and (near := difflib.get_close_matches(args[0], COMMANDS, 1, 0.7)):
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(__version__, prog_name="orca-local")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Make a small, quantized language model better at your own tasks, on your own machine."""
    if ctx.invoked_subcommand is not None:
        return
    from orca_local.cli.tui import on_terminal, open_interface

    if on_terminal():
        open_interface(Common(None, json=False, quiet=False, offline=False))
    else:
        click.echo(ctx.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    as_json = "--json" in arguments
    use_substitutes()
    if any("\0" in argument for argument in arguments):  # only from Python: a shell cannot pass one
        report("an argument holds a NUL character", "leave it out", "usage", as_json=as_json)
        return USAGE
    try:
        with signals_as_interrupt(note_at_once):
            # The value that the command returns; without one, it shows help or another text.
            code = cli.main(args=list(arguments), prog_name="orca-local", standalone_mode=False, obj=list(arguments))
            return code if isinstance(code, int) else DONE
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        group = error.ctx.command
        assert isinstance(group, click.Group)
        names = ", ".join(group.list_commands(error.ctx))
        return _report_usage(f"a command is missing; choose one of: {names}", error, as_json=as_json)
    except click.UsageError as error:
        return _report_usage(error.format_message(), error, as_json=as_json)
    except click.ClickException as error:
        report(error.format_message(), "see `orca-local --help`", "failed", as_json=as_json)
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        return report_failure(KeyboardInterrupt(), as_json=as_json)
    except (SystemExit, BrokenPipeError):  # click raises SystemExit when nobody reads stdout any more
        return DONE
    except Exception as error:
        return report_failure(error, as_json=as_json)
    finally:
        _flush_stdout()


def _report_usage(message: str, error: click.UsageError, *, as_json: bool) -> int:
    where = error.ctx.command_path if error.ctx else "orca-local"
    report(message, f"see `{where} --help`", "usage", as_json=as_json)
    return USAGE


def _flush_stdout() -> None:
    """Flush standard output; if nobody reads it any more, keep the interpreter from complaining at exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
