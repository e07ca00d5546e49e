"""Copies of model files with their weights in BF16, kept in the cache."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.errors import MissingError, is_disk_full
from orca_local.gguf.given_template import GIVEN_SHA256
from orca_local.gguf.header import read_header
from orca_local.gguf.tensors import iter_rows
from orca_local.gguf.writer import TensorSpec, write_gguf
from orca_local.system.cache import cache_directory
from orca_local.system.disk import format_bytes, require_space
from orca_local.system.files import whole_file

FILE_TYPE_BF16 = 32


def ensure_bf16_copy(path: Path, sha256: str) -> Path:
    """The path of the copy of `path`, whose hash is `sha256`; makes the copy if it does not exist.

    Raises `MissingError` if the disk has no room.
    """
    target = cache_directory() / "bf16" / f"{sha256[:32]}.gguf"
    if target.is_file():
        return target
    header = read_header(path)
    specs = [TensorSpec(t.name, t.shape, "BF16" if len(t.shape) > 1 else "F32") for t in header.tensors]
    given = {key: header.metadata[key] for key in (GIVEN_SHA256,) if key in header.metadata}
    needed = sum(spec.bytes for spec in specs)
    hint = "free some space, set ORCA_LOCAL_CACHE to another disk, or set engine.compute to as_is in orca.toml"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        require_space(target.parent, needed, "a copy in BF16", hint=hint)
        values = (iter_rows(header, tensor) for tensor in header.tensors)
        with whole_file(target, many_writers=True) as part:
            write_gguf(part, header, specs, values, file_type=FILE_TYPE_BF16, extra=given)
    except OSError as error:
        reason = f"the disk is full (a copy takes {format_bytes(needed)})" if is_disk_full(error) else error.strerror
        raise MissingError(f"cannot write {target}: {reason}", hint=hint) from error
    return target
