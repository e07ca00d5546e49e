"""Shows what the student generates during its training: a few validation prompts, answered after every validation."""

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
"""Maximum tokens per answer."""
MAX_SECONDS = 10.0
"""Maximum time for the answers after one validation. Longer answers are cut off and marked so."""
_HINT = "set train.sample_answers = 0 in orca.toml to turn this off"


class SampleGenerator:
    """Answers the same prompts every time, with the current adapter on the student in llama.cpp.

    It always runs on the CPU, and loads the model each time, so that the training has the
    memory. If it fails, it warns once, and the training continues without it.
    """

    def __init__(
        self,
        weights: Header,
        settings: EngineSettings,
        count: int,
        *,
        free_memory: Callable[[], int | None] = free_memory,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`count` is the number of prompts, at least 1."""
        self._weights, self._count = weights, count
        self._settings = settings.model_copy(update={"gpu_layers": 0, "capacity": count})
        self._free_memory, self._clock = free_memory, clock
        self._has_failed = False

    def __call__(
        self, step: int, adapter: Adapter, rows: Sequence[TrainingRow], check: Callable[[], None]
    ) -> Iterator[Event]:
        """Answer the prompts of `rows` after `step`. `check` raises if the training is to stop."""
        if self._has_failed:
            return
        try:
            yield from self._answer(step, adapter, self._choose(rows), check)
        except (OrcaError, OSError, MemoryError) as error:
            self._has_failed = True
            message = f"sample answers are not shown during this training: {error}"
            yield Warned(message, getattr(error, "hint", "") or _HINT)

    def _choose(self, rows: Sequence[TrainingRow]) -> list[TrainingRow]:
        """The rows to answer: one per sample, chosen by content hash, so the same in every run."""
        max_prompt = self._settings.context - MAX_TOKENS
        ordered = sorted(rows, key=lambda row: row.content_hash)
        fitting = {row.sample_id: row for row in ordered if row.loss_start <= max_prompt}
        if not fitting:
            raise InputError(
                f"no validation prompt leaves room for {MAX_TOKENS} tokens in a context of {self._settings.context}",
                hint=f"raise engine.context in orca.toml, or {_HINT}",
            )
        return list(fitting.values())[: self._count]

    def _answer(
        self, step: int, adapter: Adapter, rows: Sequence[TrainingRow], check: Callable[[], None]
    ) -> Iterator[Event]:
        with closing(self._load(adapter)) as engine:
            sampling = SamplingSettings(max_tokens=MAX_TOKENS)
            for row in rows:
                engine.submit(Request(row.sample_id, (), row.token_ids[: row.loss_start], sampling))
            deadline = self._clock() + MAX_SECONDS
            results: list[TextDelta | Completion] = []
            while len(results) < len(rows) and self._clock() <= deadline:
                check()
                results += engine.step()
            for row in rows:
                engine.cancel(row.sample_id)
            results += engine.step()
        completions = [result for result in results if isinstance(result, Completion)]
        failure = next((completion.error for completion in completions if completion.error), "")
        if failure or not any(completion.completion_tokens for completion in completions):
            raise OrcaError(failure or f"no token was generated within {MAX_SECONDS:.0f} seconds")
        for completion in completions:
            ended = completion.finish_reason == "stop"
            yield SampleAnswered(step, completion.request_id, completion.text, ended)

    def _load(self, adapter: Adapter) -> AdapterEngine:
        size, free = self._weights.path.stat().st_size, self._free_memory()
        if free is not None and size > free:
            raise OutOfMemory(f"the student needs another {size / 1e9:.1f} GB, but only {free / 1e9:.1f} GB are free")
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
