from __future__ import annotations

import pytest

from orca_local.domain.errors import InputError
from orca_local.hub.address import DatasetAddress, parse_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hub:openai/gsm8k", DatasetAddress("openai/gsm8k")),
        ("hub:openai/gsm8k/main:train", DatasetAddress("openai/gsm8k", config="main", split="train")),
        ("hub:openai/gsm8k:test", DatasetAddress("openai/gsm8k", split="test")),
        ("hub:a/b.c@v1.0/x/y:train", DatasetAddress("a/b.c", "v1.0", "x/y", "train")),
        ("hub:a/b@refs/convert/parquet/x", DatasetAddress("a/b", "refs/convert/parquet", "x")),
        ("hub:a/b@refs/pr/3", DatasetAddress("a/b", "refs/pr/3")),
        ("hub:a/b/train/part one.jsonl", DatasetAddress("a/b", config="train/part one.jsonl")),
        ("hub:a/b/", DatasetAddress("a/b")),
    ],
)
def test_the_parts_of_an_address(text: str, expected: DatasetAddress) -> None:
    assert parse_address(text) == expected
    assert parse_address(str(expected)) == expected


@pytest.mark.parametrize("text", ["hub:", "hub:gsm8k", "hub:/a/b", "hub:a/b@", "hub:a/b:", "hub:a b/c", "hub:../b/c"])
def test_what_names_no_dataset_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(InputError, match="names no dataset") as raised:
        parse_address(text)
    assert "hub:OWNER/NAME" in raised.value.hint and repr(text) in raised.value.message


def test_a_slice_of_a_split_is_a_limit_here() -> None:
    with pytest.raises(InputError) as raised:
        parse_address("hub:openai/gsm8k/main:train[:100]")
    assert "--limit" in raised.value.hint
