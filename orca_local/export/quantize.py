"""llama.cpp's quantizer, in a process of its own: an assertion in native code ends that one, not ours."""

from __future__ import annotations

import ctypes
import difflib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from orca_local.domain.errors import InputError, OrcaError
from orca_local.engines.child import module_command

NEEDS_MATRIX = ("IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "Q2_K_S")
"""llama.cpp refuses these without an importance matrix, which nothing here makes."""

_NOT_WRITTEN = ("GUESSED", "NVFP4", "Q1_0", "MXFP4_MOE")
"""Types that files may have but llama.cpp's quantizer does not make, or only of mixtures of experts."""

_WRITE_FAILED = ("No space left", "basic_ios", "iostream", "failed to write", "write error")
"""What llama.cpp says where the disk is full: it knows no more than that a stream failed."""


class WriteFailed(OSError):
    """The quantizer could not write its file."""


def _file_types() -> dict[str, int]:
    """Names without their prefixes, such as `Q4_K_M`, and llama.cpp's numbers for them."""
    from gguf import LlamaFileType

    names = {t.name.removeprefix("MOSTLY_").removeprefix("ALL_"): int(t.value) for t in LlamaFileType}
    return {name: value for name, value in names.items() if name not in _NOT_WRITTEN}


def check_type(name: str) -> str:
    """The type's usual spelling. Raises `InputError` for one that cannot be made, naming the nearest."""
    wanted = name.strip().upper()
    if wanted in NEEDS_MATRIX:
        raise InputError(
            f"quantization {wanted} needs an importance matrix, which this program does not make",
            hint="the smallest types without one are Q2_K and IQ3_XXS",
        )
    known = [name for name in _file_types() if name not in NEEDS_MATRIX]
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, 1)
        hint = f"did you mean {near[0]}?" if near else "common ones are Q8_0, Q6_K, Q5_K_M, Q4_K_M and F16"
        raise InputError(f"no quantization {name!r}", hint=hint)
    return wanted


def least_bytes(name: str, parameters: int) -> int:
    """A size that no file of this type is below: `Q4_K_M` takes four bits a weight and some more."""
    bits = re.search(r"\d+", name)
    return parameters * int(bits[0]) // 8 if bits else 0


def quantize(source: Path, target: Path, name: str) -> None:
    """Write `source` (F16) as `target` with the quantization `name`.

    Raises `WriteFailed` where the disk is full and `OrcaError` with llama.cpp's own words otherwise; the
    target is then not there.
    """
    command, env = module_command(__spec__.name, str(source), str(target), name)
    with tempfile.TemporaryFile() as output:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output, env=env) as process:
            try:
                code = process.wait()
            except BaseException:
                process.kill()
                raise
        if code == 0:
            return
        output.seek(0)
        said = " ".join(output.read().decode(errors="replace").split())[-400:]
    target.unlink(missing_ok=True)
    if any(sign in said for sign in _WRITE_FAILED):
        raise WriteFailed(said)
    reason = said or "it said nothing"
    if code < 0:
        reason = f"it was ended by {signal.Signals(-code).name}, perhaps for lack of memory; {reason}"
    raise OrcaError(f"llama.cpp could not quantize to {name}: {reason}", hint="try another type with --quantization")


def _main(source: str, target: str, name: str) -> int:
    """What the process does; it ends with the one that started it, whose end closes its standard input."""
    from orca_local.engines.threads import physical_cores
    from orca_local.gguf.llama import last_log, library

    threading.Thread(target=lambda: os.read(0, 1) or os._exit(1), daemon=True).start()
    llama = library()
    parameters = llama.llama_model_quantize_default_params()
    parameters.ftype = _file_types()[name]
    parameters.nthread = physical_cores()
    code = int(llama.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(parameters)))
    if code:
        sys.stderr.write(last_log(3))
    return code


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
