"""A download in a process of its own: it can be watched and ended, and goes on when whoever started it is gone."""

from __future__ import annotations

import json
import subprocess
import tempfile
from contextlib import suppress
from typing import IO

from orca_local.domain.errors import OrcaError, error_from_process, explain_os_error
from orca_local.models.catalog import CatalogModel
from orca_local.models.download import partial_bytes
from orca_local.models.locate import find_local
from orca_local.runs.launch import detached
from orca_local.system.child_process import module_command


class Pull:
    """`orca-local models pull ID`, begun. What is on the disk says how far it is; a second one waits for the first."""

    def __init__(self, model: CatalogModel) -> None:
        self.model = model
        self._is_cancelled = False
        command, env = module_command("orca_local", "models", "pull", model.id, "--json", "--quiet")
        try:
            # Files without a name: the process may write them when nobody reads them any more.
            self._answer, self._said = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=self._answer, stderr=self._said, env=env, **detached()
            )
        except OSError as error:
            raise explain_os_error(error) or error from error

    def poll(self) -> int | None:
        """Bytes that are here; None when it is done or was cancelled. Raises what the download ended with."""
        code = self._process.poll()
        if code is None:
            done = partial_bytes(self.model)
            # Under its name it is whole; the process still takes its hash.
            return self.model.bytes if not done and find_local(self.model) else done
        with self._answer, self._said:
            if code == 0 or self._is_cancelled:
                return None
            raise _failure(code, self._answer, self._said)

    def cancel(self) -> None:
        """End it; what was fetched is kept, and the next one goes on from there."""
        self._is_cancelled = True
        with suppress(ProcessLookupError):
            self._process.terminate()


def _failure(code: int, answer: IO[bytes], said: IO[bytes]) -> OrcaError:
    answer.seek(0)
    said.seek(0)
    with suppress(ValueError, KeyError, TypeError):
        error = json.loads(answer.read())["error"]
        return error_from_process(error["message"], error["hint"], code)
    last = said.read().decode("utf-8", "replace").strip().splitlines()[-1:]
    return OrcaError(f"the download ended with status {code}", hint=last[0] if last else "pull again: it resumes")
