"""What the columns leave in doubt is an error with the option to write, and what the user says is done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.types import Sample
from orca_local.tasks.import_request import ImportRequest
from orca_local.tasks.mapping import plan_mapping, task_of_file
from tests.tasks.layouts import LAYOUTS
from tests.tasks.rows import Row, good_samples, made, plan, sample_of

ERRORS: dict[str, tuple[Callable[[int], Row], ImportRequest, str, str]] = {
    "a map that names no column": (
        lambda n: {"question_text": "Q?", "gold": "7"},
        ImportRequest(columns={"prompt": "questiontext"}),
        "no row has a column 'questiontext'; the columns are question_text, gold",
        "did you mean question_text?",
    ),
    "a part of a column that is not there": (
        lambda n: {"data": {"question": "Q?"}, "answer": "7"},
        ImportRequest(columns={"prompt": "data.qestion"}),
        "no row has a column 'data.qestion'",
        "did you mean data.question?",
    ),
    "a key that is none": (
        lambda n: {"question": "Q?"},
        ImportRequest(columns={"promt": "question"}),
        "a column cannot be mapped to 'promt'",
        "did you mean prompt?",
    ),
    "a kind that is none": (
        lambda n: {"question": "Q?"},
        ImportRequest(kind="numbers"),
        "unknown kind 'numbers'",
        "did you mean number?",
    ),
    "no prompt at all": (
        lambda n: {"question": "Q?", "answer": "7"},
        ImportRequest(columns={"prompt": ""}),
        "a sample needs a prompt",
        "--template",
    ),
    "two tasks": (
        lambda n: {"question": "Q?"},
        ImportRequest(task="a", task_column="question"),
        "the task is given twice",
        "--task-column",
    ),
    "two prompts": (
        lambda n: {"question": "Q?", "input": "x", "output": "y"},
        ImportRequest(),
        "several columns may be the prompt: question, input",
        "--map prompt=question",
    ),
    "an answer and a list of them": (
        lambda n: {"question": "Q?", "a": "x", "b": "y"},
        ImportRequest(columns={"answer": "a", "answers": "b"}),
        "the answer is given twice",
        "a list to answers",
    ),
    "two answers": (
        lambda n: {"question": "Q?", "answer": "x", "response": "y"},
        ImportRequest(),
        "several columns may be the answer: answer, response",
        "--map answer=answer",
    ),
    "two conversations": (
        lambda n: {"messages": [{"role": "user", "content": ""}], "conversations": [{"from": "gpt", "value": ""}]},
        ImportRequest(),
        "several columns may be the conversation",
        "--map messages=",
    ),
    "no prompt": (
        lambda n: {"no": n, "frage": "Wie alt?", "antwort": "7"},
        ImportRequest(),
        "no column is known to be the prompt; the columns are no, frage, antwort",
        "--map prompt=frage",
    ),
    "no answer": (
        lambda n: {"question": "Q?", "antwort": "7"},
        ImportRequest(),
        "no column is known to be the answer; the columns are question, antwort",
        "--map answer=antwort, or add prompts alone with --kind free",
    ),
    "mixed kinds": (
        lambda n: {"question": "Q?", "answer": "blue" if n % 3 else "7"},
        ImportRequest(),
        "several kinds: 10 of the first 30 are numbers (row 1: '7'), 20 are not (row 2: 'blue')",
        "--kind exact",
    ),
    "numbers of classes": (
        lambda n: {"text": "A film", "label": n % 3},
        ImportRequest(),
        "the answers are 3 class numbers: 0, 1, 2",
        "--labels NAME,NAME,…",
    ),
    "an index without its base": (
        lambda n: {"question": "Q?", "choices": ["a", "b", "c", "d"], "answer": 1 + n % 3},
        ImportRequest(),
        "whether they count from 0 or from 1 is not clear",
        "--index-from 0 or --index-from 1",
    ),
    "answers that are no options": (
        lambda n: {"question": "Q?", "choices": ["ant", "bee"], "answer": "whale"},
        ImportRequest(),
        "the answers are no options, such as 'whale' among ['ant', 'bee']",
        "--map choices=COLUMN",
    ),
    "options where there are none": (
        lambda n: {"question": "Q?", "choices": 5, "answer": "whale"},
        ImportRequest(columns={"choices": "choices"}),
        "the options must be a list of texts, not 5",
        "--map choices=COLUMN",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_a_doubt_is_an_error_that_shows_what_to_write(case: str) -> None:
    row, request, message, hint = ERRORS[case]
    with pytest.raises(InputError) as caught:
        plan(made(row), request)
    assert message in caught.value.message and hint in caught.value.hint


ROWS: dict[str, tuple[Callable[[int], Row], Row, str]] = {
    "a missing column": (
        LAYOUTS["question and answer"][0],
        {"frage": "x"},
        "column 'question' is missing; the row has frage",
    ),
    "an empty prompt": (
        LAYOUTS["question and answer"][0],
        {"question": " ", "answer": "1"},
        "column 'question' is empty",
    ),
    "an empty answer": (LAYOUTS["question and answer"][0], {"question": "x", "answer": None}, "'answer' is missing"),
    "another kind": (
        LAYOUTS["question and answer"][0],
        {"question": "x", "answer": "blue"},
        "must be a number, not 'blue'",
    ),
    "an answer that is no option": (
        LAYOUTS["options by letter"][0],
        {"question": "x", "options": {"A": "ant", "B": "bee"}, "answer": "cow"},
        "the answer 'cow' is no option (the text of an option): ['ant', 'bee']",
    ),
    "an index beyond the options": (
        LAYOUTS["question and choices, index"][0],
        {"question": "x", "choices": ["ant", "bee"], "answer": 2},
        "the answer 2 is no option (the number of an option, counted from 0)",
    ),
    "a label that is new": (
        LAYOUTS["text and label"][0],
        {"text": "x", "label": "fair"},
        "the answer 'fair' is not among the labels: bad, good; name all of them with --labels",
    ),
    "no worked answer": (
        LAYOUTS["worked answers"][0],
        {"question": "x", "answer": "It is 7"},
        "the answer has no last line such as `#### 18`: 'It is 7'",
    ),
    "a question without options": (
        LAYOUTS["question and choices, index"][0],
        {"question": "x", "choices": None, "answer": 1},
        "the options must be a list of texts, not None",
    ),
    "a row of a task file without a kind": (
        LAYOUTS["task format"][0],
        {"id": "a", "task": "t", "prompt": "Two?", "answer": 2},
        "'kind' is missing",
    ),
    "a row of a task file without a task": (
        LAYOUTS["task format"][0],
        {"id": "a", "kind": "number", "prompt": "Two?", "answer": 2},
        "'task' is missing",
    ),
    "a conversation without an answer": (
        LAYOUTS["messages"][0],
        {"messages": [{"role": "user", "content": "Hi"}]},
        "the last turn is of the user: a conversation must end with the assistant's answer",
    ),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_bad_row_says_what_is_wrong_with_it(case: str) -> None:
    row, bad, message = ROWS[case]
    problems = sample_of(plan(made(row)), bad, line=40_312)
    assert isinstance(problems, list) and message in problems[0]


def test_what_the_user_says_comes_before_every_guess() -> None:
    rows = made(lambda n: {"a": {"q": f"Q{n}"}, "b": ["x", f"y{n}"], "c": "book", "n": f"id-{n}", "why": "so"})
    columns = {"prompt": "a.q", "answer": "b.1", "id": "n", "rationale": "why"}
    sample = good_samples(rows, ImportRequest(columns=columns, kind="exact", task_column="c"))[3]
    expected = Sample("id-3", "book", "exact", "Q3", ("y3",), sample.split, rationale="so")
    assert sample == expected
    assert good_samples(rows, ImportRequest(columns=columns, kind="free", task="t"))[3].task == "t"


def test_a_key_without_a_column_is_not_guessed() -> None:
    rows = made(lambda n: {"id": f"i{n}", "question": f"Q{n}", "answer": "x", "explanation": "y"})
    request = ImportRequest(columns={"id": "", "rationale": ""})
    sample = good_samples(rows, request)[0]
    assert sample.id.startswith("made-") and sample.rationale is None
    assert sample.metadata == {"id": "i0", "explanation": "y"}


def test_prompts_alone_are_free() -> None:
    rows = made(lambda n: {"question": f"Q{n}"})
    assert good_samples(rows, ImportRequest(kind="free"))[0].answers == ()


def test_an_id_is_made_of_task_and_content_where_the_column_only_counts_rows() -> None:
    rows = made(lambda n: {"id": n, "question": f"Q{n}", "answer": "x"})
    first, second = good_samples(rows)[:2]
    assert first.id != second.id and len(first.id) == len("made-") + 12
    assert first.metadata == {"id": 0}
    again = good_samples([{**row, "id": 99} for row in rows])[0]
    assert again.id == first.id, "the content alone decides"


def test_labels_of_the_user_name_numbers_of_classes_and_close_the_set() -> None:
    numbered = made(lambda n: {"text": f"Film {n}", "label": str(n % 2)})
    sample = good_samples(numbered, ImportRequest(labels=("bad", "good")))[1]
    assert (sample.answers, sample.labels, sample.kind) == (("good",), ("bad", "good"), "exact")
    from_one = made(lambda n: {"text": f"Film {n}", "label": 1 + n % 2})
    assert good_samples(from_one, ImportRequest(labels=("bad", "good"), index_from=1))[1].answers == ("good",)
    problems = sample_of(plan(numbered, ImportRequest(labels=("bad", "good"))), {"text": "Film", "label": "7"})
    assert problems == ["the class '7' has no label: they are 0 to 1"]


def test_one_of_many_rows_of_another_kind_is_a_mistake_of_that_row() -> None:
    rows = made(lambda n: {"question": f"Q{n}", "answer": str(n)}, 60)
    rows[7]["answer"] = "blue"
    mapping = plan(rows)
    assert mapping.kind == "number"
    assert isinstance(sample_of(mapping, rows[7]), list)


def test_a_task_file_can_be_asked_for_otherwise() -> None:
    rows = made(lambda n: {"id": n, "task": "t", "kind": "number", "prompt": "Two?", "answer": 2, "hint": "h"})
    request = ImportRequest(columns={"prompt": "hint", "answer": "prompt"}, kind="exact", task="new")
    sample = good_samples(rows, request)[0]
    assert (sample.id, sample.task, sample.kind, sample.prompt, sample.answers) == ("0", "new", "exact", "h", ("Two?",))
    both = good_samples(rows, ImportRequest(columns={"context": "hint"}))[0]
    assert both.prompt == "h\n\nTwo?"


def test_a_map_says_in_plain_lines_what_becomes_what() -> None:
    mapping = plan(made(LAYOUTS["options by letter"][0]))
    assert mapping.describe() == [
        "prompt: column question",
        "answer: column answer",
        "options: column options as lines (A), (B), … of the prompt",
        "the answer is the text of an option; it becomes the option's letter",
        "task: made (the name of the file)",
        "kind: multiple_choice (guessed: the rows have options)",
        "kept as metadata: answer_idx",
    ]
    assert mapping.columns == {"question": "question", "answer": "answer", "choices": "options"}
    assert mapping.names == ("question", "options", "answer", "answer_idx")
    assert not mapping.is_task_format and plan(made(LAYOUTS["task format"][0])).is_task_format
    worked = plan(made(LAYOUTS["worked answers"][0])).describe()
    assert "kind: number (guessed: every answer of the first 30 rows is a number)" in worked
    assert "rationale: what stands before ####, without <<calculations>>" in worked


def test_without_rows_there_is_nothing_to_plan() -> None:
    assert plan_mapping([], ImportRequest(), "x.jsonl").is_task_format


@pytest.mark.parametrize(
    ("location", "task"),
    [
        ("/data/my sums.jsonl", "my sums"),
        ("sums.v2.json", "sums.v2"),
        ("SUMS.JSONL.gz", "SUMS"),
        ("hub:openai/gsm8k", "gsm8k"),
        ("hub:owner/name@abc/main:train", "name/main"),
        (".jsonl", "tasks"),
    ],
)
def test_the_name_of_a_file_is_the_name_of_its_task(location: str, task: str) -> None:
    assert task_of_file(location) == task
