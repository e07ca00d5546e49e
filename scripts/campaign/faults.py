"""Teacher endpoints at fault: what is well answered is kept, what is not is never trained on, the key stays secret."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scripts.campaign import replies
from scripts.campaign.scene import (
    KEY,
    Tally,
    copy_scene,
    key_is_stored,
    make_scene,
    problems_of,
    query,
    run,
    set_url,
)
from scripts.campaign.server import Reply, Server, question_of

MAX_USD = 5.0
MAX_SPENT_USD = 1.0
"""Far above what 20 questions with a few retries can cost at the prices of the scene."""


def number_of(question: str) -> int:
    """The number in `What is 4 plus 4?`."""
    found = re.search(r"What is (\d+) plus", question)
    assert found is not None
    return int(found[1])


def is_victim(question: str) -> bool:
    """Whether the fault hits this question: every third one."""
    return number_of(question) % 9 == 1


def campaign(limit: int) -> Tally:
    """Try every fault of the table once, or the first `limit`."""
    tally = Tally("faults")
    with tempfile.TemporaryDirectory() as directory:
        scene = make_scene(Path(directory))
        for number, (name, fault) in enumerate(list(replies.FAULTS.items())[: limit or None]):
            tally.add(name, _try(scene, Path(directory) / str(number), fault))
    return tally


def _try(scene: Path, directory: Path, fault: replies.Fault) -> Iterator[str]:
    def script(request: dict[str, object], earlier: int) -> Reply:
        question = question_of(request)
        good = replies.good_text(number_of(question))
        if (fault.hits_all or is_victim(question)) and (earlier == 0 or not fault.once):
            return fault.reply(good, request)
        return replies.completion(good)

    with Server(script) as server:
        workspace = copy_scene(scene, directory, server.url, MAX_USD)
        url = server.url
        first = run(workspace, "teach", "--json")
    yield from problems_of(first)
    yield from _wrong_outcome(workspace, fault, first.code)
    yield from _poisoned(workspace)
    with Server(lambda request, _: replies.completion(replies.good_text(number_of(question_of(request))))) as server:
        set_url(workspace, url, server.url)
        second = run(workspace, "teach", "--retry-failed", "--json")
        yield from (f"the second run: {problem}" for problem in problems_of(second, codes=(0,)))
        # The mended endpoint has another URL: only an answer that was stored under the first one is not asked again.
        taught = len(_taught(workspace))
        if taught < 20:
            yield f"after the endpoint was mended, only {taught} of 20 samples are taught"
    yield from _poisoned(workspace)
    if key_is_stored(workspace):
        yield "the key was stored"


def _wrong_outcome(workspace: Path, fault: replies.Fault, code: int) -> Iterator[str]:
    """What does not fit the kind of fault after the first run."""
    taught = _taught(workspace)
    healthy = [number for number in range(1, 60, 3) if not is_victim(f"What is {number} plus")]
    missing = [number for number in healthy if f"s{number}" not in taught]
    if missing and not fault.ends_run:
        yield f"{len(missing)} well answered questions are not taught"
    victims = [f"s{number}" for number in range(1, 60, 3) if is_victim(f"What is {number} plus")]
    learned = [victim for victim in victims if victim in taught]
    if fault.outcome == replies.WHOLE and len(learned) < len(victims):
        yield f"{len(victims) - len(learned)} whole answers are not taught"
    if fault.outcome == replies.BROKEN and learned:
        yield f"{len(learned)} broken answers are taught"
    if fault.outcome == replies.BROKEN and code == 0:
        yield "exit code 0, although answers are missing"
    total = "select coalesce(sum(coalesce(cost_usd, reserved_usd)), 0) from charges"
    spent = float(str(query(workspace, total)[0][0]))
    if not 0 <= spent <= MAX_SPENT_USD:
        yield f"the ledger says {spent} US dollars"


def _taught(workspace: Path) -> set[str]:
    """Ids of the samples with an answer that is trained on."""
    return {str(sample) for (sample,) in query(workspace, "select sample_id from demonstrations where verified = 1")}


def _poisoned(workspace: Path) -> Iterator[str]:
    """Whether text of a fault is in the training rows, or the key in what was printed."""
    path = workspace / "rows.jsonl"
    path.unlink(missing_ok=True)
    written = run(workspace, "dataset", "write", str(path), "--json")
    if written.code == 0 and replies.POISON in path.read_text():
        yield "text of the fault is in a training row"
    elif written.code != 0 and "no " not in written.err:
        yield from problems_of(written)
    if KEY in written.out:
        yield "the key is in the rows"
