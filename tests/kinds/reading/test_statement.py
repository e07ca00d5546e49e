"""The places of a reply that state an answer."""

from __future__ import annotations

import pytest

from orca_local.kinds.reading.statement import find_forms, find_sentences, split_corrections, text_after_refusal


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Answer: 7", "7"),
        ("**Answer:** 7", "7"),
        ("**Answer**: 7", "7"),
        ("**Answer: 7**", "7"),
        ("*Answer: x* y*", "x* y"),
        ("**Answer: x**2**", "x**2"),
        ("__Answer: 7__", "7"),
        ("**Answer:** x**", "x**"),
        ("### Answer: 7", "7"),
        ("ANSWER = 7", "7"),
        ("Answer： 7", "7"),
        ("So the final answer: 7", "7"),
        ("My answer - 7", "7"),
        ("Correct answer: x**2", "x**2"),
        ("Answer: __init__", "__init__"),
        ("Answer: What is your name?", "What is your name?"),
        ("It has six. Answer: 7", "7"),
        ("Antwort: 7", "7"),
        ("Respuesta correcta: 7", "7"),
        ("最终答案：7", "7"),
        ("الجواب: 7", "7"),
        ("Answer:\n\n7\n\nBecause.", "7"),
        ("## Final Answer\n7", "7"),
        ("Answer:\n- red\n- blue\nDone.", "- red\n- blue"),
        ("Answer:\n$$\n7\n$$", "7"),
        ("Answer:\n```python\nx = 7\n```", "x = 7"),
        ("Answer: ```python\nx = 7\n```", "x = 7"),
        ("Answer: ```x = 7```", "```x = 7```"),
        ("It is \\boxed{7}.", "7"),
        ("$\\boxed{\\frac{1}{2}}$", "\\frac{1}{2}"),
        ("\\boxed{3} and \\boxed{4}", "3, 4"),
        ("\\boxed{5}, not \\boxed{6}", "6"),
        ("So 6 + 1.\n#### 7", "7"),
        ("<answer> 7 </answer>", "7"),
        ('{"answer": 7}', "7"),
        ('```json\n{"answer": "red, blue"}\n```', "red, blue"),
        ('{"final_answer": ["red", "blue"]}', "red, blue"),
        ('{"answer": true}', "yes"),
        ('{"reasoning": "3 + 4", "final_answer": "7"}', "7"),
        ('{"steps": [{"value": 3}], "answer": 7}', "7"),
        ('{"result": 5, "answer": 7}', "7"),
        ('{"value": 7, "unit": "km"}', "7"),
        ("Answer: 5\nAnswer: 7", "7"),
        ("\\boxed{5}\nAnswer: 7", "7"),
    ],
)
def test_a_form_is_found_with_its_content(text: str, content: str) -> None:
    assert find_forms(text)[-1].content == content


@pytest.mark.parametrize(
    "text",
    [
        "The answer is 7.",
        "Question and answer session",
        "#### Step 1\nIt is 7.",
        "the answers: 7",
        "An answer to it",
        "{7}",
    ],
)
def test_other_text_is_no_form(text: str) -> None:
    assert find_forms(text) == []


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("The answer is 7.", "7."),
        ("so the answer to the question is: 7", "7"),
        ("The answer should be 7", "7"),
        ("The correct option is (B).", "(B)."),
        ("La respuesta es 7.", "7."),
        ("Die Antwort lautet 7", "7"),
        ("答案是7。", "7。"),
        ("The answer is:\n**7**", "7"),
        ("So (B) is the correct answer.", "(B)"),
        ("The answer isn't 5.", "not 5."),
        ("The answer cannot be 5", "not 5"),
        ("The answer is 5.\nThe answer is 7.", "7."),
    ],
)
def test_a_sentence_is_found_with_its_content(text: str, content: str) -> None:
    assert find_sentences(text)[-1].content == content


def test_an_answer_under_a_condition_is_no_statement() -> None:
    assert find_sentences("If it rains, the answer is 5. Otherwise, the answer is 7.") == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("5. Wait, 7", ["5.", "7"]),
        ("5... no, wait, 7", ["5...", "7"]),
        ("5, no, 7", ["5,", "7"]),
        ("5\nCorrection: 7", ["5\n", "7"]),
        ("5. Actually, let me recheck. 7", ["5.", "", "7"]),
        ("No, it is not", ["No, it is not"]),
        ("I actually like 5", ["I actually like 5"]),
        ("We can't wait, so 5", ["We can't wait, so 5"]),
    ],
)
def test_a_correction_divides_a_text(text: str, parts: list[str]) -> None:
    assert split_corrections(text) == parts


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("It is 7.", "It is 7."),
        ("I cannot determine the answer from 5 apples.", ""),
        ("I'm not sure, but it may be 7.", " it may be 7."),
        ("There isn't enough information. If I had to guess: 7", " guess: 7"),
        ("The text does not say.", ""),
        ("We don't really know that.", ""),
    ],
)
def test_a_refusal_leaves_what_follows_a_but(text: str, rest: str) -> None:
    assert text_after_refusal(text, "") == rest


def test_words_of_the_prompt_are_no_refusal() -> None:
    prompt = "Who was right?\n(A) Ann\n(B) Cannot be determined"
    assert text_after_refusal("B) Cannot be determined", prompt) == "B) Cannot be determined"
