"""The largest of four numbers, and whether a number is even."""

from __future__ import annotations

from random import Random

from .item import NAMES, THINGS, Item, StarterTask, working

LARGEST_WORDING = (
    "Which number is the largest: {s}?",
    "Find the largest of {s}.",
    "{n} rolled {s}. What was the largest number?",
    "Four bags hold {s} {t}. How many {t} are in the fullest bag?",
    "Pick the biggest number from this list: {s}.",
    "The scores were {s}. Give the highest score.",
)
LARGEST_UNSEEN = (
    "{s}: name the greatest of these.",
    "Four towers are {s} feet tall. How tall is the tallest one?",
)
EVEN_WORDING = (
    "Is {a} an even number?",
    "Can {a} {t} be shared equally between two children?",
    "Does 2 divide {a} evenly?",
    "{n} puts {a} {t} in pairs. Does every one find a partner?",
    "Is {a} a multiple of 2?",
    "Can you split {a} into two equal whole parts?",
)
EVEN_UNSEEN = (
    "If {a} {t} are laid in two rows, can both rows be equally long?",
    "Does {a} divided by 2 leave no remainder?",
)


def draw_largest(rng: Random, unseen: bool) -> Item:
    """Four different numbers of two or three digits; unseen ones lie between 1,000 and 1,999."""
    low, high = (1000, 1999) if unseen else rng.choice(((11, 99), (101, 999)))
    numbers = rng.sample(range(low, high + 1), 4)
    best, pairs = numbers[0], []
    for number in numbers[1:]:
        pairs.append(f"{best} < {number}." if number > best else f"{best} > {number}.")
        best = max(best, number)
    walk = " ".join(pairs)
    work = working(
        steps=walk,
        recall=f"The largest wins every pair.\n{walk}",
        reason=f"The larger one goes on to the next pair.\n{walk}",
        extract="Numbers: " + ", ".join(map(str, numbers)) + f".\n{walk}",
        explain=f"I compare pairs. {walk}",
    )
    shown = ", ".join(map(str, numbers[:3])) + f" and {numbers[3]}"
    template = rng.choice(LARGEST_UNSEEN if unseen else LARGEST_WORDING)
    prompt = template.format(n=rng.choice(NAMES), t=rng.choice(THINGS), s=shown)
    return Item(prompt, (str(best),), str(sorted(numbers)), work)


def draw_even(rng: Random, unseen: bool) -> Item:
    """Numbers of two or three digits; unseen ones have four. Half of the answers are yes."""
    yes = rng.random() < 0.5
    low, high = (1001, 9999) if unseen else (21, 999)
    number = rng.randrange(low + (low % 2 == yes), high + 1, 2)
    digit, sort = number % 10, "even" if yes else "odd"
    rule = "Even numbers end in 0, 2, 4, 6 or 8."
    work = working(
        steps=f"{number} ends in {digit}.\n{digit} is {sort}.",
        recall=f"{rule}\n{digit} is {sort}.",
        reason=f"{rule}\n{number} ends in {digit}, and {digit} is {sort}.",
        extract=f"Last digit: {digit}, {sort}.",
        explain=f"The last digit decides. {number} ends in {digit}, and {digit} is {sort}.",
    )
    template = rng.choice(EVEN_UNSEEN if unseen else EVEN_WORDING)
    prompt = template.format(a=number, n=rng.choice(NAMES), t=rng.choice(THINGS))
    return Item(prompt, ("yes" if yes else "no",), str(number), work)


TASKS = (
    StarterTask("largest", "number", draw_largest),
    StarterTask("even", "boolean", draw_even, ("yes", "no")),
)
