from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orca_local.tasks.read import read_tasks
from orca_local.tasks.sources.jsonl import MAX_LINE_BYTES

GOOD: dict[str, Any] = {"id": "a", "task": "sums", "kind": "number", "prompt": "What is 2 + 3?", "answer": 5}
CHOICE = {**GOOD, "kind": "multiple_choice", "prompt": "Which?\n(A) one\n(B) two\n(C) three", "answer": "B"}


def line(**changes: Any) -> str:
    """A good line with some fields changed; None takes a field away."""
    return json.dumps({key: value for key, value in {**GOOD, **changes}.items() if value is not None})


def read(path: Path, content: str | bytes) -> tuple[list[Any], list[str]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = read_tasks(path)
    return list(result.samples), [str(problem).removeprefix(f"{path}:") for problem in result.problems]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tasks.jsonl"


def test_good_line_becomes_a_sample_with_unknown_keys_as_metadata(path: Path) -> None:
    content = line(labels=["5", "6"], rationale="2 and 3", source="book", metadata={"page": 3}, split="holdout")
    ((sample,), problems) = read(path, content)
    assert problems == []
    assert (sample.answers, sample.split, sample.labels, sample.rationale) == (("5",), "holdout", ("5", "6"), "2 and 3")
    assert sample.metadata == {"source": "book", "page": 3}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{not json", "1: not JSON: Expecting property name enclosed in double quotes at column 2"),
        ('{"id": 1,\n', "1: not JSON: Expecting property name enclosed in double quotes at column 11"),
        ('{"id": NaN}', "1: not JSON that can be read: NaN is not a JSON number"),
        ("[" * 100_000, "1: not JSON that can be read"),
        ('{"a": ' + "9" * 5000 + "}", "1: not JSON that can be read: a number of 5000 digits"),
        ('{"answer": 1e999}', "1: not JSON that can be read: the number 1e999 is too large"),
        ("[1]", "1: must hold JSON objects, not a JSON number"),
        ("[[]]", "1: must hold JSON objects, not a JSON array"),
        ('"text"', "1: must hold one JSON object, not a JSON string"),
        ("null", "1: must hold one JSON object, not a JSON null"),
        ("7", "1: must hold one JSON object, not a JSON number"),
        (line(id=["a"]), "1: 'id' must be a text, not ['a']"),
        (line(id=" "), "1: 'id' is empty"),
        (line(id="a\nb"), "1: 'id' holds a line break or another control character: 'a\\nb'"),
        (line(id="i" * 501), "1: 'id' is longer than 500 characters: "),
        (line(task="t" * 100_000), "1: 'task' is longer than 500 characters: "),
        (line(task=3), "1: 'task' must be a text, not 3"),
        (line(task="\u001b[31mred"), "1: 'task' holds a line break or another control character"),
        (line(prompt=None), "1: 'prompt' is missing"),
        (line(prompt=" \n"), "1: 'prompt' is empty"),
        (line(prompt="a\u0000b"), "1: a text holds a NUL character"),
        (line(prompt="a\ud800b"), "1: a text holds half of a surrogate pair"),
        (line(kind="numbr"), "1: unknown kind 'numbr'; kinds are multiple_choice, number"),
        (line(split="test"), "1: unknown split 'test'; splits are probe, train, holdout"),
        (line(labels="5"), "1: 'labels' must be a list of texts, not '5'"),
        (line(labels=["4", "6"]), "1: the answer '5' is not among the labels: 4, 6"),
        (line(rationale=3), "1: 'rationale' must be a text, not 3"),
        (line(metadata=[1]), "1: 'metadata' must be an object, not [1]"),
        (line(answer=None), "1: 'answer' is missing"),
        (line(answer="five"), "1: an answer of kind number must be a number, not 'five'"),
        (line(answer=True), "1: an answer of kind number must be a number, not True"),
        (line(answer=[5]), "1: an answer of kind number must be a number, not [5]"),
        (line(answer="1/0"), "1: an answer of kind number must be a number, not '1/0'"),
        (line(kind="boolean", answer="perhaps"), "1: an answer of kind boolean must be yes, no, true or false"),
        (line(kind="boolean", answer=1), "1: an answer of kind boolean must be yes, no, true or false, not 1"),
        (line(kind="exact", answer=" "), "1: an answer of kind exact must be a text or a list of texts, not ' '"),
        (line(kind="span", answer=[]), "1: 'answer' is an empty list: give an answer"),
        (
            line(kind="span", answer=["x", None]),
            "1: an answer of kind span must be a text or a list of texts, not None",
        ),
        (line(**{**CHOICE, "answer": "D"}), "1: the answer 'D' is not among the options of the prompt: A, B, C"),
        (line(**{**CHOICE, "answer": "two"}), "1: an answer of kind multiple_choice must be a letter, not 'two'"),
        (line(**{**CHOICE, "prompt": "Which?"}), "1: the answer 'B' is not among the options of the prompt: none"),
        ("a\0b", "1: holds a NUL byte"),
        (b"\x80" + line().encode(), "1: not UTF-8: byte 0x80 at position 1"),
        (b"{\0}\0", " is UTF-16, not UTF-8: save it as UTF-8 text, or add --encoding utf-16-le"),
        (b"{\0\0\0}\0\0\0", " is UTF-32, not UTF-8: save it as UTF-8 text, or add --encoding utf-32-le"),
        (b"\xff\xfe{\0}", " is not UTF-16: byte 0x7d at position 5; give its encoding with --encoding"),
        (b"", " holds no samples: it is empty"),
        (b"\n \r\n", " holds no samples: it is empty"),
    ],
)
def test_bad_line_is_reported_with_its_reason(path: Path, content: str | bytes, message: str) -> None:
    samples, problems = read(path, content)
    assert samples == []
    assert len(problems) == 1
    assert problems[0].startswith(message)


def test_every_problem_of_every_line_is_reported_and_good_lines_are_kept(path: Path) -> None:
    content = "\n".join([line(id="a", prompt=None, kind="x"), line(id="b"), "{", "", line(id="c", answer="x")])
    samples, problems = read(path, content)
    assert [sample.id for sample in samples] == ["b"]
    assert [problem.partition(":")[0] for problem in problems] == ["1", "1", "3", "5"]
    assert [entry.line for entry in read_tasks(path).entries] == [2]


def test_byte_order_mark_crlf_blank_lines_and_a_missing_last_line_break_are_fine(path: Path) -> None:
    content = "\ufeff" + line(id="a") + "\r\n\r\n   \n" + line(id="b")
    samples, problems = read(path, content)
    assert ([sample.id for sample in samples], problems) == (["a", "b"], [])


@pytest.mark.parametrize(
    ("changes", "answers"),
    [
        ({"answer": "1,234.50"}, ("1234.50",)),
        ({"answer": 8.0}, ("8",)),
        ({"answer": -0.5}, ("-0.5",)),
        ({"answer": "3/4"}, ("3/4",)),
        ({"kind": "boolean", "answer": False}, ("no",)),
        ({"kind": "boolean", "answer": "TRUE"}, ("yes",)),
        ({"kind": "boolean", "answer": "Yes", "labels": ["yes", "no"]}, ("yes",)),
        ({"kind": "exact", "answer": 7}, ("7",)),
        ({"kind": "exact", "answer": "Red", "labels": ["red", "blue"]}, ("Red",)),
        ({"kind": "span", "answer": ["Bern", "the city of Bern"]}, ("Bern", "the city of Bern")),
        ({"kind": "text", "answer": "A summary."}, ("A summary.",)),
        ({"kind": "free"}, ("5",)),
        ({"kind": "free", "answer": "Anything.", "labels": ["x"]}, ("Anything.",)),
        ({**CHOICE, "answer": "(b)"}, ("B",)),
        ({**CHOICE, "prompt": "Which? A) one B) two", "labels": ["A", "B"]}, ("B",)),
        ({**CHOICE, "prompt": "Which? a ) 12 , b ) 24 [a] x [b] y"}, ("B",)),
    ],
)
def test_answers_take_the_form_that_they_are_scored_in(
    path: Path, changes: dict[str, Any], answers: tuple[str, ...]
) -> None:
    samples, problems = read(path, line(**changes))
    if changes == {"kind": "free"}:
        assert problems == ["1: an answer of kind free must be a text, not 5"]
        return
    assert problems == []
    assert samples[0].answers == answers


def test_free_sample_needs_no_answer_and_a_whole_number_is_an_id(path: Path) -> None:
    samples, problems = read(path, line(id=17, kind="free", answer=None))
    assert problems == []
    assert (samples[0].id, samples[0].answers) == ("17", ())


def test_directory_and_missing_file_are_problems_of_the_file(tmp_path: Path) -> None:
    assert str(read_tasks(tmp_path).problems[0]) == f"{tmp_path}: is a directory, not a file"
    missing = tmp_path / "none.jsonl"
    assert str(read_tasks(missing).problems[0]) == f"{missing}: there is no such file"


def test_line_of_100_megabytes_is_skipped_without_being_held_in_memory(path: Path) -> None:
    with path.open("wb") as file:
        file.write(line(id="a").encode() + b"\n")
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b"\n" + line(id="b").encode() + b"\n")
    # A process of its own: what this one used before must not count.
    script = (
        "import resource, sys; from pathlib import Path; from orca_local.tasks.read import read_tasks\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "result = read_tasks(Path(sys.argv[1]))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
        "print([sample.id for sample in result.samples], [problem.line for problem in result.problems])"
    )
    result = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    grown, ids = result.stdout.splitlines()
    assert ids == "['a', 'b'] [2]"
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(grown) * unit < 4 * MAX_LINE_BYTES


def test_line_just_within_the_limit_is_read(path: Path) -> None:
    filler = MAX_LINE_BYTES - len(line(source="")) - 1
    samples, problems = read(path, line(source="x" * filler) + "\n")
    assert (len(samples), problems) == (1, [])
