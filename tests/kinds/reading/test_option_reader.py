"""The option that a text chooses, by its mark, by its text or by both.

`option_cases.jsonl` has the prompt, the text and its option: in the asked form, in free text, and undecided texts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orca_local.kinds.table import get_kind

CASES = [json.loads(line) for line in Path(__file__).with_name("option_cases.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:40])
def test_the_option_that_a_text_chooses_is_read(case: dict[str, Any]) -> None:
    readings = get_kind("multiple_choice").read(case["text"], prompt=case["prompt"])
    asked = case["answer"] if case["form"] == "asked" else None
    assert (readings.strict, readings.lenient) == (asked, case["answer"])
