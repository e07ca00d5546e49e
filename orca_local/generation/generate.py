"""Makes planned measurements: takes generations from the store and generates the missing ones, each once."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, field, replace
from itertools import islice
from operator import add
from typing import Any, Protocol

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event, GenerationFailed, StageProgressed
from orca_local.domain.frozen import Frozen
from orca_local.domain.keys import content_key
from orca_local.domain.types import Completion, Message, Request, Sample, SamplingSettings
from orca_local.engines.base import Engine
from orca_local.engines.request_queue import ContextFull
from orca_local.kinds.scoring import NOT_SCORED, is_scored, score
from orca_local.store.store import Store

CACHED_AT_ONCE = 200
"""How many stored generations are scored in one transaction."""
PLANNED_AT_ONCE = 4096
"""How many requests are rendered and sorted together."""
LENGTH_STEP = 256
"""Prompts of the same number of steps cost the same: llama.cpp rounds a sequence's memory up to this many tokens."""


class ModelRef(Frozen):
    """The model that answers."""

    model_id: int
    """Id of its row in the store."""
    sha256: str
    """Hash of its file, 64 hexadecimal digits."""


class Prompts(Protocol):
    """Makes of a conversation what an engine and the key of its answer need."""

    @property
    def stops(self) -> tuple[str, ...]:
        """Texts that end an answer. They follow from the model."""

    def iter_prompt_ids(self, conversations: Iterable[Sequence[Message]]) -> Iterator[tuple[int, ...] | InputError]:
        """Yield the token ids of each conversation, or why there are none."""

    def prompt_text(self, messages: Sequence[Message]) -> str:
        """The prompt as text, which is stored beside the answer."""

    def close(self) -> None:
        """Free what it holds. Safe to call twice."""


class PlannedMeasurement(Frozen):
    """A measurement to make: the answer to a sample with a strategy or a system message."""

    sample: Sample
    strategy: str
    messages: tuple[Message, ...]
    system_message: str
    settings: SamplingSettings
    sample_index: int = 0
    """Number of the answer, if several are sampled. It is added to the seed."""
    asks_form: bool = True
    """Whether the messages ask for the form of the answer, so that its strict reading counts."""


class MeasurementWriter(Protocol):
    """Stores what a measurement found. It is called in a transaction."""

    def write(self, measurement: PlannedMeasurement, generation_key: str, text: str) -> None:
        """Store that a generation, with this text, answers a measurement, and its score."""


class SampleWriter(Frozen):
    """Stores measurements of samples."""

    store: Store
    model: ModelRef
    run_id: int

    def write(self, measurement: PlannedMeasurement, generation_key: str, text: str) -> None:
        """See `MeasurementWriter`."""
        sample = measurement.sample
        self.store.measurements.add(
            self.run_id,
            sample.id,
            measurement.strategy,
            self.model.model_id,
            measurement.system_message,
            measurement.sample_index,
            generation_key,
            score(sample, text) if is_scored(sample) else NOT_SCORED,
            asks_form=measurement.asks_form,
        )


@dataclass(slots=True)
class GenerationCounts:
    """How many measurements were made, and how."""

    new: int = 0
    """Number of new generations."""
    cached: int = 0
    """Number of measurements whose generation was stored or answers another measurement as well."""
    failed: int = 0
    """Number of measurements without a generation."""
    tokens: int = 0
    """Number of new tokens."""

    def __add__(self, other: GenerationCounts) -> GenerationCounts:
        """The sum of two parts of a stage."""
        return GenerationCounts(*map(add, astuple(self), astuple(other)))

    @property
    def done(self) -> int:
        """Number of measurements that are done, failed ones included."""
        return self.new + self.cached + self.failed


class _PlannedRequest(Frozen):
    """A request and all measurements that it answers. The request's id is its key."""

    request: Request
    config: dict[str, Any]
    measurements: list[PlannedMeasurement] = field(default_factory=list)


def generation_key(config: dict[str, Any], request: Request) -> str:
    """Hash of all that may change a text: the `generation_config` and the token ids."""
    return content_key(config | {"token_ids": request.token_ids})


def generate(
    engine: Engine,
    renderer: Prompts,
    store: Store,
    measurements: Iterable[PlannedMeasurement],
    *,
    model: ModelRef,
    run_id: int,
    writer: MeasurementWriter | None = None,
) -> Generator[Event, None, GenerationCounts]:
    """Make all measurements; yields progress and failures, returns the counts.

    `writer` stores them, by default as measurements of samples.
    Each completion is stored with its measurements and scores before the event that reports it. So the loop can stop
    at any time, and another call makes only what is missing. Closing the generator cancels the running requests.
    """
    scheduler = _Scheduler(engine, renderer, store, model, writer or SampleWriter(store, model, run_id))
    yield from scheduler.run(iter(measurements))
    return scheduler.counts


class _Scheduler:
    """One call of `generate`. It plans the measurements in parts, so that memory does not grow with their number."""

    def __init__(
        self, engine: Engine, renderer: Prompts, store: Store, model: ModelRef, writer: MeasurementWriter
    ) -> None:
        self.counts = GenerationCounts()
        self._engine, self._renderer, self._store = engine, renderer, store
        self._model, self._writer = model, writer
        self._missing: deque[_PlannedRequest] = deque()
        self._in_flight: dict[str, _PlannedRequest] = {}

    def run(self, waiting: Iterator[PlannedMeasurement]) -> Iterator[Event]:
        """See `generate`."""
        try:
            while True:
                # Plan the next part before the last one is done, so that the engine stays full.
                while len(self._missing) < self._engine.capacity and (part := list(islice(waiting, PLANNED_AT_ONCE))):
                    yield from self._plan(part)
                if not self._missing and not self._in_flight:
                    return
                yield from self._submit()
                steps = self._engine.step()
                ended = [x for x in steps if isinstance(x, Completion) and x.request_id in self._in_flight]
                if ended:
                    yield from self._store_completions(ended)
                    yield StageProgressed(self.counts.done, self.counts.tokens)
        finally:
            if self._in_flight:
                for key in self._in_flight:
                    self._engine.cancel(key)
                self._engine.step()  # removes the cancelled completions from the engine

    def _plan(self, part: Sequence[PlannedMeasurement]) -> Iterator[Event]:
        """Score stored generations and queue requests for the others."""
        plan: dict[str, _PlannedRequest] = {}
        pending = self._in_flight | {planned.request.id: planned for planned in self._missing}
        fingerprint = self._engine.fingerprint
        prompts = self._renderer.iter_prompt_ids(measurement.messages for measurement in part)
        for measurement, ids in zip(part, prompts, strict=True):
            if isinstance(ids, InputError):
                self.counts.failed += 1
                yield GenerationFailed(measurement.sample.id, measurement.strategy, ids.message)
                continue
            stops = self._renderer.stops  # the key has the model
            request = Request("", measurement.messages, ids, _effective_settings(measurement), stop=stops)
            config = generation_config(self._model.sha256, fingerprint, request)
            key = generation_key(config, request)
            planned = pending.get(key) or plan.setdefault(key, _PlannedRequest(replace(request, id=key), config))
            planned.measurements.append(measurement)
        yield from self._measure_stored(plan)
        requests = in_batching_order(planned.request for planned in plan.values())
        self._missing += [plan[request.id] for request in requests]

    def _measure_stored(self, plan: dict[str, _PlannedRequest]) -> Iterator[Event]:
        """Score the generations that are stored and remove them from `plan`."""
        keys = iter(self._store.generations.existing(plan))
        while batch := list(islice(keys, CACHED_AT_ONCE)):
            with self._store.transaction():
                for key in batch:
                    row = self._store.generations.get(key)
                    assert row is not None
                    planned = plan.pop(key)
                    self._measure(key, row.completion, planned.measurements)
                    self.counts.cached += len(planned.measurements)
            yield StageProgressed(self.counts.done, self.counts.tokens)

    def _submit(self) -> Iterator[Event]:
        """Keep as many requests waiting in the engine as it can run, so that it stays full."""
        while self._missing and len(self._in_flight) < 2 * self._engine.capacity:
            planned = self._missing.popleft()
            try:
                self._engine.submit(planned.request)
            except InputError as error:
                yield from self._failed(planned, error.message, is_too_long=isinstance(error, ContextFull))
            else:
                self._in_flight[planned.request.id] = planned

    def _store_completions(self, ended: Sequence[Completion]) -> Iterator[Event]:
        """Store completions with their measurements."""
        finished = [(self._in_flight.pop(completion.request_id), completion) for completion in ended]
        good = [(planned, done) for planned, done in finished if done.finish_reason in ("stop", "length")]
        with self._store.transaction():
            for planned, completion in good:
                key = planned.request.id
                prompt = self._renderer.prompt_text(planned.request.messages)
                self._store.generations.record(key, prompt, completion, planned.config)
                self._measure(key, completion.text, planned.measurements)
        for planned, completion in good:
            self.counts.new += 1
            self.counts.cached += len(planned.measurements) - 1
            self.counts.tokens += completion.completion_tokens
        for planned, completion in finished:
            if completion.finish_reason not in ("stop", "length"):
                yield from self._failed(planned, completion.error or completion.finish_reason)

    def _failed(self, planned: _PlannedRequest, error: str, *, is_too_long: bool = False) -> Iterator[Event]:
        self.counts.failed += len(planned.measurements)
        for measurement in planned.measurements:
            yield GenerationFailed(measurement.sample.id, measurement.strategy, error, is_too_long)

    def _measure(self, key: str, text: str, measurements: Sequence[PlannedMeasurement]) -> None:
        for measurement in measurements:
            self._writer.write(measurement, key, text)


def _effective_settings(measurement: PlannedMeasurement) -> SamplingSettings:
    """The settings that affect the text: greedy decoding ignores seed and filters."""
    settings = measurement.settings
    if settings.temperature <= 0:
        return SamplingSettings(max_tokens=settings.max_tokens)
    return replace(settings, seed=settings.seed + measurement.sample_index)


def generation_config(model_sha256: str, fingerprint: str, request: Request) -> dict[str, Any]:
    """What may change a text besides the prompt: model file, engine, sampling settings and stop strings."""
    return {
        "model": model_sha256,
        "engine": fingerprint,
        "sampling": asdict(request.settings),
        "stop": list(request.stop),
    }


def in_batching_order(requests: Iterable[Request]) -> list[Request]:
    """Long prompts first, in steps of 256 tokens; within a step, prompts with a common prefix side by side.

    A batch takes the time of its longest sequence. A common prefix that is still in memory is not computed again.
    """
    return sorted(requests, key=lambda request: (-(len(request.token_ids) // LENGTH_STEP), request.token_ids))
