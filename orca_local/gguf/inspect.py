"""Describes a GGUF file and finds what keeps it from being a student, from its header, vocabulary and chat template."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.gguf.conversion import is_readable
from orca_local.gguf.decoder import read_decoder
from orca_local.gguf.given_template import used_template, with_template
from orca_local.gguf.header import CHAT_TEMPLATE, Header, read_header
from orca_local.gguf.layer_names import linear_layers
from orca_local.gguf.model_kind import kind_problem, part_headers, part_problem, parts
from orca_local.gguf.template_check import TemplateFindings, check_template
from orca_local.gguf.tokenizer import Tokenizer

_NO_TEMPLATE = (
    "it has no chat template: use an instruct or chat model, or give it one with "
    "`init --chat-template chatml`, llama3, or a file with a Jinja template"
)
_BUT = "it can be probed, taught, evaluated and chatted with, but not trained here: "


def describe(path: Path) -> dict[str, Any]:
    """The object of `models inspect --json`. Raises `InputError` for a file that is not a complete GGUF."""
    header = read_header(path)
    findings = student_findings(header)
    untrainable = training_problems(header, findings)
    loaded = [header] if part_problem(header) else part_headers(header)
    return {
        "path": str(path),
        "name": header.metadata.get("general.name"),
        "architecture": header.architecture,
        "quantization": header.quantization,
        "parameters": sum(part.parameters for part in loaded),
        "context_length": header.context_length,
        "bytes": sum(part.path.stat().st_size for part in loaded),
        "tensor_types": dict(sum((Counter(part.tensor_types) for part in loaded), Counter())),
        "chat_template": header.chat_template,
        "trainable": not untrainable and not findings.problems,
        "problems": [*findings.problems],
        "untrainable": untrainable,
        "warnings": [*findings.warnings],
    }


def student_findings(header: Header) -> TemplateFindings:
    """What keeps a model from being a student, and what its chat template does. Loads its vocabulary."""
    if problem := kind_problem(header):
        return TemplateFindings((problem,))
    if header.chat_template is None:
        return TemplateFindings((_NO_TEMPLATE,))
    try:
        with closing(Tokenizer(header.path)) as vocabulary:
            return check_template(header, vocabulary)
    except InputError as error:
        return TemplateFindings((error.message,))


def training_problems(header: Header, findings: TemplateFindings | None = None) -> list[str]:
    """Why a model cannot be trained here; empty if it can. With `findings`, also because of its template."""
    if problem := kind_problem(header):
        return [problem]
    if (count := parts(header)) > 1:
        return [f"it is in {count} files: join them with `llama-gguf-split --merge`"]
    for type_name, tensor in {tensor.type_name: tensor for tensor in header.tensors}.items():
        if not is_readable(type_name):
            return [f"tensor {tensor.name!r} is of type {type_name}, which cannot be read as weights"]
    try:
        read_decoder(header)
        return [*(findings.untrainable if findings else ())] if linear_layers(header) else ["it has no layers"]
    except InputError as error:
        return [error.message.removeprefix(f"{header.path}: ")]
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        return [f"its header is not that of a {header.architecture} model: {type(error).__name__} {error}"]


def refuse_untrainable(header: Header) -> None:
    """Raise `InputError` for a model that cannot be trained here, by its weights or its chat template."""
    problems = training_problems(header, student_findings(header))
    if problems:
        raise InputError(
            f"{header.path} cannot be trained here: {problems[0]}", hint="choose another: `orca-local models list`"
        )


def require_student(path: Path, chat_template: str = "", directory: Path = Path()) -> list[str]:
    """Check a file and return what its user should know of it.

    `chat_template` is the setting of this name, and `directory` what it is relative to. Raises `InputError` with all
    problems of a file that cannot be probed, or of its template.
    """
    header = read_header(path)
    warnings = []
    if template := used_template(chat_template, directory, header):
        warnings += _replaced(header, chat_template)
        header = with_template(header, template)
    findings = student_findings(header)
    if findings.problems:
        problems = "; ".join(findings.problems)
        raise InputError(f"{path} cannot be a student: {problems}", hint="see `orca-local models list`")
    untrainable = training_problems(header, findings)
    return [*warnings, *findings.warnings, *(f"{_BUT}{problem}" for problem in untrainable)]


def _replaced(header: Header, setting: str) -> list[str]:
    """What the template does that takes the place of the file's default."""
    if not setting:
        name = header.chat_template_key.removeprefix(f"{CHAT_TEMPLATE}.")
        return [f"its default chat template is missing: the one named {name!r} is used, and becomes that of exports"]
    if header.chat_template is not None:
        return [f"student.chat_template = {setting!r} takes the place of the file's own chat template, in exports too"]
    return []
