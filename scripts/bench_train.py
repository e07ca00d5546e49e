"""Time our training steps against PEFT with its stock loss: same student, rows, adapter and type, in one run.

python scripts/bench_train.py [--steps 5] [--batch-size 16] [--compute float32] [--threads N] [--profile]

The stock way puts every row through the vocabulary head at every position. Steps of the two alternate, and
both must report the same losses. Needs the extras `torch`, `starter` and `dev`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from orca_local.catalog.locate import resolve_student
from orca_local.domain.prompts import plain_messages
from orca_local.domain.settings import DatasetSettings, TrainSettings
from orca_local.domain.types import Message
from orca_local.engines.threads import physical_cores
from orca_local.gguf.header import read_header
from orca_local.gguf.renderer import PromptRenderer
from orca_local.rows.rows import TrainingRow, make_row
from orca_local.starter.install import iter_answers, load_samples
from orca_local.train.batches import Batch, epoch_batches, make_batch
from orca_local.train.recipe import make_recipe
from orca_local.train.torch_backend import TorchBackend
from tests.hf_model import load_hf_model, with_peft

TARGET = 1.5
Step = Callable[[Batch], float]


def main() -> None:
    """Print tokens of rows per second of both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--student", default="smollm2-135m-instruct", help="A GGUF, or an id of the catalog.")
    parser.add_argument("--strategy", default="step_by_step", help="Whose worked answers are trained on.")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--compute", choices=["float32", "bfloat16"], default="float32", help="Of both.")
    parser.add_argument("--threads", type=int, default=0, help="0: the physical cores.")
    parser.add_argument("--profile", action="store_true", help="Say where our steps spend their time.")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads or physical_cores())
    student = resolve_student(arguments.student, Path.cwd())
    rows = starter_rows(student, arguments.strategy)
    batches = [make_batch(batch) for batch in epoch_batches(rows, arguments.batch_size, 0, 0)][: arguments.steps + 1]
    ours, stock = make_steps(student, len(rows), arguments.batch_size, arguments.compute)
    lengths = [len(row.token_ids) for row in rows]
    print(
        f"{len(rows)} rows, {statistics.mean(lengths):.0f} tokens each, of them "
        f"{statistics.mean(row.loss_tokens for row in rows):.0f} with loss; {torch.get_num_threads()} threads"
    )
    ratios = compare(ours, stock, batches, 2e-3 if arguments.compute == "float32" else 5e-2)
    print(f"ratio {statistics.median(ratios):.2f} (median of {len(ratios)}; target {TARGET})")
    if arguments.profile:
        profile(ours, batches[-1])


def compare(ours: Step, stock: Step, batches: Sequence[Batch], tolerance: float) -> list[float]:
    """Run both on each batch, in turn first; the first batch warms up and is not counted."""
    spent: dict[str, list[float]] = {"ours": [], "stock": []}
    for number, batch in enumerate(batches):
        losses = {}
        order = [("ours", ours), ("stock", stock)]
        for name, step in order if number % 2 else reversed(order):
            started = time.perf_counter()
            losses[name] = step(batch)
            spent[name].append(time.perf_counter() - started)
        if abs(losses["ours"] - losses["stock"]) > tolerance * losses["stock"]:
            raise SystemExit(f"the losses differ at step {number + 1}: {losses}")
        print(
            f"step {number + 1}: {batch.tokens} tokens, loss {losses['ours']:.4f} and {losses['stock']:.4f}, "
            f"{batch.tokens / spent['ours'][-1]:.0f} and {batch.tokens / spent['stock'][-1]:.0f} tokens/s",
            flush=True,
        )
    for name, seconds in spent.items():
        rates = [batch.tokens / s for batch, s in zip(batches[1:], seconds[1:], strict=True)]
        print(f"{name}: {statistics.median(rates):.0f} tokens/s, {1000 * statistics.median(seconds[1:]):.0f} ms a step")
    return [stock / ours for ours, stock in zip(spent["ours"][1:], spent["stock"][1:], strict=True)]


def starter_rows(student: Path, strategy: str) -> list[TrainingRow]:
    """The starter's training rows under one strategy."""
    samples = {sample.id: sample for sample in load_samples()}
    renderer, settings = PromptRenderer(student), DatasetSettings()
    rows = []
    for answer in iter_answers():
        if answer.strategy == strategy:
            before = plain_messages(samples[answer.sample_id], settings.system_message)
            row = make_row(renderer, answer.sample_id, (*before, Message("assistant", answer.text)), 2048)
            assert isinstance(row, TrainingRow)
            rows.append(row)
    renderer.close()
    return rows


def make_steps(student: Path, rows: int, batch_size: int, compute: str) -> tuple[Step, Step]:
    """Our step and the stock one, from the same starting point."""
    header = read_header(student)
    recipe = make_recipe(TrainSettings(batch_size=batch_size), rows)
    backend = TorchBackend(header, recipe, compute)
    rate = recipe.learning_rate / 10
    model = with_peft(load_hf_model(header).to(getattr(torch, compute)), backend.adapter()).train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=rate, weight_decay=0.0)

    def stock(batch: Batch) -> float:
        ids = torch.from_numpy(batch.token_ids)
        labels = torch.full_like(ids, -100)
        labels[torch.from_numpy(batch.row_index), torch.from_numpy(batch.position) + 1] = torch.from_numpy(batch.target)
        mask = torch.arange(ids.shape[1]) < torch.from_numpy(batch.lengths)[:, None]
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad()
        return float(loss.detach())

    return lambda batch: backend.step(batch, rate).loss, stock


def profile(step: Step, batch: Batch) -> None:
    """Where one step spends its time, by operation."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as found:
        step(batch)
    table: Any = found.key_averages()
    print(table.table(sort_by="self_cpu_time_total", row_limit=25, max_name_column_width=50))


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft uses what transformers deprecates
        main()
