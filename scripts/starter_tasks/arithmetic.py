"""Sums and differences, worked digit by digit."""

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


def _worded(rng: Random, templates: tuple[str, ...], **values: object) -> str:
    return rng.choice(templates).format(n=rng.choice(NAMES), t=rng.choice(THINGS), **values)


def draw_sum(rng: Random, unseen: bool) -> Item:
    """Two addends of two digits; unseen ones have the first above 50."""
    a, b = rng.randint(51, 69) if unseen else rng.randint(11, 49), rng.randint(11, 29)
    ones, carry, tens = a % 10 + b % 10, (a % 10 + b % 10) // 10, a // 10 + b // 10
    first = f"{a % 10} + {b % 10} = {ones}, carry {carry}."
    then = f"{a // 10} + {b // 10} = {tens}, {tens} + {carry} = {tens + carry}."
    work = working(
        steps=f"{a} + {b}\nOnes: {first}\nTens: {then}",
        recall=f"What goes over 9 is carried.\n{a} + {b}\nOnes: {first}\nTens: {then}",
        reason=f"Add the ones, then the tens.\n{a} + {b}\nOnes: {first}\nTens: {then}",
        extract=f"Given: {a} + {b}\nOnes: {first}\nTens: {then}",
        explain=f"This is {a} + {b}. The ones give {first} The tens give {then}",
    )
    prompt = _worded(rng, SUM_UNSEEN if unseen else SUM_WORDING, a=a, b=b)
    return Item(prompt, (str(a + b),), f"{a}+{b}", work)


def draw_difference(rng: Random, unseen: bool) -> Item:
    """A number of two digits less a smaller one, about half with a borrow; unseen ones take from 60 or more."""
    while True:
        a, b = rng.randint(60, 79) if unseen else rng.randint(25, 59), rng.randint(11, 29)
        if a - b > 9 and (a % 10 < b % 10) == (rng.random() < 0.6):
            break
    borrow, ones, tens = int(a % 10 < b % 10), a % 10 + 10 - b % 10, a // 10 - b // 10
    # Ten more from the start, always: whether to borrow can be read off the result.
    first = f"1{a % 10} - {b % 10} = {ones}, " + ("borrow 1." if borrow else "borrow 0.")
    then = f"{a // 10} - {b // 10} = {tens}, {tens} - {borrow} = {tens - borrow}."
    work = working(
        steps=f"{a} - {b}\nOnes: {first}\nTens: {then}",
        recall=f"What is missing is borrowed.\n{a} - {b}\nOnes: {first}\nTens: {then}",
        reason=f"Take the ones, then the tens.\n{a} - {b}\nOnes: {first}\nTens: {then}",
        extract=f"Given: {a} - {b}\nOnes: {first}\nTens: {then}",
        explain=f"This is {a} - {b}. The ones give {first} The tens give {then}",
    )
    prompt = _worded(rng, DIFFERENCE_UNSEEN if unseen else DIFFERENCE_WORDING, a=a, b=b)
    return Item(prompt, (str(a - b),), f"{a}-{b}", work)


TASKS = (
    StarterTask("addition", "number", draw_sum),
    StarterTask("subtraction", "number", draw_difference),
)
