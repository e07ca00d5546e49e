"""What the student says in the course of its training: a few validation prompts, answered after every validation."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import OrcaError, OutOfMemory
from orca_local.domain.events import Event, SampleAnswered, Warned
from orca_local.domain.settings import EngineSettings
from orca_local.domain.types import Completion, Request, SamplingSettings, TextDelta
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.engines.memory import free_memory
from orca_local.export.adapter_file import write_adapter
from orca_local.gguf.header import Header
from orca_local.rows.rows import TrainingRow

MAX_TOKENS = 160
MAX_SECONDS = 10.0
"""Of one validation's answers: what is not said by then is cut off, and marked so."""


class SampleAnswers:
    """Puts the adapter on the weights in llama.cpp and asks the same prompts every time.

    On the processor, wherever the training computes: its memory stays its own. What fails is said once, and the
    training goes on without answers.
    """

    def __init__(self, weights: Header, settings: EngineSettings, count: int) -> None:
        """`count` prompts; nothing is loaded before the first of them is asked."""
        self._weights, self._count = weights, count
        self._settings = settings.model_copy(update={"gpu_layers": 0, "capacity": max(1, count)})
        self._engine: LlamaCppEngine | None = None
        self._is_given_up = count < 1

    def __call__(
        self, step: int, adapter: Adapter, rows: Sequence[TrainingRow], check: Callable[[], None]
    ) -> Iterator[Event]:
        """What is answered after `step` to the prompts of `rows`; `check` raises where the training is to stop."""
        if self._is_given_up:
            return
        try:
            yield from self._answers(step, adapter, self._chosen(rows), check)
        except (OrcaError, OSError) as error:
            self._is_given_up = True
            yield Warned(f"no answers are shown while it trains: {error}")

    def close(self) -> None:
        """Free the model."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _chosen(self, rows: Sequence[TrainingRow]) -> list[TrainingRow]:
        """The same ones in every run, by content and not by where they stand; of a sample only one."""
        room = self._settings.context - MAX_TOKENS
        ordered = sorted(rows, key=lambda row: row.content_hash)
        fitting = {row.sample_id: row for row in ordered if row.loss_start <= room}
        return list(fitting.values())[: self._count]

    def _answers(
        self, step: int, adapter: Adapter, rows: Sequence[TrainingRow], check: Callable[[], None]
    ) -> Iterator[Event]:
        engine = self._adapted(adapter)
        sampling = SamplingSettings(max_tokens=MAX_TOKENS)
        for row in rows:
            engine.submit(Request(row.sample_id, (), row.token_ids[: row.loss_start], sampling))
        ended: list[TextDelta | Completion] = []
        until = time.monotonic() + MAX_SECONDS
        try:
            while len(ended) < len(rows):
                check()
                if time.monotonic() > until:
                    break
                ended += engine.step()
        finally:
            for row in rows:
                engine.cancel(row.sample_id)
            ended += engine.step()
        answers = [answer for answer in ended if isinstance(answer, Completion)]
        if not any(answer.completion_tokens for answer in answers):
            raise OrcaError(f"nothing was said within {MAX_SECONDS:.0f} seconds")
        for answer in answers:
            yield SampleAnswered(step, answer.request_id, answer.text, answer.finish_reason == "stop")

    def _adapted(self, adapter: Adapter) -> LlamaCppEngine:
        if self._engine is None:
            size, free = self._weights.path.stat().st_size, free_memory()
            if free is not None and size > free:
                raise OutOfMemory(f"the student takes {size / 1e9:.1f} GB once more, and {free / 1e9:.1f} GB are free")
            self._engine = LlamaCppEngine(self._weights.path, self._settings)
        with tempfile.TemporaryDirectory(prefix="orca-local-") as scratch:
            path = Path(scratch) / "adapter.gguf"
            write_adapter(path, self._weights, adapter, {})
            self._engine.set_adapter(path)
        return self._engine
