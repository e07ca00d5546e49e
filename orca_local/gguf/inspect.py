"""Describes a GGUF file and finds what keeps it from being a student, from its header and chat template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.gguf.conversion import is_readable
from orca_local.gguf.decoder import read_decoder
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.layer_names import linear_layers
from orca_local.gguf.template_check import TemplateFindings, check_template

_NO_TEMPLATE = "it has no chat template: use an instruct or chat model"


def describe(path: Path) -> dict[str, Any]:
    """The object of `models inspect --json`. Raises `InputError` for a file that is not a complete GGUF."""
    header = read_header(path)
    training = training_problems(header)
    template = TemplateFindings() if _is_adapter(header) else TemplateFindings((_NO_TEMPLATE,))
    if header.chat_template is not None:
        template = check_template(header)
    return {
        "path": str(path),
        "name": header.metadata.get("general.name"),
        "architecture": header.architecture,
        "quantization": header.quantization,
        "parameters": header.parameters,
        "context_length": header.context_length,
        "bytes": path.stat().st_size,
        "tensor_types": header.tensor_types,
        "chat_template": header.chat_template,
        "trainable": not training,
        "problems": [*template.problems, *training],
        "warnings": [*template.warnings],
    }


def training_problems(header: Header) -> list[str]:
    """Why a model cannot be trained here; empty if it can."""
    if _is_adapter(header):
        return ["it is an adapter, not a model"]
    if header.metadata.get("split.count", 1) != 1:
        return ["it is one part of several: join them with `llama-gguf-split --merge`"]
    if not header.tensors:
        return ["it holds no weights"]
    for type_name, tensor in {tensor.type_name: tensor for tensor in header.tensors}.items():
        if not is_readable(type_name):
            return [f"tensor {tensor.name!r} is of type {type_name}, which cannot be read as weights"]
    try:
        read_decoder(header)
        return [] if linear_layers(header) else ["it has no layers"]
    except InputError as error:
        return [error.message.removeprefix(f"{header.path}: ")]
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        return [f"its header is not that of a {header.architecture} model: {type(error).__name__} {error}"]


def _is_adapter(header: Header) -> bool:
    return header.metadata.get("general.type") == "adapter"


def refuse_untrainable(header: Header) -> None:
    """Raise `InputError` for a model that cannot be trained here."""
    problems = training_problems(header)
    if problems:
        raise InputError(
            f"{header.path} cannot be trained here: {problems[0]}", hint="choose another: `orca-local models list`"
        )


def require_student(path: Path) -> list[str]:
    """Check a file and return what its user should know of it.

    Raises `InputError` with all problems of a file that cannot be probed and trained.
    """
    description = describe(path)
    problems: list[str] = description["problems"]
    if problems:
        raise InputError(f"{path} cannot be a student: {'; '.join(problems)}", hint="see `orca-local models list`")
    warnings: list[str] = description["warnings"]
    return warnings
