"""The rules of other harnesses, on outputs that show where they differ from a careful reader."""

from __future__ import annotations

import re

import pytest

from orca_local.hub.benchmarks import load_suites
from orca_local.suites.question import Question
from orca_local.suites.reference.base import nth_match
from orca_local.suites.reference.drop import f1
from orca_local.suites.reference.table import RULES
from orca_local.suites.scores import score_output

GSM8K = Question("1", "gsm8k", "number", "How many?", ("1234",), "1,234")
LETTERS = Question("1", "g", "multiple_choice", "?\n\n(A) one\n(B) two", ("B",), "B", ("one", "two"), ("A", "B"))
BOTH = Question("1", "g", "multiple_choice", "?\n\n(A) one\n(B) two", ("A", "B"), "AB", ("one", "two"), ("A", "B"))
LM = "lm-evaluation-harness:"


def bbh(task: str, target: str, prompt: str = "", kind: str = "exact") -> Question:
    return Question(f"{task}/1", task, kind, prompt, (target,), target)


CHOICE = bbh("snarks", "(B)", "Which?\nOptions:\n(A) good day\n(B) good", "multiple_choice")
SORTED = bbh("word_sorting", "ash bay cat", "Sort them. List: cat ash bay")


@pytest.mark.parametrize(
    ("rule", "question", "text", "extracted", "value"),
    [
        ("gsm8k_cot_zeroshot/strict-match", GSM8K, "So 1,234.\nThe answer is 1,234.", "1,234", 1),
        ("gsm8k_cot_zeroshot/strict-match", GSM8K, "The answer is 1,234", "1,23", 0),  # one character more must follow
        ("gsm8k_cot_zeroshot/strict-match", GSM8K, "It is 1,234.", None, 0),
        ("gsm8k_cot_zeroshot/flexible-extract", GSM8K, "It is $1,234.", "$1,234.", 1),
        ("gsm8k_cot_zeroshot/flexible-extract", GSM8K, "1,234, as 2 of us saw...", "...", 0),
        ("gsm8k_cot_zeroshot/flexible-extract", GSM8K, "1,234\n\nQ: What is 5?", "1,234", 1),
        ("bbh_cot_zeroshot/flexible-extract", CHOICE, "Not (A) but (B), I think", "(B)", 1),
        ("bbh_zeroshot/flexible-extract", CHOICE, "Not (A) but (B), I think", "(A)", 0),
        ("bbh_cot_zeroshot/flexible-extract", CHOICE, "It says: good day!", "(A)", 0),
        ("bbh_cot_zeroshot/flexible-extract", CHOICE, "Answer: B", "(B)", 1),
        ("bbh_cot_zeroshot/flexible-extract", CHOICE, "I do not know", None, 0),
        ("bbh_cot_zeroshot/strict-match", CHOICE, "so the answer is (B).", "(B)", 1),
        ("bbh_cot_zeroshot/strict-match", CHOICE, "so the answer is (B)", "(B", 0),
        ("bbh_cot_zeroshot/flexible-extract", bbh("boolean_expressions", "True"), "False, no: True", "True", 1),
        ("bbh_cot_zeroshot/flexible-extract", bbh("web_of_lies", "No"), "Ann does not tell the truth", "no", 1),
        ("bbh_cot_zeroshot/flexible-extract", bbh("object_counting", "21", kind="number"), "so twenty one", "21", 1),
        ("bbh_cot_zeroshot/flexible-extract", bbh("object_counting", "21", kind="number"), "twenty-one", "-", 0),
        ("bbh_cot_zeroshot/flexible-extract", bbh("object_counting", "8", kind="number"), "4 + 4 = 8", "8", 1),
        ("bbh_cot_zeroshot/flexible-extract", SORTED, "cat? No: ash, bay, cat", "ash bay cat", 1),
        ("bbh_cot_zeroshot/flexible-extract", bbh("dyck_languages", "] ]"), "closed by ] ]", "] ]", 1),
        ("mmlu_generative", LETTERS, "(B)\nbecause", "(B)", 1),
        ("mmlu_generative", LETTERS, "B. two", "B. two", 0),
        ("arc_challenge_chat", LETTERS, " B. two", "B", 1),
        ("arc_challenge_chat", LETTERS, "It is B", "It is B", 0),
    ],
)
def test_lm_evaluation_harness(rule: str, question: Question, text: str, extracted: str | None, value: float) -> None:
    score = RULES[LM + rule](question, text)
    assert (score.extracted, score.value) == (extracted, value)


@pytest.mark.parametrize(
    ("text", "extracted"),
    [
        ("Because.\nANSWER: B", "B"),
        ("answer: b.", "B"),
        ("ANSWER: A\nNo.\nANSWER: **B**", "B"),
        ("ANSWER: (B)", "B"),
        ("ANSWER: $B$", "B"),
        ("the ANSWER: B!", "B"),
        ("the ANSWER: B, because", None),
        ("ANSWER: B,", "B"),
        ("ANSWER: A, B", None),
        ("ANSWER: C", None),
        ("It is B", None),
        ("", None),
    ],
)
def test_the_answer_line_of_inspect(text: str, extracted: str | None) -> None:
    score = RULES["inspect_evals:race_h"](LETTERS, text)
    assert (score.extracted, score.value) == (extracted, float(extracted == "B"))


def test_several_right_options_are_never_right_to_the_reference_and_each_is_to_us() -> None:
    both = score_output(load_suites()["agieval"], BOTH, "Answer: A")
    assert both.ours.value == 1 and both.reference["inspect_evals:agieval"].value == 0


def test_crass_begins_with_the_letter() -> None:
    rule = RULES["instruct-eval:crass"]
    assert rule(LETTERS, " B. two").value == 1 and rule(LETTERS, "Because").value == 1
    assert rule(LETTERS, "It is B").extracted is None and rule(LETTERS, "A").value == 0


@pytest.mark.parametrize(
    ("answer", "reference", "value"),
    [
        ("The Khitans and Korea.", ["Khitans and Korea"], 1.0),
        ("12 yards", ["12.0"], 0.67),
        ("13 yards", ["12 yards"], 0.0),  # the numbers differ
        ("twelve", ["12"], 0.0),
        ("12-yard", ["12 yard"], 1.0),
        ("Ann", ["Ann", "Bob"], 0.5),
        ("Ann and Bob", ["Ann", "Bob"], 0.25),
        ("1,000", ["1000"], 1.0),
        ("", ["Ann"], 0.0),
        ("the", ["a"], 1.0),
    ],
)
def test_f1_of_drop(answer: str, reference: list[str], value: float) -> None:
    assert f1(answer, reference) == value


def test_drop_reads_the_line_of_the_answer_and_the_best_reference_counts() -> None:
    question = Question("1", "span", "span", "Who?", ("Ann\nBob", "Cy"), "Ann\nBob")
    score = RULES["drop:f1"](question, "They ran. It was cold.\nanswer: Cy\nand more")
    assert (score.extracted, score.value) == ("Cy", 1.0)
    assert RULES["drop:f1"](question, "Cy").value == 1.0


def test_every_rule_that_a_suite_names_exists() -> None:
    assert {name for suite in load_suites().values() for name in suite.references} == set(RULES)


def test_a_match_of_spaces_is_no_match() -> None:
    assert nth_match(re.compile("( +)|(x)"), "a   b", 0) == ""
