"""What a task generator makes, and the words that several tasks share."""

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

NAMES = (
    "Ana", "Ben", "Carla", "David", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Liam",
    "Maya", "Noah", "Olga", "Paul", "Rosa", "Sam", "Tara", "Victor", "Wendy", "Yusuf", "Zoe", "Marta",
)  # fmt: skip
THINGS = (
    "stamps", "coins", "marbles", "apples", "books", "shells", "cards", "stickers", "pencils", "eggs",
    "buttons", "tickets", "photos", "bottles", "stones", "candles", "lemons", "badges", "plants", "beads",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One question with its answers and, for every strategy but `direct_answer`, the working before the answer line."""

    prompt: str
    answers: tuple[str, ...]
    """Accepted answers; the first is the reference."""
    core: str
    """What is asked, whatever the wording: two samples with the same core never stand in two splits."""
    working: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StarterTask:
    """A task and the function that draws one of its questions."""

    name: str
    kind: str
    draw: Callable[[Random, bool], Item]
    """Draws a question; True asks for wording and values that training never shows."""
    labels: tuple[str, ...] = ()


def working(steps: str, recall: str, reason: str, extract: str, explain: str) -> dict[str, str]:
    """The working under each strategy; a direct answer has none."""
    return {DIRECT: "", STEPS: steps, RECALL: recall, REASON: reason, EXTRACT: extract, EXPLAIN: explain}
