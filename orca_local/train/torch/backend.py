"""Training steps in PyTorch, on the CPU or an NVIDIA GPU."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import torch
from torch import nn
from torch.optim.adamw import adamw

from orca_local.adapters.adapter import Adapter, Pair
from orca_local.domain.errors import OutOfMemory
from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import Header
from orca_local.system.memory import free_memory, peak_memory, resident_memory
from orca_local.train.backend import Framework, StepResult
from orca_local.train.batches import Batch
from orca_local.train.memory import Machine
from orca_local.train.recipe import Recipe
from orca_local.train.state import TrainState, initial_adapter
from orca_local.train.torch.heap import Heap
from orca_local.train.torch.lora import DenseWeight
from orca_local.train.torch.memory import as_out_of_memory
from orca_local.train.torch.model import StudentModel
from orca_local.train.torch.nf4 import BYTES_PER_WEIGHT, Nf4Weight

CPU_TOKENS, CUDA_TOKENS = 1536, 16384
"""Tokens per forward pass that compute efficiently. Activations take about 0.6 MB per token for 135M parameters."""

CPU_ACTIVATION_OVERHEAD = 1.4
"""Measured activation memory divided by our estimate, including memory that the C library keeps between steps.
Batches of 2,200 to 3,100 tokens of GSM8K rows took 3.2 GB at the peak; the estimate is 2.5 GB."""

BF16_CPU_ACTIVATION_OVERHEAD = 2.0
"""The same for bfloat16, in which norms, softmax and products also need float32. 2,800 tokens of GSM8K rows, 1,536 at a
time, took 1.4 GB more than the weights in the first step and up to 1.3 times that later; 0.9 GB are the activations."""

CPU_FRAMEWORK_BYTES, BF16_CPU_FRAMEWORK_BYTES = 100_000_000, 500_000_000
"""Threads and kernels. In bfloat16, PyTorch and oneDNN keep the kernels of every shape that they have seen."""

PRIMITIVE_CACHE = "64"
"""Number of oneDNN's primitives to keep. A pass needs about 30; the default of 1,024 takes gigabytes in bfloat16."""

CUDA_ACTIVATION_OVERHEAD = 1.15
"""The same for a GPU, where attention pads its rows. Steps of 2,700 tokens took 1.92 GB; the estimate is 1.79 GB. Rows
were padded by 65 % in that measurement; the limit is 100 %."""

_TINY = torch.finfo(torch.float32).tiny

P = ParamSpec("P")
R = TypeVar("R")


def choose_device() -> torch.device:
    """The first CUDA device, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def choose_dtype(compute: str, device: torch.device) -> torch.dtype:
    """The data type for `train.compute`.

    `auto` is bfloat16 only if the hardware computes it: in software it is slower than float32.
    """
    if compute == "float32":
        return torch.float32
    if compute == "bfloat16":
        return torch.bfloat16
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    fast = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if fast and _has_bf16_instructions() else torch.float32


def head_positions(device: torch.device) -> int:
    """Number of positions whose logits are computed at once. More would be little faster and take more memory."""
    return 2048 if device.type == "cuda" else 512


def _has_bf16_instructions() -> bool:
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def in_own_thread(method: Callable[Concatenate[TorchBackend, P], R]) -> Callable[Concatenate[TorchBackend, P], R]:
    """Decorator that runs a method in the backend's thread.

    PyTorch and llama.cpp both configure the AMX tiles of the thread they compute in, and llama.cpp does so only once.
    After a training step in the same thread, llama.cpp would compute wrong results or crash.
    """

    @wraps(method)
    def run(self: TorchBackend, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return self.thread.submit(method, self, *args, **kwargs).result()
        except (RuntimeError, MemoryError) as error:
            out_of_memory = as_out_of_memory(error)
            if out_of_memory is None:
                raise
        finally:
            if self.heap is not None:
                self.heap.after_step()
        # Raised outside the handler: the original error would keep the tensors of its frames alive.
        raise out_of_memory

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
        # oneDNN reads it once, when it computes for the first time.
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", PRIMITIVE_CACHE)
        self.thread = ThreadPoolExecutor(1, "torch")
        self.device = choose_device()
        self.dtype = choose_dtype(compute, self.device)
        self._pack_tokens, self._checkpointing = pack_tokens, gradient_checkpointing
        self._recipe = recipe
        # On a GPU, the fused causal attention kernels save more time than sharing the prefix.
        self._shares_prefix = self.device.type == "cpu"
        self._steps, self._is_refreshed = 0, True
        self._initial_bytes = resident_memory() or 0
        try:
            freeze = Nf4Weight if recipe.quantize_base == "nf4" else DenseWeight
            self._model = StudentModel(header, self.dtype, self.device, freeze)
            self._groups = self._model.groups()
            self._initial = initial_adapter(header, recipe)
            self._parameters = [p for group in self._groups for p in group.add_update(self._initial, recipe.dropout)]
        except (RuntimeError, MemoryError) as error:
            out_of_memory = as_out_of_memory(error)
            if out_of_memory is None:
                raise
            message = f"the student does not fit the memory ({out_of_memory.message})"
            raise OutOfMemory(message, hint="choose a smaller student") from error
        self.heap = Heap() if self.device.type == "cpu" else None
        # The moments are allocated here: if that failed in the first step, it would be half done.
        self._moments = tuple([torch.zeros_like(p) for p in self._parameters] for _ in range(2))
        self._step_counts = [torch.tensor(0.0, device=self.device) for _ in self._parameters]

    def _update(self, learning_rate: float) -> None:
        """Take an AdamW step. The class `torch.optim.AdamW` would import torch's compiler, which takes seconds."""
        with torch.no_grad():
            adamw(
                self._parameters,
                [parameter.grad for parameter in self._parameters],
                *self._moments,
                [],
                self._step_counts,
                fused=True,
                amsgrad=False,
                beta1=0.9,
                beta2=0.999,
                lr=learning_rate,
                weight_decay=self._recipe.weight_decay,
                eps=1e-8,
                maximize=False,
            )

    def peak_bytes(self) -> int | None:
        """Peak memory use: of the GPU, or of the process without what it used before the backend was created."""
        if self.device.type == "cuda":
            return int(torch.cuda.max_memory_allocated())
        peak = peak_memory()
        return None if peak is None else max(0, peak - self._initial_bytes)

    @in_own_thread
    def step(self, batch: Batch, learning_rate: float) -> StepResult:
        """Take one optimizer step; see `TrainBackend`."""
        self._model.train()
        self._refresh()
        total = 0.0
        try:
            for number, part in enumerate(batch.split_by_tokens(self._pack_tokens)):
                self._seed_dropout(number)
                hidden = self._model(part, share_prefix=self._shares_prefix, checkpointing=self._checkpointing)
                loss, grad = self._head_loss(hidden.detach(), part, with_grad=True)
                hidden.backward(grad.div_(len(batch.target)))
                total += loss
            norm = float(nn.utils.clip_grad_norm_(self._parameters, self._recipe.max_grad_norm))
            if math.isfinite(total) and math.isfinite(norm):
                self._update(learning_rate)
                self._steps, self._is_refreshed = self._steps + 1, False
        finally:
            for parameter in self._parameters:
                parameter.grad = None
        return StepResult(total / len(batch.target), len(batch.target), norm)

    @in_own_thread
    def evaluate(self, batch: Batch) -> StepResult:
        """Compute the loss without a gradient; see `TrainBackend`."""
        self._model.eval()
        self._refresh()
        total = 0.0
        with torch.no_grad():
            for part in batch.split_by_tokens(self._pack_tokens):
                hidden = self._model(part, share_prefix=self._shares_prefix)
                total += self._head_loss(hidden, part, with_grad=False)[0]
        return StepResult(total / len(batch.target), len(batch.target))

    def _refresh(self) -> None:
        """Copy the adapter into the extended weights if the last step changed it.

        This is not done at the end of that step: it may fail for lack of memory, and the step would be half done.
        """
        if not self._is_refreshed:
            for group in self._groups:
                group.refresh()
            self._is_refreshed = True

    def _seed_dropout(self, part: int) -> None:
        """Derive dropout's random seeds from the recipe's seed, the step and the part of the batch."""
        seeds = np.random.SeedSequence([self._recipe.seed, self._steps, part]).generate_state(len(self._groups))
        for group, seed in zip(self._groups, seeds, strict=True):
            group.seed = int(seed)

    def _head_loss(self, hidden: Any, batch: Batch, *, with_grad: bool) -> tuple[float, Any]:
        """Sum of the cross-entropies in nats, and its gradient in `hidden` (shape [targets, width]) or None.

        The output head is most of a small model, so it is computed only at positions with a loss, in chunks.
        """
        weight = self._model.head
        targets = torch.from_numpy(batch.target).to(self.device)
        grad = torch.empty_like(hidden) if with_grad else None
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        chunk = min(head_positions(self.device), len(targets))
        shape = (chunk, len(weight))
        # One buffer for all chunks: getting new pages from the system takes as long as filling them.
        logits_buffer = torch.empty(shape, dtype=weight.dtype, device=self.device)
        is_float32 = weight.dtype == torch.float32
        probs_buffer = logits_buffer if is_float32 else torch.empty(shape, device=self.device)
        with torch.no_grad():
            for start in range(0, len(targets), chunk):
                target = targets[start : start + chunk, None]
                logits, probs = logits_buffer[: len(target)], probs_buffer[: len(target)]
                torch.mm(hidden[start : start + chunk], weight.t(), out=logits)
                torch.softmax(logits, dim=-1, dtype=torch.float32, out=probs)
                # The logarithm of a subnormal number may be infinite: the loss of a token is at most 87 nats.
                total -= probs.gather(1, target).clamp_(min=_TINY).log_().sum()
                if grad is not None:
                    # Now the gradient in the logits: probabilities minus the one-hot target.
                    probs.scatter_add_(1, target, probs.new_full(target.shape, -1.0))
                    torch.mm(logits.copy_(probs), weight, out=grad[start : start + chunk])
        # Converted once: each conversion waits for the GPU.
        return float(total), grad

    def adapter(self) -> Adapter:
        """The current adapter; see `TrainBackend`.

        Idle memory is returned: the student answers with this adapter in llama.cpp, beside the training.
        """
        if self.heap is not None:
            self.heap.trim()
        pairs = {name: pair for group in self._groups for name, pair in group.split(group.a, group.b).items()}
        return replace(self._initial, layers=pairs)

    @in_own_thread
    def state(self) -> TrainState:
        """Adapter and moments; see `TrainBackend`."""
        return TrainState(self.adapter(), *(self._split(moments) for moments in self._moments))

    def _split(self, moments: Sequence[torch.Tensor]) -> dict[str, Pair]:
        matrices = iter(moments)
        trained = [group for group in self._groups if group.slices]
        return {name: pair for group in trained for name, pair in group.split(next(matrices), next(matrices)).items()}

    def restore(self, state: TrainState, steps: int) -> None:
        """Load a state; see `TrainBackend`."""
        self._steps = steps
        for count in self._step_counts:
            count.fill_(steps)
        for moments, pairs in zip(self._moments, (state.first_moments, state.second_moments), strict=True):
            joined = [matrix for group in self._groups if group.slices for matrix in group.join(pairs)]
            for moment, matrix in zip(moments, joined, strict=True):
                moment.copy_(matrix)
        for group in self._groups:
            group.set_update(state.adapter.layers)


class TorchFramework(Framework):
    """PyTorch on the first CUDA device, else on the CPU."""

    make = TorchBackend

    def __init__(self, header: Header, settings: TrainSettings) -> None:
        super().__init__(header, settings)
        device = choose_device()
        dtype = choose_dtype(settings.compute, device)
        on_gpu, is_bf16 = device.type == "cuda", dtype == torch.bfloat16
        cpu_overhead = BF16_CPU_ACTIVATION_OVERHEAD if is_bf16 else CPU_ACTIVATION_OVERHEAD
        cpu_framework = BF16_CPU_FRAMEWORK_BYTES if is_bf16 else CPU_FRAMEWORK_BYTES
        self.machine = Machine(
            name=f"{device.type} {str(dtype).removeprefix('torch.')}",
            value_bytes=dtype.itemsize,
            free=int(torch.cuda.mem_get_info()[0]) if on_gpu else free_memory(),
            pack_tokens=CUDA_TOKENS if on_gpu else CPU_TOKENS,
            head_positions=head_positions(device),
            weight_bytes={"none": dtype.itemsize, "nf4": BYTES_PER_WEIGHT},
            expert_bytes={"none": 0.0, "nf4": BYTES_PER_WEIGHT},
            notes=_notes(header, settings),
            activation_overhead=CUDA_ACTIVATION_OVERHEAD if on_gpu else cpu_overhead,
            framework_bytes=0 if on_gpu else cpu_framework,
        )


def _notes(header: Header, settings: TrainSettings) -> tuple[str, ...]:
    if settings.quantize_base == "nf4" or not header.count("expert_count"):
        return ()
    return ("the experts stay in the file and are read for each batch: they train fast if the file fits free memory",)
