"""What an export is started with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orca_local.export.types import takes_matrix
from tui.dialogs.fields import Field, FieldsDialog, Values
from tui.dialogs.file_picker import path_of

NAMED = ("auto", "none")
"""Importance matrices that are no files."""
ABOUT = {
    "auto": "auto: an importance matrix is measured on training rows, and used where that is nearer to F16.",
    "none": "none: no importance matrix, every weight counts alike.",
}
ADAPTER = "A small file of its own for llama.cpp's --lora and chat --adapter; types and matrix do not matter to it."
NO_TYPE = "no type is chosen: choose some with Space on the screen, or tick the adapter"


def export_dialog(types: Sequence[str] | None, imatrix: str, directory: Path) -> FieldsDialog:
    """Asks for the importance matrix, `imatrix` being that of the settings, and whether only the adapter is written.

    `types` are those that are chosen; None where nobody knows what there is to choose. Files are relative to
    `directory`.
    """

    def check(values: Values) -> str:
        if values["adapter"]:
            return ""
        if types is not None and not types:
            return NO_TYPE
        matrix = values["imatrix"].strip()
        if not matrix:
            return "importance matrix: say auto, none, or the path of a file"
        if matrix not in NAMED and not _is_file(path_of(matrix, directory)):
            return f"importance matrix: there is no file {path_of(matrix, directory)}"
        return ""

    def describe(values: Values) -> str:
        if values["adapter"]:
            return ADAPTER
        if types and not any(map(takes_matrix, types)):
            return f"{', '.join(types)}: no importance matrix makes a difference here."
        return ABOUT.get(
            values["imatrix"].strip(), "The file of an importance matrix: ours, or llama-imatrix's of this student."
        )

    text = "No type is chosen on the screen yet."
    if types is None or types:
        text = f"It is written as {', '.join(types) if types else 'orca.toml says'}, if it passes its test."
    return FieldsDialog(
        "Export the tuned model?",
        text,
        [
            Field("imatrix", "matrix", imatrix),
            Field("adapter", "only the adapter, not merged", is_tick=True),
        ],
        yes="Export",
        check=check,
        describe=describe,
    )


def export_arguments(types: Sequence[str] | None, imatrix: str, directory: Path, values: Values) -> list[str]:
    """The command with its options; what the settings say already is not repeated."""
    if values["adapter"]:
        return ["export", "--adapter-only"]
    matrix = values["imatrix"].strip()
    options = [f"--quantization={name}" for name in types or ()]
    if matrix != imatrix:
        options.append(f"--imatrix={matrix if matrix in NAMED else path_of(matrix, directory)}")
    return ["export", *options]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
