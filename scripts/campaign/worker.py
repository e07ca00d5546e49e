"""Runs command lines in this process: one JSON object a line in, one out. Started by `commands.py`."""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

MAX_BYTES = 8_000_000_000
"""Address space; a command that wants more fails."""
SHOWN = 20_000
"""Characters of output that are passed on."""


def main() -> None:
    """Answer until stdin ends."""
    from orca_local.cli.app import run

    resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for line in sys.stdin:
        request = json.loads(line)
        os.chdir(request["cwd"])
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            code = run(request["arguments"])
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError):
                    stream.flush()
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read(SHOWN).decode(errors="replace"))
        replies.write(json.dumps({"code": code, "out": texts[0], "err": texts[1]}) + "\n")
        replies.flush()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main()
