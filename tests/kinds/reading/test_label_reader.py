"""The label that a text settles on, in sets of labels of many kinds.

`label_cases.jsonl` has the labels, the text and its label: in the asked form, in free text, and texts without a label.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orca_local.kinds.table import get_kind

CASES = [json.loads(line) for line in Path(__file__).with_name("label_cases.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:40])
def test_the_label_that_a_text_settles_on_is_read(case: dict[str, Any]) -> None:
    readings = get_kind("exact").read(case["text"], labels=case["labels"])
    asked = case["answer"] if case["form"] == "asked" else None
    assert (readings.strict, readings.lenient) == (asked, case["answer"])
