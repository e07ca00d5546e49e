"""A model of llama.cpp with one context of many sequences, in numpy's terms."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import InputError, MissingError, OrcaError
from orca_local.engines.amx import model_parameters
from orca_local.engines.base import Logits
from orca_local.gguf.header import read_header
from orca_local.gguf.llama import last_log, library, supports_gpu, uninterrupted
from orca_local.gguf.lora import check_lora
from orca_local.system.digest import file_sha256
from orca_local.system.memory import return_freed_memory

BATCH = 512
"""Most tokens in one call; a larger batch would abort the process."""

_KV_TYPES = {"f16": 1, "q8_0": 8}
_FLASH = {"auto": -1, "off": 0, "on": 1}
"""llama.cpp's own numbers."""


def choose_flash(wanted: str, *, kv_type: str, gpu_layers: int) -> str:
    """Whether attention is computed by llama.cpp's flash kernel: `on`, `off`, or `auto` where llama.cpp decides.

    On a processor its results depend on how a text was divided among calls, and from some 200 tokens on it
    takes twice the time; only keys and values in q8_0 need it.
    """
    return "off" if wanted == "auto" and kv_type == "f16" and not gpu_layers else wanted


def reading(unread: int, room: int) -> int:
    """How many of a text's unread tokens to read in a call that has room for `room`; 0: wait for the next.

    A token read alone takes other kernels than among others. As long as none is, a text has the same logits
    to the last bit however it was divided.
    """
    count = min(unread, room)
    if unread - count == 1:
        count -= 1
    return 0 if count < min(unread, 2) else count


MAX_SEQUENCES = 256
"""llama.cpp's own limit (LLAMA_MAX_SEQ)."""

ALL_LAYERS = 999

Ids = NDArray[np.int32]


def _reason() -> str:
    """What llama.cpp logged last about a failure, in one line."""
    lines = last_log().splitlines()
    errors = [line for line in lines if "error" in line.lower()] or lines[-1:] or ["it gave no reason"]
    return errors[-1].rpartition("error loading model: ")[2].strip()


@dataclass(frozen=True, slots=True)
class LlamaAdapter:
    """A LoRA adapter that was loaded beside a model's weights."""

    handle: Any
    """The native adapter."""
    sha256: str
    """Of its file."""


class LlamaModel:
    """The weights of a GGUF file, loaded for generating."""

    def __init__(self, path: Path, *, gpu_layers: int, parameters: Any = None) -> None:
        """Load; `parameters` are llama.cpp's own, where others than the usual ones are wanted.

        Raises `InputError` with what llama.cpp logged where it does not read the file.
        """
        if not path.is_file():
            raise InputError(f"no model file at {path}", hint="see `orca-local models list`")
        self.path = path
        self.header = read_header(path)
        self.llama: Any = library()
        self.gpu_layers = gpu_layers if supports_gpu() else 0
        parameters = model_parameters(self.header) if parameters is None else parameters
        # Not every version takes a negative number for all layers.
        parameters.n_gpu_layers = ALL_LAYERS if self.gpu_layers < 0 else self.gpu_layers
        if not self.gpu_layers:
            # An empty list of devices, ended by a null pointer: without one, a card takes part all the same.
            self._no_devices = (ctypes.c_void_p * 1)()
            parameters.devices = ctypes.addressof(self._no_devices)
        with uninterrupted():
            self._handle = self.llama.llama_model_load_from_file(os.fsencode(path), parameters)
        if not self._handle:
            raise InputError(
                f"llama.cpp cannot load {path}: {_reason()}", hint=f"see `orca-local models inspect {path}`"
            )
        if self.llama.llama_model_has_encoder(self._handle):
            self.close()
            raise InputError(f"{path} is an encoder model, not a decoder that chats", hint="choose a chat model")
        self._vocab = self.llama.llama_model_get_vocab(self._handle)
        self.vocab_size = int(self.llama.llama_vocab_n_tokens(self._vocab))
        self.trained_context = int(self.llama.llama_model_n_ctx_train(self._handle))
        self.can_share_prefix = not (
            self.llama.llama_model_is_recurrent(self._handle) or self.llama.llama_model_is_hybrid(self._handle)
        )
        """Whether the memory of a sequence can be cut; a recurrent state cannot."""
        self._pieces: dict[int, bytes] = {}
        self._adapters: dict[str, LlamaAdapter] = {}

    @property
    def handle(self) -> Any:
        """The native model."""
        return self._handle

    def is_end(self, token: int) -> bool:
        """Whether the token ends a turn or a text."""
        return bool(self.llama.llama_vocab_is_eog(self._vocab, token))

    def piece(self, token: int) -> bytes:
        """The bytes of one token; control tokens have none."""
        known = self._pieces.get(token)
        if known is None:
            buffer = ctypes.create_string_buffer(64)
            count = self.llama.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
            if count < 0:
                buffer = ctypes.create_string_buffer(-count)
                count = self.llama.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
            known = self._pieces[token] = buffer.raw[:count]
        return known

    def load_adapter(self, path: Path) -> LlamaAdapter:
        """Load the LoRA adapter in `path`, each content once; it is freed with the weights.

        Raises `InputError` for a file that is not an adapter of this model.
        """
        check_lora(read_header(path), self.header)
        sha256 = file_sha256(path)
        if sha256 not in self._adapters:
            with uninterrupted():
                handle = self.llama.llama_adapter_lora_init(self._handle, os.fsencode(path))
            if not handle:
                raise InputError(f"llama.cpp cannot load {path}: {_reason()}", hint="make the adapter again")
            self._adapters[sha256] = LlamaAdapter(handle, sha256)
        return self._adapters[sha256]

    def close(self) -> None:
        """Free the weights. Safe to call twice."""
        if self._handle:
            self.llama.llama_model_free(self._handle)
            self._handle = None
            self._adapters.clear()
            return_freed_memory()


class LlamaContext:
    """The memory of `sequences` sequences of `length` tokens each, and the calls that advance them.

    Each sequence has a stream of its own (`kv_unified` off): attention then costs nothing for the other
    sequences' tokens, as long as a batch lists its sequences in order.
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
        """Allocate. Raises `MissingError` where the memory does not suffice."""
        self._llama = model.llama
        self._vocab_size = model.vocab_size
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
                f"no memory for {sequences} sequences of {length} tokens: {_reason()}",
                hint="lower engine.capacity or engine.context in orca.toml",
            )
        self._memory = self._llama.llama_get_memory(self._handle)
        self._most_outputs = 0
        self._swapped = False
        """Whether the next call prepares for another adapter, and logs."""
        self._make_batch()

    def _make_batch(self) -> None:
        self._tokens = np.zeros(BATCH, np.int32)
        self._positions = np.zeros(BATCH, np.int32)
        self._outputs = np.zeros(BATCH, np.int8)
        self._ones = np.ones(BATCH, np.int32)
        self._sequence_ids = np.arange(self.sequences, dtype=np.int32)
        # Each token points at the number of its sequence.
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
        """Advance; returns logits [outputs.sum(), vocabulary], valid until the next call.

        At most `BATCH` tokens, ordered by sequence. Raises `OrcaError` where llama.cpp refuses.
        """
        count = len(tokens)
        if not 0 < count <= BATCH or int(positions.max()) >= self.length:
            raise ValueError(f"a batch of {count} tokens up to position {positions.max(initial=-1)} does not fit")
        self._tokens[:count] = tokens
        self._positions[:count] = positions
        self._outputs[:count] = outputs
        self._pointers[:count] = self._sequence_ids.ctypes.data + 4 * sequences.astype(np.uintp)
        self._batch.n_tokens = count
        with uninterrupted() if self._swapped else nullcontext():
            status = self._llama.llama_decode(self._handle, self._batch)
        self._swapped = False
        if status != 0:
            raise OrcaError(f"llama.cpp could not go on (status {status}): {_reason()}")
        rows = int(np.count_nonzero(outputs))
        if rows > self._most_outputs:
            self._most_outputs = rows
            return_freed_memory()  # llama.cpp's room for logits has grown: what it was before would stay taken
        if rows == 0:
            return np.empty((0, self._vocab_size), np.float32)
        return np.ctypeslib.as_array(self._llama.llama_get_logits(self._handle), shape=(rows, self._vocab_size))

    def set_adapter(self, adapter: LlamaAdapter | None) -> None:
        """Compute with an adapter, or with none, from now on.

        All sequences are forgotten: their keys and values were computed under other weights.
        """
        # With the values: a NaN that an adapter left there would reach other texts, times zero.
        self._llama.llama_memory_clear(self._memory, True)
        self._swapped = True
        if adapter is None:
            self._llama.llama_set_adapters_lora(self._handle, None, 0, None)
        else:
            handles = (self._llama.llama_adapter_lora_p_ctypes * 1)(adapter.handle)
            self._llama.llama_set_adapters_lora(self._handle, handles, 1, (ctypes.c_float * 1)(1.0))

    def cut(self, sequence: int, length: int) -> bool:
        """Forget a sequence's tokens from `length` on; false where this memory cannot be cut there."""
        return bool(self._llama.llama_memory_seq_rm(self._memory, sequence, length, -1))

    def copy(self, source: int, target: int) -> None:
        """Make `target` hold what `source` holds. Whole: a part between two streams would abort the process."""
        self._llama.llama_memory_seq_rm(self._memory, target, -1, -1)
        self._llama.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def close(self) -> None:
        """Free the memory. Safe to call twice."""
        if self._handle:
            self._llama.llama_free(self._handle)
            self._handle = None
