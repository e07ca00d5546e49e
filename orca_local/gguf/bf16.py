"""A copy of a file with its weights in BF16, kept in the cache."""

from __future__ import annotations

import math
import os
import shutil
from contextlib import suppress
from pathlib import Path

from orca_local.domain.errors import MissingError, is_disk_full
from orca_local.gguf.header import read_header
from orca_local.gguf.tensors import iter_rows
from orca_local.gguf.writer import TensorSpec, write_gguf
from orca_local.system.cache import cache_directory

FILE_TYPE_BF16 = 32


def bf16_copy(path: Path, sha256: str) -> Path:
    """The copy of `path`, whose hash is `sha256`; made where it is not there yet.

    Raises `MissingError` where the disk has no room.
    """
    target = cache_directory() / "bf16" / f"{sha256[:32]}.gguf"
    if target.is_file():
        return target
    header = read_header(path)
    specs = [TensorSpec(t.name, t.shape, "BF16" if len(t.shape) > 1 else "F32") for t in header.tensors]
    needed = sum(spec.bytes for spec in specs)
    hint = "free some space, set ORCA_LOCAL_CACHE to another disk, or set engine.compute to as_is in orca.toml"
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(target.parent).free
        if free < needed:
            raise MissingError(f"{target.parent} has {_gb(free)} free; a copy in BF16 takes {_gb(needed)}", hint=hint)
        write_gguf(
            part, header, specs, (iter_rows(header, t) for t in header.tensors), file_type=FILE_TYPE_BF16, extra={}
        )
        part.replace(target)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        what = f"the disk is full (a copy takes {_gb(needed)})" if is_disk_full(error) else error.strerror
        raise MissingError(f"cannot write {target}: {what}", hint=hint) from error
    return target


def _gb(count: float) -> str:
    return f"{math.ceil(count / 1e7) / 100:.2f} GB"
