from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.teaching import TeacherRequest
from orca_local.domain.types import Message
from orca_local.rows.renderer import PromptRenderer
from orca_local.teach.budget import Budget, most_prompt_tokens
from orca_local.teach.prices import Price, find_price

PRICE = Price(input=1.0, output=4.0)
REQUEST = TeacherRequest("e", "m", (Message("system", "Think."), Message("user", "What is 2 + 2? 🐋")), 100, 0.0)


def test_a_bound_is_above_what_a_tokenizer_counts(tiny_gguf: Path) -> None:
    renderer = PromptRenderer(tiny_gguf)
    for text in ("", "a", "🐋🐋🐋", "x" * 500, "Ünïcödé " * 20, "1234567890" * 30, "\n\t " * 40):
        messages = (Message("system", text), Message("user", text[::-1]))
        request = TeacherRequest("e", "m", messages, 1, 0.0)
        assert len(renderer.prompt_ids(messages)) <= most_prompt_tokens(request)
    renderer.close()


def test_a_call_is_paid_for_at_its_worst_and_settled_at_its_cost() -> None:
    budget = Budget(PRICE, max_usd=0.001, spent_usd=0.0001)
    worst = budget.worst(REQUEST)
    assert worst == (most_prompt_tokens(REQUEST) + 4 * 100) / 1e6
    assert budget.admits(worst) and not budget.admits(0.00091)
    budget.reserve(worst)
    assert budget.settle(REQUEST, worst, 20, 10) == pytest.approx(60e-6)
    assert (budget.usd, budget.calls) == (pytest.approx(0.00016), 1)
    budget.reserve(worst)
    assert budget.settle(REQUEST, worst, None, None) == worst, "without a count it is charged at its worst"
    budget.reserve(worst)
    budget.release(worst)
    assert budget.usd == pytest.approx(0.00016 + worst)
    assert budget.calls == 3


def test_an_endpoint_that_counts_more_than_any_tokenizer_makes_the_bound_grow() -> None:
    budget = Budget(PRICE, max_usd=1)
    worst = budget.worst(REQUEST)
    budget.reserve(worst)
    budget.settle(REQUEST, worst, 3 * most_prompt_tokens(REQUEST), 10)
    assert budget.worst(REQUEST) == pytest.approx((3 * most_prompt_tokens(REQUEST) + 400) / 1e6)
    budget.reserve(worst)
    budget.settle(REQUEST, worst, 1, 200)
    assert budget.worst(REQUEST) == pytest.approx((3 * most_prompt_tokens(REQUEST) + 800) / 1e6), "thinking counts too"


def test_calls_have_a_cap_of_their_own() -> None:
    budget = Budget(None, max_calls=3, calls=1)
    assert budget.admits(0, 2) and not budget.admits(0, 3)
    budget.reserve(0)
    budget.reserve(0)
    assert not budget.admits(0)
    assert "max_calls = 3" in budget.describe_cap()
    assert budget.known_usd is None


def test_prices_come_from_the_workspace_first(tmp_path: Path) -> None:
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
    ("content", "said"),
    [
        ("[[price]]\nmodel = 'm'\ninput = -1\noutput = 1", "input must be a price.*-1"),
        ("[[price]]\nmodel = 'm'\ninput = 1\noutput = 'x'", "output must be a price.*'x'"),
        ("[[price]]\nmodel = 'm'\ninput = true\noutput = 1", "input must be a price"),
        ("[[price]]\nmodel = 'm'\ninput = inf\noutput = 1", "input must be a price"),
        ("[[price]]\ninput = 1\noutput = 1", "model must be a text"),
        ("[[price]]\nmodel = 'm'\ninptu = 1", "unknown key 'inptu'"),
        ("[prices]\nm = 1", "something other"),
        ("price = 3", "something other"),
        ("price = [3]", "is not a table"),
        ("[[", "not valid TOML"),
    ],
)
def test_a_bad_price_is_named(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "prices.toml").write_text(content)
    with pytest.raises(InputError, match=said) as raised:
        find_price("https://x/v1", "m", tmp_path)
    assert "prices.toml" in raised.value.message
