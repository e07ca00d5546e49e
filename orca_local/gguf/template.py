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
"""The date of `strftime_now`. With the real date, prompts and thus all cache keys would change every day."""

_HINT = "use a GGUF with a working chat template"


class _Generation(Extension):
    """`{% generation %}` marks the assistant's text for other trainers; here it has no effect."""

    tags = {"generation"}  # noqa: RUF012 - as jinja2 declares it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The statements inside, as they are."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class ChatTemplate:
    """The chat template of one model. Raises `InputError` if it cannot be parsed."""

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
            raise InputError(f"the model's chat template cannot be read: {error}", hint=_HINT) from error
        self._has_system_role = self._shows_system()

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
        """The conversation as the text that the model reads.

        If the template has no system role, the system text is put in front of the first user message. Raises
        `InputError` if the template refuses the conversation.
        """
        if not self._has_system_role:
            messages = _merge_system(messages)
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
            # A template is a program and may raise anything.
            raise InputError(f"the model's chat template refuses the conversation: {error}", hint=_HINT) from error

    def _shows_system(self) -> bool:
        mark = "orca-system-mark"
        try:
            return mark in self._render([Message("system", mark), Message("user", "x")], True)
        except InputError:
            return False


def _merge_system(messages: Sequence[Message]) -> list[Message]:
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
