"""A template writes prompts of rows; what is wrong with it is named with its line, and it always ends."""

from __future__ import annotations

from typing import Any

import pytest

from orca_local.domain.errors import InputError
from orca_local.system.limited_process import Limits
from orca_local.tasks.columns import template as module
from orca_local.tasks.columns.cell import BadRow
from orca_local.tasks.columns.template import PromptTemplate
from orca_local.tasks.import_request import ImportRequest
from tests.tasks.rows import good_samples, made

NAMES = ("question", "choices", "Question Stem")
ROW = {"question": "Which <one>?", "choices": ["ant", "bee"], "Question Stem": "stem"}


def write(text: str, row: dict[str, Any] = ROW) -> str:
    template = PromptTemplate.start(text, NAMES)
    sample: dict[str, Any] = {}
    try:
        template.write(row, sample)
    finally:
        template.process.close()
    return str(sample["prompt"])


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("Q: {{ question }}\n", "Q: Which <one>?"),
        ("{% for choice in choices %}\n{{ loop.index }}. {{ choice }}\n{% endfor %}", "1. ant\n2. bee\n"),
        ('{{ row["Question Stem"] | upper }} {{ choices | tojson }}', 'STEM ["ant", "bee"]'),
        ("{% if question is defined %}{{ question[:5] }}{% endif %}", "Which"),
    ],
)
def test_columns_are_variables(text: str, prompt: str) -> None:
    assert write(text) == prompt


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "a\nb {{ qestion }}",
            "template, line 2: 'qestion' is no column; the columns are question, choices",
            "question",
        ),
        ("{{ xyz }}", "template, line 1: 'xyz' is no column", 'row["…"]'),
        ("What?{% raw %}{{ question }}{% endraw %}", "the template uses no column", "{{ question }}"),
        ("{{ question | random }}", "template, line 1: No filter named 'random'", "correct the template"),
        ("a\n{{ self }}", "template, line 2: 'self' is the template itself, no column", 'row["self"]'),
        ("a\n\n{% if question %}", "template, line 3: Unexpected end of template", "correct the template"),
        ("{{ question | nofilter }}", "template, line 1: No filter named 'nofilter'", "correct the template"),
        ("{{ " + "(" * 5000 + " }}", "template: RecursionError: ", "correct the template"),
    ],
)
def test_a_template_that_cannot_be_used_is_named_with_its_line(text: str, message: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        write(text)
    assert caught.value.message.startswith(message) and hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n{{ question.size }}", "template, line 2: 'str object' has no attribute 'size'"),
        ("a\n\n{{ choices[7] }}", "template, line 3: "),
        ("{{ question + 1 }}", "template, line 1: TypeError"),
        ("{{ question.__class__.__mro__ }}", "template, line 1: "),
    ],
)
def test_a_row_on_which_it_fails_is_a_problem_of_that_row(text: str, message: str) -> None:
    with pytest.raises(BadRow) as caught:
        write(text)
    assert message in str(caught.value)


def test_a_column_that_one_row_lacks_is_a_problem_of_that_row() -> None:
    with pytest.raises(BadRow, match="line 1: 'question' is undefined"):
        write("{{ question }}", {"choices": []})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}{{ question }}",
            "needs more than 0.2 s",
        ),
        ("{% for a in range(99999) %}{{ question }}{% endfor %}", "writes more than 131,"),
        ("{{ question * 999999999 }}", "needs more than 256 MiB of memory"),
        ("{{ 9 ** 99999999 }}", "needs more than 0.2 s"),
    ],
)
def test_a_template_that_takes_too_much_is_ended(text: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMITS", Limits(seconds=0.2, memory=256 << 20, reply=64 << 20))
    with pytest.raises(InputError) as caught:
        write(text)
    assert message in caught.value.message


def test_options_are_not_added_where_the_template_writes_them() -> None:
    rows = made(lambda n: {"q": f"Q{n}?", "choices": ["ant", "bee"], "answer": n % 2})
    shown = "{{ q }}\n{% for c in choices %}\n({{ 'AB'[loop.index0] }}) {{ c }}\n{% endfor %}"
    assert good_samples(rows, ImportRequest(template=shown))[1].prompt == "Q1?\n(A) ant\n(B) bee\n"
    assert good_samples(rows, ImportRequest(template="Say: {{ q }}"))[1].prompt == "Say: Q1?\n(A) ant\n(B) bee"
