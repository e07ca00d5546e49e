from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.teacher_request import TeacherRequest
from orca_local.domain.types import Message
from orca_local.rows.renderer import PromptRenderer
from orca_local.teach.budget import Budget
from orca_local.teach.prices import Price, find_price
from orca_local.teach.usage import max_prompt_tokens

PRICE = Price(input=1.0, output=4.0)
REQUEST = TeacherRequest("e", "m", (Message("system", "Think."), Message("user", "What is 2 + 2? 🐋")), 100, 0.0)


def test_the_bound_of_prompt_tokens_is_above_the_tokenizer_count(tiny_gguf: Path) -> None:
    renderer = PromptRenderer(tiny_gguf)
    for text in ("", "a", "🐋🐋🐋", "x" * 500, "Ünïcödé " * 20, "1234567890" * 30, "\n\t " * 40):
        messages = (Message("system", text), Message("user", text[::-1]))
        request = TeacherRequest("e", "m", messages, 1, 0.0)
        assert len(renderer.prompt_ids(messages)) <= max_prompt_tokens(request)
    renderer.close()


def test_the_maximum_cost_is_reserved_and_replaced_by_the_actual_cost() -> None:
    budget = Budget(PRICE, max_usd=0.001, spent_usd=0.0001)
    worst = budget.max_cost(REQUEST)
    assert worst == (max_prompt_tokens(REQUEST) + 4 * 100) / 1e6
    assert budget.allows(worst) and not budget.allows(0.00091)
    budget.reserve(worst)
    assert budget.settle(REQUEST, worst, 20, 10) == pytest.approx(60e-6)
    assert budget.committed_usd == pytest.approx(0.00016) and budget.calls == 1
    budget.reserve(worst)
    assert budget.settle(REQUEST, worst, None, None) == worst, "without a count it is charged at its worst"
    budget.reserve(worst)
    budget.release(worst)
    assert budget.committed_usd == pytest.approx(0.00016 + worst)
    assert budget.calls == 3


def test_the_bound_grows_if_the_endpoint_counts_more_tokens() -> None:
    budget = Budget(PRICE, max_usd=1)
    worst = budget.max_cost(REQUEST)
    budget.reserve(worst)
    budget.settle(REQUEST, worst, 3 * max_prompt_tokens(REQUEST), 10)
    assert budget.max_cost(REQUEST) == pytest.approx((3 * max_prompt_tokens(REQUEST) + 400) / 1e6)
    budget.reserve(worst)
    budget.settle(REQUEST, worst, 1, 200)
    assert budget.max_cost(REQUEST) == pytest.approx((3 * max_prompt_tokens(REQUEST) + 800) / 1e6), (
        "thinking counts too"
    )


def test_the_number_of_calls_has_a_limit() -> None:
    budget = Budget(None, max_calls=3, calls=1)
    assert budget.allows(0, 2) and not budget.allows(0, 3)
    budget.reserve(0)
    budget.reserve(0)
    assert not budget.allows(0)
    assert "max_calls = 3" in budget.describe_limit()
    assert budget.reported_usd is None


def test_prices_of_the_workspace_take_precedence(tmp_path: Path) -> None:
    openai = "https://api.openai.com/v1"
    assert find_price(openai, "gpt-4o-mini", tmp_path) == Price(0.15, 0.6, "prices.toml, 2026-06-21")
    assert find_price(openai, "unheard-of", tmp_path) is None
    assert find_price("https://other.example/v1", "gpt-4o-mini", tmp_path) is None
    assert find_price("http://127.0.0.1:8080/v1", "mine", tmp_path) == Price(0, 0, "on this machine")
    assert find_price("starter", "worked-solutions", tmp_path) == Price(0, 0, "on this machine")
    (tmp_path / "prices.toml").write_text(
        '[[price]]\nmodel = "mine"\ninput = 2\noutput = 3.5\n'
        f'[[price]]\nmodel = "gpt-4o-mini"\nendpoint = "{openai}/"\ninput = 1\noutput = 1\n'
    )
    own = find_price("http://127.0.0.1:8080/v1", "mine", tmp_path)
    assert own is not None and (own.input, own.output) == (2, 3.5)
    changed = find_price(openai, "gpt-4o-mini", tmp_path)
    assert changed is not None and changed.input == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[price]]\nmodel = 'm'\ninput = -1\noutput = 1", "input must be a price.*-1"),
        ("[[price]]\nmodel = 'm'\ninput = 1\noutput = 'x'", "output must be a price.*'x'"),
        ("[[price]]\nmodel = 'm'\ninput = true\noutput = 1", "input must be a price"),
        ("[[price]]\nmodel = 'm'\ninput = inf\noutput = 1", "input must be a price"),
        ("[[price]]\ninput = 1\noutput = 1", "model must be a text"),
        ("[[price]]\nmodel = 'm'\ninptu = 1", "unknown key 'inptu'"),
        ("[prices]\nm = 1", r"only \[\[price\]\] tables"),
        ("price = 3", r"only \[\[price\]\] tables"),
        ("price = [3]", "is not a table"),
        ("[[", "not valid TOML"),
    ],
)
def test_an_invalid_price_is_an_error_that_names_it(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "prices.toml").write_text(content)
    with pytest.raises(InputError, match=message) as raised:
        find_price("https://x/v1", "m", tmp_path)
    assert "prices.toml" in raised.value.message
