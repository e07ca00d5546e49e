"""The questions that starter tasks draw, and word lists that several tasks share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

DIRECT = "direct_answer"
STEPS = "step_by_step"
RECALL = "recall_then_generate"
REASON = "recall_reason_generate"
EXTRACT = "extract_generate"
EXPLAIN = "explain_then_answer"
PLAIN = "plain"

NAMES = (
    "Ana", "Ben", "Carla", "David", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Liam",
    "Maya", "Noah", "Olga", "Paul", "Rosa", "Sam", "Tara", "Victor", "Wendy", "Yusuf", "Zoe", "Marta",
)  # fmt: skip
OBJECTS = (
    "stamps", "coins", "marbles", "apples", "books", "shells", "cards", "stickers", "pencils", "eggs",
    "buttons", "tickets", "photos", "bottles", "stones", "candles", "lemons", "badges", "plants", "beads",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """A question with its answers, and the reasoning for every strategy."""

    prompt: str
    answers: tuple[str, ...]
    """Accepted answers; the first is the reference."""
    core: str
    """Content of the question without its wording. It differs between all samples."""
    reasoning: Mapping[str, str]
    """Text before the answer line, by strategy; empty for `direct_answer`."""


@dataclass(frozen=True, slots=True)
class StarterTask:
    """A task, and the function that draws one of its questions."""

    name: str
    kind: str
    draw: Callable[[Random, bool], Item]
    """Draw a question; True asks for prompts and values that no training sample has."""
    labels: tuple[str, ...] = ()


def reasoning_by_strategy(steps: str, recall: str, reason: str, extract: str, explain: str) -> dict[str, str]:
    """Return the reasoning by strategy. A direct answer has none; without an instruction the steps are in one line."""
    plain = "Let me work this out. " + steps.replace("\n", " ")
    return {DIRECT: "", STEPS: steps, RECALL: recall, REASON: reason, EXTRACT: extract, EXPLAIN: explain, PLAIN: plain}
