"""PEFT with the Hugging Face Trainer as a peer."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import torch
import transformers

from orca_local.gguf.header import read_header
from orca_local.train.state import initial_adapter
from scripts.train_bench.peer import Job, Peer, StepDone
from tests.hf_model import load_hf_model, with_peft

IGNORED = -100


class TrainerPeer(Peer):
    """The Trainer as its users run it. It waits between two steps until the next one is requested."""

    def __init__(self, job: Job) -> None:
        warnings.simplefilter("ignore", FutureWarning)  # peft uses what transformers deprecates
        self._turns = _Turns()
        self._tokens: list[int] = []
        self._model = _model(job)
        self._directory = tempfile.TemporaryDirectory()
        self._trainer = _trainer(job, self._model, self._collate, self._turns, self._directory.name)
        self._thread = Thread(target=self._trainer.train, daemon=True)
        self._thread.start()
        self._turns.wait_started()

    def _collate(self, rows: Sequence[Any]) -> dict[str, torch.Tensor]:
        """Pad to the longest row, as `DataCollatorForSeq2Seq` does."""
        if isinstance(rows[0], list):
            (rows,) = rows  # one of our batches
        length = max(len(row.token_ids) for row in rows)
        self._tokens.append(sum(len(row.token_ids) for row in rows))
        labels = [[IGNORED] * row.loss_start + list(row.token_ids[row.loss_start :]) for row in rows]
        return {
            "input_ids": _padded([row.token_ids for row in rows], length, 0),
            "attention_mask": _padded([[1] * len(row.token_ids) for row in rows], length, 0),
            "labels": _padded(labels, length, IGNORED),
        }

    def steps(self, count: int) -> list[StepDone]:
        """Let the Trainer's loop run for `count` steps."""
        before = self._trainer.state.global_step
        losses = self._turns.take(count)
        return [StepDone(loss, self._tokens[before + i]) for i, loss in enumerate(losses)]

    def finish(self, directory: Path) -> None:
        """See `Peer`."""
        self._turns.end()
        self._thread.join()
        self._model.save_pretrained(str(directory))
        self._directory.cleanup()


class _Turns(transformers.TrainerCallback):
    """Blocks the Trainer's loop until steps are requested."""

    def __init__(self) -> None:
        self._requested: Queue[int] = Queue()
        self._done: Queue[list[float] | None] = Queue()
        self._left = 0
        self._losses: list[float] = []

    def wait_started(self) -> None:
        self._done.get()

    def take(self, count: int) -> list[float]:
        self._requested.put(count)
        losses = self._done.get()
        assert losses is not None and len(losses) == count
        return losses

    def end(self) -> None:
        self._requested.put(0)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._done.put(None)

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if not self._left:
            self._left = self._requested.get()

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        if logs and "loss" in logs:
            self._losses.append(logs["loss"])
            self._left -= 1
            if not self._left:
                self._done.put(self._losses)
                self._losses = []
                if state.global_step < args.max_steps:
                    self._left = self._requested.get()
                    control.should_training_stop = not self._left


def _model(job: Job) -> Any:
    header = read_header(job.student)
    model = load_hf_model(header).to(getattr(torch, job.compute))
    return with_peft(model, initial_adapter(header, job.recipe)).train()


def _trainer(job: Job, model: Any, collate: Any, turns: _Turns, directory: str) -> Any:
    recipe = job.recipe
    optimizer = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad],
        lr=recipe.learning_rate,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=recipe.weight_decay,
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda done: recipe.learning_rate_at(done + 1) / recipe.learning_rate
    )
    arguments = transformers.TrainingArguments(
        output_dir=directory,
        max_steps=recipe.total_steps,
        per_device_train_batch_size=1 if job.same_order else recipe.batch_size,
        max_grad_norm=recipe.max_grad_norm,
        bf16=job.compute == "bfloat16",
        use_cpu=True,
        seed=recipe.seed,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )
    trainer = _Trainer(
        model=model,
        args=arguments,
        train_dataset=job.batches() if job.same_order else list(job.rows),
        data_collator=collate,
        optimizers=(optimizer, schedule),
        callbacks=[turns],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.in_order = job.same_order
    return trainer


class _Trainer(transformers.Trainer):
    in_order = False

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        if self.in_order:
            return torch.utils.data.SequentialSampler(self.train_dataset)
        return super()._get_train_sampler(train_dataset)


def _padded(rows: Sequence[Sequence[int]], length: int, value: int) -> torch.Tensor:
    return torch.tensor([[*row, *[value] * (length - len(row))] for row in rows])
