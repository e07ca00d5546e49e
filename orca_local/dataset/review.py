"""Looking through the answers before they are trained on: which ones, what exactly of them, and how many of a kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orca_local.domain.erasure import leaks
from orca_local.domain.errors import InputError
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Message, Sample
from orca_local.kinds.prompts import plain_messages
from orca_local.kinds.scoring import verify
from orca_local.rows.renderer import PromptRenderer, RowError
from orca_local.store.demonstrations import DemonstrationRow, Review
from orca_local.store.store import Store


@dataclass(frozen=True, slots=True)
class Filters:
    """Which answers; what is None or empty lets all through."""

    tasks: tuple[str, ...] = ()
    strategy: str | None = None
    review: Review | None = None
    verified: str | None = None
    """`yes`, `no`, or `unknown` where there is no reference."""
    hinted: bool | None = None
    leaking: bool | None = None
    """Whether it repeats the instruction that is erased."""
    shorter: int | None = None
    longer: int | None = None
    """Characters."""
    search: str = ""
    """Words that all are in the answer."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is filtered."""
        return self == Filters()


_VERIFIED: Mapping[str, bool | None] = {"yes": True, "no": False, "unknown": None}


def select(store: Store, strategies: Mapping[str, Strategy], filters: Filters) -> list[DemonstrationRow]:
    """The answers that match all filters, by task and sample."""
    found = store.demonstrations.list(
        tasks=list(filters.tasks) or None,
        strategy=filters.strategy,
        review=filters.review,
        hinted=filters.hinted,
        search=filters.search,
    )
    return [row for row in found if _matches(row, strategies, filters)]


def _matches(row: DemonstrationRow, strategies: Mapping[str, Strategy], filters: Filters) -> bool:
    if filters.verified is not None and row.verified is not _VERIFIED[filters.verified]:
        return False
    if filters.shorter is not None and len(row.text) >= filters.shorter:
        return False
    if filters.longer is not None and len(row.text) <= filters.longer:
        return False
    strategy = strategies.get(row.strategy)
    return filters.leaking is None or filters.leaking == (strategy is not None and leaks(row.text, strategy))


def find(store: Store, ids: Sequence[int]) -> list[DemonstrationRow]:
    """The answers of these numbers. Raises `InputError` where there is none, before anything is changed."""
    return [store.demonstrations.get(number) for number in ids]


def decide(store: Store, ids: Iterable[int], state: Review) -> None:
    """Accept or reject answers, or take that back; all of them or none."""
    with store.transaction():
        for number in ids:
            store.demonstrations.set_review(number, state)


def rewrite(store: Store, row: DemonstrationRow, text: str) -> bool | None:
    """Put a reviewer's words in place of an answer's; returns whether they agree with the reference.

    The teacher's own words put back take the edit back. Raises `InputError` for an empty text.
    """
    if not text.strip():
        raise InputError("the new text is empty", hint="reject the answer to leave it out: `orca-local dataset reject`")
    verified = verify(store.samples.get(row.sample_id), text)
    if row.edited and text == original(store, row):
        store.demonstrations.restore(row.demonstration_id, text, verified)
    elif text != row.text:
        store.demonstrations.edit(row.demonstration_id, text, verified)
    return verified


@dataclass(frozen=True, slots=True)
class Preview:
    """One answer as a training row."""

    row: DemonstrationRow
    sample: Sample
    read: str
    """The part that is only read, control tokens included."""
    trained: str
    """The part that is trained, turn end included."""
    read_tokens: int
    trained_tokens: int
    refused: str = ""
    """Why it cannot become a row."""


def preview(renderer: PromptRenderer, store: Store, row: DemonstrationRow, system_message: str) -> Preview:
    """Exactly what training sees of an answer."""
    sample = store.samples.get(row.sample_id)
    messages = (*plain_messages(sample, system_message), Message("assistant", row.text.strip()))
    try:
        made = renderer.training_ids(messages)
    except RowError as refused:
        return Preview(row, sample, "", row.text, 0, 0, str(refused))
    text = renderer.tokenizer.decode_verbatim
    read, trained = made.token_ids[: made.loss_start], made.token_ids[made.loss_start :]
    return Preview(row, sample, text(read), text(trained), len(read), len(trained))


def statistics(rows: Sequence[DemonstrationRow], tasks: Mapping[str, str]) -> list[dict[str, Any]]:
    """One entry a task: how many answers, of which state, and how long. `tasks` names the task of a sample."""
    groups: dict[str, list[DemonstrationRow]] = {}
    for row in rows:
        groups.setdefault(tasks[row.sample_id], []).append(row)
    return [
        {
            "task": task,
            "answers": len(group),
            "verified": sum(row.verified is True for row in group),
            "mismatch": sum(row.verified is False for row in group),
            "hinted": sum(row.hinted for row in group),
            "review": dict(sorted(Counter(row.review for row in group).items())),
            "mean_characters": round(sum(len(row.text) for row in group) / len(group)),
        }
        for task, group in sorted(groups.items())
    ]


def original(store: Store, row: DemonstrationRow) -> str:
    """The teacher's own words, whatever a reviewer wrote over them."""
    call = store.teacher_calls.get(row.teacher_call_key)
    if call is None or call.response is None:
        raise InputError(f"the teacher's answer to {row.sample_id} is not in this workspace")
    return str(call.response["text"])
