"""Training steps in PyTorch, on the CPU or an NVIDIA card."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import torch
from torch import nn

from orca_local.adapters.adapter import Adapter, Pair
from orca_local.domain.errors import OutOfMemory
from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import Header
from orca_local.system.memory import free_memory, peak_memory, resident_memory
from orca_local.train.batches import Batch
from orca_local.train.choose import Trainer
from orca_local.train.loop import StepResult
from orca_local.train.memory import Machine
from orca_local.train.recipe import Recipe
from orca_local.train.state import TrainState, initial_adapter
from orca_local.train.torch.heap import Heap
from orca_local.train.torch.lora import WholeWeight
from orca_local.train.torch.memory import memory_failure
from orca_local.train.torch.model import StudentModel
from orca_local.train.torch.nf4 import BYTES as NF4_BYTES
from orca_local.train.torch.nf4 import Nf4Weight

CPU_TOKENS, CUDA_TOKENS = 1536, 16384
"""Tokens that are computed together well; their activations take about 0.6 MB each for a student of 135M parameters."""

CPU_KEPT_SHARE = 1.4
"""Of what is counted for a token, with what the C library keeps of it from step to step and what does not fit in there.
Batches of 2,200 to 3,100 tokens of GSM8K rows took 3.2 GB at the peak, where 2.5 would be counted without."""

CUDA_KEPT_SHARE = 1.15
"""The same for a card: attention is laid out in rectangles. Steps of 2,700 tokens took 1.92 GB where 1.79 had been
counted, with rectangles that were padded by 65 %; by more than 100 % they never are."""

_LEAST = torch.finfo(torch.float32).tiny

_MOMENTS = ("exp_avg", "exp_avg_sq")
"""What PyTorch calls the two."""

P = ParamSpec("P")
R = TypeVar("R")


def choose_device() -> torch.device:
    """The first CUDA card, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def choose_dtype(compute: str, device: torch.device) -> torch.dtype:
    """`auto` is bfloat16 only where it is computed in hardware: elsewhere it is slower than float32, not faster."""
    if compute == "float32":
        return torch.float32
    if compute == "bfloat16":
        return torch.bfloat16
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    fast = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if fast and _has_bf16_instructions() else torch.float32


def head_positions(device: torch.device) -> int:
    """Positions whose logits are computed at once: more would be faster by little, and take the memory of them all."""
    return 2048 if device.type == "cuda" else 512


def _has_bf16_instructions() -> bool:
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def in_own_thread(method: Callable[Concatenate[TorchBackend, P], R]) -> Callable[Concatenate[TorchBackend, P], R]:
    """Run a method in the backend's thread.

    PyTorch and llama.cpp both configure the AMX tiles of the thread they compute in, and llama.cpp only once:
    after a step of training in the same thread it would compute something else, or end the process.
    """

    @wraps(method)
    def run(self: TorchBackend, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return self.thread.submit(method, self, *args, **kwargs).result()
        except (RuntimeError, MemoryError) as error:
            failed = memory_failure(error)
            if failed is None:
                raise
        finally:
            if self.heap is not None:
                self.heap.tidy()
        # Raised out here: the other error would keep the tensors of its frames alive.
        raise failed

    return run


class TorchBackend:
    """A frozen student with a LoRA adapter and its optimizer."""

    def __init__(
        self,
        header: Header,
        recipe: Recipe,
        compute: str,
        *,
        pack_tokens: int = CPU_TOKENS,
        gradient_checkpointing: bool = False,
    ) -> None:
        self.thread = ThreadPoolExecutor(1, "torch")
        self.device = choose_device()
        self.dtype = choose_dtype(compute, self.device)
        self._pack_tokens, self._checkpointed = pack_tokens, gradient_checkpointing
        self._recipe = recipe
        # On a card the fused causal kernels are worth more than what sharing saves.
        self._shares_prefix = self.device.type == "cpu"
        self._steps, self._is_fresh = 0, True
        self._began_with = resident_memory() or 0
        try:
            hold = Nf4Weight if recipe.quantize_base == "nf4" else WholeWeight
            self._model = StudentModel(header, self.dtype, self.device, hold)
            self._groups = self._model.groups()
            self._start = initial_adapter(header, recipe)
            self._parameters = [p for group in self._groups for p in group.add_update(self._start, recipe.dropout)]
        except (RuntimeError, MemoryError) as error:
            failed = memory_failure(error)
            if failed is None:
                raise
            message = f"the student does not fit the memory ({failed.message})"
            raise OutOfMemory(message, hint="choose a smaller student") from error
        self._optimizer = torch.optim.AdamW(
            self._parameters,
            lr=recipe.learning_rate,
            betas=(0.9, 0.999),
            eps=1e-8,
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        self.heap = Heap() if self.device.type == "cpu" else None
        # Now, not in the first step: a step that ends for want of memory must not be half done.
        for parameter in self._parameters:
            self._optimizer.state[parameter] = {
                "step": torch.tensor(0.0, device=self.device),
                **{key: torch.zeros_like(parameter) for key in _MOMENTS},
            }

    def peak_bytes(self) -> int | None:
        """The most memory that was in use at once: of the card, or of the process beyond what it began with."""
        if self.device.type == "cuda":
            return int(torch.cuda.max_memory_allocated())
        peak = peak_memory()
        return None if peak is None else max(0, peak - self._began_with)

    @in_own_thread
    def step(self, batch: Batch, learning_rate: float) -> StepResult:
        """One optimizer step; see `TrainBackend`."""
        self._model.train()
        self._refresh()
        total = 0.0
        try:
            for number, part in enumerate(batch.parts(self._pack_tokens)):
                self._seed(number)
                hidden = self._model(part, share_prefix=self._shares_prefix, checkpointed=self._checkpointed)
                loss, grad = self._head(hidden.detach(), part, with_grad=True)
                hidden.backward(grad.div_(len(batch.target)))
                total += loss
            norm = float(nn.utils.clip_grad_norm_(self._parameters, self._recipe.max_grad_norm))
            if math.isfinite(total) and math.isfinite(norm):
                for group in self._optimizer.param_groups:
                    group["lr"] = learning_rate
                self._optimizer.step()
                self._steps, self._is_fresh = self._steps + 1, False
        finally:
            self._optimizer.zero_grad(set_to_none=True)
        return StepResult(total / len(batch.target), len(batch.target), norm)

    @in_own_thread
    def evaluate(self, batch: Batch) -> StepResult:
        """The loss alone; see `TrainBackend`."""
        self._model.eval()
        self._refresh()
        total = 0.0
        with torch.no_grad():
            for part in batch.parts(self._pack_tokens):
                total += self._head(self._model(part, share_prefix=self._shares_prefix), part, with_grad=False)[0]
        return StepResult(total / len(batch.target), len(batch.target))

    def _refresh(self) -> None:
        """Let the products take over what the last step changed: not in that step, which would be done by half."""
        if not self._is_fresh:
            for group in self._groups:
                group.refresh()
            self._is_fresh = True

    def _seed(self, part: int) -> None:
        """What dropout draws depends on the place in the training alone."""
        seeds = np.random.SeedSequence([self._recipe.seed, self._steps, part]).generate_state(len(self._groups))
        for group, seed in zip(self._groups, seeds, strict=True):
            group.seed = int(seed)

    def _head(self, hidden: Any, batch: Batch, *, with_grad: bool) -> tuple[float, Any]:
        """Summed cross-entropy and its gradient in the hidden states, a chunk of positions at a time.

        The vocabulary head is most of a small model: it is computed where there is loss, and nowhere else.
        """
        weight = self._model.head
        target = torch.from_numpy(batch.target).to(self.device)
        grad = torch.empty_like(hidden) if with_grad else None
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        step = min(head_positions(self.device), len(target))
        shape = (step, len(weight))
        # The same memory for every chunk: to get new pages from the system takes as long as to fill them.
        products = torch.empty(shape, dtype=weight.dtype, device=self.device)
        wide = products if weight.dtype == torch.float32 else torch.empty(shape, device=self.device)
        with torch.no_grad():
            for start in range(0, len(target), step):
                words = target[start : start + step, None]
                product, slope = products[: len(words)], wide[: len(words)]
                torch.mm(hidden[start : start + step], weight.t(), out=product)
                torch.softmax(product, dim=-1, dtype=torch.float32, out=slope)
                # Below float32's least normal number a logarithm would be infinite: such a loss counts as 87 nats.
                total -= slope.gather(1, words).clamp_(min=_LEAST).log_().sum()
                if grad is not None:
                    slope.scatter_add_(1, words, slope.new_full(words.shape, -1.0))
                    torch.mm(product.copy_(slope), weight, out=grad[start : start + step])
        # Read once: each look at a card's number waits for the card.
        return float(total), grad

    def adapter(self) -> Adapter:
        """The update as it stands."""
        pairs = {name: pair for group in self._groups for name, pair in group.split(group.a, group.b).items()}
        return replace(self._start, layers=pairs)

    @in_own_thread
    def state(self) -> TrainState:
        """Adapter and moments; see `TrainBackend`."""
        moments: list[dict[str, Pair]] = []
        for key in _MOMENTS:
            moments.append({})
            for group in self._groups:
                if group.places:
                    moments[-1] |= group.split(*(self._optimizer.state[half][key] for half in (group.a, group.b)))
        return TrainState(self.adapter(), *moments)

    def restore(self, state: TrainState, steps: int) -> None:
        """Go on from there; see `TrainBackend`."""
        self._steps = steps
        for group in self._groups:
            if not group.places:
                continue
            group.set_update(state.adapter.layers)
            moments = zip(_MOMENTS, (state.first_moments, state.second_moments), strict=True)
            joined = {key: group.join(pairs) for key, pairs in moments}
            for i, half in enumerate((group.a, group.b)):
                values = {key: pair[i].to(self.device) for key, pair in joined.items()}
                self._optimizer.state[half] = {"step": torch.tensor(float(steps), device=self.device), **values}


class TorchTrainer(Trainer):
    """PyTorch on the first CUDA card, else on the CPU."""

    make = TorchBackend

    def __init__(self, header: Header, settings: TrainSettings) -> None:
        super().__init__(header, settings)
        self._device = choose_device()
        self._dtype = choose_dtype(settings.compute, self._device)
        size = self._dtype.itemsize
        on_card = self._device.type == "cuda"
        self.machine = Machine(
            name=f"{self._device.type} {str(self._dtype).removeprefix('torch.')}",
            number_bytes=size,
            free=int(torch.cuda.mem_get_info()[0]) if on_card else free_memory(),
            pack_tokens=CUDA_TOKENS if on_card else CPU_TOKENS,
            head_positions=head_positions(self._device),
            weight_bytes={"none": size, "nf4": NF4_BYTES},
            kept_share=CUDA_KEPT_SHARE if on_card else CPU_KEPT_SHARE,
        )
