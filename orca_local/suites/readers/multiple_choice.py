"""The benchmarks with lettered options: AGIEval, RACE, MMLU and ARC-Challenge.

AGIEval has `passage` (or null), `question`, `options` that begin with `(A)`, and `label`: a letter, or several. RACE
has `article`, `question`, `options` and `answer`. MMLU has `question`, `subject`, `choices` and the number of the right
one. ARC has `question`, `choices` with `text` and `label`, and `answerKey`; some labels are numbers.
"""

from __future__ import annotations

import re
from string import ascii_uppercase

from orca_local.suites.question import Question, Row, with_options
from orca_local.system.digest import text_digest

_MARK = re.compile(r"\s*\([A-Z]\)\s*")
_SCHOOL = re.compile("high|middle")


def read_agieval(row: Row) -> Question:
    """Return the question of a row of AGIEval. Each of several right letters is accepted."""
    question = row.text("question")
    passage = row.values.get("passage") or ""
    options = tuple(_MARK.sub("", option, count=1).strip() for option in row.texts("options"))
    label = row.values.get("label")
    letters = "".join(re.findall("[A-Z]", "".join(label) if isinstance(label, (list, tuple)) else str(label)))
    if not letters:
        raise row.bad("has no letter in its column 'label'")
    text = f"{str(passage).strip()}\n\n{question.strip()}" if passage else question
    return _question(row, text, options, letters, group=row.part, cluster=str(passage))


def read_race(row: Row) -> Question:
    """Return the question of a row of RACE, of which an article has several."""
    article = row.text("article")
    text = f"{article.strip()}\n\n{row.text('question').strip()}"
    school = _SCHOOL.match(row.part) or _SCHOOL.match(str(row.values.get("example_id")))
    return _question(
        row, text, row.texts("options"), row.text("answer"), group=school[0] if school else row.part, cluster=article
    )


def read_mmlu(row: Row) -> Question:
    """Return the question of a row of MMLU."""
    number = row.values.get("answer")
    options = row.texts("choices")
    if not isinstance(number, int) or not 0 <= number < len(options):
        raise row.bad("has no number of an option in its column 'answer'")
    return _question(row, row.text("question"), options, ascii_uppercase[number], group=row.text("subject"))


def read_arc(row: Row) -> Question:
    """Return the question of a row of ARC, with letters for all options."""
    choices, key = row.values.get("choices"), row.text("answerKey")
    if not isinstance(choices, dict):
        raise row.bad("has no options in its column 'choices'")
    inner = Row(choices, row.part, row.number)
    labels = inner.texts("label")
    letter = ascii_uppercase[labels.index(key)] if key in labels else key
    return _question(row, row.text("question"), inner.texts("text"), letter, group="arc-challenge")


def _question(
    row: Row, text: str, options: tuple[str, ...], letters: str, *, group: str, cluster: str = ""
) -> Question:
    known = ascii_uppercase[: len(options)]
    return Question(
        id=f"{group}/{row.number}",
        group=group,
        kind="multiple_choice",
        prompt=with_options(text, options),
        answers=tuple(letters) if set(letters) <= set(known) else (),
        target=letters,
        options=options,
        labels=tuple(known),
        cluster=text_digest(cluster)[:12] if cluster else "",
    )
