"""Texts of any form become tokens: the process survives them."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError
from orca_local.gguf.tokenizer import Tokenizer
from orca_local.system.deep_stack import call_with_stack
from tests.tiny import write_tiny_gguf

LENGTH = 40_000
"""Characters of one word. 30,000 digits ended the process with a stack of 8 MB."""


@pytest.mark.parametrize("splitting, characters", [("default", "1!"), ("deepseek-coder", "a漢")])
def test_a_very_long_word_does_not_end_the_process(tmp_path: Path, splitting: str, characters: str) -> None:
    with closing(Tokenizer(write_tiny_gguf(tmp_path / "tiny.gguf", splitting=splitting))) as tokenizer:
        for text in (character * LENGTH for character in characters):
            assert tokenizer.decode(tokenizer.encode(text)) == text


def test_a_text_is_split_alike_with_a_larger_stack(tiny_gguf: Path) -> None:
    words = "Tom has 3 apples and buys 4.\n" * 300
    with closing(Tokenizer(tiny_gguf)) as tokenizer:
        assert tokenizer.encode(words) == [token for line in words.splitlines(True) for token in tokenizer.encode(line)]


def test_no_token_is_longer_than_the_longest_piece(tiny_gguf: Path) -> None:
    with closing(Tokenizer(tiny_gguf)) as tokenizer:
        text = "internationalization " * 50
        assert len(tokenizer.encode(text)) >= len(text) / tokenizer.longest_piece
        assert any(len(tokenizer.piece(token)) == tokenizer.longest_piece for token in range(tokenizer.size))


def test_a_stack_that_the_system_refuses_is_an_error(tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orca_local.gguf.tokenizer._STACK_PER_BYTE", 2**40)
    with closing(Tokenizer(tiny_gguf)) as tokenizer, pytest.raises(InputError, match="5,000 bytes is too long"):
        tokenizer.encode("x" * 5000)


def test_a_deep_call_returns_its_value_or_its_error_and_changes_no_other_thread() -> None:
    def depth(left: int) -> int:
        return 0 if left == 0 else 1 + depth(left - 1)

    before = threading.stack_size()
    assert call_with_stack(1 << 26, lambda: depth(500)) == 500
    with pytest.raises(ZeroDivisionError):
        call_with_stack(1, lambda: 1 // 0)
    assert threading.stack_size() == before
