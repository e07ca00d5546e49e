"""Time our training against PEFT with the Hugging Face Trainer, or against mlx-lm's own LoRA trainer.

python scripts/bench_train.py [--backend torch|mlx] [--data FILE] [--steps 60] [--compute float32] [--same-order]
                              [--profile]

Both have the same student, rows, recipe and data type. Each trains in a process of its own. They take a few steps in
turn, so that other load on the machine affects both. Both adapters are then evaluated by one function: float32 logits
of the student's weights plus the adapter, on rows that neither was trained on. Needs the extras `torch`, `starter` and
`dev`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import Header, read_header
from orca_local.models.locate import resolve_student
from orca_local.rows.training_row import TrainingRow
from orca_local.system.threads import physical_cores
from orca_local.train.batches import make_batch, split_validation
from orca_local.train.recipe import make_recipe
from scripts.train_bench.peer import Job, Peer, PeerProcess, Segment
from scripts.train_bench.rate import matrix_rates, step_flops
from scripts.training_rows import starter_rows, task_rows

RATIO, MEMORY, LOSS = {"torch": 2.0, "mlx": 1.0}, 0.7, 0.01
"""Targets: ratio of the speeds, ratio of the memory, relative difference of the held-out losses."""
HELD_OUT = 48
"""Number of rows for the held-out loss."""


def main() -> None:
    """Print speeds, losses, memory, and the share of the machine's matrix product speed."""
    arguments = _arguments()
    student = resolve_student(arguments.student, Path.cwd())
    rows = task_rows(student, arguments.data) if arguments.data else starter_rows(student, arguments.strategy)
    train, held = split_validation(rows, 0.1)
    recipe = make_recipe(TrainSettings(max_steps=arguments.steps, batch_size=arguments.batch_size), len(train))
    threads = arguments.threads or physical_cores()
    job = Job(student, tuple(train), recipe, arguments.compute, threads, arguments.same_order)
    tokens = statistics.mean(len(row.token_ids) for row in train)
    print(
        f"{len(train)} rows, {tokens:.0f} tokens each, of which "
        f"{statistics.mean(row.loss_tokens for row in train):.0f} with loss; {recipe.total_steps} steps of "
        f"{recipe.batch_size} rows, {arguments.compute}, {threads} threads"
    )
    if arguments.profile:
        _profile(job)
        return
    with tempfile.TemporaryDirectory() as directory:
        ours, theirs = _race(PEERS[arguments.backend], job, arguments.segment, Path(directory))
        rate = _report_rates(ours.segments, theirs.segments, RATIO[arguments.backend])
        if arguments.backend == "torch":
            _report_share(read_header(student), job, rate)
        _report_memory(ours.peak, theirs.peak)
        _report_losses(student, held[:HELD_OUT], ours, theirs, job)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=list(RATIO), default="torch")
    parser.add_argument("--student", default="smollm2-135m-instruct", help="A GGUF, or a catalog id.")
    parser.add_argument("--data", type=Path, help="A task file with rationales to train on, such as GSM8K's.")
    parser.add_argument("--strategy", default="step_by_step", help="Use the starter's worked answers of this strategy.")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--segment", type=int, default=5, help="Number of steps per turn.")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--compute", choices=["float32", "bfloat16"], default="float32", help="Data type of both.")
    parser.add_argument("--threads", type=int, default=0, help="0: the physical cores.")
    parser.add_argument(
        "--same-order", action="store_true", help="The other trainer uses our batches instead of its own."
    )
    parser.add_argument("--profile", action="store_true", help="Only profile our steps.")
    return parser.parse_args()


class _Result:
    def __init__(self, process: PeerProcess) -> None:
        self.process = process
        self.segments: list[Segment] = []
        self.peak = 0
        self.adapter = Path()

    @property
    def losses(self) -> list[float]:
        """Training loss of every step."""
        return [step.loss for segment in self.segments for step in segment.steps]


def _race(peers: Sequence[Callable[[Job], Peer]], job: Job, length: int, directory: Path) -> tuple[_Result, _Result]:
    ours, theirs = (_Result(PeerProcess(make, job)) for make in peers)
    for peer in (ours, theirs):
        peer.process.wait_ready()
    for number, start in enumerate(range(0, job.recipe.total_steps, length)):
        count = min(length, job.recipe.total_steps - start)
        for peer in (ours, theirs) if number % 2 else (theirs, ours):
            peer.segments.append(peer.process.steps(count))
        a, b = ours.segments[-1], theirs.segments[-1]
        print(
            f"to step {start + count}: loss {a.steps[-1].loss:.4f} and {b.steps[-1].loss:.4f}, "
            f"{a.rate:.0f} and {b.rate:.0f} tokens/s, {a.cost:.1f} and {b.cost:.1f} ms of CPU time per token",
            flush=True,
        )
    for name, peer in (("ours", ours), ("stock", theirs)):
        peer.adapter = directory / name
        peer.peak = peer.process.finish(peer.adapter)
    return ours, theirs


def _make_ours(job: Job) -> Peer:
    from scripts.train_bench.ours import OurTorchPeer

    return OurTorchPeer(job)


def _make_stock(job: Job) -> Peer:
    from scripts.train_bench.stock import TrainerPeer

    return TrainerPeer(job)


def _make_ours_in_mlx(job: Job) -> Peer:
    from scripts.train_bench.mlx_peers import OurMlxPeer

    return OurMlxPeer(job)


def _make_mlx_lm(job: Job) -> Peer:
    from scripts.train_bench.mlx_peers import MlxLmPeer

    return MlxLmPeer(job)


PEERS = {"torch": (_make_ours, _make_stock), "mlx": (_make_ours_in_mlx, _make_mlx_lm)}


def _report_rates(ours: Sequence[Segment], theirs: Sequence[Segment], target: float) -> float:
    """Print medians over all segments but the first, which is for warm-up; returns our tokens per second."""
    ours, theirs = ours[1:] or ours, theirs[1:] or theirs
    a, b = (statistics.median(s.rate for s in segments) for segments in (ours, theirs))
    paired = statistics.median(x.rate / y.rate for x, y in zip(ours, theirs, strict=True))
    print(f"\ntokens per second: {a:.0f} against {b:.0f}; ratio {a / b:.2f}, paired {paired:.2f} (≥ {target})")
    costs = [statistics.median(s.cost for s in segments) for segments in (ours, theirs)]
    print(f"CPU time per token, ms: {costs[0]:.2f} against {costs[1]:.2f}; ratio {costs[1] / costs[0]:.2f}")
    return a


def _report_share(header: Header, job: Job, rate: float) -> None:
    """Print our steps' arithmetic speed as a share of the machine's matrix product speed."""
    from orca_local.train.torch.backend import CPU_TOKENS

    batches = [make_batch(rows) for rows in job.batches()]
    work = [step_flops(header, batch.split_by_tokens(CPU_TOKENS), job.recipe.rank) for batch in batches]
    reached = rate * sum(work) / sum(batch.tokens for batch in batches)
    print(f"our steps: {sum(work) / len(work) / 1e9:.0f} GFLOP each, {reached / 1e9:.0f} GFLOP/s")
    for measured in matrix_rates(job.compute):
        shape = "×".join(str(n) for n in measured.shape)
        share = 100 * reached / measured.flops_per_second
        print(f"  {share:.0f} % of torch.mm {shape} at {measured.flops_per_second / 1e9:.0f} GFLOP/s ({job.compute})")


def _report_memory(ours: int, theirs: int) -> None:
    print(f"peak resident memory of the steps: {ours / 1e9:.2f} GB against {theirs / 1e9:.2f} GB, ", end="")
    print(f"{ours / theirs:.2f} × (≤ {MEMORY} against PEFT)")


def _report_losses(student: Path, held: Sequence[TrainingRow], ours: _Result, theirs: _Result, job: Job) -> None:
    if job.same_order:
        worst = max(abs(x - y) / y for x, y in zip(ours.losses, theirs.losses, strict=True))
        print(f"largest relative difference of the training loss at one step: {100 * worst:.2f} %")
    header = read_header(student)
    base, a, b = (held_out_loss(header, adapter, held) for adapter in (None, ours.adapter, theirs.adapter))
    print(
        f"held-out loss on {len(held)} rows: {base:.4f} untrained, {a:.4f} against {b:.4f}; "
        f"ours is {100 * (a - b) / b:+.2f} % (within {100 * LOSS:g} %)"
    )


def held_out_loss(header: Header, adapter: Path | None, rows: Sequence[TrainingRow]) -> float:
    """Mean cross-entropy in nats over the rows' targets, from float32 logits of weights plus adapter."""
    import numpy as np

    from orca_local.engines.sampling import log_probabilities
    from orca_local.train.reference.torch_logits import reference_logits

    positions = [(row.token_ids, range(row.loss_start - 1, len(row.token_ids) - 1)) for row in rows]
    total = 0.0
    for row, logits in zip(rows, reference_logits(header, adapter, positions), strict=True):
        targets = np.asarray(row.token_ids[row.loss_start :])
        total -= float(log_probabilities(logits, targets).sum())
    return total / sum(row.loss_tokens for row in rows)


def _profile(job: Job) -> None:
    """Print the time of one of our steps by operation, after two for warm-up."""
    import torch

    from scripts.train_bench.ours import OurTorchPeer

    torch.set_num_threads(job.threads)
    peer = OurTorchPeer(job)
    peer.steps(2)
    print(peer.profile())


if __name__ == "__main__":
    main()
