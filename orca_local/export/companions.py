"""The small files beside a GGUF: checksum, Ollama Modelfile, model card."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orca_local.domain.types import Message
from orca_local.gguf.renderer import PromptRenderer

_OLLAMA_TEMPLATES = {
    # What a rendered turn contains → the same template in Ollama's Go syntax, and where a turn ends.
    "<|im_start|>": (
        "{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n",
        "<|im_end|>",
    ),
    "<|start_header_id|>": (
        "{{- range .Messages }}<|start_header_id|>{{ .Role }}<|end_header_id|>\n\n{{ .Content }}<|eot_id|>{{ end }}"
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
        "<|eot_id|>",
    ),
}


def write_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def render_modelfile(gguf_name: str, renderer: PromptRenderer, system_message: str) -> str:
    """An Ollama Modelfile. Where the template is none that is known, Ollama reads the GGUF's own."""
    probe = renderer.template.render([Message("system", "S"), Message("user", "U")], add_generation_prompt=True)
    lines = [f"FROM ./{gguf_name}"]
    for mark, (template, turn_end) in _OLLAMA_TEMPLATES.items():
        if mark in probe:
            lines += [f'TEMPLATE """{template}"""', f'PARAMETER stop "{turn_end}"']
            break
    else:
        lines.append("# No TEMPLATE: Ollama takes the chat template that the GGUF carries.")
    if system_message and '"""' not in system_message:
        lines.append(f'SYSTEM """{system_message}"""')
    lines.append("PARAMETER temperature 0")
    return "\n".join(lines) + "\n"


def render_card(
    name: str, file: Path, sha256: str, provenance: Mapping[str, str], acceptance: Sequence[Mapping[str, Any]]
) -> str:
    """A short model card in Markdown."""
    recipe = json.loads(provenance.get("orca_local.recipe", "{}"))
    lines = [
        f"# {file.name}",
        "",
        f"`{name}` made by orca-local with the Orca 2 method (arXiv 2311.11045).",
        "",
        f"- sha256 `{sha256}`",
        f"- made from weights with sha256 `{provenance['orca_local.base_sha256']}`",
    ]
    if "orca_local.adapter_sha256" in provenance:
        lines.append(f"- adapter sha256 `{provenance['orca_local.adapter_sha256']}`")
    if recipe:
        lines.append("- recipe: " + ", ".join(f"{key} {value}" for key, value in recipe.items()))
    lines += ["", "| test | value | bound |", "| --- | --- | --- |"]
    lines += [f"| {check['name']} | {check['value']} | {check['bound']} |" for check in acceptance]
    lines += ["", "The licence is that of the model it was made from.", ""]
    return "\n".join(lines)
