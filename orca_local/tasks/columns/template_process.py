"""`python -m orca_local.tasks.columns.template_process`: writes the prompts of rows with one template.

It runs in Jinja's immutable sandbox, within the limits of `template.py`, which starts this process.
"""

from __future__ import annotations

import json
import sys
from typing import IO, Any

from jinja2 import StrictUndefined, Template, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from orca_local.gguf.template_process import TooLong, render, text_of, to_json
from orca_local.system.own_limits import limit_time, limited_memory


class _Renderer:
    template: Template | None = None

    def reply(self, request: dict[str, Any]) -> dict[str, Any]:
        """For the template its `variables`, each with its line; for a row the `text`.

        Else `error` with its `line`, or the `limit` that was exceeded.
        """
        limit_time(request["seconds"])
        try:
            with limited_memory(request["memory"]):
                if self.template is None:
                    environment = _environment()
                    self.template = environment.from_string(request["template"])
                    return {"variables": _variables(environment, request["template"])}
                return {"text": render(self.template, request["row"], request["characters"])}
        except MemoryError:
            return {"limit": "memory"}
        except TooLong:
            return {"limit": "characters"}
        except Exception as error:  # a template is a program and may raise anything
            return {"error": text_of(error), "line": _line_of(error)}


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, autoescape=False, undefined=StrictUndefined
    )
    environment.filters["tojson"] = to_json
    # The same rows always give the same prompts.
    del environment.filters["random"], environment.globals["lipsum"]
    return environment


def _variables(environment: ImmutableSandboxedEnvironment, text: str) -> dict[str, int]:
    """The variables that a template takes from its row, with the line of the first use of each."""
    tree = environment.parse(text)
    free = meta.find_undeclared_variables(tree) | {"self"}  # which Jinja defines, as an object
    lines: dict[str, int] = {}
    for node in tree.find_all(nodes.Name):
        if node.name in free:
            lines.setdefault(node.name, node.lineno)
    return lines


def _line_of(error: Exception) -> int:
    """The line of the template that an error comes from; 0 if it is not known."""
    line = getattr(error, "lineno", None) or 0
    frame = error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == "<template>":
            line = frame.tb_lineno
        frame = frame.tb_next
    return int(line)


def serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer each line of `requests`, until there are no more."""
    renderer = _Renderer()
    for line in requests:
        replies.write(json.dumps(renderer.reply(json.loads(line))).encode() + b"\n")
        replies.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
