"""A conversation as a training row, with templates of every form: what is erased, what stays, what is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orca_local.domain.strategies import BUILTIN
from orca_local.domain.types import Message, Sample
from orca_local.gguf.template import ChatTemplate
from orca_local.kinds.prompts import plain_messages, student_messages, teacher_messages
from orca_local.kinds.table import get_kind
from orca_local.rows.renderer import PromptRenderer
from orca_local.rows.training_row import RefusedRow, make_row
from tests.conversations import OWN, SALE

_CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEMPLATES = {
    "system role": _CHATML,
    "empty thinking block": _CHATML.replace("assistant\n{% endif %}", "assistant\n<think>\n\n</think>\n\n{% endif %}"),
    "no system role": "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('none') }}{% endif %}"
    "<start>{{ 'model' if m['role'] == 'assistant' else 'user' }}\n{{ m['content'] }}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<start>model\n{% endif %}",
    "system message at the question": "{% for m in messages %}{% if m['role'] == 'user' %}[INST] {% if loop.last %}"
    "{{ messages[0]['content'] }} {% endif %}{{ m['content'] }}[/INST]{% elif m['role'] == 'assistant' %}"
    "{{ ' ' + m['content'] }}<|im_end|>{% endif %}{% endfor %}",
    "roles must alternate": "{% for m in messages if m['role'] != 'system' %}{% if (m['role'] == 'user') != "
    "(loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}{% endfor %}" + _CHATML,
}
ANSWER = "Four and three make seven.\nAnswer: 7"


@pytest.fixture(scope="module")
def whole(tiny_gguf: Path) -> Iterator[PromptRenderer]:
    renderer = PromptRenderer(tiny_gguf)
    yield renderer
    renderer.close()


@pytest.fixture(params=TEMPLATES)
def renderer(request: pytest.FixtureRequest, whole: PromptRenderer) -> Iterator[PromptRenderer]:
    other = object.__new__(PromptRenderer)
    other.tokenizer, other.template = whole.tokenizer, ChatTemplate(TEMPLATES[request.param])
    yield other
    other.template.close()


@pytest.mark.parametrize("messages", [SALE.messages, SALE.messages[:1], SALE.messages[1:], ()])
def test_erasing_leaves_the_sample_and_the_loss_covers_the_last_answer_alone(
    renderer: PromptRenderer, messages: tuple[Message, ...]
) -> None:
    sample = replace(SALE, messages=messages)
    general = "Be careful."
    erased = plain_messages(sample, general)
    row = renderer.training_ids((*erased, Message("assistant", ANSWER)))
    assert row.token_ids[: row.loss_start] == renderer.prompt_ids(erased)
    text = renderer.tokenizer.decode_verbatim
    asked, trained = text(row.token_ids[: row.loss_start]), text(row.token_ids[row.loss_start :])
    assert trained == f"{ANSWER}<|im_end|>" or trained == f" {ANSWER}<|im_end|>"
    shown = [message.content for message in sample.messages] + [sample.prompt]
    places = [asked.find(part) for part in shown if part != OWN]
    assert places == sorted(places) and -1 not in places, "the turns, in their order"
    assert (asked.count(OWN), asked.count(general)) == ((1, 0) if sample.system_message else (0, 1))
    added = [get_kind(sample.kind).format_line]
    added += [line for strategy in BUILTIN[:6] for line in (strategy.student, strategy.teacher)]
    assert not any(line in asked for line in added)


@pytest.mark.parametrize("strategy", BUILTIN, ids=lambda strategy: strategy.name)
def test_what_a_strategy_adds_stands_after_the_samples_own_system_message(
    renderer: PromptRenderer, strategy: object
) -> None:
    (found,) = [one for one in BUILTIN if one is strategy]
    for messages, added in (
        (student_messages(SALE, found), found.student),
        (teacher_messages(SALE, found), "" if found.name == "plain" else found.teacher),
    ):
        text = renderer.tokenizer.decode_verbatim(renderer.prompt_ids(messages))
        assert text.count(OWN) == 1 and f"{OWN}\n\n{added}".rstrip() in text


def test_a_conversation_that_is_too_long_is_refused_as_a_long_prompt_is(whole: PromptRenderer) -> None:
    long = replace(SALE, messages=(Message("user", "word " * 300), Message("assistant", "Yes.")))

    def row(sample: Sample) -> object:
        return make_row(whole, sample.id, (*plain_messages(sample, ""), Message("assistant", ANSWER)), 128)

    refused = row(long)
    assert isinstance(refused, RefusedRow) and refused.reason == "too_long" and "128" in refused.detail
    assert not isinstance(row(SALE), RefusedRow)
