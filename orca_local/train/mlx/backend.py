"""Training steps in MLX, on Apple Silicon, an NVIDIA card or, for tests, the CPU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

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
from orca_local.train.batches import Batch
from orca_local.train.choose import Trainer
from orca_local.train.loop import StepResult
from orca_local.train.memory import SHARE, Machine
from orca_local.train.mlx.faults import explain_fault
from orca_local.train.mlx.flat_adapter import FlatAdapter, norm
from orca_local.train.mlx.head import UNDER_WAY, chunk_positions
from orca_local.train.mlx.inputs import Arrays, arrays_of, in_few_shapes, padded_length, shapes_cost
from orca_local.train.mlx.lora import add_updates
from orca_local.train.mlx.passes import Passes
from orca_local.train.recipe import Recipe
from orca_local.train.state import TrainState, initial_adapter

P = ParamSpec("P")
R = TypeVar("R")

CPU_TOKENS, GPU_TOKENS = 2048, 8192
"""Tokens whose activations are in memory at once, where there is memory for them."""
KEPT_SHARE = 2.0
"""Measured on the CPU build: 1.3 to 2.0, most for gemma3; intermediate results of a block live as long as the graph."""


def choose_dtype(compute: str) -> Any:
    """`auto` is bfloat16 on a GPU; the CPU build has no fast products of 16 bits."""
    if compute == "auto":
        compute = "float32" if _on_cpu() else "bfloat16"
    return {"float32": mx.float32, "bfloat16": mx.bfloat16}[compute]


def _on_cpu() -> bool:
    return bool(mx.default_device().type == mx.cpu)


def explained(method: Callable[P, R]) -> Callable[P, R]:
    """Say what a failure of MLX means to the user, and give back what the call has freed and no next one will take."""

    @wraps(method)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        done = False
        try:
            result = method(*args, **kwargs)
            done = True
            return result
        except (RuntimeError, MemoryError) as error:
            failed = explain_fault(str(error))
            if failed is None:
                raise
        finally:
            if not done or not _fits_the_next():
                mx.clear_cache()
        # Raised out here: the other error would keep the arrays of its frames alive.
        raise failed

    return run


def _fits_the_next() -> bool:
    """What one batch freed fits the next where shapes are few, and seldom elsewhere."""
    return shapes_cost() and mx.get_cache_memory() <= min(mx.get_peak_memory(), _left_free())


@cache
def _left_free() -> float:
    """Bytes that a plan leaves to others, of what is free when a training begins."""
    return (1 - SHARE) * (_free_memory() or 0)


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
    ) -> None:
        """`few_shapes` (None: where it pays): see `mlx_inputs`.

        Raises `InputError` for a student or a recipe that MLX cannot train.
        """
        if recipe.quantize_base == "nf4":
            raise InputError("MLX has no NF4", hint='set train.quantize_base to "as_is" or "none", or use torch')
        self._recipe, self._pack_tokens = recipe, pack_tokens
        self.dtype = choose_dtype(compute)
        mx.reset_peak_memory()
        maybe_set_recommended_wired_limit()
        model = _loaded(header, self.dtype, keep_blocks=recipe.quantize_base == "as_is")
        self._start = initial_adapter(header, recipe)
        self._layers = add_updates(model.module, self._start, recipe.dropout)
        self._passes = Passes(model, self._layers)
        self._part_gradients = self._passes.lean_gradients if gradient_checkpointing else self._passes.gradients
        self._few_shapes = shapes_cost() if few_shapes is None else few_shapes
        self._targets_step = chunk_positions(model.decoder.vocab_size)
        self._steps = 0
        self._flat = FlatAdapter(self._start.layers, self._start.scale)
        # Float32, whatever the computation's type: a bfloat16 sum of many small steps would lose most of them.
        self._vector = self._flat.join(self._start.layers)
        self._optimizer = AdamW(
            recipe.learning_rate,
            betas=[0.9, 0.999],
            eps=1e-8,
            weight_decay=recipe.weight_decay,
            bias_correction=True,
        )
        self._optimizer.init({"adapter": self._vector})

    @explained
    def step(self, batch: Batch, learning_rate: float) -> StepResult:
        """One optimizer step; see `TrainBackend`."""
        count = len(batch.target)
        total, gradient = self._gradient(batch)
        result = StepResult(total / count, count, norm(gradient).item() / count)
        # Metal says that a command has failed only at such points: here, before anything is changed by it.
        mx.synchronize()
        if np.isfinite(result.loss) and np.isfinite(result.grad_norm):
            clipped = min(1.0, self._recipe.max_grad_norm / (result.grad_norm + 1e-6)) / count
            self._update(gradient * clipped, learning_rate)
        return result

    def _update(self, gradient: Any, learning_rate: float) -> None:
        before = tree_map(lambda x: x, self._optimizer.state)
        self._optimizer.learning_rate = learning_rate
        try:
            changed = self._optimizer.apply_gradients({"adapter": gradient}, {"adapter": self._vector})
            mx.eval(changed, self._optimizer.state)
        except BaseException:
            self._optimizer.state = before
            raise
        self._vector = changed["adapter"]
        self._steps += 1

    @explained
    def evaluate(self, batch: Batch) -> StepResult:
        """The loss alone; see `TrainBackend`."""
        self._seed(None)
        layers, total = self._flat.layers(self._vector, self.dtype), 0.0
        for part in self._parts(batch):
            total += self._passes.loss(layers, part).item()
        return StepResult(total / len(batch.target), len(batch.target))

    def _parts(self, batch: Batch) -> list[Arrays]:
        """The batch in rectangles that fit, a part of the step each."""
        if not self._few_shapes:
            return [arrays_of(part) for part in batch.rectangles(self._pack_tokens, int)]
        parts = batch.rectangles(self._pack_tokens, padded_length)
        return [in_few_shapes(part, self._targets_step) for part in parts]

    def _gradient(self, batch: Batch) -> tuple[float, Any]:
        """Summed loss, and the sum of its gradients in the vector, a part of the batch at a time."""
        layers = self._flat.layers(self._vector, self.dtype)
        total, gradient = 0.0, None
        for number, part in enumerate(self._parts(batch)):
            self._seed(number)
            loss, found = self._part_gradients(layers, part)
            joined = self._flat.gradient(found)
            gradient = joined if gradient is None else gradient + joined
            del found
            mx.eval(loss, gradient)
            total += loss.item()
        assert gradient is not None, "a batch has rows"
        return total, gradient

    def _seed(self, part: int | None) -> None:
        """What dropout draws depends on the place in the training alone; None for no dropout."""
        seeds: list[int | None] = [None] * len(self._layers)
        if part is not None and self._recipe.dropout:
            place = [self._recipe.seed, self._steps, part]
            seeds = [int(seed) for seed in np.random.SeedSequence(place).generate_state(len(seeds))]
        for layer, seed in zip(self._layers.values(), seeds, strict=True):
            layer.seed(seed)

    def adapter(self) -> Adapter:
        """The update as it stands."""
        return replace(self._start, layers=self._flat.split(self._vector))

    def state(self) -> TrainState:
        """Adapter and moments; see `TrainBackend`."""
        moments = self._optimizer.state["adapter"]
        return TrainState(self.adapter(), self._flat.split(moments["m"]), self._flat.split(moments["v"]))

    def restore(self, state: TrainState, steps: int) -> None:
        """Go on from there; see `TrainBackend`."""
        self._steps = steps
        parts = (state.adapter.layers, state.first_moments, state.second_moments)
        self._vector, first, second = map(self._flat.join, parts)
        self._optimizer.init({"adapter": self._vector})
        self._optimizer.state["step"] = mx.array(steps, mx.uint64)
        self._optimizer.state["adapter"] = {"m": first, "v": second}

    def peak_bytes(self) -> int | None:
        """Most memory that MLX has held since the backend was made."""
        return int(mx.get_peak_memory())


class MlxTrainer(Trainer):
    """MLX on its default device: Metal, CUDA or the CPU."""

    make = MlxBackend

    def __init__(self, header: Header, settings: TrainSettings) -> None:
        """Raises `InputError` where blocks are to be kept that the file does not have."""
        super().__init__(header, settings)
        if settings.quantize_base == "as_is":
            require_blocks(header)
        dtype = choose_dtype(settings.compute)
        self.machine = Machine(
            name=_describe(dtype),
            number_bytes=dtype.size,
            free=_free_memory(),
            pack_tokens=CPU_TOKENS if _on_cpu() else GPU_TOKENS,
            head_positions=UNDER_WAY * chunk_positions(read_decoder(header).vocab_size),
            weight_bytes={"none": dtype.size, "as_is": _kept_bytes(header, dtype.size)},
            kept_share=KEPT_SHARE,
            padded_length=padded_length if shapes_cost() else int,
            notes=_notes(header, settings),
        )


def _describe(dtype: Any) -> str:
    return f"mlx {mx.default_device().type.name} {str(dtype).rpartition('.')[2]}"


def _notes(header: Header, settings: TrainSettings) -> tuple[str, ...]:
    notes = []
    if _on_cpu():
        notes.append("MLX computes on the processor here, where PyTorch is several times faster")
    if settings.quantize_base == "as_is":
        whole = [f"{count} of {kind}" for kind, count in matrix_types(header).items() if kind not in AFFINE_BITS]
        if whole:
            notes.append(f"matrices of types that MLX has no blocks for are held whole: {', '.join(whole)}")
    return tuple(notes)


def _free_memory() -> int | None:
    """Bytes that MLX may take: what macOS recommends, what a card has, or what is free on the machine."""
    if _on_cpu():
        return free_memory()
    info = mx.device_info()
    if free := info.get("free_memory"):  # what is held is not in it
        return int(free)
    known = (info.get(key) for key in ("max_recommended_working_set_size", "total_memory"))
    return next((int(size) - mx.get_active_memory() for size in known if size), None)


def _kept_bytes(header: Header, size: int) -> float:
    """Bytes of a weight of the blocks, on average, where the file's own blocks are kept."""
    numbers = taken = 0.0
    for layer in linear_layers(header):
        bits = AFFINE_BITS.get(header.tensor_map[layer.gguf_name].type_name)
        count = layer.out_features * layer.in_features
        numbers += count
        taken += count * (size if bits is None else bits / 8 + 2 * size / BLOCK)
    return taken / numbers


@explained
def _loaded(header: Header, dtype: Any, *, keep_blocks: bool) -> MlxModel:
    try:
        return load_model(header, dtype, keep_blocks=keep_blocks)
    finally:
        mx.clear_cache()  # what loading freed, in float32, fits nothing of a step
