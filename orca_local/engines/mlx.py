"""Generates with MLX: on Apple Silicon, on NVIDIA GPUs and, for tests, with its CPU build.

The weights are read from the GGUF as the trainer reads them, and llama.cpp's vocabulary tokenizes. mlx-lm provides the
model classes and the batch generator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from orca_local.domain.errors import MissingError
from orca_local.domain.settings import EngineSettings
from orca_local.domain.types import FinishReason, Request
from orca_local.engines.active_request import ActiveRequest, cancelled
from orca_local.engines.base import Logits, Output
from orca_local.engines.request_queue import RequestQueue, check_prompt, check_vocabulary
from orca_local.engines.sampling import sample_token
from orca_local.engines.scoring import Scorer
from orca_local.gguf.decoder import max_row_length
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.tokenizer import Tokenizer

PREFILL_SEQUENCES, PREFILL_TOKENS = 8, 512


class MlxEngine(Scorer):
    """The engine for a GGUF file on MLX; implements `ScoringEngine`. Not thread-safe: one thread owns it."""

    def __init__(self, path: Path, settings: EngineSettings) -> None:
        """Load `path`. Raises `MissingError` without MLX, `InputError` for a model that it cannot compute."""
        header = read_header(path)
        self._model, self.fingerprint = _load(header)
        self._tokenizer = Tokenizer(path)
        self.capacity = settings.capacity
        self.context = min(settings.context, max_row_length(header) or settings.context)
        self.vocab_size = header.tensor_map["token_embd.weight"].shape[0]
        self._queue = RequestQueue()
        self._running: dict[int, ActiveRequest] = {}
        self._ended: Output = []
        self._generator: Any = _generator(self._model, settings.capacity)

    def submit(self, request: Request) -> None:
        """See `Engine`. Raises `InputError` as well if a token id is outside the vocabulary."""
        check_prompt(request.token_ids, self.context)
        check_vocabulary(request.token_ids, self.vocab_size)
        self._queue.add(request, {active.request.id for active in self._running.values()})

    def cancel(self, request_id: str) -> None:
        """See `Engine`."""
        if request := self._queue.remove(request_id):
            self._ended += cancelled(request)
        for uid, active in list(self._running.items()):
            if active.request.id == request_id:
                self._finish(uid, "cancelled", self._ended)

    def step(self) -> Output:
        """Start waiting requests, then advance all running ones by one token or one part of their prompts."""
        out, self._ended = self._ended, []
        while self._queue and len(self._running) < self.capacity:
            self._start(ActiveRequest(self._queue.pop(), self.context))
        if not self._running:
            return out
        _, generated = self._generator.next()
        for response in generated:
            active = self._running.get(response.uid)
            if active is None:
                continue
            token = int(response.token)
            if token < 0:
                self._finish(response.uid, "error", out, "the model's logits are not finite")
                continue
            deltas, reason = active.append(token, self._tokenizer.piece(token), is_end=self._tokenizer.is_end(token))
            out += deltas
            if reason:
                self._finish(response.uid, reason, out)
        return out

    def close(self) -> None:
        """See `Engine`."""
        if self._generator is not None:
            self._generator.close()
            self._tokenizer.close()
        self._generator = self._model = None

    def iter_logits(self, token_ids: Sequence[int], positions: Sequence[int]) -> Iterator[Logits]:
        """See `ScoringEngine`. Yields one float32 array of shape [positions, vocabulary]."""
        import mlx.core as mx

        if len(positions):
            logits = self._model(mx.array([list(token_ids)]))[0, mx.array(list(positions))]
            yield np.array(logits.astype(mx.float32))

    def _start(self, active: ActiveRequest) -> None:
        ids = list(active.request.token_ids)
        (uid,) = self._generator.insert(
            [ids],
            # One more than allowed, so that this engine ends the request and not the generator.
            max_tokens=[active.max_length - len(ids) + 1],
            samplers=[_sampler(active)],
        )
        self._running[uid] = active

    def _finish(self, uid: int, reason: FinishReason, out: Output, error: str = "") -> None:
        self._generator.remove([uid])
        out += self._running.pop(uid).finish(reason, error)


def _sampler(active: ActiveRequest) -> Callable[[Any], Any]:
    """A sampler for mlx-lm that draws as our other engines do; it returns −1 if the logits are not finite."""
    import mlx.core as mx

    def sample(rows: Any) -> Any:
        try:
            logits = np.array(rows[0].astype(mx.float32))
            return mx.array([sample_token(logits, active.request.settings, active.rng)])
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
    """mlx-lm's model with the file's weights, and its fingerprint: version, device and compute type."""
    try:
        import mlx.core as mx

        from orca_local.engines.mlx_model import load_model
    except ImportError as error:
        raise MissingError(f"MLX cannot be loaded: {error}", hint='pip install "orca-local[mlx]"') from error
    # The CPU build is for tests and multiplies 16-bit numbers slowly.
    device = mx.default_device().type
    dtype = mx.float32 if device == mx.cpu else mx.float16
    fingerprint = f"mlx {version('mlx')} {device.name} {str(dtype).rpartition('.')[2]}"
    return load_model(header, dtype).module, fingerprint
