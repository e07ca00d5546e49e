"""The list of commands, loaded one at a time so that `--help` is quick."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import click

from orca_local import __version__
from orca_local.cli.diagnostics import DONE, INTERRUPTED, report_failure, report_usage

COMMANDS = {
    "quickstart": "Run the whole pipeline on the starter tasks and the embedded student.",
    "init": "Make a workspace.",
    "models": "List, fetch and inspect models.",
    "tasks": "Add and show tasks.",
    "probe": "Measure the student under every strategy and choose one per task.",
    "teach": "Gather the teacher's answers under the chosen strategies.",
    "dataset": "Turn answers into training rows, the strategy erased.",
    "train": "Fine-tune the student.",
    "export": "Merge, quantize, test and write a GGUF.",
    "evaluate": "Compare base and tuned files on the holdout samples.",
    "report": "Write what was measured as Markdown.",
    "run": "Run all stages; what is done is not done again.",
    "chat": "Talk to base or tuned, or to both.",
    "serve": "Serve a model on loopback, OpenAI-compatible.",
    "runs": "List and show runs.",
    "doctor": "Say what this machine can do and what is missing.",
}
"""Command → what its `--help` says in one line; each lives in the module of its name."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"orca_local.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(__version__, prog_name="orca-local")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Make a small, quantized language model better at your own tasks, on your own machine."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    as_json = "--json" in arguments
    try:
        cli.main(args=list(arguments), prog_name="orca-local", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        return INTERRUPTED
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "orca-local"
        return report_usage(error.format_message(), f"see `{where} --help`", as_json=as_json)
    except BrokenPipeError:
        _silence_stdout()
        return DONE
    except (Exception, KeyboardInterrupt) as error:
        return report_failure(error, as_json=as_json)
    return DONE


def _silence_stdout() -> None:
    """Keep the interpreter from complaining at exit about a reader that went away."""
    import os
    import sys

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
