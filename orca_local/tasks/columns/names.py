"""The names of columns in well-known data sets, by what the columns are. Data, no code.

Names are compared without case and without anything but letters and digits: `Question Stem` is `questionstem`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PROMPT_ROLES: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt",),
    "question": ("question", "query", "problem", "questionstem", "goal", "ctx"),
    "instruction": ("instruction", "definition"),
    "input": ("input", "inputs"),
    "context": ("context", "passage", "article", "document", "paragraph", "story", "dialogue"),
    "body": ("body",),
    "premise": ("premise",),
    "hypothesis": ("hypothesis",),
    "sentence1": ("sentence1",),
    "sentence2": ("sentence2",),
    "text": ("text", "sentence", "review", "tweet", "comment"),
}
"""Columns that a prompt is made of. `text` counts only where there is no other."""

PROMPTS: Mapping[frozenset[str], str] = {
    frozenset({"prompt"}): "{prompt}",
    frozenset({"context", "prompt"}): "{context}\n\n{prompt}",
    frozenset({"question"}): "{question}",
    frozenset({"context", "question"}): "{context}\n\n{question}",
    frozenset({"body", "question"}): "{body} {question}",
    frozenset({"instruction"}): "{instruction}",
    frozenset({"instruction", "input"}): "{instruction}\n\n{input}",
    frozenset({"instruction", "context"}): "{instruction}\n\n{context}",
    frozenset({"input"}): "{input}",
    frozenset({"context"}): "{context}",
    frozenset({"premise", "hypothesis"}): "Premise: {premise}\nHypothesis: {hypothesis}",
    frozenset({"sentence1", "sentence2"}): "Sentence 1: {sentence1}\nSentence 2: {sentence2}",
    frozenset({"text"}): "{text}",
}
"""The prompt that each set of columns makes. Any other set is not clear."""

OPTIONAL_PARTS = frozenset({"input", "context"})
"""Parts of a prompt that may be empty in a row, if another part is not."""

SELF_CONTAINED = frozenset({"prompt", "question", "instruction"})
"""Roles that ask something. A prompt without one is only a text, and gets a line that says what to do with it."""

ANSWERS = (
    "answer",
    "answers",
    "answerkey",
    "answersspans",
    "correct",
    "correctanswer",
    "correctoption",
    "cop",
    "gold",
    "output",
    "outputs",
    "target",
    "targets",
    "response",
    "completion",
    "label",
    "labeltext",
    "sentiment",
    "summary",
    "highlights",
)

OUTDONE: Mapping[str, str] = {"label": "labeltext"}
"""Answers that are left for another column, if it is there: it says the same in words."""

CLASSES = frozenset({"label", "sentiment"})
"""Answers that are classes: a number among them stands for a name."""

SUMMARIES = frozenset({"summary", "highlights"})
"""Answers that are summaries of the prompt."""

CONVERSATIONS = ("messages", "conversations", "conversation")

OTHERS: Mapping[str, tuple[str, ...]] = {
    "system": ("system", "systemprompt", "systemmessage"),
    "choices": ("choices", "options", "endings", "candidates", "multiplechoicetargets"),
    "rationale": ("rationale", "explanation", "reasoning", "cot", "chainofthought", "exp", "solution"),
    "id": ("id",),
    "task": ("task", "taskname"),
    "kind": ("kind",),
    "split": ("split",),
    "labels": ("labels",),
    "messages": ("messages",),
}

OPTION = re.compile(r"(?P<stem>(?:(?:option|choice|answer|ending|sol|op|opt)[ _-]?)?)(?P<mark>[a-j]|\d)", re.IGNORECASE)
"""The name of a column that holds one option: A, option1, opa, choice_b, answerA, sol2, ending0."""
