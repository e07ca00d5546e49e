"""llama.cpp's quantizer in a child process: a failed assertion in native code ends the child, not this process."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import MissingError
from orca_local.domain.frozen import Frozen
from orca_local.gguf.file_type import file_types
from orca_local.gguf.importance import KEY, read_importance
from orca_local.system.child_process import child_error, exit_with_parent, module_command, read_tail, run_child

_WRITE_FAILED = ("No space left", "basic_ios", "iostream", "failed to write", "write error")
"""llama.cpp's messages if the disk is full. It only knows that a stream failed."""


class ImatrixFile(Frozen):
    """An importance matrix for the quantizer."""

    path: Path
    """Its file, which must fit the model."""
    key: str
    """Identifies the matrix in the metadata of the quantized file."""


class WriteFailed(OSError):
    """The quantizer could not write its file."""


def require_matrix_support() -> None:
    """Raise `MissingError` if the installed llama.cpp does not accept an importance matrix through its C interface.

    Before https://github.com/ggml-org/llama.cpp/pull/20346 it needed a C++ object, which only C++ can create.
    """
    from orca_local.gguf.llama import library

    if not hasattr(library(), "llama_model_imatrix_data"):
        raise MissingError(
            f"llama-cpp-python {library().__version__} does not accept an importance matrix",
            hint="pip install -U llama-cpp-python, or set export.imatrix to none in orca.toml",
        )


def quantize(source: Path, target: Path, name: str, matrix: ImatrixFile | None = None) -> None:
    """Quantize `source` (F16) to the type `name` and write it to `target`.

    Raises `WriteFailed` if the disk is full and `OrcaError` with llama.cpp's message for other failures. The target
    does not exist then.
    """
    command, env = module_command(
        __spec__.name, str(source), str(target), name, *([str(matrix.path), matrix.key] if matrix else [])
    )
    with tempfile.TemporaryFile() as output:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output, env=env) as process:
            try:
                code = process.wait()
            except BaseException:
                process.kill()
                raise
        if code == 0:
            return
        target.unlink(missing_ok=True)
        log = read_tail(output)
        if any(sign in log for sign in _WRITE_FAILED):
            raise WriteFailed(log)
        raise child_error(f"quantize to {name}", code, output, hint="try another type with --quantization")


def quantize_here(source: Path, target: Path, name: str, matrix: ImatrixFile | None) -> int:
    """Quantize in this process, which llama.cpp may end. Returns llama.cpp's code: 0, or its log has the reason."""
    from orca_local.gguf.llama import library
    from orca_local.system.threads import physical_cores

    llama = library()
    parameters = llama.llama_model_quantize_default_params()
    parameters.ftype = file_types()[name]
    parameters.nthread = physical_cores()
    if matrix:
        means = {name: squares.means for name, squares in read_importance(matrix.path).columns.items()}
        parameters.imatrix = _entries(llama, means)
        parameters.kv_overrides = _metadata(llama, {KEY: matrix.key})
    return int(llama.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(parameters)))


def _main(source: str, target: str, name: str, *imatrix: str) -> int:
    """Run the child process."""
    from orca_local.gguf.llama import last_log

    exit_with_parent()
    matrix = ImatrixFile(Path(imatrix[0]), imatrix[1]) if imatrix else None
    code = quantize_here(Path(source), Path(target), name, matrix)
    if code:
        sys.stderr.write(last_log(3))
    return code


def _entries(llama: Any, means: Mapping[str, NDArray[np.float32]]) -> Any:
    """llama.cpp's array of names and values, ended by an empty entry. It points into `means` (shape [columns] each)."""
    entries = (llama.llama_model_imatrix_data * (len(means) + 1))()
    for entry, (name, values) in zip(entries, means.items(), strict=False):
        entry.name, entry.size = name.encode(), values.size
        entry.data = values.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
    return entries


def _metadata(llama: Any, texts: Mapping[str, str]) -> Any:
    """llama.cpp's array of metadata to write, ended by an empty entry."""
    pairs = (llama.llama_model_kv_override * (len(texts) + 1))()
    for pair, (key, value) in zip(pairs, texts.items(), strict=False):
        pair.tag, pair.key, pair.value.val_str = llama.LLAMA_KV_OVERRIDE_TYPE_STR, key.encode(), value.encode()
    return pairs


if __name__ == "__main__":
    sys.exit(run_child(lambda: _main(*sys.argv[1:])))
