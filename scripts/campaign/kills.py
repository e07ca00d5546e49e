"""Commands that are killed and started again: nothing is lost, nothing is done twice, no half file stays."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.campaign.faults import number_of
from scripts.campaign.replies import completion, good_text
from scripts.campaign.scene import Tally, copy_scene, make_scene, problems_of, query, run, set_url
from scripts.campaign.server import Server, question_of
from tests.workspaces import losses

NOWHERE = "http://127.0.0.1:9/v1"
KILLS = 25
"""Kills of each command."""
NEWEST = "run_id = (select max(run_id) from evaluations)"
"""Each run stores its results; one that was killed at its end leaves them beside those of the next."""
STAGES: dict[str, tuple[tuple[str, ...], Callable[[Path], object]]] = {
    "probe": (
        ("probe", "--method", "exhaustive"),
        lambda at: sorted(query(at, "select key, completion from generations")),
    ),
    "teach": (("teach",), lambda at: sorted(query(at, "select sample_id, text, verified from demonstrations"))),
    "train": (("train",), losses),
    "evaluate": (
        ("evaluate", "--model", "base"),
        lambda at: (
            query(at, f"select model, task, n, accuracy from evaluations where {NEWEST} order by 1, 2"),
            query(at, "select name, quantization, sha256 from exports"),
        ),
    ),
}
"""Each command, in their order, and what its result is compared by."""


def campaign(limit: int) -> Tally:
    """Kill each command 25 times, or `limit` times in all."""
    tally = Tally("kills")
    kills = max(1, limit // len(STAGES)) if limit else KILLS
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        before = copy_scene(make_scene(directory), directory / "start", NOWHERE)
        for stage, (command, result) in STAGES.items():
            whole = directory / f"{stage}-whole"
            with _served_copy(before, whole):
                reference = run(whole, *command)
            if reference.code != 0:
                tally.add(f"{stage} without a kill", problems_of(reference, codes=(0,)))
                break
            moments = random.Random(stage)
            for number in range(kills):
                after = moments.uniform(0.05, 1.0) * reference.seconds
                copy = directory / f"{stage}-{number}"
                with _served_copy(before, copy) as server:
                    tally.add(f"{stage} after {after:.2f} s", _try(copy, whole, command, result, after, server))
                shutil.rmtree(copy)
            before = whole
    return tally


@contextmanager
def _served_copy(source: Path, target: Path) -> Iterator[Server]:
    """Copy a workspace; its teacher is a healthy endpoint within the block, and nowhere after it."""
    shutil.copytree(source, target)
    with Server(lambda request, _: completion(good_text(number_of(question_of(request))))) as server:
        set_url(target, NOWHERE, server.url)
        yield server
        if target.exists():
            set_url(target, server.url, NOWHERE)


def _try(
    workspace: Path,
    whole: Path,
    command: tuple[str, ...],
    result: Callable[[Path], object],
    after: float,
    server: Server,
) -> Iterator[str]:
    """Kill the command, look at the database, and run the command to its end."""
    run(workspace, *command, kill_after=after)
    answered = _answered(workspace)
    asked = dict(server.asked)
    if query(workspace, "pragma integrity_check") != [("ok",)]:
        yield "the database is damaged"
    yield from problems_of(run(workspace, *command), codes=(0,))
    if result(workspace) != result(whole):
        yield "another result than without the kill"
    again = [question for question in answered if server.asked.get(question, 0) > asked.get(question, 0)]
    if again:
        yield f"{len(again)} stored answers were asked for again"
    if halves := [path.name for path in workspace.rglob("*.part")]:
        yield f"left: {', '.join(halves)}"


def _answered(workspace: Path) -> list[str]:
    """The questions whose answers are stored."""
    rows = query(workspace, "select s.prompt from demonstrations d join samples s on s.id = d.sample_id")
    return [str(prompt) for (prompt,) in rows]
