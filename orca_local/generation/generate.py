"""Fills wanted measurements: what the store knows is taken from it, the rest is generated, each request once."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import islice
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event, GenerationFailed, StageProgressed
from orca_local.domain.keys import content_key
from orca_local.domain.types import Completion, Message, Request, Sample, SamplingSettings
from orca_local.engines.base import Engine
from orca_local.generation.order import in_batching_order
from orca_local.kinds.scoring import Score, score
from orca_local.rows.renderer import PromptRenderer
from orca_local.store.store import Store

CACHED_AT_ONCE = 200
"""Measurements of cached generations that are written in one transaction."""
PLANNED_AT_ONCE = 4096
"""Requests that are rendered and put in order together."""


_SAMPLING = tuple(item.name for item in fields(SamplingSettings))


@dataclass(frozen=True, slots=True)
class ModelRef:
    """The model that answers: its row in the store, and the hash of its file."""

    model_id: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """One measurement to make: a sample answered under a strategy or a system message."""

    sample: Sample
    strategy: str
    messages: tuple[Message, ...]
    system_message: str
    settings: SamplingSettings
    sample_index: int = 0
    """Which of several sampled answers; it shifts the seed."""


@dataclass(slots=True)
class Counts:
    """What became of the wanted measurements."""

    new: int = 0
    """Generations made now."""
    cached: int = 0
    """Measurements that a known generation, or another one's of now, answers."""
    failed: int = 0
    tokens: int = 0
    """Tokens generated now."""

    def __add__(self, other: Counts) -> Counts:
        """Of two parts of a stage together."""
        return Counts(
            self.new + other.new,
            self.cached + other.cached,
            self.failed + other.failed,
            self.tokens + other.tokens,
        )

    @property
    def done(self) -> int:
        """Measurements dealt with."""
        return self.new + self.cached + self.failed


@dataclass(frozen=True, slots=True)
class _Planned:
    """One request and all the measurements that it answers; its id is its key."""

    request: Request
    config: dict[str, Any]
    wanted: list[Wanted] = field(default_factory=list)


def generation_key(model_sha256: str, fingerprint: str, request: Request) -> str:
    """The name of a generation: model file, engine with its compute type, token ids, sampling and stop texts."""
    return _key(_config(model_sha256, fingerprint, request), request)


def _key(config: dict[str, Any], request: Request) -> str:
    return content_key(config | {"token_ids": request.token_ids})


def generate(
    engine: Engine,
    renderer: PromptRenderer,
    store: Store,
    wanted: Iterable[Wanted],
    *,
    model: ModelRef,
    run_id: int,
) -> Generator[Event, None, Counts]:
    """Make every wanted measurement; yields progress and failures, returns the counts.

    Each completion is in the store, with its measurements and scores, before the event that follows it:
    whoever stops here at any time and calls again goes on with the rest. Closing the generator cancels
    what is in flight.
    """
    filler = _Filler(engine, renderer, store, model, run_id)
    yield from filler.fill(iter(wanted))
    return filler.counts


class _Filler:
    """One call of `generate`: what is wanted comes in parts, so that memory does not grow with their number."""

    def __init__(self, engine: Engine, renderer: PromptRenderer, store: Store, model: ModelRef, run_id: int) -> None:
        self.counts = Counts()
        self._engine, self._renderer, self._store = engine, renderer, store
        self._model, self._run_id = model, run_id
        self._missing: deque[_Planned] = deque()
        self._in_flight: dict[str, _Planned] = {}

    def fill(self, waiting: Iterator[Wanted]) -> Iterator[Event]:
        """See `generate`."""
        try:
            while True:
                # The next part is planned before the last is done: no place is empty between them.
                while len(self._missing) < self._engine.capacity and (part := list(islice(waiting, PLANNED_AT_ONCE))):
                    yield from self._plan(part)
                if not self._missing and not self._in_flight:
                    return
                yield from self._submit()
                steps = self._engine.step()
                ended = [x for x in steps if isinstance(x, Completion) and x.request_id in self._in_flight]
                if ended:
                    yield from self._keep(ended)
                    yield StageProgressed(self.counts.done, self.counts.tokens)
        finally:
            if self._in_flight:
                for key in self._in_flight:
                    self._engine.cancel(key)
                self._engine.step()  # takes the cancelled completions: the engine's next user must not get them

    def _plan(self, part: Sequence[Wanted]) -> Iterator[Event]:
        """Measure what is known, and put the rest in the order in which it is asked."""
        plan: dict[str, _Planned] = {}
        asked = self._in_flight | {planned.request.id: planned for planned in self._missing}
        fingerprint = self._engine.fingerprint
        for want in part:
            try:
                ids = self._renderer.prompt_ids(want.messages)
            except InputError as error:
                self.counts.failed += 1
                yield GenerationFailed(want.sample.id, want.strategy, error.message)
                continue
            request = Request("", want.messages, ids, _effective(want))
            config = _config(self._model.sha256, fingerprint, request)
            key = _key(config, request)
            planned = asked.get(key) or plan.setdefault(key, _Planned(replace(request, id=key), config))
            planned.wanted.append(want)
        yield from self._measure_known(plan)
        requests = in_batching_order(planned.request for planned in plan.values())
        self._missing += [plan[request.id] for request in requests]

    def _measure_known(self, plan: dict[str, _Planned]) -> Iterator[Event]:
        """Take out of `plan` what the store has an answer to."""
        keys = iter(self._store.generations.existing(plan))
        while some := list(islice(keys, CACHED_AT_ONCE)):
            with self._store.transaction():
                for key in some:
                    row = self._store.generations.get(key)
                    assert row is not None
                    planned = plan.pop(key)
                    self._measure(key, row.completion, planned.wanted)
                    self.counts.cached += len(planned.wanted)
            yield StageProgressed(self.counts.done, self.counts.tokens)

    def _submit(self) -> Iterator[Event]:
        """Keep as many requests waiting as are running, so that no place is ever empty."""
        while self._missing and len(self._in_flight) < 2 * self._engine.capacity:
            planned = self._missing.popleft()
            try:
                self._engine.submit(planned.request)
            except InputError as error:
                yield from self._failed(planned, error.message)
            else:
                self._in_flight[planned.request.id] = planned

    def _keep(self, ended: Sequence[Completion]) -> Iterator[Event]:
        """Store completions with all that they answer."""
        finished = [(self._in_flight.pop(completion.request_id), completion) for completion in ended]
        good = [(planned, done) for planned, done in finished if done.finish_reason in ("stop", "length")]
        with self._store.transaction():
            for planned, completion in good:
                key = planned.request.id
                prompt = self._renderer.template.render(planned.request.messages, add_generation_prompt=True)
                self._store.generations.record(key, prompt, completion, planned.config)
                self._measure(key, completion.text, planned.wanted)
        for planned, completion in good:
            self.counts.new += 1
            self.counts.cached += len(planned.wanted) - 1
            self.counts.tokens += completion.completion_tokens
        for planned, completion in finished:
            if completion.finish_reason not in ("stop", "length"):
                yield from self._failed(planned, completion.error or completion.finish_reason)

    def _failed(self, planned: _Planned, error: str) -> Iterator[Event]:
        self.counts.failed += len(planned.wanted)
        for want in planned.wanted:
            yield GenerationFailed(want.sample.id, want.strategy, error)

    def _measure(self, key: str, text: str, wanted: Sequence[Wanted]) -> None:
        for want in wanted:
            self._store.measurements.add(
                self._run_id,
                want.sample.id,
                want.strategy,
                self._model.model_id,
                want.system_message,
                want.sample_index,
                key,
                Score(None, None, "none") if want.sample.kind == "free" else score(want.sample, text),
            )


def _effective(want: Wanted) -> SamplingSettings:
    """The settings that matter: greedy decoding knows neither seed nor filters."""
    if want.settings.temperature <= 0:
        return SamplingSettings(max_tokens=want.settings.max_tokens)
    return replace(want.settings, seed=want.settings.seed + want.sample_index)


def _config(model_sha256: str, fingerprint: str, request: Request) -> dict[str, Any]:
    return {
        "model": model_sha256,
        "engine": fingerprint,
        "sampling": {name: getattr(request.settings, name) for name in _SAMPLING},
        "stop": list(request.stop),
    }
