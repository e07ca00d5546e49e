"""Layouts of well-known data sets: a row of each by its number, and what the sample of row 2 has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.tasks.rows import Row

LONG = "Cut the bread, then toast it for two minutes until it is brown on both sides, and butter it while it is hot."
STORY = (
    "The ship left Bergen on a Monday. It carried salt, wool and nine passengers, and it reached Hull after six days."
)

LAYOUTS: dict[str, tuple[Callable[[int], Row], dict[str, Any]]] = {
    "question and answer": (
        lambda n: {"question": f"What is {n} + 1?", "answer": str(n + 1)},
        {"prompt": "What is 2 + 1?", "answers": ("3",), "kind": "number"},
    ),
    "prompt and completion": (
        lambda n: {"prompt": f"How do I make toast for {n}?", "completion": LONG},
        {"prompt": "How do I make toast for 2?", "answers": (LONG,), "kind": "free"},
    ),
    "input and target": (
        lambda n: {"input": f"Opposite of word {n}:", "target": f"unword {n}"},
        {"prompt": "Opposite of word 2:", "answers": ("unword 2",), "kind": "exact"},
    ),
    "inputs, targets and task": (
        lambda n: {"inputs": f"Is {n} odd?", "targets": "no" if n % 2 else "yes", "task": "parity"},
        {"prompt": "Is 2 odd?", "answers": ("yes",), "kind": "boolean", "task": "parity"},
    ),
    "natural instructions": (
        lambda n: {"task_name": "t7", "definition": "Name the sea.", "inputs": f"Town {n}", "targets": [f"Sea {n}"]},
        {"prompt": "Name the sea.\n\nTown 2", "answers": ("Sea 2",), "kind": "exact", "task": "t7"},
    ),
    "alpaca": (
        lambda n: {
            "instruction": "Shorten it.",
            "input": f"Text {n}" if n % 2 == 0 else "",
            "output": LONG,
            "text": "#",
        },
        {"prompt": "Shorten it.\n\nText 2", "answers": (LONG,), "kind": "free", "metadata": {"text": "#"}},
    ),
    "dolly": (
        lambda n: {"instruction": "Who sailed?", "context": STORY, "response": LONG, "category": "closed_qa"},
        {"prompt": f"Who sailed?\n\n{STORY}", "kind": "free", "metadata": {"category": "closed_qa"}},
    ),
    "text and label": (
        lambda n: {"text": f"Film {n} was fine", "label": ("bad", "good")[n % 2]},
        {
            "prompt": "Film 2 was fine\n\nWhich label fits: bad or good?",
            "answers": ("bad",),
            "kind": "exact",
            "labels": ("bad", "good"),
        },
    ),
    "label in words": (
        lambda n: {"text": f"Film {n}", "label": n % 2, "label_text": ("bad", "good")[n % 2]},
        {"answers": ("bad",), "labels": ("bad", "good"), "metadata": {"label": 0}},
    ),
    "premise and hypothesis": (
        lambda n: {"premise": "It rains.", "hypothesis": f"Street {n} is wet.", "label": ("no", "maybe", "yes")[n % 3]},
        {"prompt": "Premise: It rains.\nHypothesis: Street 2 is wet.\n\nWhich label fits: maybe, no or yes?"},
    ),
    "question and choices, index": (
        lambda n: {"question": f"Q{n}?", "choices": ["ant", "bee", "cow", "dog"], "answer": n % 4, "subject": "zoo"},
        {"prompt": "Q2?\n(A) ant\n(B) bee\n(C) cow\n(D) dog", "answers": ("C",), "kind": "multiple_choice"},
    ),
    "choices with marks of their own": (
        lambda n: {
            "id": f"arc-{n}",
            "question": f"Q{n}?",
            "choices": {"text": ["ant", "bee", "cow"], "label": ["1", "2", "3"]},
            "answerKey": str(1 + n % 3),
        },
        {"id": "arc-2", "prompt": "Q2?\n(A) ant\n(B) bee\n(C) cow", "answers": ("C",)},
    ),
    "options with marks in their text": (
        lambda n: {"question": f"Q{n}?", "options": ["A)21", "B)22.5", "C)23"], "rationale": "r", "correct": "B"},
        {"prompt": "Q2?\n(A) 21\n(B) 22.5\n(C) 23", "answers": ("B",), "rationale": "r"},
    ),
    "columns A to D": (
        lambda n: {"Question": f"Q{n}?", "A": "ant", "B": "bee", "C": "cow", "D": "dog", "Answer": "bee"},
        {"prompt": "Q2?\n(A) ant\n(B) bee\n(C) cow\n(D) dog", "answers": ("B",)},
    ),
    "two numbered options": (
        lambda n: {"sentence": f"The _ {n} barks.", "option1": "cat", "option2": "dog", "answer": str(1 + n % 2)},
        {"prompt": "The _ 2 barks.\n(A) cat\n(B) dog", "answers": ("A",)},
    ),
    "article, question, options": (
        lambda n: {"article": STORY, "question": f"Q{n}?", "options": ["ant", "bee"], "answer": "B"},
        {"prompt": f"{STORY}\n\nQ2?\n(A) ant\n(B) bee", "answers": ("B",)},
    ),
    "options by letter": (
        lambda n: {"question": f"Q{n}?", "options": {"A": "ant", "B": "bee"}, "answer": "bee", "answer_idx": "B"},
        {"prompt": "Q2?\n(A) ant\n(B) bee", "answers": ("B",), "metadata": {"answer_idx": "B"}},
    ),
    "context, question, answers": (
        lambda n: {
            "id": f"sq{n}",
            "context": STORY,
            "question": f"What did ship {n} carry?",
            "answers": {"text": ["salt", "salt", "salt, wool"], "answer_start": [47, 47, 47]},
        },
        {"prompt": f"{STORY}\n\nWhat did ship 2 carry?", "answers": ("salt", "salt, wool"), "kind": "span"},
    ),
    "passage and a truth value": (
        lambda n: {"passage": STORY, "question": f"did ship {n} sail", "answer": n % 2 == 0},
        {"prompt": f"{STORY}\n\ndid ship 2 sail", "answers": ("yes",), "kind": "boolean"},
    ),
    "worked answers": (
        lambda n: {
            "question": f"{n} and 18?",
            "answer": f"He adds {n}+18=<<{n}+18={n + 18}>>{n + 18}.\n#### 1,0{n:02}",
        },
        {"answers": ("1002",), "kind": "number", "rationale": "He adds 2+18=20."},
    ),
    "body and question": (
        lambda n: {"ID": f"chal-{n}", "Body": "Dan had 3 pens.", "Question": f"How many, {n}?", "Answer": 3},
        {"id": "chal-2", "prompt": "Dan had 3 pens. How many, 2?", "answers": ("3",)},
    ),
    "document and summary": (
        lambda n: {"document": f"{STORY} {n}", "summary": "A ship sailed from Bergen to Hull."},
        {"prompt": f"{STORY} 2\n\nSummarize this text.", "kind": "text"},
    ),
    "system, question and response": (
        lambda n: {"id": f"o{n}", "system_prompt": "Be brief." if n else "", "question": f"Q{n}?", "response": LONG},
        {"prompt": "Q2?", "kind": "free", "system_message": "Be brief."},
    ),
    "messages": (
        lambda n: {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": f"Hi {n}"},
                {"role": "assistant", "content": "Hello"},
                {"role": "user", "content": "Bye"},
                {"role": "assistant", "content": "See you"},
            ]
        },
        {"prompt": "Bye", "answers": ("See you",), "kind": "free", "system_message": "Be brief."},
    ),
    "ShareGPT": (
        lambda n: {"conversations": [{"from": "human", "value": f"Hi {n}"}, {"from": "gpt", "value": "Hello"}]},
        {"prompt": "Hi 2", "answers": ("Hello",), "kind": "free", "messages": ()},
    ),
    "prompt with messages that repeat it": (
        lambda n: {
            "prompt": f"Hi {n}",
            "messages": [{"role": "user", "content": f"Hi {n}"}, {"role": "assistant", "content": "Hello"}],
        },
        {"prompt": "Hi 2", "answers": ("Hello",), "metadata": {"prompt": "Hi 2"}},
    ),
    "task format": (
        lambda n: {"id": n, "task": "t", "kind": "number", "prompt": "Two?", "answer": 2, "question": "x"},
        {"id": "2", "task": "t", "prompt": "Two?", "metadata": {"question": "x"}},
    ),
    "task format without id, task and kind": (
        lambda n: {"prompt": f"Number {n}?", "answer": n, "split": "train"},
        {"task": "made", "kind": "number", "split": "train"},
    ),
}
