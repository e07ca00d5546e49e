from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.types import Message
from orca_local.gguf.answer_text import RowError
from orca_local.gguf.template import ChatTemplate
from orca_local.rows.renderer import PromptRenderer

CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
THINKING = CHATML.replace("{{ '<|im_start|>assistant\n' }}", "{{ '<|im_start|>assistant\n<think>\n\n</think>\n\n' }}")


@pytest.fixture(scope="module")
def renderer(student_gguf: Path) -> Iterator[PromptRenderer]:
    renderer = PromptRenderer(student_gguf)
    yield renderer
    renderer.close()


def conversation(answer: str = "It is 7.\nAnswer: 7", system: str = "Be brief.") -> list[Message]:
    return [Message("system", system), Message("user", "What is 3 + 4?"), Message("assistant", answer)]


def test_training_ids_start_with_the_very_ids_of_the_prompt(renderer: PromptRenderer) -> None:
    """Trap 2: the trained prompt and the prompt at inference are the same tokens."""
    messages = conversation()
    row = renderer.training_ids(messages)
    prompt = renderer.prompt_ids(messages[:-1])
    assert row.token_ids[: row.loss_start] == prompt


def test_the_loss_covers_the_answer_and_the_turn_end_and_nothing_else(renderer: PromptRenderer) -> None:
    """Trap 7: the token that ends a turn is trained, whatever the metadata calls the end of text."""
    row = renderer.training_ids(conversation())
    learned = row.token_ids[row.loss_start :]
    assert renderer.tokenizer.decode(learned[:-1]) == "It is 7.\nAnswer: 7"
    assert renderer.tokenizer.token_text(learned[-1]) == "<|im_end|>"
    assert renderer.tokenizer.is_end(learned[-1])


def test_an_empty_system_message_is_rendered_as_empty(renderer: PromptRenderer) -> None:
    with_empty = renderer.tokenizer.decode(renderer.prompt_ids([Message("system", ""), Message("user", "Hi")]))
    without = renderer.tokenizer.decode(renderer.prompt_ids([Message("user", "Hi")]))
    assert "SmolLM" not in with_empty
    assert "SmolLM" in without, "the template's own system message is what an empty one must keep out"


def test_a_blank_line_and_unusual_text_survive_the_tokenizer(renderer: PromptRenderer) -> None:
    for text in ("a\n\nb", "  indented", "naïve café 12,345 €", "日本語 🙂", "tab\tend "):
        assert renderer.tokenizer.decode(renderer.tokenizer.encode(text)) == text


def test_the_date_in_a_template_stands_still() -> None:
    """Trap 3: a prompt with the date changes every day, and no cached answer matches."""
    template = ChatTemplate("{{ strftime_now('%d %B %Y') }}{{ messages[0]['content'] }}")
    assert template.render([Message("user", "x")], add_generation_prompt=True) == "26 July 2024x"


def test_a_template_without_a_system_role_gets_the_text_in_front_of_the_question() -> None:
    text = (
        "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
        "[{{ m['role'] }}]{{ m['content'] }}{% endfor %}"
    )
    rendered = ChatTemplate(text).render([Message("system", "S"), Message("user", "U")], add_generation_prompt=True)
    assert rendered == "[user]S\n\nU"


def test_an_empty_system_text_is_not_folded_into_the_question() -> None:
    text = "{% for m in messages %}{% if m['role'] == 'user' %}{{ m['content'] }}{% endif %}{% endfor %}"
    rendered = ChatTemplate(text).render([Message("system", ""), Message("user", "U")], add_generation_prompt=True)
    assert rendered == "U"


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ messages.append(1) }}",
        "{{ cycler.__init__.__globals__.os.system('true') }}",
        "{% for i in range(9) %}",
    ],
)
def test_a_template_that_reaches_for_more_is_refused(attack: str) -> None:
    with pytest.raises(InputError, match="template"):
        ChatTemplate(attack).render([Message("user", "x")], add_generation_prompt=True)


def test_a_template_with_a_thinking_block_is_trained_after_the_block(renderer: PromptRenderer) -> None:
    """Trap 2: here the generation prompt is not a prefix of the rendered conversation, but must be one of the row."""
    thinking = _with_template(renderer, THINKING)
    row = thinking.training_ids(conversation())
    assert row.token_ids[: row.loss_start] == thinking.prompt_ids(conversation()[:-1])
    assert renderer.tokenizer.decode(row.token_ids[row.loss_start : -1]) == "It is 7.\nAnswer: 7"


def test_a_template_that_shows_the_system_message_only_while_it_asks_can_be_trained(renderer: PromptRenderer) -> None:
    """As Mistral 7B v0.3: the row has the prompt that is asked, with the text that the template puts before answers."""
    text = (
        "{% for m in messages %}{% if m['role'] == 'user' %}[INST] {% if loop.last %}{{ messages[0]['content'] }} "
        "{% endif %}{{ m['content'] }}[/INST]{% elif m['role'] == 'assistant' %}{{ ' ' + m['content'] }}<|im_end|>"
        "{% endif %}{% endfor %}"
    )
    row = _with_template(renderer, text).training_ids(conversation())
    assert renderer.tokenizer.decode_verbatim(row.token_ids) == (
        "[INST] Be brief. What is 3 + 4?[/INST] It is 7.\nAnswer: 7<|im_end|>"
    )


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (CHATML.replace("message['content']", "message['content'] | upper"), "template"),
        ("{% for m in messages %}{{ m['role'] }}{% endfor %}", "template"),
        ("{% for m in messages %}{{ m['content'] }}{% endfor %}", "template"),
    ],
)
def test_a_template_that_cannot_be_masked_refuses_the_row(renderer: PromptRenderer, template: str, reason: str) -> None:
    with pytest.raises(RowError) as refused:
        _with_template(renderer, template).training_ids(conversation())
    assert refused.value.reason == reason


def test_an_empty_answer_is_refused(renderer: PromptRenderer) -> None:
    with pytest.raises(RowError) as refused:
        renderer.training_ids(conversation("  \n"))
    assert refused.value.reason == "empty"


def _with_template(renderer: PromptRenderer, text: str) -> PromptRenderer:
    other = object.__new__(PromptRenderer)
    other.tokenizer = renderer.tokenizer
    other.template = ChatTemplate(text)
    return other
