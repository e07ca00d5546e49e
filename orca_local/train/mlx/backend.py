"""Training steps in MLX, on Apple Silicon, an NVIDIA GPU or, for tests, the CPU."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import mlx.core as mx
import numpy as np
from mlx.optimizers import AdamW
from mlx.utils import tree_map
from mlx_lm.utils import maybe_set_recommended_wired_limit

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import InputError
from orca_local.domain.settings import TrainSettings
from orca_local.engines.mlx_model import MlxModel, load_model, matrix_types, require_blocks
from orca_local.gguf.affine import AFFINE_BITS, BLOCK
from orca_local.gguf.decoder import read_decoder
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import linear_layers
from orca_local.system.memory import free_memory
from orca_local.train.backend import Framework, StepResult
from orca_local.train.batches import Batch
from orca_local.train.memory import MAX_SHARE, Machine
from orca_local.train.mlx.faults import explain_fault
from orca_local.train.mlx.flat_adapter import FlatAdapter, vector_norm
from orca_local.train.mlx.head import CHUNKS_IN_FLIGHT, chunk_positions
from orca_local.train.mlx.inputs import Arrays, batch_arrays, needs_few_shapes, padded_arrays, padded_length
from orca_local.train.mlx.lora import add_updates
from orca_local.train.mlx.passes import Passes
from orca_local.train.recipe import Recipe
from orca_local.train.state import TrainState, initial_adapter

P = ParamSpec("P")
R = TypeVar("R")

CPU_TOKENS, GPU_TOKENS = 2048, 8192
"""Maximum number of tokens per forward pass, if there is memory for their activations."""
ACTIVATION_OVERHEAD = 2.0
"""Measured activation memory divided by our estimate: 1.3 to 2.0 on the CPU build, most for gemma3. Intermediate
results of a block live as long as the graph."""


def choose_dtype(compute: str) -> mx.Dtype:
    """The data type for `train.compute`. `auto` is bfloat16 on a GPU; on the CPU, 16-bit products are slow."""
    if compute == "auto":
        compute = "float32" if _is_on_cpu() else "bfloat16"
    return {"float32": mx.float32, "bfloat16": mx.bfloat16}[compute]


def _is_on_cpu() -> bool:
    return bool(mx.default_device().type == mx.cpu)


def translate_faults(method: Callable[Concatenate[MlxBackend, P], R]) -> Callable[Concatenate[MlxBackend, P], R]:
    """Decorator that turns MLX's errors into ours, and clears MLX's cache unless the next call can reuse it."""

    @wraps(method)
    def run(self: MlxBackend, /, *args: P.args, **kwargs: P.kwargs) -> R:
        keeps_cache = False
        try:
            result = method(self, *args, **kwargs)
            keeps_cache = self.keeps_cache()
            return result
        except (RuntimeError, MemoryError) as error:
            fault = explain_fault(str(error))
            if fault is None:
                raise
        finally:
            if not keeps_cache:
                mx.clear_cache()
        # Raised outside the handler: the original error would keep the arrays of its frames alive.
        raise fault

    return run


class MlxBackend:
    """A frozen student with a LoRA adapter and its optimizer."""

    def __init__(
        self,
        header: Header,
        recipe: Recipe,
        compute: str,
        *,
        pack_tokens: int = CPU_TOKENS,
        gradient_checkpointing: bool = False,
        few_shapes: bool | None = None,
        max_cache_bytes: float | None = None,
    ) -> None:
        """`few_shapes` (default: if the device needs it) pads batches, see `inputs.py`.

        `max_cache_bytes` limits the freed memory that is kept between steps; by default it is the free memory that a
        memory plan leaves to other programs. Raises `InputError` for a student or recipe that MLX cannot train.
        """
        if recipe.quantize_base == "nf4":
            raise InputError("MLX has no NF4", hint='set train.quantize_base to "as_is" or "none", or use torch')
        self._recipe, self._pack_tokens = recipe, pack_tokens
        self._few_shapes = needs_few_shapes() if few_shapes is None else few_shapes
        self._max_cache_bytes = (1 - MAX_SHARE) * (_free_memory() or 0) if max_cache_bytes is None else max_cache_bytes
        self.dtype = choose_dtype(compute)
        mx.reset_peak_memory()
        maybe_set_recommended_wired_limit()
        model = self._load(header, keep_blocks=recipe.quantize_base == "as_is")
        self._initial = initial_adapter(header, recipe)
        self._layers = add_updates(model.module, self._initial, recipe.dropout)
        self._passes = Passes(model, self._layers)
        self._gradients = self._passes.checkpointed_gradients if gradient_checkpointing else self._passes.gradients
        self._targets_multiple = chunk_positions(model.decoder.vocab_size)
        self._steps = 0
        self._flat = FlatAdapter(self._initial.layers, self._initial.scale)
        # Always float32, regardless of the data type of the products: a bfloat16 sum of many small steps would lose
        # most of them.
        self._vector = self._flat.join(self._initial.layers)
        self._optimizer = AdamW(
            recipe.learning_rate,
            betas=[0.9, 0.999],
            eps=1e-8,
            weight_decay=recipe.weight_decay,
            bias_correction=True,
        )
        self._optimizer.init({"adapter": self._vector})

    @translate_faults
    def _load(self, header: Header, *, keep_blocks: bool) -> MlxModel:
        try:
            return load_model(header, self.dtype, keep_blocks=keep_blocks)
        finally:
            mx.clear_cache()  # float32 buffers from loading, which no step can reuse

    def keeps_cache(self) -> bool:
        """Whether the memory that MLX has freed stays cached: the next step can reuse it only if shapes are few."""
        limit = min(mx.get_peak_memory(), self._max_cache_bytes)
        return self._few_shapes and mx.get_cache_memory() <= limit

    @translate_faults
    def step(self, batch: Batch, learning_rate: float) -> StepResult:
        """Take one optimizer step; see `TrainBackend`."""
        count = len(batch.target)
        total, gradient = self._summed_gradient(batch)
        result = StepResult(total / count, count, float(vector_norm(gradient)) / count)
        # Metal reports a failed command only when synchronizing: do it before anything changes.
        mx.synchronize()
        if np.isfinite(result.loss) and np.isfinite(result.grad_norm):
            factor = min(1.0, self._recipe.max_grad_norm / (result.grad_norm + 1e-6)) / count
            self._update(gradient * factor, learning_rate)
        return result

    def _update(self, gradient: mx.array, learning_rate: float) -> None:
        before = tree_map(lambda x: x, self._optimizer.state)
        self._optimizer.learning_rate = learning_rate
        try:
            updated = self._optimizer.apply_gradients({"adapter": gradient}, {"adapter": self._vector})
            mx.eval(updated, self._optimizer.state)
        except BaseException:
            self._optimizer.state = before
            raise
        self._vector = updated["adapter"]
        self._steps += 1

    @translate_faults
    def evaluate(self, batch: Batch) -> StepResult:
        """Compute the loss without a gradient; see `TrainBackend`."""
        self._seed_dropout(None)
        layers, total = self._flat.layers(self._vector, self.dtype), 0.0
        for part in self._split(batch):
            total += self._passes.loss(layers, part).item()
        return StepResult(total / len(batch.target), len(batch.target))

    def _split(self, batch: Batch) -> list[Arrays]:
        """The batch as padded arrays that each fit the memory plan."""
        if not self._few_shapes:
            return [batch_arrays(part) for part in batch.split_padded(self._pack_tokens, int)]
        parts = batch.split_padded(self._pack_tokens, padded_length)
        return [padded_arrays(part, self._targets_multiple) for part in parts]

    def _summed_gradient(self, batch: Batch) -> tuple[float, mx.array]:
        """Sum of the losses in nats, and its gradient in the adapter's vector, one part of the batch at a time."""
        layers = self._flat.layers(self._vector, self.dtype)
        total, gradient = 0.0, None
        for number, part in enumerate(self._split(batch)):
            self._seed_dropout(number)
            loss, layer_gradients = self._gradients(layers, part)
            joined = self._flat.gradient(layer_gradients)
            gradient = joined if gradient is None else gradient + joined
            del layer_gradients
            mx.eval(loss, gradient)
            total += loss.item()
        assert gradient is not None, "a batch has rows"
        return total, gradient

    def _seed_dropout(self, part: int | None) -> None:
        """Derive dropout's random seeds from the recipe's seed, the step and the part; None turns dropout off."""
        seeds: list[int | None] = [None] * len(self._layers)
        if part is not None and self._recipe.dropout:
            entropy = [self._recipe.seed, self._steps, part]
            seeds = [int(seed) for seed in np.random.SeedSequence(entropy).generate_state(len(seeds))]
        for layer, seed in zip(self._layers.values(), seeds, strict=True):
            layer.seed(seed)

    def adapter(self) -> Adapter:
        """The current adapter; see `TrainBackend`."""
        return replace(self._initial, layers=self._flat.split(self._vector))

    def state(self) -> TrainState:
        """Adapter and moments; see `TrainBackend`."""
        moments = self._optimizer.state["adapter"]
        return TrainState(self.adapter(), self._flat.split(moments["m"]), self._flat.split(moments["v"]))

    def restore(self, state: TrainState, steps: int) -> None:
        """Load a state; see `TrainBackend`."""
        self._steps = steps
        parts = (state.adapter.layers, state.first_moments, state.second_moments)
        self._vector, first, second = map(self._flat.join, parts)
        self._optimizer.init({"adapter": self._vector})
        self._optimizer.state["step"] = mx.array(steps, mx.uint64)
        self._optimizer.state["adapter"] = {"m": first, "v": second}

    def peak_bytes(self) -> int | None:
        """Peak memory of MLX since the backend was created, in bytes."""
        return int(mx.get_peak_memory())


class MlxFramework(Framework):
    """MLX on its default device: Metal, CUDA or the CPU."""

    make = MlxBackend

    def __init__(self, header: Header, settings: TrainSettings) -> None:
        """Raises `InputError` if the file's blocks are to be kept but it has none that MLX supports."""
        super().__init__(header, settings)
        if settings.quantize_base == "as_is":
            require_blocks(header)
        dtype = choose_dtype(settings.compute)
        linear = [layer.gguf_name for layer in linear_layers(header)]
        experts = [tensor.name for tensor in header.tensors if len(tensor.shape) == 3]
        self.machine = Machine(
            name=f"mlx {mx.default_device().type.name} {str(dtype).rpartition('.')[2]}",
            value_bytes=dtype.size,
            free=_free_memory(),
            pack_tokens=CPU_TOKENS if _is_on_cpu() else GPU_TOKENS,
            head_positions=CHUNKS_IN_FLIGHT * chunk_positions(read_decoder(header).vocab_size),
            weight_bytes={"none": dtype.size, "as_is": _mean_weight_bytes(header, linear, dtype.size)},
            expert_bytes={"none": dtype.size, "as_is": _mean_weight_bytes(header, experts, dtype.size)},
            keeps_expert_activations=True,
            activation_overhead=ACTIVATION_OVERHEAD,
            padded_length=padded_length if needs_few_shapes() else int,
            notes=_notes(header, settings),
        )


def _notes(header: Header, settings: TrainSettings) -> tuple[str, ...]:
    notes = []
    if _is_on_cpu():
        notes.append("MLX computes on the CPU here; PyTorch is several times faster")
    if settings.quantize_base == "as_is":
        other = [f"{count} of {kind}" for kind, count in matrix_types(header).items() if kind not in AFFINE_BITS]
        if other:
            notes.append(
                f"MLX has no blocks for the types of some matrices, so they are dequantized: {', '.join(other)}"
            )
    return tuple(notes)


def _free_memory() -> int | None:
    """Bytes that MLX may use: macOS's recommendation, the GPU's free memory, or the machine's free memory."""
    if _is_on_cpu():
        return free_memory()
    info = mx.device_info()
    if free := info.get("free_memory"):  # memory in use is already subtracted
        return int(free)
    sizes = (info.get(key) for key in ("max_recommended_working_set_size", "total_memory"))
    return next((int(size) - mx.get_active_memory() for size in sizes if size), None)


def _mean_weight_bytes(header: Header, names: Sequence[str], value_bytes: int) -> float:
    """Mean number of bytes per weight of these matrices if the file's own quantization is kept; 0 without any."""
    weights = total = 0.0
    for tensor in (header.tensor_map[name] for name in names):
        bits = AFFINE_BITS.get(tensor.type_name)
        count = math.prod(tensor.shape)
        weights += count
        total += count * (value_bytes if bits is None else bits / 8 + 2 * value_bytes / BLOCK)
    return total / max(weights, 1)
