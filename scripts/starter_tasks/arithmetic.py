"""Arithmetic tasks: a number that changes twice, and sequences with a constant step."""

from __future__ import annotations

from random import Random

from .item import NAMES, OBJECTS, Item, StarterTask, reasoning_by_strategy

CHANGE_PROMPTS = (
    ("{n} has {a} {t}, gets {b} more and then {c} more. How many {t} does {n} have now?", 1, 1),
    ("{n} reads {a} pages on Monday, {b} on Tuesday and {c} on Sunday. How many pages is that?", 1, 1),
    ("A shop sells {a} {t} in the morning, {b} at noon and {c} at night. How many does it sell?", 1, 1),
    ("{n} has {a} {t}, finds {b} and gives away {c}. How many {t} are left?", 1, -1),
    ("A bus has {a} passengers. {b} get on and {c} get off. How many are on it now?", 1, -1),
    ("{n} has {a} dollars, earns {b} and spends {c}. How many dollars remain?", 1, -1),
    ("{n} has {a} {t}, loses {b} and then buys {c}. How many {t} does {n} have now?", -1, 1),
    ("There are {a} birds in a tree. {b} fly away and {c} come. How many are there now?", -1, 1),
    ("There are {a} {t} in a box. {n} takes {b} on Monday and {c} on Friday. How many are left?", -1, -1),
    ("A cake has {a} pieces. {n} eats {b} and a friend eats {c}. How many pieces are left?", -1, -1),
)
"""Prompt, and the signs of the second and the third number."""
UNSEEN_CHANGE_PROMPTS = (
    ("A lift carries {a} people. {b} step out and {c} step in. How many does it carry then?", -1, 1),
    ("A team scores {a} points, then {b} and then {c}. What is the total?", 1, 1),
    ("{n} plants {a} seeds and later {b} more, but {c} dry up. How many live?", 1, -1),
)
SEQUENCE_PROMPTS = (
    "What number comes next: {s}?",
    "Continue the sequence: {s}, ...",
    "{n} writes {s}. What number does {n} write next?",
    "Find the next number in this list: {s}.",
    "A machine counts {s}. Which number follows?",
    "The houses are numbered {s}. What is the next number?",
)
UNSEEN_SEQUENCE_PROMPTS = (
    "{s}, ... which number is missing at the end?",
    "{n} climbs to step {s}. Which step is next?",
)


def draw_changes(rng: Random, unseen: bool) -> Item:
    """Draw a number that changes twice by a one-digit number. Unseen samples start above 20."""
    template, first, second = rng.choice(UNSEEN_CHANGE_PROMPTS if unseen else CHANGE_PROMPTS)
    while True:
        a, b, c = rng.randint(21, 29) if unseen else rng.randint(6, 19), rng.randint(2, 9), rng.randint(2, 9)
        middle = a + first * b
        end = middle + second * c
        if end > 0 and middle > 0:
            break
    x, y = f"{a} {'+' if first > 0 else '-'} {b} = {middle}.", f"{middle} {'+' if second > 0 else '-'} {c} = {end}."
    reasoning = reasoning_by_strategy(
        steps=f"First: {x}\nThen: {y}",
        recall=f"Getting adds, losing takes away.\n{x} {y}",
        reason=f"Getting adds, losing takes away.\nFirst: {x}\nThen: {y}",
        extract=f"Given: {a}, {b}, {c}.\n{x} {y}",
        explain=f"It starts with {a}. After the first change it is {x} After the second it is {y}",
    )
    prompt = template.format(n=rng.choice(NAMES), t=rng.choice(OBJECTS), a=a, b=b, c=c)
    return Item(prompt, (str(end),), f"{x} {y}", reasoning)


def draw_sequence(rng: Random, unseen: bool) -> Item:
    """Draw a sequence of four terms with a constant step. Unseen samples start above 50."""
    step = rng.choice((2, 3, 4, 5, 10))
    start = rng.randint(51, 90) if unseen else rng.randint(1, 40)
    terms = [start + step * i for i in range(5)]
    shown = ", ".join(map(str, terms[:4]))
    gap, last = f"{terms[1]} - {terms[0]} = {step}.", f"{terms[3]} + {step} = {terms[4]}."
    reasoning = reasoning_by_strategy(
        steps=f"Step: {gap}\nNext: {last}",
        recall=f"In such a list the step is fixed.\n{gap} {last}",
        reason=f"In such a list the step is fixed.\nStep: {gap}\nNext: {last}",
        extract=f"List: {terms[0]}, {terms[1]} to {terms[3]}.\n{gap} {last}",
        explain=f"The numbers grow by a fixed step. That is {gap} So the next is {last}",
    )
    template = rng.choice(UNSEEN_SEQUENCE_PROMPTS if unseen else SEQUENCE_PROMPTS)
    return Item(template.format(s=shown, n=rng.choice(NAMES)), (str(terms[4]),), shown, reasoning)


TASKS = (
    StarterTask("changes", "number", draw_changes),
    StarterTask("sequences", "number", draw_sequence),
)
