"""Generates with MLX: Apple Silicon, NVIDIA cards, and, for tests, its CPU build.

The weights are the GGUF's own, read as the trainer reads them, and the token ids are llama.cpp's: mlx-lm brings the
model classes and the batch generator, and nothing that reads text.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import InputError, MissingError
from orca_local.domain.settings import EngineSettings
from orca_local.domain.types import FinishReason, Request
from orca_local.engines.base import Output
from orca_local.engines.sampling import log_probabilities, pick
from orca_local.engines.slot import Flight, refuse_unfit
from orca_local.gguf.decoder import longest_row
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.tokenizer import Tokenizer

PREFILL_SEQUENCES, PREFILL_TOKENS = 8, 512


class MlxEngine:
    """The engine for a GGUF on MLX. Not thread-safe: one thread owns it."""

    def __init__(self, path: Path, settings: EngineSettings) -> None:
        """Load `path`. Raises `MissingError` without MLX, `InputError` for a model that it cannot compute."""
        header = read_header(path)
        self._model, self._dtype = _load(header)
        self._words = Tokenizer(path)
        self._capacity = settings.capacity
        self._most = min(settings.context, longest_row(header) or settings.context)
        self._vocab_size = header.tensor_map["token_embd.weight"].shape[0]
        self._waiting: deque[Request] = deque()
        self._running: dict[int, Flight] = {}
        self._ended: Output = []
        self._generator: Any = _generator(self._model, settings.capacity)

    @property
    def capacity(self) -> int:
        """How many requests it can advance at once."""
        return self._capacity

    @property
    def fingerprint(self) -> str:
        """Version, device and type of the computation."""
        import mlx.core as mx

        return f"mlx {version('mlx')} {mx.default_device().type.name} {self._dtype}"

    def submit(self, request: Request) -> None:
        """Queue a request. Raises `InputError` where its prompt leaves no room in the context."""
        refuse_unfit(request, self._most)
        if min(request.token_ids) < 0 or max(request.token_ids) >= self._vocab_size:
            raise InputError(f"a prompt has token ids outside the vocabulary of {self._vocab_size}")
        in_flight = {flight.request.id for flight in self._running.values()} | {r.id for r in self._waiting}
        if request.id in in_flight:
            raise ValueError(f"request {request.id!r} is already in flight")
        self._waiting.append(request)

    def cancel(self, request_id: str) -> None:
        """End a request; its `Completion` comes with the next step. An unknown id is ignored."""
        for request in [r for r in self._waiting if r.id == request_id]:
            self._waiting.remove(request)
            self._ended += Flight(request, 0).end("cancelled")
        for uid, flight in list(self._running.items()):
            if flight.request.id == request_id:
                self._end(uid, "cancelled", self._ended)

    def step(self) -> Output:
        """Begin what waits, then advance everything in flight by one token or one part of its prompt."""
        out, self._ended = self._ended, []
        while self._waiting and len(self._running) < self._capacity:
            self._begin(self._waiting.popleft())
        if not self._running:
            return out
        _, generated = self._generator.next()
        for response in generated:
            flight = self._running.get(response.uid)
            if flight is None:
                continue
            token = int(response.token)
            if token < 0:
                self._end(response.uid, "error", out, "the model's logits are not finite")
                continue
            deltas, reason = flight.take(token, self._words.piece(token), is_end=self._words.is_end(token))
            out += deltas
            if reason:
                self._end(response.uid, reason, out)
        return out

    def close(self) -> None:
        """Free model and vocabulary. Safe to call twice."""
        if self._generator is not None:
            self._generator.close()
            self._words.close()
        self._generator = self._model = None

    def score(self, prompt_ids: Sequence[int], continuation_ids: Sequence[int]) -> NDArray[np.float64]:
        """Log-probability of each token of the continuation, given the prompt and those before it.

        The prompt has one token at least.
        """
        import mlx.core as mx

        ids = [*prompt_ids, *continuation_ids]
        logits = self._model(mx.array([ids]))[0, len(prompt_ids) - 1 : -1].astype(mx.float32)
        return log_probabilities(np.array(logits), np.asarray(continuation_ids, np.int64))

    def prompt_logits(self, token_ids: Sequence[int]) -> NDArray[np.float32]:
        """Logits after every token of one text: float32 [tokens, vocabulary]."""
        import mlx.core as mx

        return np.array(self._model(mx.array([list(token_ids)]))[0].astype(mx.float32))

    def _begin(self, request: Request) -> None:
        limit = min(len(request.token_ids) + request.settings.max_tokens, self._most)
        flight = Flight(request, limit)
        (uid,) = self._generator.insert(
            [list(request.token_ids)],
            # One more than it may have: it is ended here, with its text.
            max_tokens=[limit - len(request.token_ids) + 1],
            samplers=[_sampler(flight)],
        )
        self._running[uid] = flight

    def _end(self, uid: int, reason: FinishReason, out: Output, error: str = "") -> None:
        self._generator.remove([uid])
        out += self._running.pop(uid).end(reason, error)


def _sampler(flight: Flight) -> Callable[[Any], Any]:
    """Picks as every engine of ours does, from the request's own seed; −1 where the logits are no numbers."""
    import mlx.core as mx

    def sample(rows: Any) -> Any:
        try:
            return mx.array([pick(np.array(rows[0].astype(mx.float32)), flight.request.settings, flight.rng)])
        except FloatingPointError:
            return mx.array([-1])

    return sample


def _generator(model: Any, capacity: int) -> Any:
    from mlx_lm.generate import BatchGenerator

    return BatchGenerator(
        model,
        completion_batch_size=capacity,
        prefill_batch_size=min(PREFILL_SEQUENCES, capacity),
        prefill_step_size=PREFILL_TOKENS,
    )


def _load(header: Header) -> tuple[Any, str]:
    """The model with the file's weights, and the type it computes in."""
    try:
        import mlx.core as mx

        from orca_local.engines.mlx_model import load_model
    except ImportError as error:
        raise MissingError(f"MLX cannot be loaded: {error}", hint='pip install "orca-local[mlx]"') from error
    # The CPU build is for tests, and has no fast products of 16 bits.
    dtype = mx.float32 if mx.default_device().type == mx.cpu else mx.float16
    return load_model(header, dtype).module, str(dtype).rpartition(".")[2]
