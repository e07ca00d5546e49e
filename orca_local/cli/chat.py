"""`orca-local chat`: chat with base, tuned, or both."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from orca_local.cli.diagnostics import note
from orca_local.cli.options import Common, FiniteRange, JsonObject, Name, common_options
from orca_local.cli.stages import open_pipeline
from orca_local.cli.tables import echo

if TYPE_CHECKING:
    from orca_local.chat.conversation import Conversation
    from orca_local.evaluate.stage import Candidate
    from orca_local.pipeline.pipeline import Pipeline

HELP = "type a message; /reset starts over, /quit or Ctrl-D leaves, Ctrl-C stops an answer"
ADAPTER_HELP = "/adapter off and /adapter on switch the adapter"


@click.command("chat")
@click.option(
    "--model",
    "models",
    type=Name(),
    multiple=True,
    metavar="base|tuned|FILE",
    help="Model to chat with (default: tuned). Repeat it to compare models.",
)
@click.option(
    "--adapter", type=Name(), metavar="newest|DIR|FILE", help="Apply a LoRA adapter to the model (default model: base)."
)
@click.option("--prompt", help="Send one message and exit; `-` reads it from stdin.")
@click.option("--system", help="System message (default: the one used in training).")
@click.option("--max-tokens", type=click.IntRange(1), default=512, show_default=True)
@click.option("--temperature", type=FiniteRange(0), default=0.0, show_default=True)
@common_options
def command(
    common: Common,
    models: tuple[str, ...],
    adapter: str | None,
    prompt: str | None,
    system: str | None,
    max_tokens: int,
    temperature: float,
) -> JsonObject | None:
    """Chat with one or more models in the terminal."""
    from orca_local.chat.conversation import Conversation
    from orca_local.domain.types import SamplingSettings

    if common.json and prompt is None:
        raise click.UsageError("--json needs --prompt")
    if adapter is not None and len(models) > 1:
        raise click.UsageError("--adapter works with one model: give --model once")
    text = _read_prompt() if prompt == "-" else prompt
    settings = SamplingSettings(max_tokens=max_tokens, temperature=temperature)
    with open_pipeline(common, reads_scores=False) as pipeline, ExitStack() as opened:
        message = pipeline.workspace.settings.dataset.system_message if system is None else system
        talks = []
        for candidate in pipeline.candidates(models or ("tuned" if adapter is None else "base",)):
            file = None if adapter is None else _open_adapter(opened, pipeline, adapter, candidate)
            talk = Conversation(candidate.name, pipeline.load(candidate, capacity=1), message, settings, file)
            opened.callback(talk.model.close)
            talk.use_adapter(on=True)
            talks.append(talk)
        if text is None:
            _converse(talks)
            return None
        answers = {}
        for talk in talks:
            answers[talk.name] = _print_answer(talk, text, with_name=len(talks) > 1)
    return {"prompt": text, "adapter": adapter, "answers": answers}


def _open_adapter(opened: ExitStack, pipeline: Pipeline, choice: str, base: Candidate) -> Path:
    from orca_local.chat.adapter_choice import adapter_file

    return opened.enter_context(adapter_file(choice, base, pipeline.store, lambda: pipeline.student))


def _stdin() -> TextIO:
    from orca_local.domain.errors import InputError

    if sys.stdin is None:
        raise InputError("there is no standard input to read from", hint="give the message with --prompt TEXT")
    return sys.stdin


def _read_prompt() -> str:
    """The message on standard input. Raises `InputError` if it is no text, or without end."""
    from orca_local.domain.errors import InputError
    from orca_local.domain.input_file import MAX_TEXT_BYTES, encoding_problem

    data = _stdin().buffer.read(MAX_TEXT_BYTES + 1)
    problem = (
        f"is larger than {MAX_TEXT_BYTES // 1_000_000} MB" if len(data) > MAX_TEXT_BYTES else encoding_problem(data)
    )
    if problem:
        raise InputError(f"the message on standard input {problem}", hint="give a shorter text in UTF-8")
    return data.decode("utf-8-sig")


def _print_answer(talk: Conversation, text: str, *, with_name: bool) -> str:
    if with_name:
        echo(f"── {talk.name}")
    pieces = []
    for piece in talk.answer(text):
        pieces.append(piece.text)
        echo(piece.text, nl=False)
    echo()
    return "".join(pieces)


def _converse(talks: list[Conversation]) -> None:
    interactive = _stdin().isatty()
    if interactive:
        note(_help(talks))
    while True:
        try:
            line = input("› " if interactive else "")
        except EOFError:
            return
        except UnicodeDecodeError as error:
            note(f"this line is not text in {error.encoding}: type it again")
            continue
        except KeyboardInterrupt as stop:
            if stop.args:  # SIGTERM or SIGHUP, not Ctrl-C
                raise
            note("")
            return
        match line.split():
            case []:
                continue
            case ["/quit" | "/exit"]:
                return
            case [command, *arguments] if command.startswith("/"):
                _run_command(talks, command, arguments)
                continue
        for talk in talks:
            try:
                _print_answer(talk, line, with_name=len(talks) > 1)
            except KeyboardInterrupt as stop:
                if stop.args:
                    raise
                click.echo(" …")


def _run_command(talks: list[Conversation], command: str, arguments: list[str]) -> None:
    match [command, *arguments]:
        case ["/reset"]:
            for talk in talks:
                talk.reset()
        case ["/adapter", "on" | "off" as state] if any(talk.adapter for talk in talks):
            for talk in talks:
                talk.use_adapter(on=state == "on")
            note(f"the adapter is {state}")
        case ["/adapter", *_] if not any(talk.adapter for talk in talks):
            note("there is no adapter; start with `orca-local chat --adapter newest`")
        case _:
            note(f"unknown command {' '.join([command, *arguments])!r}; {_help(talks)}")


def _help(talks: list[Conversation]) -> str:
    return "; ".join([HELP, *[ADAPTER_HELP for talk in talks if talk.adapter]])
