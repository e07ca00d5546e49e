"""Fills wanted measurements: what the store knows is taken from it, the rest is generated, each request once."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import islice
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event, GenerationFailed, StageProgressed
from orca_local.domain.keys import content_key
from orca_local.domain.scoring import Score, score
from orca_local.domain.types import Completion, Message, Request, Sample, SamplingSettings
from orca_local.engines.base import Engine
from orca_local.generation.order import in_batching_order
from orca_local.gguf.renderer import PromptRenderer
from orca_local.store.store import Store

CACHED_AT_ONCE = 200
"""Measurements of cached generations that are written in one transaction."""


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
    wanted: Sequence[Wanted],
    *,
    model: ModelRef,
    run_id: int,
) -> Generator[Event, None, Counts]:
    """Make every wanted measurement; yields progress and failures, returns the counts.

    Each completion is in the store, with its measurements and scores, before the event that follows it:
    whoever stops here at any time and calls again goes on with the rest. Closing the generator cancels
    what is in flight.
    """
    counts = Counts()
    plan, failures = _plan(engine, renderer, wanted, model)
    counts.failed += len(failures)
    yield from failures
    known = store.generations.known(plan)
    keys = iter(known)
    while some := list(islice(keys, CACHED_AT_ONCE)):
        with store.transaction():
            for key in some:
                row = store.generations.get(key)
                assert row is not None
                _measure(store, key, row.completion, plan[key].wanted, model, run_id)
        counts.cached += sum(len(plan[key].wanted) for key in some)
        yield StageProgressed(counts.done, counts.tokens)
    requests = in_batching_order(planned.request for key, planned in plan.items() if key not in known)
    missing = deque(plan[request.id] for request in requests)
    in_flight: dict[str, _Planned] = {}
    try:
        while missing or in_flight:
            yield from _submit(engine, missing, in_flight, counts)
            ended = [x for x in engine.step() if isinstance(x, Completion) and x.request_id in in_flight]
            if ended:
                yield from _keep(renderer, store, ended, in_flight, model, run_id, counts)
                yield StageProgressed(counts.done, counts.tokens)
    finally:
        if in_flight:
            for key in in_flight:
                engine.cancel(key)
            engine.step()  # takes the cancelled completions: the next caller of this engine must not get them
    return counts


def _plan(
    engine: Engine, renderer: PromptRenderer, wanted: Sequence[Wanted], model: ModelRef
) -> tuple[dict[str, _Planned], list[GenerationFailed]]:
    """Requests by key, and what cannot even be asked."""
    plan: dict[str, _Planned] = {}
    fingerprint = engine.fingerprint
    failures = []
    for want in wanted:
        try:
            ids = renderer.prompt_ids(want.messages)
        except InputError as error:
            failures.append(GenerationFailed(want.sample.id, want.strategy, error.message))
            continue
        request = Request("", want.messages, ids, _effective(want))
        config = _config(model.sha256, fingerprint, request)
        key = _key(config, request)
        if key not in plan:
            plan[key] = _Planned(replace(request, id=key), config)
        plan[key].wanted.append(want)
    return plan, failures


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


def _submit(
    engine: Engine, missing: deque[_Planned], in_flight: dict[str, _Planned], counts: Counts
) -> Generator[Event, None, None]:
    """Keep as many requests waiting as are running, so that no place is ever empty."""
    while missing and len(in_flight) < 2 * engine.capacity:
        planned = missing.popleft()
        try:
            engine.submit(planned.request)
        except InputError as error:
            yield from _failed(planned, error.message, counts)
        else:
            in_flight[planned.request.id] = planned


def _keep(
    renderer: PromptRenderer,
    store: Store,
    ended: Sequence[Completion],
    in_flight: dict[str, _Planned],
    model: ModelRef,
    run_id: int,
    counts: Counts,
) -> Generator[Event, None, None]:
    """Store completions with all that they answer."""
    finished = [(in_flight.pop(completion.request_id), completion) for completion in ended]
    good = [(planned, completion) for planned, completion in finished if completion.finish_reason in ("stop", "length")]
    with store.transaction():
        for planned, completion in good:
            key = planned.request.id
            prompt = renderer.template.render(planned.request.messages, add_generation_prompt=True)
            store.generations.record(key, prompt, completion, planned.config)
            _measure(store, key, completion.text, planned.wanted, model, run_id)
    for planned, completion in good:
        counts.new += 1
        counts.cached += len(planned.wanted) - 1
        counts.tokens += completion.completion_tokens
    for planned, completion in finished:
        if completion.finish_reason not in ("stop", "length"):
            yield from _failed(planned, completion.error or completion.finish_reason, counts)


def _failed(planned: _Planned, error: str, counts: Counts) -> Generator[Event, None, None]:
    counts.failed += len(planned.wanted)
    for want in planned.wanted:
        yield GenerationFailed(want.sample.id, want.strategy, error)


def _measure(store: Store, key: str, text: str, wanted: Sequence[Wanted], model: ModelRef, run_id: int) -> None:
    for want in wanted:
        store.measurements.add(
            run_id,
            want.sample.id,
            want.strategy,
            model.model_id,
            want.system_message,
            want.sample_index,
            key,
            Score(None, None, "none") if want.sample.kind == "free" else score(want.sample, text),
        )
