"""Answers that say the question as a statement: what stands in the place of the question word, and what does not."""

from __future__ import annotations

import pytest

from orca_local.kinds.table import get_kind

CAPITAL = "What is the capital of Chile?"
WOOL = "Ada sold wool at the market, Ben sold honey.\nQuestion: Who sold wool?"
PLACE = "Where did the painter die?"
TIME = "When was the bridge built?"
OBJECT = "Which town did the army attack?"
SUBJECT = "Which organ filters blood, removes waste, and makes urine?"
CITY = "Which city is farther from the coast, Bern or Genoa?"
WATER = "Will the water be warmer or cooler after an hour?"

STATED = [
    (CAPITAL, "The capital of Chile is Santiago.", "Santiago"),
    (CAPITAL, "Santiago is the capital of Chile", "Santiago"),
    (CAPITAL, "It is **Santiago**, which lies in a valley.", "Santiago"),
    (CAPITAL, "It's Santiago", "Santiago"),
    (CAPITAL, "According to the passage, the capital of Chile is called Santiago.", "Santiago"),
    (CAPITAL, "Santiago", "Santiago"),
    (CAPITAL, "Santiago, Chile", "Santiago, Chile"),
    (WOOL, "Ada sold wool.", "Ada"),
    (WOOL, "It was Ada who sold wool.", "Ada"),
    (WOOL, "Wool was sold by Ada.", "Ada"),
    (WOOL, "It was sold by Ada.", "Ada"),
    (WOOL, "The person who sold wool is Ada.", "Ada"),
    (PLACE, "The painter died in Turin.", "Turin"),
    (PLACE, "He died on the island of Elba.", "the island of Elba"),
    (TIME, "The bridge was built in 1907.", "1907"),
    (TIME, "It was built in 1907 by Emil Kern.", "1907"),
    (TIME, "The bridge was built on May 3, 1907.", "May 3, 1907"),
    (OBJECT, "The army attacked Metz.", "Metz"),
    (OBJECT, "It attacked Metz.", "Metz"),
    (SUBJECT, "The organ that filters blood, removes waste, and makes urine is the kidney.", "the kidney"),
    (SUBJECT, "The kidney filters blood, removes waste, and makes urine.", "the kidney"),
    (CITY, "Bern is farther from the coast than Genoa.", "Bern"),
    (WATER, "The water will be cooler.", "cooler"),
    ("What is the name of the bay where many people swim?", "It is the Gulf Bay.", "the Gulf Bay"),
    ("All cells have a wall made of what?", "All cells have a wall made of lipids.", "lipids"),
    ("Fill the blank: The _ is old.", "The house is old.", "house"),
    ("Fill the blank: Jo sold the lamp because the _ is old.", "The lamp is old.", "lamp"),
    (
        "In most cases, what two parts form the shell?",
        "In most cases, the rib and the plate form the shell.",
        "rib and plate",
    ),
    ("Who did not sell wool?", "Ben did not sell wool.", "Ben"),
    ("About what percent of the fish died?", "About 40 percent of the fish died.", "40 percent"),
]
NOT_STATED = [
    (CAPITAL, "The capital of Chile is not Santiago.", "Santiago"),
    (CAPITAL, "The capital of Chile is Santiago or Lima", "Santiago"),
    (CAPITAL, "The capital of Chile is either Santiago or Lima", "Santiago"),
    (CAPITAL, "The capital of Chile might be Santiago", "Santiago"),
    (CAPITAL, "The capital of Chile was Santiago until 1990", "Santiago"),
    (CAPITAL, "I doubt that the capital of Chile is Santiago", "Santiago"),
    (CAPITAL, "The claim that the capital of Chile is Santiago is false", "Santiago"),
    (CAPITAL, "The capital of Peru is Santiago", "Santiago"),
    (CAPITAL, "The former capital of Chile is Santiago", "Santiago"),
    (CAPITAL, "The capital of Chile is near Santiago", "Santiago"),
    (CAPITAL, "Is the capital of Chile Santiago?", "Santiago"),
    (CAPITAL, "Santiago isn't the capital of Chile", "Santiago"),
    (CAPITAL, "It used to be Santiago", "Santiago"),
    (CAPITAL, "Santiago was named the capital", "Santiago was named the capital"),
    (CAPITAL, "It is not known whether it is Santiago", "Santiago"),
    (WOOL, "Ada did not sell wool", "Ada"),
    (WOOL, "Wool was sold to Ada", "Ada"),
    (WOOL, "Ben said Ada sold wool", "Ada"),
    (WOOL, "Nobody but Ada sold wool", "Ada"),
    (WOOL, "Ada's mother sold wool", "Ada"),
    (WOOL, "Ada or Ben sold wool", "Ada"),
    (WOOL, "Ada bought wool", "Ada"),
    (WOOL, "Ada almost sold wool", "Ada"),
    (WOOL, "Ada refused to say who sold wool", "Ada"),
    (PLACE, "He died near Turin", "Turin"),
    (PLACE, "The painter died far from Turin", "Turin"),
    (PLACE, "He was born in Turin", "Turin"),
    (TIME, "It was built before 1907", "1907"),
    (TIME, "It was built between 1900 and 1907", "1907"),
    (TIME, "The bridge was built around 1907", "1907"),
    (TIME, "It was planned in 1907", "1907"),
    (OBJECT, "Metz attacked the army", "Metz"),
    (OBJECT, "The army was attacked by Metz", "Metz"),
    (OBJECT, "The army attacked from Metz", "Metz"),
    (CITY, "Genoa is closer to the coast than Bern.", "Genoa"),
    (CITY, "Bern is not farther from the coast than Genoa", "Bern"),
    (WATER, "The water will not be warmer", "cooler"),
    ("Who was Tom's father?", "Tom was the father of Ed", "Ed"),
    ("Who succeeded Tom?", "Ed was succeeded by Tom", "Ed"),
]


@pytest.mark.parametrize(("prompt", "text", "answer"), STATED)
def test_a_restated_question_gives_its_answer(prompt: str, text: str, answer: str) -> None:
    kind = get_kind("span")
    assert kind.compare(kind.read_strict(f"Answer: {text}", prompt=prompt) or "", answer) == 1
    assert kind.compare(kind.read_lenient(text, prompt=prompt) or "", answer) == 1


@pytest.mark.parametrize("kind", ["span", "exact"])
@pytest.mark.parametrize(("prompt", "text", "answer"), NOT_STATED)
def test_a_near_miss_does_not_give_it_in_the_asked_form(kind: str, prompt: str, text: str, answer: str) -> None:
    strict = get_kind(kind).read_strict(f"Answer: {text}", prompt=prompt)
    assert strict is None or get_kind(kind).compare(strict, answer) < 1


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("Who is Ada?", "the person who sold wool"),
        ("Why did Ben smile?", "because Ada sold wool"),
        ("What did Ada sell?", "wool and honey"),
        ("Where is the mill?", "the old house near the mill"),
    ],
)
def test_a_phrase_with_words_of_the_question_stays_whole(prompt: str, text: str) -> None:
    assert get_kind("span").read_strict(f"Answer: {text}", prompt=prompt) == text


@pytest.mark.parametrize(
    ("text", "strict"),
    [
        ("There are 31 eggs left.", "31"),
        ("Thirty-one eggs are left.", "31"),
        ("More than 31 eggs are left", None),
        ("31 of the eggs are left", None),
        ("31 or 32 eggs are left", None),
        ("She used 31 eggs", None),
        ("No eggs are left", None),
        ("36 - 5 eggs are left", None),
    ],
)
def test_a_restated_question_gives_its_number(text: str, strict: str | None) -> None:
    prompt = "Sue has 3 boxes of 12 eggs. She uses some. How many eggs are left?"
    assert get_kind("number").read_strict(f"Answer: {text}", prompt=prompt) == strict


@pytest.mark.parametrize(
    ("prompt", "text", "phrase"),
    [
        ("Who painted the door?", "It was painted by Otto Lund and varnished in May.", "Otto Lund"),
        ("Who owns the ferry?", "The owner of the ferry is Ines Dahl, who lives on the island.", "Ines Dahl"),
        ("What is the harbour town?", "Its harbour town is Skadby, a place of 4,000 souls.", "Skadby"),
        ("Qui a peint la porte ?", "La porte a été peinte par Otto Lund.", "Otto Lund"),
    ],
)
def test_what_else_is_said_is_no_part_of_an_answer(prompt: str, text: str, phrase: str) -> None:
    assert get_kind("span").read_lenient(text, prompt=prompt) == phrase


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("It lasts 150 minutes, or 2 hours and 30 minutes.", "150"),
        ("Ann = 9\nBob = 2 × 9 = 18\n9 + 18 = 27 ✓", "9"),
        ("Ann and Bob are 27 together, and he is 2 times as old.", None),
    ],
)
def test_other_numbers_do_not_hide_the_one_that_is_asked_for(text: str, number: str | None) -> None:
    prompt = "Bob is 2 times as old as Ann. Together they are 27, after 2.5 hours in minutes. How old is Ann?"
    assert get_kind("number").read_lenient(text, prompt=prompt) == number
