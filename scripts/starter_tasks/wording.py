"""First letters of words, days and months, looking up and ordering facts, and which of four is of a group."""

from __future__ import annotations

from random import Random

from .item import NAMES, Item, StarterTask, working

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
CALENDAR_WORDING = (
    "It is {d} now. Which {u} is it {k} from now?",
    "What {u} comes {k} after {d}?",
    "{n} left in {d} and came back {k} later. In which {u} did {n} come back?",
    "This is {d}. The party is in {k}. Which {u} is that?",
    "A job that starts in {d} takes {k}. In which {u} does it end?",
    "{n} has to wait {k}, and it is {d}. Which {u} will it be then?",
)
CALENDAR_UNSEEN = (
    "Count {k} on from {d}. Which {u} do you reach?",
    "{n} starts in {d} and stops after {k}. Which {u} is it then?",
)

WORDS = (
    "river", "stone", "cloud", "tiger", "bread", "chair", "green", "light", "music", "paper", "table", "water",
    "house", "apple", "lemon", "spoon", "camel", "dream", "drum", "film", "farm", "lamp", "sheep", "ship", "bank",
    "clock", "book", "milk", "leaf", "roof", "girl", "bird", "hand", "wind", "snow", "rain", "plant", "boat", "coat",
    "door", "star", "ball", "wall", "nest", "fork", "cup", "map", "sun", "pen", "dog", "cat", "bus", "box", "key",
)  # fmt: skip
NEW_WORDS = (
    "eagle", "queen", "robot", "salad", "novel", "stem", "truck", "sand", "hill", "wolf", "frog", "moon", "soap",
    "tent", "horse", "glass", "ring", "grape",
)  # fmt: skip
INITIAL_WORDING = (
    "Write the first letters of {s} with spaces between them.",
    "What are the first letters of {s}? Put spaces between them.",
    "List the initials of the words {s}, with spaces between them.",
    "{n} reads {s} and notes the first letter of each, with spaces. What does {n} note?",
    "Take the first letter of each of {s} and leave a space after each.",
)
INITIAL_UNSEEN = (
    "The words are {s}. Which letters begin them? Leave spaces between the letters.",
    "Make a code out of {s}: only first letters count, with spaces between.",
)

CITIES = ("Rome", "Oslo", "Lima", "Cairo", "Paris", "Tokyo", "Delhi", "Madrid", "Berlin", "Boston", "Vienna", "Athens")
COLOURS = ("red", "blue", "green", "black", "white", "yellow", "brown", "pink", "grey", "purple")
JOBS = ("a baker", "a nurse", "a pilot", "a farmer", "a singer", "a lawyer", "a painter", "a cook", "a judge")
PEOPLE_NEW = ("Ada", "Boris", "Chen", "Dora", "Emil", "Fatima", "Goran", "Hana", "Ivo", "Lena")
PETS = ("dog", "cat", "parrot", "rabbit", "hamster", "turtle", "goat", "horse", "snake", "pony")
LOOKUPS = (
    ("{p} lives in {v}", CITIES, "Where does {p} live?", "Who lives in {v}?"),
    ("{p} has a {v} bike", COLOURS, "What color is the bike of {p}?", "Who has the {v} bike?"),
    ("{p} is {v}", JOBS, "What is the job of {p}?", "Who is {v}?"),
)
LOOKUPS_UNSEEN = (("{p} keeps a {v}", PETS, "Which animal does {p} keep?", "Who keeps the {v}?"),)

RANKS = (
    ("tallest", "shortest", "taller"),
    ("oldest", "youngest", "older"),
    ("fastest", "slowest", "faster"),
    ("richest", "poorest", "richer"),
)
RANKS_UNSEEN = (("strongest", "weakest", "stronger"),)
LOGIC_WORDING = (
    "{f} Who is the {m}?",
    "{f} Which of the three is the {m}?",
    "{f} Name the {m} of them.",
    "We know this: {f} Who is the {m} of all?",
    "Read and answer. {f} Who must be the {m}?",
)
LOGIC_UNSEEN = ("Who is the {m} here? {f}", "{f} Tell me who the {m} one is.")

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
NEW_GROUPS = {
    "bird": ("eagle", "owl", "sparrow", "crow", "swan", "robin", "pigeon", "falcon"),
    "country": ("France", "Spain", "Japan", "Brazil", "Egypt", "India", "Canada", "Norway"),
    "fish": ("salmon", "trout", "tuna", "cod", "carp", "herring", "eel", "shark"),
    "metal": ("iron", "gold", "copper", "silver", "lead", "zinc", "tin", "nickel"),
}
GROUP_WORDING = (
    "Which of these is {g}?\n{o}",
    "Find the one that is {g}.\n{o}",
    "{n} looks for {g}. Which option is right?\n{o}",
    "Only one of these is {g}. Which?\n{o}",
    "Pick {g} from the list.\n{o}",
)
GROUP_UNSEEN = ("Three of these are not {g}. Which one is?\n{o}", "Where in this list is {g}?\n{o}")


def draw_calendar(rng: Random, unseen: bool) -> Item:
    """Two to seven weekdays or months on; unseen ones go eight or nine."""
    unit, names = rng.choice((("day", DAYS), ("month", MONTHS)))
    start, count = rng.randrange(len(names)), rng.randint(8, 9) if unseen else rng.randint(2, 7)
    path = [names[(start + i) % len(names)] for i in range(count + 1)]
    steps = ", ".join(f"{i} {name}" for i, name in enumerate(path[1:], 1))
    work = working(
        steps=f"From {path[0]}: {steps}.",
        recall=f"The {unit}s after {path[0]}: {steps}.",
        reason=f"The {unit}s repeat. From {path[0]}:\n{steps}.",
        extract=f"Given: {path[0]}, {count} {unit}s.\n{steps}.",
        explain=f"I count {count} {unit}s from {path[0]}: {steps}.",
    )
    template = rng.choice(CALENDAR_UNSEEN if unseen else CALENDAR_WORDING)
    if unit == "day":
        template = template.replace("in {d}", "on {d}").replace("In which", "On which")
    prompt = template.format(d=path[0], k=f"{count} {unit}s", u=unit, n=rng.choice(NAMES))
    return Item(prompt, (path[-1],), f"{path[0]} {count}", work)


def draw_initials(rng: Random, unseen: bool) -> Item:
    """The first letters of three words; unseen ones use other words."""
    words = rng.sample(NEW_WORDS if unseen else WORDS, 3)
    each = " ".join(f"{word}: {word[0]}." for word in words)
    work = working(
        steps=each,
        recall=f"The first letter begins the word.\n{each}",
        reason=f"The first letter begins the word.\nOne by one: {each}",
        extract=f"Words: {', '.join(words)}.\n{each}",
        explain=f"I look at each word. {each}",
    )
    quoted = [f'"{word}"' for word in words]
    shown = f"{quoted[0]}, {quoted[1]} and {quoted[2]}"
    prompt = rng.choice(INITIAL_UNSEEN if unseen else INITIAL_WORDING).format(s=shown, n=rng.choice(NAMES))
    return Item(prompt, (" ".join(word[0] for word in words),), " ".join(words), work)


def draw_lookup(rng: Random, unseen: bool) -> Item:
    """Three facts about three people, and a question about one of them, asked either way round."""
    fact, values, ask_value, ask_person = rng.choice(LOOKUPS_UNSEEN if unseen else LOOKUPS)
    people = rng.sample(PEOPLE_NEW if unseen else NAMES, 3)
    chosen = rng.sample(values, 3)
    facts = [fact.format(p=p, v=v) for p, v in zip(people, chosen, strict=True)]
    index, asks_person = rng.randrange(3), rng.random() < 0.5
    person, value = people[index], chosen[index]
    answer = person if asks_person else value
    answers = (answer, answer.removeprefix("a ")) if answer.startswith("a ") else (answer,)
    question = (ask_person if asks_person else ask_value).format(p=person, v=value)
    pairs = [
        f"{p}: {v.removeprefix('a ')}, {'yes' if i == index else 'no'}."
        for i, (p, v) in enumerate(zip(people, chosen, strict=True))
    ]
    walk = " ".join(pairs[: index + 1])
    wanted = (value if asks_person else person).removeprefix("a ")
    work = working(
        steps=f"Look for {wanted}. {walk}",
        recall=f"One fact names {wanted}.\n{walk}",
        reason=f"One fact names {wanted}.\nGo through them: {walk}",
        extract=f"Wanted: {wanted}. {walk}",
        explain=f"I read until I find {wanted}: {walk}",
    )
    return Item(f"{'. '.join(facts)}. {question}", answers[::-1], f"{facts} {question}", work)


def draw_logic(rng: Random, unseen: bool) -> Item:
    """Two comparisons of three people, in either order, and a question about the first or the last."""
    high, low, more = rng.choice(RANKS_UNSEEN if unseen else RANKS)
    first, second, third = rng.sample(PEOPLE_NEW if unseen else NAMES, 3)
    facts = [f"{first} is {more} than {second}.", f"{second} is {more} than {third}."]
    rng.shuffle(facts)
    asks_first = rng.random() < 0.5
    answer, asked = (first, high) if asks_first else (third, low)
    chain = f"{first}, {second}, {third}"
    work = working(
        steps=f"From {high} to {low}: {chain}.",
        recall=f"If one is {more} than the next, they stand in a row: {chain}.",
        reason=f"They stand in a row from {high} to {low}.\nThe row is {chain}.",
        extract=f"{' '.join(facts)}\nRow: {chain}.",
        explain=f"I put them in a row from {high} to {low}: {chain}.",
    )
    question = rng.choice(LOGIC_UNSEEN if unseen else LOGIC_WORDING).format(f=" ".join(facts), m=asked)
    return Item(question, (answer,), f"{sorted(facts)} {asked}", work)


def draw_group(rng: Random, unseen: bool) -> Item:
    """Four words of four groups; which belongs to the group that is asked for?"""
    groups = NEW_GROUPS if unseen else GROUPS
    words = [(rng.choice(groups[group]), group) for group in rng.sample(sorted(groups), 4)]
    index = rng.randrange(4)
    letter, asked = "ABCD"[index], words[index][1]
    each = " ".join(
        f"{x} {word}: {group}, {'yes' if group == asked else 'no'}."
        for x, (word, group) in zip("ABCD", words[: index + 1], strict=False)
    )
    work = working(
        steps=f"Look for {asked}.\n{each}",
        recall=f"I know the group of each word.\n{each}",
        reason=f"I know the groups.\nLook for {asked}: {each}",
        extract=f"Asked: {asked}. {each}",
        explain=f"I name each group until it fits: {each}",
    )
    options = "\n".join(f"{x}) {word}" for x, (word, _) in zip("ABCD", words, strict=True))
    article = "" if asked in ("clothing", "furniture") else "an " if asked[0] in "aeiou" else "a "
    prompt = rng.choice(GROUP_UNSEEN if unseen else GROUP_WORDING).format(
        o=options, g=article + asked, n=rng.choice(NAMES)
    )
    return Item(prompt, (letter,), f"{asked} {sorted(words)}", work)


TASKS = (
    StarterTask("calendar", "exact", draw_calendar, (*DAYS, *MONTHS)),
    StarterTask("initials", "exact", draw_initials),
    StarterTask("lookup", "span", draw_lookup),
    StarterTask("logic", "span", draw_logic),
    StarterTask("groups", "multiple_choice", draw_group, ("A", "B", "C", "D")),
)
