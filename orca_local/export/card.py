"""The model card beside an exported file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from orca_local.gguf.header import Header
from orca_local.store.results import ExportRow
from orca_local.system.files import write_if_changed


def write_card(row: ExportRow, exported: Header) -> None:
    """Write the checksum and the model card beside the exported file."""
    path = Path(row.path)
    write_if_changed(path.with_name(path.name + ".sha256"), f"{row.sha256}  {path.name}\n")
    write_if_changed(path.with_name(path.name + ".md"), _render_card(row, exported))


def _render_card(row: ExportRow, exported: Header) -> str:
    """The model card in Markdown: the inputs of the file, how it was made, and the results of its acceptance test."""
    acceptance = row.acceptance
    provenance: Mapping[str, str] = acceptance["provenance"]
    lines = [
        f"# {exported.path.name}",
        "",
        _description(row.name),
        "",
        f"- sha256 `{row.sha256}`",
        f"- {exported.parameters:,} parameters, architecture `{exported.architecture}`, {exported.quantization}",
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
    lines.append(f"- licence: {exported.metadata.get('general.license', 'the licence of the original model')}")
    lines += ["", "| test | value | needed |", "| --- | --- | --- |"]
    lines += [f"| {check['name']} | {check['value']} | {check['bound']} |" for check in acceptance["checks"]]
    divergence = acceptance.get("quantized_vs_f16")
    if divergence:
        lines.append(
            f"| against F16 | KL {divergence['kl']:.4f}, same token {100 * divergence['agreement']:.1f} %, "
            f"{divergence['positions']} positions | reported |"
        )
    return "\n".join([*lines, ""])


def _description(name: str) -> str:
    if name == "base":
        return "The untrained student at this quantization, made by orca-local for comparison with the tuned model."
    if name == "adapter":
        return (
            "The LoRA adapter of the student, fine-tuned by orca-local with the method of Orca 2 (arXiv 2311.11045). "
            "llama.cpp adds it with `--lora` to the weights named below, at any quantization."
        )
    return "Fine-tuned by orca-local with the method of Orca 2 (arXiv 2311.11045)."
