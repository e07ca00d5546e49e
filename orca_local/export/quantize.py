"""llama.cpp's quantizer, in a process of its own: an assertion in native code ends that one, not ours."""

from __future__ import annotations

import ctypes
import difflib
import subprocess
import sys
from pathlib import Path

from orca_local.domain.errors import InputError, MissingError, OrcaError

UNQUANTIZED = ("F16",)


def check_type(name: str) -> str:
    """The type's usual spelling. Raises `InputError` for an unknown one, naming the nearest."""
    from gguf import LlamaFileType

    known = [t.name.removeprefix("MOSTLY_").removeprefix("ALL_") for t in LlamaFileType if t.name != "GUESSED"]
    wanted = name.upper()
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, 1)
        hint = f"did you mean {near[0]}?" if near else "common ones are Q8_0, Q6_K, Q5_K_M, Q4_K_M and F16"
        raise InputError(f"no quantization {name!r}", hint=hint)
    return wanted


def quantize(source: Path, target: Path, name: str) -> None:
    """Write `source` (F16) as `target` with the quantization `name`.

    Raises `MissingError` where the disk is full and `OrcaError` with llama.cpp's own words otherwise; the
    target is then not there.
    """
    command = [sys.executable, "-m", "orca_local.export.quantize", str(source), str(target), name]
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if result.returncode == 0:
        return
    target.unlink(missing_ok=True)
    said = " ".join(result.stderr.split())[-400:] or f"it ended with code {result.returncode}"
    if "No space left" in said or "write error" in said or "failed to write" in said or "basic_ios" in said:
        raise MissingError(
            f"the disk is full while quantizing to {name}: {said}", hint="free some space and export again"
        )
    raise OrcaError(f"llama.cpp could not quantize to {name}: {said}", hint="try another type with --quantization")


def _main(source: str, target: str, name: str) -> int:
    from gguf import LlamaFileType

    from orca_local.engines.threads import physical_cores
    from orca_local.gguf.llama import last_log, library

    llama = library()
    kinds = {t.name.removeprefix("MOSTLY_").removeprefix("ALL_"): t.value for t in LlamaFileType}
    parameters = llama.llama_model_quantize_default_params()
    parameters.ftype = kinds[name]
    parameters.nthread = physical_cores()
    code = int(llama.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(parameters)))
    if code:
        sys.stderr.write(last_log(5))
    return code


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
