"""Language tasks: the calendar, first letters, looking up facts, putting people in order, and groups of words."""

from __future__ import annotations

from random import Random

from .item import NAMES, Item, StarterTask, reasoning_by_strategy

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
CALENDAR_PROMPTS = (
    "It is {d} now. Which {u} is it {k} from now?",
    "What {u} comes {k} after {d}?",
    "{n} left in {d} and came back {k} later. In which {u} did {n} come back?",
    "This is {d}. The party is in {k}. Which {u} is that?",
    "A job that starts in {d} takes {k}. In which {u} does it end?",
    "{n} has to wait {k}, and it is {d}. Which {u} will it be then?",
)
UNSEEN_CALENDAR_PROMPTS = (
    "Count {k} on from {d}. Which {u} do you reach?",
    "{n} starts in {d} and stops after {k}. Which {u} is it then?",
)

WORDS = (
    "river", "stone", "cloud", "tiger", "bread", "chair", "green", "light", "music", "paper", "table", "water",
    "house", "apple", "lemon", "spoon", "camel", "dream", "drum", "film", "farm", "lamp", "sheep", "ship", "bank",
    "clock", "book", "milk", "leaf", "roof", "girl", "bird", "hand", "wind", "snow", "rain", "plant", "boat", "coat",
    "door", "star", "ball", "wall", "nest", "fork", "cup", "map", "sun", "pen", "dog", "cat", "bus", "box", "key",
)  # fmt: skip
UNSEEN_WORDS = (
    "eagle", "queen", "robot", "salad", "novel", "stem", "truck", "sand", "hill", "wolf", "frog", "moon", "soap",
    "tent", "horse", "glass", "ring", "grape",
)  # fmt: skip
INITIAL_PROMPTS = (
    "Write the first letters of {s} with spaces between them.",
    "What are the first letters of {s}? Put spaces between them.",
    "List the initials of the words {s}, with spaces between them.",
    "{n} reads {s} and notes the first letter of each, with spaces. What does {n} note?",
    "Take the first letter of each of {s} and leave a space after each.",
)
UNSEEN_INITIAL_PROMPTS = (
    "The words are {s}. Which letters begin them? Leave spaces between the letters.",
    "Make a code out of {s}: only first letters count, with spaces between.",
)

CITIES = ("Rome", "Oslo", "Lima", "Cairo", "Paris", "Tokyo", "Delhi", "Madrid", "Berlin", "Boston", "Vienna", "Athens")
COLORS = ("red", "blue", "green", "black", "white", "yellow", "brown", "pink", "purple", "orange")
JOBS = ("baker", "nurse", "pilot", "farmer", "singer", "lawyer", "painter", "cook", "judge", "teacher")
PRICES = ("two dollars", "five dollars", "six dollars", "nine dollars", "ten dollars", "twelve dollars")
SHOPPING = ("pen", "cup", "lamp", "book", "bag", "ball", "hat", "chair", "kite", "drum", "coat", "ring")
UNSEEN_PEOPLE = ("Ada", "Boris", "Chen", "Dora", "Emil", "Fatima", "Goran", "Hana", "Ivo", "Lena")
PETS = ("dog", "cat", "parrot", "rabbit", "hamster", "turtle", "goat", "horse", "snake", "pony")
LOOKUPS = (
    ("{k} lives in {v}.", NAMES, CITIES, "Where does {k} live?"),
    ("{k} has a {v} bike.", NAMES, COLORS, "What color is the bike of {k}?"),
    ("{k} is a {v}.", NAMES, JOBS, "What is the job of {k}?"),
    ("{k}: {v}.", NAMES, CITIES, "Which city stands next to {k}?"),
    ("The {k} costs {v}.", SHOPPING, PRICES, "What does the {k} cost?"),
    ("{k} | {v} |", SHOPPING, COLORS, "Which color does the table give for {k}?"),
)
"""Sentence of a fact, its keys, its values, and the question."""
UNSEEN_LOOKUPS = (
    ("{k} keeps a {v}.", UNSEEN_PEOPLE, PETS, "Which animal does {k} keep?"),
    ("{k} = {v};", UNSEEN_PEOPLE, PETS, "Which pet belongs to {k}?"),
)

RANKS = (
    ("tallest", "shortest", "taller"),
    ("oldest", "youngest", "older"),
    ("fastest", "slowest", "faster"),
    ("richest", "poorest", "richer"),
)
UNSEEN_RANKS = (("strongest", "weakest", "stronger"),)
LOGIC_PROMPTS = (
    "{f} Who is the {m}?",
    "{f} Which of the three is the {m}?",
    "{f} Name the {m} of them.",
    "We know this: {f} Who is the {m} of all?",
    "Read and answer. {f} Who must be the {m}?",
)
UNSEEN_LOGIC_PROMPTS = ("Who is the {m} here? {f}", "{f} Tell me who the {m} one is.")

GROUPS = {
    "fruit": ("apple", "banana", "grape", "pear", "cherry", "peach", "plum", "lemon", "mango", "melon"),
    "animal": ("dog", "horse", "tiger", "rabbit", "sheep", "lion", "goat", "cow", "wolf", "camel"),
    "tool": ("hammer", "saw", "drill", "wrench", "shovel", "axe", "pliers", "rake", "chisel", "screwdriver"),
    "color": ("red", "blue", "green", "yellow", "purple", "brown", "black", "white", "pink", "grey"),
    "clothing": ("shirt", "coat", "hat", "sock", "glove", "dress", "scarf", "jacket", "skirt", "shoe"),
    "vehicle": ("car", "bus", "train", "truck", "bicycle", "boat", "plane", "tram", "van", "ship"),
    "body part": ("arm", "leg", "nose", "ear", "hand", "knee", "elbow", "foot", "neck", "shoulder"),
    "furniture": ("table", "chair", "sofa", "bed", "desk", "shelf", "bench", "wardrobe", "stool", "cupboard"),
    "instrument": ("piano", "violin", "flute", "drum", "guitar", "trumpet", "harp", "cello", "banjo", "organ"),
}
UNSEEN_GROUPS = {
    "bird": ("eagle", "owl", "sparrow", "crow", "swan", "robin", "pigeon", "falcon"),
    "country": ("France", "Spain", "Japan", "Brazil", "Egypt", "India", "Canada", "Norway"),
    "fish": ("salmon", "trout", "tuna", "cod", "carp", "herring", "eel", "shark"),
    "metal": ("iron", "gold", "copper", "silver", "lead", "zinc", "tin", "nickel"),
}
GROUP_PROMPTS = (
    "Which of these is {g}?\n{o}",
    "Find the one that is {g}.\n{o}",
    "{n} looks for {g}. Which option is right?\n{o}",
    "Only one of these is {g}. Which?\n{o}",
    "Pick {g} from the list.\n{o}",
)
UNSEEN_GROUP_PROMPTS = ("Three of these are not {g}. Which one is?\n{o}", "Where in this list is {g}?\n{o}")


def draw_calendar(rng: Random, unseen: bool) -> Item:
    """Draw a step of two to seven weekdays or months. Unseen samples have eight or nine."""
    unit, names = rng.choice((("day", DAYS), ("month", MONTHS)))
    start, count = rng.randrange(len(names)), rng.randint(8, 9) if unseen else rng.randint(2, 7)
    path = [names[(start + i) % len(names)] for i in range(count + 1)]
    steps = ", ".join(f"{i} {name}" for i, name in enumerate(path[1:], 1))
    reasoning = reasoning_by_strategy(
        steps=f"From {path[0]}: {steps}.",
        recall=f"The {unit}s after {path[0]}: {steps}.",
        reason=f"The {unit}s repeat. From {path[0]}:\n{steps}.",
        extract=f"Given: {path[0]}, {count} {unit}s.\n{steps}.",
        explain=f"I count {count} {unit}s from {path[0]}: {steps}.",
    )
    template = rng.choice(UNSEEN_CALENDAR_PROMPTS if unseen else CALENDAR_PROMPTS)
    if unit == "day":
        template = template.replace("in {d}", "on {d}").replace("In which", "On which")
    prompt = template.format(d=path[0], k=f"{count} {unit}s", u=unit, n=rng.choice(NAMES))
    return Item(prompt, (path[-1],), f"{path[0]} {count}", reasoning)


def draw_initials(rng: Random, unseen: bool) -> Item:
    """Draw three words, whose first letters are asked for. Unseen samples have other words."""
    words: list[str] = []
    while len({word[0] for word in words}) < 3:
        words = rng.sample(UNSEEN_WORDS if unseen else WORDS, 3)
    each = " ".join(f"{word}: {word[0]}." for word in words)
    reasoning = reasoning_by_strategy(
        steps=each,
        recall=f"The first letter begins the word.\n{each}",
        reason=f"The first letter begins the word.\nOne by one: {each}",
        extract=f"Words: {', '.join(words)}.\n{each}",
        explain=f"I look at each word. {each}",
    )
    quoted = [f'"{word}"' for word in words]
    shown = f"{quoted[0]}, {quoted[1]} and {quoted[2]}"
    prompt = rng.choice(UNSEEN_INITIAL_PROMPTS if unseen else INITIAL_PROMPTS).format(s=shown, n=rng.choice(NAMES))
    return Item(prompt, (" ".join(word[0] for word in words),), " ".join(words), reasoning)


def draw_lookup(rng: Random, unseen: bool) -> Item:
    """Draw three facts, in words or as a small table, and a question about one. Unseen samples are about pets."""
    fact, keys, values, ask = rng.choice(UNSEEN_LOOKUPS if unseen else LOOKUPS)
    names, chosen = rng.sample(keys, 3), rng.sample(values, 3)
    facts = " ".join(fact.format(k=k, v=v) for k, v in zip(names, chosen, strict=True))
    index = rng.randrange(3)
    key, value = names[index], chosen[index]
    reasoning = reasoning_by_strategy(
        steps=f"Look for {key}.\n{key}: {value}.",
        recall=f"The text names {key}: {value}.",
        reason=f"The text names what is asked.\nLook for {key}: {value}.",
        extract=f"Copied: {fact.format(k=key, v=value)}",
        explain=f"I look for {key} in the text. There it says {key}: {value}.",
    )
    return Item(f"{facts} {ask.format(k=key)}", (value,), f"{facts} {key}", reasoning)


def draw_logic(rng: Random, unseen: bool) -> Item:
    """Draw two comparisons of three people, in either order, and a question about the first or the last person."""
    high, low, more = rng.choice(UNSEEN_RANKS if unseen else RANKS)
    first, second, third = rng.sample(UNSEEN_PEOPLE if unseen else NAMES, 3)
    facts = [f"{first} is {more} than {second}.", f"{second} is {more} than {third}."]
    rng.shuffle(facts)
    asks_first = rng.random() < 0.5
    answer, end = (first, high) if asks_first else (third, low)
    chain = f"{high} {first}, then {second}, {low} {third}."
    reasoning = reasoning_by_strategy(
        steps=f"In a row: {chain}",
        recall=f"Who is {more} stands in front.\n{chain}",
        reason=f"Who is {more} stands in front.\nSo the row is {chain}",
        extract=f"Given: {first} before {second}, {second} before {third}.\n{chain}",
        explain=f"I put them in a row by who is {more}: {chain}",
    )
    question = rng.choice(UNSEEN_LOGIC_PROMPTS if unseen else LOGIC_PROMPTS).format(f=" ".join(facts), m=end)
    return Item(question, (answer,), f"{sorted(facts)} {end}", reasoning)


def draw_group(rng: Random, unseen: bool) -> Item:
    """Draw four words of four groups, and the group that is asked for."""
    groups = UNSEEN_GROUPS if unseen else GROUPS
    words = [(rng.choice(groups[group]), group) for group in rng.sample(sorted(groups), 4)]
    index = rng.randrange(4)
    letter, target = "ABCD"[index], words[index][1]
    each = " ".join(
        f"{x} {word}: {group}, {'yes' if group == target else 'no'}."
        for x, (word, group) in zip("ABCD", words[: index + 1], strict=False)
    )
    reasoning = reasoning_by_strategy(
        steps=f"Look for {target}.\n{each}",
        recall=f"I know the group of each word.\n{each}",
        reason=f"I know the groups.\nLook for {target}: {each}",
        extract=f"Asked: {target}. {each}",
        explain=f"I name each group until it fits: {each}",
    )
    options = "\n".join(f"{x}) {word}" for x, (word, _) in zip("ABCD", words, strict=True))
    article = "" if target in ("clothing", "furniture") else "an " if target[0] in "aeiou" else "a "
    prompt = rng.choice(UNSEEN_GROUP_PROMPTS if unseen else GROUP_PROMPTS).format(
        o=options, g=article + target, n=rng.choice(NAMES)
    )
    return Item(prompt, (letter,), f"{target} {sorted(words)}", reasoning)


TASKS = (
    StarterTask("calendar", "exact", draw_calendar, (*DAYS, *MONTHS)),
    StarterTask("initials", "exact", draw_initials),
    StarterTask("lookup", "span", draw_lookup),
    StarterTask("logic", "span", draw_logic),
    StarterTask("groups", "multiple_choice", draw_group, ("A", "B", "C", "D")),
)
