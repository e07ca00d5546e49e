"""Measure the teach stage against a scripted endpoint, and check the results against their bounds.

python scripts/bench_teach.py [--calls 2000] [--in-flight 64] [--delay 0.5] [--replayed 100000]

Prints calls per second, processor time per call, peak memory, the time to replay stored answers, and how quickly the
stage stops or gives up. The endpoint is a small server in its own process that answers every call after the same
delay, so IN_FLIGHT / DELAY calls per second are the maximum. Exits with 1 if a bound is exceeded.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from orca_local.domain.errors import RemoteError
from orca_local.domain.events import Event, StageFinished
from orca_local.domain.settings import EngineSettings, TeacherSettings
from orca_local.domain.strategies import BUILTIN
from orca_local.domain.types import Message, Request, Sample, SamplingSettings
from orca_local.engines.openai import OpenAIEngine
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.tasks.split import content_hash
from orca_local.teach.engine_teacher import LocalModel
from orca_local.teach.factory import make_teacher
from orca_local.teach.job import TeachJob
from orca_local.teach.openai_teacher import OpenAITeacher
from orca_local.teach.prices import Price
from orca_local.teach.retry_plan import RetryPlan
from orca_local.teach.stage import teach

STRATEGIES = {"sums": BUILTIN[3]}
PRICE = Price(0.15, 0.6)
BODY = {
    "choices": [{"finish_reason": "stop", "message": {"content": "Twice the number.\nAnswer: 4"}}],
    "usage": {"prompt_tokens": 60, "completion_tokens": 12},
}
MAX_CPU_MS = 3.0
"""Bound for the processor time of one call on our side."""
exceeded: list[str] = []


def check(name: str, value: float, unit: str, max_value: float) -> None:
    """Print a value and remember it if it exceeds its bound."""
    print(f"{name}: {value:.2f} {unit} (bound: {max_value:g})", flush=True)
    if value > max_value:
        exceeded.append(name)


def serve(delay: float, head: bytes, port: Connection) -> None:
    """Answer every request after `delay` seconds until the process is killed."""
    body = json.dumps(BODY).encode()
    reply = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (head, len(body), body)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in request.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.split(b":")[1]))
                await asyncio.sleep(delay)
                writer.write(reply)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await asyncio.sleep(600)

    asyncio.run(main())


@contextmanager
def server(delay: float, head: bytes = b"200 OK") -> Iterator[str]:
    """Base URL of a server that answers with the status and headers in `head`."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=serve, args=(delay, head, sender), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{receiver.recv()}/v1"
    finally:
        process.kill()


@contextmanager
def filled_store(count: int) -> Iterator[tuple[Store, list[Sample]]]:
    """A store with `count` different samples."""
    text = "A shop has {} boxes with pens, sells some of them on Monday and buys more. How many are there?"
    samples = [Sample(f"s{i}", "sums", "number", text.format(i), ("4",), "train") for i in range(count)]
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "orca.db", create=True) as store:
        with store.transaction():
            store.samples.add([(sample, content_hash(sample)) for sample in samples], "bench")
        yield store, store.samples.list(split="train")


def no_model(name: str) -> LocalModel:
    """Stands in for the loader of local models: an endpoint needs none."""
    raise ValueError(name)


def events(
    store: Store, samples: Sequence[Sample], settings: TeacherSettings, *, offline: bool = False
) -> Iterator[Event]:
    """Run the stage."""
    teacher = make_teacher(settings, Path(), no_model, offline=offline)
    context = StageContext(store, store.runs.start("teach", "{}", {}), offline)
    return teach(context, teacher, TeachJob(samples, STRATEGIES, settings, PRICE))


def summary_of(stream: Iterator[Event]) -> dict[str, Any]:
    """The summary at the end of a run."""
    *_, last = stream
    assert isinstance(last, StageFinished)
    return last.summary.to_dict()


def measure_calls(calls: int, in_flight: int, delay: float) -> None:
    """Calls per second, processor time per call, and peak memory."""
    with server(delay) as url, filled_store(calls) as (store, samples):
        settings = TeacherSettings(base_url=url, model="m", concurrency=in_flight, max_usd=100)
        started, used = time.perf_counter(), time.process_time()
        summary = summary_of(events(store, samples, settings))
        seconds, used = time.perf_counter() - started, time.process_time() - used
    assert summary["calls"] == {"new": calls, "cached": 0, "failed": 0}, summary
    maximum = in_flight / delay
    print(
        f"{calls} calls, {in_flight} in flight, answers after {delay:g} s: {calls / seconds:.1f} calls/s, "
        f"{100 * calls / seconds / maximum:.1f} % of {maximum:.0f}"
    )
    check("processor time per call", 1000 * used / calls, "ms", MAX_CPU_MS)
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def measure_replay(count: int) -> None:
    """Seconds to read stored answers back."""
    settings = TeacherSettings(base_url="http://127.0.0.1:9/v1", model="m")
    with filled_store(count) as (store, samples):
        plan = RetryPlan(OpenAITeacher(settings), STRATEGIES, settings)
        iterator = iter(samples)
        while batch := list(islice(iterator, 5000)):
            with store.transaction():
                for sample in batch:
                    (question,) = plan.first_questions(sample)
                    request = question.request
                    store.teacher_calls.reserve(question.key, request.endpoint, request.model, request.to_dict())
                    store.teacher_calls.complete(question.key, {"text": "So.\nAnswer: 4"}, 60, 12)
        for turn in ("first", "second"):
            started = time.perf_counter()
            summary = summary_of(events(store, samples, settings, offline=True))
            seconds = time.perf_counter() - started
            assert summary["calls"] == {"new": 0, "cached": count, "failed": 0}, summary
            print(f"{turn} replay of {count:,} calls: {seconds:.1f} s, {1000 * seconds / count:.2f} ms each")


def measure_failure(name: str, head: bytes, delay: float, max_s: float, **changes: Any) -> None:
    """Seconds until the stage gives up on an endpoint."""
    with server(delay, head) as url, filled_store(5) as (store, samples):
        settings = TeacherSettings(base_url=url, model="m", **changes)
        started = time.perf_counter()
        with suppress(RemoteError):
            summary_of(events(store, samples, settings))
            raise AssertionError("the endpoint answered")
        check(name, time.perf_counter() - started, "s", max_s)


def measure_stop() -> None:
    """Seconds to stop while calls are in flight."""
    with server(0.3) as url, filled_store(8) as (store, samples):
        stream = events(store, samples, TeacherSettings(base_url=url, model="m", concurrency=2))
        while not store.demonstrations.list():
            next(stream)
        started = time.perf_counter()
        stream.close()  # type: ignore[attr-defined]
        check("stopping with calls in flight", time.perf_counter() - started, "s", 0.25)


def measure_engine() -> None:
    """Seconds for sixteen requests to a served student, eight at a time."""
    with server(0.3) as url:
        settings = EngineSettings(kind="openai", base_url=url, model="m", capacity=8)
        with closing(OpenAIEngine(settings)) as engine:
            request = Request("", (Message("user", "x"),), (1,), SamplingSettings(max_tokens=9))
            started = time.perf_counter()
            for number in range(16):
                engine.submit(replace(request, id=str(number)))
            answered = 0
            while answered < 16:
                answered += len(engine.step())
            check("two rounds of eight requests of 0.3 s", time.perf_counter() - started, "s", 2.4)


def main() -> int:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--delay", type=float, default=0.5)
    parser.add_argument("--replayed", type=int, default=100_000)
    arguments = parser.parse_args()
    os.environ["OPENAI_API_KEY"] = os.environ["STUDENT_API_KEY"] = "none"
    if arguments.calls:
        measure_calls(arguments.calls, arguments.in_flight, arguments.delay)
    if arguments.replayed:
        measure_replay(arguments.replayed)
    measure_stop()
    measure_engine()
    measure_failure("giving up on a slow endpoint", b"200 OK", 3.0, 2.5, timeout_s=0.2, tries=1)
    rejected = b"429 Too Many Requests\r\nRetry-After: "
    measure_failure("giving up on constant HTTP 429", rejected + b"0.1", 0.0, 5.0, patience_s=0.5)
    measure_failure("giving up on a pause of an hour", rejected + b"3600", 0.0, 5.0)
    return bool(exceeded)


if __name__ == "__main__":
    sys.exit(main())
