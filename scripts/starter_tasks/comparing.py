"""Comparison tasks: the largest of four numbers, and whether a word begins with a vowel."""

from __future__ import annotations

from random import Random

from .item import NAMES, OBJECTS, Item, StarterTask, reasoning_by_strategy

LARGEST_PROMPTS = (
    "Which number is the largest: {s}?",
    "Find the largest of {s}.",
    "{n} rolled {s}. What was the largest number?",
    "Four bags hold {s} {t}. How many {t} are in the fullest bag?",
    "Pick the biggest number from this list: {s}.",
    "The scores were {s}. Give the highest score.",
)
UNSEEN_LARGEST_PROMPTS = (
    "{s}: name the greatest of these.",
    "Four towers are {s} feet tall. How tall is the tallest one?",
)
VOWEL_PROMPTS = (
    'Does the word "{w}" begin with a vowel?',
    'Is the first letter of "{w}" a vowel?',
    '{n} sorts words that start with a vowel. Does "{w}" belong there?',
    'Look at "{w}". Does it start with a vowel?',
    'True or not: "{w}" has a vowel as its first letter?',
    'Do you find a vowel at the start of "{w}"?',
)
UNSEEN_VOWEL_PROMPTS = (
    '"{w}": is the letter in front one of the vowels?',
    'Would you say "an {w}", since it opens with a vowel?',
)
VOWEL_WORDS = (
    "apple", "egg", "island", "orange", "uncle", "animal", "iron", "oven", "umbrella", "arm", "ear", "ice",
    "office", "ocean", "onion", "oil", "ant", "air", "aunt", "engine", "evening", "elephant", "envelope", "exam",
    "entrance", "earth", "energy", "idea", "image", "insect", "ink", "inch", "artist", "author", "autumn", "actor",
    "address", "answer", "arrow", "attic", "avenue", "axe", "object", "octopus", "olive", "opera", "orbit",
    "orchard", "otter", "oyster", "oak", "uncertain", "ugly", "under", "upper", "usual", "empty", "angry", "early",
)  # fmt: skip
OTHER_WORDS = (
    "table", "river", "bread", "chair", "light", "music", "paper", "water", "house", "lemon", "spoon", "camel",
    "dream", "drum", "film", "farm", "lamp", "sheep", "ship", "bank", "clock", "book", "milk", "leaf", "roof",
    "girl", "bird", "hand", "wind", "snow", "rain", "plant", "boat", "coat", "door", "star", "ball", "wall", "nest",
    "fork", "cup", "map", "pen", "dog", "cat", "box", "key", "heavy", "quick", "yellow", "zebra", "number", "jacket",
    "village", "kitchen", "market", "garden", "pencil", "summer",
)  # fmt: skip
UNSEEN_VOWEL_WORDS = ("ambulance", "elevator", "igloo", "ostrich", "ankle", "eagle", "obstacle", "umpire")
UNSEEN_OTHER_WORDS = ("submarine", "battery", "gorilla", "walnut", "ticket", "kangaroo", "meadow", "pigeon")


def draw_largest(rng: Random, unseen: bool) -> Item:
    """Draw four different numbers of two or three digits. Unseen samples have numbers from 1,000 to 1,999."""
    low, high = (1000, 1999) if unseen else rng.choice(((11, 99), (101, 999)))
    numbers = rng.sample(range(low, high + 1), 4)
    best, pairs = numbers[0], []
    for number in numbers[1:]:
        pairs.append(f"{best} < {number}." if number > best else f"{best} > {number}.")
        best = max(best, number)
    walk = " ".join(pairs)
    reasoning = reasoning_by_strategy(
        steps=walk,
        recall=f"The largest wins every pair.\n{walk}",
        reason=f"The larger one goes on to the next pair.\n{walk}",
        extract="Numbers: " + ", ".join(map(str, numbers)) + f".\n{walk}",
        explain=f"I compare pairs. {walk}",
    )
    shown = ", ".join(map(str, numbers[:3])) + f" and {numbers[3]}"
    template = rng.choice(UNSEEN_LARGEST_PROMPTS if unseen else LARGEST_PROMPTS)
    prompt = template.format(n=rng.choice(NAMES), t=rng.choice(OBJECTS), s=shown)
    return Item(prompt, (str(best),), str(sorted(numbers)), reasoning)


def draw_vowel(rng: Random, unseen: bool) -> Item:
    """Draw a word. Half of the answers are yes. Unseen samples have other words."""
    yes = rng.random() < 0.5
    seen_words, new_words = (VOWEL_WORDS, UNSEEN_VOWEL_WORDS) if yes else (OTHER_WORDS, UNSEEN_OTHER_WORDS)
    word = rng.choice(new_words if unseen else seen_words)
    letter, sort = word[0], "a vowel" if yes else "a consonant"
    rule = "The vowels are a, e, i, o, u."
    reasoning = reasoning_by_strategy(
        steps=f"{word} begins with {letter}.\n{letter} is {sort}.",
        recall=f"{rule}\n{letter} is {sort}.",
        reason=f"{rule}\n{word} begins with {letter}, and {letter} is {sort}.",
        extract=f"First letter: {letter}, {sort}.",
        explain=f"The first letter decides. {word} begins with {letter}, and that is {sort}.",
    )
    prompt = rng.choice(UNSEEN_VOWEL_PROMPTS if unseen else VOWEL_PROMPTS).format(w=word, n=rng.choice(NAMES))
    return Item(prompt, ("yes" if yes else "no",), word, reasoning)


TASKS = (
    StarterTask("largest", "number", draw_largest),
    StarterTask("vowels", "boolean", draw_vowel, ("yes", "no")),
)
