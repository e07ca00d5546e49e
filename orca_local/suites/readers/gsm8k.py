"""GSM8K: `question`, and `answer` with the worked steps and a last line `#### N`."""

from __future__ import annotations

from orca_local.kinds.table import get_kind
from orca_local.suites.question import Question, Row


def read_gsm8k(row: Row) -> Question:
    """Return the question of a row."""
    _, mark, number = row.text("answer").rpartition("#### ")
    reference = get_kind("number").parse_reference(number.strip())
    if not mark or reference is None:
        raise row.bad("has no number after #### in its column 'answer'")
    return Question(
        id=str(row.number),
        group="gsm8k",
        kind="number",
        prompt=row.text("question"),
        answers=(reference,),
        target=number.strip(),
    )
