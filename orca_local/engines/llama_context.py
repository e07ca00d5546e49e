"""llama.cpp's model and context, with numpy arrays instead of C structures."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import InputError, MissingError, OrcaError
from orca_local.domain.frozen import Frozen
from orca_local.engines.amx import model_parameters
from orca_local.engines.base import Logits
from orca_local.gguf.header import read_header
from orca_local.gguf.llama import last_error, library, supports_gpu, uninterrupted
from orca_local.gguf.load_trial import require_loads
from orca_local.gguf.lora import check_lora
from orca_local.gguf.tokenizer import Vocabulary
from orca_local.system.digest import file_sha256
from orca_local.system.memory import return_freed_memory

BATCH = 512
"""Maximum number of tokens in one call; a larger batch aborts the process."""
MAX_SEQUENCES = 256
"""llama.cpp's own limit (LLAMA_MAX_SEQ)."""
_ALL_LAYERS = 999
_KV_TYPES = {"f16": 1, "q8_0": 8}
_FLASH = {"auto": -1, "off": 0, "on": 1}
"""llama.cpp's own numbers."""

Ids = NDArray[np.int32]


def flash_attention_mode(setting: str, *, kv_type: str, gpu_layers: int) -> str:
    """Whether llama.cpp's flash attention kernel is used: `on`, `off`, or `auto` if llama.cpp decides.

    On a CPU this kernel's results depend on how a text was divided into calls, and beyond some 200 tokens it takes
    twice the time. There only keys and values in q8_0 need it.
    """
    return "off" if setting == "auto" and kv_type == "f16" and not gpu_layers else setting


def tokens_to_read(pending: int, room: int) -> int:
    """How many of `pending` prompt tokens to compute in a call that has room for `room` tokens; 0: wait.

    llama.cpp computes a single token with other kernels than several. As long as no token of a prompt is computed
    alone, its logits are the same to the last bit however it is divided into calls.
    """
    count = min(pending, room)
    if pending - count == 1:
        count -= 1
    return 0 if count < min(pending, 2) else count


class LlamaAdapter(Frozen):
    """A LoRA adapter that is loaded beside a model's weights."""

    handle: Any
    """llama.cpp's adapter."""
    sha256: str
    """Hash of the adapter's file."""


class LlamaModel:
    """The weights of a GGUF file, loaded for generating."""

    def __init__(self, path: Path, *, gpu_layers: int, parameters: Any = None) -> None:
        """Load `path`; `parameters` replace llama.cpp's usual ones.

        Raises `InputError` with llama.cpp's error message if it cannot load the file.
        """
        if not path.is_file():
            raise InputError(f"no model file at {path}", hint="see `orca-local models list`")
        self.path = path
        self.header = read_header(path)
        require_loads(self.header, "weights")
        self.llama: Any = library()
        self.gpu_layers = gpu_layers if supports_gpu() else 0
        parameters = model_parameters(self.header) if parameters is None else parameters
        # Not every version takes a negative number for all layers.
        parameters.n_gpu_layers = _ALL_LAYERS if self.gpu_layers < 0 else self.gpu_layers
        if not self.gpu_layers:
            # An empty list of devices, ended by a null pointer: without it, llama.cpp uses a GPU all the same.
            self._no_devices = (ctypes.c_void_p * 1)()
            parameters.devices = ctypes.addressof(self._no_devices)
        with uninterrupted():
            self.handle = self.llama.llama_model_load_from_file(os.fsencode(path), parameters)
        if not self.handle:
            raise InputError(
                f"llama.cpp cannot load {path}: {last_error()}", hint=f"see `orca-local models inspect {path}`"
            )
        if self.llama.llama_model_has_encoder(self.handle):
            self.close()
            raise InputError(f"{path} is an encoder model, not a decoder that chats", hint="choose a chat model")
        self.vocabulary = Vocabulary(self.llama, self.llama.llama_model_get_vocab(self.handle))
        self.trained_context = int(self.llama.llama_model_n_ctx_train(self.handle))
        self.can_share_prefix = not (
            self.llama.llama_model_is_recurrent(self.handle) or self.llama.llama_model_is_hybrid(self.handle)
        )
        """Whether a sequence's memory can be cut to a prefix. A recurrent state cannot."""
        self._adapters: dict[str, LlamaAdapter] = {}

    def load_adapter(self, path: Path) -> LlamaAdapter:
        """Load a LoRA adapter, once for each content. It is freed with the model.

        Raises `InputError` if the file is not an adapter of this model.
        """
        header = read_header(path)
        check_lora(header, self.header)
        require_loads(self.header, "adapter", header)
        sha256 = file_sha256(path)
        if sha256 not in self._adapters:
            with uninterrupted():
                handle = self.llama.llama_adapter_lora_init(self.handle, os.fsencode(path))
            if not handle:
                raise InputError(f"llama.cpp cannot load {path}: {last_error()}", hint="make the adapter again")
            self._adapters[sha256] = LlamaAdapter(handle, sha256)
        return self._adapters[sha256]

    def close(self) -> None:
        """Free the weights. Safe to call twice."""
        if self.handle:
            self.llama.llama_model_free(self.handle)
            self.handle = None
            self._adapters.clear()
            return_freed_memory()


class LlamaContext:
    """The key-value memory of `sequences` sequences of `length` tokens each, and the calls that advance them.

    Each sequence has a stream of its own (`kv_unified` off). Attention then costs nothing for the other sequences'
    tokens, as long as a batch lists its sequences in order.
    """

    def __init__(
        self,
        model: LlamaModel,
        *,
        sequences: int,
        length: int,
        threads: int,
        kv_type: str = "f16",
        flash_attention: str = "off",
    ) -> None:
        """Allocate the memory. Raises `MissingError` if there is not enough."""
        self._llama = model.llama
        self._vocab_size = model.vocabulary.size
        self.sequences = sequences
        self.length = length
        parameters = self._llama.llama_context_default_params()
        parameters.n_ctx = sequences * length
        parameters.n_seq_max = sequences
        parameters.n_batch = parameters.n_ubatch = BATCH
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.kv_unified = False
        parameters.type_k = parameters.type_v = _KV_TYPES[kv_type]
        parameters.flash_attn_type = _FLASH[flash_attention]
        parameters.no_perf = True
        parameters.offload_kqv = parameters.op_offload = model.gpu_layers != 0
        with uninterrupted():
            self._handle = self._llama.llama_init_from_model(model.handle, parameters)
        if not self._handle:
            raise MissingError(
                f"not enough memory for {sequences} sequences of {length} tokens: {last_error()}",
                hint="lower engine.capacity or engine.context in orca.toml",
            )
        self._memory = self._llama.llama_get_memory(self._handle)
        self._max_rows = 0
        """Largest number of rows of logits returned so far."""
        self._adapter_changed = False
        """Whether the next call prepares for another adapter, and logs."""
        self._make_batch()

    def _make_batch(self) -> None:
        self._tokens = np.zeros(BATCH, np.int32)
        self._positions = np.zeros(BATCH, np.int32)
        self._outputs = np.zeros(BATCH, np.int8)
        self._ones = np.ones(BATCH, np.int32)
        self._sequence_ids = np.arange(self.sequences, dtype=np.int32)
        # Each token points to the number of its sequence.
        self._pointers = np.zeros(BATCH, np.uintp)
        int32, int8 = ctypes.POINTER(ctypes.c_int32), ctypes.POINTER(ctypes.c_int8)
        batch = self._llama.llama_batch()
        batch.token = self._tokens.ctypes.data_as(int32)
        batch.pos = self._positions.ctypes.data_as(int32)
        batch.n_seq_id = self._ones.ctypes.data_as(int32)
        batch.seq_id = self._pointers.ctypes.data_as(ctypes.POINTER(int32))
        batch.logits = self._outputs.ctypes.data_as(int8)
        self._batch = batch

    def decode(self, tokens: Sequence[int] | Ids, positions: Ids, sequences: Ids, outputs: NDArray[np.bool_]) -> Logits:
        """Compute a batch and return the logits after the tokens that `outputs` marks.

        All arguments have shape [tokens], at most `BATCH`, and list the sequences in order. The result is float32 of
        shape [outputs.sum(), vocabulary] and valid until the next call. Raises `OrcaError` if llama.cpp fails.
        """
        count = len(tokens)
        if not 0 < count <= BATCH or int(positions.max()) >= self.length:
            raise ValueError(f"a batch of {count} tokens up to position {positions.max(initial=-1)} does not fit")
        self._tokens[:count] = tokens
        self._positions[:count] = positions
        self._outputs[:count] = outputs
        self._pointers[:count] = self._sequence_ids.ctypes.data + 4 * sequences.astype(np.uintp)
        self._batch.n_tokens = count
        with uninterrupted() if self._adapter_changed else nullcontext():
            status = self._llama.llama_decode(self._handle, self._batch)
        self._adapter_changed = False
        if status != 0:
            raise OrcaError(f"llama.cpp failed to compute a batch (status {status}): {last_error()}")
        rows = int(np.count_nonzero(outputs))
        if rows > self._max_rows:
            self._max_rows = rows
            return_freed_memory()  # llama.cpp has replaced its buffer of logits by a larger one
        if rows == 0:
            return np.empty((0, self._vocab_size), np.float32)
        return np.ctypeslib.as_array(self._llama.llama_get_logits(self._handle), shape=(rows, self._vocab_size))

    def set_adapter(self, adapter: LlamaAdapter | None) -> None:
        """Compute with an adapter, or without, from now on. Clears all sequences, which belong to other weights."""
        # True clears the values as well: a NaN among them would reach other texts, because zero times NaN is NaN.
        self._llama.llama_memory_clear(self._memory, True)
        self._adapter_changed = True
        if adapter is None:
            self._llama.llama_set_adapters_lora(self._handle, None, 0, None)
        else:
            handles = (self._llama.llama_adapter_lora_p_ctypes * 1)(adapter.handle)
            self._llama.llama_set_adapters_lora(self._handle, handles, 1, (ctypes.c_float * 1)(1.0))

    def truncate(self, sequence: int, length: int) -> bool:
        """Cut a sequence to its first `length` tokens; False if this model's memory cannot be cut there."""
        return bool(self._llama.llama_memory_seq_rm(self._memory, sequence, length, -1))

    def clear(self, sequence: int) -> None:
        """Forget a sequence. Raises `OrcaError` if this model's memory keeps it."""
        if not self.truncate(sequence, 0):
            raise OrcaError(f"llama.cpp does not clear sequence {sequence}", hint="upgrade llama-cpp-python")

    def copy(self, source: int, target: int) -> None:
        """Copy the whole memory of one sequence to another. Copying a part would abort the process."""
        self.clear(target)
        self._llama.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def close(self) -> None:
        """Free the memory. Safe to call twice."""
        if self._handle:
            self._llama.llama_free(self._handle)
            self._handle = None
