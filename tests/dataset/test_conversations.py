"""Conversations as training rows: what stays of their system message, what is trained on, and what is left out."""

from __future__ import annotations

from dataclasses import replace

from orca_local.dataset.review import preview
from orca_local.domain.types import Message, Sample
from orca_local.kinds.table import get_kind
from orca_local.rows.renderer import PromptRenderer
from orca_local.store.store import Store
from tests.conversations import OWN, SALE, TURNS
from tests.dataset.test_build import demonstrate, made, reasons
from tests.teach.scene import STEPS, fill, sample

ANSWER = "Four and three make seven.\nAnswer: 7"


def sale(**changes: object) -> Sample:
    return replace(SALE, task="sums", **changes)  # type: ignore[arg-type]


def test_the_strategy_is_erased_and_the_samples_own_message_stays(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sale(), sale(id="sale-2", messages=TURNS, prompt="And with two pears added?")])
    demonstrate(store, "sale-1", ANSWER)
    demonstrate(store, "sale-2", "Four and six make ten.\nAnswer: 10")
    dataset = made(store, renderer, system_message="Be good.")
    first, second = dataset.conversations
    assert first == (Message("system", OWN), *SALE.turns, Message("assistant", ANSWER))
    assert second[0] == Message("system", "Be good.") and second[1:3] == TURNS
    row = dataset.rows[0]
    assert renderer.tokenizer.decode_verbatim(row.token_ids[row.loss_start :]) == f"{ANSWER}<|im_end|>"
    text = renderer.tokenizer.decode(row.token_ids)
    for erased in ("Be good.", STEPS.student, STEPS.teacher, get_kind("number").format_line):
        assert erased not in text


def test_the_preview_is_the_row(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sale()])
    demonstrate(store, "sale-1", ANSWER)
    (answer,), (row,) = store.demonstrations.list(), made(store, renderer).rows
    seen = preview(renderer, store, answer, "Be good.")
    assert (seen.prompt_tokens, seen.trained_tokens) == (row.loss_start, row.loss_tokens)
    assert seen.trained == f"{ANSWER}<|im_end|>"
    assert OWN in seen.prompt and TURNS[1].content in seen.prompt and "Be good." not in seen.prompt


def test_a_held_out_question_in_an_earlier_turn_leaves_the_row_out(store: Store, renderer: PromptRenderer) -> None:
    held_out = sample(1, id="h1", split="holdout", prompt=TURNS[0].content.upper())
    fill(store, [sale(), sale(id="sale-2", messages=SALE.messages[:1]), held_out])
    demonstrate(store, "sale-1", ANSWER)
    demonstrate(store, "sale-2", ANSWER)
    dataset = made(store, renderer)
    assert [row.sample_id for row in dataset.rows] == ["sale-2"] and reasons(dataset) == {"holdout_overlap": 1}


def test_what_the_conversation_says_is_no_leak_and_no_other_turn(store: Store, renderer: PromptRenderer) -> None:
    own = Message("system", "You are the assistant of a cook. The instructions say what comes first.")
    said = "The instructions say to add flour first.\nAnswer: 7"
    fill(store, [sale(messages=(own, *TURNS)), sale(id="sale-2")])
    demonstrate(store, "sale-1", said)
    demonstrate(store, "sale-2", said)
    dataset = made(store, renderer)
    assert [row.sample_id for row in dataset.rows] == ["sale-1"] and reasons(dataset) == {"instruction_leak": 1}


def test_the_same_short_prompt_after_other_turns_is_another_question(store: Store, renderer: PromptRenderer) -> None:
    later = "And with one pear added?"
    first = [Message("user", "A plum costs 2 and a pear 3. What do two plums cost?"), TURNS[0]]
    first[1] = Message("user", "Two apples are in the basket, and each of them was paid with 2 francs. How much?")
    fill(store, [sale(id=f"sale-{n}", messages=(turn, TURNS[1]), prompt=later) for n, turn in enumerate(first)])
    for number in range(2):
        demonstrate(store, f"sale-{number}", f"{number}: seven.\nAnswer: 7")
    assert len(made(store, renderer).rows) == 2
    copy = (replace(first[0], content=first[0].content.upper()), replace(TURNS[1], content=f"{TURNS[1].content}!"))
    fill(store, [sale(id="sale-2", messages=copy, prompt=later)])
    demonstrate(store, "sale-2", "Again: seven.\nAnswer: 7")
    dataset = made(store, renderer)
    assert len(dataset.rows) == 2 and reasons(dataset) == {"near_duplicate": 1}


def test_a_conversation_longer_than_a_row_may_be_is_counted(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sale(messages=(Message("user", "word " * 300), TURNS[1]))])
    demonstrate(store, "sale-1", ANSWER)
    dataset = made(store, renderer, max_tokens=128)
    assert not dataset.rows and reasons(dataset) == {"too_long": 1}


def test_examples_are_training_rows_as_they_are_trained_on(store: Store, renderer: PromptRenderer) -> None:
    own = (Message("system", OWN),)
    held_out = [sample(20 + i, id=f"h{i}", split="holdout") for i in range(4)]
    fill(store, [*(sample(i, messages=own) for i in range(8)), sale(), *held_out])
    for number in range(8):
        demonstrate(store, f"s0{number}", f"<think>Hm.</think>{number} twice.\nAnswer: {2 * number}")
    demonstrate(store, "sale-1", ANSWER)
    dataset = made(store, renderer, few_shot=0.3)
    rows = [built for built in dataset.built if built.is_few_shot]
    assert len(rows) == 4
    for built in rows:
        system, *turns = built.conversation
        assert system == own[0] and len(turns) in (8, 10, 12)
        for asked, answered in zip(turns[::2], turns[1::2], strict=True):
            number = int(asked.content.split()[2])
            assert number < 8, "neither a held-out sample nor a conversation is shown"
            assert answered.content == f"{number} twice.\nAnswer: {2 * number}"
        trained = renderer.tokenizer.decode_verbatim(built.row.token_ids[built.row.loss_start :])
        assert trained == f"{turns[-1].content}<|im_end|>"
    assert [built.conversation for built in made(store, renderer, few_shot=0.3).built if built.is_few_shot] == [
        built.conversation for built in rows
    ]
