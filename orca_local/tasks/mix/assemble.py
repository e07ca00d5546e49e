"""Assemble a mix: which tasks of which sources go in, and which of their rows, by proportions and a seed."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from typing import Self

from orca_local.domain.errors import InputError, OrcaError, error_from_process
from orca_local.domain.frozen import Frozen
from orca_local.tasks.columns.mapping import Mapping
from orca_local.tasks.import_request import ImportRequest
from orca_local.tasks.mapping import plan_mapping
from orca_local.tasks.mix.collection import Collection, candidates, open_collection
from orca_local.tasks.mix.shares import divide, divide_evenly, shuffled
from orca_local.tasks.read import ReadSample, read_record
from orca_local.tasks.ready import PREFIX, Mix, MixPart, ReadySource, find_ready
from orca_local.tasks.sources.base import Record

THREADS = 8
"""Files that are fetched at the same time."""
AHEAD = 16
"""Tasks that are fetched before they are read."""
PLANNED_ROWS = 1_000
_MANY = 1 << 40


class MixRequest(Frozen):
    """What was asked for."""

    mix: Mix
    tasks: int
    per_task: int
    seed: int
    skip_bad: bool = False
    """Whether the others go on where a source fails."""


class SourceUse(Frozen):
    """What of a ready source went into a mix."""

    name: str
    repo: str
    commit: str
    licence: str
    card_read: bool
    tasks: int
    rows: int
    bad_rows: int
    """Rows that were read and make no sample."""


class LeftOut(Frozen):
    """A source or a task that is not in the mix, and why."""

    name: str
    reason: str


class Assembly:
    """A mix that is being assembled. Its samples come first; what went in is known after the last of them."""

    def __init__(self, request: MixRequest, reading: ImportRequest, on_task: Callable[[int], None]) -> None:
        """`reading` has the options of reading; `on_task` is called with the number of tasks so far."""
        self._request, self._reading, self._on_task = request, reading, on_task
        self._collections: dict[str, Collection] = {}
        self._tasks: dict[str, int] = {}
        self._rows: dict[str, int] = {}
        self._bad: dict[str, int] = {}
        self.failed: list[LeftOut] = []
        """Sources that failed."""
        self.left_out: list[LeftOut] = []
        """Tasks from whose rows no samples could be made."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for collection in self._collections.values():
            collection.close()

    def samples(self) -> Iterator[ReadSample]:
        """Yield the samples of the mix, task by task: in the same order for the same request and commits.

        Raises `OrcaError` that names the source if one fails, unless `skip_bad`.
        """
        parts = self._request.mix.parts
        for source in dict.fromkeys(name for part in parts for name in part.sources):
            self._open(find_ready(source))
        by_rows = [part for part in parts if part.rows]
        single = sum(len(self._working(part)) for part in by_rows)
        wanted = self._request.tasks - single
        if wanted < 1:
            raise InputError(
                f"{self._request.tasks} tasks are too few for the mix {self._request.mix.name}: "
                f"{single} sources are one task each",
                hint=f"ask for at least --tasks {single + 1}",
            )
        yield from self._by_tasks([part for part in parts if part.tasks], wanted)
        rows = sum(self._rows.values())
        for part in by_rows:
            yield from self._by_rows(part, rows * part.rows // self._request.mix.zero_shot_rows)

    def uses(self) -> list[SourceUse]:
        """What went in of each source, in the order of the mix."""
        return [
            SourceUse(
                name=name,
                repo=opened.source.repo,
                commit=opened.snapshot.commit,
                licence=opened.source.licence,
                card_read=opened.source.card_read,
                tasks=self._tasks[name],
                rows=self._rows[name],
                bad_rows=self._bad.get(name, 0) + opened.bad_rows,
            )
            for name, opened in self._collections.items()
            if self._rows.get(name)
        ]

    def _open(self, source: ReadySource) -> None:
        with self._failure_named(source):
            opened = open_collection(source, self._reading, self._request.seed, self._request.per_task)
            self._collections[source.name] = opened

    def _working(self, part: MixPart) -> list[Collection]:
        broken = {failure.name for failure in self.failed}
        return [self._collections[name] for name in part.sources if name not in broken]

    def _by_tasks(self, parts: Sequence[MixPart], wanted: int) -> Iterator[ReadSample]:
        """Yield the samples of parts that share a number of tasks. What one does not have, the others give."""
        shares = divide(wanted, [part.tasks for part in parts])
        taken: dict[str, set[str]] = {part.name: set() for part in parts}
        missing = 0
        for part, share in zip(parts, shares, strict=True):
            missing += share - (yield from self._take(part, share, taken[part.name]))
        for part in sorted(parts, key=lambda part: -part.tasks):
            if missing:
                missing -= yield from self._take(part, missing, taken[part.name])
        if missing:
            self.left_out.append(LeftOut(f"{missing:,} tasks", "the sources have no more"))

    def _take(self, part: MixPart, wanted: int, taken: set[str]) -> Generator[ReadSample, None, int]:
        """Yield the samples of up to `wanted` tasks of a part that are not in `taken`. Returns how many tasks."""
        done = 0
        for opened in self._working(part):
            if done == wanted:
                break
            with self._failure_named(opened.source):
                names = _new_names(opened, wanted - done, taken)
                for name in _read_ahead(names, opened.fetch, wanted - done):
                    if done == wanted:
                        break
                    taken.add(_bare(name))
                    done += bool((yield from self._task(opened, name, self._request.per_task)))
        return done

    def _by_rows(self, part: MixPart, wanted: int) -> Iterator[ReadSample]:
        """Yield the samples of a part whose sources are one task each and share a number of rows."""
        opened = self._working(part)
        limits = [one.source.rows or _MANY for one in opened]
        for index, one in enumerate(opened):
            share = divide_evenly(wanted, limits[index:])[0]
            with self._failure_named(one.source):
                for name in one.names(1):
                    wanted -= yield from self._task(one, name, max(1, share))

    def _task(self, opened: Collection, name: str, count: int) -> Generator[ReadSample, None, int]:
        """Yield `count` samples of a task, chosen by the seed. Returns how many there were."""
        source = opened.source.name
        try:
            records = opened.rows(name, candidates(count))
            mapping = _plan(records, opened.request(name), name)
        except InputError as error:
            self.left_out.append(LeftOut(name, error.message))
            return 0
        order = shuffled(self._request.seed, name, len(records))
        tried, done = yield from _good_samples(records, order, mapping, count)
        self._bad[source] = self._bad.get(source, 0) + tried - done
        if not done:
            self.left_out.append(LeftOut(name, "none of its rows makes a sample"))
            return 0
        self._tasks[source] = self._tasks.get(source, 0) + 1
        self._rows[source] = self._rows.get(source, 0) + done
        self._on_task(sum(self._tasks.values()))
        return done

    @contextmanager
    def _failure_named(self, source: ReadySource) -> Iterator[None]:
        """Name the source in an error of the block; go on without it if that was asked for."""
        try:
            yield
        except OrcaError as error:
            message = f"{PREFIX}{source.name}: {error.message}"
            if not self._request.skip_bad:
                hint = (
                    f"{error.hint}; or go on without it with --skip-bad" if error.hint else "leave it out: --skip-bad"
                )
                raise error_from_process(message, hint, error.exit_code) from error
            self.failed.append(LeftOut(source.name, error.message))


def _plan(records: Sequence[Record], request: ImportRequest, name: str) -> Mapping:
    """Return how the rows of a task become samples. Answers that would have no score are compared as texts.

    Raises `InputError` if the rows leave in doubt what they become.
    """
    if request.kind is None:
        with suppress(InputError):
            mapping = plan_mapping(records[:PLANNED_ROWS], request, name)
            if mapping.kind != "free":
                return mapping
        request = replace(request, kind="text")
    return plan_mapping(records[:PLANNED_ROWS], request, name)


def _good_samples(
    records: Sequence[Record], order: Sequence[int], mapping: Mapping, count: int
) -> Generator[ReadSample, None, tuple[int, int]]:
    """Yield `count` samples of rows that are tried in this order; of those with the same question, the first.

    Returns how many rows were tried, and how many samples there were.
    """
    seen: set[bytes] = set()
    tried = 0
    while len(seen) < count and tried < len(order):
        more = sorted(order[tried : tried + count - len(seen)])
        tried += len(more)
        for row in mapping.map_rows(records[index] for index in more):
            for result in read_record(row, resplit=True):
                if isinstance(result, ReadSample) and (question := _digest(result.sample.prompt)) not in seen:
                    seen.add(question)
                    yield result
    return tried, len(seen)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _new_names(opened: Collection, count: int, taken: set[str]) -> list[str]:
    """Return the names of tasks that are not taken, at least `count` if there are so many."""
    names: list[str] = []
    for asked in (count, count + len(taken)):
        names = [name for name in opened.names(asked) if _bare(name) not in taken]
        if len(names) >= count:
            break
    return names


def _bare(name: str) -> str:
    """Return the name of a task without that of its source."""
    return name.partition("/")[2]


def _read_ahead(names: Sequence[str], fetch: Callable[[str], None], count: int) -> Iterator[str]:
    """Yield names; the first `count` are fetched before, several at a time."""
    waiting: deque[tuple[str, Future[None]]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for name in islice(names, count):
                waiting.append((name, pool.submit(fetch, name)))
                if len(waiting) > AHEAD:
                    first, future = waiting.popleft()
                    future.result()
                    yield first
            while waiting:
                first, future = waiting.popleft()
                future.result()
                yield first
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    yield from names[count:]
