"""Chat templates that the user gives to a model: those with a name here, or a file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.input_file import load_text
from orca_local.gguf.header import CHAT_TEMPLATE, Header
from orca_local.gguf.lists import LENGTH
from orca_local.gguf.writer import encode_pair

GIVE_TEMPLATE = 'set student.chat_template in orca.toml to "chatml", "llama3", or a file with a Jinja chat template'
"""What to do for a model without a template."""


def _turns(start: str, after_role: str, end: str) -> str:
    """A template that writes each turn as its role between two texts, then its content and `end`."""
    return (
        f"{{% for message in messages %}}{{{{ '{start}' + message['role'] + '{after_role}' + message['content'] "
        f"+ '{end}' }}}}{{% endfor %}}"
        f"{{% if add_generation_prompt %}}{{{{ '{start}assistant{after_role}' }}}}{{% endif %}}"
    )


GIVEN_SHA256 = "orca_local.chat_template_sha256"
"""Metadata key of files that got a template: its SHA-256."""
_TOKENS = "tokenizer.ggml.tokens"
_END = "%END%"
_NAMED: Mapping[str, tuple[str, str]] = {
    "chatml": ("<|im_end|>", _turns("<|im_start|>", "\\n", f"{_END}\\n")),
    "llama3": ("<|eot_id|>", _turns("<|start_header_id|>", "<|end_header_id|>\\n\\n", _END)),
}
"""The token that ends a turn, and the template with `_END` in its place."""


def used_template(setting: str, directory: Path, header: Header) -> str:
    """The template that a model gets from `student.chat_template`, or its own if that is not its default.

    Empty if its default is used. The setting goes before what the file has. Errors: see `given_template`.
    """
    if setting:
        return given_template(setting, directory, header)
    return (header.chat_template or "") if header.chat_template_key != CHAT_TEMPLATE else ""


def given_template(setting: str, directory: Path, header: Header) -> str:
    """The template that `student.chat_template` names: `chatml`, `llama3`, or a file relative to `directory`.

    A vocabulary without the token that ends a turn in the named template gets its own token for the end of a text in
    its place: no tokens are added. Raises `InputError` if there is no such file, or no such token either.
    """
    if setting in _NAMED:
        end, text = _NAMED[setting]
        return text.replace(_END, end if _has_token(header, end) else _end_of_text(header))
    path = _path(setting, directory)
    if "/" not in setting and "." not in setting and not path.exists():
        raise InputError(f"student.chat_template: there is no template {setting!r}", hint=GIVE_TEMPLATE)
    text = load_text(path)
    if not text.strip():
        raise InputError(f"student.chat_template: {path} is empty", hint=GIVE_TEMPLATE)
    return text


def absolute_template(setting: str, directory: Path) -> str:
    """The setting as any workspace can hold it: a name unchanged, a file as absolute path."""
    return setting if not setting or setting in _NAMED else str(_path(setting, directory).absolute())


def _path(setting: str, directory: Path) -> Path:
    return directory / os.path.expanduser(setting)  # noqa: PTH111  # unlike pathlib's, it leaves "~nobody" as it is


def with_template(header: Header, text: str) -> Header:
    """The header with this chat template as its only one. Files that are made with it get the template too."""
    metadata = {key: value for key, value in header.metadata.items() if not key.startswith(CHAT_TEMPLATE)}
    pairs = {key: raw for key, raw in header.raw_pairs.items() if not key.startswith(CHAT_TEMPLATE)}
    return replace(
        header,
        metadata=metadata | {CHAT_TEMPLATE: text},
        raw_pairs=pairs | {CHAT_TEMPLATE: encode_pair(CHAT_TEMPLATE, text)},
    )


def _has_token(header: Header, text: str) -> bool:
    """Whether a token of the vocabulary has this text. Its bytes are searched: to decode all tokens takes long."""
    raw = text.encode()
    return LENGTH.pack(len(raw)) + raw in header.raw_pairs.get(_TOKENS, b"")


def _end_of_text(header: Header) -> str:
    tokens: Sequence[str] = header.metadata.get(_TOKENS, ())
    number = header.metadata.get("tokenizer.ggml.eos_token_id", -1)
    if not 0 <= number < len(tokens):
        raise InputError(
            f"the vocabulary of {header.path} has no token that ends a text", hint="choose a model that has one"
        )
    return str(tokens[number])
