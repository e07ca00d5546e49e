"""What asking models behind endpoints would take."""

from __future__ import annotations

from dataclasses import field

from orca_local.domain.judge_summary import JudgeEstimate
from orca_local.domain.record import OMITTABLE, Record


class ModelEstimate(Record):
    """What one model behind an endpoint would be asked, and what that would cost."""

    model: str
    """Name of the model."""
    source: str
    """Its name at the endpoint, and the address."""
    answers: int
    """Number of different prompts."""
    cached: int
    """Number of these that need no call: their answer is stored, or the endpoint refused them for good."""
    calls: int
    """Number of calls to make. Some may be repeated."""
    usd: float
    """Expected US dollars."""
    at_most_usd: float
    """US dollars if every answer has its maximum length."""
    spent_usd: float
    """US dollars that its calls have cost in this workspace so far."""
    limit: str = field(default="", metadata=OMITTABLE)
    """Where it stops, as the settings have it."""


class EvaluationEstimate(Record):
    """Result of `evaluate --estimate`: models on this machine cost nothing and are left out."""

    models: tuple[ModelEstimate, ...]
    """The models behind endpoints."""
    judge: JudgeEstimate | None = field(default=None, metadata=OMITTABLE)
    """The judge's calls, where it scores tasks."""
