"""Decides whether llama.cpp's AMX kernels can be used on this machine, by a trial in a separate process.

On processors with AMX these kernels are several times as fast as the others. But they crash the process if the
compiler lost the tile configuration or if the system needs a permission for every thread
(https://github.com/ggml-org/llama.cpp/issues/20824, https://github.com/ggml-org/llama.cpp/pull/26954), and they give
wrong results for some shapes, such as rows of 32. `amx_trial.py` is the trial; its result is remembered.
"""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orca_local.domain.keys import content_key
from orca_local.gguf.header import Header
from orca_local.gguf.llama import library
from orca_local.system.cache import recall, remember
from orca_local.system.child_process import module_command

AMX_TYPES = {"Q4_0", "Q4_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K", "IQ4_XS"}
"""Tensor types that llama.cpp multiplies with AMX. A file without them needs no trial."""
EXIT_WRONG_RESULTS = 3
"""Exit code of a trial whose predictions differ."""
TIMEOUT_S = 600


def model_parameters(header: Header) -> Any:
    """llama.cpp's default parameters for loading a file, without the AMX kernels if they do not work."""
    llama = library()
    parameters = llama.llama_model_default_params()
    if b"AMX_INT8 = 1" in llama.llama_print_system_info():
        has_types = bool(AMX_TYPES & header.tensor_types.keys())
        parameters.use_extra_bufts = has_types and amx_works(header)
    return parameters


def run_trial(model: Path) -> int:
    """Run `amx_trial.py`; return its exit code, negative if a signal ended it."""
    command, environment = module_command("orca_local.engines.amx_trial", str(model))
    try:
        return subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return 1


def amx_works(header: Header, *, trial: Callable[[Path], int] = run_trial) -> bool:
    """Whether a process survives reading a few tokens with AMX and predicts the same as without.

    The result is remembered for this build of llama.cpp and for models of the same shapes and types.
    """
    key = cache_key(header)
    result = recall(key)
    if isinstance(result, bool):
        return result
    code = trial(header.path)
    # Any other exit code is an error that says nothing about the kernels.
    if code <= 0 or code == EXIT_WRONG_RESULTS:
        remember(key, code == 0)
    return code == 0


def cache_key(header: Header) -> str:
    """The key of a remembered trial: machine, llama.cpp's library files, tensor shapes and types."""
    folder = Path(library().__file__).parent / "lib"
    files = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(folder.glob("*ggml-cpu*"))]
    tensors = sorted({(tensor.type_name, tensor.shape) for tensor in header.tensors})
    return f"amx-{content_key([platform.machine(), platform.release(), str(folder), files, tensors])[:16]}"
