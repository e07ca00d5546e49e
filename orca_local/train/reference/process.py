"""The trained model's predictions, from a process of its own: the memory of PyTorch or MLX is given back when it ends.

It computes from the moment it is asked, beside whatever is done until its answers are read.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import OrcaError
from orca_local.gguf.header import Header, read_header
from orca_local.system.child_process import child_error, exit_with_parent, module_command, run_child, take_stdout
from orca_local.train.reference.choose import choose_reference

Row = tuple[Sequence[int], Sequence[int]]
"""Token ids, and the positions (ascending) whose predictions are wanted."""


class ReferenceProcess(Iterator[NDArray[np.float32]]):
    """For each row in order: float32 logits of shape [positions, vocabulary]. To be closed."""

    def __init__(self, header: Header, adapter_directory: Path | None, rows: Sequence[Row]) -> None:
        """Begin to compute."""
        self._words = header.tensor_map["token_embd.weight"].shape[0]
        self._counts = iter([len(positions) for _, positions in rows])
        asked = {
            "gguf": str(header.path),
            "adapter": str(adapter_directory) if adapter_directory else None,
            "rows": [(list(ids), list(positions)) for ids, positions in rows],
        }
        command, env = module_command(__name__)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115, closed with the process
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, env=env
        )
        assert self._process.stdin
        with suppress(BrokenPipeError):  # then it has ended, and what it said is raised where its answers are read
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            self._process.stdin.flush()

    def __next__(self) -> NDArray[np.float32]:
        """The next row's logits. Raises `OrcaError` where the process ended before it had them."""
        found = np.empty((next(self._counts), self._words), np.float32)
        left = found.data.cast("B")
        assert self._process.stdout
        while left:
            count = self._process.stdout.readinto(left)  # type: ignore[attr-defined]
            if not count:
                raise self._failure()
            left = left[count:]
        return found

    def close(self) -> None:
        """End the process. Safe to call twice."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout, self._said):
            with suppress(BrokenPipeError):
                if stream:
                    stream.close()
        self._process.wait()

    def _failure(self) -> OrcaError:
        hint = "close other programs to free memory, and export again"
        return child_error("compute the trained model's predictions", self._process.wait(), self._said, hint=hint)


def _main() -> int:
    """What the child process does."""
    gc.disable()  # loading PyTorch makes a million objects, all to stay: looking for garbage among them takes a fifth
    asked: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    exit_with_parent()
    _answer(asked, take_stdout())
    return 0


def _answer(asked: dict[str, Any], answers: IO[bytes]) -> None:
    reference_logits = choose_reference()
    adapter = Path(asked["adapter"]) if asked["adapter"] else None
    for logits in reference_logits(read_header(Path(asked["gguf"])), adapter, asked["rows"]):
        answers.write(np.ascontiguousarray(logits).data)
        answers.flush()


if __name__ == "__main__":
    sys.exit(run_child(_main))
