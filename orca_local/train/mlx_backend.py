"""Training steps in MLX, on Apple Silicon, an NVIDIA card or, for tests, the CPU."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from mlx.optimizers import AdamW
from mlx.utils import tree_map, tree_reduce
from mlx_lm.utils import maybe_set_recommended_wired_limit

from orca_local.adapters.adapter import Adapter, Pair
from orca_local.domain.errors import InputError
from orca_local.domain.settings import TrainSettings
from orca_local.engines.mlx_model import load_model
from orca_local.gguf.header import Header
from orca_local.train.batches import Batch
from orca_local.train.loop import StepResult
from orca_local.train.mlx_faults import explain_fault
from orca_local.train.mlx_lora import add_updates, checkpoint_blocks
from orca_local.train.recipe import Recipe
from orca_local.train.state import Moments, TrainState, start_adapter

HEAD_LOGITS = 1 << 24
"""Logits that are computed at once; MLX holds about ten times as many while they are under way."""
CPU_TOKENS, GPU_TOKENS = 2048, 4096
"""Tokens computed together where the settings leave it open."""

Parameters = dict[str, list[Any]]
"""Layer to its A and B, in float32."""


def choose_dtype(compute: str) -> Any:
    """`auto` is bfloat16 on a GPU; the CPU build has no fast products of 16 bits."""
    if compute == "auto":
        compute = "float32" if mx.default_device().type == mx.cpu else "bfloat16"
    return {"float32": mx.float32, "bfloat16": mx.bfloat16}[compute]


class MlxBackend:
    """A frozen student with a LoRA adapter and its optimizer."""

    def __init__(self, header: Header, recipe: Recipe, settings: TrainSettings) -> None:
        """Raises `InputError` for a student or a recipe that MLX cannot train."""
        if recipe.quantize_base == "nf4":
            raise InputError("MLX has no NF4", hint='set train.quantize_base to "as_is" or "none", or use torch')
        self._recipe = recipe
        on_cpu = mx.default_device().type == mx.cpu
        self._pack_tokens = settings.pack_tokens or (CPU_TOKENS if on_cpu else GPU_TOKENS)
        self.dtype = choose_dtype(settings.compute)
        mx.reset_peak_memory()
        maybe_set_recommended_wired_limit()
        with _explained():
            self._model = load_model(header, self.dtype, keep_blocks=recipe.quantize_base == "as_is")
        self._start = start_adapter(header, recipe)
        self._layers = add_updates(self._model.module, self._start, recipe.dropout)
        if settings.gradient_checkpointing == "on":
            checkpoint_blocks(self._model.module)
        self._steps = 0
        self._parameters = _from_pairs(self._start.layers)
        self._optimizer = AdamW(
            recipe.learning_rate,
            betas=[0.9, 0.999],
            eps=1e-8,
            weight_decay=recipe.weight_decay,
            bias_correction=True,
        )
        self._optimizer.init(self._parameters)
        self._loss_and_grad = mx.value_and_grad(self._loss)

    @property
    def compute(self) -> str:
        """Device and type of the computation, for the log."""
        return f"mlx {mx.default_device().type.name} {str(self.dtype).rpartition('.')[2]}"

    @property
    def widened(self) -> Mapping[str, int]:
        """Matrices that `as_is` could not keep in their blocks and holds whole, by their type in the file."""
        return self._model.widened

    def step(self, batch: Batch, learning_rate: float) -> StepResult:
        """One optimizer step; see `TrainBackend`."""
        count = len(batch.target)
        with _explained():
            total, gradients = self._gradients(batch)
            norm = mx.sqrt(tree_reduce(lambda sum_, g: sum_ + g.square().sum(), gradients, mx.array(0.0))) / count
            # On Metal a failed command is said only here; before anything is changed by what it left.
            mx.synchronize()
            result = StepResult(total / count, count, norm.item())
            if np.isfinite(result.loss) and np.isfinite(result.grad_norm):
                clipped = min(1.0, self._recipe.max_grad_norm / (result.grad_norm + 1e-6)) / count
                self._optimizer.learning_rate = learning_rate
                self._parameters = self._optimizer.apply_gradients(
                    tree_map(lambda g: g * clipped, gradients), self._parameters
                )
                mx.eval(self._parameters, self._optimizer.state)
                self._steps += 1
            # No two batches have the same shape, so what one freed seldom fits the next.
            mx.clear_cache()
        return result

    def evaluate(self, batch: Batch) -> StepResult:
        """The loss alone; see `TrainBackend`."""
        total = 0.0
        with _explained():
            self._seed(None)
            for part in batch.parts(self._pack_tokens):
                total += self._loss(self._parameters, *_arrays(part)).item()
            mx.clear_cache()
        return StepResult(total / len(batch.target), len(batch.target))

    def _gradients(self, batch: Batch) -> tuple[float, Any]:
        """Summed loss, and the sum of its gradients, a part of the batch at a time."""
        total, gradients = 0.0, None
        for number, part in enumerate(batch.parts(self._pack_tokens)):
            self._seed(number)
            loss, found = self._loss_and_grad(self._parameters, *_arrays(part))
            gradients = found if gradients is None else tree_map(mx.add, gradients, found)
            mx.eval(loss, gradients)
            total += loss.item()
        return total, gradients

    def _seed(self, part: int | None) -> None:
        """What dropout draws depends on the place in the training alone; None for no dropout."""
        seeds: list[int | None] = [None] * len(self._layers)
        if part is not None and self._recipe.dropout:
            place = [self._recipe.seed, self._steps, part]
            seeds = [int(seed) for seed in np.random.SeedSequence(place).generate_state(len(seeds))]
        for layer, seed in zip(self._layers.values(), seeds, strict=True):
            layer.seed(seed)

    def _loss(self, parameters: Parameters, token_ids: Any, row_index: Any, position: Any, target: Any) -> Any:
        """Summed cross-entropy of a part, of which the gradient in the parameters is taken."""
        for name, pair in parameters.items():
            self._layers[name].set_update(*pair)
        return self._head_loss(self._model.hidden(token_ids)[row_index, position], target)

    def _head_loss(self, hidden: Any, target: Any) -> Any:
        """Summed cross-entropy of hidden states [positions, width], a chunk of them at a time.

        The vocabulary head is most of a small model: it is computed where there is loss, and its gradient in the
        same pass.
        """

        chunk = max(16, HEAD_LOGITS // self._model.decoder.words)

        def chunk_loss(states: Any, words: Any) -> Any:
            return nn.losses.cross_entropy(self._model.head(states).astype(mx.float32), words, reduction="sum")

        @mx.custom_function
        def loss(states: Any) -> Any:
            total, slopes = mx.array(0.0), []
            for start in range(0, len(target), chunk):
                part = slice(start, start + chunk)
                # One after the other, or the logits of all would be in memory.
                (now,) = mx.depends([states[part]], [total, *slopes[-1:]])
                found, slope = mx.value_and_grad(chunk_loss)(now, target[part])
                total = total + found
                slopes.append(slope)
            return total, mx.concatenate(slopes)

        @loss.vjp
        def backward(_primals: Any, cotangents: Any, outputs: Any) -> Any:
            return cotangents[0].astype(hidden.dtype) * outputs[1]

        return loss(hidden)[0]

    def adapter(self) -> Adapter:
        """The update as it stands."""
        return replace(self._start, layers=_to_pairs(self._parameters))

    def state(self) -> TrainState:
        """Adapter and moments; see `TrainBackend`."""
        moments = (
            {name: (pair[0][key], pair[1][key]) for name, pair in self._moments().items()} for key in ("m", "v")
        )
        return TrainState(self.adapter(), *map(_to_pairs, moments))

    def restore(self, state: TrainState, steps: int) -> None:
        """Go on from there; see `TrainBackend`."""
        self._steps = steps
        self._parameters = _from_pairs(state.adapter.layers)
        first, second = _from_pairs(state.first_moments), _from_pairs(state.second_moments)
        self._optimizer.init(self._parameters)
        self._optimizer.state["step"] = mx.array(steps, mx.uint64)
        for name, pair in self._moments().items():
            for half, m, v in zip(pair, first[name], second[name], strict=True):
                half["m"], half["v"] = m, v

    def _moments(self) -> Mapping[str, Any]:
        return {name: self._optimizer.state[name] for name in self._parameters}

    def peak_bytes(self) -> int | None:
        """Most memory that MLX has held since the backend was made."""
        return int(mx.get_peak_memory())


def _arrays(batch: Batch) -> tuple[Any, ...]:
    return tuple(mx.array(part) for part in (batch.token_ids, batch.row_index, batch.position, batch.target))


def _from_pairs(layers: Moments) -> Parameters:
    return {name: [mx.array(half.astype(np.float32)) for half in pair] for name, pair in layers.items()}


def _to_pairs(parameters: Mapping[str, Any]) -> dict[str, Pair]:
    return {name: (np.array(a), np.array(b)) for name, (a, b) in parameters.items()}


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what MLX says of a card's failure into what the user can do about it."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        explained = explain_fault(str(error))
        if explained is None:
            raise
        raise explained from error
