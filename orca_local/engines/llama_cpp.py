"""Generates with llama.cpp: many sequences in flight on one context, joined and left at any step."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import InputError, MissingError, OrcaError
from orca_local.domain.settings import EngineSettings
from orca_local.domain.types import FinishReason, Request
from orca_local.engines.base import Logits, Output
from orca_local.engines.context_memory import SHARE, fitting, token_bytes
from orca_local.engines.llama_context import (
    BATCH,
    MAX_SEQUENCES,
    LlamaAdapter,
    LlamaContext,
    LlamaModel,
    choose_flash,
    reading,
)
from orca_local.engines.sampling import log_probabilities, pick
from orca_local.engines.slot import Flight, Slot, common_prefix, find_place, refuse_unfit
from orca_local.system.memory import free_memory
from orca_local.system.threads import physical_cores

LENGTH_STEP = 256
"""The context grows in steps of this many tokens a sequence."""


class LlamaCppEngine:
    """The engine for GGUF files on this machine. Not thread-safe: one thread owns it.

    A prompt begins with what another sequence, running or ended, already holds in memory. Prompts are read
    in calls of their own, one sequence a call; then all sequences that are ready advance by one token.
    """

    def __init__(self, path: Path, settings: EngineSettings, *, compute: str = "as_is") -> None:
        """Load `path`; `compute` says in which form its weights are (`engines/compute.py`).

        Raises `InputError` where llama.cpp cannot, `MissingError` where something is missing.
        """
        self._capacity = min(settings.capacity, MAX_SEQUENCES)
        self._threads = settings.threads or physical_cores()
        self._compute = compute
        self._model = LlamaModel(path, gpu_layers=settings.gpu_layers)
        self._kv_type = settings.kv_type
        self._flash = choose_flash(settings.flash_attention, kv_type=self._kv_type, gpu_layers=self._model.gpu_layers)
        self._most = min(settings.context, self._model.trained_context or settings.context)
        self._context: LlamaContext | None = None
        self._adapter: LlamaAdapter | None = None
        self._slots = [Slot(number) for number in range(self._capacity)]
        self._waiting: deque[Request] = deque()
        self._ended: Output = []
        self.prompt_tokens_read = 0
        """Prompt tokens that were computed; the rest was in memory already."""

    @property
    def capacity(self) -> int:
        """How many requests it can advance at once."""
        return self._capacity

    @property
    def context(self) -> int:
        """Tokens that one request may have, prompt included."""
        return self._most

    @property
    def fingerprint(self) -> str:
        """Engine, version, compute type and adapter."""
        where = f"gpu={self._model.gpu_layers}" if self._model.gpu_layers else "cpu"
        how = f"{where} {self._compute} kv={self._kv_type} fa={self._flash}"
        if self._adapter:
            how += f" adapter={self._adapter.sha256}"
        return f"llama-cpp-python {self._model.llama.__version__} {how}"

    def submit(self, request: Request) -> None:
        """Queue a request. Raises `InputError` where its prompt leaves no room in the context."""
        refuse_unfit(request, self._most)
        self._check_vocabulary(request.token_ids)
        if request.id in {flight.request.id for flight in self._flights()} | {r.id for r in self._waiting}:
            raise ValueError(f"request {request.id!r} is already in flight")
        self._waiting.append(request)

    def cancel(self, request_id: str) -> None:
        """End a request; its `Completion` comes with the next step. An unknown id is ignored."""
        for request in self._waiting:
            if request.id == request_id:
                self._waiting.remove(request)
                self._ended += Flight(request, 0).end("cancelled")
                return
        for slot in self._slots:
            if slot.flight and slot.flight.request.id == request_id:
                self._end(slot, "cancelled", self._ended)

    def step(self) -> Output:
        """Begin what waits, then advance everything in flight by one token."""
        out, self._ended = self._ended, []
        budget = BATCH
        for slot in self._slots:
            if slot.unread and budget:
                budget -= self._read_prompt(slot, budget, out)
        # Begun one after another, so that each can begin with what the one before it has read.
        while budget and (begun := self._begin_next()):
            budget -= self._read_prompt(begun, budget, out)
        if not self._waiting:
            self._close_gaps()
        self._advance([slot for slot in self._slots if slot.is_ready], out)
        return out

    def close(self) -> None:
        """Free the context and the model. Safe to call twice."""
        if self._context:
            self._context.close()
            self._context = None
        self._model.close()

    def set_adapter(self, path: Path | None) -> None:
        """Put the LoRA adapter in an adapter GGUF on the model, or take it off again.

        Nothing may be in flight. Raises `InputError` where the file does not fit; what was there then stays.
        """
        self._require_idle()
        self._adapter = self._model.load_adapter(path) if path else None
        for slot in self._slots:
            slot.cut(0)
        if self._context:
            self._context.set_adapter(self._adapter)

    def score(self, prompt_ids: Sequence[int], continuation_ids: Sequence[int]) -> NDArray[np.float64]:
        """Log-probability of each token of the continuation, given the prompt and those before it.

        Nothing may be in flight. The prompt has one token at least.
        """
        ids = [*prompt_ids, *continuation_ids]
        tokens = np.asarray(continuation_ids, np.int64)
        scores, done = np.empty(len(tokens)), 0
        for logits in self.iter_logits(ids, range(len(prompt_ids) - 1, len(ids) - 1)):
            here = slice(done, done + len(logits))
            scores[here] = log_probabilities(logits, tokens[here])
            done = here.stop
        return scores

    def prompt_logits(self, token_ids: Sequence[int], positions: Sequence[int]) -> Logits:
        """Logits after the tokens at `positions` (ascending) of one text: float32 [positions, vocabulary].

        Nothing may be in flight.
        """
        found, done = np.empty((len(positions), self._model.vocab_size), np.float32), 0
        for logits in self.iter_logits(token_ids, positions):
            found[done : done + len(logits)] = logits
            done += len(logits)
        return found

    def iter_logits(self, token_ids: Sequence[int], positions: Sequence[int]) -> Iterator[Logits]:
        """As `prompt_logits`, in parts of shape [some positions, vocabulary], each valid until the next is asked for.

        What a text begins with in common with one before it, up to the first position, is in memory already: the
        labels of one prompt, rows under one system message, or a prompt that was answered. An answer itself is read.
        """
        self._require_idle()
        if not 0 < len(token_ids) <= self._most:
            raise InputError(
                f"a text of {len(token_ids)} tokens cannot be scored in a context of {self._most}",
                hint="raise engine.context in orca.toml",
            )
        self._check_vocabulary(token_ids)
        context = self._grown(len(token_ids), 1)
        needed = min([len(token_ids) - 2, *positions])  # a token is not read alone
        slot, common = self._slots[0], 0
        if self._model.can_share_prefix:
            shared = [common_prefix(slot.held[: slot.read], token_ids[: max(0, needed)]) for slot in self._slots]
            slot, common = max(zip(self._slots, shared, strict=True), key=lambda pair: pair[1])
        common = common if common > 1 else 0  # nor was one that is shared
        if context.cut(slot.number, common):
            slot.cut(common)
        else:
            self._clear(slot)
        wanted = np.zeros(len(token_ids), np.bool_)
        wanted[list(positions)] = True
        while (start := len(slot.held)) < len(token_ids):
            chunk = token_ids[start : start + reading(len(token_ids) - start, BATCH)]
            where = np.arange(start, start + len(chunk), dtype=np.int32)
            try:
                numbers = np.full_like(where, slot.number)
                logits = context.decode(chunk, where, numbers, wanted[start : start + len(chunk)])
            except OrcaError:
                self._clear(slot)
                raise
            slot.hold(chunk)
            self.prompt_tokens_read += len(chunk)
            if len(logits):
                yield logits

    def _require_idle(self) -> None:
        if any(self._flights()) or self._waiting:
            raise RuntimeError("this needs an engine with nothing in flight")

    def _check_vocabulary(self, ids: Sequence[int]) -> None:
        if min(ids) < 0 or max(ids) >= self._model.vocab_size:
            raise InputError(f"a prompt has token ids outside the vocabulary of {self._model.vocab_size}")

    def _flights(self) -> Iterator[Flight]:
        return (slot.flight for slot in self._slots if slot.flight)

    def _limit(self, request: Request) -> int:
        return min(len(request.token_ids) + request.settings.max_tokens, self._most)

    def _begin_next(self) -> Slot | None:
        """Give a free slot to the first that waits; None where that has to wait on."""
        if not self._waiting or all(slot.flight for slot in self._slots):
            return None
        limit = self._limit(self._waiting[0])
        if not self._has_room(limit, self._capacity):
            if any(self._flights()):
                return None  # The context can only grow when nothing is in it.
            self._grown(max(self._limit(request) for request in self._waiting), self._capacity)
        return self._begin(Flight(self._waiting.popleft(), limit))

    def _has_room(self, length: int, sequences: int) -> bool:
        context = self._context
        return context is not None and context.length >= length and context.sequences >= sequences

    def _grown(self, length: int, sequences: int) -> LlamaContext:
        """The context, with room for `length` tokens in each of `sequences`: memory is taken for what is used."""
        if self._context is None or not self._has_room(length, sequences):
            if self._context:
                self._context.close()
                self._context = None
            length = min(-(-length // LENGTH_STEP) * LENGTH_STEP, self._most)
            fits = self._fitting(length, sequences)
            if fits < sequences:
                self._capacity = fits
                del self._slots[fits:]
            for slot in self._slots:
                slot.cut(0)
            self._context = LlamaContext(
                self._model,
                sequences=fits,
                length=length,
                threads=self._threads,
                kv_type=self._kv_type,
                flash_attention=self._flash,
            )
            self._context.set_adapter(self._adapter)
        return self._context

    def _fitting(self, length: int, sequences: int) -> int:
        """How many of `sequences` the memory has room for; the system would end the process, not refuse."""
        if self._model.gpu_layers:
            return sequences  # llama.cpp itself refuses what does not fit the card
        free, per_token = free_memory(), token_bytes(self._model.header, self._kv_type)
        fits = fitting(sequences, length, per_token, free)
        if not fits:
            raise MissingError(
                f"a sequence of {length:,} tokens takes {length * per_token / 1e9:.2f} GB of memory, and of "
                f"{(free or 0) / 1e9:.2f} GB that are free no more than {100 * SHARE:.0f} % may be taken",
                hint="close other programs, lower engine.context in orca.toml, or choose a smaller student",
            )
        return fits

    def _begin(self, flight: Flight) -> Slot:
        context = self._grown(flight.limit, self._capacity)
        place = find_place(self._slots, flight.request.token_ids, share=self._model.can_share_prefix)
        target, common = place.target, place.common
        if place.source is not target:
            context.copy(place.source.number, target.number)
            target.take_over(place.source)
        if context.cut(target.number, common):
            target.cut(common)
        else:
            self._clear(target)
        target.flight = flight
        return target

    def _clear(self, slot: Slot) -> None:
        if self._context:
            self._context.cut(slot.number, 0)
        slot.cut(0)

    def _close_gaps(self) -> None:
        """Move the last sequences to free numbers: llama.cpp batches only sequences without gaps between them."""
        running = [slot for slot in self._slots if slot.flight]
        for hole in self._slots[: len(running)]:
            if hole.flight is None and self._context:
                last = running.pop()
                self._context.copy(last.number, hole.number)
                hole.take_over(last)
                hole.flight, last.flight = last.flight, None
                last.cut(0)
                self._context.cut(last.number, 0)

    def _read_prompt(self, slot: Slot, budget: int, out: Output) -> int:
        """Read the next part of a prompt, and pick the first token at its end; returns what it took of the budget."""
        tokens = slot.unread[: reading(len(slot.unread), budget)]
        if not tokens:
            return budget
        start = len(slot.held)
        positions = np.arange(start, start + len(tokens), dtype=np.int32)
        outputs = np.zeros(len(tokens), np.bool_)
        outputs[-1] = len(tokens) == len(slot.unread)
        logits = self._decode([slot], tokens, positions, np.full_like(positions, slot.number), outputs, out)
        if logits is not None:
            slot.hold(tokens)
            self.prompt_tokens_read += len(tokens)
            if len(logits):
                self._take(slot, logits[0], out)
        return len(tokens)

    def _advance(self, slots: list[Slot], out: Output) -> None:
        """One token for each of `slots`, which are in order of their numbers."""
        if not slots:
            return
        tokens = [slot.flight.generated[-1] for slot in slots if slot.flight]
        positions = np.array([len(slot.held) for slot in slots], np.int32)
        numbers = np.array([slot.number for slot in slots], np.int32)
        logits = self._decode(slots, tokens, positions, numbers, np.ones(len(slots), np.bool_), out)
        if logits is None:
            return
        for slot, token, row in zip(slots, tokens, logits, strict=True):
            slot.held.append(token)
            self._take(slot, row, out)

    def _decode(
        self,
        slots: list[Slot],
        tokens: Sequence[int],
        positions: NDArray[np.int32],
        numbers: NDArray[np.int32],
        outputs: NDArray[np.bool_],
        out: Output,
    ) -> Logits | None:
        """Logits, or None where llama.cpp failed and the requests of `slots` ended with its error."""
        assert self._context
        try:
            return self._context.decode(tokens, positions, numbers, outputs)
        except OrcaError as error:
            for slot in slots:
                self._end(slot, "error", out, error.message)
                self._clear(slot)
            return None

    def _take(self, slot: Slot, logits: NDArray[np.float32], out: Output) -> None:
        """Pick the next token of a slot."""
        flight = slot.flight
        assert flight
        try:
            token = pick(logits, flight.request.settings, flight.rng)
        except FloatingPointError as error:
            self._end(slot, "error", out, str(error))
            return
        deltas, reason = flight.take(token, self._model.piece(token), is_end=self._model.is_end(token))
        out += deltas
        if reason:
            self._end(slot, reason, out)

    def _end(self, slot: Slot, reason: FinishReason, out: Output, error: str = "") -> None:
        assert slot.flight
        out += slot.flight.end(reason, error)
        slot.flight = None
