"""Keys are taken out of what a server sends, in every form that is recognized; placeholders stay in answers."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from orca_local.domain.secret import MARK, Secret

KEY = "sk-very-secret-0123456789"
ODD_KEY = "aB3/+=:@ü?!".replace("ü", "~") + "9xYz$(0)[1]"


def forms(key: str) -> list[str]:
    """Ways in which a server may write a key."""
    encoded = [base64.b64encode(("x" * n + key + "yz").encode()).decode() for n in range(6)]
    return [
        key,
        key.upper(),
        f"Bearer {key}",
        f"?api_key={quote(key, safe='')}&x=1",
        "".join(f"%{ord(c):02X}" for c in key),
        "".join(f"%{ord(c):02x}" for c in key),
        key.encode().hex(),
        *encoded,
        base64.urlsafe_b64encode(key.encode()).decode(),
        " ".join(key),
        "\n".join(key),
        key[:9] + '" + "' + key[9:],
        key[:5] + "\u200b" + key[5:],
        "-".join(key),
        "".join(f"\\u{ord(c):04x}" for c in key),
        "".join(f"&#{ord(c)};" for c in key),
        "".join(f"&#x{ord(c):X};" for c in key),
        f"{{'headers': {{'Authorization': b'Bearer {key}'}}}}",
    ]


@pytest.mark.parametrize("key", [KEY, ODD_KEY, "abcdefghijklmnopq", "4f3a9c1d"])
def test_a_key_is_taken_out_in_every_form(key: str) -> None:
    secret = Secret(key)
    for text in forms(key):
        for cleaned in (secret.clean(f"before {text} after"), secret.hide(f"before {text} after")):
            assert MARK in cleaned and cleaned.startswith("before ") and cleaned.endswith(" after"), text


@pytest.mark.parametrize("key", ["", "4", "x", "42", "none", "EMPTY", "ollama", "lm-studio", "not-needed", "12345678"])
def test_a_placeholder_stays_in_an_answer(key: str) -> None:
    text = f"The answer is 42, not 4: {key} ollama 12345678."
    assert Secret(key).clean(text) == text
    assert Secret(key).clean_json({"text": [text]}) == {"text": [text]}


def test_a_message_holds_no_placeholder_that_could_be_a_password() -> None:
    assert Secret("hunter").hide("the key hunter is wrong") == f"the key {MARK} is wrong"
    assert Secret("4").hide("HTTP 404: the key 4 is wrong") == "HTTP 404: the key 4 is wrong"


def test_a_message_holds_no_long_part_of_a_key() -> None:
    secret = Secret(KEY)
    assert secret.hide(f"wrong key {KEY[:14]}…{KEY[12:]}.") == f"wrong key {MARK}…{MARK}."
    assert secret.hide(f"{KEY[3:20]}{KEY[2:18]}") == MARK
    assert secret.hide("wrong key sk-very-***6789") == "wrong key sk-very-***6789"
    assert secret.hide("") == ""


def test_every_string_and_name_of_a_json_value_is_cleaned_at_any_depth() -> None:
    value: Any = {KEY: [1, None, {"model": f"m-{KEY}", "n": 4}], "finish_reason": KEY}
    deep: Any = [KEY]
    for _ in range(50_000):
        deep = [deep]
    cleaned = Secret(KEY).clean_json({"a": value, "deep": deep})
    while isinstance(cleaned["deep"], list):
        cleaned["deep"] = cleaned["deep"][0]
    assert cleaned == {"a": {MARK: [1, None, {"model": f"m-{MARK}", "n": 4}], "finish_reason": MARK}, "deep": MARK}
    assert Secret(KEY).clean_json(KEY) == MARK and Secret(KEY).clean_json(3.5) == 3.5


def test_an_ordinary_answer_is_not_changed() -> None:
    text = "1 + 1 = 2, so the secret is very simple: sk-very-secret. " * 50 + json.dumps({"a": "/+=" * 100})
    assert Secret(KEY).clean(text) == text
