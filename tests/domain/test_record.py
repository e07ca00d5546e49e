"""Records as JSON objects."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field

import pytest

from orca_local.domain.probe_summary import ProbeEstimate
from orca_local.domain.record import CI, FIRST, OMITTABLE, Record
from orca_local.domain.summaries import STAGE_SUMMARIES, PipelineResult, QuickstartSummary
from orca_local.domain.teach_summary import TeachEstimate


class Inner(Record):
    ci: CI
    count: int | None


class Outer(Inner):
    name: str = field(metadata=FIRST)
    parts: tuple[Inner, ...]
    by_name: Mapping[str, Inner]
    max: int = field(metadata={"key": "most"})
    loss: float
    note: str | None = field(default=None, metadata=OMITTABLE)
    level: int = 3


OUTER = Outer((0.0, 1.0), None, "x", (Inner((0.1, 0.2), 2),), {"a": Inner((0.3, 0.4), None)}, max=7, loss=0.5)
COMMAND_RESULTS = (PipelineResult, ProbeEstimate, QuickstartSummary, TeachEstimate)
JSON = {
    "name": "x",
    "ci": [0.0, 1.0],
    "count": None,
    "parts": [{"ci": [0.1, 0.2], "count": 2}],
    "by_name": {"a": {"ci": [0.3, 0.4], "count": None}},
    "most": 7,
    "loss": 0.5,
    "level": 3,
}


def test_a_record_is_written_and_read_back() -> None:
    assert OUTER.to_dict() == JSON and next(iter(OUTER.to_dict())) == "name"
    assert Outer.from_dict(JSON) == OUTER
    assert Outer.from_dict({**JSON, "note": "hi"}).to_dict()["note"] == "hi"


def test_keys_of_other_versions_are_tolerated() -> None:
    assert Outer.from_dict({**JSON, "newer": 1}) == OUTER
    older = Outer.from_dict({"name": "x", "by_name": None})
    assert older == Outer((0.0, 0.0), None, "x", (), {}, max=0, loss=0.0)


def test_the_null_of_a_stored_nan_is_nan_again() -> None:
    assert math.isnan(Outer.from_dict({**JSON, "loss": None}).loss)


@pytest.mark.parametrize("kind", sorted({*STAGE_SUMMARIES.values(), *COMMAND_RESULTS}, key=str))
def test_an_empty_object_can_be_read_as_any_summary(kind: type[Record]) -> None:
    summary = kind.from_dict({})
    assert kind.from_dict(summary.to_dict()) == summary
