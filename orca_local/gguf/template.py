"""Chat templates, rendered in Jinja's immutable sandbox."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from jinja2 import TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from orca_local.domain.errors import InputError
from orca_local.domain.types import Message

FROZEN_DATE = "2024-07-26"
"""What `strftime_now` starts from: a real date would give every day its own prompts and empty every cache."""


class _Generation(Extension):
    """`{% generation %}` marks the assistant's words for other trainers; here it changes nothing."""

    tags = {"generation"}  # noqa: RUF012 - as jinja2 declares it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The statements inside, as they are."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class ChatTemplate:
    """The template of one model, with the tokens it may name."""

    def __init__(self, text: str, *, bos_token: str = "", eos_token: str = "") -> None:
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _Generation], autoescape=False
        )
        environment.filters["tojson"] = _to_json
        environment.globals |= {"raise_exception": _raise, "strftime_now": _strftime_now}
        self.text = text
        self._names = {"bos_token": bos_token, "eos_token": eos_token}
        try:
            self._template = environment.from_string(text)
        except Exception as error:  # see _render
            raise InputError(
                f"the model's chat template cannot be read: {error}", hint="use a GGUF with a working chat template"
            ) from error
        self._knows_system = self._try_system()

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
        """The conversation as the model reads it.

        Where the template knows no system role, the system text goes in front of the first user message.
        Raises `InputError` where the template refuses the conversation.
        """
        if not self._knows_system:
            messages = _fold_system(messages)
        return self._render(messages, add_generation_prompt)

    def _render(self, messages: Sequence[Message], add_generation_prompt: bool) -> str:
        try:
            return self._template.render(
                messages=[message.to_dict() for message in messages],
                add_generation_prompt=add_generation_prompt,
                enable_thinking=False,
                tools=None,
                **self._names,
            )
        except Exception as error:
            # A template is a program of somebody else's: whatever it raises is its failure, not ours.
            raise InputError(
                f"the model's chat template refuses the conversation: {error}",
                hint="use a GGUF with a working chat template",
            ) from error

    def _try_system(self) -> bool:
        mark = "orca-system-mark"
        try:
            return mark in self._render([Message("system", mark), Message("user", "x")], True)
        except InputError:
            return False


def _fold_system(messages: Sequence[Message]) -> list[Message]:
    system = "\n\n".join(m.content for m in messages if m.role == "system" and m.content)
    rest = [m for m in messages if m.role != "system"]
    if system and rest:
        rest[0] = Message(rest[0].role, f"{system}\n\n{rest[0].content}")
    return rest


def _to_json(value: Any, ensure_ascii: bool = False, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, **options)


def _raise(message: str) -> NoReturn:
    raise TemplateError(message)


def _strftime_now(form: str) -> str:
    from datetime import datetime

    return datetime.fromisoformat(FROZEN_DATE).strftime(form)
