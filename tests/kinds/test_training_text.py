"""What of a teacher's answer is trained on: never thoughts, control tokens or turns that the model invented."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.domain.types import Sample
from orca_local.kinds.reading.reasoning import MARKS
from orca_local.kinds.training_text import MAX_CHARACTERS, TrainingText, training_text

END = "2 and 2 make 4.\nAnswer: 4"


def sample(kind: str = "number", prompt: str = "What is 2 + 2?", *answers: str) -> Sample:
    return Sample("s", "t", kind, prompt, answers or (("4",) if kind == "number" else ()), "train")


def part(text: str, **changes: Any) -> TrainingText:
    return training_text(text, sample(**changes))


@pytest.mark.parametrize("text", [END, f"\n{END}\n\n", "**4**", "a < b > c | d", "f <| x |> g", "[1] and </b>"])
def test_an_ordinary_answer_stays_as_it_is(text: str) -> None:
    assert part(text) == TrainingText(text.strip())


@pytest.mark.parametrize(("start", "end"), MARKS)
def test_thoughts_before_the_answer_are_cut_off(start: str, end: str) -> None:
    for text in (f"{start}\nLet me see: 5?{end}\n\n{END}", f"{start}{end}{END}", f"\n{start.upper()}5?\n{end}{END}"):
        assert part(text) == TrainingText(END, ("thoughts",))
    if end != "<|end|>":
        assert part(f"Let me see: 5?\n{end}\n{END}") == TrainingText(END, ("thoughts",)), "the template opened them"
    for text in (f"{start}So it is 4.\n{END}", f"{END}\n{start}But wait"):
        assert part(text).reason == "thoughts", "nobody knows where they end"


@pytest.mark.parametrize(
    "text",
    [
        f"<think>a<think>b</think>c</think>{END}",
        f"<think>a</think>\n<think>b</think>\n{END}",
        f"analysisWe add 2 and 2.assistantfinal{END}",
        f"<|channel|>analysis<|message|>We add.<|end|><|start|>assistant<|channel|>final<|message|>{END}",
    ],
)
def test_thoughts_in_several_pieces_are_cut_off(text: str) -> None:
    assert part(text) == TrainingText(END, ("thoughts",))


@pytest.mark.parametrize(
    "text",
    [
        "<think>4",
        "<think>4</think>",
        "4</think>\n",
        f"<think >a</think >{END}",
        f"<cot>a</cot>{END}",
        f"&lt;think&gt;a&lt;/think&gt;{END}",
        f'<details type="reasoning" done="true">a</details>\n{END}',
        f"```thinking\na\n```\n{END}",
        f"Thinking...\na\n...done thinking.\n\n{END}",
        f"<antThinking>a</antThinking>{END}",
        f"<deep_thought mode='x'>a</deep_thought>{END}",
        f"<mm:think>a</mm:think>{END}",
        f"a\n[/thinking]\n{END}",
        f"analysisWe add 2 and 2. {END}",
        f"The mark `<think>` begins a thought.\n{END}",
        f"```\n<think>\n```\n{END}",
    ],
)
def test_where_thoughts_end_nowhere_or_are_of_an_unknown_form_the_answer_is_left_out(text: str) -> None:
    found = part(text)
    assert found.reason == "thoughts" and found.detail


def test_a_question_about_marks_may_have_an_answer_with_them() -> None:
    prompt = "Write the tag </think> behind the word 4."
    assert part(f"4</think>\n{END}", prompt=prompt).reason == "thoughts"
    asked = "Think between <think> and </think>, then answer: 2 + 2?"
    assert part(f"<think>5?</think>{END}", prompt=asked) == TrainingText(END, ("thoughts",))


TOKENS = (
    *("<|im_end|>", "<|eot_id|>", "<|endoftext|>", "<|end|>", "<|end_of_text|>", "<|return|>", "<|eom_id|>", "</s>"),
    *("<turn|>", "[e~["),
    *("<end_of_turn>", "<eos>", "<｜end▁of▁sentence｜>", "<|END_OF_TURN_TOKEN|>", "<|EOT|>"),
    *("<|im_start|>", "<|start_header_id|>", "<start_of_turn>", "[INST]", "[/INST]", "<|user|>", "<｜User｜>"),
)


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("after", ["", "\n", "<|im_start|>user\nAnd 3 + 3?", "\nuser\nAnd 3 + 3?\nAnswer: 6"])
def test_what_follows_a_token_that_ends_the_turn_is_cut_off(token: str, after: str) -> None:
    assert part(f"{END}{token}{after}") == TrainingText(END, ("run_on",))


@pytest.mark.parametrize(
    "head",
    [
        *("<|im_start|>assistant\n", "<|start_header_id|>assistant<|end_header_id|>\n\n", "<start_of_turn>model\n"),
        *("<s>", "<s>[INST]", "<|begin_of_text|>", "<bos>", "[/INST] ", "<|assistant|>\n", "<｜Assistant｜>"),
        *("Assistant: ", "### Assistant:\n", "**Assistant:** "),
    ],
)
def test_the_header_of_the_own_turn_is_cut_off(head: str) -> None:
    assert part(head + END) == TrainingText(END)
    assert part(f"{head}{END}<|im_end|>") == TrainingText(END, ("run_on",))


@pytest.mark.parametrize(
    "text",
    [
        f"<|im_start|>user\nWhat?<|im_end|>{END}",
        f"<|im_end|>{END}",
        f"Some <unk> words.\n{END}",
        f"<|turn>user\nWhat?<turn|>{END}",
        f"<|channel>{END}",
        f"<0x0A>{END}",
        f"<|fim_middle|>{END}",
        f"<|reserved_special_token_7|>{END}",
        f"<tool_call>{{}}</tool_call>{END}",
        f"[TOOL_CALLS] {END}",
        f"<unused7>{END}",
        f"The token `<|im_end|>` ends a turn.\n{END}",
        f'ChatML writes "<|im_end|>".\n{END}',
        f"```\n<|im_end|>\n```\n{END}",
    ],
)
def test_where_it_is_not_clear_what_a_control_token_means_the_answer_is_left_out(text: str) -> None:
    found = part(text)
    assert found.reason == "control_token" and found.detail


def test_struck_text_in_html_is_no_control_token() -> None:
    assert part(f"It is not <s>5</s> but 4.\n{END}") == TrainingText(f"It is not <s>5</s> but 4.\n{END}")


@pytest.mark.parametrize(
    "turn",
    [
        *("\nUser: And 3 + 3?", "\n\nHuman: thanks\nAssistant: You are welcome.", "\n### User:\nAnd?"),
        *("\n**User:** And?", "\n\nQuestion: What is 3 + 3?\nAnswer: 6", "\n### Instruction:\nAdd 3."),
    ],
)
def test_a_turn_that_the_model_invented_after_its_answer_is_cut_off(turn: str) -> None:
    assert part(END + turn) == TrainingText(END, ("run_on",))


def test_without_a_reference_nobody_knows_whether_a_turn_was_invented() -> None:
    text = "Here it is.\nUser: And now?"
    assert part(text, kind="free", prompt="Greet me.").reason == "run_on"
    assert part(text, kind="free", prompt="Write a talk between a user and a bot.") == TrainingText(text)
    exchange = "A poem.\nQuestion: who?\nAnswer: me"
    assert part(exchange, kind="free", prompt="Write a poem.").reason == "run_on"


def test_the_roles_of_a_dialogue_belong_to_the_answer() -> None:
    dialogue = "User: hi there\nAssistant: hello to you"
    continued = sample("text", "Write down the dialogue of user and assistant.", dialogue)
    assert training_text(dialogue, continued) == TrainingText(dialogue)
    summary = sample("text", "Sum it up.", "The whale sang all night long.")
    own = "Answer:\nThe whale sang all night long."
    assert training_text(f"{own}\nUser: thanks\nAssistant: welcome", summary) == TrainingText(own, ("run_on",))


def test_a_damaged_text_and_a_text_without_measure_are_left_out() -> None:
    for character in ("\ufffd", "\0", "\x1b[31m", "\x7f"):
        assert part(f"4 {character}\n{END}").reason == "damaged_text"
    assert part(f"4 \ufffd\n{END}", prompt="What is \ufffd?") == TrainingText(f"4 \ufffd\n{END}")
    assert part("x" * (MAX_CHARACTERS + 1)).reason == "too_long"


PIECES = st.sampled_from(
    [mark for pair in MARKS for mark in pair] + [*TOKENS, END, "a", "\n", " ", "user", "User:", "`"]
)


@given(st.lists(PIECES).map("".join))
def test_what_is_trained_on_holds_no_mark_and_no_token(text: str) -> None:
    found = part(text)
    assert found.text == found.text.strip()
    if not found.reason:
        lowered = found.text.casefold()
        assert not [mark for pair in MARKS for mark in pair if mark.casefold() in lowered]
        assert not [token for token in TOKENS if token in found.text and token != "</s>"]
        assert training_text(found.text, sample()).text == found.text
