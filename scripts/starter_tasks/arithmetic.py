"""Sums, differences and number sequences, worked digit by digit."""

from __future__ import annotations

from random import Random

from .item import NAMES, THINGS, Item, StarterTask, working

SUM_WORDING = (
    "{n} has {a} {t} and gets {b} more. How many {t} does {n} have now?",
    "What is {a} plus {b}?",
    "A box holds {a} {t}. {n} puts in another {b}. How many are in it now?",
    "{n} found {a} {t} on Monday and {b} on Tuesday. How many is that in all?",
    "Add {a} and {b}.",
    "There are {a} {t} on one shelf and {b} on the other. How many {t} are there?",
    "{n} sold {a} {t} before lunch and {b} after it. How many did {n} sell?",
    "A bus drove {a} miles, then {b} miles more. How far did it drive?",
)
SUM_UNSEEN = (
    "Work out {a} + {b}.",
    "A club with {a} members takes in {b} new ones. How many members has it now?",
    "{n} paid {a} dollars for a coat and {b} dollars for shoes. What did both cost?",
)
DIFFERENCE_WORDING = (
    "{n} had {a} {t} and gave away {b}. How many {t} are left?",
    "What is {a} minus {b}?",
    "There were {a} {t} in a box. {n} took out {b}. How many are still in it?",
    "Subtract {b} from {a}.",
    "{n} has {a} {t}, and {b} of them are old. How many are not old?",
    "A book has {a} pages. {n} has read {b}. How many pages are left?",
    "{n} needs {a} {t} and already has {b}. How many more does {n} need?",
    "A train had {a} passengers, and {b} got off. How many stayed on?",
)
DIFFERENCE_UNSEEN = (
    "Work out {a} - {b}.",
    "A rope of {a} feet loses {b} feet. How long is it now?",
    "{n} saved {a} dollars and spent {b} of them. How many dollars remain?",
)
SEQUENCE_WORDING = (
    "What number comes next: {s}?",
    "Continue the sequence: {s}, ...",
    "{n} writes {s}. What number does {n} write next?",
    "Find the next number in this list: {s}.",
    "A machine counts {s}. Which number follows?",
    "The houses are numbered {s}. What is the next number?",
)
SEQUENCE_UNSEEN = (
    "{s}, ... which number is missing at the end?",
    "{n} climbs to step {s}. Which step is next?",
)


def _worded(rng: Random, templates: tuple[str, ...], **values: object) -> str:
    return rng.choice(templates).format(n=rng.choice(NAMES), t=rng.choice(THINGS), **values)


def draw_sum(rng: Random, unseen: bool) -> Item:
    """Two addends of two digits; unseen ones begin with 9."""
    a, b = (rng.randint(90, 99), rng.randint(11, 89)) if unseen else (rng.randint(11, 89), rng.randint(11, 89))
    if rng.random() < 0.5:
        a, b = b, a
    ones, carry = a % 10 + b % 10, (a % 10 + b % 10) // 10
    first = f"{a % 10} + {b % 10} = {ones}, carry {carry}."
    tens = a // 10 + b // 10
    then = f"{a // 10} + {b // 10} = {tens}, {tens} + {carry} = {tens + carry}."
    work = working(
        steps=f"Ones: {first}\nTens: {then}",
        recall=f"I know that {first}\nI know that {then}",
        reason=f"Add the ones, then the tens.\n{first}\n{then}",
        extract=f"Given: {a} + {b}\n{first}\n{then}",
        explain=f"The ones give {first}\nThe tens give {then}",
    )
    prompt = _worded(rng, SUM_UNSEEN if unseen else SUM_WORDING, a=a, b=b)
    return Item(prompt, (str(a + b),), f"{min(a, b)}+{max(a, b)}", work)


def draw_difference(rng: Random, unseen: bool) -> Item:
    """Two-digit numbers at least 11 apart, about half with a borrow; unseen ones take from 90 or more."""
    while True:
        a = rng.randint(90, 99) if unseen else rng.randint(25, 89)
        b = rng.randint(12, a - 11)
        if (a % 10 < b % 10) == (rng.random() < 0.6):
            break
    borrow, ones, tens = int(a % 10 < b % 10), a % 10 + 10 - b % 10, a // 10 - b // 10
    first = f"{a % 10 + 10} - {b % 10} = {ones}, write {ones % 10}, borrow {borrow}."
    then = f"{a // 10} - {b // 10} = {tens}, {tens} - {borrow} = {tens - borrow}."
    work = working(
        steps=f"Ones: {first}\nTens: {then}",
        recall=f"I know that {first}\nI know that {then}",
        reason=f"Take the ones, then the tens.\n{first}\n{then}",
        extract=f"Given: {a} - {b}\n{first}\n{then}",
        explain=f"For the ones, {first}\nFor the tens, {then}",
    )
    prompt = _worded(rng, DIFFERENCE_UNSEEN if unseen else DIFFERENCE_WORDING, a=a, b=b)
    return Item(prompt, (str(a - b),), f"{a}-{b}", work)


def draw_sequence(rng: Random, unseen: bool) -> Item:
    """Four terms with a constant step; unseen ones start above 50."""
    step = rng.choice((2, 3, 4, 5, 10))
    start = rng.randint(51, 90) if unseen else rng.randint(1, 40)
    terms = [start + step * i for i in range(5)]
    shown = ", ".join(map(str, terms[:4]))
    gap, last = f"{terms[1]} - {terms[0]} = {step}", f"{terms[3]} + {step} = {terms[4]}"
    work = working(
        steps=f"Step: {gap}.\nNext: {last}.",
        recall=f"In such a list each number is a fixed step more.\n{gap}. {last}.",
        reason=f"Each number is a fixed step more.\nThe step is {gap}. Then {last}.",
        extract=f"The first are {terms[0]} and {terms[1]}, the last is {terms[3]}.\n{gap}. {last}.",
        explain=f"The numbers grow by {gap}, so after {terms[3]} comes {last}.",
    )
    prompt = _worded(rng, SEQUENCE_UNSEEN if unseen else SEQUENCE_WORDING, s=shown)
    return Item(prompt, (str(terms[4]),), shown, work)


TASKS = (
    StarterTask("addition", "number", draw_sum),
    StarterTask("subtraction", "number", draw_difference),
    StarterTask("sequences", "number", draw_sequence),
)
