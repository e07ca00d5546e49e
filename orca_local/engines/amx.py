"""Whether llama.cpp's AMX kernels work on this machine: tried once a kind of model, in a process of its own.

They are several times as fast as the others on processors that have AMX. They end the process where the compiler
lost the tile configuration or the system wants a permission for every thread
(https://github.com/ggml-org/llama.cpp/issues/20824, https://github.com/ggml-org/llama.cpp/pull/26954), and are
plainly wrong for some shapes, such as rows of 32.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from orca_local.domain.keys import content_key
from orca_local.gguf.header import Header
from orca_local.gguf.llama import library
from orca_local.system.cache import recall, remember
from orca_local.system.child_process import module_command

TYPES = {"Q4_0", "Q4_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K", "IQ4_XS"}
"""Tensors that llama.cpp multiplies with AMX; a file without them says nothing about it."""
MAX_KL = 0.02
"""Nats between the predictions with and without; sound kernels differ by some thousandths."""
TOKENS = 64
"""Read at once, so that more than one thread computes."""
WRONG = 3
PATIENCE_S = 600


def model_parameters(header: Header) -> Any:
    """llama.cpp's own parameters for loading a file, without kernels that would end the process."""
    llama = library()
    parameters = llama.llama_model_default_params()
    if b"AMX_INT8 = 1" in llama.llama_print_system_info():
        has_types = bool(TYPES & {tensor.type_name for tensor in header.tensors})
        parameters.use_extra_bufts = has_types and amx_works(header)
    return parameters


def amx_works(header: Header) -> bool:
    """Whether a process that reads a few tokens with the model lives, and predicts what it does without these kernels.

    Remembered for this build and for models of the same shapes and types.
    """
    key = f"amx-{_kind(header)}"
    known = recall(key)
    if isinstance(known, bool):
        return known
    code = _try(header.path)
    # A process that said why it failed found out nothing about the kernels.
    if code <= 0 or code == WRONG:
        remember(key, code == 0)
    return code == 0


def _kind(header: Header) -> str:
    """Names the machine's kind, the library file, and what the model multiplies."""
    folder = Path(library().__file__).parent / "lib"
    files = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(folder.glob("*ggml-cpu*"))]
    tensors = sorted({(tensor.type_name, tensor.shape) for tensor in header.tensors})
    return content_key([platform.machine(), platform.release(), str(folder), files, tensors])[:16]


def _try(model: Path) -> int:
    """Exit code of the trial: negative where a signal ended it."""
    command, environment = module_command(__spec__.name, str(model))
    try:
        return subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return 1


def _main(model: Path) -> int:
    """What the trial does."""
    import numpy as np

    from orca_local.domain.statistics import mean_kl

    with_amx, without = _logits(model, True), _logits(model, False)
    kl = mean_kl(without, with_amx) if np.isfinite(with_amx).all() else np.inf
    return 0 if kl <= MAX_KL else WRONG


def _logits(model: Path, extra_buffers: bool) -> Any:
    import numpy as np

    from orca_local.engines.llama_context import LlamaContext, LlamaModel

    parameters = library().llama_model_default_params()
    parameters.use_extra_bufts = extra_buffers
    with (
        closing(LlamaModel(model, gpu_layers=0, parameters=parameters)) as loaded,
        closing(LlamaContext(loaded, sequences=1, length=256, threads=2)) as context,
    ):
        where = np.arange(TOKENS, dtype=np.int32)
        ids = np.random.default_rng(0).integers(loaded.vocab_size // 2, size=TOKENS).astype(np.int32)
        return context.decode(ids, where, np.zeros_like(where), np.ones(TOKENS, np.bool_)).copy()


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1])))
