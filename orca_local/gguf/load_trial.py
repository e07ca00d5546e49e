"""Lets llama.cpp load a model for the first time in a process of its own, where a crash is only a message.

llama.cpp checks much of a file by assertions, which end the process, and some of it not at all. What has loaded once
is remembered for the machine by all that decides how it loads: metadata, names, shapes and types of the tensors, and
the version of llama.cpp. The values of the weights decide nothing, so what a training changes needs no other trial.

`python -m orca_local.gguf.load_trial` is the process.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import re
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, Literal

from orca_local.domain.errors import InputError, OrcaError
from orca_local.domain.keys import content_key
from orca_local.gguf.header import Header
from orca_local.gguf.llama import last_error, library
from orca_local.gguf.model_kind import model_files
from orca_local.system.cache import recall, remember
from orca_local.system.child_process import take_stdout
from orca_local.system.limited_process import LimitedProcess, LimitExceeded, Limits
from orca_local.system.own_limits import limit_time

Part = Literal["vocabulary", "weights", "adapter"]

SECONDS, BYTES_PER_SECOND = 20, 50 << 20
"""Processor time that a trial may take: so many seconds, and one more for so many bytes of the file."""
MEMORY = 2 << 30
"""Memory that a trial may take besides the file's own size, in bytes."""
CONTEXT, TOKENS = 64, 2
"""Length of the context that is tried, and of the prompt that is computed in it."""
TEXT = "Hello, wörld 123 \n\t<|x|> 日本 \x00".encode()
"""A text that is tokenized."""

SMALL = 1 << 30
"""Size of a file below which its weights are tried together with its vocabulary, in bytes."""

_DIRECTORIES = re.compile(r"\S*/(?=[\w.-]+:\d+:)")
"""The directories of a source file that an assertion names."""
_OWN_PREFIX = "orca_local."
_loaded: set[str] = set()
"""Keys of what has loaded since this process started; the machine's cache may not be writable."""


# In the parent.


def start_trial(limits: Limits) -> LimitedProcess:
    """Start the process of a trial."""
    return LimitedProcess(__spec__.name, limits)


def require_loads(
    model: Header,
    part: Part,
    adapter: Header | None = None,
    *,
    start: Callable[[Limits], LimitedProcess] = start_trial,
) -> None:
    """Raise `InputError` unless llama.cpp survives loading a part of a model and computing with it.

    `vocabulary` is loaded without weights, `weights` are computed with once on the processor, and `adapter` needs the
    header of an adapter for the model. Call it before llama.cpp gets a file in this process.
    """
    if _has_loaded(_key(model, part, adapter)):
        return
    files = [*model_files(model), *([adapter.path] if adapter else [])]
    size = sum(file.stat().st_size for file in files if file.is_file())
    seconds = SECONDS + size // BYTES_PER_SECOND
    limits = Limits(seconds=seconds, memory=MEMORY + 2 * size, reply=1 << 20, patience=10)
    with closing(start(limits)) as process:
        _try(process, limits, model, part, adapter)
        # Whoever reads the vocabulary of a model usually loads its weights next.
        if part == "vocabulary" and model.tensors and size < SMALL and not _has_loaded(_key(model, "weights")):
            with suppress(InputError):
                _try(process, limits, model, "weights")


def _try(process: LimitedProcess, limits: Limits, model: Header, part: Part, adapter: Header | None = None) -> None:
    """Try a part in `process` and remember that it has loaded. Raises `InputError` if it has not."""
    path = model.path if adapter is None else adapter.path
    request = {"part": part, "path": str(model.path), "adapter": str(adapter.path) if adapter else ""}
    try:
        error = str(process.ask(request | {"seconds": limits.seconds}))
        what = f"llama.cpp cannot load the {part} of {path}: {error}"
    except LimitExceeded as exceeded:
        error = _DIRECTORIES.sub("", str(exceeded))
        what = f"llama.cpp does not survive loading the {part} of {path}: it {error}"
    if error:
        raise InputError(what, hint=f"use another file, or see `orca-local models inspect {path}`")
    key = _key(model, part, adapter)
    _loaded.add(key)
    remember(key, True)


def _has_loaded(key: str) -> bool:
    return key in _loaded or recall(key) is True


def _key(model: Header, part: Part, adapter: Header | None = None) -> str:
    files = [_structure(header) for header in (model, adapter) if header is not None]
    return f"loads-{content_key([version('llama-cpp-python'), part, files])[:16]}"


def _structure(header: Header) -> str:
    """Hash of all that decides how a file loads."""
    digest = hashlib.sha256()
    for key, pair in header.raw_pairs.items():
        if not key.startswith(_OWN_PREFIX):
            digest.update(pair)
    digest.update(json.dumps([(t.name, t.shape, t.type_name) for t in header.tensors]).encode())
    return digest.hexdigest()


# In the child.


def try_part(part: Part, path: Path, adapter: Path | None) -> str:
    """Load a part and compute with it. Returns llama.cpp's error message, empty if there is none."""
    llama = library()
    parameters = llama.llama_model_default_params()
    parameters.vocab_only = part == "vocabulary"
    parameters.n_gpu_layers = 0
    no_devices = (ctypes.c_void_p * 1)()
    parameters.devices = ctypes.addressof(no_devices)
    parameters.use_extra_bufts = False  # they copy the weights, and engines/amx.py tries them
    model = llama.llama_model_load_from_file(os.fsencode(path), parameters)
    if not model:
        return last_error()
    if part == "vocabulary":
        _tokenize(llama, llama.llama_model_get_vocab(model))
    elif not llama.llama_model_has_encoder(model):
        return _compute(llama, model, adapter)
    return ""


def _tokenize(llama: Any, vocabulary: Any) -> None:
    """Some vocabularies load and end the process with the first text."""
    if llama.llama_vocab_type(vocabulary) != llama.LLAMA_VOCAB_TYPE_NONE:
        ids = (ctypes.c_int32 * (2 * len(TEXT)))()
        llama.llama_tokenize(vocabulary, TEXT, len(TEXT), ids, len(ids), True, True)


def _compute(llama: Any, model: Any, adapter: Path | None) -> str:
    handle = llama.llama_adapter_lora_init(model, os.fsencode(adapter)) if adapter else None
    if adapter and not handle:
        return last_error()
    parameters = llama.llama_context_default_params()
    parameters.n_ctx, parameters.n_batch, parameters.n_ubatch, parameters.n_seq_max = CONTEXT, CONTEXT, CONTEXT, 1
    parameters.offload_kqv = parameters.op_offload = False
    context = llama.llama_init_from_model(model, parameters)
    if not context:
        return last_error()
    if handle:
        handles = (llama.llama_adapter_lora_p_ctypes * 1)(handle)
        llama.llama_set_adapters_lora(context, handles, 1, (ctypes.c_float * 1)(1.0))
    ids = (ctypes.c_int32 * TOKENS)(*range(TOKENS))
    status = llama.llama_decode(context, llama.llama_batch_get_one(ids, TOKENS))
    return f"computing failed with status {status}: {last_error()}" if status else ""


def _serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer each request with an error, empty if there is none. Nothing is freed: the process ends."""
    for line in requests:
        request = json.loads(line)
        limit_time(request["seconds"])
        adapter = Path(request["adapter"]) if request["adapter"] else None
        try:
            error = try_part(request["part"], Path(request["path"]), adapter)
        except OrcaError as missing:  # llama-cpp-python
            error = missing.message
        replies.write(json.dumps(error).encode() + b"\n")
        replies.flush()


if __name__ == "__main__":
    output = take_stdout()
    _serve(sys.stdin.buffer, output)
    output.flush()
    os._exit(0)
