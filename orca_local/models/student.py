"""The student of a workspace: the model file in use and the weights that are trained."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.settings import StudentSettings
from orca_local.gguf.given_template import used_template, with_template
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.inspect import training_problems
from orca_local.gguf.model_kind import parts
from orca_local.models.locate import resolve_student
from orca_local.system.digest import file_sha256

Q8_0_BELOW = 1_000_000_000
"""Models with fewer parameters are Q8_0 by default, others Q4_K_M: small models lose too much at 4 bits."""


class Student(Frozen):
    """The files of a student."""

    file: Path
    """The model file that the settings name."""
    weights: Header
    """The header of the file that is trained and merged into."""
    quantization: str
    """The quantization of `base` and `tuned`."""
    chat_template: str = ""
    """The template that the settings give, or the named one that is used; empty for the file's own default."""
    is_as_is: bool = False
    """Whether `base` is the file as it is: the model cannot be trained here, so that nothing is compared with it."""
    moved_from: str = ""
    """The path in the settings, if the file is not there any more and was found elsewhere by its hash."""

    @cached_property
    def weights_sha256(self) -> str:
        """SHA-256 of the weights file. Files made from it store it in their metadata."""
        return file_sha256(self.weights.path)


def load_student(settings: StudentSettings, directory: Path) -> Student:
    """Find and check the student. Raises `MissingError` or `InputError`."""
    path = resolve_student(settings.file, directory)
    header = read_header(path)
    weights = header
    if settings.weights:
        weights = read_header(resolve_student(settings.weights, directory))
        _check_together(header, weights)
    template = used_template(settings.chat_template, directory, weights)
    if template:
        weights = with_template(weights, template)
    if problems := training_problems(weights):
        return Student(path, weights, _own_type(settings, header, problems[0]), template, is_as_is=True)
    quantization = settings.quantization or ("Q8_0" if header.parameters < Q8_0_BELOW else "Q4_K_M")
    return Student(path, weights, quantization.upper(), template)


def _own_type(settings: StudentSettings, header: Header, problem: str) -> str:
    """The type of a file that is used as it is. Raises `InputError` if the settings ask for another."""
    if settings.quantization.upper() not in ("", header.quantization):
        raise InputError(
            f"student.quantization = {settings.quantization!r}: {header.path} cannot be trained here ({problem}), so "
            f"that it is used as it is, in {header.quantization}",
            hint="leave student.quantization empty in orca.toml",
        )
    return header.quantization


def _check_together(file: Header, weights: Header) -> None:
    """Raise `InputError` unless `file` is a quantization of `weights`."""
    if (count := parts(weights)) > 1:
        raise InputError(
            f"student.weights {weights.path} is in {count} files", hint="join them with `llama-gguf-split --merge`"
        )
    shapes = {tensor.name: tensor.shape for tensor in weights.tensors}
    differing = [tensor.name for tensor in file.tensors if shapes.get(tensor.name) != tensor.shape]
    has_same_vocabulary = file.metadata.get("tokenizer.ggml.tokens") == weights.metadata.get("tokenizer.ggml.tokens")
    if file.architecture == weights.architecture and has_same_vocabulary and not differing:
        return
    reason = (
        f"tensor {differing[0]!r} differs"
        if differing
        else f"architectures {file.architecture!r} and {weights.architecture!r}, or the tokenizers, differ"
    )
    raise InputError(
        f"student.weights {weights.path} is not the original of student.file {file.path}: {reason}",
        hint="set student.weights in orca.toml to the F16 or BF16 file of the same model, or leave it empty",
    )
