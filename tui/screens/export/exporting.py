"""The form that starts an export."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orca_local.gguf.file_type import takes_matrix
from tui.dialogs.fields import Field, FieldsDialog, Values
from tui.dialogs.file_picker import path_of

KEYWORDS = ("auto", "none")
"""Values of the importance matrix that are not paths."""
DESCRIPTIONS = {
    "auto": "auto: measure an importance matrix on training rows, and use it if the file is then closer to F16.",
    "none": "none: use no importance matrix.",
}
ADAPTER = "A small separate file for llama.cpp's --lora and for chat --adapter. Types and matrix do not apply to it."
NO_TYPE = "no type is selected: select one with Space on the screen, or tick the adapter"


def export_dialog(types: Sequence[str] | None, imatrix: str, directory: Path) -> FieldsDialog:
    """Asks for the importance matrix, and whether to write only the adapter.

    `types` are the selected quantizations, None if the options are unknown; `imatrix` is the setting; a path is
    relative to `directory`.
    """

    def check(values: Values) -> str:
        if values["adapter"]:
            return ""
        if types is not None and not types:
            return NO_TYPE
        matrix = values["imatrix"].strip()
        if not matrix:
            return "importance matrix: enter auto, none, or the path of a file"
        if matrix not in KEYWORDS and not _is_file(path_of(matrix, directory)):
            return f"importance matrix: there is no file {path_of(matrix, directory)}"
        return ""

    def describe(values: Values) -> str:
        if values["adapter"]:
            return ADAPTER
        if types and not any(map(takes_matrix, types)):
            return f"An importance matrix makes no difference to {', '.join(types)}."
        return DESCRIPTIONS.get(
            values["imatrix"].strip(), "An importance matrix of this student, from orca-local or llama-imatrix."
        )

    text = "No type is selected on the screen."
    if types is None or types:
        text = f"Writes it as {', '.join(types) if types else 'orca.toml says'} if it passes the acceptance test."
    return FieldsDialog(
        "Export the tuned model?",
        text,
        [
            Field("imatrix", "importance matrix", imatrix),
            Field("adapter", "write only the adapter, not merged", is_check_box=True),
        ],
        yes="Export",
        check=check,
        describe=describe,
    )


def export_arguments(types: Sequence[str] | None, imatrix: str, directory: Path, values: Values) -> list[str]:
    """The command with the options that differ from the settings."""
    if values["adapter"]:
        return ["export", "--adapter-only"]
    matrix = values["imatrix"].strip()
    options = [f"--quantization={name}" for name in types or ()]
    if matrix != imatrix:
        options.append(f"--imatrix={matrix if matrix in KEYWORDS else path_of(matrix, directory)}")
    return ["export", *options]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
