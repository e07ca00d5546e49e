"""Many commands in one process, which is started again when it dies: a process for each of thousands is too slow."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from scripts.campaign.scene import KEY, MAX_SECONDS, Result


class Commands:
    """Runs commands in a worker process."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._process: subprocess.Popen[str] | None = None

    def run(self, cwd: Path, *arguments: str) -> Result:
        """Run one command; if the worker dies or does not answer in time, the result says so."""
        process = self._process if self._process is not None and self._process.poll() is None else self._start()
        assert process.stdin is not None and process.stdout is not None
        started = time.monotonic()
        # A lone surrogate in an argument must arrive as it is: JSON escapes it.
        process.stdin.write(json.dumps({"cwd": str(cwd), "arguments": arguments}) + "\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], MAX_SECONDS)
        line = process.stdout.readline() if ready else ""
        seconds = time.monotonic() - started
        if not line:
            self.close()
            return Result(process.returncode, "", "no answer", seconds, 0)
        reply = json.loads(line)
        return Result(reply["code"], reply["out"], reply["err"], seconds, 0)

    def close(self) -> None:
        """End the worker."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _start(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scripts.campaign.worker"],
            env={**os.environ, "CAMPAIGN_KEY": KEY, "ORCA_LOCAL_CACHE": str(self._cache), "EDITOR": "false"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )
        return self._process
