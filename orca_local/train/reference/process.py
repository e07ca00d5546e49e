"""The trained model's logits, computed in a child process: when it ends, the memory of PyTorch or MLX is free again.

The child starts to compute at once, while the parent does other work.
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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import OrcaError
from orca_local.gguf.header import Header, read_header
from orca_local.system.child_process import child_error, exit_with_parent, module_command, run_child, take_stdout
from orca_local.train.reference.choose import Row, choose_reference

"""Token ids, and the positions (ascending) whose predictions are needed."""


class ReferenceProcess(Iterator[NDArray[np.float32]]):
    """For each row in order: float32 logits of shape [positions, vocabulary]. Close it after use."""

    def __init__(self, header: Header, adapter_directory: Path | None, rows: Sequence[Row]) -> None:
        """Start the child process."""
        self._vocab_size = header.tensor_map["token_embd.weight"].shape[0]
        self._counts = iter([len(positions) for _, positions in rows])
        request = {
            "gguf": str(header.path),
            "adapter": str(adapter_directory) if adapter_directory else None,
            "rows": [(list(ids), list(positions)) for ids, positions in rows],
        }
        command, env = module_command(__name__)
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115, closed with the process
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr, env=env
        )
        assert self._process.stdin
        with suppress(BrokenPipeError):  # the process has ended; `__next__` raises its error
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()

    def __next__(self) -> NDArray[np.float32]:
        """The next row's logits. Raises `OrcaError` if the process ended before it had computed them."""
        logits = np.empty((next(self._counts), self._vocab_size), np.float32)
        rest = logits.data.cast("B")
        assert self._process.stdout
        while rest:
            count = self._process.stdout.readinto(rest)  # type: ignore[attr-defined]
            if not count:
                raise self._failure()
            rest = rest[count:]
        return logits

    def close(self) -> None:
        """End the process. Calling it again does nothing."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout, self._stderr):
            with suppress(BrokenPipeError):
                if stream:
                    stream.close()
        self._process.wait()

    def _failure(self) -> OrcaError:
        hint = "close other programs to free memory, and export again"
        return child_error("compute the trained model's predictions", self._process.wait(), self._stderr, hint=hint)


def _main() -> int:
    """Run the child process."""
    gc.disable()  # loading PyTorch creates a million lasting objects: collecting garbage would take a fifth of the time
    request: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    exit_with_parent()
    output = take_stdout()  # nothing that a library prints may get between the logits
    reference_logits = choose_reference()
    adapter = Path(request["adapter"]) if request["adapter"] else None
    for logits in reference_logits(read_header(Path(request["gguf"])), adapter, request["rows"]):
        output.write(np.ascontiguousarray(logits).data)
        output.flush()
    return 0


if __name__ == "__main__":
    sys.exit(run_child(_main))
