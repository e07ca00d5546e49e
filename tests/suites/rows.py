"""Made rows in the columns of each publisher."""

from __future__ import annotations

from typing import Any

AGIEVAL: list[dict[str, Any]] = [
    {"passage": "Ann sits by Bob.", "question": "Who sits?", "options": ["(A)Ann", "(B) Bob"], "label": "A"},
    {"passage": "Ann sits by Bob.", "question": "Which are names?", "options": ["(A)Ann", "(B)Bob"], "label": "AB"},
    {"passage": None, "question": "1 + 1?", "options": ["(A)2", "(B)3", "(C)4"], "label": ["A"]},
]
BBH: list[dict[str, Any]] = [
    {"task": "boolean_expressions", "input": "not True is", "target": "False"},
    {"task": "snarks", "input": "Which?\nOptions:\n(A) one\n(B) two", "target": "(B)"},
    {"task": "object_counting", "input": "I have two cups. How many cups?", "target": "2"},
    {"task": "formal_fallacies", "input": "Is it valid?\nOptions:\n- valid\n- invalid", "target": "valid"},
    {"task": "ruin_names", "input": "Edit?\nOptions:\n(A) dearth\n(B) wind", "target": "dearth, wind, & fire"},
    {"task": "ruin_names", "input": "Edit?\nOptions:\n(A) one\n(B) two", "target": "(F)"},
]
NO_DATE = {"day": "", "month": "", "year": ""}
DROP: list[dict[str, Any]] = [
    {
        "query_id": "q1",
        "passage": "Ann and Bob ran on 3 May.",
        "question": "Who ran?",
        "answer": {"number": "", "spans": ["Ann", "Bob"], "date": NO_DATE},
        "validated_answers": {"number": ["", "2"], "spans": [["Ann"], []], "date": [NO_DATE, NO_DATE]},
    },
    {
        "query_id": "q2",
        "passage": "Ann and Bob ran on 3 May.",
        "question": "When?",
        "answer": {"number": "", "spans": [], "date": {"day": "3", "month": "May", "year": ""}},
        "validated_answers": {"number": [], "spans": [], "date": []},
    },
    {
        "query_id": "q3",
        "passage": "It was cold.",
        "question": "How was it?",
        "answers_spans": {"spans": ["cold", "it was  cold"], "types": ["span", "span"]},
    },
]
RACE: list[dict[str, Any]] = [
    {"example_id": "high1.txt", "article": "A cat.", "question": "Who?", "options": ["cat", "dog"], "answer": "A"},
    {"example_id": "high1.txt", "article": "A cat.", "question": "How many?", "options": ["one", "2"], "answer": "A"},
    {"example_id": "middle7.txt", "article": "A dog.", "question": "Who?", "options": ["cat", "dog"], "answer": "B"},
]
GSM8K: list[dict[str, Any]] = [
    {"question": f"What is {number} + 1,000?", "answer": f"We add <<{number}+1000>>.\n#### 1,{number:03}"}
    for number in range(12)
]
MMLU: list[dict[str, Any]] = [
    {"question": f"Question {number}?", "subject": subject, "choices": ["a", "b", "c", "d"], "answer": number % 4}
    for subject, count in (("law", 30), ("maths", 60), ("virology", 10))
    for number in range(count)
]
ARC: list[dict[str, Any]] = [
    {
        "id": "x",
        "question": "What is hot?",
        "choices": {"text": ["ice", "fire"], "label": ["1", "2"]},
        "answerKey": "2",
    },
    {
        "id": "y",
        "question": "What is cold?",
        "choices": {"text": ["ice", "fire"], "label": ["A", "B"]},
        "answerKey": "A",
    },
]
CRASS = """PCTID;Source;Premise;QCC;CorrectAnswer;Answer1;Answer2;PossibleAnswer3
1;x;A man opens a box.;What if he had not?;It would be shut.;I'm not sure; men do that.;That is not possible.;Rain.
2;x;A girl sings.; What if she had not?;Silence.;Rain.;That is not possible.;
"""
