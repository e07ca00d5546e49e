"""Answers that reveal an instruction."""

from __future__ import annotations

import pytest

from orca_local.domain.erasure import leaks
from orca_local.domain.settings import DEFAULT_SYSTEM_MESSAGE
from orca_local.domain.strategies import BUILTIN, Strategy

PLAIN = BUILTIN[-1]
OWN_WAY = Strategy("own_way", "", "Explain.", asks_form=False)


@pytest.mark.parametrize("strategy", [PLAIN, OWN_WAY])
@pytest.mark.parametrize("text", ["", "7", "Answer: 7", "3 + 4 = 7, so it is a plain 7.\nAnswer: 7"])
def test_a_strategy_without_an_instruction_has_nothing_to_reveal(strategy: Strategy, text: str) -> None:
    assert not leaks(text, strategy)


def test_what_every_answer_may_not_mention_is_still_looked_for() -> None:
    assert leaks("As instructed, 3 + 4 = 7.", PLAIN)
    assert leaks(f"{DEFAULT_SYSTEM_MESSAGE} So 7.", PLAIN), "the teacher repeats its system message"
    assert leaks("By own_way: 7", OWN_WAY)
