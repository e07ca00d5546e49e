"""Overlap with held-out prompts, duplicate questions, balance between tasks, and few-shot rows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.dataset.build import quotas
from orca_local.dataset.few_shot import few_shot_conversations
from orca_local.dataset.overlap import HeldOutPrompts
from orca_local.dataset.similar import DuplicateFilter
from orca_local.domain.erasure import leaks
from orca_local.domain.types import Message, Sample
from tests.teach.scene import STEPS

PASSAGE = "The old mill by the river was sold in spring to a baker from the next town who wanted its wheel for flour. "
DEFINITION = (
    "In this task you are given a passage and a question, and you answer the question with words from the passage. "
)


def asked(*turns: str, answers: tuple[str, ...] = ()) -> Sample:
    """A sample whose prompt is the last turn, after the others with an answer each."""
    *before, prompt = turns
    messages = tuple(m for turn in before for m in (Message("user", turn), Message("assistant", "I see.")))
    return Sample("a", "t", "free", prompt, answers, "train", messages=messages)


def held_out(prompts: Sequence[str], training: Sequence[str]) -> HeldOutPrompts:
    return HeldOutPrompts(map(asked, prompts), map(asked, training))


def test_the_same_question_with_other_punctuation_overlaps() -> None:
    held = held_out(["What IS 5 + 5 ?!"], [])
    assert held.overlaps(asked("what is 5 + 5").turns)
    assert not held.overlaps(asked("what is 5 + 6").turns)


def test_a_held_out_question_in_an_earlier_turn_overlaps() -> None:
    held = held_out(["What is 5 + 5?", PASSAGE + "Who bought the mill?"], [])
    assert held.overlaps(asked("Hello.", "What is 5 + 5?", "And 6 + 6?").turns)
    assert held.overlaps(asked(PASSAGE + "When was it sold?", "Thanks.").turns), "most of its words"
    assert held.overlaps([Message("user", "Ask me."), Message("assistant", "What is 5 + 5?"), Message("user", "Ten.")])
    assert not held.overlaps(asked("Hello.", "What is 5 + 6?").turns)


def test_a_conversation_overlaps_the_one_that_it_goes_on_with() -> None:
    held = HeldOutPrompts([asked("I have 3 apples.", "How many are left?")], [])
    assert held.overlaps(asked("I have 3 apples!", "How many are left?", "And pears?").turns)
    assert not held.overlaps(asked("I have 3 apples.").turns), "the turns before a held-out prompt are not held out"


def test_a_later_turn_of_many_conversations_is_wording_and_one_of_few_is_a_question() -> None:
    others = [asked(f"What about number {number}?", "Why?") for number in range(4)]
    held = HeldOutPrompts([asked("What about snow?", "Why?"), asked("Hi.", "What is 2 + 2?")], others)
    assert not any(held.overlaps(sample.turns) for sample in others)
    assert held.overlaps(asked("What about snow?", "Why?").turns), "the same conversation"
    assert held.overlaps(asked("What is 2 + 2?").turns), "asked once, in whatever conversation"


def test_a_later_turn_with_another_reference_is_another_question() -> None:
    held = HeldOutPrompts([asked("I have 3 apples.", "And with 2 more?", answers=("5",))], [])
    other = asked("I have 4 apples.", "And with 2 more?").turns
    assert not held.overlaps(other, ("6",))
    assert held.overlaps(other, ("5",)) and held.overlaps(other), "the same reference, or none to tell them apart"
    assert held.overlaps(asked("And with 2 more?").turns, ("6",)), "as a question of its own"
    assert held.overlaps([*other, Message("assistant", "6."), Message("user", "Thanks.")], ("6",))


def test_examples_that_every_sample_of_a_task_shows_first_are_no_overlap() -> None:
    samples = [asked(PASSAGE, "What is 1 + 1?", f"What is {number} + 7?") for number in range(8)]
    held = HeldOutPrompts(samples[:3], samples[3:])
    assert not any(held.overlaps(sample.turns) for sample in samples[3:])
    assert held.overlaps(asked("What is 2 + 7?").turns)


def test_another_question_about_the_same_long_text_overlaps() -> None:
    held = held_out([PASSAGE + "Who bought the mill?"], [PASSAGE + "When was it sold?"])
    assert held.overlaps(asked(PASSAGE + "When was it sold?").turns)
    other = "A short question that shares nothing with the passage but some words like the mill."
    assert not held.overlaps(asked(other).turns)


def test_the_wording_of_a_task_is_no_overlap() -> None:
    prompts = [
        DEFINITION + f"Where does the {animal} live in winter?" for animal in ("fox", "owl", "bear", "wolf", "hare")
    ]
    held = held_out(prompts[:2], prompts[2:])
    assert not any(held.overlaps(asked(prompt).turns) for prompt in prompts[2:])
    assert held.overlaps(asked(prompts[0]).turns)


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 500), max_size=6),
    st.integers(0, 100),
    st.floats(0, 1),
)
def test_quotas_never_exceed_the_number_of_rows(counts: dict[str, int], cap: int, temperature: float) -> None:
    kept = quotas(counts, cap=cap, temperature=temperature)
    assert kept.keys() == counts.keys()
    for task, count in counts.items():
        assert 0 <= kept[task] <= (min(count, cap) if cap else count)
    if temperature == 1:
        assert kept == {task: min(count, cap) if cap else count for task, count in counts.items()}
    if any(counts.values()):
        assert any(kept.values()), "the smallest task keeps what it has"


def test_a_temperature_of_zero_makes_tasks_equal() -> None:
    assert quotas({"a": 100, "b": 10, "c": 0}, temperature=0) == {"a": 10, "b": 10, "c": 0}
    assert quotas({"a": 100, "b": 25}, temperature=0.5) == {"a": 50, "b": 25}
    assert quotas({"a": 100, "b": 25}, cap=40) == {"a": 40, "b": 25}


def row(task: str, number: int) -> tuple[str, str, tuple[Message, ...]]:
    messages = (
        Message("system", "s"),
        Message("user", f"{task} {number}?"),
        Message("assistant", f"{task} {number}!"),
    )
    return task, f"{task}{number}", messages


def test_examples_are_other_questions_of_the_task() -> None:
    rows = [row("a", i) for i in range(30)] + [row("b", i) for i in range(3)]
    made = list(few_shot_conversations(rows, 0.25))
    assert len(made) == round(33 / 3)
    sizes: Counter[int] = Counter()
    for name, (system, *turns) in made:
        assert name.startswith("a"), "three rows are too few to show three others"
        assert system.role == "system" and [t.role for t in turns] == ["user", "assistant"] * (len(turns) // 2)
        questions = [turn.content for turn in turns[::2]]
        assert len(set(questions)) == len(questions) and questions[-1] == f"a {name[1:]}?"
        sizes[len(questions) - 1] += 1
    assert set(sizes) == {3, 4, 5}
    assert made == list(few_shot_conversations(rows, 0.25))
    assert not list(few_shot_conversations(rows, 0.0))
    other = list(few_shot_conversations(rows, 0.25, seed=1))
    assert len(other) == len(made) and other != made


def test_rows_of_one_sample_are_never_examples_for_each_other() -> None:
    rows = [row("a", i % 6) for i in range(18)]
    for name, (_, *turns) in few_shot_conversations(rows, 0.5):
        assert f"a {name[1:]}?" not in [turn.content for turn in turns[:-2]]


def test_examples_have_different_questions_and_the_system_message_of_the_row() -> None:
    def make(number: int, system: str, *before: Message) -> tuple[str, str, tuple[Message, ...]]:
        task, name, (_, *turns) = row("a", number)
        return task, name, (Message("system", system), *before, *turns)

    twice = [("a", f"copy{i}", row("a", i)[2]) for i in range(8)]
    earlier = (Message("user", "Hello."), Message("assistant", "Good day."))
    rows = [make(i, "s") for i in range(8)] + twice
    rows += [make(i, "other") for i in range(10, 13)] + [make(i, "s", *earlier) for i in range(20, 30)]
    made = list(few_shot_conversations(rows, 0.6))
    assert len(made) == 16
    for _, (system, *turns) in made:
        questions = [turn.content for turn in turns[::2]]
        assert system.content == "s" and len(set(questions)) == len(questions) >= 4
        assert "Hello." not in questions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("First 3, then 4. Answer: 7", False),
        (f"{STEPS.student} So: 7", True),
        ("I use step_by_step here. Answer: 7", True),
        ("As instructed, I count up. Answer: 7", True),
        ("I was asked to think in steps. Answer: 7", True),
        ("According to the instructions, each line does one thing.", True),
        ("The provided answer is 7, so we work backwards.", True),
        ("The system prompt wants lines.", True),
        ("He asked Tom for 3 apples, as Tom told him to.", False),
        ("We are told that Tom has 3 apples.", False),
    ],
)
def test_mentions_of_instructions_are_leaks(text: str, expected: bool) -> None:
    assert leaks(text, STEPS) is expected


def test_words_of_the_question_are_no_leak() -> None:
    prompt = "The instructions say to add flour first. What comes first?"
    assert not leaks("The instructions say to add flour first. Answer: flour", STEPS, prompt)
    assert leaks("My instructions are to be brief. Answer: flour", STEPS, prompt)


def test_almost_the_same_question_is_a_duplicate_but_not_with_another_number() -> None:
    story = (
        "Tom had 12 apples in his old basket when he met his sister Anna at the market near the river, and gave her 5. "
    )
    duplicates = DuplicateFilter({})
    assert duplicates.is_new("sums", ("7",), story + "How many has he now?")
    assert not duplicates.is_new("sums", ("7",), story.replace("Tom had", "Tom  HAD") + "How many has he now!")
    assert not duplicates.is_new("sums", ("7",), "So: " + story + "How many has he now?")
    assert duplicates.is_new("sums", ("8",), story + "How many has he now?"), "another answer is another question"
    assert duplicates.is_new("sums", ("7",), story.replace("5", "6") + "How many has he now?")
    assert duplicates.is_new("other", ("7",), story + "How many has he now?")
    assert duplicates.is_new("sums", ("7",), "Anna has 12 pears and eats 5. How many are left?")


def test_the_same_short_prompt_is_a_duplicate_only_under_the_same_system_message() -> None:
    duplicates = DuplicateFilter({})
    assert duplicates.is_new("t", (), "Say hello.", "Answer in French.")
    assert duplicates.is_new("t", (), "Say hello.", "Answer in German.")
    assert not duplicates.is_new("t", (), "Say hello.", "Answer in German.")


def test_a_long_definition_does_not_make_questions_duplicates() -> None:
    prompts = [DEFINITION * 5 + f"Where does animal {chr(97 + i)} sleep?" for i in range(20)]
    duplicates = DuplicateFilter({"t": prompts})
    assert all(duplicates.is_new("t", ("yes",), prompt) for prompt in prompts)
    assert not any(duplicates.is_new("t", ("yes",), prompt) for prompt in prompts)


def test_duplicates_are_found_among_thousands_of_questions() -> None:
    rng = random.Random(1)
    vocabulary = [f"w{i}" for i in range(2000)]
    duplicates, kept = DuplicateFilter({}), 0
    prompts: list[str] = []
    for number in range(4000):
        again = bool(prompts) and number % 10 == 9
        text = rng.choice(prompts) if again else " ".join(rng.choices(vocabulary, k=60))
        prompts.append(text)
        kept += duplicates.is_new("t", ("yes",), DEFINITION + text)
    assert kept == 3600
