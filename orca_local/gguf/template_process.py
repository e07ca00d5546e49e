"""`python -m orca_local.gguf.template_process`: renders one chat template in Jinja's immutable sandbox.

A template is a program that a stranger wrote. The sandbox keeps it from files and from Python's insides, but not from
computing for ever: limits and messages are those of `template.py`, which starts this process.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import IO, Any, NoReturn

from jinja2 import Template, TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from orca_local.system.own_limits import limit_time, limited_memory

MAX_ERROR = 300
"""Maximum length of the text of a template's own error, in characters."""


class _Generation(Extension):
    """`{% generation %}` marks the assistant's text for other trainers; here it has no effect."""

    tags = {"generation"}  # noqa: RUF012 - as jinja2 declares it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The statements inside, as they are."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class TooLong(Exception):
    """A template writes more than it may."""


def compile_template(text: str) -> Template:
    """The template `text`. Raises whatever Jinja raises."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _Generation], autoescape=False
    )
    environment.filters["tojson"] = to_json
    environment.globals["raise_exception"] = _raise
    return environment.from_string(text)


def render(template: Template, values: dict[str, Any], limit: int) -> str:
    """The text for `values`. Raises `TooLong` beyond `limit` characters, and whatever the template raises."""
    parts, length = [], 0
    for part in template.generate(**values):
        length += len(part)
        if length > limit:
            raise TooLong
        parts.append(part)
    return "".join(parts)


class _Renderer:
    template: Template | None = None

    def reply(self, request: dict[str, Any]) -> dict[str, Any]:
        """`{}`, or `results` with a text or an error for each conversation.

        `error` is the error of the whole template, `limit` what it takes too much of.
        """
        limit_time(request["seconds"])
        try:
            with limited_memory(request["memory"]):
                if self.template is None:
                    self.template = compile_template(request["template"])
                    return {}
                return {"results": self._render_all(self.template, request)}
        except MemoryError:
            return {"limit": "memory"}
        except TooLong:
            return {"limit": "characters"}
        except Exception as error:  # see _render_all
            return {"error": text_of(error)}

    def _render_all(self, template: Template, request: dict[str, Any]) -> list[dict[str, str]]:
        results, left = [], request["characters"]
        given = request["values"] | {"strftime_now": datetime.fromisoformat(request["date"]).strftime}
        for messages, add_generation_prompt in request["conversations"]:
            values = given | {"messages": messages, "add_generation_prompt": add_generation_prompt}
            try:
                text = render(template, values, left)
                left -= len(text)
                results.append({"text": text})
            except (MemoryError, TooLong):
                raise
            except Exception as error:  # a template is a program and may raise anything
                results.append({"error": text_of(error)})
        return results


def text_of(error: Exception) -> str:
    """The text of an error of a template, with the name of its class if it is not one of Jinja's."""
    name = "" if isinstance(error, TemplateError) else f"{type(error).__name__}: "
    return f"{name}{error}"[:MAX_ERROR]


def to_json(value: Any, ensure_ascii: bool = False, **options: Any) -> str:
    """The filter `tojson`: JSON text without HTML's escapes."""
    return json.dumps(value, ensure_ascii=ensure_ascii, **options)


def _raise(message: str) -> NoReturn:
    raise TemplateError(str(message)[:MAX_ERROR])


def serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer each line of `requests`, until there are no more."""
    renderer = _Renderer()
    for line in requests:
        replies.write(json.dumps(renderer.reply(json.loads(line))).encode() + b"\n")
        replies.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
