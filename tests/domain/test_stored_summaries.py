"""Summaries and events that the first version stored are read as they were written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.events import StageFinished, StrategyDropped, parse_event

STORED: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "summaries_0_1.json").read_text(encoding="utf-8")
)
"""What every stage of the first version stored of a tiny model, which is also what `--json` printed."""


@pytest.mark.parametrize("name", sorted(STORED))
def test_every_key_and_value_of_a_summary_is_kept(name: str) -> None:
    event = parse_event("StageFinished", STORED[name])
    assert isinstance(event, StageFinished) and event.stage == STORED[name]["stage"]
    assert event.payload() == STORED[name]


def test_a_renamed_event_keeps_its_stored_name() -> None:
    payload = {"task": "sums", "strategy": "plain", "samples": 8}
    event = StrategyDropped("sums", "plain", 8)
    assert parse_event("StrategyLeft", payload) == event
    assert (event.kind, event.payload()) == ("StrategyLeft", payload)


def test_events_of_an_unknown_version_are_left_out() -> None:
    assert parse_event("Unheard", {}) is None
    assert parse_event("StageFinished", {"stage": "probe"}) is None
    assert parse_event("StrategyLeft", {"task": "sums"}) is None
