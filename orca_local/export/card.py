"""A short model card beside an exported file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orca_local.gguf.header import Header


def render_card(name: str, made: Header, sha256: str, acceptance: Mapping[str, Any]) -> str:
    """The card of `made` in Markdown: what it was made from, how, and what its acceptance test found."""
    provenance: Mapping[str, str] = acceptance["provenance"]
    lines = [
        f"# {made.path.name}",
        "",
        _what(name),
        "",
        f"- sha256 `{sha256}`",
        f"- {made.parameters:,} parameters, architecture `{made.architecture}`, {made.quantization}",
        "- tensors: " + ", ".join(f"{count} {kind}" for kind, count in acceptance["tensor_types"].items()),
        f"- weights: sha256 `{provenance['orca_local.base_sha256']}`",
    ]
    if "orca_local.adapter_sha256" in provenance:
        lines.append(f"- adapter: sha256 `{provenance['orca_local.adapter_sha256']}`")
    matrix = acceptance.get("imatrix")
    if matrix and matrix["used"]:
        rows = f"measured on {matrix['rows']} training rows" if "rows" in matrix else Path(matrix["file"]).name
        lines.append(f"- importance matrix: {rows}")
    recipe = json.loads(provenance.get("orca_local.recipe", "{}"))
    if recipe:
        lines.append("- recipe: " + ", ".join(f"{key} {value}" for key, value in recipe.items()))
    lines.append(f"- licence: {made.metadata.get('general.license', 'that of the model it was made from')}")
    lines += ["", "| test | value | needed |", "| --- | --- | --- |"]
    lines += [f"| {check['name']} | {check['value']} | {check['bound']} |" for check in acceptance["checks"]]
    lost = acceptance.get("quantized_vs_f16")
    if lost:
        lines.append(
            f"| against F16 | KL {lost['kl']:.4f}, same token {100 * lost['agreement']:.1f} %, "
            f"{lost['positions']} positions | reported |"
        )
    return "\n".join([*lines, ""])


def _what(name: str) -> str:
    if name == "base":
        return "The untrained student at this quantization, made by orca-local to compare the tuned model with."
    if name == "adapter":
        return (
            "What fine-tuning by orca-local, with the method of Orca 2 (arXiv 2311.11045), changed in the student: "
            "llama.cpp adds it with `--lora` to the weights named below, at any quantization."
        )
    return "Fine-tuned by orca-local with the method of Orca 2 (arXiv 2311.11045)."
