"""Time the teach stage: calls a second against a slow endpoint, processor time a call, and replay from the cache.

python scripts/bench_teach.py [--calls 2000] [--in-flight 64] [--delay 0.5] [--replayed 100000]

The endpoint is a small server in a process of its own, which answers every call after the same time; so many in
flight could at best be answered at in-flight ÷ delay calls a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path

from orca_local.domain.events import StageFinished
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.strategies import BUILTIN
from orca_local.domain.types import Sample
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.tasks.split import content_hash
from orca_local.teach.factory import make_teacher
from orca_local.teach.openai_teacher import OpenAITeacher
from orca_local.teach.prices import Price
from orca_local.teach.retry_plan import Ladder
from orca_local.teach.stage import teach

CHOSEN = {"sums": BUILTIN[3]}
PRICE = Price(0.15, 0.6)
BODY = {
    "choices": [{"finish_reason": "stop", "message": {"content": "Twice the number.\nAnswer: 4"}}],
    "usage": {"prompt_tokens": 60, "completion_tokens": 12},
}


def serve(delay: float, where: Connection) -> None:
    """Answer until the process is ended."""
    body = json.dumps(BODY).encode()
    reply = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.split(b":")[1]))
                await asyncio.sleep(delay)
                writer.write(reply)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        where.send(server.sockets[0].getsockname()[1])
        await asyncio.sleep(600)

    asyncio.run(main())


def samples(count: int) -> list[Sample]:
    """Distinct questions."""
    text = "A shop has {} boxes with pens, sells some of them on Monday and buys more. How many are there?"
    return [Sample(f"s{i}", "sums", "number", text.format(i), ("4",), "train") for i in range(count)]


def run(
    store: Store, asked: Sequence[Sample], settings: TeacherSettings, *, offline: bool
) -> tuple[float, float, dict]:
    """Seconds, processor seconds, and the summary."""
    teacher = make_teacher(settings, Path(), offline=offline)
    started, used = time.perf_counter(), time.process_time()
    context = StageContext(store, store.runs.start("teach", "{}", {}), offline)
    events = teach(context, teacher, asked, CHOSEN, settings, price=PRICE)
    *_, last = events
    assert isinstance(last, StageFinished)
    return time.perf_counter() - started, time.process_time() - used, last.summary


def live(calls: int, in_flight: int, delay: float) -> None:
    """Calls a second, and processor time a call."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.Process(target=serve, args=(delay, sender), daemon=True)
    server.start()
    settings = TeacherSettings(
        base_url=f"http://127.0.0.1:{receiver.recv()}/v1", model="m", concurrency=in_flight, max_usd=100
    )
    os.environ["OPENAI_API_KEY"] = "none"
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "orca.db", create=True) as store:
        store.samples.add([(s, content_hash(s)) for s in samples(calls)], "bench")
        seconds, used, summary = run(store, store.samples.list(split="train"), settings, offline=False)
    server.kill()
    assert summary["calls"] == {"new": calls, "cached": 0, "failed": 0}, summary
    best = in_flight / delay
    print(
        f"{calls} calls, {in_flight} in flight, answers after {delay:g} s: {calls / seconds:.1f} calls/s, "
        f"{100 * calls / seconds / best:.1f} % of {best:.0f}; {1000 * used / calls:.2f} ms of processor time a call"
    )


def replay(count: int) -> None:
    """Seconds to read answers back that are all in the store."""
    settings = TeacherSettings(base_url="http://127.0.0.1:9/v1", model="m")
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "orca.db", create=True) as store:
        with store.transaction():
            store.samples.add([(s, content_hash(s)) for s in samples(count)], "bench")
        asked = store.samples.list(split="train")
        teacher = OpenAITeacher(settings)
        ladder = Ladder(teacher.endpoint, teacher.model, CHOSEN, settings, varies=True)
        waiting = iter(asked)
        while some := list(islice(waiting, 5000)):
            with store.transaction():
                for sample in some:
                    (question,) = ladder.first(sample)
                    request = question.request
                    store.teacher_calls.reserve(question.key, request.endpoint, request.model, request.to_dict())
                    store.teacher_calls.complete(question.key, {"text": "So.\nAnswer: 4"}, 60, 12)
        for turn in ("first", "second"):
            seconds, _, summary = run(store, asked, settings, offline=True)
            assert summary["calls"] == {"new": 0, "cached": count, "failed": 0}, summary
            print(f"{turn} replay of {count:,} calls: {seconds:.1f} s, {1000 * seconds / count:.2f} ms each")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--delay", type=float, default=0.5)
    parser.add_argument("--replayed", type=int, default=100_000)
    arguments = parser.parse_args()
    if arguments.calls:
        live(arguments.calls, arguments.in_flight, arguments.delay)
    if arguments.replayed:
        replay(arguments.replayed)


if __name__ == "__main__":
    main()
