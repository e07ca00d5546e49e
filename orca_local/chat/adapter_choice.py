"""The adapter of a conversation, as a file that llama.cpp applies to a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from orca_local.adapters.adapter import Adapter, adapter_sha256
from orca_local.domain.errors import InputError, os_errors_explained
from orca_local.evaluate.stage import Candidate
from orca_local.export.adapter_file import write_adapter
from orca_local.gguf.header import read_header
from orca_local.models.provenance import ADAPTER_SHA256, BASE_SHA256
from orca_local.models.student import Student
from orca_local.pipeline.export_source import tuned_source
from orca_local.store.store import Store

NEWEST = "newest"


@contextmanager
def adapter_file(choice: str, base: Candidate, store: Store, student: Callable[[], Student]) -> Iterator[Path]:
    """An adapter GGUF for `base`: the file `choice`, or one made from the directory `choice` or the newest adapter.

    A file that is made is deleted afterwards. Raises `InputError` for an adapter of other weights, if its metadata
    names them.
    """
    directory = Path(choice)
    if choice == NEWEST:
        source = tuned_source(store, student())
        assert source.adapter_directory
        directory, origin = source.adapter_directory, source.provenance
    elif directory.is_dir():
        origin = {ADAPTER_SHA256: adapter_sha256(directory)}
    elif not directory.exists():
        hint = "give newest, an adapter GGUF, or the directory of an adapter"
        raise InputError(f"there is no adapter {choice}", hint=hint)
    else:
        _check_base(read_header(directory).metadata, base)
        yield directory
        return
    _check_base(origin, base)
    with TemporaryDirectory(prefix="orca-local-") as scratch:
        path = Path(scratch) / f"{directory.name}.gguf"
        with os_errors_explained(path, hint="set TMPDIR to another directory"):
            write_adapter(path, read_header(base.path), Adapter.load(directory), origin)
        yield path


def _check_base(origin: Mapping[str, Any], base: Candidate) -> None:
    """Raise `InputError` if `origin`, the metadata of an adapter, names other weights than the base has.

    Files made by other programs do not name their weights.
    """
    metadata = read_header(base.path).metadata
    if ADAPTER_SHA256 in metadata and metadata[ADAPTER_SHA256] == origin.get(ADAPTER_SHA256):
        raise InputError(f"{base.path} has this adapter merged in already", hint="put it on the base: --model base")
    trained_on = origin.get(BASE_SHA256)
    base_hashes = {base.model.sha256, *([metadata.get(BASE_SHA256)] if ADAPTER_SHA256 not in metadata else [])}
    if trained_on and BASE_SHA256 in metadata and trained_on not in base_hashes:
        raise InputError(
            f"the adapter was trained on other weights than those of {base.path}",
            hint="choose the model that it was trained on with --model",
        )
