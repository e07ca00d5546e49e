"""Questions of suites are recognized in other texts, whatever stands around them."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.hub.benchmarks import load_suites
from orca_local.suites.library import pull, sketch_path
from orca_local.suites.pulled_questions import load_pulled_questions
from orca_local.suites.question import Question, with_options
from orca_local.suites.sketch import MAX_NGRAMS, NGRAM, Sketch, join_sketches, load_sketch, make_sketch, save_sketch

FARM = (
    "Mara keeps 14 goats and 9 sheep on the hill behind her house. Each goat gives two litres of milk a day and each "
    "sheep half a litre. How many litres does she carry down the hill in a week?"
)
VALLEY = " ".join(f"On day {day} the survey party measured the depth of pool {day * 7}." for day in range(1, 30))
TOOLS = ("a hammer", "a saw", "a plane")


def question(id_: str, text: str, options: tuple[str, ...] = (), cluster: str = "") -> Question:
    prompt = with_options(text, options) if options else text
    return Question(id_, "g", "multiple_choice" if options else "number", prompt, ("A",), "A", options, cluster=cluster)


QUESTIONS = (
    question("farm", FARM),
    question("depth", f"{VALLEY}\n\nHow deep was the last pool?", cluster="valley"),
    question("days", f"{VALLEY}\n\nHow many days did it take?", cluster="valley"),
    question("tool", "Which tool cuts?", TOOLS),
    question("logic", "not ( True ) and ( not False ) is"),
    question("embedded", "Which one sings?\nOptions:\n(A) the robin\n(B) the stone"),
    question("sum", "What is 12 + 30 - 7?"),
    *(
        question(f"set {n}", f"A set of three objects stands in a fixed order on a shelf. Pot {n} is red.")
        for n in range(9)
    ),
)


@pytest.fixture(scope="module")
def sketch() -> Sketch:
    return make_sketch(QUESTIONS)


def found(sketch: Sketch, text: str) -> str:
    number = sketch.find(text)
    return "" if number is None else QUESTIONS[number].id


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        (FARM, "farm"),
        (FARM.upper().replace(" ", "  "), "farm"),
        (FARM.replace(", ", " ,\n").replace(".", " ."), "farm"),
        (f"Read with care, then reason step by step.\n\nQuestion: {FARM}\n\nGive the number alone.", "farm"),
        (f"You are a farmer.\nWhat is 2 + 2?\n4\n{FARM}", "farm"),
        (FARM.replace("hill behind her house", "slope behind her house"), "farm"),
        (VALLEY, "depth"),
        (f"{VALLEY}\n\nWho measured the pools?", "depth"),
        (with_options("Which tool cuts?", TOOLS), "tool"),
        (with_options("Which tool cuts?", TOOLS[::-1]), "tool"),
        (f"Answer with a letter. Which tool cuts?\nA. {TOOLS[1]}\nB. {TOOLS[2]}\nC. {TOOLS[0]}", "tool"),
        ("Q: Which tool cuts? A) a saw B) a hammer C) a plane", "tool"),
        ("not (True) and (not False) is", "logic"),
        ("Evaluate.\nnot ( True ) and ( not False ) is", "logic"),
        ("Which one sings?\n(A) the stone\n(B) the robin", "embedded"),
        ("Compute it. What is 12+30-7?", "sum"),
        ("A set of three objects stands in a fixed order on a shelf.  Pot 4 is red.", "set 4"),
    ],
)
def test_a_near_copy_is_recognized(sketch: Sketch, text: str, id_: str) -> None:
    assert found(sketch, text) == id_


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mara keeps goats. How many litres of milk do 3 goats give?",
        FARM.replace("14", "15")
        .replace("9", "4")
        .replace("two", "three")
        .replace("half a litre", "a litre")
        .replace("in a week", "in a month"),
        "Which tool cuts?",
        with_options("Which tool cuts?", ("a hammer", "a saw", "a chisel")),
        with_options("Which tool drives nails?", TOOLS),
        "not ( True and ( not False ) ) is",
        "What is 12 + 30 + 7?",
        "A set of three objects stands in a fixed order on a shelf. Pot 11 is red.",
        "A set of three objects stands in a fixed order on a shelf. The pots are of other colours than in the test.",
    ],
)
def test_another_question_is_not(sketch: Sketch, text: str) -> None:
    assert found(sketch, text) == ""


def test_a_question_that_says_too_little_is_not_looked_for() -> None:
    sketch = make_sketch([question("why", "Why?"), question("sum", "2 + 2")])
    assert sketch.find("Why?") is None and sketch.find("2 + 2") is None


def test_memory_does_not_grow_with_the_length_of_the_questions() -> None:
    long = [question(str(n), " ".join(f"w{n}x{place}" for place in range(3000))) for n in range(20)]
    sketch = make_sketch(long)
    assert len(sketch.hashes) == 20 * MAX_NGRAMS
    words = long[7].prompt.split()
    assert sketch.find(" ".join(words)) == 7 and sketch.find(" ".join(words[: NGRAM * 10])) is None


def test_several_suites_are_searched_at_once() -> None:
    both, starts = join_sketches([make_sketch(QUESTIONS[:2]), make_sketch(QUESTIONS[3:])])
    assert starts == [0, 2]
    assert both.find(FARM) == 0 and both.find(with_options("Which tool cuts?", TOOLS)) == 2


def test_a_sketch_is_kept_for_its_rows_alone(sketch: Sketch, tmp_path: Path) -> None:
    path = tmp_path / "a.sketch"
    assert load_sketch(path, "1") is None
    save_sketch(sketch, path, "1")
    kept = load_sketch(path, "1")
    assert kept is not None and kept.find(FARM) == 0 and load_sketch(path, "2") is None
    whole = path.read_bytes()
    for damaged in (b"", whole[:-40], whole[:200], b"x" * 100):
        path.write_bytes(damaged)
        assert load_sketch(path, "1") is None


def test_the_questions_of_pulled_suites_are_known(files: Path) -> None:
    nothing = load_pulled_questions()
    assert nothing.suites == () and nothing.find("What is 3 + 1,000?") == ""
    suites = load_suites()
    pulled = {name: pull(suites[name], files) for name in ("gsm8k", "crass")}
    sketch_path(suites["crass"]).unlink()  # as an earlier version left it
    known = load_pulled_questions()
    assert {suite.name: (suite.digest, suite.questions) for suite in known.suites} == {
        name: (loaded.digest, len(loaded.questions)) for name, loaded in pulled.items()
    }
    assert sketch_path(suites["crass"]).exists()
    assert known.find("Question: What is 3 + 1,000?") == "gsm8k"
    assert known.find("A man opens a box. What if he had not?\n(A) Rain.\n(B) It would be shut.") == ""
    crass = pulled["crass"].questions[0]
    assert known.find(with_options("A man opens a box. What if he had not?", crass.options[::-1])) == "crass"
