"""Our MLX backend, and mlx-lm's own LoRA trainer, as peers."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import mlx.core as mx
import numpy as np
from mlx.optimizers import AdamW
from mlx.utils import tree_flatten
from mlx_lm.tuner.callbacks import TrainingCallback
from mlx_lm.tuner.trainer import TrainingArgs, iterate_batches, train
from mlx_lm.tuner.utils import linear_to_lora_layers

from orca_local.adapters.adapter import Adapter
from orca_local.domain.settings import TrainSettings
from orca_local.engines.mlx_model import load_model
from orca_local.gguf.header import read_header
from orca_local.rows.training_row import TrainingRow
from orca_local.train.mlx.backend import MlxBackend, MlxFramework, choose_dtype
from orca_local.train.state import initial_adapter
from scripts.train_bench.peer import Job, OurPeer, Peer, StepDone

UNCLIPPED = 1e9
"""mlx-lm's trainer does not clip gradients, so ours does not here."""
PAD_TO = 32
"""mlx-lm pads to a multiple of this, plus one token."""


class OurMlxPeer(OurPeer):
    """The MLX backend."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        recipe = replace(job.recipe, max_grad_norm=UNCLIPPED)
        header, settings = read_header(job.student), TrainSettings(backend="mlx", compute=job.compute)
        pack_tokens = MlxFramework(header, settings).machine.pack_tokens
        self.backend = MlxBackend(header, recipe, job.compute, pack_tokens=pack_tokens)


class MlxLmPeer(Peer):
    """mlx-lm's `train` with its own layers, loss and batches. It waits until steps are requested.

    Its prompts are masked. It has the same initial adapter, learning rates and AdamW settings as ours.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._requested: Queue[int] = Queue()
        self._callback = _Losses()
        self._tokens: list[int] = []
        self._start = initial_adapter(read_header(job.student), job.recipe)
        # MLX's streams belong to threads: the thread that computes must also create the model.
        self._thread = Thread(target=self._train_or_fail, daemon=True)
        self._thread.start()
        self._next()

    def steps(self, count: int) -> list[StepDone]:
        """Let its loop run for `count` steps."""
        before = len(self._tokens)
        for _ in range(count):
            self._requested.put(1)
        losses = [self._next() for _ in range(count)]
        return [StepDone(loss, tokens) for loss, tokens in zip(losses, self._tokens[before:], strict=True)]

    def finish(self, directory: Path) -> None:
        """See `Peer`."""
        self._thread.join()
        parameters = dict(tree_flatten(self._model.trainable_parameters()))
        layers = {
            name: tuple(np.array(parameters[f"{name}.lora_{half}"].T.astype(mx.float32)) for half in "ab")
            for name in self._start.layers
        }
        Adapter(self._start.rank, self._start.alpha, layers, self._start.rank_stabilized).save(directory)  # type: ignore[arg-type]

    def _next(self) -> float:
        """Wait for the loss of the next step from its thread."""
        result = self._callback.results.get()
        if isinstance(result, BaseException):
            raise result
        return result

    def _train_or_fail(self) -> None:
        try:
            self._train()
        except BaseException as error:
            self._callback.results.put(error)

    def _train(self) -> None:
        job, recipe = self._job, self._job.recipe
        self._model = _mlx_lm_model(job, self._start)
        rates = mx.array([recipe.learning_rate_at(step + 1) for step in range(recipe.total_steps)])
        optimizer = AdamW(
            lambda step: rates[step], betas=[0.9, 0.999], weight_decay=recipe.weight_decay, bias_correction=True
        )
        self._callback.results.put(0.0)
        with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(io.StringIO()):
            arguments = TrainingArgs(
                batch_size=recipe.batch_size,
                iters=recipe.total_steps,
                steps_per_report=1,
                steps_per_save=recipe.total_steps + 1,
                adapter_file=str(Path(directory) / "adapters.safetensors"),
            )
            train(
                self._model,
                optimizer,
                list(job.rows),
                args=arguments,
                iterate_batches=self._batches,
                training_callback=self._callback,
            )

    def _batches(
        self, dataset: list[TrainingRow], batch_size: int, max_seq_length: int, **others: Any
    ) -> Iterator[Any]:
        """Yield its own batches, or ours with its padding, each when it is requested."""
        if self._job.same_order:
            source: Iterator[Any] = (_pad_like_mlx_lm(rows) for rows in self._job.batches())
        else:
            pairs = [(list(row.token_ids), row.loss_start) for row in dataset]
            source = iterate_batches(pairs, batch_size, max_seq_length, seed=self._job.recipe.seed, **others)
        while True:
            self._requested.get()
            tokens, lengths = next(source)
            self._tokens.append(int(lengths[:, 1].sum()))
            yield tokens, lengths


class _Losses(TrainingCallback):  # type: ignore[misc]
    def __init__(self) -> None:
        self.results: Queue[float | BaseException] = Queue()

    def on_train_loss_report(self, train_info: dict[str, Any]) -> None:
        self.results.put(float(train_info["train_loss"]))


def _mlx_lm_model(job: Job, start: Adapter) -> Any:
    model = load_model(read_header(job.student), choose_dtype(job.compute)).module
    model.freeze()
    keys = sorted({name.split(".", 3)[3] for name in start.layers})
    settings = {"rank": start.rank, "scale": start.scale, "dropout": job.recipe.dropout, "keys": keys}
    linear_to_lora_layers(model, len(model.layers), settings)
    modules = dict(model.named_modules())
    for name, (a, b) in start.layers.items():
        modules[name].lora_a, modules[name].lora_b = mx.array(a.T), mx.array(b.T)
    mx.eval(model.parameters())
    return model


def _pad_like_mlx_lm(rows: list[TrainingRow]) -> Any:
    longest = max(len(row.token_ids) for row in rows)
    tokens = np.zeros((len(rows), 1 + PAD_TO * -(-longest // PAD_TO)), np.int32)
    for i, row in enumerate(rows):
        tokens[i, : len(row.token_ids)] = row.token_ids
    return mx.array(tokens), mx.array([(row.loss_start, len(row.token_ids)) for row in rows])
