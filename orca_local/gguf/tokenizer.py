"""Converts text to token ids and back, with llama.cpp's tokenizer. The program has no other."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.text import valid_unicode
from orca_local.gguf.header import read_header
from orca_local.gguf.llama import last_error, library, uninterrupted
from orca_local.gguf.load_trial import require_loads
from orca_local.system.deep_stack import call_with_stack

_ORDINARY_STACK = 4096
"""Bytes of text that any thread's stack has room for."""
_STACK_PER_BYTE = 1024
"""Bytes of stack for each byte of text; 300 to 500 were measured.

For many vocabularies llama.cpp splits a text with `std::regex`, which recurses once for every character of a word, a
number or white space. Without room for it, the process ends.
"""


class Vocabulary:
    """The tokens of a model that llama.cpp has loaded."""

    def __init__(self, llama: Any, vocab: Any) -> None:
        """`llama` is the `llama_cpp` module, `vocab` a pointer to llama.cpp's vocabulary."""
        self._llama, self._vocab = llama, vocab
        self._pieces: dict[int, bytes] = {}

    @cached_property
    def size(self) -> int:
        """Number of tokens."""
        return int(self._llama.llama_vocab_n_tokens(self._vocab))

    def piece(self, token: int) -> bytes:
        """The bytes of one token; empty for control tokens. Raises `ValueError` for a token that does not exist."""
        piece = self._pieces.get(token)
        if piece is None:
            self._check(token)
            room = 64
            while True:
                buffer = ctypes.create_string_buffer(room)
                count = self._llama.llama_token_to_piece(self._vocab, token, buffer, room, 0, False)
                if count >= 0:
                    break
                room = -count
            piece = self._pieces[token] = buffer.raw[:count]
        return piece

    @cached_property
    def longest_piece(self) -> int:
        """Length of the longest token, in bytes: no text has fewer tokens than its bytes divided by this."""
        return max(len(self.piece(token)) for token in range(self.size))

    def is_end(self, token: int) -> bool:
        """Whether generating ends at this token: it ends a turn or a text."""
        return bool(self._llama.llama_vocab_is_eog(self._vocab, token))

    def _check(self, token: int) -> None:
        if not 0 <= token < self.size:
            # llama.cpp would crash.
            raise ValueError(f"no token {token} in a vocabulary of {self.size}")


class Tokenizer(Vocabulary):
    """The vocabulary of a GGUF file, loaded without the weights. Raises `InputError` if there is none."""

    def __init__(self, path: Path) -> None:
        require_loads(read_header(path), "vocabulary")
        llama = library()
        parameters = llama.llama_model_default_params()
        parameters.vocab_only = True
        with uninterrupted():
            self._model = llama.llama_model_load_from_file(os.fsencode(path), parameters)
        if not self._model:
            raise InputError(
                f"llama.cpp cannot read the vocabulary of {path}: {last_error()}",
                hint=f"see `orca-local models inspect {path}`",
            )
        super().__init__(llama, llama.llama_model_get_vocab(self._model))
        if self._llama.llama_vocab_type(self._vocab) == self._llama.LLAMA_VOCAB_TYPE_NONE:
            # With the first text, llama.cpp would abort the process.
            self.close()
            raise InputError(f"{path} has no tokenizer", hint="use the GGUF of a whole model")

    def close(self) -> None:
        """Free the vocabulary. Safe to call twice."""
        if self._model:
            self._llama.llama_model_free(self._model)
            # Using the freed vocabulary now raises an exception instead of crashing.
            self._model = self._vocab = self._llama = None

    @property
    def bos(self) -> int | None:
        """The token that starts a text; None if the model has none."""
        token = int(self._llama.llama_vocab_bos(self._vocab))
        return token if token >= 0 else None

    @property
    def eos(self) -> int | None:
        """The end-of-text token of the metadata, or None. It may differ from the token that ends a turn."""
        token = int(self._llama.llama_vocab_eos(self._vocab))
        return token if token >= 0 else None

    @property
    def adds_bos(self) -> bool:
        """Whether a prompt starts with `bos`."""
        return bool(self._llama.llama_vocab_get_add_bos(self._vocab))

    def encode(self, text: str, *, special: bool = True) -> list[int]:
        """Token ids of `text`, without adding any. `special`: whether the name of a control token means that token.

        Raises `InputError` if the text is too long for the memory.
        """
        raw = valid_unicode(text).encode()
        if len(raw) <= _ORDINARY_STACK:
            return self._encode(raw, special)
        try:
            return call_with_stack(_STACK_PER_BYTE * len(raw), lambda: self._encode(raw, special))
        except MemoryError as error:
            raise InputError(f"a text of {len(raw):,} bytes is too long", hint="shorten it, or split it") from error

    def _encode(self, raw: bytes, special: bool) -> list[int]:
        room = len(raw) + 2
        while True:
            buffer = (ctypes.c_int32 * room)()
            count = self._llama.llama_tokenize(self._vocab, raw, len(raw), buffer, room, False, special)
            if count >= 0:
                return list(buffer[:count])
            room = -count

    def decode(self, ids: Sequence[int]) -> str:
        """Text of `ids` without control tokens; incomplete characters are replaced."""
        return b"".join(map(self.piece, ids)).decode("utf-8", errors="replace")

    def decode_verbatim(self, ids: Sequence[int]) -> str:
        """Text of `ids` with the names of control tokens."""
        parts = (self.piece(token) or self.token_text(token).encode() for token in ids)
        return b"".join(parts).decode("utf-8", errors="replace")

    def token_text(self, token: int) -> str:
        """The name of a token in the vocabulary, also of a control token."""
        self._check(token)
        return str(self._llama.llama_vocab_get_text(self._vocab, token).decode("utf-8", errors="replace"))

    @cached_property
    def control_texts(self) -> frozenset[str]:
        """Names that `encode` reads as control tokens if `special` is true."""
        llama = self._llama
        control = llama.LLAMA_TOKEN_ATTR_CONTROL | llama.LLAMA_TOKEN_ATTR_UNKNOWN
        attributes = (llama.llama_vocab_get_attr(self._vocab, token) for token in range(self.size))
        return frozenset(self.token_text(token) for token, has in enumerate(attributes) if has & control) - {""}
