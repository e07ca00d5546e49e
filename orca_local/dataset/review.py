"""Review of teacher answers before training: select, accept, reject, edit, preview and count them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from orca_local.domain.erasure import leaks
from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.strategies import Strategy
from orca_local.domain.summaries import TaskAnswers
from orca_local.domain.text import is_storable
from orca_local.domain.types import Message, Sample
from orca_local.gguf.answer_text import RowError
from orca_local.kinds.prompts import plain_messages
from orca_local.kinds.scoring import SCORER_VERSION, verify
from orca_local.kinds.training_text import training_text
from orca_local.kinds.verdict import Verdict, in_order
from orca_local.rows.renderer import PromptRenderer
from orca_local.store.demonstrations import DemonstrationRow, Review
from orca_local.store.store import Store


class Filters(Frozen):
    """Conditions that answers must meet; None or empty means any."""

    tasks: tuple[str, ...] = ()
    strategy: str | None = None
    review: Review | None = None
    verified: str | None = None
    """Whether the answer matches the reference: `yes`, `no`, or `unknown` without a reference or if only similar."""
    verdict: str | None = None
    """How the answer relates to the reference: a value of `Verdict`."""
    hinted: bool | None = None
    """Whether the teacher saw the reference."""
    leaking: bool | None = None
    """Whether the answer repeats the strategy instruction."""
    shorter: int | None = None
    """The answer has fewer characters."""
    longer: int | None = None
    """The answer has more characters."""
    search: str = ""
    """Words that the answer contains."""

    @property
    def is_empty(self) -> bool:
        """Whether every answer passes."""
        return self == Filters()


_VERIFIED: Mapping[str, bool | None] = {"yes": True, "no": False, "unknown": None}


def select(store: Store, strategies: Mapping[str, Strategy], filters: Filters) -> list[DemonstrationRow]:
    """The answers that meet all conditions, sorted by task and sample."""
    rows = store.demonstrations.list(
        tasks=list(filters.tasks) or None,
        strategy=filters.strategy,
        review=filters.review,
        hinted=filters.hinted,
        search=filters.search,
    )
    return [row for row in rows if _matches(row, strategies, filters)]


def _matches(row: DemonstrationRow, strategies: Mapping[str, Strategy], filters: Filters) -> bool:
    if filters.verified is not None and row.verified is not _VERIFIED[filters.verified]:
        return False
    if filters.verdict is not None and row.verdict != filters.verdict:
        return False
    if filters.shorter is not None and len(row.text) >= filters.shorter:
        return False
    if filters.longer is not None and len(row.text) <= filters.longer:
        return False
    strategy = strategies.get(row.strategy)
    return filters.leaking is None or filters.leaking == (strategy is not None and leaks(row.text, strategy))


def decide(store: Store, ids: Iterable[int], state: Review) -> None:
    """Set the review state of all answers, or of none if an id is unknown."""
    with store.transaction():
        for number in ids:
            store.demonstrations.set_review(number, state)


def rewrite(store: Store, row: DemonstrationRow, text: str) -> Verdict:
    """Replace the text of an answer; returns how the new text relates to the reference.

    Restoring the teacher's text undoes the edit. Raises `InputError` for an empty text.
    """
    if not text.strip():
        raise InputError("the new text is empty", hint="reject the answer to leave it out: `orca-local dataset reject`")
    if not is_storable(text):
        raise InputError("the new text holds a NUL character or is not valid Unicode", hint="remove that character")
    verdict = verify(store.samples.get(row.sample_id), text)
    restores = row.edited and text == original(store, row)
    if restores or text != row.text:
        store.demonstrations.edit(row.demonstration_id, text, verdict, SCORER_VERSION, restores=restores)
    return verdict


class Preview(Frozen):
    """An answer as a training row."""

    row: DemonstrationRow
    sample: Sample
    prompt: str
    """The part without loss, with control tokens."""
    trained: str
    """The part with loss, including the end of the turn."""
    prompt_tokens: int
    """Number of tokens without loss."""
    trained_tokens: int
    """Number of tokens with loss."""
    refused: str = ""
    """Why the answer cannot become a row; empty if it can."""


def preview(renderer: PromptRenderer, store: Store, row: DemonstrationRow, system_message: str) -> Preview:
    """The answer exactly as training sees it."""
    sample = store.samples.get(row.sample_id)
    part = training_text(row.text, sample)
    if part.reason and (row.review == "pending" or not part.text):
        return Preview(row, sample, "", row.text, 0, 0, f"{part.detail}; accept or edit it in a review")
    messages = (*plain_messages(sample, system_message), Message("assistant", part.text))
    try:
        rendered = renderer.training_ids(messages)
    except RowError as refused:
        return Preview(row, sample, "", row.text, 0, 0, str(refused))
    text = renderer.tokenizer.decode_verbatim
    prompt, trained = rendered.token_ids[: rendered.loss_start], rendered.token_ids[rendered.loss_start :]
    return Preview(row, sample, text(prompt), text(trained), len(prompt), len(trained))


def count_by_task(rows: Sequence[DemonstrationRow], tasks: Mapping[str, str]) -> list[TaskAnswers]:
    """Count the answers of each task; `tasks` is the task of each sample."""
    groups: dict[str, list[DemonstrationRow]] = {}
    for row in rows:
        groups.setdefault(tasks[row.sample_id], []).append(row)
    return [
        TaskAnswers(
            task=task,
            answers=len(group),
            verified=sum(row.verified is True for row in group),
            mismatch=sum(row.verified is False for row in group),
            verdicts=in_order(Counter(row.verdict for row in group)),
            hinted=sum(row.hinted for row in group),
            review=dict(sorted(Counter(row.review for row in group).items())),
            mean_characters=round(sum(len(row.text) for row in group) / len(group)),
        )
        for task, group in sorted(groups.items())
    ]


def original(store: Store, row: DemonstrationRow) -> str:
    """The teacher's text of an answer, even if it was edited. Raises `InputError` if the call is missing."""
    call = store.teacher_calls.get(row.teacher_call_key)
    if call is None or call.response is None:
        raise InputError(f"the teacher's answer to {row.sample_id} is not in this workspace")
    return str(call.response["text"])
