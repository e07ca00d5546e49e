"""Training conversations as files that other programs read."""

from __future__ import annotations

import json
from pathlib import Path

from orca_local.dataset.build import Dataset
from orca_local.domain.errors import MissingError, explain_os_error
from orca_local.system.files import whole_file, write_whole


def write_chat_jsonl(dataset: Dataset, path: Path) -> int:
    """Write the conversations as `{"messages": […]}` lines, whole or not at all; returns their number.

    This is the form that mlx-lm, axolotl and the OpenAI fine-tuning API read. An empty system message is
    written too: left out, some templates put in one of their own, and the rows would train something else.
    """
    lines = ({"messages": [message.to_dict() for message in messages]} for messages in dataset.conversations)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    write_whole(path, text, hint="name another place")
    return len(dataset.conversations)


def write_parquet(dataset: Dataset, path: Path) -> int:
    """The same conversations as Parquet, with one column `messages`; returns their number.

    Raises `MissingError` without pyarrow.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingError("pyarrow is not installed", hint='pip install "orca-local[parquet]"') from error
    rows = [[message.to_dict() for message in messages] for messages in dataset.conversations]
    message = pyarrow.struct([("role", pyarrow.string()), ("content", pyarrow.string())])
    table = pyarrow.table({"messages": pyarrow.array(rows, pyarrow.list_(message))})
    try:
        with whole_file(path) as part:
            parquet.write_table(table, part)
    except OSError as error:
        raise explain_os_error(error, path, hint="name another place") or error from error
    return len(rows)
