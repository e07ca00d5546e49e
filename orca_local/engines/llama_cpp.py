"""Generates with llama.cpp: many sequences in one context, which requests join and leave at any step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import InputError, OrcaError
from orca_local.domain.settings import EngineSettings
from orca_local.domain.types import FinishReason, Request
from orca_local.engines.active_request import ActiveRequest, cancelled, max_length
from orca_local.engines.base import Logits, Output
from orca_local.engines.context_memory import kv_bytes_per_token, sequences_that_fit
from orca_local.engines.llama_context import (
    BATCH,
    MAX_SEQUENCES,
    Ids,
    LlamaAdapter,
    LlamaContext,
    LlamaModel,
    flash_attention_mode,
    tokens_to_read,
)
from orca_local.engines.request_queue import RequestQueue, check_prompt, check_vocabulary
from orca_local.engines.sampling import sample_token
from orca_local.engines.scoring import Scorer
from orca_local.engines.slot import Slot, assign_slot, common_prefix
from orca_local.system.memory import free_memory
from orca_local.system.threads import physical_cores

LENGTH_STEP = 256
"""The context grows in steps of this many tokens a sequence."""


class LlamaCppEngine(Scorer):
    """The engine for GGUF files on this machine; implements `AdapterEngine`. Not thread-safe: one thread owns it.

    A prompt reuses the memory of another sequence, running or ended, that begins with the same tokens. Prompts are
    computed one sequence a call. Then all sequences that are ready advance by one token together.
    """

    def __init__(
        self,
        path: Path,
        settings: EngineSettings,
        *,
        compute: str = "as_is",
        free_memory: Callable[[], int | None] = free_memory,
    ) -> None:
        """Load `path`.

        `compute` is the form of its weights (see `compute.py`); `free_memory` returns the bytes that a context may
        use. Raises `InputError` if llama.cpp cannot load the file, `MissingError` if a package is missing.
        """
        self.capacity = min(settings.capacity, MAX_SEQUENCES)
        """Number of requests that run at once. It shrinks if the memory has no room for more."""
        self._threads = settings.threads or physical_cores()
        self._compute = compute
        self._free_memory = free_memory
        self._model = LlamaModel(path, gpu_layers=settings.gpu_layers)
        self._vocabulary = self._model.vocabulary
        self.vocab_size = self._vocabulary.size
        self._kv_type = settings.kv_type
        self._flash_attention = flash_attention_mode(
            settings.flash_attention, kv_type=self._kv_type, gpu_layers=self._model.gpu_layers
        )
        self.context: int = min(settings.context, self._model.trained_context or settings.context)
        self._llama_context: LlamaContext | None = None
        self._adapter: LlamaAdapter | None = None
        self._slots = [Slot(number) for number in range(self.capacity)]
        self._queue = RequestQueue()
        self._ended: Output = []
        self.prompt_tokens_read = 0
        """Number of prompt tokens that were computed. The other prompt tokens were in memory already."""

    @property
    def fingerprint(self) -> str:
        """Engine, version, device, compute type and adapter."""
        device = f"gpu={self._model.gpu_layers}" if self._model.gpu_layers else "cpu"
        form = f"{device} {self._compute} kv={self._kv_type} fa={self._flash_attention}"
        adapter = f" adapter={self._adapter.sha256}" if self._adapter else ""
        return f"llama-cpp-python {self._model.llama.__version__} {form}{adapter}"

    def submit(self, request: Request) -> None:
        """See `Engine`. Raises `InputError` as well if a token id is outside the vocabulary."""
        check_prompt(request.token_ids, self.context)
        check_vocabulary(request.token_ids, self.vocab_size)
        self._queue.add(request, {active.request.id for active in self._running()})

    def cancel(self, request_id: str) -> None:
        """See `Engine`."""
        if request := self._queue.remove(request_id):
            self._ended += cancelled(request)
        for slot in self._slots:
            if slot.active and slot.active.request.id == request_id:
                self._finish(slot, "cancelled", self._ended)

    def step(self) -> Output:
        """Start waiting requests, then advance all running ones by one token."""
        out, self._ended = self._ended, []
        budget = BATCH
        for slot in self._slots:
            if slot.pending and budget:
                budget -= self._read_prompt(slot, budget, out)
        # One after another, so that each can reuse what the one before has computed.
        while budget and (started := self._start_next()):
            budget -= self._read_prompt(started, budget, out)
        if not self._queue:
            self._close_gaps()
        self._advance([slot for slot in self._slots if slot.is_ready], out)
        return out

    def close(self) -> None:
        """See `Engine`."""
        if self._llama_context:
            self._llama_context.close()
            self._llama_context = None
        self._model.close()

    def set_adapter(self, path: Path | None) -> None:
        """See `AdapterEngine`."""
        self._require_idle()
        self._adapter = self._model.load_adapter(path) if path else None
        for slot in self._slots:
            slot.truncate(0)
        if self._llama_context:
            self._llama_context.set_adapter(self._adapter)

    def reserve(self) -> None:
        """See `AdapterEngine`."""
        self._require_idle()
        self._ensure_context(self.context, self.capacity)

    def iter_logits(self, token_ids: Sequence[int], positions: Sequence[int]) -> Iterator[Logits]:
        """See `ScoringEngine`: float32 arrays of shape [some positions, vocabulary].

        The prefix that a text has in common with an earlier prompt, up to the first position, is not computed again:
        labels of one prompt, rows under one system message, a prompt that was answered. Generated answers are.
        """
        self._require_idle()
        if not 0 < len(token_ids) <= self.context:
            raise InputError(
                f"a text of {len(token_ids)} tokens cannot be scored in a context of {self.context}",
                hint="raise engine.context in orca.toml",
            )
        check_vocabulary(token_ids, self.vocab_size)
        context = self._ensure_context(len(token_ids), 1)
        # At least two tokens stay to be computed, because a token is not computed alone.
        slot = self._reuse_prefix(token_ids[: max(0, min([len(token_ids) - 2, *positions]))])
        outputs = np.zeros(len(token_ids), np.bool_)
        outputs[list(positions)] = True
        while (start := len(slot.cached)) < len(token_ids):
            chunk = token_ids[start : start + tokens_to_read(len(token_ids) - start, BATCH)]
            at = np.arange(start, start + len(chunk), dtype=np.int32)
            try:
                logits = context.decode(chunk, at, np.full_like(at, slot.number), outputs[at])
            except OrcaError:
                self._clear(slot)
                raise
            slot.add_prefilled(chunk)
            self.prompt_tokens_read += len(chunk)
            if len(logits):
                yield logits

    def _reuse_prefix(self, prefix: Sequence[int]) -> Slot:
        """The slot whose memory has most of `prefix`, cut to what they have in common."""
        slot, common = self._slots[0], 0
        if self._model.can_share_prefix:
            shared = [common_prefix(slot.cached[: slot.prefilled], prefix) for slot in self._slots]
            slot, common = max(zip(self._slots, shared, strict=True), key=lambda pair: pair[1])
        self._truncate(slot, common if common > 1 else 0)  # the first token was not computed alone either
        return slot

    def _require_idle(self) -> None:
        if self._queue or any(self._running()):
            raise RuntimeError("this needs an engine with nothing in flight")

    def _running(self) -> Iterator[ActiveRequest]:
        return (slot.active for slot in self._slots if slot.active)

    def _start_next(self) -> Slot | None:
        """Give a free slot to the next waiting request; None if it has to wait."""
        if not self._queue or all(slot.active for slot in self._slots):
            return None
        if not self._has_room(max_length(self._queue.first(), self.context), self.capacity):
            if any(self._running()):
                return None  # the context can only grow while it is empty
            longest = max(max_length(request, self.context) for request in self._queue)
            self._ensure_context(longest, self.capacity)
        return self._start(ActiveRequest(self._queue.pop(), self.context))

    def _has_room(self, length: int, sequences: int) -> bool:
        context = self._llama_context
        return context is not None and context.length >= length and context.sequences >= sequences

    def _ensure_context(self, length: int, sequences: int) -> LlamaContext:
        """The context, with room for `length` tokens in each of `sequences`. It grows only as far as needed."""
        if self._llama_context is None or not self._has_room(length, sequences):
            if self._llama_context:
                self._llama_context.close()
                self._llama_context = None
            length = min(-(-length // LENGTH_STEP) * LENGTH_STEP, self.context)
            fits = self._sequences_that_fit(length, sequences)
            if fits < sequences:
                self.capacity = fits
                del self._slots[fits:]
            for slot in self._slots:
                slot.truncate(0)
            self._llama_context = LlamaContext(
                self._model,
                sequences=fits,
                length=length,
                threads=self._threads,
                kv_type=self._kv_type,
                flash_attention=self._flash_attention,
            )
            self._llama_context.set_adapter(self._adapter)
        return self._llama_context

    def _sequences_that_fit(self, length: int, sequences: int) -> int:
        if self._model.gpu_layers:
            return sequences  # llama.cpp itself refuses what does not fit on a GPU
        bytes_per_token = kv_bytes_per_token(self._model.header, self._kv_type)
        return sequences_that_fit(sequences, length, bytes_per_token, self._free_memory())

    def _start(self, active: ActiveRequest) -> Slot:
        context = self._ensure_context(active.max_length, self.capacity)
        assignment = assign_slot(self._slots, active.request.token_ids, share=self._model.can_share_prefix)
        target = assignment.target
        if assignment.source is not target:
            context.copy(assignment.source.number, target.number)
            target.copy_from(assignment.source)
        self._truncate(target, assignment.common)
        target.active = active
        return target

    def _truncate(self, slot: Slot, length: int) -> None:
        """Cut a slot's memory to `length` tokens, or clear it if it cannot be cut there."""
        assert self._llama_context
        if self._llama_context.truncate(slot.number, length):
            slot.truncate(length)
        else:
            self._clear(slot)

    def _clear(self, slot: Slot) -> None:
        if self._llama_context:
            self._llama_context.clear(slot.number)
        slot.truncate(0)

    def _close_gaps(self) -> None:
        """Move the last sequences to free numbers: llama.cpp batches only sequences without gaps between them."""
        running = [slot for slot in self._slots if slot.active]
        for gap in self._slots[: len(running)]:
            if gap.active is None and self._llama_context:
                last = running.pop()
                self._llama_context.copy(last.number, gap.number)
                gap.copy_from(last)
                gap.active, last.active = last.active, None
                last.truncate(0)
                self._llama_context.clear(last.number)

    def _read_prompt(self, slot: Slot, budget: int, out: Output) -> int:
        """Compute the next part of a prompt; sample the first token at its end. Returns the part of the budget used."""
        tokens = slot.pending[: tokens_to_read(len(slot.pending), budget)]
        if not tokens:
            return budget
        start = len(slot.cached)
        positions = np.arange(start, start + len(tokens), dtype=np.int32)
        outputs = np.zeros(len(tokens), np.bool_)
        outputs[-1] = len(tokens) == len(slot.pending)
        logits = self._decode([slot], tokens, positions, np.full_like(positions, slot.number), outputs, out)
        if logits is not None:
            slot.add_prefilled(tokens)
            self.prompt_tokens_read += len(tokens)
            if len(logits):
                self._sample(slot, logits[0], out)
        return len(tokens)

    def _advance(self, slots: list[Slot], out: Output) -> None:
        """Generate one token for each of `slots`, which are in order of their numbers."""
        if not slots:
            return
        tokens = [slot.active.generated[-1] for slot in slots if slot.active]
        positions = np.array([len(slot.cached) for slot in slots], np.int32)
        numbers = np.array([slot.number for slot in slots], np.int32)
        logits = self._decode(slots, tokens, positions, numbers, np.ones(len(slots), np.bool_), out)
        if logits is None:
            return
        for slot, token, row in zip(slots, tokens, logits, strict=True):
            slot.cached.append(token)
            self._sample(slot, row, out)

    def _decode(
        self,
        slots: list[Slot],
        tokens: Sequence[int],
        positions: Ids,
        numbers: Ids,
        outputs: NDArray[np.bool_],
        out: Output,
    ) -> Logits | None:
        """Logits, or None if llama.cpp failed and the requests of `slots` ended with its error."""
        assert self._llama_context
        try:
            return self._llama_context.decode(tokens, positions, numbers, outputs)
        except OrcaError as error:
            for slot in slots:
                self._finish(slot, "error", out, error.message)
                self._clear(slot)
            return None

    def _sample(self, slot: Slot, logits: Logits, out: Output) -> None:
        """Choose the next token of a slot from its logits, [vocabulary]."""
        active = slot.active
        assert active
        try:
            token = sample_token(logits, active.request.settings, active.rng)
        except FloatingPointError as error:
            self._finish(slot, "error", out, str(error))
            return
        deltas, reason = active.append(token, self._vocabulary.piece(token), is_end=self._vocabulary.is_end(token))
        out += deltas
        if reason:
            self._finish(slot, reason, out)

    def _finish(self, slot: Slot, reason: FinishReason, out: Output, error: str = "") -> None:
        assert slot.active
        out += slot.active.finish(reason, error)
        slot.active = None
