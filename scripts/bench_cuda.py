"""Time our training steps on an NVIDIA GPU against PEFT, with unquantized weights and NF4.

python scripts/bench_cuda.py [--shape student|1b] [--data TASKS.jsonl] [--rounds 6] [--batch-size 16]

The peer is PEFT on transformers' model with its own loss, without the Trainer, and with bitsandbytes' Linear4bit for
NF4. All have the same model, rows and initial adapter, and take steps in turn. `1b` has the shapes of Llama 3.2 1B and
random weights. Prints tokens per second, losses, and the planned and the measured memory. Needs the extras `qlora`,
`starter` and `dev`.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.writer import TensorSpec, write_gguf
from orca_local.models.locate import resolve_student
from orca_local.train.batches import Batch, epoch_batches, make_batch
from orca_local.train.memory import MemoryRequest, plan_memory
from orca_local.train.recipe import Recipe, make_recipe
from orca_local.train.state import initial_adapter
from orca_local.train.torch.backend import TorchBackend, TorchFramework
from scripts.training_rows import starter_rows, task_rows
from tests.hf_model import load_hf_model, with_peft
from tests.tiny import Shape, header_and_tensors

ONE_B = Shape(width=2048, blocks=16, heads=32, key_heads=8, hidden=8192, head_size=64)
Step = Callable[[Batch], float]


@dataclass
class Peer:
    """One implementation of a training step."""

    name: str
    make: Callable[[], Step]
    step: Step | None = None

    def timed(self, batch: Batch) -> tuple[float, float]:
        """Loss and seconds of one step."""
        assert self.step is not None
        torch.cuda.synchronize()
        started = time.perf_counter()
        loss = self.step(batch)
        torch.cuda.synchronize()
        return loss, time.perf_counter() - started


def main() -> None:
    """Print one line per peer, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=["student", "1b"], default="student")
    parser.add_argument("--data", type=Path, help="A task file with rationales; default: the starter.")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument(
        "--compute", choices=["bfloat16", "float32"], default="bfloat16", help="Data type of all peers."
    )
    parser.add_argument("--profile", action="store_true", help="Only profile our steps.")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("no CUDA device")
    student = resolve_student("smollm2-135m-instruct", Path.cwd())
    rows = task_rows(student, arguments.data) if arguments.data else starter_rows(student, "step_by_step")
    recipe = make_recipe(TrainSettings(batch_size=arguments.batch_size, alpha=32), len(rows))
    batches = [make_batch(b) for b in epoch_batches(rows, arguments.batch_size, 0, 0)][: arguments.rounds + 2]
    with tempfile.TemporaryDirectory() as directory:
        header = read_header(student)
        if arguments.shape == "1b":
            header = write_random(Path(directory) / "random.gguf", header)
        print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, {header.parameters / 1e9:.2f}B parameters")
        if arguments.profile:
            profile(ours(header, recipe, arguments.compute), batches)
            return
        plans(header, recipe, max(len(row.token_ids) for row in rows), batches[0])
        compare(list(iter_peers(header, recipe, arguments.compute)), batches)


def iter_peers(header: Header, recipe: Recipe, compute: str) -> Iterator[Peer]:
    """Our step and PEFT's, each with unquantized weights and in NF4."""
    for form in ("none", "nf4"):
        yield Peer(f"ours, {form}", partial(ours, header, replace(recipe, quantize_base=form), compute))
        yield Peer(f"PEFT, {form}", partial(peft_step, header, recipe, form, compute))


def plans(header: Header, recipe: Recipe, longest: int, batch: Batch) -> None:
    """Print the planned memory, and the measured memory of one step, for each form of the weights."""
    for form in ("none", "nf4"):
        for checkpointing in ("off", "on"):
            changed = replace(recipe, quantize_base=form)
            framework = TorchFramework(header, TrainSettings(compute="bfloat16"))
            request = MemoryRequest(longest, batch.tokens, checkpointing)
            plan = plan_memory(header, changed, request, framework.machine)
            before = torch.cuda.memory_allocated()
            torch.cuda.reset_peak_memory_stats()
            backend = framework.make_backend(changed, plan)
            backend.step(batch, 1e-5)
            peak = torch.cuda.max_memory_allocated() - before
            print(
                f"memory, {form}, checkpointing {checkpointing}: planned {plan.total / 1e9:.2f} GB, "
                f"measured {peak / 1e9:.2f} GB, ratio {plan.total / peak:.2f}",
                flush=True,
            )
            del backend
            gc.collect()
            torch.cuda.empty_cache()


def compare(peers: Sequence[Peer], batches: Sequence[Batch]) -> None:
    """Time steps of all peers in turn. The first two batches are for warm-up."""
    seconds: dict[str, list[float]] = {peer.name: [] for peer in peers}
    losses: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for peer in peers:
        peer.step = peer.make()
    for number, batch in enumerate(batches):
        for peer in peers if number % 2 else reversed(peers):
            loss, spent = peer.timed(batch)
            losses[peer.name].append(loss)
            if number >= 2:
                seconds[peer.name].append(spent)
    counted = batches[2:]
    rates = {n: statistics.median(b.tokens / s for b, s in zip(counted, v, strict=True)) for n, v in seconds.items()}
    for name, rate in rates.items():
        print(f"{name}: {rate:.0f} tokens/s; losses {', '.join(f'{x:.3f}' for x in losses[name][:8])}")
    for form in ("none", "nf4"):
        pairs = zip(seconds[f"PEFT, {form}"], seconds[f"ours, {form}"], strict=True)
        print(f"ratio, {form}: {statistics.median(theirs / own for theirs, own in pairs):.2f}")


def profile(step: Step, batches: Sequence[Batch]) -> None:
    """Print the time of our steps by operation."""
    step(batches[0])
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profiler:
        for batch in batches[1:4]:
            step(batch)
    for key in ("self_cpu_time_total", "self_cuda_time_total"):
        print(profiler.key_averages().table(sort_by=key, row_limit=18, max_name_column_width=50))


def ours(header: Header, recipe: Recipe, compute: str) -> Step:
    """A step of our backend."""
    backend = TorchBackend(header, recipe, compute, pack_tokens=1 << 20)
    return lambda batch: backend.step(batch, recipe.learning_rate / 10).loss


def peft_step(header: Header, recipe: Recipe, form: str, compute: str) -> Step:
    """A step of PEFT with its own loss, from the same initial adapter."""
    model = load_hf_model(header).to(getattr(torch, compute))
    if form == "nf4":
        to_nf4(model)
    start = initial_adapter(header, recipe)
    model = with_peft(model.cuda(), start).cuda().train()
    trained = [p for p in model.parameters() if p.requires_grad]
    for parameter in trained:
        parameter.data = parameter.data.float()
    optimizer = torch.optim.AdamW(trained, lr=recipe.learning_rate / 10, weight_decay=0.0, fused=True)

    def step(batch: Batch) -> float:
        ids = torch.from_numpy(batch.token_ids)
        labels = torch.full_like(ids, -100)
        labels[torch.from_numpy(batch.row_index), torch.from_numpy(batch.position) + 1] = torch.from_numpy(batch.target)
        mask = torch.arange(ids.shape[1]) < torch.from_numpy(batch.lengths)[:, None]
        with torch.autocast("cuda", torch.bfloat16, enabled=compute == "bfloat16"):
            loss = model(input_ids=ids.cuda(), attention_mask=mask.cuda(), labels=labels.cuda()).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, recipe.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad()
        return float(loss.detach())

    return step


def to_nf4(model: Any) -> None:
    """Replace the blocks' linear layers by bitsandbytes' four-bit layers, as its quantizer does."""
    import bitsandbytes as bnb

    for block in model.model.layers:
        for part in (block.self_attn, block.mlp):
            for name, layer in list(part.named_children()):
                if isinstance(layer, torch.nn.Linear):
                    shape = (layer.in_features, layer.out_features, layer.bias is not None)
                    four = bnb.nn.Linear4bit(*shape, compute_dtype=torch.bfloat16, quant_type="nf4")
                    four.weight = bnb.nn.Params4bit(
                        layer.weight.data, requires_grad=False, quant_type="nf4", compress_statistics=True
                    )
                    four.bias = layer.bias
                    setattr(part, name, four)
    model.is_loaded_in_4bit = True


def write_random(path: Path, source: Header) -> Header:
    """A model of about a billion random weights, with the embedded student's tokenizer."""
    base, specs = header_and_tensors(source, "llama", ONE_B, tied=True)
    rng = np.random.default_rng(0)

    def draw(spec: TensorSpec) -> Any:
        if "norm" in spec.name:
            return np.ones(spec.shape, np.float32)
        return (rng.random(spec.shape, dtype=np.float32) - 0.5) * np.float32(spec.shape[-1] ** -0.5)

    return write_gguf(path, base, specs, (draw(spec) for spec in specs), file_type=1, extra={})


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft uses what transformers deprecates
        main()
