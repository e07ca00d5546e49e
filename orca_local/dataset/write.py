"""Writes training conversations in formats that other programs read."""

from __future__ import annotations

import json
from pathlib import Path

from orca_local.dataset.build import Dataset
from orca_local.domain.errors import MissingError, os_errors_explained
from orca_local.system.files import whole_file, write_whole


def write_chat_jsonl(dataset: Dataset, path: Path) -> int:
    """Write the conversations as `{"messages": […]}` lines; returns their number.

    mlx-lm, axolotl and the OpenAI fine-tuning API read this format. An empty system message is written too: without
    it, some chat templates insert their own. The file is written completely or not at all. Raises `InputError` where
    the path cannot be written.
    """
    lines = ({"messages": [message.to_dict() for message in messages]} for messages in dataset.conversations)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    write_whole(path, text, hint="choose another path")
    return len(dataset.conversations)


def write_parquet(dataset: Dataset, path: Path) -> int:
    """Write the conversations as Parquet with one column `messages`; returns their number.

    Raises `MissingError` if pyarrow is not installed, and `InputError` where the path cannot be written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingError("pyarrow is not installed", hint='pip install "orca-local[parquet]"') from error
    rows = [[message.to_dict() for message in messages] for messages in dataset.conversations]
    message = pyarrow.struct([("role", pyarrow.string()), ("content", pyarrow.string())])
    table = pyarrow.table({"messages": pyarrow.array(rows, pyarrow.list_(message))})
    with os_errors_explained(path, hint="choose another path"), whole_file(path) as part:
        parquet.write_table(table, part)
    return len(rows)
