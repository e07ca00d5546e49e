"""What a GGUF file is, from its header alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.layer_names import TRAINABLE, linear_layers


def describe(path: Path) -> dict[str, Any]:
    """The object of `models inspect --json`; raises `InputError` for a file that is not a whole GGUF."""
    header = read_header(path)
    types: dict[str, int] = {}
    for tensor in header.tensors:
        types[tensor.type_name] = types.get(tensor.type_name, 0) + 1
    problems = []
    is_adapter = header.metadata.get("general.type") == "adapter"
    if header.chat_template is None and not is_adapter:
        problems.append("it has no chat template: use an instruct or chat model")
    if is_adapter:
        problems.append("it is an adapter, not a model")
    elif header.metadata.get("split.count", 1) != 1:
        problems.append("it is one part of several: join them with `llama-gguf-split --merge`")
    elif not header.tensors:
        problems.append("it holds no weights")
    elif header.architecture not in TRAINABLE:
        problems.append(
            f"the architecture {header.architecture!r} cannot be trained here, only {', '.join(TRAINABLE)} can"
        )
    else:
        problems += _layer_problems(header)
    return {
        "path": str(path),
        "name": header.metadata.get("general.name"),
        "architecture": header.architecture,
        "quantization": header.quantization,
        "parameters": header.parameters,
        "context_length": header.context_length,
        "bytes": path.stat().st_size,
        "tensor_types": types,
        "chat_template": header.chat_template,
        "problems": problems,
    }


def _layer_problems(header: Header) -> list[str]:
    try:
        return [] if linear_layers(header) else ["it has no layers"]
    except InputError as error:
        return [error.message]


def require_student(path: Path) -> None:
    """Raise `InputError` for a file that cannot be probed and trained, saying all that is wrong with it."""
    problems = describe(path)["problems"]
    if problems:
        raise InputError(f"{path} cannot be a student: {'; '.join(problems)}", hint="see `orca-local models list`")
