"""What the student says in the course of its training: a few validation prompts, answered after every validation."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import InputError, OrcaError, OutOfMemory
from orca_local.domain.events import Event, SampleAnswered, Warned
from orca_local.domain.settings import EngineSettings
from orca_local.domain.types import Completion, Request, SamplingSettings, TextDelta
from orca_local.engines.base import AdapterEngine
from orca_local.engines.make import make_file_engine
from orca_local.export.adapter_file import write_adapter
from orca_local.gguf.header import Header
from orca_local.rows.training_row import TrainingRow
from orca_local.system.memory import free_memory

MAX_TOKENS = 160
MAX_SECONDS = 10.0
"""Of one validation's answers: what is not said by then is cut off, and marked so."""
_HINT = "train.sample_answers = 0 in orca.toml asks for none"


class SampleGenerator:
    """Puts the adapter on the weights in llama.cpp and asks the same prompts every time.

    On the processor, wherever the training computes, and loaded anew each time: the memory is the training's. What
    fails is said once, and the training goes on without answers.
    """

    def __init__(self, weights: Header, settings: EngineSettings, count: int) -> None:
        """`count` prompts, one at least."""
        self._weights, self._count = weights, count
        self._settings = settings.model_copy(update={"gpu_layers": 0, "capacity": count})
        self._is_given_up = False

    def __call__(
        self, step: int, adapter: Adapter, rows: Sequence[TrainingRow], check: Callable[[], None]
    ) -> Iterator[Event]:
        """What is answered after `step` to the prompts of `rows`; `check` raises where the training is to stop."""
        if self._is_given_up:
            return
        try:
            yield from self._answers(step, adapter, self._chosen(rows), check)
        except (OrcaError, OSError, MemoryError) as error:
            self._is_given_up = True
            yield Warned(f"no answers are shown while it trains: {error}", getattr(error, "hint", "") or _HINT)

    def _chosen(self, rows: Sequence[TrainingRow]) -> list[TrainingRow]:
        """The same ones in every run, by content and not by where they stand; of a sample only one."""
        room = self._settings.context - MAX_TOKENS
        ordered = sorted(rows, key=lambda row: row.content_hash)
        fitting = {row.sample_id: row for row in ordered if row.loss_start <= room}
        if not fitting:
            hint = f"raise engine.context in orca.toml, or: {_HINT}"
            raise InputError(f"no prompt leaves room for {MAX_TOKENS} tokens in {self._settings.context}", hint=hint)
        return list(fitting.values())[: self._count]

    def _answers(
        self, step: int, adapter: Adapter, rows: Sequence[TrainingRow], check: Callable[[], None]
    ) -> Iterator[Event]:
        with closing(self._loaded(adapter)) as engine:
            sampling = SamplingSettings(max_tokens=MAX_TOKENS)
            for row in rows:
                engine.submit(Request(row.sample_id, (), row.token_ids[: row.loss_start], sampling))
            until = time.monotonic() + MAX_SECONDS
            ended: list[TextDelta | Completion] = []
            while len(ended) < len(rows) and time.monotonic() <= until:
                check()
                ended += engine.step()
            for row in rows:
                engine.cancel(row.sample_id)
            ended += engine.step()
        answers = [answer for answer in ended if isinstance(answer, Completion)]
        failed = next((answer.error for answer in answers if answer.error), "")
        if failed or not any(answer.completion_tokens for answer in answers):
            raise OrcaError(failed or f"nothing was said within {MAX_SECONDS:.0f} seconds")
        for answer in answers:
            yield SampleAnswered(step, answer.request_id, answer.text, answer.finish_reason == "stop")

    def _loaded(self, adapter: Adapter) -> AdapterEngine:
        size, free = self._weights.path.stat().st_size, free_memory()
        if free is not None and size > free:
            raise OutOfMemory(f"the student takes {size / 1e9:.1f} GB once more, and {free / 1e9:.1f} GB are free")
        engine = make_file_engine(self._settings, self._weights.path)
        try:
            with tempfile.TemporaryDirectory(prefix="orca-local-") as scratch:
                path = Path(scratch) / "adapter.gguf"
                write_adapter(path, self._weights, adapter, {})
                engine.set_adapter(path)
        except BaseException:
            engine.close()
            raise
        return engine
